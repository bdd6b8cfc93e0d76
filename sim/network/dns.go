package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// branch is one answer that a name may get: the destinations, and what stands
// between the client and the answer.
type branch struct {
	destinations packetset.Set
	unknown      bool // the answer comes from a server that nobody knows
	nowhere      bool // there is no address to send anything to
	denies       []Finding
	needs        []rules.Need
	at           Hop
}

// resolution is every answer that a name may get. More than one: which, is
// not known, and Why says what would tell.
type resolution struct {
	branches []branch
	why      rules.Need
}

// dnsFacts is what stands between a client and any answer of the VPC's resolver.
type dnsFacts struct {
	denies    []Finding
	needs     []rules.Need
	attrs     rules.State // of both DNS attributes, for private DNS and zones
	attrsNeed rules.Need
}

func (a *question) vpc() snapshot.Located[snapshot.VPC] { return a.x.VPCs.Get(a.from.vpcID) }

// resolveName finds where the client's name leads (N97 to N108).
func (a resolver) resolveName() resolution {
	v := a.vpc()
	at := Hop{Component: a.name.Host, Kind: "dns-name", At: a.from.at}
	if v.Item == nil {
		return a.orElsewhere(at, resolution{branches: []branch{a.publicBranch(at)}}, &rules.Need{Code: finding.UnknownVPC, Component: string(a.from.vpcID), At: a.from.at, Fact: "the VPC " + string(a.from.vpcID) + " and its DNS settings", Collect: "aws ec2 describe-vpcs"})
	}
	amazon, custom, need := a.resolver(v)
	if !amazon {
		return a.customServers(at, v, custom, need)
	}
	f := a.resolverFacts(v)
	if need != nil && v.Item.DHCPOptionsID == noOptions {
		f.needs = append(f.needs, *need)
	}
	a.firewall(v, &f)
	r := a.recurse(v, at, &f)
	for i := range r.branches {
		b := &r.branches[i]
		b.denies = append(slices.Clone(f.denies), b.denies...)
		b.needs = append(slices.Clone(f.needs), b.needs...)
	}
	if need != nil && v.Item.DHCPOptionsID != noOptions {
		// Whoever is asked instead may answer anything.
		r = a.orElsewhere(at, r, need)
	}
	return r
}

// noOptions is what AWS prints of a VPC without a DHCP option set.
const noOptions snapshot.DHCPOptionsID = "default"

// publicAnswer is what the public name servers say of the name: an endpoint's
// own name leads to it from everywhere (N71).
func (a resolver) publicAnswer(at Hop) branch {
	switch {
	case a.name.Form == rules.FormEndpoint:
		return a.endpointNameBranch(at)
	case a.name.Form == rules.FormHost && rules.MayBePrivate(a.name.Host):
		b := a.unknownAnswer(at, a.publicBranch(at))
		b.needs = append(b.needs, rules.Need{Code: finding.UnknownDNS, Component: a.name.Host, At: at.At, Fact: "which address " + a.name.Host + " has: it may be a private one",
			Collect: "ask a client in the VPC: dig +short " + a.name.Host + "; then ask by the address, or by the interface that has it"})
		return b
	}
	return a.publicBranch(at)
}

// resolver reads the VPC's DHCP options (N98): whether clients ask the VPC's
// own resolver, and which other servers they ask.
func (a resolver) resolver(v snapshot.Located[snapshot.VPC]) (amazon bool, custom []netip.Addr, need *rules.Need) {
	id := v.Item.DHCPOptionsID
	unknown := &rules.Need{Code: finding.UnknownDHCP, Component: orElse(string(id), string(v.Item.ID)), At: v.Item.At,
		Fact: "which DNS servers interfaces in " + string(v.Item.ID) + " use", Collect: "aws ec2 describe-dhcp-options"}
	if id == noOptions {
		unknown.Fact = string(v.Item.ID) + " has no DHCP option set; whether its interfaces get a DNS server depends on the host's hardware"
		return true, nil, unknown
	}
	o := a.x.DHCPOptions.Get(id).Item
	if o == nil || len(o.DNSServers) == 0 {
		return true, nil, unknown
	}
	amazon, custom, odd := rules.Servers(o.DNSServers, v.Item.CIDRs)
	unknown.At, unknown.Component, unknown.Collect = o.At, string(o.ID), ""
	switch {
	case len(odd) > 0:
		unknown.Fact = "what the DNS server " + odd[0] + " of " + string(o.ID) + " is"
		return true, nil, unknown
	case amazon && len(custom) > 0:
		unknown.Code, unknown.Fact = finding.UnknownDNSCustom, "which of Amazon's and the other DNS servers of "+string(o.ID)+" answers, and what"
		return false, custom, unknown
	case amazon:
		return true, nil, nil
	}
	unknown.Code, unknown.Fact = finding.UnknownDNSCustom, fmt.Sprintf("what the DNS servers of %s (%s) answer for %s", o.ID, custom[0], a.name.Host)
	unknown.Collect = "ask a client in the VPC: dig " + a.name.Host + "; or --assume-public-dns"
	return false, custom, unknown
}

