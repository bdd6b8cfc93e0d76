package change

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// vpcAttribute returns the VpcAttributes entry of a VPC, or nil.
func (e *editor) vpcAttribute(vpc string) *jsontree.Node {
	f, _ := e.find("VpcAttributes", "VpcId", vpc)
	if f.Node == nil {
		if v, ok := e.find(vpcs.collection, vpcs.idKey, vpc); ok && v.Get("EnableDnsSupport") != nil {
			return v.Node
		}
	}
	return f.Node
}

// attributeValue returns the boolean of an attribute, bare or wrapped.
func attributeValue(n *jsontree.Node) *jsontree.Node {
	if n.Kind() == jsontree.Object {
		return n.Get("Value")
	}
	return n
}

func modifyVPCAttribute(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	if p.has("EnableDnsSupport") && p.has("EnableDnsHostnames") {
		return e.refuse("InvalidParameterCombination", "one attribute at a time: enableDnsSupport or enableDnsHostnames")
	}
	attributes := e.vpcAttribute(p.text("VpcId"))
	if vpc.Get("EnableDnsSupport") != nil || vpc.Get("EnableDnsHostnames") != nil {
		attributes = vpc.Node // told on the VPC itself
	}
	if attributes == nil {
		insertSorted(vpc.scope.collection("VpcAttributes"), jsontree.NewObject("VpcId", p.text("VpcId")), "VpcId")
		attributes = e.vpcAttribute(p.text("VpcId"))
	}
	if support := attributeValue(attributes.Get("EnableDnsSupport")); p.sub("EnableDnsHostnames").yes("Value") && support != nil && !support.True() {
		return e.refuse("InvalidParameterValue", "DNS hostnames need DNS support, which is off in %s", p.text("VpcId"))
	}
	for _, name := range []string{"EnableDnsSupport", "EnableDnsHostnames"} {
		if !p.has(name) {
			continue
		}
		value := jsontree.NewBool(p.sub(name).yes("Value"))
		if old := attributes.Get(name); old.Kind() == jsontree.Object {
			old.Set("Value", value)
		} else {
			attributes.Set(name, jsontree.NewObject("Value", value))
		}
	}
	return nil
}

func associateVPCBlock(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	c, perr := netip.ParsePrefix(p.text("CidrBlock"))
	if perr != nil || !c.Addr().Is4() {
		return e.refuse("InvalidParameterValue", "%q is not an IPv4 CIDR block", p.text("CidrBlock"))
	}
	c = c.Masked()
	if c.Bits() < 16 || c.Bits() > 28 {
		return e.refuse("InvalidVpc.Range", "a VPC's CIDR block is between /16 and /28, not /%d", c.Bits())
	}
	for _, old := range vpcBlocks(vpc.Node) {
		if old.Overlaps(c) {
			return e.refuse("InvalidVpc.Range", "%s overlaps %s of %s", c, old, p.text("VpcId"))
		}
	}
	member(vpc.Node, "CidrBlockAssociationSet").Append(jsontree.NewObject("AssociationId", e.partID("vpc-cidr-assoc-", c.String()), "CidrBlock", c.String(),
		"CidrBlockState", jsontree.NewObject("State", "associated")))
	e.each(routeTables.collection, func(f found) bool {
		if f.Get("VpcId").Text() == p.text("VpcId") && staticRoute(f.Node, "DestinationCidrBlock", c.String()) < 0 {
			member(f.Node, "Routes").Append(jsontree.NewObject("DestinationCidrBlock", c.String(), "GatewayId", "local", "Origin", "CreateRouteTable", "State", "active"))
		}
		return true
	})
	e.note("Every route table of %s got the local route %s.", p.text("VpcId"), c)
	return nil
}

func associateDHCP(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	if id := p.text("DhcpOptionsId"); id != "default" {
		if _, err := e.need(dhcpOptions, id); err != nil {
			return err
		}
	}
	vpc.Set("DhcpOptionsId", jsontree.NewString(p.text("DhcpOptionsId")))
	return nil
}

