package plan

import (
	"encoding/json"
	"strings"
)

// document turns a policy object into the text that rows read. A part that is
// not known makes its statement unknown, as in an aws_iam_policy_document.
func document(from, to string) func(*evaluator, *resource) {
	return func(_ *evaluator, r *resource) {
		u, _ := r.unknown.(map[string]any)
		v, ok := r.values[from]
		delete(r.values, from)
		if mark := u[from]; mark == true || !ok {
			r.move(from, to)
			return
		}
		r.values[to] = documentText(v, u[from], r.place(from))
		delete(u, from)
	}
}

// documentText is a policy object as text, its unknown parts widened.
func documentText(v, unknown any, place string) any {
	if v == nil {
		return nil
	}
	if s, ok := v.(string); ok {
		return s
	}
	doc, _ := v.(map[string]any)
	marks, _ := unknown.(map[string]any)
	if marks["Statement"] == true {
		return unknownDocument(place + ".Statement")
	}
	statements, isList := doc["Statement"].([]any)
	if !isList && doc["Statement"] != nil {
		statements = []any{doc["Statement"]}
	}
	list, _ := marks["Statement"].([]any)
	var out []any
	for i := range statements {
		mark := any(nil)
		if isList && i < len(list) {
			mark = list[i]
		} else if !isList {
			mark = marks["Statement"]
		}
		out = append(out, widen(statements[i], mark, place+".Statement")...)
	}
	doc["Statement"] = orList(out)
	text, _ := json.Marshal(doc)
	return string(text)
}

// widen replaces the parts of a statement that are not known by all there can
// be, under a condition that is not known either.
func widen(statement, mark any, place string) []any {
	if mark == nil {
		return []any{statement}
	}
	s, ok := statement.(map[string]any)
	m, _ := mark.(map[string]any)
	if !ok || mark == true {
		return unknownStatements(place)
	}
	equals := object{}
	condition, _ := s["Condition"].(map[string]any)
	if condition == nil || m["Condition"] != nil {
		condition = map[string]any{}
	} else if have, ok := condition["StringEquals"].(map[string]any); ok {
		equals = have
	}
	for _, key := range sortedKeys(m) {
		equals[unknownKey+place+"."+key] = "true"
		switch strings.TrimPrefix(key, "Not") {
		case "Action", "Resource", "Principal":
			delete(s, key)
			s[strings.TrimPrefix(key, "Not")] = "*"
		}
	}
	condition["StringEquals"] = equals
	s["Condition"] = condition
	if m["Effect"] != nil {
		return bothEffects(s)
	}
	return []any{s}
}
