package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/cli"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// properties checks on one question what holds for every question: shuffling
// the snapshot's arrays changes nothing but where things stand, a further
// security-group rule never blocks, and a further Deny never permits.
func properties(workdir string, args []string, stdout string) []string {
	at := slices.Index(args, "--snapshot")
	if at < 0 {
		return nil
	}
	native, _, err := snapshot.Native(filepath.Join(workdir, args[at+1]), snapshot.Options{})
	if err != nil {
		return []string{err.Error()}
	}
	ask := func(v any) (string, any) { return askAgain(workdir, args, at+1, v) }
	var problems []string
	base, root := ask(parseJSON(native))
	if a, b := standing(stdout, root), standing(base, root); a != b {
		problems = append(problems, "the folder and its native form give different answers:\n"+firstDifference(a, b))
	}
	for seed := range uint64(1) {
		shuffled, place := ask(shuffle(parseJSON(native), rand.New(rand.NewPCG(seed, 1)), ""))
		if a, b := standing(base, root), standing(shuffled, place); a != b {
			problems = append(problems, fmt.Sprintf("shuffling the snapshot (seed %d) changes the answer:\n%s", seed, firstDifference(a, b)))
		}
	}
	before := verdictOf(base)
	wider, _ := ask(addRules(parseJSON(native)))
	if after := verdictOf(wider); better[before] > better[after] && after == sim.Blocked || before == sim.Reachable && after != before {
		problems = append(problems, fmt.Sprintf("further security-group rules turn %s into %s", before, after))
	}
	narrower, _ := ask(addDenies(parseJSON(native)))
	if after := verdictOf(narrower); before == sim.Blocked && after != before || after == sim.Reachable && before != after {
		problems = append(problems, fmt.Sprintf("further denies turn %s into %s", before, after))
	}
	return problems
}

var better = map[sim.Verdict]int{sim.Blocked: 0, sim.Partial: 1, sim.Unknown: 1, sim.Reachable: 2}

func parseJSON(data []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic("unreachable: the native form is JSON: " + err.Error())
	}
	return v
}

// askAgain puts the question to another snapshot; it returns the answer and
// the snapshot.
func askAgain(workdir string, args []string, at int, v any) (string, any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	name := filepath.Join(workdir, ".again.json")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		panic(err)
	}
	again := slices.Clone(args)
	again[at] = name
	status, stdout, stderr := run(workdir, again)
	if status == cli.ExitUsage {
		return "not read: " + stderr, v
	}
	return stdout, v
}

// ordered are the arrays whose order says something.
var ordered = []string{"organizationPath"}

// shuffle permutes every array whose order says nothing, in place.
func shuffle(v any, r *rand.Rand, key string) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			_ = k
			v[k] = e
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys) // so that a seed means one permutation
		for _, k := range keys {
			v[k] = shuffle(v[k], r, k)
		}
	case []any:
		for i := range v {
			v[i] = shuffle(v[i], r, key)
		}
		if !slices.Contains(ordered, key) {
			r.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		}
	}
	return v
}

// position is where a message says which statement it means.
var position = regexp.MustCompile(`statement \d+`)

// standing is an answer with everything resolved that says where in the
// snapshot a thing stands, and without the snapshot's hash.
func standing(answer string, root any) string {
	if !strings.HasPrefix(answer, "{") {
		return answer
	}
	v := parseJSON([]byte(position.ReplaceAllString(answer, "statement #")))
	delete(v.(map[string]any)["snapshot"].(map[string]any), "sha256")
	out, err := json.MarshalIndent(resolve(v, root), "", " ")
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return string(out)
}

func resolve(v, root any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			switch {
			case k == "pointer":
				v[k] = sorted(lookUp(root, e.(string)))
			case k == "ruleIndex" || k == "index":
				delete(v, k)
			default:
				v[k] = resolve(e, root)
			}
		}
	case []any:
		for i := range v {
			v[i] = resolve(v[i], root)
		}
	}
	return v
}

// lookUp follows a JSON pointer. A pointer into a policy that stands as text
// ends there.
func lookUp(root any, pointer string) any {
	for _, token := range strings.Split(pointer, "/")[1:] {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch at := root.(type) {
		case map[string]any:
			root = at[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(at) {
				return "dangling: " + pointer
			}
			root = at[i]
		case string:
			return at
		}
	}
	if root == nil {
		return "null or dangling"
	}
	return root
}

// sorted is a value with its arrays in an order of their own, as text.
func sorted(v any) string {
	switch v := v.(type) {
	case []any:
		var items []string
		for _, e := range v {
			items = append(items, sorted(e))
		}
		slices.Sort(items)
		return "[" + strings.Join(items, ",") + "]"
	case map[string]any:
		var items []string
		for k, e := range v {
			items = append(items, strconv.Quote(k)+":"+sorted(e))
		}
		slices.Sort(items)
		return "{" + strings.Join(items, ",") + "}"
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return string(b)
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d lines and %d", len(x), len(y))
}

func verdictOf(answer string) sim.Verdict {
	var a sim.Answer
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		return sim.Unknown
	}
	return a.Verdict
}

// collections calls f on every item of the named EC2 collection.
func collections(v any, name string, f func(map[string]any)) {
	for _, a := range v.(map[string]any)["accounts"].([]any) {
		regions, _ := a.(map[string]any)["regions"].([]any)
		for _, r := range regions {
			ec2, _ := r.(map[string]any)["ec2"].(map[string]any)
			items, _ := ec2[name].([]any)
			for _, it := range items {
				f(it.(map[string]any))
			}
		}
	}
}

// addRules gives every group a rule more each way.
func addRules(v any) any {
	rule := func() any {
		return map[string]any{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
			"IpRanges": []any{map[string]any{"CidrIp": "52.216.0.0/16"}, map[string]any{"CidrIp": "10.0.0.0/16"}}}
	}
	collections(v, "SecurityGroups", func(g map[string]any) {
		for _, k := range []string{"IpPermissions", "IpPermissionsEgress"} {
			if list, ok := g[k].([]any); ok {
				g[k] = append(list, rule())
			}
		}
	})
	return v
}

// addDenies puts a deny before the other entries of every ACL.
func addDenies(v any) any {
	collections(v, "NetworkAcls", func(a map[string]any) {
		entries, _ := a["Entries"].([]any)
		for _, egress := range []bool{true, false} {
			entries = append(entries, map[string]any{"RuleNumber": 1, "Egress": egress, "RuleAction": "deny", "Protocol": "6",
				"CidrBlock": "52.217.0.0/16", "PortRange": map[string]any{"From": 0, "To": 65535}})
		}
		a["Entries"] = entries
	})
	return v
}
