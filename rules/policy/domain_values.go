package policy

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// values lists one value for each way in which the conditions can fare.
func (u *keyUses) values() (values []string, complete bool) {
	complete = !u.partial && u.families <= 1
	for _, v := range u.stands {
		u.patterns = append(u.patterns, textPattern{units: appendText(nil, v)})
	}
	if len(u.patterns) > 0 || u.arns || u.families == 0 {
		v, ok := distinctTexts(u.patterns, u.arns)
		values, complete = append(values, v...), complete && ok
	}
	values = append(values, u.numbers...)
	values = append(values, between(u.numbers)...)
	values = append(values, dateValues(u.dates)...)
	values = append(values, addressValues(u.networks)...)
	values = append(values, u.bytes...)
	if len(u.numbers) > 0 || len(u.dates) > 0 || len(u.networks) > 0 || len(u.bytes) > 0 || len(values) == 0 {
		values = append(values, otherText(values))
	}
	slices.Sort(values)
	return slices.Compact(values), complete
}

// between lists a number below, above and between all of the given ones.
func between(numbers []string) []string {
	if len(numbers) == 0 {
		return nil
	}
	ds := make([]decimal, len(numbers))
	for i, n := range numbers {
		ds[i], _ = parseDecimal(n)
	}
	slices.SortFunc(ds, decimal.compare)
	out := []string{ds[0].beyond(true), ds[len(ds)-1].beyond(false)}
	for _, d := range ds {
		out = append(out, d.justAbove())
	}
	return out
}

// beyond is a number below or above d.
func (d decimal) beyond(below bool) string {
	digits := "1" + strings.Repeat("0", len(d.whole)+1)
	if below {
		return "-" + digits
	}
	return digits
}

// justAbove is a number above d and below every greater one that has at most
// as many decimal places as a policy of our size can write.
func (d decimal) justAbove() string {
	s := d.whole
	if s == "" {
		s = "0"
	}
	if !d.negative {
		return s + "." + d.frac + strings.Repeat("0", 40) + "1"
	}
	if d.frac == "" && d.whole == "" {
		return "0." + strings.Repeat("0", 40) + "1"
	}
	// Just nearer to zero: take one off the last place and fill up with nines.
	digits := []byte(s + d.frac)
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] > '0' {
			digits[i]--
			break
		}
		digits[i] = '9'
	}
	return "-" + string(digits[:len(s)]) + "." + string(digits[len(s):]) + strings.Repeat("9", 41)
}

func dateValues(dates []int64) []string {
	var out []string
	for _, ms := range dates {
		for _, at := range [...]int64{ms - 1, ms, ms + 1} {
			out = append(out, time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	return out
}

// addressValues lists the first address of each network, and those around it.
func addressValues(networks []netip.Prefix) []string {
	if len(networks) == 0 {
		return nil
	}
	out := []string{"0.0.0.0", "::", "255.255.255.255"}
	for _, n := range networks {
		first, last := n.Addr(), lastAddr(n)
		for _, a := range [...]netip.Addr{first, first.Prev(), last, last.Next()} {
			if a.IsValid() {
				out = append(out, a.String())
			}
		}
	}
	return out
}

func lastAddr(n netip.Prefix) netip.Addr {
	b := n.Addr().As16()
	from := n.Bits()
	if n.Addr().Is4() {
		from += 96
	}
	for i := from; i < 128; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a := netip.AddrFrom16(b)
	if n.Addr().Is4() {
		return a.Unmap()
	}
	return a
}

// otherText is a text that is none of values.
func otherText(values []string) string {
	s := "other"
	for slices.Contains(values, s) {
		s += "-"
	}
	return s
}
