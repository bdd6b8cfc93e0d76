package organization

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// surveyed is what the plan of phase 1 needs of an account's file.
type surveyed struct {
	in       Input
	regions  []string
	links    []string // ids of networks that another account may share
	buckets  []string // as "REGION/NAME"
	names    bool     // DNS may tell buckets apart
	separate access.Apart
}

// link finds ids of what accounts share networks by.
var link = regexp.MustCompile(`"(?:vpc|tgw|pcx|pl|rslvr-rr|rp|core-network)-[0-9a-z]{8,32}"`)

// Plan1 lists the shards of phase 1: of each account one for its roles and
// buckets, and one for the interfaces of each Region with the files of every
// account that its networks are joined to.
func (w *Worker) Plan1() ([]Shard, error) {
	var all []surveyed
	for _, in := range w.org.Accounts {
		s, err := w.survey(in)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	toward, buckets := []string{}, []string{}
	apart := "" // whatever policy tells interfaces apart, its bucket may be anybody's
	for i := range all {
		if all[i].separate.All {
			apart = "all"
		} else if all[i].separate.Public && apart == "" {
			apart = "public"
		}
		for _, b := range all[i].buckets {
			region, _, _ := strings.Cut(b, "/")
			toward, buckets = append(toward, region), append(buckets, b)
		}
	}
	slices.Sort(toward)
	slices.Sort(buckets)
	toward = slices.Compact(toward)
	joined := components(all)
	var out []Shard
	add := func(s Shard) error {
		s, err := w.identified(s)
		out = append(out, s)
		return err
	}
	for i := range all {
		a := &all[i]
		if err := add(Shard{Phase: 1, Account: a.in.Account, Files: []string{a.in.Name}}); err != nil {
			return nil, err
		}
		s := Shard{Phase: 1, Account: a.in.Account, Toward: toward, Apart: apart}
		names := false
		for _, n := range joined[i] {
			s.Files = append(s.Files, all[n].in.Name)
			names = names || all[n].names
		}
		if names {
			s.Buckets = buckets
		}
		for _, s.Region = range a.regions {
			if err := add(s); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (w *Worker) survey(in Input) (surveyed, error) {
	out := surveyed{in: in}
	a, err := w.account(in)
	if err != nil {
		return out, err
	}
	out.regions = slices.Sorted(maps.Keys(a.Regions))
	policies, err := w.policies()
	if err != nil {
		return out, err
	}
	doc := newDocument(policies)
	own := doc.with(a.ID, a.Head)
	own.Regions, own.S3, own.IAM, own.KMS = a.Regions, a.S3, a.IAM, a.KMS
	doc.gaps = a.Gaps
	snap, err := doc.parse()
	if err != nil {
		return out, err
	}
	for i := range snap.Accounts[0].S3.Buckets.Items {
		b := &snap.Accounts[0].S3.Buckets.Items[i]
		out.buckets = append(out.buckets, b.Region+"/"+b.Name)
	}
	world := sim.NewWorld(snap)
	out.names, _ = world.Network().NamesMatter()
	out.links = links(a, snap)
	c, err := sim.NewClasses(world, access.Roles(snap), access.Buckets(snap), nil, sim.Options{})
	if err != nil {
		return out, fmt.Errorf("%s: %w", in.Name, err)
	}
	out.separate = access.Apart{All: c.PerInterface(), Public: c.Name("aws:SourceIp")}
	return out, nil
}

// links lists the ids by which an account's networks may be joined to others'.
func links(a *account, s *snapshot.Snapshot) []string {
	everywhere := map[string]bool{} // AWS's own prefix lists join nothing
	for _, r := range s.Accounts[0].Regions {
		for i := range r.EC2.PrefixLists.Items {
			if l := &r.EC2.PrefixLists.Items[i]; l.OwnerID == "AWS" || strings.HasPrefix(l.Name, "com.amazonaws.") {
				everywhere[string(l.ID)] = true
			}
		}
	}
	found := map[string]bool{}
	see := func(text json.RawMessage) {
		for _, m := range link.FindAll(text, -1) {
			if id := string(m[1 : len(m)-1]); !everywhere[id] {
				found[id] = true
			}
		}
	}
	for _, m := range []members{a.Head} {
		for _, text := range m {
			see(text)
		}
	}
	for _, r := range a.Regions {
		for _, text := range r {
			see(text)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// components are for each account the accounts that its networks are joined to,
// itself among them, in order.
func components(all []surveyed) [][]int {
	parent := make([]int, len(all))
	for i := range parent {
		parent[i] = i
	}
	var root func(int) int
	root = func(i int) int {
		if parent[i] != i {
			parent[i] = root(parent[i])
		}
		return parent[i]
	}
	first := map[string]int{}
	for i := range all {
		for _, id := range all[i].links {
			if n, known := first[id]; known {
				parent[root(i)] = root(n)
			} else {
				first[id] = i
			}
		}
	}
	lists := map[int][]int{}
	for i := range all {
		lists[root(i)] = append(lists[root(i)], i)
	}
	out := make([][]int, len(all))
	for i := range all {
		out[i] = lists[root(i)]
	}
	return out
}

// Plan2 lists the shards of phase 2: one for each account that owns buckets,
// with the rows of the accounts whose roles may reach one of them.
func (w *Worker) Plan2(first []Shard) ([]Shard, error) {
	first = slices.Clone(first)
	Order(first) // ids must not depend on the caller's
	byAccount := map[string][]string{}
	facts := map[string]*shardRows{}
	for _, s := range first {
		byAccount[s.Account] = append(byAccount[s.Account], s.ID)
		if s.Region != "" {
			continue
		}
		f, err := w.shardFacts(s.ID)
		if err != nil {
			return nil, err
		}
		facts[s.Account] = f
	}
	var out []Shard
	for _, in := range w.org.Accounts {
		own := facts[in.Account]
		if own == nil || len(own.buckets) == 0 {
			continue
		}
		need := map[string]bool{}
		for id, f := range facts {
			if slices.ContainsFunc(own.buckets, func(b bucketRow) bool { return f.account != nil && b.mayLetIn(f.account) }) {
				need[id] = true
			}
		}
		s := Shard{Phase: 2, Account: in.Account, Files: []string{in.Name}, Actions: w.org.Actions}
		if w.org.Policies.Name != "" {
			s.Files = append(s.Files, w.org.Policies.Name)
		}
		for _, id := range slices.Sorted(maps.Keys(need)) {
			s.Rows = append(s.Rows, byAccount[id]...)
		}
		for i := range own.buckets {
			for _, id := range own.buckets[i].Keys {
				if !need[id] {
					s.Rows = append(s.Rows, accountShard(first, id)...)
					need[id] = true
				}
			}
		}
		s, err := w.identified(s)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// accountShard is the shard of an account's roles, buckets and keys.
func accountShard(list []Shard, account string) []string {
	for _, s := range list {
		if s.Account == account && s.Region == "" {
			return []string{s.ID}
		}
	}
	return nil
}

// Order sorts shards so that those which share inputs follow one another.
func Order(list []Shard) {
	slices.SortStableFunc(list, func(a, b Shard) int {
		return cmp.Or(cmp.Compare(a.Phase, b.Phase), slices.Compare(a.Files, b.Files), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
}
