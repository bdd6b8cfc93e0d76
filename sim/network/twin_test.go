package network_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/world"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/sim/network/concrete"
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
	}
	for _, v := range ec2.Subnets.Items {
		block(v.CIDR)
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
	snap *snapshot.Snapshot
	eval *concrete.Evaluator
	q    network.Query
}

// cases enumerates one case of every class, for queries from a job's
// interface, or an interface, to S3. A nil result with an outcome: the name
// decides (N97), or its addresses are not known.
func (w twin) cases(t testing.TB) ([]concrete.Case, concrete.Outcome) {
	t.Helper()
	at := atomsOf(w.snap)
	base, sources, subnet := w.client(t)
	servers := w.eval.Resolve(subnet.VPC, w.q.To.S3.Region, w.q.To.S3.Hostname)
	if servers.Outcome != concrete.Passes {
		return nil, servers.Outcome
	}
	if sources == nil {
		sources = at.within(subnet.CIDR)
	}
	type server struct {
		addr netip.Addr
		list snapshot.PrefixListID
	}
	var far []server
	for _, a := range servers.Addresses {
		far = append(far, server{addr: a})
	}
	if servers.List != "" {
		l := w.list(servers.List)
		if l == nil || !l.EntriesKnown {
			far = append(far, server{list: servers.List})
		} else {
			for _, e := range l.Entries {
				for _, a := range at.within(e.CIDR) {
					far = append(far, server{addr: a})
				}
			}
		}
	}
	natPorts := []int{1024}
	if w.hasNAT() {
		natPorts = at.portsIn(1024, 65535)
	}
	var out []concrete.Case
	for _, src := range sources {
		for _, d := range far {
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
	}
	return out, concrete.Passes
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

func (w twin) client(t testing.TB) (base concrete.Case, sources []netip.Addr, subnet *snapshot.Subnet) {
	t.Helper()
	id := snapshot.SubnetID("")
	if j := w.q.From.Job; j != nil {
		base.Subnet, base.Groups, id = j.Subnet, j.Groups, j.Subnet
	}
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			for _, i := range r.EC2.NetworkInterfaces.Items {
				if i.ID == w.q.From.Interface && i.ID != "" {
					base.Interface, id = i.ID, i.Subnet
					sources = []netip.Addr{i.Addresses[0].Private}
				}
			}
		}
	}
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.Subnets.Items {
				if r.EC2.Subnets.Items[i].ID == id {
					return base, sources, &r.EC2.Subnets.Items[i]
				}
			}
		}
	}
	t.Fatalf("no subnet %q", id)
	return
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

// ask runs all cases and keeps the first trace of each outcome.
func (w twin) ask(t testing.TB) map[concrete.Outcome]concrete.Trace {
	t.Helper()
	seen := map[concrete.Outcome]concrete.Trace{}
	cases, resolved := w.cases(t)
	if resolved != concrete.Passes {
		seen[resolved] = concrete.Trace{Outcome: resolved}
	}
	for _, c := range cases {
		tr := w.eval.Decide(c)
		if _, have := seen[tr.Outcome]; !have {
			seen[tr.Outcome] = tr
		}
	}
	return seen
}

// notConcrete lists the traps that the concrete evaluator does not decide:
// they are about Route 53 data, or about IPv6, which it leaves to the traps
// themselves.
var notConcrete = []string{"T51", "T52", "T84", "T85", "T86", "T87", "T88", "T122", "T123", "N59 multi-Region access point"}

// TestConcreteAgreesWithTheCatalogue runs the slow twin on every trap: what it
// says over all cases is what the catalogue says.
func TestConcreteAgreesWithTheCatalogue(t *testing.T) {
	for _, rows := range allTraps {
		for _, tr := range rows {
			if slices.Contains(notConcrete, tr.id) {
				continue
			}
			t.Run(tr.id, func(t *testing.T) {
				snap := tr.world().Snapshot(t)
				seen := twin{snap: snap, eval: concrete.New(snap), q: tr.query()}.ask(t)
				if got := joined(seen); got != tr.want {
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
