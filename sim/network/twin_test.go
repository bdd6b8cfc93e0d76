package network_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/concrete"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// atoms are representatives of every class of values that the snapshot's
// rules tell apart: each dimension's boundaries.
type atoms struct {
	addrs []netip.Addr
	ports []int
}

// atomsOf collects the first address of every block, the one behind its last,
// and the same of port ranges.
func atomsOf(s *snapshot.Snapshot) atoms {
	addrs, ports := map[netip.Addr]bool{}, map[int]bool{}
	block := func(p netip.Prefix) {
		if !p.IsValid() {
			return
		}
		addrs[p.Masked().Addr()] = true
		if next := lastOf(p).Next(); next.IsValid() {
			addrs[next] = true
		}
		if nat64 := netip.MustParsePrefix("64:ff9b::/96"); p.Bits() > 96 && nat64.Contains(p.Addr()) { // what it is of IPv4 addresses
			b := p.Masked().Addr().As16()
			inner := netip.PrefixFrom(netip.AddrFrom4([4]byte(b[12:])), p.Bits()-96)
			addrs[inner.Addr()] = true
			if next := lastOf(inner).Next(); next.IsValid() {
				addrs[next] = true
			}
		}
	}
	span := func(from, to int) { ports[from], ports[to+1] = true, true }
	span(80, 80) // N76
	span(443, 443)
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			collectAtoms(&r.EC2, block, span)
		}
	}
	out := atoms{addrs: slices.Collect(maps.Keys(addrs)), ports: slices.Collect(maps.Keys(ports))}
	slices.SortFunc(out.addrs, netip.Addr.Compare)
	slices.Sort(out.ports)
	return out
}

func collectAtoms(ec2 *snapshot.EC2, block func(netip.Prefix), span func(from, to int)) {
	for _, l := range ec2.PrefixLists.Items {
		for _, e := range l.Entries {
			block(e.CIDR)
		}
	}
	for _, v := range ec2.VPCs.Items {
		each(v.CIDRs, block)
		each(v.IPv6CIDRs, block)
	}
	for _, v := range ec2.Subnets.Items {
		block(v.CIDR)
		each(v.IPv6CIDRs, block)
	}
	for _, t := range ec2.RouteTables.Items {
		for _, r := range t.Routes {
			block(r.CIDR)
		}
	}
	for _, t := range ec2.TGWRouteTables.Items {
		for _, r := range t.Routes {
			block(r.CIDR)
		}
	}
	for _, n := range ec2.NetworkACLs.Items {
		for _, e := range n.Entries {
			block(e.CIDR)
			if e.PortRange != nil {
				span(e.PortRange.From, e.PortRange.To)
			}
		}
	}
	for _, g := range ec2.SecurityGroups.Items {
		for _, p := range slices.Concat(g.Ingress, g.Egress) {
			for _, r := range p.Ranges {
				block(r.CIDR)
			}
			if p.FromPort != nil && p.ToPort != nil {
				span(*p.FromPort, *p.ToPort)
			}
		}
	}
	for _, i := range ec2.NetworkInterfaces.Items {
		for _, a := range i.Addresses {
			block(netip.PrefixFrom(a.Private, 32))
		}
		for _, a := range i.IPv6 {
			block(netip.PrefixFrom(a, 128))
		}
	}
}

