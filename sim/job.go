package sim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// docNeoVPC is the guide that the job gate follows.
const docNeoVPC = "https://docs.aws.amazon.com/sagemaker/latest/dg/neo-vpc.html"

// jobRun is one question under way.
type jobRun struct {
	w        *World
	q        *Question
	c        *collector
	who      asker
	vpc      snapshot.VPCID
	jobs     tally // of the job gate, over the whole job
	existing existing
}

// maxSubnets and maxGroups are the limits of NeoVpcConfig (N144).
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_NeoVpcConfig.html
const (
	maxSubnets = 16
	maxGroups  = 5
)

// block files a blocker of the job gate; under everywhere it fails the whole job.
func (r *jobRun) block(f Finding, placements ...int) {
	f.Gate, f.Severity = GateJob, Blocker
	r.c.add(f, placements...)
	if slices.Contains(placements, everywhere) {
		r.jobs.fail = true
	}
}

func (r *jobRun) warn(f Finding, placements ...int) {
	f.Severity = Warning
	r.c.add(f, placements...)
}

func (r *jobRun) unknown(m Missing) {
	r.c.missing(m)
	r.jobs.open = true
}

// checkConfig is the part of the job gate that concerns the VpcConfig as a
// whole: counts, one VPC, tenancy, groups (N144 to N146, N150, N157).
func (r *jobRun) checkConfig() {
	r.jobs.pass = true
	if r.existing.function {
		r.checkVPC()
		return
	}
	j := &r.q.Job
	r.checkIDs()
	if n := len(j.Subnets); n > maxSubnets || n == 0 {
		r.block(Finding{Code: "JOB_SUBNET_COUNT", Component: r.jobName(), Rule: "N144", URL: docNeoVPC,
			Message: fmt.Sprintf("The VpcConfig lists %d subnets; SageMaker takes 1 to %d.", n, maxSubnets),
			Fix:     fmt.Sprintf("List between 1 and %d subnets.", maxSubnets)}, everywhere)
	}
	if n := len(j.SecurityGroups); n > maxGroups || n == 0 {
		r.block(Finding{Code: "JOB_SG_COUNT", Component: r.jobName(), Rule: "N144", URL: docNeoVPC,
			Message: fmt.Sprintf("The VpcConfig lists %d security groups; SageMaker takes 1 to %d.", n, maxGroups),
			Fix:     fmt.Sprintf("List between 1 and %d security groups.", maxGroups)}, everywhere)
	}
	r.checkVPC()
	r.checkGroups()
}

var idPattern = regexp.MustCompile(`^[-0-9a-zA-Z]{1,32}$`)

// checkIDs refuses what the API refuses, and warns of an id named twice (N144).
func (r *jobRun) checkIDs() {
	var ids []string
	for _, s := range r.q.Job.Subnets {
		ids = append(ids, string(s))
	}
	for _, g := range r.q.Job.SecurityGroups {
		ids = append(ids, string(g))
	}
	seen := make(map[string]bool)
	for _, id := range ids {
		if !idPattern.MatchString(id) {
			r.block(Finding{Code: "JOB_UNKNOWN_ID", Component: id, Rule: "N144", URL: docNeoVPC,
				Message: fmt.Sprintf("%q is no id that SageMaker takes: at most 32 letters, digits and hyphens.", id),
				Fix:     "Correct the id in the job's VpcConfig."}, everywhere)
		}
		if seen[id] {
			r.warn(Finding{Code: "JOB_DUPLICATE_ID", Gate: GateJob, Component: id, Rule: "N144", URL: docNeoVPC,
				Message: id + " is listed twice in the VpcConfig.", Fix: "List it once."}, everywhere)
		}
		seen[id] = true
	}
}

// jobSubnet finds a subnet of the job, as the role's account sees it.
func (r *jobRun) jobSubnet(id snapshot.SubnetID) (place[snapshot.Subnet], bool) {
	return inAccount(r.w.subnets[id], r.who.account)
}

