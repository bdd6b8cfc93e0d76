package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// session is one command of a guide, and what it prints.
type session struct{ command, output string }

func readSessions(t *testing.T, file string) []session {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []session
	for _, block := range regexp.MustCompile("(?s)```shell-session\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for part := range strings.SplitSeq("\n"+block[1], "\n$ ") {
			if command, output, _ := strings.Cut(part, "\n"); command != "" {
				all = append(all, session{command, strings.TrimSpace(output)})
			}
		}
	}
	return all
}

// TestTheEvidenceGuideIsARealSession runs the guide's commands in a folder of
// their own, for they write files and call openssl. An … in its
// output stands for what differs from run to run.
func TestTheEvidenceGuideIsARealSession(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil || runtime.GOOS != "linux" {
		t.Skip("the session needs openssl and GNU sed")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sessions := readSessions(t, filepath.Join(root, "docs", "guide-evidence.md"))
	if len(sessions) < 6 {
		t.Fatalf("%d commands", len(sessions))
	}
	t.Chdir(t.TempDir())
	if err := os.Symlink(filepath.Join(root, "testdata"), "testdata"); err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		var got string
		if args, ok := strings.CutPrefix(s.command, "canreach "); ok {
			_, out, errs := runGraph(t, "", strings.Fields(args)...)
			got = out + errs
		} else {
			out, err := exec.Command("sh", "-c", "LC_ALL=C "+s.command).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", s.command, err, out)
			}
			got = string(out)
		}
		want := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(s.output), "…", ".*") + "$")
		if got = strings.TrimSpace(got); !want.MatchString(got) {
			t.Errorf("$ %s\n%s\nwant:\n%s", s.command, got, s.output)
		}
	}
}
