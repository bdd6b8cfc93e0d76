package change_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// base is a world with one of everything that changes touch, as indented JSON.
func base() []byte {
	w := world.Network(
		world.Subnet("subnet-9", "vpc-a", "10.0.9.0/24", "us-east-1a"),
		world.Table("rtb-main", "vpc-a", nil),
		world.Table("rtb-9", "vpc-a", []string{"subnet-9"}),
		world.VPC("vpc-b", "10.1.0.0/16"),
		world.Table("rtb-b", "vpc-b", nil),
		world.Group("sg-b", "vpc-b", nil, nil),
		world.Gateway("vpce-g2", "vpc-a"),
		world.Add("InternetGateways", world.Obj{"InternetGatewayId": "igw-1", "Attachments": world.List{world.Obj{"VpcId": "vpc-a", "State": "available"}}}),
		world.Add("Policies", world.Obj{"Arn": "arn:aws:iam::111122223333:policy/Extra", "PolicyName": "Extra", "DefaultVersionId": "v1",
			"PolicyVersionList": world.List{world.Obj{"VersionId": "v1", "IsDefaultVersion": true, "Document": world.Obj{"Version": "2012-10-17",
				"Statement": world.List{world.Obj{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}}}}),
		world.SCP("p-1", world.Obj{"Version": "2012-10-17", "Statement": world.List{world.Obj{"Effect": "Allow", "Action": "*", "Resource": "*"}}}, world.AccountID),
		world.SCP("p-2", world.Obj{"Version": "2012-10-17", "Statement": world.List{world.Obj{"Effect": "Allow", "Action": "*", "Resource": "*"}}}),
	)
	var v any
	if err := json.Unmarshal(w.JSON(), &v); err != nil {
		panic(err)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(text, '\n')
}

func apply(t testing.TB, native []byte, yaml string) (*change.Applied, error) {
	t.Helper()
	changes, err := change.Parse("c.yaml", []byte(yaml))
	if err != nil {
		t.Fatalf("%s: %v", yaml, err)
	}
	return change.Apply(native, changes)
}

func mustApply(t testing.TB, native []byte, yaml string) []byte {
	t.Helper()
	a, err := apply(t, native, yaml)
	if err != nil {
		t.Fatalf("%s: %v", yaml, err)
	}
	if _, err := snapshot.Parse(a.Native); err != nil {
		t.Fatalf("%s: the changed snapshot: %v", yaml, err)
	}
	return a.Native
}

// A change and its inverse leave the very bytes.
var inverses = []struct{ name, do, undo string }{
	{"security group egress", `authorizeSecurityGroupEgress: {groupId: sg-1, ipPermissions: [{ipProtocol: tcp, fromPort: 443, toPort: 443, prefixListIds: [{prefixListId: pl-s3}]}]}`,
		`revokeSecurityGroupEgress: {groupId: sg-1, ipPermissions: [{ipProtocol: "6", fromPort: 443, toPort: 443, prefixListIds: [{prefixListId: pl-s3}]}]}`},
	{"security group ingress, several remotes", `authorize-security-group-ingress: {group-id: sg-1, ip-permissions: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, IpRanges: [{CidrIp: 10.0.0.7/16}], UserIdGroupPairs: [{GroupId: sg-1}]}]}`,
		`RevokeSecurityGroupIngress: {GroupId: sg-1, IpPermissions: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, IpRanges: [{CidrIp: 10.0.0.0/16}], UserIdGroupPairs: [{GroupId: sg-1}]}]}`},
	{"network ACL entry", `createNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 90, protocol: tcp, ruleAction: deny, egress: false, cidrBlock: 52.216.0.0/15, portRange: {from: 1024, to: 65535}}`,
		`deleteNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 90, egress: false}`},
	{"route", `createRoute: {routeTableId: rtb-1, destinationCidrBlock: 0.0.0.0/0, gatewayId: igw-1}`,
		`deleteRoute: {routeTableId: rtb-1, destinationCidrBlock: 0.0.0.0/0}`},
	{"endpoint's table", `modifyVpcEndpoint: {vpcEndpointId: vpce-g, addRouteTableIds: [rtb-9]}`,
		`modifyVpcEndpoint: {vpcEndpointId: vpce-g, removeRouteTableIds: rtb-9}`},
	{"endpoint", `{as: vpce-z, createVpcEndpoint: {vpcId: vpc-a, serviceName: com.amazonaws.us-east-1.s3, routeTableIds: [rtb-9]}}`,
		`deleteVpcEndpoints: {vpcEndpointIds: [vpce-z]}`},
	{"bucket policy", `putBucketPolicy: {bucket: reports, policy: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}]}}`,
		`deleteBucketPolicy: {bucket: reports}`},
	{"inline policy", `putRolePolicy: {roleName: Neo, policyName: zz, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}]}}`,
		`deleteRolePolicy: {roleName: Neo, policyName: zz}`},
	{"managed policy", `attachRolePolicy: {roleName: Neo, policyArn: "arn:aws:iam::111122223333:policy/Extra"}`,
		`detachRolePolicy: {roleName: Neo, policyArn: "arn:aws:iam::111122223333:policy/Extra"}`},
	{"boundary", `putRolePermissionsBoundary: {roleName: Neo, permissionsBoundary: "arn:aws:iam::111122223333:policy/Extra"}`,
		`deleteRolePermissionsBoundary: {roleName: Neo}`},
	{"SCP", `attachPolicy: {policyId: p-2, targetId: "111122223333"}`, `detachPolicy: {policyId: p-2, targetId: 111122223333}`},
	{"SCP created", `{as: p-9, organizations.createPolicy: {name: n, type: SERVICE_CONTROL_POLICY, content: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "s3:*", Resource: "*"}]}}}`,
		`organizations.deletePolicy: {policyId: p-9}`},
	{"DNS support", `modifyVpcAttribute: {vpcId: vpc-a, enableDnsSupport: false}`, `modifyVpcAttribute: {vpcId: vpc-a, enableDnsSupport: {value: true}}`},
	{"subnet", `{as: subnet-7, createSubnet: {vpcId: vpc-a, cidrBlock: 10.0.7.0/24, availabilityZone: us-east-1a}}`, `deleteSubnet: {subnetId: subnet-7}`},
	{"security group", `{as: sg-0, createSecurityGroup: {groupName: n, vpcId: vpc-a}}`, `deleteSecurityGroup: {groupId: sg-0}`},
	{"network ACL", `{as: acl-0, createNetworkAcl: {vpcId: vpc-a}}`, `deleteNetworkAcl: {networkAclId: acl-0}`},
	{"route table", `{as: rtb-0, createRouteTable: {vpcId: vpc-a}}`, `deleteRouteTable: {routeTableId: rtb-0}`},
	{"association", `replaceRouteTableAssociation: {subnetId: subnet-9, routeTableId: rtb-1}`, `patch: [{op: test, path: /schema, value: canreach.snapshot/v1}]`},
	{"block public access", `putPublicAccessBlock: {accountId: 111122223333, publicAccessBlockConfiguration: {blockPublicAcls: true}}`, `deletePublicAccessBlock: {accountId: "111122223333"}`},
	{"tags", `createTags: {resources: [vpce-g], tags: [{key: a, value: b}]}`, `deleteTags: {resources: [vpce-g], tags: [{key: a}]}`},
	{"exclusion", `{as: vpcbpa-exclude-1, createVpcBlockPublicAccessExclusion: {vpcId: vpc-a, internetGatewayExclusionMode: allow-egress}}`, `deleteVpcBlockPublicAccessExclusion: {exclusionId: vpcbpa-exclude-1}`},
	{"encryption control", `{as: vpcec-1, createVpcEncryptionControl: {vpcId: vpc-a}}`, `deleteVpcEncryptionControl: {vpcEncryptionControlId: vpcec-1}`},
	{"JSON Patch", `[{op: add, path: /accounts/0/regions/0/ec2/Vpcs/0/Extra, value: {a: [1]}}]`, `[{op: remove, path: /accounts/0/regions/0/ec2/Vpcs/0/Extra}]`},
}

func TestAChangeAndItsInverseLeaveTheBytes(t *testing.T) {
	native := base()
	for _, tc := range inverses {
		t.Run(tc.name, func(t *testing.T) {
			changed := mustApply(t, native, tc.do)
			if string(changed) == string(native) {
				t.Fatal("the change changed nothing")
			}
			if tc.name == "association" {
				return // its inverse is not the same association
			}
			back := mustApply(t, changed, tc.undo)
			want := native
			if strings.Contains("DNS support tags exclusion", tc.name) {
				// These leave an empty collection or an entry behind: same content.
				a, _ := jsontree.Parse(back)
				b, _ := jsontree.Parse(native)
				if tc.name == "DNS support" && !jsontree.Equal(a.Root, b.Root) {
					t.Fatal("another content")
				}
				return
			}
			if string(back) != string(want) {
				t.Errorf("the bytes differ:\n%s", firstDifference(string(back), string(want)))
			}
		})
	}
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "…" + a[max(0, i-200):min(len(a), i+200)] + "…\nwant\n…" + b[max(0, i-200):min(len(b), i+200)] + "…"
		}
	}
	return "one is the beginning of the other"
}

// Every sequence of additions, undone in reverse, leaves the very bytes.
func TestSequencesUndoneInReverse(t *testing.T) {
	native := base()
	rapid.Check(t, func(t *rapid.T) {
		picks := rapid.SliceOfNDistinct(rapid.IntRange(0, len(inverses)-1), 1, 6, rapid.ID[int]).Draw(t, "changes")
		text := native
		var undo []string
		for _, i := range picks {
			tc := inverses[i]
			if strings.Contains("association DNS support tags exclusion", tc.name) || tc.name == "endpoint" && touches(undo, "rtb-9") || tc.name == "endpoint's table" && touches(undo, "vpce-z") {
				continue
			}
			text = applyRapid(t, text, tc.do)
			undo = append(undo, tc.undo)
		}
		for i := len(undo) - 1; i >= 0; i-- {
			text = applyRapid(t, text, undo[i])
		}
		if string(text) != string(native) {
			t.Fatalf("the bytes differ: %s", firstDifference(string(text), string(native)))
		}
	})
}

func touches(undo []string, what string) bool {
	return strings.Contains(strings.Join(undo, "\n"), what)
}

func applyRapid(t *rapid.T, native []byte, yaml string) []byte {
	changes, err := change.Parse("c.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	a, err := change.Apply(native, changes)
	if err != nil {
		t.Fatal(err)
	}
	return a.Native
}

func TestAWSWouldRefuse(t *testing.T) {
	native := base()
	allow := `{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/*"}]}`
	for _, tc := range []struct{ name, do, want string }{
		{"a second S3 endpoint on one table (N43)", `modifyVpcEndpoint: {vpcEndpointId: vpce-g2, addRouteTableIds: [rtb-1]}`, "RouteAlreadyExists: route table rtb-1 already has a route with destination-prefix-list-id pl-s3, by vpce-g"},
		{"a malformed endpoint policy (P8)", `modifyVpcEndpoint: {vpcEndpointId: vpce-g, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}`, "InvalidPolicyDocument: POLICY_MALFORMED"},
		{"a malformed bucket policy (T9)", `putBucketPolicy: {bucket: reports, policy: {Version: "2012-10-17", Statement: [{Effect: allow, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::reports"}]}}`, "MalformedPolicy: POLICY_MALFORMED"},
		{"a policy version of today (T1)", `putRolePolicy: {roleName: Neo, policyName: p, policyDocument: {Version: "2026-01-01", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}`, "MalformedPolicyDocument"},
		{"another bucket's resource (P58)", `putBucketPolicy: {bucket: reports, policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::other/*"}]}}`, "policy has invalid resource"},
		{"overlapping subnets", `createSubnet: {vpcId: vpc-a, cidrBlock: 10.0.1.128/25}`, "InvalidSubnet.Conflict: the CIDR 10.0.1.128/25 conflicts with subnet-1"},
		{"a subnet outside its VPC", `createSubnet: {vpcId: vpc-a, cidrBlock: 10.9.0.0/24}`, "InvalidSubnet.Range"},
		{"a rule number twice", `createNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 100, protocol: "-1", ruleAction: allow, egress: true, cidrBlock: 0.0.0.0/0}`, "NetworkAclEntryAlreadyExists"},
		{"the final deny", `deleteNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 32767, egress: true}`, "InvalidParameterValue"},
		{"a group of nearly that name", `authorizeSecurityGroupEgress: {groupId: sg-11, ipPermissions: []}`, `the security group "sg-11" is not in the snapshot; did you mean sg-1?`},
		{"an unknown group", `authorizeSecurityGroupEgress: {groupId: sg-9, ipPermissions: []}`, `InvalidGroup.NotFound: the security group "sg-9" is not in the snapshot`},
		{"a rule twice", `authorizeSecurityGroupEgress: {groupId: sg-1, ipPermissions: [{ipProtocol: "-1", ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, "InvalidPermission.Duplicate"},
		{"a rule that is not there", `revokeSecurityGroupEgress: {groupId: sg-1, ipPermissions: [{ipProtocol: tcp, fromPort: 1, toPort: 2, ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, "InvalidPermission.NotFound"},
		{"a group of another VPC", `authorizeSecurityGroupEgress: {groupId: sg-1, ipPermissions: [{ipProtocol: "-1", userIdGroupPairs: [{groupId: sg-b}]}]}`, "neither the VPC of sg-1 nor peered"},
		{"an unknown prefix list", `authorizeSecurityGroupEgress: {groupId: sg-1, ipPermissions: [{ipProtocol: "-1", prefixListIds: [{prefixListId: pl-x}]}]}`, "InvalidPrefixListID.NotFound"},
		{"a gateway that is attached elsewhere", `createRoute: {routeTableId: rtb-b, destinationCidrBlock: 0.0.0.0/0, gatewayId: igw-1}`, "belong to different networks"},
		{"a local route", `deleteRoute: {routeTableId: rtb-1, destinationCidrBlock: 10.0.0.0/16}`, "cannot remove local route"},
		{"an endpoint's route (N45)", `deleteRoute: {routeTableId: rtb-1, destinationPrefixListId: pl-s3}`, "cannot change VPC endpoint route"},
		{"an endpoint's route by hand (N45)", `createRoute: {routeTableId: rtb-9, destinationPrefixListId: pl-s3, gatewayId: vpce-g}`, "can't be made by hand"},
		{"a route into the VPC (N20)", `createRoute: {routeTableId: rtb-1, destinationCidrBlock: 10.0.1.0/25, gatewayId: igw-1}`, "more specific than local"},
		{"an endpoint on another VPC's table", `modifyVpcEndpoint: {vpcEndpointId: vpce-g, addRouteTableIds: [rtb-b]}`, "belongs to vpc-b"},
		{"another Region's gateway endpoint (N41)", `createVpcEndpoint: {vpcId: vpc-a, serviceName: com.amazonaws.eu-west-1.s3}`, "InvalidServiceName"},
		{"a table that has an association", `deleteRouteTable: {routeTableId: rtb-1}`, "DependencyViolation"},
		{"the last SCP", `detachPolicy: {policyId: p-1, targetId: "111122223333"}`, "ConstraintViolationException"},
		{"an SCP on nothing", `attachPolicy: {policyId: p-2, targetId: ou-nope}`, "TargetNotFoundException"},
		{"a second association", `associateRouteTable: {routeTableId: rtb-1, subnetId: subnet-9}`, "Resource.AlreadyAssociated"},
		{"an unknown role", `putRolePolicy: {roleName: Nope, policyName: p, policyDocument: ` + allow + `}`, "NoSuchEntity"},
		{"a Principal in an identity policy (P8)", `putRolePolicy: {roleName: Neo, policyName: p, policyDocument: ` + allow + `}`, "MalformedPolicyDocument"},
		{"a policy beyond its size (P16)", `putRolePolicy: {roleName: Neo, policyName: p, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::` + strings.Repeat("x", 11000) + `"}]}}`, "POLICY_TOO_LARGE"},
		{"a patch's failed test", `[{op: test, path: /schema, value: x}]`, "the value there is another"},
		{"a patch into nothing", `[{op: remove, path: /nope}]`, "nothing is there"},
		{"private DNS without its attributes (N67)", "- modifyVpcAttribute: {vpcId: vpc-a, enableDnsHostnames: false}\n- createVpcEndpoint: {vpcId: vpc-a, vpcEndpointType: Interface, serviceName: com.amazonaws.us-east-1.s3, subnetIds: [subnet-1], securityGroupIds: [sg-1]}", "needs both DNS attributes"},
		{"two endpoint subnets in one zone (N62)", "createVpcEndpoint: {vpcId: vpc-a, vpcEndpointType: Interface, serviceName: com.amazonaws.us-east-1.s3, subnetIds: [subnet-1, subnet-9], securityGroupIds: [sg-1]}", "DuplicateSubnetsInSameZone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := apply(t, native, tc.do)
			var refused *change.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
	}
}

// One more than 40 rules in a direction is refused, whatever the quota (N96b).
func TestNetworkACLRuleLimit(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		b.WriteString("- createNetworkAclEntry: {networkAclId: acl-1, ruleNumber: " + strings.Repeat("1", 1) + "0" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + `, protocol: "-1", ruleAction: allow, egress: true, cidrBlock: 10.0.0.0/8}` + "\n")
	}
	if _, err := apply(t, base(), b.String()); err == nil || !strings.Contains(err.Error(), "NetworkAclEntryLimitExceeded") {
		t.Errorf("got %v", err)
	}
}

func TestMistakesInAFileAreToldWithTheirPlace(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"- creatRoute: {}\n", `c.yaml:1:3: "creatRoute" is not an operation that can be made here; did you mean createRoute?`},
		{"- createRoute:\n    routeTabelId: rtb-1\n", `c.yaml:2:5: createRoute has no parameter "routeTabelId"; did you mean RouteTableId?`},
		{"- createRoute: {destinationCidrBlock: 0.0.0.0/0}\n", "c.yaml:1:17: createRoute lacks RouteTableId"},
		{"- createNetworkAclEntry: {networkAclId: a, ruleNumber: x}\n", `createNetworkAclEntry.RuleNumber takes a whole number, not "x"`},
		{"- createNetworkAclEntry: {networkAclId: a, ruleNumber: 1, egress: true, protocol: 6, ruleAction: pass}\n", `it may be allow, deny`},
		{"- createRoute: {routeTableId: a}\n  deleteRoute: {routeTableId: a}\n", "one list item is one change"},
		{"- 7\n", "c.yaml:1:3: a change is a mapping"},
		{"changes: 7\n", "changes takes a list"},
		{"schema: v9\nchanges: []\n", `schema "v9" is not canreach.change/v1`},
		{"", "no change is in the file"},
		{"- patch: [{op: frob, path: /x}]\n", `"frob" is not an operation of a JSON Patch`},
		{"- putBucketPolicy: {bucket: b, policy: [1]}\n", "takes a policy document, not a list"},
	} {
		_, err := change.Parse("c.yaml", []byte(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q:\ngot  %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

func TestOneFileInManyForms(t *testing.T) {
	want := `[{"createRoute":{"routeTableId":"rtb-1","destinationCidrBlock":"0.0.0.0/0","gatewayId":"igw-1"}}]`
	for _, text := range []string{
		"createRoute: {routeTableId: rtb-1, destinationCidrBlock: 0.0.0.0/0, gatewayId: igw-1}",
		"- create-route: {route-table-id: rtb-1, destination-cidr-block: 0.0.0.0/0, gateway-id: igw-1}",
		"schema: canreach.change/v1\nchanges:\n- ec2.CreateRoute: {RouteTableId: rtb-1, DestinationCidrBlock: 0.0.0.0/0, GatewayId: igw-1}",
		`{"CreateRoute": {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}}`,
	} {
		changes, err := change.Parse("c", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(change.JSON(changes)); got != want {
			t.Errorf("%s\ngot %s", text, got)
		}
	}
}

// What the program prints, it reads: YAML and JSON say the same changes.
func TestPrintedChangesReadBack(t *testing.T) {
	for _, tc := range inverses {
		changes, err := change.Parse("c.yaml", []byte(tc.do))
		if err != nil {
			t.Fatal(err)
		}
		want := string(change.JSON(changes))
		for name, text := range map[string]string{"YAML": change.YAML(changes), "JSON": want} {
			again, err := change.Parse("c."+strings.ToLower(name), []byte(text))
			if err != nil {
				t.Fatalf("%s: %v in\n%s", tc.name, err, text)
			}
			if got := string(change.JSON(again)); got != want {
				t.Errorf("%s as %s:\n%s\ngot  %s\nwant %s", tc.name, name, text, got, want)
			}
		}
	}
}

func TestCommands(t *testing.T) {
	for _, tc := range []struct{ yaml, want string }{
		{"modifyVpcEndpoint: {vpcEndpointId: vpce-1, addRouteTableIds: [rtb-1, rtb-2]}", "aws ec2 modify-vpc-endpoint --vpc-endpoint-id vpce-1 --add-route-table-ids rtb-1 rtb-2"},
		{"createNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 90, egress: false, protocol: 6, ruleAction: allow, cidrBlock: 0.0.0.0/0, portRange: {from: 1, to: 2}}",
			`aws ec2 create-network-acl-entry --network-acl-id acl-1 --rule-number 90 --ingress --protocol 6 --rule-action allow --cidr-block 0.0.0.0/0 --port-range '{"From":1,"To":2}'`},
		{"{region: eu-west-1, modifyVpcEndpoint: {vpcEndpointId: vpce-1, privateDnsEnabled: false}}", "aws ec2 modify-vpc-endpoint --region eu-west-1 --vpc-endpoint-id vpce-1 --no-private-dns-enabled"},
		{"putRolePolicy: {roleName: \"it's\", policyName: p, policyDocument: {Version: \"2012-10-17\"}}", `aws iam put-role-policy --role-name 'it'\''s' --policy-name p --policy-document '{"Version":"2012-10-17"}'`},
		{"deletePublicAccessBlock: {accountId: 111122223333}", "aws s3control delete-public-access-block --account-id 111122223333"},
		{"putBucketEncryption: {bucket: b, serverSideEncryptionConfiguration: {rules: [{applyServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}}",
			`aws s3api put-bucket-encryption --bucket b --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'`},
		{"replaceRouteTableAssociation: {subnetId: subnet-1, routeTableId: rtb-2}", `aws ec2 replace-route-table-association --association-id "$(aws ec2 describe-route-tables --filters ` +
			`Name=association.subnet-id,Values=subnet-1 --query "RouteTables[].Associations[?SubnetId=='subnet-1'].RouteTableAssociationId[]" --output text)" --route-table-id rtb-2`},
		{"replaceNetworkAclAssociation: {subnetId: subnet-1, networkAclId: acl-2}", `aws ec2 replace-network-acl-association --association-id "$(aws ec2 describe-network-acls --filters ` +
			`Name=association.subnet-id,Values=subnet-1 --query "NetworkAcls[].Associations[?SubnetId=='subnet-1'].NetworkAclAssociationId[]" --output text)" --network-acl-id acl-2`},
		{"deleteRolePolicy: {roleName: \"arn:aws:iam::111122223333:role/a/Neo\", policyName: --profile}", "aws iam delete-role-policy --role-name Neo --policy-name=--profile"},
		{"createSecurityGroup: {groupName: \"a b\", vpcId: vpc-1}", "aws ec2 create-security-group --group-name 'a b' --vpc-id vpc-1 --description 'a b'"},
		{"deleteTags: {resources: [vpc-1], tags: [{key: \"$(id)`id`'\"}]}", "aws ec2 delete-tags --resources vpc-1 --tags '[{\"Key\":\"$(id)`id`'\\''\"}]'"},
	} {
		changes, err := change.Parse("c.yaml", []byte(tc.yaml))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := changes[0].Command(); !ok || got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

// The twin of the patch operation is another implementation of RFC 6902.
func TestPatchAgreesWithAnotherImplementation(t *testing.T) {
	native := []byte(`{"a": {"b": [1, 2, {"c": null}], "x~y": "t"}, "d/e": [], "f": "g"}`)
	paths := []string{"/a", "/a/b", "/a/b/0", "/a/b/2/c", "/a/b/-", "/a/b/3", "/a/x~0y", "/d~1e", "/d~1e/0", "/f", "/n", "/n/m", "/a/b/1", "/a/b/9"}
	values := []string{`1`, `"t"`, `[1,2]`, `{"k":null}`, `null`}
	rapid.Check(t, func(t *rapid.T) {
		var steps []string
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			path, from := rapid.SampledFrom(paths).Draw(t, "path"), rapid.SampledFrom(paths).Draw(t, "from")
			op := rapid.SampledFrom([]string{"add", "remove", "replace", "move", "copy", "test"}).Draw(t, "op")
			steps = append(steps, `{"op":"`+op+`","path":"`+path+`","from":"`+from+`","value":`+rapid.SampledFrom(values).Draw(t, "value")+`}`)
		}
		text := "[" + strings.Join(steps, ",") + "]"
		changes, err := change.Parse("p.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, gotErr := change.Apply(native, changes)
		if strings.Contains(text, `"op":"test"`) && strings.Contains(text, "null") {
			return // the twin takes a missing member for null, and panics on null beside an array
		}
		p, err := jsonpatch.DecodePatch([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		options := jsonpatch.NewApplyOptions()
		options.SupportNegativeIndices = false
		want, wantErr := p.ApplyWithOptions(native, options)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("%s: %v, the twin: %v", text, gotErr, wantErr)
		}
		if gotErr == nil && !sameJSON(got.Native, want) { // its own Equal panics on null in an array
			t.Fatalf("%s:\n%s, the twin:\n%s", text, got.Native, want)
		}
	})
}

func sameJSON(a, b []byte) bool {
	x, errX := jsontree.Parse(a)
	y, errY := jsontree.Parse(b)
	return errX == nil && errY == nil && jsontree.Equal(x.Root, y.Root)
}

func TestThePublishedSchema(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "schema", "change.schema.json")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, change.JSONSchema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(change.JSONSchema()) {
		t.Fatalf("docs/schema/change.schema.json is not what the program says (%v): UPDATE=1 go test ./sim/change", err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(change.JSONSchema())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(change.SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(change.SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range inverses {
		changes, err := change.Parse("c.yaml", []byte(tc.do))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(change.JSON(changes))))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	bad, _ := jsonschema.UnmarshalJSON(strings.NewReader(`[{"createRoute":{"routeTabelId":"x"}}]`))
	if schema.Validate(bad) == nil {
		t.Error("the schema takes a misspelt parameter")
	}
}

func FuzzParse(f *testing.F) {
	for _, tc := range inverses {
		f.Add(tc.do)
		f.Add(tc.undo)
	}
	native := base()
	f.Fuzz(func(t *testing.T, text string) {
		changes, err := change.Parse("c", []byte(text))
		if err != nil {
			return
		}
		if a, err := change.Apply(native, changes); err == nil && !json.Valid(a.Native) {
			t.Error("the changed snapshot is no JSON")
		}
		for _, c := range changes {
			c.Command()
		}
		if _, err := change.Parse("c.yaml", []byte(change.YAML(changes))); err != nil {
			t.Errorf("%s\nreads as %v", change.YAML(changes), err)
		}
	})
}
