package assert

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/ready"
	"github.com/canreach/canreach/snapshot"
)

// MaxQuestions is how many questions one test may come to.
const MaxQuestions = 20_000

// asked is one question with a name for people.
type asked struct {
	question sim.Question
	name     string
	subnet   string
}

// Questions returns the questions that a test comes to on a snapshot, with
// their names. No question without an error means that nothing matches.
func (t *Test) questions(s *snapshot.Snapshot) ([]asked, error) {
	sources, err := t.sources(s)
	if err != nil {
		return nil, err
	}
	if t.Ready {
		return t.needs(s, sources)
	}
	buckets, err := t.buckets(s)
	if err != nil {
		return nil, err
	}
	if len(sources)*len(buckets) > MaxQuestions {
		return nil, fmt.Errorf("the test comes to %d questions, more than %d", len(sources)*len(buckets), MaxQuestions)
	}
	var out []asked
	for _, src := range sources {
		for _, b := range buckets {
			q := src
			q.question.Bucket, q.question.Actions, q.question.Write, q.question.Options = b, t.Actions, t.Write, t.Options
			q.question.Options.MayBeAbsent = t.MayBeAbsent
			if b != "" {
				q.name += " to " + b
			}
			out = append(out, q)
		}
	}
	return out, nil
}

// needs are the questions of everything that the test's job needs.
func (t *Test) needs(s *snapshot.Snapshot, sources []asked) ([]asked, error) {
	var out []asked
	for _, src := range sources {
		src.question.Options = t.Options
		rows, err := ready.Rows(src.question, sim.NewWorld(s).Region(src.question))
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if q, ok := rows[i].Question(); ok {
				out = append(out, asked{question: q, name: src.name + ": " + rows[i].For, subnet: src.subnet})
			}
		}
	}
	return out, nil
}

func (t *Test) sources(s *snapshot.Snapshot) ([]asked, error) {
	if t.Job != nil {
		name := t.Job.Name
		if name == "" {
			name = "the job"
		}
		return []asked{{question: sim.Question{Job: *t.Job}, name: name}}, nil
	}
	f := t.From
	roles, err := f.roles(s)
	if err != nil {
		return nil, err
	}
	if f.Existing != "" {
		var out []asked
		for _, r := range roles {
			out = append(out, asked{question: sim.Question{Source: f.Existing, Account: f.Account, Region: f.Region, Job: snapshot.Job{RoleARN: r, Instances: 1}}, name: f.Existing})
		}
		return out, nil
	}
	if err := absentVPC(s, f.VPC); err != nil && !t.MayBeAbsent {
		return nil, err
	}
	subnets, err := f.subnets(s)
	if err != nil {
		return nil, err
	}
	var out []asked
	for _, n := range subnets {
		groups, err := f.groups(n)
		if err != nil {
			return nil, err
		}
		for _, r := range roles {
			job := snapshot.Job{RoleARN: r, Subnets: []snapshot.SubnetID{n.subnet.ID}, SecurityGroups: groups, Instances: 1}
			name := string(n.subnet.ID)
			if len(roles) > 1 {
				name += " as " + r
			}
			out = append(out, asked{question: sim.Question{Job: job, Account: f.Account, Region: f.Region}, name: name, subnet: string(n.subnet.ID)})
		}
	}
	return out, nil
}

// regional is a subnet where it stands.
type regional struct {
	subnet *snapshot.Subnet
	region *snapshot.Region
}

func (f *Source) subnets(s *snapshot.Snapshot) ([]regional, error) {
	var out []regional
	seen := map[string]bool{}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			if f.Account != "" && f.Account != a.ID || f.Region != "" && f.Region != r.Name {
				continue
			}
			for i := range r.EC2.Subnets.Items {
				n := &r.EC2.Subnets.Items[i]
				if f.matches(n, r) && !seen[string(n.ID)] {
					seen[string(n.ID)] = true
					out = append(out, regional{n, r})
				}
			}
		}
	}
	for _, id := range f.Subnets {
		if !seen[id] {
			return nil, f.absentSubnet(s, id)
		}
	}
	slices.SortStableFunc(out, func(a, b regional) int { return strings.Compare(string(a.subnet.ID), string(b.subnet.ID)) })
	return out, nil
}

