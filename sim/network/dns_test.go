package network_test

import (
	"fmt"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
)

// hosted is a private zone with record sets, for VPCs; none: not collected.
func hosted(id, name string, vpcs []string, records ...world.Obj) world.Edit {
	sets := world.List{}
	for _, r := range records {
		sets = append(sets, r)
	}
	z := world.Obj{"Id": "/hostedzone/" + id, "Name": name, "Config": world.Obj{"PrivateZone": true}, "ResourceRecordSets": sets}
	if vpcs != nil {
		list := world.List{}
		for _, v := range vpcs {
			list = append(list, world.Obj{"VPCRegion": "us-east-1", "VPCId": v})
		}
		z["VPCs"] = list
	}
	return world.Add("HostedZones", z)
}

func record(name, kind, value string) world.Obj {
	return world.Obj{"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": world.List{world.Obj{"Value": value}}}
}

func recordsNotCollected(id string) world.Edit {
	return world.Do(func(w *world.World) {
		for _, z := range w.Region(world.AccountID, world.RegionID)["route53"].(world.Obj)["HostedZones"].(world.List) {
			if z.(world.Obj)["Id"] == "/hostedzone/"+id {
				delete(z.(world.Obj), "ResourceRecordSets")
			}
		}
	})
}

// resolverRule is a rule that is associated with vpc-a.
func resolverRule(id, domain, kind string) world.Edit {
	return world.All(world.Add("ResolverRules", world.Obj{"Id": id, "DomainName": domain, "RuleType": kind, "Status": "COMPLETE"}), ruleAssociation(id))
}

func ruleAssociation(id string) world.Edit {
	return world.Add("ResolverRuleAssociations", world.Obj{"Id": "assoc-" + id, "ResolverRuleId": id, "VPCId": "vpc-a", "Status": "COMPLETE"})
}

// profile is a Route 53 Profile that is associated with a VPC, and holds resources.
func profile(vpc string, arns ...string) world.Edit {
	return profileWith(vpc, "COMPLETE", 200, arns...)
}

func profileWith(vpc, status string, priority int, arns ...string) world.Edit {
	return world.Do(func(w *world.World) {
		w.Apply(world.Add("ProfileAssociations", world.Obj{"Id": "pa-1", "ProfileId": "rp-1", "ResourceId": vpc, "Status": status}), world.Add("ProfileResourceAssociations"))
		for _, arn := range arns {
			w.Apply(world.Add("ProfileResourceAssociations", world.Obj{"Id": "pr-" + arn, "ProfileId": "rp-1", "ResourceArn": arn, "Status": "COMPLETE",
				"ResourceProperties": fmt.Sprintf(`{"priority":%d}`, priority)}))
		}
	})
}

// sharedFirewall is a profile's rule group with one rule for every name.
func sharedFirewall(action string, priority int) world.Edit {
	return world.All(profileWith("vpc-a", "COMPLETE", priority, "arn:aws:route53resolver:us-east-1:111122223333:firewall-rule-group/g-2"),
		world.Add("FirewallRules", world.Obj{"FirewallRuleGroupId": "g-2", "FirewallDomainListId": "l-2", "Name": "all", "Priority": 1, "Action": action}),
		world.Add("FirewallDomainLists", world.Obj{"Id": "l-2", "Name": "all", "Domains": world.List{"*"}}))
}

// firewallRules is one group of vpc-a: each rule an action, a query type, and
// a domain; an empty domain is a list that nobody read.
func firewallRules(rules ...[3]string) world.Edit {
	return world.Do(func(w *world.World) {
		w.Apply(world.Add("FirewallRuleGroupAssociations", world.Obj{"Id": "a-1", "FirewallRuleGroupId": "g-1", "VpcId": "vpc-a", "Priority": 101, "Status": "COMPLETE"}),
			world.Add("FirewallRules"), world.Add("FirewallDomainLists"))
		for i, r := range rules {
			list := "l-" + string(rune('0'+i))
			l := world.Obj{"Id": list, "Name": list}
			if r[2] != "" {
				l["Domains"] = world.List{r[2]}
			}
			rule := world.Obj{"FirewallRuleGroupId": "g-1", "FirewallDomainListId": list, "Name": list, "Priority": i + 1, "Action": r[0]}
			if r[1] != "" {
				rule["Qtype"] = r[1]
			}
			w.Apply(world.Add("FirewallRules", rule), world.Add("FirewallDomainLists", l))
		}
	})
}

