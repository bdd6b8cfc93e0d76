package snapshot

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/canreach/canreach/internal/jsonscan"
)

// maxProblems is how many problems are collected before reading stops: a file
// of the wrong kind should not be answered with a million lines.
const maxProblems = 200

// maxLate is the same for problems whose place must be looked for.
const maxLate = 20

// problem is a LoadError whose place is still an offset.
type problem struct {
	offset int
	text   string
	hint   string
}

// values reads single values. A wrong type is noted and stepped over, so that
// one pass finds them all; an error of grammar ends the pass.
type values struct {
	*jsonscan.Scanner
	problems []problem
}

// reader decodes the native form.
type reader struct {
	values
	arenas []keyedArena
	// incomplete names a member that AWS always sends and that an object just read lacks.
	incomplete string
	missing    []factMissing
	pointers   []byte // the text that pointer strings are cut from
	// inlineAttributes are VPC attributes that stood in Vpcs.
	inlineAttributes []VPCAttribute
	// ofInstances are interfaces as describe-instances prints them.
	ofInstances []NetworkInterface
	// What an object's members wait for: its last one.
	mainAddress InterfaceAddress
	zone        string
	versions    []policyVersion
	warnings    []Warning
	late        []lateProblem
}

func (r *values) problemAt(offset int, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, problem{offset: offset, text: fmt.Sprintf(format, args...)})
	}
}

// hinted adds what to do next to the problem just noted.
func (r *values) hinted(hint string) {
	if n := len(r.problems); n > 0 {
		r.problems[n-1].hint = hint
	}
}

// is tells whether the next value is of the kind. Null is stepped over in
// silence: it means "not told". Any other kind is noted and stepped over.
func (r *values) is(want jsonscan.Kind) bool {
	switch got := r.Peek(); got {
	case want:
		return true
	case jsonscan.Null:
		r.Null()
	case jsonscan.None:
		r.Skip() // notes the error of grammar
	default:
		at := r.Offset()
		r.Skip()
		if r.Err() == nil {
			r.problemAt(at, "expected %s, found %s", want, got)
		}
	}
	return false
}

// object enters an object; NextKey goes on.
func (r *values) object() bool { return r.is(jsonscan.Object) && r.EnterObject() }

// array enters an array; NextItem goes on.
func (r *values) array() bool { return r.is(jsonscan.Array) && r.EnterArray() }

// text reads a string; "" where it is null or no string.
func (r *values) text() string {
	if !r.is(jsonscan.String) {
		return ""
	}
	return r.Text()
}

// readText reads a string into any string type.
func readText[T ~string](r *reader, into *T) { *into = T(r.text()) }

// readTexts reads an array of strings.
func readTexts[T ~string](r *reader) []T {
	var out []T
	for ok := r.array(); ok && r.NextItem(); {
		if t := r.text(); t != "" {
			out = append(out, T(t))
		}
	}
	return out
}

func (r *values) bool() bool { return r.is(jsonscan.Bool) && r.Bool() }

// flag reads a boolean, or {"Value": boolean} as describe-vpc-attribute has it.
func (r *values) flag(at Source, key string) Flag {
	if r.Peek() == jsonscan.Object {
		var f Flag
		for ok := r.object(); ok && r.NextKey(); {
			if r.Key() == "Value" {
				f = r.flag(at, key)
			} else {
				r.Skip()
			}
		}
		return f
	}
	if !r.is(jsonscan.Bool) {
		return Flag{}
	}
	return Flag{Presence: Collected, Value: r.Bool(), At: at.Child(key)}
}

// int reads a whole number.
func (r *values) int() (n int, ok bool) {
	if !r.is(jsonscan.Number) {
		return 0, false
	}
	at := r.Offset()
	n, ok = r.Int()
	if !ok && r.Err() == nil {
		r.problemAt(at, "not a whole number of 32 bits")
	}
	return n, ok
}

func (r *values) intPointer() *int {
	n, ok := r.int()
	if !ok {
		return nil
	}
	return &n
}

// family says which addresses a member may hold.
type family uint8

const (
	anyFamily family = iota
	ipv4
	ipv6
)

func (f family) accepts(a netip.Addr) bool {
	switch f {
	case ipv4:
		return a.Is4()
	case ipv6:
		return a.Is6()
	}
	return true
}

// article returns the family with the article of "CIDR block".
func (f family) article() string { return [...]string{"a ", "an IPv4 ", "an IPv6 "}[f] }

func (f family) String() string { return [...]string{"", "IPv4 ", "IPv6 "}[f] }

// prefix reads a CIDR block.
func (r *values) prefix(f family) netip.Prefix {
	if !r.is(jsonscan.String) {
		return netip.Prefix{}
	}
	at := r.Offset()
	t := r.Text()
	p, err := netip.ParsePrefix(t)
	if err == nil && f.accepts(p.Addr()) {
		return p
	}
	if t != "" && r.Err() == nil {
		r.problemAt(at, "%q is not %sCIDR block", short(t), f.article())
	}
	return netip.Prefix{}
}

