package world

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

const neoDir = "../../../testdata/examples/neo-compile"

// TestNeoCompileIsUpToDate: what is generated of the example is what aws/ gives.
func TestNeoCompileIsUpToDate(t *testing.T) {
	files, err := NeoCompile(neoDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1+len(neoBroken) {
		t.Errorf("%d files, want %d", len(files), 1+len(neoBroken))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(neoDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is out of date (%v): go run ./testdata/examples/neo-compile/gen", name, err)
		}
		if _, err := snapshot.Parse(want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	kept, err := filepath.Glob(filepath.Join(neoDir, "broken", "*"))
	if err != nil || len(kept) != len(neoBroken) {
		t.Errorf("broken/ holds %d files, want %d (%v)", len(kept), len(neoBroken), err)
	}
}
