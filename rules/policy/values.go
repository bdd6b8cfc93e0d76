package policy

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// decimal is a number compared exactly (P157): sign, digits before and after
// the point without needless zeros.
type decimal struct {
	negative    bool
	whole, frac string
}

// maxExponent bounds the exponents that a decimal is written out for.
const maxExponent = 400

// parseDecimal reads an integer or decimal; a leading "+", leading zeros and a
// bounded exponent are accepted.
func parseDecimal(s string) (decimal, bool) {
	d := decimal{}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		d.negative = s[0] == '-'
		s = s[1:]
	}
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.Atoi(s[i+1:])
		if err != nil || n > maxExponent || n < -maxExponent {
			return d, false
		}
		s, exponent = s[:i], n
	}
	d.whole, d.frac, _ = strings.Cut(s, ".")
	if d.whole == "" && d.frac == "" || !digitsOnly(d.whole) || !digitsOnly(d.frac) {
		return d, false
	}
	switch {
	case exponent > 0:
		frac := d.frac + strings.Repeat("0", max(0, exponent-len(d.frac)))
		d.whole, d.frac = d.whole+frac[:exponent], frac[exponent:]
	case exponent < 0:
		whole := strings.Repeat("0", max(0, -exponent-len(d.whole))) + d.whole
		cut := len(whole) + exponent
		d.whole, d.frac = whole[:cut], whole[cut:]+d.frac
	}
	d.whole, d.frac = strings.TrimLeft(d.whole, "0"), strings.TrimRight(d.frac, "0")
	if d.whole == "" && d.frac == "" {
		d.negative = false
	}
	return d, true
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compare is -1, 0 or 1 as d is less than, equal to or greater than o.
func (d decimal) compare(o decimal) int {
	if d.negative != o.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	c := len(d.whole) - len(o.whole)
	if c == 0 {
		c = strings.Compare(d.whole, o.whole)
	}
	if c == 0 {
		c = strings.Compare(d.frac, o.frac)
	}
	if d.negative {
		c = -c
	}
	return max(-1, min(1, c))
}

// holds tells whether the outcome of a comparison satisfies the relation.
func (r relation) holds(c int) bool {
	switch r {
	case relEqual:
		return c == 0
	case relLess:
		return c < 0
	case relLessEqual:
		return c <= 0
	case relGreater:
		return c > 0
	case relGreaterEqual:
		return c >= 0
	}
	panic("unreachable: relation")
}

// parseInstant reads a date of the W3C's ISO 8601 forms, or epoch seconds, as
// milliseconds since the epoch (P159).
func parseInstant(s string) (int64, bool) {
	if d, ok := parseDecimal(s); ok {
		return d.milliseconds()
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMilli(), true
		}
	}
	return 0, false
}

func (d decimal) milliseconds() (int64, bool) {
	if len(d.whole) > 12 {
		return 0, false
	}
	n := int64(0)
	for i := range len(d.whole) {
		n = n*10 + int64(d.whole[i]-'0')
	}
	for i := range 3 {
		n *= 10
		if i < len(d.frac) {
			n += int64(d.frac[i] - '0')
		}
	}
	if d.negative {
		n = -n
	}
	return n, n != math.MinInt64
}

// parseNetwork reads a CIDR or bare address of a policy (P160). It is false
// for what never matches: garbage, an IPv6 network with host bits, and an
// IPv4-mapped network (P161).
func parseNetwork(s string) (netip.Prefix, bool) {
	var p netip.Prefix
	s = withoutLeadingZeros(s)
	if strings.IndexByte(s, '/') < 0 {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return p, false
		}
		p = netip.PrefixFrom(a, a.BitLen())
	} else {
		var err error
		if p, err = netip.ParsePrefix(s); err != nil {
			return p, false
		}
	}
	if p.Addr().Is4() {
		return p.Masked(), true
	}
	if p.Addr().Is4In6() || p != p.Masked() {
		return p, false
	}
	return p, true
}

// withoutLeadingZeros drops what AWS takes and Go does not: zeros before the
// octets of an IPv4 address and before a length (P366).
func withoutLeadingZeros(s string) string {
	if strings.IndexByte(s, ':') >= 0 && strings.IndexByte(s, '/') < 0 || strings.IndexByte(s, '0') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		starts := i == 0 || s[i-1] == '/' || s[i-1] == '.'
		if starts && (i > 0 && s[i-1] == '/' || strings.IndexByte(s, ':') < 0) {
			for s[i] == '0' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
				i++
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// parseRequestAddr reads the address of a request; a mapped one counts as IPv4
// (P161).
func parseRequestAddr(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(withoutLeadingZeros(s))
	if err != nil || a.Zone() != "" {
		return a, false
	}
	return a.Unmap(), true
}
