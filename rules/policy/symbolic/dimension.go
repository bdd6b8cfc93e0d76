package symbolic

import (
	"cmp"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/canreach/canreach/internal/idd"
	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// family is the way in which the values of a dimension are compared.
type family uint8

const (
	familyNone family = iota // only presence is asked for
	familyText
	familyNumber
	familyDate
	familyAddress
)

// dimension is one variable of a request: its resource, its action, its
// caller, or a condition key. Its values are parted into atoms, the classes
// that the policies in question tell apart (P353).
type dimension struct {
	name     string
	family   family
	optional bool // a key, that may be absent
	multi    bool // a key with any number of values (P170)

	patterns []strset.Pattern // familyText
	texts    []string         // of patterns, as the policy writes them
	index    map[string]int32
	numbers  []string // familyNumber: constants, in any order, as written
	dates    []int64  // familyDate: constants, milliseconds
	networks []netip.Prefix
	lang     strset.Language

	level int // first level in the diagram
	lazy  bool
	words *strset.Partition // familyText
	rep   []string          // other families: a value of each atom
}

// test is a set of values of a dimension: those that match any of its items.
type test struct {
	patterns []int32
	compare  []comparison
	networks []netip.Prefix
}

// comparison is a relation to a constant.
type comparison struct {
	op       relation
	number   string
	instant  int64
	isNumber bool
}

type relation uint8

const (
	equal relation = iota
	less
	lessEqual
	greater
	greaterEqual
)

func (r relation) holds(order int) bool {
	switch r {
	case equal:
		return order == 0
	case less:
		return order < 0
	case lessEqual:
		return order <= 0
	case greater:
		return order > 0
	case greaterEqual:
		return order >= 0
	}
	panic("unreachable: no such relation")
}

// pattern numbers a pattern of the dimension.
func (d *dimension) pattern(p strset.Pattern, text string) int32 {
	key := p.Key()
	if i, ok := d.index[key]; ok {
		return i
	}
	if d.index == nil {
		d.index = make(map[string]int32)
	}
	i := int32(len(d.patterns))
	d.index[key] = i
	d.patterns = append(d.patterns, p)
	d.texts = append(d.texts, text)
	return i
}

// claim makes the dimension one of family f; false where it is another.
func (d *dimension) claim(f family) bool {
	if d.family == familyNone {
		d.family = f
	}
	return d.family == f
}

// cut parts the dimension into atoms. Text that takes more than the given
// number of automaton states is left to the lazy mode.
func (d *dimension) cut(states int) {
	switch d.family {
	case familyNone:
		d.rep = []string{"x"}
	case familyText:
		words, err := strset.Atoms(d.patterns, d.lang, states)
		if err != nil {
			d.lazy = true
			return
		}
		d.words = words
	case familyNumber:
		d.rep = cutNumbers(d.numbers)
	case familyDate:
		d.rep = cutDates(d.dates)
	case familyAddress:
		d.rep = cutAddresses(d.networks)
	}
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
		if next := lastAddress(n).Next(); next.IsValid() {
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

func lastAddress(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// holds reports whether the values of an atom pass a test.
func (d *dimension) holds(t *test, atom int) bool {
	switch d.family {
	case familyNone:
		return false
	case familyText:
		for _, p := range t.patterns {
			if d.words.In(atom, int(p)) {
				return true
			}
		}
		return false
	case familyNumber, familyDate:
		for _, c := range t.compare {
			if c.op.holds(c.order(d.rep[atom])) {
				return true
			}
		}
		return false
	case familyAddress:
		a := netip.MustParseAddr(d.rep[atom])
		return slices.ContainsFunc(t.networks, func(n netip.Prefix) bool { return n.Contains(a) })
	}
	panic("unreachable: no such family")
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

// levels are the largest values of the levels that the dimension takes.
func (d *dimension) levels() []uint64 {
	booleans := 0
	switch {
	case d.lazy:
		booleans = len(d.patterns)
		if d.optional {
			booleans++
		}
	case d.multi:
		booleans = d.atoms()
	default:
		n := d.atoms()
		if d.optional {
			n++
		}
		return []uint64{uint64(max(n-1, 0))}
	}
	out := make([]uint64, booleans)
	for i := range out {
		out[i] = 1
	}
	return out
}

// first is the value of the level at which the first atom stands; below it is
// the absent key.
func (d *dimension) first() int {
	if d.optional {
		return 1
	}
	return 0
}

// present is the set of requests that have the key.
func (d *dimension) present(a *idd.Arena) idd.ID {
	switch {
	case !d.optional:
		return idd.True
	case d.multi:
		some := idd.False
		for i := d.atoms() - 1; i >= 0; i-- {
			some = a.Or(a.Interval(d.level+i, 1, 1), some)
		}
		return some
	default:
		return a.Interval(d.level, 1, a.Max(d.level))
	}
}

// in is the set of requests whose value passes the test, the key being
// present: for a multivalued key, one of whose values does, or where inverse
// is set does not.
func (d *dimension) in(a *idd.Arena, t *test, inverse bool) idd.ID {
	switch {
	case d.lazy:
		set := idd.False
		base := d.level + d.first()
		for i := len(t.patterns) - 1; i >= 0; i-- {
			set = a.Or(a.Interval(base+int(t.patterns[i]), 1, 1), set)
		}
		if inverse {
			set = a.Not(set)
		}
		return a.And(d.present(a), set)
	case d.multi:
		set := idd.False
		for i := d.atoms() - 1; i >= 0; i-- {
			if d.holds(t, i) != inverse {
				set = a.Or(a.Interval(d.level+i, 1, 1), set)
			}
		}
		return set
	}
	var runs []idd.Range
	for i := range d.atoms() {
		if d.holds(t, i) == inverse {
			continue
		}
		at := uint64(i + d.first())
		if n := len(runs); n > 0 && runs[n-1].Hi+1 == at {
			runs[n-1].Hi = at
		} else {
			runs = append(runs, idd.Range{Lo: at, Hi: at})
		}
	}
	return a.Ranges(d.level, runs...)
}

// describe says what the dimension would take, for an answer that stays open.
func (d *dimension) describe() string {
	const shown = 5
	texts := slices.Clone(d.texts)
	slices.Sort(texts)
	texts = slices.Compact(texts)
	more := ""
	if len(texts) > shown {
		texts, more = texts[:shown], ", …"
	}
	return fmt.Sprintf("%d patterns interact in %s: %q%s", len(d.patterns), d.name, texts, more)
}
