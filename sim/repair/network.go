package repair

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

func (g networkRepairs) acl(id string) (snapshot.Located[snapshot.NetworkACL], bool) {
	return find(g.generator, func(r *snapshot.Region) []snapshot.NetworkACL { return r.EC2.NetworkACLs.Items }, func(a *snapshot.NetworkACL) bool { return string(a.ID) == id })
}

// networkACL proposes rules for the packet that the finding shows: to S3's
// addresses, or the subnet's at the other side; then to anywhere.
func (g networkRepairs) networkACL(f *sim.Finding) []candidate {
	acl, ok := g.acl(f.Component)
	if !ok || f.Example == nil || aclProtocols[g.protocol(f)] == "" {
		return nil
	}
	egress := f.Gate == sim.GateNACLEgress
	if f.RuleIndex != nil && *f.RuleIndex >= 0 && *f.RuleIndex < len(acl.Item.Entries) {
		egress = acl.Item.Entries[*f.RuleIndex].Egress
	}
	remote := f.Example.Destination
	if !egress {
		remote = f.Example.Source
	}
	from, to := g.aclPorts(f, acl.Item)
	var choices [][]string
	if s, private := g.remoteOf(remote); private {
		choices = append(choices, []string{s.Item.CIDR.Masked().String()})
	} else if block, ok := cidrOf(remote); ok && !g.toS3() {
		choices = append(choices, []string{block})
	} else if blocks := g.s3Blocks(acl.Region.Name); len(blocks) > 0 && len(blocks) <= 18 && (g.bucketRegion() == "" || g.bucketRegion() == acl.Region.Name) {
		choices = append(choices, blocks)
	}
	choices = append(choices, []string{"0.0.0.0/0"})
	var out []candidate
	for _, blocks := range choices {
		if c, ok := g.aclRules(acl, f, egress, blocks, from, to); ok {
			out = append(out, c)
		}
	}
	return out
}

// aclProtocols are the protocols that network ACL rules are proposed for, as
// the API numbers them.
var aclProtocols = map[string]string{"tcp": "6", "udp": "17"}

// aclPorts are the ports of the rule that is lacking. Replies come to any of
// the client's ports; behind a NAT gateway to any of its own (N96).
func (g networkRepairs) aclPorts(f *sim.Finding, acl *snapshot.NetworkACL) (from, to int) {
	if !f.Example.Reply && f.Example.DestinationPort < 1024 {
		return f.Example.DestinationPort, f.Example.DestinationPort
	}
	from, to = 32768, 60999
	if e := g.q.Check.Options.Ephemeral; e != [2]int{} {
		from, to = e[0], e[1]
	}
	client := false
	for _, s := range g.placements(f) {
		client = client || slices.Contains(acl.Subnets, s.Item.ID)
	}
	if !client || f.Example.DestinationPort < from || f.Example.DestinationPort > to {
		return 1024, 65535
	}
	return from, to
}

func (g networkRepairs) aclRules(acl snapshot.Located[snapshot.NetworkACL], f *sim.Finding, egress bool, blocks []string, from, to int) (candidate, bool) {
	below := 32767
	if f.RuleNumber != nil && *f.RuleNumber < below {
		below = *f.RuleNumber
	}
	numbers, ok := freeNumbers(acl.Item, egress, below, len(blocks))
	if !ok {
		return g.dropEntry(acl, f, egress)
	}
	c := candidate{cost: costShared + costExact, actor: g.actor(acl.Item.OwnerID, "the network ACL's owner")}
	direction := map[bool]string{true: "out to", false: "in from"}[egress]
	what, ports := "S3's addresses", fmt.Sprintf("ports %d to %d", from, to)
	if from == to {
		ports = fmt.Sprintf("port %d", from)
	}
	if len(blocks) == 1 {
		what = blocks[0]
	}
	if blocks[0] == "0.0.0.0/0" {
		c.cost, c.wide = costAnywhere, fmt.Sprintf("%s %s every address", ports, direction)
	}
	c.why = fmt.Sprintf("Let %s pass %s %s %s %s.", acl.Item.ID, strings.ToUpper(g.protocol(f)), ports, direction, what)
	for i, b := range blocks {
		c.changes = append(c.changes, change.New("CreateNetworkAclEntry", "NetworkAclId", string(acl.Item.ID), "RuleNumber", numbers[i], "Egress", egress,
			"Protocol", aclProtocols[g.protocol(f)], "RuleAction", "allow", "CidrBlock", b, "PortRange", located.Pairs("From", from, "To", to)))
	}
	return c, true
}