// customServers is the answers where clients ask servers of their own: first
// whether they can, then everything that they may hear (N98).
func (a resolver) customServers(at Hop, v snapshot.Located[snapshot.VPC], custom []netip.Addr, need *rules.Need) resolution {
	b := a.publicAnswer(at)
	mixed := strings.HasPrefix(need.Fact, "which of Amazon's")
	if lost, all := a.unreachable(custom); all && !mixed {
		o := a.x.DHCPOptions.Get(v.Item.DHCPOptionsID).Item
		b.denies = append(b.denies, Finding{Code: finding.DNSServerUnreachable, Gate: finding.GateDNS, Component: string(o.ID), At: o.At, Example: lost,
			Message: fmt.Sprintf("%s names the DNS server %s, and %s can't reach it on port 53.", o.ID, custom[0], a.from.words()),
			Fix:     fmt.Sprintf("Let the security groups, network ACLs and routes pass UDP and TCP port 53 to %s, or use AmazonProvidedDNS.", custom[0]), Rule: "N98", URL: urlDHCP})
		return resolution{branches: []branch{b}}
	}
	if a.q.AssumePublicDNS {
		a.assumed = append(a.assumed, fmt.Sprintf("The DNS servers of %s answer with public addresses (--assume-public-dns).", v.Item.DHCPOptionsID))
		return resolution{branches: []branch{b}}
	}
	return a.orElsewhere(at, resolution{branches: []branch{b}}, need)
}

// unreachable reports whether no server can be reached on port 53, by UDP or
// TCP, with a query to the first that gets lost.
func (a resolver) unreachable(servers []netip.Addr) (lost *Packet, all bool) {
	if a.nested {
		return nil, false
	}
	for _, s := range servers {
		for _, p := range []int{17, 6} {
			q := Query{From: a.q.From, To: Endpoint{Address: netip.PrefixFrom(s, s.BitLen())}, Protocol: p, Ports: []PortRange{{53, 53}}, SourcePorts: a.q.SourcePorts}
			r, err := a.ask(q)
			if err != nil || r.Outcome != Blocked {
				return nil, false
			}
			if lost == nil {
				lost = r.Fails
			}
		}
	}
	return lost, true
}

// resolverFacts judges the VPC's DNS attributes (N55, N97).
func (a resolver) resolverFacts(v snapshot.Located[snapshot.VPC]) dnsFacts {
	f := dnsFacts{attrs: rules.StateUnknown}
	x := a.x.VPCAttributes.Get(v.Item.ID).Item
	f.attrsNeed = rules.Need{Code: finding.UnknownDNSAttrs, Component: string(v.Item.ID), At: v.Item.At, Fact: "enableDnsSupport and enableDnsHostnames of " + string(v.Item.ID),
		Collect: "aws ec2 describe-vpc-attribute --vpc-id " + string(v.Item.ID) + " --attribute enableDnsSupport, and enableDnsHostnames"}
	if x == nil {
		f.needs = append(f.needs, f.attrsNeed)
		return f
	}
	support, names := x.EnableDNSSupport, x.EnableDNSHostnames
	switch {
	case support.Presence != snapshot.Collected:
		f.needs = append(f.needs, f.attrsNeed)
	case !support.Value:
		f.denies = append(f.denies, Finding{Code: finding.DNSDisabled, Gate: finding.GateDNS, Component: string(v.Item.ID), Name: nameOf(v.Item.Tags), At: x.At,
			Message: fmt.Sprintf("enableDnsSupport of %s is false, so %s does not resolve.", v.Item.ID, a.name.Host),
			Fix:     fmt.Sprintf("Turn on enableDnsSupport: aws ec2 modify-vpc-attribute --vpc-id %s --enable-dns-support.", v.Item.ID), Rule: "N97", URL: urlDNS})
	}
	// Where support is off, nothing resolves, and DNS_DISABLED says so; the ways
	// are judged as they are once it is on, so that no blocker hides behind it
	// and none is named that goes with it.
	switch {
	case names.Presence == snapshot.Collected && !names.Value:
		f.attrs = rules.StateBroken
	case names.Presence == snapshot.Collected && support.Presence == snapshot.Collected:
		f.attrs = rules.StateWorks
	}
	if a.explain && names.Presence == snapshot.Collected && !names.Value {
		why := "private DNS of interface endpoints does not work without"
		if a.q.To.S3 != nil {
			why = "AWS asks for it with S3 endpoints, and " + why
		}
		a.note(Finding{Code: finding.DNSHostnamesOff, Gate: finding.GateDNS, Severity: finding.Warning, Component: string(v.Item.ID), Name: nameOf(v.Item.Tags), At: x.At,
			Message: fmt.Sprintf("enableDnsHostnames of %s is false; %s.", v.Item.ID, why),
			Fix:     fmt.Sprintf("Turn on enableDnsHostnames: aws ec2 modify-vpc-attribute --vpc-id %s --enable-dns-hostnames.", v.Item.ID), Rule: "N55", URL: urlDNS})
	}
	return f
}

