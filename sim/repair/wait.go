package repair

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// passing are the states that AWS itself ends, with what comes after.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayVpcAttachment.html
// https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
var passing = map[string]string{"pending": "available", "initiating": "available", "initiatingrequest": "available", "modifying": "available",
	"provisioning": "active", "associating": "associated", "attaching": "attached", awaited: "available"}

// awaited is the state of what the other side has to accept.
const awaited = "pendingacceptance"

// stated is a kind of resource with a state of its own.
type stated struct {
	collection, idKey, state string // in the native form; state is a pointer
	accept                   string // who ends pending-acceptance, and the command without the id
	list                     func(*snapshot.Region, func(at snapshot.Source, id, state string))
}

var statedKinds = []stated{
	{"VpcEndpoints", "VpcEndpointId", "State", "the owner of the endpoint service (aws ec2 accept-vpc-endpoint-connections)", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.VPCEndpoints.Items {
			x := &r.EC2.VPCEndpoints.Items[i]
			visit(x.At, string(x.ID), x.State)
		}
	}},
	{"NatGateways", "NatGatewayId", "State", "", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.NATGateways.Items {
			x := &r.EC2.NATGateways.Items[i]
			visit(x.At, string(x.ID), x.State)
		}
	}},
	{"Subnets", "SubnetId", "State", "", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.Subnets.Items {
			x := &r.EC2.Subnets.Items[i]
			visit(x.At, string(x.ID), x.State)
		}
	}},
	{"TransitGatewayAttachments", "TransitGatewayAttachmentId", "State", "the transit gateway's owner (aws ec2 accept-transit-gateway-vpc-attachment)", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.TGWAttachments.Items {
			x := &r.EC2.TGWAttachments.Items[i]
			visit(x.At, string(x.ID), x.State)
		}
	}},
	{"VpcPeeringConnections", "VpcPeeringConnectionId", "Status/Code", "the owner of the accepter VPC (aws ec2 accept-vpc-peering-connection)", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.Peerings.Items {
			x := &r.EC2.Peerings.Items[i]
			visit(x.At, string(x.ID), x.Status)
		}
	}},
}

// wait finds the resources that blockers name and whose state passes by
// itself, and goes on with the snapshot as it will be then. It tells whether
// waiting alone is enough.
func (s *search) wait() bool {
	for _, a := range s.base.Snapshot().Accounts {
		for _, r := range a.Regions {
			for _, k := range statedKinds {
				k.list(r, func(at snapshot.Source, id, state string) { s.waitFor(k, at, id, state) })
			}
		}
	}
	if len(s.ready) == 0 {
		return false
	}
	t := s.try(nil)
	if t == nil {
		return true
	}
	s.first = t
	return s.works(t.answer)
}

func (s *search) waitFor(k stated, at snapshot.Source, id, state string) {
	now := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(state))
	next := passing[now]
	if next == "available" && k.collection == "VpcPeeringConnections" {
		next = "active"
	}
	if next == "" || !slices.ContainsFunc(s.res.Before.Findings, func(f sim.Finding) bool { return f.Severity == sim.Blocker && f.Component == id }) {
		return
	}
	advice := fmt.Sprintf("%s is %s: wait until it is %s, then collect again.", id, state, next)
	if now == awaited {
		advice = fmt.Sprintf("%s is %s: %s must accept it; collect again when it is %s.", id, state, k.accept, next)
	}
	s.res.Wait = append(s.res.Wait, Wait{id, state, advice})
	pointer := at.Pointer() + "/" + k.state
	patch, err := change.Parse("", located.Of([]located.Value{located.Pairs("op", "replace", "path", pointer, "value", next)}).JSON())
	if err == nil {
		s.ready = append(s.ready, patch...)
	}
}
