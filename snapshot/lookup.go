package snapshot

import (
	"maps"
	"sync"
)

// Located is a resource with the Region that it was captured in. The zero
// value is one that the snapshot lacks.
type Located[T any] struct {
	Item   *T
	Region *Region
}

// AccountID returns the account that the resource was captured in, or "".
func (l Located[T]) AccountID() string {
	if l.Region == nil || l.Region.Account == nil {
		return ""
	}
	return l.Region.Account.ID
}

// Table is the resources of one kind by id, filled when somebody first asks.
// More than one account may hold an id: a shared subnet is described by its
// owner and by each participant.
type Table[K comparable, T any] struct {
	once sync.Once
	fill func(*Table[K, T])
	one  map[K]Located[T]
	more map[K][]Located[T] // in the snapshot's order, of ids that stand more than once
}

// newTable makes the table of a collection. owner is nil where AWS does not
// say whose a resource is.
func newTable[K comparable, T any](s *Snapshot, of func(*EC2) *Collection[T], key func(*T) K, owner func(*T) string) *Table[K, T] {
	return &Table[K, T]{fill: func(t *Table[K, T]) {
		t.one = map[K]Located[T]{}
		for _, a := range s.Accounts {
			for _, r := range a.Regions {
				t.add(r, of(&r.EC2).Items, key, owner)
			}
		}
	}}
}

func (t *Table[K, T]) filled() *Table[K, T] {
	t.once.Do(func() { t.fill(t) })
	return t
}

// Get returns the resource: its owner's own view of it where that was
// captured, else the first. It is zero where the snapshot lacks the id.
func (t *Table[K, T]) Get(id K) Located[T] { return t.filled().one[id] }

// Find is Get, and tells whether the snapshot holds the id.
func (t *Table[K, T]) Find(id K) (Located[T], bool) {
	l, ok := t.filled().one[id]
	return l, ok
}

// All returns every capture of the id, in the snapshot's order.
func (t *Table[K, T]) All(id K) []Located[T] {
	if list, ok := t.filled().more[id]; ok {
		return list
	}
	if l, ok := t.one[id]; ok {
		return []Located[T]{l}
	}
	return nil
}

// In returns the account's own view of the resource, else the first capture.
func (t *Table[K, T]) In(id K, account string) (Located[T], bool) {
	list, ok := t.filled().more[id]
	if !ok {
		return t.Find(id)
	}
	for _, l := range list {
		if l.AccountID() == account {
			return l, true
		}
	}
	return list[0], true
}

// Map returns every resource once, by id. It must not be changed.
func (t *Table[K, T]) Map() map[K]Located[T] { return t.filled().one }

// Replace returns a copy of the table in which another object stands for the
// id, and whether the table has it.
func (t *Table[K, T]) Replace(id K, o *T) (*Table[K, T], bool) {
	old, ok := t.Find(id)
	if !ok {
		return t, false
	}
	out := &Table[K, T]{fill: func(*Table[K, T]) {}, one: maps.Clone(t.one), more: maps.Clone(t.more)}
	out.one[id] = Located[T]{o, old.Region}
	delete(out.more, id)
	return out, true
}

// add adds one Region's items. The first capture of an id wins, but an owner's
// own view beats a participant's.
func (t *Table[K, T]) add(r *Region, items []T, key func(*T) K, owner func(*T) string) {
	for i := range items {
		now := Located[T]{&items[i], r}
		k := key(now.Item)
		old, known := t.one[k]
		if known {
			t.addAgain(k, old, now)
		}
		if known && (owner == nil || old.AccountID() == owner(old.Item) || now.AccountID() != owner(now.Item)) {
			continue
		}
		t.one[k] = now
	}
}

func (t *Table[K, T]) addAgain(k K, first, now Located[T]) {
	if t.more == nil {
		t.more = map[K][]Located[T]{}
	}
	if t.more[k] == nil {
		t.more[k] = []Located[T]{first}
	}
	t.more[k] = append(t.more[k], now)
}

