package repair

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

func (g networkRepairs) group(id string) (snapshot.Located[snapshot.SecurityGroup], bool) {
	return find(g.generator, func(r *snapshot.Region) []snapshot.SecurityGroup { return r.EC2.SecurityGroups.Items }, func(s *snapshot.SecurityGroup) bool { return string(s.ID) == id })
}

// securityGroup proposes rules: out of the source's groups, or into the groups
// of the other end.
func (g networkRepairs) securityGroup(f *sim.Finding) []candidate {
	ingress := f.Gate == sim.GateSGIngress
	if _, ok := g.group(f.Component); ok && (ingress || !slices.Contains(g.source.groups, f.Component)) {
		return g.ingress(f)
	}
	var out []candidate
	for _, id := range g.source.groups {
		sg, ok := g.group(id)
		if !ok {
			continue
		}
		actor := g.actor(sg.Item.OwnerID, "the security group's owner")
		for _, r := range g.remotes(f, sg.Region.Name) {
			out = append(out, candidate{changes: []change.Change{change.New("AuthorizeSecurityGroupEgress", "GroupId", id, "IpPermissions", g.permissions(f, r.members))},
				cost: r.cost, why: "Let " + id + " send " + g.traffic(f) + " to " + r.name + ".", wide: r.wide, actor: actor})
		}
	}
	return out
}

// remote is what a security-group rule may name.
type remote struct {
	members []any // of the IpPermission
	name    string
	cost    int
	wide    string
}

// permissions are the rules for the traffic of the question with one remote.
func (g networkRepairs) permissions(f *sim.Finding, members []any) []located.Value {
	one := func(protocol string, from, to int) located.Value {
		pairs := []any{"IpProtocol", protocol}
		if protocol != "-1" {
			pairs = append(pairs, "FromPort", from, "ToPort", to)
		}
		return located.Pairs(append(pairs, members...)...)
	}
	if g.q.Trace == nil {
		port := g.port()
		return []located.Value{one("tcp", port, port)}
	}
	protocol := g.protocol(f)
	if protocol != "tcp" && protocol != "udp" {
		return []located.Value{one(protocol, -1, -1)}
	}
	var out []located.Value
	for _, p := range g.q.Trace.Ports {
		out = append(out, one(protocol, int(p.From), int(p.To)))
	}
	switch {
	case len(out) > 0:
	case protocol == "tcp":
		out = append(out, one(protocol, g.port(), g.port()))
	default:
		out = append(out, one(protocol, 0, 65535))
	}
	return out
}

// protocol is that of a finding's example, in a rule's words.
func (g networkRepairs) protocol(f *sim.Finding) string {
	if f.Example != nil && f.Example.Protocol != "" {
		return strings.ToLower(f.Example.Protocol)
	}
	return "tcp"
}

// port is the destination port of the question.
func (g networkRepairs) port() int {
	if p := g.q.Check.Options.Port; p != 0 {
		return p
	}
	return 443
}

// traffic says what the question sends.
func (g networkRepairs) traffic(f *sim.Finding) string {
	if g.q.Trace == nil && g.port() == 443 {
		return "HTTPS"
	}
	protocol := strings.ToUpper(g.protocol(f))
	if g.q.Trace == nil {
		return fmt.Sprintf("%s port %d", protocol, g.port())
	}
	var ports []string
	for _, p := range g.q.Trace.Ports {
		if p.From == p.To {
			ports = append(ports, fmt.Sprint(p.From))
		} else {
			ports = append(ports, fmt.Sprintf("%d-%d", p.From, p.To))
		}
	}
	if len(ports) == 0 && protocol == "TCP" {
		ports = []string{"443"}
	}
	if len(ports) == 0 {
		return protocol
	}
	return protocol + " port " + strings.Join(ports, ", ")
}

func ranges(blocks ...string) located.Value {
	out := located.Value{Kind: located.List}
	for _, b := range blocks {
		out.Items = append(out.Items, located.Pairs("CidrIp", b))
	}
	return out
}

func pair(group string) []any {
	return []any{"UserIdGroupPairs", []located.Value{located.Pairs("GroupId", group)}}
}

// maxBlocks is how many CIDR blocks are worth a rule each.
const maxBlocks = 30

// toS3 tells whether the question's destination is S3.
func (g networkRepairs) toS3() bool {
	if g.q.Trace == nil {
		_, other := g.service("")
		return !other
	}
	to := strings.ToLower(g.q.Trace.To)
	return to == "s3" || strings.HasPrefix(to, "s3:") || strings.HasPrefix(to, "s3.") || strings.HasSuffix(to, ".s3") || strings.Contains(to, ".s3.")
}

