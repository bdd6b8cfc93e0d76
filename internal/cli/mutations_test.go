package cli

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/jsontree"
)

// mutationCount is how many inputs TestMutatedInputs tries: a few in go test,
// as many as CANREACH_MUTATIONS says in make mutations.
func mutationCount(t *testing.T) int {
	n := 360
	if testing.Short() {
		n = 40
	}
	if text := os.Getenv("CANREACH_MUTATIONS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			t.Fatalf("CANREACH_MUTATIONS=%q", text)
		}
	}
	return n
}

// hostile are strings of a stranger who means to be obeyed by a terminal, a
// CI system or a parser.
var hostile = []string{
	"::stop-commands::hostile", "\n::error::hostile\n", "\r::warning::hostile", "##vso[task.setvariable]hostile", "##[error]hostile", "\x1b[2Jhostile", "\u202ehostile", "\u2066hostile\u2069",
	"\u0085\u009bhostile", "\u200b\ufeff", "\x00", "\u2028::error::hostile", strings.Repeat("a", 5000), "-1", "999999999999999999999", "10.0.0.0/33", "arn:aws:iam::1:role/", "${aws:PrincipalTag/", "*", "", "%s%d", "<script>",
}

// mutated is a base input that one command reads, and that is spoilt.
type mutated struct {
	file string // the shipped file
	args string // FILE is the spoilt copy
}

func mutatedInputs() []mutated {
	const question = " -s " + neo + "snapshot.json -j " + neo + "job.json"
	return []mutated{
		{neo + "snapshot.json", "check -s FILE -j " + neo + "job.json"},
		{neo + "snapshot.json", "check -v -s FILE -j " + neo + "job.json"},
		{neo + "broken/sg-and-bucket-policy.json", "check -o json -s FILE -j " + neo + "job.json"},
		{neo + "broken/wrong-route-table.json", "graph -o dot -s FILE -j " + neo + "job.json"},
		{neo + "snapshot.json", "graph -o html -s FILE -j " + neo + "job.json"},
		{neo + "snapshot.json", "snapshot validate FILE"},
		{neo + "snapshot.json", "snapshot show FILE"},
		{neo + "snapshot.json", "diff FILE " + neo + "snapshot.json -j " + neo + "job.json"},
		{neo + "snapshot.json", "trace -s FILE --from i-0a8b7c6d5e4f3a2b1 --to s3"},
		{neo + "job.json", "check -s " + neo + "snapshot.json -j FILE"},
		{neo + "job.json", "check -o yaml -s " + neo + "snapshot.json -j FILE"},
		{neo + "uses/move-the-endpoint.yaml", "whatif --change FILE" + question},
		{neo + "uses/tests.yaml", "test -s " + neo + "snapshot.json FILE"},
		{neo + "uses/tests.yaml", "test -o junit -s " + neo + "snapshot.json FILE"},
		{neo + "aws/111122223333/s3/neo-models-111122223333-use1/get-bucket-policy.json", "policy lint FILE"},
		{neo + "aws/444455556666/s3/datalake-models-444455556666/get-bucket-policy.json", "policy lint -o json FILE"},
		{"policy.json", "policy compare BASE FILE"},
		{"answer.json", "graph --answer FILE -o svg"},
	}
}

const mutatedPolicy = `{"Version": "2012-10-17", "Statement": [
  {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::models", "arn:aws:s3:::models/*"],
   "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}, "IpAddress": {"aws:VpcSourceIp": ["10.0.0.0/8"]}}},
  {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
]}
`

