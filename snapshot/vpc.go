package snapshot

import (
	"net/netip"

	"github.com/canreach/canreach/internal/jsonscan"
)

// VPC is one of describe-vpcs.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpcs.html
type VPC struct {
	At            Source
	ID            VPCID          `aws:"VpcId"`
	OwnerID       string         `aws:"OwnerId"`
	Tags          []Tag          `aws:"Tags"`
	CIDRs         []netip.Prefix // IPv4, of CidrBlockAssociationSet in state associated, or CidrBlock
	IPv6CIDRs     []netip.Prefix
	Tenancy       string                `aws:"InstanceTenancy"` // InstanceTenancy: "default", "dedicated", "host"; empty: not told
	DHCPOptionsID DHCPOptionsID         `aws:"DhcpOptionsId"`
	IsDefault     bool                  `aws:"IsDefault"`
	BPAMode       string                `aws:"BlockPublicAccessStates.InternetGatewayBlockMode"` // BlockPublicAccessStates.InternetGatewayBlockMode; empty: not told
	State         string                `aws:"State"`
	Encryption    *VPCEncryptionControl // EncryptionControl; nil: not told here
}

func (v *VPC) member(r *reader, key string) bool {
	switch key {
	case "CidrBlock":
		if main := r.prefix(ipv4); len(v.CIDRs) == 0 && main.IsValid() {
			v.CIDRs = []netip.Prefix{main}
		}
	case "CidrBlockAssociationSet":
		if blocks := r.cidrAssociations("CidrBlock", "CidrBlockState", ipv4); len(blocks) > 0 || v.CIDRs == nil {
			v.CIDRs = blocks
		}
	case "Ipv6CidrBlockAssociationSet":
		v.IPv6CIDRs = r.cidrAssociations("Ipv6CidrBlock", "Ipv6CidrBlockState", ipv6)
	case "EncryptionControl":
		v.Encryption = r.inlineEncryptionControl(v.At.Child("EncryptionControl"))
	case "EnableDnsSupport":
		r.inlineAttribute(v).EnableDNSSupport = r.flag(v.At, key)
	case "EnableDnsHostnames":
		r.inlineAttribute(v).EnableDNSHostnames = r.flag(v.At, key)
	default:
		return false
	}
	return true
}

func (v *VPC) finish(r *reader) {
	if v.Encryption != nil {
		v.Encryption.VPC = v.ID
	}
	if n := len(r.inlineAttributes); n > 0 && r.inlineAttributes[n-1].At == v.At {
		r.inlineAttributes[n-1].VPC = v.ID
	}
}

// inlineAttribute returns the attributes that stand in the VPC itself.
func (r *reader) inlineAttribute(v *VPC) *VPCAttribute {
	if n := len(r.inlineAttributes); n == 0 || r.inlineAttributes[n-1].At != v.At {
		r.inlineAttributes = append(r.inlineAttributes, VPCAttribute{At: v.At})
	}
	return &r.inlineAttributes[len(r.inlineAttributes)-1]
}

// VPCAttribute is describe-vpc-attribute, merged by VPC.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-attribute.html
type VPCAttribute struct {
	At                 Source
	VPC                VPCID `aws:"VpcId"`
	EnableDNSSupport   Flag  `aws:"EnableDnsSupport"`
	EnableDNSHostnames Flag  `aws:"EnableDnsHostnames"`
}

