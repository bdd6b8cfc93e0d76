package sim

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// checkRole: the role exists, trusts the job's service and may make the
// interfaces where the service makes them with it (P312 to P316, P325, P360, P380).
func (r jobRules) checkRole() {
	if r.existing.function {
		r.jobs.pass = true
		return // a function that runs has passed what this gate asks of a job
	}
	arn := r.q.Job.RoleARN
	if r.runner.role == nil {
		r.missingRole(arn)
		return
	}
	if r.work.Kind == "" {
		return // the table does not know the service, or the question does not say it: nothing of one's is asked (P360)
	}
	if acct := r.jobAccount(); acct != "" && acct != r.runner.account {
		r.block(Finding{Code: finding.JobRoleOtherAccount, Component: arn, Pointer: r.runner.role.At.Pointer(), Rule: "P325",
			URL:     r.work.Trust.Page,
			Message: fmt.Sprintf("Role %s is of account %s, the job of account %s; %s takes only a role of the job's own account.", arn, r.runner.account, acct, r.work.Name),
			Fix:     "Name an execution role of account " + acct + "."}, everywhere)
	}
	r.checkTrust(r.runner.role)
	if start, ok := r.w.FindRole(r.q.Job.ExecutionRoleARN); ok && start != r.runner.role {
		r.checkTrust(start)
	}
	if r.q.Job.InVPC() && r.work.Interfaces.By == services.ByRole {
		r.checkInterfaceActions()
	}
}

func (r jobRules) jobAccount() string {
	if r.q.Job.Account != "" {
		return r.q.Job.Account
	}
	return arnField(r.q.Job.ARN, 4)
}

func (r jobRules) missingRole(arn string) {
	a := r.w.x.Account(r.runner.account)
	if a != nil && a.IAM.Roles.Presence == snapshot.Collected && a.IAM.Roles.Complete {
		r.block(Finding{Code: finding.JobUnknownID, Component: arn, Rule: "N157",
			Message: "There is no role " + arn + ": the snapshot holds all roles of account " + r.runner.account + ".",
			Fix:     "Correct the RoleArn of the job."}, everywhere)
		return
	}
	r.unknown(Missing{Code: finding.UnknownRole, Gate: GateJob, Component: arn,
		Fact:    "the trust policy and the permissions of role " + arn + ", which is not in the snapshot",
		Collect: "aws iam get-account-authorization-details --filter Role LocalManagedPolicy AWSManagedPolicy"})
}

// roleGate is what the interface actions came to, for one role and network.
type roleGate struct {
	denied, open, warned []string
	why                  string               // of the first denied one
	by                   *policy.StatementRef // the Deny that denies it; nil: nothing allows it
	needs                []policy.Need
}

func (r jobRules) interfaceGate() roleGate {
	key := fmt.Sprint(r.runner.principal.RoleARN, r.work.Kind, r.q.Job.Subnets, r.q.Job.SecurityGroups, r.vpc, r.q.Options.Assume, r.q.Options.AssumeNoOrganization)
	return r.w.gates.get(key, r.interfaceGateFresh)
}

