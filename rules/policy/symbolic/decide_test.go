package symbolic

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/rules/policy"
)

func TestMain(m *testing.M) {
	disagree = func(r *policy.Request, got policy.Truth) {
		panic(fmt.Sprintf("the replay of %s %s gives %d", r.Action, r.Resource, got))
	}
	os.Exit(m.Run())
}

const testRole = "arn:aws:iam::111122223333:role/R"

func parse(t testing.TB, kind policy.Kind, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text), kind)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return d
}

// statements is a document of statements, given as JSON without their braces.
func statements(t testing.TB, kind policy.Kind, list ...string) *policy.Document {
	t.Helper()
	return parse(t, kind, `{"Version":"2012-10-17","Statement":[{`+strings.Join(list, "},{")+`}]}`)
}

func allow(resources ...string) string {
	return fmt.Sprintf(`"Effect":"Allow","Action":"s3:GetObject","Resource":["%s"]`, strings.Join(resources, `","`))
}

func deny(resources ...string) string {
	return fmt.Sprintf(`"Effect":"Deny","Action":"s3:*","Resource":["%s"]`, strings.Join(resources, `","`))
}

func getObject(resource string) policy.Request {
	p, err := policy.ParsePrincipal(testRole)
	if err != nil {
		panic(err)
	}
	p.Session = "SageMaker"
	return policy.Request{
		Principal: p, Action: "s3:GetObject", Resource: resource,
		ResourceAccount: "111122223333", Context: policy.NewContext(p),
	}
}

func identity1(d *policy.Document) *policy.Layers {
	return &policy.Layers{Identity: []policy.Policy{{Name: "p", Document: d}}, ResourceKind: policy.KindBucket}
}

func key(r *policy.Request) string {
	if r == nil {
		return ""
	}
	return strings.TrimPrefix(r.Resource, "arn:aws:s3:::")
}

func TestDecideSetsOfObjects(t *testing.T) {
	tests := []struct {
		name            string
		policy          []string
		resource        string
		outcome         Outcome
		allowed, denied string
	}{
		{"P217 all", []string{allow("arn:aws:s3:::b/*")}, "b/*", All, "b/x", ""},
		{"P217 none", []string{allow("arn:aws:s3:::c/*")}, "b/*", None, "", "b/x"},
		{"T133 part", []string{allow("arn:aws:s3:::b/data/*")}, "b/*", Some, "b/data/x", "b/x"},
		{"T134 one character", []string{allow("arn:aws:s3:::b/?")}, "b/*", Some, "b/x", "b/xx"},
		{"T176 all but", []string{allow("arn:aws:s3:::b/*"), deny("arn:aws:s3:::b/secret/*")}, "b/*", Some, "b/x", "b/secret/x"},
		{"inside", []string{allow("arn:aws:s3:::b/data/*")}, "b/data/2024/*", All, "b/data/2024/x", ""},
		{"a literal resource", []string{allow("arn:aws:s3:::b/k")}, "b/k", All, "b/k", ""},
		{"two that cover", []string{allow("arn:aws:s3:::b/?*"), allow("arn:aws:s3:::b/")}, "b/*", All, "b/x", ""},
		{"T171 a star crosses the slash", []string{allow("arn:aws:s3:::*sagemaker*")}, "my-models/*", Some, "my-models/sagemaker", "my-models/x"},
		{"P56 NotResource", []string{allow("*"), `"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/p*"`}, "b/*", Some, "b/p", "b/x"},
		{"P65 variable absent", []string{allow("arn:aws:s3:::b/${aws:username}/*")}, "b/*", None, "", "b/x"},
		{"P61 variable known", []string{allow("arn:aws:s3:::b/${aws:PrincipalAccount}/*")}, "b/*", Some, "b/111122223333/x", "b/x"},
		{"P63 its text is literal", []string{allow("arn:aws:s3:::b/${aws:PrincipalTag/t}")}, "b/*", Some, "b/*", "b/x"},
		{"P64 default", []string{allow("arn:aws:s3:::b/${aws:username, 'home'}")}, "b/*", Some, "b/home", "b/x"},
		{"P47 an odd star", []string{allow("arn:*:s3:::b/*")}, "b/*", All, "b/x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := identity1(statements(t, policy.KindIdentity, tt.policy...))
			base := getObject("arn:aws:s3:::" + tt.resource)
			base.Context["aws:principaltag/t"] = policy.Value{State: policy.KeyKnown, Values: []string{"*"}}
			got := Decide(l, Question{Base: base})
			if len(got.Cases) != 1 {
				t.Fatalf("%d cases", len(got.Cases))
			}
			c := got.Cases[0]
			if got.Outcome != tt.outcome || key(c.Allowed) != tt.allowed || key(c.Denied) != tt.denied {
				t.Errorf("%d, allowed %q, denied %q; want %d %q %q; needs %v", got.Outcome, key(c.Allowed), key(c.Denied), tt.outcome, tt.allowed, tt.denied, c.Needs)
			}
		})
	}
}

