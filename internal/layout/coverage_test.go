package layout

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/coverage.md lists the rules of docs/semantics that no code or no test
// cites. UPDATE_GOLDEN=1 writes it anew.
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

// cited says where a rule is cited.
type cited struct{ code, tests bool }

func coverage(t *testing.T) string {
	t.Helper()
	at := citations(t)
	var b strings.Builder
	b.WriteString("# Coverage\n\nThe rules of [docs/semantics](semantics) that no code or no test cites by number. Such a rule is a fact that needs no code\n" +
		"of its own, is tested by its trap's number (T…), is not built, or is out of scope. For a rule that is not listed, search the\n" +
		"repository for its number. `make golden` writes this page; a test compares it.\n")
	for _, half := range []struct{ title, file string }{{"Network", "network.md"}, {"Policies", "policy.md"}} {
		text, err := os.ReadFile(filepath.Join(root(t), "docs", "semantics", half.file))
		if err != nil {
			t.Fatal(err)
		}
		rules := ruleLine.FindAllStringSubmatch(string(text), -1)
		if len(rules) < 100 {
			t.Fatalf("%s has %d rules only", half.file, len(rules))
		}
		fmt.Fprintf(&b, "\n## %s: %d rules\n\n| rule | about | cited by |\n| --- | --- | --- |\n", half.title, len(rules))
		for _, r := range rules {
			if by := at[r[1]].by(); by != "code and tests" {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", r[1], about(r[2], r[3]), by)
			}
		}
	}
	return b.String()
}

func (c cited) by() string {
	switch {
	case c.code && c.tests:
		return "code and tests"
	case c.code:
		return "code"
	case c.tests:
		return "tests"
	}
	return "neither"
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

func citations(t *testing.T) map[string]cited {
	t.Helper()
	at := make(map[string]cited)
	note := func(rule string, test bool) {
		c := at[rule]
		c.code, c.tests = c.code || !test, c.tests || test
		at[rule] = c
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
		test := scenario || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/testkit/")
		for _, m := range citation.FindAllStringSubmatch(string(text), -1) {
			for _, rule := range span(m[1], m[2]) {
				note(rule, test)
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
