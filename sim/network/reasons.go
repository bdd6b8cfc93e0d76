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

// AWS's pages for the rules that findings cite.
const (
	docs                 = "https://docs.aws.amazon.com/vpc/latest/"
	urlRoute             = docs + "userguide/route-tables-priority.html"
	urlSubnetRoute       = docs + "userguide/subnet-route-tables.html"
	urlLimits            = docs + "userguide/amazon-vpc-limits.html"
	urlRouteOptions      = docs + "userguide/route-table-options.html"
	urlEdge              = docs + "userguide/gateway-route-tables.html"
	urlACL               = docs + "userguide/nacl-rules.html"
	urlSG                = docs + "userguide/security-group-rules.html"
	urlIGW               = docs + "userguide/VPC_Internet_Gateway.html"
	urlEIGW              = docs + "userguide/egress-only-internet-gateway.html"
	urlNAT               = docs + "userguide/nat-gateway-basics.html"
	urlNAT64             = docs + "userguide/nat-gateway-nat64-dns64.html"
	urlRegionalNAT       = docs + "userguide/nat-gateways-regional.html"
	urlBPA               = docs + "userguide/security-vpc-bpa-basics.html"
	urlEncryption        = docs + "userguide/vpc-encryption-controls.html"
	urlDNS               = docs + "userguide/AmazonDNS-concepts.html"
	urlDHCP              = docs + "userguide/DHCPOptionSetConcepts.html"
	urlGatewayEndpoint   = docs + "privatelink/gateway-endpoints.html"
	urlEndpointS3        = docs + "privatelink/vpc-endpoints-s3.html"
	urlInterfaceEndpoint = docs + "privatelink/create-interface-endpoint.html"
	urlGWLB              = docs + "privatelink/gateway-load-balancer-endpoints.html"
	urlPeering           = docs + "peering/vpc-peering-basics.html"
	urlTGW               = docs + "tgw/how-transit-gateways-work.html"
	urlTGWPractices      = docs + "tgw/tgw-best-design-practices.html"
	urlTGWPeering        = docs + "tgw/tgw-peering.html"
	urlResolver          = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-DSN-queries-to-vpc.html"
	urlZone              = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html"
	urlVirtualHosting    = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"
	urlDNSFirewall       = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html"
)

// lastRule is the number from which on an entry is AWS's own last line.
const lastRule = 32767

// maxBlamed is how many rules of one ACL are named apart.
const maxBlamed = 8

// blameACL names the rules of an ACL that deny, each with a packet that it
// is shown to deny.
func (a explanation) blameACL(l *snapshot.NetworkACL, subnet snapshot.Located[snapshot.Subnet], v view, d side, gate finding.Gate, denied packetset.Set) []Finding {
	var out []Finding
	rest := denied
	t := a.traffic(v, d)
	for rest != packetset.None && len(out) < maxBlamed {
		c, ok := a.s.Witness(rest)
		if !ok {
			break
		}
		p := a.packet(c, v, d)
		i := rules.ACLDefault
		if remote := a.remote(p, d); remote.IsValid() {
			entry, permit := rules.DecideACL(l, d.dir, rules.ACLPacket{Remote: remote, Protocol: p.Protocol, Port: packetPort(p)})
			if permit {
				break // our two evaluations disagree: say less rather than something wrong
			}
			i = entry
		}
		part := rules.DeciderOf(l, d.dir, i, rest, t)
		if part == packetset.None || i == rules.ACLDefault {
			part = rest
		}
		out = append(out, a.aclFinding(l, subnet, d, gate, i, p, part))
		rest = a.s.Diff(rest, part)
	}
	if len(out) == 0 {
		out = append(out, a.aclFinding(l, subnet, d, gate, rules.ACLDefault, nil, denied))
	}
	return out
}

