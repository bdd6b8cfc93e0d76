package repair

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Costs rank candidates: what gives away least is cheapest.
const (
	costExact     = 1  // names the one thing that is asked for
	costShared    = 3  // changes something that others use as well, narrowly
	costAddresses = 5  // opens more addresses than the thing asked for has
	costNew       = 6  // makes a new resource
	costPolicy    = 8  // changes a policy that others are under
	costInternet  = 15 // lets traffic out to the internet
	costAnywhere  = 20 // opens to every address
	costOrg       = 30 // changes an organization's policy
)

// generator proposes changes that may mend a blocker. What it proposes need
// not work: everything is tried out.
type generator struct {
	snap   *snapshot.Snapshot
	q      Query
	answer *sim.Answer
	source source
	others *neighbours
}

// candidates proposes ways to mend a finding, by the gate that reports it.
func (g *generator) candidates(f *sim.Finding) []candidate {
	var out []candidate
	switch f.Gate {
	case sim.GateJob:
		out = g.jobRole(f)
	case sim.GateDNS:
		out = g.dns(f)
	case sim.GateSGEgress, sim.GateSGIngress:
		out = g.securityGroup(f)
	case sim.GateNACLEgress, sim.GateNACLIngress:
		out = g.networkACL(f)
	case sim.GateRoute, sim.GateEndpoint:
		out = g.route(f)
	case sim.GateEndpointPolicy, sim.GateRole, sim.GateSCP, sim.GateRCP, sim.GateBucketPolicy, sim.GateKMS:
		out = g.policy(f)
	}
	return dedupe(out)
}

func dedupe(list []candidate) []candidate {
	seen := map[string]bool{}
	var out []candidate
	for _, c := range list {
		if k := c.key(); !seen[k] {
			seen[k] = true
			out = append(out, c)
		}
	}
	return out
}

// regional is a resource with the region it stands in.
type regional[T any] struct {
	of     *T
	region *snapshot.Region
}

func (g *generator) regions() []*snapshot.Region {
	var out []*snapshot.Region
	for _, a := range g.snap.Accounts {
		out = append(out, a.Regions...)
	}
	return out
}

func find[T any](g *generator, items func(*snapshot.Region) []T, is func(*T) bool) (regional[T], bool) {
	for _, r := range g.regions() {
		list := items(r)
		for i := range list {
			if is(&list[i]) {
				return regional[T]{&list[i], r}, true
			}
		}
	}
	return regional[T]{}, false
}

func (g *generator) subnet(id snapshot.SubnetID) (regional[snapshot.Subnet], bool) {
	return find(g, func(r *snapshot.Region) []snapshot.Subnet { return r.EC2.Subnets.Items }, func(s *snapshot.Subnet) bool { return s.ID == id })
}

// placements returns the subnets that a finding is about.
func (g *generator) placements(f *sim.Finding) []regional[snapshot.Subnet] {
	var out []regional[snapshot.Subnet]
	seen := map[string]bool{}
	for i, p := range g.answer.Placements {
		if len(f.Placements) > 0 && !slices.Contains(f.Placements, i) || seen[p.Subnet] {
			continue
		}
		seen[p.Subnet] = true
		if s, ok := g.subnet(snapshot.SubnetID(p.Subnet)); ok {
			out = append(out, s)
		}
	}
	return out
}

// actor names who must make a change in an account, where it is not ours.
func (g *generator) actor(account, as string) string {
	if account == "" || account == g.source.account || g.source.account == "" {
		return ""
	}
	return "account " + account + " (" + as + ")"
}

// bucketRegion is the region of the first bucket that the question is about.
func (g *generator) bucketRegion() string {
	for _, name := range g.bucketNames() {
		if b := g.bucket(name); b != nil && b.Region != "" {
			return b.Region
		}
	}
	return ""
}