func each(ps []netip.Prefix, f func(netip.Prefix)) {
	for _, p := range ps {
		f(p)
	}
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// within returns representatives of every class of addresses in the block.
func (a atoms) within(p netip.Prefix) []netip.Addr {
	out := []netip.Addr{p.Masked().Addr()}
	for _, x := range a.addrs {
		if p.Contains(x) && x != out[0] {
			out = append(out, x)
		}
	}
	return out
}

func (a atoms) portsIn(from, to int) []int {
	out := []int{from}
	for _, x := range a.ports {
		if from < x && x <= to {
			out = append(out, x)
		}
	}
	return out
}

// twin asks the concrete evaluator the cases of a query.
type twin struct {
	t    testing.TB
	snap *snapshot.Snapshot
	eval *concrete.Evaluator
	q    network.Query
	memo *[]reading
	// withIPv6 is the reading in which a subnet assigns IPv6 addresses of which
	// nobody tells that.
	withIPv6 bool
}

func newTwin(t testing.TB, snap *snapshot.Snapshot, q network.Query) twin {
	return twin{t: t, snap: snap, eval: concrete.New(snap), q: q, memo: new([]reading)}
}

// reading is one answer that the client's name may get, with one case of every
// class.
type reading struct {
	answer concrete.Answer
	cases  []concrete.Case
}

// server is an address that a name leads to, or one of a list's.
type server struct {
	addr netip.Addr
	list snapshot.PrefixListID
	v6   bool
}

// readings enumerates the cases of a query from a job's interface, or an
// interface, to S3. An answer without cases: the name leads nowhere.
func (w twin) readings(t testing.TB) []reading {
	t.Helper()
	if *w.memo == nil {
		*w.memo = w.read(t)
	}
	return *w.memo
}

func (w twin) read(t testing.TB) []reading {
	t.Helper()
	base, sources, subnet := w.client(t)
	c := concrete.Client{VPC: subnet.VPC, DNS64: subnet.EnableDNS64, Strict: w.q.Strict || w.q.StrictDNS, Public: w.q.AssumePublicDNS}
	for _, a := range sources {
		c.V4, c.V6 = c.V4 || a.Is4(), c.V6 || a.Is6()
	}
	servers := w.eval.Resolve(c, w.q.To.S3.Region, w.q.To.S3.Hostname)
	if len(servers.Own) > 0 && !w.reaches(servers.Own, base, sources) {
		return []reading{{answer: concrete.Answer{Query: concrete.Blocks, Why: "N98"}}}
	}
	at := atomsOf(w.snap)
	var out []reading
	for _, a := range w.led(at, servers.Answers, base, sources) {
		r := reading{answer: a}
		for _, far := range w.servers(at, a) {
			r.cases = append(r.cases, w.casesTo(at, base, sources, far)...)
		}
		out = append(out, r)
	}
	return out
}

// reaches reports whether the client may reach one of its own DNS servers.
func (w twin) reaches(servers []netip.Addr, base concrete.Case, sources []netip.Addr) bool {
	at := atomsOf(w.snap)
	for _, s := range servers {
		for _, protocol := range []int{17, 6} {
			for _, src := range sources {
				if src.Is4() != s.Is4() {
					continue
				}
				for _, port := range at.portsIn(32768, 60999) {
					c := base
					c.Source, c.Destination, c.SourcePort, c.NATPort, c.Protocol, c.DestinationPort = src, s, port, 1024, protocol, 53
					if w.eval.Decide(c).Outcome != concrete.Blocks {
						return true
					}
				}
			}
		}
	}
	return false
}

func (w twin) servers(at atoms, a concrete.Answer) []server {
	var far []server
	for _, x := range a.Addresses {
		far = append(far, server{addr: x, v6: x.Is6()})
	}
	for _, id := range a.Lists {
		name, synthesised := strings.CutPrefix(string(id), string(concrete.Synthesised))
		l := w.list(snapshot.PrefixListID(name))
		if l == nil || !l.EntriesKnown {
			far = append(far, server{list: id, v6: synthesised || id == concrete.ElsewhereV6 || l != nil && l.Family == "IPv6"})
			continue
		}
		for _, e := range l.Entries {
			for _, x := range at.within(e.CIDR) {
				if synthesised {
					x = netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: x.As4()[0], 13: x.As4()[1], 14: x.As4()[2], 15: x.As4()[3]})
				}
				far = append(far, server{addr: x, v6: x.Is6()})
			}
		}
	}
	return far
}

