package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// Options say what a plan alone may not tell.
type Options struct {
	Account string // twelve digits; where no ARN or data source tells
	Region  string // where neither provider nor resource tells
}

// Result is a snapshot with the plan laid over it.
type Result struct {
	Native []byte   // nil after Edit
	Notes  []string // what the plan does that is not in the snapshot
	// Open are the notes by which more may change than the snapshot says.
	Open []string
	// Places says which resource of the plan each id of the snapshot is.
	Places map[string]string
}

// overlay lays one set of resources over a native snapshot.
type overlay struct {
	root     *jsontree.Node
	all      []*resource
	graph    *graph
	options  Options
	notes    []string
	open     []string
	problems []string // what makes the plan unusable
	places   map[string]string
	skipped  map[string]int
	index    map[*jsontree.Node]map[string]*jsontree.Node
	account  string
	partial  map[string]bool   // VPCs of which the plan's resources are not all
	parents  map[string]string // organizational units → what they are in
	late     []func()          // what must wait until every resource is there
}

// The overlay's parts, each with the files of its subject.
type (
	documents    struct{ *overlay } // document.go: policies put together from their statements
	networkParts struct{ *overlay } // rows_network.go, rows_acl.go, rows_route.go, rows_filter.go, rows_transit.go
)

func (v *overlay) documents() documents       { return documents{v} }
func (v *overlay) networkParts() networkParts { return networkParts{v} }

// Apply lays the plan over a native snapshot; without one, over the state
// that the plan began with.
func (p *Plan) Apply(base []byte, o Options) (*Result, error) {
	if base == nil {
		before, err := p.Before(o)
		if err != nil {
			return nil, err
		}
		base = before.Native
	}
	return p.apply(base, p.after, o)
}

// Before is the state that the plan began with, as a snapshot. What neither
// tells is not collected.
func (p *Plan) Before(o Options) (*Result, error) { return p.apply([]byte(empty), p.before, o) }

const empty = `{"schema":"canreach.snapshot/v1","capture":{"tool":"terraform show","gaps":[]},"accounts":[]}`

func (p *Plan) apply(base []byte, resources []*resource, o Options) (*Result, error) {
	tree, err := jsontree.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("the snapshot: %w", err)
	}
	res, err := p.edit(tree, resources, o)
	if err == nil {
		res.Native = tree.Bytes()
	}
	return res, err
}

// Edit lays the plan over the tree of a native snapshot.
func (p *Plan) Edit(base *jsontree.Tree, o Options) (*Result, error) { return p.edit(base, p.after, o) }

func (p *Plan) edit(tree *jsontree.Tree, resources []*resource, o Options) (*Result, error) {
	v := &overlay{root: tree.Root, graph: newGraph(p, resources), options: o, places: map[string]string{},
		skipped: map[string]int{}, partial: map[string]bool{}, parents: map[string]string{}, index: map[*jsontree.Node]map[string]*jsontree.Node{}, notes: slices.Clone(p.notes), open: slices.Clone(p.open)}
	if err := v.findAccount(slices.Concat(p.after, p.before)); err != nil {
		return nil, err
	}
	had := v.collections()
	v.all = resources
	v.run(resources)
	v.uncollected(had)
	if len(v.problems) > 0 {
		return nil, errors.New(strings.Join(v.problems, "\n"))
	}
	for _, typ := range sortedKeys(v.skipped) {
		n := fmt.Sprintf("%d × %s: this program does not read the type", v.skipped[typ], typ)
		if bears(typ) {
			v.open = append(v.open, n)
		} else {
			v.notes = append(v.notes, n)
		}
	}
	return &Result{Notes: slices.Concat(v.open, v.notes), Open: v.open, Places: v.places}, nil
}

