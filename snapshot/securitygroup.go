package snapshot

import (
	"net/netip"
	"strconv"
)

// GroupReference is a UserIdGroupPair of a security-group rule.
type GroupReference struct {
	At            Source
	Group         SecurityGroupID
	UserID        string
	VPC           VPCID
	Peering       PeeringID
	PeeringStatus string
}

// Range is one address range of a security-group rule.
type Range struct {
	At          Source
	CIDR        netip.Prefix
	Description string
}

// PrefixListRef is one prefix list of a security-group rule.
type PrefixListRef struct {
	At   Source
	List PrefixListID
}

// Permission is one IpPermission: a protocol and ports, with all its remotes.
type Permission struct {
	At            Source
	Protocol      string  // "tcp", "6", "-1", …
	FromPort      *int    // or the ICMP type
	ToPort        *int    // or the ICMP code
	Ranges        []Range // IpRanges and Ipv6Ranges
	PrefixLists   []PrefixListRef
	Groups        []GroupReference
	UnknownFields []string
	// Incomplete: a list or an id of its remotes is missing, so that it may be
	// about anyone (P371).
	Incomplete bool
}

// SecurityGroup is one of describe-security-groups. IngressKnown and
// EgressKnown tell an absent key (not collected) from an empty list.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-security-groups.html
type SecurityGroup struct {
	At           Source
	ID           SecurityGroupID `aws:"GroupId"`
	VPC          VPCID           `aws:"VpcId,required"`
	OwnerID      string          `aws:"OwnerId"`
	Name         string          `aws:"GroupName"` // GroupName
	Tags         []Tag           `aws:"Tags"`
	Ingress      []Permission    `aws:"IpPermissions"`       // IpPermissions
	Egress       []Permission    `aws:"IpPermissionsEgress"` // IpPermissionsEgress
	IngressKnown bool            `known:"IpPermissions"`
	EgressKnown  bool            `known:"IpPermissionsEgress"`
	// FromRules: rules that the group itself lacks came from SecurityGroupRules.
	FromRules bool
}

// SecurityGroupVPC is one of describe-security-group-vpc-associations.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-security-group-vpc-associations.html
type SecurityGroupVPC struct {
	At    Source
	Group SecurityGroupID `aws:"GroupId"`
	VPC   VPCID           `aws:"VpcId"`
	State string          `aws:"State"`
}

// permission reads one IpPermission.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
func (r *reader) permission(at Source, v *Permission) {
	v.At = at
	r.Peek()
	offset := r.Offset()
	if !r.object() {
		return
	}
	lists := 0 // of the four that AWS always sends
	for r.NextKey() {
		switch r.Key() {
		case "IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs":
			lists++
		}
		switch r.Key() {
		case "IpProtocol":
			v.Protocol = r.protocol()
		case "FromPort":
			v.FromPort = r.intPointer()
		case "ToPort":
			v.ToPort = r.intPointer()
		case "IpRanges":
			v.Ranges = r.ruleRanges(v, "IpRanges", "CidrIp", ipv4)
		case "Ipv6Ranges":
			v.Ranges = r.ruleRanges(v, "Ipv6Ranges", "CidrIpv6", ipv6)
		case "PrefixListIds":
			r.prefixListRefs(v)
		case "UserIdGroupPairs":
			r.groupPairs(v)
		default:
			r.unknown(&v.UnknownFields, "")
		}
	}
	if lists < 4 && len(v.Ranges)+len(v.PrefixLists)+len(v.Groups) == 0 {
		v.Incomplete = true // AWS has no rule for nobody
	}
	if v.Protocol == "" && len(v.UnknownFields) == 0 && r.Err() == nil && !r.problemSince(offset) {
		r.problemAt(offset, "this rule has no IpProtocol")
	}
}

// ruleRanges reads one of the two lists of address ranges, and returns them
// after those that v has already.
func (r *reader) ruleRanges(v *Permission, list, member string, f family) []Range {
	if !r.array() {
		return v.Ranges
	}
	base := r.child(v.At, list)
	var buf [8]Range
	out := append(buf[:0], v.Ranges...)
	for i := 0; r.NextItem(); i++ {
		one := Range{At: Source{base, int32(i)}}
		r.Peek()
		offset := r.Offset()
		if !r.object() {
			continue
		}
		for r.NextKey() {
			switch r.Key() {
			case member:
				one.CIDR = r.prefix(f)
			case "Description":
				one.Description = r.text()
			default:
				r.unknown(&v.UnknownFields, list+"/"+strconv.Itoa(i)+"/")
			}
		}
		if !one.CIDR.IsValid() && r.Err() == nil && !r.problemSince(offset) {
			r.problemAt(offset, "no %s here", member)
		}
		out = append(out, one)
	}
	return keep(r, out)
}

