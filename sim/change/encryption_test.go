package change_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// encryptionWorld is vpc-a with everything that enforce mode does not take but
// by exclusion, and vpc-b, peered with it.
func encryptionWorld(edits ...world.Edit) []byte {
	return world.Network(world.VPC("vpc-b", "10.1.0.0/16"), world.Peering("pcx-1", "vpc-a", "vpc-b"), world.All(edits...)).JSON()
}

func TestEncryptionControlsAreMadeInMonitorMode(t *testing.T) {
	text := mustApply(t, encryptionWorld(), "{as: vpcec-1, createVpcEncryptionControl: {vpcId: vpc-a}}")
	text = mustApply(t, text, "modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-1, mode: enforce, vpcPeeringExclusion: enable, natGatewayExclusion: disable}")
	c := controlsIn(t, text)[0]
	if c.VPC != "vpc-a" || c.Mode != "enforce" || c.State != "available" || len(c.Exclusions) != 2 ||
		c.Exclusions[0] != (snapshot.EncryptionExclusion{Resource: "NatGateway", State: "disabled"}) || c.Exclusions[1] != (snapshot.EncryptionExclusion{Resource: "VpcPeering", State: "enabled"}) {
		t.Errorf("%+v", c)
	}
	text = mustApply(t, text, "deleteVpcEncryptionControl: {vpcEncryptionControlId: vpcec-1}")
	if left := controlsIn(t, text); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

func controlsIn(t *testing.T, native []byte) []snapshot.VPCEncryptionControl {
	t.Helper()
	s, err := snapshot.Parse(native)
	if err != nil {
		t.Fatal(err)
	}
	return s.Accounts[0].Regions[0].EC2.EncryptionControls.Items
}

// TestEncryptionControlsOfACollectionThatNobodyAskedFor: what is made is told
// in its VPC, so that of the other VPCs nothing is said.
func TestEncryptionControlsOfACollectionThatNobodyAskedFor(t *testing.T) {
	text := mustApply(t, encryptionWorld(world.NotCollected("VpcEncryptionControls")), "{as: vpcec-1, createVpcEncryptionControl: {vpcId: vpc-a}}")
	text = mustApply(t, text, "modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-1, mode: enforce, vpcPeeringExclusion: enable}")
	e := func(native []byte) *snapshot.EC2 {
		s, err := snapshot.Parse(native)
		if err != nil {
			t.Fatal(err)
		}
		return &s.Accounts[0].Regions[0].EC2
	}
	if v := e(text); v.EncryptionControls.Presence != snapshot.NotCollected || v.VPCs.Items[0].Encryption == nil || v.VPCs.Items[0].Encryption.Mode != "enforce" || v.VPCs.Items[1].Encryption != nil {
		t.Errorf("%+v, %+v", v.EncryptionControls, v.VPCs.Items[0].Encryption)
	}
	text = mustApply(t, text, "deleteVpcEncryptionControl: {vpcEncryptionControlId: vpcec-1}")
	if v := e(text); v.VPCs.Items[0].Encryption == nil || v.VPCs.Items[0].Encryption.State != "deleted" {
		t.Errorf("%+v", v.VPCs.Items[0].Encryption)
	}
	if _, err := apply(t, text, "deleteVpcEncryptionControl: {vpcEncryptionControlId: vpcec-1}"); err == nil {
		t.Error("it is deleted twice")
	}
	mustApply(t, text, "{as: vpcec-2, createVpcEncryptionControl: {vpcId: vpc-a}}")
}

// TestBothTellingsOfAControlChangeTogether: else they would contradict.
func TestBothTellingsOfAControlChangeTogether(t *testing.T) {
	text := mustApply(t, encryptionWorld(world.EncryptionControl("vpc-a", "enforce", "VpcPeering"),
		world.Set("Vpcs", "vpc-a", "EncryptionControl", world.Obj{"VpcEncryptionControlId": "vpcec-vpc-a", "Mode": "enforce", "State": "available"})),
		"modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-vpc-a, mode: monitor}")
	tree, err := jsontree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"Vpcs/0/EncryptionControl", "VpcEncryptionControls/0"} {
		if m := tree.Root.Resolve("/accounts/0/regions/0/ec2/" + at + "/Mode").Text(); m != "monitor" {
			t.Errorf("%s is in mode %q", at, m)
		}
	}
}

