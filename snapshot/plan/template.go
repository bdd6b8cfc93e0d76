package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/canreach/canreach/internal/located"
)

// Stack is what is known of a stack beside its template.
type Stack struct {
	Name       string            // of the stack; empty: the file's
	Account    string            // for AWS::AccountId; empty: unknown
	Region     string            // for AWS::Region; empty: unknown
	Parameters map[string]string // values that the template does not default
	Exports    map[string]string // of other stacks, for Fn::ImportValue
	// Physical gives the ids of resources that exist, by logical id. A resource
	// without one is created, and has "Stack/LogicalId" as id.
	Physical map[string]string
}

// ReadTemplate evaluates a CloudFormation template, YAML or JSON, and gives
// its resources as a plan. What an intrinsic function cannot tell (a parameter
// without a value, a dynamic reference, a custom resource's attribute, a macro)
// is known after apply only.
func ReadTemplate(file string, text []byte, s Stack) (*Plan, error) {
	root, err := located.ParseTemplate(file, text)
	if err != nil {
		return nil, err
	}
	resources, ok := root.Get("Resources")
	if !ok || resources.Kind != located.Map {
		return nil, &located.Error{File: file, Problem: "not a CloudFormation template: the member Resources is missing"}
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".json"), ".yaml")
	}
	e := newEvaluator(root, s)
	e.file = file
	if transforms := e.transforms(); slices.Contains(transforms, serverless) {
		resources = expandSAM(root, resources)
		e.resources = byKey(resources)
	}
	p := &Plan{variables: map[string]any{}, lines: map[string]int{}}
	for _, m := range resources.Members {
		p.lines[s.Name+"/"+m.Key] = m.At.Line
		if r := e.resource(m.Key, m.Value); r != nil {
			p.after = append(p.after, r...)
		}
	}
	for _, name := range e.transforms() {
		if name != serverless {
			p.open = append(p.open, "the template uses the macro "+name+": resources that it makes or changes are not read")
		}
	}
	p.open = append(p.open, e.notes...)
	p.exports = e.exports()
	return p, errors.Join(e.problems...)
}

// Exports are the outputs that a template exports, for other stacks.
func (p *Plan) Exports() map[string]string { return p.exports }

// Line is where a template writes a resource; 0: it does not, or this is none.
func (p *Plan) Line(address string) int { return p.lines[address] }

// evaluator evaluates one template.
type evaluator struct {
	stack      Stack
	root       located.Value
	resources  map[string]located.Value
	parameters map[string]located.Value
	mappings   map[string]located.Value
	conditions map[string]located.Value
	visiting   map[string]bool // conditions under evaluation
	notes      []string
	file       string
	problems   []error
}

func newEvaluator(root located.Value, s Stack) *evaluator {
	e := &evaluator{stack: s, root: root, visiting: map[string]bool{}}
	section := func(name string) map[string]located.Value {
		v, _ := root.Get(name)
		return byKey(v)
	}
	e.resources, e.parameters = section("Resources"), section("Parameters")
	e.mappings, e.conditions = section("Mappings"), section("Conditions")
	return e
}

// byKey is a map's members by key.
func byKey(v located.Value) map[string]located.Value {
	out := map[string]located.Value{}
	for _, m := range v.Members {
		out[m.Key] = m.Value
	}
	return out
}

// transforms are the macros that the template names.
func (e *evaluator) transforms() (names []string) {
	v, _ := e.root.Get("Transform")
	for _, i := range append(v.Items, v) {
		if i.Kind == located.String {
			names = append(names, i.Text)
		}
	}
	return names
}

// id is the id of a resource of the template.
func (e *evaluator) id(logical string) string {
	if id := e.stack.Physical[logical]; id != "" {
		return id
	}
	typ, _ := e.resources[logical].Get("Type")
	return idPrefixes[typ.Text] + e.stack.Name + "/" + logical
}

// idPrefixes begin the ids of what routes lead to by GatewayId: the beginning
// tells one kind from another.
var idPrefixes = map[string]string{"AWS::EC2::InternetGateway": "igw-", "AWS::EC2::VPNGateway": "vgw-", "AWS::EC2::VPCEndpoint": "vpce-"}