func TestDecideUnknown(t *testing.T) {
	tag := func(effect, op string) string {
		return fmt.Sprintf(`"Effect":"%s","Action":"s3:*","Resource":"arn:aws:s3:::b/t/*","Condition":{"%s":{"s3:ExistingObjectTag/k":"v"}}`, effect, op)
	}
	tests := []struct {
		name    string
		policy  []string
		outcome Outcome
	}{
		{"T138 tag unknown on part, the rest allowed", []string{allow("arn:aws:s3:::b/*"), tag("Deny", "StringEquals")}, Unknown},
		{"P218 the split settles it", []string{tag("Allow", "StringEquals"), tag("Allow", "StringNotEquals"), allow("arn:aws:s3:::b/a*")}, Some},
		{"both answers stand whatever the tag is", []string{allow("arn:aws:s3:::b/a*"), tag("Allow", "StringEquals")}, Some},
		{"P214 denied all the same", []string{deny("*"), tag("Allow", "StringEquals")}, None},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := getObject("arn:aws:s3:::b/*")
			base.UnknownKeys = []string{"s3:existingobjecttag/*"}
			got := Decide(identity1(statements(t, policy.KindIdentity, tt.policy...)), Question{Base: base})
			if got.Outcome != tt.outcome {
				t.Errorf("%+v, want %d", got, tt.outcome)
			}
			if (got.Outcome == Unknown) != (len(got.Cases[0].Needs) > 0) {
				t.Errorf("needs %v", got.Cases[0].Needs)
			}
		})
	}
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestDecideAddresses(t *testing.T) { // T131, P216
	half := `"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:VpcSourceIp":["10.0.0.64/26","10.0.0.200"]}}`
	l := identity1(statements(t, policy.KindIdentity, half))
	q := Question{Base: getObject("arn:aws:s3:::b/*"), Addresses: map[string][]AddrRange{
		"aws:vpcsourceip": {{addr("10.0.0.4"), addr("10.0.0.254")}},
	}}
	got := Decide(l, q)
	var b strings.Builder
	for _, c := range got.Cases {
		fmt.Fprint(&b, c.Outcome, c.Addresses["aws:vpcsourceip"], ";")
	}
	want := "2 [{10.0.0.4 10.0.0.63} {10.0.0.128 10.0.0.199} {10.0.0.201 10.0.0.254}];1 [{10.0.0.64 10.0.0.127} {10.0.0.200 10.0.0.200}];"
	if got.Outcome != Some || b.String() != want {
		t.Errorf("%d %s\nwant %s", got.Outcome, b.String(), want)
	}
	for _, c := range got.Cases {
		for _, r := range []*policy.Request{c.Allowed, c.Denied} {
			if r == nil {
				continue
			}
			a := addr(r.Context["aws:vpcsourceip"].Values[0])
			in := false
			for _, r := range c.Addresses["aws:vpcsourceip"] {
				in = in || !a.Less(r.From) && !r.To.Less(a)
			}
			if !in {
				t.Errorf("the example's address %s is not of its case", a)
			}
		}
	}
}

func TestDecideAddressesAsText(t *testing.T) {
	text := `"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:SourceIp":"198.51.100.?"}}`
	l := identity1(statements(t, policy.KindIdentity, text))
	q := Question{Base: getObject("arn:aws:s3:::b/*"), Addresses: map[string][]AddrRange{
		"aws:sourceip": {{addr("198.51.100.8"), addr("198.51.100.11")}},
	}}
	if got := Decide(l, q); got.Outcome != Some || len(got.Cases) != 2 {
		t.Errorf("%+v", got)
	}
	q.Addresses["aws:sourceip"][0].To = addr("198.52.0.0")
	if got := Decide(l, q); got.Outcome != Unknown || len(got.Cases[0].Needs) == 0 {
		t.Errorf("%+v", got)
	}
}

