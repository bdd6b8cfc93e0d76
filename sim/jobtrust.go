package sim

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// trustResult is what a trust policy does to everyone who has to assume the role.
type trustResult struct {
	outcome policy.Truth
	who     string // of the first that is denied, or not known
	failed  policy.Decision
}

// checkTrust: the trust policy lets the job's service assume the role (P312 to
// P314, P380).
func (r jobRules) checkTrust(role *snapshot.Role) {
	trust := r.w.layering().policyOf("trust policy of "+role.Name, &role.Trust, policy.KindTrust)
	if trust != nil && trust.Malformed != nil {
		r.malformed(trust)
	}
	t := r.trusted(role, trust)
	switch t.outcome {
	case policy.True:
	case policy.False:
		f := Finding{Code: finding.JobRoleTrust, Component: role.ARN, Pointer: role.Trust.At.Pointer(), Rule: "P312",
			URL:     r.work.Trust.Page,
			Message: "The trust policy of role " + role.Name + " does not let " + t.who + " assume it" + trustReason(&t.failed) + ".",
			Fix:     `Allow ` + strings.Join(r.trustActions(), " and ") + ` to {"Service": "` + t.who + `"} in the role's trust policy.`,
			Example: &Example{Principal: t.who, Action: "sts:AssumeRole", Resource: role.ARN,
				Context: map[string]string{"aws:SourceAccount": r.runner.account}}}
		if f.Pointer == "" {
			f.Pointer = role.At.Pointer()
		}
		r.block(f, everywhere)
	default:
		r.unknown(Missing{Code: finding.UnknownRoleTrust, Gate: GateJob, Component: role.ARN, Pointer: role.Trust.At.Pointer(),
			Fact: "whether role " + role.Name + " trusts " + t.who + ": " + needsText(t.failed.Needs)})
	}
}

func (r jobRules) trustActions() []string {
	return append([]string{"sts:AssumeRole"}, r.work.Trust.Actions...)
}

// trusted decides for each principal of the job's row; one suffices, unless
// the row asks for all. A pod's role may trust the cluster's OIDC provider instead.
func (r jobRules) trusted(role *snapshot.Role, trust *policy.Policy) trustResult {
	rank := map[policy.Truth]int{policy.False: 1, policy.Unknown: 2, policy.True: 3}
	var worst, best trustResult
	for _, p := range r.work.Trust.Principals {
		t := trustResult{outcome: policy.True, who: p}
		for _, action := range r.trustActions() {
			if d := r.trustDecision(role, trust, p, action); d.Outcome != policy.True && t.outcome != policy.False {
				t.outcome, t.failed = d.Outcome, d
			}
		}
		if worst.who == "" || rank[t.outcome] < rank[worst.outcome] {
			worst = t
		}
		if best.who == "" || rank[t.outcome] > rank[best.outcome] {
			best = t
		}
	}
	if r.work.Trust.All {
		return worst
	}
	if r.work.Trust.WebIdentity && best.outcome != policy.True && trust != nil && trust.Document != nil {
		for _, provider := range oidcProviders(trust.Document) {
			d := r.webIdentityDecision(role, trust, provider)
			if d.Outcome == policy.True || best.outcome == policy.False {
				best = trustResult{d.Outcome, best.who, d}
			}
		}
	}
	return best
}

