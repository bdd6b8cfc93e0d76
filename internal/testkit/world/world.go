// Package world builds snapshots for tests: a base world in which everything
// works, and small edits that compose, so that a trap of the catalogues in
// docs/semantics is a few lines.
//
//	w := world.Network(world.NoRoute("rtb-1", world.PL))
//	m := network.NewModel(w.Snapshot(t))
//
// A world is the native snapshot as a tree of JSON values. What no edit of
// this package says, an edit says in AWS's own words:
//
//	world.Set("NetworkAcls", "acl-1", "Entries", nil)
//
// Only tests import it.
package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// Obj is a JSON object and List a JSON array, in AWS's own words.
type (
	Obj  = map[string]any
	List = []any
)

// Edit changes one thing in a world. Edits panic where the thing is not
// there: a test that edits nothing would pass for the wrong reason.
type Edit func(*World)

// World is a native snapshot under construction.
type World struct {
	root    Obj
	account string // account and region that edits mean
	region  string
}

// New returns a world with one account in one region and nothing in it: all
// collections that edits touch later begin absent, that is, not collected.
func New(account, region string) *World {
	w := &World{
		root: Obj{
			"schema": "canreach.snapshot/v1",
			"capture": Obj{
				"startedAt": "2026-11-23T08:00:00Z", "finishedAt": "2026-11-23T08:00:09Z",
				"tool": "canreach test", "gaps": List{},
			},
			"accounts":      List{},
			"organizations": Obj{"serviceControlPolicies": List{}, "resourceControlPolicies": List{}},
		},
		account: account, region: region,
	}
	w.Account(account)
	w.Region(account, region)
	return w
}

// Apply makes the edits in order.
func (w *World) Apply(edits ...Edit) *World {
	for _, e := range edits {
		e(w)
	}
	return w
}

// All composes edits into one.
func All(edits ...Edit) Edit { return func(w *World) { w.Apply(edits...) } }

// Do is an edit in Go, for what no other says.
func Do(f func(*World)) Edit { return f }

// In makes edits in another account and region.
func In(account, region string, edits ...Edit) Edit {
	return func(w *World) {
		was, wasRegion := w.account, w.region
		w.account, w.region = account, region
		w.Account(account)
		w.Region(account, region)
		w.Apply(edits...)
		w.account, w.region = was, wasRegion
	}
}

// Root is the whole snapshot's JSON value.
func (w *World) Root() Obj { return w.root }

// Account returns the account's object, made where there is none. A new
// account is in no organization.
func (w *World) Account(id string) Obj {
	accounts := w.root["accounts"].(List)
	for _, a := range accounts {
		if a.(Obj)["accountId"] == id {
			return a.(Obj)
		}
	}
	a := Obj{
		"accountId": id, "organizationId": "", "managementAccount": false,
		"regions": List{},
		"iam":     Obj{"RoleDetailList": List{}, "Policies": List{}},
		"s3":      Obj{"buckets": List{}, "accountPublicAccessBlock": nil},
	}
	w.root["accounts"] = append(accounts, a)
	return a
}

// Region returns the region's object, made where there is none.
func (w *World) Region(account, name string) Obj {
	a := w.Account(account)
	for _, r := range a["regions"].(List) {
		if r.(Obj)["region"] == name {
			return r.(Obj)
		}
	}
	r := Obj{"region": name, "ec2": Obj{}}
	a["regions"] = append(a["regions"].(List), r)
	return r
}

// idKeys names the member that identifies a resource of each collection.
var idKeys = map[string]string{
	"Vpcs": "VpcId", "VpcAttributes": "VpcId", "Subnets": "SubnetId", "RouteTables": "RouteTableId",
	"NetworkAcls": "NetworkAclId", "SecurityGroups": "GroupId", "NetworkInterfaces": "NetworkInterfaceId",
	"VpcEndpoints": "VpcEndpointId", "PrefixLists": "PrefixListId", "ManagedPrefixLists": "PrefixListId",
	"DhcpOptions": "DhcpOptionsId", "InternetGateways": "InternetGatewayId",
	"EgressOnlyInternetGateways": "EgressOnlyInternetGatewayId", "NatGateways": "NatGatewayId",
	"VpcPeeringConnections": "VpcPeeringConnectionId", "TransitGateways": "TransitGatewayId",
	"TransitGatewayVpcAttachments": "TransitGatewayAttachmentId", "TransitGatewayAttachments": "TransitGatewayAttachmentId",
	"TransitGatewayRouteTables": "TransitGatewayRouteTableId", "VpnGateways": "VpnGatewayId",
	"VpcBlockPublicAccessExclusions": "ExclusionId", "VpcEncryptionControls": "VpcEncryptionControlId", "RoleDetailList": "Arn", "Policies": "Arn", "buckets": "Name",
	"Instances": "InstanceId", "ResourcePolicies": "ResourceArn", "Addresses": "AllocationId", "SecurityGroupVpcAssociations": "GroupId",
}

