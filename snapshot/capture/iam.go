package capture

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// roles captures an account's roles with their policies, in the form of
// get-account-authorization-details: all of them, or the scope's.
func (r *run) roles(ctx context.Context, a *account) {
	switch {
	case r.request.Wants(calls.AllRoles):
		r.allRoles(ctx, a)
	case r.request.Wants(calls.SomeRole):
		r.someRoles(ctx, a)
	}
}

func (r *run) allRoles(ctx context.Context, a *account) {
	res := r.call(ctx, a.home(), "iam.GetAccountAuthorizationDetails",
		args{"Filter": []string{"Role", "LocalManagedPolicy", "AWSManagedPolicy"}})
	if res.status != done {
		return
	}
	roles := slices.Clone(res.lists["RoleDetailList"])
	used := map[string]bool{}
	for i, item := range roles {
		roles[i] = withTags(item)
		for _, arn := range policiesOf(item) {
			used[arn] = true
		}
	}
	// Of AWS's own policies only those that a role uses say anything of the account.
	policies := slices.DeleteFunc(slices.Clone(res.lists["Policies"]), func(item json.RawMessage) bool {
		arn := idOf(item, "Arn")
		return strings.Contains(arn, ":iam::aws:policy/") && !used[arn]
	})
	a.iam = object{{"RoleDetailList", roles}, {"Policies", append([]json.RawMessage{}, policies...)}, {"complete", marshal([]string{"RoleDetailList", "Policies"})}}
}

func (a *account) home() place { return place{session: a.session, region: a.regions[0].name} }

// withTags makes the tags of a role known: AWS leaves the member out where
// there are none.
func withTags(role json.RawMessage) json.RawMessage {
	var m map[string]json.RawMessage
	mustDecode(role, &m)
	if m["Tags"] != nil {
		return role
	}
	return with(role, "Tags", []string{})
}

// policiesOf returns the ARNs of a role's managed policies and boundary.
func policiesOf(role json.RawMessage) []string {
	var v struct {
		AttachedManagedPolicies []struct{ PolicyArn string }
		PermissionsBoundary     struct{ PermissionsBoundaryArn string }
	}
	mustDecode(role, &v)
	var out []string
	for _, p := range v.AttachedManagedPolicies {
		out = append(out, p.PolicyArn)
	}
	if b := v.PermissionsBoundary.PermissionsBoundaryArn; b != "" {
		out = append(out, b)
	}
	return out
}

// someRoles captures the scope's roles that are this account's. A name that
// is no ARN is looked for in every account.
func (r *run) someRoles(ctx context.Context, a *account) {
	asked := map[string][]string{} // by name: one role may be asked for by name and by ARN
	for _, role := range r.scope.sorted(scopeRole) {
		name := role
		if owner := accountOf(role); owner != "" {
			if owner != a.session.account {
				continue
			}
			name = role[strings.LastIndex(role, "/")+1:]
		}
		asked[name] = append(asked[name], role)
	}
	roles := gathered(sortedKeys(asked), func(name string) json.RawMessage {
		role := r.role(ctx, a, name)
		if role != nil {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.roles = append(a.roles, asked[name]...)
		}
		return role
	})
	var arns []string
	for _, role := range roles {
		arns = append(arns, policiesOf(role)...)
	}
	arns = slices.Compact(slices.Sorted(slices.Values(arns)))
	policies := gathered(arns, func(arn string) json.RawMessage { return r.policy(ctx, a, arn) })
	slices.SortFunc(roles, func(x, y json.RawMessage) int { return strings.Compare(idOf(x, "Arn"), idOf(y, "Arn")) })
	a.iam = object{{"RoleDetailList", roles}, {"Policies", policies}}
}

// accountOf returns the account of an ARN; empty for anything else.
func accountOf(arn string) string {
	if p := strings.SplitN(arn, ":", 6); len(p) == 6 {
		return p[4]
	}
	return ""
}

// foreignRoles records roles whose account is not captured: what they may do,
// nobody knows.
func (r *run) foreignRoles(w *world) {
	for _, role := range r.scope.sorted(scopeRole) {
		if owner := accountOf(role); owner != "" && w.account(owner) == nil {
			r.addGap(snapshot.Gap{
				Account: owner, Service: "iam", Operation: "GetRole", Resource: role, Code: notCaptured,
				Message: fmt.Sprintf("the account %s of the role is not captured: capture it too", owner),
			})
		}
	}
}

// role is one role as get-account-authorization-details would have it.
func (r *run) role(ctx context.Context, a *account, name string) json.RawMessage {
	at := a.home()
	at.resource = "arn:" + a.session.partition + ":iam::" + a.session.account + ":role/" + name
	which := args{"RoleName": name}
	res := r.call(ctx, at, "iam.GetRole", which)
	if res.status != done {
		return nil
	}
	item := map[string]json.RawMessage{}
	mustDecode(withTags(res.member("Role")), &item)
	mustDecode(item["Arn"], &at.resource)
	together(
		func() {
			if res := r.call(ctx, at, "iam.ListAttachedRolePolicies", which); res.status == done {
				a.set(item, "AttachedManagedPolicies", marshal(res.lists["AttachedPolicies"]))
			}
		},
		func() {
			if list, ok := r.inline(ctx, at, name); ok {
				a.set(item, "RolePolicyList", marshal(list))
			}
		},
	)
	return marshal(item)
}

// inline returns a role's inline policies. One that can't be read makes the
// list unknown: a list without it would look whole.
func (r *run) inline(ctx context.Context, at place, role string) ([]json.RawMessage, bool) {
	res := r.call(ctx, at, "iam.ListRolePolicies", args{"RoleName": role})
	if res.status != done {
		return nil, false
	}
	names := make([]string, len(res.lists["PolicyNames"]))
	for i, item := range res.lists["PolicyNames"] {
		mustDecode(item, &names[i])
	}
	var mu sync.Mutex
	whole := true
	list := gathered(names, func(policy string) json.RawMessage {
		res := r.call(ctx, at, "iam.GetRolePolicy", args{"RoleName": role, "PolicyName": policy})
		if res.status != done {
			mu.Lock()
			defer mu.Unlock()
			whole = false
			return nil
		}
		return marshal(map[string]json.RawMessage{"PolicyName": marshal(policy), "PolicyDocument": res.member("PolicyDocument")})
	})
	return list, whole
}

// policy is a managed policy with its default version.
func (r *run) policy(ctx context.Context, a *account, arn string) json.RawMessage {
	at := a.home()
	at.resource = arn
	res := r.call(ctx, at, "iam.GetPolicy", args{"PolicyArn": arn})
	if res.status != done {
		return nil
	}
	item := map[string]json.RawMessage{}
	mustDecode(res.member("Policy"), &item)
	var version string
	mustDecode(item["DefaultVersionId"], &version)
	if res := r.call(ctx, at, "iam.GetPolicyVersion", args{"PolicyArn": arn, "VersionId": version}); res.status == done {
		item["PolicyVersionList"] = marshal([]json.RawMessage{res.member("PolicyVersion")})
	}
	return marshal(item)
}
