package sim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// TraceQuestion is what trace asks: the network half alone, between two ends.
type TraceQuestion struct {
	From, To string // an interface, instance, subnet, address, "internet", "s3", a service, an endpoint, a host name or URL
	// SecurityGroups with a subnet as From: an interface that does not exist yet.
	SecurityGroups []snapshot.SecurityGroupID
	// Job instead of From: the interface that it would get, in each of its subnets.
	Job             *snapshot.Job
	Protocol        string // "tcp", "udp", "icmp", "all" or a number; empty: tcp
	Ports           []network.PortRange
	SourcePorts     []network.PortRange
	Strict          bool // what was never collected is UNKNOWN, though it is off by default (N104, N161)
	StrictDNS       bool
	AssumePublicDNS bool
	// Through and Avoid are components by id that the traffic has to pass, and
	// that it must not (N184).
	Through, Avoid []string
	// WhyNot is an endpoint: does the traffic use it, and if not, why not (N185)?
	WhyNot string
}

// Trace decides q. Its error means that the question makes no sense, or that
// ctx ended.
func (w *World) Trace(ctx context.Context, q TraceQuestion) (*Answer, error) {
	n := network.Query{Ports: q.Ports, SourcePorts: q.SourcePorts, Strict: q.Strict, StrictDNS: q.StrictDNS, AssumePublicDNS: q.AssumePublicDNS}
	if u, ok := hostPort(&q); ok {
		n.Ports = u
	}
	var err error
	if n.Protocol, err = traceProtocol(&q); err != nil {
		return nil, err
	}
	from, err := w.tracer().traceFrom(&q)
	if err != nil {
		return nil, err
	}
	n.From = from[0]
	if a, lacks := w.tracer().absentEnd(n.From); lacks && q.Job == nil {
		return nil, badQuestion("%s %q: %s", FieldFrom, q.From, a.String())
	}
	if m, ok := w.neverCollected(GateRoute, n.From); ok {
		return w.tracer().traceUnknown(q, n, m), nil
	}
	region := w.net.RegionOf(n.From)
	if n.To, err = w.tracer().traceEnd(FieldTo, q.To, region); err != nil {
		if region == "" && !n.From.Internet && !n.From.Address.IsValid() {
			// An end that is not there explains the want of a Region.
			if _, lost := w.net.Ask(network.Query{From: n.From, To: network.Endpoint{Internet: true}}); lost != nil {
				return nil, lost
			}
		}
		return nil, err
	}
	if a, lacks := w.tracer().absentEnd(n.To); lacks {
		return nil, badQuestion("%s %q: %s", FieldTo, q.To, a.String())
	}
	if m, ok := w.neverCollected(GateRoute, n.To); ok {
		return w.tracer().traceUnknown(q, n, m), nil
	}
	if x, y := n.From.Address, n.To.Address; x.IsValid() && y.IsValid() && x.Addr().Is4() != y.Addr().Is4() {
		return nil, badQuestion("%s %q: %s", FieldTo, q.To, fmt.Sprintf("%s is of the other family of addresses; no packet goes from one to the other", q.From))
	}
	parts, err := w.tracer().traceParts(ctx, &q, n, from)
	if err != nil {
		return nil, err
	}
	return w.tracer().traceAnswer(q, n, parts), nil
}

// neverCollected tells whether an end is of a kind that the snapshot holds
// nothing of, not even that there is none (N10): then nobody knows what it is.
func (w *World) neverCollected(gate Gate, end network.Endpoint) (Missing, bool) {
	var id, what, collect string
	var presence func(*snapshot.EC2) snapshot.Presence
	switch {
	case end.Interface != "":
		id, what, collect = string(end.Interface), "network interface", "aws ec2 describe-network-interfaces"
		presence = func(e *snapshot.EC2) snapshot.Presence { return e.NetworkInterfaces.Presence }
	case end.Instance != "":
		id, what, collect = end.Instance, "instance", "aws ec2 describe-instances, describe-network-interfaces"
		presence = func(e *snapshot.EC2) snapshot.Presence {
			if e.Instances.Presence == snapshot.Collected {
				return snapshot.Collected
			}
			return e.NetworkInterfaces.Presence
		}
	case end.Subnet != "":
		id, what, collect = string(end.Subnet), "subnet", "aws ec2 describe-subnets"
		presence = func(e *snapshot.EC2) snapshot.Presence { return e.Subnets.Presence }
	case end.VPCEndpoint != "":
		id, what, collect = string(end.VPCEndpoint), "endpoint", "aws ec2 describe-vpc-endpoints"
		presence = func(e *snapshot.EC2) snapshot.Presence { return e.VPCEndpoints.Presence }
	default:
		return Missing{}, false
	}
	for _, acc := range w.snap.Accounts {
		for _, r := range acc.Regions {
			if presence(&r.EC2) == snapshot.Collected {
				return Missing{}, false
			}
		}
	}
	return Missing{Code: finding.UnknownResource, Gate: gate, Component: id, Collect: collect, Fact: "the " + what + " " + id + ": the snapshot holds no " + what + "s at all"}, true
}