// firewall judges DNS Firewall, and says what of Route 53 was not collected
// (N102, N104).
func (a resolver) firewall(v snapshot.Located[snapshot.VPC], f *dnsFacts) {
	r := a.resolverData(v)
	f.needs = append(f.needs, r.needs...)
	var lacking, refused []string
	for _, c := range []struct {
		name string
		p    snapshot.Presence
	}{{"ResolverRules", r.Rules.Presence}, {"ResolverRuleAssociations", r.RuleAssociations.Presence},
		{"FirewallRuleGroupAssociations", r.FirewallGroups.Presence}, {"private HostedZones", r.PrivateZones.Presence}, {"ProfileAssociations", r.Profiles.Presence}} {
		switch {
		case c.p == snapshot.Collected && ownView(v): // the owner's associations are not shown to a participant
		case c.p == snapshot.Unreadable:
			refused = append(refused, c.name)
		default:
			lacking = append(lacking, c.name)
		}
	}
	if len(refused) > 0 { // a gap says that nobody knows: N104's leniency is for what was not asked
		f.needs = append(f.needs, a.route53Need(v, "could not be read: "+strings.Join(refused, ", ")))
	}
	if len(lacking) > 0 {
		a.notCollected(v, lacking, f)
	}
	switch d := a.firewallAnswer(r); d.Verdict {
	case rules.FirewallUnknown:
		f.needs = append(f.needs, d.Need)
	case rules.FirewallBlocks:
		f.denies = append(f.denies, Finding{Code: finding.DNSFirewallBlock, Gate: finding.GateDNS, Component: d.Rule.Group, Name: d.Rule.Name, At: d.Rule.At,
			Message: fmt.Sprintf("DNS Firewall rule %q of %s blocks %s.", d.Rule.Name, d.Rule.Group, a.name.Host),
			Fix:     fmt.Sprintf("Allow %s in a rule with a lower priority number.", a.name.Host), Rule: "N102", URL: urlDNSFirewall})
	}
}

// firewallAnswer is what DNS Firewall does to the client's queries: for A
// records, AAAA, or both, by the families that it and the name have.
func (a resolver) firewallAnswer(r *resolverData) rules.FirewallAnswer {
	v4 := r.firewall(a.name.Host, "A")
	v6 := r.firewall(a.name.Host, "AAAA")
	n := a.from.subnet.Item
	both := a.name.Dualstack || a.name.Form == rules.FormEndpoint || n != nil && n.EnableDNS64
	switch {
	case a.from.v4 && (!a.from.v6 || !both):
		return v4
	case !a.from.v4 || v4.Verdict == v6.Verdict:
		return v6
	}
	rule := v4.Rule
	if v6.Verdict == rules.FirewallBlocks || rule == nil {
		rule = v6.Rule
	}
	need := rules.Need{Code: finding.UnknownDNS, Component: string(r.vpc), Fact: "which of its A and AAAA records for " + a.name.Host + " the client uses: DNS Firewall blocks one of them"}
	if rule != nil {
		need.Component, need.At = rule.Group, rule.At
	}
	return rules.FirewallAnswer{Verdict: rules.FirewallUnknown, Rule: rule, Need: need}
}

func (a resolver) route53Need(v snapshot.Located[snapshot.VPC], why string) rules.Need {
	return rules.Need{Code: finding.UnknownDNS, Component: string(v.Item.ID), At: v.Item.At,
		Fact:    "whether Route 53 Resolver rules, DNS Firewall, private zones or a Route 53 Profile touch " + a.name.Host + " (" + why + ")",
		Collect: "aws route53resolver list-resolver-rules and its like; aws route53 list-hosted-zones-by-vpc; aws route53profiles list-profile-associations"}
}

func (a resolver) notCollected(v snapshot.Located[snapshot.VPC], lacking []string, f *dnsFacts) {
	what := strings.Join(lacking, ", ")
	if a.q.Strict || a.q.StrictDNS {
		f.needs = append(f.needs, a.route53Need(v, "not collected: "+what))
		return
	}
	if a.explain {
		a.off = append(a.off, missing(finding.GateDNS, a.route53Need(v, "not collected: "+what)))
		a.note(Finding{Code: finding.DNSNotCollected, Gate: finding.GateDNS, Severity: finding.Warning, Component: string(v.Item.ID), Name: nameOf(v.Item.Tags), At: v.Item.At,
			Message: fmt.Sprintf("The snapshot lacks %s; %s is taken to resolve as it does by default (lenient mode).", what, a.name.Host),
			Fix:     "Collect the Route 53 Resolver data, or ask with --strict.", Rule: "N104", URL: urlResolver})
	}
}
