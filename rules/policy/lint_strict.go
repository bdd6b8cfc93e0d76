package policy

import (
	"strings"
)

// wide finds grants to everyone (P258) and grants of everything.
func (l *linter) wide() {
	s := l.s
	if s.Deny {
		return
	}
	public := false
	switch l.kind {
	case KindBucket, KindAccessPoint, KindResource:
		public = statementIsPublic(l.d, s)
	case KindTrust, KindKey: // other keys than S3's narrow these
		public = !fixedPrincipals(s) && len(s.Conditions) == 0
	case KindIdentity:
		if len(s.Conditions) == 0 && !s.NotAction && !s.NotResource && everything(s.Actions) && everything(s.Resources) {
			l.add("FULL_ACCESS", LintWarning, "P35", "/Action", "name the actions and resources that are needed", "the statement allows every action on every resource")
		}
	case KindBoundary, KindSession, KindSCP, KindRCP, KindEndpoint:
	}
	if public {
		l.add("PUBLIC_ACCESS", LintWarning, "P258", "/"+negated("Principal", s.NotPrincipal), "name who is allowed, or add a condition with fixed values, e.g. on aws:PrincipalOrgID",
			"the statement allows everyone, anonymous callers too: no condition narrows it to fixed values")
	}
}

// everything tells a list with a pattern that matches all.
func everything(patterns []string) bool {
	for _, p := range patterns {
		if strings.Trim(p, "*") == "" || p == "*:*" {
			return true
		}
	}
	return false
}

// bucketName finds names that no bucket has. Buckets of us-east-1 that are
// older than March 2018 may have up to 255 letters, digits, dots, hyphens and
// underscores.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func (l *linter) bucketName(path, resource string) {
	parts := splitARNPattern(resource)
	if len(parts) < 6 || parts[2] != "s3" || parts[3] != "" || parts[4] != "" {
		return
	}
	name, _, _ := strings.Cut(withoutVariables(parts[5]), "/")
	if name == "" || name != strings.SplitN(parts[5], "/", 2)[0] { // a variable
		return
	}
	fixed := !strings.ContainsAny(name, "*?")
	never := strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".-_*?", r))
	})
	switch {
	case fixed && !never && len(name) < 3: // mostly a placeholder
		l.add("BUCKET_NAME_INVALID", LintInfo, "P45", path, "a name has 3 to 63 lower-case letters, digits, dots and hyphens", "no bucket can be named %s", quote(name))
	case never, fixed && len(name) > 255:
		l.add("BUCKET_NAME_INVALID", LintWarning, "P45", path, "a name has 3 to 63 lower-case letters, digits, dots and hyphens", "no bucket can be named %s", quote(name))
	case fixed && (len(name) > 63 || strings.Contains(name, "_") || name != strings.ToLower(name)):
		l.add("BUCKET_NAME_INVALID", LintInfo, "P45", path, "a name has 3 to 63 lower-case letters, digits, dots and hyphens", "%s can be the name of a bucket only in us-east-1, made before March 2018", quote(name))
	}
}

// networkID finds a VPC's id where an endpoint's is compared, and the reverse.
func (l *linter) networkID(key, path, v string) {
	switch {
	case key == "aws:sourcevpc" && strings.HasPrefix(v, "vpce-"):
		l.add("VALUE_NEVER_MATCHES", LintError, "P158", path, "use aws:SourceVpce", "aws:SourceVpc is the id of a VPC, never of an endpoint such as %s", quote(v))
	case key == "aws:sourcevpce" && strings.HasPrefix(v, "vpc-"):
		l.add("VALUE_NEVER_MATCHES", LintError, "P158", path, "use aws:SourceVpc", "aws:SourceVpce is the id of a VPC endpoint, never of a VPC such as %s", quote(v))
	}
}