func (w twin) casesTo(at atoms, base concrete.Case, sources []netip.Addr, d server) (out []concrete.Case) {
	natPorts := []int{1024}
	if w.hasNAT() {
		natPorts = at.portsIn(1024, 65535)
	}
	for _, src := range sources {
		if src.Is6() != d.v6 {
			continue
		}
		for _, port := range at.portsIn(32768, 60999) {
			for _, n := range natPorts {
				for _, to := range w.serverPorts(at) {
					c := base
					c.Source, c.Destination, c.MemberOf, c.SourcePort, c.NATPort = src, d.addr, d.list, port, n
					c.Protocol, c.DestinationPort = 6, to
					out = append(out, c)
				}
			}
		}
	}
	return out
}

func (w twin) serverPorts(at atoms) []int {
	if len(w.q.Ports) == 0 {
		return []int{443}
	}
	var out []int
	for _, r := range w.q.Ports {
		out = append(out, at.portsIn(int(r.From), int(r.To))...)
	}
	return out
}

// client is the cases' client: representatives of its addresses, and its subnet.
func (w twin) client(t testing.TB) (base concrete.Case, sources []netip.Addr, subnet *snapshot.Subnet) {
	t.Helper()
	id := snapshot.SubnetID("")
	base.Strict = w.q.Strict
	if j := w.q.From.Job; j != nil {
		base.Subnet, base.Groups, id = j.Subnet, j.Groups, j.Subnet
	}
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			for _, i := range r.EC2.NetworkInterfaces.Items {
				if i.ID == w.q.From.Interface && i.ID != "" {
					base.Interface, id = i.ID, i.Subnet
					if len(i.Addresses) > 0 {
						sources = append(sources, i.Addresses[0].Private)
					}
					sources = append(sources, i.IPv6...)
				}
			}
		}
	}
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.Subnets.Items {
				n := &r.EC2.Subnets.Items[i]
				if n.ID != id {
					continue
				}
				if sources == nil {
					sources = w.jobAddresses(n)
				}
				return base, sources, n
			}
		}
	}
	t.Fatalf("no subnet %q", id)
	return
}

// jobAddresses are representatives of the addresses that a new interface gets
// in a subnet: IPv4 where it has any, IPv6 where it has no other or assigns it.
func (w twin) jobAddresses(n *snapshot.Subnet) (out []netip.Addr) {
	at := atomsOf(w.snap)
	if n.CIDR.IsValid() && !n.IPv6Native {
		out = at.within(n.CIDR)
	}
	if len(n.IPv6CIDRs) > 0 && (out == nil || n.AssignIPv6.Value || w.withIPv6) {
		out = append(out, at.within(n.IPv6CIDRs[0])...)
	}
	return out
}

func (w twin) list(id snapshot.PrefixListID) *snapshot.PrefixList {
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.PrefixLists.Items {
				if r.EC2.PrefixLists.Items[i].ID == id {
					return &r.EC2.PrefixLists.Items[i]
				}
			}
		}
	}
	return nil
}

func (w twin) hasNAT() bool {
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			if len(r.EC2.NATGateways.Items) > 0 {
				return true
			}
		}
	}
	return false
}

// joined is the outcome over all cases (N3): one that passes and one that
// doesn't make Partial, whatever the rest.
func joined(seen map[concrete.Outcome]concrete.Trace) network.Outcome {
	_, pass := seen[concrete.Passes]
	_, block := seen[concrete.Blocks]
	_, open := seen[concrete.Unknown]
	switch {
	case pass && block:
		return network.Partial
	case open:
		return network.Unknown
	case pass:
		return network.Reachable
	}
	return network.Blocked
}

// ask is the verdict over all cases, and the first trace of each outcome. Of
// several answers that the name may get all must agree (N2).
func (w twin) ask(t testing.TB) (network.Outcome, map[concrete.Outcome]concrete.Trace) {
	t.Helper()
	all := w.variants(t)
	verdict, seen := all[0].askAll(t)
	for _, other := range all[1:] {
		if also, more := other.askAll(t); also != verdict {
			return network.Unknown, more
		}
	}
	return verdict, seen
}

