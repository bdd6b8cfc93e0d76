package snapshot

import (
	"net/netip"

	"github.com/canreach/canreach/internal/jsonscan"
)

var vpcShape = shape[VPC]{(*reader).vpc, func(v *VPC) string { return string(v.ID) }, "VpcId"}

// vpc reads one of describe-vpcs.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpcs.html
func (r *reader) vpc(at Source, v *VPC) {
	v.At = at
	var main netip.Prefix
	var attributes VPCAttribute
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "VpcId":
			readText(r, &v.ID)
		case "OwnerId":
			v.OwnerID = r.text()
		case "Tags":
			v.Tags = r.tags()
		case "CidrBlock":
			main = r.prefix(ipv4)
		case "CidrBlockAssociationSet":
			v.CIDRs = r.cidrAssociations("CidrBlock", "CidrBlockState", ipv4)
		case "Ipv6CidrBlockAssociationSet":
			v.IPv6CIDRs = r.cidrAssociations("Ipv6CidrBlock", "Ipv6CidrBlockState", ipv6)
		case "InstanceTenancy":
			v.Tenancy = r.text()
		case "DhcpOptionsId":
			readText(r, &v.DHCPOptionsID)
		case "IsDefault":
			v.IsDefault = r.bool()
		case "BlockPublicAccessStates":
			v.BPAMode = r.internetGatewayBlockMode()
		case "EncryptionControl":
			v.Encryption = r.inlineEncryptionControl(at.Child("EncryptionControl"))
		case "State":
			v.State = r.text()
		case "EnableDnsSupport":
			attributes.EnableDNSSupport = r.flag(at, "EnableDnsSupport")
		case "EnableDnsHostnames":
			attributes.EnableDNSHostnames = r.flag(at, "EnableDnsHostnames")
		default:
			r.Skip()
		}
	}
	if v.Encryption != nil {
		v.Encryption.VPC = v.ID
	}
	if len(v.CIDRs) == 0 && main.IsValid() {
		v.CIDRs = []netip.Prefix{main}
	}
	if attributes != (VPCAttribute{}) {
		attributes.At, attributes.VPC = at, v.ID
		r.inlineAttributes = append(r.inlineAttributes, attributes)
	}
}

// cidrAssociations reads the blocks of an association set that are associated.
// One whose state is not told counts as associated.
func (r *reader) cidrAssociations(block, state string, f family) []netip.Prefix {
	if !r.array() {
		return nil
	}
	out := []netip.Prefix{}
	for r.NextItem() {
		var p netip.Prefix
		status := ""
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case block:
				p = r.prefix(f)
			case state:
				status = r.nestedText("State")
			default:
				r.Skip()
			}
		}
		if p.IsValid() && (status == "" || status == "associated") {
			out = append(out, p)
		}
	}
	return out
}

// nestedText reads one member of an object, or a bare string in its place.
func (r *reader) nestedText(member string) string {
	if r.Peek() == jsonscan.String {
		return r.text()
	}
	var t string
	for ok := r.object(); ok && r.NextKey(); {
		if r.Key() == member {
			t = r.text()
		} else {
			r.Skip()
		}
	}
	return t
}

func (r *reader) internetGatewayBlockMode() string { return r.nestedText("InternetGatewayBlockMode") }

// vpcAttribute reads one describe-vpc-attribute answer, or several merged.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-attribute.html
func (r *reader) vpcAttribute(at Source, v *VPCAttribute) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "VpcId":
			readText(r, &v.VPC)
		case "EnableDnsSupport":
			v.EnableDNSSupport = r.flag(at, "EnableDnsSupport")
		case "EnableDnsHostnames":
			v.EnableDNSHostnames = r.flag(at, "EnableDnsHostnames")
		default:
			r.Skip()
		}
	}
}

// vpcAttributes reads VpcAttributes: answers for one VPC may stand apart, one
// for each attribute.
func (r *reader) vpcAttributes(c *Collection[VPCAttribute], base string) {
	collect(r, c, base, shape[VPCAttribute]{read: (*reader).vpcAttribute})
	c.Items = r.mergeAttributes(c.Items, nil)
}

// mergeAttributes joins attributes of one VPC, and more of them to items.
func (r *reader) mergeAttributes(items, more []VPCAttribute) []VPCAttribute {
	byVPC := make(map[VPCID]int, len(items))
	out := items[:0]
	for _, list := range [][]VPCAttribute{items, more} {
		for _, v := range list {
			i, found := byVPC[v.VPC]
			if !found {
				byVPC[v.VPC] = len(out)
				out = append(out, v)
				continue
			}
			if !mergeFlag(&out[i].EnableDNSSupport, v.EnableDNSSupport) || !mergeFlag(&out[i].EnableDNSHostnames, v.EnableDNSHostnames) {
				r.contradiction(v.At, "VpcId", string(v.VPC), out[i].At)
			}
		}
	}
	return out
}

