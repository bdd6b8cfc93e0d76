package symbolic

import (
	"strings"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// longestARN is the length of the longest ARN. A pattern that asks for more
// matches nothing that exists.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html
const longestARN = 2048

// readings are the sets of resources that the evaluator may tell apart by one
// pattern: its parts compared one by one, the disputed reading in which a star
// crosses colons (P47), and both as seen through an access point. loose
// tells that it holds a variable which is not known.
func readings(text string, variables bool, r *policy.Request) (out []strset.Pattern, loose bool) {
	parts := policy.PatternParts(text, variables, true)
	for _, arn := range []bool{true, !disputed(text)} {
		p, isLoose, ok := substituted(parts, arn, r)
		if !ok {
			return nil, false // a variable without a value: the pattern matches nothing (P65)
		}
		loose = loose || isLoose
		if short(text) {
			p = p.Literal(":").Many(strset.Any)
		}
		out = append(out, p)
	}
	if r.AccessPoint == "" {
		return out, loose
	}
	bucket, _, _ := strings.Cut(r.Resource, "/")
	for _, p := range out[:2] {
		for _, key := range p.After(r.AccessPoint + "/object/") {
			out = append(out, strset.Literal(bucket+"/").Then(key))
		}
	}
	return out, loose
}

// short tells whether AWS completes an ARN by wildcards: it has fewer than six
// parts, and no star at its end that stands for the rest (P48).
func short(text string) bool {
	return strings.Count(text, ":") < 5 && !strings.HasSuffix(text, "*")
}

// disputed tells whether a star inside one of the first five parts may cross
// colons: only where a key that holds colons decides (P47).
func disputed(text string) bool {
	f := strings.SplitN(text, ":", 6)
	return len(f) == 6 && (f[2] == "s3" || strings.ContainsAny(f[2], "*?"))
}

// substituted puts the request's values in the place of variables. One that is
// not known may stand for anything; ok is false where one has no value.
func substituted(parts []policy.PatternPart, arn bool, r *policy.Request) (p strset.Pattern, loose, ok bool) {
	ok = true
	p, loose = compilePattern(parts, arn, func(part policy.PatternPart) (string, bool) {
		v, known := r.Key(part.Variable)
		switch {
		case !known && !r.Open(part.Variable) || known && v.State == policy.KeyAbsent:
			ok = ok && part.HasDefault
			return part.Default, true
		case known && v.State == policy.KeyKnown && len(v.Values) == 1:
			return v.Values[0], true
		}
		return "", false
	})
	return p, loose, ok
}

// compilePattern puts a pattern together. value is what a variable stands for;
// one whose value is not known makes the pattern loose: then it is an upper
// bound of what it stands for. With arn set, a wildcard before the fifth colon
// stands for no colon (P46), nor does a variable.
func compilePattern(parts []policy.PatternPart, arn bool, value func(policy.PatternPart) (text string, known bool)) (p strset.Pattern, loose bool) {
	colons, seen, size := 0, 0, 0
	for _, part := range parts {
		colons += strings.Count(part.Literal, ":")
		size += max(1, len(part.Literal))
	}
	colons = min(colons, 5)
	var b strset.Builder
	b.Grow(size)
	for _, part := range parts {
		class := strset.Any
		if arn && seen < colons {
			class = strset.NotColon
		}
		switch {
		case part.Wildcard == '*':
			b.Many(class)
		case part.Wildcard == '?':
			b.One(class)
		case part.Variable == "":
			b.Literal(part.Literal)
			seen += strings.Count(part.Literal, ":")
		default:
			if text, known := value(part); known {
				b.Literal(text) // literally (P63)
				continue
			}
			loose = true
			b.Many(class)
		}
	}
	return b.Pattern(), loose
}
