package snapshot

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// native wraps the members of one account and one region in the native form.
func native(ec2, account, capture string) string {
	join := func(s string) string {
		if s == "" {
			return ""
		}
		return "," + s
	}
	return `{"schema":"canreach.snapshot/v1","capture":{"tool":"test"` + join(capture) + `},"accounts":[{"accountId":"111122223333"` + join(account) +
		`,"regions":[{"region":"us-east-1","ec2":{` + ec2 + `}}]}]}`
}

func mustParse(t *testing.T, text string) *Snapshot {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\nin %s", err, text)
	}
	return s
}

func parseEC2(t *testing.T, ec2 string) (*Snapshot, *EC2) {
	t.Helper()
	s := mustParse(t, native(ec2, "", ""))
	return s, &s.Accounts[0].Regions[0].EC2
}

func TestAbsentEmptyAndUnreadableStayThree(t *testing.T) {
	gap := `"gaps":[{"account":"111122223333","region":"us-east-1","service":"ec2","operation":"DescribeNetworkAcls","code":"UnauthorizedOperation"}]`
	for _, tt := range []struct {
		name, ec2, capture string
		want               Presence
	}{
		{"absent", ``, ``, NotCollected},
		{"null is not told", `"NetworkAcls":null`, ``, NotCollected},
		{"empty", `"NetworkAcls":[]`, ``, Collected},
		{"gap", ``, gap, Unreadable},
		{"gap after a first page", `"NetworkAcls":[{"NetworkAclId":"acl-1","VpcId":"vpc-1"}]`, gap, Unreadable},
		{"gap elsewhere", `"NetworkAcls":[]`, strings.Replace(gap, "us-east-1", "eu-west-1", 1), Collected},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := mustParse(t, native(tt.ec2, "", tt.capture))
			c := s.Accounts[0].Regions[0].EC2.NetworkACLs
			if c.Presence != tt.want || (c.Gap != nil) != (tt.want == Unreadable) {
				t.Errorf("presence %v, gap %v", c.Presence, c.Gap)
			}
		})
	}
}

func TestLoadErrorsNameThePlace(t *testing.T) {
	for _, tt := range []struct{ name, text, pointer, problem string }{
		{"not an object", `[]`, "", "expected a snapshot"},
		{"no schema", `{"Vpcs":[]}`, "", `no "schema"`},
		{"unknown schema", `{"schema":"canreach.snapshot/v9"}`, "/schema", "unknown"},
		{"truncated", native(`"Vpcs":[{"VpcId":"v`, "", "")[:156], "/accounts/0/regions/0/ec2/Vpcs/0/VpcId", "truncated"},
		{"collection of the wrong type", native(`"Vpcs":{}`, "", ""), "/accounts/0/regions/0/ec2/Vpcs", "expected an array"},
		{"item of the wrong type", native(`"Vpcs":["vpc-1"]`, "", ""), "/accounts/0/regions/0/ec2/Vpcs/0", "expected an object"},
		{"null item", native(`"Vpcs":[null]`, "", ""), "/accounts/0/regions/0/ec2/Vpcs/0", "expected an object"},
		{"id that is a number", native(`"Vpcs":[{"VpcId":7}]`, "", ""), "/accounts/0/regions/0/ec2/Vpcs/0/VpcId", "expected a string"},
		{"no id", native(`"Vpcs":[{"State":"available"}]`, "", ""), "/accounts/0/regions/0/ec2/Vpcs/0", "no VpcId"},
		{"bad CIDR", native(`"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/33"}]`, "", ""), "/accounts/0/regions/0/ec2/Vpcs/0/CidrBlock", "not an IPv4 CIDR"},
		{"IPv6 where IPv4 stands", native(`"Subnets":[{"SubnetId":"s","CidrBlock":"::/0","VpcId":"vpc-1"}]`, "", ""), "/accounts/0/regions/0/ec2/Subnets/0/CidrBlock", "not an IPv4 CIDR"},
		{"contradicting duplicates", native(`"Vpcs":[{"VpcId":"a","State":"x"},{"VpcId":"a","State":"y"}]`, "", ""), "/accounts/0/regions/0/ec2/Vpcs/1", "duplicate"},
		{"duplicate key", native(`"Vpcs":[],"Vpcs":[]`, "", ""), "/accounts/0/regions/0/ec2/Vpcs", "duplicate"},
		{"no account id", `{"schema":"canreach.snapshot/v1","accounts":[{}]}`, "/accounts/0", "no accountId"},
		{"account id of eleven digits", `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"11112222333"}]}`, "/accounts/0/accountId", "twelve"},
		{"duplicate region", `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"a"},{"region":"a"}]}]}`, "/accounts/0/regions/1", "duplicate"},
		{"ACL entry without number", native(`"NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[{"Egress":true,"RuleAction":"allow","CidrBlock":"0.0.0.0/0","Protocol":"-1"}],"VpcId":"vpc-1"}]`, "", ""),
			"/accounts/0/regions/0/ec2/NetworkAcls/0/Entries/0", "no RuleNumber"},
		{"ACL action that is neither", native(`"NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[{"RuleNumber":1,"Egress":true,"RuleAction":"reject","CidrBlock":"0.0.0.0/0","Protocol":"-1"}],"VpcId":"vpc-1"}]`, "", ""),
			"/accounts/0/regions/0/ec2/NetworkAcls/0/Entries/0/RuleAction", "neither"},
		{"route without destination", native(`"RouteTables":[{"RouteTableId":"r","Routes":[{"GatewayId":"local"}],"VpcId":"vpc-1"}]`, "", ""), "/accounts/0/regions/0/ec2/RouteTables/0/Routes/0", "destination"},
		{"attributes that contradict", native(`"VpcAttributes":[{"VpcId":"v","EnableDnsSupport":{"Value":true}},{"VpcId":"v","EnableDnsSupport":{"Value":false}}]`, "", ""),
			"/accounts/0/regions/0/ec2/VpcAttributes/1", "duplicate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			var e *LoadError
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if !strings.Contains(e.Problem, tt.problem) || e.At.Pointer() != tt.pointer || e.Line != 1 || e.Column < 1 {
				t.Errorf("got %v", e)
			}
		})
	}
}

