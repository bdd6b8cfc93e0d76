package network

import (
	"fmt"
	"regexp"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// encryptionFacts is what the snapshot says of a VPC's encryption controls.
type encryptionFacts struct {
	enforcement rules.Enforcement
	control     *snapshot.VPCEncryptionControl // nil: none, or nobody asked
	need        rules.Need                     // what would tell, where the enforcement is unknown
	assumed     bool                           // nobody asked, and it is taken as off (N161)
}

// encryption reads a VPC's encryption control, in describe-vpc-encryption-controls
// or in the VPC itself. Without either, the VPC owner's collection tells that
// there is none, and without that nobody knows (N10).
func (a *question) encryption(id snapshot.VPCID) encryptionFacts {
	v := a.x.VPCs.Get(id)
	f := encryptionFacts{need: rules.Need{Code: finding.UnknownEncryptionControls, Component: string(id),
		Fact: "whether the encryption controls of " + string(id) + " are in enforce mode", Collect: "aws ec2 describe-vpc-encryption-controls"}}
	told := a.x.encryption[id]
	if v.Item != nil {
		f.need.At = v.Item.At
		if v.Item.Encryption != nil {
			told = append(told[:len(told):len(told)], v.Item.Encryption)
		}
	}
	if len(told) > 0 {
		f.control = told[0]
		f.need.At = told[0].At
		f.enforcement = rules.EnforcementOf(told[0])
		if f.enforcement == rules.EnforcementUnknown {
			f.need.Fact += fmt.Sprintf(": the mode is %q in state %q", told[0].Mode, told[0].State)
			f.need.Collect = ""
		}
	}
	owner := a.encryptionOwner(v)
	if len(told) == 0 && owner != nil && owner.EC2.EncryptionControls.Presence == snapshot.Collected {
		f.enforcement = rules.NotEnforced
	}
	if len(told) == 0 && a.neverAsked(owner, func(e *snapshot.EC2) snapshot.Presence { return e.EncryptionControls.Presence }) {
		f.enforcement, f.assumed = rules.NotEnforced, true
	}
	for _, c := range told[min(1, len(told)):] {
		if rules.EnforcementOf(c) != f.enforcement {
			f.enforcement = rules.EnforcementUnknown
			f.need.Code, f.need.Fact = finding.SnapshotInconsistent, "which holds of what the snapshot says of the encryption controls of "+string(id)
			f.need.Collect = "aws ec2 describe-vpc-encryption-controls and describe-vpcs, taken together"
		}
	}
	return f
}

// id names the control; describe-vpcs may print one without.
func (f *encryptionFacts) id() string { return orElse(f.control.ID, "EncryptionControl") }

func (a *question) encryptionOwner(v snapshot.Located[snapshot.VPC]) *snapshot.Region {
	if v.Item == nil {
		return nil
	}
	return a.x.Region(orElse(v.Item.OwnerID, accountID(v.Region)), regionName(v.Region))
}

// cleartext judges what an interface endpoint does with traffic that does not
// count as encrypted: its VPC's controls decide, wherever the client is (N76).
func (a *walk) cleartext(t *flow, h Hop, y *target) {
	clear := a.s.Diff(t.cases, a.toPort(rules.PortEncrypted))
	if a.q.Protocol != 6 || clear == packetset.None {
		return
	}
	e, f := y.endpoint.Item, a.encryption(y.vpc)
	if f.assumed {
		a.takenAsOff(y.vpc, a.x.VPCs.Get(y.vpc).Item, finding.EncryptionControlsNotCollected, finding.UnknownEncryptionControls, finding.GateEndpoint, "VPC encryption control", "aws ec2 describe-vpc-encryption-controls", urlEncryption)
	}
	http := a.s.And(clear, a.toPort(rules.PortCleartext))
	for _, part := range []struct {
		cases packetset.Set
		port  int
	}{{http, rules.PortCleartext}, {a.s.Diff(clear, http), 0}} {
		if part.cases == packetset.None {
			continue
		}
		switch rules.DecideCleartext(f.enforcement, e.ServiceName, part.port) {
		case rules.StateWorks:
		case rules.StateBroken:
			a.deny(t, h, part.cases, Finding{Code: finding.EncryptionRequired, Gate: finding.GateEndpoint, Component: string(e.ID), Name: y.name, At: e.At,
				Message: fmt.Sprintf("The encryption controls of %s (%s) are in enforce mode, so %s drops cleartext: only TCP port 443 counts as encrypted.", y.vpc, f.id(), e.ID),
				Fix:     "Use port 443.", Rule: "N76", URL: urlEncryption})
		default:
			a.leaveOpen(t, h, part.cases, finding.GateEndpoint, f.undecided(e))
		}
	}
}

// undecided words why cleartext to an endpoint is open.
func (f *encryptionFacts) undecided(e *snapshot.VPCEndpoint) rules.Need {
	n := f.need
	if f.enforcement == rules.Enforced {
		n.Component, n.At, n.Collect = string(e.ID), e.At, ""
		n.Fact = fmt.Sprintf("whether %s, in a VPC whose encryption controls are in enforce mode, takes the traffic for encrypted; AWS says so of port 443 only", e.ID)
	}
	return n
}

func (a *space) toPort(n uint64) packetset.Set {
	return a.s.Between(packetset.DestinationPort, n, n)
}

// crossing is a component that encryption controls in enforce mode allow only
// where a resource exclusion does.
type crossing struct {
	resource string // in ResourceExclusions
	words    string
	option   string // of aws ec2 modify-vpc-encryption-control
}

var (
	crossInternetGateway = crossing{"InternetGateway", "internet gateways", "--internet-gateway-exclusion"}
	crossEgressOnly      = crossing{"EgressOnlyInternetGateway", "egress-only internet gateways", "--egress-only-internet-gateway-exclusion"}
	crossNATGateway      = crossing{"NatGateway", "NAT gateways", "--nat-gateway-exclusion"}
	crossVPNGateway      = crossing{"VirtualPrivateGateway", "virtual private gateways", "--virtual-private-gateway-exclusion"}
	crossPeering         = crossing{"VpcPeering", "VPC peering", "--vpc-peering-exclusion"}
)

// lintCrossing warns where a component on the way can't be in a VPC with
// encryption controls in enforce mode but for an exclusion: it is there, so it
// is taken to work (N132).
func (a lints) lintCrossing(vpc snapshot.VPCID, h Hop, c crossing) {
	if !a.explain || !a.once("encryption "+string(vpc), h.Component) {
		return
	}
	f := a.encryption(vpc)
	if f.control == nil || f.enforcement == rules.NotEnforced {
		return
	}
	a.noteCrossing(vpc, h, c, &f)
}

func (a lints) noteCrossing(vpc snapshot.VPCID, h Hop, c crossing, f *encryptionFacts) {
	id, inside := f.id(), ""
	if a.q.To.S3 != nil {
		inside = ", or keep the traffic inside AWS: a gateway endpoint for S3 needs none"
	}
	n := Finding{Code: finding.EncryptionControls, Gate: finding.GateRoute, Severity: finding.Warning, Component: h.Component, At: f.control.At, Rule: "N132", URL: urlEncryption,
		Fix: fmt.Sprintf("Create the exclusion (aws ec2 modify-vpc-encryption-control --vpc-encryption-control-id %s %s enable)%s.", id, c.option, inside)}
	switch excluded := rules.ExcludedFromEncryption(f.control, c.resource); {
	case f.enforcement == rules.EnforcementUnknown:
		n.Message = fmt.Sprintf("Whether %s enforces encryption is open: the mode of %s is %q in state %q. In enforce mode %s need an exclusion; %s is taken to work.", vpc, id, f.control.Mode, f.control.State, c.words, h.Component)
	case excluded == rules.StateWorks:
		n.Severity, n.Fix = finding.Info, ""
		n.Message = fmt.Sprintf("%s enforces encryption (%s) and excludes %s: the encryption of what passes %s is the client's own business.", vpc, id, c.words, h.Component)
	case excluded == rules.StateUnknown:
		n.Message = fmt.Sprintf("%s enforces encryption (%s), and its exclusion for %s is being changed; %s is taken to work.", vpc, id, c.words, h.Component)
	default:
		n.Message = fmt.Sprintf("%s enforces encryption (%s), where %s can't be without an exclusion, and there is none; as %s is in the snapshot, it is taken to work.", vpc, id, c.words, h.Component)
	}
	a.note(n)
}

// lintPeering does so for a peering, on both its sides. Two VPCs of one Region
// that both enforce encryption, without any exclusion, need none for it.
func (a lints) lintPeering(p *snapshot.Peering, h Hop, near, far snapshot.VPCID) {
	if !a.explain || !a.once("encryption", h.Component) {
		return
	}
	x, y := a.encryption(near), a.encryption(far)
	if same, known := rules.SameRegion(p); known && same && x.everything() && y.everything() {
		return
	}
	a.lintCrossing(near, h, crossPeering)
	a.lintCrossing(far, h, crossPeering)
}

// everything tells whether the VPC enforces encryption without exclusions.
func (f *encryptionFacts) everything() bool {
	return f.control != nil && f.enforcement == rules.Enforced && rules.EncryptsEverything(f.control) == rules.StateWorks
}

// lintEncryptedEndpoint warns of a Gateway Load Balancer endpoint, which can't
// be where encryption is enforced (N132).
func (a lints) lintEncryptedEndpoint(e snapshot.Located[snapshot.VPCEndpoint]) {
	a.impossible(e.Item.VPC, string(e.Item.ID), nameOf(e.Item.Tags), e.Item.At, "Gateway Load Balancer and Network Firewall endpoints")
}

// edgeZone is the name of a Local Zone or Wavelength Zone: it has more parts
// than an Availability Zone's.
var edgeZone = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+-`)

// lintZone warns of a Local Zone subnet, which can't be there either.
func (a lints) lintZone(n snapshot.Located[snapshot.Subnet]) {
	if a.explain && n.Item != nil && edgeZone.MatchString(n.Item.AvailabilityZone) {
		a.impossible(n.Item.VPC, string(n.Item.ID), nameOf(n.Item.Tags), n.Item.At, "subnets in Local Zones")
	}
}

func (a lints) impossible(vpc snapshot.VPCID, id, name string, at snapshot.Source, what string) {
	if !a.explain || !a.once("encryption", id) {
		return
	}
	f := a.encryption(vpc)
	if f.enforcement != rules.Enforced {
		return
	}
	a.note(Finding{Code: finding.SnapshotInconsistent, Gate: finding.GateRoute, Severity: finding.Warning, Component: id, Name: name, At: at,
		Message: fmt.Sprintf("%s is in %s, which enforces encryption (%s), where there can be no %s: one of the two is out of date.", id, vpc, f.id(), what),
		Fix:     "Collect aws ec2 describe-vpc-encryption-controls anew, together with the rest.", Rule: "N132", URL: urlEncryption})
}

// lintGatewayCleartext warns of cleartext over a gateway endpoint where
// encryption is enforced: what happens to it is not documented.
func (a lints) lintGatewayCleartext(t *flow, e snapshot.Located[snapshot.VPCEndpoint]) {
	if !a.explain || a.q.Protocol != 6 || a.s.Diff(t.cases, a.toPort(rules.PortEncrypted)) == packetset.None {
		return
	}
	if f := a.encryption(e.Item.VPC); f.enforcement == rules.Enforced {
		a.note(Finding{Code: finding.EncryptionControls, Gate: finding.GateEndpoint, Severity: finding.Warning, Component: string(e.Item.ID), Name: nameOf(e.Item.Tags), At: f.control.At,
			Message: fmt.Sprintf("%s enforces encryption (%s), and the traffic is not to port 443. AWS says that interface endpoints drop it, and nothing of gateway endpoints; %s is taken to carry it.", e.Item.VPC, f.id(), e.Item.ID),
			Fix:     "Use port 443.", Rule: "N76", URL: urlEncryption})
	}
}