// oidcProviders are the OIDC providers that a trust policy names.
func oidcProviders(d *policy.Document) []string {
	var out []string
	for i := range d.Statements {
		if p := d.Statements[i].Principals; p != nil {
			for _, f := range p.Federated {
				if strings.Contains(f, ":oidc-provider/") && !slices.Contains(out, f) {
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// webIdentityDecision is sts:AssumeRoleWithWebIdentity with a pod's token
// (P382).
//
// AWS: https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
func (r jobRules) webIdentityDecision(role *snapshot.Role, trust *policy.Policy, provider string) policy.Decision {
	req := policy.AssumeRoleRequest(provider, role.ARN, "", "")
	req.Action = "sts:AssumeRoleWithWebIdentity"
	req.Context["aws:principalisawsservice"] = known("false")
	issuer := strings.ToLower(provider[strings.Index(provider, ":oidc-provider/")+len(":oidc-provider/"):])
	req.Context[issuer+":aud"] = known("sts.amazonaws.com")
	if sub := r.q.Job.ServiceAccount; sub != "" {
		req.Context[issuer+":sub"] = known("system:serviceaccount:" + sub)
	} else {
		req.Context[issuer+":sub"] = policy.Value{State: policy.KeyValueUnknown}
	}
	d := r.decideTrust(trust, &req)
	if d.Outcome == policy.True {
		r.c.assume("The pod's cluster is taken to be that of " + provider + ", which the role trusts (P382).")
	}
	return d
}

// trustDecision is one call of a service principal. What AWS does not document
// of aws:SourceArn stays open, unless the policy allows the call whatever it is.
func (r jobRules) trustDecision(role *snapshot.Role, trust *policy.Policy, principal, action string) policy.Decision {
	source := r.sourceARN()
	req := policy.AssumeRoleRequest(principal, role.ARN, r.runner.account, "")
	req.Action = action
	req.Context["aws:sourcearn"] = source
	prefix, partly := "", source.State == policy.KeyKnown && strings.HasSuffix(source.Values[0], "*")
	if partly {
		prefix = strings.TrimSuffix(source.Values[0], "*")
		req.Context["aws:sourcearn"] = policy.Value{State: policy.KeyValueUnknown}
	}
	d := r.decideTrust(trust, &req)
	if d.Outcome != policy.Unknown || !partly || denies(trust) {
		return d
	}
	req.Context["aws:sourcearn"] = known(prefix + "\u00b7")
	if any := r.decideTrust(trust, &req); any.Outcome == policy.True {
		return any // a pattern that matches this matches whatever follows the prefix
	}
	return d
}

// denies tells whether a policy has a Deny statement.
func denies(p *policy.Policy) bool {
	return p == nil || p.Document == nil || slices.ContainsFunc(p.Document.Statements, func(s policy.Statement) bool { return s.Deny })
}

func (r jobRules) decideTrust(trust *policy.Policy, req *policy.Request) policy.Decision {
	if region := r.regionName(); region != "" {
		req.Context["aws:requestedregion"] = known(region)
	}
	r.w.layering().orgKeys(req, r.runner.account, "aws:sourceorgid", "aws:sourceorgpaths")
	r.w.layering().orgKeys(req, r.runner.account, "aws:resourceorgid", "aws:resourceorgpaths")
	applyAssumptions(req, r.q.Options.Assume)
	rcps, gap, assumed := r.w.layering().controlPolicies(r.runner.account, policy.KindRCP, r.q.Options.AssumeNoOrganization)
	if assumed != "" {
		r.c.assume(assumed)
	}
	d := policy.EvaluateTrust(trust, rcps, gap, req)
	for _, a := range d.Assumptions {
		r.c.assume(a)
	}
	return d
}

// sourceARN is aws:SourceArn of the service's call, by the job's row; a * at
// its end stands for what is not known.
func (r jobRules) sourceARN() policy.Value {
	j, form, region := &r.q.Job, r.work.Trust.SourceARN, r.regionName()
	switch {
	case j.ARN != "" && !strings.HasSuffix(form, "*"):
		return known(j.ARN)
	case form == "" || region == "":
		return policy.Value{State: policy.KeyValueUnknown}
	}
	arn := strings.NewReplacer("PARTITION", snapshot.Partition(region), "REGION", region, "ACCOUNT", r.runner.account).Replace(form)
	if !strings.HasSuffix(form, "NAME") {
		return known(arn)
	}
	name := j.Name
	if r.work.Service == "sagemaker" {
		name = strings.ToLower(name) // as SageMaker's ARNs have them
	}
	if name == "" {
		return known(strings.TrimSuffix(arn, "NAME") + "*")
	}
	return known(strings.TrimSuffix(arn, "NAME") + name)
}

func trustReason(d *policy.Decision) string {
	for _, l := range d.Layers {
		if len(l.Near) > 0 {
			return nearest(&l)
		}
	}
	return ""
}
