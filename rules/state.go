package rules

import (
	"slices"
	"strings"
)

// State is what a component's state means for traffic. The zero value claims
// least.
type State uint8

const (
	StateUnknown State = iota // not told, in transition, or a word not known here
	StateWorks
	StateBroken
)

// stateOf reads a state word, in any case (N11).
func stateOf(s string, works, broken string) State {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return StateUnknown
	}
	for _, w := range strings.Fields(works) {
		if s == w {
			return StateWorks
		}
	}
	for _, w := range strings.Fields(broken) {
		if s == w {
			return StateBroken
		}
	}
	return StateUnknown
}

// EndpointState reads VpcEndpoint.State (N42).
func EndpointState(s string) State {
	return stateOf(s, "available", "pending pendingacceptance deleting deleted failed rejected expired")
}

// Pending reports whether a state is one that AWS leaves on its own for one
// that carries traffic: waiting is the repair.
func Pending(s string) bool {
	return slices.Contains([]string{"pending", "attaching", "associating", "provisioning", "initiating", "initiatingrequest"}, strings.ToLower(s))
}

// SubnetState reads Subnet.State; not told is available, as it nearly always
// is (N149).
func SubnetState(s string) State {
	if s == "" {
		return StateWorks
	}
	return stateOf(s, "available", "pending unavailable failed failed-insufficient-capacity")
}

// NATState reads NatGateway.State (N115).
func NATState(s string) State { return stateOf(s, "available", "pending failed deleted") }

// GatewayAttachmentState reads the attachment of an internet, egress-only or
// VPN gateway; the API and the CLI spell it differently (N110).
func GatewayAttachmentState(s string) State {
	return stateOf(s, "available attached", "detaching detached attaching")
}

// PeeringState reads VpcPeeringConnection.Status.Code (N140).
func PeeringState(s string) State {
	return stateOf(s, "active", "initiating-request pending-acceptance provisioning rejected expired failed deleting deleted")
}

// InstanceState reads Instance.State.Name: one that does not run forwards nothing
// (N124).
func InstanceState(s string) State {
	return stateOf(s, "running", "pending shutting-down terminated stopping stopped")
}

// AttachmentState reads a transit gateway attachment's state (N133).
func AttachmentState(s string) State {
	return stateOf(s, "available", "initiating initiatingrequest pendingacceptance pending deleting deleted failed failing rejected rejecting rollingback")
}

// AssociationState reads a route table association's state; not told is
// associated, since older output has none (N16).
func AssociationState(s string) State {
	if s == "" {
		return StateWorks
	}
	return stateOf(s, "associated", "disassociated failed")
}
