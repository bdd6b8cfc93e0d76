package packetset

import "net/netip"

// Case is one point of a set, read back.
type Case struct {
	Family                           uint64
	Source, Destination              netip.Addr // Destination is invalid in a symbolic family
	Protocol                         int
	SourcePort, DestinationPort      int
	TranslatedPort, TranslatedChoice int
	SecondPort, SecondChoice         int
	point                            [levels]uint64
}

// Witness is the least case of x; ok is false where x is empty.
func (s *Space) Witness(x Set) (Case, bool) {
	p, ok := s.arena.Witness(x)
	if !ok {
		return Case{}, false
	}
	var c Case
	copy(c.point[:], p)
	c.read()
	return c, true
}

func (c *Case) read() {
	p := &c.point
	c.Family = p[Family]
	v6 := IsIPv6(c.Family)
	c.Source = Address(v6, p[SourceHigh], p[SourceLow])
	if c.Family == IPv4 || c.Family == IPv6 {
		c.Destination = Address(v6, p[DestinationHigh], p[DestinationLow])
	}
	c.Protocol = int(p[Protocol])
	c.SourcePort, c.DestinationPort = int(p[SourcePort]), int(p[DestinationPort])
	c.TranslatedPort, c.TranslatedChoice = int(p[TranslatedPort]), int(p[TranslatedChoice])
	c.SecondPort, c.SecondChoice = int(p[SecondPort]), int(p[SecondChoice])
}

// Has reports whether c is in x.
func (s *Space) Has(x Set, c Case) bool { return s.Contains(x, c.point[:]) }

// Point gives the set of c alone.
func (s *Space) Point(c Case) Set {
	box := make([]Range, levels)
	for i, v := range c.point {
		box[i] = Range{Lo: v, Hi: v}
	}
	return s.Box(box...)
}

// Values lists the values that a level takes in x, ascending.
func (s *Space) Values(l Level, x Set) []Range { return s.Project(int(l), x) }

// Only forgets everything of x but one level: the cases whose value at that
// level is one that occurs in x.
func (s *Space) Only(l Level, x Set) Set {
	for other := range levels {
		if other != l {
			x = s.Exists(int(other), x)
		}
	}
	return x
}

// OnlyAddress forgets everything of x but the family and the address at e.
func (s *Space) OnlyAddress(e End, x Set) Set {
	high, low := e.levels()
	for other := range levels {
		if other != Family && other != high && other != low {
			x = s.Exists(int(other), x)
		}
	}
	return x
}

// AddressRange is a run of addresses of one family, inclusive at both ends.
type AddressRange struct{ From, To netip.Addr }

// AddressRanges lists the addresses at e that occur in x, ascending, IPv4
// first. Symbolic destinations are left out. Runs beyond limit are cut off.
func (s *Space) AddressRanges(e End, x Set, limit int) []AddressRange {
	x = s.OnlyAddress(e, x)
	var out []AddressRange
	for _, v6 := range []bool{false, true} {
		in := s.And(x, s.families(e, v6))
		in = s.Exists(int(Family), in)
		high, low := e.levels()
		s.Boxes(in, limit, func(box []Range) bool {
			out = appendRange(out, v6, box[high], box[low])
			return true
		})
	}
	return out
}

func appendRange(out []AddressRange, v6 bool, high, low Range) []AddressRange {
	full := low.Lo == 0 && low.Hi == max64
	if full || high.Lo == high.Hi {
		return joinRange(out, AddressRange{Address(v6, high.Lo, low.Lo), Address(v6, high.Hi, low.Hi)})
	}
	// A run of halves, each with the same part: list the first ones only.
	for h, n := high.Lo, 0; n < 16; h, n = h+1, n+1 {
		out = joinRange(out, AddressRange{Address(v6, h, low.Lo), Address(v6, h, low.Hi)})
		if h == high.Hi {
			break
		}
	}
	return out
}

func joinRange(out []AddressRange, r AddressRange) []AddressRange {
	if n := len(out); n > 0 && out[n-1].To.Next() == r.From {
		out[n-1].To = r.To
		return out
	}
	return append(out, r)
}
