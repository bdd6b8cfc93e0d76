package policy

import "slices"

// grades tell which kinds of principal entry matched: what an Allow of a
// resource-based policy is worth hangs on it (P83).
type grades uint8

const (
	gradeAccount grades = 1 << iota // the account: delegation only
	gradeRole                       // a role ARN; a user ARN for a federated session of the user
	gradeDirect                     // the session, user, federated session or service itself
	gradeStar                       // "*", or NotPrincipal with Allow
)

const gradeCount = 4

// statementTruth decides the part of a statement but for its action (P70). The
// grades tell by which kinds of entry the principal matches, and may match.
func (e *Evaluator) statementTruth(p *program, s *compiledStatement, layer layerID, resource *arnText) (t Truth, yes, maybe grades) {
	mark := len(e.touched)
	if yes = gradeStar; s.Principals != nil {
		yes, maybe = e.principal(s, layer)
	}
	switch {
	case yes != 0:
		t = True
	case maybe != 0:
		t = Unknown
	default:
		e.touched = e.touched[:mark]
		return False, 0, 0
	}
	if t = t.And(e.resources(p, s, resource)); t != False {
		for i := range s.conditions {
			if t = t.And(e.condition(p, &s.conditions[i])); t == False {
				break
			}
		}
	}
	if t != Unknown && e.tracing {
		e.touched = e.touched[:mark]
	}
	return t, yes, maybe
}

// resources decides Resource and NotResource (P45 to P59).
func (e *Evaluator) resources(p *program, s *compiledStatement, resource *arnText) Truth {
	if !s.HasResource {
		return True
	}
	if len(s.resources) == 0 {
		return False // P15
	}
	if s.plain != nil {
		return truth(!s.plainMiss(resource.text))
	}
	t := False
	for i := range s.resources {
		e.unresolved = false
		m := e.resourceEntry(p, &s.resources[i], resource)
		if s.NotResource && e.unresolved {
			m = e.fact(variable{kind: factNotResource})
		}
		if t = t.Or(m); t == True {
			break
		}
	}
	if s.NotResource {
		return t.Not()
	}
	return t
}

func (e *Evaluator) resourceEntry(p *program, r *resourcePattern, v *arnText) Truth {
	if r.all {
		return True // P55
	}
	if v.text == "*" {
		if r.allBuckets && lower(e.r.Action) == "s3:listallmybuckets" {
			e.assume |= assumeListAllMyBuckets
			return True
		}
		return False
	}
	if r.short {
		return e.shortMatches(p, &r.arnPattern, v)
	}
	t := e.arnMatches(p, &r.arnPattern, v)
	if t == False && r.loose.kind != matchNothing && v.ok && v.parts[2] == "s3" && e.matches(p, &r.loose, v.text) != False {
		return e.fact(variable{kind: factStarColon})
	}
	if t != False && r.anyPartition {
		e.assume |= assumePartitionWildcard
	}
	return t
}

// shortMatches compares an ARN of fewer than six parts, which AWS completes "by
// adding wildcard characters (*) to all missing fields". A star at its end
// "can expand to match beyond the colon boundaries" (P47, P48).
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func (e *Evaluator) shortMatches(p *program, a *arnPattern, v *arnText) Truth {
	if v.split(); !v.ok {
		return False
	}
	t := True
	for i := range a.count - 1 {
		if t = t.And(e.matches(p, &a.parts[i], v.parts[i])); t == False {
			return False
		}
	}
	rest, ok := v.from(a.count - 1)
	if !ok {
		return False
	}
	return t.And(e.matches(p, &a.parts[a.count-1], rest))
}

// principal decides Principal and NotPrincipal for the layer.
func (e *Evaluator) principal(s *compiledStatement, layer layerID) (yes, maybe grades) {
	if s.Principals == nil {
		return gradeStar, 0
	}
	if layer == layerEndpoint && e.l.EndpointType != EndpointInterface {
		return e.endpointPrincipal(s)
	}
	switch {
	case s.NotPrincipal && s.Deny:
		return e.notPrincipalDeny(s, layer)
	case s.NotPrincipal:
		return e.notPrincipalAllow(s)
	}
	return e.principals(s)
}

// principals finds by which entries the principal matches (P20 to P30).
func (e *Evaluator) principals(s *compiledStatement) (yes, maybe grades) {
	if s.Principals.All {
		return gradeStar, 0
	}
	who := &e.r.Principal
	for i := range s.entries {
		t, g := e.entry(&s.entries[i])
		switch t {
		case True:
			yes |= g
		case Unknown:
			maybe |= g
		case False:
		}
	}
	if who.Kind == PrincipalService {
		for _, v := range s.Principals.Service {
			if v == who.Service || v == "*" {
				yes |= gradeDirect
			}
		}
		if slices.Contains(s.Principals.Federated, who.Service) {
			yes |= gradeDirect // an OIDC provider's token (P382)
		}
	}
	if who.Account != "" {
		for _, id := range s.Principals.Canonical {
			switch e.canonical(id) {
			case True:
				yes |= gradeAccount
			case Unknown:
				maybe |= gradeAccount
			case False:
			}
		}
	}
	return yes, maybe &^ yes
}

// canonical decides whether a canonical user id is the principal's account (P27).
func (e *Evaluator) canonical(id string) Truth {
	if account, ok := e.r.CanonicalUsers[id]; ok {
		return truth(account == e.r.Principal.Account)
	}
	return e.fact(variable{kind: factCanonicalUser, key: id})
}

