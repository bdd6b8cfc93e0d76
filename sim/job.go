package sim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// docNeoVPC is the guide that the job gate follows.
const docNeoVPC = "https://docs.aws.amazon.com/sagemaker/latest/dg/neo-vpc.html"

// checkConfig is the part of the job gate that concerns the VpcConfig as a
// whole: counts, one VPC, tenancy, groups (N144 to N146, N150, N157, N180).
func (r jobRules) checkConfig() {
	r.jobs.pass = true
	if r.existing.function {
		r.checkVPC()
		return
	}
	if r.work.Kind != "" {
		r.checkIDs()
		r.checkCounts()
	}
	r.checkVPC()
	r.checkZones()
	r.defaultGroup()
	r.checkGroups()
	r.checkSelfIngress()
}

var idPattern = regexp.MustCompile(`^[-0-9a-zA-Z]{1,32}$`)

// checkIDs refuses what the API refuses, and warns of an id named twice (N144).
// An id that the snapshot has is one: what a plan creates has its address.
func (r jobRules) checkIDs() {
	var ids []string
	for _, s := range r.q.Job.Subnets {
		ids = append(ids, string(s))
	}
	for _, g := range r.q.Job.SecurityGroups {
		ids = append(ids, string(g))
	}
	seen := make(map[string]bool)
	for _, id := range ids {
		_, subnet := r.jobSubnet(snapshot.SubnetID(id))
		_, group := r.w.x.SecurityGroups.Find(snapshot.SecurityGroupID(id))
		if !subnet && !group && !idPattern.MatchString(id) {
			r.block(Finding{Code: finding.JobUnknownID, Component: id, Rule: "N144", URL: docNeoVPC,
				Message: fmt.Sprintf("%q is not an id that %s takes: at most 32 letters, digits and hyphens.", id, r.work.Name),
				Fix:     "Correct the id in the job's VpcConfig."}, everywhere)
		}
		if seen[id] {
			r.warn(Finding{Code: finding.JobDuplicateID, Gate: GateJob, Component: id, Rule: "N144", URL: docNeoVPC,
				Message: id + " is listed twice in " + r.work.Field + ".", Fix: "List it once."}, everywhere)
		}
		seen[id] = true
	}
}

// jobSubnet finds a subnet of the job, as the role's account sees it.
func (r *jobRun) jobSubnet(id snapshot.SubnetID) (snapshot.Located[snapshot.Subnet], bool) {
	return r.w.x.Subnets.In(id, r.runner.account)
}

// checkVPC finds the one VPC of the job's subnets and its tenancy.
func (r jobRules) checkVPC() {
	var first snapshot.Located[snapshot.Subnet]
	for _, id := range r.q.Job.Subnets {
		p, ok := r.jobSubnet(id)
		if !ok {
			continue // checkPlacement says so
		}
		if first.Item == nil {
			first, r.vpc = p, p.Item.VPC
		} else if p.Item.VPC != r.vpc {
			r.block(Finding{Code: finding.JobSubnetsSpanVPCS, Component: string(id), Name: nameTag(p.Item.Tags), Pointer: p.Item.At.Pointer(), Rule: "N145", URL: docNeoVPC,
				Message: fmt.Sprintf("%s is in %s, but %s is in %s; all subnets of a job belong to one VPC.", id, p.Item.VPC, first.Item.ID, r.vpc),
				Fix:     "List subnets of one VPC only."}, everywhere)
		}
	}
	if first.Item == nil {
		return
	}
	v, ok := r.w.x.VPCs.In(r.vpc, first.Region.Account.ID)
	if !ok {
		r.unknown(Missing{Code: finding.UnknownVPC, Gate: GateJob, Component: string(r.vpc),
			Fact: "the tenancy of " + string(r.vpc) + ", which is not in the snapshot", Collect: "aws ec2 describe-vpcs --vpc-ids " + string(r.vpc)})
		return
	}
	r.checkDHCP(v)
	if !r.work.DefaultTenancy && r.work.Kind != "" {
		return
	}
	switch strings.ToLower(v.Item.Tenancy) {
	case "default":
	case "dedicated", "host":
		r.block(Finding{Code: finding.JobTenancy, Component: string(r.vpc), Name: nameTag(v.Item.Tags), Pointer: v.Item.At.Child("InstanceTenancy").Pointer(), Rule: "N146", URL: docNeoVPC,
			Message: fmt.Sprintf("%s has instance tenancy %s; %s only run in VPCs of default tenancy.", r.vpc, v.Item.Tenancy, r.jobsOf()),
			Fix:     "Run the job in a VPC whose instance tenancy is default."}, everywhere)
	default:
		r.unknown(Missing{Code: finding.UnknownVPC, Gate: GateJob, Component: string(r.vpc), Pointer: v.Item.At.Pointer(),
			Fact: fmt.Sprintf("what InstanceTenancy of %s is: %q", r.vpc, v.Item.Tenancy), Collect: "aws ec2 describe-vpcs --vpc-ids " + string(r.vpc)})
	}
}

