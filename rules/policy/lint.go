package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/rules/policy/sar"
)

// LintFinding is something in a policy that does not do what it seems to.
type LintFinding struct {
	Code      string // e.g. "STATEMENT_NEVER_MATCHES"
	Severity  LintSeverity
	Statement int    // index, -1 for the document
	Sid       string // of the statement
	Pointer   string // RFC 6901, from the document's root
	Line      int    // 1-based, of the statement or condition
	Column    int
	Message   string
	Fix       string // what to do, "" where that is obvious
	Rule      string // of docs/semantics/policy.md, e.g. "P230"
}

// LintSeverity tells how bad a finding is.
type LintSeverity uint8

const (
	LintInfo    LintSeverity = iota // worth knowing
	LintWarning                     // not what it looks like
	LintError                       // AWS would refuse it, or it has no effect at all
)

// String names the severity.
func (s LintSeverity) String() string {
	return [...]string{"info", "warning", "error"}[s]
}

// LintOptions narrow what is looked for.
type LintOptions struct {
	// EndpointType tells what an endpoint policy is on; with EndpointInterface
	// the findings about gateway endpoints are left out.
	EndpointType EndpointType
	// Strict looks as well for what explains no denial: grants to everyone and
	// of everything, and names and addresses that are odd.
	Strict bool
}

// linter is one walk over a document.
type linter struct {
	d    *Document
	kind Kind
	o    LintOptions
	out  []LintFinding
	s    *Statement // nil at the document

	matched      map[string][]matchedAction // by pattern
	wildServices int
	cells        int // compared of patterns with forms of ARNs
}

// Lint finds what is dead, dangerous or of no effect in a well-formed document,
// in the order of the document.
func Lint(d *Document, kind Kind, o LintOptions) []LintFinding {
	l := &linter{d: d, kind: kind, o: o, matched: map[string][]matchedAction{}}
	l.document()
	for i := range d.Statements {
		l.s = &d.Statements[i]
		l.statement()
	}
	slices.SortStableFunc(l.out, func(a, b LintFinding) int { return cmp.Compare(a.Statement, b.Statement) })
	return l.out
}

// add notes a finding about the part of the statement that path names.
func (l *linter) add(code string, severity LintSeverity, rule, path, fix, format string, args ...any) {
	f := LintFinding{Code: code, Severity: severity, Statement: -1, Pointer: path, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...), Fix: fix, Rule: rule}
	if l.s != nil {
		f.Statement, f.Sid, f.Pointer = l.s.Index, l.s.Sid, l.d.StatementPointer(l.s.Index)+path
		f.Line, f.Column = l.s.Line, l.s.Column
	}
	l.out = append(l.out, f)
}

// sizeLimits are AWS's quotas in characters (P16).
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (l *linter) document() {
	type limit struct {
		size, max int
		what      string
	}
	limits := map[Kind]limit{
		KindIdentity: {l.d.Compact, 6144, "a managed policy (10,240 for all inline policies of a role together)"}, KindBoundary: {l.d.Compact, 6144, "a managed policy"},
		KindSession: {l.d.Compact, 2048, "a session policy"}, KindTrust: {l.d.Compact, 2048, "a trust policy (4,096 with a raised quota)"},
		KindSCP: {l.d.Characters, 5120, "a service control policy"}, KindRCP: {l.d.Characters, 5120, "a resource control policy"},
		KindEndpoint: {l.d.Characters, 20480, "an endpoint policy, white space included"},
		KindBucket:   {l.d.Compact, 20480, "a bucket policy"}, KindAccessPoint: {l.d.Compact, 20480, "an access point policy"}, KindKey: {l.d.Characters, 32768, "a key policy"},
	}
	if q, ok := limits[l.kind]; ok && q.size > q.max {
		l.add("POLICY_TOO_LARGE", LintError, "P16", "", "split it, or use wildcards", "the policy has %d characters; AWS takes %d for %s", q.size, q.max, q.what)
	}
	if l.kind == KindEndpoint && !slices.ContainsFunc(l.d.Statements, func(s Statement) bool { return !s.Deny }) {
		l.add("VPCE_DENY_ONLY", LintError, "P112", "/Statement", "add an Allow statement; a document like this one is usually meant as a bucket policy",
			"the endpoint policy has only Deny statements: it replaces the default policy and lets nothing through")
	}
}