// entry decides one value of Principal.AWS, and of which grade it is.
func (e *Evaluator) entry(x *principalEntry) (Truth, grades) {
	who := &e.r.Principal
	switch x.kind {
	case entryNothing:
	case entryAll:
		return True, gradeStar
	case entryAccount:
		return truth(who.Account != "" && x.account == who.Account && e.inPartition(x)), gradeAccount
	case entryRole:
		return truth(who.Kind == PrincipalRole && x.text == who.RoleARN), gradeRole
	case entrySession:
		return e.sessionEntry(x), gradeDirect
	case entryUser:
		if who.Kind == PrincipalUser && x.text == who.ARN {
			return True, gradeDirect
		}
		// A federated session's RoleARN is its user's ARN, where that is known.
		return truth(who.Kind == PrincipalFederatedUser && x.text == who.RoleARN), gradeRole
	case entryFederated:
		return truth(who.Kind == PrincipalFederatedUser && x.text == who.ARN), gradeDirect
	case entryUniqueID:
		return truth(who.RoleID != "" && x.text == who.RoleID), gradeRole
	}
	return False, 0
}

func (e *Evaluator) inPartition(x *principalEntry) bool {
	return x.partition == "" || x.partition == e.r.Principal.Partition()
}

// sessionEntry compares a session ARN; a role's path is not in it (P24).
func (e *Evaluator) sessionEntry(x *principalEntry) Truth {
	who := &e.r.Principal
	if who.Kind != PrincipalRole || x.account != who.Account || x.role != who.roleName() || !e.inPartition(x) {
		return False
	}
	if who.Session == "" {
		return e.fact(variable{kind: factSession, key: x.session})
	}
	if who.Session == "SageMaker" {
		e.assume |= assumeSessionName
	}
	return truth(x.session == who.Session)
}

// notPrincipalAllow matches everyone but the listed (P31).
func (e *Evaluator) notPrincipalAllow(s *compiledStatement) (yes, maybe grades) {
	listed, perhaps := e.principals(s)
	switch {
	case listed != 0:
		return 0, 0
	case perhaps != 0:
		return 0, gradeStar
	}
	e.assume |= assumeNotPrincipalAllow
	return gradeStar, 0
}

// notPrincipalDeny matches everyone but who is listed with every ancestor
// (P32), and always a principal with a boundary (P33).
func (e *Evaluator) notPrincipalDeny(s *compiledStatement, layer layerID) (yes, maybe grades) {
	who := &e.r.Principal
	if e.l.Boundary != nil && layer != layerEndpoint && (who.Kind == PrincipalRole || who.Kind == PrincipalUser) {
		return gradeStar, 0
	}
	listed, perhaps := e.principals(s)
	if s.Principals.All || listed&gradeStar != 0 {
		return 0, 0
	}
	var needed grades
	switch who.Kind {
	case PrincipalRole:
		needed = gradeAccount | gradeRole | gradeDirect
	case PrincipalUser, PrincipalFederatedUser:
		needed = gradeAccount | gradeDirect
	case PrincipalRoot:
		needed = gradeAccount
	case PrincipalService:
		needed = gradeDirect
	case PrincipalAnonymous, PrincipalUnknown:
		return gradeStar, 0
	}
	switch {
	case listed&needed == needed:
		return 0, 0
	case (listed|perhaps)&needed == needed:
		return 0, gradeStar
	}
	return gradeStar, 0
}

// endpointPrincipal decides the principal of the policy of a gateway endpoint
// (P117 to P121), or of an endpoint whose type is not known.
func (e *Evaluator) endpointPrincipal(s *compiledStatement) (yes, maybe grades) {
	gateway := e.gatewayPrincipal(s)
	if e.l.EndpointType == EndpointUnspecified {
		var as Truth
		if s.NotPrincipal && s.Deny {
			y, m := e.notPrincipalDeny(s, layerEndpoint)
			as = gradeTruth(y, m)
		} else if s.NotPrincipal {
			y, m := e.notPrincipalAllow(s)
			as = gradeTruth(y, m)
		} else {
			y, m := e.principals(s)
			as = gradeTruth(y, m)
		}
		if as != gateway {
			switch e.fact(variable{kind: factEndpointType}) {
			case True:
			case False:
				gateway = as
			case Unknown:
				gateway = Unknown
			}
		}
	}
	switch gateway {
	case True:
		return gradeStar, 0
	case Unknown:
		return 0, gradeStar
	case False:
	}
	return 0, 0
}

func gradeTruth(yes, maybe grades) Truth {
	switch {
	case yes != 0:
		return True
	case maybe != 0:
		return Unknown
	}
	return False
}

func (e *Evaluator) gatewayPrincipal(s *compiledStatement) Truth {
	who := &e.r.Principal
	if s.NotPrincipal {
		if s.Principals.All || len(s.entries) == 1 && s.entries[0].kind == entryAll {
			return False
		}
		return e.fact(variable{kind: factGatewayNotPrincipal})
	}
	if s.Principals.All {
		return True
	}
	t := False
	for i := range s.entries {
		x := &s.entries[i]
		m := False
		switch x.kind {
		case entryAll:
			m = True
		case entryAccount:
			m = truth(who.Kind == PrincipalRoot && x.account == who.Account && e.inPartition(x)) // P118
		case entryRole, entrySession, entryUser, entryFederated, entryUniqueID:
			if named, _ := e.entry(x); named != False {
				m = e.fact(variable{kind: factGatewayPrincipal}) // P119
			}
		case entryNothing:
		}
		t = t.Or(m)
	}
	if who.Kind == PrincipalService {
		for _, v := range s.Principals.Service {
			t = t.Or(truth(v == who.Service || v == "*"))
		}
	}
	return t
}
