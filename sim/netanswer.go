package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
)

// netAnswer is the network half's answer for one placement.
type netAnswer struct {
	flows     []network.Flow
	outcome   Verdict
	ambiguous []network.Missing
	passes    *network.Packet
	fails     *network.Packet
	differs   bool // the bucket's Region is not known, and another one gives another answer
}

// AnotherRegion stands for any Region but the job's: the network half knows no
// addresses there and treats them as a set disjoint from the job's own (N41).
const AnotherRegion = "another-region"

// askNetwork decides the network of one placement and files its findings.
func (r networkRun) askNetwork(n int, s *placing) *netAnswer {
	if s.public {
		return r.askOutside(n, s)
	}
	res, err := r.w.askOnce(s, r.networkQuery(s, s.to))
	if err != nil {
		r.c.missing(Missing{Code: finding.UnknownNetwork, Gate: GateRoute, Component: s.subnet, Fact: err.Error()})
		return &netAnswer{outcome: Unknown, flows: []network.Flow{{Passed: network.Cases{Empty: true}, Blocked: network.Cases{Empty: true}}}}
	}
	res = r.waypoints().hold(res)
	r.fileNetwork(n, res)
	out := &netAnswer{flows: res.Flows, outcome: Verdict(res.Outcome), ambiguous: res.PathFacts, passes: res.Passes, fails: res.Fails}
	if !s.known {
		other, err := r.w.askOnce(s, r.networkQuery(s, AnotherRegion))
		out.differs = err != nil || Verdict(other.Outcome) != out.outcome || out.outcome == Reachable
	}
	return out
}

// asked is a remembered answer of the network half.
type asked struct {
	result *network.Result
	err    error
}

// askOnce asks the network half, once for each query: its answers are shared
// and never changed.
func (w *World) askOnce(s *placing, q network.Query) (*network.Result, error) {
	var b strings.Builder
	word := func(text string) {
		b.WriteString(text)
		b.WriteByte(0)
	}
	if j := s.from.Job; j != nil {
		word(j.Account)
		word(string(j.Subnet))
		word(fmt.Sprint(j.Public))
		for _, g := range j.Groups {
			word(string(g))
		}
	}
	word(string(s.from.Interface))
	word(s.from.Instance)
	if to := q.To.S3; to != nil {
		word(to.Region)
		word(to.Hostname)
		word(to.Bucket)
	}
	word(q.To.Service)
	word(q.To.Host)
	word(fmt.Sprint(q.Strict, q.StrictDNS, q.AssumePublicDNS, q.Ports, q.SourcePorts))
	a := w.asked.get(b.String(), func() asked {
		res, err := w.net.Ask(q)
		return asked{res, err}
	})
	return a.result, a.err
}

// clientName is what the client calls where names may fare differently: the
// bucket whose own host name it is, or an access point's host name. Else all of
// a Region's buckets share one answer (N168).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
func (r networkRun) clientName(s *placing) (bucket, host string) {
	t := s.targets[0]
	switch {
	case t.service != nil:
	case r.q.Options.Hostname != "":
		return "", r.q.Options.Hostname
	case !r.w.names || t.directoryBucket() || !s.known || r.brief && !r.w.byBucket:
	case t.accessPoint == nil:
		return t.bucket, ""
	case t.accessPoint.region != "":
		host = t.accessPoint.name + "-" + t.accessPoint.account + ".s3-accesspoint." + strings.TrimPrefix(rules.RegionalName(t.accessPoint.region), "s3.")
		r.c.assume("The client calls " + host + ", the access point's own name.")
	}
	return "", host
}

func (r networkRun) networkQuery(s *placing, region string) network.Query {
	o := &r.q.Options
	bucket, host := r.clientName(s)
	q := network.Query{From: s.from, To: s.targets[0].destination(network.S3Destination{Region: region, Hostname: host, Bucket: bucket}),
		Protocol: 6, Strict: o.Strict, StrictDNS: o.StrictDNS, AssumePublicDNS: o.AssumePublicDNS}
	if o.Port != 0 {
		q.Ports = []network.PortRange{{From: uint16(o.Port), To: uint16(o.Port)}}
	}
	if o.Ephemeral != [2]int{} {
		q.SourcePorts = []network.PortRange{{From: uint16(o.Ephemeral[0]), To: uint16(o.Ephemeral[1])}}
	}
	return q
}

func (r networkRun) fileNetwork(n int, res *network.Result) {
	for i := range res.Findings {
		if r.brief {
			break
		}
		if res.Findings[i].Gate == GateSGEgress && r.existing.from == nil && len(r.q.Job.SecurityGroups) == 0 {
			continue // JOB_SG_COUNT says so: there is no group that could let anything out
		}
		r.c.addShared(networkFinding(&res.Findings[i]), n, res.Findings[i].Together)
	}
	r.c.absorbNetwork(res)
}