func (l *linter) statement() {
	s := l.s
	for i := range s.Conditions {
		l.condition(&s.Conditions[i])
	}
	l.emptyConditions()
	l.emptyLists()
	l.actions()
	l.resources()
	if s.Principals != nil {
		l.principals()
	}
	l.deadResourceTypes()
	if l.o.Strict {
		l.wide()
		l.analyzer()
		l.otherTypes()
		l.everyResource()
	}
	if l.kind == KindBucket && !s.NotAction {
		for i, a := range s.Actions {
			if service, _, ok := strings.Cut(lower(a), ":"); ok && !strings.ContainsAny(service, "*?") && service != "s3" && service != "s3-object-lambda" && service != "s3express" {
				l.add("ACTION_OF_OTHER_SERVICE", LintWarning, "P42", item("/Action", s.Actions, i), "", "%s has no effect in a bucket policy: S3 refuses it", quote(a))
			}
		}
	}
}

// emptyConditions finds condition blocks that ask nothing (P15).
func (l *linter) emptyConditions() {
	at := l.d.StatementPointer(l.s.Index)
	for _, w := range l.d.Warnings {
		pointer, what, _ := strings.Cut(w, ": ")
		if path, ok := strings.CutPrefix(pointer, at); ok && strings.HasPrefix(path, "/Condition") {
			l.add("CONDITION_EMPTY", LintWarning, "P15", path, "take it out, or write the condition", "%s", what)
		}
	}
}

func (l *linter) emptyLists() {
	s := l.s
	never := func(path, what string) {
		l.add("STATEMENT_NEVER_MATCHES", LintWarning, "P15", path, "", "%s is empty: the statement matches nothing", what)
	}
	if len(s.Actions) == 0 {
		never("/"+negated("Action", s.NotAction), "Action")
	}
	if s.HasResource && len(s.Resources) == 0 {
		never("/"+negated("Resource", s.NotResource), "Resource")
	}
	if p := s.Principals; p != nil && !p.All && len(p.AWS)+len(p.Service)+len(p.Federated)+len(p.Canonical) == 0 {
		never("/"+negated("Principal", s.NotPrincipal), "Principal")
	}
}

func negated(element string, not bool) string {
	if not {
		return "Not" + element
	}
	return element
}

// item is the pointer of value i of a list that may have been a scalar. A
// list of one is pointed at as a whole.
func item(path string, list []string, i int) string {
	if len(list) == 1 {
		return path
	}
	return path + "/" + strconv.Itoa(i)
}

// otherNames are API operations and the actions that they are authorised as
// (P39, section 9.2).
var otherNames = map[string]string{
	"s3:headobject": "s3:GetObject", "s3:headbucket": "s3:ListBucket", "s3:listobjects": "s3:ListBucket", "s3:listobjectsv2": "s3:ListBucket",
	"s3:copyobject": "s3:GetObject on the source and s3:PutObject on the destination", "s3:createmultipartupload": "s3:PutObject", "s3:uploadpart": "s3:PutObject",
	"s3:completemultipartupload": "s3:PutObject", "s3:deleteobjects": "s3:DeleteObject", "s3:listbuckets": "s3:ListAllMyBuckets", "s3:getbucketencryption": "s3:GetEncryptionConfiguration",
	"s3:listmultipartuploads": "s3:ListBucketMultipartUploads", "s3:listparts": "s3:ListMultipartUploadParts", "s3:listobjectversions": "s3:ListBucketVersions",
}

// AuthorizedAs tells what an S3 API operation is authorized as, where no action
// has its name: s3:GetObject for s3:HeadObject.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func AuthorizedAs(operation string) (string, bool) {
	action, ok := otherNames[lower(operation)]
	return action, ok
}

func (l *linter) actions() {
	s := l.s
	path := "/" + negated("Action", s.NotAction)
	for i, a := range s.Actions {
		if a == "*" {
			continue
		}
		if matched, ok := l.matching(a); len(matched) > 0 || !ok {
			continue
		}
		fix := ""
		if use, ok := AuthorizedAs(a); ok {
			fix = "write " + use
		}
		l.add("ACTION_UNKNOWN", LintWarning, "P39", item(path, s.Actions, i), fix, "no action matches %s (Service Authorization Reference of %s)", quote(a), sar.Date())
	}
}