func TestEnforceModeRefusesWhatDoesNotEncrypt(t *testing.T) { // N132
	monitor := world.EncryptionControl("vpc-a", "monitor", "VpcPeering")
	enforce := world.EncryptionControl("vpc-a", "enforce", "VpcPeering")
	sealed := world.All(world.EncryptionControl("vpc-a", "enforce"), world.EncryptionControl("vpc-b", "enforce"))
	on := "modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-vpc-a, mode: enforce"
	gwlb := world.All(world.Subnet("subnet-7", "vpc-a", "10.0.7.0/24", "us-east-1a"), world.GWLB("vpce-w", "vpc-a", "subnet-7"))
	for _, c := range []struct {
		name  string
		edits []world.Edit
		do    string
		want  string // in the refusal; empty: it is done
	}{
		{"nothing in the way", []world.Edit{monitor}, on + "}", ""},
		{"an internet gateway", []world.Edit{monitor, world.IGW("igw-1", "vpc-a")}, on + "}", "holds igw-1: internet gateways need the InternetGateway exclusion"},
		{"an internet gateway, excluded with it", []world.Edit{monitor, world.IGW("igw-1", "vpc-a")}, on + ", internetGatewayExclusion: enable}", ""},
		{"another VPC's internet gateway", []world.Edit{monitor, world.IGW("igw-1", "vpc-b")}, on + "}", ""},
		{"a NAT gateway", []world.Edit{monitor, world.NAT()}, on + ", internetGatewayExclusion: enable}", "holds nat-1: NAT gateways"},
		{"a NAT gateway that is gone", []world.Edit{monitor, world.NAT(), world.Set("NatGateways", "nat-1", "State", "deleted")}, on + ", internetGatewayExclusion: enable}", ""},
		{"a VPN gateway", []world.Edit{monitor, world.VGW("vgw-1", "vpc-a")}, on + "}", "virtual private gateways"},
		{"a Lambda function", []world.Edit{monitor, world.Interface("eni-l", "subnet-1", "10.0.1.9", "sg-1"), world.Set("NetworkInterfaces", "eni-l", "InterfaceType", "lambda")}, on + "}", "Lambda functions"},
		{"a Gateway Load Balancer endpoint", []world.Edit{monitor, gwlb}, on + "}", "holds vpce-w: Gateway Load Balancer"},
		{"a Local Zone subnet", []world.Edit{monitor, world.Set("Subnets", "subnet-1", "AvailabilityZone", "us-west-2-lax-1a")}, on + "}", "Local Zone subnets are not supported"},
		{"a peering with a VPC that does not enforce", []world.Edit{world.EncryptionControl("vpc-a", "monitor")}, on + "}", "pcx-1 leads out of it"},
		{"a peering with a VPC that does", []world.Edit{world.EncryptionControl("vpc-a", "monitor"), world.EncryptionControl("vpc-b", "enforce")}, on + "}", ""},
		{"a peering with a VPC that does, less an exclusion", []world.Edit{world.EncryptionControl("vpc-a", "monitor"), world.EncryptionControl("vpc-b", "enforce", "Lambda", "VpcPeering")}, on + "}", "vpc-a is in enforce mode and pcx-1"},
		{"back to monitor mode while the peer relies on it", []world.Edit{sealed}, "modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-vpc-a, mode: monitor}", "vpc-b is in enforce mode and pcx-1"},
		{"an exclusion taken away that is needed", []world.Edit{world.EncryptionControl("vpc-a", "enforce", "VpcPeering", "InternetGateway"), world.IGW("igw-1", "vpc-a")},
			"modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-vpc-a, internetGatewayExclusion: disable}", "holds igw-1"},
		{"attaching an internet gateway", []world.Edit{enforce, world.Add("InternetGateways", world.Obj{"InternetGatewayId": "igw-1", "Attachments": world.List{}})}, "attachInternetGateway: {internetGatewayId: igw-1, vpcId: vpc-a}", "holds igw-1"},
		{"creating a NAT gateway", []world.Edit{enforce}, "createNatGateway: {subnetId: subnet-1, connectivityType: private}", "NAT gateways need the NatGateway exclusion"},
		{"creating a NAT gateway beside what was there before", []world.Edit{world.EncryptionControl("vpc-a", "enforce", "NatGateway"), world.IGW("igw-1", "vpc-a")}, "createNatGateway: {subnetId: subnet-1, connectivityType: private}", ""},
		{"creating a Local Zone subnet", []world.Edit{enforce}, "createSubnet: {vpcId: vpc-a, cidrBlock: 10.0.8.0/24, availabilityZone: us-east-1-bos-1a}", "Local Zone subnets"},
		{"a second control", []world.Edit{enforce}, "createVpcEncryptionControl: {vpcId: vpc-a}", "has a VPC encryption control already"},
		{"a control that is not there", nil, "deleteVpcEncryptionControl: {vpcEncryptionControlId: vpcec-x}", "is not in the snapshot"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := apply(t, encryptionWorld(c.edits...), c.do)
			var refused *change.RefusedError
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
