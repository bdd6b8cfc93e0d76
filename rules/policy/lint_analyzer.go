package policy

import (
	"fmt"
	"slices"
	"strings"
)

// analyzer finds what IAM Access Analyzer's policy validation and parliament
// find beside what is denied or dead (P395).
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
func (l *linter) analyzer() {
	s := l.s
	if !s.Deny && l.kind == KindIdentity {
		l.administration()
	}
	l.redundant("/"+negated("Action", s.NotAction), s.Actions)
	l.redundant(l.resourcePath(), s.Resources)
	for i, a := range s.Actions {
		if prefix, _, ok := strings.Cut(a, ":"); ok && strings.ContainsAny(prefix, "*?") && a != "*:*" {
			l.add("SERVICE_IS_WILDCARD", LintInfo, "P395", item("/"+negated("Action", s.NotAction), s.Actions, i), "name the service", "%s is about actions of every service that the pattern matches", quote(a))
		}
	}
	for i, r := range s.Resources {
		at := item(l.resourcePath(), s.Resources, i)
		l.arn(at, r)
		if l.d.Variables() {
			l.variable(at, r)
		}
	}
	if s.Principals != nil && !s.Deny && !s.NotPrincipal {
		l.services()
	}
	for i := range s.Conditions {
		from := len(l.out)
		l.operand(&s.Conditions[i])
		for j := from; j < len(l.out); j++ {
			l.out[j].Line, l.out[j].Column = s.Conditions[i].Line, s.Conditions[i].Column
		}
	}
}

// administration finds grants by which their holder may take other permissions.
func (l *linter) administration() {
	s := l.s
	if s.NotAction && everything(s.Resources) && !s.NotResource && len(s.Conditions) == 0 {
		l.add("ALLOW_NOT_ACTION", LintWarning, "P395", "/NotAction", "name the actions that are needed", "the statement allows every action but those it names, those of services to come too")
	}
	wide := s.NotResource || slices.ContainsFunc(s.Resources, func(r string) bool { return r == "*" || strings.HasSuffix(r, ":role/*") || strings.HasSuffix(r, "::*") })
	if !wide || l.fullAccess() {
		return
	}
	if l.grants("iam:PassRole") && !l.asks("iam:PassedToService") {
		l.add("PASS_ROLE_ANY", LintWarning, "P35", l.resourcePath(), "name the roles, or the services with the condition key iam:PassedToService", "the statement lets any role be passed to any service")
	}
	if l.grants("iam:CreateServiceLinkedRole") && !l.asks("iam:AWSServiceName") {
		l.add("SERVICE_LINKED_ROLE_ANY", LintInfo, "P395", l.resourcePath(), "name the services with the condition key iam:AWSServiceName", "the statement lets service-linked roles of any service be made")
	}
	if len(s.Conditions) > 0 || s.NotAction {
		return
	}
	var found []string
	for _, a := range escalations {
		if l.grants(a) {
			found = append(found, a)
		}
	}
	if len(found) > 0 {
		names := strings.Join(found[:min(len(found), 3)], ", ")
		if more := len(found) - 3; more > 0 {
			names += fmt.Sprintf(" and %d more", more)
		}
		l.add("PRIVILEGE_ESCALATION", LintWarning, "P395", "/Action", "name the resources that are needed", "with %s on every resource, a caller may take any permission", names)
	}
}

// escalations are actions that by themselves give their caller other permissions.
var escalations = []string{"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile",
	"iam:CreatePolicyVersion", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile"}

func (l *linter) resourcePath() string { return "/" + negated("Resource", l.s.NotResource) }

func (l *linter) fullAccess() bool {
	s := l.s
	return !s.NotAction && !s.NotResource && everything(s.Actions) && everything(s.Resources)
}

// grants tells whether the statement's actions hold an action.
func (l *linter) grants(action string) bool {
	named := slices.ContainsFunc(l.s.Actions, func(p string) bool {
		m := compileAction(lower(p))
		return m.match(lower(action))
	})
	return named != l.s.NotAction
}

// asks tells whether the statement's conditions ask for a key.
func (l *linter) asks(key string) bool {
	return slices.ContainsFunc(l.s.Conditions, func(c Condition) bool { return strings.EqualFold(c.Key, key) })
}

// maxCompared bounds the lists whose values are compared with each other.
const maxCompared = 200

// redundant finds values of a list that another one holds.
func (l *linter) redundant(path string, list []string) {
	if len(list) > maxCompared {
		return
	}
	for i, v := range list {
		for j, other := range list {
			if i == j || !holdsPattern(lower(other), lower(v)) || holdsPattern(lower(v), lower(other)) && j > i {
				continue
			}
			l.add("VALUE_REDUNDANT", LintInfo, "P395", item(path, list, i), "leave it out", "%s adds nothing: %s holds it", quote(v), quote(other))
			break
		}
	}
}

// holdsPattern tells that a pattern matches all that another one matches. It may
// miss some.
func holdsPattern(pattern, other string) bool {
	if strings.Contains(pattern, "?") || strings.Contains(pattern+other, "${") {
		return pattern == other
	}
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == other
	}
	if !strings.HasPrefix(other, first) {
		return false
	}
	other = other[len(first):]
	parts := strings.Split(rest, "*")
	for _, p := range parts[:len(parts)-1] {
		i := strings.Index(other, p)
		if i < 0 {
			return false
		}
		other = other[i+len(p):]
	}
	return strings.HasSuffix(other, parts[len(parts)-1])
}