func (a explanation) aclFinding(l *snapshot.NetworkACL, subnet snapshot.Located[snapshot.Subnet], d side, gate finding.Gate, entry int, p *Packet, part packetset.Set) Finding {
	f := Finding{Code: finding.SubnetACLRestriction, Gate: gate, Severity: finding.Blocker, Component: string(l.ID), Name: nameOf(l.Tags), At: l.At, Rule: "N94", URL: urlACL, Example: p}
	what := a.packetWords(p, part)
	if d.reply {
		what = "replies: " + what
		f.Rule = "N96"
	}
	how := "has no " + d.dir.String() + " rule that allows "
	f.Fix = fmt.Sprintf("Add an %s allow rule to %s for %s.", d.dir, l.ID, a.aclFix(p, d))
	if entry != rules.ACLDefault && l.Entries[entry].RuleNumber >= lastRule {
		// The line marked * in the console: nothing before it matched (N94).
		n := l.Entries[entry].RuleNumber
		f.RuleIndex, f.RuleNumber, f.At = &entry, &n, l.Entries[entry].At
	} else if entry != rules.ACLDefault {
		e := &l.Entries[entry]
		i, n := entry, e.RuleNumber
		f.RuleIndex, f.RuleNumber, f.At = &i, &n, e.At
		how = fmt.Sprintf("denies by %s rule %d ", d.dir, n)
		f.Fix = fmt.Sprintf("Remove %s rule %d from %s, or allow %s by a rule with a lower number.", d.dir, n, l.ID, a.aclFix(p, d))
	}
	f.Message = fmt.Sprintf("%s, the network ACL of %s, %s%s.", l.ID, subnet.Item.ID, how, what)
	return f
}

