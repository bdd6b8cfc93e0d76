package plan

import (
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

var dnsRows = []row{
	{typ: "aws_route53_zone", put: zone, remove: func(v *overlay, r *resource) {
		v.removeItem(list(v.regionOf(r), "route53", "HostedZones"), "Id", "/hostedzone/"+v.idOf(r))
	}},
	part("aws_route53_zone_association", func(v *overlay, r *resource) {
		if n := v.within("route53", "HostedZones", "Id", "/hostedzone/"+v.id(r, "zone_id")); n != nil {
			putUnique(list(n, "VPCs"), object{"VPCId": v.id(r, "vpc_id"), "VPCRegion": orText(r.text("vpc_region"), v.regionName(r))}, "VPCId")
		}
	}, func(v *overlay, r *resource) {
		if n := v.within("route53", "HostedZones", "Id", "/hostedzone/"+v.id(r, "zone_id")); n != nil {
			removeWhere(n.Get("VPCs"), func(x *jsontree.Node) bool { return x.Get("VPCId").Text() == v.id(r, "vpc_id") })
		}
	}),
	part("aws_route53_record", record, removeRecord),
	resolver("aws_route53_resolver_rule", "ResolverRules", "Id", "DomainName=domain_name RuleType=rule_type Name=name", func(v *overlay, r *resource, o object) {
		o["Status"] = "COMPLETE"
		if s := r.text("domain_name"); s != "" && !strings.HasSuffix(s, ".") {
			o["DomainName"] = s + "."
		}
		targets := []object{}
		for i := range r.blocks("target_ip") {
			targets = append(targets, object{"Ip": r.text("target_ip", i, "ip"), "Port": 53})
		}
		o["TargetIps"] = targets
	}),
	resolver("aws_route53_resolver_rule_association", "ResolverRuleAssociations", "Id", "ResolverRuleId=resolver_rule_id!+ VPCId=vpc_id!+ Name=name", status("COMPLETE")),
	resolver("aws_route53_resolver_firewall_domain_list", "FirewallDomainLists", "Id", "Name=name Domains=domains", nil),
	part("aws_route53_resolver_firewall_rule", firewallRule, func(v *overlay, r *resource) {
		removeWhere(list(v.regionOf(r), "route53resolver", "FirewallRules"), func(x *jsontree.Node) bool {
			return x.Get("FirewallRuleGroupId").Text() == v.id(r, "firewall_rule_group_id") && x.Get("Name").Text() == r.text("name")
		})
	}),
	resolver("aws_route53_resolver_firewall_rule_group_association", "FirewallRuleGroupAssociations", "Id",
		"FirewallRuleGroupId=firewall_rule_group_id!+ VpcId=vpc_id! Priority=priority Name=name", status("COMPLETE")),
	resolver("aws_route53_resolver_endpoint", "ResolverEndpoints", "Id", "Name=name Direction=direction SecurityGroupIds=security_group_ids*", func(v *overlay, r *resource, o object) {
		o["Status"] = "OPERATIONAL"
		if vpc := v.vpcOf(v.id(r, "ip_address", 0, "subnet_id")); vpc != "" {
			o["HostVPCId"] = vpc
		}
	}),
	item("aws_route53profiles_association", "route53profiles", "ProfileAssociations", "Id", "ProfileId=profile_id!+ ResourceId=resource_id!+", status("COMPLETE")),
	item("aws_route53profiles_resource_association", "route53profiles", "ProfileResourceAssociations", "Id", "ProfileId=profile_id!+ ResourceArn=resource_arn!+ ResourceProperties=resource_properties", status("COMPLETE")),
	resolver("aws_route53_resolver_firewall_config", "FirewallConfigs", "Id", "ResourceId=resource_id!+ FirewallFailOpen=firewall_fail_open", nil),
}

func resolver(typ, collection, idKey, spec string, more func(*overlay, *resource, object)) row {
	return item(typ, "route53resolver", collection, idKey, spec, more)
}

// firewallRule: names are unique in a rule group alone.
func firewallRule(v *overlay, r *resource) {
	o := object{"Name": r.text("name"), "FirewallRuleGroupId": v.id(r, "firewall_rule_group_id")}
	for _, f := range members("FirewallDomainListId=firewall_domain_list_id! Priority=priority Action=action BlockResponse=block_response Qtype=q_type") {
		if !v.set(r, o, f.key, f.kind, f.attr) {
			v.gap(r, "route53resolver", "ListFirewallRules", "", f.attr)
		}
	}
	if o["FirewallRuleGroupId"] == "" {
		v.gap(r, "route53resolver", "ListFirewallRules", "", "firewall_rule_group_id")
		return
	}
	putUnique(list(v.regionOf(r), "route53resolver", "FirewallRules"), o, "FirewallRuleGroupId", "Name")
}

func status(value string) func(*overlay, *resource, object) {
	return func(_ *overlay, _ *resource, o object) { o["Status"] = value }
}

// zone adds a hosted zone; only private ones answer inside a VPC.
func zone(v *overlay, r *resource) {
	id := v.idOf(r)
	l := list(v.regionOf(r), "route53", "HostedZones")
	if r.unchanged() && v.find(l, "Id", "/hostedzone/"+id) != nil {
		return
	}
	o := object{"Name": strings.TrimSuffix(r.text("name"), ".") + ".", "Config": object{"PrivateZone": r.blocks("vpc") > 0}}
	vpcs := []object{}
	for i := range r.blocks("vpc") {
		vpcs = append(vpcs, object{"VPCId": v.id(r, "vpc", i, "vpc_id"), "VPCRegion": orText(r.text("vpc", i, "vpc_region"), v.regionName(r))})
	}
	o["VPCs"] = vpcs
	if r.created() {
		o["ResourceRecordSets"] = []object{}
	}
	v.upsert(l, "Id", "/hostedzone/"+id, o)
}

// recordName is a record's full name.
func recordName(r *resource) string {
	return strings.TrimSuffix(orText(r.text("fqdn"), r.text("name")), ".") + "."
}

func removeRecord(v *overlay, r *resource) {
	if n := v.within("route53", "HostedZones", "Id", "/hostedzone/"+v.id(r, "zone_id")); n != nil {
		removeWhere(n.Get("ResourceRecordSets"), func(x *jsontree.Node) bool {
			return x.Get("Name").Text() == recordName(r) && x.Get("Type").Text() == r.text("type")
		})
	}
}

func record(v *overlay, r *resource) {
	n := v.within("route53", "HostedZones", "Id", "/hostedzone/"+v.id(r, "zone_id"))
	if n == nil {
		return // a public zone, or another account's
	}
	o := object{"Name": recordName(r), "Type": r.text("type"), "TTL": 300}
	values, whole := r.texts("records")
	if !whole {
		v.gap(r, "route53", "ListResourceRecordSets", v.id(r, "zone_id"), "records")
		return
	}
	items := []object{}
	for _, s := range values {
		items = append(items, object{"Value": s})
	}
	if r.blocks("alias") > 0 {
		o["AliasTarget"] = object{"DNSName": r.text("alias", 0, "name")}
	} else {
		o["ResourceRecords"] = items
	}
	putUnique(list(n, "ResourceRecordSets"), o, "Name", "Type")
}
