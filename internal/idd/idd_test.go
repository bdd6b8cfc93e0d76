package idd

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The twin of a diagram is the plain list of its points in a small space.
var small = []uint64{5, 3, 7}

type twin [6 * 4 * 8]bool

func eachPoint(f func(i int, p []uint64)) {
	i := 0
	for x := range small[0] + 1 {
		for y := range small[1] + 1 {
			for z := range small[2] + 1 {
				f(i, []uint64{x, y, z})
				i++
			}
		}
	}
}

func (w *twin) of(in func(p []uint64) bool) *twin {
	eachPoint(func(i int, p []uint64) { w[i] = in(p) })
	return w
}

func inBox(box []Range, p []uint64) bool {
	for i, r := range box {
		if p[i] < r.Lo || p[i] > r.Hi {
			return false
		}
	}
	return true
}

func genBox(t *rapid.T) []Range {
	box := make([]Range, rapid.IntRange(0, 3).Draw(t, "levels"))
	for i := range box {
		lo := rapid.Uint64Range(0, small[i]).Draw(t, "lo")
		hi := rapid.SampledFrom([]uint64{lo, lo + 1, small[i], math.MaxUint64, 0}).Draw(t, "hi")
		box[i] = Range{lo, hi}
	}
	return box
}

// genSet draws a set and its twin.
func genSet(t *rapid.T, a *Arena, depth int) (ID, *twin) {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		box := genBox(t)
		return a.Box(box...), new(twin).of(func(p []uint64) bool { return inBox(box, p) })
	}
	x, tx := genSet(t, a, depth-1)
	y, ty := genSet(t, a, depth-1)
	var out twin
	op := rapid.IntRange(0, 5).Draw(t, "op")
	for i := range out {
		switch op {
		case 0:
			out[i] = tx[i] && ty[i]
		case 1:
			out[i] = tx[i] || ty[i]
		case 2:
			out[i] = tx[i] && !ty[i]
		case 3:
			out[i] = tx[i] != ty[i]
		case 4:
			out[i] = !tx[i]
		case 5:
			out[i] = (tx[i] && ty[i]) || (!tx[i] && tx[len(tx)-1])
		}
	}
	last := False
	if tx[len(tx)-1] {
		last = True
	}
	return []func() ID{
		func() ID { return a.And(x, y) },
		func() ID { return a.Or(x, y) },
		func() ID { return a.Diff(x, y) },
		func() ID { return a.Xor(x, y) },
		func() ID { return a.Not(x) },
		func() ID { return a.Ite(x, y, last) },
	}[op](), &out
}

func check(t *rapid.T, a *Arena, id ID, want *twin) {
	t.Helper()
	if a.Err() != nil {
		t.Fatal(a.Err())
	}
	var boxed twin
	a.Boxes(id, -1, func(box []Range) bool {
		eachPoint(func(i int, p []uint64) {
			if inBox(box, p) {
				if boxed[i] {
					t.Fatalf("%v is in two boxes", p)
				}
				boxed[i] = true
			}
		})
		return true
	})
	var first []uint64
	eachPoint(func(i int, p []uint64) {
		if got := a.Contains(id, p); got != want[i] || boxed[i] != want[i] {
			t.Fatalf("%v: Contains %v, in Boxes %v, want %v", p, got, boxed[i], want[i])
		}
		if want[i] && first == nil {
			first = p
		}
	})
	got, ok := a.Witness(id)
	if ok != (first != nil) || !slices.Equal(got, first) {
		t.Fatalf("Witness = %v %v, want %v", got, ok, first)
	}
}

func TestOperationsMatchTwin(t *testing.T) {
	a := New(DefaultBudget, small...)
	rapid.Check(t, func(t *rapid.T) {
		a.Reset()
		x, tx := genSet(t, a, 4)
		check(t, a, x, tx)
		y, ty := genSet(t, a, 4)
		if (x == y) != (*tx == *ty) {
			t.Fatalf("ids equal: %v, sets equal: %v", x == y, *tx == *ty)
		}
		implied := true
		for i := range tx {
			implied = implied && (!tx[i] || ty[i])
		}
		if a.Implies(x, y) != implied {
			t.Fatalf("Implies = %v, want %v", !implied, implied)
		}
	})
}

