package snapshot

// slab hands out small slices cut from large ones, so that a hundred thousand
// interfaces with two groups each are not a hundred thousand allocations.
type slab[T any] struct{ free []T }

const slabSize = 512

// keep copies items to memory of their own. The result has no spare capacity,
// so that an append to it cannot reach a neighbour.
func keep[T any](s *slab[T], items []T) []T {
	n := len(items)
	if n == 0 {
		return []T{}
	}
	if n > slabSize/4 {
		return append(make([]T, 0, n), items...)
	}
	if len(s.free) < n {
		s.free = make([]T, slabSize)
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	copy(out, items)
	return out
}

// slabs are those that a reader fills.
type slabs struct {
	tags         slab[Tag]
	groups       slab[SecurityGroupID]
	addresses    slab[InterfaceAddress]
	ranges       slab[Range]
	permissions  slab[Permission]
	routes       slab[Route]
	entries      slab[ACLEntry]
	listEntries  slab[PrefixListEntry]
	associations slab[RouteTableAssociation]
}

// keepTexts is keep for any string type.
func keepTexts[T ~string](r *reader, items []T) []T {
	switch any(items).(type) {
	case []SecurityGroupID:
		kept := keep(&r.slabs.groups, any(items).([]SecurityGroupID))
		return any(kept).([]T)
	}
	return append(make([]T, 0, len(items)), items...)
}
