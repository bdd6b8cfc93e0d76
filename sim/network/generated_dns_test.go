package network_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/testkit/world"
)

// What stands between a client's name and its addresses: Resolver rules,
// private zones, endpoints' private DNS, DNS Firewall, DHCP options. All of it
// is drawn from a few names, so that one beats another.
var (
	domainPool = rapid.SampledFrom([]string{"amazonaws.com.", "us-east-1.amazonaws.com.", "s3.us-east-1.amazonaws.com.", "reports.s3.us-east-1.amazonaws.com.",
		"vpce.amazonaws.com.", "corp.example."})
	specPool = rapid.SampledFrom([]string{"*", "amazonaws.com.", "*.amazonaws.com.", "s3.us-east-1.amazonaws.com", "*.s3.us-east-1.amazonaws.com", "*.us-east-1.amazonaws.com.",
		"reports.s3.us-east-1.amazonaws.com", "corp.example"})
	namePool    = rapid.SampledFrom([]string{"", "", "s3.us-east-1.amazonaws.com", "reports.s3.us-east-1.amazonaws.com", "reports.s3.us-east-1.amazonaws.com", endpointName})
	addressPool = rapid.SampledFrom([]string{"10.0.5.50", "10.0.5.50", "10.0.5.77", "10.0.1.99", "52.216.1.1", "198.51.100.200"})
	dnsVPCPool  = rapid.SampledFrom([]string{"vpc-a", "vpc-a", "vpc-a", "vpc-b"})
)

func resolverTheme(t *rapid.T, w *world.World) {
	if chance(t, 2, "endpoint") {
		w.Apply(world.IFE())
		if chance(t, 3, "private DNS") {
			w.Apply(world.PrivateDNS("vpce-i", rapid.Bool().Draw(t, "on"), rapid.Bool().Draw(t, "inbound only")))
		}
		if chance(t, 8, "private DNS not told") {
			w.Apply(world.Unset("VpcEndpoints", "vpce-i", "PrivateDnsEnabled"))
		}
	} else {
		w.Apply(world.Subnet("subnet-5", "vpc-a", "10.0.5.0/24", "us-east-1a"), world.Table("rtb-5", "vpc-a", []string{"subnet-5"}))
	}
	resolverRules(t, w)
	privateZones(t, w)
	dnsFirewall(t, w)
	profiles(t, w)
	switch rapid.IntRange(0, 11).Draw(t, "attributes") {
	case 0:
		w.Apply(world.DNS("vpc-a", false, true))
	case 1:
		w.Apply(world.DNS("vpc-a", true, false))
	case 2:
		w.Apply(world.NotCollected("VpcAttributes"))
	}
	dhcp(t, w)
	if chance(t, 10, "not collected") {
		w.Apply(world.NotCollected(rapid.SampledFrom([]string{"ResolverRules", "ResolverRuleAssociations", "FirewallRuleGroupAssociations", "HostedZones", "ProfileAssociations"}).Draw(t, "what")))
	}
	if chance(t, 4, "no S3 route") {
		w.Apply(world.NoS3Route())
	}
}

func resolverRules(t *rapid.T, w *world.World) {
	domains := rapid.OneOf(rapid.Just("."), domainPool)
	for i, d := range rapid.SliceOfNDistinct(domains, 0, max(0, rapid.IntRange(-2, 2).Draw(t, "rules")), rapid.ID).Draw(t, "rule domains") {
		id := fmt.Sprintf("rslvr-rr-%d", i)
		if !chance(t, 8, "rule is lost") {
			w.Apply(world.Add("ResolverRules", world.Obj{"Id": id, "DomainName": d, "RuleType": rapid.SampledFrom([]string{"FORWARD", "FORWARD", "SYSTEM", "RECURSIVE"}).Draw(t, "type"), "Status": "COMPLETE"}))
		}
		w.Apply(world.Add("ResolverRuleAssociations", world.Obj{"Id": "rslvr-rrassoc-" + id, "ResolverRuleId": id, "VPCId": dnsVPCPool.Draw(t, "rule's VPC"),
			"Status": rapid.SampledFrom([]string{"COMPLETE", "COMPLETE", "COMPLETE", "DELETING"}).Draw(t, "status")}))
	}
}

func privateZones(t *rapid.T, w *world.World) {
	for i, z := range rapid.SliceOfNDistinct(domainPool, 0, max(0, rapid.IntRange(-1, 2).Draw(t, "zones")), rapid.ID).Draw(t, "zone names") {
		sets := world.List{world.Obj{"Name": z, "Type": "SOA", "TTL": 900, "ResourceRecords": world.List{world.Obj{"Value": "ns. admin. 1 2 3 4 5"}}}}
		owners := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{z, "*." + z, `\052.` + z, "reports." + z, "s3.us-east-1.amazonaws.com.", "reports.s3.us-east-1.amazonaws.com.", "*.s3.us-east-1.amazonaws.com."}), 0, 3, rapid.ID)
		for _, owner := range owners.Draw(t, "owners") {
			sets = append(sets, drawRecord(t, owner))
		}
		zone := world.Obj{"Id": fmt.Sprintf("/hostedzone/Z%d", i), "Name": z, "Config": world.Obj{"PrivateZone": true},
			"VPCs": world.List{world.Obj{"VPCRegion": "us-east-1", "VPCId": dnsVPCPool.Draw(t, "zone's VPC")}}, "ResourceRecordSets": sets}
		switch rapid.IntRange(0, 9).Draw(t, "zone lacks") {
		case 0:
			delete(zone, "VPCs")
		case 1:
			delete(zone, "ResourceRecordSets")
		}
		w.Apply(world.Add("HostedZones", zone))
	}
}

