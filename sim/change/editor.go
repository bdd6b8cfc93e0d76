package change

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/located"
)

// editor applies changes to one snapshot.
type editor struct {
	root   *jsontree.Node
	change Change // the one being applied
	notes  []string
	made   int // ids given out
}

// The editor's parts, each with the file of its subject.
type (
	encryptionEdits struct{ *editor } // encryption.go
	endpointEdits   struct{ *editor } // endpoint.go
	routeEdits      struct{ *editor } // route.go
	patchEdits      struct{ *editor } // patch.go
)

func (e *editor) encryptionEdits() encryptionEdits { return encryptionEdits{e} }
func (e *editor) endpointEdits() endpointEdits     { return endpointEdits{e} }
func (e *editor) routeEdits() routeEdits           { return routeEdits{e} }
func (e *editor) patchEdits() patchEdits           { return patchEdits{e} }

// refuse returns the refusal of the change at hand. A code is AWS's; without
// one it is the snapshot that gives no hold.
func (e *editor) refuse(code, format string, args ...any) error {
	return &RefusedError{Change: e.change, Code: code, Reason: fmt.Sprintf(format, args...)}
}

func (e *editor) note(format string, args ...any) {
	n := fmt.Sprintf(format, args...)
	if !slices.Contains(e.notes, n) {
		e.notes = append(e.notes, n)
	}
}

// newID returns the id for what the change creates: the one that was asked
// for, or a made-up one that tells itself apart from AWS's. It refuses one that
// the snapshot has.
func (e *editor) newID(k ec2Kind, prefix string) (string, error) {
	if id := e.change.As; id != "" {
		if _, taken := e.find(k.collection, k.idKey, id); taken {
			return "", e.refuse("", "the %s %s is in the snapshot already", k.word, id)
		}
		return id, nil
	}
	for {
		e.made++
		id := fmt.Sprintf("%snew%d", prefix, e.made)
		if _, taken := e.find(k.collection, k.idKey, id); !taken {
			return id, nil
		}
	}
}

// partID returns the id of something that a resource has one of for each
// owner, such as a subnet's association.
func (e *editor) partID(prefix, owner string) string {
	if e.change.As != "" {
		return e.change.As
	}
	if _, rest, ok := strings.Cut(owner, "-"); ok {
		owner = rest
	}
	return prefix + strings.NewReplacer(".", "-", "/", "-").Replace(owner)
}

// scope is the account and region that something stands in; region is nil
// for what has none.
type scope struct{ account, region *jsontree.Node }

func (s scope) accountID() string  { return s.account.Get("accountId").Text() }
func (s scope) regionName() string { return s.region.Get("region").Text() }

// found is a resource with the list it stands in.
type found struct {
	*jsontree.Node
	list  *jsontree.Node
	index int
	scope scope
}

func (f found) remove() { f.list.RemoveAt(f.index) }

// accounts returns the accounts that the change may mean.
func (e *editor) accounts() []*jsontree.Node {
	var out []*jsontree.Node
	for _, a := range e.root.Get("accounts").Elements() {
		if e.change.Account == "" || a.Get("accountId").Text() == e.change.Account {
			out = append(out, a)
		}
	}
	return out
}

// regions returns the regions that the change may mean.
func (e *editor) regions() []scope {
	var out []scope
	for _, a := range e.accounts() {
		for _, r := range a.Get("regions").Elements() {
			if e.change.Region == "" || r.Get("region").Text() == e.change.Region {
				out = append(out, scope{a, r})
			}
		}
	}
	return out
}

// each calls visit for every resource of an EC2 collection until it returns false.
func (e *editor) each(kind string, visit func(found) bool) {
	for _, s := range e.regions() {
		list := s.region.Get("ec2").Get(kind)
		for i, n := range list.Elements() {
			if !visit(found{n, list, i, s}) {
				return
			}
		}
	}
}

// find looks a resource of EC2 up by its id.
func (e *editor) find(kind, idKey, id string) (found, bool) {
	var hit found
	e.each(kind, func(f found) bool {
		if f.Get(idKey).Text() == id {
			hit = f
		}
		return hit.Node == nil
	})
	return hit, hit.Node != nil
}

// ec2Kind is a collection with AWS's words for it.
type ec2Kind struct{ collection, idKey, word, notFound string }

