package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/snapshot"
)

// writeOrganization writes an organization with its index, and returns the
// index's path.
func writeOrganization(t *testing.T, dir string, o synth.Organization) string {
	t.Helper()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	x := &snapshot.CaptureIndex{Schema: snapshot.SchemaIndex}
	f, _, err := snapshot.NewIndexFile(write("organization.json", o.OrganizationFile()))
	if err != nil {
		t.Fatal(err)
	}
	x.Organization = &f
	for n := range o.Accounts {
		e, err := snapshot.NewIndexEntry(write(o.Account(n)+".json", o.AccountFile(n)))
		if err != nil {
			t.Fatal(err)
		}
		x.Accounts = append(x.Accounts, e)
	}
	path := filepath.Join(dir, "index.json")
	if err := x.Write(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// The worker's rows are those of the same command on one machine, and a second
// run works on nothing.
func TestWorkersGiveWhatOneMachineGives(t *testing.T) {
	dir := t.TempDir()
	index, rows := writeOrganization(t, dir, synth.Organization{Accounts: 4, Regions: 2, Roles: 8, Buckets: 4}), filepath.Join(dir, "rows")
	_, alone, errs := runWith(t, nil, "", "matrix", "--index", index)
	if strings.Count(alone, "\n") < 100 {
		t.Fatalf("%s%s", alone, errs)
	}
	var access strings.Builder
	for _, phase := range []string{"1", "2"} {
		status, shards, errs := runWith(t, nil, "", "worker", "plan", "--index", index, "--rows", rows, "--phase", phase)
		if status != 0 {
			t.Fatal(errs)
		}
		for _, line := range strings.Split(strings.TrimSpace(shards), "\n") { // a process each
			status, out, errs := runWith(t, nil, line+"\n", "worker", "--index", index, "--rows", rows)
			if status != 0 {
				t.Fatal(errs)
			}
			all := strings.SplitAfter(strings.TrimSuffix(out, "\n"), "\n")
			var done struct {
				Kind, Shard string
				Rows        int
			}
			if err := json.Unmarshal([]byte(all[len(all)-1]), &done); err != nil || done.Kind != "done" || done.Rows != len(all)-1 || !strings.Contains(line, done.Shard) {
				t.Fatalf("%s: %+v", all[len(all)-1], done)
			}
			if phase == "2" {
				access.WriteString(strings.Join(all[:len(all)-1], ""))
			}
		}
	}
	if access.String() != alone {
		t.Error("other rows than of one machine, or in another order")
	}

	kept, err := filepath.Glob(filepath.Join(rows, "*"))
	if err != nil || len(kept) != 4*3+4 {
		t.Fatalf("%d files: %v", len(kept), err)
	}
	for _, path := range kept { // what is kept is taken
		if text := must(os.ReadFile(path)); bytes.HasPrefix(text, []byte(`{"kind":"access"`)) {
			if err := os.WriteFile(path, append(text, ' ', '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, again, _ := runWith(t, nil, "", "matrix", "--index", index, "--rows", rows)
	if strings.Count(again, "\n") != strings.Count(alone, "\n")+4 {
		t.Errorf("the second run worked on what was there: %d lines, %d before\n%.300s", strings.Count(again, "\n"), strings.Count(alone, "\n"), again)
	}
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

// The rows of a merged snapshot are those of the index.
func TestRowsOfASnapshot(t *testing.T) {
	dir := t.TempDir()
	index := writeOrganization(t, dir, synth.Organization{Accounts: 3, Regions: 1, Roles: 8, Buckets: 4})
	merged := filepath.Join(dir, "merged.json")
	if status, _, errs := runWith(t, nil, "", "snapshot", "merge", index, "--out", merged); status != 0 {
		t.Fatal(errs)
	}
	_, pieces, _ := runWith(t, nil, "", "matrix", "--index", index)
	_, whole, errs := runWith(t, nil, "", "matrix", "-s", merged, "-o", "rows")
	if pieces != whole || !strings.Contains(whole, `"kind":"access"`) {
		t.Errorf("%d rows in pieces, %d at once: %s", strings.Count(pieces, "\n"), strings.Count(whole, "\n"), errs)
	}
}

// A worker of a Batch array or an indexed job works on its own line alone.
func TestAWorkerOfAnArray(t *testing.T) {
	dir := t.TempDir()
	index, list := writeOrganization(t, dir, synth.Organization{Accounts: 2, Regions: 1, Roles: 4, Buckets: 2}), filepath.Join(dir, "shards")
	_, shards, _ := runWith(t, nil, "", "worker", "plan", "--index", index)
	if err := os.WriteFile(list, []byte(shards), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(shards), "\n")
	for name, want := range map[string]string{"AWS_BATCH_JOB_ARRAY_INDEX": "2", "JOB_COMPLETION_INDEX": "2"} {
		status, out, errs := runWith(t, map[string]string{name: want}, "", "worker", "--index", index, "--shards", list)
		var s struct{ ID string }
		_ = json.Unmarshal([]byte(lines[2]), &s)
		if status != 0 || strings.Count(out, `"kind":"done"`) != 1 || !strings.Contains(out, s.ID) {
			t.Errorf("%s: status %d: %s", name, status, errs)
		}
	}
	if _, out, _ := runWith(t, nil, "", "worker", "--index", index, "--shards", list); strings.Count(out, `"kind":"done"`) != len(lines) {
		t.Error("without a number it works on all")
	}
	for _, bad := range []string{"99", "-1", "x"} {
		if status, _, errs := runWith(t, map[string]string{"JOB_COMPLETION_INDEX": bad}, "", "worker", "--index", index, "--shards", list); status == 0 {
			t.Errorf("%s: %s", bad, errs)
		}
	}
}

func TestWorkerRefuses(t *testing.T) {
	dir := t.TempDir()
	index := writeOrganization(t, dir, synth.Organization{Accounts: 2, Regions: 1, Roles: 4, Buckets: 2})
	_, shards, _ := runWith(t, nil, "", "worker", "plan", "--index", index)
	first, _, _ := strings.Cut(shards, "\n")
	for name, c := range map[string]struct{ line, want string }{
		"no JSON":        {"{", "line 1"},
		"another member": {strings.Replace(first, `"phase"`, `"phaze"`, 1), "phaze"},
		"another id":     {strings.Replace(first, `"id":"`, `"id":"0`, 1), "list the shards anew"},
		"an id's path":   {strings.Replace(first, `"id":"`, `"id":"../../`, 1), "not the id of a shard"},
	} {
		status, _, errs := runWith(t, nil, c.line+"\n", "worker", "--index", index, "--rows", filepath.Join(dir, "rows"))
		if status == 0 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: status %d: %s", name, status, errs)
		}
	}
	if status, _, errs := runWith(t, nil, "", "worker", "plan", "--index", index, "--phase", "2"); status == 0 || !strings.Contains(errs, "--rows") {
		t.Errorf("phase 2 without rows: %s", errs)
	}
	for _, args := range []string{"matrix --index " + index + " -o html", "matrix --index " + index + " -s x.json", "worker", "worker plan --phase 3 --index " + index} {
		if status, _, errs := runWith(t, nil, "", strings.Fields(args)...); status != ExitUsage {
			t.Errorf("%s: status %d: %s", args, status, errs)
		}
	}
	file := filepath.Join(dir, "111122223333.json")
	if err := os.WriteFile(file, bytes.Replace(must(os.ReadFile(file)), []byte("10."), []byte("11."), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := runWith(t, nil, shards, "worker", "--index", index); status == 0 || !strings.Contains(errs, "not the file that was indexed") {
		t.Errorf("a changed file: %s", errs)
	}
}
