// Package plan reads what `terraform show -json` (or OpenTofu's) prints
// of a plan or a state, and lays it over a snapshot: what the plan creates,
// changes and deletes becomes a native snapshot that can be asked like any
// other. A created resource has its Terraform address as id. What is known
// only after apply is left out and named in the snapshot's gaps by its
// attribute's address, so that an answer that hangs on it is UNKNOWN.
//
// The format: https://developer.hashicorp.com/terraform/internals/json-format
package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tfjson "github.com/hashicorp/terraform-json"
)

// Plan is a plan, or a state, that changes nothing.
type Plan struct {
	before, after []*resource
	config        *tfjson.Config
	variables     map[string]any
	notes         []string
	open          []string          // notes that say that more changes than the plan tells
	exports       map[string]string // of a template
	lines         map[string]int    // of a template, by address
}

// MaxBytes is how large a plan may be.
const MaxBytes = 512 << 20

// Is tells whether data looks like the JSON form of a plan or a state.
func Is(data []byte) bool {
	var head struct {
		FormatVersion    *string `json:"format_version"`
		TerraformVersion *string `json:"terraform_version"`
		Schema           *string `json:"schema"`
	}
	if !bytes.Contains(data[:min(len(data), 1<<16)], []byte(`"format_version"`)) {
		return false
	}
	return json.Unmarshal(data, &head) == nil && head.FormatVersion != nil && head.Schema == nil
}

// Read parses a plan or a state. Its errors say what the text is, if it is
// something else, and how to make what is asked for.
func Read(data []byte) (*Plan, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := refuse(data); err != nil {
		return nil, err
	}
	var p tfjson.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, jsonProblem(data, err)
	}
	out := &Plan{config: p.Config, variables: map[string]any{}}
	for name, v := range p.Variables {
		if v != nil {
			out.variables[name] = v.Value
		}
	}
	if p.PlannedValues == nil && p.ResourceChanges == nil {
		return out, out.readState(data)
	}
	out.readPlan(&p)
	return out, nil
}

// Mistaken names a form of Terraform's that is often given instead of the JSON
// form; nil: it is none.
func Mistaken(data []byte) error {
	head := string(data[:min(len(data), 1<<16)])
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return errors.New("this is a plan file in Terraform's own binary form: run `terraform show -json PLANFILE > plan.json` and give plan.json")
	case strings.Contains(head, `"schema"`):
	case strings.Contains(head, `"lineage"`) && strings.Contains(head, `"serial"`):
		return errors.New("this is a state file as Terraform stores it: run `terraform show -json > state.json` and give state.json")
	case strings.Contains(head, `"deployment"`) && strings.Contains(head, `"manifest"`):
		return errors.New("this is a Pulumi state, not a Terraform plan")
	}
	return nil
}

// refuse says what the text is, if it is not a plan's JSON form.
func refuse(data []byte) error {
	switch {
	case len(data) > MaxBytes:
		return fmt.Errorf("the plan is larger than %d MB", MaxBytes>>20)
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")):
		return errors.New("the file is UTF-16 (PowerShell's > writes it): use `terraform show -json PLANFILE | Out-File -Encoding utf8 plan.json`")
	case !utf8.Valid(data) && Mistaken(data) == nil:
		return errors.New("the file is not UTF-8 text")
	}
	var head map[string]json.RawMessage
	err := json.Unmarshal(data, &head)
	if err == nil && head["format_version"] != nil {
		return nil
	}
	if err := Mistaken(data); err != nil {
		return err
	}
	switch {
	case err != nil:
		return jsonProblem(data, err)
	case head["AWSTemplateFormatVersion"] != nil || head["Resources"] != nil:
		return errors.New("this is a CloudFormation template, not a Terraform plan")
	}
	return errors.New(`not a Terraform plan: the member "format_version" is missing; make one with "terraform show -json PLANFILE"`)
}

func jsonProblem(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	offset := int64(-1)
	text := err.Error()
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset, text = kind.Offset, fmt.Sprintf("unexpected %s at %s", kind.Value, kind.Field)
	}
	if offset < 0 {
		return errors.New(text)
	}
	head := data[:min(int(offset), len(data))]
	line := 1 + bytes.Count(head, []byte("\n"))
	return fmt.Errorf("line %d, column %d: %s", line, len(head)-bytes.LastIndexByte(head, '\n'), text)
}

