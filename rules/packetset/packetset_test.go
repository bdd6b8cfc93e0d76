package packetset

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// The twin of a set is a predicate on concrete packets, asked of every packet
// of a small pool whose addresses and ports lie at the edges of the rules.
type packet struct {
	src, dst netip.Addr
	dport    uint64
}

type twin struct {
	set Set
	has func(packet) bool
}

var (
	prefixPool = []string{"0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "10.0.1.128/25", "10.0.1.7/32", "255.255.255.255/32",
		"::/0", "2600:1f18::/32", "2600:1f18:0:1::/64", "2600:1f18:0:1::80/121", "64:ff9b::/96", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}
	portPool = []uint64{0, 1, 442, 443, 444, 1023, 1024, 65535}
)

// addressPool is the first and last address of each prefix and their
// neighbours, of one family.
func addressPool(v6 bool) []netip.Addr {
	var out []netip.Addr
	for _, s := range prefixPool {
		p := netip.MustParsePrefix(s)
		for _, a := range []netip.Addr{p.Addr(), p.Addr().Prev(), Last(p), Last(p).Next()} {
			if a.IsValid() && a.Is6() == v6 {
				out = append(out, a)
			}
		}
	}
	return out
}

func leaf(t *rapid.T, s *Space) twin {
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0, 1:
		end := End(rapid.Bool().Draw(t, "end"))
		p := netip.MustParsePrefix(rapid.SampledFrom(prefixPool).Draw(t, "prefix"))
		return twin{s.Prefix(end, p), func(x packet) bool {
			if end == Destination {
				return p.Contains(x.dst)
			}
			return p.Contains(x.src)
		}}
	}
	lo := rapid.SampledFrom(portPool).Draw(t, "from")
	hi := rapid.SampledFrom(portPool).Draw(t, "to")
	return twin{s.Between(DestinationPort, lo, hi), func(x packet) bool { return lo <= x.dport && x.dport <= hi }}
}

func combine(t *rapid.T, s *Space, depth int) twin {
	if depth == 0 {
		return leaf(t, s)
	}
	x, y := combine(t, s, depth-1), combine(t, s, depth-1)
	switch rapid.IntRange(0, 2).Draw(t, "op") {
	case 0:
		return twin{s.And(x.set, y.set), func(p packet) bool { return x.has(p) && y.has(p) }}
	case 1:
		return twin{s.Or(x.set, y.set), func(p packet) bool { return x.has(p) || y.has(p) }}
	}
	return twin{s.Diff(x.set, y.set), func(p packet) bool { return x.has(p) && !y.has(p) }}
}

// valid is the cases that are packets: both addresses of one real family.
func valid(s *Space) Set {
	x := None
	for _, p := range []string{"0.0.0.0/0", "::/0"} {
		x = s.Or(x, s.And(s.Prefix(Source, netip.MustParsePrefix(p)), s.Prefix(Destination, netip.MustParsePrefix(p))))
	}
	return x
}

func caseOf(p packet) Case {
	var c Case
	if p.src.Is6() {
		c.point[Family] = IPv6
	}
	c.point[SourceHigh], c.point[SourceLow] = Halves(p.src)
	c.point[DestinationHigh], c.point[DestinationLow] = Halves(p.dst)
	c.point[DestinationPort] = p.dport
	c.read()
	return c
}

func TestSetsAgreeWithPredicates(t *testing.T) {
	pools := [][]netip.Addr{addressPool(false), addressPool(true)}
	rapid.Check(t, func(t *rapid.T) {
		s := New(DefaultBudget)
		x := combine(t, s, 3)
		for range 100 {
			pool := rapid.SampledFrom(pools).Draw(t, "family")
			p := packet{rapid.SampledFrom(pool).Draw(t, "src"), rapid.SampledFrom(pool).Draw(t, "dst"), rapid.SampledFrom(portPool).Draw(t, "port")}
			if s.Has(x.set, caseOf(p)) != x.has(p) {
				t.Fatalf("%v: set says %v", p, !x.has(p))
			}
		}
		if c, ok := s.Witness(s.And(x.set, valid(s))); ok && c.Family == IPv4 && !x.has(packet{c.Source, c.Destination, uint64(c.DestinationPort)}) {
			t.Fatalf("witness %v is not in the set", c)
		}
	})
}

func TestAddressRangesAreTheProjection(t *testing.T) {
	pool := append(addressPool(false), addressPool(true)...)
	rapid.Check(t, func(t *rapid.T) {
		s := New(DefaultBudget)
		x := combine(t, s, 2)
		x.set = s.And(x.set, valid(s))
		ranges := s.AddressRanges(Destination, x.set, 1<<16)
		for _, a := range pool {
			want := s.And(x.set, s.Addresses(Destination, a, a)) != None
			got := false
			for _, r := range ranges {
				got = got || !a.Less(r.From) && !r.To.Less(a)
			}
			// Runs of whole upper halves with a part below are cut off: never too much.
			if got && !want || !got && want && a.Is4() {
				t.Fatalf("%v: listed %v, in the set %v; %v", a, got, want, ranges)
			}
		}
	})
}

func TestFamiliesNeverMix(t *testing.T) {
	s := New(DefaultBudget)
	four, six := s.Prefix(Destination, netip.MustParsePrefix("0.0.0.0/0")), s.Prefix(Destination, netip.MustParsePrefix("::/0"))
	if s.And(four, six) != None {
		t.Error("0.0.0.0/0 and ::/0 share packets (N24)")
	}
	mapped := s.Prefix(Destination, netip.MustParsePrefix("::ffff:10.0.0.0/104"))
	if s.And(mapped, s.Prefix(Destination, netip.MustParsePrefix("10.0.0.0/8"))) != None {
		t.Error("a mapped address is no IPv4 address (N13)")
	}
}

func TestHostBitsAreIgnored(t *testing.T) {
	s := New(DefaultBudget)
	if s.Prefix(Source, netip.MustParsePrefix("100.68.0.18/18")) != s.Prefix(Source, netip.MustParsePrefix("100.68.0.0/18")) {
		t.Error("100.68.0.18/18 is 100.68.0.0/18 (N13)")
	}
}

func TestSymbolicDestinationsAreInNoPrefix(t *testing.T) {
	s := New(DefaultBudget)
	fam, ok := s.Symbolic(false)
	if !ok {
		t.Fatal("no room for one symbolic family")
	}
	if s.And(s.Exactly(fam), s.Prefix(Destination, netip.MustParsePrefix("0.0.0.0/0"))) != None {
		t.Error("a symbolic destination has no address; whether 0.0.0.0/0 holds it is its owner's to say")
	}
	if s.And(s.Exactly(fam), s.Prefix(Source, netip.MustParsePrefix("10.0.0.0/8"))) == None {
		t.Error("its packets have a real source")
	}
	for range maxSymbolic {
		_, ok = s.Symbolic(false)
	}
	if ok {
		t.Error("symbolic families run out, and that must show")
	}
}

func TestLastAddress(t *testing.T) {
	for in, want := range map[string]string{"10.0.1.0/24": "10.0.1.255", "0.0.0.0/0": "255.255.255.255", "10.0.0.1/32": "10.0.0.1",
		"::/0": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2600::/16": "2600:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2600::/64": "2600::ffff:ffff:ffff:ffff", "2600::80/121": "2600::ff"} {
		if got := Last(netip.MustParsePrefix(in)); got != netip.MustParseAddr(want) {
			t.Errorf("last of %s: %v, want %s", in, got, want)
		}
	}
}
