package sim

import (
	"strings"
	"sync"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// World is a snapshot made ready for questions. It may be asked from several
// goroutines.
type World struct {
	snap *snapshot.Snapshot
	net  *network.Model
	// names: S3's host names may fare differently; byBucket: even two buckets' (N168).
	names, byBucket bool
	x               *snapshot.Index
	once            struct{ resourcePolicies, names sync.Once }
	namesOf         map[string][]string // by kind, for suggestions
	byResource      map[string]*snapshot.ResourcePolicy

	policies  memo[policyKey, policy.Policy]
	decisions memo[string, *decided]
	signers   memo[askerKey, signer]
	gates     memo[string, roleGate]
	keysIn    memo[*policy.Document, []string]
	asked     memo[string, asked]
	cidrs     memo[network.AddrRange, []string]
	nearest   memo[string, string]
}

// cidrText is rangeText, remembered: prefix lists repeat.
func (w *World) cidrText(r network.AddrRange) []string {
	return w.cidrs.get(r, func() []string { return rangeText(r) })
}

// The parts of a world, each with the files of its subject.
type (
	layering struct{ *World } // the policies that apply to a request, and its condition keys: policies.go, layers.go, caller.go
	tracer   struct{ *World } // the network alone, between any two ends: trace.go, traceends.go, whynot.go
)

func (w *World) layering() layering { return layering{w} }
func (w *World) tracer() tracer     { return tracer{w} }

type policyKey struct {
	pointer string
	kind    policy.Kind
}

// NewWorld prepares s. It reads indexes only; policies are parsed when a
// question first meets them.
func NewWorld(s *snapshot.Snapshot) *World { return NewWorldOn(s, network.NewModel(s)) }

// NewWorldOn is NewWorld with a network model that is there already.
func NewWorldOn(s *snapshot.Snapshot, net *network.Model) *World {
	w := &World{snap: s, net: net, x: net.Index(), decisions: memo[string, *decided]{limit: maxDecisions}}
	w.names, w.byBucket = w.net.NamesMatter()
	return w
}

// Snapshot returns what the world was made from.
func (w *World) Snapshot() *snapshot.Snapshot { return w.snap }

// Network returns the network half's model.
func (w *World) Network() *network.Model { return w.net }

// FindRole looks a role up by its ARN.
func (w *World) FindRole(arn string) (*snapshot.Role, bool) { return w.x.Role(arn) }

// FindBucket looks a bucket up by its name. AWS's own buckets are known without
// a snapshot (P384).
func (w *World) FindBucket(name string) (*snapshot.Bucket, bool) {
	if b, ok := w.x.Bucket(name); ok {
		return b, true
	}
	return awsBucket(name)
}

func (w *World) findKey(id, region, account string) (*snapshot.Key, bool) {
	arn := keyARN(id, region, account)
	if target, ok := w.x.Alias(arn); ok {
		arn = keyARN(target, region, account)
	}
	return w.x.Key(arn)
}

// keyARN completes a KMS key id or alias to an ARN, in the bucket's region
// and account.
func keyARN(id, region, account string) string {
	switch {
	case strings.HasPrefix(id, "arn:"):
		return id
	case strings.HasPrefix(id, "alias/"):
		return "arn:" + snapshot.Partition(region) + ":kms:" + region + ":" + account + ":" + id
	default:
		return "arn:" + snapshot.Partition(region) + ":kms:" + region + ":" + account + ":key/" + id
	}
}
