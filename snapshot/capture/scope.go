package capture

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// scopeKind is a kind of thing that a request can name, or that what it names
// refers to.
type scopeKind uint8

const (
	scopeVPC scopeKind = iota
	scopeSubnet
	scopeGroup
	scopeBucket
	scopeRole // name or ARN
	scopeKey  // id, alias or ARN
	scopeKinds
)

// scope is what a request with names takes. It grows while the names are
// followed, and is only read afterwards.
type scope struct {
	mu   sync.Mutex
	sets [scopeKinds]map[string]bool
}

func (s *scope) add(k scopeKind, values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sets[k] == nil {
		s.sets[k] = map[string]bool{}
	}
	for _, v := range values {
		if v != "" {
			s.sets[k][v] = true
		}
	}
}

func (s *scope) has(k scopeKind, value string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sets[k][value]
}

func (s *scope) sorted(k scopeKind) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sortedKeys(s.sets[k])
}

// resolve follows the request's names: a job to its subnets, groups, role,
// buckets and keys; a subnet or group to its VPC; a VPC to those that its
// routes lead to through a peering or a transit gateway.
func (r *run) resolve(ctx context.Context, w *world) error {
	if !r.request.Scoped() {
		each(w.parts(), func(_ int, p part) { r.newestJobs(ctx, p) })
		return ctx.Err()
	}
	r.scope.add(scopeVPC, r.request.VPCs...)
	r.scope.add(scopeSubnet, r.request.Subnets...)
	r.scope.add(scopeGroup, r.request.Groups...)
	r.scope.add(scopeRole, r.request.Roles...)
	for _, b := range r.request.Buckets {
		r.scope.add(scopeBucket, calls.BucketName(b))
	}
	for _, job := range r.request.Jobs {
		if err := r.job(ctx, w, job); err != nil {
			return err
		}
	}
	if !r.request.Wants(calls.Network) {
		return ctx.Err()
	}
	each(w.parts(), func(_ int, p part) { r.ownersOfJobParts(ctx, p) })
	each(w.parts(), func(_ int, p part) { r.neighbours(ctx, p) })
	return ctx.Err()
}

// ownersOfJobParts adds the VPCs of the subnets and groups that jobs name.
func (r *run) ownersOfJobParts(ctx context.Context, p part) {
	subnets, _ := r.describeBy(ctx, p, r.operations["ec2.DescribeSubnets"], "subnet-id", r.scope.sorted(scopeSubnet))
	groups, _ := r.describeBy(ctx, p, r.operations["ec2.DescribeSecurityGroups"], "group-id", r.scope.sorted(scopeGroup))
	r.scope.add(scopeVPC, ids(subnets, "VpcId")...)
	r.scope.add(scopeVPC, ids(groups, "VpcId")...)
}

// neighbours adds the VPCs one step away from the scope's: the other end of
// a peering, and those attached to a transit gateway that a route leads to.
func (r *run) neighbours(ctx context.Context, p part) {
	tables, _ := r.describe(ctx, p, r.operations["ec2.DescribeRouteTables"])
	gateways := map[string]bool{}
	for _, t := range tables {
		var table struct {
			Routes []struct{ TransitGatewayId, VpcPeeringConnectionId string }
		}
		mustDecode(t, &table)
		for _, route := range table.Routes {
			gateways[route.TransitGatewayId], gateways[route.VpcPeeringConnectionId] = true, true
		}
	}
	delete(gateways, "")
	if len(gateways) == 0 {
		return
	}
	var found []string
	res := r.call(ctx, p.at(""), "ec2.DescribeTransitGatewayAttachments", nil)
	for _, item := range res.lists["TransitGatewayAttachments"] {
		var a struct{ TransitGatewayId, ResourceType, ResourceId string }
		mustDecode(item, &a)
		if a.ResourceType == "vpc" && gateways[a.TransitGatewayId] {
			found = append(found, a.ResourceId)
		}
	}
	res = r.call(ctx, p.at(""), "ec2.DescribeVpcPeeringConnections", nil)
	for _, item := range res.lists["VpcPeeringConnections"] {
		var c struct {
			VpcPeeringConnectionId            string
			AccepterVpcInfo, RequesterVpcInfo struct{ VpcId string }
		}
		mustDecode(item, &c)
		if gateways[c.VpcPeeringConnectionId] {
			found = append(found, c.AccepterVpcInfo.VpcId, c.RequesterVpcInfo.VpcId)
		}
	}
	r.scope.add(scopeVPC, found...)
}

// notThere says that what the request names is not there: asking again, or
// going on, would not find it either.
type notThere struct{ what string }

func (e *notThere) Error() string { return "no " + e.what + " asked about" }

// Is makes it calls.ErrNotThere, for who may not import this package.
func (e *notThere) Is(target error) bool { return target == calls.ErrNotThere }

// missing reports names of the request that nothing was found for, unless a
// call that would have found them failed.
func (r *run) missing(w *world) error {
	for _, vpc := range r.request.VPCs {
		known := func(p part) bool {
			return slices.Contains(ids(p.region.list("ec2", "Vpcs"), "VpcId"), vpc)
		}
		if !slices.ContainsFunc(w.parts(), known) && !r.failed("DescribeVpcs") {
			return &notThere{fmt.Sprintf("VPC %s in the accounts and regions", vpc)}
		}
	}
	for _, role := range r.request.Roles {
		found := func(a *account) bool { return slices.Contains(a.roles, role) }
		if !slices.ContainsFunc(w.accounts, found) && !r.failed("GetRole") {
			return &notThere{fmt.Sprintf("role %s in the accounts", role)}
		}
	}
	return nil
}

// failed tells whether calls of an operation, or signing in to an account,
// failed.
func (r *run) failed(operation string) bool {
	return slices.ContainsFunc(r.gaps, func(g snapshot.Gap) bool { return g.Operation == operation || g.Service == "sts" })
}
