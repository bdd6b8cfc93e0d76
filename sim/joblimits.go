package sim

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// limitRule is the rule that the limits of the job's service follow.
func (r jobRules) limitRule() string {
	if r.work.Service == "sagemaker" {
		return "N144"
	}
	return "N180"
}

// checkCounts holds the lists of subnets and groups against the service's limits (N144, N180).
func (r jobRules) checkCounts() {
	w := &r.work
	if n := len(r.q.Job.Subnets); !within(n, w.Subnets) {
		r.block(Finding{Code: finding.JobSubnetCount, Component: r.jobName(), Rule: r.limitRule(), URL: w.Page,
			Message: fmt.Sprintf("%s lists %s; %s takes %s.", w.Field, count(n, "subnet"), w.Name, span(w.Subnets)),
			Fix:     fmt.Sprintf("List %s in %s.", count2(w.Subnets, "subnet"), w.Field)}, everywhere)
	}
	if n := len(r.q.Job.SecurityGroups); !within(n, w.Groups) {
		r.block(Finding{Code: finding.JobSGCount, Component: r.jobName(), Rule: r.limitRule(), URL: w.Page,
			Message: fmt.Sprintf("%s lists %s; %s takes %s.", w.Field, count(n, "security group"), w.Name, span(w.Groups)),
			Fix:     fmt.Sprintf("List %s in %s.", count2(w.Groups, "security group"), w.Field)}, everywhere)
	}
}

func within(n int, l services.Limit) bool { return n >= l.Min && (l.Max == 0 || n <= l.Max) }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func span(l services.Limit) string {
	switch {
	case l.Max == 0:
		return fmt.Sprintf("at least %d", l.Min)
	case l.Min == l.Max:
		return fmt.Sprintf("exactly %d", l.Min)
	}
	return fmt.Sprintf("%d to %d", l.Min, l.Max)
}

func count2(l services.Limit, what string) string {
	if l.Min == l.Max && l.Max > 0 {
		return "exactly " + count(l.Min, what)
	}
	return strings.Replace(span(l), " to ", " to ", 1) + " " + what + "s"
}

// jobsOf is the service's jobs in a sentence.
func (r jobRules) jobsOf() string {
	if r.work.Kind == "" || r.work.Service == "sagemaker" {
		return "SageMaker jobs"
	}
	return "jobs of " + r.work.Name
}

// addresses is how many free addresses each instance needs in its subnet, and
// the job in all; 0 where it is not documented (N147).
func (r jobRules) addresses() (each, all int) {
	switch {
	case r.existing.function:
		return 0, 0
	case r.work.Kind == "":
		each = 2
	default:
		each = r.work.Addresses
	}
	return each, each * max(r.q.Job.Instances, 1)
}

// checkZones: the subnets lie in as many zones as the service asks (N180).
func (r jobRules) checkZones() {
	zones := make(map[string]bool)
	for _, id := range r.q.Job.Subnets {
		p, ok := r.jobSubnet(id)
		if !ok || p.Item.AvailabilityZone == "" {
			return // checkPlacement says what is missing
		}
		zones[p.Item.AvailabilityZone] = true
	}
	if len(zones) >= r.work.Subnets.Zones {
		return
	}
	r.block(Finding{Code: finding.JobSubnetZones, Component: r.jobName(), Rule: "N180", URL: r.work.Page,
		Message: fmt.Sprintf("The subnets are in %s; %s takes subnets of %d Availability Zones.", count(len(zones), "Availability Zone"), r.work.Name, r.work.Subnets.Zones),
		Fix:     fmt.Sprintf("Name subnets of %d Availability Zones.", r.work.Subnets.Zones)}, everywhere)
}

// defaultGroup stands in where the service uses the VPC's default group for a
// job that names none (N181).
func (r jobRules) defaultGroup() {
	if !r.work.Groups.Default || len(r.q.Job.SecurityGroups) > 0 || r.vpc == "" {
		return
	}
	if groups := r.w.groupsOf(&r.q.Job, r.vpc); len(groups) > 0 {
		r.q.Job.SecurityGroups = groups
		r.c.assume(fmt.Sprintf("The job names no security group: %s uses %s, the default group of %s (N181).", r.work.Name, groups[0], r.vpc))
		return
	}
	r.unknown(Missing{Code: finding.UnknownSG, Gate: GateJob, Component: string(r.vpc),
		Fact:    fmt.Sprintf("the default security group of %s, which %s uses for a job that names none (N181)", r.vpc, r.work.Name),
		Collect: "aws ec2 describe-security-groups --filters Name=vpc-id,Values=" + string(r.vpc) + " Name=group-name,Values=default"})
}