func TestDecideValues(t *testing.T) {
	l := identity1(statements(t, policy.KindIdentity, allow("*"), `"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"k:v":"a*"}}`))
	q := Question{Base: getObject("arn:aws:s3:::b/*"), Values: map[string][]string{"k:v": {"a1", "b1", "a2"}}}
	got := Decide(l, q)
	if got.Outcome != Some || len(got.Cases) != 2 || fmt.Sprint(got.Cases[0].Values["k:v"], got.Cases[1].Values["k:v"]) != "[a1 a2] [b1]" {
		t.Errorf("%+v", got)
	}
}

// The pools collide: few buckets, keys and wildcards.
var (
	poolResources = []string{"*", "arn:aws:s3:::b/*", "arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:s3:::b/a*", "arn:aws:s3:::b/?", "arn:aws:s3:::b/*a",
		"arn:aws:s3:::b/a*b", "arn:aws:s3:::b*", "arn:aws:s3:::c/*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${k:v}", "arn:*:s3:::b/*a*", "arn:aws:s3:*:*:b/b*", "arn:aws:s3:::b/a?*", "arn:aws:s3*"}
	poolActions    = []string{"s3:GetObject", "s3:*", "*", "s3:Put*", "s3:getobj*"}
	poolConditions = []string{"", "", `"StringEquals":{"k:v":"a"}`, `"StringNotEquals":{"k:v":"a"}`, `"IpAddress":{"aws:SourceIp":"10.0.0.0/30"}`,
		`"NotIpAddress":{"aws:SourceIp":["10.0.0.2/31"]}`, `"StringLikeIfExists":{"k:v":"a*"}`, `"Null":{"k:v":"true"}`, `"StringEquals":{"k:u":"a"}`, `"StringNotLike":{"k:u":"b*"}`}
	poolPrincipals = []string{`"*"`, `{"AWS":"111122223333"}`, `{"AWS":"` + testRole + `"}`, `{"AWS":"444455556666"}`}
	poolKeys       = []string{"a", "b", "aa", "ab", "ba", "abb", "x", "a/b", "a:b", "b:s3:::b/a", "a/x/y"}
)

func genStatement(t *rapid.T, principal bool) string {
	pick := func(name string, pool []string) string { return rapid.SampledFrom(pool).Draw(t, name) }
	effect := rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")
	not := func(name string) string {
		if rapid.IntRange(0, 5).Draw(t, name) == 0 {
			return "Not"
		}
		return ""
	}
	s := fmt.Sprintf(`"Effect":"%s","%sAction":"%s","%sResource":["%s","%s"]`, effect, not("na"), pick("action", poolActions), not("nr"), pick("r1", poolResources), pick("r2", poolResources))
	if c := pick("condition", poolConditions); c != "" {
		s += `,"Condition":{` + c + `}`
	}
	if principal {
		s += `,"Principal":` + pick("principal", poolPrincipals)
	}
	return s
}

func genLayers(t *rapid.T, tb testing.TB) *policy.Layers {
	document := func(name string, kind policy.Kind) *policy.Document {
		list := make([]string, rapid.IntRange(1, 3).Draw(t, name))
		for i := range list {
			list[i] = genStatement(t, kind == policy.KindBucket || kind == policy.KindEndpoint)
		}
		return statements(tb, kind, list...)
	}
	l := identity1(document("identity", policy.KindIdentity))
	if rapid.Bool().Draw(t, "hasBucket") {
		l.Resource = &policy.Policy{Name: "b", Document: document("bucket", policy.KindBucket)}
	}
	if rapid.IntRange(0, 3).Draw(t, "hasBoundary") == 0 {
		l.Boundary = &policy.Policy{Name: "pb", Document: document("boundary", policy.KindBoundary)}
	}
	if rapid.IntRange(0, 3).Draw(t, "hasEndpoint") == 0 {
		l.Endpoint, l.EndpointType = &policy.Policy{Name: "e", Document: document("endpoint", policy.KindEndpoint)}, policy.EndpointInterface
	}
	return l
}

