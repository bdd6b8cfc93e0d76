package organization

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// rolesAndBuckets is phase 1 of an account.
func (w *Worker) rolesAndBuckets(s Shard, out *bytes.Buffer) error {
	in, _ := w.org.account(s.Account)
	a, err := w.account(in)
	if err != nil {
		return err
	}
	doc := newDocument(nil)
	own := doc.with(a.ID, a.Head)
	own.IAM, own.S3 = a.IAM, a.S3
	for name := range a.Regions {
		own.Regions[name] = members{"region": a.Regions[name]["region"]} // they tell the partition
	}
	doc.gaps = a.Gaps
	snap, err := doc.parse()
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	facts := accountFacts{Kind: kindAccount, Account: a.ID, Head: a.Head, Gaps: a.Gaps, KMS: a.KMS, Reach: reach(snap.Accounts[0])}
	if a.IAM != nil {
		if err := json.Unmarshal(a.IAM, &facts.IAM); err != nil {
			return fmt.Errorf("%s: iam: %w", in.Name, err)
		}
		if facts.Roles, err = roleClasses(facts.IAM); err != nil {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
		delete(facts.IAM, "RoleDetailList")
	}
	if err := lines(out, facts); err != nil {
		return err
	}
	for i := range facts.Roles {
		if err := lines(out, roleRow{kindRoles, a.ID, facts.Roles[i].id(), facts.Roles[i].arns()}); err != nil {
			return err
		}
	}
	classes, err := bucketClasses(a.S3)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	for i := range snap.Accounts[0].S3.Buckets.Items {
		b := &snap.Accounts[0].S3.Buckets.Items[i]
		row := bucketRow{Kind: kindBuckets, Account: a.ID, Region: b.Region, Bucket: b.Name, Class: classes[b.Name], Lets: lets(b, a.ID), Keys: keyOwners(b, a.ID)}
		if err := lines(out, row); err != nil {
			return err
		}
	}
	return nil
}

// lets lists the other accounts some of whose roles a bucket may let in: what
// is not known may let in any.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
func lets(b *snapshot.Bucket, owner string) []string {
	everyone := []string{"*"}
	if b.OwnershipPresence != snapshot.Collected || b.Ownership != "BucketOwnerEnforced" || b.Policy.Presence != snapshot.Collected {
		return everyone
	}
	if b.Policy.Raw == nil {
		return nil
	}
	doc, err := policy.Parse(b.Policy.Raw, policy.KindBucket)
	if err != nil {
		return everyone
	}
	found := map[string]bool{}
	for i := range doc.Statements {
		st := &doc.Statements[i]
		if st.Deny {
			continue
		}
		if st.Principals == nil || st.NotPrincipal || st.Principals.All || len(st.Principals.Federated)+len(st.Principals.Canonical) > 0 {
			return everyone
		}
		for _, p := range st.Principals.AWS {
			id := p
			if parts := strings.SplitN(p, ":", 6); len(parts) == 6 {
				id = parts[4]
			}
			if !isAccount(id) {
				return everyone
			}
			found[id] = true
		}
	}
	delete(found, owner)
	return slices.Sorted(maps.Keys(found))
}

func isAccount(id string) bool {
	return len(id) == 12 && strings.Trim(id, "0123456789") == ""
}

func keyOwners(b *snapshot.Bucket, owner string) []string {
	if parts := strings.SplitN(b.Encryption.KeyID, ":", 6); len(parts) == 6 && parts[4] != owner && isAccount(parts[4]) {
		return []string{parts[4]}
	}
	return nil
}

// reach lists the buckets that the identity policies of an account's roles may
// allow something of.
func reach(a *snapshot.Account) []string {
	found := map[string]bool{}
	add := func(d *snapshot.Document) {
		doc, err := policy.Parse(d.Raw, policy.KindIdentity)
		if err != nil {
			found["*"] = true
			return
		}
		for i := range doc.Statements {
			if st := &doc.Statements[i]; !st.Deny && mayBeS3(st) {
				for _, r := range st.Resources {
					found[bucketsOf(r)] = true
				}
				found["*"] = found["*"] || st.NotResource || !st.HasResource
			}
		}
	}
	if a.IAM.Roles.Presence != snapshot.Collected {
		return []string{"*"}
	}
	documents := map[string]*snapshot.Document{}
	for i := range a.IAM.Policies.Items {
		documents[a.IAM.Policies.Items[i].ARN] = &a.IAM.Policies.Items[i].Document
	}
	for i := range a.IAM.Roles.Items {
		r := &a.IAM.Roles.Items[i]
		found["*"] = found["*"] || r.InlinePresence != snapshot.Collected || r.AttachedPresence != snapshot.Collected
		for j := range r.Inline {
			add(&r.Inline[j].Document)
		}
		for _, attached := range r.Attached {
			if d := documents[attached.ARN]; d != nil {
				add(d)
			} else {
				found["*"] = true
			}
		}
	}
	if found["*"] {
		return []string{"*"}
	}
	delete(found, "*")
	return slices.Sorted(maps.Keys(found))
}

func mayBeS3(s *policy.Statement) bool {
	return s.NotAction || slices.ContainsFunc(s.Actions, func(a string) bool {
		a = strings.ToLower(a)
		if i := strings.IndexAny(a, "*?$"); i >= 0 && i < len("s3:") {
			return strings.HasPrefix("s3:", a[:i])
		}
		return strings.HasPrefix(a, "s3:")
	})
}

// bucketsOf is the bucket that a resource of a policy names or, where a
// wildcard or variable may stand for some of it, the beginning and a "*".
func bucketsOf(resource string) string {
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) < 6 || strings.ContainsAny(strings.Join(parts[:5], ""), "*?$") {
		return "*"
	}
	name, _, _ := strings.Cut(parts[5], "/")
	if i := strings.IndexAny(name, "*?$"); i >= 0 {
		return strings.ToLower(name[:i]) + "*"
	}
	return strings.ToLower(name)
}

