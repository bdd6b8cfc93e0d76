package change

import (
	"cmp"
	"slices"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/snapshot"
)

// Base is a snapshot on which sets of changes are tried out, one after
// another. Interfaces and instances, by far the most of a large account, are
// read once: what is changed and read anew each time is the rest.
type Base struct {
	native []byte
	rest   []byte // native with empty lists of interfaces and instances
	snap   *snapshot.Snapshot
}

// Open reads the native form of a snapshot. The caller must not change it
// afterwards.
func Open(native []byte) (*Base, error) {
	s, err := snapshot.Parse(native)
	if err != nil {
		return nil, err
	}
	return &Base{native: native, rest: withoutHosts(native, s), snap: s}, nil
}

// Snapshot returns the snapshot without any change.
func (b *Base) Snapshot() *snapshot.Snapshot { return b.snap }

// Native returns the text that was opened.
func (b *Base) Native() []byte { return b.native }

// Try makes the changes, in order, and returns the changed snapshot and the
// side effects in words. The base stays as it is. The error is a *RefusedError
// where a change is at fault.
func (b *Base) Try(changes []Change) (*snapshot.Snapshot, []string, error) {
	hosts := slices.ContainsFunc(changes, func(c Change) bool { return !sparesHosts(c) })
	text := b.rest
	if hosts {
		text = b.native
	}
	applied, err := Apply(text, changes)
	if err != nil {
		return nil, nil, err
	}
	s, err := snapshot.Parse(applied.Native)
	if err != nil || hosts {
		return s, applied.Notes, err
	}
	for i, a := range s.Accounts {
		for j, r := range a.Regions {
			from := b.snap.Accounts[i].Regions[j]
			r.EC2.NetworkInterfaces, r.EC2.Instances = from.EC2.NetworkInterfaces, from.EC2.Instances
		}
	}
	return s, applied.Notes, nil
}

// hostless are the operations that neither read nor write interfaces and instances.
var hostless = []string{"AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateNetworkAclEntry", "DeleteNetworkAclEntry", "CreateRoute", "ReplaceRoute", "DeleteRoute",
	"AssociateRouteTable", "ReplaceRouteTableAssociation", "ModifyVpcAttribute", "CreateVpcBlockPublicAccessExclusion", "PutRolePolicy", "UpdateAssumeRolePolicy", "CreatePolicyVersion",
	"PutBucketPolicy", "PutKeyPolicy", "EnableKey", "UpdatePolicy", "PutAccessPointPolicy"}

func sparesHosts(c Change) bool {
	switch c.Operation {
	case "CreateVpcEndpoint":
		kind, _ := c.Parameters.Get("VpcEndpointType")
		return kind.Text == "Gateway"
	case "ModifyVpcEndpoint":
		return !slices.ContainsFunc([]string{"AddSubnetIds", "RemoveSubnetIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds", "PrivateDnsEnabled"}, c.has)
	case "CreateRoute", "ReplaceRoute":
		return !c.has("NetworkInterfaceId") && !c.has("InstanceId")
	}
	return slices.Contains(hostless, c.Operation)
}

// withoutHosts empties the lists of interfaces and instances; every other
// value keeps its JSON pointer.
func withoutHosts(native []byte, s *snapshot.Snapshot) []byte {
	type part struct{ from, to int }
	var parts []part
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for _, at := range []snapshot.Source{r.EC2.NetworkInterfaces.At, r.EC2.Instances.At} {
				from, ok := jsonscan.Find(native, at.Pointer())
				if at.Base == "" || !ok || native[from] != '[' {
					continue
				}
				scan := jsonscan.At(native, from)
				scan.Skip()
				parts = append(parts, part{from, scan.Offset()})
			}
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	var out []byte
	end := 0
	for _, p := range slices.Compact(parts) {
		out = append(append(out, native[end:p.from]...), "[]"...)
		end = p.to
	}
	return append(out, native[end:]...)
}
