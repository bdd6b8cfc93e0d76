package network

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/snapshot"
)

// Extent says how far a component bears on traffic to S3: the places (VPCs and
// transit gateways) that it belongs to, and the places that a VPC's traffic can
// get to. It rests on the component graph, without packets, and errs towards
// too much: where no change is within a VPC's reach, what its interfaces get is
// the same.
type Extent struct {
	x      *index
	of     map[string][]string // component → its places
	users  map[string][]string // what several places may use → who does
	onward map[string][]string // place → places that its routes and attachments lead to
	leaves map[string]bool     // VPCs whose traffic to S3, or whose queries for its name, may leave them

	listed  map[snapshot.RouteTableID]bool // tables that gateway endpoints name
	answers map[snapshot.VPCID]bool        // VPCs with an endpoint that may answer for S3's names
	outside map[snapshot.VPCID]bool        // VPCs in which those have no address; found when asked for
}

// AnyPlace stands for every place there is.
const AnyPlace = "*"

// Extent builds the places of the model's components.
func (m *Model) Extent() *Extent {
	e := &Extent{x: m.x, of: map[string][]string{}, users: map[string][]string{}, onward: map[string][]string{}, leaves: map[string]bool{},
		listed: map[snapshot.RouteTableID]bool{}, answers: map[snapshot.VPCID]bool{}, outside: map[snapshot.VPCID]bool{}}
	for _, acc := range m.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			e.region(&r.EC2)
		}
	}
	for id := range m.x.TransitGateways.Map() {
		e.put(string(id), string(id))
	}
	e.attachments()
	for id := range m.x.VPCs.Map() {
		e.put(string(id), string(id))
		e.leaves[string(id)] = !e.resolvesAtHome(id)
	}
	for _, id := range slices.Sorted(maps.Keys(m.x.RouteTables.Map())) {
		e.table(m.x.RouteTables.Get(id).Item)
	}
	return e
}

func (e *Extent) put(id string, places ...string) {
	for _, p := range places {
		if p != "" && id != "" && !slices.Contains(e.of[id], p) {
			e.of[id] = append(e.of[id], p)
		}
	}
}

func (e *Extent) use(id, vpc string) {
	if id != "" && vpc != "" && !slices.Contains(e.users[id], vpc) {
		e.users[id] = append(e.users[id], vpc)
	}
}

func (e *Extent) lead(from, to string) {
	if from != "" && to != "" && from != to && !slices.Contains(e.onward[from], to) {
		e.onward[from] = append(e.onward[from], to)
	}
}

func (e *Extent) region(c *snapshot.EC2) {
	for i := range c.Subnets.Items {
		e.put(string(c.Subnets.Items[i].ID), string(c.Subnets.Items[i].VPC))
	}
	for i := range c.RouteTables.Items {
		e.put(string(c.RouteTables.Items[i].ID), string(c.RouteTables.Items[i].VPC))
	}
	for i := range c.NetworkACLs.Items {
		e.put(string(c.NetworkACLs.Items[i].ID), string(c.NetworkACLs.Items[i].VPC))
	}
	for i := range c.VPCEndpoints.Items {
		e.put(string(c.VPCEndpoints.Items[i].ID), string(c.VPCEndpoints.Items[i].VPC))
		e.endpoint(&c.VPCEndpoints.Items[i])
	}
	for i := range c.NATGateways.Items {
		n := &c.NATGateways.Items[i]
		e.put(string(n.ID), string(n.VPC))
		if in := e.x.Subnets.Get(n.Subnet).Item; in != nil {
			e.put(string(n.ID), string(in.VPC))
		}
	}
	for _, list := range [][]snapshot.InternetGateway{c.InternetGateways.Items, c.EgressOnlyGateways.Items} {
		for i := range list {
			for _, a := range list[i].Attachments {
				e.put(string(list[i].ID), string(a.VPC))
			}
		}
	}
	for i := range c.Peerings.Items {
		p := &c.Peerings.Items[i]
		e.put(string(p.ID), string(p.Requester.VPC), string(p.Accepter.VPC))
	}
	for i := range c.SecurityGroupVPCs.Items {
		e.use(string(c.SecurityGroupVPCs.Items[i].Group), string(c.SecurityGroupVPCs.Items[i].VPC))
	}
	for i := range c.VPCs.Items {
		e.use(string(c.VPCs.Items[i].DHCPOptionsID), string(c.VPCs.Items[i].ID))
	}
	for i := range c.SecurityGroups.Items {
		e.group(&c.SecurityGroups.Items[i])
	}
}

func (e *Extent) group(g *snapshot.SecurityGroup) {
	e.put(string(g.ID), string(g.VPC))
	for _, rules := range [][]snapshot.Permission{g.Ingress, g.Egress} {
		for i := range rules {
			for _, l := range rules[i].PrefixLists {
				e.use(string(l.List), string(g.VPC))
			}
			for _, ref := range rules[i].Groups {
				e.use(string(ref.Group), string(g.VPC))
			}
		}
	}
}

// attachments link transit gateways with VPCs, and with each other by peering.
func (e *Extent) attachments() {
	var peered []string
	for _, acc := range e.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.TGWAttachments.Items {
				a := &r.EC2.TGWAttachments.Items[i]
				e.put(string(a.ID), string(a.Gateway))
				if strings.HasPrefix(a.ResourceID, "vpc-") || e.x.VPCs.Get(snapshot.VPCID(a.ResourceID)).Item != nil {
					e.put(string(a.ID), a.ResourceID)
					e.lead(string(a.Gateway), a.ResourceID)
				} else if !slices.Contains(peered, string(a.Gateway)) {
					peered = append(peered, string(a.Gateway))
				}
			}
			for i := range r.EC2.TGWRouteTables.Items {
				e.put(string(r.EC2.TGWRouteTables.Items[i].ID), string(r.EC2.TGWRouteTables.Items[i].Gateway))
			}
		}
	}
	for _, a := range peered {
		for _, b := range peered {
			e.lead(a, b)
		}
	}
}