// checkGroups: the groups exist and are of the job's VPC (N91, N145, N150, N157).
func (r jobRules) checkGroups() {
	for _, id := range r.q.Job.SecurityGroups {
		p, ok := r.w.x.SecurityGroups.In(id, r.runner.account)
		if !ok {
			r.missingID(string(id), "security group", finding.UnknownSG, "aws ec2 describe-security-groups --group-ids "+string(id),
				func(e *snapshot.EC2) (snapshot.Presence, bool) {
					return e.SecurityGroups.Presence, e.SecurityGroups.Complete
				})
			continue
		}
		if r.vpc == "" {
			continue
		}
		if p.Item.VPC == r.vpc {
			r.checkSharedGroup(p)
			continue
		}
		r.checkForeignGroup(p)
	}
}

func (r jobRules) checkForeignGroup(p snapshot.Located[snapshot.SecurityGroup]) {
	for _, a := range p.Region.EC2.SecurityGroupVPCs.Items {
		if a.Group == p.Item.ID && a.VPC == r.vpc && strings.EqualFold(a.State, "associated") {
			r.unknown(Missing{Code: finding.UnknownSG, Gate: GateJob, Component: string(p.Item.ID), Pointer: a.At.Pointer(),
				Fact: fmt.Sprintf("whether %s accepts %s, a group of %s that is associated with %s: AWS does not list it among the services that do (N91)", nonEmpty(r.work.Name, "the service"), p.Item.ID, p.Item.VPC, r.vpc)})
			return
		}
	}
	if p.Item.VPC == "" {
		r.unknown(Missing{Code: finding.UnknownSG, Gate: GateJob, Component: string(p.Item.ID), Pointer: p.Item.At.Pointer(),
			Fact: fmt.Sprintf("the VPC of %s (VpcId)", p.Item.ID), Collect: "aws ec2 describe-security-groups --group-ids " + string(p.Item.ID)})
		return
	}
	r.block(Finding{Code: finding.JobSGOtherVPC, Component: string(p.Item.ID), Name: groupName(p.Item), Pointer: p.Item.At.Pointer(), Rule: "N145", URL: docNeoVPC,
		Message: fmt.Sprintf("%s belongs to %s, but the job's subnets are in %s.", p.Item.ID, p.Item.VPC, r.vpc),
		Fix:     fmt.Sprintf("Name a security group of %s.", r.vpc)}, everywhere)
}

