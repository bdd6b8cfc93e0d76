package sim

import (
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// askOutside is the network of a client outside of every VPC. The internet
// carries it to S3's public addresses. A client on premises may also be led to
// an interface endpoint by its own DNS servers, which no snapshot tells: each
// endpoint that it can connect to is another way, of which one is taken.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html
func (r networkRun) askOutside(n int, s *placing) *netAnswer {
	out := &netAnswer{outcome: Reachable}
	context := network.Context{Via: "public", Region: s.to}
	switch {
	case s.service:
		context.Via = "service"
	case s.clients.IsValid() && rules.OnInternet(s.clients):
		context.ClientIPs = []network.AddrRange{{From: s.clients.Addr(), To: netipx.PrefixLastIP(s.clients)}}
	case s.clients.IsValid():
		if r.onPremises(n, s, out) {
			return r.holdOutside(n, out)
		}
		context.Uncertain = len(out.flows) > 0
	}
	out.flows = append(out.flows, network.Flow{Outcome: network.Reachable, Context: context,
		Blocked: network.Cases{Empty: true}, Open: network.Cases{Empty: true}})
	return r.holdOutside(n, out)
}

// holdOutside makes the ways fail that waypoints forbid.
func (r networkRun) holdOutside(n int, out *netAnswer) *netAnswer {
	p := r.waypoints()
	if !p.any() {
		return out
	}
	res := p.hold(&network.Result{Flows: out.flows})
	r.fileNetwork(n, res)
	out.flows, out.outcome = res.Flows, Verdict(res.Outcome)
	return out
}

// onPremises adds the flows to S3's interface endpoints that a client outside
// can connect to, and reports whether the name that it calls is one of theirs,
// so that there is no other way.
func (r networkRun) onPremises(n int, s *placing, out *netAnswer) (only bool) {
	named, hasName := endpointHost(strings.ToLower(r.q.Options.Hostname))
	for _, e := range r.w.interfaceEndpoints(s.targets[0].endpointService(s.to)) {
		if hasName && e.Item.ID != named {
			continue
		}
		res, err := r.w.net.Ask(network.Query{From: network.Endpoint{Address: s.clients}, To: network.Endpoint{VPCEndpoint: e.Item.ID},
			Protocol: 6, Strict: r.q.Options.Strict})
		if err != nil || res.Outcome == network.Blocked && !hasName {
			continue
		}
		if hasName {
			r.fileNetwork(n, res)
			out.outcome, only = Verdict(res.Outcome), true
		} else {
			out.outcome = joinWays(out.outcome, Verdict(res.Outcome))
		}
		for _, f := range res.Flows {
			f.Context = network.Context{Via: "interface-endpoint", Endpoint: e.Item.ID, EndpointVPC: e.Item.VPC, EndpointOwner: e.Item.OwnerID,
				Region: s.to, SourceIsClient: true, Account: e.Region.Account.ID, Uncertain: !hasName}
			out.flows = append(out.flows, f)
		}
	}
	if len(out.flows) > 0 && !only {
		out.ambiguous = []network.Missing{{Code: finding.UnknownDNS, Gate: GateDNS, Component: s.subnet,
			Fact:    "which addresses the DNS servers on premises give for the name: public ones, or those of an interface endpoint",
			Collect: "--hostname with the name that the client calls"}}
	}
	if hasName && !only {
		out.outcome, only = Unknown, true
		out.flows = []network.Flow{{Passed: network.Cases{Empty: true}, Blocked: network.Cases{Empty: true}}}
		r.c.missing(Missing{Code: finding.UnknownDNS, Gate: GateDNS, Component: r.q.Options.Hostname,
			Fact: "the interface endpoint " + string(named) + ", which the name belongs to and the snapshot lacks", Collect: "aws ec2 describe-vpc-endpoints"})
	}
	return only
}

// joinWays is the verdict where one of two ways is taken and it is not known which.
func joinWays(a, b Verdict) Verdict {
	if a == b {
		return a
	}
	return Unknown
}

// interfaceEndpoints lists the snapshot's interface endpoints for a service.
func (w *World) interfaceEndpoints(service string) []snapshot.Located[snapshot.VPCEndpoint] {
	w.x.VPCEndpoints.Find("") // builds the index
	var out []snapshot.Located[snapshot.VPCEndpoint]
	for _, e := range w.x.VPCEndpoints.Map() {
		if strings.EqualFold(e.Item.Type, "Interface") && e.Item.ServiceName == service {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b snapshot.Located[snapshot.VPCEndpoint]) int {
		return strings.Compare(string(a.Item.ID), string(b.Item.ID))
	})
	return out
}
