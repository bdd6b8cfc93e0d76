package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"strconv"
	"strings"
)

// addresses replaces addresses so that one prefix lies inside another after
// it exactly if it did before. Each bit is turned or not by the bits in front
// of it, but where a fixed range needs those bits, and inside fixed ranges.
type addresses struct {
	key   []byte
	fixed []netip.Prefix // themselves and all in them stay: AWS's own
	frame []netip.Prefix // nothing gets into them or out of them, e.g. 10.0.0.0/8
	keep  []netip.Prefix // inside them only what is in front of them changes: VPCs
	seen  map[netip.Prefix]netip.Prefix
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
	return &addresses{key: derive(key, "addresses"), fixed: append(fixed, untouched...), frame: frames, keep: vpcs, seen: map[netip.Prefix]netip.Prefix{}}
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
	if out, ok := a.seen[p]; ok {
		return out
	}
	in := p.Addr().AsSlice()
	out := p.Addr().AsSlice()
	for i := range p.Bits() {
		if a.turns(p.Addr(), in, i) {
			out[i/8] ^= 0x80 >> (i % 8)
		}
	}
	addr, _ := netip.AddrFromSlice(out)
	a.seen[p] = netip.PrefixFrom(addr, p.Bits())
	return a.seen[p]
}

// turns tells whether bit i is turned, by the bits in front of it.
func (a *addresses) turns(addr netip.Addr, in []byte, i int) bool {
	front := netip.PrefixFrom(addr, i).Masked()
	for _, f := range a.fixed {
		if f.Overlaps(front) {
			return false
		}
	}
	for _, f := range a.frame {
		if i < f.Bits() && f.Overlaps(front) {
			return false
		}
	}
	for _, v := range a.keep {
		if i >= v.Bits() && v.Overlaps(front) {
			return false
		}
	}
	m := hmac.New(sha256.New, a.key)
	m.Write([]byte{byte(i), byte(len(in))})
	m.Write(front.Addr().AsSlice())
	return m.Sum(nil)[0]&1 == 1
}
