package policy

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy/sar"
)

// condition lints one condition.
func (l *linter) condition(c *Condition) {
	from := len(l.out)
	path := "/Condition" + pointer([]string{c.Operator.String(), c.Key})
	t := operators[strings.ToLower(c.Operator.Base)]
	key := lower(c.Key)
	l.conditionKey(c, key, path)
	multi := Multivalued(key)
	switch {
	case multi && c.Operator.Qualifier == NoQualifier && t.family != familyNull:
		l.add("SET_OPERATOR_MISSING", LintWarning, "P170", path, "write ForAnyValue:"+c.Operator.Base+" or ForAllValues:"+c.Operator.Base,
			"%s has several values: without ForAnyValue or ForAllValues %s never matches where it is present", c.Key, c.Operator)
	case c.Operator.Qualifier == ForAllValues && !l.s.Deny && !l.guarded(key):
		l.add("FOR_ALL_VALUES_VACUOUS", LintWarning, "P166", path, `add "Null": {"`+c.Key+`": "false"}`,
			"%s holds for every request without %s, so the Allow is open to all of them", c.Operator, c.Key)
	}
	if len(c.Values) == 0 {
		l.add("CONDITION_NEVER_MATCHES", LintWarning, "P165", path, "", "%s %s has no values: it matches no value at all", c.Operator, c.Key)
	}
	for i, v := range c.Values {
		l.conditionValue(c, t, key, item(path, c.Values, i), v)
	}
	if key == sourceIP && t.family == familyIP && len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(v string) bool { return !privateRange(v) }) {
		l.add("SOURCE_IP_PRIVATE", LintWarning, "P162", path, "use aws:VpcSourceIp for requests through a VPC endpoint",
			"aws:SourceIp is a public address, or absent through a VPC endpoint: it is never in %s", quoted(c.Values))
	}
	for i := from; i < len(l.out); i++ {
		l.out[i].Line, l.out[i].Column = c.Line, c.Column
	}
}

// conditionKey finds keys that no service knows (P148), or that none of the
// statement's actions brings (P149).
func (l *linter) conditionKey(c *Condition, key, path string) {
	if !sar.KnowsKey(key) {
		l.add("CONDITION_KEY_UNKNOWN", LintWarning, "P148", path, "", "no condition key is named %s (Service Authorization Reference of %s): it is always absent", c.Key, sar.Date())
		return
	}
	if l.s.NotAction || len(l.s.Actions) == 0 {
		return
	}
	for _, a := range l.s.Actions {
		matched, _ := l.matching(a)
		if len(matched) == 0 {
			return
		}
		for _, m := range matched {
			if SuppliesKey(m.service.Prefix+":"+m.Name, key) != False && !foreignKey(m.service.Prefix, key) && !l.lacksKey(m, key) {
				return
			}
		}
	}
	l.add("CONDITION_KEY_NOT_SUPPLIED", LintWarning, "P149", path, "", "%s is never supplied for %s", c.Key, quoted(l.s.Actions))
}

// callerKeys are keys of other services that the credentials of a caller bring.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var callerKeys = []string{"ec2:roledelivery", "ec2:sourceinstancearn", "glue:roleassumedby", "glue:credentialissuingservice", "identitystore:userid",
	"lambda:sourcefunctionarn", "ssm:sourceinstancearn"}

// foreignKey tells the keys of S3 and KMS from other services' actions, whose
// keys the tables do not list, and other services' keys from the actions of
// those two.
func foreignKey(service, key string) bool {
	if of, _, ok := strings.Cut(key, ":"); ok && of != service && (service == "s3" || service == "kms") && of != "aws" && !slices.Contains(callerKeys, key) {
		if _, known := sar.FindService(of); known {
			return true
		}
	}
	return strings.HasPrefix(key, "s3:") && !strings.HasPrefix(service, "s3") || strings.HasPrefix(key, "kms:") && service != "kms"
}