// groupsOf is the groups of a job, or the VPC's default group where its service
// uses that for a job that names none.
func (w *World) groupsOf(j *snapshot.Job, vpc snapshot.VPCID) []snapshot.SecurityGroupID {
	if work, ok := services.Find(j.Kind); len(j.SecurityGroups) > 0 || !ok || !work.Groups.Default {
		return j.SecurityGroups
	}
	for id, p := range w.x.SecurityGroups.Map() {
		if p.Item.VPC == vpc && p.Item.Name == "default" {
			return []snapshot.SecurityGroupID{id}
		}
	}
	return nil
}

// publicAddress tells whether a job's interface gets a public address in a
// subnet, by its service (N183).
func publicAddress(j *snapshot.Job, s *snapshot.Subnet) network.PublicAddress {
	work, _ := services.Find(j.Kind)
	switch work.PublicAddress {
	case services.PublicAsAsked:
		if j.AssignPublicIP {
			return network.SomePublicAddress
		}
	case services.PublicBySubnet:
		switch {
		case s.MapPublicIP.Presence != snapshot.Collected:
			return network.PublicAddressUnknown
		case s.MapPublicIP.Value:
			return network.SomePublicAddress
		}
	case services.NeverPublic:
	}
	return network.NoPublicAddress
}

// checkSelfIngress: one of the groups lets in all TCP from itself (N182).
//
// AWS: https://docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html
func (r jobRules) checkSelfIngress() {
	groups := r.q.Job.SecurityGroups
	if !r.work.SelfIngress || len(groups) == 0 {
		return
	}
	open := false
	for _, id := range groups {
		c := r.w.net.SelfIngressCovered(id, r.q.Job.Subnets)
		if c.Known && c.Covered {
			return
		}
		open = open || !c.Known
	}
	first, ok := r.w.x.SecurityGroups.In(groups[0], r.runner.account)
	if open || !ok {
		r.unknown(Missing{Code: finding.UnknownSG, Gate: GateJob, Component: string(groups[0]),
			Fact:    fmt.Sprintf("whether one of the job's security groups lets in TCP on every port from itself, as %s asks (N182)", r.work.Name),
			Collect: "aws ec2 describe-security-groups"})
		return
	}
	r.block(Finding{Code: finding.JobSGSelfIngress, Component: string(groups[0]), Name: groupName(first.Item), Pointer: first.Item.At.Pointer(), Rule: "N182",
		URL:     r.work.Page,
		Message: fmt.Sprintf("None of the job's security groups lets in TCP on every port from itself, as %s asks.", r.work.Name),
		Fix:     fmt.Sprintf("Add an inbound rule to %s: all TCP, source %s.", groups[0], groups[0])}, everywhere)
}

// checkSubnetEgress warns where the groups keep the job from its own subnets
// (N152). What S3 needs is judged apart.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/neo-vpc.html
func (r jobRules) checkSubnetEgress() {
	groups := r.q.Job.SecurityGroups
	if len(groups) == 0 || r.existing.function || r.work.Kind != "" && !r.work.OwnSubnets {
		return
	}
	c := r.w.net.SubnetEgressCovered(groups, r.q.Job.Subnets)
	if !c.Known || c.Covered {
		return
	}
	var missing []string
	for _, id := range uniqueSubnets(r.q.Job.Subnets) {
		if p, ok := r.jobSubnet(id); ok && overlaps(c.Missing, p.Item.CIDR) {
			missing = append(missing, fmt.Sprintf("%s (%s)", id, p.Item.CIDR))
		}
	}
	r.warn(Finding{Code: finding.JobSGSubnetEgress, Gate: GateSGEgress, Component: string(groups[0]), Name: r.nameOfGroup(groups[0]), Pointer: c.At.Pointer(), Rule: "N152", URL: docNeoVPC,
		Message: "The job's security groups do not let it out to all of its own subnets on every TCP port, as SageMaker asks: not to all of " + strings.Join(missing, ", ") + ".",
		Fix:     "Add an outbound rule for the subnets' CIDR blocks to one of the job's groups."}, everywhere)
}
