// Package packetset is the algebra of sets of packets: addresses of both
// families, protocol, ports, and what translators on the way choose, as
// interval decision diagrams. It knows nothing of AWS.
//
// A point is one case: one packet at its origin with every choice that is
// made for it on the way. Addresses that nobody can list (the body of a list
// that is not at hand) are named by a symbolic family and stay one point.
package packetset

import (
	"encoding/binary"
	"net/netip"

	"github.com/canreach/canreach/internal/idd"
)

// Level is one dimension of a case.
type Level int

// The dimensions, in the order in which they are tested. No rule on a way to
// S3 speaks of both ends, which keeps the diagrams flat in this order.
const (
	Family Level = iota // 0..127 IPv4, 128..255 IPv6; IPv4 and IPv6 are the two with real addresses
	DestinationHigh
	DestinationLow
	Protocol
	DestinationPort // ICMP: 256 × type + code
	SourcePort
	SourceHigh
	SourceLow
	TranslatedPort   // source port that the first translator picks
	TranslatedChoice // which of its addresses the first translator picks, 0..65535
	SecondPort       // the same of a second translator
	SecondChoice
	levels
)

// Families with real addresses. Those in between are symbolic.
const (
	IPv4        = 0
	IPv6        = 128
	lastIPv4    = 127
	lastFamily  = 255
	maxSymbolic = 120 // of each family
)

// Set is a set of cases in one Space. Two sets of one Space are equal exactly
// if their values are. The zero value is the empty set.
type Set = idd.ID

// The two sets of every Space.
const (
	None Set = idd.False
	All  Set = idd.True
)

// Range is inclusive at both ends.
type Range = idd.Range

// arena has the operations on sets: And, Or, Diff and their like.
type arena = idd.Arena

// Space holds sets. It is not safe for concurrent use.
type Space struct {
	*arena
	symbolic4, symbolic6 uint64
}

// DefaultBudget bounds a space's memory to some tens of megabytes.
const DefaultBudget = idd.DefaultBudget

const (
	max8  = 1<<8 - 1
	max16 = 1<<16 - 1
	max64 = 1<<64 - 1
)

// New makes an empty space with a budget in edges.
func New(budget int) *Space {
	return &Space{arena: idd.New(budget, lastFamily, max64, max64, max8, max16, max16, max64, max64, max16, max16, max16, max16)}
}

// End says which address of a case is meant.
type End bool

// The two ends.
const (
	Source      End = false
	Destination End = true
)

func (e End) levels() (high, low Level) {
	if e == Destination {
		return DestinationHigh, DestinationLow
	}
	return SourceHigh, SourceLow
}

// Symbolic names one more set of addresses that can't be listed. ok is false
// where there are too many.
func (s *Space) Symbolic(v6 bool) (family uint64, ok bool) {
	n, first := &s.symbolic4, uint64(IPv4)
	if v6 {
		n, first = &s.symbolic6, IPv6
	}
	if *n >= maxSymbolic {
		return 0, false
	}
	*n++
	return first + *n, true
}

// Between is the cases whose value at a level is in lo..hi.
func (s *Space) Between(l Level, lo, hi uint64) Set { return s.Interval(int(l), lo, hi) }

// Among is the cases whose value at a level is in one of the ranges.
func (s *Space) Among(l Level, ranges []Range) Set { return s.Ranges(int(l), ranges...) }

// IsIPv6 tells of which kind a family is.
func IsIPv6(family uint64) bool { return family > lastIPv4 }

// OfFamily is every case of one kind, symbolic ones included.
func (s *Space) OfFamily(v6 bool) Set {
	if v6 {
		return s.Between(Family, IPv6, lastFamily)
	}
	return s.Between(Family, 0, lastIPv4)
}

// Exactly is the cases of one family value.
func (s *Space) Exactly(family uint64) Set { return s.Between(Family, family, family) }

// ends is the first and last family value that has real addresses at e: the
// source's are real in symbolic families, too.
func (s *Space) families(e End, v6 bool) Set {
	switch {
	case e == Source:
		return s.OfFamily(v6)
	case v6:
		return s.Exactly(IPv6)
	}
	return s.Exactly(IPv4)
}

// Prefix is the cases with an address in p at e, host bits of p ignored.
func (s *Space) Prefix(e End, p netip.Prefix) Set {
	if !p.IsValid() {
		return None
	}
	p = p.Masked()
	return s.Addresses(e, p.Addr(), last(p))
}

// Addresses is the cases with an address in from..to at e. Both must be of one
// family, and IPv4 ones not mapped into IPv6.
func (s *Space) Addresses(e End, from, to netip.Addr) Set {
	if from.Is4() != to.Is4() || to.Less(from) {
		return None
	}
	high, low := e.levels()
	fh, fl := Halves(from)
	th, tl := Halves(to)
	in := s.families(e, from.Is6())
	if fh == th {
		return s.And(in, s.And(s.Between(high, fh, fh), s.Between(low, fl, tl)))
	}
	set := s.Or(s.And(s.Between(high, fh, fh), s.Between(low, fl, max64)), s.And(s.Between(high, th, th), s.Between(low, 0, tl)))
	if fh+1 < th {
		set = s.Or(set, s.Between(high, fh+1, th-1))
	}
	return s.And(in, set)
}

// Halves gives an address as two numbers; an IPv4 one is all in the low half.
func Halves(a netip.Addr) (high, low uint64) {
	if a.Is4() {
		b := a.As4()
		return 0, uint64(binary.BigEndian.Uint32(b[:]))
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// Address is the reverse of Halves.
func Address(v6 bool, high, low uint64) netip.Addr {
	if !v6 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(low))
		return netip.AddrFrom4(b)
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], high)
	binary.BigEndian.PutUint64(b[8:], low)
	return netip.AddrFrom16(b)
}

// last is the last address of a masked prefix.
func last(p netip.Prefix) netip.Addr {
	if p.Addr().Is4() {
		b := p.Addr().As4()
		v := binary.BigEndian.Uint32(b[:]) | uint32(1<<(32-p.Bits())-1)
		return Address(false, 0, uint64(v))
	}
	h, l := Halves(p.Addr())
	switch n := p.Bits(); {
	case n == 0:
		h, l = max64, max64
	case n <= 64:
		h, l = h|(1<<(64-n)-1), max64
	default:
		l |= 1<<(128-n) - 1
	}
	return Address(true, h, l)
}

// Last is the last address of p.
func Last(p netip.Prefix) netip.Addr { return last(p.Masked()) }
