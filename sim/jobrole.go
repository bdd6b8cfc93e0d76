package sim

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// checkRole: the role exists, trusts SageMaker and may make the interfaces
// (P312 to P316, P325).
func (r *jobRun) checkRole() {
	if r.existing.function {
		r.jobs.pass = true
		return // a function that runs has passed what this gate asks of a job
	}
	arn := r.q.Job.RoleARN
	if r.runner.role == nil {
		r.missingRole(arn)
		return
	}
	if r.q.Job.Kind == "" {
		return // plain subnets and groups: of which service is not said, and nothing of one's is asked (P360)
	}
	if acct := r.jobAccount(); acct != "" && acct != r.runner.account {
		r.block(Finding{Code: finding.JobRoleOtherAccount, Component: arn, Pointer: r.runner.role.At.Pointer(), Rule: "P325",
			URL:     "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
			Message: fmt.Sprintf("Role %s is of account %s, the job of account %s; SageMaker takes only a role of the job's own account.", arn, r.runner.account, acct),
			Fix:     "Name an execution role of account " + acct + "."}, everywhere)
	}
	r.checkTrust()
	if r.q.Job.HasVPCConfig && !serviceLinked[r.q.Job.Kind] {
		r.checkInterfaceActions()
	}
}

// serviceLinked are the kinds whose interfaces a service-linked role makes, not
// the execution role (P360).
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-service-linked-roles.html
var serviceLinked = map[string]bool{"Domain": true, "NotebookInstance": true}

func (r *jobRun) jobAccount() string {
	if r.q.Job.Account != "" {
		return r.q.Job.Account
	}
	return arnField(r.q.Job.ARN, 4)
}

func (r *jobRun) missingRole(arn string) {
	a, ok := r.w.accounts[r.runner.account]
	if ok && a.IAM.Roles.Presence == snapshot.Collected && a.IAM.Roles.Complete {
		r.block(Finding{Code: finding.JobUnknownID, Component: arn, Rule: "N157",
			Message: "There is no role " + arn + ": the snapshot holds all roles of account " + r.runner.account + ".",
			Fix:     "Correct the RoleArn of the job."}, everywhere)
		return
	}
	r.unknown(Missing{Code: finding.UnknownRole, Gate: GateJob, Component: arn,
		Fact:    "the trust policy and the permissions of role " + arn + ", which is not in the snapshot",
		Collect: "aws iam get-account-authorization-details --filter Role LocalManagedPolicy AWSManagedPolicy"})
}