func createSubnet(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	id, err := e.newID(subnets, "subnet-")
	if err != nil {
		return err
	}
	c, perr := netip.ParsePrefix(p.text("CidrBlock"))
	if perr != nil || !c.Addr().Is4() {
		return e.refuse("InvalidParameterValue", "%q is not an IPv4 CIDR block", p.text("CidrBlock"))
	}
	c = c.Masked()
	if err := e.checkSubnetBlock(vpc, c); err != nil {
		return err
	}
	zone := p.text("AvailabilityZone")
	if zone != "" && !strings.HasPrefix(zone, vpc.scope.regionName()) {
		return e.refuse("InvalidParameterValue", "the zone %s is not in %s", zone, vpc.scope.regionName())
	}
	if localZone.MatchString(zone) && e.encryptionEdits().enforcing(p.text("VpcId")) != nil {
		return e.refuse("", "%s is in enforce mode, where Local Zone subnets such as one in %s are not supported", p.text("VpcId"), zone)
	}
	subnet := jsontree.NewObject("AvailabilityZone", zone, "AvailableIpAddressCount", 1<<(32-c.Bits())-5, "CidrBlock", c.String(),
		"DefaultForAz", false, "MapPublicIpOnLaunch", false, "OwnerId", vpc.scope.accountID(), "State", "available",
		"SubnetId", id, "Tags", jsontree.NewArray(), "VpcId", p.text("VpcId"))
	insertSorted(vpc.scope.collection(subnets.collection), subnet, "SubnetId")
	// A new subnet is under the default network ACL and the main route table.
	e.each(networkACLs.collection, func(f found) bool {
		if f.Get("VpcId").Text() == p.text("VpcId") && f.Get("IsDefault").True() {
			insertSorted(member(f.Node, "Associations"), jsontree.NewObject("NetworkAclAssociationId", "aclassoc-"+strings.TrimPrefix(id, "subnet-"),
				"NetworkAclId", f.Get("NetworkAclId").Text(), "SubnetId", id), "SubnetId")
			return false
		}
		return true
	})
	return nil
}

func (e *editor) checkSubnetBlock(vpc found, c netip.Prefix) error {
	if c.Bits() < 16 || c.Bits() > 28 {
		return e.refuse("InvalidSubnet.Range", "a subnet's CIDR block is between /16 and /28, not /%d", c.Bits())
	}
	inside := false
	for _, b := range vpcBlocks(vpc.Node) {
		inside = inside || b.Bits() <= c.Bits() && b.Contains(c.Addr())
	}
	if !inside {
		return e.refuse("InvalidSubnet.Range", "the CIDR %s is not inside %s", c, vpc.Get("VpcId").Text())
	}
	var conflict error
	e.each(subnets.collection, func(f found) bool {
		old, err := netip.ParsePrefix(f.Get("CidrBlock").Text())
		if err == nil && f.Get("VpcId").Text() == vpc.Get("VpcId").Text() && old.Overlaps(c) {
			conflict = e.refuse("InvalidSubnet.Conflict", "the CIDR %s conflicts with %s (%s)", c, f.Get("SubnetId").Text(), old)
		}
		return conflict == nil
	})
	return conflict
}

func deleteSubnet(e *editor, p parameters) error {
	subnet, err := e.need(subnets, p.text("SubnetId"))
	if err != nil {
		return err
	}
	id, user := p.text("SubnetId"), ""
	e.each(interfaces.collection, func(f found) bool {
		if f.Get("SubnetId").Text() == id {
			user = f.Get("NetworkInterfaceId").Text()
		}
		return user == ""
	})
	e.each(natGateways.collection, func(f found) bool {
		if f.Get("SubnetId").Text() == id && f.Get("State").Text() != "deleted" && user == "" {
			user = f.Get("NatGatewayId").Text()
		}
		return user == ""
	})
	if user != "" {
		return e.refuse("DependencyViolation", "%s has dependencies: %s", id, user)
	}
	for _, k := range []ec2Kind{routeTables, networkACLs} {
		e.each(k.collection, func(f found) bool {
			for i, a := range f.Get("Associations").Elements() {
				if a.Get("SubnetId").Text() == id {
					f.Get("Associations").RemoveAt(i)
					return false
				}
			}
			return true
		})
	}
	subnet.remove()
	return nil
}

func modifySubnet(e *editor, p parameters) error {
	subnet, err := e.need(subnets, p.text("SubnetId"))
	if err != nil {
		return err
	}
	names := slices.DeleteFunc([]string{"MapPublicIpOnLaunch", "EnableDns64", "AssignIpv6AddressOnCreation"}, func(n string) bool { return !p.has(n) })
	if len(names) > 1 {
		return e.refuse("InvalidParameterCombination", "one attribute at a time: %s or %s", names[0], names[1])
	}
	for _, name := range names {
		subnet.Set(name, jsontree.NewBool(p.sub(name).yes("Value")))
	}
	return nil
}

