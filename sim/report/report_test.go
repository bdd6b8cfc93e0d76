package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/markup"
	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
)

// samples are answers to draw, by the names of their files in testdata.
var samples = []string{"reachable", "two", "twenty", "partial", "unknown", "hostile"}

func sample(t *testing.T, name string) *sim.Answer {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var a sim.Answer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return &a
}

func render(t interface{ Fatal(...any) }, format string, a *sim.Answer) []byte {
	var b bytes.Buffer
	var err error
	switch format {
	case "svg":
		err = picture.SVG(&b, Diagram(a), picture.SVGOptions{})
	case "dot":
		err = picture.DOT(&b, Diagram(a))
	case "mmd":
		err = picture.Mermaid(&b, Diagram(a))
	case "html":
		err = HTML(&b, Page{Answer: a, Gaps: []string{"s3 GetBucketPolicy logs: AccessDenied"},
			Rules: []Rule{{Pointer: "/accounts/0", Text: "{\n\t\"a\": \"</pre><script>\"\n}", By: []string{"X"}}},
			Facts: []Fact{{"Program", "canreach 1.0.0"}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPicturesLookAsTheyDidWhenSomebodyLastLookedAtThem(t *testing.T) {
	for _, file := range []string{"two.svg", "two.html", "two.dot", "two.mmd", "twenty.svg", "partial.svg", "hostile.svg"} {
		format := filepath.Ext(file)[1:]
		got := render(t, format, sample(t, strings.TrimSuffix(file, "."+format)))
		golden := filepath.Join("testdata", "golden", file)
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (rewrite with UPDATE_GOLDEN=1, and look at it):\n%s", file, diff)
		}
	}
}

func TestEveryFindingAndMissingFactAppearsOnThePage(t *testing.T) {
	for _, name := range samples {
		a := sample(t, name)
		page := string(render(t, "html", a))
		for _, f := range a.Findings {
			for _, text := range []string{f.Code.String(), f.Message, f.Fix, f.Pointer} {
				if !strings.Contains(page, markup.Escape(text)) {
					t.Errorf("%s: the page lacks %q", name, text)
				}
			}
		}
		for _, m := range a.Unknowns {
			if !strings.Contains(page, markup.Escape(m.Fact)) {
				t.Errorf("%s: the page lacks %q", name, m.Fact)
			}
		}
		for _, p := range a.Placements {
			if !strings.Contains(page, markup.Escape(p.Subnet)) {
				t.Errorf("%s: the page lacks %q", name, p.Subnet)
			}
		}
	}
}

func TestEveryFindingIsDrawnInTheLanesThatItConcerns(t *testing.T) {
	for _, name := range samples {
		a := sample(t, name)
		d := Diagram(a)
		for i, p := range a.Placements {
			for _, n := range p.Findings {
				if n >= 0 && n < len(a.Findings) && !drawn(d, p.Subnet, a.Findings[n].Code.String()) {
					t.Errorf("%s: %s is not drawn for placement %d", name, a.Findings[n].Code.String(), i)
				}
			}
		}
	}
}

func drawn(d *picture.Diagram, subnet, code string) bool {
	for i := range d.Lanes {
		l := &d.Lanes[i]
		if !slices.Contains(l.Members, subnet) {
			continue
		}
		for _, s := range l.Stations() {
			if slices.ContainsFunc(s.Lines, func(l picture.Line) bool { return l.Code == code }) {
				return true
			}
		}
	}
	return false
}

// checkMarks fails unless what a lane says is what its stations show.
func checkMarks(l *picture.Lane) error {
	bad := 0
	for _, s := range l.Stations() {
		for _, m := range []picture.Mark{s.Mark, s.Reply} {
			if m == picture.Stop || m == picture.Partial || m == picture.Unknown {
				bad++
			}
		}
	}
	if l.Mark == picture.Pass && bad > 0 {
		return fmt.Errorf("%s passes, and %d stations do not", l.Title, bad)
	}
	if l.Mark != picture.Pass && bad == 0 {
		return fmt.Errorf("%s is %s, and every station passes", l.Title, l.Word)
	}
	return nil
}

func TestALaneAndItsStationsSayTheSame(t *testing.T) {
	for _, name := range samples {
		d := Diagram(sample(t, name))
		for i := range d.Lanes {
			if err := checkMarks(&d.Lanes[i]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestTwentySubnetsAreDrawnByTheirFates(t *testing.T) {
	d := Diagram(sample(t, "twenty"))
	var got []string
	for _, l := range d.Lanes {
		got = append(got, fmt.Sprintf("%d %s", len(l.Members), l.Word))
	}
	if diff := cmp.Diff([]string{"3 BLOCKED", "1 UNKNOWN", "16 REACHABLE"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTrafficThatSplitsIsDrawnByItsWays(t *testing.T) {
	d := Diagram(sample(t, "partial"))
	if len(d.Lanes) != 2 || d.Lanes[0].Word != "BLOCKED" || d.Lanes[1].Word != "REACHABLE" {
		t.Fatalf("lanes %+v", d.Lanes)
	}
	for _, s := range d.Lanes[1].Stations() {
		for _, l := range s.Lines {
			if l.Code == "SUBNET_ACL_RESTRICTION" {
				t.Error("a blocker of the other way is drawn here")
			}
		}
	}
	nacl := -1
	for i, s := range d.Lanes[0].Stations() {
		if s.Label == "Network ACL" {
			nacl = i
			if s.Mark != picture.Pass || s.Reply != picture.Stop {
				t.Errorf("the network ACL shows %v, replies %v", s.Mark, s.Reply)
			}
		}
	}
	if nacl < 0 {
		t.Error("no network ACL")
	}
}

func TestALayerThatSaysNothingStopsOnlyWhereItHadToAllow(t *testing.T) {
	a := sample(t, "reachable")
	for _, l := range Diagram(a).Lanes {
		for _, s := range l.Stations() {
			if s.Label == "Bucket policy" && s.Mark != picture.None {
				t.Errorf("bucket policy shows %v", s.Mark)
			}
		}
	}
	a.Verdict, a.Placements = sim.Blocked, a.Placements[:1]
	p := &a.Placements[0]
	p.Verdict, p.Findings = sim.Blocked, []int{0}
	for i := range p.Requests {
		p.Requests[i].Verdict = sim.Blocked
	}
	a.Findings = []sim.Finding{{Code: finding.BucketPolicyNoAllow, Gate: sim.GateBucketPolicy, Severity: sim.Blocker, Component: "models"}}
	for _, s := range Diagram(a).Lanes[0].Stations() {
		if s.Label == "Bucket policy" && s.Mark != picture.Stop {
			t.Errorf("bucket policy shows %v", s.Mark)
		}
	}
}

// anyAnswer draws an answer of hostile strings whose indexes may be wrong.
func anyAnswer(t *rapid.T) *sim.Answer {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "subnet-a", "rtb-1", "role", "<script>x</script>", `"'><b onclick=x`, "]]>", "\u202e\x00", "javascript:x"}), rapid.String())
	verdict := rapid.Map(rapid.IntRange(0, 3), func(i int) sim.Verdict { return sim.Verdict(i) })
	gate := rapid.Map(rapid.IntRange(0, int(sim.GateSGIngress)), func(i int) sim.Gate { return sim.Gate(i) })
	kind := rapid.OneOf(rapid.SampledFrom([]string{"subnet", "security-group", "network-acl", "route-table", "vpc-endpoint"}), text)
	decision := rapid.SampledFrom([]string{"", "permit", "deny", "partial", "unknown", "allow", "explicitDeny", "implicitDeny", "?"})
	hop := rapid.Custom(func(t *rapid.T) sim.Hop {
		return sim.Hop{Component: text.Draw(t, "c"), Kind: kind.Draw(t, "k"), Via: text.Draw(t, "v"), Decision: decision.Draw(t, "d"),
			Direction: rapid.SampledFrom([]string{"", "reply"}).Draw(t, "dir")}
	})
	path := rapid.Custom(func(t *rapid.T) sim.Path {
		return sim.Path{Verdict: verdict.Draw(t, "v"), Via: text.Draw(t, "via"), Destinations: rapid.SliceOfN(text, 0, 2).Draw(t, "to"), Hops: rapid.SliceOfN(hop, 0, 4).Draw(t, "hops")}
	})
	layer := rapid.Custom(func(t *rapid.T) sim.Layer {
		return sim.Layer{Layer: rapid.OneOf(rapid.SampledFrom([]string{"role", "scp", "kms"}), text).Draw(t, "l"), Decision: decision.Draw(t, "d"), Policy: text.Draw(t, "p"),
			Statements: []sim.Statement{{Sid: text.Draw(t, "sid")}}}
	})
	request := rapid.Custom(func(t *rapid.T) sim.Request {
		return sim.Request{Action: text.Draw(t, "a"), Resource: text.Draw(t, "r"), Verdict: verdict.Draw(t, "v"), Layers: rapid.SliceOfN(layer, 0, 3).Draw(t, "layers")}
	})
	placement := rapid.Custom(func(t *rapid.T) sim.Placement {
		return sim.Placement{Subnet: text.Draw(t, "s"), AvailabilityZone: text.Draw(t, "az"), Target: text.Draw(t, "t"), Verdict: verdict.Draw(t, "v"),
			Network:  sim.Network{Verdict: verdict.Draw(t, "n"), Path: rapid.SliceOfN(hop, 0, 4).Draw(t, "path"), Paths: rapid.SliceOfN(path, 0, 3).Draw(t, "paths")},
			Requests: rapid.SliceOfN(request, 0, 3).Draw(t, "requests"), Findings: rapid.SliceOfN(rapid.IntRange(-1, 4), 0, 4).Draw(t, "f")}
	})
	code := rapid.Map(rapid.SampledFrom(finding.All()), func(e finding.Entry) finding.Code { return e.Code })
	someFinding := rapid.Custom(func(t *rapid.T) sim.Finding {
		return sim.Finding{Code: code.Draw(t, "code"), Gate: gate.Draw(t, "g"), Severity: sim.Severity(rapid.IntRange(0, 2).Draw(t, "s")), Component: text.Draw(t, "c"),
			Message: text.Draw(t, "m"), Fix: text.Draw(t, "fix"), URL: rapid.SampledFrom([]string{"", "javascript:alert(1)", "https://docs.aws.amazon.com/x\"onclick=y", "http://evil"}).Draw(t, "url"),
			Placements: rapid.SliceOfN(rapid.IntRange(-1, 4), 0, 2).Draw(t, "p")}
	})
	return &sim.Answer{Schema: sim.SchemaVerdict, Verdict: verdict.Draw(t, "verdict"),
		Question:   sim.AskedOf{Job: text.Draw(t, "job"), Role: text.Draw(t, "role"), Bucket: text.Draw(t, "bucket"), From: text.Draw(t, "from")},
		Placements: rapid.SliceOfN(placement, 0, 3).Draw(t, "placements"), Findings: rapid.SliceOfN(someFinding, 0, 3).Draw(t, "findings"),
		Unknowns: []sim.Missing{{Code: code.Draw(t, "u"), Gate: gate.Draw(t, "ug"), Fact: text.Draw(t, "uf"), Collect: text.Draw(t, "uc")}}}
}

var pageElements = regexp.MustCompile(`^(html|head|meta|title|style|body|main|header|section|footer|figure|details|summary|article|div|p|span|h[123]|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|th|td|a|code|pre|svg|desc|defs|pattern|rect|path|g|text)$`)
var pageAttributes = regexp.MustCompile(`^(lang|charset|http-equiv|name|content|rel|href|open|xmlns|class|role|width|height|viewBox|aria-[a-z]+|id|patternUnits|patternTransform|d|x|y|rx|fill|transform|data-[a-z]+)$`)

// checkPage fails unless every tag closes, and none can run or load anything.
func checkPage(page []byte) error {
	page = bytes.TrimPrefix(page, []byte("<!DOCTYPE html>\n"))
	page = bytes.ReplaceAll(page, []byte("<details open>"), []byte("<details>"))
	page = regexp.MustCompile(`<meta [^>]*`).ReplaceAll(page, []byte("$0/"))
	dec := xml.NewDecoder(bytes.NewReader(page))
	ids := map[string]bool{}
	var links []string
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			for _, to := range links {
				if !ids[to] {
					return fmt.Errorf("a link to %q, which nothing on the page is", to)
				}
			}
			return nil
		}
		if err != nil {
			return err
		}
		el, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if !pageElements.MatchString(el.Name.Local) {
			return fmt.Errorf("element %s", el.Name.Local)
		}
		for _, a := range el.Attr {
			if !pageAttributes.MatchString(a.Name.Local) {
				return fmt.Errorf("attribute %s=%q", a.Name.Local, a.Value)
			}
			if to, here := strings.CutPrefix(a.Value, "#"); a.Name.Local == "href" && here {
				links = append(links, to)
			} else if a.Name.Local == "href" && !strings.HasPrefix(a.Value, "https://docs.aws.amazon.com/") {
				return fmt.Errorf("a link to %q", a.Value)
			}
			if a.Name.Local == "id" {
				if ids[a.Value] {
					return fmt.Errorf("id %q twice", a.Value)
				}
				ids[a.Value] = true
			}
		}
	}
}

func TestNoAnswerBreaksOutOfItsPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAnswer(t)
		if err := checkPage(render(t, "html", a)); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"svg", "dot", "mmd"} {
			render(t, f, a)
		}
	})
	for _, name := range samples {
		if err := checkPage(render(t, "html", sample(t, name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A card that says something leads to it; what is said stands beside one or two
// lanes, and below more.
func TestCardsLeadToWhatTheySay(t *testing.T) {
	for name, want := range map[string]struct {
		link, layout string
	}{"two": {`href="#finding-0"`, "beside two"}, "unknown": {`href="#missing-0"`, "beside one"}, "twenty": {`href="#finding-0"`, "below"}} {
		page := string(render(t, "html", sample(t, name)))
		if !strings.Contains(page, want.link) || !strings.Contains(page, `<div class="`+want.layout+`">`) {
			t.Errorf("%s: no %s, or not laid out as %q", name, want.link, want.layout)
		}
	}
}

// Nothing is smaller than 12 pixels.
func TestTextIsLargeEnough(t *testing.T) {
	for _, m := range regexp.MustCompile(`font-size:([0-9.]+)px`).FindAllStringSubmatch(StyleSheet+mapStyle, -1) {
		if size, err := strconv.ParseFloat(m[1], 64); err != nil || size < 12 {
			t.Errorf("%s", m[0])
		}
	}
}

func TestThePageAllowsItsOwnStyleAndNothingElse(t *testing.T) {
	page := string(render(t, "html", sample(t, "hostile")))
	if !strings.Contains(page, `content="default-src 'none'; style-src 'sha256-`) {
		t.Error("no content security policy")
	}
	if strings.Contains(page, " style=") {
		t.Error("a style attribute, which the policy blocks")
	}
}

func TestSameAnswerSameBytes(t *testing.T) {
	for _, name := range samples {
		for _, f := range []string{"svg", "html", "dot", "mmd"} {
			if !bytes.Equal(render(t, f, sample(t, name)), render(t, f, sample(t, name))) {
				t.Errorf("%s.%s differs between two runs", name, f)
			}
		}
	}
}

func TestABlockerOfSomeCasesStopsOnlyAPart(t *testing.T) {
	a := sample(t, "reachable")
	p := &a.Placements[0]
	p.Verdict, p.Findings = sim.Partial, []int{0}
	a.Findings = []sim.Finding{{Code: finding.ENISGRulesMismatch, Gate: sim.GateSGEgress, Severity: sim.Blocker, Component: "sg-0d41c5e8b9a2f7036"}}
	for _, s := range Diagram(a).Lanes[0].Stations() {
		if s.Label == "Security group" && s.Mark != picture.Partial {
			t.Errorf("%s shows %v", s.Label, s.Mark)
		}
	}
	p.Verdict = sim.Blocked
	d := Diagram(a)
	for _, s := range d.Lanes[0].Stations() {
		if s.Label == "Security group" && s.Mark != picture.Stop {
			t.Errorf("where every case fails, %s shows %v", s.Label, s.Mark)
		}
	}
}

// A client outside of every VPC is no job, whoever signs.
func TestTheSourceOfAnOutsideClient(t *testing.T) {
	a := sample(t, "reachable")
	a.Question.Job, a.Question.From = "", "203.0.113.7"
	d := Diagram(a)
	if s := d.Lanes[0].Stations()[0]; s.Label != "From" || s.Name != "203.0.113.7" {
		t.Errorf("%s %s", s.Label, s.Name)
	}
	if !strings.Contains(d.Title, "203.0.113.7 → "+bucketOf(a.Question.Bucket)) && !strings.Contains(d.Title, "203.0.113.7 → "+a.Question.Bucket) {
		t.Error(d.Title)
	}
}

func TestAJobThatAWSRefusesStopsAtTheJob(t *testing.T) {
	a := sample(t, "reachable")
	p := &a.Placements[0]
	p.Verdict, p.Findings = sim.Blocked, []int{0}
	a.Findings = []sim.Finding{{Code: finding.JobRoleEC2Actions, Gate: sim.GateJob, Severity: sim.Blocker, Component: "arn:aws:iam::111122223333:role/Neo"}}
	a.Question.Service = "AWS Lambda function"
	stations := Diagram(a).Lanes[0].Stations()
	if s := stations[0]; s.Label != "AWS Lambda function" || s.Mark != picture.Stop {
		t.Errorf("%s shows %v", s.Label, s.Mark)
	}
	if s := stations[len(stations)-1]; s.Mark != picture.Unreached {
		t.Errorf("%s shows %v", s.Label, s.Mark)
	}
}
