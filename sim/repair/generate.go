package repair

import (
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

// The generator's parts, by what they repair.
type (
	networkRepairs struct{ *generator } // network.go, securitygroup.go, service.go
	policyRepairs  struct{ *generator } // policy.go, exempt.go, accesspoint.go
)

func (g *generator) networkRepairs() networkRepairs { return networkRepairs{g} }
func (g *generator) policyRepairs() policyRepairs   { return policyRepairs{g} }

// candidates proposes ways to mend a finding, by the gate that reports it.
func (g *generator) candidates(f *sim.Finding) []candidate {
	var out []candidate
	switch f.Gate {
	case sim.GateJob:
		out = g.jobRole(f)
	case sim.GateDNS:
		out = g.dns(f)
	case sim.GateSGEgress, sim.GateSGIngress:
		out = g.networkRepairs().securityGroup(f)
	case sim.GateNACLEgress, sim.GateNACLIngress:
		out = g.networkRepairs().networkACL(f)
	case sim.GateRoute, sim.GateEndpoint:
		out = g.networkRepairs().route(f)
	case sim.GateEndpointPolicy, sim.GateRole, sim.GateSCP, sim.GateRCP, sim.GateBucketPolicy, sim.GateKMS:
		out = g.policyRepairs().policy(f)
	case sim.GateBucket:
		if strings.HasPrefix(f.Code.String(), "ACCESS_POINT_POLICY_") {
			out = g.policyRepairs().policy(f)
		}
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

func (g *generator) regions() []*snapshot.Region {
	var out []*snapshot.Region
	for _, a := range g.snap.Accounts {
		out = append(out, a.Regions...)
	}
	return out
}

func find[T any](g *generator, items func(*snapshot.Region) []T, is func(*T) bool) (snapshot.Located[T], bool) {
	for _, r := range g.regions() {
		list := items(r)
		for i := range list {
			if is(&list[i]) {
				return snapshot.Located[T]{Item: &list[i], Region: r}, true
			}
		}
	}
	return snapshot.Located[T]{}, false
}

func (g *generator) subnet(id snapshot.SubnetID) (snapshot.Located[snapshot.Subnet], bool) {
	return find(g, func(r *snapshot.Region) []snapshot.Subnet { return r.EC2.Subnets.Items }, func(s *snapshot.Subnet) bool { return s.ID == id })
}

// placements returns the subnets that a finding is about.
func (g *generator) placements(f *sim.Finding) []snapshot.Located[snapshot.Subnet] {
	var out []snapshot.Located[snapshot.Subnet]
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

// serviceList returns the prefix list of the question's service in a region, as one of its accounts sees it.
func (g *generator) serviceList(region string) (*snapshot.PrefixList, bool) {
	service, _ := g.networkRepairs().gatewayService(region)
	for _, r := range g.regions() {
		if r.Name != region {
			continue
		}
		for i := range r.EC2.PrefixLists.Items {
			l := &r.EC2.PrefixLists.Items[i]
			if service != "" && strings.HasSuffix(l.Name, service) {
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
	if l, ok := g.serviceList(region); ok {
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
func (g *generator) remoteOf(address string) (subnet snapshot.Located[snapshot.Subnet], private bool) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return subnet, false
	}
	return find(g, func(r *snapshot.Region) []snapshot.Subnet { return r.EC2.Subnets.Items },
		func(s *snapshot.Subnet) bool { return s.CIDR.IsValid() && s.CIDR.Contains(a) })
}

var (
	ec2Actions = regexp.MustCompile(`ec2:[A-Za-z]+`)
	stsActions = regexp.MustCompile(`sts:[A-Za-z]+`)
)

// jobRole lets the job's service assume the role and the role place interfaces. Other
// blockers of the job gate are the job's own to mend.
func (g *generator) jobRole(f *sim.Finding) []candidate {
	role := g.policyRepairs().roleOf(f.Component)
	if role == nil {
		return nil
	}
	switch f.Code {
	case finding.JobRoleTrust:
		service := f.Example.Principal
		statement := located.Pairs("Sid", "ServiceMayAssume", "Effect", "Allow", "Principal", located.Pairs("Service", service), "Action", stsActions.FindAllString(f.Fix, -1))
		text, err := addStatements(&role.Trust, statement)
		if err != nil {
			return nil
		}
		return []candidate{{changes: []change.Change{g.policyRepairs().iam(change.New("UpdateAssumeRolePolicy", "RoleName", role.Name, "PolicyDocument", text))}, cost: costExact,
			why: "Let " + service + " assume the role " + role.Name + ".", target: "trust of " + role.ARN}}
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
			return g.policyRepairs().exempt(f) // a Deny, which no Allow mends
		}
		statement := located.Pairs("Sid", "JobNetworkInterfaces", "Effect", "Allow", "Action", actions, "Resource", "*")
		return g.policyRepairs().inline("canreach-job-interfaces", "Let the role "+role.Name+" place the job's network interfaces.", statement)
	}
	return nil
}

func (g *generator) dns(f *sim.Finding) []candidate {
	var out []candidate
	if f.Code != finding.DNSDisabled {
		return nil
	}
	for _, s := range g.placements(f) {
		vpc := string(s.Item.VPC)
		out = append(out, candidate{changes: []change.Change{change.New("ModifyVpcAttribute", "VpcId", vpc, "EnableDnsSupport", located.Pairs("Value", true))},
			cost: costShared, why: "Turn DNS support of " + vpc + " on.", actor: g.actor(s.Region.Account.ID, "the VPC's owner")})
	}
	return out
}

// wrongName tells why no policy is widened: the question names a bucket that
// does not exist, or that the snapshot does not hold, and does not say that it
// is meant as written.
func (g *generator) wrongName() string {
	for _, f := range g.answer.Findings {
		if f.Code == finding.NoSuchBucket {
			return f.Message
		}
	}
	for _, n := range g.answer.Absent {
		if n.Kind == "bucket" && !g.q.Check.Options.MayBeAbsent {
			return n.Sentence()
		}
	}
	return ""
}