// Index finds the resources of a snapshot by id. Several goroutines may use it.
type Index struct {
	Snapshot           *Snapshot
	VPCs               *Table[VPCID, VPC]
	VPCAttributes      *Table[VPCID, VPCAttribute]
	Subnets            *Table[SubnetID, Subnet]
	RouteTables        *Table[RouteTableID, RouteTable]
	NetworkACLs        *Table[NetworkACLID, NetworkACL]
	SecurityGroups     *Table[SecurityGroupID, SecurityGroup]
	VPCEndpoints       *Table[VPCEndpointID, VPCEndpoint]
	PrefixLists        *Table[PrefixListID, PrefixList]
	DHCPOptions        *Table[DHCPOptionsID, DHCPOptions]
	InternetGateways   *Table[InternetGatewayID, InternetGateway]
	EgressOnlyGateways *Table[InternetGatewayID, InternetGateway]
	NATGateways        *Table[NATGatewayID, NATGateway]
	Peerings           *Table[PeeringID, Peering]
	TransitGateways    *Table[TransitGatewayID, TransitGateway]
	TGWAttachments     *Table[TGWAttachmentID, TGWAttachment]
	TGWRouteTables     *Table[TGWRouteTableID, TGWRouteTable]
	VPNGateways        *Table[string, VPNGateway]
	NetworkInterfaces  *Table[NetworkInterfaceID, NetworkInterface]
	Instances          *Table[string, Instance]
	regions            map[regionKey]*Region
	global             *global
}

type regionKey struct{ account, name string }

// global is what is looked up by name over all Regions, built when somebody
// first asks.
type global struct {
	once     sync.Once
	accounts map[string]*Account
	buckets  map[string]*Bucket
	roles    map[string]*Role
	managed  map[string]*ManagedPolicy
	keys     map[string]*Key
	aliases  map[string]string
}

// NewIndex indexes s, which must not change afterwards.
func NewIndex(s *Snapshot) *Index {
	x := &Index{Snapshot: s, regions: map[regionKey]*Region{}, global: &global{},
		VPCs:               newTable(s, func(e *EC2) *Collection[VPC] { return &e.VPCs }, func(v *VPC) VPCID { return v.ID }, func(v *VPC) string { return v.OwnerID }),
		VPCAttributes:      newTable(s, func(e *EC2) *Collection[VPCAttribute] { return &e.VPCAttributes }, func(v *VPCAttribute) VPCID { return v.VPC }, nil),
		Subnets:            newTable(s, func(e *EC2) *Collection[Subnet] { return &e.Subnets }, func(v *Subnet) SubnetID { return v.ID }, func(v *Subnet) string { return v.OwnerID }),
		RouteTables:        newTable(s, func(e *EC2) *Collection[RouteTable] { return &e.RouteTables }, func(v *RouteTable) RouteTableID { return v.ID }, func(v *RouteTable) string { return v.OwnerID }),
		NetworkACLs:        newTable(s, func(e *EC2) *Collection[NetworkACL] { return &e.NetworkACLs }, func(v *NetworkACL) NetworkACLID { return v.ID }, func(v *NetworkACL) string { return v.OwnerID }),
		SecurityGroups:     newTable(s, func(e *EC2) *Collection[SecurityGroup] { return &e.SecurityGroups }, func(v *SecurityGroup) SecurityGroupID { return v.ID }, func(v *SecurityGroup) string { return v.OwnerID }),
		VPCEndpoints:       newTable(s, func(e *EC2) *Collection[VPCEndpoint] { return &e.VPCEndpoints }, func(v *VPCEndpoint) VPCEndpointID { return v.ID }, func(v *VPCEndpoint) string { return v.OwnerID }),
		PrefixLists:        newTable(s, func(e *EC2) *Collection[PrefixList] { return &e.PrefixLists }, func(v *PrefixList) PrefixListID { return v.ID }, nil),
		DHCPOptions:        newTable(s, func(e *EC2) *Collection[DHCPOptions] { return &e.DHCPOptions }, func(v *DHCPOptions) DHCPOptionsID { return v.ID }, nil),
		InternetGateways:   newTable(s, func(e *EC2) *Collection[InternetGateway] { return &e.InternetGateways }, func(v *InternetGateway) InternetGatewayID { return v.ID }, nil),
		EgressOnlyGateways: newTable(s, func(e *EC2) *Collection[InternetGateway] { return &e.EgressOnlyGateways }, func(v *InternetGateway) InternetGatewayID { return v.ID }, nil),
		NATGateways:        newTable(s, func(e *EC2) *Collection[NATGateway] { return &e.NATGateways }, func(v *NATGateway) NATGatewayID { return v.ID }, nil),
		Peerings:           newTable(s, func(e *EC2) *Collection[Peering] { return &e.Peerings }, func(v *Peering) PeeringID { return v.ID }, nil),
		TransitGateways:    newTable(s, func(e *EC2) *Collection[TransitGateway] { return &e.TransitGateways }, func(v *TransitGateway) TransitGatewayID { return v.ID }, nil),
		TGWAttachments:     newTable(s, func(e *EC2) *Collection[TGWAttachment] { return &e.TGWAttachments }, func(v *TGWAttachment) TGWAttachmentID { return v.ID }, func(v *TGWAttachment) string { return v.GatewayOwner }),
		TGWRouteTables:     newTable(s, func(e *EC2) *Collection[TGWRouteTable] { return &e.TGWRouteTables }, func(v *TGWRouteTable) TGWRouteTableID { return v.ID }, nil),
		VPNGateways:        newTable(s, func(e *EC2) *Collection[VPNGateway] { return &e.VPNGateways }, func(v *VPNGateway) string { return v.ID }, nil),
		NetworkInterfaces:  newTable(s, func(e *EC2) *Collection[NetworkInterface] { return &e.NetworkInterfaces }, func(v *NetworkInterface) NetworkInterfaceID { return v.ID }, func(v *NetworkInterface) string { return v.OwnerID }),
		Instances:          newTable(s, func(e *EC2) *Collection[Instance] { return &e.Instances }, func(v *Instance) string { return v.ID }, nil),
	}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			x.regions[regionKey{a.ID, r.Name}] = r
		}
	}
	return x
}

