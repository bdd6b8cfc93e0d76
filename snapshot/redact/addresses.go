package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/netip"
	"strconv"
	"strings"
)

// addresses replaces addresses so that one prefix lies inside another after
// it exactly if it did before. Each bit is turned or not by the bits in front
// of it, but where a fixed range needs those bits, and inside fixed ranges.
type addresses struct {
	mac    hash.Hash
	inside map[netip.Prefix]bool // nothing in them changes: AWS's own ranges and, but for what is in front of them, VPCs
	around map[netip.Prefix]bool // prefixes around ranges that nothing gets into or out of, e.g. 10.0.0.0/8
	seen   map[netip.Prefix]step // by whole bytes
	turned map[netip.Prefix]*[sha256.Size]byte
}

// step is the replacement of a prefix.
type step struct {
	out  netip.Addr
	kept bool // what lies in the prefix stays
}

// frames are ranges whose meaning is general: private, shared, link-local,
// multicast, translation and the like.
var frames = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
	"192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8", "2000::/3", "2001:db8::/32", "fd00:ec2::/32")

// untouched are ranges of which every address is well known.
var untouched = prefixes("0.0.0.0/32", "127.0.0.0/8", "169.254.0.0/16", "255.255.255.255/32", "::/128", "::1/128", "fe80::/10", "fd00:ec2::/32")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

func newAddresses(key []byte, fixed, vpcs []netip.Prefix) *addresses {
	a := &addresses{mac: hmac.New(sha256.New, derive(key, "addresses")), inside: map[netip.Prefix]bool{}, around: map[netip.Prefix]bool{}, seen: map[netip.Prefix]step{}, turned: map[netip.Prefix]*[sha256.Size]byte{}}
	for i, list := range [][]netip.Prefix{fixed, untouched, frames, vpcs} {
		for _, p := range list {
			a.inside[p] = a.inside[p] || i != 2
			for bits := range p.Bits() {
				if i < 3 {
					a.around[netip.PrefixFrom(p.Addr(), bits).Masked()] = true
				}
			}
		}
	}
	return a
}

// replace returns the replacement of an address or prefix in its text form;
// what is none is returned as it is.
func (a *addresses) replace(text string) string {
	host, length, isPrefix := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return text
	}
	bits := addr.BitLen()
	if isPrefix {
		n, err := strconv.Atoi(length)
		if err != nil || n < 0 || n > bits {
			return text
		}
		bits = n
	}
	out := a.prefix(netip.PrefixFrom(addr, bits))
	if isPrefix {
		return out.String()
	}
	return out.Addr().String()
}

// prefix replaces the bits of p that count; those behind them stay.
func (a *addresses) prefix(p netip.Prefix) netip.Prefix {
	out, host := a.walk(p.Masked()).out.AsSlice(), p.Addr().AsSlice()
	for i := p.Bits() / 8; i < len(out); i++ {
		mask := byte(0xff)
		if i == p.Bits()/8 {
			mask >>= p.Bits() % 8
		}
		out[i] |= host[i] & mask
	}
	addr, _ := netip.AddrFromSlice(out)
	return netip.PrefixFrom(addr, p.Bits())
}

// walk replaces a prefix whose other bits are zero, a byte at a time, so that
// a million ranges share what is in front of them.
func (a *addresses) walk(p netip.Prefix) step {
	if s, ok := a.seen[p]; ok {
		return s
	}
	var from int
	s := step{out: netip.PrefixFrom(p.Addr(), 0).Masked().Addr()}
	if p.Bits() > 0 {
		from = (p.Bits() - 1) / 8 * 8
	}
	if from > 0 {
		s = a.walk(netip.PrefixFrom(p.Addr(), from).Masked())
	}
	in, out := p.Addr().AsSlice(), s.out.AsSlice()
	for i := from; i < p.Bits(); i++ {
		front := netip.PrefixFrom(p.Addr(), i).Masked()
		s.kept = s.kept || a.inside[front]
		bit := byte(0x80) >> (i % 8)
		out[i/8] |= in[i/8] & bit
		if !s.kept && !a.around[front] && a.turns(front, i, len(in)) {
			out[i/8] ^= bit
		}
	}
	s.out, _ = netip.AddrFromSlice(out)
	if p.Bits()%8 == 0 {
		a.seen[p] = s
	}
	return s
}

// turns tells whether the bit behind front is turned. One sum for the whole
// bytes of front decides all bits of the byte behind them: the bit at n, where
// n is 1 followed by the bits of front in that byte.
func (a *addresses) turns(front netip.Prefix, i, bytes int) bool {
	whole := netip.PrefixFrom(front.Addr(), i/8*8).Masked()
	sum := a.turned[whole]
	if sum == nil {
		a.mac.Reset()
		a.mac.Write([]byte{byte(i / 8), byte(bytes)})
		a.mac.Write(whole.Addr().AsSlice())
		sum = (*[sha256.Size]byte)(a.mac.Sum(nil))
		a.turned[whole] = sum
	}
	n := 1<<(i%8) | int(front.Addr().AsSlice()[i/8])>>(8-i%8)
	return sum[n/8]>>(n%8)&1 == 1
}