// Subnet is one of describe-subnets.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-subnets.html
type Subnet struct {
	At               Source
	ID               SubnetID     `aws:"SubnetId"`
	VPC              VPCID        `aws:"VpcId,required"`
	OwnerID          string       `aws:"OwnerId"`
	Tags             []Tag        `aws:"Tags"`
	CIDR             netip.Prefix `aws:"CidrBlock,ipv4"` // IPv4; invalid for an IPv6-only subnet
	IPv6CIDRs        []netip.Prefix
	AvailabilityZone string `aws:"AvailabilityZone"`          // name, e.g. "us-east-1a"
	AZID             string `aws:"AvailabilityZoneId"`        // e.g. "use1-az1"
	FreeAddresses    int    `aws:"AvailableIpAddressCount"`   // AvailableIpAddressCount
	FreeKnown        bool   `known:"AvailableIpAddressCount"` // the count is in the snapshot
	State            string `aws:"State"`
	IPv6Native       bool   `aws:"Ipv6Native"`
	EnableDNS64      bool   `aws:"EnableDns64"`
	AssignIPv6       Flag   `aws:"AssignIpv6AddressOnCreation"` // AssignIpv6AddressOnCreation: new interfaces get an IPv6 address
	MapPublicIP      Flag   `aws:"MapPublicIpOnLaunch"`         // MapPublicIpOnLaunch: instances launched there get a public IPv4 address
	OutpostARN       string `aws:"OutpostArn"`
	BPAMode          string `aws:"BlockPublicAccessStates.InternetGatewayBlockMode"`
}

func (v *Subnet) finish(r *reader) {
	if !v.CIDR.IsValid() && !v.IPv6Native && len(v.IPv6CIDRs) == 0 {
		r.incomplete = "CidrBlock"
	}
}

func (v *Subnet) member(r *reader, key string) bool {
	if key != "Ipv6CidrBlockAssociationSet" {
		return false
	}
	v.IPv6CIDRs = r.cidrAssociations("Ipv6CidrBlock", "Ipv6CidrBlockState", ipv6)
	return true
}

// DHCPOptions is one of describe-dhcp-options.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-dhcp-options.html
type DHCPOptions struct {
	At         Source
	ID         DHCPOptionsID `aws:"DhcpOptionsId"`
	DNSServers []string      // domain-name-servers, e.g. "AmazonProvidedDNS"
	DomainName string
}

func (v *DHCPOptions) member(r *reader, key string) bool {
	if key != "DhcpConfigurations" {
		return false
	}
	for ok := r.array(); ok && r.NextItem(); {
		r.dhcpConfiguration(v)
	}
	return true
}

// BPAOptions is describe-vpc-block-public-access-options.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-block-public-access-options.html
type BPAOptions struct {
	At    Source
	Mode  string `aws:"InternetGatewayBlockMode"` // InternetGatewayBlockMode: "off", "block-ingress", "block-bidirectional"
	State string `aws:"State"`
}

// BPAExclusion is one of describe-vpc-block-public-access-exclusions.
type BPAExclusion struct {
	At       Source
	ID       string `aws:"ExclusionId"`
	Mode     string `aws:"InternetGatewayExclusionMode"` // InternetGatewayExclusionMode: "allow-bidirectional", "allow-egress"
	Resource string `aws:"ResourceArn"`                  // ResourceArn of a VPC or subnet
	State    string `aws:"State"`
}

var (
	readVPCAttribute = tagged[VPCAttribute]()
	readBPAOptions   = tagged[BPAOptions]()
)

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
func (r *values) nestedText(member string) string {
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

// vpcAttributes reads VpcAttributes: answers for one VPC may stand apart, one
// for each attribute.
func (r *reader) vpcAttributes(c *Collection[VPCAttribute], base string) {
	collect(r, c, base, shape[VPCAttribute]{read: readVPCAttribute})
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

// blockPublicAccess reads the options, which AWS prints as one object.
func (r *reader) blockPublicAccess(c *Collection[BPAOptions], base string) {
	if r.Peek() != jsonscan.Object {
		collect(r, c, base, shape[BPAOptions]{read: readBPAOptions})
		if len(c.Items) > 1 {
			r.problemAt(r.KeyOffset(), "more than one VpcBlockPublicAccessOptions in a region")
		}
		return
	}
	c.Presence, c.At, c.Items = Collected, At(base), make([]BPAOptions, 1)
	readBPAOptions(r, At(base), &c.Items[0])
}