// dropEntry deletes the rule that denies, where no number is free before it.
func (g networkRepairs) dropEntry(acl snapshot.Located[snapshot.NetworkACL], f *sim.Finding, egress bool) (candidate, bool) {
	if f.RuleNumber == nil || *f.RuleNumber > 32766 {
		return candidate{}, false
	}
	return candidate{changes: []change.Change{change.New("DeleteNetworkAclEntry", "NetworkAclId", string(acl.Item.ID), "RuleNumber", *f.RuleNumber, "Egress", egress)},
		cost: costInternet, why: fmt.Sprintf("Delete the rule %d of %s, which denies.", *f.RuleNumber, acl.Item.ID),
		wide: fmt.Sprintf("all that rule %d of %s denies", *f.RuleNumber, acl.Item.ID), actor: g.actor(acl.Item.OwnerID, "the network ACL's owner")}, true
}

// freeNumbers picks rule numbers below a bound: in tens after the others
// where there is room, as people number, else just below the bound.
func freeNumbers(acl *snapshot.NetworkACL, egress bool, below, n int) ([]int, bool) {
	used, highest := map[int]bool{}, 0
	for _, e := range acl.Entries {
		if e.Egress == egress && e.RuleNumber <= 32766 {
			used[e.RuleNumber] = true
			if e.RuleNumber < below {
				highest = max(highest, e.RuleNumber)
			}
		}
	}
	var out []int
	for k := highest/10*10 + 10; k < below && len(out) < n; k += 10 {
		if !used[k] {
			out = append(out, k)
		}
	}
	if len(out) == n {
		return out, true
	}
	out = nil
	for k := below - 1; k >= 1 && len(out) < n; k-- {
		if !used[k] {
			out = append(out, k)
		}
	}
	slices.Reverse(out)
	return out, len(out) == n
}

// table returns the route table of a subnet: its own, else the main one.
func (g networkRepairs) table(s snapshot.Located[snapshot.Subnet]) *snapshot.RouteTable {
	var main *snapshot.RouteTable
	for i := range s.Region.EC2.RouteTables.Items {
		x := &s.Region.EC2.RouteTables.Items[i]
		for _, a := range x.Associations {
			if a.Subnet == s.Item.ID {
				return x
			}
			if a.Main && x.VPC == s.Item.VPC {
				main = x
			}
		}
	}
	return main
}

// route proposes ways to S3 for the tables of the subnets that have none.
func (g networkRepairs) route(f *sim.Finding) []candidate {
	var out []candidate
	tables := map[snapshot.RouteTableID]bool{}
	for _, s := range g.placements(f) {
		t := g.table(s)
		if t == nil {
			continue
		}
		if !tables[t.ID] {
			tables[t.ID] = true
			out = append(out, g.toEndpoint(t, s.Region)...)
			out = append(out, g.toNAT(t, s)...)
		}
		out = append(out, g.otherTable(s, t)...)
	}
	out = append(out, g.serviceEndpoint(f)...)
	if t, ok := find(g.generator, func(r *snapshot.Region) []snapshot.RouteTable { return r.EC2.RouteTables.Items },
		func(t *snapshot.RouteTable) bool { return string(t.ID) == f.Component }); ok {
		out = append(out, g.mendTable(f, t)...)
	}
	if f.Code == finding.VPCBlockPublicAccessEnabled {
		out = append(out, g.excludeVPC(f)...)
	}
	return out
}

