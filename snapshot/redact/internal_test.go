package redact

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPrefixesKeepTheirRelations draws from few prefixes, so that they meet.
func TestPrefixesKeepTheirRelations(t *testing.T) {
	aws := prefixes("52.216.0.0/15", "16.182.0.0/16", "2600:1fa0::/28")
	a := newAddresses([]byte("k"), aws, prefixes("10.20.0.0/16", "172.31.0.0/16"))
	draw := rapid.Custom(func(t *rapid.T) netip.Prefix {
		base := rapid.SampledFrom([]string{"10.20.0.0", "10.20.255.0", "10.21.3.4", "52.216.0.1", "52.0.0.0", "172.31.7.0", "192.168.1.1", "203.0.113.9", "8.8.8.8", "2600:1fa0::1", "2a05:d000::", "fd12::1"}).Draw(t, "base")
		addr := netip.MustParseAddr(base)
		return netip.PrefixFrom(addr, rapid.IntRange(0, addr.BitLen()).Draw(t, "bits")).Masked()
	})
	special := append(prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), aws...)
	rapid.Check(t, func(t *rapid.T) {
		p, q := draw.Draw(t, "p"), draw.Draw(t, "q")
		x, y := a.prefix(p), a.prefix(q)
		if x.Masked() != x || p.Overlaps(q) != x.Overlaps(y) || (p == q) != (x == y) {
			t.Fatalf("%v, %v became %v, %v", p, q, x, y)
		}
		for _, s := range special {
			if s.Overlaps(p) != s.Overlaps(x) {
				t.Fatalf("%v became %v, in or out of %v", p, x, s)
			}
		}
		for _, s := range aws {
			if s.Bits() <= p.Bits() && s.Overlaps(p) && x != p {
				t.Fatalf("%v is AWS's and became %v", p, x)
			}
		}
	})
}

// TestTheLayoutOfAVPCStays checks that offsets in a VPC are kept: the first
// four addresses of a subnet, and its last, are AWS's.
func TestTheLayoutOfAVPCStays(t *testing.T) {
	a := newAddresses([]byte("k"), nil, prefixes("10.20.0.0/16"))
	for i := range 256 {
		if got := a.replace(fmt.Sprintf("10.20.1.%d", i)); !strings.HasSuffix(got, fmt.Sprintf(".1.%d", i)) {
			t.Fatalf("10.20.1.%d became %s", i, got)
		}
	}
}

// TestWildcardsKeepTheirMeaning draws names and patterns from few letters, so
// that pieces overlap, and compares every match before and after.
func TestWildcardsKeepTheirMeaning(t *testing.T) {
	piece := rapid.StringMatching(`[ab1-]{1,4}`)
	rapid.Check(t, func(t *rapid.T) {
		f := &facts{patterns: map[string]bool{}, values: map[string]bool{}}
		for _, v := range rapid.SliceOfN(rapid.StringMatching(`[ab]{2,3}[ab1-]{0,5}`), 1, 6).Draw(t, "values") {
			f.values[v] = true
		}
		for range rapid.IntRange(1, 3).Draw(t, "patterns") {
			f.patterns[piece.Draw(t, "x")+rapid.SampledFrom([]string{"*", "?", "*-"}).Draw(t, "w")+piece.Draw(t, "y")] = true
		}
		for n := range attempts {
			r := &Redactor{key: derive([]byte("k"), fmt.Sprint(n)), public: map[string]bool{}, texts: map[string]string{}}
			r.addresses = newAddresses(r.key, nil, nil)
			r.words = newWords(r.key, r.public)
			r.words.learn(f.patterns, f.values)
			// What matched must match, whatever is drawn: only what did not may
			// come to match, by an unlucky draw that verify refuses.
			for p := range f.patterns {
				for v := range f.values {
					if glob(p, v) && !glob(r.text(p), r.text(v)) {
						t.Fatalf("%q matched %q, but %q does not match %q", p, v, r.text(p), r.text(v))
					}
				}
			}
		}
	})
}
