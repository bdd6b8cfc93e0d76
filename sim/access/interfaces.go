package access

import (
	"slices"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Apart says which interfaces policies may tell from others of their class.
type Apart struct{ All, Public bool }

// Interfaces are the classes of interfaces, of those that are there and those
// that jobs and functions get, with one interface for each: the one with the
// smallest id. Where interfaces of a class may fare differently on their way to
// the S3 of one of the Regions, or are to be told apart, each is by itself.
func Interfaces(w *sim.World, toward []string, apart Apart) []Class {
	v := survey{world: w, regions: toward, perAddress: apart.All, publicIP: apart.Public}
	var out []Class
	for _, c := range interfaceClasses(w, &Query{}) {
		if c.Example != "" {
			c.Example = slices.Min(c.Members)
		}
		if v.alike(&c) {
			out = append(out, c)
			continue
		}
		for _, id := range c.Members {
			one := c
			one.Example, one.Members, one.Count = id, []snapshot.NetworkInterfaceID{id}, 1
			out = append(out, one)
		}
	}
	return out
}

// Buckets are the ARNs of a snapshot's buckets.
func Buckets(s *snapshot.Snapshot) []string { return (&Query{}).resources(s) }

// Roles are the ARNs of a snapshot's roles.
func Roles(s *snapshot.Snapshot) []string { return (&Query{}).roles(s) }