// addr reads an address.
func (r *values) addr(f family) netip.Addr {
	if !r.is(jsonscan.String) {
		return netip.Addr{}
	}
	at := r.Offset()
	t := r.Text()
	a, err := netip.ParseAddr(t)
	if err == nil && f.accepts(a) && a.Zone() == "" {
		return a
	}
	if t != "" && r.Err() == nil {
		r.problemAt(at, "%q is not an %saddress", short(t), f)
	}
	return netip.Addr{}
}

func short(t string) string {
	if len(t) > 80 {
		return t[:77] + "..."
	}
	return t
}

// document reads a policy document as it stands. Null means that there is none.
func (r *reader) document(at Source, key string) Document {
	d := Document{Presence: Collected, At: at.Child(key)}
	switch kind := r.Peek(); kind {
	case jsonscan.Null:
		r.Null()
	case jsonscan.Object, jsonscan.String:
		d.Raw = r.Raw()
	default:
		offset := r.Offset()
		d.Raw = r.Raw()
		if r.Err() == nil {
			r.problemAt(offset, "expected a policy document, found %s", kind)
		}
	}
	return d
}

// tags reads a list of tags; keys may be AWS's Key/Value or the lower-case
// spelling of some services.
func (r *reader) tags() []Tag {
	if !r.array() {
		return nil
	}
	a := arenaOf[Tag](r)
	n := 0
	for ; r.NextItem(); n++ {
		t := a.slot(n)
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "Key", "TagKey", "key":
				t.Key = r.text()
			case "Value", "TagValue", "value":
				t.Value = r.text()
			default:
				r.Skip()
			}
		}
	}
	return a.cut(n)
}

// child returns the pointer of member key of at, cut from shared text: rules
// have so many that each as a string of its own would cost more than reading.
func (r *reader) child(at Source, key string) string {
	need := len(at.Base) + len(key) + 16
	if cap(r.pointers)-len(r.pointers) < need {
		r.pointers = make([]byte, 0, max(16<<10, need))
	}
	start := len(r.pointers)
	b := append(r.pointers, at.Base...)
	if at.Index >= 0 && at.Base != "" {
		b = append(b, '/')
		b = strconv.AppendInt(b, int64(at.Index), 10)
	}
	b = append(b, '/')
	if strings.ContainsAny(key, "~/") {
		key = EscapePointer(key)
		if cap(b)-len(b) < len(key) {
			return string(b) + key
		}
	}
	b = append(b, key...)
	r.pointers = b
	out := b[start:]
	return unsafe.String(unsafe.SliceData(out), len(out))
}

// unknown notes a member that the program does not know, inside a rule, where
// it may change what the rule means. Null is not told, and so not there.
func (r *values) unknown(fields *[]string, prefix string) {
	name := prefix + r.Key()
	if r.Peek() != jsonscan.Null {
		*fields = append(*fields, name)
	}
	r.Skip()
}

// loadErrors turns what was noted into errors with line, column and pointer.
func (r *reader) loadErrors() []*LoadError {
	ps := r.problems
	if e := r.Err(); e != nil {
		ps = append(ps, problem{offset: e.Offset, text: e.Problem})
	}
	slices.SortStableFunc(ps, func(a, b problem) int { return cmp.Compare(a.offset, b.offset) })
	offsets := make([]int, len(ps))
	for i, p := range ps {
		offsets[i] = p.offset
	}
	out := make([]*LoadError, 0, len(ps))
	for i, pos := range jsonscan.LocateAll(r.Data(), offsets) {
		out = append(out, &LoadError{At: At(pos.Pointer), Line: pos.Line, Column: pos.Column, Problem: ps[i].text, Hint: ps[i].hint})
	}
	return out
}

// protocol reads a protocol, which AWS prints as a string and people as a number.
func (r *values) protocol() string {
	if r.Peek() == jsonscan.Number {
		return r.Digits()
	}
	return r.text()
}

// problemSince tells whether a problem was noted at or after the offset.
func (r *values) problemSince(offset int) bool {
	n := len(r.problems)
	return n >= maxProblems || n > 0 && r.problems[n-1].offset >= offset
}

func firstValid(a, b netip.Prefix) netip.Prefix {
	if a.IsValid() {
		return a
	}
	return b
}

// contradiction notes one id with two different contents, at a place known by
// its pointer only.
func (r *reader) contradiction(at Source, member, id string, other Source) {
	if len(r.late) < maxLate {
		r.late = append(r.late, lateProblem{at, fmt.Sprintf("duplicate %s %q with different contents: here and at %s", member, short(id), other.Pointer())})
	}
}
