package symbolic

import (
	"strings"

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
var (
	anyPartition = strset.Literal("arn:aws").Many(strset.NotColon)
	account      = strset.Pattern{}.One(strset.Digit, 12)
	roleTail     = strset.Literal(":role/").One(strset.Any, 1).Many(strset.Any)
	userTail     = strset.Literal(":user/").One(strset.Any, 1).Many(strset.Any)
	iam          = anyPartition.Literal(":iam::").Then(account)

	shapeRole      = strset.Pattern{}.One(strset.NotSlash, 1).Many(strset.NotSlash).Literal(":").Then(iam).Then(roleTail)
	shapeUser      = strset.Literal(":").Then(iam).Then(userTail)
	shapeRoot      = strset.Literal(":").Then(iam).Literal(":root")
	shapeFederated = strset.Literal(":").Then(anyPartition).Literal(":sts::").Then(account).Literal(":federated-user/").One(strset.NotSlash, 1).Many(strset.NotSlash)
	shapeService   = strset.Literal("service/").One(strset.NotColon, 1).Many(strset.NotColon)
	shapeProvider  = strset.Literal("federated/").One(strset.Any, 1).Many(strset.Any)
	shapeCanonical = strset.Literal("canonical/").One(strset.NotColon, 1).Many(strset.NotColon)
	anonymous      = strset.Literal("anonymous")

	sessionOf = strset.Pattern{}.Many(strset.NotColon).Literal(":")
	anyARN    = sessionOf.Literal("arn:").Many(strset.Any)
)

// callerShapes lists the kinds of callers that a policy of a kind meets.
func callerShapes(kind policy.Kind) []strset.Pattern {
	switch kind {
	case policy.KindIdentity, policy.KindBoundary, policy.KindSession, policy.KindSCP:
		return []strset.Pattern{shapeRole, shapeUser}
	}
	return []strset.Pattern{shapeRole, shapeUser, shapeRoot, shapeFederated, shapeService, shapeProvider, shapeCanonical, anonymous}
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
	var each []*expr
	if p.All {
		each = append(each, exprTrue)
	}
	if st.NotPrincipal {
		each = append(each, s.exempt(p)...)
	} else {
		for _, v := range p.AWS {
			each = append(each, s.entry(v).whole())
		}
	}
	for _, v := range p.Service {
		each = append(each, s.callers(v, strset.Literal("service/"+v)))
	}
	for _, v := range p.Federated {
		each = append(each, s.callers(v, strset.Literal("federated/"+v)))
	}
	for _, v := range p.Canonical {
		each = append(each, s.callers(v, strset.Literal("canonical/"+v)))
	}
	e := or(each...)
	if st.NotPrincipal {
		return not(e)
	}
	return e
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
		none.other = s.unknown("Principal "+v, s.callers(v, anyARN))
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
		none.session = s.callers(v, session.Literal(name), session.Many(strset.Any).Literal("/"+name))
	case policy.PrincipalUser, policy.PrincipalFederatedUser:
		none.other = s.callers(v, strset.Literal(":"+p.ARN))
	default:
		return none
	}
	return none
}

// exempt lists who a NotPrincipal element leaves out: those whose every
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
		and(account, s.callers("root", shapeRoot)),
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

// principalTypes are the values of aws:PrincipalType, and who has them.
var principalTypes = []struct {
	value string
	who   strset.Pattern
}{
	{"AssumedRole", shapeRole}, {"User", shapeUser}, {"Account", shapeRoot},
	{"FederatedUser", shapeFederated}, {"Anonymous", anonymous},
}

// views of the caller by lower-case key.
var views = map[string]view{
	"aws:principalarn": {
		present: []strset.Pattern{anyARN},
		where:   func(p strset.Pattern) []strset.Pattern { return []strset.Pattern{sessionOf.Then(p)} },
	},
	"aws:principalaccount": {
		present: []strset.Pattern{anyARN, anonymous},
		where: func(p strset.Pattern) []strset.Pattern {
			var out []strset.Pattern
			if q, ok := p.Within(strset.NotColon); ok {
				out = append(out, sessionOf.Literal("arn:").Glob("*:*::", strset.NotColon).Then(q).Literal(":").Many(strset.Any))
			}
			if p.Match("anonymous") {
				out = append(out, anonymous)
			}
			return out
		},
	},
	"aws:principaltype": {
		present: []strset.Pattern{anyARN, anonymous},
		where: func(p strset.Pattern) (out []strset.Pattern) {
			for _, t := range principalTypes {
				if p.Match(t.value) {
					out = append(out, t.who)
				}
			}
			return out
		},
	},
	"aws:principalisawsservice": {
		present: []strset.Pattern{anyARN, shapeService},
		where: func(p strset.Pattern) (out []strset.Pattern) {
			if p.Match("true") {
				out = append(out, shapeService)
			}
			if p.Match("false") {
				out = append(out, anyARN)
			}
			return out
		},
	},
	"aws:principalservicename": {
		present: []strset.Pattern{shapeService},
		where: func(p strset.Pattern) []strset.Pattern {
			return []strset.Pattern{strset.Literal("service/").Then(p)}
		},
	},
	"aws:username": {
		present: []strset.Pattern{shapeUser},
		where: func(p strset.Pattern) []strset.Pattern {
			q, ok := p.Within(strset.NotSlash)
			if !ok {
				return nil
			}
			user := strset.Literal(":").Then(iam).Literal(":user/")
			return []strset.Pattern{user.Then(q), user.Many(strset.Any).Literal("/").Then(q)}
		},
	},
}
