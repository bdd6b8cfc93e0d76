package accountmap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// views lists the views: S3, the internet, and the buckets of the snapshot.
func (b *builder) views() {
	b.m.Views = []View{{Kind: ViewS3}, {Kind: ViewInternet}}
	var names []string
	for _, a := range b.w.Snapshot().Accounts {
		for i := range a.S3.Buckets.Items {
			names = append(names, a.S3.Buckets.Items[i].Name)
		}
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		for _, a := range b.q.Actions {
			b.m.Views = append(b.m.Views, View{Kind: ViewBucket, Bucket: n, Action: a})
		}
	}
}

// paths asks for every class of every tile how it fares to S3 and the internet.
func (b *builder) paths(ctx context.Context, t *access.Table) error {
	for i := range t.Sources {
		s := &t.Sources[i]
		for _, c := range s.Classes {
			if tile := b.tiles[c.Subnet]; tile != nil {
				tile.classes = append(tile.classes, class{c, i})
				tile.Interfaces += c.Count
			}
		}
	}
	return access.Each(ctx, access.Query{Workers: b.q.Workers}, len(b.order), func(i int) error {
		b.tile(b.tiles[b.order[i]])
		return nil
	})
}

// tile asks for one tile.
func (b *builder) tile(t *tile) {
	t.answers = make([]Answer, len(b.m.Views))
	ends := t.ends()
	to := []network.Endpoint{{S3: &network.S3Destination{Region: t.region}}, {Internet: true}}
	for i, dest := range to {
		var one []Answer
		for _, from := range ends {
			one = append(one, b.ask(b.query(from, dest)))
		}
		t.answers[i] = join(one)
	}
}

// ends are an interface of each class in the subnet, or any address of one
// that has none.
func (t *tile) ends() []network.Endpoint {
	if len(t.classes) == 0 {
		return []network.Endpoint{{Subnet: snapshot.SubnetID(t.ID)}}
	}
	var out []network.Endpoint
	for i := range t.classes {
		out = append(out, t.classes[i].End())
	}
	return out
}

func (b *builder) query(from, to network.Endpoint) network.Query {
	o := &b.q.Options
	return network.Query{From: from, To: to, Protocol: 6, StrictDNS: o.StrictDNS, AssumePublicDNS: o.AssumePublicDNS}
}

// ask answers for one interface; why not is asked only where something is
// stopped or not known.
func (b *builder) ask(q network.Query) Answer {
	brief, err := b.w.Network().Brief(q)
	if err != nil {
		return Answer{Why: []Cause{{Text: err.Error()}}}
	}
	a := Answer{Verdict: sim.Verdict(brief.Outcome)}
	var ways []network.BriefPath
	for _, w := range brief.Paths {
		w.Components = onMap(w.Components)
		if n := len(w.Components); !q.To.Internet || n == 0 || !b.gateway[w.Components[n-1]] {
			ways = append(ways, w) // S3's own addresses, which a gateway endpoint carries, are not the internet
		}
	}
	if len(ways) < len(brief.Paths) && len(ways) > 0 {
		var rest []Answer
		for i := range ways {
			rest = append(rest, Answer{Verdict: sim.Verdict(ways[i].Outcome)})
		}
		a.Verdict = join(rest).Verdict
	}
	for i := range ways {
		if w := &ways[i]; (w.Outcome == network.Reachable || w.Outcome == network.Partial) && !w.Context.Uncertain && len(w.Components) > 0 {
			a.Chains = append(a.Chains, w.Components)
		}
	}
	if a.Verdict != sim.Reachable {
		b.why(&a, q)
	}
	return a
}

// why adds what stops the traffic, or what is not known.
func (b *builder) why(a *Answer, q network.Query) {
	res, err := b.w.Network().Ask(q)
	if err != nil {
		return // Brief took the question
	}
	if a.Verdict == sim.Unknown {
		for i := range res.Unknowns {
			m := &res.Unknowns[i]
			a.Why = append(a.Why, Cause{m.Code, m.Component, "Not known: " + m.Fact + "."})
		}
		return
	}
	for i := range res.Findings {
		if f := &res.Findings[i]; f.Severity == finding.Blocker {
			a.Why = append(a.Why, Cause{f.Code, f.Component, f.Message})
		}
	}
}

// onTheMap are the prefixes of ids of components that a chain names.
var onTheMap = []string{"rtb-", "nat-", "igw-", "eigw-", "vgw-", "vpce-", "pcx-", "tgw-"}

