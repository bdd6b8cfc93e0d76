package symbolic

import (
	"cmp"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"time"

	"go4.org/netipx"

	"github.com/canreach/canreach/internal/idd"
	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// cut parts the dimension into atoms; text from the given attempt on.
func (d *dimension) cut(attempt int, m *strset.Meter) {
	switch d.family {
	case familyNone:
		d.rep = []string{"x"}
	case familyText:
		d.cutText(attempt, m)
	case familyNumber:
		d.rep = cutNumbers(d.numbers)
	case familyDate:
		d.rep = cutDates(d.dates)
	case familyAddress:
		d.rep = cutAddresses(d.networks)
	}
}

// cutText makes atoms of as many patterns as the budget lets: of all but those
// whose like crowd in one stem, of those that are alone in theirs, of those
// without loose wildcards, of none but the stems, of none. It begins with the
// given attempt.
func (d *dimension) cutText(attempt int, m *strset.Meter) {
	crowds := crowdsOf(d.patterns)
	none := func(int) bool { return false }
	attempts := []func(i int) bool{
		func(i int) bool { return crowds[i] <= 8 },
		func(i int) bool { return crowds[i] <= 2 },
		func(i int) bool { return crowds[i] <= 1 },
		none,
	}
	last := -1
	for _, easy := range attempts[min(attempt, len(attempts)):] {
		n := d.choose(easy)
		if n == last {
			continue
		}
		last = n
		if d.cutWords(true, atomStates, m) {
			return
		}
	}
	d.choose(none)
	unlimited := strset.Meter{Steps: math.MaxInt}
	d.cutWords(false, math.MaxInt, &unlimited)
}

// sampleText makes atoms of a word of each pattern, and leaves all others out.
func (d *dimension) sampleText(m *strset.Meter) {
	d.choose(func(int) bool { return true })
	if d.words = m.Sample(d.patterns, d.lang, findStates); d.words.Len() == 0 {
		d.cutText(math.MaxInt, m)
	}
}

// crowdsOf tells for each pattern in how many ways those of its stem may be
// under way at once in one word; 1 for a pattern without loose wildcards.
func crowdsOf(patterns []strset.Pattern) []int {
	out := make([]int, len(patterns))
	stems := make([]string, len(patterns))
	of := make(map[string]int)
	for i, p := range patterns {
		out[i] = 1 + p.Loose()
		if out[i] > 1 {
			stems[i] = p.Stem().Key()
			of[stems[i]] = min(max(of[stems[i]], 1)*out[i], math.MaxInt32)
		}
	}
	for i, stem := range stems {
		if out[i] > 1 {
			out[i] = of[stem]
		}
	}
	return out
}

// choose parts the patterns into easy and hard ones, and tells how many are easy.
func (d *dimension) choose(easy func(i int) bool) int {
	d.easy, d.hard = make([]int32, len(d.patterns)), nil
	n := int32(0)
	for i := range d.patterns {
		if easy(i) {
			d.easy[i] = n
			n++
			continue
		}
		d.easy[i] = -1
		d.hard = append(d.hard, hardPattern{pattern: int32(i), stem: -1})
	}
	return int(n)
}

// cutSteps bounds one attempt: positions of patterns visited.
const cutSteps = 2_000_000

// cutWords makes atoms of the easy patterns, and with stems set of the stems
// of the hard ones; false where that goes over budget.
func (d *dimension) cutWords(stems bool, states int, m *strset.Meter) bool {
	var list []strset.Pattern
	for i, p := range d.patterns {
		if d.easy[i] >= 0 {
			list = append(list, p)
		}
	}
	numbers := make(map[string]int32)
	for i := range d.hard {
		h := &d.hard[i]
		stem := d.patterns[h.pattern].Stem()
		if h.stem = -1; !stems || stem.All() {
			continue
		}
		key := stem.Key()
		number, ok := numbers[key]
		if !ok {
			number = int32(len(list))
			numbers[key] = number
			list = append(list, stem)
		}
		h.stem = number
	}
	attempt := strset.Meter{Steps: min(cutSteps, m.Steps)}
	before := attempt.Steps
	words, err := attempt.Atoms(list, d.lang, states)
	m.Steps -= before - attempt.Steps
	d.words = words
	return err == nil
}

// atoms is the number of atoms.
func (d *dimension) atoms() int {
	if d.words != nil {
		return d.words.Len()
	}
	return len(d.rep)
}

// sample is a value of an atom.
func (d *dimension) sample(atom int) string {
	if d.words != nil {
		return d.words.Readable(atom)
	}
	return d.rep[atom]
}

// matches reports whether the words of an atom match an easy pattern.
func (d *dimension) matches(atom int, pattern int32) bool {
	e := d.easy[pattern]
	return e >= 0 && d.words.In(atom, int(e))
}

// runs are the values of the dimension's first level at which stand the atoms
// that pass a test; of text, as far as easy patterns tell.
func (d *dimension) runs(t *test) []idd.Range {
	switch d.family {
	case familyNone:
		return nil
	case familyText:
		return d.runsOfText(t.patterns)
	case familyNumber, familyDate:
		return d.runsOfOrder(t.compare)
	case familyAddress:
		return d.runsOfAddresses(t.networks)
	}
	panic("unreachable: no such family")
}

func (d *dimension) runsOfText(patterns []int32) (runs []idd.Range) {
	mask := d.words.Mask()
	for _, p := range patterns {
		if e := d.easy[p]; e >= 0 {
			mask.Set(int(e))
		}
	}
	return d.runsIn(mask)
}

// runsIn are the values at which stand the atoms that match one of the mask's
// patterns.
func (d *dimension) runsIn(mask strset.Mask) (runs []idd.Range) {
	for i := range d.atoms() {
		if !d.words.Meets(i, mask) {
			continue
		}
		at := uint64(i + d.first())
		if n := len(runs); n > 0 && runs[n-1].Hi+1 == at {
			runs[n-1].Hi = at
		} else {
			runs = append(runs, idd.Range{Lo: at, Hi: at})
		}
	}
	return runs
}

// runsOfOrder uses that the atoms' values ascend.
func (d *dimension) runsOfOrder(list []comparison) (runs []idd.Range) {
	for _, c := range list {
		from := sort.Search(len(d.rep), func(i int) bool { return c.order(d.rep[i]) >= 0 })
		past := from // the constant itself is a value
		if from < len(d.rep) && c.order(d.rep[from]) == 0 {
			past++
		}
		lo, hi := 0, len(d.rep) // the half-open range of atoms for which c holds
		switch c.op {
		case equal:
			lo, hi = from, past
		case less:
			hi = from
		case lessEqual:
			hi = past
		case greater:
			lo = past
		case greaterEqual:
			lo = from
		}
		if lo < hi {
			runs = append(runs, d.rangeOf(lo, hi-1))
		}
	}
	return runs
}

// runsOfAddresses uses that the atoms' first addresses ascend, those of IPv4
// before those of IPv6.
func (d *dimension) runsOfAddresses(networks []netip.Prefix) (runs []idd.Range) {
	firsts := make([]netip.Addr, len(d.rep))
	for i, text := range d.rep {
		firsts[i] = netip.MustParseAddr(text)
	}
	for _, n := range networks {
		from, _ := slices.BinarySearchFunc(firsts, n.Addr(), netip.Addr.Compare)
		past, found := slices.BinarySearchFunc(firsts, netipx.PrefixLastIP(n), netip.Addr.Compare)
		if found {
			past++
		}
		runs = append(runs, d.rangeOf(from, past-1))
	}
	return runs
}

func (d *dimension) rangeOf(first, last int) idd.Range {
	return idd.Range{Lo: uint64(first + d.first()), Hi: uint64(last + d.first())}
}

// order compares a value with the constant.
func (c comparison) order(value string) int {
	if c.isNumber {
		order, _ := policy.CompareNumbers(value, c.number)
		return order
	}
	at, _ := policy.ParseInstant(value)
	return cmp.Compare(at, c.instant)
}

// cutNumbers lists the constants, a number between each two, and one at
// either end.
func cutNumbers(constants []string) []string {
	var points []*big.Rat
	for _, s := range constants {
		if r, ok := new(big.Rat).SetString(s); ok {
			points = append(points, r)
		}
	}
	slices.SortFunc(points, (*big.Rat).Cmp)
	points = slices.CompactFunc(points, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	if len(points) == 0 {
		return []string{"1"}
	}
	one := big.NewRat(1, 1)
	between := func(a, b *big.Rat) *big.Rat {
		next := new(big.Rat).Add(a, one)
		if next.Cmp(b) < 0 {
			return next
		}
		sum := new(big.Rat).Add(a, b)
		return sum.Quo(sum, big.NewRat(2, 1))
	}
	out := []string{decimalText(new(big.Rat).Sub(points[0], one))}
	for i, p := range points {
		out = append(out, decimalText(p))
		if i+1 < len(points) {
			out = append(out, decimalText(between(p, points[i+1])))
		}
	}
	return append(out, decimalText(new(big.Rat).Add(points[len(points)-1], one)))
}

// decimalText writes a number with a finite expansion in full.
func decimalText(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	n, _ := r.FloatPrec()
	return r.FloatString(n)
}

// cutDates is cutNumbers for instants, whose unit is the millisecond.
func cutDates(constants []int64) []string {
	points := slices.Clone(constants)
	slices.Sort(points)
	points = slices.Compact(points)
	if len(points) == 0 {
		return []string{dateText(0)}
	}
	out := []string{dateText(points[0] - 1000)}
	for i, p := range points {
		out = append(out, dateText(p))
		if i+1 < len(points) {
			if gap := points[i+1] - p; gap > 1 {
				out = append(out, dateText(p+min(1000, gap/2)))
			}
		}
	}
	return append(out, dateText(points[len(points)-1]+1000))
}

func dateText(ms int64) string {
	t := time.UnixMilli(ms).UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return strconv.FormatInt(ms/1000, 10)
	}
	return t.Format("2006-01-02T15:04:05.999Z07:00")
}

// cutAddresses lists the first address of each run that lies in the same
// networks, for both families.
func cutAddresses(networks []netip.Prefix) []string {
	points := []netip.Addr{netip.AddrFrom4([4]byte{}), netip.IPv6Unspecified()}
	for _, n := range networks {
		points = append(points, n.Addr())
		if next := netipx.PrefixLastIP(n).Next(); next.IsValid() {
			points = append(points, next)
		}
	}
	slices.SortFunc(points, netip.Addr.Compare)
	points = slices.Compact(points)
	out := make([]string, len(points))
	for i, p := range points {
		out[i] = p.String()
	}
	return out
}
