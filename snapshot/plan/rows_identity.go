package plan

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

var identityRows = []row{
	{typ: "aws_iam_policy", put: managedPolicy, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.accountOf(r), "iam", "Policies"), "Arn", v.arnOf(r))
	}},
	{typ: "aws_iam_role", put: role, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.accountOf(r), "iam", "RoleDetailList"), "Arn", v.arnOf(r))
	}},
	part("aws_iam_role_policy", inlinePolicy, removeInlinePolicy),
	part("aws_iam_role_policy_attachment", attachPolicy, detachPolicy),
	part("aws_iam_policy_attachment", attachPolicyToMany, detachFromAll),
	part("aws_iam_role_policies_exclusive", exclusive("RolePolicyList", "PolicyName", "policy_names"), nil),
	part("aws_iam_role_policy_attachments_exclusive", exclusive("AttachedManagedPolicies", "PolicyArn", "policy_arns"), nil),
	part("aws_iam_instance_profile", instanceProfile, func(v *overlay, r *resource) {
		if n, name := v.roleNamed(v.id(r, "role")), v.idOf(r); n != nil {
			removeWhere(n.Get("InstanceProfileList"), func(x *jsontree.Node) bool { return x.Get("InstanceProfileName").Text() == name })
		}
	}),
	{typ: "aws_organizations_policy", put: organizationPolicy, remove: func(v *overlay, r *resource) {
		for _, key := range controlPolicies {
			v.removeItem(v.root.Get("organizations").Get(key), "Id", v.idOf(r))
		}
	}},
	part("aws_organizations_policy_attachment", organizationAttachment, func(v *overlay, r *resource) {
		for _, key := range controlPolicies {
			if n := v.find(v.root.Get("organizations").Get(key), "Id", v.id(r, "policy_id")); n != nil {
				removeWhere(n.Get("Targets"), func(x *jsontree.Node) bool { return x.Get("TargetId").Text() == v.id(r, "target_id") })
			}
		}
	}),
}

// controlPolicies are the lists of an organization's policies.
var controlPolicies = []string{"serviceControlPolicies", "resourceControlPolicies"}

func managedPolicy(v *overlay, r *resource) {
	arn := v.arnOf(r)
	l := list(v.accountOf(r), "iam", "Policies")
	if r.unchanged() && v.find(l, "Arn", arn) != nil {
		return
	}
	version := object{"VersionId": "v1", "IsDefaultVersion": true}
	v.documents().policyMember(r, version, "Document", "iam", "GetPolicyVersion", arn, "policy")
	v.upsert(l, "Arn", arn, object{"PolicyName": orText(r.text("name"), r.address), "Path": pathOf(r), "DefaultVersionId": "v1", "PolicyVersionList": []object{version}})
}

func role(v *overlay, r *resource) {
	arn := v.arnOf(r)
	l := list(v.accountOf(r), "iam", "RoleDetailList")
	v.places[arn] = r.address
	if r.unchanged() && v.find(l, "Arn", arn) != nil {
		return
	}
	o := object{"RoleName": v.idOf(r), "Path": pathOf(r), "RoleId": orText(r.text("unique_id"), v.idOf(r))}
	v.documents().policyMember(r, o, "AssumeRolePolicyDocument", "iam", "GetRole", arn, "assume_role_policy")
	if r.values["tags"] != nil || r.values["tags_all"] != nil {
		o["Tags"] = tags(r)
	}
	if boundary := v.id(r, "permissions_boundary"); boundary != "" {
		o["PermissionsBoundary"] = object{"PermissionsBoundaryArn": boundary, "PermissionsBoundaryType": "Policy"}
	} else if _, known := r.get("permissions_boundary"); !known && r.configured("permissions_boundary") {
		o["notCollected"] = []string{"PermissionsBoundary"}
		v.gap(r, "iam", "GetRole", arn, "permissions_boundary")
	}
	v.inlineOf(r, o, l, arn)
	if r.data {
		for _, operation := range []string{"ListRolePolicies", "ListAttachedRolePolicies"} {
			v.addGap(object{"account": v.account, "service": "iam", "operation": operation, "resource": arn, "code": "NotCollected", "message": r.address + " does not tell the role's policies"})
		}
	}
	v.upsert(l, "Arn", arn, o)
}

// inlineOf sets the policies that a role's own blocks give it. What they leave
// out is managed by other resources, or by nobody.
func (v *overlay) inlineOf(r *resource, o object, l *jsontree.Node, arn string) {
	if r.created() || r.blocks("inline_policy") > 0 || r.listed("inline_policy") {
		policies := []object{}
		for i := range r.blocks("inline_policy") {
			if name := r.text("inline_policy", i, "name"); name != "" {
				p := object{"PolicyName": name}
				v.documents().policyMember(r, p, "PolicyDocument", "iam", "GetRolePolicy", arn, "inline_policy", i, "policy")
				policies = append(policies, p)
			}
		}
		o["RolePolicyList"] = policies
	}
	if _, known := r.get("inline_policy"); !known && r.configured("inline_policy") {
		v.gap(r, "iam", "ListRolePolicies", arn, "inline_policy")
	}
	if r.created() || r.configured("managed_policy_arns") || r.listed("managed_policy_arns") {
		attached := []object{}
		arns, whole := v.ids(r, "managed_policy_arns")
		for _, a := range arns {
			attached = append(attached, attachedPolicy(a))
		}
		v.managedPolicies(r, arns)
		if !whole && r.configured("managed_policy_arns") {
			v.gap(r, "iam", "ListAttachedRolePolicies", arn, "managed_policy_arns")
		}
		o["AttachedManagedPolicies"] = attached
	}
}