// mergeFlag fills a flag that was not told; false: they contradict each other.
func mergeFlag(into *Flag, f Flag) bool {
	switch {
	case f.Presence == NotCollected:
		return true
	case into.Presence == NotCollected:
		*into = f
		return true
	}
	return into.Value == f.Value
}

var subnetShape = shape[Subnet]{(*reader).subnet, func(v *Subnet) string { return string(v.ID) }, "SubnetId"}

// subnet reads one of describe-subnets.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-subnets.html
func (r *reader) subnet(at Source, v *Subnet) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "SubnetId":
			readText(r, &v.ID)
		case "VpcId":
			readText(r, &v.VPC)
		case "OwnerId":
			v.OwnerID = r.text()
		case "Tags":
			v.Tags = r.tags()
		case "CidrBlock":
			v.CIDR = r.prefix(ipv4)
		case "Ipv6CidrBlockAssociationSet":
			v.IPv6CIDRs = r.cidrAssociations("Ipv6CidrBlock", "Ipv6CidrBlockState", ipv6)
		case "AvailabilityZone":
			v.AvailabilityZone = r.text()
		case "AvailabilityZoneId":
			v.AZID = r.text()
		case "AvailableIpAddressCount":
			v.FreeAddresses, v.FreeKnown = r.int()
		case "State":
			v.State = r.text()
		case "Ipv6Native":
			v.IPv6Native = r.bool()
		case "AssignIpv6AddressOnCreation":
			v.AssignIPv6 = r.flag(at, "AssignIpv6AddressOnCreation")
		case "EnableDns64":
			v.EnableDNS64 = r.bool()
		case "OutpostArn":
			v.OutpostARN = r.text()
		case "BlockPublicAccessStates":
			v.BPAMode = r.internetGatewayBlockMode()
		default:
			r.Skip()
		}
	}
}

var dhcpOptionsShape = shape[DHCPOptions]{(*reader).dhcpOptions, func(v *DHCPOptions) string { return string(v.ID) }, "DhcpOptionsId"}

// dhcpOptions reads one of describe-dhcp-options.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-dhcp-options.html
func (r *reader) dhcpOptions(at Source, v *DHCPOptions) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "DhcpOptionsId":
			readText(r, &v.ID)
		case "DhcpConfigurations":
			for ok := r.array(); ok && r.NextItem(); {
				r.dhcpConfiguration(v)
			}
		default:
			r.Skip()
		}
	}
}

func (r *reader) dhcpConfiguration(v *DHCPOptions) {
	var key string
	var values []string
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Key":
			key = r.text()
		case "Values":
			for ok := r.array(); ok && r.NextItem(); {
				if r.Peek() == jsonscan.String {
					values = append(values, r.text())
				} else {
					values = append(values, r.nestedText("Value"))
				}
			}
		default:
			r.Skip()
		}
	}
	switch key {
	case "domain-name-servers":
		v.DNSServers = values
	case "domain-name":
		if len(values) > 0 {
			v.DomainName = values[0]
		}
	}
}

// bpaOptions reads describe-vpc-block-public-access-options.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-block-public-access-options.html
func (r *reader) bpaOptions(at Source, v *BPAOptions) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "InternetGatewayBlockMode":
			v.Mode = r.text()
		case "State":
			v.State = r.text()
		default:
			r.Skip()
		}
	}
}

// blockPublicAccess reads the options, which AWS prints as one object.
func (r *reader) blockPublicAccess(c *Collection[BPAOptions], base string) {
	if r.Peek() != jsonscan.Object {
		collect(r, c, base, shape[BPAOptions]{read: (*reader).bpaOptions})
		if len(c.Items) > 1 {
			r.problemAt(r.KeyOffset(), "more than one VpcBlockPublicAccessOptions in a region")
		}
		return
	}
	c.Presence, c.At, c.Items = Collected, At(base), make([]BPAOptions, 1)
	r.bpaOptions(At(base), &c.Items[0])
}

var bpaExclusionShape = shape[BPAExclusion]{(*reader).bpaExclusion, func(v *BPAExclusion) string { return v.ID }, "ExclusionId"}

// bpaExclusion reads one of describe-vpc-block-public-access-exclusions.
func (r *reader) bpaExclusion(at Source, v *BPAExclusion) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "ExclusionId":
			v.ID = r.text()
		case "InternetGatewayExclusionMode":
			v.Mode = r.text()
		case "ResourceArn":
			v.Resource = r.text()
		case "State":
			v.State = r.text()
		default:
			r.Skip()
		}
	}
}
