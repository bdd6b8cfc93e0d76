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

// recurse finds who answers: the most specific of Resolver rules, private
// zones and endpoints' private DNS, else the public name servers (N99 to N101).
// Where a fact is missing, every reading of it is followed.
func (a resolver) recurse(v snapshot.Located[snapshot.VPC], at Hop, f *dnsFacts) resolution {
	public := a.publicAnswer(at)
	var r resolution
	var seen []answerer
	for _, reading := range a.dnsReadings(v, f) {
		winners := reading.winners()
		for _, w := range winners {
			if slices.Contains(seen, w) {
				continue
			}
			if len(seen) > 0 && r.why.Code == (finding.Code{}) {
				r.why = reading.why
			}
			seen = append(seen, w)
			r.branches = append(r.branches, a.answerOf(w, at, public))
		}
		if len(winners) > 1 && r.why.Code == (finding.Code{}) {
			r.why = rules.Need{Code: finding.SnapshotInconsistent, Component: string(v.Item.ID), At: v.Item.At, Fact: "which of several private zones and endpoints' private DNS answers " + a.name.Host + "; AWS allows one"}
		}
	}
	if need := a.endpointsNotCollected(v); need != nil && len(r.branches) == 1 && seen[0] == (answerer{}) {
		return a.orElsewhere(at, r, need)
	}
	if forward := seen[0].forward; forward != nil && len(r.branches) == 1 {
		// What the other servers answer may be the public answer, too.
		return a.orElsewhere(at, resolution{branches: []branch{public}}, &rules.Need{Code: finding.UnknownDNSForwarded, Component: forward.ID, At: forward.At,
			Fact: fmt.Sprintf("what the servers answer to which Resolver rule %s forwards %s", forward.ID, a.name.Host)})
	}
	return r
}

// endpointsNotCollected words that private DNS of an interface endpoint may
// answer the name: the snapshot holds no endpoints of the VPC, not even that
// there are none (N10, N12), or an interface of one that it lacks. Endpoints' own names are answered publicly.
func (a resolver) endpointsNotCollected(v snapshot.Located[snapshot.VPC]) *rules.Need {
	eni, lost := a.x.lostEndpoint(v.Item.ID)
	if v.Region.EC2.VPCEndpoints.Presence == snapshot.Collected && !lost || a.name.Form == rules.FormEndpoint || a.name.Form == rules.FormOther || a.name.Form == rules.FormHost {
		return nil
	}
	need := &rules.Need{Code: finding.UnknownDNS, Component: string(v.Item.ID), At: v.Item.At, Collect: "aws ec2 describe-vpc-endpoints",
		Fact: "whether private DNS of an interface endpoint in " + string(v.Item.ID) + " answers " + a.name.Host}
	if lost {
		need.Fact += fmt.Sprintf(": %s belongs to an endpoint that the snapshot lacks", eni)
	}
	return need
}