// isGateway tells whether an endpoint is a gateway for S3 or DynamoDB in its Region.
func isGateway(e *snapshot.VPCEndpoint, service string) bool {
	return service != "" && strings.EqualFold(e.Type, "Gateway") && strings.HasSuffix(e.ServiceName, service)
}

// toEndpoint associates a table with the VPC's gateway endpoints for S3 or
// DynamoDB, or with a new one.
func (g networkRepairs) toEndpoint(t *snapshot.RouteTable, r *snapshot.Region) []candidate {
	service, word := g.gatewayService(r.Name)
	if to := g.bucketRegion(); word == "" || word == "S3" && to != "" && to != r.Name {
		return nil // a gateway endpoint reaches its own Region only (N41)
	}
	actor := g.actor(t.OwnerID, "the VPC's owner")
	current := g.gatewayOf(t, r)
	detach := detached(current, t)
	var out []candidate
	for i := range r.EC2.VPCEndpoints.Items {
		e := &r.EC2.VPCEndpoints.Items[i]
		if e.VPC != t.VPC || !isGateway(e, service) || !strings.EqualFold(e.State, "available") || e.ID == current {
			continue
		}
		add := change.New("ModifyVpcEndpoint", "VpcEndpointId", string(e.ID), "AddRouteTableIds", []string{string(t.ID)})
		out = append(out, candidate{changes: append(slices.Clone(detach), add), cost: costExact + len(detach), actor: actor,
			why: fmt.Sprintf("Associate %s with the %s gateway endpoint %s.", t.ID, word, e.ID)})
	}
	return append(out, g.newEndpoint(t, r, detach, actor)...)
}

// gatewayOf is the gateway endpoint for the question's service that a table leads to.
func (g networkRepairs) gatewayOf(t *snapshot.RouteTable, r *snapshot.Region) snapshot.VPCEndpointID {
	service, _ := g.gatewayService(r.Name)
	for _, route := range t.Routes {
		if route.PrefixList == "" || route.TargetKind != snapshot.TargetVPCEndpoint {
			continue
		}
		for i := range r.EC2.VPCEndpoints.Items {
			if e := &r.EC2.VPCEndpoints.Items[i]; string(e.ID) == route.Target && isGateway(e, service) {
				return e.ID
			}
		}
	}
	return ""
}

// detached takes a table off the endpoint that serves it: a table takes one
// endpoint for each service (N43).
func detached(current snapshot.VPCEndpointID, t *snapshot.RouteTable) []change.Change {
	if current == "" {
		return nil
	}
	return []change.Change{change.New("ModifyVpcEndpoint", "VpcEndpointId", string(current), "RemoveRouteTableIds", []string{string(t.ID)})}
}

// newEndpoint creates a gateway endpoint for a table. Where others use the
// table, or where that is not known, it gets AWS's default policy, which stops
// nobody; else one for the job's role alone.
func (g networkRepairs) newEndpoint(t *snapshot.RouteTable, r *snapshot.Region, detach []change.Change, actor string) []candidate {
	service, word := g.gatewayService(r.Name)
	if strings.HasPrefix(r.Name, "cn-") {
		service = "cn." + service
	}
	create := func(policy ...any) []change.Change {
		c := change.New("CreateVpcEndpoint", append([]any{"VpcId", string(t.VPC), "ServiceName", service, "VpcEndpointType", "Gateway", "RouteTableIds", []string{string(t.ID)}}, policy...)...)
		c.As = g.freshEndpoint(r)
		return append(slices.Clone(detach), c)
	}
	article := "a"
	if word == "S3" {
		article = "an"
	}
	name := fmt.Sprintf("Create %s %s gateway endpoint in %s for %s", article, word, t.VPC, t.ID)
	full := candidate{changes: create(), cost: costNew + len(detach), actor: actor, why: name + ", with AWS's default policy: bucket and role policies decide."}
	if word != "S3" {
		full.why = name + ", with AWS's default policy: the role's and the resource's policies decide."
		return []candidate{full}
	}
	if statements := g.policyRepairs().grants(g.policyRepairs().allRequests(), "*", g.policyRepairs().onlyRole()); len(statements) > 0 && g.alone(t, r) {
		doc := located.Pairs("Version", "2012-10-17", "Statement", statements)
		return []candidate{{changes: create("PolicyDocument", doc), cost: costNew + len(detach), actor: actor,
			why: name + ", for the job's role alone: no other workload of the snapshot uses the table."}}
	}
	return []candidate{full}
}

