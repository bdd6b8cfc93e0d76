package snapshot

import (
	"slices"
	"strings"
)

// standalone is a part of the snapshot that is read from its own arrays alone.
type standalone[T any] struct {
	arrays []string // below the region or the account
	take   func(to, from *T)
}

var standaloneOfRegion = []standalone[Region]{
	{[]string{"ec2/NetworkInterfaces", "ec2/Instances", "ec2/Reservations"}, func(to, from *Region) {
		to.EC2.NetworkInterfaces, to.EC2.Instances = from.EC2.NetworkInterfaces, from.EC2.Instances
	}},
	{[]string{"ec2/SecurityGroups", "ec2/SecurityGroupRules"}, func(to, from *Region) {
		to.EC2.SecurityGroups, to.EC2.ruledGroups = from.EC2.SecurityGroups, from.EC2.ruledGroups
	}},
	{[]string{"ec2/Subnets"}, func(to, from *Region) { to.EC2.Subnets = from.EC2.Subnets }},
	{[]string{"ec2/RouteTables"}, func(to, from *Region) { to.EC2.RouteTables = from.EC2.RouteTables }},
	{[]string{"ec2/NetworkAcls"}, func(to, from *Region) { to.EC2.NetworkACLs = from.EC2.NetworkACLs }},
	{[]string{"ec2/VpcEndpoints"}, func(to, from *Region) { to.EC2.VPCEndpoints = from.EC2.VPCEndpoints }},
	{[]string{"ec2/Addresses"}, func(to, from *Region) { to.EC2.Addresses = from.EC2.Addresses }},
	{[]string{"lambda/Functions"}, func(to, from *Region) { to.Functions = from.Functions }},
}

var standaloneOfAccount = []standalone[Account]{
	{[]string{"iam/RoleDetailList"}, func(to, from *Account) { to.IAM.Roles = from.IAM.Roles }},
	{[]string{"iam/Policies"}, func(to, from *Account) { to.IAM.Policies = from.IAM.Policies }},
	{[]string{"s3/buckets", "s3/Buckets"}, func(to, from *Account) {
		to.S3.Buckets = from.S3.Buckets
		to.S3.Buckets.Items = slices.Clone(from.S3.Buckets.Items)
		for i := range to.S3.Buckets.Items {
			to.S3.Buckets.Items[i].Account = to
		}
	}},
	{[]string{"s3/accessPoints", "s3/AccessPointList"}, func(to, from *Account) { to.S3.AccessPoints = from.S3.AccessPoints }},
}

// pointers returns where the arrays are of what is at base.
func (p standalone[T]) pointers(base Source) []string {
	out := make([]string, len(p.arrays))
	for i, a := range p.arrays {
		out[i] = base.Pointer() + "/" + a
	}
	return out
}

// Arrays returns the JSON pointers of the arrays that Reread can do without.
// Those of one element go together.
func (s *Snapshot) Arrays() [][]string {
	var out [][]string
	for _, a := range s.Accounts {
		for _, p := range standaloneOfAccount {
			out = append(out, p.pointers(a.At))
		}
		for _, r := range a.Regions {
			for _, p := range standaloneOfRegion {
				out = append(out, p.pointers(r.At))
			}
		}
	}
	return out
}

// Reread is Parse for a text that says the same as the one that s was read
// from, but for some changes. Some elements of Arrays, named by their first
// pointers, are empty in it, because nothing in them changed: what they hold is
// taken from s.
func (s *Snapshot) Reread(native []byte, empty []string) (*Snapshot, error) {
	out, err := Parse(native)
	if err != nil {
		return nil, err
	}
	var taken []string
	for i, a := range out.Accounts {
		taken = append(taken, takeEmpty(a.At, standaloneOfAccount, empty, a, s.Accounts[i])...)
		for j, r := range a.Regions {
			taken = append(taken, takeEmpty(r.At, standaloneOfRegion, empty, r, s.Accounts[i].Regions[j])...)
		}
	}
	out.Capture.Gaps = out.Capture.Gaps[:len(out.Capture.Gaps)-len(out.missing)]
	for _, m := range s.missing {
		if slices.ContainsFunc(taken, func(p string) bool { return strings.HasPrefix(m.at.Pointer(), p+"/") }) {
			out.missing = append(out.missing, m)
		}
	}
	out.listMissing()
	return out, nil
}

// takeEmpty takes the parts that are empty, and returns the pointers of their arrays.
func takeEmpty[T any](base Source, parts []standalone[T], empty []string, to, from *T) (taken []string) {
	for _, p := range parts {
		if arrays := p.pointers(base); slices.Contains(empty, arrays[0]) {
			p.take(to, from)
			taken = append(taken, arrays...)
		}
	}
	return taken
}