// aclFix words what an ACL should allow.
func (a explanation) aclFix(p *Packet, d side) string {
	if p == nil {
		return "this traffic"
	}
	peer := "to"
	if d.dir == rules.Inbound {
		peer = "from"
	}
	ports := fmt.Sprintf("port %d", p.DestinationPort)
	if d.reply {
		ports = "ports 1024 to 65535"
	}
	if p.Protocol != 6 && p.Protocol != 17 {
		ports = ""
	}
	remote := "the destination's addresses"
	if !d.remoteIsDestination() {
		remote = "the client's subnet"
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s", protocolName(p.Protocol), ports, peer, remote)), " ")
}

// remote is the address that rules at a side compare.
func (a explanation) remote(p *Packet, d side) netip.Addr {
	if d.dir == rules.Outbound {
		return p.Destination
	}
	return p.Source
}

func packetPort(p *Packet) int {
	if p.Protocol == 1 || p.Protocol == 58 {
		return rules.ICMPPort(p.ICMPType, 0)
	}
	return p.DestinationPort
}

// packetWords describes a packet of a denied part.
func (a explanation) packetWords(p *Packet, part packetset.Set) string {
	if p == nil {
		return "this traffic"
	}
	var b strings.Builder
	b.WriteString(protocolName(p.Protocol))
	if p.Protocol == 6 || p.Protocol == 17 {
		fmt.Fprintf(&b, " port %d", p.DestinationPort)
	}
	fmt.Fprintf(&b, " from %s to %s", addrWords(p.Source), addrWords(p.Destination))
	return b.String()
}

func addrWords(x netip.Addr) string {
	if !x.IsValid() {
		return "the destination's addresses"
	}
	return x.String()
}

func protocolName(n int) string {
	switch n {
	case 1:
		return "ICMP"
	case 6:
		return "TCP"
	case 17:
		return "UDP"
	case 58:
		return "ICMPv6"
	}
	return fmt.Sprintf("protocol %d", n)
}

// blameGroups words that no rule of an interface's groups admits a packet.
func (a explanation) blameGroups(groups []*snapshot.SecurityGroup, ids []snapshot.SecurityGroupID, owner string, v view, d side, gate finding.Gate, rel relation, lost bool, denied packetset.Set) []Finding {
	f := Finding{Code: finding.ENISGRulesMismatch, Gate: gate, Severity: finding.Blocker, Component: owner, Rule: "N78", URL: urlSG}
	empty := true
	for i, g := range groups {
		if g == nil {
			empty = false
			continue
		}
		if f.At == (snapshot.Source{}) {
			f.Component, f.Name, f.At = string(ids[i]), groupName(g), g.At
			if !g.FromRules {
				f.At = g.At.Child(permissionsKey(d.dir))
			}
		}
		if perms, known := rules.Permissions(g, d.dir); !known || len(perms) > 0 {
			empty = false
		}
	}
	c, ok := a.s.Witness(denied)
	if ok {
		f.Example = a.packet(c, v, d)
	}
	what := a.packetWords(f.Example, denied)
	switch {
	case len(groups) == 0:
		f.Message = fmt.Sprintf("%s has no security group, so nothing is allowed %s.", owner, d.dir)
	case empty:
		f.Code, f.Rule = finding.SGHasNoRules, "N79"
		has := "has"
		if len(ids) > 1 {
			has = "have"
		}
		f.Message = fmt.Sprintf("%s %s no %s rules; %s is not allowed.", joinIDs(ids), has, d.dir, what)
	default:
		f.Message = fmt.Sprintf("No %s rule of %s allows %s.", d.dir, joinIDs(ids), what)
	}
	if a.referencesLost(groups, d, rel, lost) {
		f.Also = append(f.Also, finding.SGReferencesNotPreserved)
		f.Message += " A rule names the client's group, which is not recognised over this way."
	}
	f.Fix = a.groupFix(f.Component, d)
	return []Finding{f}
}

func permissionsKey(d rules.Direction) string {
	if d == rules.Inbound {
		return "IpPermissions"
	}
	return "IpPermissionsEgress"
}

func joinIDs(ids []snapshot.SecurityGroupID) string {
	var out []string
	for _, id := range ids {
		out = append(out, string(id))
	}
	return strings.Join(out, ", ")
}

// referencesLost tells whether a rule would match if group identities
// survived the way (N72, N83).
func (a explanation) referencesLost(groups []*snapshot.SecurityGroup, d side, rel relation, lost bool) bool {
	if d.dir != rules.Inbound || rel == sameVPC && !lost || !a.from.groupsKnown {
		return false
	}
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, p := range g.Ingress {
			for _, r := range p.Groups {
				if slices.Contains(a.from.groups, r.Group) {
					return true
				}
			}
		}
	}
	return false
}

func (a explanation) groupFix(id string, d side) string {
	if d.dir == rules.Inbound {
		return fmt.Sprintf("Add an inbound rule to %s: %s from the client's subnet or security group.", id, a.serviceWords())
	}
	if l := a.destinationList(); l != "" {
		return fmt.Sprintf("Add an outbound rule to %s: %s to the prefix list %s.", id, a.serviceWords(), l)
	}
	return fmt.Sprintf("Add an outbound rule to %s: %s to the destination.", id, a.serviceWords())
}

func (a explanation) serviceWords() string {
	if (a.q.Protocol == 6 || a.q.Protocol == 17) && len(a.q.Ports) > 0 {
		r := a.q.Ports[0]
		if r.From == r.To {
			return fmt.Sprintf("%s port %d", protocolName(a.q.Protocol), r.From)
		}
		return fmt.Sprintf("%s ports %d to %d", protocolName(a.q.Protocol), r.From, r.To)
	}
	return protocolName(a.q.Protocol)
}

// destinationList is the prefix list that holds the destination, where the
// answer is a public one.
func (a explanation) destinationList() snapshot.PrefixListID {
	if a.q.To.S3 == nil || len(a.targets) > 0 {
		return ""
	}
	return a.serviceList(a.name.Region, "s3", false)
}

