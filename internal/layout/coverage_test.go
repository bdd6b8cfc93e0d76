package layout

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/coverage.md says of every rule of docs/semantics where the code cites
// it and which tests do. UPDATE_GOLDEN=1 writes it anew.
func TestCoveragePage(t *testing.T) {
	page := filepath.Join(root(t), "docs", "coverage.md")
	want := coverage(t)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Error("docs/coverage.md is out of date: run 'make golden' and read what changed")
	}
}

var (
	ruleLine = regexp.MustCompile(`(?m)^- \*\*([NP]\d+[a-d]?)\b([^*]*)\*\*(.*)$`)
	citation = regexp.MustCompile(`\b([NP]\d{1,3}[a-d]?)(?: to ([NP]\d{1,3}))?\b`)
)

// cited is where a rule is cited.
type cited struct{ code, tests map[string]bool }

func coverage(t *testing.T) string {
	t.Helper()
	at := citations(t)
	var b strings.Builder
	b.WriteString("# Coverage\n\nEvery rule of [docs/semantics](semantics), the files whose code cites it, and how many test files and scenarios do.\n" +
		"A rule that no code cites is either a fact that needs no code of its own, a lint that is not built, or out of scope.\n" +
		"The trap catalogues, whose tests go by T numbers, hold many more of them.\n" +
		"`make golden` writes this page; a test compares it.\n")
	for _, half := range []struct{ title, file string }{{"Network", "network.md"}, {"Policies", "policy.md"}} {
		text, err := os.ReadFile(filepath.Join(root(t), "docs", "semantics", half.file))
		if err != nil {
			t.Fatal(err)
		}
		rules := ruleLine.FindAllStringSubmatch(string(text), -1)
		if len(rules) < 100 {
			t.Fatalf("%s has %d rules only", half.file, len(rules))
		}
		fmt.Fprintf(&b, "\n## %s\n\n| rule | about | code | tests |\n| --- | --- | --- | --- |\n", half.title)
		for _, r := range rules {
			c := at[r[1]]
			fmt.Fprintf(&b, "| %s | %s | %s | %d |\n", r[1], about(r[2], r[3]), files(c.code), len(c.tests))
		}
	}
	return b.String()
}

// about is a rule's title, or the beginning of its text.
func about(title, text string) string {
	title = strings.Trim(title, " .")
	if title == "" {
		title = strings.TrimSpace(text)
	}
	title = strings.NewReplacer("|", "/", "`", "", "*", "").Replace(title)
	if runes := []rune(title); len(runes) > 70 {
		title = strings.TrimSpace(string(runes[:70])) + "…"
	}
	return title
}

func files(set map[string]bool) string {
	var list []string
	for f := range set {
		list = append(list, f)
	}
	slices.Sort(list)
	if len(list) > 2 {
		return fmt.Sprintf("%s, %s and %d more", list[0], list[1], len(list)-2)
	}
	return strings.Join(list, ", ")
}

func citations(t *testing.T) map[string]cited {
	t.Helper()
	at := make(map[string]cited)
	note := func(rule, file string, test bool) {
		c, ok := at[rule]
		if !ok {
			c = cited{map[string]bool{}, map[string]bool{}}
			at[rule] = c
		}
		if test {
			c.tests[file] = true
		} else {
			c.code[file] = true
		}
	}
	err := filepath.WalkDir(root(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root(t)+string(filepath.Separator)))
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != path || name == "docs" || name == "internal/layout" || d.Name() == "golden") {
			return filepath.SkipDir
		}
		scenario := strings.HasSuffix(name, ".txtar")
		if d.IsDir() || !scenario && !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		test := scenario || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/testkit/world/")
		for _, m := range citation.FindAllStringSubmatch(string(text), -1) {
			for _, rule := range span(m[1], m[2]) {
				note(rule, name, test)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// span lists the rules of "N96 to N98".
func span(from, to string) []string {
	var lo, hi int
	if to == "" || to[0] != from[0] {
		return []string{from}
	}
	fmt.Sscanf(from[1:], "%d", &lo)
	fmt.Sscanf(to[1:], "%d", &hi)
	var out []string
	if hi-lo > 15 {
		return nil // a whole half of the document, not these rules
	}
	for n := lo; n <= hi; n++ {
		out = append(out, fmt.Sprintf("%c%d", from[0], n))
	}
	return out
}
