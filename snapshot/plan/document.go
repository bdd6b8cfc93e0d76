package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// policyMember sets a member to a policy document: a known one as it is; one
// that is unknown because of a reference is rebuilt from the statements of its
// aws_iam_policy_document. Where that cannot be done the member is left out
// and the attribute named.
func (v documents) policyMember(r *resource, o object, key, service, operation, id string, path ...any) {
	text, ok := v.policyText(r, path...)
	if !ok {
		text = unknownDocument(r.place(path...))
		v.gap(r, service, operation, id, path...)
	}
	if text == "" {
		return
	}
	switch {
	case service == "iam" && operation == "GetRole":
		text = withoutElement(text, "Resource")
	case service == "iam" || o["Type"] == "SERVICE_CONTROL_POLICY":
		text = withoutElement(text, "Principal")
	}
	o[key] = text
}

// withoutElement drops an element that a kind of policy does not have from the
// statements that are unknown.
func withoutElement(text, element string) string {
	var d object
	if !strings.Contains(text, unknownKey) || json.Unmarshal([]byte(text), &d) != nil {
		return text
	}
	statements, _ := d["Statement"].([]any)
	for _, s := range statements {
		if m, ok := s.(object); ok {
			if condition, _ := json.Marshal(m["Condition"]); strings.Contains(string(condition), unknownKey) {
				delete(m, element)
			}
		}
	}
	out, _ := json.Marshal(d)
	return string(out)
}

// document is policyMember for a node that is there already.
func (v documents) document(r *resource, n *jsontree.Node, key string, path ...any) {
	text, ok := v.policyText(r, path...)
	if !ok {
		text = unknownDocument(r.place(path...))
	}
	n.Set(key, jsontree.NewString(text))
}

// policyText is a policy attribute's document; false: it cannot be told. Text
// that is no JSON is kept for the snapshot's reader to refuse, with its place.
func (v documents) policyText(r *resource, path ...any) (string, bool) {
	if value, known := r.get(path...); known {
		if s := asText(value); s != "" && !json.Valid([]byte(s)) {
			v.fail("%s: the policy is not JSON", r.place(path...))
		} else {
			return s, true
		}
	}
	links, whole := v.graph.links(r, path...)
	if !whole || len(links) != 1 {
		return "", false
	}
	l := links[0]
	if l.to.typ == "aws_iam_policy_document" {
		return v.rebuild(l.to, 0), true
	}
	if s := l.to.text(l.attr); s != "" {
		return s, true
	}
	return "", false
}

// unknownKey begins the condition key that stands for what is known after
// apply only. No service sends it, so that a statement that has it is UNKNOWN.
const unknownKey = "known-after-apply:"

// unknownDocument allows or denies anything, or nothing. Its statements have
// a key each: one key for both would let nothing pass.
func unknownDocument(place string) string {
	text, _ := json.Marshal(object{"Version": "2012-10-17", "Statement": unknownStatements(place)})
	return string(text)
}

func unknownStatements(place string) []any {
	statement := func(sid, effect string) object {
		return object{"Sid": sid, "Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", "Condition": object{"StringEquals": object{unknownKey + place + "/" + effect: "true"}}}
	}
	return []any{statement("MayAllow", "Allow"), statement("MayDeny", "Deny")}
}

// maxDocuments bounds how deep source documents nest.
const maxDocuments = 8

// rebuild makes the document of an aws_iam_policy_document whose json is
// known after apply only. An argument that is unknown widens its element, and
// a condition on a key that nobody sends makes the statement unknown.
//
// Terraform: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
func (v documents) rebuild(r *resource, depth int) string {
	if s := r.text("json"); s != "" {
		return s
	}
	if _, known := r.get("statement"); !known {
		return unknownDocument(r.place("statement"))
	}
	statements, whole := v.sources(r, "source_policy_documents", depth)
	if !whole {
		statements = append(statements, unknownStatements(r.place("source_policy_documents"))...)
	}
	for i := range r.blocks("statement") {
		statements = override(statements, v.statement(r, i)...)
	}
	over, whole := v.sources(r, "override_policy_documents", depth)
	if !whole {
		return unknownDocument(r.place("override_policy_documents")) // it may replace any statement
	}
	text, _ := json.Marshal(object{"Version": orText(r.text("version"), "2012-10-17"), "Statement": override(statements, over...)})
	return string(text)
}

// override adds statements; one with a Sid replaces the one that has it.
func override(list []any, more ...any) []any {
	sidOf := func(v any) string {
		m, _ := v.(object)
		return asText(m["Sid"])
	}
	for _, s := range more {
		at := slices.IndexFunc(list, func(have any) bool { return sidOf(s) != "" && sidOf(have) == sidOf(s) })
		if at < 0 {
			list = append(list, s)
		} else {
			list[at] = s
		}
	}
	return orList(list)
}

