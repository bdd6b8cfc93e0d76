// Package layout holds the direction of imports and the habits that a
// machine can check (ARCHITECTURE.md, "Imports point one way").
package layout

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/canreach/canreach/"

// pkg is one package of ours with what it imports.
type pkg struct {
	path    string   // below the module
	imports []string // direct, of its non-test files
	deps    []string // all
	command bool     // package main
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}|{{.Name}}`, module+"...")
	cmd.Dir = root(t)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []pkg
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		f := strings.Split(sc.Text(), "|")
		list = append(list, pkg{strings.TrimPrefix(f[0], module), strings.Fields(f[1]), strings.Fields(f[2]), f[3] == "main"})
	}
	if len(list) < 8 {
		t.Fatalf("go list found %d packages only", len(list))
	}
	return list
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// vocabulary is a leaf that every package may import.
const vocabulary = "sim/finding"

// directions: a package whose path begins with under depends on none of
// ours that begins with one of never.
var directions = []struct {
	under string
	never []string
}{
	{vocabulary, []string{"snapshot", "rules", "sim", "internal", "cmd"}},
	{"snapshot", []string{"rules", "sim", "cmd", "internal/cli"}},
	{"snapshot/plan", []string{"snapshot/capture"}},
	{"rules/policy", []string{"snapshot", "sim", "cmd", "internal/cli"}},
	{"rules", []string{"sim", "cmd", "internal/cli", "snapshot/capture"}},
	{"sim", []string{"cmd", "internal/cli", "snapshot/capture"}},
	{"internal/evaljson", []string{"snapshot", "sim", "cmd", "internal/cli"}},
	{"internal/testkit", []string{"sim", "cmd", "internal/cli", "rules"}},
	{"internal/idd", []string{"snapshot", "rules", "sim", "cmd", "internal"}},
	{"internal/strset", []string{"snapshot", "rules", "sim", "cmd"}},
	{"rules/packetset", []string{"snapshot", "rules", "sim", "cmd"}},
	{"internal/jsonscan", []string{"snapshot", "rules", "sim", "cmd", "internal"}},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for _, d := range directions {
			if !within(p.path, d.under) {
				continue
			}
			for _, dep := range p.deps {
				ours, ok := strings.CutPrefix(dep, module)
				if !ok {
					continue
				}
				for _, n := range d.never {
					if within(ours, n) && !within(ours, d.under) && ours != vocabulary {
						t.Errorf("%s depends on %s", p.path, ours)
					}
				}
			}
		}
	}
}

// The AWS SDK belongs to the capture alone, and to the command that runs it.
func TestOnlyTheCaptureKnowsTheSDK(t *testing.T) {
	for _, p := range packages(t) {
		if within(p.path, "snapshot/capture") || within(p.path, "testdata") {
			continue
		}
		for _, i := range p.imports {
			if strings.HasPrefix(i, "github.com/aws/") {
				t.Errorf("%s imports %s", p.path, i)
			}
			if i == module+"snapshot/capture" && !within(p.path, "cmd") {
				t.Errorf("%s imports the capture", p.path)
			}
		}
	}
}

// Decisions read no files, clocks or environment: what they need is handed
// to them. (By direct imports: fmt reaches os.)
func TestDecisionsTouchNothing(t *testing.T) {
	forbidden := map[string]bool{"os": true, "os/exec": true, "net/http": true, "io/ioutil": true, "syscall": true, "math/rand": true, "math/rand/v2": true}
	for _, p := range packages(t) {
		if p.command {
			continue // a generator of tables
		}
		if !within(p.path, "rules") && p.path != "sim" && !within(p.path, "sim/network") {
			continue
		}
		for _, i := range p.imports {
			if forbidden[i] {
				t.Errorf("%s imports %s", p.path, i)
			}
		}
	}
}

// Templates call methods by reflection, which keeps every method of every
// linked type alive: the binary would grow several times over.
func TestNoTemplatesInTheProgram(t *testing.T) {
	for _, p := range packages(t) {
		if p.path != "cmd/canreach" {
			continue
		}
		for _, d := range p.deps {
			if d == "html/template" {
				t.Errorf("%s depends on %s", p.path, d)
			}
		}
		return
	}
	t.Error("cmd/canreach was not found")
}

// testOnly are packages that only tests and tools import.
func testOnly(path string) bool {
	return within(path, "internal/testkit") || within(path, "internal/layout")
}

// Test support is linked into no program.
func TestTestSupportStaysInTests(t *testing.T) {
	for _, p := range packages(t) {
		if testOnly(p.path) || within(p.path, "testdata") {
			continue
		}
		for _, i := range p.imports {
			if strings.HasPrefix(i, module+"internal/testkit") {
				t.Errorf("%s imports %s", p.path, i)
			}
		}
	}
}

// cmd holds main packages only: what they do is in internal/cli.
func TestCommandsAreMains(t *testing.T) {
	for _, p := range packages(t) {
		if within(p.path, "cmd") && !p.command {
			t.Errorf("%s is not a main package", p.path)
		}
	}
}

func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