// absorbNetwork takes over what the network half says beside its findings.
func (c *collector) absorbNetwork(res *network.Result) {
	for i := range res.Unknowns {
		c.missing(networkMissing(&res.Unknowns[i]))
	}
	for i := range res.Also {
		c.alsoUnknown(networkMissing(&res.Also[i]))
	}
	for _, a := range res.Assumptions {
		c.assume(a)
	}
	for g, j := range res.Judged {
		c.judge(g, j)
	}
}

func networkMissing(m *network.Missing) Missing {
	return Missing{Code: m.Code, Gate: m.Gate, Fact: m.Fact, Component: m.Component, Pointer: m.At.Pointer(), Collect: m.Collect}
}

func networkFinding(f *network.Finding) Finding {
	out := Finding{Code: f.Code, Gate: f.Gate, Severity: f.Severity, Component: f.Component, Name: f.Name,
		Pointer: f.At.Pointer(), Message: f.Message, Fix: f.Fix, Rule: f.Rule, URL: f.URL,
		RuleIndex: f.RuleIndex, RuleNumber: f.RuleNumber, Also: f.Also}
	out.Example = packetExample(f.Example)
	return out
}

var protocolNames = map[int]string{1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}

func packetExample(p *network.Packet) *Example {
	if p == nil {
		return nil
	}
	e := &Example{Protocol: protocolNames[p.Protocol], SourcePort: p.SourcePort, DestinationPort: p.DestinationPort, Reply: p.Reply}
	if e.Protocol == "" {
		e.Protocol = itoa(p.Protocol)
	}
	if p.Source.IsValid() {
		e.Source = p.Source.String()
	}
	if p.Destination.IsValid() {
		e.Destination = p.Destination.String()
	}
	if p.Protocol == 1 || p.Protocol == 58 {
		t := p.ICMPType
		e.ICMPType = &t
	}
	return e
}

// render turns the network's flows into the contract's paths.
func (a *netAnswer) render(w *World) Network {
	out := Network{Verdict: a.outcome, Path: []Hop{}, Passes: packetExample(a.passes), Fails: packetExample(a.fails)}
	for i := range a.flows {
		f := &a.flows[i]
		p := Path{Verdict: Verdict(f.Outcome), Via: f.Context.Via, Endpoint: string(f.Context.Endpoint), Hops: w.hops(f.Hops)}
		for _, d := range f.Destinations {
			p.Destinations = append(p.Destinations, w.cidrText(d)...)
		}
		if i == 0 {
			out.Path = p.Hops
		}
		if answeredElsewhere(p.Hops, out.Paths) {
			continue
		}
		out.Paths = append(out.Paths, p)
	}
	if len(out.Paths) == 1 && len(out.Paths[0].Destinations) == 0 && out.Paths[0].Via == "" {
		out.Paths = nil
	}
	return out
}

// answeredElsewhere tells a path that only says that the answer to a DNS query
// is not known, where another path says so already.
func answeredElsewhere(hops []Hop, others []Path) bool {
	if len(hops) == 0 {
		return false
	}
	last := hops[len(hops)-1]
	return last.Kind == "dns-name" && last.Decision == "unknown" && slices.ContainsFunc(others, func(p Path) bool {
		return slices.ContainsFunc(p.Hops, func(h Hop) bool {
			return h.Kind == last.Kind && h.Component == last.Component && h.Decision == last.Decision
		})
	})
}

func (w *World) hops(in []network.Hop) []Hop {
	out := make([]Hop, 0, len(in))
	for _, h := range in {
		hop := Hop{Component: h.Component, Kind: h.Kind, Via: h.Via, Pointer: h.At.Pointer(), Decision: h.Decision}
		if h.Reply {
			hop.Direction = "reply"
		}
		if h.Through != nil {
			hop.Passes = w.passes(h.Through)
		}
		out = append(out, hop)
	}
	return out
}

func (w *World) passes(t *network.Through) *Passes {
	cidrs := func(list []network.AddrRange) (out []string) {
		for _, r := range list {
			out = append(out, w.cidrText(r)...)
		}
		return out
	}
	return &Passes{Sources: cidrs(t.Sources), Destinations: cidrs(t.Destinations), SourcePorts: portTexts(t.SourcePorts), Ports: portTexts(t.Ports)}
}

func portTexts(list []network.PortRange) (out []string) {
	for _, r := range list {
		text := itoa(int(r.From))
		if r.To != r.From {
			text += "-" + itoa(int(r.To))
		}
		out = append(out, text)
	}
	return out
}
