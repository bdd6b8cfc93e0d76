// Package redact replaces what a snapshot tells about its owner: account ids,
// names, tags, free text and addresses. It replaces consistently, so that a
// redacted snapshot gives the verdicts of the original. docs/redact.md says
// what stays readable.
package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// Redactor replaces the words and addresses of one snapshot. The same key
// and snapshot give the same replacements.
type Redactor struct {
	key       []byte
	addresses *addresses
	words     *words
	public    map[string]bool // lower-case words that are AWS's own
	texts     map[string]string
	names     map[string]bool // values that stay as they are, e.g. AWS's own policies' names
}

// attempts is how many sets of replacements are tried for one that keeps
// every wildcard's meaning.
const attempts = 20

// comparisons bounds the pairs of patterns and names.
const comparisons = 20_000_000

// New reads a snapshot in the native form and makes the replacements for it.
// It fails if some wildcard pattern of a policy would come to match other
// names than before.
func New(native, key []byte) (*Redactor, error) {
	if _, err := snapshot.Parse(native); err != nil {
		return nil, err
	}
	facts := collect(native)
	if n := len(facts.patterns) * len(facts.values); n > comparisons {
		return nil, fmt.Errorf("too many wildcard patterns and names to compare: %d and %d", len(facts.patterns), len(facts.values))
	}
	var err error
	for n := range attempts {
		r := &Redactor{key: derive(key, fmt.Sprintf("attempt %d", n)), public: publicWords(), names: facts.awsNames, texts: map[string]string{}}
		for _, name := range sortedSet(facts.awsNames) {
			for _, w := range wordsOf(name) {
				r.public[strings.ToLower(w)] = true
			}
		}
		r.addresses = newAddresses(r.key, facts.fixed, facts.inside)
		r.words = newWords(r.key, r.public)
		r.words.learn(facts.patterns, facts.values)
		if err = r.verify(facts); err == nil {
			return r, nil
		}
	}
	return nil, err
}

// Snapshot returns the snapshot, redacted.
func (r *Redactor) Snapshot(native []byte) []byte {
	return rewrite(native, func(at place, text string) string { return r.member(at, text) })
}

// Text returns any name, ARN or address as the redacted snapshot has it, so
// that a question can be asked of it.
func (r *Redactor) Text(s string) string { return r.text(s) }

// Names returns the replacement of whatever was replaced, object keys, tags
// and addresses among it, and the names that questions say even where they stay.
func (r *Redactor) Names(native []byte) map[string]string {
	out := map[string]string{}
	r.name(native, out)
	return out
}

func (r *Redactor) name(text []byte, out map[string]string) {
	rewrite(text, func(at place, text string) string {
		if at.key == "message" && at.under("gaps") || at.key == "MacAddress" && !at.isKey {
			return text
		}
		if !at.isKey && isDocument(text) {
			r.name([]byte(text), out)
		} else if t := r.member(at, text); t != text || asked[at.key] && !at.isKey {
			out[text] = t
		}
		return text
	})
}

// isDocument tells a string that holds JSON, such as a policy.
func isDocument(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "{") && json.Valid([]byte(text))
}

// asked are the members that hold what a question names.
var asked = map[string]bool{
	"accountId": true, "RoleName": true, "Arn": true, "Name": true, "CompilationJobName": true, "TrainingJobName": true,
	"FunctionName": true, "FunctionArn": true, "CompilationJobArn": true,
}

// member returns the replacement of a string at a place of the snapshot.
func (r *Redactor) member(at place, text string) string {
	switch {
	case at.isKey:
		return r.memberName(at, text)
	case at.key == "message" && at.under("gaps"):
		return "redacted"
	case at.key == "MacAddress":
		return "02:00:00:00:00:00"
	case at.keeps() || r.names[text] || at.isNumber(text):
		return text
	case at.under("TagSet") || at.under("Tags"):
		if strings.HasPrefix(text, "aws:") {
			return text // AWS's own tags' keys
		}
	}
	if isDocument(text) {
		return string(rewrite([]byte(text), func(in place, t string) string { return r.member(in, t) }))
	}
	return r.text(text)
}

// memberName replaces the tag's key in a condition key such as
// "aws:PrincipalTag/team", and what the owner made up; every other member's
// name is AWS's.
func (r *Redactor) memberName(at place, name string) string {
	if at.madeUp() {
		if strings.HasPrefix(name, "aws:") {
			return name
		}
		return r.text(name)
	}
	if !at.under("Condition") {
		return name
	}
	key, tag, ok := strings.Cut(name, "/")
	if !ok || strings.HasPrefix(tag, "aws:") {
		return name
	}
	return key + "/" + r.text(tag)
}

// verify compares what every wildcard pattern matches before and after.
func (r *Redactor) verify(f *facts) error {
	patterns, values := sortedSet(f.patterns), sortedSet(f.values)
	after := make([]string, len(values))
	seen := map[string]string{}
	for i, v := range values {
		after[i] = r.text(v)
		if other, dup := seen[after[i]]; dup {
			return fmt.Errorf("two names would become one: %q and %q", other, v)
		}
		seen[after[i]] = v
	}
	for _, p := range patterns {
		q := r.text(p)
		for i, v := range values {
			if glob(p, v) != glob(q, after[i]) {
				return fmt.Errorf("the pattern %q can't be redacted: what it matches among the names, e.g. %q, would change", p, v)
			}
		}
	}
	return nil
}

// derive makes a key for one purpose.
func derive(key []byte, purpose string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose))
	return m.Sum(nil)
}

func sortedSet(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// glob tells whether IAM's pattern, with * and ?, matches all of s.
func glob(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