func (g *generator) bucketNames() []string {
	var out []string
	add := func(arn string) {
		if _, rest, ok := strings.Cut(arn, ":s3:::"); ok {
			name, _, _ := strings.Cut(rest, "/")
			if name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	for _, p := range g.answer.Placements {
		for _, r := range p.Requests {
			add(r.Resource)
		}
	}
	add(g.q.Check.Bucket)
	return out
}

func (g *generator) bucket(name string) *snapshot.Bucket {
	for _, a := range g.snap.Accounts {
		for i := range a.S3.Buckets.Items {
			if a.S3.Buckets.Items[i].Name == name {
				return &a.S3.Buckets.Items[i]
			}
		}
	}
	return nil
}

// s3List returns the S3 prefix list of a region as one of its accounts sees it.
func (g *generator) s3List(region string) (*snapshot.PrefixList, bool) {
	for _, r := range g.regions() {
		if r.Name != region {
			continue
		}
		for i := range r.EC2.PrefixLists.Items {
			l := &r.EC2.PrefixLists.Items[i]
			if strings.HasSuffix(l.Name, "com.amazonaws."+region+".s3") {
				return l, true
			}
		}
	}
	return nil, false
}

// s3Blocks returns the IPv4 CIDR blocks of a region's S3; none where the
// snapshot does not hold the list's entries.
func (g *generator) s3Blocks(region string) []string {
	var out []string
	if l, ok := g.s3List(region); ok {
		for _, e := range l.Entries {
			if e.CIDR.Addr().Is4() {
				out = append(out, e.CIDR.Masked().String())
			}
		}
	}
	return out
}

// remoteOf tells what the other side of a packet is: S3's public addresses, or
// an address in a subnet.
func (g *generator) remoteOf(address string) (subnet regional[snapshot.Subnet], private bool) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return subnet, false
	}
	return find(g, func(r *snapshot.Region) []snapshot.Subnet { return r.EC2.Subnets.Items },
		func(s *snapshot.Subnet) bool { return s.CIDR.IsValid() && s.CIDR.Contains(a) })
}

var ec2Actions = regexp.MustCompile(`ec2:[A-Za-z]+`)

// jobRole lets SageMaker assume the role and the role place interfaces. Other
// blockers of the job gate are the job's own to mend.
func (g *generator) jobRole(f *sim.Finding) []candidate {
	role := g.role()
	if role == nil {
		return nil
	}
	switch f.Code {
	case finding.JobRoleTrust:
		statement := located.Pairs("Sid", "SageMakerMayAssume", "Effect", "Allow", "Principal", located.Pairs("Service", "sagemaker.amazonaws.com"), "Action", "sts:AssumeRole")
		text, err := addStatements(&role.Trust, statement)
		if err != nil {
			return nil
		}
		return []candidate{{changes: []change.Change{g.iam(change.New("UpdateAssumeRolePolicy", "RoleName", role.Name, "PolicyDocument", text))}, cost: costExact,
			why: "Let SageMaker assume the role " + role.Name + ".", target: "trust of " + role.ARN}}
	case finding.JobRoleEC2Actions:
		actions := ec2Actions.FindAllString(f.Fix+" "+f.Message, -1)
		slices.Sort(actions)
		actions = slices.Compact(actions)
		if len(actions) == 0 {
			return nil
		}
		// The Describe actions have no resource types, so a narrower Resource
		// than "*" would allow nothing (P316).
		if f.RuleIndex != nil {
			return g.exempt(f) // a Deny, which no Allow mends
		}
		statement := located.Pairs("Sid", "JobNetworkInterfaces", "Effect", "Allow", "Action", actions, "Resource", "*")
		return g.inline("canreach-job-interfaces", "Let the role "+role.Name+" place the job's network interfaces.", statement)
	}
	return nil
}

func (g *generator) dns(f *sim.Finding) []candidate {
	var out []candidate
	if f.Code != finding.DNSDisabled {
		return nil
	}
	for _, s := range g.placements(f) {
		vpc := string(s.of.VPC)
		out = append(out, candidate{changes: []change.Change{change.New("ModifyVpcAttribute", "VpcId", vpc, "EnableDnsSupport", located.Pairs("Value", true))},
			cost: costShared, why: "Turn DNS support of " + vpc + " on.", actor: g.actor(s.region.Account.ID, "the VPC's owner")})
	}
	return out
}

func (g *generator) group(id string) (regional[snapshot.SecurityGroup], bool) {
	return find(g, func(r *snapshot.Region) []snapshot.SecurityGroup { return r.EC2.SecurityGroups.Items }, func(s *snapshot.SecurityGroup) bool { return string(s.ID) == id })
}