func orList(l []any) []any {
	if l == nil {
		return []any{}
	}
	return l
}

// sources are the statements of the documents that a document includes, and
// whether that is all of them.
func (v documents) sources(r *resource, attr string, depth int) (out []any, whole bool) {
	add := func(text string) {
		var d struct{ Statement json.RawMessage }
		var list []any
		if json.Unmarshal([]byte(text), &d) != nil || d.Statement == nil {
			return
		}
		if json.Unmarshal(d.Statement, &list) != nil {
			var one any
			_ = json.Unmarshal(d.Statement, &one)
			list = []any{one}
		}
		out = override(out, list...)
	}
	texts, known := r.texts(attr)
	for _, t := range texts {
		add(t)
	}
	if known || depth >= maxDocuments {
		return out, known
	}
	links, whole := v.graph.links(r, attr)
	for _, l := range links {
		if l.to.typ != "aws_iam_policy_document" {
			return out, false
		}
		add(v.rebuild(l.to, depth+1))
	}
	return out, whole
}

// statement is one statement block; one whose effect is unknown may allow and
// may deny.
func (v documents) statement(r *resource, i int) []any {
	at := func(attr ...any) []any { return append([]any{"statement", i}, attr...) }
	o := object{"Effect": orText(r.text(at("effect")...), "Allow")}
	if sid := r.text(at("sid")...); sid != "" {
		o["Sid"] = sid
	}
	condition := object{}
	unknown := func(place string) {
		equals, _ := condition["StringEquals"].(object)
		if equals == nil {
			equals = object{}
			condition["StringEquals"] = equals
		}
		equals[unknownKey+place] = "true"
	}
	for _, e := range []struct{ attr, key, wide string }{{"actions", "Action", "*"}, {"not_actions", "NotAction", ""},
		{"resources", "Resource", "*"}, {"not_resources", "NotResource", ""}} {
		values, whole := r.texts(at(e.attr)...)
		if !whole {
			unknown(r.place(at(e.attr)...))
			if key, negated := e.key, e.wide == ""; negated {
				e.key = key[3:]
			}
			values = []string{"*"}
		}
		if len(values) > 0 {
			o[e.key] = values
		}
	}
	_, effect := r.get(at("effect")...)
	if !effect {
		unknown(r.place(at("effect")...))
	}
	v.principals(r, i, o, unknown)
	v.conditions(r, i, condition, unknown)
	if len(condition) > 0 {
		o["Condition"] = condition
	}
	if effect {
		return []any{o}
	}
	return bothEffects(o)
}

// bothEffects is a statement that allows, or denies.
func bothEffects(o object) []any {
	allow, deny := maps.Clone(o), maps.Clone(o)
	allow["Effect"], deny["Effect"] = "Allow", "Deny"
	delete(allow, "Sid")
	delete(deny, "Sid")
	return []any{allow, deny}
}

func (v documents) principals(r *resource, i int, o object, unknown func(string)) {
	for _, e := range []struct{ attr, key string }{{"principals", "Principal"}, {"not_principals", "NotPrincipal"}} {
		n := r.blocks("statement", i, e.attr)
		if _, known := r.get("statement", i, e.attr); !known {
			unknown(r.place("statement", i, e.attr))
			o["Principal"] = "*"
			continue
		}
		p := object{}
		for j := range n {
			values, whole := v.ids(r, "statement", i, e.attr, j, "identifiers")
			kind := r.text("statement", i, e.attr, j, "type")
			if !whole {
				unknown(r.place("statement", i, e.attr, j, "identifiers"))
				kind, values = "AWS", []string{"*"}
			}
			if kind == "*" {
				kind = "AWS"
			}
			p[kind] = values
		}
		if len(p) > 0 {
			o[e.key] = p
		}
	}
}

func (v documents) conditions(r *resource, i int, condition object, unknown func(string)) {
	if _, known := r.get("statement", i, "condition"); !known {
		unknown(r.place("statement", i, "condition"))
		return
	}
	for j := range r.blocks("statement", i, "condition") {
		test, key := r.text("statement", i, "condition", j, "test"), r.text("statement", i, "condition", j, "variable")
		values, whole := v.ids(r, "statement", i, "condition", j, "values")
		if !whole || test == "" || key == "" {
			unknown(r.place("statement", i, "condition", j, "values"))
			continue
		}
		keys, _ := condition[test].(object)
		if keys == nil {
			keys = object{}
			condition[test] = keys
		}
		keys[key] = values
	}
}

// fail notes a problem that stops the import.
func (v documents) fail(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}
