package change

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/rules/policy"
)

// Sizes that IAM takes, whitespace not counted (rule P16).
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	inlineRoleSize    = 10_240
	managedPolicySize = 6_144
	trustPolicyMost   = 4_096
	trustPolicySize   = 2_048
	attachedDefault   = 10
	policyVersionsMax = 5
)

// needRole looks a role up by name, or by ARN where names don't tell.
func (e *editor) needRole(name string) (found, error) {
	var hits []found
	var have []string
	for _, a := range e.accounts() {
		list := a.Get("iam").Get("RoleDetailList")
		for i, r := range list.Elements() {
			if r.Get("RoleName").Text() == name || r.Get("Arn").Text() == name {
				hits = append(hits, found{r, list, i, scope{account: a}})
			}
			have = append(have, r.Get("RoleName").Text())
		}
	}
	switch len(hits) {
	case 0:
		return found{}, e.absent("NoSuchEntity", "role", name, have)
	case 1:
		return hits[0], nil
	}
	return found{}, e.refuse("", "%d accounts have a role %q; say which with account beside the operation", len(hits), name)
}

var iamName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,128}$`)

// checkIAMName refuses what IAM takes for no name of a policy.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func (e *editor) checkIAMName(parameter, name string) error {
	if iamName.MatchString(name) {
		return nil
	}
	return e.refuse("ValidationError", "%s %q is not 1 to 128 letters, digits and _+=,.@-", parameter, name)
}

func (e *editor) needManagedPolicy(arn string) (found, error) {
	for _, a := range e.accounts() {
		list := a.Get("iam").Get("Policies")
		for i, m := range list.Elements() {
			if m.Get("Arn").Text() == arn {
				return found{m, list, i, scope{account: a}}, nil
			}
		}
	}
	return found{}, e.refuse("NoSuchEntity", "the policy %q is not in the snapshot: what it says is not known", arn)
}

func putRolePolicy(e *editor, p parameters) error {
	role, err := e.needRole(p.text("RoleName"))
	if err != nil {
		return err
	}
	if err := e.checkIAMName("policyName", p.text("PolicyName")); err != nil {
		return err
	}
	if role.Get("RolePolicyList").Kind() != jsontree.Array {
		return e.refuse("", "the inline policies of %s are not in the snapshot", p.text("RoleName"))
	}
	if err := e.checkPolicy(p.text("PolicyDocument"), policy.KindIdentity, "MalformedPolicyDocument"); err != nil {
		return err
	}
	list := role.Get("RolePolicyList")
	size, target := sizeWithoutSpace(p.text("PolicyDocument")), (*jsontree.Node)(nil)
	for _, old := range list.Elements() {
		if old.Get("PolicyName").Text() == p.text("PolicyName") {
			target = old
			continue
		}
		if d := documentNode(old.Get("PolicyDocument")); d != nil {
			size += sizeWithoutSpace(string(d.Raw()))
		}
	}
	if size > inlineRoleSize {
		return e.refuse("LimitExceeded", "POLICY_TOO_LARGE: the inline policies of %s would have %d characters; a role takes %d", p.text("RoleName"), size, inlineRoleSize)
	}
	if target == nil {
		target = jsontree.NewObject("PolicyName", p.text("PolicyName"))
		insertSorted(list, target, "PolicyName")
	}
	setDocument(target, "PolicyDocument", p.text("PolicyDocument"), false)
	return nil
}

func deleteRolePolicy(e *editor, p parameters) error {
	role, err := e.needRole(p.text("RoleName"))
	if err != nil {
		return err
	}
	return e.removeNamed(role.Get("RolePolicyList"), "PolicyName", p.text("PolicyName"), "the role has no inline policy %q")
}

func (e *editor) removeNamed(list *jsontree.Node, key, name, problem string) error {
	for i, n := range list.Elements() {
		if n.Get(key).Text() == name {
			list.RemoveAt(i)
			return nil
		}
	}
	return e.refuse("NoSuchEntity", problem, name)
}

func attachRolePolicy(e *editor, p parameters) error {
	role, err := e.needRole(p.text("RoleName"))
	if err != nil {
		return err
	}
	if _, err := e.needManagedPolicy(p.text("PolicyArn")); err != nil {
		return err
	}
	if role.Get("AttachedManagedPolicies").Kind() != jsontree.Array {
		return e.refuse("", "the attached policies of %s are not in the snapshot", p.text("RoleName"))
	}
	list := role.Get("AttachedManagedPolicies")
	for _, n := range list.Elements() {
		if n.Get("PolicyArn").Text() == p.text("PolicyArn") {
			e.note("%s was attached to %s already.", p.text("PolicyArn"), p.text("RoleName"))
			return nil
		}
	}
	name := p.text("PolicyArn")[strings.LastIndexByte(p.text("PolicyArn"), '/')+1:]
	insertSorted(list, jsontree.NewObject("PolicyArn", p.text("PolicyArn"), "PolicyName", name), "PolicyArn")
	if list.Len() > attachedDefault {
		e.note("%s has %d attached policies: more than the %d that AWS allows unless the quota is raised.", p.text("RoleName"), list.Len(), attachedDefault)
	}
	return nil
}

func detachRolePolicy(e *editor, p parameters) error {
	role, err := e.needRole(p.text("RoleName"))
	if err != nil {
		return err
	}
	return e.removeNamed(role.Get("AttachedManagedPolicies"), "PolicyArn", p.text("PolicyArn"), "the policy %q is not attached to the role")
}

func putBoundary(e *editor, p parameters) error {
	role, err := e.needRole(p.text("RoleName"))
	if err != nil {
		return err
	}
	if _, err := e.needManagedPolicy(p.text("PermissionsBoundary")); err != nil {
		return err
	}
	role.Set("PermissionsBoundary", jsontree.NewObject("PermissionsBoundaryArn", p.text("PermissionsBoundary"), "PermissionsBoundaryType", "Policy"))
	return nil
}

func deleteBoundary(e *editor, p parameters) error {
	role, err := e.needRole(p.text("RoleName"))
	if err != nil {
		return err
	}
	if !role.Delete("PermissionsBoundary") {
		return e.refuse("NoSuchEntity", "%s has no permissions boundary", p.text("RoleName"))
	}
	return nil
}

func updateTrust(e *editor, p parameters) error {
	role, err := e.needRole(p.text("RoleName"))
	if err != nil {
		return err
	}
	if err := e.checkPolicy(p.text("PolicyDocument"), policy.KindTrust, "MalformedPolicyDocument"); err != nil {
		return err
	}
	switch n := sizeWithoutSpace(p.text("PolicyDocument")); {
	case n > trustPolicyMost:
		return e.refuse("LimitExceeded", "POLICY_TOO_LARGE: %d characters; a trust policy takes %d, %d when raised", n, trustPolicySize, trustPolicyMost)
	case n > trustPolicySize:
		e.note("The trust policy of %s has %d characters: more than the %d that AWS allows unless the quota is raised.", p.text("RoleName"), n, trustPolicySize)
	}
	setDocument(role.Node, "AssumeRolePolicyDocument", p.text("PolicyDocument"), false)
	return nil
}

func tagRole(set bool) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		role, err := e.needRole(p.text("RoleName"))
		if err != nil {
			return err
		}
		for _, t := range p.items("Tags") {
			setTag(role.Node, "Tags", parameters{t}, set)
		}
		tags := member(role.Node, "Tags")
		for _, key := range p.texts("TagKeys") {
			for i, t := range tags.Elements() {
				if t.Get("Key").Text() == key {
					tags.RemoveAt(i)
					break
				}
			}
		}
		return nil
	}
}

func createManagedPolicy(e *editor, p parameters) error {
	accounts := e.accounts()
	if len(accounts) != 1 {
		return e.refuse("", "the snapshot has %d accounts; say which with account beside the operation", len(accounts))
	}
	if err := e.checkIAMName("policyName", p.text("PolicyName")); err != nil {
		return err
	}
	path := p.text("Path")
	if path == "" {
		path = "/"
	}
	id := accounts[0].Get("accountId").Text()
	arn := fmt.Sprintf("arn:%s:iam::%s:policy%s%s", accountPartition(accounts[0]), id, path, p.text("PolicyName"))
	list := accounts[0].Get("iam").Get("Policies")
	if list.Kind() != jsontree.Array {
		return e.refuse("", "the managed policies of %s are not in the snapshot", id)
	}
	for _, m := range list.Elements() {
		if m.Get("Arn").Text() == arn {
			return e.refuse("EntityAlreadyExists", "%s exists already", arn)
		}
	}
	if err := e.checkManaged(p.text("PolicyDocument")); err != nil {
		return err
	}
	version := jsontree.NewObject("Document", jsontree.NewObject(), "IsDefaultVersion", true, "VersionId", "v1")
	insertSorted(list, jsontree.NewObject("Arn", arn, "DefaultVersionId", "v1", "Path", path, "PolicyName", p.text("PolicyName"),
		"PolicyVersionList", jsontree.NewArray(version)), "Arn")
	setDocument(version, "Document", p.text("PolicyDocument"), false)
	return nil
}

func accountPartition(account *jsontree.Node) string {
	for _, r := range account.Get("regions").Elements() {
		return partition(r.Get("region").Text())
	}
	return "aws"
}

func (e *editor) checkManaged(text string) error {
	if n := sizeWithoutSpace(text); n > managedPolicySize {
		return e.refuse("LimitExceeded", "POLICY_TOO_LARGE: %d characters; a managed policy takes %d", n, managedPolicySize)
	}
	return e.checkPolicy(text, policy.KindIdentity, "MalformedPolicyDocument")
}

func createPolicyVersion(e *editor, p parameters) error {
	m, err := e.needManagedPolicy(p.text("PolicyArn"))
	if err != nil {
		return err
	}
	if strings.Contains(p.text("PolicyArn"), ":iam::aws:policy/") {
		return e.refuse("AccessDenied", "%s is AWS's own", p.text("PolicyArn"))
	}
	if err := e.checkManaged(p.text("PolicyDocument")); err != nil {
		return err
	}
	versions := member(m.Node, "PolicyVersionList")
	if versions.Len() >= policyVersionsMax {
		return e.refuse("LimitExceeded", "%s has %d versions already; delete one first", p.text("PolicyArn"), versions.Len())
	}
	highest := 0
	for _, v := range versions.Elements() {
		n, _ := strconv.Atoi(strings.TrimPrefix(v.Get("VersionId").Text(), "v"))
		highest = max(highest, n)
	}
	id := fmt.Sprintf("v%d", highest+1)
	version := jsontree.NewObject("Document", jsontree.NewObject(), "IsDefaultVersion", false, "VersionId", id)
	versions.InsertAt(0, version)
	setDocument(version, "Document", p.text("PolicyDocument"), false)
	if p.yes("SetAsDefault") {
		e.setDefaultVersion(m, id)
	}
	return nil
}

func (e *editor) setDefaultVersion(m found, id string) {
	m.Set("DefaultVersionId", jsontree.NewString(id))
	for _, v := range m.Get("PolicyVersionList").Elements() {
		v.Set("IsDefaultVersion", jsontree.NewBool(v.Get("VersionId").Text() == id))
	}
}

func (e *editor) needVersion(m found, id string) (int, error) {
	for i, v := range m.Get("PolicyVersionList").Elements() {
		if v.Get("VersionId").Text() == id {
			return i, nil
		}
	}
	return 0, e.refuse("NoSuchEntity", "%s has no version %q in the snapshot", m.Get("Arn").Text(), id)
}

func setDefaultPolicyVersion(e *editor, p parameters) error {
	m, err := e.needManagedPolicy(p.text("PolicyArn"))
	if err != nil {
		return err
	}
	if _, err := e.needVersion(m, p.text("VersionId")); err != nil {
		return err
	}
	e.setDefaultVersion(m, p.text("VersionId"))
	return nil
}

func deletePolicyVersion(e *editor, p parameters) error {
	m, err := e.needManagedPolicy(p.text("PolicyArn"))
	if err != nil {
		return err
	}
	i, err := e.needVersion(m, p.text("VersionId"))
	if err != nil {
		return err
	}
	if m.Get("DefaultVersionId").Text() == p.text("VersionId") {
		return e.refuse("DeleteConflict", "%s is the default version", p.text("VersionId"))
	}
	m.Get("PolicyVersionList").RemoveAt(i)
	return nil
}
