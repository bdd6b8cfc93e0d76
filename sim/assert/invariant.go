package assert

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

var invariantKinds = []string{"never", "always", "only-through"}

// The words that stand for what is not ours.
const (
	outsideOrganization = "outside-organization"
	outsideAccount      = "outside-account"
	// outsider and outsideBucket stand for every principal and every bucket of
	// another organization that no policy names.
	outsider      = "arn:aws:iam::999999999999:role/outside-the-organization"
	outsideBucket = "arn:aws:s3:::bucket-outside-the-organization"
)

// Invariant is an assertion over every role, class of interfaces and bucket
// that it selects. Empty members select everything.
type Invariant struct {
	Kind      string   // "never", "always" or "only-through"
	Endpoints []string // with only-through: ids, or "any"

	Subnets     []string // ids, or all, private, public, or tag:KEY=VALUE
	VPCs        []string
	Network     string // "vpc", "internet" or empty: both
	Roles       []string
	ExceptRoles []string
	Buckets     []string
	Except      []string
	// Jobs are asked from, too, beside the interfaces that the snapshot holds and
	// those that its own jobs get.
	Jobs []snapshot.Job
}

func (p *parser) invariant(t *Test, kind string) func(located.Value) {
	return func(v located.Value) {
		if t.Invariant != nil {
			p.fail(v.At, "a test has one of never, always and only-through")
		}
		i := &Invariant{Kind: kind}
		t.Invariant = i
		p.members(v, kind, map[string]func(located.Value){
			"endpoints": p.texts(&i.Endpoints),
			"from": func(f located.Value) {
				var tags []string
				p.members(f, "from", map[string]func(located.Value){"subnets": p.texts(&i.Subnets), "vpcs": p.texts(&i.VPCs), "tag": p.texts(&tags),
					"network": p.text(&i.Network), "roles": p.texts(&i.Roles), "exceptRoles": p.texts(&i.ExceptRoles), "jobs": p.jobs(&i.Jobs)})
				for _, tag := range tags {
					i.Subnets = append(i.Subnets, "tag:"+tag)
				}
			},
			"to": func(to located.Value) {
				p.members(to, "to", map[string]func(located.Value){"buckets": p.texts(&i.Buckets), "except": p.texts(&i.Except)})
			},
		})
		if (kind == "only-through") != (len(i.Endpoints) > 0) {
			p.fail(v.At, "only-through takes endpoints: their ids, or any; never and always do not")
		}
		if i.Network != "" && i.Network != "vpc" && i.Network != "internet" {
			p.fail(v.At, "network is vpc or internet, not %q", i.Network)
		}
		for _, s := range i.Subnets {
			if tag, ok := strings.CutPrefix(s, "tag:"); ok && !strings.Contains(tag, "=") {
				p.fail(v.At, "%q: expected tag:KEY=VALUE", s)
			}
		}
	}
}

// scope is what an invariant selects of a snapshot.
type scope struct {
	t       *Test
	inv     *Invariant
	snap    *snapshot.Snapshot
	owners  map[string]*snapshot.Account // by bucket name
	subnets map[snapshot.SubnetID]bool   // nil: all
	own     map[string]bool              // roles of the snapshot
	open    []Problem                    // what the strangers asked about do not stand for
	foreign bool                         // the bucket asked about is in another organization
}

