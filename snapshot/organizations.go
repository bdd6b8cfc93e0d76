package snapshot

// Organizations holds the organization's control policies.
type Organizations struct {
	Presence          Presence // of the member as a whole
	ID                string
	ManagementAccount string
	SCPs              Collection[OrgPolicy] // serviceControlPolicies
	RCPs              Collection[OrgPolicy] // resourceControlPolicies
	// PolicyTypes are the types of policies that a root of the organization
	// lists, e.g. SERVICE_CONTROL_POLICY, in whichever state. A type that is not
	// listed is not enabled, where PolicyTypesKnown.
	//
	// AWS: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Root.html
	PolicyTypes      []string
	PolicyTypesKnown bool
}

// OrgPolicy is one SCP or RCP and what it is attached to.
type OrgPolicy struct {
	At              Source
	ID              string   `aws:"Id"`
	Name            string   `aws:"Name"`
	AWSManaged      bool     `aws:"AwsManaged"`
	Document        Document `aws:"Content,required"`
	Targets         []string `aws:"Targets[].TargetId"` // root, OU and account ids
	TargetsPresence Presence `known:"Targets"`
}

// member reads what describe-policy nests; list-policies prints the same flat.
func (v *OrgPolicy) member(r *reader, key string) bool {
	if key != "Policy" && key != "PolicySummary" {
		return false
	}
	at := v.At
	readOrgPolicy(r, at.Child(key), v)
	v.At = at
	return true
}

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
			collect(r, &v.SCPs, base+"/serviceControlPolicies", orgPolicyShape())
		case "resourceControlPolicies":
			collect(r, &v.RCPs, base+"/resourceControlPolicies", orgPolicyShape())
		case "organizationId", "id":
			v.ID = r.text()
		case "managementAccountId", "managementAccount":
			v.ManagementAccount = r.text()
		case "Organization", "organization":
			r.organization(v)
		case "Roots":
			r.roots(v)
		case "complete":
			for _, name := range readTexts[string](r) {
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

func orgPolicyShape() shape[OrgPolicy] {
	return shape[OrgPolicy]{readOrgPolicy, func(v *OrgPolicy) string { return v.ID }, "Id"}
}

func readOrgPolicy(r *reader, at Source, v *OrgPolicy) { orgPolicyMembers(r, at, v) }

var orgPolicyMembers func(r *reader, at Source, v *OrgPolicy)

func init() { orgPolicyMembers = tagged[OrgPolicy]() }