// matchedAction is an action of the tables with its service.
type matchedAction struct {
	service *sar.Service
	sar.Action
}

// maxWildServices bounds the patterns with a wildcard in the service that a
// document's lints look up: each is compared with every action of AWS.
const maxWildServices = 500

// matching lists the actions that a pattern matches. ok is false where there
// are too many patterns to tell.
func (l *linter) matching(pattern string) (list []matchedAction, ok bool) {
	pattern = lower(pattern)
	if m, ok := l.matched[pattern]; ok {
		return m, true
	}
	prefix, _, _ := strings.Cut(pattern, ":")
	if strings.ContainsAny(prefix, "*?") {
		if l.wildServices++; l.wildServices > maxWildServices {
			return nil, false
		}
	}
	list = matchingActions(pattern)
	l.matched[pattern] = list
	return list, true
}

// matchingActions lists the actions that a lower-case pattern matches.
func matchingActions(pattern string) []matchedAction {
	prefix, name, ok := strings.Cut(pattern, ":")
	if !ok {
		prefix, name = "*", "*"
	}
	services := sar.Services()
	if !strings.ContainsAny(prefix, "*?") {
		s, ok := sar.FindService(prefix)
		if !ok {
			return nil
		}
		services = []*sar.Service{s}
	}
	var out []matchedAction
	prefixes, names := compileAction(prefix), compileAction(name)
	literal := !strings.ContainsAny(name, "*?")
	for _, s := range services {
		if !prefixes.match(s.Prefix) {
			continue
		}
		if literal {
			if a, ok := s.FindAction(name); ok {
				out = append(out, matchedAction{s, a})
			}
			continue
		}
		for _, a := range s.Actions {
			if names.match(lower(a.Name)) {
				out = append(out, matchedAction{s, a})
			}
		}
	}
	return out
}

func (l *linter) resources() {
	s := l.s
	path := "/" + negated("Resource", s.NotResource)
	for i, r := range s.Resources {
		at := item(path, s.Resources, i)
		if r != "*" && len(splitARNPattern(r)) < 6 {
			l.add("ARN_SHORT", LintWarning, "P48", at, "write all six parts", "%s has fewer than six parts: AWS completes it with wildcards, which allows more than it shows", quote(r))
		}
		l.variables(at, r)
		if l.o.Strict {
			l.bucketName(at, r)
		}
	}
}

// variables warns of what looks like a policy variable and is not one (P2).
func (l *linter) variables(path, v string) {
	if !l.d.Variables() && strings.Contains(v, "${") {
		l.add("VARIABLE_NOT_EXPANDED", LintWarning, "P2", path, `add "Version": "2012-10-17"`, "%s is literal text: policy variables need Version 2012-10-17", quote(v))
	}
}

func (l *linter) principals() {
	s := l.s
	path := "/" + negated("Principal", s.NotPrincipal)
	for i, v := range s.Principals.AWS {
		l.awsPrincipal(item(path+"/AWS", s.Principals.AWS, i), v)
	}
	if s.NotPrincipal && !s.Deny {
		l.add("NOT_PRINCIPAL_ALLOW", LintWarning, "P31", path, "name who is allowed", "Allow with NotPrincipal allows everyone else, anonymous callers too")
	}
	if s.NotPrincipal && s.Deny {
		l.add("NOT_PRINCIPAL_DENY", LintWarning, "P32", path, `deny "*" with a condition on aws:PrincipalArn`, "Deny with NotPrincipal spares a role only where its account, role ARN and session ARN are all listed")
	}
}

