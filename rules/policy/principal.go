package policy

import (
	"fmt"
	"strings"
)

// entryKind is what a value of Principal.AWS names.
type entryKind uint8

const (
	entryNothing   entryKind = iota // matches no principal (P28)
	entryAll                        // "*"
	entryAccount                    // an account id, or its :root ARN (P22)
	entryRole                       // a role ARN, with its path (P23)
	entrySession                    // an assumed-role session ARN (P24)
	entryUser                       // a user ARN
	entryFederated                  // a federated-user session ARN
	entryUniqueID                   // AROA… or AIDA… of a deleted principal (P30)
)

// principalEntry is a value of Principal.AWS, taken apart.
type principalEntry struct {
	kind      entryKind
	text      string
	partition string // "" for a bare account id
	account   string
	role      string // entrySession: the role's name
	session   string // entrySession
}

// parsePrincipalEntry takes a value of Principal.AWS apart.
func parsePrincipalEntry(v string) principalEntry {
	e := principalEntry{text: v}
	switch {
	case v == "*":
		e.kind = entryAll
		return e
	case isAccountID(v):
		e.kind, e.account = entryAccount, v
		return e
	case isUniqueID(v):
		e.kind = entryUniqueID
		return e
	}
	parts := strings.SplitN(v, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[3] != "" || !isAccountID(parts[4]) || strings.ContainsAny(v, "*?") {
		return e
	}
	e.partition, e.account = parts[1], parts[4]
	kind, name, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[2] == "iam" && parts[5] == "root":
		e.kind = entryAccount
	case parts[2] == "iam" && kind == "role" && name != "":
		e.kind = entryRole
	case parts[2] == "iam" && kind == "user" && name != "":
		e.kind = entryUser
	case parts[2] == "sts" && kind == "federated-user" && name != "":
		e.kind = entryFederated
	case parts[2] == "sts" && kind == "assumed-role":
		i := strings.LastIndexByte(name, '/')
		if i > 0 && i < len(name)-1 {
			// A role's path has no place here (P24): with one, nothing matches.
			e.kind, e.role, e.session = entrySession, name[:i], name[i+1:]
		}
	}
	return e
}

func isAccountID(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isUniqueID recognises the ids that AWS shows for deleted principals.
func isUniqueID(s string) bool {
	if len(s) < 5 || !strings.HasPrefix(s, "AROA") && !strings.HasPrefix(s, "AIDA") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// ParsePrincipal reads the ARN of a role, user, account root, role session or
// federated user. The role of a session ARN is taken to have no path, which
// the ARN does not tell (P24); set RoleARN where it is known.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func ParsePrincipal(arn string) (Principal, error) {
	e := parsePrincipalEntry(arn)
	p := Principal{ARN: arn, Account: e.account}
	switch e.kind {
	case entryRole:
		p.Kind, p.RoleARN = PrincipalRole, arn
	case entrySession:
		p.Kind, p.Session = PrincipalRole, e.session
		p.RoleARN = "arn:" + e.partition + ":iam::" + e.account + ":role/" + e.role
	case entryUser:
		p.Kind = PrincipalUser
	case entryFederated:
		p.Kind = PrincipalFederatedUser
	case entryAccount:
		p.Kind = PrincipalRoot
		if e.partition == "" {
			p.ARN = "arn:aws:iam::" + e.account + ":root"
		}
	case entryNothing, entryAll, entryUniqueID:
		return Principal{}, fmt.Errorf("%q is not an ARN of a role, user, root, role session or federated user", clip(arn))
	}
	return p, nil
}

// Partition is the principal's partition, e.g. "aws"; "" where it has none.
func (p *Principal) Partition() string {
	arn := p.ARN
	if arn == "" {
		arn = p.RoleARN
	}
	rest, ok := strings.CutPrefix(arn, "arn:")
	if !ok {
		return ""
	}
	partition, _, _ := strings.Cut(rest, ":")
	return partition
}

// roleName is the last part of the role's ARN.
func (p *Principal) roleName() string {
	return p.RoleARN[strings.LastIndexByte(p.RoleARN, '/')+1:]
}

// serviceLinked tells a service-linked role (P95).
func (p *Principal) serviceLinked() bool {
	return p.Kind == PrincipalRole && strings.Contains(p.RoleARN, ":role/aws-service-role/")
}

// DerivedKeys are the condition keys that follow from who the principal is,
// by lower-case name: aws:PrincipalArn, aws:PrincipalAccount,
// aws:PrincipalType and, where it follows, aws:userid.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func DerivedKeys(p Principal) map[string]Value {
	keys := map[string]Value{}
	set := func(key, value string) {
		if value != "" {
			keys[key] = Value{State: KeyKnown, Values: []string{value}}
		}
	}
	set("aws:principalaccount", p.Account)
	switch p.Kind {
	case PrincipalUnknown:
	case PrincipalRole:
		set("aws:principalarn", p.RoleARN)
		set("aws:principaltype", "AssumedRole")
		if p.RoleID != "" && p.Session != "" {
			set("aws:userid", p.RoleID+":"+p.Session)
		}
	case PrincipalUser:
		set("aws:principalarn", p.ARN)
		set("aws:principaltype", "User")
	case PrincipalRoot:
		set("aws:principalarn", p.ARN)
		set("aws:principaltype", "Account")
		set("aws:userid", p.Account)
	case PrincipalFederatedUser:
		set("aws:principalarn", p.ARN)
		set("aws:principaltype", "FederatedUser")
		set("aws:userid", p.Account+":"+p.ARN[strings.LastIndexByte(p.ARN, '/')+1:])
	case PrincipalService:
	case PrincipalAnonymous:
		set("aws:principalaccount", "anonymous")
		set("aws:principaltype", "Anonymous")
		set("aws:userid", "anonymous")
	}
	return keys
}

// NewContext is the part of a request's context that follows from its
// principal alone, to which the caller adds what the path and the call bring:
// the DerivedKeys; aws:username of users; whether an AWS service asks as
// itself. aws:userid is present with unknown value where its id is not known.
func NewContext(p Principal) map[string]Value {
	keys := DerivedKeys(p)
	known := func(v string) Value { return Value{State: KeyKnown, Values: []string{v}} }
	if _, ok := keys["aws:userid"]; !ok && (p.Kind == PrincipalRole || p.Kind == PrincipalUser) {
		keys["aws:userid"] = Value{State: KeyValueUnknown}
	}
	switch p.Kind {
	case PrincipalUser:
		keys["aws:username"] = known(p.ARN[strings.LastIndexByte(p.ARN, '/')+1:])
		keys["aws:principalisawsservice"] = known("false")
	case PrincipalService:
		keys["aws:principalisawsservice"] = known("true")
		keys["aws:principalservicename"] = known(p.Service)
		keys["aws:principalservicenameslist"] = Value{State: KeyKnown, Values: []string{p.Service}, Multi: true}
	case PrincipalRole, PrincipalRoot, PrincipalFederatedUser:
		keys["aws:principalisawsservice"] = known("false")
	case PrincipalUnknown, PrincipalAnonymous:
	}
	return keys
}