// noRoute words that a table has no route (N38).
func (a explanation) noRoute(t *flow, tb *snapshot.RouteTable, subnet snapshot.Located[snapshot.Subnet]) Finding {
	who := string(tb.ID)
	if subnet.Item != nil {
		who = fmt.Sprintf("%s uses %s, which", subnet.Item.ID, tb.ID)
	}
	f := Finding{Code: finding.NoRouteToDestination, Gate: finding.GateRoute, Component: string(tb.ID), Name: nameOf(tb.Tags), At: tb.At, Rule: "N38", URL: urlRoute}
	f.Message = fmt.Sprintf("%s has no route for %s.", who, a.destinationWords(t.cases))
	f.Fix = a.routeFix(t, tb)
	if a.explain && a.q.To.S3 != nil {
		if sister, next := a.x.sisterTable(tb); sister != "" {
			f.Message += fmt.Sprintf(" %s, another table of the VPC, leads to S3 by %s.", sister, next)
		}
		a.regionNote(t)
	}
	return f
}

// destinationWords says where cases are bound for.
func (a explanation) destinationWords(cases packetset.Set) string {
	private := len(a.targets) > 0 && a.s.And(cases, a.targetCases()) != packetset.None
	v6 := a.s.And(cases, a.s.OfFamily(false)) == packetset.None
	switch {
	case a.q.To.S3 != nil && !private && a.name.Region == multiRegion:
		return "S3 multi-Region access points"
	case a.q.To.S3 != nil && !private:
		where := "S3 in " + a.name.Region
		if v6 {
			where = "the IPv6 addresses of " + where
		}
		if l := a.serviceList(a.name.Region, "s3", v6); l != "" {
			return fmt.Sprintf("%s (prefix list %s)", where, l)
		}
		return where
	case a.q.To.S3 != nil:
		return "the interface endpoint's addresses"
	case private && a.q.To.Service != "":
		return "the interface endpoint's addresses"
	case a.q.To.Service != "" || a.q.To.Host != "":
		return a.name.Host
	}
	return "the destination"
}

// multiRegion stands for a Region where an S3 multi-Region access point is asked
// about; its requests have an endpoint service of their own (P136, P272).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointConfiguration.html
const (
	multiRegion        = "s3-global"
	multiRegionService = "com.amazonaws.s3-global.accesspoint"
)

// privateWay names what carries the traffic without the internet, "" where
// nothing can: S3's gateway endpoints, other services' interface endpoints.
func (a explanation) privateWay() string {
	switch {
	case a.q.To.S3 != nil && a.name.Region == multiRegion:
		return "an interface endpoint for " + multiRegionService
	case a.q.To.S3 != nil:
		return "a gateway endpoint for S3"
	case strings.HasSuffix(a.q.To.Service, ".dynamodb"):
		return "a gateway endpoint for DynamoDB"
	case a.q.To.Service != "":
		return "an interface endpoint for " + a.q.To.Service + " with private DNS"
	}
	return ""
}

// wayOut words the ways out of a VPC for this destination.
func (a explanation) wayOut(nat string) string {
	if private := a.privateWay(); private != "" {
		return private + ", or to " + nat
	}
	return nat
}