func genBase(t *rapid.T) policy.Request {
	base := getObject("arn:aws:s3:::b/*")
	switch rapid.IntRange(0, 3).Draw(t, "k:v") {
	case 0:
		base.Context["k:v"] = policy.Value{State: policy.KeyKnown, Values: []string{"a"}}
	case 1:
		base.Context["k:v"] = policy.Value{State: policy.KeyValueUnknown}
	case 2:
		base.UnknownKeys = append(base.UnknownKeys, "k:v")
	}
	if rapid.Bool().Draw(t, "k:u") {
		base.UnknownKeys = append(base.UnknownKeys, "k:*")
	}
	if rapid.IntRange(0, 5).Draw(t, "ap") == 0 {
		base.AccessPoint = "arn:aws:s3:us-east-1:111122223333:accesspoint/b"
	}
	if rapid.Bool().Draw(t, "foreign") {
		base.ResourceAccount = "444455556666"
	}
	return base
}

// TestDecideAgreesWithEvaluate compares the decision over a set with the
// evaluator on members of the set.
func TestDecideAgreesWithEvaluate(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := genLayers(r, t)
		q := Question{Base: genBase(r), Addresses: map[string][]AddrRange{"aws:sourceip": {{addr("10.0.0.1"), addr("10.0.0.6")}}}}
		got := Decide(l, q)
		for _, c := range got.Cases {
			for _, run := range c.Addresses["aws:sourceip"] {
				for a := run.From; !run.To.Less(a); a = a.Next() {
					checkCase(r, l, &q, &c, a)
				}
			}
		}
	})
}

func checkCase(t *rapid.T, l *policy.Layers, q *Question, c *Case, a netip.Addr) {
	for _, k := range poolKeys {
		r := q.Base
		r.Resource = "arn:aws:s3:::b/" + k
		r.Context = clone(r.Context)
		r.Context["aws:sourceip"] = policy.Value{State: policy.KeyKnown, Values: []string{a.String()}}
		truth := policy.Decide(l, &r)
		if c.Outcome == All && truth != policy.True || c.Outcome == None && truth != policy.False {
			t.Fatalf("case %d: %s from %s is %d", c.Outcome, r.Resource, a, truth)
		}
		if c.Outcome == Unknown && (c.Allowed == nil && truth == policy.True || c.Denied == nil && truth == policy.False) {
			t.Fatalf("unknown, but %s from %s is %d, which no example shows", r.Resource, a, truth)
		}
	}
}

// TestRegionsAgreeWithAtoms runs the lazy mode where atoms would do.
func TestRegionsAgreeWithAtoms(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := genLayers(r, t)
		base := genBase(r)
		base.AccessPoint = ""
		d := newDecider(l, &Question{Base: base})
		var atoms, regions tally
		d.resources(&atoms, base)
		_, texts := d.patterns(&base)
		d.regions(&regions, base, questionLanguage(base.Resource), texts)
		// Regions may settle what the evaluator leaves open for each of their
		// members: the best case of all is denied, say. They never disagree.
		if atoms.settled() && !regions.settled() || regions.unknown && !atoms.unknown && !atoms.settled() {
			r.Fatalf("regions leave open what atoms settle: %+v, %+v", regions, atoms)
		}
		if !atoms.unknown && !atoms.settled() && ((atoms.allowed == nil) != (regions.allowed == nil) || (atoms.denied == nil) != (regions.denied == nil)) {
			r.Fatalf("atoms %v %v, regions %v %v", atoms.allowed, atoms.denied, regions.allowed, regions.denied)
		}
		if regions.settled() && !atoms.settled() {
			r.Fatalf("atoms miss an answer that regions found: %v %v", regions.allowed, regions.denied)
		}
	})
}

