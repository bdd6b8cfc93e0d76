package snapshot

import (
	"net/netip"
	"strings"
)

// PortRange is inclusive at both ends.
type PortRange struct{ From, To int }

// ACLEntry is one rule of a network ACL, in the order of the file.
type ACLEntry struct {
	At            Source
	RuleNumber    int
	Egress        bool
	Allow         bool         // RuleAction "allow"
	Protocol      string       // a number in a string, e.g. "6"; "-1" is all
	CIDR          netip.Prefix // CidrBlock or Ipv6CidrBlock
	PortRange     *PortRange   // nil: not given
	ICMPType      *int         // IcmpTypeCode.Type; -1 is all
	ICMPCode      *int
	UnknownFields []string
}

// NetworkACL is one of describe-network-acls.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-network-acls.html
type NetworkACL struct {
	At           Source
	ID           NetworkACLID `aws:"NetworkAclId"`
	VPC          VPCID        `aws:"VpcId,required"`
	OwnerID      string       `aws:"OwnerId"`
	Tags         []Tag        `aws:"Tags"`
	IsDefault    bool         `aws:"IsDefault"`
	Subnets      []SubnetID   `aws:"Associations[].SubnetId"` // of Associations
	Entries      []ACLEntry   `aws:"Entries"`
	EntriesKnown bool         `known:"Entries"`      // the Entries key is in the file
	SubnetsKnown bool         `known:"Associations"` // the Associations key is in the file
}

// aclEntry reads one rule of a network ACL.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html
func (r *reader) aclEntry(at Source, v *ACLEntry) {
	v.At = at
	r.Peek()
	offset := r.Offset()
	if !r.object() {
		return
	}
	var numbered, directed bool
	action := ""
	for r.NextKey() {
		switch r.Key() {
		case "RuleNumber":
			v.RuleNumber, numbered = r.int()
		case "Egress":
			v.Egress, directed = r.bool(), true
		case "RuleAction":
			action = r.ruleAction()
		case "Protocol":
			v.Protocol = r.protocol()
		case "CidrBlock":
			v.CIDR = firstValid(r.prefix(ipv4), v.CIDR)
		case "Ipv6CidrBlock":
			v.CIDR = firstValid(r.prefix(ipv6), v.CIDR)
		case "PortRange":
			v.PortRange = r.portRange(&v.UnknownFields)
		case "IcmpTypeCode", "Icmp":
			r.icmpTypeCode(v)
		default:
			r.unknown(&v.UnknownFields, "")
		}
	}
	v.Allow = action == "allow"
	if r.Err() != nil || r.problemSince(offset) {
		return
	}
	switch {
	case !numbered:
		r.problemAt(offset, "this ACL entry has no RuleNumber")
	case !directed:
		r.problemAt(offset, "this ACL entry has no Egress")
	case action == "":
		r.problemAt(offset, "this ACL entry has no RuleAction")
	case !v.CIDR.IsValid() && len(v.UnknownFields) == 0:
		r.problemAt(offset, "this ACL entry has no CIDR block")
	}
}

// ruleAction reads "allow" or "deny", in any case (N11): another word can be given no meaning,
// and neither may stand in for it.
func (r *values) ruleAction() string {
	r.Peek()
	offset := r.Offset()
	action := r.text()
	switch word := strings.ToLower(action); word {
	case "allow", "deny", "":
		return word
	default:
		r.problemAt(offset, "rule action %q is neither allow nor deny", short(action))
		return ""
	}
}

func (r *values) portRange(unknown *[]string) *PortRange {
	if !r.object() {
		return nil
	}
	p := &PortRange{From: -1, To: -1}
	for r.NextKey() {
		switch r.Key() {
		case "From":
			if n, ok := r.int(); ok {
				p.From = n
			}
		case "To":
			if n, ok := r.int(); ok {
				p.To = n
			}
		default:
			r.unknown(unknown, "PortRange/")
		}
	}
	if p.From < 0 || p.To < 0 { // half a range says nothing
		*unknown = append(*unknown, "PortRange")
	}
	return p
}

func (r *reader) icmpTypeCode(v *ACLEntry) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Type":
			v.ICMPType = r.intPointer()
		case "Code":
			v.ICMPCode = r.intPointer()
		default:
			r.unknown(&v.UnknownFields, "IcmpTypeCode/")
		}
	}
}