// run removes, then adds resources in the order of the rows, so that what
// belongs to another resource finds it there.
func (v *overlay) run(resources []*resource) {
	byType := map[string][]*resource{}
	for _, r := range resources {
		if _, known := rowOf[r.typ]; known {
			byType[r.typ] = append(byType[r.typ], r)
		} else if strings.HasPrefix(r.typ, "aws_") && !r.data && !irrelevant[r.typ] {
			v.skipped[r.typ]++
		}
	}
	for _, row := range slices.Backward(rows) {
		for _, r := range byType[row.typ] {
			if r.deleted() && row.remove != nil && !r.data {
				row.remove(v, r.past())
			}
		}
	}
	for _, row := range rows {
		for _, r := range byType[row.typ] {
			if !r.removed() && r.values != nil {
				row.put(v, r)
			}
		}
	}
	for _, f := range v.late {
		f()
	}
}

// past is the resource as it was.
func (r *resource) past() *resource {
	old := *r
	old.values, old.unknown, old.secret = r.prior, nil, nil
	return &old
}

func (v *overlay) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(v.open, n) {
		v.open = append(v.open, n)
	}
}

// findAccount finds the account that the plan is for: by option, by the one
// account of the snapshot, by aws_caller_identity, by any ARN or owner.
func (v *overlay) findAccount(resources []*resource) error {
	if v.account = v.options.Account; v.account != "" {
		return nil
	}
	accounts := v.root.Get("accounts").Elements()
	if len(accounts) == 1 {
		v.account = accounts[0].Get("accountId").Text()
		return nil
	}
	seen := map[string]bool{}
	for _, r := range resources {
		if r.typ == "aws_caller_identity" {
			if id := r.text("account_id"); id != "" {
				v.account = id
				return nil
			}
		}
		for _, id := range []string{r.text("owner_id"), arnAccount(r.text("arn"))} {
			if len(id) == 12 && !r.data {
				seen[id] = true
			}
		}
	}
	if len(seen) == 1 {
		v.account = sortedKeys(seen)[0]
		return nil
	}
	if v.account = holder(accounts, resources); v.account != "" {
		return nil
	}
	return fmt.Errorf("nothing in the plan says which account it is for: give --account (twelve digits)")
}

// holder is the one account of the snapshot that holds the resources.
func holder(accounts []*jsontree.Node, resources []*resource) string {
	const looks = 8 // a look is a search through the snapshot's text
	for _, id := range knownIDs(resources, looks) {
		var holders []string
		for _, a := range accounts {
			if bytes.Contains(a.Raw(), jsontree.Quote(id)) {
				holders = append(holders, a.Get("accountId").Text())
			}
		}
		if len(holders) == 1 {
			return holders[0]
		}
	}
	return ""
}

// knownIDs lists ids that AWS gave to what the resources are or belong to.
func knownIDs(resources []*resource, most int) (out []string) {
	for _, r := range resources {
		for _, values := range []map[string]any{r.prior, r.values} {
			for _, key := range sortedKeys(values) {
				if key != "id" && key != "role" && !strings.HasSuffix(key, "_id") {
					continue
				}
				if id := asText(values[key]); len(id) >= 8 && len(out) < most {
					out = appendNew(out, id)
				}
			}
		}
	}
	return out
}

func arnAccount(arn string) string {
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 {
		return f[4]
	}
	return ""
}

func arnRegion(arn string) string {
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 {
		return f[3]
	}
	return ""
}

// accountOf finds or makes the account node of a resource.
func (v *overlay) accountOf(r *resource) *jsontree.Node {
	id := v.account
	for _, own := range []string{r.text("owner_id"), arnAccount(r.text("arn"))} {
		if len(own) == 12 {
			id = own
			break
		}
	}
	for _, a := range v.root.Get("accounts").Elements() {
		if a.Get("accountId").Text() == id {
			return a
		}
	}
	a := jsontree.NewObject("accountId", id, "regions", jsontree.NewArray())
	v.root.Get("accounts").Append(a)
	return a
}

// regionOf finds or makes the region node of a resource.
func (v *overlay) regionOf(r *resource) *jsontree.Node {
	a, name := v.accountOf(r), v.regionName(r)
	list := a.Get("regions")
	if list == nil {
		a.Set("regions", jsontree.NewArray())
		list = a.Get("regions")
	}
	for _, n := range list.Elements() {
		if n.Get("region").Text() == name {
			return n
		}
	}
	n := jsontree.NewObject("region", name)
	list.Append(n)
	return n
}

