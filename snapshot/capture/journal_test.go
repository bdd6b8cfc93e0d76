package capture

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

// A link at the journal's place was written through, and its target truncated.
func TestTheJournalIsNeverWrittenThroughALink(t *testing.T) {
	dir := t.TempDir()
	target, output := filepath.Join(dir, "target"), filepath.Join(dir, "s.json")
	if err := os.WriteFile(target, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, output+calls.JournalSuffix); err != nil {
		t.Skip(err)
	}
	if _, err := openJournal(output, true, time.Now()); err == nil {
		t.Error("a link was resumed")
	}
	j, err := openJournal(output, false, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	j.file.Close()
	if text, _ := os.ReadFile(target); string(text) != "precious" {
		t.Errorf("the target holds %q", text)
	}
	if err := os.Chmod(j.path, 0o666); err != nil {
		t.Fatal(err)
	}
	j, err = openJournal(output, true, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer j.file.Close()
	if info, err := os.Lstat(j.path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"started\":\"2026-01-01T00:00:00Z\"}\n{\"call\":\"1 ec2.X\",\"lists\":{\"A\":[{}]},\"rest\":{}}\n{\"call\":\"cut"))
	f.Add([]byte("{}\n"))
	f.Add([]byte("\xef\xbb\xbf{}\n\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		output := filepath.Join(dir, "s.json")
		if err := os.WriteFile(output+calls.JournalSuffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(output, true, time.Now())
		if err != nil {
			return
		}
		defer j.file.Close()
		for call := range j.answers {
			if _, ok := j.find(call); !ok {
				t.Fatal("an answer is not found again")
			}
		}
	})
}
