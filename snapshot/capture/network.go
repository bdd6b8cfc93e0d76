package capture

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

// filterValues is how many values AWS takes in one filter.
const filterValues = 200

type filter struct {
	Name   string
	Values []string
}

// filtered returns the arguments for an EC2 call narrowed to values; the call
// that describes NAT gateways names its filters differently.
func filtered(op calls.Operation, name string, values ...string) args {
	key := "Filters"
	if op.Name == "DescribeNatGateways" {
		key = "Filter"
	}
	return args{key: []filter{{name, values}}}
}

// describe calls an operation that a VPC filter can narrow: once without one,
// or for every so many VPCs of the scope.
func (r *run) describe(ctx context.Context, p part, op calls.Operation) ([]json.RawMessage, bool) {
	if op.Filter == "" || !r.request.Scoped() {
		res := r.call(ctx, p.at(""), op.ID(), nil)
		return res.lists[op.Items], res.status == done
	}
	return r.describeBy(ctx, p, op, op.Filter, r.scope.sorted(scopeVPC))
}

func (r *run) describeBy(ctx context.Context, p part, op calls.Operation, name string, values []string) ([]json.RawMessage, bool) {
	var lists [][]json.RawMessage
	for chunk := range slices.Chunk(values, filterValues) {
		res := r.call(ctx, p.at(""), op.ID(), filtered(op, name, chunk...))
		if res.status != done {
			return nil, false
		}
		lists = append(lists, res.lists[op.Items])
	}
	if lists == nil {
		return []json.RawMessage{}, true
	}
	return merged(lists...), true
}

// network captures a region's EC2, Resolver and private zones.
func (r *run) network(ctx context.Context, a *account, g *region) {
	p := part{a, g}
	var parts []func()
	for _, service := range []string{"ec2", "route53resolver", "route53profiles", "lambda"} {
		for _, op := range r.of(calls.Region, service) {
			parts = append(parts, func() { r.collection(ctx, p, op) })
		}
	}
	together(parts...)
	r.profileResources(ctx, p)
	together(
		func() { r.vpcAttributes(ctx, p) },
		func() { r.prefixListEntries(ctx, p) },
		func() { r.transitTables(ctx, p) },
		func() { r.firewallRules(ctx, p) },
		func() { r.firewallDomains(ctx, p) },
		func() { r.privateZones(ctx, p) },
	)
}

// collection captures one collection of a region.
func (r *run) collection(ctx context.Context, p part, op calls.Operation) {
	if op.Items == "" {
		if res := r.call(ctx, p.at(""), op.ID(), nil); res.status == done {
			p.region.put(op.Service, op.Key, res.member(op.Key))
			p.region.whole(op.Key)
		}
		return
	}
	var items []json.RawMessage
	var ok bool
	whole := op.Filter == "" || !r.request.Scoped()
	switch {
	case op.Name == "DescribeSecurityGroups" && r.request.Scoped():
		items, ok = r.securityGroups(ctx, p, op)
	case op.Name == "DescribeSecurityGroupRules" && r.request.Scoped():
		return // with the groups
	default:
		items, ok = r.describe(ctx, p, op)
	}
	if !ok {
		return
	}
	p.region.put(op.Service, op.Key, items)
	if whole {
		p.region.whole(op.Key)
	}
}

// securityGroups captures the scope's groups: those of its VPCs, and those
// that a job names although they are elsewhere. Their rules follow.
func (r *run) securityGroups(ctx context.Context, p part, op calls.Operation) ([]json.RawMessage, bool) {
	inVPCs, ok := r.describe(ctx, p, op)
	named, also := r.describeBy(ctx, p, op, "group-id", r.scope.sorted(scopeGroup))
	if !ok || !also {
		return nil, false
	}
	items := merged(inVPCs, named)
	var ids []string
	for _, item := range items {
		ids = append(ids, idOf(item, op.SortBy))
	}
	rules := r.operations["ec2.DescribeSecurityGroupRules"]
	if list, ok := r.describeBy(ctx, p, rules, "group-id", ids); ok {
		p.region.put(rules.Service, rules.Key, list)
	}
	return items, true
}

// idOf returns a member of an item that is a string.
func idOf(item json.RawMessage, member string) string {
	var m map[string]json.RawMessage
	mustDecode(item, &m)
	var id string
	mustDecode(m[member], &id)
	return id
}

