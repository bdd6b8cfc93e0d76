package rules

import (
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// EndpointKind is what VpcEndpointType says (N61).
type EndpointKind uint8

const (
	EndpointOther EndpointKind = iota
	EndpointGateway
	EndpointInterface
	EndpointLoadBalancer
)

// KindOfEndpoint reads VpcEndpointType in any case. An absent type is a
// gateway endpoint, the API's default.
func KindOfEndpoint(e *snapshot.VPCEndpoint) EndpointKind {
	switch strings.ToLower(e.Type) {
	case "gateway", "":
		return EndpointGateway
	case "interface":
		return EndpointInterface
	case "gatewayloadbalancer":
		return EndpointLoadBalancer
	}
	return EndpointOther
}

// ServesService reports whether e is an endpoint of a service in a Region, by
// its service name and ServiceRegion (N42, N70). Only interface endpoints reach
// another Region: where a gateway endpoint's two differ, it serves neither.
func ServesService(e *snapshot.VPCEndpoint, region, service string) bool {
	r, s, ok := SplitServiceName(e.ServiceName)
	if KindOfEndpoint(e) == EndpointGateway && r != region {
		return false
	}
	if e.ServiceRegion != "" {
		r = e.ServiceRegion
	}
	return ok && r == region && s == service
}

// ServiceOf is the service that e is for, "s3" of com.amazonaws.us-east-1.s3.
func ServiceOf(e *snapshot.VPCEndpoint) string { return serviceName(e.ServiceName) }

// ServiceRegion is the Region whose service e reaches.
func ServiceRegion(e *snapshot.VPCEndpoint) string {
	if e.ServiceRegion != "" {
		return e.ServiceRegion
	}
	r, _, _ := SplitServiceName(e.ServiceName)
	return r
}

// EndpointFamilies tells which families an interface endpoint answers in; not
// told means IPv4, which was the only one before the field existed (N74).
func EndpointFamilies(e *snapshot.VPCEndpoint) (v4, v6 bool) {
	switch strings.ToLower(e.IPAddressType) {
	case "ipv6":
		return false, true
	case "dualstack":
		return true, true
	}
	return true, false
}

// Coverage is whether an endpoint's private DNS answers a name.
type Coverage uint8

const (
	NotCovered Coverage = iota
	Covered
	CoverageUnknown
)

// PrivateDNSCovers reports whether e's private DNS, switched on, answers name
// to clients inside the VPC (N66 to N69). It looks at the endpoint alone: the
// VPC's DNS attributes are the caller's.
func PrivateDNSCovers(e *snapshot.VPCEndpoint, n Name) Coverage {
	if KindOfEndpoint(e) != EndpointInterface || ServiceRegion(e) != n.Region || n.Zonal() {
		return NotCovered
	}
	service := "s3"
	if n.FIPS {
		service = "s3-fips"
	}
	if ServiceOf(e) != service {
		return NotCovered
	}
	if n.Form != FormRegional || n.Dualstack && !dualstackConfigured(e) {
		return NotCovered
	}
	switch {
	case strings.EqualFold(e.State, "deleted"):
		return NotCovered // it stays in the listing for a while; its zone does not
	case e.PrivateDNS.Presence != snapshot.Collected:
		return CoverageUnknown
	case !e.PrivateDNS.Value:
		return NotCovered
	case e.PrivateDNSInboundOnly.Presence != snapshot.Collected:
		return CoverageUnknown
	case e.PrivateDNSInboundOnly.Value:
		return NotCovered
	}
	return Covered
}

func dualstackConfigured(e *snapshot.VPCEndpoint) bool {
	v4, v6 := EndpointFamilies(e)
	return v4 && v6 && !strings.EqualFold(e.DNSRecordIPType, "ipv4") && !strings.EqualFold(e.DNSRecordIPType, "ipv6")
}

// OfNetworkFirewall reports whether an endpoint is one that AWS Network
// Firewall made for a firewall, which it says in the endpoint's tags.
//
// AWS: https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-components.html
func OfNetworkFirewall(e *snapshot.VPCEndpoint) bool {
	managed, _ := snapshot.TagValue(e.Tags, "AWSNetworkFirewallManaged")
	return KindOfEndpoint(e) == EndpointLoadBalancer && strings.EqualFold(managed, "true")
}
