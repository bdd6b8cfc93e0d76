package change

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// encryptionControls are the VPC encryption controls. A snapshot tells of one
// in this collection, in its VPC's EncryptionControl, or in both.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-encryption-controls.html
var encryptionControls = ec2Kind{"VpcEncryptionControls", "VpcEncryptionControlId", "VPC encryption control", "InvalidVpcEncryptionControlId.NotFound"}

const inlineControl = "EncryptionControl"

// exclusionParameters are the parameters that exclude a kind of resource, with
// its member in ResourceExclusions.
var exclusionParameters = []struct{ parameter, resource string }{
	{"InternetGatewayExclusion", "InternetGateway"}, {"EgressOnlyInternetGatewayExclusion", "EgressOnlyInternetGateway"}, {"NatGatewayExclusion", "NatGateway"},
	{"VirtualPrivateGatewayExclusion", "VirtualPrivateGateway"}, {"VpcPeeringExclusion", "VpcPeering"}, {"LambdaExclusion", "Lambda"},
	{"VpcLatticeExclusion", "VpcLattice"}, {"ElasticFileSystemExclusion", "ElasticFileSystem"},
}

func modifyControlFields() []field {
	out := []field{req("VpcEncryptionControlId", text, ""), opt("Mode", oneOf("monitor", "enforce"), "")}
	for _, x := range exclusionParameters {
		out = append(out, opt(x.parameter, oneOf("enable", "disable"), ""))
	}
	return out
}

// controls returns every node that tells of a VPC's control.
func (e encryptionEdits) controls(vpc string) []*jsontree.Node {
	var out []*jsontree.Node
	e.each(encryptionControls.collection, func(f found) bool {
		if f.Get("VpcId").Text() == vpc {
			out = append(out, f.Node)
		}
		return true
	})
	if v, ok := e.find(vpcs.collection, vpcs.idKey, vpc); ok && v.Get(inlineControl).Kind() == jsontree.Object && v.Get(inlineControl).Get("State").Text() != "deleted" {
		out = append(out, v.Get(inlineControl))
	}
	return out
}

// controlledVPC finds the VPC of a control by the control's id.
func (e encryptionEdits) controlledVPC(id string) (string, error) {
	if f, ok := e.find(encryptionControls.collection, encryptionControls.idKey, id); ok {
		return f.Get("VpcId").Text(), nil
	}
	vpc := ""
	e.each(vpcs.collection, func(f found) bool {
		if c := f.Get(inlineControl); c.Get(encryptionControls.idKey).Text() == id && c.Get("State").Text() != "deleted" {
			vpc = f.Get("VpcId").Text()
		}
		return vpc == ""
	})
	if vpc == "" {
		return "", e.refuse(encryptionControls.notFound, "the VPC encryption control %q is not in the snapshot", id)
	}
	return vpc, nil
}

// createControl makes a control in monitor mode, the only one in which it can
// be turned on for a VPC that is there. Where nobody asked for the collection,
// it is told in the VPC: one control in it would say that no VPC has another.
func createControl(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	if len(e.encryptionEdits().controls(p.text("VpcId"))) > 0 {
		return e.refuse("", "%s has a VPC encryption control already", p.text("VpcId"))
	}
	id, err := e.newID(encryptionControls, "vpcec-")
	if err != nil {
		return err
	}
	control := jsontree.NewObject("Mode", "monitor", "ResourceExclusions", jsontree.NewObject(), "State", "available", "Tags", jsontree.NewArray(),
		"VpcEncryptionControlId", id, "VpcId", p.text("VpcId"))
	if vpc.scope.region.Get("ec2").Get(encryptionControls.collection).Kind() == jsontree.Array {
		insertSorted(vpc.scope.collection(encryptionControls.collection), control, encryptionControls.idKey)
		vpc.Delete(inlineControl)
		return nil
	}
	vpc.Set(inlineControl, control)
	return nil
}

func modifyControl(e *editor, p parameters) error {
	vpc, err := e.encryptionEdits().controlledVPC(p.text("VpcEncryptionControlId"))
	if err != nil {
		return err
	}
	return e.encryptionEdits().encrypting(vpc, func() error {
		for _, c := range e.encryptionEdits().controls(vpc) {
			setControl(c, p)
		}
		return nil
	})
}

func setControl(c *jsontree.Node, p parameters) {
	if p.has("Mode") {
		c.Set("Mode", jsontree.NewString(p.text("Mode")))
	}
	c.Set("State", jsontree.NewString("available"))
	for _, x := range exclusionParameters {
		if !p.has(x.parameter) {
			continue
		}
		if c.Get("ResourceExclusions").Kind() != jsontree.Object {
			c.Set("ResourceExclusions", jsontree.NewObject())
		}
		c.Get("ResourceExclusions").Set(x.resource, jsontree.NewObject("State", p.text(x.parameter)+"d"))
	}
}

func deleteControl(e *editor, p parameters) error {
	id := p.text("VpcEncryptionControlId")
	vpc, err := e.encryptionEdits().controlledVPC(id)
	if err != nil {
		return err
	}
	return e.encryptionEdits().encrypting(vpc, func() error {
		if f, ok := e.find(encryptionControls.collection, encryptionControls.idKey, id); ok {
			f.remove()
		}
		v, ok := e.find(vpcs.collection, vpcs.idKey, vpc)
		switch {
		case !ok || v.Get(inlineControl).Kind() != jsontree.Object:
		case v.scope.region.Get("ec2").Get(encryptionControls.collection).Kind() == jsontree.Array:
			v.Delete(inlineControl)
		default: // nothing else would tell that there is none
			v.Get(inlineControl).Set("State", jsontree.NewString("deleted"))
		}
		return nil
	})
}

