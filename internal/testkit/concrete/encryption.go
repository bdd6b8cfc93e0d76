package concrete

import (
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// encrypted is what an interface endpoint does with a packet to a port where
// its VPC may enforce encryption (N76).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-encryption-controls.html
func (p *packet) encrypted(v *snapshot.VPCEndpoint) Outcome {
	if p.dstPort == 443 {
		return Passes
	}
	enforced, why := p.e.enforced(v.VPC, p.c.Strict)
	switch {
	case enforced == Blocks:
		return Passes
	case enforced == Unknown:
		return p.note(Unknown, string(v.ID), "encryption-control", "N76", why)
	case p.dstPort != 80 || !strings.HasPrefix(v.ServiceName, "com.amazonaws.") || strings.Contains(v.ServiceName, "vpce-svc-"):
		return p.note(Unknown, string(v.ID), "encryption-control", "N76", "whether this counts as encrypted")
	}
	return p.note(Blocks, string(v.ID), "encryption-control", "N76", why)
}

// enforced: Passes means that the VPC is in enforce mode for certain, Blocks
// that it is not.
func (e *Evaluator) enforced(vpc snapshot.VPCID, strict bool) (Outcome, string) {
	answers := map[Outcome]string{}
	for _, c := range e.controlsOf(vpc) {
		answers[controlEnforces(c)] = c.Mode + ", " + c.State
	}
	if len(answers) == 0 {
		v := e.vpc(vpc)
		for _, a := range e.snap.Accounts {
			for _, r := range a.Regions {
				if v == nil || v.OwnerID != a.ID || e.regionOf(vpc).Name != r.Name {
					continue
				}
				switch r.EC2.EncryptionControls.Presence {
				case snapshot.Collected:
					return Blocks, "the VPC has no control"
				case snapshot.Unreadable:
					return Unknown, "controls that could not be read"
				}
			}
		}
		if !strict {
			return Blocks, "taken to have none (N161)"
		}
		return Unknown, "controls not collected"
	}
	for o, why := range answers {
		if len(answers) == 1 {
			return o, why
		}
	}
	return Unknown, "controls that contradict each other"
}

// controlsOf is everything that the snapshot says of a VPC's control.
func (e *Evaluator) controlsOf(vpc snapshot.VPCID) []*snapshot.VPCEncryptionControl {
	var out []*snapshot.VPCEncryptionControl
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.EncryptionControls.Items {
				if c := &r.EC2.EncryptionControls.Items[i]; c.VPC == vpc {
					out = append(out, c)
				}
			}
		}
	}
	if v := e.vpc(vpc); v != nil && v.Encryption != nil {
		out = append(out, v.Encryption)
	}
	return out
}

func controlEnforces(c *snapshot.VPCEncryptionControl) Outcome {
	monitors := is(c.Mode, "monitor")
	switch {
	case is(c.State, "deleted"), monitors && is(c.State, "available", "creating", "deleting", "delete-failed"):
		return Blocks
	case is(c.Mode, "enforce") && is(c.State, "available"):
		return Passes
	}
	return Unknown
}