// holder returns the object that a collection is a member of, in the
// account and region that edits mean.
func (w *World) holder(collection string) Obj {
	switch collection {
	case "RoleDetailList", "Policies":
		return w.Account(w.account)["iam"].(Obj)
	case "buckets":
		return w.Account(w.account)["s3"].(Obj)
	case "ResolverRules", "ResolverRuleAssociations", "FirewallRuleGroupAssociations", "FirewallRules",
		"FirewallDomainLists", "FirewallConfigs":
		return member(w.Region(w.account, w.region), "route53resolver")
	case "ProfileAssociations", "ProfileResourceAssociations":
		return member(w.Region(w.account, w.region), "route53profiles")
	case "ResourcePolicies":
		return member(w.Region(w.account, w.region), "resources")
	case "HostedZones":
		return member(w.Region(w.account, w.region), "route53")
	case "serviceControlPolicies", "resourceControlPolicies":
		return w.root["organizations"].(Obj)
	case "Keys", "Aliases":
		return member(w.Account(w.account), "kms")
	}
	return w.Region(w.account, w.region)["ec2"].(Obj)
}

// member returns an object member, made where there is none.
func member(o Obj, key string) Obj {
	if o[key] == nil {
		o[key] = Obj{}
	}
	return o[key].(Obj)
}

// Find returns the resource with the id, in the account and region that edits
// mean, or nil.
func (w *World) Find(collection, id string) Obj {
	items, _ := w.holder(collection)[collection].(List)
	for _, it := range items {
		if it.(Obj)[idKeys[collection]] == id {
			return it.(Obj)
		}
	}
	return nil
}

// Get returns the resource with the id and panics where there is none.
func (w *World) Get(collection, id string) Obj {
	o := w.Find(collection, id)
	if o == nil {
		panic(fmt.Sprintf("world: no %s %q in %s %s", collection, id, w.account, w.region))
	}
	return o
}

// Add adds resources to a collection.
func Add(collection string, items ...Obj) Edit {
	return func(w *World) {
		h := w.holder(collection)
		list, _ := h[collection].(List)
		if list == nil {
			list = List{}
		}
		for _, it := range items {
			if id := it[idKeys[collection]]; id != nil && w.Find(collection, fmt.Sprint(id)) != nil {
				panic(fmt.Sprintf("world: %s %v is there already", collection, id))
			}
			list = append(list, it)
		}
		h[collection] = list
	}
}

// Remove takes a resource out of its collection.
func Remove(collection, id string) Edit {
	return func(w *World) {
		w.Get(collection, id)
		h := w.holder(collection)
		h[collection] = without(h[collection].(List), func(o Obj) bool { return o[idKeys[collection]] == id })
	}
}

// NotCollected takes whole collections out: nobody asked (N10).
func NotCollected(collections ...string) Edit {
	return func(w *World) {
		for _, c := range collections {
			h := w.holder(c)
			if _, ok := h[c]; !ok {
				panic("world: " + c + " is not there")
			}
			delete(h, c)
		}
	}
}

// Refused records that AWS refused a call of EC2 in the world's account and region.
func Refused(operation string) Edit {
	return func(w *World) {
		capture := w.root["capture"].(Obj)
		capture["gaps"] = append(capture["gaps"].(List), Obj{"account": w.account, "region": w.region, "service": "ec2", "operation": operation, "code": "UnauthorizedOperation"})
	}
}

// Set sets one member of a resource.
func Set(collection, id, key string, value any) Edit {
	return func(w *World) { w.Get(collection, id)[key] = value }
}

// Unset takes one member out of a resource: not collected.
func Unset(collection, id, key string) Edit {
	return func(w *World) {
		o := w.Get(collection, id)
		if _, ok := o[key]; !ok {
			panic(fmt.Sprintf("world: %s %s has no %s", collection, id, key))
		}
		delete(o, key)
	}
}

// Append adds values to an array member of a resource.
func Append(collection, id, key string, values ...any) Edit {
	return func(w *World) {
		o := w.Get(collection, id)
		list, _ := o[key].(List)
		o[key] = append(list, values...)
	}
}

func without(list List, drop func(Obj) bool) List {
	kept := List{}
	for _, it := range list {
		if !drop(it.(Obj)) {
			kept = append(kept, it)
		}
	}
	return kept
}

// JSON returns the world in the native form.
func (w *World) JSON() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(w.root); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Snapshot parses the world and fails the test where it does not parse.
func (w *World) Snapshot(t testing.TB) *snapshot.Snapshot {
	t.Helper()
	s, err := snapshot.Parse(w.JSON())
	if err != nil {
		t.Fatalf("the world does not parse: %v", err)
	}
	return s
}
