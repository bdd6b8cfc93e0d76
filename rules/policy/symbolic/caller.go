package symbolic

import (
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// The caller is one string, from which the principal elements and the
// aws:Principal… keys follow, so that they can't contradict one another
// (P219, P355):
//
//	SESSION:ROLE-ARN             a session of a role
//	:ARN                         a user, an account's root, a federated user
//	service/NAME                 an AWS service
//	federated/NAME               an identity provider's user
//	canonical/ID                 an account by its canonical user id
//	anonymous
//
// A session name holds no colon, so the first colon ends it.
type shapes struct {
	iam                                            strset.Pattern // up to the account
	role, user, root, federatedUser                strset.Pattern
	service, provider, canonical, anonymous, anARN strset.Pattern
	all                                            []strset.Pattern // kinds of callers that the policies meet
	resource                                       []strset.Pattern // what a resource's ARN looks like
}

// shapesOf is newShapes, made once. With partitions set, they are of any
// partition, else of aws.
func shapesOf(partitions bool, kind policy.Kind) *shapes {
	identity := kind == policy.KindIdentity || kind == policy.KindBoundary || kind == policy.KindSession || kind == policy.KindSCP
	i := 0
	if partitions {
		i |= 1
	}
	if identity {
		i |= 2
	}
	return madeShapes()[i]
}

var madeShapes = sync.OnceValue(func() (all [4]*shapes) {
	for i := range all {
		partition := strset.Literal("aws")
		if i&1 != 0 {
			partition = partition.Many(strset.NotColon)
		}
		all[i] = newShapes(partition, i&2 != 0)
	}
	return all
})

// sessionOf is a session name: it holds no slash, which tells it from the others.
var sessionOf = strset.Pattern{}.Many(strset.NotSlash).Literal(":")

// newShapes describes the callers of a partition; with identity set, those
// that identity policies are attached to.
func newShapes(partition strset.Pattern, identity bool) *shapes {
	some := func(p strset.Pattern, class strset.Class) strset.Pattern { return p.One(class, 1).Many(class) }
	arn := strset.Literal("arn:").Then(partition)
	account := strset.Pattern{}.One(strset.Digit, 12)
	s := &shapes{
		iam:       arn.Literal(":iam::").Then(account),
		service:   some(strset.Literal("service/"), strset.NotColon),
		provider:  some(strset.Literal("federated/"), strset.Any),
		canonical: some(strset.Literal("canonical/"), strset.NotColon),
		anonymous: strset.Literal("anonymous"),
		anARN:     sessionOf.Literal("arn:").Many(strset.Any),
	}
	s.role = some(some(strset.Pattern{}, strset.NotSlash).Literal(":").Then(s.iam).Literal(":role/"), strset.NotWild)
	s.user = some(strset.Literal(":").Then(s.iam).Literal(":user/"), strset.NotWild)
	s.root = strset.Literal(":").Then(s.iam).Literal(":root")
	s.federatedUser = some(strset.Literal(":").Then(arn).Literal(":sts::").Then(account).Literal(":federated-user/"), strset.NotSlash)
	s.resource = []strset.Pattern{arn.Literal(":").One(strset.NotColon, 1).Glob("*:*:*:", strset.NotColon).One(strset.Any, 1).Many(strset.Any)}
	if identity {
		s.all = []strset.Pattern{s.role, s.user}
	} else {
		s.all = []strset.Pattern{s.role, s.user, s.root, s.federatedUser, s.service, s.provider, s.canonical, s.anonymous}
	}
	return s
}

// callers is the set of requests by a caller in one of the patterns.
func (s *space) callers(text string, patterns ...strset.Pattern) *expr {
	if len(patterns) == 0 {
		return exprFalse
	}
	e := &expr{op: opIn, dim: s.caller}
	for _, p := range patterns {
		e.test.patterns = append(e.test.patterns, s.caller.pattern(p, text))
	}
	return e
}

// principals is the set of requests by a caller that the Principal element
// matches, or that the NotPrincipal element does not exempt.
func (s *space) principals(st *policy.Statement) *expr {
	p := st.Principals
	if s.kind == policy.KindEndpoint && s.endpoint == policy.EndpointGateway {
		return s.gatewayPrincipals(st)
	}
	var each []*expr
	if p.All {
		each = append(each, exprTrue)
	}
	if st.NotPrincipal && st.Deny {
		each = append(each, s.exempt(p)...)
	} else {
		for _, v := range p.AWS {
			each = append(each, s.entry(v).whole())
		}
	}
	each = append(each, s.byName(p)...)
	e := or(each...)
	if st.NotPrincipal {
		return not(e)
	}
	return e
}

// gatewayPrincipals is principals for the policy of a gateway endpoint, whose
// account form is the root user alone, and of which it is not known whether it
// takes the ARNs of roles and users, or NotPrincipal (P117 to P121).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func (s *space) gatewayPrincipals(st *policy.Statement) *expr {
	p := st.Principals
	if st.NotPrincipal {
		if p.All || slices.Equal(p.AWS, []string{"*"}) {
			return exprFalse
		}
		return s.unknown("NotPrincipal in a gateway endpoint's policy", nil)
	}
	if p.All || slices.Contains(p.AWS, "*") {
		return exprTrue
	}
	each := s.byName(p)
	for _, v := range p.AWS {
		e := s.entry(v)
		each = append(each, and(e.account, s.callers("root", s.shapes.root)))
		if arn := or(e.role, e.session, e.other); arn != exprFalse {
			each = append(each, and(arn, s.unknown("the ARN of a role or user as Principal in a gateway endpoint's policy", nil)))
		}
	}
	return or(each...)
}

