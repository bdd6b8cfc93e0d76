package plan

import (
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// splitModules parts an address into its modules' names, without their keys,
// and the rest without its key.
func splitModules(address string) (modules []string, local string) {
	parts := splitDots(indexPart.ReplaceAllString(address, ""))
	for len(parts) > 2 && parts[0] == "module" {
		modules, parts = append(modules, parts[1]), parts[2:]
	}
	return modules, strings.Join(parts, ".")
}

// splitDots splits at the dots outside of brackets.
func splitDots(s string) []string {
	var out []string
	start, depth, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == '.' && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

func callee(m *tfjson.ConfigModule, name string) *tfjson.ConfigModule {
	if m == nil || m.ModuleCalls[name] == nil {
		return nil
	}
	return m.ModuleCalls[name].Module
}

func configResource(m *tfjson.ConfigModule, local string) *tfjson.ConfigResource {
	if m == nil {
		return nil
	}
	for _, r := range m.Resources {
		if r != nil && r.Address == local {
			return r
		}
	}
	return nil
}

// link is what an expression refers to: an attribute of a resource.
type link struct {
	to   *resource
	attr string // "id", "arn", …; "" where the whole resource is meant
}

// graph follows references between the resources of a plan.
type graph struct {
	config    *tfjson.Config
	variables map[string]any
	byName    map[string][]*resource // by address without keys
	byExact   map[string]*resource
}

func newGraph(p *Plan, all []*resource) *graph {
	g := &graph{config: p.config, variables: p.variables, byName: map[string][]*resource{}, byExact: map[string]*resource{}}
	for _, r := range all {
		g.byExact[r.address] = r
		bare := indexPart.ReplaceAllString(r.address, "")
		g.byName[bare] = append(g.byName[bare], r)
	}
	return g
}

// links returns what the expression of an attribute of r refers to, and
// whether that is all it refers to. Path begins with the attribute; numbers in
// it pick nested blocks.
func (g *graph) links(r *resource, path ...any) ([]link, bool) {
	if r.config == nil || len(path) == 0 {
		return nil, false
	}
	e := nested(r.config.Expressions, path)
	if e == nil || e.ExpressionData == nil {
		return nil, false
	}
	w := &walk{graph: g, from: r, whole: true}
	out := w.resolve(r.module, e.References, 0)
	return out, w.whole && len(out) > 0
}

// walk follows the references of one expression.
type walk struct {
	*graph
	from  *resource
	whole bool // every reference led to a resource
}

func nested(in map[string]*tfjson.Expression, path []any) *tfjson.Expression {
	key, _ := path[0].(string)
	e := in[key]
	if e == nil || e.ExpressionData == nil || len(path) < 3 || len(e.NestedBlocks) == 0 {
		return e
	}
	i, ok := path[1].(int)
	if !ok || i >= len(e.NestedBlocks) {
		return nil
	}
	return nested(e.NestedBlocks[i], path[2:])
}

// maxDepth bounds how far references are followed through modules.
const maxDepth = 16

// resolve turns references, as the configuration lists them (each attribute
// beside the resource that it is of), into links. Several instances stay
// several links unless r's own key picks one.
func (w *walk) resolve(module string, refs []string, depth int) []link {
	var out []link
	if depth > maxDepth {
		w.whole = false
		return nil
	}
	byKey := slices.ContainsFunc(refs, func(s string) bool {
		return s == "count.index" || strings.HasPrefix(s, "each.")
	})
	for _, ref := range longest(refs) {
		parts := splitDots(ref)
		switch parts[0] {
		case "var":
			out = append(out, w.variable(module, parts, depth)...)
		case "module":
			out = append(out, w.output(module, parts, depth)...)
		case "count", "path", "terraform", "self":
		case "local", "each":
			w.whole = w.whole && parts[0] == "each"
		default:
			to := w.instances(module, parts, byKey)
			w.whole = w.whole && len(to) > 0
			out = append(out, to...)
		}
	}
	return out
}

// longest drops references that are the beginning of another one: "aws_vpc.a"
// beside "aws_vpc.a.id".
func longest(refs []string) []string {
	var out []string
	for i, a := range refs {
		covered := slices.ContainsFunc(refs[:i], func(b string) bool {
			return strings.HasPrefix(b, a+".") || strings.HasPrefix(b, a+"[")
		})
		if !covered {
			out = append(out, a)
		}
	}
	return out
}

func (w *walk) instances(module string, parts []string, byKey bool) []link {
	n := 2
	if parts[0] == "data" {
		n = 3
	}
	if len(parts) < n {
		return nil
	}
	address, attr := strings.Join(parts[:n], "."), ""
	if len(parts) > n {
		attr = parts[n]
	}
	if module != "" {
		address = module + "." + address
	}
	if to := w.byExact[address]; to != nil {
		return []link{{to, attr}}
	}
	var out []link
	for _, to := range w.byName[indexPart.ReplaceAllString(address, "")] {
		inModule := module == "" && to.module == "" || to.module == module
		if inModule && (!byKey || w.from.index == nil || to.index == nil || to.index == w.from.index) {
			out = append(out, link{to, attr})
		}
	}
	return out
}

// variable follows var.NAME to the call of the module that it is in.
func (w *walk) variable(module string, parts []string, depth int) []link {
	if module == "" || len(parts) < 2 {
		return nil
	}
	parent, name := parentModule(module)
	call := w.call(parent, name)
	if call == nil || call.Expressions[bare(parts[1])] == nil {
		return nil
	}
	e := call.Expressions[bare(parts[1])]
	if e.ExpressionData == nil {
		return nil
	}
	return w.resolve(parent, e.References, depth+1)
}

// output follows module.NAME.OUTPUT into the module.
func (w *walk) output(module string, parts []string, depth int) []link {
	if len(parts) < 3 {
		return nil
	}
	call := w.call(module, bare(parts[1]))
	if call == nil || call.Module == nil || call.Module.Outputs[bare(parts[2])] == nil {
		return nil
	}
	e := call.Module.Outputs[bare(parts[2])].Expression
	if e == nil || e.ExpressionData == nil {
		return nil
	}
	inner := "module." + parts[1]
	if module != "" {
		inner = module + "." + inner
	}
	return w.resolve(inner, e.References, depth+1)
}

func (g *graph) call(module, name string) *tfjson.ModuleCall {
	if g.config == nil {
		return nil
	}
	m := g.config.RootModule
	names, _ := splitModules(module + ".x.y")
	if module == "" {
		names = nil
	}
	for _, n := range names {
		m = callee(m, n)
	}
	if m == nil {
		return nil
	}
	return m.ModuleCalls[name]
}

func bare(s string) string { return indexPart.ReplaceAllString(s, "") }

// parentModule parts "module.a.module.b[0]" into "module.a" and "b".
func parentModule(module string) (parent, name string) {
	parts := splitDots(module)
	if len(parts) < 2 {
		return "", ""
	}
	return strings.Join(parts[:len(parts)-2], "."), bare(parts[len(parts)-1])
}