func drawRecord(t *rapid.T, owner string) world.Obj {
	r := world.Obj{"Name": owner, "Type": "A", "TTL": 60}
	values := func(v ...string) {
		list := world.List{}
		for _, x := range v {
			list = append(list, world.Obj{"Value": x})
		}
		r["ResourceRecords"] = list
	}
	switch rapid.SampledFrom([]string{"A", "A", "A", "two", "AAAA", "TXT", "CNAME", "alias", "alias elsewhere"}).Draw(t, "record") {
	case "A":
		values(addressPool.Draw(t, "address"))
	case "two":
		values(addressPool.Draw(t, "address"), addressPool.Draw(t, "address"))
	case "AAAA":
		r["Type"] = "AAAA"
		values("2600:1f18::50")
	case "TXT":
		r["Type"] = "TXT"
		values(`"x"`)
	case "CNAME":
		r["Type"] = "CNAME"
		values(rapid.SampledFrom([]string{endpointName, "corp.example"}).Draw(t, "CNAME"))
	case "alias":
		r["AliasTarget"] = world.Obj{"DNSName": "vpce-i-x.s3.us-east-1.vpce.amazonaws.com.", "HostedZoneId": "Z7HUB22UULQXV", "EvaluateTargetHealth": false}
	default:
		r["AliasTarget"] = world.Obj{"DNSName": "lb.corp.example.", "HostedZoneId": "Z1", "EvaluateTargetHealth": false}
	}
	return r
}

func dnsFirewall(t *rapid.T, w *world.World) {
	groups := max(0, rapid.IntRange(-2, 2).Draw(t, "firewall groups"))
	for g := range groups {
		id := fmt.Sprintf("rslvr-frg-%d", g)
		w.Apply(world.Add("FirewallRuleGroupAssociations", world.Obj{"Id": fmt.Sprintf("rslvr-frgassoc-%d", g), "FirewallRuleGroupId": id, "VpcId": dnsVPCPool.Draw(t, "group's VPC"),
			"Priority": 100*rapid.IntRange(1, 3).Draw(t, "group priority") + g, "Status": "COMPLETE"}))
		if chance(t, 10, "rules not collected") && g == 0 {
			return
		}
		w.Apply(world.Add("FirewallRules"), world.Add("FirewallDomainLists"))
		for i := range rapid.IntRange(0, 3).Draw(t, "firewall rules") {
			list := fmt.Sprintf("rslvr-fdl-%d-%d", g, i)
			rule := world.Obj{"FirewallRuleGroupId": id, "FirewallDomainListId": list, "Name": fmt.Sprint("r", i), "Priority": 10*rapid.IntRange(1, 5).Draw(t, "rule priority") + i,
				"Action": rapid.SampledFrom([]string{"ALLOW", "ALERT", "BLOCK", "BLOCK"}).Draw(t, "action")}
			if chance(t, 5, "query type") {
				rule["Qtype"] = rapid.SampledFrom([]string{"A", "AAAA", "MX"}).Draw(t, "type")
			}
			w.Apply(world.Add("FirewallRules", rule))
			l := world.Obj{"Id": list, "Name": list}
			if !chance(t, 6, "domains not told") {
				domains := world.List{}
				for _, d := range rapid.SliceOfN(specPool, 1, 2).Draw(t, "domains") {
					domains = append(domains, d)
				}
				l["Domains"] = domains
			}
			w.Apply(world.Add("FirewallDomainLists", l))
		}
	}
}

// profiles ties zones, rules and groups of the other themes to a VPC once more.
func profiles(t *rapid.T, w *world.World) {
	if !chance(t, 6, "profile") {
		return
	}
	w.Apply(profile(dnsVPCPool.Draw(t, "profile's VPC"), rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"arn:aws:route53:::hostedzone/Z0", "arn:aws:route53:::hostedzone/Z1",
		"arn:aws:route53resolver:us-east-1:111122223333:resolver-rule/rslvr-rr-0", "arn:aws:route53resolver:us-east-1:111122223333:resolver-rule/rslvr-rr-1",
		"arn:aws:route53resolver:us-east-1:111122223333:firewall-rule-group/rslvr-frg-0"}), 0, 2, rapid.ID).Draw(t, "profile's resources")...))
	if chance(t, 6, "profile's resources not collected") {
		w.Apply(world.NotCollected("ProfileResourceAssociations"))
	}
}

func dhcp(t *rapid.T, w *world.World) {
	if !chance(t, 5, "DHCP options") {
		return
	}
	servers := rapid.SampledFrom([][]string{{"10.0.5.77"}, {"10.0.9.53"}, {"AmazonProvidedDNS", "10.0.5.77"}, {"10.0.0.2"}, {"169.254.169.253"}, {"8.8.8.8"}, {"dns.corp"}, {}}).Draw(t, "servers")
	list := world.List{}
	for _, s := range servers {
		list = append(list, world.Obj{"Value": s})
	}
	w.Apply(world.Set("DhcpOptions", "dopt-1", "DhcpConfigurations", world.List{world.Obj{"Key": "domain-name-servers", "Values": list}}))
	switch rapid.IntRange(0, 7).Draw(t, "option set") {
	case 0:
		w.Apply(world.Set("Vpcs", "vpc-a", "DhcpOptionsId", "default"))
	case 1:
		w.Apply(world.Set("Vpcs", "vpc-a", "DhcpOptionsId", "dopt-gone"))
	}
}