// onMap is the components that the map shows, in order, each once.
func onMap(components []string) []string {
	var out []string
	for _, c := range components {
		on := slices.ContainsFunc(onTheMap, func(p string) bool { return strings.HasPrefix(c, p) })
		if on && !strings.HasPrefix(c, "tgw-attach-") && !strings.HasPrefix(c, "tgw-rtb-") && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// join is how interfaces fare together: some pass and some are stopped is
// PARTIAL; a doubt about some leaves all in doubt, else.
func join(all []Answer) Answer {
	var out Answer
	count := map[sim.Verdict]int{}
	for _, a := range all {
		count[a.Verdict]++
		for _, c := range a.Chains {
			if !slices.ContainsFunc(out.Chains, func(o []string) bool { return slices.Equal(o, c) }) {
				out.Chains = append(out.Chains, c)
			}
		}
		for _, c := range a.Why {
			if !slices.Contains(out.Why, c) {
				out.Why = append(out.Why, c)
			}
		}
	}
	slices.SortFunc(out.Chains, slices.Compare)
	slices.SortStableFunc(out.Why, func(x, y Cause) int {
		return cmp.Or(cmp.Compare(x.Code.String(), y.Code.String()), cmp.Compare(x.Component, y.Component), cmp.Compare(x.Text, y.Text))
	})
	switch {
	case count[sim.Partial] > 0 || count[sim.Reachable] > 0 && count[sim.Blocked] > 0:
		out.Verdict = sim.Partial
	case count[sim.Unknown] > 0 || len(all) == 0:
		out.Verdict = sim.Unknown
	case count[sim.Reachable] > 0:
		out.Verdict = sim.Reachable
	default:
		out.Verdict = sim.Blocked
	}
	return out
}

// rowKey tells what rows of the access table are about.
type rowKey struct {
	source           int
	resource, action string
}

// buckets fills the tiles' answers about buckets: the most that some role can
// do from some of the tile's interfaces. Rows that the table lacks are BLOCKED.
func (b *builder) buckets(t *access.Table) {
	rows := map[rowKey][]*access.Row{}
	for i := range t.Rows {
		r := &t.Rows[i]
		k := rowKey{r.Source, strings.TrimPrefix(r.Resource, "arn:aws:s3:::"), r.Action}
		rows[k] = append(rows[k], r)
	}
	for _, id := range b.order {
		tile := b.tiles[id]
		for i, v := range b.m.Views {
			if v.Kind == ViewBucket {
				tile.answers[i] = tile.bucket(rows, v)
			}
		}
	}
}

func (t *tile) bucket(rows map[rowKey][]*access.Row, v View) Answer {
	if len(t.classes) == 0 {
		return Answer{Why: []Cause{{Text: "Not known: which security group an interface here would have; the snapshot lacks the VPC's default one."}}}
	}
	out := Answer{Verdict: sim.Blocked}
	for _, c := range t.classes {
		for _, r := range rows[rowKey{c.source, v.Bucket, v.Action}] {
			out.Verdict = most(out.Verdict, r.Verdict)
			if r.Reaches() {
				out.Roles = append(out.Roles, r.Role)
				out.Via = append(out.Via, r.Via...)
			}
			for _, fact := range r.Facts() {
				out.Why = append(out.Why, Cause{Text: "Not known: " + fact + "."})
			}
		}
	}
	out.Roles = slices.Compact(slices.Sorted(slices.Values(out.Roles)))
	out.Via = slices.Compact(slices.Sorted(slices.Values(out.Via)))
	if out.Verdict != sim.Unknown {
		out.Why = nil
	}
	slices.SortFunc(out.Why, func(x, y Cause) int { return cmp.Compare(x.Text, y.Text) })
	out.Why = slices.Compact(out.Why)
	return out
}

// most is the better of two verdicts: for a bucket, one role that can is enough.
func most(x, y sim.Verdict) sim.Verdict {
	for _, v := range []sim.Verdict{sim.Reachable, sim.Partial, sim.Unknown} {
		if x == v || y == v {
			return v
		}
	}
	return sim.Blocked
}

// group joins tiles of a VPC that fare alike, those with the most subnets first.
func (b *builder) group() {
	index := map[string]int{}
	slices.SortFunc(b.order, func(x, y snapshot.SubnetID) int {
		s, t := b.tiles[x], b.tiles[y]
		return cmp.Or(cmp.Compare(s.vpc, t.vpc), cmp.Compare(s.Zone, t.Zone), cmp.Compare(s.Name, t.Name), cmp.Compare(x, y))
	})
	for _, id := range b.order {
		t := b.tiles[id]
		v := &b.m.VPCs[t.vpc]
		key := t.signature()
		at, known := index[key]
		if !known {
			at = len(v.Groups)
			index[key] = at
			v.Groups = append(v.Groups, Group{Answers: t.answers})
		}
		v.Groups[at].Subnets = append(v.Groups[at].Subnets, t.Subnet)
	}
}

// signature is equal for tiles of a VPC that fare alike. Words may differ: they
// name the subnet and its addresses.
func (t *tile) signature() string {
	var b strings.Builder
	fmt.Fprint(&b, t.vpc, t.Assumed)
	for i := range t.answers {
		a := &t.answers[i]
		fmt.Fprintf(&b, "|%d %q %q %q", a.Verdict, a.Chains, a.Via, a.Roles)
		for _, c := range a.Why {
			if c.Component == t.ID {
				c.Component = ""
			}
			fmt.Fprintf(&b, " %v %q", c.Code, c.Component)
		}
	}
	return b.String()
}

// link adds traffic of a kind to a link, and the link where it is not there yet.
func (b *builder) link(l Link, kind string) {
	key := fmt.Sprint(l.VPC, l.Group, l.From, " ", l.To)
	at, known := b.linkAt[key]
	if !known {
		at = len(b.m.Links)
		b.linkAt[key] = at
		b.m.Links = append(b.m.Links, l)
	}
	if k := &b.m.Links[at].Kinds; !slices.Contains(*k, kind) {
		*k = append(*k, kind)
	}
}

// links joins the chains of all groups.
func (b *builder) links() {
	carries := map[string]bool{}
	end := map[string]string{ViewS3: network.NodeS3, ViewInternet: network.NodeInternet}
	for i := range b.m.VPCs {
		for j := range b.m.VPCs[i].Groups {
			g := &b.m.VPCs[i].Groups[j]
			for n, v := range b.m.Views[:2] {
				for _, c := range g.Answers[n].Chains {
					l := Link{VPC: i, Group: j}
					for _, to := range append(slices.Clone(c), end[v.Kind]) {
						carries[to] = true
						l.To = to
						b.link(l, v.Kind)
						l = Link{Group: -1, From: to}
					}
				}
			}
		}
	}
	mark := func(list []Component) {
		for i := range list {
			list[i].Carries = carries[list[i].ID]
		}
	}
	for i := range b.m.VPCs {
		mark(b.m.VPCs[i].Components)
	}
	mark(b.m.Between)
}