// reaches tells whether one of the patterns may name a bucket.
func reaches(patterns []string, bucket string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		head, wild := strings.CutSuffix(p, "*")
		return p == bucket || wild && strings.HasPrefix(bucket, head)
	})
}

// interfaces is phase 1 of an account's Region.
func (w *Worker) interfaces(s Shard, out *bytes.Buffer) error {
	n, err := w.networkOf(s.Files)
	if err != nil {
		return err
	}
	world, classes := n.world, n.interfaces(s)
	facts := regionFacts{Kind: kindRegion, Account: s.Account, Region: s.Region, Parts: []part{}, Answers: []network.Given{}}
	facts.Names, facts.ByBucket = world.Network().NamesMatter()
	u := newUsed()
	var rows []interfaceRow
	for i := range classes {
		c := &classes[i]
		if c.Account != s.Account || c.Region != s.Region {
			continue
		}
		row := interfaceRow{Kind: kindInterfaces, Account: s.Account, Region: s.Region, VPC: string(c.VPC), Subnet: string(c.Subnet), Groups: texts(c.Groups), Public: c.Public,
			Count: c.Count, Interface: string(c.Example), Users: c.Users, Network: map[string]string{}}
		u.note(c)
		for _, to := range s.destinations() {
			g := network.Given{From: c.End(), Region: to.Region, Bucket: to.Bucket}
			res, err := world.Network().Ask(network.Query{From: g.From, To: network.Endpoint{S3: &to}, Protocol: 6})
			if err != nil {
				continue // phase 2 gets the same error
			}
			g.Result = res.Bare()
			facts.Answers = append(facts.Answers, g)
			u.endpointsOf(res)
			if to.Bucket == "" {
				row.Network[to.Region] = sim.Verdict(res.Outcome).String()
			}
		}
		rows = append(rows, row)
	}
	if facts.Parts, err = u.parts(world.Snapshot(), n.parts, s.Account, s.Region); err != nil {
		return err
	}
	if err := lines(out, facts); err != nil {
		return err
	}
	return lines(out, rows...)
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// destinations are what the answers of phase 2 may be asked for.
func (s *Shard) destinations() []network.S3Destination {
	var out []network.S3Destination
	add := func(d network.S3Destination) {
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	for _, region := range s.Toward {
		if region == "" { // a bucket whose Region is not known
			add(network.S3Destination{Region: s.Region})
			region = sim.AnotherRegion
		}
		add(network.S3Destination{Region: region})
	}
	for _, b := range s.Buckets {
		region, name, _ := strings.Cut(b, "/")
		if region != "" {
			add(network.S3Destination{Region: region, Bucket: name})
		}
	}
	return out
}

func (u *used) note(c *access.Class) {
	u.vpcs[c.VPC], u.subnets[c.Subnet] = true, true
	if c.Example != "" {
		u.interfaces[c.Example] = true
	}
	for _, g := range c.Groups {
		u.groups[g] = true
	}
}

func (u *used) endpointsOf(r *network.Result) {
	for i := range r.Flows {
		c := &r.Flows[i].Context
		if c.Endpoint != "" {
			u.endpoints[c.Endpoint] = true
		}
		if c.EndpointVPC != "" {
			u.vpcs[c.EndpointVPC] = true
		}
	}
}

// parts keeps what is used of every account that holds some of it. The asking
// account's own Region is there, used or not.
func (u *used) parts(s *snapshot.Snapshot, files map[string]*account, own, region string) ([]part, error) {
	out := []part{}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			u.optionsOf(r)
		}
	}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			mine := a.ID == own && r.Name == region
			if !mine && !u.in(r) {
				continue
			}
			file := files[a.ID]
			ec2, err := u.reduce(file.Regions[r.Name])
			if err != nil {
				return nil, fmt.Errorf("account %s: %s: %w", a.ID, r.Name, err)
			}
			p := part{Account: a.ID, Head: file.Head, Region: r.Name, EC2: ec2, Gaps: gapsOf(file.Gaps, a.ID, true)}
			if mine {
				p.Rest = members{}
				for _, key := range []string{"sagemaker", "lambda"} {
					if v, ok := file.Regions[r.Name][key]; ok {
						p.Rest[key] = v
					}
				}
			}
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return out, nil
}

// optionsOf adds the DHCP options of the VPCs in use.
func (u *used) optionsOf(r *snapshot.Region) {
	for i := range r.EC2.VPCs.Items {
		if v := &r.EC2.VPCs.Items[i]; u.vpcs[v.ID] && v.DHCPOptionsID != "" {
			u.options[string(v.DHCPOptionsID)] = true
		}
	}
}

// in tells whether a Region holds something that is used.
func (u *used) in(r *snapshot.Region) bool {
	return slices.ContainsFunc(r.EC2.VPCs.Items, func(v snapshot.VPC) bool { return u.vpcs[v.ID] }) ||
		slices.ContainsFunc(r.EC2.Subnets.Items, func(v snapshot.Subnet) bool { return u.subnets[v.ID] }) ||
		slices.ContainsFunc(r.EC2.SecurityGroups.Items, func(v snapshot.SecurityGroup) bool { return u.groups[v.ID] }) ||
		slices.ContainsFunc(r.EC2.VPCEndpoints.Items, func(v snapshot.VPCEndpoint) bool { return u.endpoints[v.ID] })
}
