package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// runReport runs a file with one test of each outcome, in a folder and under
// names that no format may stumble over.
func runReport(t *testing.T, format string) string {
	t.Helper()
	job, err := filepath.Abs(neo + "job.json")
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := filepath.Abs(neo + "broken/wrong-route-table.json")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`snapshot: %s
tests:
- {name: "holds", job: %[2]s, expect: no-reach}
- {name: "fails: <a> & \"b\" ]]> # SKIP x\n  - y\t%%0A", job: %[2]s, expect: reach}
- {name: "undecided", job: %[2]s, snapshot: roles-unknown.json, expect: reach}
- {name: "skipped", job: %[2]s, expect: reach, skip: {reason: "later # not now", until: 2030-01-01}}
- {name: "skip expired", job: %[2]s, expect: reach, skip: {reason: "was later", until: 2020-01-01}}
`, snapshot, job)
	whole, err := os.ReadFile(neo + "snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("roles-unknown.json", bytes.ReplaceAll(whole, []byte(`"RoleDetailList"`), []byte(`"NotCollected"`)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(`a:b %&<x>".yaml`, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runUses(t, "", "test", "-o", format, `a:b %&<x>".yaml`)
	if code != 1 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	return out
}

// The OASIS schema takes the log, rules and results fit together, and what is
// undecided or skipped is no plain failure.
func TestSARIFConforms(t *testing.T) {
	text, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	out := runReport(t, "sarif")
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(v); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(out), &log); err != nil {
		t.Fatal(err)
	}
	run, kinds := log.Runs[0], ""
	for _, res := range run.Results {
		kinds += res.Kind + " " + res.Level + " " + strconv.Itoa(len(res.Suppressions)) + "; "
		if id := run.Tool.Driver.Rules[res.RuleIndex].ID; id != res.RuleID {
			t.Errorf("ruleIndex names %s, ruleId %s", id, res.RuleID)
		}
		if uri := res.Locations[0].Physical.Artifact.URI; uri != "./a:b%20%25&%3Cx%3E%22.yaml" {
			t.Errorf("the URI is %s", uri)
		}
	}
	if kinds != "fail error 0; open none 0; fail error 1; fail error 0; " {
		t.Errorf("results %q", kinds)
	}
}

// Counts agree with the cases, names and classes are there, an outcome has
// one child at most.
func TestJUnitConforms(t *testing.T) {
	out := runReport(t, "junit")
	var v struct {
		Tests, Failures, Errors, Skipped int
		Suites                           []struct {
			Name                             string `xml:"name,attr"`
			Tests, Failures, Errors, Skipped int
			Cases                            []struct {
				Name    string    `xml:"name,attr"`
				Class   string    `xml:"classname,attr"`
				Failure []xmlBody `xml:"failure"`
				Error   []xmlBody `xml:"error"`
				Skipped []xmlBody `xml:"skipped"`
			} `xml:"testcase"`
			XMLAttrs []xml.Attr `xml:",any,attr"`
		} `xml:"testsuite"`
		XMLAttrs []xml.Attr `xml:",any,attr"`
	}
	if err := xml.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	attr := func(list []xml.Attr, name string) int {
		for _, a := range list {
			if a.Name.Local == name {
				n, err := strconv.Atoi(a.Value)
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
		t.Errorf("no attribute %s", name)
		return -1
	}
	s := v.Suites[0]
	var failures, errors, skipped int
	for _, c := range s.Cases {
		failures, errors, skipped = failures+len(c.Failure), errors+len(c.Error), skipped+len(c.Skipped)
		if c.Name == "" || c.Class == "" || len(c.Failure)+len(c.Error)+len(c.Skipped) > 1 {
			t.Errorf("%+v", c)
		}
		for _, b := range append(c.Failure, c.Error...) {
			if b.Message == "" || b.Text == "" || b.Type == "" {
				t.Errorf("%s: %+v", c.Name, b)
			}
		}
	}
	for _, list := range [][]xml.Attr{v.XMLAttrs, s.XMLAttrs} {
		if attr(list, "tests") != 5 || attr(list, "failures") != failures || attr(list, "errors") != errors || attr(list, "skipped") != skipped || skipped != 1 || failures < 2 {
			t.Errorf("%d failures, %d errors, %d skipped: %v", failures, errors, skipped, list)
		}
	}
}

type xmlBody struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

var tapPoint = regexp.MustCompile(`^(not )?ok ([0-9]+) - (.*)$`)

// TAP 14: version, plan, points in order, diagnostics that are YAML, and no
// directive but ours.
//
// TAP: https://testanything.org/tap-version-14-specification.html
func TestTAPConforms(t *testing.T) {
	lines := strings.Split(strings.TrimRight(runReport(t, "tap"), "\n"), "\n")
	if lines[0] != "TAP version 14" || lines[1] != "1..5" {
		t.Fatalf("%q", lines[:2])
	}
	points, directives := 0, 0
	for i := 2; i < len(lines); i++ {
		m := tapPoint.FindStringSubmatch(lines[i])
		if m == nil {
			t.Fatalf("line %d is none of TAP's: %q", i+1, lines[i])
		}
		points++
		if m[2] != strconv.Itoa(points) {
			t.Errorf("point %s is the %d.", m[2], points)
		}
		if strings.Contains(strings.ReplaceAll(m[3], `\#`, ""), "#") {
			directives++
		}
		if i+1 == len(lines) || lines[i+1] != "  ---" {
			continue
		}
		var block []string
		for i += 2; lines[i] != "  ..."; i++ {
			block = append(block, strings.TrimPrefix(lines[i], "  "))
		}
		var v map[string]string
		if err := yaml.Unmarshal([]byte(strings.Join(block, "\n")), &v); err != nil || v["outcome"] == "" || v["at"] == "" || v["details"] == "" {
			t.Errorf("%v: %q in\n%s", err, v, strings.Join(block, "\n"))
		}
	}
	if points != 5 || directives != 1 {
		t.Errorf("%d points, %d directives", points, directives)
	}
}
