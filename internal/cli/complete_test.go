package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestMain lets the test binary stand for canreach, so that shells can complete it.
func TestMain(m *testing.M) {
	if os.Getenv("CANREACH_TEST_AS_PROGRAM") != "" {
		env := SystemEnv()
		env.Capture = exampleCapture
		os.Exit(Main(os.Args[1:], env))
	}
	os.Exit(m.Run())
}

func completions(t *testing.T, args ...string) []string {
	t.Helper()
	_, out, _ := runWith(t, nil, "", append([]string{"__complete"}, args...)...)
	var words []string
	for line := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		words = append(words, word)
	}
	return words
}

func TestValuesAreCompletedFromTheSnapshotAndAWSTables(t *testing.T) {
	s := withJobs(t, "resnet", "vgg16")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"check", "-s", s, "--job", "v"}, "vgg16"},
		{[]string{"check", "-s", s, "--subnets", "ml-private-1a,ml"}, "ml-private-1a,ml-private-1b"},
		{[]string{"check", "-s", s, "--subnets", "subnet-0a"}, "subnet-0a7c1e5b93d2f4681"},
		{[]string{"whatif", "-s", s, "--security-groups", "neo"}, "neo-jobs"},
		{[]string{"check", "-s", s, "--role", ""}, "NeoCompilationRole"},
		{[]string{"check", "-s", s, "--bucket", "neo-m"}, "neo-models-111122223333-use1"},
		{[]string{"trace", "-s", s, "--from", "ml"}, "ml-private-1a"},
		{[]string{"check", "--action", "s3:getobjectt"}, "s3:GetObjectTagging"},
		{[]string{"graph", "-o", ""}, "mermaid"},
		{[]string{"check", "--color", ""}, "always"},
		{[]string{"explain", "SUBNET_"}, "SUBNET_ACL_RESTRICTION"},
		{[]string{"explain", "nacl"}, "nacl-egress"},
		{[]string{"snapsh"}, "snapshot"},
		{[]string{"check", "-s", s, "--caller", "Neo"}, "NeoCompilationRole"},
		{[]string{"check", "-s", s, "--through", "s3-"}, "s3-gateway"},
		{[]string{"check", "-s", s, "--avoid", "nat-"}, "nat-0f3e2d1c4b5a69780"},
		{[]string{"trace", "-s", s, "--why-not", "vpce-0a1"}, "vpce-0a1b2c3d4e5f60718"},
		{[]string{"check", "-s", s, "--resource", "neo-c"}, "neo-compiled-111122223333-use1"},
		{[]string{"check", "--service", "la"}, "lambda"},
		{[]string{"check", "--action", "ec"}, "ecr:"},
		{[]string{"check", "--action", "ecr:batchg"}, "ecr:BatchGetImage"},
		{[]string{"check", "--from-internet", ""}, "any"},
		{[]string{"check", "-s", s, "--account", ""}, "111122223333"},
		{[]string{"check", "-s", s, "--region", "us"}, "us-east-1"},
		{[]string{"reach", "-s", s, "--vpc", "ml"}, "ml-prod"},
		{[]string{"reach", "-s", s, "--subnet", "ml-p"}, "ml-private-1b"},
		{[]string{"matrix", "-s", s, "--without", "vpce-0a"}, "vpce-0a1b2c3d4e5f60718"},
		{[]string{"who-can", "-s", s, "neo-m"}, "neo-models-111122223333-use1"},
		{[]string{"policy", "compare", "--type", ""}, "resource"},
		{[]string{"policy", "lint", "--type", "access"}, "access-point"},
		{[]string{"review", "--fail-on", ""}, "gained"},
		{[]string{"test", "--library", ""}, "data-perimeter"},
		{[]string{"trace", "--protocol", "ic"}, "icmpv6"},
		{[]string{"man", "snapshot", "im"}, "import"},
		{[]string{"help", "che"}, "check"},
	} {
		if got := completions(t, c.args...); !slices.Contains(got, c.want) {
			t.Errorf("%v: %v, without %s", c.args, got, c.want)
		}
	}
	if got := completions(t, "explain", ""); slices.Contains(got, "T1") || slices.Contains(got, "B1") {
		t.Errorf("what is not a code is completed: %v", got)
	}
}

// freeFlags take values that nothing lists: numbers, times, addresses, host
// names, secrets, names in AWS alone.
var freeFlags = []string{"assume", "assume-role", "assume-role-depth", "at", "columns", "concurrency", "context", "created", "ephemeral-ports", "external-id", "fix-timeout",
	"from-on-premises", "hostname", "max-bytes", "max-checks", "max-input", "max-jobs", "max-questions", "object-tag", "organization-role", "parameter", "profile",
	"rate", "repairs", "resource-account", "seed", "session", "show", "source-port", "timeout", "unknown", "workers"}

// TestEveryFlagIsCompleted, is left to the shell because it takes a file, or is
// free: one of them.
func TestEveryFlagIsCompleted(t *testing.T) {
	for _, c := range tree() {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" {
				return
			}
			_, registered := c.GetFlagCompletionFunc(f.Name)
			listed := f.Annotations[annotationValues] != nil || f.Name == "action" || f.Name == "account" || f.Name == "region" || completedKinds[f.Name] != nil || completedWords[f.Name] != nil
			n := 0
			for _, is := range []bool{listed, slices.Contains(fileFlags, f.Name), slices.Contains(freeFlags, f.Name)} {
				if is {
					n++
				}
			}
			if n != 1 || registered == slices.Contains(fileFlags, f.Name) {
				t.Errorf("%s --%s: in %d lists, completed: %v", c.CommandPath(), f.Name, n, registered)
			}
		})
	}
}

// shellScripts complete "canreach check -s SNAPSHOT --subnets ml-private-" in
// each shell, and print the candidates one a line.
var shellScripts = map[string]string{
	// _get_comp_words_by_ref is bash-completion's, which is not everywhere.
	"bash": `_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; }
__ltrim_colon_completions() { :; }
compopt() { :; }
source <(canreach completion bash)
COMP_WORDS=(canreach check -s "$SNAPSHOT" --subnets ml-private-); COMP_CWORD=5; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=63
__start_canreach
printf '%s\n' "${COMPREPLY[@]}"`,
	"zsh": `compdef() { :; }
_describe() { shift $(( $# - 2 )); print -l ${(P)1}; return 0 }
_arguments() { :; }
source <(canreach completion zsh)
words=(canreach check -s $SNAPSHOT --subnets ml-private-); CURRENT=6
_canreach`,
	"fish": `canreach completion fish | source
complete -C "canreach check -s $SNAPSHOT --subnets ml-private-"`,
}

func TestTheShellsComplete(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "canreach")); err != nil {
		t.Fatal(err)
	}
	snapshot, err := filepath.Abs(neo + "snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	for shell, script := range shellScripts {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip(shell + " is not here")
			}
			cmd := exec.Command(shell, "-c", script)
			cmd.Env = append(os.Environ(), "CANREACH_TEST_AS_PROGRAM=1", "SNAPSHOT="+snapshot, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			var errs strings.Builder
			cmd.Stderr = io.Writer(&errs)
			out, err := cmd.Output()
			for _, want := range []string{"ml-private-1a", "ml-private-1b"} {
				if !strings.Contains(string(out), want) {
					t.Errorf("without %s: %v\n%s%s", want, err, out, errs.String())
				}
			}
		})
	}
}