// checkTrust: the trust policy lets SageMaker assume the role (P312 to P314).
func (r *jobRun) checkTrust() {
	role := r.runner.role
	trust := r.w.policyOf("trust policy of "+role.Name, &role.Trust, policy.KindTrust)
	region := r.regionName()
	req := policy.AssumeRoleRequest("sagemaker.amazonaws.com", role.ARN, r.runner.account, "")
	req.Context["aws:sourcearn"] = r.sourceARN(region)
	if region != "" {
		req.Context["aws:requestedregion"] = known(region)
	}
	r.w.orgKeys(&req, r.runner.account, "aws:sourceorgid", "aws:sourceorgpaths")
	r.w.orgKeys(&req, r.runner.account, "aws:resourceorgid", "aws:resourceorgpaths")
	applyAssumptions(&req, r.q.Options.Assume)
	rcps, gap, assumed := r.w.controlPolicies(r.runner.account, policy.KindRCP, r.q.Options.AssumeNoOrganization)
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
		f := Finding{Code: finding.JobRoleTrust, Component: role.ARN, Pointer: role.Trust.At.Pointer(), Rule: "P312",
			URL:     "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
			Message: "The trust policy of role " + role.Name + " does not let sagemaker.amazonaws.com assume it" + trustReason(&d) + ".",
			Fix:     `Allow sts:AssumeRole to {"Service": "sagemaker.amazonaws.com"} in the role's trust policy.`,
			Example: &Example{Principal: "sagemaker.amazonaws.com", Action: "sts:AssumeRole", Resource: role.ARN,
				Context: map[string]string{"aws:SourceAccount": r.runner.account}}}
		if f.Pointer == "" {
			f.Pointer = role.At.Pointer()
		}
		r.block(f, everywhere)
	default:
		r.unknown(Missing{Code: finding.UnknownRoleTrust, Gate: GateJob, Component: role.ARN, Pointer: role.Trust.At.Pointer(),
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
	return known("arn:" + partitionOf(region) + ":sagemaker:" + region + ":" + r.runner.account + ":" + kind + "/" + strings.ToLower(j.Name))
}

func trustReason(d *policy.Decision) string {
	for _, l := range d.Layers {
		if len(l.Near) > 0 {
			return nearest(&l)
		}
	}
	return ""
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
	key := fmt.Sprint(r.runner.principal.RoleARN, r.q.Job.Subnets, r.q.Job.SecurityGroups, r.vpc, r.q.Options.Assume, r.q.Options.AssumeNoOrganization)
	return r.w.gates.get(key, r.interfaceGateFresh)
}

func (r *jobRun) interfaceGateFresh() (g roleGate) {
	layers := r.runner.layers()
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
	role := r.runner.role
	if len(g.denied) > 0 {
		f := Finding{Code: finding.JobRoleEC2Actions, Component: role.ARN, Pointer: role.At.Pointer(), Rule: "P316", URL: docNeoVPC,
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
		r.warn(Finding{Code: finding.JobRoleEC2Actions, Gate: GateJob, Component: role.ARN, Pointer: role.At.Pointer(), Rule: "P316", URL: docNeoVPC,
			Message: fmt.Sprintf("Role %s may not do %s. The Neo guide lists it; jobs are known to run without it.", role.Name, strings.Join(g.warned, ", ")),
			Fix:     "Allow " + strings.Join(g.warned, ", ") + " on Resource \"*\", as the guide asks."}, everywhere)
	}
	if len(g.open) > 0 && len(g.denied) == 0 {
		r.unknown(Missing{Code: finding.UnknownRole, Gate: GateJob, Component: role.ARN, Pointer: role.At.Pointer(),
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
	prefix := "arn:" + partitionOf(region) + ":ec2:" + region + ":" + r.runner.account + ":"
	var out []string
	for _, t := range types {
		switch t {
		case "subnet":
			for _, s := range r.q.Job.Subnets {
				owner := r.runner.account
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
	req := policy.Request{Principal: r.runner.principal, Action: action, Resource: resource, ResourceAccount: r.runner.account,
		Context: make(map[string]policy.Value, 16)}
	r.w.principalKeys(&req, &r.runner)
	req.Context["aws:securetransport"] = known("true")
	req.Context["aws:sourceip"] = policy.Value{State: policy.KeyValueUnknown}
	req.Context["aws:currenttime"] = policy.Value{State: policy.KeyValueUnknown}
	req.Context["aws:epochtime"] = policy.Value{State: policy.KeyValueUnknown}
	if region := r.regionName(); region != "" {
		req.Context["aws:requestedregion"] = known(region)
		req.Context["ec2:region"] = known(region)
	}
	if r.vpc != "" {
		req.Context["ec2:vpc"] = known("arn:" + partitionOf(r.regionName()) + ":ec2:" + r.regionName() + ":" + r.runner.account + ":vpc/" + string(r.vpc))
	}
	req.UnknownKeys = append(req.UnknownKeys, "ec2:*", "aws:resourcetag/*", "aws:requesttag/*", "aws:tagkeys", "aws:sourceidentity", "aws:useragent")
	applyAssumptions(&req, r.q.Options.Assume)
	return req
}

func (r *jobRun) malformed(p *policy.Policy) {
	r.c.add(Finding{Code: finding.PolicyMalformed, Gate: GateJob, Severity: Warning, Component: p.Name, Pointer: p.Pointer, Rule: "P17",
		Message: fmt.Sprintf("%s is no policy that AWS would accept: %v.", p.Name, p.Malformed),
		Fix:     "Take the document again from AWS: AWS refuses malformed policies, so this one was damaged on its way."}, everywhere)
}
