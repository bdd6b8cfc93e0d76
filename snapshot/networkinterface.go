package snapshot

import "net/netip"

var networkInterfaceShape = shape[NetworkInterface]{(*reader).networkInterface, func(v *NetworkInterface) string { return string(v.ID) }, "NetworkInterfaceId"}

// networkInterface reads one of describe-network-interfaces.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-network-interfaces.html
func (r *reader) networkInterface(at Source, v *NetworkInterface) {
	v.At = at
	var main InterfaceAddress
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "NetworkInterfaceId":
			readText(r, &v.ID)
		case "VpcId":
			readText(r, &v.VPC)
		case "SubnetId":
			readText(r, &v.Subnet)
		case "OwnerId":
			v.OwnerID = r.text()
		case "TagSet", "Tags":
			v.Tags = r.tags()
		case "Description":
			v.Description = r.text()
		case "InterfaceType":
			v.InterfaceType = r.text()
		case "AvailabilityZone":
			v.AvailabilityZone = r.text()
		case "PrivateIpAddress":
			main.Private, main.Primary = r.addr(ipv4), true
		case "Association":
			main.Public = r.publicIP()
		case "PrivateIpAddresses":
			v.Addresses = r.interfaceAddresses()
		case "Ipv6Addresses":
			r.interfaceIPv6(v)
		case "Groups":
			v.Groups, v.GroupsKnown = r.interfaceGroups()
		case "SourceDestCheck":
			v.SourceDestCheck = r.sourceDestCheck(at)
		case "Attachment":
			r.interfaceAttachment(v)
		case "Status":
			v.Status = r.text()
		default:
			r.Skip()
		}
	}
	if len(v.Addresses) == 0 && main.Private.IsValid() {
		v.Addresses = []InterfaceAddress{main}
	}
}

// shiftInterface moves the places of an interface that was read ahead.
func shiftInterface(v *NetworkInterface, delta int32) {
	v.At.Index += delta
	if v.SourceDestCheck.Presence == Collected {
		v.SourceDestCheck.At.Index += delta
	}
}

// sourceDestCheck reads the flag. Its place is the interface: at a hundred
// thousand of them, a pointer each costs more than the reading.
func (r *reader) sourceDestCheck(at Source) Flag {
	f := r.flag(Source{}, "")
	if f.Presence == Collected {
		f.At = at
	}
	return f
}

func (r *reader) publicIP() netip.Addr {
	var a netip.Addr
	for ok := r.object(); ok && r.NextKey(); {
		if r.Key() == "PublicIp" {
			a = r.addr(ipv4)
		} else {
			r.Skip()
		}
	}
	return a
}

func (r *reader) interfaceAddresses() []InterfaceAddress {
	var buf [8]InterfaceAddress
	out := buf[:0]
	for ok := r.array(); ok && r.NextItem(); {
		var a InterfaceAddress
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "PrivateIpAddress":
				a.Private = r.addr(ipv4)
			case "Primary":
				a.Primary = r.bool()
			case "Association":
				a.Public = r.publicIP()
			default:
				r.Skip()
			}
		}
		if a.Private.IsValid() {
			out = append(out, a)
		}
	}
	return keep(&r.slabs.addresses, out)
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

// interfaceGroups reads [{GroupId, GroupName}].
func (r *reader) interfaceGroups() ([]SecurityGroupID, bool) {
	if !r.array() {
		return nil, false
	}
	var buf [8]SecurityGroupID
	out := buf[:0]
	for r.NextItem() {
		if id := r.nestedText("GroupId"); id != "" {
			out = append(out, SecurityGroupID(id))
		}
	}
	return keep(&r.slabs.groups, out), true
}

func (r *reader) interfaceAttachment(v *NetworkInterface) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Status":
			v.AttachmentState = r.text()
		case "InstanceId":
			v.InstanceID = r.text()
		default:
			r.Skip()
		}
	}
}

var instanceShape = shape[Instance]{(*reader).instance, func(v *Instance) string { return v.ID }, "InstanceId"}

// instance reads one instance of describe-instances.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-instances.html
func (r *reader) instance(at Source, v *Instance) {
	v.At = at
	first, zone := len(r.ofInstances), ""
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "InstanceId":
			v.ID = r.text()
		case "VpcId":
			readText(r, &v.VPC)
		case "SubnetId":
			readText(r, &v.Subnet)
		case "Tags":
			v.Tags = r.tags()
		case "State":
			v.State = r.nestedText("Name")
		case "NetworkInterfaces":
			r.instanceInterfaces(at, v)
		case "IamInstanceProfile":
			v.ProfileARN = r.nestedText("Arn")
		case "Placement":
			zone = r.nestedText("AvailabilityZone")
		default:
			r.Skip()
		}
	}
	for i := first; i < len(r.ofInstances); i++ {
		e := &r.ofInstances[i]
		e.InstanceID, e.AvailabilityZone = v.ID, zone
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
		r.networkInterface(Source{base, int32(i)}, &e)
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

var addressShape = shape[ElasticIP]{(*reader).elasticIP, func(v *ElasticIP) string {
	if v.ID != "" {
		return v.ID
	}
	if v.Public.IsValid() {
		return v.Public.String()
	}
	return ""
}, "AllocationId"}

// elasticIP reads one of describe-addresses.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-addresses.html
func (r *reader) elasticIP(at Source, v *ElasticIP) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "AllocationId":
			v.ID = r.text()
		case "PublicIp":
			v.Public = r.addr(ipv4)
		case "PrivateIpAddress":
			v.Private = r.addr(ipv4)
		case "NetworkInterfaceId":
			readText(r, &v.Interface)
		default:
			r.Skip()
		}
	}
}