func ids(items []json.RawMessage, member string) []string {
	out := make([]string, 0, len(items))
	for _, item := range items {
		if id := idOf(item, member); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// gathered calls do for every id side by side, and keeps the items that it
// returns in the ids' order, which is sorted.
func gathered(ids []string, do func(id string) json.RawMessage) []json.RawMessage {
	found := make([]json.RawMessage, len(ids))
	each(ids, func(i int, id string) { found[i] = do(id) })
	return slices.DeleteFunc(found, func(m json.RawMessage) bool { return m == nil })
}

// vpcAttributes asks for both DNS attributes of each VPC, merged as one item.
func (r *run) vpcAttributes(ctx context.Context, p part) {
	op := r.operations["ec2.DescribeVpcAttribute"]
	vpcs := ids(p.region.list("ec2", "Vpcs"), "VpcId")
	if p.region.list("ec2", "Vpcs") == nil {
		return
	}
	items := gathered(vpcs, func(vpc string) json.RawMessage {
		item := map[string]json.RawMessage{}
		for attribute, member := range map[string]string{"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"} {
			res := r.call(ctx, p.at(vpc), op.ID(), args{"VpcId": vpc, "Attribute": attribute})
			if v := res.member(member); res.status == done && v != nil {
				item[member] = v
			}
		}
		if len(item) == 0 {
			return nil
		}
		item["VpcId"] = marshal(vpc)
		return marshal(item)
	})
	p.region.put(op.Service, op.Key, items)
}

// prefixListEntries gives every list whose contents describe-prefix-lists
// does not tell its entries.
func (r *run) prefixListEntries(ctx context.Context, p part) {
	lists := p.region.list("ec2", "ManagedPrefixLists")
	told := map[string]bool{}
	for _, item := range p.region.list("ec2", "PrefixLists") {
		var l struct {
			PrefixListId string
			Cidrs        []string
		}
		mustDecode(item, &l)
		told[l.PrefixListId] = l.Cidrs != nil
	}
	out := slices.Clone(lists)
	each(lists, func(i int, item json.RawMessage) {
		id := idOf(item, "PrefixListId")
		if told[id] {
			return
		}
		res := r.call(ctx, p.at(id), "ec2.GetManagedPrefixListEntries", args{"PrefixListId": id})
		if res.status == done {
			out[i] = with(item, "Entries", res.lists["Entries"])
		}
	})
	if lists != nil {
		p.region.put("ec2", "ManagedPrefixLists", out)
	}
}

// transitTables asks for what each transit gateway route table holds.
func (r *run) transitTables(ctx context.Context, p part) {
	tables := p.region.list("ec2", "TransitGatewayRouteTables")
	if tables == nil {
		return
	}
	each(r.of(calls.TGWRouteTable, "ec2"), func(_ int, op calls.Operation) {
		p.region.put("ec2", op.Key, gathered(ids(tables, "TransitGatewayRouteTableId"), func(table string) json.RawMessage {
			return r.transitTable(ctx, p, op, table)
		}))
	})
}

func (r *run) transitTable(ctx context.Context, p part, op calls.Operation, table string) json.RawMessage {
	a := args{}
	if op.Items == "Routes" {
		a = filtered(op, "state", "active", "blackhole")
	}
	a["TransitGatewayRouteTableId"] = table
	res := r.call(ctx, p.at(table), op.ID(), a)
	if res.status != done {
		return nil
	}
	var rest map[string]any
	res.decode(&rest)
	if rest == nil {
		rest = map[string]any{}
	}
	rest["TransitGatewayRouteTableId"], rest[op.Items] = table, res.lists[op.Items]
	return marshal(rest)
}

// profileResources asks for what the Route 53 Profiles of VPCs hold.
func (r *run) profileResources(ctx context.Context, p part) {
	associations := p.region.list("route53profiles", "ProfileAssociations")
	if associations == nil {
		return
	}
	op := r.operations["route53profiles.ListProfileResourceAssociations"]
	profiles := slices.Compact(slices.Sorted(slices.Values(ids(associations, "ProfileId"))))
	answers := make([]result, len(profiles))
	each(profiles, func(i int, id string) {
		answers[i] = r.call(ctx, p.at(id), op.ID(), args{"ProfileId": id})
	})
	held, whole := []json.RawMessage{}, true
	for _, res := range answers {
		held = append(held, res.lists[op.Items]...)
		whole = whole && res.status == done
	}
	p.region.put("route53profiles", op.Key, held)
	if whole {
		p.region.whole(op.Key)
	}
}

// inProfiles returns the ids of the resources of a type that Profiles hold.
func inProfiles(p part, resourceType string) []string {
	var out []string
	for _, item := range p.region.list("route53profiles", "ProfileResourceAssociations") {
		var held struct{ ResourceArn, ResourceType string }
		mustDecode(item, &held)
		if held.ResourceType == resourceType {
			out = append(out, held.ResourceArn[strings.LastIndex(held.ResourceArn, "/")+1:])
		}
	}
	return out
}

// firewallRules asks for the rules of the groups that VPCs use.
func (r *run) firewallRules(ctx context.Context, p part) {
	associations := p.region.list("route53resolver", "FirewallRuleGroupAssociations")
	if associations == nil {
		return
	}
	groups := append(ids(associations, "FirewallRuleGroupId"), inProfiles(p, "FIREWALL_RULE_GROUP")...)
	slices.Sort(groups)
	groups = slices.Compact(groups)
	answers := make([]result, len(groups))
	each(groups, func(i int, group string) {
		answers[i] = r.call(ctx, p.at(group), "route53resolver.ListFirewallRules", args{"FirewallRuleGroupId": group})
	})
	rules := []json.RawMessage{}
	for _, res := range answers {
		if res.status != done {
			return // no collection, but a gap: without a group's rules it would look whole
		}
		rules = append(rules, res.lists["FirewallRules"]...)
	}
	p.region.put("route53resolver", "FirewallRules", rules)
	if !r.request.Scoped() {
		p.region.whole("FirewallRules")
	}
}

// firewallDomains asks for the domains of the account's own lists. AWS does
// not tell those of the lists that it manages.
func (r *run) firewallDomains(ctx context.Context, p part) {
	lists := p.region.list("route53resolver", "FirewallDomainLists")
	out := slices.Clone(lists)
	each(lists, func(i int, item json.RawMessage) {
		id := idOf(item, "Id")
		if idOf(item, "ManagedOwnerName") != "" {
			return
		}
		res := r.call(ctx, p.at(id), "route53resolver.ListFirewallDomains", args{"FirewallDomainListId": id})
		if res.status == done {
			out[i] = with(item, "Domains", res.lists["Domains"])
		}
	})
	if lists != nil {
		p.region.put("route53resolver", "FirewallDomainLists", out)
	}
}

// privateZones captures the private hosted zones that each VPC sees.
func (r *run) privateZones(ctx context.Context, p part) {
	vpcs := p.region.list("ec2", "Vpcs")
	if vpcs == nil {
		return
	}
	names := ids(vpcs, "VpcId")
	found := make([]result, len(names))
	each(names, func(i int, vpc string) {
		found[i] = r.call(ctx, p.at(vpc), "route53.ListHostedZonesByVPC", args{"VPCId": vpc, "VPCRegion": p.region.name})
	})
	zones := map[string][]string{} // zone → VPCs here that see it
	summaries := map[string]json.RawMessage{}
	for i, res := range found {
		if res.status != done {
			return // no collection, but a gap: an empty one would say "none"
		}
		for _, s := range res.lists["HostedZoneSummaries"] {
			id := idOf(s, "HostedZoneId")
			zones[id] = append(zones[id], names[i])
			summaries[id] = s
		}
	}
	for _, id := range inProfiles(p, "PRIVATE_HOSTED_ZONE") {
		if _, listed := zones[id]; !listed {
			zones[id] = nil
		}
	}
	items := gathered(sortedKeys(zones), func(id string) json.RawMessage {
		return r.zone(ctx, p, id, zones[id], summaries[id])
	})
	p.region.put("route53", "HostedZones", items)
	if !r.request.Scoped() {
		p.region.whole("HostedZones")
	}
}

// zone is one private zone with its VPCs and records. A zone of another
// account can't be read: what the VPC's list says of it is kept.
func (r *run) zone(ctx context.Context, p part, id string, vpcs []string, summary json.RawMessage) json.RawMessage {
	item := map[string]json.RawMessage{}
	if res := r.call(ctx, p.at(id), "route53.GetHostedZone", args{"Id": id}); res.status == done {
		mustDecode(res.member("HostedZone"), &item)
		item["VPCs"] = res.member("VPCs")
	} else if summary == nil {
		return nil // in a Profile: only its id is known
	} else {
		mustDecode(summary, &item)
		item["Id"] = marshal("/hostedzone/" + id)
		var seen []map[string]string
		for _, vpc := range vpcs {
			seen = append(seen, map[string]string{"VPCId": vpc, "VPCRegion": p.region.name})
		}
		item["VPCs"] = marshal(seen)
	}
	if res := r.call(ctx, p.at(id), "route53.ListResourceRecordSets", args{"HostedZoneId": id}); res.status == done {
		item["ResourceRecordSets"] = marshal(res.lists["ResourceRecordSets"])
	}
	return marshal(item)
}

// with returns an item with one more member.
func with(item json.RawMessage, member string, value any) json.RawMessage {
	m := map[string]json.RawMessage{}
	mustDecode(item, &m)
	m[member] = marshal(value)
	return marshal(m)
}
