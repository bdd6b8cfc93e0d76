package policy

import (
	"maps"
	"slices"
	"strings"
)

// outcome composes the layers (P84, P85). Where the owner of the resource is
// not known, both formulas are tried (P86).
func (e *Evaluator) outcome() Truth {
	who := &e.r.Principal
	if e.foreignObject() {
		return e.formula(who.Account != "" && who.Account == e.l.ACL.ObjectOwner)
	}
	if e.r.ResourceAccount != "" || who.Account == "" {
		return e.formula(who.Account != "" && who.Account == e.r.ResourceAccount)
	}
	if e.r.ForeignResource {
		return e.formula(false)
	}
	same, cross := e.formula(true), e.formula(false)
	if same == cross {
		return same
	}
	switch e.fact(variable{kind: factOwner}) {
	case True:
		return same
	case False:
		return cross
	case Unknown:
	}
	return Unknown
}

// sameAccount tells the formula that explanations go by.
func (e *Evaluator) sameAccount() bool {
	who := &e.r.Principal
	if e.foreignObject() {
		return who.Account == e.l.ACL.ObjectOwner
	}
	return e.r.ResourceAccount == "" && !e.r.ForeignResource || who.Account != "" && who.Account == e.r.ResourceAccount
}

func (e *Evaluator) outcomeNumber() int8 { return int8(e.outcome()) }

// formula is P84 for the same account, else P85.
func (e *Evaluator) formula(same bool) Truth {
	t := &e.t
	deny := t.endpoint.deny.Or(t.identity.deny).Or(t.boundary.deny).Or(t.session.deny).Or(t.scp.deny).Or(t.rcp.deny).Or(t.accessPoint.deny)
	if !e.lockOutExempt(same) {
		deny = deny.Or(t.resource.deny)
	}
	allow := t.endpoint.allow.And(t.scp.allow).And(t.rcp.allow)
	if allow != False {
		allow = allow.And(e.granted(same))
	}
	return deny.Not().And(allow)
}

// lockOutExempt is the exception for the owner's root user (P89).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func (e *Evaluator) lockOutExempt(same bool) bool {
	if !same || e.r.Principal.Kind != PrincipalRoot {
		return false
	}
	switch lower(e.r.Action) {
	case "s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy":
		return true
	}
	return false
}

// granted is the part of the formula about who grants.
func (e *Evaluator) granted(same bool) Truth {
	t := &e.t
	if e.r.AccessPoint == "" {
		granted := e.grantedBy(&t.resource, same)
		if granted == True && t.resource.allow != True && e.r.BucketUnnamed {
			return e.fact(variable{kind: factAccessPoint}) // P267
		}
		return granted
	}
	// P267, P268: the access point and the bucket must both permit.
	account := splitARN(e.r.AccessPoint).parts[4]
	point := e.grantedBy(&t.accessPoint, e.r.Principal.Account != "" && account == e.r.Principal.Account)
	if point == False {
		return False
	}
	bucket := t.resource.allow
	if same && account == e.r.Principal.Account {
		bucket = bucket.Or(t.identityDirect.allow.And(t.boundary.allow).And(t.session.allow))
		if bucket != True {
			bucket = bucket.Or(e.fact(variable{kind: factAccessPoint}))
		}
	}
	return point.And(bucket)
}

// grantedBy composes identity-side layers with a resource-based policy (P83).
func (e *Evaluator) grantedBy(r *tally, same bool) Truth {
	t := &e.t
	account, role := r.grant(gradeAccount), r.grant(gradeRole)
	direct := r.grant(gradeDirect).Or(r.grant(gradeStar))
	switch e.r.Principal.Kind {
	case PrincipalAnonymous:
		return r.grant(gradeStar) // P91
	case PrincipalService:
		return direct // P90
	case PrincipalRoot, PrincipalRole, PrincipalUser, PrincipalFederatedUser, PrincipalUnknown:
	}
	caps := t.boundary.allow.And(t.session.allow)
	identity := t.identity.allow.And(caps)
	if e.kind == KindKey {
		direct = direct.Or(e.kmsGrant())
	}
	if !same {
		return identity.And(account.Or(role).Or(direct)) // P85
	}
	if e.mandatoryResourcePolicy() {
		identity = identity.And(account)
	}
	return direct.Or(role.And(caps)).Or(identity)
}

// mandatoryResourcePolicy tells resources whose own policy must always grant:
// keys (P306) and roles.
func (e *Evaluator) mandatoryResourcePolicy() bool {
	return e.kind == KindKey || e.kind == KindTrust
}

// kmsGrant is the third source of permission for a key (P311).
//
// AWS: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
func (e *Evaluator) kmsGrant() Truth {
	t := False
	for i := range e.l.Grants {
		t = t.Or(e.grantHolds(&e.l.Grants[i]))
	}
	if t != True && e.l.GrantsUnknown != "" {
		t = t.Or(e.fact(variable{kind: factGrants}))
	}
	return t
}

func (e *Evaluator) grantHolds(g *Grant) Truth {
	_, operation, _ := strings.Cut(e.r.Action, ":")
	named := false
	for _, o := range g.Operations {
		named = named || strings.EqualFold(o, operation)
	}
	if !named {
		return False
	}
	x := parsePrincipalEntry(g.Grantee)
	if x.kind == entryAccount && e.r.Principal.Kind != PrincipalRoot {
		return False
	}
	t, _ := e.entry(&x)
	for _, k := range slices.Sorted(maps.Keys(g.Equals)) {
		t = t.And(e.contextIs(k, g.Equals[k]))
	}
	for _, k := range slices.Sorted(maps.Keys(g.Subset)) {
		t = t.And(e.contextIs(k, g.Subset[k]))
	}
	if g.Equals != nil {
		for k := range e.r.Context {
			if name, ok := strings.CutPrefix(lower(k), encryptionContext); ok && !hasFolded(g.Equals, name) {
				return False
			}
		}
	}
	return t
}

const encryptionContext = "kms:encryptioncontext:"

func hasFolded(m map[string]string, name string) bool {
	for k := range m {
		if lower(k) == name {
			return true
		}
	}
	return false
}

// contextIs compares one pair of the encryption context.
func (e *Evaluator) contextIs(name, want string) Truth {
	key := encryptionContext + lower(name)
	switch v := e.state(key); v.State {
	case KeyKnown:
		return truth(len(v.Values) == 1 && v.Values[0] == want)
	case KeyAbsent:
		return False
	case KeyValueUnknown, KeyUnknown, KeyMaybe:
		e.touchKey("kms:EncryptionContext:"+name, key)
	}
	return Unknown
}