func TestProjectionMatchesTwin(t *testing.T) {
	a := New(DefaultBudget, small...)
	rapid.Check(t, func(t *rapid.T) {
		a.Reset()
		x, tx := genSet(t, a, 4)
		level := rapid.IntRange(0, 2).Draw(t, "level")
		v := rapid.Uint64Range(0, small[level]).Draw(t, "v")
		some := map[[3]uint64]bool{}
		at := map[[3]uint64]bool{}
		values := map[uint64]bool{}
		eachPoint(func(i int, p []uint64) {
			if !tx[i] {
				return
			}
			values[p[level]] = true
			k := [3]uint64(p)
			k[level] = 0
			some[k] = true
			at[k] = at[k] || p[level] == v
		})
		project := func(in map[[3]uint64]bool) *twin {
			return new(twin).of(func(p []uint64) bool {
				k := [3]uint64(p)
				k[level] = 0
				return in[k]
			})
		}
		check(t, a, a.Exists(level, x), project(some))
		check(t, a, a.Restrict(level, v, x), project(at))
		got := a.Project(level, x)
		for v := range small[level] + 1 {
			in := slices.ContainsFunc(got, func(r Range) bool { return r.Lo <= v && v <= r.Hi })
			if in != values[v] {
				t.Fatalf("Project = %v, value %d: want %v", got, v, values[v])
			}
		}
		for i := 1; i < len(got); i++ {
			if got[i].Lo <= got[i-1].Hi+1 {
				t.Fatalf("Project = %v: ranges touch", got)
			}
		}
	})
}

func TestFirstMatchMatchesScan(t *testing.T) {
	a := New(DefaultBudget, small...)
	rapid.Check(t, func(t *rapid.T) {
		a.Reset()
		rules := make([]Rule, rapid.IntRange(0, 12).Draw(t, "rules"))
		for i := range rules {
			rules[i] = Rule{genBox(t), rapid.Bool().Draw(t, "permit")}
		}
		id := a.FirstMatch(rules)
		check(t, a, id, new(twin).of(func(p []uint64) bool {
			for _, r := range rules {
				if inBox(r.Box, p) {
					return r.Permit
				}
			}
			return false
		}))
		folded := False
		for i := len(rules) - 1; i >= 0; i-- {
			then := False
			if rules[i].Permit {
				then = True
			}
			folded = a.Ite(a.Box(rules[i].Box...), then, folded)
		}
		if folded != id {
			t.Fatal("FirstMatch is not the canonical id of its set")
		}
	})
}

func TestRangesMatchTwin(t *testing.T) {
	a := New(DefaultBudget, small...)
	rapid.Check(t, func(t *rapid.T) {
		a.Reset()
		level := rapid.IntRange(0, 2).Draw(t, "level")
		ranges := make([]Range, rapid.IntRange(0, 5).Draw(t, "n"))
		for i := range ranges {
			ranges[i] = Range{rapid.Uint64Range(0, 9).Draw(t, "lo"), rapid.SampledFrom([]uint64{0, 1, 2, 3, 5, 7, math.MaxUint64}).Draw(t, "hi")}
		}
		before := slices.Clone(ranges)
		check(t, a, a.Ranges(level, ranges...), new(twin).of(func(p []uint64) bool {
			return slices.ContainsFunc(ranges, func(r Range) bool { return r.Lo <= p[level] && p[level] <= r.Hi })
		}))
		if !slices.Equal(before, ranges) {
			t.Fatal("Ranges changed its argument")
		}
	})
}

func TestFullRangeOfUint64(t *testing.T) {
	a := New(DefaultBudget, math.MaxUint64, math.MaxUint64)
	if id := a.Interval(0, 0, math.MaxUint64); id != True {
		t.Errorf("full interval = %d, want True", id)
	}
	if id := a.Interval(1, 5, 4); id != False {
		t.Errorf("empty interval = %d, want False", id)
	}
	x := a.Interval(0, math.MaxUint64, math.MaxUint64)
	p, ok := a.Witness(x)
	if !ok || p[0] != math.MaxUint64 {
		t.Errorf("Witness = %v %v", p, ok)
	}
	if a.Or(x, a.Interval(0, 0, math.MaxUint64-1)) != True {
		t.Error("the two halves are not the whole")
	}
}