// resource turns one resource into those of the rows. Nothing for a resource
// whose condition is false, and for types that no row reads.
func (e *evaluator) resource(logical string, v located.Value) []*resource {
	typ, _ := v.Get("Type")
	t, read := templateTypes[typ.Text]
	address := e.stack.Name + "/" + logical
	if c, ok := v.Get("Condition"); ok {
		on, known := e.condition(c.Text)
		if known && !on {
			return nil
		}
		if !known && read {
			e.problems = append(e.problems, fmt.Errorf("%s: line %d: whether %s is made is not known, as the condition %s is not: give its parameters with --parameter KEY=VALUE, and --account and --region where it reads them",
				e.file, v.At.Line, address, c.Text))
		}
	}
	if !read {
		return []*resource{{address: address, typ: "aws_" + typ.Text, actions: createAction, values: map[string]any{}}}
	}
	properties, _ := v.Get("Properties")
	values, unknown := e.object(properties)
	r := &resource{address: address, typ: t.typ, name: logical, values: values, unknown: unknown, actions: createAction, evaluated: true}
	if id, ok := e.refOf(logical, v); ok && typ.Text != "AWS::IAM::ManagedPolicy" {
		r.values["id"] = id
	}
	if id := e.stack.Physical[logical]; id != "" {
		r.actions = updateAction
		r.prior = map[string]any{"id": id}
	}
	if e.stack.Region != "" {
		r.values["region"] = e.stack.Region
	}
	if t.adapt == nil {
		return []*resource{r}
	}
	return t.adapt(e, r)
}

var createAction, updateAction = tfjson.Actions{tfjson.ActionCreate}, tfjson.Actions{tfjson.ActionUpdate}

// object evaluates a map whose keys are property names: they become snake
// case, as the rows have them. The second map marks what is not known.
func (e *evaluator) object(v located.Value) (map[string]any, map[string]any) {
	values, unknown := map[string]any{}, map[string]any{}
	for _, m := range v.Members {
		key := snake(m.Key)
		x, u := e.eval(m.Value, 0)
		if u == true {
			unknown[key] = true
			continue
		}
		if x == noValue {
			continue
		}
		values[key] = x
		if u != nil {
			unknown[key] = u
		}
	}
	return values, unknown
}

