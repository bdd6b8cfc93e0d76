package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// interner numbers texts: equal texts, equal numbers.
type interner map[string]uint32

func (n interner) of(text string) uint32 {
	id, known := n[text]
	if !known {
		id = uint32(len(n)) + 1
		n[text] = id
	}
	return id
}

// shape is a document as buckets see it. What it says of a bucket is its text
// with that bucket's name left out: documents that say the same of two buckets
// decide alike.
type shape struct {
	general uint32             // what it says of a bucket that it does not name
	named   map[string][]named // by bucket
	loose   []loose            // resources that match some buckets by a wildcard
	asks    []policy.Condition // about the endpoint that a request passes; their values are in no text
}

// named is a resource of a statement that names one bucket: the text before and
// after the name.
type named struct {
	statement    int
	before, rest string
}

type loose struct {
	statement int
	pattern   string
}

// shapeOf reads a document once, for all buckets: the statements that may apply,
// or all. With assume, the caller says what the endpoint is.
func shapeOf(d *policy.Document, ids interner, applies func(*policy.Statement) bool, assume bool) *shape {
	out := &shape{named: map[string][]named{}}
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n", d.Variables())
	for i := range d.Statements {
		s := &d.Statements[i]
		if applies != nil && !applies(s) {
			b.WriteByte('\n')
			continue
		}
		fmt.Fprintf(&b, "%v %v %v %v %v %q %q", s.Deny, s.NotPrincipal, s.NotAction, s.NotResource, s.HasResource, s.Actions, principalsText(s.Principals))
		for _, c := range s.Conditions {
			if !assume && asksEndpoint(&c) {
				fmt.Fprintf(&b, " %v %q", c.Operator, c.Key)
				out.asks = append(out.asks, c)
				continue
			}
			fmt.Fprintf(&b, " %v %q %q", c.Operator, c.Key, c.Values)
		}
		for _, text := range s.Resources {
			if before, bucket, rest, ok := namesBucket(text); ok {
				out.named[bucket] = append(out.named[bucket], named{i, before, rest})
				continue
			}
			fmt.Fprintf(&b, " %q", text)
			if pastBucket(text) {
				out.loose = append(out.loose, loose{i, text})
			}
		}
		b.WriteByte('\n')
	}
	out.general = ids.of(b.String())
	return out
}

// asksEndpoint tells conditions that compare a request's endpoint or its VPC with
// literal values.
func asksEndpoint(c *policy.Condition) bool {
	if !strings.EqualFold(c.Key, "aws:SourceVpce") && !strings.EqualFold(c.Key, "aws:SourceVpc") || !strings.HasPrefix(c.Operator.Base, "String") {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(v string) bool { return v == "" || strings.ContainsAny(v, "*?$") })
}

// answers writes what becomes of conditions for requests by some endpoints:
// conditions that differ in their values alone and get the same answers are the
// same condition.
func answers(b *strings.Builder, w *World, asks []policy.Condition, ids []snapshot.VPCEndpointID) {
	for i := range asks {
		for _, id := range ids {
			own := string(id)
			if strings.EqualFold(asks[i].Key, "aws:SourceVpc") {
				e, ok := w.x.VPCEndpoints.Find(id)
				if !ok {
					continue
				}
				own = string(e.Item.VPC)
			}
			fold := func(v string) bool { return strings.EqualFold(v, own) }
			fmt.Fprintf(b, " %v %v", slices.Contains(asks[i].Values, own), slices.ContainsFunc(asks[i].Values, fold))
		}
	}
}

func principalsText(p *policy.Principals) string {
	if p == nil {
		return ""
	}
	out := *p
	out.AWS = make([]string, len(p.AWS))
	for i, a := range p.AWS {
		if out.AWS[i] = a; strings.HasPrefix(arnField(a, 5), "role/") {
			out.AWS[i] = "role" // whose: see Classes.Of
		}
	}
	return fmt.Sprintf("%+v", out)
}

// namesBucket splits the ARN of a bucket or its objects whose first five parts
// and bucket are literal.
func namesBucket(text string) (before, bucket, rest string, ok bool) {
	const service = ":s3:::"
	at := strings.Index(text, service)
	if at < 0 || strings.Count(text[:at], ":") != 1 {
		return "", "", "", false
	}
	before, rest = text[:at+len(service)], text[at+len(service):]
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	if strings.ContainsAny(before, "*?$") || strings.ContainsAny(rest[:end], "*?$") || end == 0 {
		return "", "", "", false
	}
	return before, rest[:end], rest[end:], true
}

// pastBucket tells whether a resource may match some buckets and not others:
// it has a wildcard or variable, and what comes before it is the beginning of
// a bucket's ARN.
func pastBucket(text string) bool {
	first := strings.IndexAny(text, "*?$")
	if first < 0 {
		return false
	}
	f := strings.SplitN(text[:first], ":", 6)
	for i, want := range []string{"arn", "", "s3", "", ""} {
		last := i == len(f)-1
		if i < len(f) && i != 1 && f[i] != want && (!last || !strings.HasPrefix(want, f[i])) {
			return false
		}
	}
	everything := text[first:] == "*" && (first == 0 || len(f) == 6 && f[5] == "")
	return !everything
}

// toward is what the document says of a bucket.
func (s *shape) toward(t *target, ids interner) uint32 {
	own := s.named[t.bucket]
	if len(own)+len(s.loose) == 0 {
		return s.general
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d", s.general)
	for _, n := range own {
		fmt.Fprintf(&b, " %d %q %q", n.statement, n.before, n.rest)
	}
	for _, l := range s.loose {
		fmt.Fprintf(&b, "|%d %s", l.statement, remainder(l.pattern, t))
	}
	return ids.of(b.String())
}

// remainder is what of a pattern is left to match once a bucket's ARN has been
// matched: equal remainders match the same keys. A pattern with a variable, or
// whose colons are not those of an ARN, is told apart by the bucket's name.
func remainder(pattern string, t *target) string {
	if strings.Contains(pattern, "$") || strings.Count(pattern, ":") < 5 && strings.ContainsAny(strings.TrimSuffix(pattern, "*"), "*?") {
		return "of " + t.bucket
	}
	arn := "arn:" + t.partition + ":s3:::" + t.bucket
	return fmt.Sprint(after(pattern, arn, false), after(pattern, arn, true)) // a star crosses colons, or not (P46, P47)
}

// after lists the positions of a pattern from which it may go on once it has
// matched a text. With within, a wildcard before the fifth colon matches none.
func after(pattern, text string, within bool) []int {
	var at []int
	add := func(list []int, i int) []int {
		for {
			if !slices.Contains(list, i) {
				list = append(list, i)
			}
			if i == len(pattern) || pattern[i] != '*' {
				return list
			}
			i++
		}
	}
	at = add(nil, 0)
	for k := range len(text) {
		var next []int
		for _, i := range at {
			if i == len(pattern) {
				continue
			}
			colon := within && text[k] == ':' && strings.Count(pattern[:i], ":") < 5
			switch c := pattern[i]; {
			case c == '*' && !colon:
				next = add(next, i)
			case c == '?' && !colon, c == text[k]:
				next = add(next, i+1)
			}
		}
		at = next
	}
	slices.SortFunc(at, cmp.Compare[int])
	return at
}
