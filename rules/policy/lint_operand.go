package policy

import (
	"slices"
	"strings"
)

// keyTypes are the types of keys that other operators than theirs compare in no
// documented way. ARNs are compared as strings, too.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var keyTypes = map[string]struct {
	families []family
	write    string
}{
	"aws:sourceip": {[]family{familyIP}, "IpAddress or NotIpAddress"}, "aws:vpcsourceip": {[]family{familyIP}, "IpAddress or NotIpAddress"},
	"aws:securetransport": {[]family{familyBool}, "Bool"}, "aws:multifactorauthpresent": {[]family{familyBool}, "Bool"}, "aws:viaawsservice": {[]family{familyBool}, "Bool"},
	"aws:principalisawsservice": {[]family{familyBool}, "Bool"},
	"aws:currenttime":           {[]family{familyDate}, "a date operator"}, "aws:tokenissuetime": {[]family{familyDate}, "a date operator"},
	"aws:epochtime":          {[]family{familyDate, familyNumeric}, "a date or numeric operator"},
	"aws:multifactorauthage": {[]family{familyNumeric}, "a numeric operator"}, "s3:max-keys": {[]family{familyNumeric}, "a numeric operator"}, "s3:signatureage": {[]family{familyNumeric}, "a numeric operator"},
	"aws:principalaccount": {texts, "a string operator"}, "aws:sourceaccount": {texts, "a string operator"}, "aws:resourceaccount": {texts, "a string operator"},
	"aws:sourcevpc": {texts, "a string operator"}, "aws:sourcevpce": {texts, "a string operator"}, "aws:requestedregion": {texts, "a string operator"},
	"aws:principalorgid": {texts, "a string operator"}, "aws:principalorgpaths": {texts, "a string operator"}, "aws:resourceorgid": {texts, "a string operator"},
	"aws:username": {texts, "a string operator"}, "aws:userid": {texts, "a string operator"}, "s3:prefix": {texts, "a string operator"}, "s3:x-amz-acl": {texts, "a string operator"},
	"aws:principalarn": {append(slices.Clone(texts), familyARN), "an ARN operator"}, "aws:sourcearn": {append(slices.Clone(texts), familyARN), "an ARN operator"},
	"aws:principalservicename": {texts, "a string operator"},
}

var texts = []family{familyString, familyStringFold, familyLike}

// operand finds operators that do not go with their key, and values that the key
// never has.
func (l *linter) operand(c *Condition) {
	key, t := lower(c.Key), operators[strings.ToLower(c.Operator.Base)]
	path := "/Condition" + pointer([]string{c.Operator.String(), c.Key})
	if want, ok := keyTypes[key]; ok && t.family != familyNull && !slices.Contains(want.families, t.family) {
		l.add("OPERATOR_OF_OTHER_TYPE", LintWarning, "P395", path, "write "+want.write, "%s does not go with %s: what is compared is text, and not what the key means", c.Operator, c.Key)
		return
	}
	if t.family == familyBool && len(c.Values) > 1 {
		l.add("CONDITION_ALWAYS_MATCHES", LintError, "P395", path, "keep one of them", "%s takes one value: with both it restricts nothing but the key's presence", c.Operator)
	}
	for i, v := range c.Values {
		at := item(path, c.Values, i)
		if l.d.Variables() && strings.Contains(v, "${") {
			if !slices.Contains(texts, t.family) && t.family != familyARN {
				l.add("VARIABLE_NOT_EXPANDED", LintError, "P395", at, "write the value", "policy variables go with string and ARN operators alone, not with %s", c.Operator)
			}
			l.variable(at, v)
			continue
		}
		if slices.Contains(texts, t.family) {
			l.form(key, at, v)
		}
	}
}

// forms are how the values of keys begin.
var forms = map[string]struct{ prefix, what string }{
	"aws:sourcevpc": {"vpc-", "a VPC's id"}, "aws:sourcevpce": {"vpce-", "a VPC endpoint's id"}, "aws:principalorgid": {"o-", "an organization's id"},
	"aws:resourceorgid": {"o-", "an organization's id"}, "aws:sourceorgid": {"o-", "an organization's id"},
}

// accountKeys hold account ids.
var accountKeys = []string{"aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount", "aws:sourceowner", "s3:resourceaccount", "kms:calleraccount"}

// form finds values of another form than the key's.
func (l *linter) form(key, path, v string) {
	if strings.ContainsAny(v, "*?") {
		return
	}
	if f, ok := forms[key]; ok && !strings.HasPrefix(v, f.prefix) && !strings.HasPrefix(v, "vpc-") && !strings.HasPrefix(v, "vpce-") { // networkID tells of those
		l.add("VALUE_NEVER_MATCHES", LintError, "P395", path, "", "%s is not %s (%s…)", quote(v), f.what, f.prefix)
	}
	if key == "aws:requestedregion" && !knownRegion(v) {
		l.unknownRegion(path, v)
	}
	if slices.Contains(accountKeys, key) && v != "anonymous" && (len(v) != 12 || strings.Trim(v, "0123456789") != "") {
		l.add("VALUE_NEVER_MATCHES", LintError, "P395", path, "", "%s is not an account id, which has 12 digits", quote(v))
	}
}

// variable finds policy variables that are not well formed: AWS takes them for
// text, or refuses them.
func (l *linter) variable(path, v string) {
	bad := func(what string) {
		l.add("VARIABLE_MALFORMED", LintError, "P395", path, "write ${KEY} or ${KEY, 'DEFAULT'}", "%s: %s", quote(v), what)
	}
	for rest := v; ; {
		_, after, ok := strings.Cut(rest, "${")
		if !ok {
			return
		}
		name, next, closed := strings.Cut(after, "}")
		key, preset, has := strings.Cut(name, ",")
		preset = strings.TrimSpace(preset)
		switch {
		case !closed:
			bad("a policy variable lacks its closing brace")
			return
		case strings.TrimSpace(name) == "":
			bad("a policy variable is empty")
		case strings.ContainsAny(key, " \t"):
			bad("a policy variable's name has a space")
		case has && (len(preset) < 2 || preset[0] != '\'' || preset[len(preset)-1] != '\''):
			bad("a policy variable's default stands in single quotes")
		}
		rest = next
	}
}