// lacksKey tells that the tables list a key of the action's service for others of
// its actions only.
func (l *linter) lacksKey(m matchedAction, key string) bool {
	if !l.o.Strict || !strings.HasPrefix(key, m.service.Prefix+":") {
		return false
	}
	d, ok := sar.FindDetail(m.service.Prefix + ":" + m.Name)
	if !ok {
		return false
	}
	supplied, known := d.Supplies(key)
	return known && !supplied
}

// guarded tells a Null condition that asks for the key's presence.
func (l *linter) guarded(key string) bool {
	return slices.ContainsFunc(l.s.Conditions, func(c Condition) bool {
		return c.Operator.Base == "Null" && lower(c.Key) == key && len(c.Values) > 0 &&
			!slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, "true") })
	})
}

// conditionValue lints one value.
func (l *linter) conditionValue(c *Condition, t operatorTraits, key, path, v string) {
	invalid := func(rule, what string) {
		if !l.d.Variables() || !strings.Contains(v, "${") {
			l.add("VALUE_NEVER_MATCHES", LintError, rule, path, "", "%s is not %s: it never matches, and AWS's policy validation refuses it", quote(v), what)
		}
	}
	switch t.family {
	case familyString, familyStringFold:
		l.networkID(key, path, v)
		l.variables(path, v)
		if strings.ContainsAny(withoutVariables(v), "*?") {
			l.add("WILDCARD_IS_LITERAL", LintWarning, "P150", path, "use StringLike", "%s compares %s as it stands: its wildcard is literal", c.Operator, quote(v))
		}
		l.sessionARN(key, path, v)
	case familyLike:
		l.networkID(key, path, v)
		l.variables(path, v)
		l.sessionARN(key, path, v)
	case familyARN:
		l.variables(path, v)
		if parts := splitARNPattern(v); parts[0] != "arn" && !strings.ContainsAny(parts[0], "*?") {
			invalid("P178", "an ARN")
		} else if v != "*" && len(parts) < 6 {
			l.add("ARN_OPERAND_MALFORMED", LintWarning, "P178", path, "write all six parts", "%s has fewer than six parts: whether it matches is not documented", quote(v))
		}
		l.sessionARN(key, path, v)
	case familyNumeric:
		if _, ok := parseDecimal(v); !ok {
			invalid("P158", "a number")
		}
	case familyDate:
		if _, ok := parseInstant(v); !ok {
			invalid("P159", "a date")
		}
	case familyIP:
		if _, ok := parseNetwork(v); !ok {
			invalid("P160", "an address or range (an IPv6 network has no host bits)")
		} else if l.o.Strict && withoutLeadingZeros(v) != v {
			l.add("ADDRESS_ODD", LintInfo, "P366", path, "write "+withoutLeadingZeros(v), "%s has leading zeros: AWS reads them as decimal, other programs as octal", quote(v))
		}
	case familyBool, familyNull:
		if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			invalid("P158", "true or false")
		}
		if key == "aws:multifactorauthpresent" && t.family == familyBool && l.s.Deny && !c.Operator.IfExists && strings.EqualFold(v, "false") {
			l.add("MFA_KEY_ABSENT", LintWarning, "P155", path, "write BoolIfExists", "the Deny does not apply where the request has no aws:MultiFactorAuthPresent: requests with long-term access keys have none")
		}
	case familyBinary:
	}
}

// sessionARN finds session ARNs where only role ARNs occur (P194).
func (l *linter) sessionARN(key, path, v string) {
	if key == "aws:principalarn" && strings.Contains(v, ":sts:") && strings.Contains(v, ":assumed-role/") {
		l.add("PRINCIPAL_ARN_SESSION", LintWarning, "P194", path, "name the role: arn:aws:iam::ACCOUNT:role/PATH/NAME", "aws:PrincipalArn is the role's ARN, never the session's: %s never matches", quote(v))
	}
}