func (l *linter) awsPrincipal(path, v string) {
	e := parsePrincipalEntry(v)
	switch {
	case e.kind == entryNothing && strings.ContainsAny(v, "*?"):
		l.add("PRINCIPAL_NEVER_MATCHES", LintError, "P28", path, `use "*" with a condition on aws:PrincipalArn`, "%s matches nothing: a principal takes no partial wildcard", quote(v))
	case e.kind == entryNothing:
		l.add("PRINCIPAL_NEVER_MATCHES", LintError, "P20", path, "", "%s is not an account, user, role or session", quote(v))
	case e.kind == entrySession && strings.Contains(e.role, "/"):
		l.add("PRINCIPAL_NEVER_MATCHES", LintError, "P24", path, "leave the role's path out", "%s matches nothing: a session ARN has no path", quote(v))
	case e.kind == entryUniqueID:
		l.add("PRINCIPAL_DELETED", LintWarning, "P30", path, "name the principal's ARN again", "%s was deleted; a new one of the same name is not matched", quote(v))
	}
	if l.kind != KindEndpoint || l.o.EndpointType == EndpointInterface {
		return
	}
	switch e.kind {
	case entryRole, entrySession, entryUser, entryFederated, entryUniqueID:
		l.add("VPCE_PRINCIPAL_UNSUPPORTED", LintWarning, "P119", path, `use "*" with a condition on aws:PrincipalArn`, "a gateway endpoint's policy can't name %s: whether it ever matches is not documented", quote(v))
	case entryAccount:
		l.add("VPCE_PRINCIPAL_ROOT_ONLY", LintWarning, "P118", path, `use "*" with a condition on aws:PrincipalAccount`, "in a gateway endpoint's policy %s is the account's root user alone", quote(v))
	case entryNothing, entryAll:
	}
}

// deadResourceTypes finds S3 actions whose resource types the statement's
// resources never meet (P53, P230).
func (l *linter) deadResourceTypes() {
	s := l.s
	if s.NotAction || s.NotResource || len(s.Actions) == 0 || len(s.Resources) == 0 {
		return
	}
	var dead []int
	for i, a := range s.Actions {
		matched, _ := l.matching(a)
		alive := len(matched) == 0
		for _, m := range matched {
			alive = alive || m.service.Prefix != "s3" || slices.ContainsFunc(s.Resources, func(r string) bool { return meets(m.Action, r) })
		}
		if !alive {
			dead = append(dead, i)
		}
	}
	resources := quoted(s.Resources)
	switch {
	case len(dead) == len(s.Actions):
		l.add("STATEMENT_NEVER_MATCHES", LintError, "P230", "/Resource", l.resourceFix(s.Actions[0]), "%s never applies to %s", quoted(s.Actions), resources)
	default:
		for _, i := range dead {
			l.add("ACTION_NEVER_MATCHES", LintWarning, "P230", item("/Action", s.Actions, i), l.resourceFix(s.Actions[i]), "%s never applies to %s", quote(s.Actions[i]), resources)
		}
	}
}

func (l *linter) resourceFix(action string) string {
	matched, _ := l.matching(action)
	for _, m := range matched {
		switch {
		case slices.Contains(m.Resources, "bucket"):
			return "it needs the bucket: arn:aws:s3:::BUCKET"
		case slices.Contains(m.Resources, "object"):
			return "it needs objects: arn:aws:s3:::BUCKET/*"
		case len(m.Resources) == 0:
			return `it needs "Resource": "*"`
		}
	}
	return ""
}

// meets tells whether a resource pattern may match a resource of one of the
// action's types.
func meets(a sar.Action, pattern string) bool {
	parts := splitARNPattern(pattern)
	if len(parts) < 6 || strings.Contains(pattern, "${") {
		return true
	}
	rest := parts[5]
	if len(a.Resources) == 0 {
		return rest == "*"
	}
	wild := strings.ContainsAny(rest, "*?")
	global := canBeEmpty(parts[3]) && canBeEmpty(parts[4])
	for _, t := range a.Resources {
		switch t {
		case "bucket":
			if global && !strings.Contains(rest, "/") {
				return true
			}
		case "object":
			if global && (wild || strings.Contains(rest, "/")) {
				return true
			}
		case "accesspoint", "accesspointobject":
			if parts[4] != "" && (wild || strings.HasPrefix(rest, "accesspoint/") && strings.Contains(rest, "/object/") == (t == "accesspointobject")) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

func canBeEmpty(part string) bool { return strings.Trim(part, "*") == "" }

func privateRange(v string) bool {
	n, ok := parseNetwork(v)
	if !ok {
		return false
	}
	return slices.ContainsFunc(privateRanges, func(p netip.Prefix) bool { return p.Bits() <= n.Bits() && p.Contains(n.Addr()) })
}

var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"),
}
