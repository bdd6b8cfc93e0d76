package rules

import (
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// unfilteredTypes are the interface types of AWS's own gateways. The API
// reference writes natGateway where CLI output has nat_gateway (N11).
var unfilteredTypes = map[string]bool{
	"natgateway": true, "transitgateway": true, "gatewayloadbalancer": true, "gatewayloadbalancerendpoint": true, "networkloadbalancer": true,
}

// Unfiltered reports whether no security group filters an interface: AWS's
// gateways carry none, and neither does a Network Load Balancer that was made
// without (N159). An interface that carries a group is filtered by it.
//
// AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func Unfiltered(n *snapshot.NetworkInterface) bool {
	return n.GroupsKnown && len(n.Groups) == 0 && unfilteredTypes[interfaceType(n)]
}

// OfNetworkLoadBalancer reports whether an interface is a Network Load Balancer's.
func OfNetworkLoadBalancer(n *snapshot.NetworkInterface) bool {
	return interfaceType(n) == "networkloadbalancer"
}

func interfaceType(n *snapshot.NetworkInterface) string {
	return strings.ToLower(strings.ReplaceAll(n.InterfaceType, "_", ""))
}