// variants are w, and where nobody tells whether the job's interface gets an
// IPv6 address the reading in which it does.
func (w twin) variants(t testing.TB) []twin {
	t.Helper()
	_, _, n := w.client(t)
	if w.q.From.Job == nil || len(n.IPv6CIDRs) == 0 || !n.CIDR.IsValid() || n.IPv6Native || n.AssignIPv6.Presence == snapshot.Collected {
		return []twin{w}
	}
	other := newTwin(t, w.snap, w.q)
	other.withIPv6 = true
	return []twin{w, other}
}

func (w twin) askAll(t testing.TB) (network.Outcome, map[concrete.Outcome]concrete.Trace) {
	t.Helper()
	seen := map[concrete.Outcome]concrete.Trace{}
	var verdict network.Outcome
	for i, r := range w.readings(t) {
		here := w.fates(r)
		for o, tr := range here {
			if _, have := seen[o]; !have {
				seen[o] = tr
			}
		}
		if said := joined(here); i == 0 {
			verdict = said
		} else if said != verdict {
			verdict = network.Unknown
		}
	}
	return verdict, seen
}

// fates runs the cases of one reading.
func (w twin) fates(r reading) map[concrete.Outcome]concrete.Trace {
	seen := map[concrete.Outcome]concrete.Trace{}
	note := func(tr concrete.Trace) {
		if r.answer.Query == concrete.Blocks || r.answer.Query == concrete.Unknown && tr.Outcome == concrete.Passes {
			tr.Outcome = r.answer.Query
		}
		if _, have := seen[tr.Outcome]; !have {
			seen[tr.Outcome] = tr
		}
	}
	_, _, subnet := w.client(w.t)
	switch groups := w.groups(); {
	case r.answer.Foreign:
		for _, port := range w.serverPorts(atomsOf(w.snap)) {
			note(concrete.Trace{Outcome: w.eval.MayLeave(groups, 6, port), Steps: []concrete.Step{{Component: string(subnet.ID), Kind: "dns", Why: r.answer.Why}}})
		}
	case len(r.cases) == 0:
		note(concrete.Trace{Outcome: concrete.Blocks, Steps: []concrete.Step{{Component: string(subnet.ID), Kind: "dns", Why: r.answer.Why}}})
	}
	for _, c := range r.cases {
		note(w.eval.Decide(c))
	}
	return seen
}

func (w twin) groups() []snapshot.SecurityGroupID {
	if j := w.q.From.Job; j != nil {
		return j.Groups
	}
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			for _, i := range r.EC2.NetworkInterfaces.Items {
				if i.ID == w.q.From.Interface {
					return i.Groups
				}
			}
		}
	}
	return nil
}

// TestConcreteAgreesWithTheCatalogue runs the slow twin on every trap: what it
// says over all cases is what the catalogue says.
func TestConcreteAgreesWithTheCatalogue(t *testing.T) {
	for _, rows := range append(slices.Clone(allTraps), combined, dualStackJobs) {
		for _, tr := range rows {
			t.Run(tr.id, func(t *testing.T) {
				snap := tr.world().Snapshot(t)
				got, seen := newTwin(t, snap, tr.query()).ask(t)
				if got != tr.want {
					t.Errorf("concrete says %s, the catalogue %s\n%s", word(got), word(tr.want), traces(seen))
				}
			})
		}
	}
}

func traces(seen map[concrete.Outcome]concrete.Trace) string {
	s := ""
	for _, o := range []concrete.Outcome{concrete.Passes, concrete.Blocks, concrete.Unknown} {
		if tr, ok := seen[o]; ok {
			s += fmt.Sprintln(tr)
		}
	}
	return s
}

func (tr *trap) world() *world.World {
	if tr.id == "T33" {
		return world.NetworkIn("us-west-2", tr.edits...)
	}
	return world.Network(tr.edits...)
}