// prove decides every question of an invariant and judges each answer.
func (t *Test) prove(ctx context.Context, a Checker, res *Result) error {
	w, ok := a.(*sim.World)
	if !ok {
		return errors.New("an invariant is decided on a whole snapshot")
	}
	c := &scope{t: t, inv: t.Invariant, snap: w.Snapshot(), owners: map[string]*snapshot.Account{}, own: map[string]bool{}}
	for _, acc := range c.snap.Accounts {
		for i := range acc.S3.Buckets.Items {
			c.owners[acc.S3.Buckets.Items[i].Name] = acc
		}
	}
	if err := c.selectSubnets(); err != nil {
		res.fail(err)
		return nil
	}
	res.Outcome = Passed
	counts := map[bool]int{}
	parts, err := c.parts(w)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part.last && counts[false] > 0 {
			continue
		}
		c.foreign = part.foreign
		tab, err := access.Decide(ctx, part.world, part.query)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", t.File, t.At.Line, err)
		}
		c.judge(ctx, part.world, tab, &part, res, counts)
	}
	counts[true] += len(c.open)
	res.Problems = append(res.Problems, c.open[:max(0, min(len(c.open), worst-len(res.Problems)))]...)
	if res.Asked == 0 && !t.AllowEmpty {
		res.fail(errNothing)
		return nil
	}
	if more := counts[false] + counts[true] - len(res.Problems); more > 0 {
		res.Note = joinNotes(res.Note, fmt.Sprintf("%d more problems of the same test", more))
	}
	switch {
	case counts[false] > 0:
		res.Outcome = Failed
	case counts[true] > 0:
		res.Outcome = Undecided
	}
	return nil
}

// part is one query of an invariant.
type part struct {
	world   *sim.World
	query   access.Query
	foreign bool
	last    bool // only where nothing was refuted before
}

// Keys that say that a principal or a bucket is in no organization.
var (
	noCaller = []string{"aws:PrincipalOrgID=absent", "aws:PrincipalOrgPaths=absent"}
	noOwner  = []string{"aws:ResourceOrgID=absent", "aws:ResourceOrgPaths=absent"}
)

// parts are the queries that an invariant comes to. Principals and buckets of
// another organization are asked about with keys that say so: strangers of our
// own making, who allow themselves everything, and those that policies name.
func (c *scope) parts(w *sim.World) ([]part, error) {
	own, named := c.roles(w)
	var strangers []string
	if slices.Contains(c.inv.Roles, outsideOrganization) {
		strangers = []string{outsider}
	}
	var out []part
	add := func(p part, roles, buckets []string, assume ...string) {
		if len(roles) == 0 || len(buckets) == 0 {
			return
		}
		o := c.t.Options
		o.Assume = append(slices.Clone(o.Assume), assume...)
		actions := c.t.Actions
		if len(actions) == 0 {
			actions = []string{"s3:GetObject", "s3:PutObject"}
		}
		p.query = access.Query{Roles: roles, Resources: buckets, Actions: actions, Jobs: c.inv.Jobs, Options: o}
		out = append(out, p)
	}
	buckets := c.buckets()
	add(part{world: w}, own, buckets)
	add(part{world: w}, named, buckets, noCaller...)
	foreign := slices.Contains(c.inv.Buckets, outsideOrganization) || slices.Contains(c.inv.Buckets, outsideAccount)
	if !foreign && strangers == nil {
		return out, nil
	}
	invented, others := c.foreignBuckets()
	if !foreign {
		invented, others = nil, nil
	}
	open, err := c.strangersWorld("", invented)
	if err != nil {
		return nil, err
	}
	add(part{world: open}, strangers, buckets, noCaller...)
	add(part{world: w, foreign: true}, own, others, noOwner...)
	for _, region := range c.regions() {
		there, err := c.strangersWorld(region, invented)
		if err != nil {
			return nil, err
		}
		add(part{world: there, foreign: true}, own, invented, noOwner...)
		add(part{world: there, foreign: true}, strangers, invented, append(noCaller, noOwner...)...)
	}
	everyone := slices.Concat(named, strangers)
	add(part{world: open, foreign: true, last: true}, own, invented, noOwner...)
	add(part{world: open, foreign: true, last: true}, everyone, slices.Concat(invented, others), append(noCaller, noOwner...)...)
	return out, nil
}

