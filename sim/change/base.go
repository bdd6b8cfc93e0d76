package change

import (
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/snapshot"
)

// Base is a snapshot on which sets of changes are tried out, one after
// another: on one tree, from which each set is taken back. Only the lists that
// a set touches are read anew. Goroutines may share it.
type Base struct {
	native []byte
	mu     sync.Mutex // of tree
	tree   *jsontree.Tree
	arrays [][]string
	snap   *snapshot.Snapshot
}

// Open reads the native form of a snapshot. The caller must not change it
// afterwards.
func Open(native []byte) (*Base, error) {
	s, err := snapshot.Parse(native)
	if err != nil {
		return nil, err
	}
	return &Base{native: native, tree: jsontree.Of(native), arrays: s.Arrays(), snap: s}, nil
}

// Snapshot returns the snapshot without any change.
func (b *Base) Snapshot() *snapshot.Snapshot { return b.snap }

// Native returns the text that was opened.
func (b *Base) Native() []byte { return b.native }

// Try makes the changes, in order, and returns the changed snapshot and the
// side effects in words. The base stays as it is. The error is a *RefusedError
// where a change is at fault.
func (b *Base) Try(changes []Change) (*snapshot.Snapshot, []string, error) {
	text, empty, notes, err := b.edited(changes)
	if err != nil {
		return nil, nil, err
	}
	s, err := b.snap.Reread(text, empty)
	return s, notes, err
}

// edited returns the changed text without the lists that no change touched.
func (b *Base) edited(changes []Change) (text []byte, empty, notes []string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.tree.Reset()
	if notes, err = apply(b.tree.Root, changes); err != nil {
		return nil, nil, nil, err
	}
	arrays := b.arrays
	if slices.ContainsFunc(changes, movesLists) {
		arrays = nil
	}
	text, empty = b.tree.BytesWithout(arrays)
	return text, empty, notes, nil
}

// movesLists tells whether a change may take whole lists away, or put them elsewhere.
func movesLists(c Change) bool {
	return c.op == patchOperation && slices.ContainsFunc(c.parameters.Items, func(step located.Value) bool {
		s := parameters{step}
		return s.text("op") != "replace" || strings.Count(s.text("path"), "/") < len(inAnItem)
	})
}

// inAnItem is the shortest way to a member of a list's item.
var inAnItem = []string{"accounts", "0", "s3", "buckets", "0", "Name"}