// TestWhoAnswers is N97 to N102 where one thing beats another.
func TestWhoAnswers(t *testing.T) {
	const regional, virtual = "s3.us-east-1.amazonaws.com", "reports.s3.us-east-1.amazonaws.com"
	a := []string{"vpc-a"}
	servers := func(addrs ...string) world.Edit {
		list := world.List{}
		for _, s := range addrs {
			list = append(list, world.Obj{"Value": s})
		}
		return world.Set("DhcpOptions", "dopt-1", "DhcpConfigurations", world.List{world.Obj{"Key": "domain-name-servers", "Values": list}})
	}
	for _, c := range []struct {
		rule, name string
		edits      []world.Edit
		host       string
		public     bool // --assume-public-dns
		want       network.Outcome
		code       string // of the blocker, or the missing fact
	}{
		{"N99", "endpoint's private DNS is more specific than a zone", edits(world.IFE(), hosted("Z1", "amazonaws.com.", a)), regional, false, reachable, ""},
		{"N99", "a zone is more specific than the endpoint's private DNS", edits(world.IFE(), hosted("Z1", virtual+".", a)), virtual, false, blocked, "DNS_PHZ_NXDOMAIN"},
		{"N99", "a rule for the same domain beats the endpoint's private DNS", edits(world.IFE(), resolverRule("r-1", regional+".", "FORWARD")), regional, false, unknown, "UNK_DNS_FORWARDED"},
		{"N99", "a rule for the same domain beats a zone", edits(hosted("Z1", regional+".", a), resolverRule("r-1", regional+".", "FORWARD")), regional, false, unknown, "UNK_DNS_FORWARDED"},
		{"N99", "a zone is more specific than the rule", edits(hosted("Z1", regional+".", a), resolverRule("r-1", "amazonaws.com.", "FORWARD")), regional, false, blocked, "DNS_PHZ_NXDOMAIN"},
		{"N99", "a zone and the endpoint's private DNS for one domain contradict", edits(world.IFE(), hosted("Z1", regional+".", a)), regional, false, unknown, "SNAPSHOT_INCONSISTENT"},
		{"N100", "a system rule keeps the name", edits(resolverRule("r-1", ".", "FORWARD"), resolverRule("r-2", "amazonaws.com.", "SYSTEM")), regional, false, reachable, ""},
		{"N100", "an endpoint's own name is sent away, too", edits(world.IFE(), resolverRule("r-1", ".", "FORWARD")), endpointName, false, unknown, "UNK_DNS_FORWARDED"},
		{"N100", "a rule that the snapshot lacks", edits(ruleAssociation("r-1")), regional, false, unknown, "UNK_DNS"},
		{"N100", "AWS's own rule", edits(ruleAssociation("rslvr-autodefined-rr-internet-resolver")), regional, false, reachable, ""},
		{"N101", "a zone captures an endpoint's own name", edits(world.IFE(), hosted("Z1", "vpce.amazonaws.com.", a)), endpointName, false, blocked, "DNS_PHZ_NXDOMAIN"},
		{"N101", "records that nobody read may lead to an endpoint", edits(world.IFE(), world.PrivateDNS("vpce-i", false, false), world.NoS3Route(), hosted("Z1", regional+".", a), recordsNotCollected("Z1")), regional, false, unknown, "UNK_DNS"},
		{"N101", "an alias to a name that nobody knows", edits(world.NoS3Route(), hosted("Z1", regional+".", a, record(regional+".", "CNAME", "lb.corp.example"))), regional, false, unknown, "UNK_DNS"},
		{"N101", "a record leads to the endpoint", edits(world.IFE(), world.PrivateDNS("vpce-i", false, false), world.NoS3Route(), hosted("Z1", regional+".", a, record(regional+".", "A", "10.0.5.50"))), regional, false, reachable, ""},
		{"N101", "a wildcard does not stand for a name that exists", edits(world.IFE(), hosted("Z1", "us-east-1.amazonaws.com.", a, record("*.us-east-1.amazonaws.com.", "A", "10.0.5.50"), record(regional+".", "TXT", `"x"`)), world.PrivateDNS("vpce-i", false, false)), regional, false, blocked, "DNS_PHZ_NXDOMAIN"},
		{"N101", "a record of the other family", edits(hosted("Z1", regional+".", a, record(regional+".", "AAAA", "2600:1f18::50"))), regional, false, blocked, "DNS_PHZ_NXDOMAIN"},
		{"N101", "a zone whose VPCs nobody knows", edits(hosted("Z1", regional+".", nil)), regional, false, unknown, "UNK_DNS"},
		{"N101", "a less specific zone whose VPCs nobody knows", edits(hosted("Z1", "amazonaws.com.", nil), hosted("Z2", regional+".", a)), regional, false, blocked, "DNS_PHZ_NXDOMAIN"},
		{"N101", "a more specific zone whose VPCs nobody knows", edits(world.IFE(), world.PrivateDNS("vpce-i", false, false), hosted("Z1", virtual+".", nil), hosted("Z2", regional+".", a, record("*."+regional+".", "A", "10.0.5.50"))), virtual, false, unknown, "UNK_DNS"},
		{"N2", "each answer of two is open, though one passes in part and the other is blocked in part", edits(
			hosted("Z1", regional+".", nil, world.Obj{"Name": regional + ".", "Type": "A", "TTL": 60, "ResourceRecords": world.List{world.Obj{"Value": "10.0.5.50"}, world.Obj{"Value": "10.0.1.99"}}}),
			world.Subnet("subnet-5", "vpc-a", "10.0.5.0/24", "us-east-1a"), world.FilterExactly("subnet-5", world.Entry(100, "in", "deny", "-1", "0.0.0.0/0")),
			customerList(4, "52.216.0.0/15"), world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.ToList("pl-c", "vgw-1"))), regional, false, unknown, "UNK_DNS"},
		{"N102", "a list that nobody read, and then a block for certain", edits(firewallRules([3]string{"BLOCK", "", ""}, [3]string{"BLOCK", "", "*"})), regional, false, blocked, "DNS_FIREWALL_BLOCK"},
		{"N102", "a list that nobody read, and then an allow", edits(firewallRules([3]string{"BLOCK", "", ""}, [3]string{"ALLOW", "", "*"})), regional, false, unknown, "UNK_DNS"},
		{"N102", "an allow list that nobody read, and then a block", edits(firewallRules([3]string{"ALLOW", "", ""}, [3]string{"BLOCK", "", "*"})), regional, false, unknown, "UNK_DNS"},
		{"N102", "queries for IPv6 only", edits(firewallRules([3]string{"BLOCK", "AAAA", "*"})), regional, false, reachable, ""},
		{"N102", "queries for IPv4 only", edits(firewallRules([3]string{"BLOCK", "A", "*"})), regional, false, blocked, "DNS_FIREWALL_BLOCK"},
		{"N171", "a profile brings a zone", edits(hosted("Z1", regional+".", []string{"vpc-b"}), profile("vpc-a", "arn:aws:route53:::hostedzone/Z1")), regional, false, blocked, "DNS_PHZ_NXDOMAIN"},
		{"N171", "a profile of another VPC", edits(hosted("Z1", regional+".", []string{"vpc-b"}), profile("vpc-b", "arn:aws:route53:::hostedzone/Z1")), regional, false, reachable, ""},
		{"N171", "a profile that is being detached", edits(hosted("Z1", regional+".", []string{"vpc-b"}), profileWith("vpc-a", "DELETING", 200, "arn:aws:route53:::hostedzone/Z1")), regional, false, reachable, ""},
		{"N171", "a profile's zone that the snapshot lacks", edits(profile("vpc-a", "arn:aws:route53:::hostedzone/Z9")), regional, false, unknown, "UNK_DNS"},
		{"N171", "a profile brings a rule", edits(world.Add("ResolverRules", world.Obj{"Id": "r-1", "DomainName": ".", "RuleType": "FORWARD", "Status": "COMPLETE"}),
			profile("vpc-a", "arn:aws:route53resolver:us-east-1:111122223333:resolver-rule/r-1")), regional, false, unknown, "UNK_DNS_FORWARDED"},
		{"N171", "a profile's rule that the snapshot lacks", edits(profile("vpc-a", "arn:aws:route53resolver:us-east-1:444455556666:resolver-rule/r-1")), regional, false, unknown, "UNK_DNS"},
		{"N171", "a profile brings a firewall group", edits(sharedFirewall("BLOCK", 0)), regional, false, blocked, "DNS_FIREWALL_BLOCK"},
		{"N171", "a profile's firewall group whose rules the snapshot lacks", edits(profile("vpc-a", "arn:aws:route53resolver:us-east-1:444455556666:firewall-rule-group/g-9")), regional, false, unknown, "UNK_DNS"},
		{"N171", "a profile's group and the VPC's agree, in any order", edits(firewallRules([3]string{"BLOCK", "", "*"}), sharedFirewall("BLOCK", 200)), regional, false, blocked, "DNS_FIREWALL_BLOCK"},
		{"N171", "a profile's group and the VPC's disagree, and the order is not documented", edits(firewallRules([3]string{"ALLOW", "", "*"}), sharedFirewall("BLOCK", 200)), regional, false, unknown, "UNK_DNS"},
		{"N171", "a profile's contents were not collected", edits(profile("vpc-a"), world.NotCollected("ProfileResourceAssociations")), regional, false, unknown, "UNK_DNS"},
		{"N171", "profiles were not collected, and are taken for none", edits(world.NotCollected("ProfileAssociations")), regional, false, reachable, ""},
		{"N98", "an option set that the snapshot lacks may name other servers", edits(world.Set("Vpcs", "vpc-a", "DhcpOptionsId", "dopt-9"), world.DNS("vpc-a", false, true)), regional, false, unknown, "UNK_DHCP"},
		{"N98", "an option set that the snapshot lacks may lead to an interface that a rule names by its group", edits(world.IFE(), world.PrivateDNS("vpce-i", false, false), world.NoS3Route(),
			world.Set("Vpcs", "vpc-a", "DhcpOptionsId", "dopt-9"), world.Egress("sg-1", world.Rule("-1", "52.216.0.0/15"), world.Rule("-1", "sg-5"))), regional, false, unknown, "UNK_DHCP"},
		{"N98", "an option set that the snapshot lacks, and a rule that names the group of no interface", edits(world.IFE(), world.PrivateDNS("vpce-i", false, false), world.NoS3Route(),
			world.Set("Vpcs", "vpc-a", "DhcpOptionsId", "dopt-9"), world.Group("sg-7", "vpc-a", nil, nil), world.Egress("sg-1", world.Rule("-1", "52.216.0.0/15"), world.Rule("-1", "sg-7"))), regional, false, blocked, "ENI_SG_RULES_MISMATCH"},
		{"N98", "other servers that answer publicly know an endpoint's own name", edits(world.IFE(), world.NoS3Route(), servers("10.0.5.77")), endpointName, true, reachable, ""},
		{"N71", "an endpoint that the snapshot lacks, and a group that lets nothing out", edits(world.Egress("sg-1")), endpointName, false, blocked, "SG_HAS_NO_RULES"},
	} {
		t.Run(c.rule+" "+c.name, func(t *testing.T) {
			snap := world.Network(c.edits...).Snapshot(t)
			q := network.Query{From: job("subnet-1", "sg-1"), To: s3("us-east-1", c.host), Protocol: 6, AssumePublicDNS: c.public}
			r, err := network.NewModel(snap).Ask(q)
			if err != nil {
				t.Fatal(err)
			}
			got := firstBlocker(r)
			if c.want == unknown && len(r.Unknowns) > 0 {
				got = r.Unknowns[0].Code.String()
			}
			if r.Outcome != c.want || got != c.code {
				t.Errorf("%s with %q, want %s with %q; findings %v, missing %v", word(r.Outcome), got, word(c.want), c.code, codes(r), missing(r))
			}
			if said, seen := newTwin(t, snap, q).ask(t); said != c.want {
				t.Errorf("packets say %s, want %s\n%s", word(said), word(c.want), traces(seen))
			}
		})
	}
}
