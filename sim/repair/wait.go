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
var passing = map[string]string{"pending": "available", "initiating": "available", "initiatingrequest": "available", "modifying": "available",
	"provisioning": "active", "associating": "associated", "attaching": "attached"}

// stated is a kind of resource with a state of its own.
type stated struct {
	collection, idKey, state string // in the native form
	list                     func(*snapshot.Region, func(at snapshot.Source, id, state string))
}

var statedKinds = []stated{
	{"VpcEndpoints", "VpcEndpointId", "State", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.VPCEndpoints.Items {
			x := &r.EC2.VPCEndpoints.Items[i]
			visit(x.At, string(x.ID), x.State)
		}
	}},
	{"NatGateways", "NatGatewayId", "State", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.NATGateways.Items {
			x := &r.EC2.NATGateways.Items[i]
			visit(x.At, string(x.ID), x.State)
		}
	}},
	{"TransitGatewayAttachments", "TransitGatewayAttachmentId", "State", func(r *snapshot.Region, visit func(snapshot.Source, string, string)) {
		for i := range r.EC2.TGWAttachments.Items {
			x := &r.EC2.TGWAttachments.Items[i]
			visit(x.At, string(x.ID), x.State)
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
	next := passing[strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(state))]
	if next == "" || !slices.ContainsFunc(s.res.Before.Findings, func(f sim.Finding) bool { return f.Severity == sim.Blocker && f.Component == id }) {
		return
	}
	s.res.Wait = append(s.res.Wait, Wait{id, state, fmt.Sprintf("%s is %s: wait until it is %s, then collect again.", id, state, next)})
	pointer := at.Pointer() + "/" + k.state
	patch, err := change.Parse("", located.Of([]located.Value{located.Pairs("op", "replace", "path", pointer, "value", next)}).JSON())
	if err == nil {
		s.ready = append(s.ready, patch...)
	}
}
