package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

func readYAML(t *testing.T, name string, into any) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(text)
}

func TestHooksRunCommandsThatExist(t *testing.T) {
	var hooks []struct{ ID, Entry, Files string }
	readYAML(t, ".pre-commit-hooks.yaml", &hooks)
	if len(hooks) == 0 {
		t.Fatal("no hooks")
	}
	root := NewRoot(&Env{Getenv: func(string) string { return "" }})
	for _, h := range hooks {
		words := strings.Fields(h.Entry)
		var c *cobra.Command
		c, rest, err := root.Find(words[1:])
		if words[0] != "canreach" || err != nil || len(rest) > 0 || c == root {
			t.Errorf("%s: %q is not a command: %v", h.ID, h.Entry, err)
		}
		if _, err := regexp.Compile(h.Files); err != nil {
			t.Errorf("%s: %v", h.ID, err)
		}
	}
}

// What comes from a workflow's author must reach scripts through the
// environment: an expression inside a script would be read by the shell.
func TestTheActionPutsNoInputIntoAScript(t *testing.T) {
	var action struct {
		Inputs map[string]any
		Runs   struct {
			Using string
			Steps []struct {
				Run string
				Env map[string]string
			}
		}
	}
	readYAML(t, "action.yml", &action)
	if action.Runs.Using != "composite" || len(action.Runs.Steps) == 0 {
		t.Fatalf("runs %+v", action.Runs)
	}
	script := regexp.MustCompile(`scripts/[a-z-]+\.sh`)
	for _, s := range action.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("an expression in the script %q", s.Run)
		}
		file := script.FindString(s.Run)
		if _, err := os.Stat(filepath.Join("..", "..", file)); err != nil || file == "" {
			t.Errorf("%q: %v", s.Run, err)
		}
		for name, v := range s.Env {
			if input := regexp.MustCompile(`inputs\.([a-z0-9-]+)`).FindStringSubmatch(v); input != nil && action.Inputs[input[1]] == nil {
				t.Errorf("%s reads input %q, which there is none", name, input[1])
			}
		}
	}
}

func TestTheReleaseHasTheNamesThatTheInstallerAsksFor(t *testing.T) {
	var release struct {
		Builds   []struct{ Main string }
		Archives []struct {
			Name string `yaml:"name_template"`
		}
		Checksum struct {
			Name string `yaml:"name_template"`
		}
	}
	readYAML(t, ".goreleaser.yaml", &release)
	installer, err := os.ReadFile("../../scripts/install-release.sh")
	if err != nil {
		t.Fatal(err)
	}
	if len(release.Builds) != 1 || release.Builds[0].Main != "./cmd/canreach" {
		t.Errorf("builds %+v", release.Builds)
	}
	name := strings.NewReplacer("{{ .Os }}", "${os}", "{{ .Arch }}", "${arch}").Replace(release.Archives[0].Name)
	for _, want := range []string{name + ".tar.gz", release.Checksum.Name} {
		if !strings.Contains(string(installer), want) {
			t.Errorf("the installer does not ask for %s", want)
		}
	}
}

// Workflows may not put what a pull request names into a shell, and check out
// without leaving credentials behind.
func TestTheWorkflowsAreCareful(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %d workflows", err, len(files))
	}
	for _, f := range files {
		var w struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				Steps []struct {
					Uses, Run string
					With      map[string]any
				}
			}
		}
		readYAML(t, strings.TrimPrefix(filepath.ToSlash(f), "../../"), &w)
		if w.Permissions["contents"] != "read" {
			t.Errorf("%s: permissions %v", f, w.Permissions)
		}
		for name, job := range w.Jobs {
			for _, s := range job.Steps {
				if strings.Contains(s.Run, "${{") || strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
					t.Errorf("%s: %s: %+v", f, name, s)
				}
			}
		}
	}
}
