//go:build solver

package symbolic

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go4.org/netipx"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/sar"
)

// The solver check is independent of the engine: it writes both policies as
// SMT-LIB formulas over strings, straight from rules P46, P70, P72, P141 to
// P147 and P157 to P161, and asks a solver for a request that one allows and
// the other does not. scripts/solver-check.sh runs it.

// smt writes a pair of policies as formulas.
type smt struct {
	keys map[string]string // condition key: sort of its value
}

func smtString(s string) string {
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// smtGlob is a pattern as a regular expression; stars before the given colon
// do not cross colons.
func smtGlob(pattern string, arn, fold bool) string {
	const noColon = `(re.union (re.range " " "9") (re.range ";" "~"))`
	const any = `re.allchar`
	parts := []string{}
	colons, seen := min(strings.Count(pattern, ":"), 5), 0
	for _, r := range pattern {
		class := any
		if arn && colons > 0 && seen < colons {
			class = noColon
		}
		switch {
		case r == '*' && class == any:
			parts = append(parts, "re.all")
		case r == '*':
			parts = append(parts, "(re.* "+class+")")
		case r == '?':
			parts = append(parts, class)
		case fold && r >= 'a' && r <= 'z':
			parts = append(parts, fmt.Sprintf(`(re.union (str.to_re %q) (str.to_re %q))`, string(r), strings.ToUpper(string(r))))
		default:
			if n := len(parts); n > 0 && strings.HasPrefix(parts[n-1], `(str.to_re "`) {
				parts[n-1] = strings.TrimSuffix(parts[n-1], `")`) + string(r) + `")`
			} else {
				parts = append(parts, "(str.to_re "+smtString(string(r))+")")
			}
			if r == ':' {
				seen++
			}
		}
	}
	switch len(parts) {
	case 0:
		return `(str.to_re "")`
	case 1:
		return parts[0]
	}
	return "(re.++ " + strings.Join(parts, " ") + ")"
}

func smtIn(variable string, patterns []string, arn, fold bool) string {
	each := make([]string, len(patterns))
	for i, p := range patterns {
		if fold {
			p = strings.ToLower(p)
		}
		each[i] = fmt.Sprintf("(str.in_re %s %s)", variable, smtGlob(p, arn, fold))
	}
	return smtJoin("or", "false", each)
}

func smtJoin(op, none string, each []string) string {
	switch len(each) {
	case 0:
		return none
	case 1:
		return each[0]
	}
	return "(" + op + " " + strings.Join(each, " ") + ")"
}

func (s *smt) variable(key, sort string) (value, present string) {
	s.keys[key] = sort
	name := strings.NewReplacer(":", "_", "/", "_").Replace(key)
	return "v_" + name, "p_" + name
}

func (s *smt) condition(c *policy.Condition) string {
	key := strings.ToLower(c.Key)
	base := c.Operator.Base
	if base == "Null" {
		sort := s.keys[key]
		if sort == "" {
			sort = "String"
		}
		_, present := s.variable(key, sort)
		var each []string
		for _, v := range c.Values {
			if v == "true" {
				each = append(each, "(not "+present+")")
			} else {
				each = append(each, present)
			}
		}
		return smtJoin("or", "false", each)
	}
	sort := "String"
	if strings.HasPrefix(base, "Numeric") {
		sort = "Real"
	} else if strings.HasSuffix(base, "IpAddress") {
		sort = "Int"
	}
	value, present := s.variable(key, sort)
	var each []string
	for _, v := range c.Values {
		each = append(each, smtCompare(base, value, v))
	}
	match := smtJoin("or", "false", each)
	if c.Operator.Negated() {
		match = "(not " + match + ")"
	}
	match = fmt.Sprintf("(and %s %s)", present, match)
	if c.Operator.Negated() || c.Operator.IfExists {
		return fmt.Sprintf("(or (not %s) %s)", present, match)
	}
	return match
}

func smtCompare(base, value, operand string) string {
	switch {
	case strings.HasPrefix(base, "Numeric"):
		if !strings.Contains(operand, ".") {
			operand += ".0"
		}
		op := map[string]string{"LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">", "GreaterThanEquals": ">=", "Equals": "=", "NotEquals": "="}[strings.TrimPrefix(base, "Numeric")]
		return fmt.Sprintf("(%s %s %s)", op, value, operand)
	case strings.HasSuffix(base, "IpAddress"):
		p := netip.MustParsePrefix(operand).Masked()
		a, b := p.Addr().As4(), netipx.PrefixLastIP(p).As4()
		number := func(x [4]byte) int64 {
			return int64(x[0])<<24 | int64(x[1])<<16 | int64(x[2])<<8 | int64(x[3])
		}
		return fmt.Sprintf("(and (<= %d %s) (<= %s %d))", number(a), value, value, number(b))
	case strings.HasSuffix(base, "IgnoreCase"):
		return smtIn(value, []string{operand}, false, true)
	case strings.HasSuffix(base, "Like"):
		return smtIn(value, []string{operand}, false, false)
	case base == "Bool":
		return fmt.Sprintf("(= %s %s)", value, smtString(strings.ToLower(operand)))
	}
	return fmt.Sprintf("(= %s %s)", value, smtString(operand))
}

func (s *smt) statement(st *policy.Statement) string {
	action := smtIn("action", st.Actions, false, true)
	if st.NotAction {
		action = "(not " + action + ")"
	}
	resource := smtIn("resource", st.Resources, true, false)
	if st.NotResource {
		resource = "(not " + resource + ")"
	}
	each := []string{action, resource}
	for i := range st.Conditions {
		each = append(each, s.condition(&st.Conditions[i]))
	}
	return smtJoin("and", "true", each)
}

func (s *smt) document(d *policy.Document) string {
	var allows, denies []string
	for i := range d.Statements {
		if st := &d.Statements[i]; st.Deny {
			denies = append(denies, s.statement(st))
		} else {
			allows = append(allows, s.statement(st))
		}
	}
	return fmt.Sprintf("(and %s (not %s))", smtJoin("or", "false", allows), smtJoin("or", "false", denies))
}

// questions is a script for each direction.
func questions(t testing.TB, old, new *policy.Document) [2]string {
	s := &smt{keys: map[string]string{}}
	was, is := s.document(old), s.document(new)
	was, is = s.document(old), s.document(new) // once more: now all sorts are known
	var b strings.Builder
	b.WriteString("(set-logic ALL)\n(declare-const action String)\n(declare-const resource String)\n")
	names := make([]string, 0, len(s.keys))
	for k := range s.keys {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		value, present := s.variable(k, s.keys[k])
		fmt.Fprintf(&b, "(declare-const %s %s)\n(declare-const %s Bool)\n", value, s.keys[k], present)
		switch {
		case k == "k:b":
			fmt.Fprintf(&b, `(assert (or (= %s "true") (= %s "false")))`+"\n", value, value)
		case s.keys[k] == "Int":
			fmt.Fprintf(&b, "(assert (and (<= 0 %s) (<= %s 4294967295)))\n", value, value)
		}
	}
	// The pool names topics and queues of one account; all other resources
	// fare like any of the third kind.
	fmt.Fprintf(&b, "(assert (str.in_re resource (re.union %s %s %s)))\n", smtGlob("arn:aws:sns:us:1:?*", true, false), smtGlob("arn:aws:sqs:us:1:?*", true, false), smtGlob("arn:aws:ec2:us:1:?*", true, false))
	fmt.Fprintf(&b, "(assert %s)\n", smtActions(t))
	head := b.String()
	var out [2]string
	for i, d := range [][2]string{{is, was}, {was, is}} {
		out[i] = fmt.Sprintf("%s(assert %s)\n(assert (not %s))\n(check-sat)\n", head, d[0], d[1])
	}
	return out
}

// smtActions are the requests' actions. One that does not exist is no request
// (P39), so they are those of the services that the pool names, and one that
// stands for all others.
func smtActions(t testing.TB) string {
	actions := []string{"(= action \"ec2:RunInstances\")"}
	for _, name := range []string{"sns", "sqs"} {
		service, ok := sar.FindService(name)
		if !ok {
			t.Fatalf("no actions of %s", name)
		}
		for _, a := range service.Actions {
			actions = append(actions, fmt.Sprintf("(= action %s)", smtString(name+":"+a.Name)))
		}
	}
	return smtJoin("or", "false", actions)
}

// inProcess is cvc5 as a library of Python: SOLVER_PYTHON, which scripts/solver-check.sh
// sets, has the newest.
type inProcess struct {
	in  *json.Encoder
	out *json.Decoder
}

var startPython = sync.OnceValue(func() *inProcess {
	cmd := exec.Command(os.Getenv("SOLVER_PYTHON"), "testdata/solver.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		panic(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return &inProcess{in: json.NewEncoder(in), out: json.NewDecoder(out)} // it ends with its input
})

func (p *inProcess) ask(t testing.TB, script string) (string, time.Duration) {
	var res struct {
		Answer  string
		Seconds float64
	}
	if err := p.in.Encode(script); err != nil {
		t.Fatal(err)
	}
	if err := p.out.Decode(&res); err != nil {
		t.Fatal(err)
	}
	return res.Answer, time.Duration(res.Seconds * float64(time.Second))
}

// solver runs a script and gives its answer, "" where it has none in time.
func solver(t testing.TB, name, script string) (answer string, took time.Duration) {
	if name == "cvc5" && os.Getenv("SOLVER_PYTHON") != "" {
		answer, took = startPython().ask(t, script)
		if answer != "sat" && answer != "unsat" {
			answer = ""
		}
		return answer, took
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	args := map[string][]string{
		"cvc5": {"--strings-exp", "--tlimit=2000", "--lang=smt2"},
		"z3":   {"-smt2", "-t:2000", "-in"},
	}[name]
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState != nil {
		took = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	switch line := strings.TrimSpace(string(out)); {
	case line == "sat" || line == "unsat":
		return line, took
	case strings.Contains(line, "error"):
		t.Fatalf("%s says %s (%v)\n%s", name, line, err, script)
	}
	return "", took
}

// solverStatement draws a statement that the formulas cover.
func solverStatement(rnd *rand.Rand) string {
	pick := func(pool ...string) string { return pool[rnd.IntN(len(pool))] }
	not := func() string {
		if rnd.IntN(8) == 0 {
			return "Not"
		}
		return ""
	}
	resource := func() string {
		return pick("*", "arn:aws:sns:us:1:*", "arn:aws:sns:us:1:a*", "arn:aws:sns:us:1:*b", "arn:aws:sns:us:1:a*b", "arn:aws:sns:us:1:?", "arn:aws:sns:us:1:a?*",
			"arn:aws:sns:us:1:*ab*", "arn:aws:sns:us:1:b*a", "arn:aws:sns:us:1:ab", "arn:aws:sqs:us:1:*")
	}
	s := fmt.Sprintf(`"Effect":"%s","%sAction":["%s"],"%sResource":["%s","%s"]`, pick("Allow", "Allow", "Deny"),
		not(), pick("sns:*", "sns:Get*", "SNS:publish", "*", "sns:*s*", "sqs:?end"), not(), resource(), resource())
	conditions := map[string]string{}
	for range rnd.IntN(3) {
		operator, body, _ := strings.Cut(pick(
			`StringEquals|"k:v":["a","b"]`, `StringNotEquals|"k:v":"a"`, `StringLike|"k:v":["a*","*b"]`, `StringNotLike|"k:v":"?"`, `StringLikeIfExists|"k:v":"*a*"`,
			`StringEqualsIgnoreCase|"k:v":"AB"`, `Null|"k:v":"true"`, `Null|"k:n":"false"`, `NumericLessThan|"k:n":"10"`, `NumericGreaterThanEquals|"k:n":"9.5"`,
			`NumericNotEquals|"k:n":["10","11"]`, `NumericEqualsIfExists|"k:n":"10"`, `IpAddress|"k:ip":["10.0.0.0/8"]`, `NotIpAddress|"k:ip":"10.0.0.0/9"`, `Bool|"k:b":"true"`, `BoolIfExists|"k:b":"false"`,
		), "|")
		conditions[operator] = body
	}
	names := make([]string, 0, len(conditions))
	for k := range conditions {
		names = append(names, k)
	}
	sort.Strings(names)
	for i, k := range names {
		names[i] = fmt.Sprintf(`"%s":{%s}`, k, conditions[k])
	}
	if len(names) > 0 {
		s += `,"Condition":{` + strings.Join(names, ",") + `}`
	}
	return s
}

func solverPair(t testing.TB, rnd *rand.Rand) (old, new *policy.Document) {
	draw := func(base []string) []string {
		list := append([]string(nil), base...)
		for range 1 + rnd.IntN(3) {
			list = append(list, solverStatement(rnd))
		}
		return list
	}
	// Half of all statements are common, so that no difference is likely, too.
	var common []string
	for range rnd.IntN(3) {
		common = append(common, solverStatement(rnd))
	}
	a, b := draw(common), draw(common)
	if rnd.IntN(4) == 0 {
		b = append(a[1:len(a):len(a)], a[0])
	}
	return statements(t, policy.KindIdentity, a...), statements(t, policy.KindIdentity, b...)
}

// TestSolver compares the engine's verdicts with a solver's on random pairs.
func TestSolver(t *testing.T) {
	name := solverName(t)
	pairs := 200
	if n, err := strconv.Atoi(os.Getenv("SOLVER_PAIRS")); err == nil {
		pairs = n
	}
	rnd := rand.New(rand.NewPCG(20261123, 1))
	answered, sat, skipped := 0, 0, 0
	for i := range pairs {
		old, new := solverPair(t, rnd)
		got := Compare(old, new, policy.KindIdentity, Options{})
		scripts := questions(t, old, new)
		for d, exists := range []policy.Truth{got.New.Exists, got.Less.Exists} {
			answer, _ := solver(t, name, scripts[d])
			if answer == "" {
				skipped++
				continue
			}
			answered++
			if answer == "sat" {
				sat++
			}
			if (answer == "sat") != (exists == policy.True) || exists == policy.Unknown {
				t.Errorf("pair %d, direction %d: %s says %s, the engine %d\n%s", i, d, name, answer, exists, scripts[d])
			}
		}
	}
	t.Logf("%s: %d answers (%d sat), %d open", name, answered, sat, skipped)
	if answered < pairs/2 {
		t.Errorf("only %d answers: %s", answered, name)
	}
}

func solverName(t testing.TB) string {
	name := os.Getenv("SOLVER")
	if name == "" {
		name = "cvc5"
	}
	if _, err := exec.LookPath(name); err != nil && os.Getenv("SOLVER_PYTHON") == "" {
		t.Fatalf("%s is not installed: run scripts/solver-check.sh", name)
	}
	return name
}

// TestSolverRatio prints the processor time of the solver and of the engine
// on the same formulas.
func TestSolverRatio(t *testing.T) {
	name := solverName(t)
	rnd := rand.New(rand.NewPCG(7, 7))
	const pairs = 60
	var theirs time.Duration
	type pair struct{ old, new *policy.Document }
	var all []pair
	for range pairs {
		old, new := solverPair(t, rnd)
		all = append(all, pair{old, new})
		for _, script := range questions(t, old, new) {
			_, took := solver(t, name, script)
			theirs += took
		}
	}
	const rounds = 20
	start := time.Now()
	for range rounds {
		for _, p := range all {
			Compare(p.old, p.new, policy.KindIdentity, Options{})
		}
	}
	ours := time.Since(start) / rounds
	t.Logf("%d pairs, both directions: %s %s, this engine %s: ratio %.0f", pairs, name, theirs, ours, float64(theirs)/float64(ours))
}
