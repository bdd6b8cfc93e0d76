package network_test

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
)

// Rules that public problem reports and peers' test suites showed (N159 to
// N171), each with its twin.

// awsInterface adds eni-m in subnet-9 without a group, of a type that AWS manages or not.
func awsInterface(kind string) world.Edit {
	return world.All(world.Interface("eni-m", "subnet-9", "10.0.9.20"), world.PublicIP("eni-m", "198.51.100.40"),
		world.Set("NetworkInterfaces", "eni-m", "InterfaceType", kind))
}

var reportTraps = []trap{
	{id: "N159 a NAT gateway's own interface has no group to pass", edits: and(natDefault, awsInterface("nat_gateway")), from: fromInterface("eni-m"), want: reachable},
	{id: "N159 an interface of a customer's without a group", edits: and(natDefault, awsInterface("interface")), from: fromInterface("eni-m"),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},

	{id: "N161 Block Public Access that nobody asked for", edits: and(natDefault, noBPA), want: reachable, also: []string{"BPA_NOT_COLLECTED"}, flows: viaNAT},
	{id: "N161 and that AWS refused to tell", edits: and(natDefault, noBPA, world.Refused("DescribeVpcBlockPublicAccessOptions")), want: unknown, code: "UNK_BPA"},
	{id: "N161 a VPC's own state says otherwise, and exclusions are not told", edits: and(natDefault, noBPA,
		world.Set("Vpcs", "vpc-a", "BlockPublicAccessStates", world.Obj{"InternetGatewayBlockMode": "block-bidirectional"})),
		want: unknown, code: "UNK_BPA"},

	{id: "N10 a gateway of which the attachments are not told", edits: and(natDefault, world.Unset("InternetGateways", "igw-1", "Attachments")), want: unknown, code: "UNK_ROUTE_TARGET"},
	{id: "N10 and one that is attached to nothing", edits: and(natDefault, world.Set("InternetGateways", "igw-1", "Attachments", world.List{})), want: blocked, code: "BAD_STATE_ATTACHMENT"},
	{id: "N10 endpoints that were not collected may answer the name", edits: edits(world.IFE(), world.NoS3Route(), world.Egress("sg-1", world.Rule("tcp", "10.0.0.0/16")), world.NotCollected("VpcEndpoints")),
		want: unknown, code: "UNK_DNS"},
	{id: "N10 and none that there is", edits: edits(world.IFE(), world.NoS3Route(), world.Egress("sg-1", world.Rule("tcp", "10.0.0.0/16")), world.Remove("VpcEndpoints", "vpce-i"), world.Remove("NetworkInterfaces", "eni-i-1")),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},

	{id: "N160 replies over a transit gateway to what came by a peering", edits: otherLink, from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName),
		want: reachable, also: []string{"ASYMMETRIC_PATH"}, flows: viaIFE},
	{id: "N160 and its table does not know the client", edits: and(otherLink, world.Set("TransitGatewayRouteTables", "tgw-rtb-1", "Routes", world.List{})),
		from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName), want: blocked, code: "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"},
	{id: "N160 and the other gateway is not the client's", edits: and(otherLink, world.Remove("TransitGatewayAttachments", "tgw-attach-b"), world.Remove("TransitGatewayVpcAttachments", "tgw-attach-b")),
		from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName), want: blocked, code: noRoute},
	{id: "N160 the ACL of the attachment's subnet stops them", edits: and(otherLink, world.FilterExactly("subnet-bt", world.Entry(100, "out", "deny", "-1", "0.0.0.0/0"))),
		from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName), want: blocked, code: "SUBNET_ACL_RESTRICTION"},
}

// twoGateways is vpc-a on tgw-1, which is peered with tgw-2 of another Region,
// where vpc-7 has eni-7, 10.7.1.20.
var twoGateways = edits(world.Routes("rtb-1", world.To("10.7.0.0/16", "tgw-1")),
	world.TransitGateway("tgw-1", peeringRoute("10.7.0.0/16"), world.TGWRoute("10.0.0.0/16", "tgw-attach-a")),
	world.Attach("tgw-attach-a", "tgw-1", "vpc-a", "subnet-1"), gatewayPeering("tgw-1", "tgw-2", "tgw-rtb-1"),
	farRegion(world.VPC("vpc-7", "10.7.0.0/16"), world.ACL("acl-7", "vpc-7", true, world.AllowAll...), world.Subnet("subnet-7", "vpc-7", "10.7.1.0/24", "us-west-2a"),
		world.Table("rtb-7", "vpc-7", []string{"subnet-7"}, world.To("10.0.0.0/16", "tgw-2")),
		world.Group("sg-7", "vpc-7", []world.Obj{world.Rule("tcp", "10.0.0.0/16")}, nil), world.Interface("eni-7", "subnet-7", "10.7.1.20", "sg-7"),
		world.TransitGateway("tgw-2", world.TGWRoute("10.7.0.0/16", "tgw-attach-7"), peeringRoute("10.0.0.0/16")),
		world.Set("TransitGatewayRouteTables", "tgw-rtb-1", "TransitGatewayRouteTableId", "tgw-rtb-2"),
		world.Attach("tgw-attach-7", "tgw-2", "vpc-7", "subnet-7"), gatewayPeering("tgw-2", "tgw-1", "tgw-rtb-2"),
		world.Set("TransitGatewayAttachments", "tgw-attach-7", "Association", world.Obj{"TransitGatewayRouteTableId": "tgw-rtb-2", "State": "associated"})))