// remotes are the other sides that a rule of the source's groups may name,
// narrowest first.
func (g networkRepairs) remotes(f *sim.Finding, region string) []remote {
	var out []remote
	if f.Example != nil {
		if s, private := g.remoteOf(f.Example.Destination); private {
			for _, id := range g.groupsAt(f.Example.Destination) {
				out = append(out, remote{pair(id), "the group " + id, costExact, ""})
			}
			return append(out, remote{[]any{"IpRanges", ranges(s.Item.CIDR.Masked().String())}, string(s.Item.ID) + " (" + s.Item.CIDR.Masked().String() + ")", costAddresses, ""})
		}
	}
	anywhere := remote{[]any{"IpRanges", ranges("0.0.0.0/0")}, "anywhere", costAnywhere, g.traffic(f) + " to every address"}
	_, word := g.gatewayService(region)
	if l, ok := g.serviceList(region); ok && word == "DynamoDB" {
		out = append(out, remote{[]any{"PrefixListIds", []located.Value{located.Pairs("PrefixListId", string(l.ID))}}, word + " (" + string(l.ID) + ")", costExact, ""})
	}
	if !g.toS3() {
		if g.q.Trace == nil {
			for _, group := range g.source.groups { // an endpoint's, made for it
				out = append(out, remote{pair(group), "the group " + group + " itself", costExact, ""})
			}
		}
		if block, ok := cidrOf(g.to()); ok {
			out = append(out, remote{[]any{"IpRanges", ranges(block)}, block, costExact, ""})
		}
		return append(out, anywhere)
	}
	if to := g.bucketRegion(); to != "" && to != region {
		return []remote{anywhere}
	}
	if l, ok := g.serviceList(region); ok {
		out = append(out, remote{[]any{"PrefixListIds", []located.Value{located.Pairs("PrefixListId", string(l.ID))}}, "S3 (" + string(l.ID) + ")", costExact, ""})
	}
	if blocks := g.s3Blocks(region); len(blocks) > 0 && len(blocks) <= maxBlocks {
		out = append(out, remote{[]any{"IpRanges", ranges(blocks...)}, "today's S3 addresses", costAddresses, "S3's addresses as they are today; AWS changes them (N58)"})
	}
	return append(out, anywhere)
}

// cidrOf reads an address or a CIDR block of IPv4.
func cidrOf(word string) (string, bool) {
	if a, err := netip.ParseAddr(word); err == nil && a.Is4() {
		return netip.PrefixFrom(a, 32).String(), true
	}
	if p, err := netip.ParsePrefix(word); err == nil && p.Addr().Is4() {
		return p.Masked().String(), true
	}
	return "", false
}

// groupsAt are the security groups of the interface with an address.
func (g networkRepairs) groupsAt(address string) []string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	n, ok := find(g.generator, func(r *snapshot.Region) []snapshot.NetworkInterface { return r.EC2.NetworkInterfaces.Items }, func(n *snapshot.NetworkInterface) bool {
		return slices.ContainsFunc(n.Addresses, func(x snapshot.InterfaceAddress) bool { return x.Private == a })
	})
	if !ok {
		return nil
	}
	var out []string
	for _, id := range n.Item.Groups {
		out = append(out, string(id))
	}
	return out
}

// ingress lets the source's groups, its subnets, or the address that it is,
// into a group.
func (g networkRepairs) ingress(f *sim.Finding) []candidate {
	sg, _ := g.group(f.Component)
	actor := g.actor(sg.Item.OwnerID, "the security group's owner")
	add := func(members []any, name, wide string, cost int) candidate {
		return candidate{changes: []change.Change{change.New("AuthorizeSecurityGroupIngress", "GroupId", f.Component, "IpPermissions", g.permissions(f, members))},
			cost: cost, why: "Let " + f.Component + " take " + g.traffic(f) + " from " + name + ".", wide: wide, actor: actor}
	}
	var out []candidate
	for _, id := range g.source.groups {
		if own, ok := g.group(id); ok && own.Item.VPC == sg.Item.VPC {
			out = append(out, add(pair(id), id, "", costExact))
		}
	}
	var blocks []string
	for _, id := range g.source.subnets {
		if s, ok := g.subnet(id); ok && s.Item.CIDR.IsValid() && !slices.Contains(blocks, s.Item.CIDR.Masked().String()) {
			blocks = append(blocks, s.Item.CIDR.Masked().String())
		}
	}
	if len(blocks) > 0 {
		out = append(out, add([]any{"IpRanges", ranges(blocks...)}, "the source's subnets", "", costAddresses))
	}
	if g.q.Trace != nil {
		if block, ok := cidrOf(g.q.Trace.From); ok {
			out = append(out, add([]any{"IpRanges", ranges(block)}, block, "", costExact))
		}
		if strings.EqualFold(g.q.Trace.From, "internet") {
			out = append(out, add([]any{"IpRanges", ranges("0.0.0.0/0")}, "anywhere", g.traffic(f)+" from every address", costAnywhere))
		}
	}
	return out
}