func (p *Plan) readState(data []byte) error {
	var s tfjson.State
	if err := json.Unmarshal(data, &s); err != nil {
		return jsonProblem(data, err)
	}
	p.before = stateResources(s.Values)
	p.after = p.before
	if len(p.before) == 0 {
		return errors.New("neither a plan nor a state: it has no resource_changes, planned_values or values")
	}
	return nil
}

func (p *Plan) readPlan(in *tfjson.Plan) {
	if in.PriorState != nil {
		p.before = stateResources(in.PriorState.Values)
	}
	seen := map[string]bool{}
	for _, c := range in.ResourceChanges {
		if c == nil || c.Change == nil {
			continue
		}
		seen[c.Address] = true
		r := &resource{address: c.Address, module: c.ModuleAddress, typ: c.Type, name: c.Name, index: c.Index,
			data: c.Mode == tfjson.DataResourceMode, actions: c.Change.Actions, unknown: c.Change.AfterUnknown,
			secret: c.Change.AfterSensitive}
		r.values, _ = c.Change.After.(map[string]any)
		r.prior, _ = c.Change.Before.(map[string]any)
		r.config = findConfig(in.Config, c.Address)
		p.after = append(p.after, r)
	}
	planned := stateResources(in.PlannedValues)
	for _, r := range append(planned, p.before...) {
		if !seen[r.address] {
			seen[r.address] = true
			r.config = findConfig(in.Config, r.address)
			p.after = append(p.after, r)
		}
	}
	p.note(in)
}

// note says which parts of the plan tell less than a whole plan.
func (p *Plan) note(in *tfjson.Plan) {
	for _, d := range in.DeferredChanges {
		if d != nil && d.ResourceChange != nil {
			p.open = append(p.open, fmt.Sprintf("%s is deferred: this plan does not say what becomes of it", d.ResourceChange.Address))
		}
	}
	if in.Complete != nil && !*in.Complete {
		p.open = append(p.open, "the plan is not complete (complete: false): a further plan changes more")
	}
	for _, d := range in.ResourceDrift {
		if d != nil && strings.HasPrefix(d.Type, "aws_") {
			p.notes = append(p.notes, fmt.Sprintf("%s was changed outside of Terraform", d.Address))
		}
	}
	slices.Sort(p.notes)
	p.notes = slices.Compact(p.notes)
}

// Action is what the plan does to one resource.
type Action struct {
	Address string `json:"address"`
	Action  string `json:"action"` // "create", "update", "replace", "delete"
}

// Actions lists what the plan does to AWS resources, in the plan's order.
func (p *Plan) Actions() []Action {
	out := []Action{}
	for _, r := range p.after {
		word := ""
		switch {
		case r.data || !strings.HasPrefix(r.typ, "aws_") || r.unchanged():
			continue
		case r.actions.Replace():
			word = "replace"
		case r.actions.Create():
			word = "create"
		case r.actions.Update():
			word = "update"
		case r.actions.Delete():
			word = "delete"
		}
		if a := (Action{r.address, word}); len(out) == 0 || out[len(out)-1] != a {
			out = append(out, a)
		}
	}
	return out
}

func stateResources(v *tfjson.StateValues) []*resource {
	if v == nil {
		return nil
	}
	return moduleResources(v.RootModule)
}

func moduleResources(m *tfjson.StateModule) (out []*resource) {
	if m == nil {
		return nil
	}
	for _, r := range m.Resources {
		if r != nil {
			one := &resource{address: r.Address, module: m.Address, typ: r.Type, name: r.Name, index: r.Index,
				data: r.Mode == tfjson.DataResourceMode, values: r.AttributeValues, prior: r.AttributeValues}
			_ = json.Unmarshal(r.SensitiveValues, &one.secret) // absent in old formats
			out = append(out, one)
		}
	}
	for _, c := range m.ChildModules {
		out = append(out, moduleResources(c)...)
	}
	return out
}
