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

// Client is who asks for a name: the families that its interface has.
type Client struct {
	VPC    snapshot.VPCID
	V4, V6 bool
	DNS64  bool // of its subnet
	// Strict and Public are the question's switches (N98, N104).
	Strict, Public bool
}

// Servers is what an S3 name resolves to for a client in a VPC.
type Servers struct {
	// Own are the client's own DNS servers, which it must reach on port 53
	// (N98); none: it asks the VPC's.
	Own []netip.Addr
	// Answers are what the name may mean. More than one: the snapshot does not
	// tell which (N2).
	Answers []Answer
	Why     string
}

// Answer is one answer to a query: the addresses, each as likely (N63), and the
// prefix lists whose addresses it may be. None at all: the name has no address.
type Answer struct {
	// Query is whether the name is answered so at all: Blocks where the
	// resolver is off or DNS Firewall stops the query.
	Query     Outcome
	Addresses []netip.Addr
	Lists     []snapshot.PrefixListID
	// Foreign: the answer is somebody else's, and not known.
	Foreign bool
	// OrPublic: the answer is not known, and the others are what Amazon's
	// servers would say. It is no answer of its own where a client's packets get
	// nowhere that may be S3.
	OrPublic bool
	Why      string
}

// Resolve decides what an S3 name resolves to (N97 to N109). An empty name is
// the Regional one (N105).
func (e *Evaluator) Resolve(c Client, region, name string) Servers {
	v := e.vpc(c.VPC)
	if v == nil {
		return Servers{Why: "the VPC is not in the snapshot"}
	}
	if name == "" {
		name = "s3." + region + ".amazonaws.com"
	}
	public := e.publicAnswer(c, region, name)
	foreign := Answer{Query: Passes, Foreign: true, OrPublic: true, Why: "other servers answer"}
	amazon, own, odd := e.dnsServers(v)
	if len(own) > 0 && !odd {
		public.Query = Passes
		s := Servers{Own: own, Answers: []Answer{public}}
		if amazon {
			s.Own = nil // whichever is asked
		}
		if !c.Public {
			s.Answers = append(s.Answers, foreign)
		}
		return s
	}
	s := Servers{Answers: e.amazonAnswers(c, v, region, name, public)}
	if odd || (e.regionOf(c.VPC).EC2.VPCEndpoints.Presence != snapshot.Collected || e.EndpointMissing(c.VPC)) && !strings.Contains(name, ".vpce.") {
		// Private DNS of an endpoint that nobody collected may answer (N10).
		s.Answers = append(s.Answers, foreign)
	}
	return s
}

// EndpointMissing tells whether an interface in a VPC belongs to an endpoint
// that the snapshot lacks (N12).
func (e *Evaluator) EndpointMissing(vpc snapshot.VPCID) bool {
	return find(e, func(r *snapshot.Region) []snapshot.NetworkInterface { return r.EC2.NetworkInterfaces.Items }, func(i *snapshot.NetworkInterface) bool {
		id, ok := strings.CutPrefix(i.Description, "VPC Endpoint Interface ")
		return ok && i.VPC == vpc && e.endpoint(id) == nil
	}) != nil
}

// amazonAnswers is what the VPC's resolver may say.
func (e *Evaluator) amazonAnswers(c Client, v *snapshot.VPC, region, name string, public Answer) []Answer {
	support, names := e.dnsAttributes(c.VPC)
	home := e.regionOf(c.VPC)
	var stopped []Outcome
	for _, q := range c.queries(name) {
		stopped = append(stopped, e.firewall(home, c.VPC, name, q))
	}
	query := both(support, agreed(stopped))
	if _, told := e.fromProfiles(c.VPC, ""); !told {
		query = both(query, Unknown)
	}
	if known(&home.Resolver, c.Strict) == Unknown || v.DHCPOptionsID == "default" {
		query = both(query, Unknown)
	}
	if support == Blocks {
		support = Passes // what the name means once it is on
	}
	out := e.recurse(c, region, name, both(support, names), public)
	for i := range out {
		out[i].Query = query
	}
	return out
}

// known tells whether the Route 53 data is in the snapshot. What nobody asked
// for is taken for none, unless the question is strict; a gap never is (N104).
func known(r *snapshot.Resolver, strict bool) Outcome {
	for _, p := range []snapshot.Presence{r.Rules.Presence, r.RuleAssociations.Presence, r.FirewallGroups.Presence, r.PrivateZones.Presence, r.Profiles.Presence} {
		if p == snapshot.Unreadable || strict && p != snapshot.Collected {
			return Unknown
		}
	}
	return Passes
}