// partitions are those that an ARN may name.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
var partitions = []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"}

// regionless are services whose ARNs have no Region.
var regionless = []string{"iam", "organizations", "route53", "cloudfront", "sts"}

// arn finds ARNs that name nothing that there can be.
func (l *linter) arn(path, text string) {
	parts := splitARNPattern(text)
	if len(parts) < 6 || l.d.Variables() && strings.Contains(strings.Join(parts[:5], ":"), "${") {
		return
	}
	fixed := func(i int) bool { return parts[i] != "" && !strings.ContainsAny(parts[i], "*?") }
	bad := func(format string, args ...any) {
		l.add("ARN_NEVER_MATCHES", LintError, "P395", path, "", "%s names nothing: %s", quote(text), fmt.Sprintf(format, args...))
	}
	bucket := parts[2] == "s3" && !slices.ContainsFunc([]string{"accesspoint/", "job/", "storage-lens", "access-grants", "async-request/"}, func(p string) bool { return strings.HasPrefix(parts[5], p) }) &&
		!strings.HasPrefix(parts[5], "*")
	switch {
	case fixed(1) && !slices.Contains(partitions, parts[1]):
		bad("there is no partition %s", quote(parts[1]))
	case fixed(2) && parts[2] != strings.ToLower(parts[2]):
		bad("services are written in lower case")
	case bucket && (fixed(3) || fixed(4)):
		bad("ARNs of buckets and objects have no Region and no account")
	case slices.Contains(regionless, parts[2]) && fixed(3):
		bad("ARNs of %s have no Region", parts[2])
	case fixed(3) && !isRegion(parts[3]):
		bad("%s is not a Region", quote(parts[3]))
	case fixed(3) && !knownRegion(parts[3]):
		l.unknownRegion(path, parts[3])
	case fixed(4) && strings.Trim(parts[4], "0123456789") == "" && len(parts[4]) != 12:
		bad("an account id has 12 digits")
	}
}

// isRegion tells what may be a Region's name: letters, hyphens, and a digit at the end.
func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	last := parts[len(parts)-1]
	return len(parts) >= 3 && last != "" && strings.Trim(last, "0123456789") == "" && strings.Trim(strings.Join(parts[:len(parts)-1], ""), "abcdefghijklmnopqrstuvwxyz") == ""
}

// sourceKeys narrow what a service does in the name of others.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
var sourceKeys = []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"}

// services finds service principals that are none, or that anyone's resource
// may stand behind, and identity providers of which every subject is let in.
func (l *linter) services() {
	p := l.s.Principals
	for i, v := range p.Service {
		at := item("/Principal/Service", p.Service, i)
		known := slices.ContainsFunc([]string{".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"}, func(suffix string) bool { return strings.HasSuffix(lower(v), suffix) })
		if !known && !strings.ContainsAny(v, "*?") {
			l.add("PRINCIPAL_NEVER_MATCHES", LintWarning, "P395", at, "write SERVICE.amazonaws.com", "%s is not a service principal", quote(v))
		}
	}
	narrowed := slices.ContainsFunc(sourceKeys, l.asks)
	if len(p.Service) > 0 && !narrowed && slices.Contains([]Kind{KindBucket, KindAccessPoint, KindResource, KindKey}, l.kind) {
		l.add("SERVICE_PRINCIPAL_OPEN", LintWarning, "P395", "/Principal/Service", "add a condition on aws:SourceArn, aws:SourceAccount, aws:SourceOrgID or aws:SourceOrgPaths",
			"the service may act for any account's resource (confused deputy)")
	}
	const github = "token.actions.githubusercontent.com"
	for i, v := range p.Federated {
		if !strings.HasSuffix(v, "oidc-provider/"+github) {
			continue
		}
		narrow := slices.ContainsFunc(l.s.Conditions, func(c Condition) bool {
			return strings.EqualFold(c.Key, github+":sub") && !slices.ContainsFunc(c.Values, func(v string) bool {
				owner, _, _ := strings.Cut(strings.TrimPrefix(v, "repo:"), "/")
				return strings.ContainsAny(owner, "*?") || !strings.HasPrefix(v, "repo:")
			})
		})
		if !narrow {
			l.add("OIDC_SUBJECT_ANY", LintWarning, "P395", item("/Principal/Federated", p.Federated, i), "compare "+github+":sub with repo:OWNER/REPOSITORY:…", "workflows of any GitHub repository may take the role")
		}
	}
}
