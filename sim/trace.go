package sim

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// TraceQuestion is what trace asks: the network half alone, between two ends.
type TraceQuestion struct {
	From, To        string // an interface, instance, subnet, address, "internet", "s3", a service, an endpoint
	Protocol        string // "tcp", "udp", "icmp" or a number; empty: tcp
	Ports           []network.PortRange
	SourcePorts     []network.PortRange
	StrictDNS       bool
	AssumePublicDNS bool
}

// EndError is an end of a trace that can't be read, or can't be one.
type EndError struct {
	Flag, Word, Problem string
}

func (e *EndError) Error() string { return fmt.Sprintf("%s %q: %s", e.Flag, e.Word, e.Problem) }

// Trace decides q. Its error means that the question makes no sense.
func (w *World) Trace(q TraceQuestion) (*Answer, error) {
	n := network.Query{Ports: q.Ports, SourcePorts: q.SourcePorts, StrictDNS: q.StrictDNS, AssumePublicDNS: q.AssumePublicDNS, ICMPType: 0}
	var err error
	if n.Protocol, err = traceProtocol(q.Protocol); err != nil {
		return nil, err
	}
	if n.From, err = traceEnd("--from", q.From, "any-region"); err != nil {
		return nil, err
	}
	if n.From.S3 != nil || n.From.Service != "" || n.From.VPCEndpoint != "" {
		return nil, &EndError{"--from", q.From, "services answer and never start a connection; swap the ends"}
	}
	region := w.net.RegionOf(n.From)
	if n.To, err = traceEnd("--to", q.To, region); err != nil {
		if region == "" && !n.From.Internet && !n.From.Address.IsValid() {
			// An end that is not there explains the want of a Region.
			if _, lost := w.net.Ask(network.Query{From: n.From, To: network.Endpoint{Internet: true}}); lost != nil {
				return nil, lost
			}
		}
		return nil, err
	}
	res, err := w.net.Ask(n)
	if err != nil {
		return nil, err
	}
	return w.traceAnswer(q, n, res), nil
}

func traceProtocol(word string) (int, error) {
	if word == "" {
		return 6, nil
	}
	n, ok := rules.ProtocolNumber(word)
	if !ok || n < 0 {
		return 0, &EndError{"--protocol", word, "want tcp, udp, icmp, icmpv6 or a number from 0 to 255"}
	}
	return n, nil
}

// traceEnd reads one end: an id, an ARN that ends in one, an address, or a word.
func traceEnd(name, word, region string) (network.Endpoint, error) {
	s := strings.TrimSpace(word)
	if strings.HasPrefix(s, "arn:") {
		s = s[strings.LastIndexAny(s, "/:")+1:]
	}
	prefix, _, _ := strings.Cut(s, "-")
	switch {
	case s == "":
		return network.Endpoint{}, &EndError{name, word, "is missing"}
	case strings.EqualFold(s, "internet"):
		return network.Endpoint{Internet: true}, nil
	case prefix == "eni" && s != prefix:
		return network.Endpoint{Interface: snapshot.NetworkInterfaceID(s)}, nil
	case prefix == "i" && s != prefix:
		return network.Endpoint{Instance: s}, nil
	case prefix == "subnet" && s != prefix:
		return network.Endpoint{Subnet: snapshot.SubnetID(s)}, nil
	case prefix == "vpce" && !strings.Contains(s, "."):
		return network.Endpoint{VPCEndpoint: snapshot.VPCEndpointID(s)}, nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return network.Endpoint{Address: netip.PrefixFrom(a, a.BitLen())}, nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return network.Endpoint{Address: p.Masked()}, nil
	}
	return traceService(name, word, s, region)
}

// traceService reads "s3", "s3:REGION", an S3 host name, or a service's name
// with or without com.amazonaws.REGION before it.
func traceService(name, word, s, region string) (network.Endpoint, error) {
	s = strings.ToLower(s)
	if first, other, ok := strings.Cut(s, ":"); ok {
		s, region = first, other
	}
	if host, err := rules.ParseName(s); err == nil {
		return network.Endpoint{S3: &network.S3Destination{Region: host.Region, Hostname: s}}, nil
	}
	if r, service, ok := rules.SplitServiceName(s); ok {
		if service == "s3" {
			return network.Endpoint{S3: &network.S3Destination{Region: r}}, nil
		}
		return network.Endpoint{Service: s}, nil
	}
	if s == "" || strings.ContainsAny(s, "/ \t*") || strings.HasPrefix(s, "com.") || strings.Contains(s, "-") && strings.ContainsAny(s, "0123456789") {
		return network.Endpoint{}, &EndError{name, word, `want an id (eni-…, i-…, subnet-…, vpce-…), an address, "internet", "s3" or a service such as "sts"`}
	}
	if region == "" {
		return network.Endpoint{}, &EndError{name, word, "which Region? Write it out: com.amazonaws.REGION." + s}
	}
	if s == "s3" {
		return network.Endpoint{S3: &network.S3Destination{Region: region}}, nil
	}
	return network.Endpoint{Service: "com.amazonaws." + region + "." + s}, nil
}

// traceAnswer words a result in the contract's shape: one placement, whose
// network has the paths.
func (w *World) traceAnswer(q TraceQuestion, n network.Query, res *network.Result) *Answer {
	c := newCollector()
	for i := range res.Findings {
		c.addShared(networkFinding(&res.Findings[i]), 0, res.Findings[i].Together)
	}
	for _, m := range res.Unknowns {
		c.missing(Missing{Code: m.Code, Gate: gateOf(m.Gate), Fact: m.Fact, Component: m.Component, Pointer: m.At.Pointer(), Collect: m.Collect})
	}
	for _, a := range res.Assumptions {
		c.assume(a)
	}
	net := &netAnswer{flows: res.Flows, outcome: Verdict(res.Outcome)}
	a := &Answer{Schema: SchemaVerdict, Verdict: net.outcome,
		Question:   AskedOf{From: q.From, To: q.To, Protocol: protocolWord(n.Protocol), Port: singlePort(n)},
		Snapshot:   SnapshotRef{SHA256: w.snap.SHA256, CapturedAt: capturedAt(w.snap)},
		Placements: []Placement{{Verdict: net.outcome, Network: net.render(w), Requests: []Request{}}}}
	if s := string(res.Subnet); s != "" {
		a.Placements[0].Subnet = s
		if p, ok := inAccount(w.subnets[snapshot.SubnetID(s)], ""); ok {
			a.Placements[0].AvailabilityZone = p.item.AvailabilityZone
		}
	}
	c.finish(a)
	w.nameGaps(a.Unknowns)
	return a
}

func protocolWord(n int) string {
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
