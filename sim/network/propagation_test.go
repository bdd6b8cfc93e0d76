package network

import (
	"fmt"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// A table that nobody searched follows from its static routes and propagations;
// one that BGP may fill does not (N165).
func TestRoutesFollowFromPropagations(t *testing.T) {
	const base = `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{
	"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.1.0.0/16"}],%s
	"TransitGatewayRouteTables":[{"TransitGatewayRouteTableId":"tgw-rtb-1","TransitGatewayId":"tgw-1"}],
	"TransitGatewayStaticRoutes":[{"TransitGatewayRouteTableId":"tgw-rtb-1","Routes":[{"DestinationCidrBlock":"0.0.0.0/0","Type":"static","State":"active"}]}],
	"TransitGatewayPropagations":[{"TransitGatewayRouteTableId":"tgw-rtb-1","TransitGatewayRouteTablePropagations":[%s]}]}}]}]}`
	const (
		vpc    = `{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceId":"vpc-1","ResourceType":"vpc","State":"enabled"}`
		vpn    = `{"TransitGatewayAttachmentId":"tgw-attach-2","ResourceId":"vpn-1","ResourceType":"vpn","State":"enabled"}`
		off    = `{"TransitGatewayAttachmentId":"tgw-attach-3","ResourceId":"vpc-9","ResourceType":"vpc","State":"disabled"}`
		static = `"VpnConnections":[{"VpnConnectionId":"vpn-1","Options":{"StaticRoutesOnly":true},"Routes":[{"DestinationCidrBlock":"192.168.0.0/24"}]}],`
		bgp    = `"VpnConnections":[{"VpnConnectionId":"vpn-1","Options":{"StaticRoutesOnly":false},"Routes":[]}],`
	)
	for _, tt := range []struct {
		name, vpns, links string
		routes            int
		known             bool
	}{
		{"static routes alone", "", "", 1, true},
		{"a VPC brings its blocks", "", vpc, 2, true},
		{"a propagation that is off brings none", "", vpc + "," + off, 2, true},
		{"a VPN with static routes only brings those", static, vpc + "," + vpn, 3, true},
		{"what BGP brings is not told", bgp, vpc + "," + vpn, 0, false},
		{"nor is that of a VPN that is not here", "", vpn, 0, false},
	} {
		s, err := snapshot.Parse([]byte(fmt.Sprintf(base, tt.vpns, tt.links)))
		if err != nil {
			t.Fatal(tt.name, err)
		}
		table := newIndex(s).TGWRouteTables.Get("tgw-rtb-1").Item
		if table.RoutesKnown != tt.known || len(table.Routes) != tt.routes {
			t.Errorf("%s: %d routes, known: %v", tt.name, len(table.Routes), table.RoutesKnown)
		}
		if s.Accounts[0].Regions[0].EC2.TGWRouteTables.Items[0].RoutesKnown {
			t.Errorf("%s: the snapshot itself was changed", tt.name)
		}
	}
}
