package symbolic

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"go4.org/netipx"

	"github.com/canreach/canreach/rules/policy"
)

// cell is a part of the question on whose ranged keys no condition looks
// differently.
type cell struct {
	values    map[string]string      // one value of each ranged key
	addresses map[string][]AddrRange // all of them
	lists     map[string][]string
}

// cells parts the ranged keys.
func (d *decider) cells() ([]cell, *Trouble) {
	out := []cell{{}}
	for _, key := range sortedKeys(d.question.Addresses) {
		runs, trouble := d.runs(key, d.question.Addresses[key])
		if trouble != nil {
			return nil, trouble
		}
		out = cross(out, runs, func(c *cell, r AddrRange) {
			c.values[key] = r.From.String()
			c.addresses[key] = []AddrRange{r}
		})
		if len(out) > cellLimit {
			return nil, tooManyCells(key, len(out))
		}
	}
	for _, key := range sortedKeys(d.question.Values) {
		out = cross(out, d.question.Values[key], func(c *cell, v string) {
			c.values[key] = v
			c.lists[key] = []string{v}
		})
		if len(out) > cellLimit {
			return nil, tooManyCells(key, len(out))
		}
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func tooManyCells(key string, n int) *Trouble {
	return &Trouble{
		Text:      fmt.Sprintf("%s is told apart in more than %d combinations with the other ranged keys", key, cellLimit),
		Dimension: key, Count: n, Budget: cellLimit,
	}
}

// cross is the product of cells and the parts of one more key.
func cross[T any](cells []cell, parts []T, add func(*cell, T)) []cell {
	out := make([]cell, 0, min(len(cells)*len(parts), cellLimit+1))
	for _, c := range cells {
		for _, p := range parts {
			if len(out) > cellLimit {
				return out
			}
			next := cell{values: clone(c.values), addresses: clone(c.addresses), lists: clone(c.lists)}
			add(&next, p)
			out = append(out, next)
		}
	}
	return out
}

func clone[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}

// runs parts ranges of addresses at the operands of the conditions on a key.
func (d *decider) runs(key string, ranges []AddrRange) ([]AddrRange, *Trouble) {
	cuts, byText := d.operands(key)
	var out []AddrRange
	for _, r := range normal(ranges) {
		if byText {
			single, ok := singles(r, listLimit-len(out))
			if !ok {
				return nil, &Trouble{
					Text:      fmt.Sprintf("a policy compares %s as text, and it ranges over more than %d addresses", key, listLimit),
					Dimension: key, Count: listLimit, Budget: listLimit,
				}
			}
			out = append(out, single...)
			continue
		}
		from := r.From
		for _, c := range cuts {
			if c.BitLen() == from.BitLen() && from.Less(c) && !r.To.Less(c) {
				out = append(out, AddrRange{From: from, To: c.Prev()})
				from = c
			}
		}
		out = append(out, AddrRange{From: from, To: r.To})
	}
	return out, nil
}

// normal sorts ranges, drops empty ones and joins those that touch.
func normal(ranges []AddrRange) []AddrRange {
	var in []AddrRange
	for _, r := range ranges {
		r = AddrRange{From: r.From.Unmap(), To: r.To.Unmap()}
		if r.From.IsValid() && r.From.BitLen() == r.To.BitLen() && !r.To.Less(r.From) {
			in = append(in, r)
		}
	}
	slices.SortFunc(in, func(a, b AddrRange) int { return a.From.Compare(b.From) })
	var out []AddrRange
	for _, r := range in {
		if n := len(out); n > 0 && out[n-1].From.BitLen() == r.From.BitLen() {
			last := &out[n-1]
			if next := last.To.Next(); !next.IsValid() || !next.Less(r.From) {
				if last.To.Less(r.To) {
					last.To = r.To
				}
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// operands lists the first addresses of the runs that conditions on a key tell
// apart. byText tells that one compares it as text or puts it into a pattern.
func (d *decider) operands(key string) (cuts []netip.Addr, byText bool) {
	for _, doc := range d.documents {
		for i := range doc.Statements {
			st := &doc.Statements[i]
			if !d.asksFor(st) {
				continue
			}
			byText = byText || doc.Variables() && mentions(st, key)
			for _, c := range st.Conditions {
				if !strings.EqualFold(c.Key, key) || c.Operator.Base == "Null" {
					continue
				}
				if !strings.HasSuffix(c.Operator.Base, "IpAddress") {
					byText = true
					continue
				}
				for _, v := range c.Values {
					if n, ok := policy.ParseNetwork(v); ok {
						cuts = append(cuts, n.Addr())
						if next := netipx.PrefixLastIP(n).Next(); next.IsValid() {
							cuts = append(cuts, next)
						}
					}
				}
			}
		}
	}
	slices.SortFunc(cuts, netip.Addr.Compare)
	return slices.Compact(cuts), byText
}

// mentions reports whether a statement uses a key as a policy variable.
func mentions(st *policy.Statement, key string) bool {
	in := func(texts []string) bool {
		return slices.ContainsFunc(texts, func(s string) bool {
			return strings.Contains(strings.ToLower(s), "${"+strings.ToLower(key))
		})
	}
	return in(st.Resources) || slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool { return in(c.Values) })
}

// singles lists a range address by address; false if there are more than limit.
func singles(r AddrRange, limit int) ([]AddrRange, bool) {
	var out []AddrRange
	for a := r.From; ; a = a.Next() {
		if len(out) >= limit {
			return nil, false
		}
		out = append(out, AddrRange{From: a, To: a})
		if a == r.To {
			return out, true
		}
	}
}

// merge joins cases that fare alike and differ in one ranged key only.
func merge(cases []Case) []Case {
	if len(cases) == 0 {
		return cases
	}
	var keys []string
	keys = append(keys, sortedKeys(cases[0].Addresses)...)
	keys = append(keys, sortedKeys(cases[0].Values)...)
	for i := len(keys) - 1; i >= 0; i-- {
		cases = mergeAlong(cases, keys[i])
	}
	return cases
}

func mergeAlong(cases []Case, key string) []Case {
	var out []Case
	at := make(map[string]int)
	for _, c := range cases {
		id := identity(&c, key)
		i, ok := at[id]
		if !ok {
			at[id] = len(out)
			out = append(out, c)
			continue
		}
		into := &out[i]
		if into.Allowed == nil {
			into.Allowed, into.AllowedDecision = c.Allowed, c.AllowedDecision
		}
		if into.Denied == nil {
			into.Denied, into.DeniedDecision = c.Denied, c.DeniedDecision
		}
		if ranges, ok := c.Addresses[key]; ok {
			into.Addresses = clone(into.Addresses)
			into.Addresses[key] = normal(append(slices.Clone(into.Addresses[key]), ranges...))
		} else {
			into.Values = clone(into.Values)
			into.Values[key] = append(slices.Clone(into.Values[key]), c.Values[key]...)
		}
	}
	return out
}

// identity is what two cases must share to be joined along a key.
func identity(c *Case, key string) string {
	var b strings.Builder
	fmt.Fprintln(&b, c.Outcome)
	for _, n := range c.Needs {
		fmt.Fprintf(&b, "%q %q\n", n.Key, n.Fact)
	}
	for _, k := range sortedKeys(c.Addresses) {
		if k != key {
			fmt.Fprintln(&b, k, c.Addresses[k])
		}
	}
	for _, k := range sortedKeys(c.Values) {
		if k != key {
			fmt.Fprintf(&b, "%s %q\n", k, c.Values[k])
		}
	}
	return b.String()
}

// overall is the outcome of all cases together.
func overall(cases []Case) Outcome {
	allowed, denied, unknown := false, false, false
	for i := range cases {
		allowed = allowed || cases[i].Allowed != nil
		denied = denied || cases[i].Denied != nil
		unknown = unknown || cases[i].Outcome == Unknown
	}
	switch {
	case allowed && denied:
		return Some
	case unknown || !allowed && !denied:
		return Unknown
	case allowed:
		return All
	}
	return None
}
