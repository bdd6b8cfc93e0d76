package concrete

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// Elsewhere stands for S3 addresses of another Region: public, in no list of
// this one, and not in the snapshot (N41).
const Elsewhere snapshot.PrefixListID = "another Region's S3"

// Servers is what an S3 name resolves to for a client in a VPC.
type Servers struct {
	Outcome   Outcome               // Blocks: the name does not resolve
	Addresses []netip.Addr          // of an interface endpoint, each as likely (N63)
	List      snapshot.PrefixListID // public addresses: those of a list, or Elsewhere
	Why       string
}

// Resolve decides what an S3 name resolves to, as far as VPC attributes and
// endpoints tell: Resolver rules, zones and DNS Firewall, where a snapshot has
// any, give Unknown. An empty name is the Regional one (N105).
func (e *Evaluator) Resolve(vpc snapshot.VPCID, region, name string) Servers {
	v := e.vpc(vpc)
	if v == nil {
		return Servers{Why: "the VPC is not in the snapshot"}
	}
	home := e.regionOf(vpc)
	r := home.Resolver
	if len(r.Rules.Items)+len(r.PrivateZones.Items)+len(r.FirewallGroups.Items) > 0 {
		return Servers{Why: "Route 53 data: not modelled here"}
	}
	support, hostnames := e.dnsAttributes(vpc)
	switch {
	case support == Blocks:
		return Servers{Outcome: Blocks, Why: "N97: enableDnsSupport is false"}
	case support == Unknown:
		return Servers{Why: "UNK_DNS_ATTRS"}
	case !e.amazonDNS(v):
		return Servers{Why: "N98: not Amazon's DNS servers"}
	}
	if name == "" {
		name = "s3." + region + ".amazonaws.com"
	}
	for _, account := range e.snap.Accounts {
		for _, reg := range account.Regions {
			for i := range reg.EC2.VPCEndpoints.Items {
				end := &reg.EC2.VPCEndpoints.Items[i]
				if servers, ok := e.resolvesTo(end, vpc, name, hostnames == Passes); ok {
					return servers
				}
			}
		}
	}
	return e.public(home, region, name)
}

// resolvesTo tells whether a name means this interface endpoint to clients in
// the VPC (N66 to N69, N103).
func (e *Evaluator) resolvesTo(end *snapshot.VPCEndpoint, vpc snapshot.VPCID, name string, hostnames bool) (Servers, bool) {
	if !is(end.Type, "Interface") || !slices.ContainsFunc(end.DNSNames, func(n string) bool { return nameMatches(n, name) }) {
		return Servers{}, false
	}
	if !strings.HasSuffix(name, ".vpce.amazonaws.com") {
		inbound := end.PrivateDNSInboundOnly.Presence != snapshot.Collected || end.PrivateDNSInboundOnly.Value
		if end.VPC != vpc || is(end.State, "deleted") || !end.PrivateDNS.Value || inbound || !hostnames {
			return Servers{}, false
		}
	}
	s := Servers{Outcome: Passes}
	for _, id := range end.Interfaces {
		i := e.networkInterface(id)
		if i == nil {
			return Servers{Why: "N62: interface " + string(id) + " is not in the snapshot"}, true
		}
		for _, a := range i.Addresses {
			s.Addresses = append(s.Addresses, a.Private)
		}
	}
	if len(s.Addresses) == 0 {
		return Servers{Outcome: Blocks, Why: "N74: no IPv4 address"}, true
	}
	return s, true
}

func nameMatches(pattern, name string) bool {
	if rest, wild := strings.CutPrefix(pattern, "*."); wild {
		return strings.HasSuffix(name, "."+rest)
	}
	return pattern == name
}

func (e *Evaluator) dnsAttributes(vpc snapshot.VPCID) (support, hostnames Outcome) {
	a := find(e, func(r *snapshot.Region) []snapshot.VPCAttribute { return r.EC2.VPCAttributes.Items },
		func(a *snapshot.VPCAttribute) bool { return a.VPC == vpc })
	if a == nil {
		return Unknown, Unknown
	}
	return flag(a.EnableDNSSupport), flag(a.EnableDNSHostnames)
}

func flag(f snapshot.Flag) Outcome {
	switch {
	case f.Presence != snapshot.Collected:
		return Unknown
	case f.Value:
		return Passes
	}
	return Blocks
}

func (e *Evaluator) amazonDNS(v *snapshot.VPC) bool {
	d := find(e, func(r *snapshot.Region) []snapshot.DHCPOptions { return r.EC2.DHCPOptions.Items },
		func(d *snapshot.DHCPOptions) bool { return d.ID == v.DHCPOptionsID })
	return d != nil && slices.Equal(d.DNSServers, []string{"AmazonProvidedDNS"})
}

// public is the addresses of S3's front door of a Region.
func (e *Evaluator) public(home *snapshot.Region, region, name string) Servers {
	if name == "s3.amazonaws.com" {
		region = "us-east-1" // N107
	}
	if region != home.Name {
		return Servers{Outcome: Passes, List: Elsewhere}
	}
	list := find(e, func(r *snapshot.Region) []snapshot.PrefixList { return r.EC2.PrefixLists.Items },
		func(l *snapshot.PrefixList) bool { return l.Name == "com.amazonaws."+region+".s3" })
	if list == nil {
		return Servers{Why: "UNK_PREFIX_LIST"}
	}
	return Servers{Outcome: Passes, List: list.ID}
}