func TestAllProblemsAreReportedInOrder(t *testing.T) {
	_, err := Parse([]byte(native(`"Vpcs":[{"VpcId":1}],"Subnets":[{"SubnetId":"s","CidrBlock":"x","VpcId":"vpc-1"}]`, "", "")))
	var all LoadErrors
	if !errors.As(err, &all) || len(all) != 2 {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(all[1].Problem, `"x" is no`) {
		t.Errorf("order: %v", err)
	}
}

func TestDuplicatesOfOneContentAreMerged(t *testing.T) {
	_, e := parseEC2(t, `"Vpcs":[{"VpcId":"b"},{"VpcId":"a","Tags":[{"Key":"k","Value":"v"}],"State":"s"},{"State":"s","VpcId":"a","Tags":[{"Value":"v","Key":"k"}]}]`)
	if got := fmt.Sprintln(len(e.VPCs.Items), e.VPCs.Items[0].ID, e.VPCs.Items[1].ID); got != "2 b a\n" {
		t.Error(got)
	}
}

func TestRouteTargets(t *testing.T) {
	_, e := parseEC2(t, `"RouteTables":[{"RouteTableId":"rtb-1","Routes":[
		{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local"},
		{"DestinationPrefixListId":"pl-1","GatewayId":"vpce-1","State":"active"},
		{"DestinationIpv6CidrBlock":"::/0","EgressOnlyInternetGatewayId":"eigw-1"},
		{"DestinationCidrBlock":"0.0.0.0/0","InstanceId":"i-1","NetworkInterfaceId":"eni-1","InstanceOwnerId":"1"},
		{"DestinationCidrBlock":"1.0.0.0/8","FutureGatewayId":"x-1","NatGatewayId":null},
		{"DestinationCidrBlock":"2.0.0.0/8","GatewayId":"new-1"},
		{"DestinationCidrBlock":"3.0.0.0/8","InstanceId":"i-1"}],"VpcId":"vpc-1"}]`)
	var got []string
	for _, v := range e.RouteTables.Items[0].Routes {
		got = append(got, fmt.Sprintf("%d %s %s %v", v.TargetKind, v.TargetField, v.Target, v.UnknownFields))
	}
	want := []string{"1 GatewayId local []", "2 GatewayId vpce-1 []", "5 EgressOnlyInternetGatewayId eigw-1 []", "7 NetworkInterfaceId eni-1 []",
		"0   [FutureGatewayId]", "0 GatewayId new-1 []", "8 InstanceId i-1 []"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if p := e.RouteTables.Items[0].Routes[3].At.Pointer(); p != "/accounts/0/regions/0/ec2/RouteTables/0/Routes/3" {
		t.Error(p)
	}
}

func TestPrefixListsMergeByID(t *testing.T) {
	_, e := parseEC2(t, `"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"com.amazonaws.us-east-1.s3","Cidrs":["3.5.0.0/19"]}],
		"ManagedPrefixLists":[{"PrefixListId":"pl-1","OwnerId":"AWS","AddressFamily":"IPv4"},{"PrefixListId":"pl-2","OwnerId":"111122223333","MaxEntries":5}],
		"ManagedPrefixListEntries":[{"PrefixListId":"pl-2","Entries":[{"Cidr":"10.0.0.0/8","Description":"d"}]},{"PrefixListId":"pl-3","Entries":[]}]`)
	var got []string
	for _, p := range e.PrefixLists.Items {
		got = append(got, fmt.Sprintf("%s/%s/%s/%d/%v", p.ID, p.Name, p.OwnerID, len(p.Entries), p.EntriesKnown))
	}
	if want := "[pl-1/com.amazonaws.us-east-1.s3/AWS/1/true pl-2//111122223333/1/true pl-3///0/true]"; fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}
}

func TestBucketsTellNullFromAbsent(t *testing.T) {
	s := mustParse(t, native("", `"s3":{"buckets":[{"Name":"a","Policy":null,"LocationConstraint":null},{"Name":"b","PublicAccessBlockConfiguration":null},{"Name":"logs","Policy":"{}"}],"accountPublicAccessBlock":{"BlockPublicAcls":true}}`,
		`"gaps":[{"account":"111122223333","region":"us-east-1","service":"s3","operation":"GetBucketPolicy","resource":"arn:aws:s3:::logs","code":"AccessDenied"}]`))
	b := s.Accounts[0].S3.Buckets.Items
	if b[0].Policy.Presence != Collected || b[0].Policy.Raw != nil || b[0].Region != "us-east-1" {
		t.Errorf("a: %+v", b[0])
	}
	if b[1].Policy.Presence != NotCollected || !b[1].PublicAccessBlock.None || b[1].PublicAccessBlock.Presence != Collected {
		t.Errorf("b: %+v", b[1])
	}
	if b[2].Policy.Presence != Unreadable || b[2].Policy.Gap == nil {
		t.Errorf("logs: %+v", b[2].Policy)
	}
	if p := s.Accounts[0].S3.AccountPublicAccessBlock; !p.BlockPublicACLs || p.BlockPublicPolicy {
		t.Errorf("account: %+v", p)
	}
}