// checkVPC finds the one VPC of the job's subnets and its tenancy.
func (r *jobRun) checkVPC() {
	var first place[snapshot.Subnet]
	for _, id := range r.q.Job.Subnets {
		p, ok := r.jobSubnet(id)
		if !ok {
			continue // checkPlacement says so
		}
		if first.item == nil {
			first, r.vpc = p, p.item.VPC
		} else if p.item.VPC != r.vpc {
			r.block(Finding{Code: "JOB_SUBNETS_SPAN_VPCS", Component: string(id), Name: nameTag(p.item.Tags), Pointer: p.item.At.Pointer(), Rule: "N145", URL: docNeoVPC,
				Message: fmt.Sprintf("%s is in %s, but %s is in %s; all subnets of a job belong to one VPC.", id, p.item.VPC, first.item.ID, r.vpc),
				Fix:     "List subnets of one VPC only."}, everywhere)
		}
	}
	if first.item == nil {
		return
	}
	v, ok := inAccount(r.w.vpcs[r.vpc], first.region.Account.ID)
	if !ok {
		r.unknown(Missing{Code: "UNK_VPC", Gate: GateJob, Component: string(r.vpc),
			Fact: "the tenancy of " + string(r.vpc) + ", which is not in the snapshot", Collect: "aws ec2 describe-vpcs --vpc-ids " + string(r.vpc)})
		return
	}
	switch strings.ToLower(v.item.Tenancy) {
	case "default":
	case "dedicated", "host":
		r.block(Finding{Code: "JOB_TENANCY", Component: string(r.vpc), Name: nameTag(v.item.Tags), Pointer: v.item.At.Child("InstanceTenancy").Pointer(), Rule: "N146", URL: docNeoVPC,
			Message: fmt.Sprintf("%s has instance tenancy %s; SageMaker jobs only run in VPCs of default tenancy.", r.vpc, v.item.Tenancy),
			Fix:     "Run the job in a VPC whose instance tenancy is default."}, everywhere)
	default:
		r.unknown(Missing{Code: "UNK_VPC", Gate: GateJob, Component: string(r.vpc), Pointer: v.item.At.Pointer(),
			Fact: fmt.Sprintf("what InstanceTenancy of %s is: %q", r.vpc, v.item.Tenancy), Collect: "aws ec2 describe-vpcs --vpc-ids " + string(r.vpc)})
	}
}

// checkGroups: the groups exist and are of the job's VPC (N91, N145, N150, N157).
func (r *jobRun) checkGroups() {
	for _, id := range r.q.Job.SecurityGroups {
		p, ok := inAccount(r.w.groups[id], r.who.account)
		if !ok {
			r.missingID(string(id), "security group", "UNK_SG", "aws ec2 describe-security-groups --group-ids "+string(id),
				func(e *snapshot.EC2) (snapshot.Presence, bool) {
					return e.SecurityGroups.Presence, e.SecurityGroups.Complete
				})
			continue
		}
		if r.vpc == "" {
			continue
		}
		if p.item.VPC == r.vpc {
			r.checkSharedGroup(p)
			continue
		}
		r.checkForeignGroup(p)
	}
}

func (r *jobRun) checkForeignGroup(p place[snapshot.SecurityGroup]) {
	for _, a := range p.region.EC2.SecurityGroupVPCs.Items {
		if a.Group == p.item.ID && a.VPC == r.vpc && strings.EqualFold(a.State, "associated") {
			r.unknown(Missing{Code: "UNK_SG", Gate: GateJob, Component: string(p.item.ID), Pointer: a.At.Pointer(),
				Fact: fmt.Sprintf("whether SageMaker accepts %s, a group of %s that is associated with %s: AWS does not list SageMaker among the services that do (N91)", p.item.ID, p.item.VPC, r.vpc)})
			return
		}
	}
	r.block(Finding{Code: "JOB_SG_OTHER_VPC", Component: string(p.item.ID), Name: groupName(p.item), Pointer: p.item.At.Pointer(), Rule: "N145", URL: docNeoVPC,
		Message: fmt.Sprintf("%s belongs to %s, but the job's subnets are in %s.", p.item.ID, p.item.VPC, r.vpc),
		Fix:     fmt.Sprintf("Name a security group of %s.", r.vpc)}, everywhere)
}

