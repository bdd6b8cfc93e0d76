package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/packetset"
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/snapshot"
)

// branch is one answer that a name may get: the destinations, and what stands
// between the client and the answer.
type branch struct {
	destinations packetset.Set
	elsewhere    bool // the answer comes from a server that nobody knows
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

func (a *asking) vpc() located[snapshot.VPC] { return a.x.vpcs[a.from.vpcID] }

// resolveName finds where the client's name leads (N97 to N108).
func (a *asking) resolveName() resolution {
	v := a.vpc()
	at := Hop{Component: a.name.Host, Kind: "dns-name", At: a.from.at}
	if v.of == nil {
		b := a.publicBranch(at)
		b.needs = append(b.needs, rules.Need{Code: "UNK_VPC", Component: string(a.from.vpcID), At: a.from.at, Fact: "the VPC " + string(a.from.vpcID) + " and its DNS settings", Collect: "aws ec2 describe-vpcs"})
		return resolution{branches: []branch{b}}
	}
	amazon, custom, need := a.resolver(v)
	if !amazon {
		return a.customServers(at, v, custom, need)
	}
	f := a.resolverFacts(v)
	if need != nil && v.of.DHCPOptionsID == noOptions {
		f.needs = append(f.needs, *need)
	}
	a.firewall(v, &f)
	r := a.recurse(v, at, &f)
	for i := range r.branches {
		b := &r.branches[i]
		b.denies = append(slices.Clone(f.denies), b.denies...)
		b.needs = append(slices.Clone(f.needs), b.needs...)
	}
	if need != nil && v.of.DHCPOptionsID != noOptions {
		// Whoever is asked instead may answer anything.
		r = a.orElsewhere(at, r, need)
	}
	return r
}

// noOptions is what AWS prints of a VPC without a DHCP option set.
const noOptions snapshot.DHCPOptionsID = "default"

// publicAnswer is what the public name servers say of the name: an endpoint's
// own name leads to it from everywhere (N71).
func (a *asking) publicAnswer(at Hop) branch {
	if a.name.Form == rules.FormEndpoint {
		return a.endpointNameBranch(at)
	}
	return a.publicBranch(at)
}

// resolver reads the VPC's DHCP options (N98): whether clients ask the VPC's
// own resolver, and which other servers they ask.
func (a *asking) resolver(v located[snapshot.VPC]) (amazon bool, custom []netip.Addr, need *rules.Need) {
	id := v.of.DHCPOptionsID
	unknown := &rules.Need{Code: "UNK_DHCP", Component: orElse(string(id), string(v.of.ID)), At: v.of.At,
		Fact: "which DNS servers interfaces in " + string(v.of.ID) + " use", Collect: "aws ec2 describe-dhcp-options"}
	if id == noOptions {
		unknown.Fact = string(v.of.ID) + " has no DHCP option set; whether its interfaces get a DNS server depends on the host's hardware"
		return true, nil, unknown
	}
	o := a.x.dhcp[id].of
	if o == nil || len(o.DNSServers) == 0 {
		return true, nil, unknown
	}
	amazon, custom, odd := rules.Servers(o.DNSServers, v.of.CIDRs)
	unknown.At, unknown.Component, unknown.Collect = o.At, string(o.ID), ""
	switch {
	case len(odd) > 0:
		unknown.Fact = "what the DNS server " + odd[0] + " of " + string(o.ID) + " is"
		return true, nil, unknown
	case amazon && len(custom) > 0:
		unknown.Code, unknown.Fact = "UNK_DNS_CUSTOM", "which of Amazon's and the other DNS servers of "+string(o.ID)+" answers, and what"
		return false, custom, unknown
	case amazon:
		return true, nil, nil
	}
	unknown.Code, unknown.Fact = "UNK_DNS_CUSTOM", fmt.Sprintf("what the DNS servers of %s (%s) answer for %s", o.ID, custom[0], a.name.Host)
	unknown.Collect = "ask a client in the VPC: dig " + a.name.Host + "; or --assume-public-dns"
	return false, custom, unknown
}

// customServers is the answers where clients ask servers of their own: first
// whether they can, then everything that they may hear (N98).
func (a *asking) customServers(at Hop, v located[snapshot.VPC], custom []netip.Addr, need *rules.Need) resolution {
	b := a.publicAnswer(at)
	mixed := strings.HasPrefix(need.Fact, "which of Amazon's")
	if lost, all := a.unreachable(custom); all && !mixed {
		o := a.x.dhcp[v.of.DHCPOptionsID].of
		b.denies = append(b.denies, Finding{Code: "DNS_SERVER_UNREACHABLE", Gate: gateDNS, Component: string(o.ID), At: o.At, Example: lost,
			Message: fmt.Sprintf("%s names the DNS server %s, and %s can't reach it on port 53.", o.ID, custom[0], a.from.words()),
			Fix:     fmt.Sprintf("Let the security groups, network ACLs and routes pass UDP and TCP port 53 to %s, or use AmazonProvidedDNS.", custom[0]), Rule: "N98", URL: urlDHCP})
		return resolution{branches: []branch{b}}
	}
	if a.q.AssumePublicDNS {
		a.assumed = append(a.assumed, fmt.Sprintf("The DNS servers of %s answer with public addresses (--assume-public-dns).", v.of.DHCPOptionsID))
		return resolution{branches: []branch{b}}
	}
	return a.orElsewhere(at, resolution{branches: []branch{b}}, need)
}

// orElsewhere adds the reading that the name leads elsewhere. Its cases are
// the public answer's, so that the readings can be compared. Where the client
// gets nowhere that could be S3, there is no such reading: what is known to
// fail fails whatever the answer is, and the rest hangs on it.
func (a *asking) orElsewhere(at Hop, r resolution, need *rules.Need) resolution {
	if a.leadsNowhereElse() {
		for i := range r.branches {
			r.branches[i].needs = append(slices.Clone(r.branches[i].needs), *need)
		}
		return r
	}
	r.branches = append(r.branches, a.elsewhere(at, r.branches[0]))
	if r.why.Code == "" {
		r.why = *need
	}
	return r
}

// elsewhere is an answer that is not known.
func (a *asking) elsewhere(at Hop, b branch) branch {
	return branch{destinations: b.destinations, elsewhere: true, at: at}
}

// leadsNowhereElse reports whether the client's packets get to none of the
// addresses that S3 may have wherever a name leads.
func (a *asking) leadsNowhereElse() bool {
	if a.nested || a.q.To.S3 == nil {
		return false
	}
	q := a.q
	q.To = Endpoint{unknownAnswer: true}
	r, err := a.ask(q)
	return err == nil && r.Outcome == Blocked
}

// wherever is every address that may be S3's for whom the snapshot does not
// tell what a name leads to: all outside of the client's VPC, where S3 and
// others' endpoints for it are, and those inside if the VPC may have an
// interface endpoint.
func (a *asking) wherever() packetset.Set {
	d := packetset.None
	if a.from.v4 {
		d = a.s.Prefix(packetset.Destination, netip.MustParsePrefix("0.0.0.0/0"))
	}
	if a.from.v6 {
		d = a.s.Or(d, a.s.Prefix(packetset.Destination, netip.MustParsePrefix("::/0")))
	}
	without := slices.Clone(ownLink)
	if v := a.vpc(); v.of != nil && !mayHoldS3(v) {
		without = slices.Concat(without, v.of.CIDRs, v.of.IPv6CIDRs)
	}
	for _, p := range without {
		d = a.s.Diff(d, a.s.Prefix(packetset.Destination, p))
	}
	return a.s.Diff(d, addrSet(a.s, packetset.Destination, a.ownAddresses()))
}

// ownLink is the address space that leads no further than the client's host
// or link, or to no single host.
var ownLink = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("224.0.0.0/3"),
	netip.MustParsePrefix("::/127"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("fd00:ec2::/32"), netip.MustParsePrefix("ff00::/8"),
}

// mayHoldS3 reports whether S3 may have an address in the VPC: that of an
// interface endpoint for it.
func mayHoldS3(v located[snapshot.VPC]) bool {
	if v.in.EC2.VPCEndpoints.Presence != snapshot.Collected || !ownView(v) {
		return true
	}
	return slices.ContainsFunc(v.in.EC2.VPCEndpoints.Items, func(e snapshot.VPCEndpoint) bool {
		_, service, ok := rules.SplitServiceName(e.ServiceName)
		return e.VPC == v.of.ID && !strings.HasPrefix(strings.ToLower(e.Type), "gateway") && (!ok || service == "s3")
	})
}

// unreachable reports whether no server can be reached on port 53, by UDP or
// TCP, with a query to the first that gets lost.
func (a *asking) unreachable(servers []netip.Addr) (lost *Packet, all bool) {
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
func (a *asking) resolverFacts(v located[snapshot.VPC]) dnsFacts {
	f := dnsFacts{attrs: rules.StateUnknown}
	x := a.x.attributes[v.of.ID].of
	f.attrsNeed = rules.Need{Code: "UNK_DNS_ATTRS", Component: string(v.of.ID), At: v.of.At, Fact: "enableDnsSupport and enableDnsHostnames of " + string(v.of.ID),
		Collect: "aws ec2 describe-vpc-attribute --vpc-id " + string(v.of.ID) + " --attribute enableDnsSupport, and enableDnsHostnames"}
	if x == nil {
		f.needs = append(f.needs, f.attrsNeed)
		return f
	}
	support, names := x.EnableDNSSupport, x.EnableDNSHostnames
	switch {
	case support.Presence != snapshot.Collected:
		f.needs = append(f.needs, f.attrsNeed)
	case !support.Value:
		f.denies = append(f.denies, Finding{Code: "DNS_DISABLED", Gate: gateDNS, Component: string(v.of.ID), Name: nameOf(v.of.Tags), At: x.At,
			Message: fmt.Sprintf("enableDnsSupport of %s is false, so %s does not resolve.", v.of.ID, a.name.Host),
			Fix:     fmt.Sprintf("Turn on enableDnsSupport: aws ec2 modify-vpc-attribute --vpc-id %s --enable-dns-support.", v.of.ID), Rule: "N97", URL: urlDNS})
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
		a.note(Finding{Code: "DNS_HOSTNAMES_OFF", Gate: gateDNS, Severity: severityWarning, Component: string(v.of.ID), Name: nameOf(v.of.Tags), At: x.At,
			Message: fmt.Sprintf("enableDnsHostnames of %s is false. AWS asks for it with S3 endpoints, and private DNS does not work without.", v.of.ID),
			Fix:     fmt.Sprintf("Turn on enableDnsHostnames: aws ec2 modify-vpc-attribute --vpc-id %s --enable-dns-hostnames.", v.of.ID), Rule: "N55", URL: urlDNS})
	}
	return f
}

// firewall judges DNS Firewall, and says what of Route 53 was not collected
// (N102, N104).
func (a *asking) firewall(v located[snapshot.VPC], f *dnsFacts) {
	r := &v.in.Resolver
	var lacking, refused []string
	for _, c := range []struct {
		name string
		p    snapshot.Presence
	}{{"ResolverRules", r.Rules.Presence}, {"ResolverRuleAssociations", r.RuleAssociations.Presence},
		{"FirewallRuleGroupAssociations", r.FirewallGroups.Presence}, {"private HostedZones", r.PrivateZones.Presence}} {
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
	switch d := a.firewallAnswer(r, v.of.ID); d.Verdict {
	case rules.FirewallUnknown:
		f.needs = append(f.needs, d.Need)
	case rules.FirewallBlocks:
		f.denies = append(f.denies, Finding{Code: "DNS_FIREWALL_BLOCK", Gate: gateDNS, Component: d.Rule.Group, Name: d.Rule.Name, At: d.Rule.At,
			Message: fmt.Sprintf("DNS Firewall rule %q of %s blocks %s.", d.Rule.Name, d.Rule.Group, a.name.Host),
			Fix:     fmt.Sprintf("Allow %s in a rule with a lower priority number.", a.name.Host), Rule: "N102", URL: urlDNSFirewall})
	}
}

// firewallAnswer is what DNS Firewall does to the client's queries: for A
// records, AAAA, or both, by the families that it and the name have.
func (a *asking) firewallAnswer(r *snapshot.Resolver, vpc snapshot.VPCID) rules.FirewallAnswer {
	v4 := rules.DecideFirewall(r, vpc, a.name.Host, "A")
	v6 := rules.DecideFirewall(r, vpc, a.name.Host, "AAAA")
	n := a.from.subnet.of
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
	need := rules.Need{Code: "UNK_DNS", Component: string(vpc), Fact: "which of its A and AAAA records for " + a.name.Host + " the client uses: DNS Firewall blocks one of them"}
	if rule != nil {
		need.Component, need.At = rule.Group, rule.At
	}
	return rules.FirewallAnswer{Verdict: rules.FirewallUnknown, Rule: rule, Need: need}
}

func (a *asking) route53Need(v located[snapshot.VPC], why string) rules.Need {
	return rules.Need{Code: "UNK_DNS", Component: string(v.of.ID), At: v.of.At,
		Fact:    "whether Route 53 Resolver rules, DNS Firewall or private zones touch " + a.name.Host + " (" + why + ")",
		Collect: "aws route53resolver list-resolver-rules and its like; aws route53 list-hosted-zones-by-vpc"}
}

func (a *asking) notCollected(v located[snapshot.VPC], lacking []string, f *dnsFacts) {
	what := strings.Join(lacking, ", ")
	if a.q.StrictDNS {
		f.needs = append(f.needs, a.route53Need(v, "not collected: "+what))
		return
	}
	if a.explain {
		a.note(Finding{Code: "DNS_NOT_COLLECTED", Gate: gateDNS, Severity: severityWarning, Component: string(v.of.ID), Name: nameOf(v.of.Tags), At: v.of.At,
			Message: fmt.Sprintf("The snapshot lacks %s; %s is taken to resolve as it does by default (lenient mode).", what, a.name.Host),
			Fix:     "Collect the Route 53 Resolver data, or ask with --strict-dns.", Rule: "N104", URL: urlResolver})
	}
}

// recurse finds who answers: the most specific of Resolver rules, private
// zones and endpoints' private DNS, else the public name servers (N99 to N101).
// Where a fact is missing, every reading of it is followed.
func (a *asking) recurse(v located[snapshot.VPC], at Hop, f *dnsFacts) resolution {
	public := a.publicAnswer(at)
	var r resolution
	var seen []answerer
	for _, reading := range a.dnsReadings(v, f) {
		winners := reading.winners()
		for _, w := range winners {
			if slices.Contains(seen, w) {
				continue
			}
			if len(seen) > 0 && r.why.Code == "" {
				r.why = reading.why
			}
			seen = append(seen, w)
			r.branches = append(r.branches, a.answerOf(w, at, public))
		}
		if len(winners) > 1 && r.why.Code == "" {
			r.why = rules.Need{Code: "SNAPSHOT_INCONSISTENT", Component: string(v.of.ID), At: v.of.At, Fact: "which of several private zones and endpoints' private DNS answers " + a.name.Host + "; AWS allows one"}
		}
	}
	if forward := seen[0].forward; forward != nil && len(r.branches) == 1 {
		// What the other servers answer may be the public answer, too.
		return a.orElsewhere(at, resolution{branches: []branch{public}}, &rules.Need{Code: "UNK_DNS_FORWARDED", Component: forward.ID, At: forward.At,
			Fact: fmt.Sprintf("what the servers answer to which Resolver rule %s forwards %s", forward.ID, a.name.Host)})
	}
	return r
}

// answerer is who answers a query. All nil: the public name servers.
type answerer struct {
	endpoint *snapshot.VPCEndpoint
	in       *snapshot.Region // of the endpoint
	zone     *snapshot.PrivateZone
	forward  *snapshot.ResolverRule
	lost     string // a Resolver rule that the snapshot lacks
}

// dnsReading is one reading of what the snapshot leaves open, with what would
// settle it.
type dnsReading struct {
	private []answerer // with labels each
	labels  []int
	forward answerer
	length  int // of the forward rule's domain; -1: none
	why     rules.Need
}

// winners are the most specific answerers; a Resolver rule beats a zone for
// the same domain (N99). More than one: the snapshot contradicts itself.
func (r *dnsReading) winners() []answerer {
	longest := -1
	var out []answerer
	for i, n := range r.labels {
		if n > longest {
			longest, out = n, nil
		}
		if n == longest {
			out = append(out, r.private[i])
		}
	}
	if r.length >= longest && r.length >= 0 {
		return []answerer{r.forward}
	}
	if len(out) == 0 {
		return []answerer{{}}
	}
	return out
}

// dnsReadings are the readings, the likeliest first: DNS attributes that are
// not told are on, zones of which nobody knows the VPCs are other VPCs', and a
// Resolver rule that the snapshot lacks is about other names.
func (a *asking) dnsReadings(v located[snapshot.VPC], f *dnsFacts) []dnsReading {
	base := dnsReading{length: -1}
	if forward, labels := a.forwardRule(v); forward != nil {
		base.forward, base.length = answerer{forward: forward}, labels
	}
	off := base
	maybe := a.endpointsWithName(v, &base)
	zones := a.zonesOf(v, &base)
	var out []dnsReading
	add := func(r dnsReading, why rules.Need) {
		r.why = why
		out = append(out, r)
	}
	if f.attrs != rules.StateBroken {
		add(base, rules.Need{})
		for _, e := range maybe {
			add(base.with(e, privateLabels(a.name)), rules.Need{Code: "UNK_DNS", Component: string(e.endpoint.ID), At: e.endpoint.At,
				Fact:    "whether private DNS of " + string(e.endpoint.ID) + " answers clients inside the VPC (PrivateDnsEnabled, PrivateDnsOnlyForInboundResolverEndpoint)",
				Collect: "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids " + string(e.endpoint.ID)})
		}
		for _, z := range zones {
			n, _ := rules.Under(a.name.Host, z.zone.Name)
			add(base.with(z, n), rules.Need{Code: "UNK_DNS", Component: z.zone.ID, At: z.zone.At, Fact: "which VPCs private zone " + z.zone.Name + " is associated with",
				Collect: "aws route53 get-hosted-zone --id " + z.zone.ID})
		}
	}
	if f.attrs != rules.StateWorks {
		add(off, f.attrsNeed)
	}
	for _, id := range a.lostRules(v) {
		lost := base
		lost.forward, lost.length = answerer{lost: id}, maxLabels
		add(lost, rules.Need{Code: "UNK_DNS", Component: id, At: v.of.At, Fact: "which names Resolver rule " + id + " is about: it is associated with " + string(v.of.ID) + " and not in the snapshot",
			Collect: "aws route53resolver get-resolver-rule --resolver-rule-id " + id})
	}
	return out
}

// maxLabels is more than any domain name has.
const maxLabels = 128

func (r dnsReading) with(x answerer, labels int) dnsReading {
	r.private = append(r.private[:len(r.private):len(r.private)], x)
	r.labels = append(r.labels[:len(r.labels):len(r.labels)], labels)
	return r
}

func privateLabels(n rules.Name) int { return strings.Count(rules.RegionalName(n.Region), ".") + 1 }

// endpointsWithName adds the interface endpoints whose private DNS has the
// name, and returns those of which that is not known.
func (a *asking) endpointsWithName(v located[snapshot.VPC], r *dnsReading) (maybe []answerer) {
	for _, id := range a.x.vpcEndpoints[v.of.ID] {
		e := a.x.endpoints[id]
		switch x := (answerer{endpoint: e.of, in: e.in}); a.covers(e.of) {
		case rules.Covered:
			*r = r.with(x, privateLabels(a.name))
		case rules.CoverageUnknown:
			maybe = append(maybe, x)
		}
	}
	return maybe
}

// zonesOf adds the private zones of the VPC that capture the name, and
// returns those of which nobody knows whether they are its.
func (a *asking) zonesOf(v located[snapshot.VPC], r *dnsReading) (maybe []answerer) {
	for _, acc := range a.x.snap.Accounts {
		for _, reg := range acc.Regions {
			for i := range reg.Resolver.PrivateZones.Items {
				z := &reg.Resolver.PrivateZones.Items[i]
				n, ok := rules.Under(a.name.Host, z.Name)
				switch {
				case !ok:
				case !z.VPCsKnown:
					maybe = append(maybe, answerer{zone: z})
				case slices.Contains(z.VPCs, v.of.ID):
					*r = r.with(answerer{zone: z}, n)
				}
			}
		}
	}
	return maybe
}

// lostRules are the Resolver rules that are associated with a VPC and are not
// in the snapshot, though its rules are (N12). AWS's own are about other names.
func (a *asking) lostRules(v located[snapshot.VPC]) (ids []string) {
	r := &v.in.Resolver
	if r.Rules.Presence != snapshot.Collected {
		return nil // noted as not collected (N104)
	}
	for i := range r.RuleAssociations.Items {
		as := &r.RuleAssociations.Items[i]
		if !associated(as, v.of.ID) || strings.HasPrefix(as.Rule, "rslvr-autodefined-") || slices.Contains(ids, as.Rule) {
			continue
		}
		if !slices.ContainsFunc(r.Rules.Items, func(x snapshot.ResolverRule) bool { return x.ID == as.Rule }) {
			ids = append(ids, as.Rule)
		}
	}
	slices.Sort(ids)
	return ids
}

func associated(as *snapshot.ResolverRuleAssociation, vpc snapshot.VPCID) bool {
	return as.VPC == vpc && !equalFold(as.Status, "DELETING") && !equalFold(as.Status, "FAILED")
}

// answerOf is what an answerer says.
func (a *asking) answerOf(w answerer, at Hop, public branch) branch {
	switch {
	case w.endpoint != nil:
		return a.endpointBranch(located[snapshot.VPCEndpoint]{of: w.endpoint, in: w.in}, "", at)
	case w.zone != nil:
		return a.zoneBranch(w.zone, at, public)
	case w.forward != nil || w.lost != "":
		return a.elsewhere(at, public)
	}
	return public
}

// forwardRule is the Resolver rule that sends the name away, if the most
// specific one for it does.
func (a *asking) forwardRule(v located[snapshot.VPC]) (*snapshot.ResolverRule, int) {
	r := &v.in.Resolver
	var best *snapshot.ResolverRule
	most := -1
	for i := range r.RuleAssociations.Items {
		as := &r.RuleAssociations.Items[i]
		if !associated(as, v.of.ID) {
			continue
		}
		for j := range r.Rules.Items {
			rule := &r.Rules.Items[j]
			if n, ok := rules.Under(a.name.Host, rule.Domain); rule.ID == as.Rule && ok && n > most {
				best, most = rule, n
			}
		}
	}
	if best == nil || equalFold(best.Type, "SYSTEM") || equalFold(best.Type, "RECURSIVE") {
		return nil, -1
	}
	return best, most
}

// zoneBranch is what a private zone answers: nothing but its own records, and
// no public ones behind them (N101). Of records that nobody knows, so is the
// answer.
func (a *asking) zoneBranch(z *snapshot.PrivateZone, at Hop, public branch) branch {
	ans, known := rules.AnswerFromZone(z, a.name.Host)
	if !known {
		b := a.elsewhere(at, public)
		b.needs = append(b.needs, rules.Need{Code: "UNK_DNS", Component: z.ID, At: z.At, Fact: "the records of private zone " + z.Name, Collect: "aws route53 list-resource-record-sets --hosted-zone-id " + z.ID})
		return b
	}
	nothing := func(code, says, fix string) branch {
		return branch{destinations: a.nowhere(), nowhere: true, at: at, denies: []Finding{{Code: code, Gate: gateDNS, Component: z.ID, At: z.At,
			Message: fmt.Sprintf("The private zone %s captures %s and %s; there is no public fallback.", z.Name, a.name.Host, says), Fix: fix, Rule: "N101", URL: urlZone}}}
	}
	if ans.Record == nil {
		return nothing("DNS_PHZ_NXDOMAIN", "has no record for it", fmt.Sprintf("Add a record (*.%s for virtual-hosted names) or remove the zone from the VPC.", strings.TrimSuffix(z.Name, ".")))
	}
	if ans.Alias != "" {
		if d := a.aliasDestinations(ans.Alias); d != packetset.None {
			return branch{destinations: d, at: at}
		}
		b := a.elsewhere(at, public)
		b.needs = append(b.needs, rules.Need{Code: "UNK_DNS", Component: z.ID, At: ans.Record.At, Fact: "where " + ans.Alias + " leads, to which private zone " + z.Name + " points " + a.name.Host})
		return b
	}
	d := packetset.None
	for _, x := range ans.Addresses {
		if x.Is4() && !a.from.v4 || x.Is6() && !a.from.v6 {
			continue
		}
		p := netip.PrefixFrom(x, x.BitLen())
		for _, e := range a.interfacesIn(p) {
			a.addTarget(e, a.endpointOf(e.of.ID), p.Contains)
		}
		d = a.s.Or(d, a.s.Prefix(packetset.Destination, p))
	}
	if d == packetset.None {
		return nothing("DNS_PHZ_NXDOMAIN", fmt.Sprintf("has no address for it in a family that %s has", a.from.words()), fmt.Sprintf("Add an A record to %s, or remove the zone from the VPC.", strings.TrimSuffix(z.Name, ".")))
	}
	return branch{destinations: d, at: at}
}

// endpointOf is the interface endpoint that an interface belongs to.
func (a *asking) endpointOf(id snapshot.NetworkInterfaceID) located[snapshot.VPCEndpoint] {
	for _, acc := range a.x.snap.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.VPCEndpoints.Items {
				if e := &r.EC2.VPCEndpoints.Items[i]; slices.Contains(e.Interfaces, id) && a.x.endpoints[e.ID].of == e {
					return located[snapshot.VPCEndpoint]{of: e, in: r}
				}
			}
		}
	}
	return located[snapshot.VPCEndpoint]{}
}

// aliasDestinations follows a record to an endpoint's own name.
func (a *asking) aliasDestinations(alias string) packetset.Set {
	n, err := rules.ParseName(strings.TrimPrefix(alias, "*."))
	if err != nil || n.Form != rules.FormEndpoint {
		return packetset.None
	}
	e, ok := a.x.endpoints[n.Endpoint]
	if !ok {
		return packetset.None
	}
	d, _ := a.endpointDestinations(e, n.Zone, true)
	return d
}

// publicBranch is the answer of the public name servers.
func (a *asking) publicBranch(at Hop) branch {
	b := branch{at: at, destinations: a.publicDestinations()}
	if a.name.Form == rules.FormOther {
		b.needs = append(b.needs, rules.Need{Code: "VPCE_SERVICE_MISMATCH", Component: a.name.Host, At: at.At, Fact: "how " + a.name.Host + " is reached: website endpoints, directory buckets and multi-Region access points are not modelled"})
	}
	if b.destinations == packetset.None {
		b.destinations, b.nowhere = a.nowhere(), true
		b.denies = append(b.denies, Finding{Code: "VPCE_IP_FAMILY", Gate: gateDNS, Component: a.name.Host,
			Message: fmt.Sprintf("%s has no address in a family that %s has.", a.name.Host, a.from.words()),
			Fix:     "Use the dual-stack name, or DNS64 with NAT64.", Rule: "N53", URL: urlEndpointS3})
	}
	return b
}

// publicDestinations is the public addresses of the destination, in the
// families that the client and the name have (N53, N106, N109).
func (a *asking) publicDestinations() packetset.Set {
	d := packetset.None
	if a.from.v4 {
		d = a.s.Or(d, a.serviceAddresses(false, false))
	}
	if a.from.v6 && a.name.Dualstack {
		d = a.s.Or(d, a.serviceAddresses(true, false))
	}
	if a.from.v6 && !a.name.Dualstack && a.from.subnet.of != nil && a.from.subnet.of.EnableDNS64 {
		d = a.s.Or(d, a.serviceAddresses(false, true))
	}
	return d
}

// serviceAddresses is the public addresses of the destination's service: its
// prefix list's where the snapshot has the entries, else a symbol.
func (a *asking) serviceAddresses(v6, embedded bool) packetset.Set {
	region, service := a.name.Region, "s3"
	if a.q.To.Service != "" {
		region, service, _ = rules.SplitServiceName(a.q.To.Service)
	}
	id := a.serviceList(region, service, v6)
	l := a.x.lists[id].of
	key := fmt.Sprint("service ", region, " ", service, " ", v6, embedded, " ", id)
	if l != nil && l.EntriesKnown {
		key = fmt.Sprintf("%s %p", key, l)
		if d, ok := a.sets[key]; ok {
			return d
		}
		var d []packetset.Set
		for _, c := range l.Entries {
			if c.CIDR.Addr().Is6() != v6 {
				continue
			}
			p := c.CIDR
			if embedded {
				p = embed(p)
			}
			d = append(d, a.s.Prefix(packetset.Destination, p))
		}
		a.sets[key] = a.s.Union(d...)
		return a.sets[key]
	}
	return a.symbol(key, symbol{v6: v6 || embedded, embedded: embedded, list: id, name: fmt.Sprintf("%s in %s", strings.ToUpper(service), region)})
}

// embed puts an IPv4 prefix into 64:ff9b::/96 (N109).
func embed(p netip.Prefix) netip.Prefix {
	b := rules.NAT64().Addr().As16()
	v4 := p.Addr().As4()
	copy(b[12:], v4[:])
	return netip.PrefixFrom(netip.AddrFrom16(b), 96+p.Bits())
}

// serviceList finds AWS's prefix list of a service (N32): by its name, or as
// the one by which some table routes to a gateway endpoint for it (N31).
func (a *asking) serviceList(region, service string, v6 bool) snapshot.PrefixListID {
	return a.x.serviceLists()[listKey{region, service, v6}]
}

// nowhere is a destination without any address.
func (a *asking) nowhere() packetset.Set {
	return a.symbol(fmt.Sprint("nowhere", !a.from.v4), symbol{v6: !a.from.v4, name: "no address"})
}

func (a *asking) covers(e *snapshot.VPCEndpoint) rules.Coverage {
	if a.q.To.Service == "" {
		return rules.PrivateDNSCovers(e, a.name)
	}
	if rules.KindOfEndpoint(e) != rules.EndpointInterface || e.ServiceName != a.q.To.Service {
		return rules.NotCovered
	}
	switch {
	case e.PrivateDNS.Presence != snapshot.Collected:
		return rules.CoverageUnknown
	case e.PrivateDNS.Value:
		return rules.Covered
	}
	return rules.NotCovered
}

// endpointNameBranch is the answer to an endpoint's own name, which is public
// and leads to private addresses (N63, N71).
func (a *asking) endpointNameBranch(at Hop) branch {
	e, ok := a.x.endpoints[a.name.Endpoint]
	if !ok {
		return branch{at: at, destinations: a.nowhere(), elsewhere: true, needs: []rules.Need{{Code: "UNK_CROSS_ACCOUNT", Component: string(a.name.Endpoint), At: at.At,
			Fact: "the endpoint " + string(a.name.Endpoint), Collect: "aws ec2 describe-vpc-endpoints"}}}
	}
	return a.endpointBranch(e, a.name.Zone, at)
}

func (a *asking) endpointBranch(e located[snapshot.VPCEndpoint], zone string, at Hop) branch {
	b := branch{at: at}
	d, need := a.endpointDestinations(e, zone, a.name.Dualstack || a.name.Form == rules.FormEndpoint)
	if need != nil {
		b.needs = append(b.needs, *need)
	}
	if d != packetset.None {
		b.destinations = d
		return b
	}
	b.destinations, b.nowhere = a.nowhere(), true
	if need == nil && zone != "" && !a.coversZone(e.of, zone) {
		b.denies = append(b.denies, Finding{Code: "VPCE_SERVICE_NOT_INSTALLED_IN_AZ", AnalyzerCode: "VPCE_SERVICE_NOT_INSTALLED_IN_AZ", Gate: gateEndpoint, Component: string(e.of.ID), Name: nameOf(e.of.Tags), At: e.of.At,
			Message: fmt.Sprintf("%s has no interface in %s, so %s does not resolve.", e.of.ID, zone, a.name.Host),
			Fix:     fmt.Sprintf("Add a subnet in %s to %s, or use its Regional name.", zone, e.of.ID), Rule: "N63", URL: urlInterfaceEndpoint})
		return b
	}
	if need == nil {
		b.denies = append(b.denies, Finding{Code: "VPCE_IP_FAMILY", Gate: gateEndpoint, Component: string(e.of.ID), Name: nameOf(e.of.Tags), At: e.of.At,
			Message: fmt.Sprintf("%s resolves to %s, which has no address in a family that %s has (IpAddressType %s).", a.name.Host, e.of.ID, a.from.words(), orElse(e.of.IPAddressType, "ipv4")),
			Fix:     fmt.Sprintf("Set the IpAddressType of %s to dualstack or ipv4.", e.of.ID), Rule: "N74", URL: urlInterfaceEndpoint})
	}
	return b
}

// endpointDestinations is the addresses of an interface endpoint's interfaces
// (N62, N63), each a target. Interfaces that the snapshot lacks may have any
// address of their subnet.
func (a *asking) endpointDestinations(e located[snapshot.VPCEndpoint], zone string, bothFamilies bool) (packetset.Set, *rules.Need) {
	v4, v6 := rules.EndpointFamilies(e.of)
	v4, v6 = v4 && a.from.v4, v6 && a.from.v6 && (bothFamilies || !v4)
	before := len(a.targets)
	seen := map[snapshot.SubnetID]bool{}
	for _, id := range e.of.Interfaces {
		if n, ok := a.x.nics().byID[id]; ok {
			seen[n.of.Subnet] = true
			if a.inZone(n.of.Subnet, zone) {
				a.addTarget(n, e, func(x netip.Addr) bool { return x.Is4() && v4 || x.Is6() && v6 })
			}
		}
	}
	var need *rules.Need
	for _, id := range e.of.Subnets {
		n, ok := a.x.subnets[id]
		if seen[id] || ok && !a.inZone(id, zone) {
			continue
		}
		if !ok {
			need = &rules.Need{Code: "UNK_ENDPOINT_INTERFACES", Component: string(e.of.ID), At: e.of.At, Fact: "the interfaces of " + string(e.of.ID), Collect: "aws ec2 describe-network-interfaces"}
			continue
		}
		y := target{component: string(e.of.ID), kind: "vpc-endpoint", name: nameOf(e.of.Tags), at: e.of.At, vpc: n.of.VPC, subnet: id,
			endpoint: e, addressUnknown: true, cases: usable(a.s, packetset.Destination, n.of, v4, v6)}
		a.endpointGroups(&y, e.of)
		a.targets = append(a.targets, y)
	}
	d := packetset.None
	for i := before; i < len(a.targets); i++ {
		d = a.s.Or(d, a.targets[i].cases)
	}
	if d == packetset.None && need == nil && len(e.of.Interfaces)+len(e.of.Subnets) == 0 {
		need = &rules.Need{Code: "UNK_ENDPOINT_INTERFACES", Component: string(e.of.ID), At: e.of.At, Fact: "the interfaces of " + string(e.of.ID), Collect: "aws ec2 describe-vpc-endpoints and describe-network-interfaces"}
	}
	return d, need
}

// coversZone reports whether an endpoint has a subnet in a zone, or one of
// which nobody knows.
func (a *asking) coversZone(e *snapshot.VPCEndpoint, zone string) bool {
	return slices.ContainsFunc(e.Subnets, func(id snapshot.SubnetID) bool { return a.x.subnets[id].of == nil || a.inZone(id, zone) })
}

func (a *asking) inZone(id snapshot.SubnetID, zone string) bool {
	n := a.x.subnets[id].of
	return zone == "" || n != nil && n.AvailabilityZone == zone
}
