package snapshot

import "github.com/canreach/canreach/internal/jsonscan"

// iam reads "iam" of an account: get-account-authorization-details.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/iam/get-account-authorization-details.html
func (r *reader) iam(v *IAM, base string) {
	var complete []string
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "RoleDetailList":
			collect(r, &v.Roles, base+"/RoleDetailList", shape[Role]{(*reader).role, func(v *Role) string { return v.ARN }, "Arn"})
		case "Policies":
			collect(r, &v.Policies, base+"/Policies", shape[ManagedPolicy]{(*reader).managedPolicy, func(v *ManagedPolicy) string { return v.ARN }, "Arn"})
		case "complete":
			complete = readTexts[string](r, nil)
		default:
			r.Skip()
		}
	}
	for _, name := range complete {
		switch name {
		case "RoleDetailList":
			v.Roles.Complete = true
		case "Policies":
			v.Policies.Complete = true
		}
	}
}

// role reads one of RoleDetailList. A call that tells less of a role than
// get-account-authorization-details does, lists what it left out in
// "notCollected".
func (r *reader) role(at Source, v *Role) {
	v.At = at
	v.BoundaryPresence = Collected
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Arn":
			v.ARN = r.text()
		case "RoleName":
			v.Name = r.text()
		case "RoleId":
			v.ID = r.text()
		case "Path":
			v.Path = r.text()
		case "Tags":
			v.TagsKnown = r.Peek() == jsonscan.Array
			v.Tags = r.tags()
		case "AssumeRolePolicyDocument":
			v.Trust = r.document(at, "AssumeRolePolicyDocument")
		case "RolePolicyList":
			v.Inline, v.InlinePresence = r.inlinePolicies(r.child(at, "RolePolicyList"))
		case "AttachedManagedPolicies":
			v.Attached, v.AttachedPresence = r.attachedPolicies(r.child(at, "AttachedManagedPolicies"))
		case "InstanceProfileList":
			v.InstanceProfiles = r.instanceProfiles()
		case "PermissionsBoundary":
			v.BoundaryAt = at.Child("PermissionsBoundary")
			v.BoundaryARN = r.nestedText("PermissionsBoundaryArn")
		case "notCollected":
			for _, name := range readTexts[string](r, nil) {
				if name == "PermissionsBoundary" {
					v.BoundaryPresence = NotCollected
				}
			}
		default:
			r.Skip()
		}
	}
	if v.BoundaryARN != "" {
		v.BoundaryPresence = Collected
	}
}

func (r *reader) inlinePolicies(base string) ([]NamedDocument, Presence) {
	if !r.array() {
		return nil, NotCollected
	}
	out := []NamedDocument{}
	for i := 0; r.NextItem(); i++ {
		at := Source{base, int32(i)}
		v := NamedDocument{Document: Document{At: at.Child("PolicyDocument")}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "PolicyName":
				v.Name = r.text()
			case "PolicyDocument":
				v.Document = r.document(at, "PolicyDocument")
			default:
				r.Skip()
			}
		}
		out = append(out, v)
	}
	return out, Collected
}

func (r *reader) attachedPolicies(base string) ([]AttachedPolicy, Presence) {
	if !r.array() {
		return nil, NotCollected
	}
	out := []AttachedPolicy{}
	for i := 0; r.NextItem(); i++ {
		v := AttachedPolicy{At: Source{base, int32(i)}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "PolicyArn":
				v.ARN = r.text()
			case "PolicyName":
				v.Name = r.text()
			default:
				r.Skip()
			}
		}
		out = append(out, v)
	}
	return out, Collected
}

// policyVersion is one of PolicyVersionList.
type policyVersion struct {
	id        string
	isDefault bool
	document  Document
}

// managedPolicy reads one of Policies, reduced to its default version (P73).
func (r *reader) managedPolicy(at Source, v *ManagedPolicy) {
	v.At = at
	var versions []policyVersion
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Arn":
			v.ARN = r.text()
		case "PolicyName":
			v.Name = r.text()
		case "DefaultVersionId":
			v.DefaultVersion = r.text()
		case "PolicyVersionList":
			versions = r.policyVersions(r.child(at, "PolicyVersionList"))
		default:
			r.Skip()
		}
	}
	v.Document.At = at.Child("PolicyVersionList")
	for _, p := range versions {
		if v.DefaultVersion != "" && p.id == v.DefaultVersion || v.DefaultVersion == "" && p.isDefault {
			v.DefaultVersion, v.Document = p.id, p.document
			break
		}
	}
}

func (r *reader) policyVersions(base string) []policyVersion {
	var out []policyVersion
	if !r.array() {
		return nil
	}
	for i := 0; r.NextItem(); i++ {
		at := Source{base, int32(i)}
		var v policyVersion
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "VersionId":
				v.id = r.text()
			case "IsDefaultVersion":
				v.isDefault = r.bool()
			case "Document":
				v.document = r.document(at, "Document")
			default:
				r.Skip()
			}
		}
		out = append(out, v)
	}
	return out
}