func attachedPolicy(arn string) object {
	return object{"PolicyArn": arn, "PolicyName": arn[strings.LastIndexByte(arn, '/')+1:]}
}

// roleNamed finds a role by name or ARN.
func (v *overlay) roleNamed(name string) *jsontree.Node {
	for _, a := range v.root.Get("accounts").Elements() {
		for _, n := range a.Get("iam").Get("RoleDetailList").Elements() {
			if n.Get("RoleName").Text() == name || n.Get("Arn").Text() == name {
				return n
			}
		}
	}
	return nil
}

func inlinePolicy(v *overlay, r *resource) {
	n := v.roleNamed(v.id(r, "role"))
	if n == nil {
		v.rolePolicyGap(r, "ListRolePolicies")
		return
	}
	o := object{"PolicyName": orText(r.text("name"), r.address)}
	v.documents().policyMember(r, o, "PolicyDocument", "iam", "GetRolePolicy", n.Get("Arn").Text(), "policy")
	putUnique(list(n, "RolePolicyList"), o, "PolicyName")
}

func removeInlinePolicy(v *overlay, r *resource) {
	if n := v.roleNamed(r.text("role")); n != nil {
		name := r.text("name")
		removeWhere(n.Get("RolePolicyList"), func(x *jsontree.Node) bool { return x.Get("PolicyName").Text() == name })
	}
}

func attachPolicy(v *overlay, r *resource) {
	n, arn := v.roleNamed(v.id(r, "role")), v.id(r, "policy_arn")
	if n == nil {
		v.rolePolicyGap(r, "ListAttachedRolePolicies")
		return
	}
	if arn == "" {
		v.gap(r, "iam", "ListAttachedRolePolicies", n.Get("Arn").Text(), "policy_arn")
		return
	}
	v.managedPolicies(r, []string{arn})
	putUnique(list(n, "AttachedManagedPolicies"), attachedPolicy(arn), "PolicyArn")
}

func detachPolicy(v *overlay, r *resource) {
	if n := v.roleNamed(r.text("role")); n != nil {
		arn := r.text("policy_arn")
		removeWhere(n.Get("AttachedManagedPolicies"), func(x *jsontree.Node) bool { return x.Get("PolicyArn").Text() == arn })
	}
}

// attachPolicyToMany: the resource is exclusive, and detaches the policy from
// every role that it does not list.
func attachPolicyToMany(v *overlay, r *resource) {
	roles, whole := v.ids(r, "roles")
	arn := v.id(r, "policy_arn")
	if whole && !r.unchanged() {
		detachFromAll(v, r)
	}
	for _, name := range roles {
		if n := v.roleNamed(name); n != nil && arn != "" {
			putUnique(list(n, "AttachedManagedPolicies"), attachedPolicy(arn), "PolicyArn")
		}
	}
}

func detachFromAll(v *overlay, r *resource) {
	arn := v.id(r, "policy_arn")
	for _, n := range v.accountOf(r).Get("iam").Get("RoleDetailList").Elements() {
		removeWhere(n.Get("AttachedManagedPolicies"), func(x *jsontree.Node) bool { return x.Get("PolicyArn").Text() == arn })
	}
}

// exclusive removes from a role the policies that a resource does not list,
// and attaches what it lists.
func exclusive(list, key, attr string) func(*overlay, *resource) {
	return func(v *overlay, r *resource) {
		n := v.roleNamed(v.id(r, "role_name"))
		want, whole := v.ids(r, attr)
		if n == nil || n.Get(list) == nil {
			return
		}
		if !whole {
			v.gap(r, "iam", map[string]string{"policy_names": "ListRolePolicies", "policy_arns": "ListAttachedRolePolicies"}[attr], n.Get("Arn").Text(), attr)
			return
		}
		removeWhere(n.Get(list), func(x *jsontree.Node) bool { return !slices.Contains(want, x.Get(key).Text()) })
		if attr == "policy_arns" {
			for _, arn := range want {
				putUnique(n.Get(list), attachedPolicy(arn), key)
			}
		}
	}
}

func instanceProfile(v *overlay, r *resource) {
	if n := v.roleNamed(v.id(r, "role")); n != nil {
		name := v.idOf(r)
		arn := orText(r.text("arn"), "arn:aws:iam::"+v.account+":instance-profile"+pathOf(r)+name)
		putUnique(list(n, "InstanceProfileList"), object{"InstanceProfileName": name, "Arn": arn}, "InstanceProfileName")
	}
}

// organizationPolicy adds an SCP or RCP; other types bear on no answer.
func organizationPolicy(v *overlay, r *resource) {
	key := map[string]string{"SERVICE_CONTROL_POLICY": "serviceControlPolicies", "RESOURCE_CONTROL_POLICY": "resourceControlPolicies"}[orText(r.text("type"), "SERVICE_CONTROL_POLICY")]
	if key == "" {
		return
	}
	id := v.idOf(r)
	l := list(v.root, "organizations", key)
	if r.unchanged() && v.find(l, "Id", id) != nil {
		return
	}
	o := object{"Name": orText(r.text("name"), r.address), "AwsManaged": false, "Type": orText(r.text("type"), "SERVICE_CONTROL_POLICY")}
	v.documents().policyMember(r, o, "Content", "organizations", "DescribePolicy", id, "content")
	if r.created() {
		o["Targets"] = []object{}
	}
	v.upsert(l, "Id", id, o)
}

func organizationAttachment(v *overlay, r *resource) {
	id, target := v.id(r, "policy_id"), v.id(r, "target_id")
	for _, key := range controlPolicies {
		if n := v.find(v.root.Get("organizations").Get(key), "Id", id); n != nil && target != "" {
			putUnique(list(n, "Targets"), object{"TargetId": target}, "TargetId")
		}
	}
}