// snake turns "EnableDnsSupport" into "enable_dns_support", and "VPCId" into
// "vpc_id".
func snake(s string) string {
	var b strings.Builder
	upper := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= 'A' && s[i] <= 'Z' }
	for i := range len(s) {
		if upper(i) && i > 0 && (!upper(i-1) || i+1 < len(s) && !upper(i+1) && s[i+1] != 's') {
			b.WriteByte('_')
		}
		if upper(i) {
			b.WriteByte(s[i] + 'a' - 'A')
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// absent is the type of AWS::NoValue.
type absent struct{}

var noValue = absent{}

// maxEval bounds how deep values and functions nest.
const maxEval = 100

// eval evaluates a value; u is true where it is not known, else nil or what
// mirrors the parts that are not.
func (e *evaluator) eval(v located.Value, depth int) (x, u any) {
	if depth > maxEval {
		return nil, true
	}
	switch v.Kind {
	case located.Null:
		return nil, nil
	case located.Bool:
		return v.Text == "true", nil
	case located.Number:
		var n json.Number = json.Number(v.Text)
		f, err := n.Float64()
		if err != nil {
			return v.Text, nil
		}
		return f, nil
	case located.String:
		if strings.Contains(v.Text, "{{resolve:") || strings.Contains(v.Text, changeSetUnknown) {
			return nil, true
		}
		return v.Text, nil
	case located.List:
		return e.list(v, depth)
	}
	if len(v.Members) == 1 {
		if x, u, ok := e.function(v.Members[0].Key, v.Members[0].Value, depth+1); ok {
			return x, u
		}
	}
	out, marks := map[string]any{}, map[string]any{}
	for _, m := range v.Members {
		x, u := e.eval(m.Value, depth+1)
		if u != nil {
			marks[m.Key] = u
		}
		if x != noValue {
			out[m.Key] = x
		}
	}
	if len(marks) == 0 {
		return out, nil
	}
	return out, marks
}

func (e *evaluator) list(v located.Value, depth int) (any, any) {
	out, marks, some := []any{}, []any{}, false
	for _, i := range v.Items {
		x, u := e.eval(i, depth+1)
		if x == noValue {
			continue
		}
		out, marks, some = append(out, x), append(marks, u), some || u != nil
	}
	if !some {
		return out, nil
	}
	return out, marks
}

// text evaluates a value to text; false where it is not known or not text.
func (e *evaluator) text(v located.Value, depth int) (string, bool) {
	x, u := e.eval(v, depth)
	if u != nil {
		return "", false
	}
	switch x.(type) {
	case string, float64, bool:
		return asText(x), true
	}
	return "", false
}

// exports evaluates the outputs that have an export name.
func (e *evaluator) exports() map[string]string {
	out := map[string]string{}
	outputs, _ := e.root.Get("Outputs")
	for _, m := range outputs.Members {
		export, ok := m.Value.Get("Export")
		if !ok {
			continue
		}
		name, _ := export.Get("Name")
		value, _ := m.Value.Get("Value")
		if n, ok := e.text(name, 0); ok {
			if x, ok := e.text(value, 0); ok {
				out[n] = x
			}
		}
	}
	return out
}

// changeSetUnknown is what describe-change-set prints for a property that is
// known after the change set is executed only.
const changeSetUnknown = "{{changeSet:KNOWN_AFTER_APPLY}}"

// ReadChangeSet reads what `aws cloudformation describe-change-set
// --include-property-values` prints.
//
// AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
func ReadChangeSet(file string, text []byte) (*Plan, error) {
	var set struct {
		StackName string
		Changes   []struct {
			Type           string
			ResourceChange struct {
				Action, LogicalResourceId, PhysicalResourceId, ResourceType, Replacement string
				BeforeContext, AfterContext                                              string
			}
		}
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("%s: %w", file, jsonProblem(text, err))
	}
	if set.Changes == nil {
		return nil, fmt.Errorf("%s: not a change set: the member Changes is missing", file)
	}
	e := newEvaluator(located.Value{}, Stack{Name: set.StackName, Physical: map[string]string{}})
	for _, c := range set.Changes {
		if r := &c.ResourceChange; r.PhysicalResourceId != "" && !strings.Contains(r.PhysicalResourceId, changeSetUnknown) {
			e.stack.Physical[r.LogicalResourceId] = r.PhysicalResourceId
		}
	}
	for _, c := range set.Changes {
		e.resources[c.ResourceChange.LogicalResourceId] = located.Pairs("Type", c.ResourceChange.ResourceType)
	}
	p := &Plan{variables: map[string]any{}}
	var problems []error
	for _, c := range set.Changes {
		r := &c.ResourceChange
		if r.Action != "Remove" && r.AfterContext == "" {
			problems = append(problems, fmt.Errorf("%s: %s has no property values: run describe-change-set with --include-property-values", file, r.LogicalResourceId))
			continue
		}
		context := r.AfterContext
		if r.Action == "Remove" {
			context = r.BeforeContext
		}
		v, err := located.ParseJSON(file, []byte(context))
		if err != nil && context != "" {
			problems = append(problems, fmt.Errorf("%s: %s: %w", file, r.LogicalResourceId, err))
			continue
		}
		v.Members = append(v.Members, located.Member{Key: "Type", Value: located.Of(r.ResourceType)})
		for _, one := range e.resource(r.LogicalResourceId, v) {
			one.setAction(r.Action, r.Replacement)
			p.after = append(p.after, one)
		}
	}
	p.open = e.notes
	return p, errors.Join(problems...)
}

// setAction takes the change set's word for what becomes of the resource.
func (r *resource) setAction(action, replacement string) {
	switch action {
	case "Remove":
		r.actions, r.prior = tfjson.Actions{tfjson.ActionDelete}, r.values
	case "Add":
		r.actions = createAction
	default:
		r.actions = updateAction
		if replacement == "True" {
			r.actions = tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}
		}
	}
}

// IsTemplate tells whether text looks like a CloudFormation template.
func IsTemplate(text []byte) bool {
	s := string(text[:min(len(text), 1<<16)])
	return strings.Contains(s, "AWSTemplateFormatVersion") || strings.Contains(s, "Resources") && strings.Contains(s, "AWS::")
}

// IsChangeSet tells whether text looks like describe-change-set's output.
func IsChangeSet(text []byte) bool {
	s := string(text[:min(len(text), 1<<16)])
	return strings.Contains(s, `"Changes"`) && (strings.Contains(s, `"ChangeSetName"`) || strings.Contains(s, `"ResourceChange"`))
}