func farRegion(edits ...world.Edit) world.Edit {
	return world.In(world.AccountID, "us-west-2", edits...)
}

func peeringRoute(cidr string) world.Obj {
	return world.Obj{"DestinationCidrBlock": cidr, "Type": "static", "State": "active",
		"TransitGatewayAttachments": world.List{world.Obj{"TransitGatewayAttachmentId": "tgw-attach-p", "ResourceType": "peering"}}}
}

// gatewayPeering is one gateway's side of tgw-attach-p.
func gatewayPeering(own, other, table string) world.Edit {
	return world.Add("TransitGatewayAttachments", world.Obj{"TransitGatewayAttachmentId": "tgw-attach-p", "TransitGatewayId": own, "TransitGatewayOwnerId": world.AccountID,
		"ResourceType": "peering", "ResourceId": other, "ResourceOwnerId": world.AccountID, "State": "available",
		"Association": world.Obj{"TransitGatewayRouteTableId": table, "State": "associated"}})
}

// otherLink is T78, but that replies from vpc-a go by tgw-1.
var otherLink = and(peeredIFE, world.NoRoute("rtb-5", "10.1.0.0/16"), world.Routes("rtb-5", world.To("10.1.0.0/16", "tgw-1")),
	world.Subnet("subnet-bt", "vpc-b", "10.1.9.0/28", "us-east-1a"), world.Table("rtb-bt", "vpc-b", []string{"subnet-bt"}),
	world.TransitGateway("tgw-1", world.TGWRoute("10.1.0.0/16", "tgw-attach-b")),
	world.Attach("tgw-attach-a", "tgw-1", "vpc-a", "subnet-5"), world.Attach("tgw-attach-b", "tgw-1", "vpc-b", "subnet-bt"))

// reportEnds are those between ends other than a job and S3.
var reportEnds = []trap{
	{id: "N159 a load balancer without groups: its listeners decide", edits: and(natDefault, awsInterface("network_load_balancer")), to: fromInterface("eni-m"),
		want: unknown, code: "UNK_LISTENERS"},
	{id: "N159 and an ACL before it does, too", edits: and(natDefault, awsInterface("network_load_balancer"), world.FilterExactly("subnet-9")), to: fromInterface("eni-m"),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "N159 a load balancer with a group is filtered by it", edits: and(natDefault, awsInterface("network_load_balancer"),
		world.Set("NetworkInterfaces", "eni-m", "Groups", world.List{world.Obj{"GroupId": "sg-1", "GroupName": "sg-1"}})), to: fromInterface("eni-m"),
		want: blocked, code: "SG_HAS_NO_RULES"},
	{id: "N166 over a peering of two transit gateways", edits: twoGateways, to: at("10.7.1.20/32"), want: reachable},
	{id: "N166 and the far gateway has no way back", edits: and(twoGateways, farRegion(world.Set("TransitGatewayRouteTables", "tgw-rtb-2", "Routes", world.List{world.TGWRoute("10.7.0.0/16", "tgw-attach-7")}))),
		to: at("10.7.1.20/32"), want: blocked, code: "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"},
	{id: "N166 the far side is not in the snapshot", edits: and(twoGateways, farRegion(world.NotCollected("TransitGatewayAttachments", "TransitGatewayVpcAttachments"))),
		to: at("10.7.1.20/32"), want: unknown, code: "UNK_CROSS_ACCOUNT"},
	{id: "N166 and the group at the destination stops it whatever the far side does", edits: and(twoGateways,
		farRegion(world.NotCollected("TransitGatewayAttachments", "TransitGatewayVpcAttachments"), world.Ingress("sg-7", world.Rule("tcp", "192.168.0.0/16")))),
		to: at("10.7.1.20/32"), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "N162 a public range that a table sends to a VPN gateway", edits: onPremisesRange("203.0.113.0/24"), from: at("203.0.113.9/32"), to: fromInterface("eni-x"),
		want: unknown, code: "ONPREM_OPAQUE"},
	{id: "N162 another range comes by the internet gateway", edits: onPremisesRange("198.18.9.0/24"), from: at("203.0.113.9/32"), to: fromInterface("eni-x"), want: reachable},
	{id: "N167 the internet to a private address", edits: public, from: &network.Endpoint{Internet: true}, to: at("10.0.1.10/32"), want: blocked, code: "NO_POSSIBLE_DESTINATION"},
	{id: "N167 and to the public one that leads to it", edits: and(public, world.Ingress("sg-1", world.Rule("-1", "0.0.0.0/0"))), from: &network.Endpoint{Internet: true}, to: at("198.51.100.7/32"), want: reachable},
	{id: "N170 an address that no interface has", edits: edits(completeInterfaces), to: at("10.0.1.200/32"), want: blocked, code: "NO_SUCH_INTERFACE"},
	{id: "N170 where the list of interfaces may lack some", edits: nil, to: at("10.0.1.200/32"), want: unknown, code: "UNKNOWN_DESTINATION"},
	{id: "N163 protocol 0 through a NAT gateway", edits: natDefault, to: at("8.8.8.8/32"), ask: protocol(0), want: blocked, code: "PROTOCOL_RESTRICTION"},
	{id: "N163 as protocol 107", edits: natDefault, to: at("8.8.8.8/32"), ask: protocol(107), want: blocked, code: "PROTOCOL_RESTRICTION"},
	{id: "N163 a rule for TCP does not admit it", edits: and(natDefault, world.Egress("sg-1", world.Rule("tcp", "0.0.0.0/0"))), to: at("10.0.9.44/32"), ask: protocol(0),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "N164 an ACL that admits echo requests and replies", edits: and(public, echoACL(8)), from: fromInterface("eni-x"), to: at("8.8.8.8/32"), ask: protocol(1), want: reachable},
	{id: "N164 and that admits another type", edits: and(public, echoACL(13)), from: fromInterface("eni-x"), to: at("8.8.8.8/32"), ask: protocol(1), want: blocked, code: "SUBNET_ACL_RESTRICTION"},
}