var (
	vpcs           = ec2Kind{"Vpcs", "VpcId", "VPC", "InvalidVpcID.NotFound"}
	subnets        = ec2Kind{"Subnets", "SubnetId", "subnet", "InvalidSubnetID.NotFound"}
	securityGroups = ec2Kind{"SecurityGroups", "GroupId", "security group", "InvalidGroup.NotFound"}
	networkACLs    = ec2Kind{"NetworkAcls", "NetworkAclId", "network ACL", "InvalidNetworkAclID.NotFound"}
	routeTables    = ec2Kind{"RouteTables", "RouteTableId", "route table", "InvalidRouteTableID.NotFound"}
	endpoints      = ec2Kind{"VpcEndpoints", "VpcEndpointId", "VPC endpoint", "InvalidVpcEndpointId.NotFound"}
	interfaces     = ec2Kind{"NetworkInterfaces", "NetworkInterfaceId", "network interface", "InvalidNetworkInterfaceID.NotFound"}
	natGateways    = ec2Kind{"NatGateways", "NatGatewayId", "NAT gateway", "InvalidNatGatewayID.NotFound"}
	igws           = ec2Kind{"InternetGateways", "InternetGatewayId", "internet gateway", "InvalidInternetGatewayID.NotFound"}
	eigws          = ec2Kind{"EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId", "egress-only internet gateway", "InvalidGatewayID.NotFound"}
	vgws           = ec2Kind{"VpnGateways", "VpnGatewayId", "virtual private gateway", "InvalidVpnGatewayID.NotFound"}
	peerings       = ec2Kind{"VpcPeeringConnections", "VpcPeeringConnectionId", "VPC peering connection", "InvalidVpcPeeringConnectionID.NotFound"}
	tgws           = ec2Kind{"TransitGateways", "TransitGatewayId", "transit gateway", "InvalidTransitGatewayID.NotFound"}
	tgwAttachments = ec2Kind{"TransitGatewayVpcAttachments", "TransitGatewayAttachmentId", "transit gateway attachment", "InvalidTransitGatewayAttachmentID.NotFound"}
	tgwAnyAttach   = ec2Kind{"TransitGatewayAttachments", "TransitGatewayAttachmentId", "transit gateway attachment", "InvalidTransitGatewayAttachmentID.NotFound"}
	tgwRouteTables = ec2Kind{"TransitGatewayRouteTables", "TransitGatewayRouteTableId", "transit gateway route table", "InvalidRouteTableID.NotFound"}
	dhcpOptions    = ec2Kind{"DhcpOptions", "DhcpOptionsId", "DHCP option set", "InvalidDhcpOptionID.NotFound"}
	bpaExclusions  = ec2Kind{"VpcBlockPublicAccessExclusions", "ExclusionId", "exclusion", "InvalidVpcBlockPublicAccessExclusionId.NotFound"}
	addresses      = ec2Kind{"Addresses", "AllocationId", "Elastic IP", "InvalidAllocationID.NotFound"}
	managedLists   = ec2Kind{"ManagedPrefixLists", "PrefixListId", "prefix list", "InvalidPrefixListID.NotFound"}
	prefixLists    = ec2Kind{"PrefixLists", "PrefixListId", "prefix list", "InvalidPrefixListID.NotFound"}
)

// need looks a resource up and refuses the change when it is not there.
func (e *editor) need(k ec2Kind, id string) (found, error) {
	f, ok := e.find(k.collection, k.idKey, id)
	if !ok {
		return f, e.absent(k.notFound, k.word, id, e.ids(k))
	}
	return f, nil
}

// absent refuses a name that the snapshot lacks, with the nearest that it has.
func (e *editor) absent(code, kind, name string, have []string) error {
	suggestion := ""
	if near := located.Nearest(name, have); near != "" {
		suggestion = "; did you mean " + near + "?"
	}
	return e.refuse(code, "the %s %q is not in the snapshot%s", kind, name, suggestion)
}

func (e *editor) ids(kinds ...ec2Kind) []string {
	var out []string
	for _, k := range kinds {
		e.each(k.collection, func(f found) bool { out = append(out, f.Get(k.idKey).Text()); return true })
	}
	return out
}

// collection returns an EC2 collection of the scope, made when it is absent.
func (s scope) collection(name string) *jsontree.Node {
	ec2 := s.region.Get("ec2")
	if ec2.Kind() != jsontree.Object {
		s.region.Set("ec2", jsontree.NewObject())
		ec2 = s.region.Get("ec2")
	}
	if ec2.Get(name).Kind() != jsontree.Array {
		ec2.Set(name, jsontree.NewArray())
	}
	return ec2.Get(name)
}

// member returns an array member of an object, made when it is absent.
func member(of *jsontree.Node, name string) *jsontree.Node {
	if of.Get(name).Kind() != jsontree.Array {
		of.Set(name, jsontree.NewArray())
	}
	return of.Get(name)
}

// insertSorted puts value where its key sorts, in a list that is sorted.
func insertSorted(list *jsontree.Node, value *jsontree.Node, idKey string) {
	id, at := value.Get(idKey).Text(), list.Len()
	for i, n := range list.Elements() {
		if n.Get(idKey).Text() > id {
			at = i
			break
		}
	}
	list.InsertAt(at, value)
}

// addText puts s into an array of strings unless it is there; sorted where the array is.
func addText(list *jsontree.Node, s string) bool {
	at := list.Len()
	for i, n := range list.Elements() {
		if n.Text() == s {
			return false
		}
		if at == list.Len() && n.Text() > s {
			at = i
		}
	}
	list.InsertAt(at, jsontree.NewString(s))
	return true
}

// removeText takes s out of an array of strings and tells whether it was there.
func removeText(list *jsontree.Node, s string) bool {
	for i, n := range list.Elements() {
		if n.Text() == s {
			list.RemoveAt(i)
			return true
		}
	}
	return false
}

// fresh turns a parameter's value into one for the snapshot.
func fresh(v located.Value) *jsontree.Node {
	n, err := jsontree.NewRaw(v.JSON())
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return n
}
