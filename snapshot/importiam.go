package snapshot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// iamFile takes in what IAM prints; false: the file is none of it.
func (m *importer) iamFile(f *cliFile) bool {
	_, folder := f.below("iam")
	switch {
	case f.has("RoleDetailList") || f.has("UserDetailList") || f.has("GroupDetailList"):
		m.authorizationDetails(f)
	case f.kind("Roles") == jsonscan.Array:
		m.eachRoleOf(f, "Roles", "PermissionsBoundary")
	case f.kind("Role") == jsonscan.Object:
		m.roleObject(f, f.member("Role"), "")
	case f.has("RoleName") && f.has("PolicyDocument"):
		m.rolePolicy(f)
	case f.kind("PolicyNames") == jsonscan.Array:
		m.ofRole(f, "list-role-policies", "policyNames", f.member("PolicyNames"))
	case f.kind("AttachedPolicies") == jsonscan.Array:
		m.ofRole(f, "list-attached-role-policies", "AttachedManagedPolicies", f.member("AttachedPolicies"))
	case f.kind("PolicyVersion") == jsonscan.Object:
		m.policyVersionFile(f)
	case f.kind("Policy") == jsonscan.Object && strings.Contains(memberText(f.value("Policy"), "Arn"), ":iam::"):
		m.managedPolicyObject(f, f.member("Policy"))
	case f.kind("Policies") == jsonscan.Array && isIAMPolicies(f):
		if p, ok := m.global(f); ok {
			m.page(f, m.part(p, "iam/Policies"))
			m.part(p, "iam/Policies").touch()
			m.eachItem(f, "Policies", func(item raw) { m.managedPolicyObject(f, item) })
		}
	case folder && f.kind("Tags") == jsonscan.Array && strings.HasPrefix(f.name, "list-role-tags"):
		m.ofRole(f, "list-role-tags", "Tags", f.member("Tags"))
	case f.kind("InstanceProfiles") == jsonscan.Array:
		if p, ok := m.global(f); ok {
			m.collectItems(f, "InstanceProfiles", m.part(p, "iam/InstanceProfiles"), "Arn")
		}
	default:
		return false
	}
	return true
}

// isIAMPolicies tells IAM's list-policies from that of other services.
func isIAMPolicies(f *cliFile) bool {
	if _, org := f.below("organizations"); org {
		return false
	}
	_, folder := f.below("iam")
	s := jsonscan.At(f.data, f.values["Policies"].start)
	for ok := s.EnterArray(); ok && s.NextItem(); {
		if s.Peek() != jsonscan.Object || !strings.Contains(memberText(s.Raw(), "Arn"), ":iam:") {
			return false
		}
		folder = true
	}
	return folder
}

// authorizationDetails reads get-account-authorization-details.
func (m *importer) authorizationDetails(f *cliFile) {
	p, ok := m.global(f)
	if !ok {
		return
	}
	if f.has("RoleDetailList") {
		m.eachRoleOf(f, "RoleDetailList", "")
	}
	if f.has("Policies") {
		c := m.part(p, "iam/Policies")
		m.page(f, c)
		c.touch()
		m.eachItem(f, "Policies", func(item raw) { m.managedPolicyObject(f, item) })
	}
	for _, key := range []string{"UserDetailList", "GroupDetailList"} {
		if f.has(key) {
			m.collectItems(f, key, m.part(p, "iam/"+key), "Arn")
		}
	}
}

// eachRoleOf reads an array of roles. Missing names a member that the call
// never prints, so that its absence says nothing.
func (m *importer) eachRoleOf(f *cliFile, key, missing string) {
	p, ok := m.global(f)
	if !ok {
		return
	}
	c := m.part(p, "iam/RoleDetailList")
	m.page(f, c)
	c.touch()
	m.eachItem(f, key, func(item raw) { m.roleObject(f, item, missing) })
}

// roleObject takes in one role as get-role or
// get-account-authorization-details prints it.
func (m *importer) roleObject(f *cliFile, item raw, missing string) {
	arn, ok := parseARN(memberText(item.text, "Arn"))
	name := memberText(item.text, "RoleName")
	if !ok || name == "" {
		m.note(f.problem(item.offset, "", "no Arn and RoleName of a role here"))
		return
	}
	r := m.part(place{account: firstText(arn.account, f.account)}, "iam/RoleDetailList").get(name)
	for _, e := range r.setAll(item) {
		if !volatile(e) {
			m.note(e)
		}
	}
	switch {
	case missing == "":
		r.replace("told", literal("true", f))
		if !r.has("Tags") { // left out where there are none
			r.replace("noTags", literal("true", f))
		}
	default:
		r.replace("listed", literal("true", f))
	}
}

