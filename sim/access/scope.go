package access

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// scope is what a change can bear on. A question whose role, bucket and class
// of interfaces are all outside of it has the same answer before and after.
type scope struct {
	all            bool // every question
	roles, buckets map[string]bool
	bucketsOf      map[string]bool // accounts
	places         map[string]bool // VPCs and transit gateways
	components     map[string]bool // ids of network components that differ
	before, after  *side
}

// side is one of the two worlds, with what its parts belong to.
type side struct {
	world   *sim.World
	extent  *network.Extent
	managed map[string][]string // ARN of a managed policy → roles that have it
	reach   map[string]map[string]bool
}

func sideOf(w *sim.World) *side {
	s := &side{world: w, extent: w.Network().Extent(), managed: map[string][]string{}, reach: map[string]map[string]bool{}}
	for _, a := range w.Snapshot().Accounts {
		for i := range a.IAM.Roles.Items {
			r := &a.IAM.Roles.Items[i]
			for _, p := range r.Attached {
				s.managed[p.ARN] = append(s.managed[p.ARN], r.ARN)
			}
			if r.BoundaryARN != "" {
				s.managed[r.BoundaryARN] = append(s.managed[r.BoundaryARN], r.ARN)
			}
		}
	}
	return s
}

// scopeOf sorts the changes by what they bear on. Where that is not known, it
// is everything.
func scopeOf(before, after *sim.World, changes []diff.ResourceChange) *scope {
	s := &scope{roles: map[string]bool{}, buckets: map[string]bool{}, bucketsOf: map[string]bool{}, places: map[string]bool{}, components: map[string]bool{},
		before: sideOf(before), after: sideOf(after)}
	if accountFacts(before) != accountFacts(after) {
		s.all = true
	}
	if before.Network().Commons() != after.Network().Commons() {
		s.places[network.AnyPlace] = true
	}
	for i := range changes {
		s.add(&changes[i])
	}
	return s
}

// accountFacts is what questions read of whole accounts: which collections were
// read, and the organization.
func accountFacts(w *sim.World) string {
	var b strings.Builder
	for _, a := range w.Snapshot().Accounts {
		fmt.Fprint(&b, a.ID, a.OrganizationID, a.Organization, a.OrganizationPath, a.ManagementAccount.Presence, a.ManagementAccount.Value)
		for _, v := range []any{a.IAM.Roles, a.IAM.Policies, a.S3.Buckets, a.S3.AccessPoints, a.KMS.Keys, a.KMS.Aliases} {
			f := reflect.ValueOf(v)
			fmt.Fprint(&b, " ", f.FieldByName("Presence").Uint(), f.FieldByName("Complete").Bool())
		}
	}
	return b.String()
}

// unread are kinds that no question about S3 reads but for the classes of
// interfaces that they make.
var unread = []string{"Functions", "CompilationJobs", "TrainingJobs", "ProcessingJobs", "TransformJobs", "Models", "NotebookInstances", "Domains", "OptimizationJobs", "ResourcePolicies", "complete"}

// wherever are kinds that bear on every VPC: those of Route 53, whose answers
// may lead anywhere, and settings of a whole Region.
var wherever = []string{"ResolverRules", "ResolverRuleAssociations", "FirewallRuleGroupAssociations", "FirewallRules", "FirewallDomainLists", "FirewallConfigs",
	"ResolverEndpoints", "ProfileAssociations", "ProfileResourceAssociations", "HostedZones", "VpcBlockPublicAccessOptions", "PrefixLists"}

// ownUse are kinds that bear on what names them, and on nothing else.
var ownUse = []string{"DhcpOptions", "ManagedPrefixLists", "ManagedPrefixListEntries", "Addresses", "InternetGateways", "EgressOnlyInternetGateways", "VpnGateways",
	"TransitGateways", "VpnConnections", "CustomerGateways"}

func (s *scope) add(c *diff.ResourceChange) {
	switch {
	case slices.Contains(unread, c.Kind):
	case c.Kind == "RoleDetailList" && c.ID != "":
		s.roles[c.ID] = true
	case c.Kind == "Policies" && c.ID != "":
		for _, role := range slices.Concat(s.before.managed[c.ID], s.after.managed[c.ID]) {
			s.roles[role] = true
		}
	case c.Kind == "buckets" && c.ID != "":
		s.buckets[c.ID] = true
	case c.Kind == "accountPublicAccessBlock":
		s.bucketsOf[c.Account] = true
	case c.Kind == "Keys" || c.Kind == "Aliases":
		s.encrypted()
	case c.Kind == "gaps":
		s.gaps(c)
	case slices.Contains(wherever, c.Kind):
		s.places[network.AnyPlace] = true
	case c.Region != "" && c.ID != "" && c.Kind != "regions":
		s.component(c)
	default:
		s.all = true
	}
}