// TestDecideWorstCases: patterns that overlap in 2^n ways end, soon.
func TestDecideWorstCases(t *testing.T) {
	infixes := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf("arn:aws:s3:::b/*t%d*u%d*", i, i)
		}
		return out
	}
	// Each clause denies what matches none of its three patterns: a word that
	// is allowed is a satisfying assignment.
	sat := func(vars, clauses int, seed uint64) []string {
		rnd := rand.New(rand.NewPCG(seed, seed))
		list := []string{allow("arn:aws:s3:::b/" + strings.Repeat("?", vars))}
		for range clauses {
			var lits []string
			for range 3 {
				v := rnd.IntN(vars)
				lits = append(lits, "arn:aws:s3:::b/"+strings.Repeat("?", v)+[]string{"t", "f"}[rnd.IntN(2)]+strings.Repeat("?", vars-v-1))
			}
			list = append(list, fmt.Sprintf(`"Effect":"Deny","Action":"*","NotResource":["%s"]`, strings.Join(lits, `","`)))
		}
		return list
	}
	tests := []struct {
		name     string
		policy   []string
		resource string
		want     []Outcome
	}{
		{"300 infixes allowed", []string{allow(infixes(300)...)}, "b/*", []Outcome{Some}},
		{"300 infixes denied", []string{allow("*"), deny(infixes(300)...)}, "b/*", []Outcome{Some}},
		{"all and 300 infixes allowed", []string{allow(infixes(300)...), allow("arn:aws:s3:::b/*")}, "b/*", []Outcome{All}},
		{"300 infixes in vain", []string{allow(infixes(300)...), deny("*")}, "b/*", []Outcome{None}},
		{"3-SAT, 40 variables", sat(40, 170, 1), "b/*", []Outcome{Unknown, Some, None}},
		{"3-SAT, 12 variables", sat(12, 80, 2), "b/*", []Outcome{Unknown, Some, None}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := identity1(statements(t, policy.KindIdentity, tt.policy...))
			got := Decide(l, Question{Base: getObject("arn:aws:s3:::" + tt.resource)})
			if !slices.Contains(tt.want, got.Outcome) {
				t.Errorf("%d, want one of %d; needs %v", got.Outcome, tt.want, got.Cases[0].Needs)
			}
			if got.Outcome == Unknown && !strings.Contains(got.Cases[0].Needs[0].Fact, "patterns interact in Resource") {
				t.Errorf("needs %v", got.Cases[0].Needs)
			}
		})
	}
}

// TestDecideManyCells: what many cells ask alike is bounded for all of them
// together.
func TestDecideManyCells(t *testing.T) {
	var list []string
	for i := range 40 {
		list = append(list, fmt.Sprintf(`"Effect":"Deny","Action":"*","NotResource":["arn:aws:s3:::b/*t%d*u*","arn:aws:s3:::b/*v%d*w*"],"Condition":{"IpAddress":{"aws:VpcSourceIp":"10.0.0.%d"}}`, i, i, 2*i))
	}
	l := identity1(statements(t, policy.KindIdentity, append(list, allow("*"))...))
	got := Decide(l, Question{Base: getObject("arn:aws:s3:::b/*"), Addresses: map[string][]AddrRange{"aws:vpcsourceip": {{addr("10.0.0.0"), addr("10.0.0.255")}}}})
	if got.Outcome != Some {
		t.Errorf("%d", got.Outcome)
	}
}

// TestRegionsNotResource: only what is in both patterns is allowed, which no
// resource of one pattern shows.
func TestRegionsNotResource(t *testing.T) {
	except := func(pattern string) string {
		return `"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/` + pattern + `"`
	}
	l := identity1(statements(t, policy.KindIdentity, allow("*"), except("*a*"), except("*c*")))
	base := getObject("arn:aws:s3:::b/*")
	d := newDecider(l, &Question{Base: base})
	var got tally
	d.regions(&got, base, questionLanguage(base.Resource), nil)
	if !got.settled() || got.unknown {
		t.Errorf("allowed %v, denied %v, unknown %v", got.allowed, got.denied, got.unknown)
	}
}

// A variable that is not known and a condition on the same key hang on one
// unknown: b/a is allowed where the key is "a", and nobody knows (P219).
func TestDecideVariableAndConditionAreOneUnknown(t *testing.T) {
	parse := func(kind policy.Kind, text string) *policy.Document {
		d, err := policy.Parse([]byte(text), kind)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	l := identity1(parse(policy.KindIdentity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${k:v}"}]}`))
	l.Boundary = &policy.Policy{Name: "pb", Document: parse(policy.KindBoundary, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"k:v":"a"}}}]}`)}
	base := getObject("arn:aws:s3:::b/*")
	base.Context["k:v"] = policy.Value{State: policy.KeyValueUnknown}
	if got := Decide(l, Question{Base: base}); got.Outcome != Unknown {
		t.Errorf("outcome %d, want Unknown: b/a hangs on k:v", got.Outcome)
	}
	base.Resource = "arn:aws:s3:::b/c*"
	if got := Decide(l, Question{Base: base}); got.Outcome != None {
		t.Errorf("outcome %d, want None: k:v cannot be both a and c…", got.Outcome)
	}
}