// alone tells whether no other workload uses a table, as far as the snapshot
// lists the interfaces.
func (g networkRepairs) alone(t *snapshot.RouteTable, r *snapshot.Region) bool {
	if g.others == nil || r.EC2.NetworkInterfaces.Presence != snapshot.Collected {
		return false
	}
	touched := g.others.touched([]change.Change{change.New("DeleteRoute", "RouteTableId", string(t.ID), "DestinationCidrBlock", "0.0.0.0/0")})
	return !slices.ContainsFunc(g.others.classes, touched.concerns)
}

// freshEndpoint is an id for an endpoint that is being made.
func (g networkRepairs) freshEndpoint(r *snapshot.Region) string {
	for n := 1; ; n++ {
		id := fmt.Sprintf("vpce-new%d", n)
		if !slices.ContainsFunc(r.EC2.VPCEndpoints.Items, func(e snapshot.VPCEndpoint) bool { return string(e.ID) == id }) {
			return id
		}
	}
}

// ownEndpoint leads the tables of the failing subnets, as far as they lead to
// the endpoint now ("": to none), to another one.
func (g networkRepairs) ownEndpoint(f *sim.Finding, now snapshot.VPCEndpointID) []candidate {
	var out []candidate
	seen := map[snapshot.RouteTableID]bool{}
	for _, s := range g.placements(f) {
		t := g.table(s)
		if t == nil || seen[t.ID] || g.gatewayOf(t, s.Region) != now {
			continue
		}
		seen[t.ID] = true
		for _, c := range g.toEndpoint(t, s.Region) {
			c.cost += costPolicy // the table's other subnets move, too
			out = append(out, c)
		}
	}
	return out
}

// toNAT sends a table's default route to a public NAT gateway of the VPC.
func (g networkRepairs) toNAT(t *snapshot.RouteTable, s snapshot.Located[snapshot.Subnet]) []candidate {
	if !g.toPublic() {
		return nil
	}
	operation := "CreateRoute"
	for _, route := range t.Routes {
		if route.CIDR == netip.MustParsePrefix("0.0.0.0/0") && route.Origin != "EnableVgwRoutePropagation" {
			operation = "ReplaceRoute"
		}
	}
	var out []candidate
	for i := range s.Region.EC2.NATGateways.Items {
		n := &s.Region.EC2.NATGateways.Items[i]
		if n.VPC != t.VPC || !strings.EqualFold(n.State, "available") || strings.EqualFold(n.Connectivity, "private") || n.Subnet == s.Item.ID {
			continue
		}
		out = append(out, candidate{changes: []change.Change{change.New(operation, "RouteTableId", string(t.ID), "DestinationCidrBlock", "0.0.0.0/0", "NatGatewayId", string(n.ID))},
			cost: costInternet, why: fmt.Sprintf("Route %s to the NAT gateway %s.", t.ID, n.ID), wide: "a way from " + string(t.ID) + " to the internet", actor: g.actor(t.OwnerID, "the VPC's owner")})
	}
	return out
}

// toPublic tells whether the question's destination is outside every VPC.
func (g networkRepairs) toPublic() bool {
	if g.toS3() || strings.EqualFold(g.to(), "internet") {
		return true
	}
	if _, ok := g.service(""); ok {
		return true
	}
	block, ok := cidrOf(g.to())
	return ok && !netip.MustParsePrefix(block).Addr().IsPrivate()
}

