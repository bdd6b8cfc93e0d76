package sim

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// caller is who signs a question's requests (P361), read from Options.Caller.
// The zero value is a session of the source's own role.
type caller struct {
	principal policy.Principal // its zero value: the source's role
	presigned bool             // a URL that the principal signed and another uses
}

// CallerForms are the forms of Options.Caller, as error messages and help list them.
const CallerForms = `role, unsigned, "presigned-by ARN", "principal ARN" or "service NAME"`

// parseCaller reads Options.Caller. A space, "=" or ":" stands before the
// name. Its error says which forms there are.
func parseCaller(text string) (caller, error) {
	word, name := text, ""
	if i := strings.IndexAny(text, " =:"); i >= 0 {
		word, name = text[:i], strings.TrimSpace(text[i+1:])
	}
	if (name == "") != (word == "" || word == "role" || word == "unsigned") {
		return caller{}, fmt.Errorf("caller %q: want %s", text, CallerForms)
	}
	switch word {
	case "", "role":
		return caller{}, nil
	case "unsigned":
		return caller{principal: policy.Principal{Kind: policy.PrincipalAnonymous}}, nil
	case "service":
		if !strings.Contains(name, ".") {
			name += ".amazonaws.com"
		}
		return caller{principal: policy.Principal{Kind: policy.PrincipalService, Service: name}}, nil
	case "principal", "presigned-by":
		if word == "presigned-by" && name == awsSigner {
			return caller{principal: awsPrincipal, presigned: true}, nil
		}
		p, err := policy.ParsePrincipal(name)
		if err != nil {
			return caller{}, fmt.Errorf("caller %q: %w", text, err)
		}
		return caller{principal: p, presigned: word == "presigned-by"}, nil
	}
	return caller{}, fmt.Errorf("caller %q: want %s", text, CallerForms)
}

// CheckCaller says what is wrong with a value of Options.Caller.
func CheckCaller(text string) error {
	_, err := parseCaller(text)
	return err
}

// ofSource tells that the source's own role signs.
func (c *caller) ofSource() bool { return c.principal.Kind == policy.PrincipalUnknown }

// service tells that an AWS service calls as itself, from its own network.
func (c *caller) service() bool { return c.principal.Kind == policy.PrincipalService }

// askerFor gathers what binds the caller of a question.
func (w layering) askerFor(c caller, noOrganization bool) signer {
	key := askerKey{role: c.principal.ARN + c.principal.Service, kind: c.principal.Kind, noOrganization: noOrganization}
	a := w.signers.get(key, func() signer { return w.principalAsker(c.principal, noOrganization) })
	a.presigned = c.presigned
	return a
}

// principalAsker gathers what binds a principal. Roles and users are looked up in
// the snapshot.
func (w layering) principalAsker(p policy.Principal, noOrganization bool) signer {
	switch p.Kind {
	case policy.PrincipalAnonymous, policy.PrincipalService:
		return signer{principal: p} // no identity layers (P90, P91), no SCPs (P95)
	case policy.PrincipalRole:
		if p.Account == awsOwned {
			return awsAsker()
		}
		return w.newAsker(w.roleOfSession(p), p.Session, noOrganization)
	}
	a := signer{principal: p, account: p.Account}
	if user, ok := w.findUser(&p); ok {
		a.role, a.principal.RoleID = user, user.ID
		a.identity, a.unknown = w.identityPolicies(user)
		a.boundary = w.boundary(user)
	} else if p.Kind != policy.PrincipalRoot {
		a.unknown = "the policies of " + p.ARN + ", which are not in the snapshot"
		a.boundary = &policy.Policy{Name: "permissions boundary", Gap: a.unknown}
	}
	var assumed string
	if a.scps, a.scpGap, assumed = w.controlPolicies(a.account, policy.KindSCP, noOrganization); assumed != "" {
		a.assumed = append(a.assumed, assumed)
	}
	return a
}

// findUser is a user with its own policies and those of its groups.
func (w layering) findUser(p *policy.Principal) (*snapshot.Role, bool) {
	a := w.x.Account(p.Account)
	if a == nil || p.Kind != policy.PrincipalUser {
		return nil, false
	}
	for i := range a.IAM.Users.Items {
		if u := &a.IAM.Users.Items[i]; u.ARN == p.ARN {
			return a.Identity(u), true
		}
	}
	return nil, false
}