// securityGroup proposes rules: out of the source's groups, or into the groups
// of the other end.
func (g *generator) securityGroup(f *sim.Finding) []candidate {
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
		actor := g.actor(sg.of.OwnerID, "the security group's owner")
		for _, r := range g.remotes(f, sg.region.Name) {
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
func (g *generator) permissions(f *sim.Finding, members []any) []located.Value {
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
func (g *generator) protocol(f *sim.Finding) string {
	if f.Example != nil && f.Example.Protocol != "" {
		return strings.ToLower(f.Example.Protocol)
	}
	return "tcp"
}

// port is the destination port of the question.
func (g *generator) port() int {
	if p := g.q.Check.Options.Port; p != 0 {
		return p
	}
	return 443
}

// traffic says what the question sends.
func (g *generator) traffic(f *sim.Finding) string {
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
func (g *generator) toS3() bool {
	if g.q.Trace == nil {
		return true
	}
	to := strings.ToLower(g.q.Trace.To)
	return to == "s3" || strings.HasPrefix(to, "s3:") || strings.HasPrefix(to, "s3.") || strings.HasSuffix(to, ".s3") || strings.Contains(to, ".s3.")
}

// remotes are the other sides that a rule of the source's groups may name,
// narrowest first.
func (g *generator) remotes(f *sim.Finding, region string) []remote {
	var out []remote
	if f.Example != nil {
		if s, private := g.remoteOf(f.Example.Destination); private {
			for _, id := range g.groupsAt(f.Example.Destination) {
				out = append(out, remote{pair(id), "the group " + id, costExact, ""})
			}
			return append(out, remote{[]any{"IpRanges", ranges(s.of.CIDR.Masked().String())}, string(s.of.ID) + " (" + s.of.CIDR.Masked().String() + ")", costAddresses, ""})
		}
	}
	anywhere := remote{[]any{"IpRanges", ranges("0.0.0.0/0")}, "anywhere", costAnywhere, g.traffic(f) + " to every address"}
	if !g.toS3() {
		if block, ok := cidrOf(g.q.Trace.To); ok {
			out = append(out, remote{[]any{"IpRanges", ranges(block)}, block, costExact, ""})
		}
		return append(out, anywhere)
	}
	if to := g.bucketRegion(); to != "" && to != region {
		return []remote{anywhere}
	}
	if l, ok := g.s3List(region); ok {
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
func (g *generator) groupsAt(address string) []string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	n, ok := find(g, func(r *snapshot.Region) []snapshot.NetworkInterface { return r.EC2.NetworkInterfaces.Items }, func(n *snapshot.NetworkInterface) bool {
		return slices.ContainsFunc(n.Addresses, func(x snapshot.InterfaceAddress) bool { return x.Private == a })
	})
	if !ok {
		return nil
	}
	var out []string
	for _, id := range n.of.Groups {
		out = append(out, string(id))
	}
	return out
}

// ingress lets the source's groups, its subnets, or the address that it is,
// into a group.
func (g *generator) ingress(f *sim.Finding) []candidate {
	sg, _ := g.group(f.Component)
	actor := g.actor(sg.of.OwnerID, "the security group's owner")
	add := func(members []any, name, wide string, cost int) candidate {
		return candidate{changes: []change.Change{change.New("AuthorizeSecurityGroupIngress", "GroupId", f.Component, "IpPermissions", g.permissions(f, members))},
			cost: cost, why: "Let " + f.Component + " take " + g.traffic(f) + " from " + name + ".", wide: wide, actor: actor}
	}
	var out []candidate
	for _, id := range g.source.groups {
		if own, ok := g.group(id); ok && own.of.VPC == sg.of.VPC {
			out = append(out, add(pair(id), id, "", costExact))
		}
	}
	var blocks []string
	for _, id := range g.source.subnets {
		if s, ok := g.subnet(id); ok && s.of.CIDR.IsValid() && !slices.Contains(blocks, s.of.CIDR.Masked().String()) {
			blocks = append(blocks, s.of.CIDR.Masked().String())
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
