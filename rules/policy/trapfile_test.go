package policy

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// evalLine is the trap as a line of `canreach policy eval`; false where that
// can't say it.
func (w world) evalLine(id string) (map[string]any, bool) {
	if w.edit != nil || w.gapBucket {
		return nil, false
	}
	text := func(s string) any {
		s = doc(s)
		if json.Valid([]byte(s)) {
			return json.RawMessage(s)
		}
		return s // as a JSON string (P18)
	}
	r := w.request()
	ctx, unknown := map[string]any{}, append([]string{}, w.unknown...)
	for k, v := range r.Context {
		switch {
		case v.State != KeyKnown && k != "aws:userid":
			unknown = append(unknown, k)
		case v.State != KeyKnown:
		case v.Multi:
			ctx[k] = v.Values
		default:
			ctx[k] = v.Values[0]
		}
	}
	request := map[string]any{"action": r.Action, "resource": r.Resource, "context": ctx, "unknown": unknown}
	switch p := r.Principal; p.Kind {
	case PrincipalAnonymous:
		request["principal"] = "anonymous"
	case PrincipalService:
		request["principal"] = map[string]any{"service": p.Service}
	default:
		request["principal"] = p.ARN
		if p.Session != "" {
			request["session"] = p.Session
		}
	}
	if r.ResourceAccount != "" {
		request["resourceAccount"] = r.ResourceAccount
	}
	if r.AccessPoint != "" {
		request["accessPoint"] = r.AccessPoint
	}
	identity := []any{}
	if w.identity == nil && !w.noRole {
		w.identity = []string{baseIdentity}
	}
	for _, s := range w.identity {
		identity = append(identity, map[string]any{"name": "p", "document": text(s)})
	}
	line := map[string]any{"id": id, "request": request, "identityPolicies": identity, "endpointType": "Gateway"}
	if w.typ == EndpointInterface {
		line["endpointType"] = "Interface"
	}
	switch w.endpoint {
	case "":
		line["endpointPolicy"] = json.RawMessage(doc(grant(anyone, `"Action":"*","Resource":"*"`)))
	case "-":
		line["endpointPolicy"] = nil
	default:
		line["endpointPolicy"] = text(w.endpoint)
	}
	for name, s := range map[string]string{"permissionsBoundary": w.boundary, "resourcePolicy": w.bucket, "accessPointPolicy": w.apPolicy} {
		if s != "" {
			line[name] = text(s)
		}
	}
	if w.session != "" {
		line["sessionPolicies"] = []any{text(w.session)}
	}
	for name, levels := range map[string][][]string{"serviceControlPolicies": w.scps, "resourceControlPolicies": w.rcps} {
		var out [][]any
		for _, level := range levels {
			var list []any
			for _, s := range level {
				list = append(list, text(s))
			}
			out = append(out, list)
		}
		if out != nil {
			line[name] = out
		}
	}
	return line, true
}

// The traps that a line can say stand in a file, which the test of the command
// reads. Here it is held to the table.
func TestTrapFile(t *testing.T) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, tt := range traps {
		want := map[string]string{wantAllow: "ALLOW", wantExplicit: "DENY", wantImplicit: "DENY", wantUnknown: "UNKNOWN", wantBad: "POLICY_MALFORMED"}[tt.want]
		if line, ok := tt.w.evalLine(tt.id + " " + tt.name); ok {
			if err := e.Encode(map[string]any{"want": want, "line": line}); err != nil {
				t.Fatal(err)
			}
		}
	}
	const file = "testdata/traps.jsonl"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not up to date (%v): run make golden", file, err)
	}
}
