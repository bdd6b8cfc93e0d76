package symbolic

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/strset"
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

	level int               // first level in the diagram
	words *strset.Partition // familyText: the atoms
	easy  []int32           // per pattern, its number in words, or -1 for one of hard
	hard  []hardPattern     // patterns that the atoms do not tell apart
	rep   []string          // other families: a value of each atom, ascending
}

// hardPattern is a pattern that would make too many atoms. It has a Boolean
// level of its own, below that of the atoms, which says whether it matches.
type hardPattern struct {
	pattern int32
	// stem is the number in words of a set which holds the pattern, or -1:
	// outside that set it does not match, whatever the level says.
	stem int32
}

// lazy reports whether atoms alone do not tell all patterns apart, so that a
// path in the diagram may lead to no word.
func (d *dimension) lazy() bool { return len(d.hard) > 0 }

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

// shown is how many patterns or keys an answer that stays open names.
const shown = 5

// tooMuch is the trouble of work that went over a budget, by the dimension
// that makes it much: d, or where d is nil, the one with the most patterns, or
// the keys themselves where they are more.
func (s *space) tooMuch(what string, d *dimension, spent int) *Trouble {
	if d == nil {
		d = s.resource
		for _, other := range s.dims {
			if len(other.patterns) > len(d.patterns) {
				d = other
			}
		}
		if len(s.keys) > len(d.patterns) {
			return s.tooManyKeys(what, spent)
		}
	}
	texts := slices.Clone(d.texts)
	slices.Sort(texts)
	texts = slices.Compact(texts)
	list, more := few(texts)
	return &Trouble{
		Text:      fmt.Sprintf("%s%d patterns interact in %s: %q%s", what, len(d.patterns), d.name, list, more),
		Dimension: d.name, Count: len(d.patterns), Budget: spent, Patterns: list,
	}
}

func (s *space) tooManyKeys(what string, spent int) *Trouble {
	list, more := few(sortedKeys(s.keys))
	return &Trouble{
		Text:      fmt.Sprintf("%s%d condition keys interact: %q%s", what, len(s.keys), list, more),
		Dimension: "Condition", Count: len(s.keys), Budget: spent, Patterns: list,
	}
}

// few are the first of the texts, shortened.
func few(texts []string) (list []string, more string) {
	if len(texts) > shown {
		texts, more = texts[:shown], ", …"
	}
	const longest = 80 // bytes
	for _, text := range texts {
		if len(text) > longest {
			text = strings.ToValidUTF8(text[:longest], "") + "…"
		}
		list = append(list, text)
	}
	return list, more
}
