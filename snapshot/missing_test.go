package snapshot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// always holds one resource of each kind, with the members that AWS always sends.
const always = `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1",
"complete":["SecurityGroups","Subnets","RouteTables","NetworkAcls","VpcEndpoints","InternetGateways","NatGateways","VpcPeeringConnections","TransitGatewayAttachments"],"ec2":{
"SecurityGroups":[{"GroupId":"sg-1","VpcId":"vpc-1","IpPermissions":[],"IpPermissionsEgress":[]}],
"Subnets":[{"SubnetId":"subnet-1","VpcId":"vpc-1","CidrBlock":"10.0.0.0/24"}],
"RouteTables":[{"RouteTableId":"rtb-1","VpcId":"vpc-1","Associations":[{"SubnetId":"subnet-1"}],"Routes":[]}],
"NetworkAcls":[{"NetworkAclId":"acl-1","VpcId":"vpc-1","Associations":[{"SubnetId":"subnet-1"}],"Entries":[]}],
"VpcEndpoints":[{"VpcEndpointId":"vpce-1","VpcId":"vpc-1","ServiceName":"com.amazonaws.us-east-1.s3","VpcEndpointType":"Gateway"}],
"InternetGateways":[{"InternetGatewayId":"igw-1","Attachments":[{"VpcId":"vpc-1","State":"available"}]}],
"NatGateways":[{"NatGatewayId":"nat-1","VpcId":"vpc-1","State":"available","ConnectivityType":"public","NatGatewayAddresses":[{"PublicIp":"192.0.2.1"}]}],
"VpcPeeringConnections":[{"VpcPeeringConnectionId":"pcx-1","RequesterVpcInfo":{"VpcId":"vpc-1"},"AccepterVpcInfo":{"VpcId":"vpc-2"}}],
"TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","TransitGatewayId":"tgw-1"}]}}],
"iam":{"RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/R","RoleName":"R","AssumeRolePolicyDocument":{},"PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::aws:policy/B"},
"RolePolicyList":[{"PolicyName":"p","PolicyDocument":{}}],"AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::aws:policy/A"}]}],
"Policies":[{"Arn":"arn:aws:iam::aws:policy/A","DefaultVersionId":"v1","PolicyVersionList":[{"VersionId":"v1","Document":{}}]}]},
"s3":{"buckets":[{"Name":"b","OwnershipControls":{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]},
"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true},
"AccessControlPolicy":{"Grants":[{"Grantee":{"Type":"Group"},"Permission":"READ"}]},
"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}}]}}],
"organizations":{"serviceControlPolicies":[{"PolicySummary":{"Id":"p-1"},"Content":"{}","Targets":[{"TargetId":"r-1"}]}]}}`

// known tells which facts a snapshot settles. Nothing that always knows may be
// settled differently by a snapshot that lacks a member: it is left open.
func known(s *Snapshot) map[string]bool {
	e, role, b := &s.Accounts[0].Regions[0].EC2, &s.Accounts[0].IAM.Roles.Items[0], &s.Accounts[0].S3.Buckets.Items[0]
	scp := &s.Organizations.SCPs.Items[0]
	out := map[string]bool{
		"SecurityGroups": e.SecurityGroups.Complete && len(e.SecurityGroups.Items) == 1,
		"Subnets":        e.Subnets.Complete && len(e.Subnets.Items) == 1,
		"RouteTables":    e.RouteTables.Complete && len(e.RouteTables.Items) == 1 && e.RouteTables.Items[0].RoutesKnown && e.RouteTables.Items[0].AssociationsKnown,
		"NetworkAcls":    e.NetworkACLs.Complete && len(e.NetworkACLs.Items) == 1 && e.NetworkACLs.Items[0].SubnetsKnown && e.NetworkACLs.Items[0].EntriesKnown,
		"VpcEndpoints":   e.VPCEndpoints.Complete && len(e.VPCEndpoints.Items) == 1, "InternetGateways": len(e.InternetGateways.Items) == 1 && e.InternetGateways.Items[0].AttachmentsKnown,
		"NatGateways": e.NATGateways.Complete && len(e.NATGateways.Items) == 1, "VpcPeeringConnections": e.Peerings.Complete && len(e.Peerings.Items) == 1,
		"TransitGatewayAttachments": e.TGWAttachments.Complete && len(e.TGWAttachments.Items) == 1,
		"AssumeRolePolicyDocument":  role.Trust.Presence == Collected, "PermissionsBoundary": role.BoundaryPresence == Collected,
		"RolePolicyList":          role.InlinePresence == Collected && role.Inline[0].Document.Presence == Collected,
		"AttachedManagedPolicies": role.AttachedPresence == Collected, "Policies": s.Accounts[0].IAM.Policies.Items[0].Document.Presence == Collected,
		"OwnershipControls": b.OwnershipPresence == Collected, "PublicAccessBlockConfiguration": b.PublicAccessBlock.Presence == Collected,
		"AccessControlPolicy": b.ACLPresence == Collected, "ServerSideEncryptionConfiguration": b.Encryption.Presence == Collected,
		"serviceControlPolicies": scp.Document.Presence == Collected && scp.TargetsPresence == Collected,
	}
	return out
}

