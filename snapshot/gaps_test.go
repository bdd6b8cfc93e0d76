package snapshot

import (
	"strings"
	"testing"
)

const gapHead = `"gaps":[{"account":"111122223333","region":"us-east-1","code":"AccessDenied",`

func gapSnapshot(t *testing.T, gap, ec2, account string) *Account {
	t.Helper()
	return mustParse(t, native(ec2, account, gapHead+gap+"}]")).Accounts[0]
}

func TestGapsOfResourcesMakeThatPartUnreadable(t *testing.T) {
	const roles = `"iam":{"RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/a/Neo","RoleName":"Neo","RolePolicyList":[{"PolicyName":"p"},{"PolicyName":"q","PolicyDocument":{}}],"AttachedManagedPolicies":[]}],"Policies":[]}`
	neo := func(a *Account) *Role { return &a.IAM.Roles.Items[0] }
	for _, tt := range []struct {
		name, gap, ec2, account string
		ok                      func(a *Account) bool
	}{
		{"one attribute of a VPC", `"service":"ec2","operation":"DescribeVpcAttribute","resource":"vpc-1"`,
			`"Vpcs":[{"VpcId":"vpc-1"},{"VpcId":"vpc-10"}],"VpcAttributes":[{"VpcId":"vpc-1","EnableDnsSupport":{"Value":true}},{"VpcId":"vpc-10"}]`, "",
			func(a *Account) bool {
				v := a.Regions[0].EC2.VPCAttributes.Items
				return v[0].EnableDNSSupport.Presence == Collected && v[0].EnableDNSHostnames.Presence == Unreadable && v[1].EnableDNSSupport.Presence == NotCollected
			}},
		{"a VPC's attributes that are nowhere", `"service":"ec2","operation":"DescribeVpcAttribute","resource":"vpc-1"`, `"Vpcs":[{"VpcId":"vpc-1"}]`, "",
			func(a *Account) bool {
				v := a.Regions[0].EC2.VPCAttributes
				return v.Presence == Collected && len(v.Items) == 1 && v.Items[0].EnableDNSSupport.Presence == Unreadable
			}},
		{"routes of a transit gateway table", `"service":"ec2","operation":"SearchTransitGatewayRoutes","resource":"tgw-rtb-1"`, `"TransitGatewayRouteTables":[{"TransitGatewayRouteTableId":"tgw-rtb-1"}]`, "",
			func(a *Account) bool {
				v := a.Regions[0].EC2.TGWRouteTables
				return v.Presence == Collected && v.Items[0].RoutesGap != nil && !v.Items[0].RoutesKnown
			}},
		{"a prefix list's entries leave the list", `"service":"ec2","operation":"GetManagedPrefixListEntries","resource":"pl-1"`, `"ManagedPrefixLists":[{"PrefixListId":"pl-1"}]`, "",
			func(a *Account) bool {
				v := a.Regions[0].EC2.PrefixLists
				return v.Presence == Collected && !v.Items[0].EntriesKnown
			}},
		{"an inline policy without document", `"service":"iam","operation":"GetRolePolicy","resource":"arn:aws:iam::111122223333:role/a/Neo"`, "", roles,
			func(a *Account) bool {
				return neo(a).Inline[0].Document.Presence == Unreadable && neo(a).Inline[1].Document.Presence == Collected && neo(a).InlinePresence == Collected
			}},
		{"the list of inline policies", `"service":"iam","operation":"ListRolePolicies","resource":"Neo"`, "", roles, func(a *Account) bool { return neo(a).InlinePresence == Unreadable }},
		{"the list of attached policies", `"service":"iam","operation":"ListAttachedRolePolicies","resource":"Neo"`, "", roles, func(a *Account) bool { return neo(a).AttachedPresence == Unreadable }},
		{"another role", `"service":"iam","operation":"ListAttachedRolePolicies","resource":"Ne"`, "", roles, func(a *Account) bool { return neo(a).AttachedPresence == Collected }},
		{"a managed policy", `"service":"iam","operation":"GetPolicyVersion","resource":"arn:aws:iam::111122223333:policy/P"`, "", roles,
			func(a *Account) bool {
				p := a.IAM.Policies.Items
				return len(p) == 1 && p[0].Document.Presence == Unreadable && p[0].ARN == "arn:aws:iam::111122223333:policy/P"
			}},
		{"authorization details", `"service":"iam","operation":"GetAccountAuthorizationDetails"`, "", "", func(a *Account) bool {
			return a.IAM.Roles.Presence == Unreadable && a.IAM.Policies.Presence == Unreadable
		}},
		{"the account's public access block", `"service":"s3control","operation":"GetPublicAccessBlock"`, "", "", func(a *Account) bool { return a.S3.AccountPublicAccessBlock.Presence == Unreadable }},
		{"a bucket's public access block only", `"service":"s3","operation":"GetPublicAccessBlock","resource":"arn:aws:s3:::b"`, "", `"s3":{"buckets":[{"Name":"b"},{"Name":"a-b"}]}`, func(a *Account) bool {
			b := a.S3.Buckets.Items
			return b[0].PublicAccessBlock.Presence == Unreadable && b[1].PublicAccessBlock.Presence == NotCollected && a.S3.AccountPublicAccessBlock.Presence == NotCollected
		}},
		{"a gap wins over null", `"service":"s3","operation":"GetBucketPolicy","resource":"b"`, "", `"s3":{"buckets":[{"Name":"b","Policy":null}]}`, func(a *Account) bool {
			return a.S3.Buckets.Items[0].Policy.Presence == Unreadable
		}},
		{"a key's policy", `"service":"kms","operation":"GetKeyPolicy","resource":"arn:aws:kms:us-east-1:111122223333:key/k"`, "", "", func(a *Account) bool {
			k := a.KMS.Keys.Items
			return len(k) == 1 && k[0].ID == "k" && k[0].Policy.Presence == Unreadable && k[0].Region == "us-east-1"
		}},
		{"resolver rules", `"service":"route53resolver","operation":"ListResolverRules"`, "", "", func(a *Account) bool { return a.Regions[0].Resolver.Rules.Presence == Unreadable }},
		{"membership", `"service":"organizations","operation":"DescribeOrganization"`, "", "", func(a *Account) bool { return a.Organization == Unreadable }},
		{"one resource of a collection that is here", `"service":"ec2","operation":"DescribeSubnets","resource":"subnet-9"`, `"Subnets":[]`, "", func(a *Account) bool {
			return a.Regions[0].EC2.Subnets.Presence == Collected
		}},
		{"one resource of a collection that is not", `"service":"ec2","operation":"DescribeSubnets","resource":"subnet-9"`, ``, "", func(a *Account) bool {
			return a.Regions[0].EC2.Subnets.Presence == Unreadable
		}},
		{"rules that were listed apart", `"service":"ec2","operation":"DescribeSecurityGroupRules"`,
			`"SecurityGroups":[{"GroupId":"a","IpPermissions":[],"IpPermissionsEgress":[],"VpcId":"vpc-1"},{"GroupId":"b","VpcId":"vpc-1"}],"SecurityGroupRules":[{"SecurityGroupRuleId":"r","GroupId":"b","IsEgress":true,"IpProtocol":"-1","CidrIpv4":"0.0.0.0/0"}]`, "",
			func(a *Account) bool {
				g := a.Regions[0].EC2.SecurityGroups.Items
				return g[0].EgressKnown && g[0].IngressKnown && !g[1].EgressKnown && !g[1].IngressKnown
			}},
		{"an operation nobody knows", `"service":"ec2","operation":"DescribeNothing"`, `"Subnets":[]`, "", func(a *Account) bool { return a.Regions[0].EC2.Subnets.Presence == Collected }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := gapSnapshot(t, tt.gap, tt.ec2, tt.account)
			if !tt.ok(a) {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestGapsOfControlPolicies(t *testing.T) {
	text := func(gap string) string {
		return `{"schema":"canreach.snapshot/v1","capture":{"gaps":[{` + gap + `}]},"accounts":[],"organizations":{"serviceControlPolicies":[{"Id":"p-1","Content":"{}","Targets":["r-1"]}],"resourceControlPolicies":[]}}`
	}
	o := mustParse(t, text(`"service":"organizations","operation":"ListPolicies","resource":"RESOURCE_CONTROL_POLICY"`)).Organizations
	if o.SCPs.Presence != Collected || o.RCPs.Presence != Unreadable {
		t.Errorf("%+v", o)
	}
	o = mustParse(t, text(`"service":"organizations","operation":"DescribePolicy","resource":"p-1"`)).Organizations
	if o.SCPs.Items[0].Document.Presence != Unreadable || o.SCPs.Presence != Collected {
		t.Errorf("%+v", o)
	}
	o = mustParse(t, text(`"service":"organizations","operation":"ListTargetsForPolicy","resource":"p-1"`)).Organizations
	if o.SCPs.Items[0].TargetsPresence != Unreadable {
		t.Errorf("%+v", o)
	}
}

func TestCompleteIsTakenAndLostToAGap(t *testing.T) {
	s := mustParse(t, `{"schema":"canreach.snapshot/v1","capture":{"gaps":[{"region":"us-east-1","service":"ec2","operation":"DescribeSubnets"}]},
		"accounts":[{"accountId":"111122223333","iam":{"RoleDetailList":[],"complete":["RoleDetailList"]},"regions":[{"region":"us-east-1","complete":["Vpcs","Subnets","Nonsense"],"ec2":{"Vpcs":[],"Subnets":[]}}]}]}`)
	a := s.Accounts[0]
	if e := a.Regions[0].EC2; !e.VPCs.Complete || e.Subnets.Complete || e.RouteTables.Complete || !a.IAM.Roles.Complete {
		t.Errorf("%+v", e)
	}
}

func TestRulesOfGroupsThatAreNotHereAreAWarning(t *testing.T) {
	s := mustParse(t, native(`"SecurityGroupRules":[{"SecurityGroupRuleId":"r","GroupId":"b","IsEgress":true,"IpProtocol":"-1","CidrIpv4":"0.0.0.0/0"}]`, "", ""))
	if len(s.Warnings) != 1 || s.Accounts[0].Regions[0].EC2.SecurityGroups.Presence != NotCollected {
		t.Errorf("%+v", s.Warnings)
	}
}

func TestTransitGatewayRoutesToldTwiceMustAgree(t *testing.T) {
	table := func(state string) string {
		return `"TransitGatewayRouteTables":[{"TransitGatewayRouteTableId":"t","Routes":[{"DestinationCidrBlock":"10.0.0.0/8","State":"active"}]}],
			"TransitGatewayRoutes":[{"TransitGatewayRouteTableId":"t","Routes":[{"DestinationCidrBlock":"10.0.0.0/8","State":"` + state + `"}]}]`
	}
	parseEC2(t, table("active"))
	if _, err := Parse([]byte(native(table("blackhole"), "", ""))); err == nil || !strings.Contains(err.Error(), "duplicate") {
		t.Error(err)
	}
}

func TestAGapNamesItsResourceAndNoOther(t *testing.T) {
	for _, tt := range []struct {
		resource, id string
		want         bool
	}{
		{"arn:aws:s3:::b", "b", true}, {"b", "b", true}, {"arn:aws:iam::1:role/x/b", "b", true},
		{"arn:aws:s3:::a-b", "b", false}, {"ab", "b", false}, {"b", "", false}, {"b/", "b", false},
	} {
		if got := isResource(tt.resource, tt.id); got != tt.want {
			t.Errorf("%q is %q: %v", tt.resource, tt.id, got)
		}
	}
}
