package assert

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// fake answers by a function, over a real snapshot.
type fake struct {
	snap   *snapshot.Snapshot
	answer func(sim.Question) (*sim.Answer, error)
}

func (f *fake) Check(_ context.Context, q sim.Question) (*sim.Answer, error) { return f.answer(q) }
func (f *fake) Snapshot() *snapshot.Snapshot                                 { return f.snap }
func (f *fake) AbsentNames(q *sim.Question) []sim.AbsentName {
	return sim.NewWorld(f.snap).AbsentNames(q)
}
func (f *fake) AbsentSource(q sim.Question) (sim.AbsentName, bool) {
	return sim.NewWorld(f.snap).AbsentSource(q)
}
func (f *fake) AbsentComponent(id string) (sim.AbsentName, bool) {
	return sim.NewWorld(f.snap).AbsentComponent(id)
}

func answer(v sim.Verdict, via, endpoint string, findings ...sim.Finding) *sim.Answer {
	a := &sim.Answer{Verdict: v, Findings: findings, Placements: []sim.Placement{{Subnet: "subnet-1", Verdict: v,
		Network:  sim.Network{Verdict: v, Paths: []sim.Path{{Verdict: v, Via: via, Endpoint: endpoint, Hops: []sim.Hop{{Component: "rtb-1"}}}}},
		Requests: []sim.Request{{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*", Verdict: v}}}}}
	for i := range findings {
		a.Placements[0].Findings = append(a.Placements[0].Findings, i)
	}
	if v == sim.Unknown {
		a.Unknowns = []sim.Missing{{Code: finding.UnknownNACL, Fact: "the ACL"}}
	}
	return a
}

func testWorld(t testing.TB) *snapshot.Snapshot {
	tag := func(id, k, v string) world.Edit {
		return world.Set("Subnets", id, "Tags", world.List{world.Obj{"Key": k, "Value": v}})
	}
	return world.Network(
		world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"),
		world.Subnet("subnet-pub", "vpc-a", "10.0.3.0/24", "us-east-1a"),
		world.Table("rtb-main", "vpc-a", nil),
		world.Table("rtb-pub", "vpc-a", []string{"subnet-pub"}, world.To("0.0.0.0/0", "igw-1")),
		tag("subnet-1", "tier", "private"), tag("subnet-2", "tier", "private-b"),
		world.AddBucket("team-a", "us-east-1", nil), world.AddBucket("team-b", "us-east-1", nil),
	).Snapshot(t)
}

const (
	role   = "arn:aws:iam::111122223333:role/service-role/Neo"
	source = "role: " + role + ", securityGroups: [sg-1]"
)

func parse(t testing.TB, text string) *File {
	t.Helper()
	f, err := Parse("dir/t.yaml", []byte(text), func(name string) ([]byte, error) { return nil, os.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func run(t testing.TB, text string, answer func(sim.Question) (*sim.Answer, error)) []Result {
	t.Helper()
	w := &fake{testWorld(t), answer}
	r := Runner{Load: func(string) (Checker, error) { return w, nil }, Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	report, err := r.Run(t.Context(), []*File{parse(t, text)})
	if err != nil {
		t.Fatal(err)
	}
	return report.Results
}

func TestOutcomes(t *testing.T) {
	noRoute := sim.Finding{Code: finding.NoRouteToDestination, Severity: sim.Blocker, Also: []finding.Code{finding.PSubnetChoice}}
	for _, tc := range []struct {
		name, asserts string
		answer        *sim.Answer
		want          Outcome
		message       string
	}{
		{"reachable as expected", "expect: reach", answer(sim.Reachable, "gateway-endpoint", "vpce-g"), Passed, ""},
		{"blocked where it should reach", "expect: REACHABLE", answer(sim.Blocked, "", "", noRoute), Failed, "expected REACHABLE, is BLOCKED"},
		{"partial is not blocked", "expect: no-reach", answer(sim.Partial, "", ""), Failed, "expected BLOCKED, is PARTIAL"},
		{"unknown leaves it undecided", "expect: BLOCKED", answer(sim.Unknown, "", ""), Undecided, "is UNKNOWN"},
		{"unknown was expected", "expect: UNKNOWN", answer(sim.Unknown, "", ""), Passed, ""},
		{"an expected unknown that is decided fails", "expect: UNKNOWN", answer(sim.Reachable, "", ""), Failed, "expected UNKNOWN, is REACHABLE"},
		{"through the endpoint", "through: vpce-g", answer(sim.Reachable, "gateway-endpoint", "vpce-g"), Passed, ""},
		{"through another endpoint", "through: vpce-g", answer(sim.Reachable, "gateway-endpoint", "vpce-x"), Failed, "does not go through vpce-g"},
		{"through needs reach", "through: vpce-g", answer(sim.Blocked, "gateway-endpoint", "vpce-g"), Failed, "expected REACHABLE"},
		{"only through, nothing gets there", "onlyThrough: vpce-g", answer(sim.Blocked, "public", ""), Passed, ""},
		{"only through, by NAT", "onlyThrough: [vpce-g]", answer(sim.Partial, "public", ""), Failed, "another way"},
		{"never by a component", "avoid: [vpce-g]", answer(sim.Reachable, "gateway-endpoint", "vpce-g"), Failed, "passes vpce-g"},
		{"never by a component, not known", "avoid: [vpce-g]", answer(sim.Unknown, "gateway-endpoint", "vpce-g"), Undecided, "not known"},
		{"never by another component", "avoid: [vpce-other], mayBeAbsent: true", answer(sim.Reachable, "gateway-endpoint", "vpce-g"), Passed, ""},
		{"never the internet", "neverInternet: true", answer(sim.Reachable, "public", ""), Failed, "goes through the internet"},
		{"never the internet, not known", "neverInternet: true", answer(sim.Unknown, "public", ""), Undecided, "not known"},
		{"never the internet, endpoint", "neverInternet: true", answer(sim.Reachable, "gateway-endpoint", "vpce-g"), Passed, ""},
		{"an expected finding", "findings: NO_ROUTE_TO_DESTINATION", answer(sim.Blocked, "", "", noRoute), Passed, ""},
		{"an expected finding by its other name", "findings: [P_SUBNET_CHOICE]", answer(sim.Blocked, "", "", noRoute), Passed, ""},
		{"a finding that is missing", "findings: [BAD_STATE]", answer(sim.Blocked, "", "", noRoute), Failed, "BAD_STATE is not reported"},
		{"a finding that must not be", "noFindings: [NO_ROUTE_TO_DESTINATION]", answer(sim.Blocked, "", "", noRoute), Failed, "is reported"},
		{"a named unknown", "{expect: UNKNOWN, unknowns: [UNK_NACL]}", answer(sim.Unknown, "", ""), Passed, ""},
		{"an unknown that is not named", "unknowns: [UNK_SG]", answer(sim.Unknown, "", ""), Failed, "UNK_SG is not named"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asserts := strings.Trim(tc.asserts, "{}")
			got := run(t, "snapshot: s\ntests:\n- {name: n, from: {subnets: [subnet-1], "+source+"}, bucket: team-a, "+asserts+"}\n",
				func(sim.Question) (*sim.Answer, error) { return tc.answer, nil })[0]
			if got.Outcome != tc.want {
				t.Fatalf("outcome %v, want %v: %+v", got.Outcome, tc.want, got.Problems)
			}
			if tc.message != "" && (len(got.Problems) == 0 || !strings.Contains(got.Problems[0].Message, tc.message)) {
				t.Errorf("problems %+v, want %q", got.Problems, tc.message)
			}
		})
	}
}

func TestAFailureShowsTheCounterexampleAndThePath(t *testing.T) {
	a := answer(sim.Blocked, "", "", sim.Finding{Code: finding.SubnetACLRestriction, Severity: sim.Blocker, Example: &sim.Example{Destination: "52.216.0.1"}})
	a.Placements[0].Network.Path = []sim.Hop{{Component: "acl-1"}}
	p := judgeVerdict(a, sim.Reachable)
	if p.Subnet != "subnet-1" || p.Example == nil || p.Example.Destination != "52.216.0.1" || len(p.Path) != 1 || len(p.Findings) != 1 {
		t.Errorf("%+v", p)
	}
	if p := judgeVerdict(answer(sim.Reachable, "", ""), sim.Blocked); p.Example == nil || p.Example.Action != "s3:GetObject" {
		t.Errorf("%+v", p)
	}
}

func TestClassesComeToQuestions(t *testing.T) {
	for _, tc := range []struct{ from, bucket, want string }{
		{"subnets: private", "team-a", "subnet-1 to arn:aws:s3:::team-a, subnet-2 to arn:aws:s3:::team-a"},
		{"subnets: public", "team-a", "subnet-pub to arn:aws:s3:::team-a"},
		{"tags: {tier: private}", "'arn:aws:s3:::team-a/x*'", "subnet-1 to arn:aws:s3:::team-a/x*"},
		{"tags: {tier: 'private*'}, vpc: vpc-a", "team-a", "subnet-1 to arn:aws:s3:::team-a, subnet-2 to arn:aws:s3:::team-a"},
		{"subnets: subnet-2", "'team-*/k'", "subnet-2 to arn:aws:s3:::team-a/k, subnet-2 to arn:aws:s3:::team-b/k"},
		{"subnets: [subnet-2]", "[report?, team-b]", "subnet-2 to arn:aws:s3:::reports, subnet-2 to arn:aws:s3:::team-b"},
	} {
		f := parse(t, "tests:\n- {from: {"+tc.from+", "+source+"}, bucket: "+tc.bucket+", expect: reach}\n")
		qs, err := f.Tests[0].questions(testWorld(t))
		var names []string
		for _, q := range qs {
			names = append(names, q.name)
		}
		if got := strings.Join(names, ", "); err != nil || got != tc.want {
			t.Errorf("%s, %s: %v\ngot  %s\nwant %s", tc.from, tc.bucket, err, got, tc.want)
		}
	}
}

func TestAClassThatMatchesNothingDoesNotHold(t *testing.T) {
	reach := func(sim.Question) (*sim.Answer, error) { return answer(sim.Reachable, "", ""), nil }
	text := "snapshot: s\ntests:\n- {from: {tags: {tier: nope}, " + source + "}, bucket: team-a, expect: reach"
	if got := run(t, text+"}\n", reach)[0]; got.Outcome != Failed || !strings.Contains(got.Problems[0].Message, "nothing in the snapshot matches") {
		t.Errorf("%+v", got)
	}
	if got := run(t, text+", allowEmpty: true}\n", reach)[0]; got.Outcome != Passed {
		t.Errorf("%+v", got)
	}
}

func TestSkips(t *testing.T) {
	blocked := func(sim.Question) (*sim.Answer, error) { return answer(sim.Blocked, "", ""), nil }
	for _, tc := range []struct {
		skip string
		want Outcome
		note string
	}{
		{"{reason: migration}", Skipped, "migration"},
		{"{reason: migration, until: 2026-11-23}", Skipped, "until 2026-11-23"}, // its last day
		{"{reason: migration, until: 2026-11-22}", Failed, "has expired on 2026-11-22"},
	} {
		got := run(t, "snapshot: s\ntests:\n- {from: {subnets: all, "+source+"}, bucket: team-a, expect: reach, skip: "+tc.skip+"}\n", blocked)[0]
		if got.Outcome != tc.want || !strings.Contains(got.Note, tc.note) {
			t.Errorf("%s: %v, %q", tc.skip, got.Outcome, got.Note)
		}
	}
}

func TestMistakesInATestFileAreToldWithTheirPlace(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"tests:\n- {expekt: reach}\n", `dir/t.yaml:2:4: a test has no key "expekt"; did you mean expect?`},
		{"tests:\n- {from: {subnets: all, " + source + "}, bucket: b}\n", "asserts nothing"},
		{"tests:\n- {bucket: b, expect: reach}\n", "does not say who asks"},
		{"tests:\n- {from: {subnets: some, " + source + "}, bucket: b, expect: reach}\n", `subnets is a list of ids, or all, private or public, not "some"`},
		{"tests:\n- {from: {subnets: all, role: r}, bucket: b, expect: reach}\n", "takes securityGroups"},
		{"tests:\n- {job: nope.json, expect: reach}\n", "dir/t.yaml:2:9: the job file: "},
		{"tests:\n- {job: {Frob: 1}, expect: reach}\n", "dir/t.yaml:2:10: the job"},
		{"tests:\n- {from: {subnets: all, " + source + "}, bucket: b, expect: yes}\n", "expect is REACHABLE"},
		{"tests:\n- {from: {subnets: all, " + source + "}, bucket: b, expect: reach, skip: {until: 2026-13-01}}\n", "until is a date"},
		{"tests:\n- {from: {subnets: all, " + source + "}, bucket: b, expect: reach, skip: {until: 2026-12-01}}\n", "skip takes a reason"},
		{"tests: []\n", "tests is a list"},
		{"schema: x\ntests: [1]\n", `schema "x" is not canreach.test/v1`},
		{"tests:\n- {name: a, from: {subnets: all, " + source + "}, bucket: b, expect: reach}\n- {name: a, from: {subnets: all, " + source + "}, bucket: b, expect: reach}\n", `two tests are named "a"`},
		{"tests:\n- {from: {subnets: all, " + source + "}, bucket: b, through: vpce-1, expect: BLOCKED}\n", "goes with expect: REACHABLE only"},
	} {
		_, err := Parse("dir/t.yaml", []byte(tc.text), os.ReadFile)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q:\ngot  %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

func TestDefaultsAndPaths(t *testing.T) {
	f := parse(t, "snapshot: ../s.json\ndefaults: {expect: no-reach, bucket: team-a}\ntests:\n- {from: {subnets: all, "+source+"}}\n- {name: n, from: {subnets: all, "+source+"}, expect: reach, snapshot: own.json}\n")
	if *f.Tests[0].Expect != sim.Blocked || *f.Tests[1].Expect != sim.Reachable || f.Tests[1].Buckets[0] != "team-a" {
		t.Errorf("%+v", f.Tests)
	}
	r := Runner{}
	if got := r.snapshotPath(f.Tests[0], []*File{f}); got != "s.json" {
		t.Error(got)
	}
	if got := r.snapshotPath(f.Tests[1], []*File{f}); got != filepath.Join("dir", "own.json") {
		t.Error(got)
	}
}

func TestAQuestionThatMakesNoSenseIsAnError(t *testing.T) {
	w := &fake{testWorld(t), func(sim.Question) (*sim.Answer, error) { return nil, errors.New("no sense") }}
	r := Runner{Load: func(string) (Checker, error) { return w, nil }}
	_, err := r.Run(t.Context(), []*File{parse(t, "snapshot: s\ntests:\n- {from: {subnets: all, "+source+"}, bucket: b, expect: reach, mayBeAbsent: true}\n")})
	if err == nil || !strings.Contains(err.Error(), "dir/t.yaml:3: subnet-1 to arn:aws:s3:::b: no sense") {
		t.Error(err)
	}
}

func TestABaselineHoldsToday(t *testing.T) {
	job := `{"CompilationJobName":"j","RoleArn":"arn:aws:iam::111122223333:role/Neo","InputConfig":{"S3Uri":"s3://team-a/x"},"OutputConfig":{"S3OutputLocation":"s3://team-b/"},"VpcConfig":{"Subnets":["subnet-1"],"SecurityGroupIds":["sg-1"]}}`
	j, err := snapshot.ParseJob([]byte(job))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := located.FromJSON([]byte(job))
	if err != nil {
		t.Fatal(err)
	}
	answers := func(q sim.Question) (*sim.Answer, error) {
		switch q.Bucket {
		case "":
			return answer(sim.Reachable, "gateway-endpoint", "vpce-g"), nil
		case "arn:aws:s3:::team-a":
			return answer(sim.Unknown, "", ""), nil
		}
		return answer(sim.Blocked, "", "", sim.Finding{Code: finding.NoPath, Severity: sim.Blocker}), nil
	}
	w := &fake{testWorld(t), answers}
	text, err := Baseline(t.Context(), w, "s", []BaselineJob{{"j", ref, j}})
	if err != nil {
		t.Fatal(err)
	}
	results := run(t, string(text), answers)
	if len(results) != 4 {
		t.Fatalf("%d tests:\n%s", len(results), text)
	}
	for _, r := range results {
		if r.Outcome != Passed {
			t.Errorf("%s: %v %+v\n%s", r.Name, r.Outcome, r.Problems, text)
		}
	}
	validate(t, string(text))
}

func validate(t *testing.T, yaml string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(JSONSchema())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := located.Parse("t.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(docs[0].JSON())))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, yaml)
	}
}

func TestThePublishedSchema(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "schema", "test.schema.json")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, JSONSchema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(JSONSchema()) {
		t.Fatalf("docs/schema/test.schema.json is not what the program says (%v): UPDATE=1 go test ./sim/assert", err)
	}
}

// The twin of glob is the textbook recursion.
func TestGlobAgreesWithItsTwin(t *testing.T) {
	var twin func(p, s string) bool
	twin = func(p, s string) bool {
		switch {
		case p == "":
			return s == ""
		case p[0] == '*':
			return twin(p[1:], s) || s != "" && twin(p, s[1:])
		}
		return s != "" && (p[0] == '?' || p[0] == s[0]) && twin(p[1:], s[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		p, s := rapid.StringMatching(`[ab*?]{0,7}`).Draw(t, "pattern"), rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		if got, want := glob(p, s), twin(p, s); got != want {
			t.Fatalf("%q on %q: %v, the twin %v", p, s, got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("snapshot: s\ntests:\n- {from: {subnets: all, " + source + "}, bucket: b, expect: reach, skip: {reason: r, until: 2026-01-01}}\n")
	f.Add("defaults: {options: {port: 443, ephemeralPorts: 1-2}}\ntests:\n- {job: {CompilationJobName: x}, findings: [A]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("t.yaml", []byte(text), func(string) ([]byte, error) { return nil, os.ErrNotExist })
		if err == nil && len(file.Tests) == 0 {
			t.Error("no tests and no complaint")
		}
	})
}

// A test that names what is not there fails, whatever it expects: it would
// pass for want of what it is about.
func TestNamesThatAreNotThere(t *testing.T) {
	blocked := func(sim.Question) (*sim.Answer, error) {
		return answer(sim.Blocked, "", "", sim.Finding{Code: finding.NoPath, Severity: sim.Blocker}), nil
	}
	for _, subnet := range []struct{ from, says string }{
		{"subnet-11", "subnet subnet-11 is not in the snapshot; did you mean subnet-1?"},
		{"subnet-1, region: eu-west-9", "subnet subnet-1 is not among those that the test names by account, region or tags"},
		{"subnet-1, tags: {team: nobody}", "subnet subnet-1 is not among those that the test names by account, region or tags"},
		{"subnet-1, vpc: vpc-a", ""},
		{"subnet-1, vpc: vpc-b", "VPC vpc-b is not in the snapshot; did you mean vpc-a?"},
		{"all, vpc: vpc-aa", "VPC vpc-aa is not in the snapshot; did you mean vpc-a?"},
	} {
		got := run(t, "snapshot: s\ntests:\n- {from: {subnets: "+subnet.from+", "+source+"}, bucket: team-a, expect: BLOCKED}\n", blocked)[0]
		if subnet.says == "" && got.Outcome == Passed {
			continue
		}
		if got.Outcome != Failed || got.Problems[0].Message != subnet.says {
			t.Errorf("%s: %v %+v, want %q", subnet.from, got.Outcome, got.Problems, subnet.says)
		}
	}
	for _, tt := range []struct{ from, says string }{
		{"{subnets: subnet-1, vpc: vpc-b, " + source + "}", "subnet subnet-1 is in vpc-a, not in vpc-b, the vpc that the test names"},
		{"{interface: eni-none, role: " + role + "}", "network interface eni-none is not in the snapshot"},
		{"{instance: i-none, role: " + role + "}", "instance i-none is not in the snapshot"},
		{"{lambda: none, role: " + role + "}", "function none is not in the snapshot"},
	} {
		got := run(t, "snapshot: s\ntests:\n- {from: "+tt.from+", bucket: team-a, expect: BLOCKED, mayBeAbsent: true}\n", blocked)[0]
		if got.Outcome != Failed || got.Problems[0].Message != tt.says {
			t.Errorf("%s: %v %+v, want %q", tt.from, got.Outcome, got.Problems, tt.says)
		}
	}
	for _, tt := range []struct{ asserts, says string }{
		{"bucket: team-a, avoid: pl-none", "prefix list pl-none is not in the snapshot"},
		{"bucket: team-aa, expect: BLOCKED", "bucket team-aa is not in the snapshot; did you mean team-a?"},
		{"bucket: team-aa, expect: BLOCKED, mayBeAbsent: true", ""},
		{"bucket: 'team-zzz*', expect: BLOCKED, allowEmpty: true", ""},
		{"bucket: team-a, noFindings: [NO_PATHS]", "NO_PATHS is not a finding code; did you mean NO_PATH?"},
		{"bucket: team-a, expect: BLOCKED", ""},
	} {
		got := run(t, "snapshot: s\ntests:\n- {from: {subnets: subnet-1, "+source+"}, "+tt.asserts+"}\n", blocked)[0]
		if tt.says == "" && got.Outcome != Passed {
			t.Errorf("%s: %v %+v", tt.asserts, got.Outcome, got.Problems)
		}
		if tt.says != "" && (got.Outcome != Failed || got.Problems[0].Message != tt.says) {
			t.Errorf("%s: %v %+v, want %q", tt.asserts, got.Outcome, got.Problems, tt.says)
		}
	}
}