// regionName is the resource's own Region, its ARN's, its zone's, its
// provider's, the option's, or the only one of the snapshot.
func (v *overlay) regionName(r *resource) string {
	if s := r.text("region"); s != "" {
		return s
	}
	if s := arnRegion(r.text("arn")); s != "" {
		return s
	}
	if z := r.text("availability_zone"); len(z) > 1 {
		return strings.TrimRight(z, "abcdefghijklmnopqrstuvwxyz")
	}
	if s := v.graph.providerRegion(r); s != "" {
		return s
	}
	if v.options.Region != "" {
		return v.options.Region
	}
	if a := v.root.Get("accounts").Elements(); len(a) == 1 {
		if l := a[0].Get("regions").Elements(); len(l) == 1 {
			return l[0].Get("region").Text()
		}
	}
	return "unknown-region"
}

// providerRegion is the Region of the provider configuration that a resource
// uses: a constant, or a variable's value.
func (g *graph) providerRegion(r *resource) string {
	if g.config == nil || r.config == nil {
		return ""
	}
	key := r.config.ProviderConfigKey
	p := g.config.ProviderConfigs[key]
	if p == nil {
		_, local, _ := cutLast(key, ":")
		p = g.config.ProviderConfigs[local]
	}
	if p == nil || p.Expressions["region"] == nil || p.Expressions["region"].ExpressionData == nil {
		return ""
	}
	e := p.Expressions["region"]
	if s, ok := e.ConstantValue.(string); ok {
		return s
	}
	for _, ref := range e.References {
		if name, ok := strings.CutPrefix(ref, "var."); ok {
			return asText(g.variables[name])
		}
	}
	return ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

// list finds or makes the array below a node, on the way given by keys.
func list(n *jsontree.Node, keys ...string) *jsontree.Node {
	for i, k := range keys {
		next := n.Get(k)
		if next == nil || next.Kind() == jsontree.Null {
			fresh := jsontree.NewObject()
			if i == len(keys)-1 {
				fresh = jsontree.NewArray()
			}
			n.Set(k, fresh)
			next = n.Get(k)
		}
		n = next
	}
	return n
}

// find looks an item of a list up by the member that holds its id.
func (v *overlay) find(l *jsontree.Node, key, id string) *jsontree.Node {
	if id == "" || l == nil {
		return nil
	}
	byID := v.index[l]
	if byID == nil {
		byID = make(map[string]*jsontree.Node, l.Len())
		for _, n := range l.Elements() {
			byID[n.Get(key).Text()] = n
		}
		v.index[l] = byID
	}
	return byID[id]
}

// upsert adds an item, or sets members of the one that has the id.
func (v *overlay) upsert(l *jsontree.Node, key, id string, members object) *jsontree.Node {
	if id == "" {
		return nil
	}
	if n := v.find(l, key, id); n != nil {
		for _, k := range sortedKeys(members) {
			n.Set(k, node(members[k]))
		}
		return n
	}
	members[key] = id
	l.Append(node(members))
	n := l.At(l.Len() - 1)
	v.index[l][id] = n
	return n
}

func (v *overlay) removeItem(l *jsontree.Node, key, id string) {
	for i, n := range l.Elements() {
		if n.Get(key).Text() == id {
			l.RemoveAt(i)
			delete(v.index, l)
			return
		}
	}
}

// object is a JSON object to be written.
type object = map[string]any

// node is a value as a tree node.
func node(v any) *jsontree.Node {
	if n, ok := v.(*jsontree.Node); ok {
		return n
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	n, err := jsontree.NewRaw(text)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return n
}

// gap names an attribute that is known after apply only as the fact that a
// call would tell.
func (v *overlay) gap(r *resource, service, operation, id string, path ...any) {
	g := object{"account": v.account, "service": service, "operation": operation, "resource": id,
		"code": "KnownAfterApply", "message": r.place(path...) + " is known after apply only, or sensitive"}
	if service != "iam" && service != "s3" && service != "s3control" && service != "kms" && service != "organizations" {
		g["region"] = v.regionName(r)
	}
	v.addGap(g)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