func (f *Source) matches(n *snapshot.Subnet, r *snapshot.Region) bool {
	if len(f.Subnets) > 0 && !slices.Contains(f.Subnets, string(n.ID)) {
		return false
	}
	if f.VPC != "" && f.VPC != string(n.VPC) {
		return false
	}
	for _, key := range f.TagKeys {
		if v, ok := snapshot.TagValue(n.Tags, key); !ok || !glob(f.Tags[key], v) {
			return false
		}
	}
	switch f.Class {
	case "private":
		return !isPublic(n, r)
	case "public":
		return isPublic(n, r)
	}
	return true
}

// isPublic tells whether a subnet's route table has a route to an internet
// gateway, which is how AWS tells public subnets.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html
func isPublic(n *snapshot.Subnet, r *snapshot.Region) bool {
	var table, main *snapshot.RouteTable
	for i := range r.EC2.RouteTables.Items {
		t := &r.EC2.RouteTables.Items[i]
		for _, a := range t.Associations {
			switch {
			case a.Subnet == n.ID:
				table = t
			case a.Main && t.VPC == n.VPC:
				main = t
			}
		}
	}
	if table == nil {
		table = main
	}
	if table == nil {
		return false
	}
	for _, route := range table.Routes {
		if route.TargetKind == snapshot.TargetInternetGateway {
			return true
		}
	}
	return false
}

// groups resolves security groups by id, or by name in the subnet's VPC.
func (f *Source) groups(n regional) ([]snapshot.SecurityGroupID, error) {
	var out []snapshot.SecurityGroupID
	for _, want := range f.SecurityGroups {
		if strings.HasPrefix(want, "sg-") {
			out = append(out, snapshot.SecurityGroupID(want))
			continue
		}
		hit := false
		for i := range n.region.EC2.SecurityGroups.Items {
			g := &n.region.EC2.SecurityGroups.Items[i]
			if g.VPC == n.subnet.VPC && g.Name == want {
				out, hit = append(out, g.ID), true
			}
		}
		if !hit {
			return nil, fmt.Errorf("no security group of %s is named %q", n.subnet.VPC, want)
		}
	}
	return out, nil
}

// roles resolves the role: an ARN as it is, a pattern by the snapshot's roles.
func (f *Source) roles(s *snapshot.Snapshot) ([]string, error) {
	if !strings.ContainsAny(f.Role, "*?") {
		return []string{f.Role}, nil
	}
	var out []string
	for _, a := range s.Accounts {
		for i := range a.IAM.Roles.Items {
			if arn := a.IAM.Roles.Items[i].ARN; glob(f.Role, arn) {
				out = append(out, arn)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// buckets resolves bucket names and ARNs; where the bucket's name has
// wildcards, by the snapshot's buckets.
func (t *Test) buckets(s *snapshot.Snapshot) ([]string, error) {
	if len(t.Buckets) == 0 {
		return []string{""}, nil
	}
	var names []string
	for _, a := range s.Accounts {
		for i := range a.S3.Buckets.Items {
			names = append(names, a.S3.Buckets.Items[i].Name)
		}
	}
	slices.Sort(names)
	var out []string
	for _, b := range t.Buckets {
		arn := b
		if !strings.HasPrefix(b, "arn:") {
			arn = "arn:aws:s3:::" + b
		}
		parts := strings.SplitN(arn, ":", 6)
		if len(parts) < 6 {
			return nil, fmt.Errorf("%q is not a bucket", b)
		}
		name, key, hasKey := strings.Cut(parts[5], "/")
		if !strings.ContainsAny(name, "*?") || parts[4] != "" { // an access point is taken as it is
			out = append(out, arn)
			continue
		}
		for _, n := range names {
			if glob(name, n) {
				match := strings.Join(parts[:5], ":") + ":" + n
				if hasKey {
					match += "/" + key
				}
				out = append(out, match)
			}
		}
	}
	return out, nil
}

// glob matches * and ? against the whole of s, in time linear in the product.
func glob(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

var errNothing = errors.New("nothing in the snapshot matches, so the test would pass vacuously (allowEmpty permits it)")
