package snapshot

import "unsafe"

// IAM is one account's roles and managed policies, as
// get-account-authorization-details has them.
type IAM struct {
	Roles    Collection[Role]          // RoleDetailList
	Policies Collection[ManagedPolicy] // Policies
	Users    Collection[User]          // UserDetailList
	Groups   Collection[Group]         // GroupDetailList
}

// NamedDocument is an inline policy.
type NamedDocument struct {
	Name     string   `aws:"PolicyName"`
	Document Document `aws:"PolicyDocument,required"`
}

// AttachedPolicy is a managed policy on a role.
type AttachedPolicy struct {
	At   Source
	ARN  string `aws:"PolicyArn,required"`
	Name string `aws:"PolicyName"`
}

// Role is one of RoleDetailList.
type Role struct {
	At               Source
	ARN              string           `aws:"Arn"`
	Name             string           `aws:"RoleName"`
	ID               string           `aws:"RoleId"` // RoleId, "AROA…"
	Path             string           `aws:"Path"`
	Tags             []Tag            `aws:"Tags"`
	TagsKnown        bool             `known:"Tags"`
	InstanceProfiles []string         `aws:"InstanceProfileList[].Arn"`         // ARNs of InstanceProfileList
	Trust            Document         `aws:"AssumeRolePolicyDocument,required"` // AssumeRolePolicyDocument
	Inline           []NamedDocument  `aws:"RolePolicyList"`                    // RolePolicyList
	InlinePresence   Presence         `known:"RolePolicyList"`
	Attached         []AttachedPolicy `aws:"AttachedManagedPolicies"` // AttachedManagedPolicies
	AttachedPresence Presence         `known:"AttachedManagedPolicies"`
	BoundaryARN      string           // PermissionsBoundary.PermissionsBoundaryArn; empty: none
	BoundaryAt       Source
	BoundaryPresence Presence // Collected with an empty BoundaryARN: there is none
}

func (v *Role) member(r *reader, key string) bool {
	switch key {
	case "PermissionsBoundary":
		v.BoundaryAt = v.At.Child("PermissionsBoundary")
		if v.BoundaryARN = r.nestedText("PermissionsBoundaryArn"); v.BoundaryARN == "" { // half a reference is not "none" (P371)
			v.BoundaryPresence = Unreadable
			r.lacks(v.BoundaryAt, "PermissionsBoundaryArn")
		}
	case "notCollected":
		for _, name := range readTexts[string](r) {
			if name == "PermissionsBoundary" {
				v.BoundaryPresence = NotCollected
			}
		}
	default:
		return false
	}
	return true
}

func (v *Role) finish(*reader) {
	if v.BoundaryARN != "" {
		v.BoundaryPresence = Collected
	}
}

var readRoleMembers = tagged[Role]()

// readRole reads one of RoleDetailList. A call that tells less of a role than
// get-account-authorization-details does, lists what it left out in
// "notCollected".
func readRole(r *reader, at Source, v *Role) {
	v.BoundaryPresence = Collected
	readRoleMembers(r, at, v)
}

var readInlinePolicy = tagged[NamedDocument]()

// inlinePolicy reads one of RolePolicyList; a name without a document is kept.
func inlinePolicy(r *reader, at Source, v *NamedDocument) {
	v.Document.At = at.Child("PolicyDocument")
	readInlinePolicy(r, at, v)
}

// ManagedPolicy is one of Policies, reduced to its default version.
type ManagedPolicy struct {
	At             Source
	ARN            string   `aws:"Arn"`
	Name           string   `aws:"PolicyName"`
	DefaultVersion string   `aws:"DefaultVersionId"`
	Document       Document // of the default version (P73)
}

func (v *ManagedPolicy) member(r *reader, key string) bool {
	if key != "PolicyVersionList" {
		return false
	}
	listOf[policyVersion](nil)(r, r.child(v.At, key), unsafe.Pointer(&r.versions))
	return true
}

func (v *ManagedPolicy) finish(r *reader) {
	v.Document.At = v.At.Child("PolicyVersionList")
	for _, p := range r.versions {
		if v.DefaultVersion != "" && p.ID == v.DefaultVersion || v.DefaultVersion == "" && p.IsDefault {
			v.DefaultVersion, v.Document = p.ID, p.Document
			break
		}
	}
	r.versions = nil
}

// iam reads "iam" of an account: get-account-authorization-details.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/iam/get-account-authorization-details.html
func (r *reader) iam(v *IAM, base string) {
	var complete []string
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "RoleDetailList":
			collect(r, &v.Roles, base+"/RoleDetailList", shape[Role]{readRole, func(v *Role) string { return v.ARN }, "Arn"})
		case "Policies":
			collect(r, &v.Policies, base+"/Policies", policyShape)
		case "UserDetailList":
			collect(r, &v.Users, base+"/UserDetailList", shape[User]{readUser, func(v *User) string { return v.ARN }, "Arn"})
		case "GroupDetailList":
			collect(r, &v.Groups, base+"/GroupDetailList", shape[Group]{tagged[Group](), func(v *Group) string { return v.ARN }, "Arn"})
		case "complete":
			complete = readTexts[string](r)
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

// policyVersion is one of PolicyVersionList.
type policyVersion struct {
	ID        string   `aws:"VersionId"`
	IsDefault bool     `aws:"IsDefaultVersion"`
	Document  Document `aws:"Document,required"`
}

var policyShape = described[ManagedPolicy]("Arn")