// onPremisesRange is eni-x behind an internet gateway, with a route of a public
// range to a VPN gateway.
func onPremisesRange(cidr string) []world.Edit {
	return and(public, world.Ingress("sg-1", world.Rule("-1", "0.0.0.0/0")), world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.Propagated(cidr, "vgw-1")))
}

// completeInterfaces says that the list of interfaces is whole.
var completeInterfaces = world.Do(func(w *world.World) {
	region := w.Region(world.AccountID, world.RegionID)
	region["complete"] = world.List{"NetworkInterfaces"}
	ec2 := region["ec2"].(world.Obj)
	if _, ok := ec2["NetworkInterfaces"]; !ok {
		ec2["NetworkInterfaces"] = world.List{}
	}
})

func strict(q *network.Query) { q.Strict = true }

var noBPA = world.All(world.NotCollected("VpcBlockPublicAccessOptions", "VpcBlockPublicAccessExclusions"))

func protocol(n int) func(*network.Query) { return func(q *network.Query) { q.Protocol = n } }

// echoACL filters subnet-1: requests of one ICMP type and code 0 out, echo replies in.
func echoACL(kind int) world.Edit {
	entry := func(egress bool, kind int) world.Obj {
		return world.Obj{"RuleNumber": 100, "Egress": egress, "RuleAction": "allow", "Protocol": "1", "CidrBlock": "0.0.0.0/0",
			"IcmpTypeCode": world.Obj{"Type": kind, "Code": 0}}
	}
	return world.FilterExactly("subnet-1", entry(true, kind), entry(false, 0))
}

func TestReportedEnds(t *testing.T) {
	for _, tr := range reportEnds {
		t.Run(tr.id, func(t *testing.T) { report(t, tr.failures(t)) })
	}
}

// A table without a route to S3 is told which other table of its VPC has one.
func TestSisterTableIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		edits []world.Edit
		want  string
	}{
		"the endpoint is on the other table": {edits(world.Table("rtb-2", "vpc-a", nil), world.NoAssociation("rtb-1", "subnet-1"), world.OnTable("rtb-2", "subnet-1")), "rtb-1, another table of the VPC, leads to S3 by vpce-g."},
		"no other table leads there":         {edits(world.NoS3Route(), world.Table("rtb-2", "vpc-a", nil)), ""},
		"an internet gateway is no way out":  {edits(world.NoS3Route(), world.IGW("igw-1", "vpc-a"), world.Table("rtb-2", "vpc-a", nil, world.To("0.0.0.0/0", "igw-1"))), ""},
	} {
		tr := trap{id: name, edits: c.edits}
		r, err := network.NewModel(tr.world().Snapshot(t)).Ask(tr.query())
		if err != nil || len(r.Findings) == 0 {
			t.Fatalf("%s: %v %v", name, r, err)
		}
		if got := r.Findings[0].Message; c.want == "" && strings.Contains(got, "another table") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
