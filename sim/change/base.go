package change

import (
	"github.com/canreach/canreach/snapshot"
)

// Base is a snapshot on which sets of changes are tried out, one after another.
type Base struct {
	native []byte
	snap   *snapshot.Snapshot
}

// Open reads the native form of a snapshot. The caller must not change it
// afterwards.
func Open(native []byte) (*Base, error) {
	s, err := snapshot.Parse(native)
	if err != nil {
		return nil, err
	}
	return &Base{native: native, snap: s}, nil
}

// Snapshot returns the snapshot without any change.
func (b *Base) Snapshot() *snapshot.Snapshot { return b.snap }

// Native returns the text that was opened.
func (b *Base) Native() []byte { return b.native }

// Try makes the changes, in order, and returns the changed snapshot and the
// side effects in words. The base stays as it is. The error is a *RefusedError
// where a change is at fault.
func (b *Base) Try(changes []Change) (*snapshot.Snapshot, []string, error) {
	applied, err := Apply(b.native, changes)
	if err != nil {
		return nil, nil, err
	}
	s, err := snapshot.Parse(applied.Native)
	return s, applied.Notes, err
}