// table notes where a table's routes lead, and whether one that traffic to S3
// may take, or its replies, leads out of the VPC.
func (e *Extent) table(t *snapshot.RouteTable) {
	vpc := string(t.VPC)
	for i := range t.Routes {
		r := &t.Routes[i]
		e.use(string(r.PrefixList), vpc)
		for _, to := range e.targets(r) {
			e.lead(vpc, to)
			if to != vpc && e.carriesS3(r, e.x.VPCs.Get(t.VPC).Item) {
				e.leaves[vpc] = true
			}
		}
	}
}

// targets are the places to which a route leads; what this program knows
// nothing of leads nowhere that it reads.
func (e *Extent) targets(r *snapshot.Route) []string {
	switch r.TargetKind {
	case snapshot.TargetTransitGateway:
		return []string{r.Target}
	case snapshot.TargetPeering, snapshot.TargetNATGateway, snapshot.TargetVPCEndpoint:
		return e.of[r.Target]
	case snapshot.TargetNetworkInterface, snapshot.TargetInstance:
		return []string{AnyPlace} // an appliance may have interfaces in other VPCs
	}
	return nil
}

var privateSpace = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7")}

// carriesS3 tells whether traffic between a VPC and S3's public addresses, or
// inside the VPC, may take a route.
func (e *Extent) carriesS3(r *snapshot.Route, v *snapshot.VPC) bool {
	if !r.CIDR.IsValid() || v == nil {
		return true
	}
	for _, own := range slices.Concat(v.CIDRs, v.IPv6CIDRs) {
		if own.Bits() <= r.CIDR.Bits() && own.Overlaps(r.CIDR) {
			return true
		}
	}
	return !slices.ContainsFunc(privateSpace, func(p netip.Prefix) bool {
		return p.Bits() <= r.CIDR.Bits() && p.Contains(r.CIDR.Addr())
	})
}

// resolvesAtHome tells whether queries for S3's names are answered by public
// name servers or by endpoints of the VPC itself, and by nobody else.
func (e *Extent) resolvesAtHome(id snapshot.VPCID) bool {
	v := e.x.VPCs.Get(id)
	o := e.x.DHCPOptions.Get(v.Item.DHCPOptionsID).Item
	if o == nil || v.Region.EC2.VPCEndpoints.Presence != snapshot.Collected {
		return false
	}
	if amazon, custom, odd := rules.Servers(o.DNSServers, v.Item.CIDRs); !amazon || len(custom)+len(odd) > 0 {
		return false
	}
	for _, acc := range e.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			d := &r.Resolver
			if slices.ContainsFunc(d.PrivateZones.Items, func(z snapshot.PrivateZone) bool { return mayHoldS3Name(z.Name) }) || len(d.Profiles.Items) > 0 ||
				slices.ContainsFunc(d.RuleAssociations.Items, func(a snapshot.ResolverRuleAssociation) bool { return a.VPC == id }) {
				return false
			}
		}
	}
	return true
}

// Reach is the places that S3 traffic of interfaces in a VPC can meet. Traffic
// that stays in the VPC meets no other; what leaves may come back by any route.
func (e *Extent) Reach(vpc string) map[string]bool {
	seen := map[string]bool{vpc: true}
	if _, known := e.x.VPCs.Find(snapshot.VPCID(vpc)); !known {
		return map[string]bool{AnyPlace: true}
	}
	if !e.leaves[vpc] {
		return seen
	}
	if !e.resolvesAtHome(snapshot.VPCID(vpc)) {
		return map[string]bool{AnyPlace: true} // an answer may be any address
	}
	for queue := []string{vpc}; len(queue) > 0; queue = queue[1:] {
		for _, to := range e.onward[queue[0]] {
			if !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return seen
}

// Homes are the places that a component belongs to.
func (e *Extent) Homes(id string) []string { return e.of[id] }

// Places are the places that a component belongs to or is used in.
func (e *Extent) Places(id string) []string { return slices.Concat(e.of[id], e.users[id]) }

// Commons is what every question reads, whatever its VPC: which collections
// were read and how, AWS's own prefix lists, and whether names matter. Two
// models with different commons may differ in any answer.
func (m *Model) Commons() string {
	var b strings.Builder
	names, byBucket := m.NamesMatter()
	fmt.Fprintln(&b, names, byBucket)
	for _, acc := range m.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			fmt.Fprint(&b, acc.ID, " ", r.Name)
			presences(&b, reflect.ValueOf(&r.EC2).Elem())
			presences(&b, reflect.ValueOf(&r.Resolver).Elem())
			fmt.Fprintln(&b)
		}
	}
	lists := m.x.serviceLists()
	for _, k := range slices.SortedFunc(maps.Keys(lists), func(a, b listKey) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) {
		fmt.Fprintln(&b, k, lists[k])
	}
	for _, l := range m.x.awsLists() {
		fmt.Fprint(&b, l.ID)
		for i := range l.Entries {
			fmt.Fprint(&b, " ", l.Entries[i].CIDR)
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// presences writes how each collection of a struct was read.
func presences(b *strings.Builder, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() != reflect.Struct || !f.FieldByName("Presence").IsValid() || !f.FieldByName("Complete").IsValid() {
			continue
		}
		fmt.Fprint(b, " ", f.FieldByName("Presence").Uint(), f.FieldByName("Complete").Bool())
	}
}
