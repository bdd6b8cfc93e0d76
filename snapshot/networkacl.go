package snapshot

import "strings"

var networkACLShape = shape[NetworkACL]{(*reader).networkACL, func(v *NetworkACL) string { return string(v.ID) }, "NetworkAclId"}

// networkACL reads one of describe-network-acls.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-network-acls.html
func (r *reader) networkACL(at Source, v *NetworkACL) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "NetworkAclId":
			readText(r, &v.ID)
		case "VpcId":
			readText(r, &v.VPC)
		case "OwnerId":
			v.OwnerID = r.text()
		case "Tags":
			v.Tags = r.tags()
		case "IsDefault":
			v.IsDefault = r.bool()
		case "Associations":
			v.SubnetsKnown = r.array()
			for ok := v.SubnetsKnown; ok && r.NextItem(); {
				if id := r.nestedText("SubnetId"); id != "" {
					v.Subnets = append(v.Subnets, SubnetID(id))
				}
			}
		case "Entries":
			v.Entries, v.EntriesKnown = r.aclEntries(r.child(at, "Entries"))
		default:
			r.Skip()
		}
	}
}

func (r *reader) aclEntries(base string) ([]ACLEntry, bool) {
	if !r.array() {
		return nil, false
	}
	var buf [16]ACLEntry
	out := buf[:0]
	for i := 0; r.NextItem(); i++ {
		out = append(out, ACLEntry{At: Source{base, int32(i)}})
		r.aclEntry(&out[i])
	}
	return keep(&r.slabs.entries, out), true
}

// aclEntry reads one rule of a network ACL.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html
func (r *reader) aclEntry(v *ACLEntry) {
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
func (r *reader) ruleAction() string {
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

func (r *reader) portRange(unknown *[]string) *PortRange {
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
