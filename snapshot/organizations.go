package snapshot

import "github.com/canreach/canreach/internal/jsonscan"

var orgPolicyShape = shape[OrgPolicy]{(*reader).orgPolicy, func(v *OrgPolicy) string { return v.ID }, "Id"}

// organizations reads "organizations": the control policies and what they are
// attached to.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/organizations/describe-policy.html
func (r *reader) organizations(v *Organizations) {
	const base = "/organizations"
	if !r.object() {
		return
	}
	v.Presence = Collected
	for r.NextKey() {
		switch r.Key() {
		case "serviceControlPolicies":
			collect(r, &v.SCPs, base+"/serviceControlPolicies", orgPolicyShape)
		case "resourceControlPolicies":
			collect(r, &v.RCPs, base+"/resourceControlPolicies", orgPolicyShape)
		case "organizationId", "id":
			v.ID = r.text()
		case "managementAccountId", "managementAccount":
			v.ManagementAccount = r.text()
		case "Organization", "organization":
			r.organization(v)
		case "Roots":
			r.roots(v)
		case "complete":
			for _, name := range readTexts[string](r, nil) {
				v.SCPs.Complete = v.SCPs.Complete || name == "serviceControlPolicies"
				v.RCPs.Complete = v.RCPs.Complete || name == "resourceControlPolicies"
			}
		default:
			r.Skip()
		}
	}
}

// organization reads describe-organization's answer.
func (r *reader) organization(v *Organizations) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Id":
			v.ID = r.text()
		case "MasterAccountId", "ManagementAccountId":
			v.ManagementAccount = r.text()
		default:
			r.Skip()
		}
	}
}

// roots reads list-roots' answer: which types of policies are enabled.
func (r *reader) roots(v *Organizations) {
	if !r.array() {
		return
	}
	for r.NextItem() {
		for ok := r.object(); ok && r.NextKey(); {
			if r.Key() != "PolicyTypes" {
				r.Skip()
				continue
			}
			if !r.array() {
				continue
			}
			v.PolicyTypesKnown = true
			for r.NextItem() {
				v.PolicyTypes = append(v.PolicyTypes, r.nestedText("Type"))
			}
		}
	}
}

// orgPolicy reads a policy as describe-policy prints it, its Targets beside it,
// or the same without the nesting.
func (r *reader) orgPolicy(at Source, v *OrgPolicy) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Policy", "PolicySummary":
			nested := at.Child(r.Key())
			r.orgPolicy(nested, v)
			v.At = at
		case "Id":
			v.ID = r.text()
		case "Name":
			v.Name = r.text()
		case "AwsManaged":
			v.AWSManaged = r.bool()
		case "Content":
			v.Document = r.document(at, "Content")
		case "Targets":
			if !r.array() {
				continue
			}
			v.TargetsPresence = Collected
			for r.NextItem() {
				if r.Peek() == jsonscan.String {
					v.Targets = append(v.Targets, r.text())
				} else {
					v.Targets = append(v.Targets, r.nestedText("TargetId"))
				}
			}
		default:
			r.Skip()
		}
	}
}