// volatile tells whether a contradiction is about a member that changes while
// nothing was changed: the calls were not made in one instant.
func volatile(e *LoadError) bool {
	return strings.Contains(e.At.Pointer(), "/RoleLastUsed") || strings.HasSuffix(e.At.Pointer(), "/AttachmentCount")
}

// ofRole finds the role that a file is of, as some outputs do not say it: the
// file's path names it, or it is the only role that the other files tell of.
// The commands for users and groups, and KMS's list-key-policies, print the
// same members.
func (m *importer) ofRole(f *cliFile, command, key string, v raw) {
	_, kms := f.below("kms")
	if kms || !f.says("role", "roles") && f.says("user", "users", "group", "groups", "key", "keys") {
		m.passOver(f, "about IAM users or groups, or a KMS key")
		return
	}
	p, ok := m.global(f)
	if !ok {
		return
	}
	name, c := f.subject(command), m.part(p, "iam/RoleDetailList")
	if name != "" {
		m.after(allRolesKnown, func() {
			if !f.says("role", "roles") && c.records[name] == nil { // no other file calls it a role
				m.passOver(f, fmt.Sprintf("nothing tells whether %q is a role", short(name)))
				return
			}
			m.joinArray(c.get(name), key, v)
		})
		return
	}
	m.after(rolesLabelled, func() {
		roles := c.sorted()
		if len(roles) > 1 { // ROLE.list-attached-role-policies.json
			prefix := strings.TrimRight(strings.TrimSuffix(f.name, command), ".-_ ")
			roles = slices.DeleteFunc(roles, func(r *record) bool { return r.id != prefix })
		}
		m.unlabelled(f, roles, key, v, "role", "name the file "+command+".ROLE.json, or put it in a folder named like the role")
	})
}

func (m *importer) after(stage int, do func()) { m.later[stage] = append(m.later[stage], do) }

// unlabelled gives a file that does not say what it is about to the only
// candidate, if no other file told the same of that: else one of the two must
// be about something else, and nothing tells which.
func (m *importer) unlabelled(f *cliFile, candidates []*record, key string, v raw, what, hint string) {
	problem := "cannot tell which " + what + " this is about"
	if len(candidates) == 1 {
		r := candidates[0]
		old, told := r.members[key]
		if !told || sameJSON(old.text, v.text) {
			m.joinArray(r, key, v)
			return
		}
		problem += fmt.Sprintf(": it names none, and %s already tells this of %q", old.place(), short(r.id))
	}
	m.errs = append(m.errs, &LoadError{File: f.path, Problem: problem, Hint: hint})
}

// rolePolicy reads get-role-policy: one inline policy.
func (m *importer) rolePolicy(f *cliFile) {
	if p, ok := m.global(f); ok {
		r := m.part(p, "iam/RoleDetailList").get(f.text("RoleName"))
		m.note(r.set("inline/"+f.text("PolicyName"), f.member("PolicyDocument")))
	}
}

// managedPolicyObject takes in one managed policy, with or without its versions.
func (m *importer) managedPolicyObject(f *cliFile, item raw) {
	arn := memberText(item.text, "Arn")
	if arn == "" {
		m.note(f.problem(item.offset, "", "no Arn here"))
		return
	}
	p, ok := m.global(f)
	if !ok {
		return
	}
	r := m.part(p, "iam/Policies").get(arn)
	for _, e := range r.setAll(item) {
		if !volatile(e) {
			m.note(e)
		}
	}
}

