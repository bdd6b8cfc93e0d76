package change

import (
	"slices"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/snapshot"
)

// Base is a snapshot on which sets of changes are tried out, one after
// another: on one tree, from which each set is taken back. Only the lists that
// a set touches are read anew. It is for one goroutine at a time.
type Base struct {
	native []byte
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
	defer b.tree.Reset()
	notes, err := apply(b.tree.Root, changes)
	if err != nil {
		return nil, nil, err
	}
	arrays := b.arrays
	if slices.ContainsFunc(changes, func(c Change) bool { return c.op == patchOperation }) {
		arrays = nil // a patch may move whole accounts
	}
	text, empty := b.tree.BytesWithout(arrays)
	s, err := b.snap.Reread(text, empty)
	return s, notes, err
}
