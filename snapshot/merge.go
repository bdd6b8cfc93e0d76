package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Part is one native snapshot that is merged, under the name of its file.
type Part struct {
	Name   string
	Native []byte
}

// MergeConflictError says that two snapshots tell of one thing differently.
type MergeConflictError struct{ A, B, APointer, BPointer string }

func (e *MergeConflictError) Error() string {
	return fmt.Sprintf("%s %s and %s %s contradict one another", e.A, e.APointer, e.B, e.BPointer)
}

// Merge joins snapshots of several accounts, regions or people into one, the
// same whatever their order. What two of them tell differently is an error
// with both places, and so is a resource that one has and another, which
// claims to hold all of its kind, has not. Gaps of all parts are kept.
func Merge(parts []Part) ([]byte, error) {
	trees := make([]map[string]any, len(parts))
	for i, p := range parts {
		d := json.NewDecoder(bytes.NewReader(p.Native))
		d.UseNumber()
		if err := d.Decode(&trees[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	var problems []error
	for i := range parts {
		for j := range i {
			m := merger{a: parts[j].Name, b: parts[i].Name}
			m.object(trees[j], trees[i], "", "")
			problems = append(problems, m.problems...)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	var m merger
	whole := map[string]any{}
	for _, t := range trees {
		whole = m.object(whole, t, "", "")
	}
	return json.MarshalIndent(whole, "", " ")
}

// merger joins two trees, and notes where they contradict one another.
type merger struct {
	a, b     string
	problems []error
	// What the region that is being joined claims to hold all of: its lists
	// are a level below the claim.
	wholeA, wholeB []any
}

func (m *merger) conflict(pa, pb string) {
	m.problems = append(m.problems, &MergeConflictError{m.a, m.b, pa, pb})
}

func (m *merger) object(a, b map[string]any, pa, pb string) map[string]any {
	out := map[string]any{}
	for k, v := range a {
		out[k] = v
	}
	if a["region"] != nil {
		m.wholeA, m.wholeB = itemsOf(a["complete"]), itemsOf(b["complete"])
		defer func() { m.wholeA, m.wholeB = nil, nil }()
	}
	for k, v := range b {
		x, both := a[k]
		if !both {
			out[k] = v
			continue
		}
		out[k] = m.value(k, x, v, pa+"/"+EscapePointer(k), pb+"/"+EscapePointer(k), a, b)
	}
	return out
}

func (m *merger) value(key string, x, v any, pa, pb string, a, b map[string]any) any {
	if strings.HasPrefix(pa, "/capture/") && key != "gaps" {
		return headerOf(key, x, v)
	}
	xs, ys := itemsOf(x), itemsOf(v)
	switch {
	case xs != nil && ys != nil:
		return m.list(key, xs, ys, pa, pb, claims(a, m.wholeA, key), claims(b, m.wholeB, key))
	case isObject(x) && isObject(v):
		return m.object(x.(map[string]any), v.(map[string]any), pa, pb)
	case !same(x, v):
		m.conflict(pa, pb)
	}
	return x
}

// headerOf joins two members of the capture's header: the first start, the
// last end, all tools and callers.
func headerOf(key string, x, v any) any {
	p, _ := x.(string)
	q, _ := v.(string)
	switch {
	case key == "startedAt":
		return min(p, q)
	case key == "finishedAt":
		return max(p, q)
	case p == "" && q == "":
		return x
	}
	words := append(strings.Split(p, ", "), strings.Split(q, ", ")...)
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}

func itemsOf(v any) []any {
	list, _ := v.([]any)
	return list
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// claims tells whether a list's parent, or the region around it, says that it
// holds every item of the kind.
func claims(parent map[string]any, region []any, key string) bool {
	return slices.Contains(itemsOf(parent["complete"]), any(key)) || slices.Contains(region, any(key))
}

// list joins two lists. Items are told apart by their ids, or else by all of
// what they say.
func (m *merger) list(key string, xs, ys []any, pa, pb string, wholeA, wholeB bool) []any {
	at := map[string]int{}
	for i, x := range xs {
		at[mergeID(key, x)] = i
	}
	out := slices.Clone(xs)
	seen := map[string]bool{}
	for j, y := range ys {
		id := mergeID(key, y)
		seen[id] = true
		i, ok := at[id]
		switch {
		case !ok:
			out = append(out, y)
			if wholeA {
				m.conflict(pa, fmt.Sprintf("%s/%d", pb, j))
			}
		case (key == "accounts" || key == "regions") && isObject(xs[i]) && isObject(y):
			out[i] = m.object(xs[i].(map[string]any), y.(map[string]any), fmt.Sprintf("%s/%d", pa, i), fmt.Sprintf("%s/%d", pb, j))
		case !same(xs[i], y):
			m.conflict(fmt.Sprintf("%s/%d", pa, i), fmt.Sprintf("%s/%d", pb, j))
		}
	}
	for i, x := range xs {
		if wholeB && !seen[mergeID(key, x)] {
			m.conflict(fmt.Sprintf("%s/%d", pa, i), pb)
		}
	}
	slices.SortFunc(out, func(a, b any) int { return strings.Compare(mergeID(key, a), mergeID(key, b)) })
	return out
}

// mergeIDs are the members that tell apart what no row of kinds reads.
var mergeIDs = map[string][]string{
	"accounts": {"accountId"}, "regions": {"region"}, "buckets": {"Name"}, "accessPoints": {"AccessPointArn", "Name"},
	"RoleDetailList": {"Arn"}, "Policies": {"Arn"}, "Keys": {"Arn", "KeyId"}, "Aliases": {"AliasArn"}, "HostedZones": {"Id"},
	"VpcAttributes": {"VpcId"}, "Roots": {"Id"}, "serviceControlPolicies": {"Id"}, "resourceControlPolicies": {"Id"},
}

func mergeID(key string, item any) string {
	members, _ := item.(map[string]any)
	ids := mergeIDs[key]
	if k := kindsByKey[key]; ids == nil && k != nil {
		ids = k.ids
	}
	for _, id := range ids {
		text := ""
		for _, member := range strings.Split(id, "+") {
			v, ok := members[member].(string)
			if !ok {
				text = ""
				break
			}
			text += v + "\x00"
		}
		if text != "" {
			return text
		}
	}
	return string(canonicalOf(item))
}

func same(x, y any) bool { return bytes.Equal(canonicalOf(x), canonicalOf(y)) }

func canonicalOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("unreachable: " + err.Error()) // it was decoded
	}
	return canonical(text)
}