func (r jobRules) interfaceGateFresh() (g roleGate) {
	layers := r.runner.layers()
	for _, a := range r.work.Interfaces.Actions {
		outcome, decision := r.interfaceAction(&layers, a.Name, a.Resources)
		g.needs = append(g.needs, decision.Needs...)
		switch {
		case outcome == policy.False && a.Optional:
			g.warned = append(g.warned, a.Name)
		case outcome == policy.False:
			if g.denied = append(g.denied, a.Name); len(g.denied) == 1 {
				g.why, g.by = denialReason(&decision), denier(&decision)
			}
		case outcome == policy.Unknown && !a.Optional:
			g.open = append(g.open, a.Name)
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

func (r jobRules) checkInterfaceActions() {
	g := r.interfaceGate()
	role := r.runner.role
	if len(g.denied) > 0 {
		f := Finding{Code: finding.JobRoleEC2Actions, Component: role.ARN, Pointer: role.At.Pointer(), Rule: "P316", URL: r.work.Interfaces.Page,
			Message: fmt.Sprintf("Role %s may not do %s, which %s needs to place the job's network interfaces: %s.", role.Name, strings.Join(g.denied, ", "), r.work.Interfaces.Maker, g.why),
			Fix:     "Allow " + strings.Join(g.denied, ", ") + " on Resource \"*\" in a policy of the role.",
			Example: &Example{Principal: role.ARN, Action: g.denied[0], Resource: "*"}}
		if g.by != nil {
			index := g.by.Index
			f.RuleIndex, f.Pointer = &index, nonEmpty(g.by.Pointer, f.Pointer)
			f.Fix = "Narrow " + statementText(*g.by) + " so that its Deny spares " + strings.Join(g.denied, ", ") + " by this role."
		}
		r.block(f, everywhere)
	}
	if len(g.warned) > 0 {
		r.warn(Finding{Code: finding.JobRoleEC2Actions, Gate: GateJob, Component: role.ARN, Pointer: role.At.Pointer(), Rule: "P316", URL: r.work.Interfaces.Page,
			Message: fmt.Sprintf("Role %s may not do %s. AWS's page lists it; jobs are known to run without it.", role.Name, strings.Join(g.warned, ", ")),
			Fix:     "Allow " + strings.Join(g.warned, ", ") + " on Resource \"*\", as the page asks."}, everywhere)
	}
	if len(g.open) > 0 && len(g.denied) == 0 {
		r.unknown(Missing{Code: finding.UnknownRole, Gate: GateJob, Component: role.ARN, Pointer: role.At.Pointer(),
			Fact: fmt.Sprintf("whether role %s may do %s: %s", role.Name, strings.Join(g.open, ", "), needsText(g.needs))})
	}
}

// interfaceAction decides one action against each resource that EC2 checks it
// against; all have to be allowed.
func (r jobRules) interfaceAction(l *policy.Layers, action string, types []string) (policy.Truth, policy.Decision) {
	resources := []interfaceResource{{arn: "*"}}
	if len(types) > 0 {
		resources = r.interfaceResources(types)
	}
	worst, decision := policy.True, policy.Decision{}
	for _, res := range resources {
		req := r.serviceRequest(action, res.arn)
		if res.subnet != "" && strings.HasPrefix(action, "ec2:Create") {
			r.interfaceKeys(&req, action, res.subnet)
		}
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

// interfaceKeys are the keys of a new interface: its subnet, and the service
// that it is for (P381).
//
// AWS: https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html
func (r jobRules) interfaceKeys(req *policy.Request, action, subnet string) {
	if _, settled := settledByCaller(r.q.Options.Assume, "ec2:subnet"); !settled {
		req.Context["ec2:subnet"] = known(subnet)
	}
	if s := r.work.Interfaces.Authorized; s != "" && action == "ec2:CreateNetworkInterfacePermission" {
		req.Context["ec2:authorizedservice"] = known(s)
	}
}

// interfaceResource is one resource of an action on interfaces; a new
// interface is in a subnet, by its ARN.
type interfaceResource struct{ arn, subnet string }

func (r jobRules) interfaceResources(types []string) []interfaceResource {
	region := r.regionName()
	prefix := "arn:" + snapshot.Partition(region) + ":ec2:" + region + ":" + r.runner.account + ":"
	var subnets, out []interfaceResource
	for _, s := range r.q.Job.Subnets {
		owner := r.runner.account
		if p, ok := r.jobSubnet(s); ok && p.Item.OwnerID != "" {
			owner = p.Item.OwnerID
		}
		subnets = append(subnets, interfaceResource{arn: "arn:" + snapshot.Partition(region) + ":ec2:" + region + ":" + owner + ":subnet/" + string(s)})
	}
	for _, t := range types {
		switch t {
		case "subnet":
			out = append(out, subnets...)
		case "security-group":
			for _, g := range r.q.Job.SecurityGroups {
				out = append(out, interfaceResource{arn: prefix + "security-group/" + string(g)})
			}
		default:
			for _, s := range subnets {
				out = append(out, interfaceResource{arn: prefix + t + "/*", subnet: s.arn})
			}
		}
	}
	return out
}

// serviceRequest is a call that the service makes with the role's session from
// its own network: no endpoint carries it (P316, P320).
func (r jobRules) serviceRequest(action, resource string) policy.Request {
	req := policy.Request{Principal: r.runner.principal, Action: action, Resource: resource, ResourceAccount: r.runner.account,
		Context: make(map[string]policy.Value, 16)}
	r.w.layering().principalKeys(&req, &r.runner)
	req.Context["aws:securetransport"] = known("true")
	req.Context["aws:sourceip"] = policy.Value{State: policy.KeyValueUnknown}
	req.Context["aws:currenttime"] = policy.Value{State: policy.KeyValueUnknown}
	req.Context["aws:epochtime"] = policy.Value{State: policy.KeyValueUnknown}
	if region := r.regionName(); region != "" {
		req.Context["aws:requestedregion"] = known(region)
		req.Context["ec2:region"] = known(region)
	}
	if r.vpc != "" {
		req.Context["ec2:vpc"] = known("arn:" + snapshot.Partition(r.regionName()) + ":ec2:" + r.regionName() + ":" + r.runner.account + ":vpc/" + string(r.vpc))
	}
	req.UnknownKeys = append(req.UnknownKeys, "ec2:*", "aws:resourcetag/*", "aws:requesttag/*", "aws:tagkeys", "aws:sourceidentity", "aws:useragent")
	applyAssumptions(&req, r.q.Options.Assume)
	return req
}

func (r jobRules) malformed(p *policy.Policy) {
	r.c.add(Finding{Code: finding.PolicyMalformed, Gate: GateJob, Severity: Warning, Component: p.Name, Pointer: p.Pointer, Rule: "P17",
		Message: fmt.Sprintf("%s is not a policy that AWS would accept: %v.", p.Name, p.Malformed),
		Fix:     "Take the document again from AWS: AWS refuses malformed policies, so this one was damaged on its way."}, everywhere)
}