// otherTable moves a subnet to a table of its VPC that has S3's route.
func (g networkRepairs) otherTable(s snapshot.Located[snapshot.Subnet], now *snapshot.RouteTable) []candidate {
	if !g.toS3() {
		return nil
	}
	operation, key, value := "AssociateRouteTable", "SubnetId", string(s.Item.ID)
	for _, a := range now.Associations {
		if a.Subnet == s.Item.ID {
			operation = "ReplaceRouteTableAssociation"
			if a.ID != "" {
				key, value = "AssociationId", a.ID
			}
		}
	}
	var out []candidate
	for i := range s.Region.EC2.RouteTables.Items {
		t := &s.Region.EC2.RouteTables.Items[i]
		if t.VPC != s.Item.VPC || t.ID == now.ID || !slices.ContainsFunc(t.Routes, func(r snapshot.Route) bool {
			return r.PrefixList != "" && r.TargetKind == snapshot.TargetVPCEndpoint
		}) {
			continue
		}
		out = append(out, candidate{changes: []change.Change{change.New(operation, key, value, "RouteTableId", string(t.ID))},
			cost: costAddresses, why: fmt.Sprintf("Put %s on %s, which has a route to S3.", s.Item.ID, t.ID), wide: "every other route of " + string(t.ID) + " for " + string(s.Item.ID), actor: g.actor(s.Item.OwnerID, "the VPC's owner")})
	}
	return out
}

// mendTable takes out the route that is in the way, or gives a NAT gateway's
// table its way to the internet gateway.
func (g networkRepairs) mendTable(f *sim.Finding, t snapshot.Located[snapshot.RouteTable]) []candidate {
	var out []candidate
	actor := g.actor(t.Item.OwnerID, "the VPC's owner")
	if f.RuleIndex != nil && *f.RuleIndex >= 0 && *f.RuleIndex < len(t.Item.Routes) {
		r := &t.Item.Routes[*f.RuleIndex]
		endpoint := r.TargetKind == snapshot.TargetVPCEndpoint && r.PrefixList != ""
		if r.TargetKind != snapshot.TargetLocal && r.Origin != "EnableVgwRoutePropagation" && !endpoint {
			key, value := "DestinationCidrBlock", r.CIDR.Masked().String()
			switch {
			case r.PrefixList != "":
				key, value = "DestinationPrefixListId", string(r.PrefixList)
			case r.CIDR.Addr().Is6():
				key = "DestinationIpv6CidrBlock"
			}
			out = append(out, candidate{changes: []change.Change{change.New("DeleteRoute", "RouteTableId", string(t.Item.ID), key, value)},
				cost: costShared, why: fmt.Sprintf("Delete the route %s of %s, which leads to %s.", value, t.Item.ID, r.Target), actor: actor})
		}
	}
	client := false
	for _, s := range g.placements(f) {
		if own := g.table(s); own != nil && own.ID == t.Item.ID {
			client = true
		}
	}
	if client {
		return out
	}
	for i := range t.Region.EC2.InternetGateways.Items {
		igw := &t.Region.EC2.InternetGateways.Items[i]
		if slices.ContainsFunc(igw.Attachments, func(a snapshot.GatewayAttachment) bool { return a.VPC == t.Item.VPC }) {
			out = append(out, candidate{changes: []change.Change{change.New("CreateRoute", "RouteTableId", string(t.Item.ID), "DestinationCidrBlock", "0.0.0.0/0", "GatewayId", string(igw.ID))},
				cost: costInternet, why: fmt.Sprintf("Route %s to the internet gateway %s.", t.Item.ID, igw.ID), wide: "a way from " + string(t.Item.ID) + " to the internet", actor: actor})
		}
	}
	return out
}

func (g networkRepairs) excludeVPC(f *sim.Finding) []candidate {
	var out []candidate
	for _, s := range g.placements(f) {
		out = append(out, candidate{changes: []change.Change{change.New("CreateVpcBlockPublicAccessExclusion", "VpcId", string(s.Item.VPC), "InternetGatewayExclusionMode", "allow-egress")},
			cost: costInternet, why: "Exclude " + string(s.Item.VPC) + " from VPC Block Public Access for egress.", wide: "egress of " + string(s.Item.VPC) + " to the internet", actor: g.actor(s.Region.Account.ID, "the VPC's owner")})
	}
	return out
}