func (a explanation) routeFix(t *flow, tb *snapshot.RouteTable) string {
	switch {
	case strings.HasSuffix(a.q.To.Service, ".dynamodb"):
		return fmt.Sprintf("Create a gateway endpoint for %s in %s and associate it with %s, or add a default route to a NAT gateway to %s.", a.q.To.Service, tb.VPC, tb.ID, tb.ID)
	case a.q.To.Service != "":
		return fmt.Sprintf("Create an interface endpoint for %s with private DNS in %s, or add a default route to a NAT gateway to %s.", a.q.To.Service, tb.VPC, tb.ID)
	case a.q.To.Host != "":
		return fmt.Sprintf("Add a default route to a NAT gateway to %s.", tb.ID)
	case a.q.To.S3 != nil && a.name.Region == multiRegion:
		return fmt.Sprintf("Create an interface endpoint for %s with private DNS in %s, or add a default route to a NAT gateway to %s: gateway endpoints do not carry multi-Region access points.", multiRegionService, tb.VPC, tb.ID)
	case a.q.To.S3 == nil:
		return fmt.Sprintf("Add a route for the destination to %s.", tb.ID)
	}
	v6 := a.s.And(t.cases, a.s.OfFamily(false)) == packetset.None
	for _, id := range a.x.vpcEndpoints[tb.VPC] {
		e := a.x.VPCEndpoints.Get(id).Item
		if rules.KindOfEndpoint(e) != rules.EndpointGateway || !rules.ServesService(e, a.name.Region, "s3") {
			continue
		}
		if rules.Pending(e.State) {
			return fmt.Sprintf("Wait until %s is no longer %s, then collect again.", id, e.State)
		}
		if rules.EndpointState(e.State) != rules.StateBroken {
			if v6 && slices.Contains(e.RouteTables, tb.ID) {
				return fmt.Sprintf("Set the IpAddressType of %s to dualstack, or route ::/0 of %s to an egress-only internet gateway.", id, tb.ID)
			}
			return fmt.Sprintf("Associate %s with the gateway endpoint %s: aws ec2 modify-vpc-endpoint --vpc-endpoint-id %s --add-route-table-ids %s.", tb.ID, id, id, tb.ID)
		}
	}
	if t.region != nil && t.region.Name != "" && t.region.Name != a.name.Region {
		return fmt.Sprintf("Add a route to a NAT gateway to %s, or create an interface endpoint for S3 in %s: gateway endpoints reach their own Region only.", tb.ID, a.name.Region)
	}
	return fmt.Sprintf("Create a gateway endpoint for com.amazonaws.%s.s3 in %s and associate it with %s.", a.name.Region, tb.VPC, tb.ID)
}

// regionNote tells that the VPC's gateway endpoints serve another Region (N41).
func (a explanation) regionNote(t *flow) {
	if a.name.Region == multiRegion {
		return
	}
	for _, id := range a.x.vpcEndpoints[t.vpcID] {
		e := a.x.VPCEndpoints.Get(id).Item
		if rules.KindOfEndpoint(e) == rules.EndpointGateway && rules.ServiceOf(e) == "s3" && rules.ServiceRegion(e) != a.name.Region {
			a.note(Finding{Code: finding.VPCERegionMismatch, Gate: finding.GateEndpoint, Severity: finding.Info, Component: string(id), Name: nameOf(e.Tags), At: e.At,
				Message: fmt.Sprintf("The gateway endpoint %s serves S3 in %s only; the front door asked for is in %s.", id, rules.ServiceRegion(e), a.name.Region), Rule: "N41", URL: urlGatewayEndpoint})
		}
	}
}

// priorityNote tells that a route beat another for the same destination (N28).
func (a explanation) priorityNote(tb *snapshot.RouteTable, won, lost *snapshot.Route, i int) {
	a.note(Finding{Code: finding.HigherPriorityRoute, Gate: finding.GateRoute, Severity: finding.Info, Component: string(tb.ID), Name: nameOf(tb.Tags), At: won.At, RuleIndex: &i,
		Message: fmt.Sprintf("In %s the route %s wins over %s, which has the same destination.", tb.ID, routeText(won), routeText(lost)), Rule: "N25", URL: urlRoute})
}

func routeText(r *snapshot.Route) string {
	d := string(r.PrefixList)
	switch {
	case d == "" && r.CIDR.IsValid():
		d = r.CIDR.String()
	case d == "":
		d = "unknown destination"
	}
	return d + " -> " + orElse(r.Target, "unknown target")
}

func transitText(r *snapshot.TGWRoute) string {
	d := string(r.PrefixList)
	if d == "" {
		d = r.CIDR.String()
	}
	if len(r.Attachments) == 1 {
		return d + " -> " + string(r.Attachments[0].ID)
	}
	return d
}