// enforcing returns a VPC's control in enforce mode, or nil.
func (e encryptionEdits) enforcing(vpc string) *jsontree.Node {
	for _, c := range e.controls(vpc) {
		if strings.EqualFold(c.Get("Mode").Text(), "enforce") {
			return c
		}
	}
	return nil
}

func excluded(control *jsontree.Node, resource string) bool {
	x := control.Get("ResourceExclusions").Get(resource)
	return strings.EqualFold(x.Get("State").Text(), "enabled") || strings.EqualFold(x.Text(), "enabled")
}

// violations says what stands in a VPC in enforce mode, or leads out of it,
// and may not.
func (e encryptionEdits) violations(vpc string) []string {
	out := e.openPeerings(vpc)
	c := e.enforcing(vpc)
	if c == nil {
		return out
	}
	for _, r := range unencrypted {
		if excluded(c, r.resource) {
			continue
		}
		if id := e.firstOf(r, vpc); id != "" {
			out = append(out, fmt.Sprintf("%s is in enforce mode and holds %s: %s need the %s exclusion", vpc, id, r.words, r.resource))
		}
	}
	for _, r := range unsupported {
		if id := e.firstOf(r, vpc); id != "" {
			out = append(out, fmt.Sprintf("%s is in enforce mode and holds %s: %s are not supported there", vpc, id, r.words))
		}
	}
	return out
}

// encrypting makes a change to a VPC, and refuses it as AWS does where it
// brings about what enforce mode does not take. What a snapshot held before
// stays: it was taken so.
func (e encryptionEdits) encrypting(vpc string, change func() error) error {
	before := e.violations(vpc)
	if err := change(); err != nil {
		return err
	}
	for _, v := range e.violations(vpc) {
		if !slices.Contains(before, v) {
			return e.refuse("", "%s", v)
		}
	}
	return nil
}

// unencryptedKind is a kind of resource that enforce mode does not take.
type unencryptedKind struct {
	kind     ec2Kind
	resource string // in ResourceExclusions; empty: not excludable
	words    string
	in       func(r *jsontree.Node, vpc string) bool
}

var (
	attachedTo = func(list string) func(*jsontree.Node, string) bool {
		return func(r *jsontree.Node, vpc string) bool {
			for _, a := range r.Get(list).Elements() {
				if a.Get("VpcId").Text() == vpc && a.Get("State").Text() != "detached" {
					return true
				}
			}
			return false
		}
	}
	unencrypted = []unencryptedKind{
		{igws, "InternetGateway", "internet gateways", attachedTo("Attachments")},
		{eigws, "EgressOnlyInternetGateway", "egress-only internet gateways", attachedTo("Attachments")},
		{natGateways, "NatGateway", "NAT gateways", func(r *jsontree.Node, vpc string) bool {
			return r.Get("VpcId").Text() == vpc && r.Get("State").Text() != "deleted" && r.Get("State").Text() != "failed"
		}},
		{vgws, "VirtualPrivateGateway", "virtual private gateways", attachedTo("VpcAttachments")},
		{interfaces, "Lambda", "Lambda functions", func(r *jsontree.Node, vpc string) bool {
			return r.Get("VpcId").Text() == vpc && r.Get("InterfaceType").Text() == "lambda"
		}},
	}
	unsupported = []unencryptedKind{
		{endpoints, "", "Gateway Load Balancer and Network Firewall endpoints", func(r *jsontree.Node, vpc string) bool {
			return r.Get("VpcId").Text() == vpc && strings.EqualFold(r.Get("VpcEndpointType").Text(), "GatewayLoadBalancer") && r.Get("State").Text() != "deleted"
		}},
		{subnets, "", "Local Zone subnets", func(r *jsontree.Node, vpc string) bool {
			return r.Get("VpcId").Text() == vpc && localZone.MatchString(r.Get("AvailabilityZone").Text())
		}},
	}
	localZone = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+-`)
)

func (e encryptionEdits) firstOf(r unencryptedKind, vpc string) string {
	id := ""
	e.each(r.kind.collection, func(f found) bool {
		if r.in(f.Node, vpc) {
			id = f.Get(r.kind.idKey).Text()
		}
		return id == ""
	})
	return id
}

// openPeerings says which peerings an enforcing side needs an exclusion for:
// those with a VPC of another Region, or one that does not enforce encryption
// without any exclusion itself.
func (e encryptionEdits) openPeerings(vpc string) []string {
	var out []string
	e.each(peerings.collection, func(f found) bool {
		a, b := f.Get("RequesterVpcInfo"), f.Get("AccepterVpcInfo")
		x, y := a.Get("VpcId").Text(), b.Get("VpcId").Text()
		if x != vpc && y != vpc || f.Get("Status").Get("Code").Text() != "active" || a.Get("Region").Text() == b.Get("Region").Text() && e.sealed(x) && e.sealed(y) {
			return true
		}
		for _, side := range []string{x, y} {
			if c := e.enforcing(side); c != nil && !excluded(c, "VpcPeering") {
				out = append(out, fmt.Sprintf("%s is in enforce mode and %s leads out of it: VPC peering needs the VpcPeering exclusion, unless both VPCs are of one Region and enforce without exclusions", side, f.Get(peerings.idKey).Text()))
			}
		}
		return true
	})
	return out
}

// sealed tells whether a VPC is in enforce mode without any exclusion.
func (e encryptionEdits) sealed(vpc string) bool {
	c := e.enforcing(vpc)
	if c == nil {
		return false
	}
	list := c.Get("ResourceExclusions")
	for i := range list.Len() {
		if excluded(c, list.Key(i)) {
			return false
		}
	}
	return true
}
