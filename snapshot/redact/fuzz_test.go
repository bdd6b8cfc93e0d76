package redact

import (
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// FuzzRedact: what is a snapshot is one afterwards, too.
func FuzzRedact(f *testing.F) {
	f.Add(manyRanges(3))
	f.Fuzz(func(t *testing.T, native []byte) {
		r, err := New(native, []byte("k"))
		if err != nil {
			return
		}
		if _, err := snapshot.Parse(r.Snapshot(native)); err != nil {
			t.Fatal(err)
		}
		r.Names(native)
	})
}