// policyVersionFile reads get-policy-version, whose output does not name the
// policy: the file's name or folder does, by ARN or by name.
func (m *importer) policyVersionFile(f *cliFile) {
	p, ok := m.global(f)
	if !ok {
		return
	}
	const hint = "name the file get-policy-version.POLICY-NAME.json"
	list := literal("["+string(f.value("PolicyVersion"))+"]", f)
	policies := m.part(p, "iam/Policies")
	if f.subject("get-policy-version") == "" {
		m.after(policiesLabelled, func() {
			var candidates []*record
			for _, arn := range m.policiesOf(p, f) {
				candidates = append(candidates, policies.get(arn))
			}
			m.unlabelled(f, candidates, "PolicyVersionList", list, "policy", hint)
		})
		return
	}
	m.after(rolesComplete, func() {
		arns := m.policiesOf(p, f)
		if len(arns) != 1 {
			m.errs = append(m.errs, &LoadError{File: f.path, Problem: "cannot tell which policy this version belongs to", Hint: hint})
			return
		}
		m.joinArray(policies.get(arns[0]), "PolicyVersionList", list, "VersionId")
	})
}

// policiesOf returns the ARNs of the policies that a get-policy-version may be
// of: those of the name in its path, among the policies that other files tell
// of or roles have attached; all of them where the path names none. A name
// that nothing else knows is a policy of the account, without a path.
func (m *importer) policiesOf(p place, f *cliFile) []string {
	name := f.subject("get-policy-version")
	short := strings.TrimSuffix(name, "."+memberText(f.value("PolicyVersion"), "VersionId"))
	flat := strings.NewReplacer("/", "_", ":", "_")
	var found []string
	for _, arn := range m.policyARNs(p) {
		base := lastOfPath(arn)
		if name == "" || name == base || short == base || short == flat.Replace(arn) {
			found = append(found, arn)
		}
	}
	if len(found) == 0 && short != "" && !strings.ContainsAny(short, "/:") {
		return []string{"arn:aws:iam::" + p.account + ":policy/" + short}
	}
	return found
}

// policyARNs returns the managed policies that a place's files tell of, by
// get-policy, list-policies or list-attached-role-policies, sorted.
func (m *importer) policyARNs(p place) []string {
	var arns []string
	for _, r := range m.part(p, "iam/Policies").sorted() {
		arns = append(arns, r.id)
	}
	for _, r := range m.part(p, "iam/RoleDetailList").sorted() {
		s := jsonscan.At(r.members["AttachedManagedPolicies"].text, 0)
		for ok := len(r.members["AttachedManagedPolicies"].text) > 0 && s.EnterArray(); ok && s.NextItem(); {
			if arn := memberText(s.Raw(), "PolicyArn"); arn != "" {
				arns = append(arns, arn)
			}
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

func lastOfPath(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// finishRole turns what several calls told of a role into one item of
// RoleDetailList.
func finishRole(r *record) map[string]raw {
	out := map[string]raw{}
	var inline []string
	for key, v := range r.members {
		name, ok := strings.CutPrefix(key, "inline/")
		switch {
		case ok:
			inline = append(inline, `{"PolicyName":`+quoteJSON(name)+`,"PolicyDocument":`+string(v.text)+`}`)
		case key == "told" || key == "listed" || key == "noTags" || key == "policyNames":
		default:
			out[key] = v
		}
	}
	if !r.has("RolePolicyList") && (len(inline) > 0 || r.has("policyNames")) {
		out["RolePolicyList"] = literal(inlineList(r, inline), nil)
	}
	if r.has("listed") && !r.has("told") && !r.has("PermissionsBoundary") || !r.has("told") && !r.has("listed") {
		out["notCollected"] = literal(`["PermissionsBoundary"]`, nil)
	}
	if r.has("noTags") && !r.has("Tags") {
		out["Tags"] = literal("[]", nil)
	}
	if !r.has("RoleName") {
		out["RoleName"] = literal(quoteJSON(r.id), nil)
	}
	return out
}

// inlineList joins list-role-policies' names with the documents that
// get-role-policy printed. Names without a document stay in the list, so that
// the program knows of them. Without the names the list may lack some, which
// "policyNamesMissing" says.
func inlineList(r *record, inline []string) string {
	have := map[string]bool{}
	for _, text := range inline {
		have[memberText([]byte(text), "PolicyName")] = true
	}
	if v, ok := r.members["policyNames"]; ok {
		s := jsonscan.At(v.text, 0)
		for ok := s.EnterArray(); ok && s.NextItem(); {
			if s.Peek() != jsonscan.String {
				s.Skip()
				continue
			}
			if name := s.Text(); !have[name] {
				have[name] = true
				inline = append(inline, `{"PolicyName":`+quoteJSON(name)+`}`)
			}
		}
	}
	sortTexts(inline)
	return "[" + strings.Join(inline, ",") + "]"
}
