package snapshot

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/canreach/canreach/internal/jsonscan"
)

// raw is a JSON value from a file, with its place.
type raw struct {
	text   []byte
	from   *cliFile
	offset int
	made   bool // text is not in the file as it stands
}

// literal is a value that no file holds as it stands.
func literal(text string, from *cliFile) raw { return raw{text: []byte(text), from: from, made: true} }

// wholeFile returns a file's top-level object as a value.
func wholeFile(f *cliFile) raw {
	start := jsonscan.New(f.data)
	start.Peek()
	return raw{text: bytes.TrimSpace(f.data[start.Offset():]), from: f, offset: start.Offset()}
}

// member returns the value of a top-level member of f.
func (f *cliFile) member(key string) raw {
	s := f.values[key]
	return raw{text: s.of(f.data), from: f, offset: s.start}
}

func (v raw) place() string {
	if v.from == nil {
		return ""
	}
	if v.made {
		return v.from.path
	}
	pos := v.from.position(v.offset)
	return fmt.Sprintf("%s:%d:%d", v.from.path, pos.Line, pos.Column)
}

// record is an item of a collection, as several files tell of it.
type record struct {
	id      string
	whole   raw // where one value holds all of it; text nil otherwise
	members map[string]raw
}

// collection is what the files hold of one kind in one place.
type collection struct {
	records map[string]*record
	paged   []*cliFile // outputs that say that there is more
	ended   bool       // an output that says that there is no more
}

// touch notes that the collection is there, even if it is empty.
func (c *collection) touch() {
	if c.records == nil {
		c.records = map[string]*record{}
	}
}

func (c *collection) get(id string) *record {
	c.touch()
	if c.records[id] == nil {
		c.records[id] = &record{id: id, members: map[string]raw{}}
	}
	return c.records[id]
}

// sorted returns the records in order of their ids.
func (c *collection) sorted() []*record {
	out := make([]*record, 0, len(c.records))
	for _, r := range c.records {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *record) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return out
}

// setWhole sets what one value holds in full; another value must say the same.
func (r *record) setWhole(v raw, what string) *LoadError {
	if r.whole.text == nil {
		r.whole = v
		return nil
	}
	if sameJSON(r.whole.text, v.text) {
		return nil
	}
	return contradicts(v, r.whole, what+" "+strconv.Quote(short(r.id)))
}

// set sets one member; another value must say the same.
func (r *record) set(key string, v raw) *LoadError {
	old, ok := r.members[key]
	if !ok {
		r.members[key] = v
		return nil
	}
	if sameJSON(old.text, v.text) || sameJSON(plainDocument(old.text), plainDocument(v.text)) {
		return nil
	}
	return contradicts(v, old, key+" of "+strconv.Quote(short(r.id)))
}

// setAll sets the members of an object.
func (r *record) setAll(object raw) []*LoadError {
	var errs []*LoadError
	s := jsonscan.At(object.from.data, object.offset)
	for ok := s.EnterObject(); ok && s.NextKey(); {
		key := s.Key()
		s.Peek()
		at := s.Offset()
		text := s.Raw()
		if e := r.set(key, raw{text: text, from: object.from, offset: at}); e != nil {
			errs = append(errs, e)
		}
	}
	return errs
}

// replace sets a member whatever stood there.
func (r *record) replace(key string, v raw) { r.members[key] = v }

func (r *record) has(key string) bool { _, ok := r.members[key]; return ok }

// plainDocument decodes a policy document, so that the forms in which
// different calls print one can be compared; another value stays as it is.
func plainDocument(text []byte) []byte {
	if d, err := jsonscan.DecodeDocument(text); err == nil && skipsCleanly(d) {
		return d
	}
	return text
}

func skipsCleanly(text []byte) bool {
	s := jsonscan.New(text)
	s.Skip()
	s.End()
	return s.Err() == nil
}

func contradicts(v, old raw, what string) *LoadError {
	if v.from == nil {
		return &LoadError{Problem: what + " is told in two ways"}
	}
	return v.from.problem(v.offset, "keep the file of the newer capture", "%s contradicts %s", what, old.place())
}