// encrypted adds the buckets for which some KMS key may count.
func (s *scope) encrypted() {
	for _, side := range []*side{s.before, s.after} {
		for _, a := range side.world.Snapshot().Accounts {
			for i := range a.S3.Buckets.Items {
				if b := &a.S3.Buckets.Items[i]; b.Encryption.Presence != snapshot.Collected || b.Encryption.Algorithm != "AES256" {
					s.buckets[b.Name] = true
				}
			}
		}
	}
}

// component adds the places that a component of a network bears on: those
// that it names, and those that name it.
func (s *scope) component(c *diff.ResourceChange) {
	s.components[c.ID] = true
	found := slices.Contains(ownUse, c.Kind)
	add := func(list []string) {
		for _, p := range list {
			s.places[p], found = true, true
		}
	}
	for _, side := range []*side{s.before, s.after} {
		add(side.extent.Places(c.ID))
		for _, n := range []*jsontree.Node{c.Old(), c.New()} {
			eachText(n, func(text string) { add(side.extent.Homes(text)) })
		}
	}
	if !found {
		s.places[network.AnyPlace] = true
	}
}

// gaps adds what the facts bear on that one snapshot lacks and the other has.
func (s *scope) gaps(c *diff.ResourceChange) {
	seen := map[string]int{}
	var list []*jsontree.Node
	for i, n := range []*jsontree.Node{c.Old(), c.New()} {
		for _, g := range n.Elements() {
			key := string(g.Raw())
			if seen[key] == 0 {
				list = append(list, g)
			}
			seen[key] |= 1 << i
		}
	}
	for _, g := range list {
		if seen[string(g.Raw())] == 3 {
			continue
		}
		id := g.Get("resource").Text()
		switch g.Get("service").Text() {
		case "iam":
			s.roles[id] = true
			s.all = s.all || !strings.Contains(id, ":role/")
		case "s3":
			s.buckets[id] = true
			s.all = s.all || id == ""
		case "ec2":
			places := slices.Concat(s.before.extent.Homes(id), s.after.extent.Homes(id))
			if len(places) == 0 {
				places = []string{network.AnyPlace}
			}
			for _, p := range places {
				s.places[p] = true
			}
			s.components[id] = true
		default:
			s.all = true
		}
	}
}

// eachText visits the strings of a JSON value.
func eachText(n *jsontree.Node, visit func(string)) {
	switch n.Kind() {
	case jsontree.String:
		visit(n.Text())
	case jsontree.Array, jsontree.Object:
		for i := range n.Len() {
			eachText(n.At(i), visit)
		}
	}
}

func (s *scope) touchesRole(arn string) bool { return s.all || s.roles[arn] }

func (s *scope) touchesBucket(resource string) bool {
	name := bucketName(resource)
	if s.all || s.buckets[name] {
		return true
	}
	for _, side := range []*side{s.before, s.after} {
		b, ok := side.world.FindBucket(name)
		if !ok || b.Account != nil && s.bucketsOf[b.Account.ID] {
			return true
		}
	}
	return false
}

// mayTouch tells whether the change may bear on the network of a class: some
// place that its traffic can meet is among the change's.
func (s *scope) mayTouch(c *Class) bool {
	if s.all || s.places[network.AnyPlace] {
		return true
	}
	for _, side := range []*side{s.before, s.after} {
		homes := []string{string(c.VPC)}
		for _, g := range c.Groups {
			homes = append(homes, side.extent.Homes(string(g))...)
		}
		for _, home := range homes {
			if side.reaches(home, s.places) {
				return true
			}
		}
	}
	return false
}

func (s *side) reaches(home string, places map[string]bool) bool {
	reach := s.reach[home]
	if reach == nil {
		reach = s.extent.Reach(home)
		s.reach[home] = reach
	}
	if reach[network.AnyPlace] {
		return len(places) > 0
	}
	for p := range places {
		if reach[p] {
			return true
		}
	}
	return false
}