// traceUnknown answers where an end is not known.
func (w tracer) traceUnknown(q TraceQuestion, n network.Query, m Missing) *Answer {
	return w.traceAnswer(q, n, []tracePart{{protocol: n.Protocol, result: &network.Result{
		Unknowns: []network.Missing{{Code: m.Code, Gate: m.Gate, Fact: m.Fact, Component: m.Component, Collect: m.Collect}}}}})
}

// tracePart is the answer for one interface of the source and one protocol.
type tracePart struct {
	placement int // which interface of the source
	protocol  int
	result    *network.Result
}

// traceParts asks of every interface of an instance, and of every protocol
// where all are asked about.
func (w tracer) traceParts(ctx context.Context, q *TraceQuestion, n network.Query, from []network.Endpoint) ([]tracePart, error) {
	if ids := w.net.InterfacesOf(n.From.Instance); len(ids) > 1 {
		from = nil
		for _, id := range ids {
			from = append(from, network.Endpoint{Interface: id})
		}
	}
	protocols := []int{n.Protocol}
	if n.Protocol == rules.AllProtocols {
		protocols = w.protocolsApart()
		n.Ports, n.ICMPType = []network.PortRange{{From: 0, To: 65535}}, -1
	}
	var out []tracePart
	ways := &waypoints{through: q.Through, avoid: q.Avoid, whyNot: q.WhyNot}
	if q.WhyNot != "" {
		ways.through = append(slices.Clone(ways.through), q.WhyNot)
	}
	if err := ways.check(w.World); err != nil {
		return nil, err
	}
	for i, f := range from {
		for _, p := range protocols {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			n.From, n.Protocol = f, p
			res, err := w.net.Ask(n)
			if err != nil {
				return nil, err
			}
			if q.WhyNot != "" {
				res = w.whyNot(q.WhyNot, &n, res)
			}
			out = append(out, tracePart{i, p, ways.hold(res)})
		}
	}
	return out, nil
}

// protocolsApart lists a protocol for each that some rule of the snapshot may
// treat in its own way: TCP, UDP, ICMP and those that a rule names, and one
// that stands for all the others.
func (w tracer) protocolsApart() []int {
	apart := map[int]bool{1: true, 6: true, 17: true, 58: true}
	named := func(word string) {
		if p, ok := rules.ProtocolNumber(word); ok && p >= 0 {
			apart[p] = true
		}
	}
	for _, acc := range w.snap.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.SecurityGroups.Items {
				g := &r.EC2.SecurityGroups.Items[i]
				for _, p := range slices.Concat(g.Ingress, g.Egress) {
					named(p.Protocol)
				}
			}
			for i := range r.EC2.NetworkACLs.Items {
				for _, e := range r.EC2.NetworkACLs.Items[i].Entries {
					named(e.Protocol)
				}
			}
		}
	}
	other := 255
	for apart[other] && other > 0 {
		other--
	}
	apart[other] = true
	return slices.Sorted(maps.Keys(apart))
}

// traceProtocol reads the protocol; rules.AllProtocols stands for all.
func traceProtocol(q *TraceQuestion) (int, error) {
	n, ok := 6, true
	if q.Protocol != "" {
		n, ok = rules.ProtocolNumber(q.Protocol)
	}
	if !ok {
		return 0, badQuestion("%s %q: %s", FieldProtocol, q.Protocol, "want tcp, udp, icmp, icmpv6, all or a number from 0 to 255")
	}
	if n != 6 && n != 17 && len(q.Ports)+len(q.SourcePorts) > 0 {
		return 0, badQuestion("%s %q: %s", FieldPorts, q.Protocol, "only tcp and udp have ports")
	}
	return n, nil
}