// A member that AWS always sends is deleted, or made null, one at a time: what
// it told is then open, and nothing else is.
func TestWhatAWSAlwaysSendsIsNeverDefaulted(t *testing.T) {
	base, err := Parse([]byte(always))
	if err != nil {
		t.Fatal(err)
	}
	for fact, ok := range known(base) {
		if !ok {
			t.Errorf("%s is not known to begin with", fact)
		}
	}
	for _, tt := range []struct{ member, fact string }{
		{"SecurityGroups/0/VpcId", "SecurityGroups"}, {"SecurityGroups/0/VpcId", "SecurityGroups"}, {"Subnets/0/VpcId", "Subnets"},
		{"Subnets/0/CidrBlock", "Subnets"}, {"RouteTables/0/VpcId", "RouteTables"}, {"RouteTables/0/Routes", "RouteTables"},
		{"RouteTables/0/Associations", "RouteTables"}, {"RouteTables/0/Associations/0/SubnetId", "RouteTables"},
		{"NetworkAcls/0/VpcId", "NetworkAcls"}, {"NetworkAcls/0/Associations", "NetworkAcls"}, {"NetworkAcls/0/Associations/0/SubnetId", "NetworkAcls"},
		{"NetworkAcls/0/Entries", "NetworkAcls"}, {"VpcEndpoints/0/VpcId", "VpcEndpoints"}, {"VpcEndpoints/0/ServiceName", "VpcEndpoints"},
		{"VpcEndpoints/0/VpcEndpointType", "VpcEndpoints"}, {"InternetGateways/0/Attachments", "InternetGateways"},
		{"InternetGateways/0/Attachments/0/VpcId", "InternetGateways"}, {"NatGateways/0/NatGatewayAddresses", "NatGateways"},
		{"NatGateways/0/NatGatewayAddresses/0/PublicIp", "NatGateways"}, {"VpcPeeringConnections/0/AccepterVpcInfo/VpcId", "VpcPeeringConnections"},
		{"VpcPeeringConnections/0/RequesterVpcInfo", "VpcPeeringConnections"}, {"TransitGatewayAttachments/0/TransitGatewayId", "TransitGatewayAttachments"},
		{"PermissionsBoundary/PermissionsBoundaryArn", "PermissionsBoundary"}, {"PermissionsBoundary=null", "PermissionsBoundary"},
		{"AssumeRolePolicyDocument=null", "AssumeRolePolicyDocument"}, {"AssumeRolePolicyDocument", "AssumeRolePolicyDocument"},
		{"RolePolicyList/0/PolicyDocument=null", "RolePolicyList"}, {"RolePolicyList/0/PolicyDocument", "RolePolicyList"},
		{"AttachedManagedPolicies/0/PolicyArn", "AttachedManagedPolicies"}, {"PolicyVersionList/0/Document=null", "Policies"},
		{"OwnershipControls/Rules", "OwnershipControls"}, {"Rules/0/ObjectOwnership", "OwnershipControls"},
		{"PublicAccessBlockConfiguration/IgnorePublicAcls", "PublicAccessBlockConfiguration"}, {"Grants/0/Permission", "AccessControlPolicy"},
		{"ApplyServerSideEncryptionByDefault/SSEAlgorithm", "ServerSideEncryptionConfiguration"},
		{"serviceControlPolicies/0/Content=null", "serviceControlPolicies"}, {"serviceControlPolicies/0/Content", "serviceControlPolicies"},
		{"serviceControlPolicies/0/Targets", "serviceControlPolicies"}, {"Targets/0/TargetId", "serviceControlPolicies"},
	} {
		path, null := strings.CutSuffix(tt.member, "=null")
		s, err := Parse(without(t, always, path, null))
		if err != nil {
			t.Errorf("%s: %v", tt.member, err)
			continue
		}
		for fact, ok := range known(s) {
			if ok == (fact == tt.fact) {
				t.Errorf("without %s, %s is known: %v", tt.member, fact, ok)
			}
		}
	}
}

func TestStrictReadingRefusesHalfAReference(t *testing.T) {
	data := without(t, always, "PermissionsBoundary/PermissionsBoundaryArn", false)
	path := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Validate(path, Options{})
	if err == nil || !strings.Contains(err.Error(), "/accounts/0/iam/RoleDetailList/0/PermissionsBoundary: PermissionsBoundaryArn, which AWS always sends, is missing") {
		t.Error(err)
	}
}

// without returns the text without the member whose pointer ends in path, or
// with null in its place.
func without(t *testing.T, text, path string, null bool) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	found := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, member := range v {
				if strings.HasSuffix(at+"/"+key, "/"+path) {
					if found++; null {
						v[key] = nil
					} else {
						delete(v, key)
					}
					continue
				}
				walk(at+"/"+key, member)
			}
		case []any:
			for i, item := range v {
				walk(at+"/"+string(rune('0'+i)), item)
			}
		}
	}
	walk("", v)
	if found != 1 {
		t.Fatalf("%s stands %d times", path, found)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