// TestMutatedInputs spoils the shipped inputs and runs commands on them: none
// may panic, the exit status is one of four, an error says where, and
// nothing that a stranger wrote is obeyed.
func TestMutatedInputs(t *testing.T) {
	inputs, dir := mutatedInputs(), t.TempDir()
	_, answer, _ := runWith(t, nil, "", strings.Fields("check -o json -s "+neo+"broken/wrong-route-table.json -j "+neo+"job.json")...)
	bases := map[string][]byte{"policy.json": []byte(mutatedPolicy), "answer.json": []byte(answer)}
	base := filepath.Join(dir, "base.json")
	if err := os.WriteFile(base, []byte(mutatedPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range mutationCount(t) {
		in := inputs[i%len(inputs)]
		if bases[in.file] == nil {
			text, err := os.ReadFile(in.file)
			if err != nil {
				t.Fatal(err)
			}
			bases[in.file] = text
		}
		text := mutate(rand.New(rand.NewPCG(uint64(i), 11)), bases[in.file])
		name := "spoilt" + filepath.Ext(in.file)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if problem := tryMutated(t, strings.Fields(strings.NewReplacer("FILE", filepath.Join(dir, name), "BASE", base).Replace(in.args)), name); problem != "" {
			t.Errorf("mutation %d, canreach %s: %s", i, in.args, problem)
			if keep := os.Getenv("CANREACH_MUTATIONS_KEEP"); keep != "" {
				_ = os.WriteFile(filepath.Join(keep, fmt.Sprintf("%d%s", i, filepath.Ext(name))), text, 0o600)
			}
		}
	}
}

// tryMutated runs a command and says what is wrong with how it took the input.
func tryMutated(t *testing.T, args []string, name string) (problem string) {
	defer func() {
		if r := recover(); r != nil {
			problem = fmt.Sprintf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	status, out, errs := runWith(t, nil, "", args...)
	switch {
	case status < ExitHolds || status > ExitUnknown:
		return fmt.Sprintf("exit status %d", status)
	case status == ExitUsage && !errorSaysWhere(errs, name):
		return "the error does not say where: " + errs
	}
	for _, text := range []string{out, errs} {
		if bad := obeyed(text); bad != "" {
			return bad
		}
	}
	return ""
}

// placeForm is what an error may tell of the place in a file: line and column, a
// JSON pointer, or that it is about all of it.
var placeForm = regexp.MustCompile(`:\d+:\d+|line \d+|: /\w|empty|at /|/\d|larger than`)

func errorSaysWhere(errs, name string) bool {
	return strings.Contains(errs, "error: ") && strings.Contains(errs, name) && placeForm.MatchString(errs)
}

// obeyed finds what a terminal or a CI system would obey.
func obeyed(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || foreignCommand.MatchString(line) {
			return fmt.Sprintf("a command: %q", line)
		}
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && hidden(r) }); i >= 0 {
		return fmt.Sprintf("a hidden character: %q", text[max(0, i-20):i+1])
	}
	return ""
}

// mutate spoils a text: its bytes, or, where it is JSON, its tree.
func mutate(r *rand.Rand, text []byte) []byte {
	if tree, err := jsontree.Parse(text); err == nil && r.IntN(4) > 0 {
		for range 1 + r.IntN(3) {
			mutateTree(r, tree.Root)
		}
		return tree.Bytes()
	}
	out := bytes.Clone(text)
	for range 1 + r.IntN(3) {
		i := r.IntN(len(out) + 1)
		j := min(len(out), i+r.IntN(40))
		switch r.IntN(5) {
		case 0:
			out = append(out[:i:i], out[j:]...)
		case 1:
			out = append(append(out[:j:j], out[i:j]...), out[j:]...)
		case 2:
			if i < len(out) {
				out[i] ^= 1 << r.IntN(8)
			}
		case 3:
			out = append(append(out[:i:i], hostile[r.IntN(len(hostile))]...), out[i:]...)
		case 4:
			out = out[:i]
		}
	}
	return out
}

// mutateTree changes one value anywhere in the tree.
func mutateTree(r *rand.Rand, root *jsontree.Node) {
	type place struct {
		parent *jsontree.Node
		i      int
	}
	var places []place
	var walk func(n *jsontree.Node)
	walk = func(n *jsontree.Node) {
		if n.Kind() != jsontree.Object && n.Kind() != jsontree.Array {
			return
		}
		for i := range n.Len() {
			places = append(places, place{n, i})
			walk(n.At(i))
		}
	}
	walk(root)
	if len(places) == 0 {
		return
	}
	at := places[r.IntN(len(places))]
	switch r.IntN(5) {
	case 0:
		at.parent.RemoveAt(at.i)
	case 1:
		at.parent.ReplaceAt(at.i, jsontree.NewString(at.parent.At(at.i).Text()+hostile[r.IntN(len(hostile))]))
	case 2:
		at.parent.ReplaceAt(at.i, wrongKind(r))
	default:
		at.parent.ReplaceAt(at.i, jsontree.NewString(hostile[r.IntN(len(hostile))]))
	}
}

// wrongKind is a value of a kind that may not be wanted.
func wrongKind(r *rand.Rand) *jsontree.Node {
	texts := []string{`null`, `true`, `-1`, `1e400`, `[]`, `{}`, `[[[{}]]]`, `{"\u202e":"::error::hostile"}`, `"\u001b[2J"`, `0.5`}
	tree, err := jsontree.Parse([]byte(texts[r.IntN(len(texts))]))
	if err != nil {
		panic(err)
	}
	return tree.Root
}