// both is Kleene's and, with Passes as true.
func both(a, b Outcome) Outcome {
	switch {
	case a == Blocks || b == Blocks:
		return Blocks
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return Passes
}

// queries are the types of record that the client asks for: by its families,
// and those in which the name has any.
func (c Client) queries(name string) []string {
	switch twofold := strings.Contains(name, ".dualstack.") || strings.HasSuffix(name, ".vpce.amazonaws.com") || c.DNS64; {
	case c.V4 && c.V6 && twofold:
		return []string{"A", "AAAA"}
	case c.V4:
		return []string{"A"}
	}
	return []string{"AAAA"}
}

// claim is somebody who may answer, with how many labels of the name are his.
type claim struct {
	labels  int
	forward bool // a Resolver rule, which beats a zone for the same domain (N99)
	answer  Answer
}

// recurse finds the most specific of Resolver rules, private zones and
// endpoints' private DNS (N99 to N101), in every reading of what is not told.
func (e *Evaluator) recurse(c Client, region, name string, attributes Outcome, public Answer) []Answer {
	var rules, zones, maybe []claim
	system := -1 // labels of the most specific rule that keeps the query
	lost := false
	home := e.regionOf(c.VPC)
	associations := slices.Clone(home.Resolver.RuleAssociations.Items)
	shared, _ := e.fromProfiles(c.VPC, "resolver-rule")
	for id := range shared {
		associations = append(associations, snapshot.ResolverRuleAssociation{Rule: id, VPC: c.VPC})
	}
	owned, _ := e.fromProfiles(c.VPC, "hostedzone")
	for _, as := range associations {
		if as.VPC != c.VPC || is(as.Status, "DELETING", "FAILED") {
			continue
		}
		i := slices.IndexFunc(home.Resolver.Rules.Items, func(r snapshot.ResolverRule) bool { return r.ID == as.Rule })
		if i < 0 {
			_, ofProfile := shared[as.Rule]
			lost = lost || ofProfile || home.Resolver.Rules.Presence == snapshot.Collected && !strings.HasPrefix(as.Rule, "rslvr-autodefined-")
			continue
		}
		r := home.Resolver.Rules.Items[i]
		switch n := labelsIn(name, r.Domain); {
		case n < 0:
		case is(r.Type, "SYSTEM", "RECURSIVE"):
			system = max(system, n)
		default:
			rules = append(rules, claim{n, true, Answer{Foreign: true, Why: "N100: forwarded by " + r.ID}})
		}
	}
	rules = slices.DeleteFunc(rules, func(x claim) bool { return x.labels < system })
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.Resolver.PrivateZones.Items {
				z := &r.Resolver.PrivateZones.Items[i]
				n := labelsIn(name, z.Name)
				x := claim{labels: n, answer: e.zoneAnswer(c, z, name)}
				bare := z.ID[strings.LastIndex(z.ID, "/")+1:]
				switch {
				case n < 0:
				case slices.Contains(z.VPCs, c.VPC), owned[bare].Resource != "":
					zones = append(zones, x)
				case !z.VPCsKnown:
					maybe = append(maybe, x)
				}
				delete(owned, bare)
			}
			for i := range r.EC2.VPCEndpoints.Items {
				v := &r.EC2.VPCEndpoints.Items[i]
				if answer, sure, ok := e.privateDNS(c, v, region, name); ok && sure {
					zones = append(zones, claim{labels: 4 + strings.Count(name, ".dualstack."), answer: answer})
				} else if ok {
					maybe = append(maybe, claim{labels: 4 + strings.Count(name, ".dualstack."), answer: answer})
				}
			}
		}
	}
	var out []Answer
	if attributes != Blocks { // N67, N101
		out = append(out, best(rules, zones, public)...)
		for _, m := range maybe {
			out = append(out, best(rules, append(slices.Clone(zones), m), public)...)
		}
	}
	if attributes != Passes {
		out = append(out, best(rules, nil, public)...)
	}
	if lost || len(owned) > 0 {
		out = append(out, Answer{Foreign: true, Why: "N12: a Resolver rule or a zone that is not in the snapshot"})
	}
	other := func(a Answer) bool { return !a.Foreign || a.Why != out[0].Why }
	if out[0].Foreign && strings.HasPrefix(out[0].Why, "N100") && !slices.ContainsFunc(out, other) {
		out = []Answer{out[0], public} // in every reading the rule wins
		out[0].OrPublic = true
	}
	return out
}

// best is the answers of the most specific claims.
func best(rules, zones []claim, public Answer) []Answer {
	top := claim{labels: -1, answer: public}
	for _, x := range rules {
		if x.labels >= top.labels {
			top = x
		}
	}
	answers := []Answer{top.answer}
	for _, x := range zones {
		switch {
		case x.labels > top.labels:
			top, answers = x, []Answer{x.answer}
		case x.labels == top.labels && !top.forward:
			answers = append(answers, x.answer)
		}
	}
	return answers
}