// roleOfSession is the ARN of a principal's role: the ARN of a session lacks the
// role's path, which the snapshot may tell (P24).
func (w layering) roleOfSession(p policy.Principal) string {
	if p.Session == "" {
		return p.RoleARN
	}
	if _, ok := w.FindRole(p.RoleARN); ok {
		return p.RoleARN
	}
	if a := w.x.Account(p.Account); a != nil {
		name := p.RoleARN[strings.LastIndexByte(p.RoleARN, '/')+1:]
		for i := range a.IAM.Roles.Items {
			if r := &a.IAM.Roles.Items[i]; r.Name == name {
				return r.ARN
			}
		}
	}
	return p.RoleARN
}

// name is the caller in a sentence, e.g. "role Neo".
func (a *signer) name() string {
	if a.account == awsOwned {
		return "AWS, by a URL that it signed,"
	}
	switch a.principal.Kind {
	case policy.PrincipalAnonymous:
		return "an unsigned request"
	case policy.PrincipalService:
		return "service " + a.principal.Service
	case policy.PrincipalUser:
		return "user " + a.principal.ARN[strings.LastIndexByte(a.principal.ARN, '/')+1:]
	case policy.PrincipalRoot:
		return "the root user of account " + a.account
	case policy.PrincipalFederatedUser:
		return "federated user " + a.principal.ARN
	}
	if a.role != nil {
		return "role " + a.role.Name
	}
	return "role " + a.principal.RoleARN
}

// id is the caller as a policy names it.
func (a *signer) id() string {
	switch a.principal.Kind {
	case policy.PrincipalAnonymous:
		return `everybody (Principal "*")`
	case policy.PrincipalService:
		return a.principal.Service
	case policy.PrincipalRole:
		return a.principal.RoleARN
	}
	return a.principal.ARN
}

// signed tells that requests have a signer.
func (a *signer) signed() bool { return a.principal.Kind != policy.PrincipalAnonymous }

// principalElement says what an endpoint policy's statement for the caller has
// as Principal (P118, P127).
func (a *signer) principalElement() string {
	if !a.signed() {
		return `Principal "*" and no condition on the principal: the request is unsigned`
	}
	if a.account == awsOwned {
		return `Principal "*" and no condition on the principal: AWS signs the request`
	}
	return `Principal "*", narrowed by aws:PrincipalArn if need be`
}

// at is the place of the caller in the snapshot; "" where it has none.
func (a *signer) at() string {
	if a.role == nil {
		return ""
	}
	return a.role.At.Pointer()
}

// signs sets the keys about the request's signature (P361).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
func (a *signer) signs(c map[string]policy.Value, presigned bool) {
	if !a.signed() {
		return
	}
	c["s3:signatureversion"] = known("AWS4-HMAC-SHA256")
	c["s3:authtype"] = known("REST-HEADER")
	if presigned || a.presigned {
		c["s3:authtype"] = known("REST-QUERY-STRING")
		c["s3:signatureage"] = policy.Value{State: policy.KeyValueUnknown}
	}
}

// serviceOwned is the source of an AWS service that calls as itself.
func (r *jobRun) serviceOwned() source {
	return source{public: true, service: true, subnet: r.who.principal.Service, region: r.regionName(), account: r.runner.account}
}

// noRole tells that a question needs no role: another principal signs, and no
// job that a role runs is asked about.
func (q *Question) noRole(c *caller) bool {
	return !c.ofSource() && q.Job.Kind == "" && q.Job.RoleARN == ""
}

func isRoleARN(arn string) bool {
	return arnField(arn, 2) == "iam" && strings.HasPrefix(arnField(arn, 5), "role/")
}

// regionOf is the Region where a question's source is; "" where nothing tells.
func (w *World) regionOf(q *Question, e *existing) string {
	if e.from != nil {
		return e.from.region
	}
	for _, id := range q.Job.Subnets {
		if p, ok := w.x.Subnets.In(id, arnField(q.Job.RoleARN, 4)); ok {
			return nonEmpty(q.Region, p.Region.Name)
		}
	}
	return nonEmpty(q.Region, q.Job.Region, w.onlyRegion())
}

// Region is the Region where a question's source is; "" where nothing tells.
func (w *World) Region(q Question) string {
	e, err := w.resolveSource(&q)
	if err != nil {
		return ""
	}
	return w.regionOf(&q, &e)
}