func TestBoxesStopAtLimit(t *testing.T) {
	a := New(DefaultBudget, 100)
	x := a.Ranges(0, Range{1, 1}, Range{3, 3}, Range{5, 5})
	for limit, want := range map[int]bool{2: false, 3: true, -1: true} {
		n := 0
		if got := a.Boxes(x, limit, func([]Range) bool { n++; return true }); got != want {
			t.Errorf("limit %d: complete = %v after %d, want %v", limit, got, n, want)
		}
	}
}

// TestBudgetEndsHardWork: random boxes in five dimensions explode. The work
// must end, in an error, and leave the arena fit for use after Reset.
func TestBudgetEndsHardWork(t *testing.T) {
	a := New(20_000, 1e6, 1e6, 1e6, 1e6, 1e6)
	rnd := rand.New(rand.NewPCG(1, 2))
	rules := make([]Rule, 400)
	for i := range rules {
		rules[i].Permit = rnd.IntN(2) == 0
		for range 5 {
			lo := rnd.Uint64N(1e6)
			rules[i].Box = append(rules[i].Box, Range{lo, lo + rnd.Uint64N(1e6-lo)})
		}
	}
	if id := a.FirstMatch(rules); id != False || !errors.Is(a.Err(), ErrBudget) {
		t.Fatalf("FirstMatch = %d, Err = %v", id, a.Err())
	}
	x := a.Interval(0, 1, 2)
	if x != False || a.Not(False) != False || a.Implies(x, x) {
		t.Error("an operation after the budget is spent claims something")
	}
	a.Reset()
	sum := False
	for _, r := range rules {
		sum = a.Xor(sum, a.Box(r.Box...))
	}
	if a.Err() == nil {
		t.Error("Xor of random boxes stayed in budget")
	}
	a.Reset()
	if a.Err() != nil || !a.Contains(a.Interval(0, 1, 2), []uint64{1, 0, 0, 0, 0}) {
		t.Error("not usable after Reset")
	}
}

func TestResetKeepsNothing(t *testing.T) {
	a := New(DefaultBudget, 10)
	x := a.Interval(0, 1, 2)
	a.Interval(0, 3, 4)
	for range 3 {
		a.Reset()
		if y := a.Interval(0, 1, 2); y != x || a.Edges() != 3 {
			t.Fatalf("id %d, %d edges", y, a.Edges())
		}
	}
	a.ResetLevels(3, 3)
	if a.Levels() != 2 || a.Interval(1, 0, 3) != True {
		t.Error("ResetLevels did not take")
	}
}

func benchRules(n int) []Rule {
	rnd := rand.New(rand.NewPCG(7, 7))
	rules := make([]Rule, n)
	for i := range rules {
		bits := 8 + rnd.IntN(17)
		lo := rnd.Uint64N(1<<32) >> (32 - bits) << (32 - bits)
		port := []uint64{22, 80, 443, 3306, 5432}[rnd.IntN(5)]
		rules[i] = Rule{[]Range{{lo, lo + 1<<(32-bits) - 1}, {6, 6}, {port, port}}, rnd.IntN(4) > 0}
	}
	return rules
}

func BenchmarkFirstMatch(b *testing.B) {
	for _, n := range []int{60, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rules := benchRules(n)
			a := New(DefaultBudget, math.MaxUint32, 255, 65535)
			b.ReportAllocs()
			for b.Loop() {
				a.Reset()
				if a.FirstMatch(rules) == False {
					b.Fatal(a.Err())
				}
			}
		})
	}
}

func BenchmarkAndWarm(b *testing.B) {
	a := New(DefaultBudget, math.MaxUint32, 255, 65535)
	rules := benchRules(120)
	for b.Loop() {
		a.Reset()
		x, y := a.FirstMatch(rules[:60]), a.FirstMatch(rules[60:])
		a.And(x, y)
	}
}

func BenchmarkOr(b *testing.B) {
	rules := benchRules(60)
	a := New(DefaultBudget, math.MaxUint32, 255, 65535)
	b.ReportAllocs()
	for b.Loop() {
		a.Reset()
		sum := False
		for _, r := range rules {
			sum = a.Or(sum, a.Box(r.Box...))
		}
	}
}

func BenchmarkContains(b *testing.B) {
	a := New(DefaultBudget, math.MaxUint32, 255, 65535)
	x := a.FirstMatch(benchRules(1000))
	p := []uint64{0x0a000001, 6, 443}
	b.ReportAllocs()
	for b.Loop() {
		p[0] += 0x01010101
		a.Contains(x, []uint64{p[0] & math.MaxUint32, 6, 443})
	}
}