// roles lists the snapshot's roles that are selected, and the principals that
// bucket policies name and that the snapshot lacks.
func (c *scope) roles(w *sim.World) (own, strangers []string) {
	others := slices.Contains(c.inv.Roles, outsideOrganization)
	for _, a := range c.snap.Accounts {
		for i := range a.IAM.Roles.Items {
			arn := a.IAM.Roles.Items[i].ARN
			c.own[arn] = true
			if (others || len(c.inv.Roles) == 0 || anyGlob(c.inv.Roles, arn)) && !anyGlob(c.inv.ExceptRoles, arn) {
				own = append(own, arn)
			}
		}
	}
	if !others {
		return own, nil
	}
	known := c.knownIDs()
	for _, name := range slices.Sorted(maps.Keys(c.owners)) {
		if c.excepted("arn:aws:s3:::" + name) {
			continue
		}
		for _, n := range access.NamedPrincipals(w, "arn:aws:s3:::"+name) {
			account := accountOf(n.Principal)
			if n.Kind == "role" && !known[account] && !anyGlob(c.inv.ExceptRoles, n.Principal) {
				strangers = append(strangers, n.Principal)
			}
			if n.Kind == "account" {
				strangers = c.stranger(strangers, cmp.Or(account, n.Principal), known)
			}
		}
		if b, ok := w.FindBucket(name); ok {
			accounts, open := c.conditions(&b.Policy, known)
			for _, account := range accounts {
				strangers = c.stranger(strangers, account, known)
			}
			c.open = append(c.open, open...)
		}
	}
	slices.Sort(strangers)
	return own, slices.Compact(strangers)
}

// stranger adds a role that stands for an account which the snapshot lacks.
func (c *scope) stranger(list []string, account string, known map[string]bool) []string {
	arn := "arn:aws:iam::" + account + ":role/any"
	if known[account] || anyGlob(c.inv.ExceptRoles, arn) || !accountID.MatchString(account) {
		return list
	}
	return append(list, arn)
}

func anyGlob(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return glob(p, text) })
}

// buckets lists the snapshot's buckets that are selected; those outside of an
// account or organization are told apart for each role.
func (c *scope) buckets() []string {
	var wanted []string
	for _, b := range c.inv.Buckets {
		if b == outsideOrganization || b == outsideAccount {
			b = "*"
		}
		wanted = append(wanted, b)
	}
	if len(wanted) == 0 {
		wanted = []string{"*"}
	}
	list, err := (&Test{Buckets: wanted}).buckets(c.snap)
	if err != nil {
		return nil
	}
	list = slices.DeleteFunc(list, c.excepted)
	slices.Sort(list)
	return slices.Compact(list)
}

// selectSubnets resolves the subnets and VPCs to subnet ids.
func (c *scope) selectSubnets() error {
	if len(c.inv.Subnets)+len(c.inv.VPCs) == 0 {
		return nil
	}
	c.subnets = map[snapshot.SubnetID]bool{}
	add := func(f Source) error {
		list, err := f.subnets(c.snap)
		for _, n := range list {
			c.subnets[n.subnet.ID] = true
		}
		return err
	}
	for _, v := range c.inv.VPCs {
		if err := absentVPC(c.snap, v); err != nil {
			return err
		}
		if err := add(Source{VPC: v}); err != nil {
			return err
		}
	}
	for _, s := range c.inv.Subnets {
		f := Source{Subnets: []string{s}}
		if tag, ok := strings.CutPrefix(s, "tag:"); ok {
			key, value, _ := strings.Cut(tag, "=")
			f = Source{TagKeys: []string{key}, Tags: map[string]string{key: value}}
		} else if s == "all" || s == "private" || s == "public" {
			f = Source{Class: s}
		}
		if err := add(f); err != nil {
			return err
		}
	}
	return nil
}

// class is the first class of a source that is selected; -1: none is.
func (c *scope) class(s *access.Source) int {
	if s.Kind == "internet" {
		if c.subnets != nil || c.inv.Network == "vpc" {
			return -1
		}
		return 0
	}
	if c.inv.Network == "internet" {
		return -1
	}
	return slices.IndexFunc(s.Classes, func(k access.Class) bool { return c.subnets == nil || c.subnets[k.Subnet] })
}
