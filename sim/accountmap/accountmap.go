// Package accountmap answers for every subnet of a snapshot what its interfaces
// reach: S3, the internet, and each bucket. Subnets of a VPC that fare alike
// are one group. It decides nothing itself: paths are sim/network's answers,
// buckets those of sim/access.
package accountmap

import (
	"context"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Map is what a snapshot's subnets reach.
type Map struct {
	Snapshot sim.SnapshotRef
	Views    []View
	VPCs     []VPC       // by account, Region and id
	Between  []Component // peerings, transit gateways: what joins VPCs
	Links    []Link      // only where some traffic passes
	// BetweenLeftOut counts the questions about traffic between VPCs that were too many to ask.
	BetweenLeftOut int
	// Subnets counts the tiles of all VPCs.
	Subnets int
}

// The kinds of views.
const (
	ViewS3       = "s3"
	ViewInternet = "internet"
	ViewBucket   = "bucket"
)

// View is something that subnets reach or don't: S3 in the subnet's own Region,
// the internet, or a bucket, with the credentials of the role that may do most.
type View struct {
	Kind   string
	Bucket string // of a bucket
	Action string
}

// VPC is one network with what is in it.
type VPC struct {
	ID, Name        string
	Account, Region string
	Ranges          []string
	Tags            []snapshot.Tag
	Components      []Component // route tables, gateways, endpoints
	Groups          []Group
}

// Component is something that traffic can pass: a route table, a gateway, an
// endpoint, a peering.
type Component struct {
	ID, Name, Kind string
	Note           string     // e.g. an endpoint's service
	Carries        bool       // some traffic to S3, the internet or another VPC passes it
	Crossings      []Crossing // of a peering or transit gateway, both ways apart
}

// Crossing is traffic that some interfaces of one VPC can send to some of another.
type Crossing struct {
	From, To string // VPC ids
	Takes    string // protocol and destination ports, e.g. "tcp 443"; a protocol alone: every port
}

// Group is subnets of one VPC that fare alike in every view.
type Group struct {
	Subnets []Subnet
	Answers []Answer // in the order of Map.Views
}

// Subnet is one tile.
type Subnet struct {
	ID, Name, Zone string
	Ranges         []string
	Free           int
	FreeKnown      bool
	Tags           []snapshot.Tag
	Interfaces     int
	// Assumed: there is no interface yet; one with the VPC's default security
	// group was asked about.
	Assumed bool
}

// Answer is how a group fares in one view; its words are about the first subnet.
type Answer struct {
	Verdict sim.Verdict
	// Chains are the components that passing traffic takes, each in order.
	Chains [][]string
	Via    []string // of a bucket: endpoints, or "internet"
	Roles  []string // of a bucket: those that can
	// Why names what stops traffic, or the fact that is missing.
	Why []Cause
}

// Cause is a blocker or a missing fact.
type Cause struct {
	Code      finding.Code
	Component string
	Text      string
}

// Link is traffic from a group, given by its position, or from a component to
// the next component, or to S3 or the internet (network.NodeS3, NodeInternet).
type Link struct {
	VPC, Group int    // of the group; Group is -1 where a component is the start
	From       string // the component, where Group is -1
	To         string
	Kinds      []string // views whose traffic takes it; to a peering or transit gateway also, e.g., "tcp 443 to vpc-1"
}

// Query says what is asked. Empty fields select everything.
type Query struct {
	VPC     snapshot.VPCID
	Actions []string // empty: s3:GetObject
	Jobs    []snapshot.Job
	Options sim.Options
	Workers int
	// Progress is told how many of all questions are decided; nil: nobody.
	Progress func(done, all int)
}

// Build answers the query. An error means that the VPC is not in the snapshot
// or that ctx ended.
func Build(ctx context.Context, w *sim.World, q Query) (*Map, error) {
	if len(q.Actions) == 0 {
		q.Actions = []string{"s3:GetObject"}
	}
	b := &builder{w: w, q: q, tiles: map[snapshot.SubnetID]*tile{}, gateway: map[string]bool{}, linkAt: map[string]int{}}
	if err := b.collect(); err != nil {
		return nil, err
	}
	aq := access.Query{VPC: q.VPC, Actions: q.Actions, Jobs: q.Jobs, Options: q.Options, Workers: q.Workers, Progress: q.Progress}
	aq.Jobs = append(aq.Jobs[:len(aq.Jobs):len(aq.Jobs)], b.assumed(aq)...)
	t, err := access.Decide(ctx, w, aq)
	if err != nil {
		return nil, err
	}
	b.views()
	if err := b.paths(ctx, t); err != nil {
		return nil, err
	}
	b.buckets(t)
	b.group()
	b.links()
	if err := b.traffic(ctx); err != nil {
		return nil, err
	}
	b.m.Snapshot = sim.SnapshotRef{SHA256: w.Snapshot().SHA256, CapturedAt: w.Snapshot().Capture.FinishedAt}
	return &b.m, nil
}
