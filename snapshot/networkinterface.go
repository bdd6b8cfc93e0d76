package snapshot

import (
	"net/netip"
	"slices"
)

// InterfaceAddress is one private address of an interface, with the public one mapped to it.
type InterfaceAddress struct {
	Private netip.Addr `aws:"PrivateIpAddress,ipv4"`
	Public  netip.Addr `aws:"Association.PublicIp,ipv4"` // Association.PublicIp; invalid: none
	Primary bool       `aws:"Primary"`
}

// NetworkInterface is one of describe-network-interfaces.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-network-interfaces.html
type NetworkInterface struct {
	At               Source
	ID               NetworkInterfaceID `aws:"NetworkInterfaceId"`
	VPC              VPCID              `aws:"VpcId"`
	Subnet           SubnetID           `aws:"SubnetId"`
	OwnerID          string             `aws:"OwnerId"`
	Tags             []Tag              `aws:"TagSet|Tags"`
	Description      string             `aws:"Description"`
	InterfaceType    string             `aws:"InterfaceType"`
	AvailabilityZone string             `aws:"AvailabilityZone"`
	Addresses        []InterfaceAddress `aws:"PrivateIpAddresses"` // IPv4
	IPv6             []netip.Addr
	Groups           []SecurityGroupID `aws:"Groups[].GroupId"`
	GroupsKnown      bool              `known:"Groups"`
	SourceDestCheck  Flag
	AttachmentState  string `aws:"Attachment.Status"`     // Attachment.Status; empty: not attached
	InstanceID       string `aws:"Attachment.InstanceId"` // Attachment.InstanceId
	Status           string `aws:"Status"`
}

func (v *NetworkInterface) member(r *reader, key string) bool {
	switch key {
	case "PrivateIpAddress":
		r.mainAddress.Private, r.mainAddress.Primary = r.addr(ipv4), true
	case "Association":
		if public, err := netip.ParseAddr(r.nestedText("PublicIp")); err == nil {
			r.mainAddress.Public = public
		}
	case "Ipv6Addresses":
		r.interfaceIPv6(v)
	case "SourceDestCheck": // its place is the interface: a pointer of its own costs more than reading it
		if v.SourceDestCheck = r.flag(Source{}, ""); v.SourceDestCheck.Presence == Collected {
			v.SourceDestCheck.At = v.At
		}
	default:
		return false
	}
	return true
}

func (v *NetworkInterface) finish(r *reader) {
	for _, a := range v.Addresses {
		if !a.Private.IsValid() {
			v.Addresses = slices.DeleteFunc(v.Addresses, func(a InterfaceAddress) bool { return !a.Private.IsValid() })
			break
		}
	}
	if len(v.Addresses) == 0 && r.mainAddress.Private.IsValid() {
		v.Addresses = []InterfaceAddress{r.mainAddress}
	}
	r.mainAddress = InterfaceAddress{}
}

// Instance is one instance of describe-instances.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-instances.html
type Instance struct {
	At         Source
	ID         string   `aws:"InstanceId"`
	VPC        VPCID    `aws:"VpcId"`
	Subnet     SubnetID `aws:"SubnetId"`
	Tags       []Tag    `aws:"Tags"`
	State      string   `aws:"State.Name"`
	Interfaces []NetworkInterfaceID
	ProfileARN string `aws:"IamInstanceProfile.Arn"` // IamInstanceProfile.Arn
}

func (v *Instance) member(r *reader, key string) bool {
	switch key {
	case "NetworkInterfaces":
		r.instanceInterfaces(v.At, v)
	case "Placement":
		r.zone = r.nestedText("AvailabilityZone")
	default:
		return false
	}
	return true
}

func (v *Instance) finish(r *reader) {
	for i := len(r.ofInstances) - len(v.Interfaces); i < len(r.ofInstances); i++ {
		r.ofInstances[i].InstanceID, r.ofInstances[i].AvailabilityZone = v.ID, r.zone
	}
	r.zone = ""
}

// ElasticIP is one of describe-addresses.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-addresses.html
type ElasticIP struct {
	At        Source
	ID        string             `aws:"AllocationId"` // AllocationId
	Public    netip.Addr         `aws:"PublicIp,ipv4"`
	Private   netip.Addr         `aws:"PrivateIpAddress,ipv4"`
	Interface NetworkInterfaceID `aws:"NetworkInterfaceId"`
}

// shiftInterface moves the places of an interface that was read ahead.
func shiftInterface(v *NetworkInterface, delta int32) {
	v.At.Index += delta
	if v.SourceDestCheck.Presence == Collected {
		v.SourceDestCheck.At.Index += delta
	}
}

func (r *reader) interfaceIPv6(v *NetworkInterface) {
	for ok := r.array(); ok && r.NextItem(); {
		for ok := r.object(); ok && r.NextKey(); {
			if r.Key() != "Ipv6Address" {
				r.Skip()
			} else if a := r.addr(ipv6); a.IsValid() {
				v.IPv6 = append(v.IPv6, a)
			}
		}
	}
}

// instanceInterfaces reads an instance's interfaces: their ids, and all that is
// told of them, in case describe-network-interfaces is not in the snapshot.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterface.html
func (r *reader) instanceInterfaces(at Source, v *Instance) {
	if !r.array() {
		return
	}
	base := r.child(at, "NetworkInterfaces")
	for i := 0; r.NextItem(); i++ {
		var e NetworkInterface
		readNetworkInterface(r, Source{base, int32(i)}, &e)
		if e.ID == "" {
			continue
		}
		v.Interfaces = append(v.Interfaces, e.ID)
		r.ofInstances = append(r.ofInstances, e)
	}
}

// reservations reads describe-instances' [{Instances: […]}], flattened.
func (r *reader) reservations(c *Collection[Instance], base string) {
	if !r.array() {
		return
	}
	c.Presence, c.At = Collected, At(base)
	c.Items = []Instance{}
	for i := 0; r.NextItem(); i++ {
		for ok := r.object(); ok && r.NextKey(); {
			if r.Key() != "Instances" {
				r.Skip()
				continue
			}
			var part Collection[Instance]
			collect(r, &part, r.child(Source{base, int32(i)}, "Instances"), instanceShape)
			c.Items = append(c.Items, part.Items...)
		}
	}
}

var (
	readNetworkInterface = tagged[NetworkInterface]()
	instanceShape        = described[Instance]("InstanceId")
	addressShape         = shape[ElasticIP]{tagged[ElasticIP](), func(v *ElasticIP) string {
		if v.ID == "" && v.Public.IsValid() {
			return v.Public.String()
		}
		return v.ID
	}, "AllocationId"}
)
