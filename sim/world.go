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
	accounts        map[string]*snapshot.Account
	buckets         map[string]*snapshot.Bucket
	subnets         map[snapshot.SubnetID][]place[snapshot.Subnet]
	vpcs            map[snapshot.VPCID][]place[snapshot.VPC]
	groups          map[snapshot.SecurityGroupID][]place[snapshot.SecurityGroup]
	once            struct{ endpoints, roles, keys, interfaces, resourcePolicies, names sync.Once }
	namesOf         map[string][]string // by kind, for suggestions
	byResource      map[string]*snapshot.ResourcePolicy
	byVPCE          map[snapshot.VPCEndpointID]place[snapshot.VPCEndpoint]
	byENI           map[snapshot.NetworkInterfaceID]place[snapshot.NetworkInterface]
	roles           map[string]*snapshot.Role
	managed         map[string]*snapshot.ManagedPolicy
	keys            map[string]*snapshot.Key
	aliases         map[string]string

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

// place is a resource with the account and region whose snapshot holds it.
// The same id may stand in two accounts: a shared subnet is described by its
// owner and by each participant.
type place[T any] struct {
	item   *T
	region *snapshot.Region
}

type policyKey struct {
	pointer string
	kind    policy.Kind
}

// NewWorld prepares s. It reads indexes only; policies are parsed when a
// question first meets them.
func NewWorld(s *snapshot.Snapshot) *World { return NewWorldOn(s, network.NewModel(s)) }

// NewWorldOn is NewWorld with a network model that is there already.
func NewWorldOn(s *snapshot.Snapshot, net *network.Model) *World {
	w := &World{
		snap: s, net: net, decisions: memo[string, *decided]{limit: maxDecisions},
		accounts: make(map[string]*snapshot.Account),
		buckets:  make(map[string]*snapshot.Bucket),
		subnets:  make(map[snapshot.SubnetID][]place[snapshot.Subnet]),
		vpcs:     make(map[snapshot.VPCID][]place[snapshot.VPC]),
		groups:   make(map[snapshot.SecurityGroupID][]place[snapshot.SecurityGroup]),
	}
	for _, a := range s.Accounts {
		w.accounts[a.ID] = a
		for i := range a.S3.Buckets.Items {
			b := &a.S3.Buckets.Items[i]
			w.buckets[b.Name] = b
		}
		for _, r := range a.Regions {
			w.indexRegion(r)
		}
	}
	w.names, w.byBucket = w.net.NamesMatter()
	return w
}

func (w *World) indexRegion(r *snapshot.Region) {
	for i := range r.EC2.Subnets.Items {
		s := &r.EC2.Subnets.Items[i]
		w.subnets[s.ID] = append(w.subnets[s.ID], place[snapshot.Subnet]{s, r})
	}
	for i := range r.EC2.VPCs.Items {
		v := &r.EC2.VPCs.Items[i]
		w.vpcs[v.ID] = append(w.vpcs[v.ID], place[snapshot.VPC]{v, r})
	}
	for i := range r.EC2.SecurityGroups.Items {
		g := &r.EC2.SecurityGroups.Items[i]
		w.groups[g.ID] = append(w.groups[g.ID], place[snapshot.SecurityGroup]{g, r})
	}
}

// Snapshot returns what the world was made from.
func (w *World) Snapshot() *snapshot.Snapshot { return w.snap }

// Network returns the network half's model.
func (w *World) Network() *network.Model { return w.net }

// inAccount picks the place whose region belongs to the account, else the first.
func inAccount[T any](places []place[T], account string) (place[T], bool) {
	for _, p := range places {
		if p.region.Account != nil && p.region.Account.ID == account {
			return p, true
		}
	}
	if len(places) > 0 {
		return places[0], true
	}
	return place[T]{}, false
}

func (w *World) endpoint(id snapshot.VPCEndpointID) (place[snapshot.VPCEndpoint], bool) {
	w.once.endpoints.Do(func() {
		w.byVPCE = make(map[snapshot.VPCEndpointID]place[snapshot.VPCEndpoint])
		for _, a := range w.snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.VPCEndpoints.Items {
					e := &r.EC2.VPCEndpoints.Items[i]
					w.byVPCE[e.ID] = place[snapshot.VPCEndpoint]{e, r}
				}
			}
		}
	})
	p, ok := w.byVPCE[id]
	return p, ok
}

// networkInterface looks an interface up; the index is built at the first call.
func (w *World) networkInterface(id snapshot.NetworkInterfaceID) (place[snapshot.NetworkInterface], bool) {
	w.once.interfaces.Do(func() {
		w.byENI = make(map[snapshot.NetworkInterfaceID]place[snapshot.NetworkInterface])
		for _, a := range w.snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.NetworkInterfaces.Items {
					e := &r.EC2.NetworkInterfaces.Items[i]
					if _, known := w.byENI[e.ID]; !known {
						w.byENI[e.ID] = place[snapshot.NetworkInterface]{e, r}
					}
				}
			}
		}
	})
	p, ok := w.byENI[id]
	return p, ok
}

func (w *World) indexRoles() {
	w.once.roles.Do(func() {
		w.roles = make(map[string]*snapshot.Role)
		w.managed = make(map[string]*snapshot.ManagedPolicy)
		for _, a := range w.snap.Accounts {
			for i := range a.IAM.Roles.Items {
				r := &a.IAM.Roles.Items[i]
				w.roles[r.ARN] = r
			}
			for i := range a.IAM.Policies.Items {
				p := &a.IAM.Policies.Items[i]
				if old, ok := w.managed[p.ARN]; ok && old.Document.Presence == snapshot.Collected {
					continue // an AWS-managed policy is in every account's details
				}
				w.managed[p.ARN] = p
			}
		}
	})
}

// FindRole looks a role up by its ARN.
func (w *World) FindRole(arn string) (*snapshot.Role, bool) {
	w.indexRoles()
	r, ok := w.roles[arn]
	return r, ok
}

// FindBucket looks a bucket up by its name. AWS's own buckets are known without
// a snapshot (P384).
func (w *World) FindBucket(name string) (*snapshot.Bucket, bool) {
	if b, ok := w.buckets[name]; ok {
		return b, true
	}
	return awsBucket(name)
}

func (w *World) findKey(id, region, account string) (*snapshot.Key, bool) {
	w.once.keys.Do(func() {
		w.keys = make(map[string]*snapshot.Key)
		w.aliases = make(map[string]string)
		for _, a := range w.snap.Accounts {
			for i := range a.KMS.Keys.Items {
				k := &a.KMS.Keys.Items[i]
				w.keys[k.ARN] = k
			}
			for _, al := range a.KMS.Aliases.Items {
				w.aliases[al.ARN] = al.Key
			}
		}
	})
	arn := keyARN(id, region, account)
	if target, ok := w.aliases[arn]; ok {
		arn = keyARN(target, region, account)
	}
	k, ok := w.keys[arn]
	return k, ok
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