// checkSharedGroup: in a subnet shared by another account, the owner's groups
// are out of the participant's reach unless shared as well (N150).
func (r *jobRun) checkSharedGroup(p place[snapshot.SecurityGroup]) {
	owner := ""
	for _, id := range r.q.Job.Subnets {
		if s, ok := r.jobSubnet(id); ok && s.item.OwnerID != "" && s.item.OwnerID != r.who.account {
			owner = s.item.OwnerID
		}
	}
	if owner == "" || r.who.account == "" || p.item.OwnerID == "" || p.item.OwnerID == r.who.account {
		return
	}
	f := Finding{Code: "JOB_SHARED_SG", Component: string(p.item.ID), Name: groupName(p.item), Pointer: p.item.At.Pointer(), Rule: "N150",
		URL: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html"}
	if p.item.Name == "default" {
		f.Message = fmt.Sprintf("%s is the default security group of a VPC that account %s shares; a participant cannot use it.", p.item.ID, p.item.OwnerID)
		f.Fix = "Name a security group that account " + r.who.account + " owns in this VPC."
		r.block(f, everywhere)
		return
	}
	if viewer, ok := inAccount(r.w.groups[p.item.ID], r.who.account); ok && viewer.region.Account.ID == r.who.account {
		return // the participant can describe it: it is shared with it
	}
	f.Message = fmt.Sprintf("%s belongs to account %s, which owns the shared VPC; account %s cannot use it unless it is shared through AWS RAM, and the snapshot shows no such share.", p.item.ID, p.item.OwnerID, r.who.account)
	f.Fix = "Share the group through AWS RAM, or name one that account " + r.who.account + " owns."
	r.block(f, everywhere)
}

// missingID reports an id that refers to nothing: a blocker where the capture
// says that it saw everything, else a missing fact (N12, N157).
func (r *jobRun) missingID(id, kind, code, collect string, of func(*snapshot.EC2) (snapshot.Presence, bool)) {
	complete := false
	for _, a := range r.w.snap.Accounts {
		if r.who.account != "" && a.ID != r.who.account {
			continue
		}
		for _, reg := range a.Regions {
			presence, all := of(&reg.EC2)
			complete = complete || presence == snapshot.Collected && all
		}
	}
	if complete {
		r.block(Finding{Code: "JOB_UNKNOWN_ID", Component: id, Rule: "N157", URL: docNeoVPC,
			Message: fmt.Sprintf("There is no %s %s: the snapshot holds all of account %s.", kind, id, r.who.account),
			Fix:     "Correct the id in the job's VpcConfig."}, everywhere)
		return
	}
	r.unknown(Missing{Code: code, Gate: GateJob, Component: id,
		Fact: kind + " " + id + ", which the job names and the snapshot does not hold", Collect: collect})
}

// checkPlacement is the part of the job gate that concerns one subnet: it
// exists, is available, ordinary, and has two free addresses for each
// instance (N147, N149).
func (r *jobRun) checkPlacement(n []int, id snapshot.SubnetID) tally {
	p, ok := r.jobSubnet(id)
	if !ok {
		before := r.jobs
		r.missingID(string(id), "subnet", "UNK_VPC", "aws ec2 describe-subnets --subnet-ids "+string(id),
			func(e *snapshot.EC2) (snapshot.Presence, bool) { return e.Subnets.Presence, e.Subnets.Complete })
		failed := r.jobs.fail && !before.fail
		r.jobs = before // it concerns this placement only
		return tally{fail: failed, open: !failed}
	}
	t := tally{pass: true}
	s := p.item
	at := func(member string) string { return s.At.Child(member).Pointer() }
	switch rules.SubnetState(s.State) {
	case rules.StateUnknown:
		t.open = true
		r.c.missing(Missing{Code: "UNK_VPC", Gate: GateJob, Component: string(id), Pointer: at("State"),
			Fact: fmt.Sprintf("whether %s works: its state is %q", id, s.State), Collect: "aws ec2 describe-subnets --subnet-ids " + string(id)})
	case rules.StateBroken:
		t = tally{fail: true}
		r.block(Finding{Code: "BAD_STATE", AnalyzerCode: "BAD_STATE", Component: string(id), Name: nameTag(s.Tags), Pointer: at("State"), Rule: "N149",
			Message: fmt.Sprintf("%s is %s, not available.", id, s.State), Fix: "Wait until the subnet is available, or name another."}, n...)
	}
	need := 2 * max(r.q.Job.Instances, 1)
	switch {
	case !s.FreeKnown:
		t.open = true
		r.c.missing(Missing{Code: "JOB_SUBNET_IPS", Gate: GateJob, Component: string(id), Pointer: s.At.Pointer(),
			Fact: "AvailableIpAddressCount of " + string(id), Collect: "aws ec2 describe-subnets --subnet-ids " + string(id)})
	case s.FreeAddresses < need:
		t.fail = true
		r.block(Finding{Code: "JOB_SUBNET_IPS", Component: string(id), Name: nameTag(s.Tags), Pointer: at("AvailableIpAddressCount"), Rule: "N147", URL: docNeoVPC,
			Message: fmt.Sprintf("%s has %s; the job needs %d (two for each instance).", id, freeAddresses(s.FreeAddresses), need),
			Fix:     "Free addresses in the subnet, or name one with more."}, n...)
	}
	if s.OutpostARN != "" || s.IPv6Native || edgeZone(s.AvailabilityZone) {
		t.open = true
		r.c.missing(Missing{Code: "JOB_SUBNET_KIND", Gate: GateJob, Component: string(id), Pointer: s.At.Pointer(),
			Fact: "whether SageMaker places jobs in " + string(id) + ", which is " + subnetKind(s) + " (N149)"})
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

// checkRole: the role exists, trusts SageMaker and may make the interfaces
// (P312 to P316, P325).
func (r *jobRun) checkRole() {
	if r.existing.function {
		r.jobs.pass = true
		return // a function that runs has passed what this gate asks of a job
	}
	arn := r.q.Job.RoleARN
	if r.who.role == nil {
		r.missingRole(arn)
		return
	}
	if acct := r.jobAccount(); acct != "" && acct != r.who.account {
		r.block(Finding{Code: "JOB_ROLE_OTHER_ACCOUNT", Component: arn, Pointer: r.who.role.At.Pointer(), Rule: "P325",
			URL:     "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
			Message: fmt.Sprintf("Role %s is of account %s, the job of account %s; SageMaker takes only a role of the job's own account.", arn, r.who.account, acct),
			Fix:     "Name an execution role of account " + acct + "."}, everywhere)
	}
	r.checkTrust()
	if r.q.Job.HasVPCConfig {
		r.checkInterfaceActions()
	}
}

func (r *jobRun) jobAccount() string {
	if r.q.Job.Account != "" {
		return r.q.Job.Account
	}
	return arnField(r.q.Job.ARN, 4)
}

func (r *jobRun) missingRole(arn string) {
	a, ok := r.w.accounts[r.who.account]
	if ok && a.IAM.Roles.Presence == snapshot.Collected && a.IAM.Roles.Complete {
		r.block(Finding{Code: "JOB_UNKNOWN_ID", Component: arn, Rule: "N157",
			Message: "There is no role " + arn + ": the snapshot holds all roles of account " + r.who.account + ".",
			Fix:     "Correct the RoleArn of the job."}, everywhere)
		return
	}
	r.unknown(Missing{Code: "UNK_ROLE", Gate: GateJob, Component: arn,
		Fact:    "the trust policy and the permissions of role " + arn + ", which is not in the snapshot",
		Collect: "aws iam get-account-authorization-details --filter Role LocalManagedPolicy AWSManagedPolicy"})
}

// checkTrust: the trust policy lets SageMaker assume the role (P312 to P314).
func (r *jobRun) checkTrust() {
	role := r.who.role
	trust := r.w.policyOf("trust policy of "+role.Name, &role.Trust, policy.KindTrust)
	region := r.regionName()
	req := policy.AssumeRoleRequest("sagemaker.amazonaws.com", role.ARN, r.who.account, "")
	req.Context["aws:sourcearn"] = r.sourceARN(region)
	if region != "" {
		req.Context["aws:requestedregion"] = known(region)
	}
	r.w.orgKeys(&req, r.who.account, "aws:sourceorgid", "aws:sourceorgpaths")
	r.w.orgKeys(&req, r.who.account, "aws:resourceorgid", "aws:resourceorgpaths")
	applyAssumptions(&req, r.q.Options.Assume)
	rcps, gap, assumed := r.w.controlPolicies(r.who.account, policy.KindRCP)
	if assumed != "" {
		r.c.assume(assumed)
	}
	d := policy.EvaluateTrust(trust, rcps, gap, &req)
	for _, a := range d.Assumptions {
		r.c.assume(a)
	}
	if trust != nil && trust.Malformed != nil {
		r.malformed(trust)
	}
	switch d.Outcome {
	case policy.True:
	case policy.False:
		f := Finding{Code: "JOB_ROLE_TRUST", Component: role.ARN, Pointer: role.Trust.At.Pointer(), Rule: "P312",
			URL:     "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
			Message: "The trust policy of role " + role.Name + " does not let sagemaker.amazonaws.com assume it" + trustReason(&d) + ".",
			Fix:     `Allow sts:AssumeRole to {"Service": "sagemaker.amazonaws.com"} in the role's trust policy.`,
			Example: &Example{Principal: "sagemaker.amazonaws.com", Action: "sts:AssumeRole", Resource: role.ARN,
				Context: map[string]string{"aws:SourceAccount": r.who.account}}}
		if f.Pointer == "" {
			f.Pointer = role.At.Pointer()
		}
		r.block(f, everywhere)
	default:
		r.unknown(Missing{Code: "UNK_ROLE_TRUST", Gate: GateJob, Component: role.ARN, Pointer: role.Trust.At.Pointer(),
			Fact: "whether role " + role.Name + " trusts SageMaker: " + needsText(d.Needs)})
	}
}

func (r *jobRun) sourceARN(region string) policy.Value {
	j := &r.q.Job
	if j.ARN != "" {
		return known(j.ARN)
	}
	kind := map[string]string{"CompilationJob": "compilation-job", "TrainingJob": "training-job", "ProcessingJob": "processing-job",
		"TransformJob": "transform-job", "Model": "model", "NotebookInstance": "notebook-instance"}[j.Kind]
	if kind == "" || j.Name == "" || region == "" {
		return policy.Value{State: policy.KeyValueUnknown}
	}
	return known("arn:" + partitionOf(region) + ":sagemaker:" + region + ":" + r.who.account + ":" + kind + "/" + strings.ToLower(j.Name))
}

func trustReason(d *policy.Decision) string {
	for _, l := range d.Layers {
		if len(l.Near) > 0 {
			return " (" + l.Near[0].Detail + ")"
		}
	}
	return ""
}

func (r *jobRun) regionName() string {
	if r.q.Region != "" {
		return r.q.Region
	}
	for _, id := range r.q.Job.Subnets {
		if p, ok := r.jobSubnet(id); ok {
			return p.region.Name
		}
	}
	return r.q.Job.Region
}

// interfaceActions are the EC2 actions that a VPC job's role needs (N155,
// P316). Describe actions have no resource type. The role may do without
// ModifyNetworkInterfaceAttribute, it seems: AmazonSageMakerFullAccess lacks it.
var interfaceActions = []struct {
	name     string
	resource []string // resource types that the action is checked against; none: "*"
	optional bool
}{
	{name: "ec2:CreateNetworkInterface", resource: []string{"network-interface", "subnet", "security-group"}},
	{name: "ec2:CreateNetworkInterfacePermission", resource: []string{"network-interface"}},
	{name: "ec2:DeleteNetworkInterface", resource: []string{"network-interface"}},
	{name: "ec2:DeleteNetworkInterfacePermission", resource: []string{"network-interface"}},
	{name: "ec2:DescribeDhcpOptions"},
	{name: "ec2:DescribeNetworkInterfaces"},
	{name: "ec2:DescribeSecurityGroups"},
	{name: "ec2:DescribeSubnets"},
	{name: "ec2:DescribeVpcEndpoints"},
	{name: "ec2:DescribeVpcs"},
	{name: "ec2:ModifyNetworkInterfaceAttribute", resource: []string{"network-interface"}, optional: true},
}

// roleGate is what the interface actions came to, for one role and network.
type roleGate struct {
	denied, open, warned []string
	why                  string               // of the first denied one
	by                   *policy.StatementRef // the Deny that denies it; nil: nothing allows it
	needs                []policy.Need
}

func (r *jobRun) interfaceGate() roleGate {
	key := fmt.Sprint(r.who.principal.RoleARN, r.q.Job.Subnets, r.q.Job.SecurityGroups, r.vpc, r.q.Options.Assume)
	return r.w.gates.get(key, r.interfaceGateFresh)
}

func (r *jobRun) interfaceGateFresh() (g roleGate) {
	layers := r.who.layers()
	for _, a := range interfaceActions {
		outcome, decision := r.interfaceAction(&layers, a.name, a.resource)
		g.needs = append(g.needs, decision.Needs...)
		switch {
		case outcome == policy.False && a.optional:
			g.warned = append(g.warned, a.name)
		case outcome == policy.False:
			if g.denied = append(g.denied, a.name); len(g.denied) == 1 {
				g.why, g.by = denialReason(&decision), denier(&decision)
			}
		case outcome == policy.Unknown && !a.optional:
			g.open = append(g.open, a.name)
		}
	}
	return g
}

// denier is the statement that denies a request explicitly, nil where none does.
func denier(d *policy.Decision) *policy.StatementRef {
	for _, i := range d.Blocking {
		if l := &d.Layers[i]; l.Outcome == policy.ExplicitDeny && len(l.Statements) > 0 {
			return &l.Statements[0]
		}
	}
	return nil
}

func (r *jobRun) checkInterfaceActions() {
	g := r.interfaceGate()
	role := r.who.role
	if len(g.denied) > 0 {
		f := Finding{Code: "JOB_ROLE_EC2_ACTIONS", Component: role.ARN, Pointer: role.At.Pointer(), Rule: "P316", URL: docNeoVPC,
			Message: fmt.Sprintf("Role %s may not do %s, which SageMaker needs to place the job's network interfaces: %s.", role.Name, strings.Join(g.denied, ", "), g.why),
			Fix:     "Allow " + strings.Join(g.denied, ", ") + " on Resource \"*\" in a policy of the role.",
			Example: &Example{Principal: role.ARN, Action: g.denied[0], Resource: "*"}}
		if g.by != nil {
			index := g.by.Index
			f.RuleIndex, f.Pointer = &index, nonEmpty(r.w.resolved(*g.by), f.Pointer)
			f.Fix = "Narrow " + statementText(*g.by) + " so that its Deny spares " + strings.Join(g.denied, ", ") + " by this role."
		}
		r.block(f, everywhere)
	}
	if len(g.warned) > 0 {
		r.warn(Finding{Code: "JOB_ROLE_EC2_ACTIONS", Gate: GateJob, Component: role.ARN, Pointer: role.At.Pointer(), Rule: "P316", URL: docNeoVPC,
			Message: fmt.Sprintf("Role %s may not do %s. The Neo guide lists it; jobs are known to run without it.", role.Name, strings.Join(g.warned, ", ")),
			Fix:     "Allow " + strings.Join(g.warned, ", ") + " on Resource \"*\", as the guide asks."}, everywhere)
	}
	if len(g.open) > 0 && len(g.denied) == 0 {
		r.unknown(Missing{Code: "UNK_ROLE", Gate: GateJob, Component: role.ARN, Pointer: role.At.Pointer(),
			Fact: fmt.Sprintf("whether role %s may do %s: %s", role.Name, strings.Join(g.open, ", "), needsText(g.needs))})
	}
}

// interfaceAction decides one action against each resource that EC2 checks it
// against; all have to be allowed.
func (r *jobRun) interfaceAction(l *policy.Layers, action string, types []string) (policy.Truth, policy.Decision) {
	resources := []string{"*"}
	if len(types) > 0 {
		resources = r.interfaceResources(types)
	}
	worst, decision := policy.True, policy.Decision{}
	for _, res := range resources {
		req := r.serviceRequest(action, res)
		if policy.Decide(l, &req) == policy.True {
			continue
		}
		d := policy.Evaluate(l, &req)
		if d.Outcome == policy.False {
			return policy.False, d
		}
		if d.Outcome == policy.Unknown {
			worst, decision = policy.Unknown, d
		}
	}
	return worst, decision
}

func (r *jobRun) interfaceResources(types []string) []string {
	region := r.regionName()
	prefix := "arn:" + partitionOf(region) + ":ec2:" + region + ":" + r.who.account + ":"
	var out []string
	for _, t := range types {
		switch t {
		case "subnet":
			for _, s := range r.q.Job.Subnets {
				owner := r.who.account
				if p, ok := r.jobSubnet(s); ok && p.item.OwnerID != "" {
					owner = p.item.OwnerID
				}
				out = append(out, "arn:"+partitionOf(region)+":ec2:"+region+":"+owner+":subnet/"+string(s))
			}
		case "security-group":
			for _, g := range r.q.Job.SecurityGroups {
				out = append(out, prefix+"security-group/"+string(g))
			}
		default:
			out = append(out, prefix+t+"/*")
		}
	}
	return out
}

// serviceRequest is a call that SageMaker makes with the role's session from
// its own network: no endpoint carries it (P316, P320).
func (r *jobRun) serviceRequest(action, resource string) policy.Request {
	req := policy.Request{Principal: r.who.principal, Action: action, Resource: resource, ResourceAccount: r.who.account,
		Context: make(map[string]policy.Value, 16)}
	r.w.principalKeys(&req, &r.who)
	req.Context["aws:securetransport"] = known("true")
	req.Context["aws:sourceip"] = policy.Value{State: policy.KeyValueUnknown}
	req.Context["aws:currenttime"] = policy.Value{State: policy.KeyValueUnknown}
	req.Context["aws:epochtime"] = policy.Value{State: policy.KeyValueUnknown}
	if region := r.regionName(); region != "" {
		req.Context["aws:requestedregion"] = known(region)
		req.Context["ec2:region"] = known(region)
	}
	if r.vpc != "" {
		req.Context["ec2:vpc"] = known("arn:" + partitionOf(r.regionName()) + ":ec2:" + r.regionName() + ":" + r.who.account + ":vpc/" + string(r.vpc))
	}
	req.UnknownKeys = append(req.UnknownKeys, "ec2:*", "aws:resourcetag/*", "aws:requesttag/*", "aws:tagkeys", "aws:sourceidentity", "aws:useragent")
	applyAssumptions(&req, r.q.Options.Assume)
	return req
}

func (r *jobRun) malformed(p *policy.Policy) {
	r.c.add(Finding{Code: "POLICY_MALFORMED", Gate: GateJob, Severity: Warning, Component: p.Name, Pointer: p.Pointer, Rule: "P17",
		Message: fmt.Sprintf("%s is no policy that AWS would accept: %v.", p.Name, p.Malformed),
		Fix:     "Take the document again from AWS: AWS refuses malformed policies, so this one was damaged on its way."}, everywhere)
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
func (r *jobRun) nameOfGroup(id snapshot.SecurityGroupID) string {
	if p, ok := inAccount(r.w.groups[id], r.who.account); ok {
		return groupName(p.item)
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

var errNoJob = errors.New("no job: name a job file with --job, or --subnets, --security-groups and --role")
