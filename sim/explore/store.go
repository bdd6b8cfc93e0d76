package explore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
)

// Bounds of what a server keeps.
const (
	maxTexts  = 4_000
	maxBytes  = 64 << 20
	maxWorlds = 12
)

// store keeps texts under a hash of what they say: a page's address names
// them, so that tabs, links and the back button need no session. The oldest go
// where there are too many.
type store struct {
	mu    sync.Mutex
	texts map[string][]byte
	order []string
	bytes int
}

// put keeps a text and returns its id; an empty text has none.
func (s *store) put(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	sum := sha256.Sum256(text)
	id := hex.EncodeToString(sum[:8])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.texts == nil {
		s.texts = map[string][]byte{}
	}
	if _, ok := s.texts[id]; ok {
		return id
	}
	s.texts[id] = text
	s.order = append(s.order, id)
	s.bytes += len(text)
	for len(s.order) > 1 && (len(s.order) > maxTexts || s.bytes > maxBytes) {
		s.bytes -= len(s.texts[s.order[0]])
		delete(s.texts, s.order[0])
		s.order = s.order[1:]
	}
	return id
}

// errForgotten is an id that the store does not hold.
var errForgotten = errors.New("this address names changes or a text that the server no longer holds; start again")

// get returns a text by its id; that of an empty id is empty.
func (s *store) get(id string) ([]byte, error) {
	if id == "" {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.texts[id]
	if !ok {
		return nil, &mistake{errForgotten}
	}
	return text, nil
}

// state is a snapshot with changes made.
type state struct {
	base    *change.Base
	changes []change.Change
	world   *sim.World
	notes   []string
}

// native is the text of the snapshot with the changes made.
func (s *state) native() ([]byte, error) {
	if len(s.changes) == 0 {
		return s.base.Native(), nil
	}
	a, err := change.Apply(s.base.Native(), s.changes)
	if err != nil {
		return nil, err
	}
	return a.Native, nil
}

// worlds are the states that were asked last.
type worlds struct {
	trying    sync.Mutex // a base is for one goroutine at a time
	unchanged memo[*state]
	changed   memo[*state]
}

// get makes the changes on base, or takes what was made before.
func (w *worlds) get(snap, list string, base *change.Base, changes []change.Change) (*state, error) {
	if list == "" {
		return w.unchanged.get(snap, func() (*state, error) {
			return &state{base: base, world: sim.NewWorld(base.Snapshot())}, nil
		})
	}
	return w.changed.get(snap+" "+list, func() (*state, error) {
		w.trying.Lock()
		defer w.trying.Unlock()
		s, notes, err := base.Try(changes)
		if err != nil {
			return nil, &mistake{err}
		}
		return &state{base, changes, sim.NewWorld(s), notes}, nil
	})
}

// memo remembers the values that were made last.
type memo[T any] struct {
	mu      sync.Mutex
	entries map[string]*entry[T]
	order   []string // the latest last
}

type entry[T any] struct {
	once  sync.Once
	value T
	err   error
}

// get returns the value of a key; make makes it where nobody has yet. Who asks
// for a value that is being made waits for it.
func (m *memo[T]) get(key string, make func() (T, error)) (T, error) {
	m.mu.Lock()
	e, ok := m.entries[key]
	if !ok {
		e = &entry[T]{}
	}
	m.insert(key, e)
	m.mu.Unlock()
	e.once.Do(func() { e.value, e.err = make() })
	if e.err != nil {
		m.forget(key, e)
	}
	return e.value, e.err
}

// insert makes key the latest. The lock is held.
func (m *memo[T]) insert(key string, e *entry[T]) {
	if m.entries == nil {
		m.entries = map[string]*entry[T]{}
	}
	m.order = append(slices.DeleteFunc(m.order, func(k string) bool { return k == key }), key)
	m.entries[key] = e
	for len(m.order) > maxWorlds {
		delete(m.entries, m.order[0])
		m.order = m.order[1:]
	}
}

// keep remembers a value; peek returns one that was kept.
func (m *memo[T]) keep(key string, value T) {
	e := &entry[T]{value: value}
	e.once.Do(func() {})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.insert(key, e)
}

func (m *memo[T]) peek(key string) (value T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.entries[key]; e != nil {
		return e.value, true
	}
	return value, false
}

// forget drops what could not be made, so that it is tried again.
func (m *memo[T]) forget(key string, e *entry[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[key] == e {
		delete(m.entries, key)
		m.order = slices.DeleteFunc(m.order, func(k string) bool { return k == key })
	}
}
