package capture

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// membership captures which organization an account is in, and where.
func (r orgCapture) membership(ctx context.Context, w *world, a *account) {
	res := r.call(ctx, a.home(), "organizations.DescribeOrganization", nil)
	switch res.status {
	case absent:
		a.organization = object{{"organizationId", json.RawMessage("null")}}
		return
	case failed:
		return
	}
	var o struct{ Id, MasterAccountId string }
	mustDecode(res.member("Organization"), &o)
	a.organizationID, a.management, a.organizationText = o.Id, o.MasterAccountId, string(res.member("Organization"))
	a.organization = object{{"organizationId", marshal(o.Id)}}
	reader := a
	if m := w.account(o.MasterAccountId); m != nil {
		reader = m // members may not list parents
	}
	if r.member != nil {
		reader = r.member.reader
	}
	if path, ok := r.path(ctx, reader, a.session.account); ok {
		a.organization = append(a.organization, field{"organizationPath", marshal(path)})
	}
	a.organization = append(a.organization, field{"managementAccount", marshal(o.MasterAccountId == a.session.account)})
}

// deepest is the depth of an organization's tree with its root, and room to
// spare.
//
// AWS: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const deepest = 10

// path returns the root and units above an account, root first.
func (r orgCapture) path(ctx context.Context, reader *account, child string) ([]string, bool) {
	var path []string
	for range deepest {
		at := reader.home()
		at.resource = child
		res := r.call(ctx, at, "organizations.ListParents", args{"ChildId": child})
		if res.status != done || len(res.lists["Parents"]) != 1 {
			return nil, false
		}
		child = idOf(res.lists["Parents"][0], "Id")
		path = append(path, child)
		if strings.HasPrefix(child, "r-") {
			slices.Reverse(path)
			return path, true
		}
	}
	return nil, false
}

// controlPolicies captures the organization's service and resource control
// policies with what they are attached to, as the management account or, if
// that is not captured, the first account in the organization sees them.
func (r orgCapture) controlPolicies(ctx context.Context, w *world) {
	var reader *account
	if r.member != nil {
		return // they are in a file of their own
	}
	for _, a := range w.accounts {
		if a.organizationID != "" && (reader == nil || a.session.account == a.management) {
			reader = a
		}
	}
	if reader == nil || ctx.Err() != nil {
		return
	}
	out := object{{"Organization", json.RawMessage(reader.organizationText)}}
	if res := r.call(ctx, reader.home(), "organizations.ListRoots", nil); res.status == done {
		out = append(out, field{"Roots", res.lists["Roots"]})
	}
	var complete []string
	for _, kind := range []struct{ filter, key string }{
		{"SERVICE_CONTROL_POLICY", "serviceControlPolicies"},
		{"RESOURCE_CONTROL_POLICY", "resourceControlPolicies"},
	} {
		at := reader.home()
		at.resource = kind.filter
		res := r.call(ctx, at, "organizations.ListPolicies", args{"Filter": kind.filter})
		if res.status != done {
			continue
		}
		out = append(out, field{kind.key, gathered(ids(res.lists["Policies"], "Id"), func(id string) json.RawMessage {
			return r.controlPolicy(ctx, reader, id)
		})})
		complete = append(complete, kind.key)
	}
	if complete != nil {
		out = append(out, field{"complete", marshal(complete)})
	}
	w.organizations = out
}

// controlPolicy is one policy; where its document or targets can't be read,
// what is known of it is kept, and a gap tells the rest.
func (r orgCapture) controlPolicy(ctx context.Context, reader *account, id string) json.RawMessage {
	at := reader.home()
	at.resource = id
	item := map[string]json.RawMessage{"Id": marshal(id)}
	if res := r.call(ctx, at, "organizations.DescribePolicy", args{"PolicyId": id}); res.status == done {
		mustDecode(res.member("Policy"), &item)
	}
	if res := r.call(ctx, at, "organizations.ListTargetsForPolicy", args{"PolicyId": id}); res.status == done {
		item["Targets"] = marshal(res.lists["Targets"])
	}
	return marshal(item)
}
