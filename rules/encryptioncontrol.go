package rules

import (
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// Enforcement is whether a VPC's encryption controls stop cleartext.
type Enforcement uint8

const (
	EnforcementUnknown Enforcement = iota // in transition, failed, or a word not known here
	NotEnforced                           // monitor mode, or no control
	Enforced
)

// EnforcementOf reads a control's mode with its state (N76, N132). Monitor
// mode stops nothing, so a monitoring control that comes or goes is as good as
// none; of a change of mode under way or failed, nobody says which mode holds.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-encryption-controls.html
func EnforcementOf(c *snapshot.VPCEncryptionControl) Enforcement {
	mode := EnforcementUnknown
	switch strings.ToLower(c.Mode) {
	case "monitor":
		mode = NotEnforced
	case "enforce":
		mode = Enforced
	}
	switch strings.ToLower(c.State) {
	case "available":
		return mode
	case "deleted":
		return NotEnforced
	case "creating", "deleting", "delete-failed":
		if mode == NotEnforced {
			return NotEnforced
		}
	}
	return EnforcementUnknown
}

// ExcludedFromEncryption reads the state of a control's exclusion for a kind
// of resource, by its name in ResourceExclusions; one that is not there is
// disabled.
func ExcludedFromEncryption(c *snapshot.VPCEncryptionControl, resource string) State {
	for i := range c.Exclusions {
		if c.Exclusions[i].Resource == resource {
			return exclusionState(c.Exclusions[i].State)
		}
	}
	return StateBroken
}

func exclusionState(s string) State {
	if s == "" {
		return StateBroken
	}
	return stateOf(s, "enabled", "disabled")
}

// EncryptsEverything reports whether a control has no exclusion at all, as two
// VPCs must that peer without one (StateWorks: it has none).
func EncryptsEverything(c *snapshot.VPCEncryptionControl) State {
	out := StateWorks
	for i := range c.Exclusions {
		switch exclusionState(c.Exclusions[i].State) {
		case StateWorks:
			return StateBroken
		case StateUnknown:
			out = StateUnknown
		}
	}
	return out
}

// Ports that tell whether traffic to an endpoint is encrypted: AWS looks at no
// packet, but at the port.
const (
	PortEncrypted = 443
	PortCleartext = 80
)

// AWSService reports whether an endpoint's service is AWS's own, not a
// partner's or customer's.
func AWSService(name string) bool {
	name = strings.TrimPrefix(name, "cn.")
	return strings.HasPrefix(name, "com.amazonaws.") && !strings.HasPrefix(name, "com.amazonaws.vpce.") || strings.HasPrefix(name, "aws.")
}

// DecideCleartext reports what an interface endpoint for a service, in a VPC
// with the enforcement, does with TCP to a port (N76). For ports other than 80
// and 443, and for services that are not AWS's, AWS does not say what counts
// as encrypted.
func DecideCleartext(e Enforcement, service string, port int) State {
	switch {
	case port == PortEncrypted || e == NotEnforced:
		return StateWorks
	case e == Enforced && port == PortCleartext && AWSService(service):
		return StateBroken
	}
	return StateUnknown
}
