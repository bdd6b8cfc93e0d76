package network

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// blockPublicAccess judges VPC Block Public Access (N127 to N131). The flow's
// client is the question's source where it is in this VPC, and the subnet is
// the one that the internet gateway is reached from.
func (a gateways) blockPublicAccess(t *flow, subnet snapshot.Located[snapshot.Subnet], translated bool) {
	b := a.bpa(t, subnet)
	h := Hop{Component: string(t.vpcID), Kind: "block-public-access", At: b.at}
	need := rules.Need{Code: finding.UnknownBPA, Component: string(t.vpcID), At: b.at, Fact: "VPC Block Public Access for " + string(t.vpcID),
		Collect: "aws ec2 describe-vpc-block-public-access-options, describe-vpc-block-public-access-exclusions"}
	st := rules.DecideBPA(b.mode, b.own, translated)
	if b.scopeOpen {
		other := rules.DecideBPA(b.mode, b.other, translated)
		if other != st {
			st = rules.StateUnknown
			need.Code, need.Collect = finding.UnknownBPAScope, ""
			need.Fact = "whether an exclusion must cover the NAT gateway's subnet, the client's, or both; AWS does not document it"
		}
	}
	if b.conflict && st != rules.StateUnknown && b.mode != rules.BPAUnknown {
		st, need.Fact = rules.StateUnknown, "which holds: the Region's Block Public Access options, or the VPC's own states, which say otherwise"
		need.Code = finding.UnknownBPA
	}
	a.badStateNeed(t, h, st, Finding{Code: finding.VPCBlockPublicAccessEnabled, Gate: finding.GateRoute, Component: string(t.vpcID),
		Message: fmt.Sprintf("VPC Block Public Access (%s) stops this traffic of %s at the internet gateway.", b.word, t.vpcID),
		Fix:     "Create an exclusion for the VPC or subnet, or use a gateway endpoint, which it does not affect.", Rule: "N128", URL: urlBPA}, need)
}

// bpaFacts is what the snapshot says of Block Public Access at one place.
type bpaFacts struct {
	mode       rules.BPAMode
	word       string
	own, other rules.BPAExclusionMode // of the gateway's side, and of the client's where they differ
	scopeOpen  bool
	conflict   bool
	at         snapshot.Source
}

func (a gateways) bpa(t *flow, subnet snapshot.Located[snapshot.Subnet]) bpaFacts {
	v := a.x.VPCs.Get(t.vpcID)
	b := bpaFacts{own: rules.ExclusionUnknown}
	if v.Item == nil {
		return b
	}
	b.at = v.Item.At
	owner := a.x.Region(orElse(v.Item.OwnerID, accountID(v.Region)), regionName(v.Region)) // N127: the VPC owner's
	fallback := rules.ModeOfBPA(v.Item.BPAMode)
	switch {
	case fallback == rules.BPAUnknown && v.Item.BPAMode == "" && a.neverAsked(owner, askedBPA):
		b.mode, b.word = rules.BPAOff, "off"
		a.takenAsOff(t.vpcID, v.Item, finding.BPANotCollected, finding.UnknownBPA, finding.GateRoute, "VPC Block Public Access", "aws ec2 describe-vpc-block-public-access-options", urlBPA)
	case owner == nil || owner.EC2.BlockPublicAccess.Presence != snapshot.Collected || len(owner.EC2.BlockPublicAccess.Items) == 0:
		b.mode, b.word = fallback, v.Item.BPAMode
		if owner != nil && askedBPA(&owner.EC2) == snapshot.Collected {
			b.mode, b.word = rules.BPAOff, "off"
		}
	default:
		o := &owner.EC2.BlockPublicAccess.Items[0]
		b.mode, b.word, b.at = rules.ModeOfBPA(o.Mode), o.Mode, o.At
		if o.State != "" && !strings.EqualFold(o.State, "update-complete") && !strings.EqualFold(o.State, "default-state") {
			b.mode = rules.BPAUnknown
		}
		b.conflict = fallback != rules.BPAUnknown && fallback != b.mode && (b.mode == rules.BPAOff || fallback != rules.BPAOff)
	}
	if owner != nil && owner.EC2.BPAExclusions.Presence == snapshot.Collected {
		b.exclusions(a.walk, t, owner, subnet)
	}
	return b
}

// askedBPA tells whether the options were collected: AWS names them where they are
// off, too, so that an empty list that does not claim to be complete is no answer.
func askedBPA(e *snapshot.EC2) snapshot.Presence {
	c := &e.BlockPublicAccess
	if c.Presence == snapshot.Collected && len(c.Items) == 0 && !c.Complete {
		return snapshot.NotCollected
	}
	return c.Presence
}

func regionName(r *snapshot.Region) string {
	if r == nil {
		return ""
	}
	return r.Name
}

// exclusions finds those that cover the gateway's subnet and the client's (N129).
func (b *bpaFacts) exclusions(a *walk, t *flow, owner *snapshot.Region, subnet snapshot.Located[snapshot.Subnet]) {
	var near string
	if subnet.Item != nil {
		near = string(subnet.Item.ID)
	}
	client := ""
	if a.from.subnet.Item != nil {
		client = string(a.from.subnet.Item.ID)
	}
	var ofVPC, atGateway, atClient rules.BPAExclusionMode
	for i := range owner.EC2.BPAExclusions.Items {
		x := &owner.EC2.BPAExclusions.Items[i]
		m := rules.ModeOfExclusion(x)
		_, res, _ := strings.Cut(x.Resource[strings.LastIndex(x.Resource, ":")+1:], "/")
		switch res {
		case string(t.vpcID):
			ofVPC = max(ofVPC, m)
		case near:
			atGateway = max(atGateway, m)
		}
		if res == client {
			atClient = max(atClient, m)
		}
	}
	// A VPC's exclusion covers its subnets; where two cover one, either helps.
	atGateway, atClient = max(atGateway, ofVPC), max(atClient, ofVPC)
	if t.view.nat == nil || near == client || t.home.kind != snapshot.TargetLocal {
		b.own = atGateway
		return
	}
	b.own, b.other = atGateway, atClient
	b.scopeOpen = atGateway != atClient
}