func (r *reader) prefixListRefs(v *Permission) {
	if !r.array() {
		return
	}
	base := r.child(v.At, "PrefixListIds")
	for i := 0; r.NextItem(); i++ {
		ref := PrefixListRef{At: Source{base, int32(i)}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "PrefixListId":
				readText(r, &ref.List)
			case "Description":
				r.Skip()
			default:
				r.unknown(&v.UnknownFields, "PrefixListIds/"+strconv.Itoa(i)+"/")
			}
		}
		if ref.List == "" {
			v.Incomplete = true
		}
		v.PrefixLists = append(v.PrefixLists, ref)
	}
}

func (r *reader) groupPairs(v *Permission) {
	if !r.array() {
		return
	}
	base := r.child(v.At, "UserIdGroupPairs")
	for i := 0; r.NextItem(); i++ {
		ref := GroupReference{At: Source{base, int32(i)}}
		r.groupReference(&ref, &v.UnknownFields, i)
		if ref.Group == "" {
			v.Incomplete = true
		}
		v.Groups = append(v.Groups, ref)
	}
}

func (r *reader) groupReference(ref *GroupReference, unknown *[]string, i int) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "GroupId":
			readText(r, &ref.Group)
		case "UserId":
			ref.UserID = r.text()
		case "VpcId":
			readText(r, &ref.VPC)
		case "VpcPeeringConnectionId":
			readText(r, &ref.Peering)
		case "PeeringStatus":
			ref.PeeringStatus = r.text()
		case "GroupName", "Description":
			r.Skip()
		default:
			r.unknown(unknown, "UserIdGroupPairs/"+strconv.Itoa(i)+"/")
		}
	}
}

// groupRule is one of describe-security-group-rules: a permission with exactly
// one remote, on its own.
type groupRule struct {
	id         string
	group      SecurityGroupID
	egress     bool
	permission Permission
}

// groupRule reads one of describe-security-group-rules.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
func (r *reader) groupRule(at Source, v *groupRule) {
	p := &v.permission
	p.At = at
	r.Peek()
	offset := r.Offset()
	directed := false
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "SecurityGroupRuleId":
			v.id = r.text()
		case "GroupId":
			readText(r, &v.group)
		case "IsEgress":
			v.egress, directed = r.bool(), true
		case "IpProtocol":
			p.Protocol = r.protocol()
		case "FromPort":
			p.FromPort = r.intPointer()
		case "ToPort":
			p.ToPort = r.intPointer()
		case "CidrIpv4":
			if c := r.prefix(ipv4); c.IsValid() {
				p.Ranges = append(p.Ranges, Range{At: at, CIDR: c})
			}
		case "CidrIpv6":
			if c := r.prefix(ipv6); c.IsValid() {
				p.Ranges = append(p.Ranges, Range{At: at, CIDR: c})
			}
		case "PrefixListId":
			if id := r.text(); id != "" {
				p.PrefixLists = append(p.PrefixLists, PrefixListRef{At: at, List: PrefixListID(id)})
			}
		case "ReferencedGroupInfo":
			ref := GroupReference{At: at}
			r.groupReference(&ref, &p.UnknownFields, 0)
			if ref.Group != "" {
				p.Groups = append(p.Groups, ref)
			}
		case "GroupOwnerId", "Description", "Tags", "SecurityGroupRuleArn":
			r.Skip()
		default:
			r.unknown(&p.UnknownFields, "")
		}
	}
	if r.Err() != nil || r.problemSince(offset) {
		return
	}
	switch {
	case v.group == "":
		r.problemAt(offset, "this rule has no GroupId")
	case !directed:
		r.problemAt(offset, "this rule has no IsEgress")
	case p.Protocol == "":
		r.problemAt(offset, "this rule has no IpProtocol")
	}
}

// addRules gives rules that were listed on their own to groups that came
// without permissions, and returns those.
func addRules(groups []SecurityGroup, rules []groupRule) (ruled map[SecurityGroupID]bool) {
	ruled = make(map[SecurityGroupID]bool)
	in := make(map[SecurityGroupID][]Permission)
	out := make(map[SecurityGroupID][]Permission)
	for _, rule := range rules {
		if rule.egress {
			out[rule.group] = append(out[rule.group], rule.permission)
		} else {
			in[rule.group] = append(in[rule.group], rule.permission)
		}
	}
	for i := range groups {
		g := &groups[i]
		if !g.IngressKnown || !g.EgressKnown {
			ruled[g.ID], g.FromRules = true, true
		}
		if !g.IngressKnown {
			g.Ingress, g.IngressKnown = in[g.ID], true
		}
		if !g.EgressKnown {
			g.Egress, g.EgressKnown = out[g.ID], true
		}
	}
	return ruled
}
