package sim

import (
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// A statement's pointer follows the document's structure, not its texts.
func TestStatementPointer(t *testing.T) {
	for raw, want := range map[string]string{
		`{"Id":"Statement","Statement":[{}]}`:       "/Statement/0",
		`{"Id":"\"Statement\":{","Statement":[{}]}`: "/Statement/0",
		`{"Id":"Statement", "Statement" : {}}`:      "/Statement",
		`"{\"Statement\":[{}]}"`:                    "",
	} {
		d := &snapshot.Document{Raw: []byte(raw)}
		if got := (&World{}).statementPointer(d, 0); got != d.At.Pointer()+want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}