// labelsIn is how many labels of the name are the domain's; -1: it is not in it.
func labelsIn(name, domain string) int {
	x, y := labelsOf(name), labelsOf(domain)
	if len(y) > len(x) || !slices.Equal(x[len(x)-len(y):], y) {
		return -1
	}
	return len(y)
}

func labelsOf(name string) []string {
	return slices.DeleteFunc(strings.Split(strings.ToLower(name), "."), func(l string) bool { return l == "" })
}

// zoneAnswer is what a private zone says of a name in it (N101).
func (e *Evaluator) zoneAnswer(c Client, z *snapshot.PrivateZone, name string) Answer {
	if !z.RecordsKnown {
		return Answer{Foreign: true, Why: "N101: the records of " + z.Name}
	}
	owners := []string{strings.Join(labelsOf(name), ".")}
	for l := labelsOf(name)[1:]; len(l) >= len(labelsOf(z.Name)) && len(l) > 0; l = l[1:] {
		owners = append(owners, "*."+strings.Join(l, "."))
	}
	for _, owner := range owners {
		if a, ok := e.recordsOf(c, z, owner); ok {
			return a
		}
	}
	return Answer{Why: "N101: no record in " + z.Name}
}

func (e *Evaluator) recordsOf(c Client, z *snapshot.PrivateZone, owner string) (Answer, bool) {
	a, found := Answer{Why: "N101: by " + z.Name}, false
	for _, r := range z.Records {
		if strings.Join(labelsOf(strings.ReplaceAll(r.Name, `\052`, "*")), ".") != owner {
			continue
		}
		found = true
		target := r.Alias
		if is(r.Type, "CNAME") && len(r.Values) > 0 {
			target = r.Values[0]
		}
		if target != "" {
			return e.pointsAt(c, target), true
		}
		for _, text := range r.Values {
			if x, err := netip.ParseAddr(text); err == nil && is(r.Type, "A", "AAAA") && c.speaks(x) {
				a.Addresses = append(a.Addresses, x)
			}
		}
	}
	return a, found
}

func (c Client) speaks(a netip.Addr) bool { return a.Is4() && c.V4 || a.Is6() && c.V6 }

// pointsAt follows an alias to an interface endpoint's own name; where any
// other leads is not looked up.
func (e *Evaluator) pointsAt(c Client, target string) Answer {
	target = strings.Join(labelsOf(strings.TrimPrefix(target, "*.")), ".")
	if strings.HasSuffix(target, ".vpce.amazonaws.com") {
		for _, a := range e.snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.VPCEndpoints.Items {
					v := &r.EC2.VPCEndpoints.Items[i]
					if strings.HasPrefix(target, string(v.ID)+"-") || strings.Contains(target, "."+string(v.ID)+"-") {
						if answer := e.endpointAnswer(c, v, true); len(answer.Addresses) > 0 {
							return answer
						}
					}
				}
			}
		}
	}
	return Answer{Foreign: true, Why: "N101: where " + target + " leads"}
}

// privateDNS tells whether an interface endpoint's private DNS has the name for
// clients in its VPC (N66 to N69, N103), and what it answers.
func (e *Evaluator) privateDNS(c Client, v *snapshot.VPCEndpoint, region, name string) (answer Answer, sure, ok bool) {
	own := "s3." + region + ".amazonaws.com"
	if strings.Contains(name, "s3.dualstack.") {
		own = "s3.dualstack." + region + ".amazonaws.com"
		if !is(v.IPAddressType, "dualstack") || is(v.DNSRecordIPType, "ipv4", "ipv6") {
			return Answer{}, false, false
		}
	}
	isIt := name == own || strings.HasSuffix(name, "."+own)
	if !is(v.Type, "Interface") || is(v.State, "deleted") || v.VPC != c.VPC || !isIt || !strings.HasSuffix(v.ServiceName, "."+region+".s3") || strings.HasSuffix(name, ".vpce.amazonaws.com") {
		return Answer{}, false, false
	}
	enabled, inbound := flag(v.PrivateDNS), flag(v.PrivateDNSInboundOnly)
	switch {
	case enabled == Blocks || inbound == Passes && enabled == Passes:
		return Answer{}, false, false
	case enabled == Unknown || inbound == Unknown:
		return e.endpointAnswer(c, v, strings.Contains(name, ".dualstack.")), false, true
	}
	return e.endpointAnswer(c, v, strings.Contains(name, ".dualstack.")), true, true
}

