package snapshot

import "github.com/canreach/canreach/internal/jsonscan"

// VPCEncryptionControl is one of describe-vpc-encryption-controls, or
// EncryptionControl of a VPC in describe-vpcs.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEncryptionControl.html
type VPCEncryptionControl struct {
	At         Source
	ID         string `aws:"VpcEncryptionControlId"` // VpcEncryptionControlId
	VPC        VPCID  `aws:"VpcId"`
	Mode       string `aws:"Mode"`  // "monitor", "enforce"
	State      string `aws:"State"` // "available", "enforce-in-progress", …
	Exclusions []EncryptionExclusion
	Tags       []Tag `aws:"Tags"`
}

// EncryptionExclusion is one member of ResourceExclusions.
type EncryptionExclusion struct {
	Resource string // the member's name, e.g. "NatGateway"
	State    string // "enabling", "enabled", "disabling", "disabled"
}

func (v *VPCEncryptionControl) member(r *reader, key string) bool {
	if key != "ResourceExclusions" {
		return false
	}
	v.Exclusions = r.encryptionExclusions()
	return true
}

var readEncryptionControl = tagged[VPCEncryptionControl]()

// encryptionExclusions reads ResourceExclusions: an object with a member for
// each kind of resource, those of later years included.
func (r *reader) encryptionExclusions() []EncryptionExclusion {
	var out []EncryptionExclusion
	for ok := r.object(); ok && r.NextKey(); {
		x := EncryptionExclusion{Resource: r.Key()}
		x.State = r.nestedText("State")
		out = append(out, x)
	}
	return out
}

// inlineEncryptionControl reads EncryptionControl of a VPC; null is not told.
func (r *reader) inlineEncryptionControl(at Source) *VPCEncryptionControl {
	if r.Peek() == jsonscan.Null {
		r.Skip()
		return nil
	}
	v := new(VPCEncryptionControl)
	readEncryptionControl(r, at, v)
	return v
}