// Region returns the capture of an account's Region, or nil.
func (x *Index) Region(account, name string) *Region { return x.regions[regionKey{account, name}] }

// Account returns the capture of an account, or nil.
func (x *Index) Account(id string) *Account { return x.named().accounts[id] }

// Bucket looks a bucket up by its name.
func (x *Index) Bucket(name string) (*Bucket, bool) {
	b, ok := x.named().buckets[name]
	return b, ok
}

// Role looks a role up by its ARN.
func (x *Index) Role(arn string) (*Role, bool) {
	r, ok := x.named().roles[arn]
	return r, ok
}

// ManagedPolicy looks a managed policy up by its ARN. One of AWS's is in every
// account's details: the first whose document was collected is returned.
func (x *Index) ManagedPolicy(arn string) (*ManagedPolicy, bool) {
	p, ok := x.named().managed[arn]
	return p, ok
}

// Key looks a key up by its ARN.
func (x *Index) Key(arn string) (*Key, bool) {
	k, ok := x.named().keys[arn]
	return k, ok
}

// Alias returns the key that an alias's ARN stands for, as AWS prints it.
func (x *Index) Alias(arn string) (key string, ok bool) {
	key, ok = x.named().aliases[arn]
	return key, ok
}

func (x *Index) named() *global {
	n := x.global
	n.once.Do(func() {
		n.accounts, n.buckets, n.roles = map[string]*Account{}, map[string]*Bucket{}, map[string]*Role{}
		n.managed, n.keys, n.aliases = map[string]*ManagedPolicy{}, map[string]*Key{}, map[string]string{}
		for _, a := range x.Snapshot.Accounts {
			n.add(a)
		}
	})
	return n
}

func (n *global) add(a *Account) {
	n.accounts[a.ID] = a
	for i := range a.S3.Buckets.Items {
		b := &a.S3.Buckets.Items[i]
		n.buckets[b.Name] = b
	}
	for i := range a.IAM.Roles.Items {
		r := &a.IAM.Roles.Items[i]
		n.roles[r.ARN] = r
	}
	for i := range a.IAM.Policies.Items {
		p := &a.IAM.Policies.Items[i]
		if old, ok := n.managed[p.ARN]; !ok || old.Document.Presence != Collected {
			n.managed[p.ARN] = p
		}
	}
	for i := range a.KMS.Keys.Items {
		k := &a.KMS.Keys.Items[i]
		n.keys[k.ARN] = k
	}
	for _, alias := range a.KMS.Aliases.Items {
		n.aliases[alias.ARN] = alias.Key
	}
}
