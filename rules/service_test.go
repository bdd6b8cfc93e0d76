package rules

import (
	"net/netip"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

func TestS3Names(t *testing.T) {
	for host, want := range map[string]Name{
		"s3.us-east-1.amazonaws.com":                                       {Form: FormRegional, Region: "us-east-1"},
		"models.s3.eu-west-1.amazonaws.com":                                {Form: FormRegional, Region: "eu-west-1"},
		"a.b.s3.eu-west-1.amazonaws.com":                                   {Form: FormRegional, Region: "eu-west-1"},
		"S3.us-east-1.amazonaws.com.":                                      {Form: FormRegional, Region: "us-east-1"},
		"s3.dualstack.us-east-1.amazonaws.com":                             {Form: FormRegional, Region: "us-east-1", Dualstack: true},
		"s3-fips.us-gov-west-1.amazonaws.com":                              {Form: FormRegional, Region: "us-gov-west-1", FIPS: true},
		"s3.cn-north-1.amazonaws.com.cn":                                   {Form: FormRegional, Region: "cn-north-1"},
		"s3.amazonaws.com":                                                 {Form: FormGlobal, Region: "us-east-1"},
		"models.s3.amazonaws.com":                                          {Form: FormGlobal, Region: "us-east-1"},
		"s3-eu-west-1.amazonaws.com":                                       {Form: FormDash, Region: "eu-west-1"},
		"models.s3-website-us-east-1.amazonaws.com":                        {Form: FormOther},
		"bucket.vpce-0a1b-xy12.s3.us-east-1.vpce.amazonaws.com":            {Form: FormEndpoint, Region: "us-east-1", Endpoint: "vpce-0a1b"},
		"bucket.vpce-0a1b-xy12-us-east-1a.s3.us-east-1.vpce.amazonaws.com": {Form: FormEndpoint, Region: "us-east-1", Endpoint: "vpce-0a1b", Zone: "us-east-1a"},
	} {
		got, err := ParseName(host)
		got.Host = ""
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", host, got, err, want)
		}
	}
	for _, host := range []string{"", "example.com", "sts.us-east-1.amazonaws.com", "amazonaws.com", "vpce.amazonaws.com", "x.vpce.amazonaws.com"} {
		if n, err := ParseName(host); err == nil {
			t.Errorf("%q is read as %+v", host, n)
		}
	}
}

func TestBlockPublicAccessTable(t *testing.T) { // N128
	for _, c := range []struct {
		mode      BPAMode
		exclusion BPAExclusionMode
		direct    State
		nat       State
	}{
		{BPAOff, NoExclusion, StateWorks, StateWorks},
		{BPABlockIngress, NoExclusion, StateBroken, StateWorks},
		{BPABlockIngress, AllowEgress, StateBroken, StateWorks},
		{BPABlockIngress, AllowBidirectional, StateWorks, StateWorks},
		{BPABlockBidirectional, NoExclusion, StateBroken, StateBroken},
		{BPABlockBidirectional, AllowEgress, StateBroken, StateWorks},
		{BPABlockBidirectional, AllowBidirectional, StateWorks, StateWorks},
		{BPABlockBidirectional, ExclusionUnknown, StateUnknown, StateUnknown},
		{BPAUnknown, NoExclusion, StateUnknown, StateUnknown},
		{BPAUnknown, AllowBidirectional, StateWorks, StateWorks},
	} {
		if got := DecideBPA(c.mode, c.exclusion, false); got != c.direct {
			t.Errorf("mode %d, exclusion %d, direct: %d", c.mode, c.exclusion, got)
		}
		if got := DecideBPA(c.mode, c.exclusion, true); got != c.nat {
			t.Errorf("mode %d, exclusion %d, by NAT: %d", c.mode, c.exclusion, got)
		}
	}
	for state, want := range map[string]BPAExclusionMode{"create-complete": AllowEgress, "update-in-progress": ExclusionUnknown, "delete-complete": NoExclusion, "create-failed": NoExclusion} { // N130
		if got := ModeOfExclusion(&snapshot.BPAExclusion{Mode: "allow-egress", State: state}); got != want {
			t.Errorf("exclusion in state %s: %d", state, got)
		}
	}
}