// byName lists the sets of requests by the services, identity providers and
// canonical users of a Principal element.
func (s *space) byName(p *policy.Principals) (each []*expr) {
	for _, v := range p.Service {
		if v == "*" {
			each = append(each, s.callers(v, s.shapes.service))
			continue
		}
		each = append(each, s.callers(v, strset.Literal("service/"+v)))
	}
	for _, v := range p.Federated {
		each = append(each, s.callers(v, strset.Literal("federated/"+v)))
	}
	for _, v := range p.Canonical {
		each = append(each, s.callers(v, strset.Literal("canonical/"+v)))
	}
	return each
}

// entry is what a value of Principal.AWS names.
type entry struct {
	all, account, role, session, other *expr
}

func (e entry) whole() *expr { return or(e.all, e.account, e.role, e.session, e.other) }

// entry reads a value of Principal.AWS (P20 to P30).
func (s *space) entry(v string) entry {
	none := entry{exprFalse, exprFalse, exprFalse, exprFalse, exprFalse}
	if v == "*" {
		none.all = exprTrue
		return none
	}
	if isUniqueID(v) {
		none.other = s.unknown("Principal "+v, s.callers(v, s.shapes.anARN))
		return none
	}
	p, err := policy.ParsePrincipal(v)
	if err != nil {
		return none // P28: matches nothing
	}
	partition := p.Partition()
	inAccount := strset.Literal("arn:")
	if strings.HasPrefix(v, "arn:") {
		inAccount = inAccount.Literal(partition)
	} else {
		inAccount = inAccount.Many(strset.NotColon)
	}
	switch p.Kind {
	case policy.PrincipalRoot:
		inAccount = inAccount.Literal(":").Many(strset.NotColon).Literal("::" + p.Account + ":").Many(strset.Any)
		none.account = s.callers(v, sessionOf.Then(inAccount))
	case policy.PrincipalRole:
		if p.Session == "" {
			none.role = s.callers(v, sessionOf.Literal(p.RoleARN))
			break
		}
		// The role may have a path, which a session's ARN does not show (P24).
		at := strings.LastIndexByte(p.RoleARN, '/') + 1
		name := p.RoleARN[at:]
		session := strset.Literal(p.Session + ":" + p.RoleARN[:at])
		none.session = s.callers(v, session.Literal(name), session.One(strset.Any, 1).Many(strset.Any).Literal("/"+name))
	case policy.PrincipalUser, policy.PrincipalFederatedUser:
		none.other = s.callers(v, strset.Literal(":"+p.ARN))
	default:
		return none
	}
	return none
}

