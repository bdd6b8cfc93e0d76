package network

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// A transit gateway that another account shares: its owner sees what the
// attachment is associated with, the VPC's owner in which subnets it is (N12, N134).
func TestSharedTransitGateway(t *testing.T) {
	shared := func() *world {
		w := base()
		w.noPL("rt1")
		w.route("rt1", "0.0.0.0/0", snapshot.TargetTransitGateway, "tgw-1")
		w.ec2.TGWAttachments = got(snapshot.TGWAttachment{ID: "att-1", Gateway: "tgw-1", GatewayOwner: "444455556666", ResourceType: "vpc", ResourceID: "vpc-1", State: "available",
			Subnets: []snapshot.SubnetID{"s1"}, SubnetsKnown: true, AssociationKnown: true, IPv6Support: "enable"})
		return w
	}
	w := shared()
	r, err := NewModel(w.snap).Ask(w.s3())
	if err != nil || r.Outcome != Unknown || !strings.Contains(codes(r), "UNK_TGW_ROUTES") {
		t.Errorf("the gateway's own account is not captured: %v %v %s", err, r.Outcome, codes(r))
	}

	w = shared()
	owner := &snapshot.Account{ID: "444455556666"}
	region := &snapshot.Region{Account: owner, Name: "us-east-1"}
	owner.Regions = []*snapshot.Region{region}
	region.EC2.TGWAttachments = got(snapshot.TGWAttachment{ID: "att-1", Gateway: "tgw-1", GatewayOwner: "444455556666", ResourceType: "vpc", ResourceID: "vpc-1", State: "available",
		AssociatedTable: "tgw-rtb-1", AssociationState: "associated", AssociationKnown: true})
	region.EC2.TGWRouteTables = got(snapshot.TGWRouteTable{ID: "tgw-rtb-1", Gateway: "tgw-1", RoutesKnown: true})
	w.snap.Accounts = append(w.snap.Accounts, owner)
	m := NewModel(w.snap)
	if a := m.x.TGWAttachments.Get("att-1").Item; a.AssociatedTable != "tgw-rtb-1" || !a.SubnetsKnown || a.IPv6Support != "enable" {
		t.Errorf("both captures together: %+v", a)
	}
	r, err = m.Ask(w.s3())
	if err != nil || r.Outcome != Blocked || !strings.Contains(codes(r), "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT") {
		t.Errorf("the table of the gateway's account decides: %v %v %s", err, r.Outcome, codes(r))
	}
}