// checkSharedGroup: in a subnet shared by another account, the owner's groups
// are out of the participant's reach unless shared as well (N150).
func (r jobRules) checkSharedGroup(p snapshot.Located[snapshot.SecurityGroup]) {
	owner := ""
	for _, id := range r.q.Job.Subnets {
		if s, ok := r.jobSubnet(id); ok && s.Item.OwnerID != "" && s.Item.OwnerID != r.runner.account {
			owner = s.Item.OwnerID
		}
	}
	if owner == "" || r.runner.account == "" || p.Item.OwnerID == "" || p.Item.OwnerID == r.runner.account {
		return
	}
	f := Finding{Code: finding.JobSharedSG, Component: string(p.Item.ID), Name: groupName(p.Item), Pointer: p.Item.At.Pointer(), Rule: "N150",
		URL: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html"}
	if p.Item.Name == "default" {
		f.Message = fmt.Sprintf("%s is the default security group of a VPC that account %s shares; a participant cannot use it.", p.Item.ID, p.Item.OwnerID)
		f.Fix = "Name a security group that account " + r.runner.account + " owns in this VPC."
		r.block(f, everywhere)
		return
	}
	if viewer, ok := r.w.x.SecurityGroups.In(p.Item.ID, r.runner.account); ok && viewer.Region.Account.ID == r.runner.account {
		return // the participant can describe it: it is shared with it
	}
	f.Message = fmt.Sprintf("%s belongs to account %s, which owns the shared VPC; account %s cannot use it unless it is shared through AWS RAM, and the snapshot shows no such share.", p.Item.ID, p.Item.OwnerID, r.runner.account)
	f.Fix = "Share the group through AWS RAM, or name one that account " + r.runner.account + " owns."
	r.block(f, everywhere)
}

// missingID reports an id that refers to nothing: a blocker where the capture
// says that it saw everything, else a missing fact (N12, N157).
func (r jobRules) missingID(id, kind string, code Code, collect string, of func(*snapshot.EC2) (snapshot.Presence, bool)) {
	complete := false
	for _, a := range r.w.snap.Accounts {
		if r.runner.account != "" && a.ID != r.runner.account {
			continue
		}
		for _, reg := range a.Regions {
			presence, all := of(&reg.EC2)
			complete = complete || presence == snapshot.Collected && all
		}
	}
	if complete {
		r.block(Finding{Code: finding.JobUnknownID, Component: id, Rule: "N157", URL: docNeoVPC,
			Message: fmt.Sprintf("There is no %s %s: the snapshot holds all of account %s.", kind, id, r.runner.account),
			Fix:     "Correct the id in the job's VpcConfig."}, everywhere)
		return
	}
	r.unknown(Missing{Code: code, Gate: GateJob, Component: id,
		Fact: kind + " " + id + ", which the job names and the snapshot does not hold", Collect: collect})
}

// checkPlacement is the part of the job gate that concerns one subnet: it
// exists, is available, ordinary, and has two free addresses for each
// instance (N147, N149).
func (r jobRules) checkPlacement(n []int, id snapshot.SubnetID) verdictParts {
	p, ok := r.jobSubnet(id)
	if !ok {
		before := r.jobs
		r.missingID(string(id), "subnet", finding.UnknownVPC, "aws ec2 describe-subnets --subnet-ids "+string(id),
			func(e *snapshot.EC2) (snapshot.Presence, bool) { return e.Subnets.Presence, e.Subnets.Complete })
		failed := r.jobs.fail && !before.fail
		r.jobs = before // it concerns this placement only
		return verdictParts{fail: failed, open: !failed}
	}
	t := verdictParts{pass: true}
	s := p.Item
	at := func(member string) string { return s.At.Child(member).Pointer() }
	switch rules.SubnetState(s.State) {
	case rules.StateUnknown:
		t.open = true
		r.c.missing(Missing{Code: finding.UnknownVPC, Gate: GateJob, Component: string(id), Pointer: at("State"),
			Fact: fmt.Sprintf("whether %s works: its state is %q", id, s.State), Collect: "aws ec2 describe-subnets --subnet-ids " + string(id)})
	case rules.StateBroken:
		t = verdictParts{fail: true}
		r.block(Finding{Code: finding.BadState, Component: string(id), Name: nameTag(s.Tags), Pointer: at("State"), Rule: "N149",
			Message: fmt.Sprintf("%s is %s, not available.", id, s.State), Fix: "Wait until the subnet is available, or name another."}, n...)
	}
	each, need := r.addresses()
	switch {
	case need == 0:
	case !s.FreeKnown:
		t.open = true
		r.c.missing(Missing{Code: finding.JobSubnetIPs, Gate: GateJob, Component: string(id), Pointer: s.At.Pointer(),
			Fact: "AvailableIpAddressCount of " + string(id), Collect: "aws ec2 describe-subnets --subnet-ids " + string(id)})
	case s.FreeAddresses < need:
		t.fail = true
		r.block(Finding{Code: finding.JobSubnetIPs, Component: string(id), Name: nameTag(s.Tags), Pointer: at("AvailableIpAddressCount"), Rule: "N147", URL: docNeoVPC,
			Message: fmt.Sprintf("%s has %s; the job needs %d (%s for each instance).", id, freeAddresses(s.FreeAddresses), need, []string{"none", "one", "two"}[each]),
			Fix:     "Free addresses in the subnet, or name one with more."}, n...)
	}
	if s.OutpostARN != "" || s.IPv6Native || edgeZone(s.AvailabilityZone) {
		t.open = true
		r.c.missing(Missing{Code: finding.JobSubnetKind, Gate: GateJob, Component: string(id), Pointer: s.At.Pointer(),
			Fact: "whether " + nonEmpty(r.work.Name, "SageMaker") + " places jobs in " + string(id) + ", which is " + subnetKind(s) + " (N149)"})
	}
	if t.fail || t.open {
		t.pass = false
	}
	if t.fail {
		t.open = false // a definite failure is not hidden by what is unknown
	}
	return t
}

func freeAddresses(n int) string {
	if n == 1 {
		return "1 free address"
	}
	return fmt.Sprintf("%d free addresses", n)
}

// zonePattern is an ordinary Availability Zone's name; Local Zones and
// Wavelength Zones have more hyphens.
var zonePattern = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+[a-z]$`)

func edgeZone(az string) bool { return az != "" && !zonePattern.MatchString(az) }

func subnetKind(s *snapshot.Subnet) string {
	switch {
	case s.OutpostARN != "":
		return "on an Outpost"
	case s.IPv6Native:
		return "IPv6-only"
	default:
		return "in zone " + s.AvailabilityZone + ", no ordinary Availability Zone"
	}
}

func (r *jobRun) regionName() string {
	if r.q.Region != "" {
		return r.q.Region
	}
	for _, id := range r.q.Job.Subnets {
		if p, ok := r.jobSubnet(id); ok {
			return p.Region.Name
		}
	}
	return r.q.Job.Region
}

func (r *jobRun) jobName() string {
	if r.q.Job.Name != "" {
		return r.q.Job.Name
	}
	return "VpcConfig"
}

func nameTag(tags []snapshot.Tag) string {
	v, _ := snapshot.TagValue(tags, "Name")
	return v
}

func groupName(g *snapshot.SecurityGroup) string {
	if n := nameTag(g.Tags); n != "" {
		return n
	}
	return g.Name
}

// nameOfGroup is what people call a group of the job.
func (r jobRules) nameOfGroup(id snapshot.SecurityGroupID) string {
	if p, ok := r.w.x.SecurityGroups.In(id, r.runner.account); ok {
		return groupName(p.Item)
	}
	return ""
}

// needsText lists what would settle an unknown.
func needsText(needs []policy.Need) string {
	var out []string
	for _, n := range needs {
		t := n.Fact
		if n.Key != "" {
			t = "the value of " + n.Key
		}
		if t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return "a fact is missing"
	}
	if len(out) > 6 {
		out = append(out[:6], fmt.Sprintf("and %d more", len(out)-6))
	}
	return strings.Join(out, "; ")
}

var errNoJob = badQuestion("no job: name a job file with %s, or %s, %s and %s", FieldJob, FieldSubnets, FieldSecurityGroups, FieldRole)