// exempt lists who a NotPrincipal element of a Deny leaves out: those whose every
// ancestor is listed, as well as they themselves (P32).
func (s *space) exempt(p *policy.Principals) []*expr {
	var all, accounts, roles, sessions, others []*expr
	for _, v := range p.AWS {
		e := s.entry(v)
		all = append(all, e.all)
		accounts = append(accounts, e.account)
		roles = append(roles, e.role)
		sessions = append(sessions, e.session)
		others = append(others, e.other)
	}
	account := or(accounts...)
	return []*expr{
		or(all...),
		and(account, s.callers("root", s.shapes.root)),
		and(account, or(roles...), or(sessions...)),
		and(account, or(others...)),
	}
}

func isUniqueID(s string) bool {
	return (strings.HasPrefix(s, "AROA") || strings.HasPrefix(s, "AIDA")) && !strings.ContainsAny(s, ":*?")
}

// view is a condition key that follows from the caller. present are the
// callers that have it, and where lists the callers whose value is in p.
type view struct {
	present []strset.Pattern
	where   func(p strset.Pattern) []strset.Pattern
}

// viewOf is the view that a lower-case key is, if it is one.
func (s *space) viewOf(key string) (view, bool) {
	c := s.shapes
	switch key {
	case "aws:principalarn":
		return view{
			present: []strset.Pattern{c.anARN},
			where:   func(p strset.Pattern) []strset.Pattern { return []strset.Pattern{sessionOf.Then(p)} },
		}, true
	case "aws:principalaccount":
		return view{present: []strset.Pattern{c.anARN, c.anonymous}, where: c.ofAccount}, true
	case "aws:principaltype":
		return view{present: []strset.Pattern{c.anARN, c.anonymous}, where: c.ofType}, true
	case "aws:principalisawsservice":
		return view{present: []strset.Pattern{c.anARN, c.service}, where: c.ofServices}, true
	case "aws:principalservicename":
		return view{
			present: []strset.Pattern{c.service},
			where: func(p strset.Pattern) []strset.Pattern {
				return []strset.Pattern{strset.Literal("service/").Then(p)}
			},
		}, true
	case "aws:username":
		return view{present: []strset.Pattern{c.user}, where: c.ofUser}, true
	}
	return view{}, false
}

func (c *shapes) ofAccount(p strset.Pattern) (out []strset.Pattern) {
	if q, ok := p.Within(strset.NotColon); ok {
		out = append(out, sessionOf.Literal("arn:").Glob("*:*::", strset.NotColon).Then(q).Literal(":").Many(strset.Any))
	}
	if p.Match("anonymous") {
		out = append(out, c.anonymous)
	}
	return out
}

func (c *shapes) ofType(p strset.Pattern) (out []strset.Pattern) {
	for _, t := range []struct {
		value string
		who   strset.Pattern
	}{
		{"AssumedRole", c.role}, {"User", c.user}, {"Account", c.root},
		{"FederatedUser", c.federatedUser}, {"Anonymous", c.anonymous},
	} {
		if p.Match(t.value) {
			out = append(out, t.who)
		}
	}
	return out
}

func (c *shapes) ofServices(p strset.Pattern) (out []strset.Pattern) {
	if p.Match("true") {
		out = append(out, c.service)
	}
	if p.Match("false") {
		out = append(out, c.anARN)
	}
	return out
}

func (c *shapes) ofUser(p strset.Pattern) []strset.Pattern {
	q, ok := p.Within(strset.NotSlash)
	if !ok {
		return nil
	}
	user := strset.Literal(":").Then(c.iam).Literal(":user/")
	return []strset.Pattern{user.Then(q), user.Many(strset.Any).Literal("/").Then(q)}
}