// answerer is who answers a query. All nil: the public name servers.
type answerer struct {
	endpoint *snapshot.VPCEndpoint
	in       *snapshot.Region // of the endpoint
	zone     *snapshot.PrivateZone
	forward  *snapshot.ResolverRule
	lost     string // a Resolver rule or a profile's zone that the snapshot lacks
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
func (a resolver) dnsReadings(v snapshot.Located[snapshot.VPC], f *dnsFacts) []dnsReading {
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
			add(base.with(e, privateLabels(a.name)), rules.Need{Code: finding.UnknownDNS, Component: string(e.endpoint.ID), At: e.endpoint.At,
				Fact:    "whether private DNS of " + string(e.endpoint.ID) + " answers clients inside the VPC (PrivateDnsEnabled, PrivateDnsOnlyForInboundResolverEndpoint)",
				Collect: "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids " + string(e.endpoint.ID)})
		}
		for _, z := range zones {
			n, _ := rules.Under(a.name.Host, z.zone.Name)
			add(base.with(z, n), rules.Need{Code: finding.UnknownDNS, Component: z.zone.ID, At: z.zone.At, Fact: "which VPCs private zone " + z.zone.Name + " is associated with",
				Collect: "aws route53 get-hosted-zone --id " + z.zone.ID})
		}
	}
	if f.attrs != rules.StateWorks {
		add(off, f.attrsNeed)
	}
	for _, id := range a.lostRules(v) {
		lost := base
		lost.forward, lost.length = answerer{lost: id}, maxLabels
		add(lost, missingRule(id, v.Item.ID, v.Item.At))
	}
	for _, need := range a.resolverData(v).missing {
		lost := base
		lost.forward, lost.length = answerer{lost: need.Component}, maxLabels
		add(lost, need)
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
func (a resolver) endpointsWithName(v snapshot.Located[snapshot.VPC], r *dnsReading) (maybe []answerer) {
	for _, id := range a.x.vpcEndpoints[v.Item.ID] {
		e := a.x.VPCEndpoints.Get(id)
		switch x := (answerer{endpoint: e.Item, in: e.Region}); a.covers(e.Item) {
		case rules.Covered:
			*r = r.with(x, privateLabels(a.name))
		case rules.CoverageUnknown:
			maybe = append(maybe, x)
		}
	}
	for _, id := range a.resolverData(v).endpoints {
		// Whether a profile's endpoint answers without private DNS is not known.
		if e := a.x.VPCEndpoints.Get(id); e.Item != nil && e.Item.VPC != v.Item.ID && a.covers(e.Item) != rules.NotCovered {
			maybe = append(maybe, answerer{endpoint: e.Item, in: e.Region})
		}
	}
	return maybe
}

// zonesOf adds the private zones of the VPC that capture the name, and
// returns those of which nobody knows whether they are its.
func (a resolver) zonesOf(v snapshot.Located[snapshot.VPC], r *dnsReading) (maybe []answerer) {
	profiles := a.resolverData(v).zones
	for _, acc := range a.x.Snapshot.Accounts {
		for _, reg := range acc.Regions {
			for i := range reg.Resolver.PrivateZones.Items {
				z := &reg.Resolver.PrivateZones.Items[i]
				n, ok := rules.Under(a.name.Host, z.Name)
				switch {
				case !ok:
				case slices.Contains(z.VPCs, v.Item.ID), slices.Contains(profiles, zoneID(z.ID)):
					*r = r.with(answerer{zone: z}, n)
				case !z.VPCsKnown:
					maybe = append(maybe, answerer{zone: z})
				}
			}
		}
	}
	return maybe
}

// lostRules are the Resolver rules that are associated with a VPC and are not
// in the snapshot, though its rules are (N12). AWS's own are about other names.
func (a resolver) lostRules(v snapshot.Located[snapshot.VPC]) (ids []string) {
	r := a.resolverData(v)
	if r.Rules.Presence != snapshot.Collected {
		return nil // noted as not collected (N104)
	}
	for i := range r.RuleAssociations.Items {
		as := &r.RuleAssociations.Items[i]
		if !associated(as, v.Item.ID) || strings.HasPrefix(as.Rule, "rslvr-autodefined-") || slices.Contains(ids, as.Rule) {
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
func (a resolver) answerOf(w answerer, at Hop, public branch) branch {
	switch {
	case w.endpoint != nil:
		return a.endpointBranch(snapshot.Located[snapshot.VPCEndpoint]{Item: w.endpoint, Region: w.in}, "", at)
	case w.zone != nil:
		return a.zoneBranch(w.zone, at, public)
	case w.forward != nil || w.lost != "":
		return a.unknownAnswer(at, public)
	}
	return public
}

// forwardRule is the Resolver rule that sends the name away, if the most
// specific one for it does.
func (a resolver) forwardRule(v snapshot.Located[snapshot.VPC]) (*snapshot.ResolverRule, int) {
	r := a.resolverData(v)
	var best *snapshot.ResolverRule
	most := -1
	for i := range r.RuleAssociations.Items {
		as := &r.RuleAssociations.Items[i]
		if !associated(as, v.Item.ID) {
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
func (a resolver) zoneBranch(z *snapshot.PrivateZone, at Hop, public branch) branch {
	ans, known := rules.AnswerFromZone(z, a.name.Host)
	if !known {
		b := a.unknownAnswer(at, public)
		b.needs = append(b.needs, rules.Need{Code: finding.UnknownDNS, Component: z.ID, At: z.At, Fact: "the records of private zone " + z.Name, Collect: "aws route53 list-resource-record-sets --hosted-zone-id " + z.ID})
		return b
	}
	nothing := func(code finding.Code, says, fix string) branch {
		return branch{destinations: a.nowhere(), nowhere: true, at: at, denies: []Finding{{Code: code, Gate: finding.GateDNS, Component: z.ID, At: z.At,
			Message: fmt.Sprintf("The private zone %s answers for %s and %s; there is no fallback to public DNS.", z.Name, a.name.Host, says), Fix: fix, Rule: "N101", URL: urlZone}}}
	}
	if ans.Record == nil {
		return nothing(finding.DNSPHZNxdomain, "has no record for it", fmt.Sprintf("Add a record (*.%s for virtual-hosted names) or remove the zone from the VPC.", strings.TrimSuffix(z.Name, ".")))
	}
	if ans.Alias != "" {
		if d := a.aliasDestinations(ans.Alias); d != packetset.None {
			return branch{destinations: d, at: at}
		}
		b := a.unknownAnswer(at, public)
		b.needs = append(b.needs, rules.Need{Code: finding.UnknownDNS, Component: z.ID, At: ans.Record.At, Fact: "where " + ans.Alias + " leads, to which private zone " + z.Name + " points " + a.name.Host})
		return b
	}
	d := packetset.None
	for _, x := range ans.Addresses {
		if x.Is4() && !a.from.v4 || x.Is6() && !a.from.v6 {
			continue
		}
		p := netip.PrefixFrom(x, x.BitLen())
		for _, e := range a.interfacesIn(p) {
			a.addTarget(e, a.endpointOf(e.Item.ID), p.Contains)
		}
		d = a.s.Or(d, a.s.Prefix(packetset.Destination, p))
	}
	if d == packetset.None {
		return nothing(finding.DNSPHZNxdomain, fmt.Sprintf("has no address for it in a family that %s has", a.from.words()), fmt.Sprintf("Add an A record to %s, or remove the zone from the VPC.", strings.TrimSuffix(z.Name, ".")))
	}
	return branch{destinations: d, at: at}
}