// endpointAnswer is the addresses of an endpoint's interfaces (N63, N74).
func (e *Evaluator) endpointAnswer(c Client, v *snapshot.VPCEndpoint, ownName bool) Answer {
	a := Answer{Why: "N63: " + string(v.ID)}
	for _, id := range v.Interfaces {
		i := e.networkInterface(id)
		if i == nil {
			return Answer{Foreign: true, Why: "N62: interface " + string(id) + " is not in the snapshot"}
		}
		for _, x := range i.Addresses {
			if c.V4 && !is(v.IPAddressType, "ipv6") {
				a.Addresses = append(a.Addresses, x.Private)
			}
		}
		for _, x := range i.IPv6 {
			if c.V6 && (is(v.IPAddressType, "ipv6") || is(v.IPAddressType, "dualstack") && (ownName || !c.V4)) {
				a.Addresses = append(a.Addresses, x)
			}
		}
	}
	return a
}

// publicAnswer is what the public name servers say: the addresses of S3's
// front door of a Region, or those of an interface endpoint by its own name.
func (e *Evaluator) publicAnswer(c Client, region, name string) Answer {
	if strings.HasSuffix(name, ".vpce.amazonaws.com") {
		for _, a := range e.snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.VPCEndpoints.Items {
					v := &r.EC2.VPCEndpoints.Items[i]
					if is(v.Type, "Interface") && slices.ContainsFunc(v.DNSNames, func(n string) bool { return nameMatches(n, name) }) {
						return e.endpointAnswer(c, v, true)
					}
				}
			}
		}
		return Answer{Foreign: true, Why: "N71: an endpoint that is not in the snapshot"}
	}
	switch {
	case name == "s3.amazonaws.com":
		region = "us-east-1" // N107
	case strings.Contains(name, ".s3-global.") || strings.Contains(name, "s3-website") || strings.Contains(name, "s3express"):
		return Answer{Foreign: true, Why: "N59: not modelled"}
	}
	a := Answer{Why: "N106: public"}
	dualstack := strings.Contains(name, ".dualstack.")
	if c.V4 {
		a.Lists = append(a.Lists, e.listOf(e.regionOf(c.VPC), region, "IPv4"))
	}
	if c.V6 && dualstack {
		a.Lists = append(a.Lists, e.listOf(e.regionOf(c.VPC), region, "IPv6"))
	}
	if c.V6 && !dualstack && c.DNS64 { // N109
		a.Lists = append(a.Lists, Synthesised+e.listOf(e.regionOf(c.VPC), region, "IPv4"))
	}
	return a
}

// Synthesised, before the name of a list, stands for its addresses in 64:ff9b::/96 (N109).
const Synthesised snapshot.PrefixListID = "64:ff9b::/96 with "

// ElsewhereV6 stands for IPv6 addresses of S3 that are in no list of the snapshot.
const ElsewhereV6 snapshot.PrefixListID = "S3's IPv6 addresses"

// listOf is AWS's list of S3's addresses in a Region, in one family.
func (e *Evaluator) listOf(home *snapshot.Region, region, family string) snapshot.PrefixListID {
	list := find(e, func(r *snapshot.Region) []snapshot.PrefixList { return r.EC2.PrefixLists.Items }, func(l *snapshot.PrefixList) bool {
		return is(l.OwnerID, "AWS") && strings.HasSuffix(l.Name, "."+region+".s3") && (l.Family == "" && family == "IPv4" || is(l.Family, family))
	})
	switch {
	case list != nil:
		return list.ID
	case family == "IPv6":
		return ElsewhereV6
	}
	return Elsewhere
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

// dnsServers reads the VPC's DHCP options (N98): Amazon's server, others, or
// something that is not told.
func (e *Evaluator) dnsServers(v *snapshot.VPC) (amazon bool, own []netip.Addr, odd bool) {
	d := find(e, func(r *snapshot.Region) []snapshot.DHCPOptions { return r.EC2.DHCPOptions.Items },
		func(d *snapshot.DHCPOptions) bool { return d.ID == v.DHCPOptionsID })
	if v.DHCPOptionsID == "default" {
		return true, nil, false
	}
	if d == nil || len(d.DNSServers) == 0 {
		return false, nil, true
	}
	for _, s := range d.DNSServers {
		a, err := netip.ParseAddr(s)
		plusTwo := func(p netip.Prefix) bool { return a == p.Masked().Addr().Next().Next() }
		switch {
		case is(s, "AmazonProvidedDNS", "169.254.169.253", "fd00:ec2::253"), err == nil && slices.ContainsFunc(v.CIDRs, plusTwo):
			amazon = true
		case err != nil:
			return false, nil, true
		default:
			own = append(own, a)
		}
	}
	return amazon, own, false
}