func TestStates(t *testing.T) {
	for _, c := range []struct {
		got, want State
		what      string
	}{
		{EndpointState("Available"), StateWorks, "N11 any case"},
		{EndpointState("pendingAcceptance"), StateBroken, "N42"},
		{EndpointState("partial"), StateUnknown, "N42 partial"},
		{EndpointState("new-word"), StateUnknown, "N11 a word not known here"},
		{NATState("deleting"), StateUnknown, "N115"},
		{NATState("failed"), StateBroken, "N115"},
		{PeeringState("pending-acceptance"), StateBroken, "N140"},
		{PeeringState(""), StateUnknown, "not told"},
		{PeeringState("paused"), StateUnknown, "N140 a word not known here"},
		{InstanceState("running"), StateWorks, "N124"},
		{InstanceState("stopping"), StateBroken, "N124"},
		{InstanceState("hibernating"), StateUnknown, "N124 a word not known here"},
		{InstanceState(""), StateUnknown, "N124 not told"},
		{AttachmentState("modifying"), StateUnknown, "N133"},
		{GatewayAttachmentState("attached"), StateWorks, "N110"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
}

func TestPrivateZones(t *testing.T) { // N101
	z := &snapshot.PrivateZone{Name: "s3.us-east-1.amazonaws.com.", RecordsKnown: true, Records: []snapshot.DNSRecord{{Name: "s3.us-east-1.amazonaws.com.", Type: "A", Values: []string{"10.0.5.10"}}}}
	if a, known := AnswerFromZone(z, "s3.us-east-1.amazonaws.com"); !known || len(a.Addresses) != 1 {
		t.Errorf("apex: %+v", a)
	}
	if a, known := AnswerFromZone(z, "models.s3.us-east-1.amazonaws.com"); !known || a.Record != nil {
		t.Errorf("a name without a record must not fall back: %+v", a)
	}
	z.Records = append(z.Records, snapshot.DNSRecord{Name: "\\052.s3.us-east-1.amazonaws.com.", Type: "CNAME", Values: []string{"vpce.example."}})
	if a, _ := AnswerFromZone(z, "models.s3.us-east-1.amazonaws.com"); a.Alias != "vpce.example" {
		t.Errorf("wildcard: %+v", a)
	}
	z.RecordsKnown = false
	if _, known := AnswerFromZone(z, "s3.us-east-1.amazonaws.com"); known {
		t.Error("records that were not collected answer nothing")
	}
}

func TestDNSFirewallOrder(t *testing.T) { // N102
	r := &snapshot.Resolver{
		FirewallGroups: snapshot.Collection[snapshot.FirewallRuleGroupAssociation]{Items: []snapshot.FirewallRuleGroupAssociation{{Group: "g", VPC: "v", Priority: 1}}},
		FirewallRules: snapshot.Collection[snapshot.FirewallRule]{Presence: snapshot.Collected, Items: []snapshot.FirewallRule{
			{Group: "g", DomainList: "all", Priority: 2, Action: "BLOCK"}, {Group: "g", DomainList: "aws", Priority: 1, Action: "ALLOW"}}},
		FirewallDomains: snapshot.Collection[snapshot.FirewallDomainList]{Items: []snapshot.FirewallDomainList{
			{ID: "all", Domains: []string{"*"}, DomainsKnown: true}, {ID: "aws", Domains: []string{"*.amazonaws.com."}, DomainsKnown: true}}},
	}
	check := func(host string, want FirewallVerdict, why string) {
		t.Helper()
		if got := DecideFirewall(r, "v", host, "A").Verdict; got != want {
			t.Errorf("%s: %d, want %d", why, got, want)
		}
	}
	check("s3.us-east-1.amazonaws.com", FirewallPasses, "a walled garden lets its list through")
	check("example.com", FirewallBlocks, "and blocks the rest")
	check("amazonaws.com", FirewallBlocks, "*.x does not match x itself")
	r.FirewallDomains.Items[1].DomainsKnown = false
	check("s3.us-east-1.amazonaws.com", FirewallUnknown, "an ALLOW list without contents before a BLOCK")
	if got := DecideFirewall(r, "other", "example.com", "A").Verdict; got != FirewallPasses {
		t.Errorf("another VPC's group: %d", got)
	}
}

func TestDNSServers(t *testing.T) { // N98
	vpc := []netip.Prefix{pfx("10.0.0.0/16")}
	for s, want := range map[string]bool{"AmazonProvidedDNS": true, "10.0.0.2": true, "169.254.169.253": true, "fd00:ec2::253": true, "10.0.0.3": false} {
		if amazon, custom, odd := Servers([]string{s}, vpc); amazon != want || len(custom) == 1 == want || len(odd) > 0 {
			t.Errorf("%s: amazon %v, custom %v", s, amazon, custom)
		}
	}
}
