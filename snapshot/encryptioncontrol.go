package snapshot

import "github.com/canreach/canreach/internal/jsonscan"

var encryptionControlShape = shape[VPCEncryptionControl]{(*reader).encryptionControl, func(v *VPCEncryptionControl) string { return v.ID }, "VpcEncryptionControlId"}

// encryptionControl reads one of describe-vpc-encryption-controls.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEncryptionControl.html
func (r *reader) encryptionControl(at Source, v *VPCEncryptionControl) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "VpcEncryptionControlId":
			v.ID = r.text()
		case "VpcId":
			readText(r, &v.VPC)
		case "Mode":
			v.Mode = r.text()
		case "State":
			v.State = r.text()
		case "ResourceExclusions":
			v.Exclusions = r.encryptionExclusions()
		case "Tags":
			v.Tags = r.tags()
		default:
			r.Skip()
		}
	}
}

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
	r.encryptionControl(at, v)
	return v
}
