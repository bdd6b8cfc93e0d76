package change_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// What is tried out is what the changed text says, read anew.
func TestATriedSnapshotIsThatOfTheChangedText(t *testing.T) {
	compareTries(t, world.Network(world.NAT(), world.IFE(), world.Interface("eni-x", "subnet-1", "10.0.1.50", "sg-1")).JSON())
	// What could not be read stays so, in lists that are read anew and in those that are not.
	compareTries(t, world.Network(world.NAT(), world.Unset("NetworkAcls", "acl-1", "VpcId"), world.Unset("SecurityGroups", "sg-1", "IpPermissionsEgress"), world.Unset("RouteTables", "rtb-9", "VpcId"),
		world.Refused("DescribeSubnets"), world.Refused("DescribeVpcAttribute"), world.Do(func(w *world.World) {
			header := w.Root()["capture"].(world.Obj)
			header["gaps"] = append(header["gaps"].(world.List), world.Obj{"service": "s3", "operation": "GetBucketEncryption", "resource": "reports", "code": "AccessDenied"},
				world.Obj{"service": "iam", "operation": "GetPolicyVersion", "resource": "arn:aws:iam::111122223333:policy/p", "code": "AccessDenied"})
		})).JSON())
}

func compareTries(t *testing.T, native []byte) {
	t.Helper()
	base, err := change.Open(native)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`authorizeSecurityGroupIngress: {groupId: sg-1, ipPermissions: [{ipProtocol: tcp, fromPort: 1, toPort: 2, ipRanges: [{cidrIp: 10.0.0.0/8}]}]}`,
		`deleteRoute: {routeTableId: rtb-1, destinationPrefixListId: pl-s3}`,
		`modifyVpcEndpoint: {vpcEndpointId: vpce-g, removeRouteTableIds: [rtb-1]}`,
		`putBucketPolicy: {bucket: reports, policy: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::reports/*"}]}}`,
		`createNetworkInterface: {subnetId: subnet-1, groups: [sg-1]}`,
		`modifyVpcAttribute: {vpcId: vpc-a, enableDnsSupport: {value: false}}`,
		`{as: vpce-n, createVpcEndpoint: {vpcId: vpc-a, vpcEndpointType: Interface, serviceName: com.amazonaws.us-east-1.sts, subnetIds: [subnet-1], securityGroupIds: [sg-1]}}`,
		`{patch: [{op: replace, path: /accounts/0/regions/0/ec2/VpcEndpoints/0/State, value: pending}]}`,
		`{patch: [{op: remove, path: /accounts/0/regions/0/ec2/RouteTables}]}`,
		`{patch: [{op: remove, path: /accounts/0/regions/0/ec2/NetworkInterfaces/0}]}`,
	} {
		changes, err := change.Parse("c.yaml", []byte(text))
		if err != nil {
			continue // there is no such operation
		}
		applied, slowErr := change.Apply(native, changes)
		got, _, err := base.Try(changes)
		if (err == nil) != (slowErr == nil) {
			t.Errorf("%s: %v, by the text %v", text, err, slowErr)
			continue
		}
		if err != nil {
			continue
		}
		want, err := snapshot.Parse(applied.Native)
		if err != nil {
			t.Fatal(err)
		}
		got.SHA256, got.Size = want.SHA256, want.Size // of the text, which Try does not write
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the snapshots differ", text)
		}
	}
}

// Goroutines may share a base: none sees what another tries.
func TestABaseIsSharedByGoroutines(t *testing.T) {
	base, err := change.Open(world.Network().JSON())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := fmt.Sprintf("10.%d.0.0/16", i+1)
			changes, err := change.Parse("c.yaml", []byte("authorizeSecurityGroupIngress: {groupId: sg-1, ipPermissions: [{ipProtocol: tcp, fromPort: 1, toPort: 2, ipRanges: [{cidrIp: "+id+"}]}]}"))
			if err != nil {
				t.Error(err)
				return
			}
			for range 20 {
				s, _, err := base.Try(changes)
				if err != nil {
					t.Error(err)
					return
				}
				n := 0
				for _, g := range s.Accounts[0].Regions[0].EC2.SecurityGroups.Items {
					if g.ID == "sg-1" {
						n = len(g.Ingress)
					}
				}
				if was := len(base.Snapshot().Accounts[0].Regions[0].EC2.SecurityGroups.Items[0].Ingress); n != was+1 {
					t.Errorf("%d rules, %d before", n, was)
				}
			}
		})
	}
	wg.Wait()
}