func modifyBPA(e *editor, p parameters) error {
	scopes := e.regions()
	if len(scopes) != 1 {
		return e.refuse("", "the snapshot has %d regions; say which with account and region beside the operation", len(scopes))
	}
	list := scopes[0].collection("VpcBlockPublicAccessOptions")
	if list.Len() == 0 {
		list.Append(jsontree.NewObject("AwsAccountId", scopes[0].accountID(), "AwsRegion", scopes[0].regionName()))
	}
	list.At(0).Set("InternetGatewayBlockMode", jsontree.NewString(p.text("InternetGatewayBlockMode")))
	list.At(0).Set("State", jsontree.NewString("update-complete"))
	return nil
}

func createBPAExclusion(e *editor, p parameters) error {
	kind, id, resource := vpcs, p.text("VpcId"), "vpc"
	if p.has("SubnetId") {
		kind, id, resource = subnets, p.text("SubnetId"), "subnet"
	}
	if p.has("SubnetId") == p.has("VpcId") {
		return e.refuse("InvalidParameterCombination", "an exclusion takes one of vpcId and subnetId")
	}
	f, err := e.need(kind, id)
	if err != nil {
		return err
	}
	exclusion, err := e.newID(bpaExclusions, "vpcbpa-exclude-")
	if err != nil {
		return err
	}
	arn := "arn:" + partition(f.scope.regionName()) + ":ec2:" + f.scope.regionName() + ":" + f.scope.accountID() + ":" + resource + "/" + id
	insertSorted(f.scope.collection("VpcBlockPublicAccessExclusions"), jsontree.NewObject("ExclusionId", exclusion,
		"InternetGatewayExclusionMode", p.text("InternetGatewayExclusionMode"), "ResourceArn", arn, "State", "create-complete"), "ExclusionId")
	return nil
}

// partition returns the partition of a region's ARNs.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func deleteBPAExclusion(e *editor, p parameters) error {
	f, err := e.need(bpaExclusions, p.text("ExclusionId"))
	if err != nil {
		return err
	}
	f.remove()
	return nil
}

func createTags(e *editor, p parameters) error { return e.tag(p, true) }
func deleteTags(e *editor, p parameters) error { return e.tag(p, false) }

// taggable are the EC2 collections whose resources may be tagged by id.
var taggable = []ec2Kind{vpcs, subnets, securityGroups, networkACLs, routeTables, endpoints, interfaces, natGateways, igws, eigws, vgws, peerings, tgws,
	tgwAttachments, tgwAnyAttach, tgwRouteTables, managedLists, encryptionControls}

func (e *editor) tag(p parameters, set bool) error {
	for _, t := range p.items("Tags") {
		if key := (parameters{t}).text("Key"); strings.HasPrefix(strings.ToLower(key), "aws:") {
			return e.refuse("InvalidParameterValue", "tag keys that begin with aws: are AWS's own: %q", key)
		}
	}
	for _, id := range p.texts("Resources") {
		hit := false
		for _, k := range taggable {
			f, ok := e.find(k.collection, k.idKey, id)
			if !ok {
				continue
			}
			hit = true
			name := "Tags"
			if k.collection == interfaces.collection {
				name = "TagSet"
			}
			for _, t := range p.items("Tags") {
				setTag(f.Node, name, parameters{t}, set)
			}
		}
		if !hit {
			return e.refuse("InvalidID", "the id %q is not in the snapshot", id)
		}
	}
	return nil
}

func setTag(of *jsontree.Node, name string, t parameters, set bool) {
	tags := member(of, name)
	for i, old := range tags.Elements() {
		if old.Get("Key").Text() != t.text("Key") {
			continue
		}
		if set {
			old.Set("Value", jsontree.NewString(t.text("Value")))
		} else if !t.has("Value") || t.text("Value") == old.Get("Value").Text() {
			tags.RemoveAt(i) // a value that is given has to agree
		}
		return
	}
	if set {
		tags.Append(jsontree.NewObject("Key", t.text("Key"), "Value", t.text("Value")))
	}
}