// traceAnswer words results in the contract's shape: a placement for each
// interface of the source, whose network has the paths.
func (w tracer) traceAnswer(q TraceQuestion, n network.Query, parts []tracePart) *Answer {
	c := newCollector()
	a := &Answer{Schema: SchemaVerdict,
		Question: AskedOf{From: q.From, To: q.To, Protocol: protocolWord(n.Protocol), Port: singlePort(n), SourcePorts: portTexts(q.SourcePorts)},
		Snapshot: SnapshotRef{SHA256: w.snap.SHA256, CapturedAt: capturedAt(w.snap)}}
	if a.Question.Port == 0 {
		a.Question.Ports = portTexts(q.Ports)
	}
	var whole verdictParts
	for i := 0; i < len(parts); {
		end := i
		for end < len(parts) && parts[end].placement == parts[i].placement {
			end++
		}
		p := w.tracePlacement(c, len(a.Placements), parts[i:end])
		a.Placements = append(a.Placements, p)
		whole.join(tallyOf(p.Verdict))
		i = end
	}
	a.Verdict = whole.judge()
	job := snapshot.Job{SecurityGroups: q.SecurityGroups}
	if q.Job != nil {
		job = snapshot.Job{Subnets: q.Job.Subnets, SecurityGroups: q.Job.SecurityGroups}
	}
	a.Absent = w.AbsentNames(&Question{Job: job})
	c.finish(a)
	w.nameGaps(a.Unknowns)
	settle(a, c)
	return a
}

// tracePlacement joins the answers for the protocols of one interface.
func (w tracer) tracePlacement(c *collector, at int, parts []tracePart) Placement {
	var whole verdictParts
	var out Placement
	for i, part := range parts {
		res := part.result
		for i := range res.Findings {
			c.addShared(networkFinding(&res.Findings[i]), at, res.Findings[i].Together)
		}
		c.absorbNetwork(res)
		whole.join(tallyOf(Verdict(res.Outcome)))
		net := (&netAnswer{flows: res.Flows, outcome: Verdict(res.Outcome), passes: res.Passes, fails: res.Fails}).render(w.World)
		if len(parts) > 1 {
			if len(net.Paths) == 0 {
				net.Paths = []Path{{Verdict: net.Verdict, Hops: net.Path}}
			}
			for j := range net.Paths {
				net.Paths[j].Protocol = protocolWord(part.protocol)
			}
		}
		if i == 0 {
			out = Placement{Network: net, Requests: []Request{}}
			w.nameSubnet(&out, string(res.Subnet))
			continue
		}
		out.Network.Paths = append(out.Network.Paths, net.Paths...)
		out.Network.Passes = cmp.Or(out.Network.Passes, net.Passes)
		out.Network.Fails = cmp.Or(out.Network.Fails, net.Fails)
	}
	out.Verdict = whole.judge()
	out.Network.Verdict = out.Verdict
	return out
}

func (w tracer) nameSubnet(p *Placement, subnet string) {
	if subnet == "" {
		return
	}
	p.Subnet = subnet
	if s, ok := w.x.Subnets.In(snapshot.SubnetID(subnet), ""); ok {
		p.AvailabilityZone = s.Item.AvailabilityZone
	}
}

func protocolWord(n int) string {
	if n == rules.AllProtocols {
		return "all"
	}
	if s := protocolNames[n]; s != "" {
		return s
	}
	return itoa(n)
}

func singlePort(q network.Query) int {
	switch {
	case len(q.Ports) == 1 && q.Ports[0].From == q.Ports[0].To:
		return int(q.Ports[0].From)
	case len(q.Ports) == 0 && q.Protocol == 6:
		return 443
	}
	return 0
}

func capturedAt(s *snapshot.Snapshot) string {
	if s.Capture.FinishedAt != "" {
		return s.Capture.FinishedAt
	}
	return s.Capture.StartedAt
}
