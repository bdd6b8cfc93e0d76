package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/canreach/canreach/sim/assert"
)

// schemaTestResults names the JSON form of a test report.
const schemaTestResults = "canreach.test-results/v1"

func writeTestJSON(w io.Writer, env *Env, _ *testFlags, r *assert.Report) error {
	return writeJSON(w, struct {
		Schema  string          `json:"schema"`
		Passed  int             `json:"passed"`
		Failed  int             `json:"failed"`
		Unknown int             `json:"unknown"`
		Skipped int             `json:"skipped"`
		Results []assert.Result `json:"results"`
	}{schemaTestResults, r.Counts[assert.Passed], r.Counts[assert.Failed], r.Counts[assert.Undecided], r.Counts[assert.Skipped], r.Results})
}

// details returns a result's problems as text, safe to print.
func details(res *assert.Result) string {
	var b strings.Builder
	for i := range res.Problems {
		writeProblem(&b, &res.Problems[i])
	}
	return b.String()
}

// headline is a result's first problem in one line.
func headline(res *assert.Result) string {
	if len(res.Problems) == 0 {
		return res.Note
	}
	p := &res.Problems[0]
	if p.Question == "" {
		return p.Message
	}
	return p.Question + ": " + p.Message
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes what CI servers read. What is undecided is an error there.
func writeJUnit(w io.Writer, _ *Env, _ *testFlags, r *assert.Report) error {
	all := junitSuites{Tests: len(r.Results), Failures: r.Counts[assert.Failed], Errors: r.Counts[assert.Undecided], Skipped: r.Counts[assert.Skipped]}
	for i := range r.Results {
		res := &r.Results[i]
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != safeText(res.File) {
			all.Suites = append(all.Suites, junitSuite{Name: safeText(res.File)})
		}
		s := &all.Suites[len(all.Suites)-1]
		c := junitCase{Name: safeText(res.Name), Class: safeText(strings.TrimSuffix(filepath.Base(res.File), filepath.Ext(res.File))), File: safeText(res.File), Line: res.Line}
		s.Tests++
		message := &junitMessage{Message: safeText(headline(res)), Text: details(res)}
		switch res.Outcome {
		case assert.Failed:
			message.Type, c.Failure = "assertion", message
			s.Failures++
		case assert.Undecided:
			message.Type, c.Error = "unknown", message
			s.Errors++
		case assert.Skipped:
			c.Skipped = &junitMessage{Message: safeText(res.Note)}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	return writeJUnitSuites(w, &all)
}

func writeJUnitSuites(w io.Writer, all *junitSuites) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// writeTAP writes the Test Anything Protocol, version 14.
func writeTAP(w io.Writer, _ *Env, _ *testFlags, r *assert.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 14\n1..%d\n", len(r.Results))
	for i := range r.Results {
		res := &r.Results[i]
		name := tapText(res.Name)
		switch res.Outcome {
		case assert.Passed:
			fmt.Fprintf(&b, "ok %d - %s\n", i+1, name)
		case assert.Skipped:
			fmt.Fprintf(&b, "ok %d - %s # SKIP %s\n", i+1, name, tapText(res.Note))
		default:
			fmt.Fprintf(&b, "not ok %d - %s\n  ---\n  outcome: %s\n  at: %q\n  message: %q\n  details: |\n", i+1, name, res.Outcome, fmt.Sprintf("%s:%d", oneLine(res.File), res.Line), oneLine(headline(res)))
			for line := range strings.Lines(details(res)) {
				b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
			}
			b.WriteString("  ...\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tapText keeps a description on its line and its marks from being directives.
func tapText(s string) string {
	s = strings.Join(strings.Fields(safeText(s)), " ")
	return strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(s)
}

// writeGitHub writes workflow commands, which GitHub shows beside the lines.
//
// GitHub: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
func writeGitHub(w io.Writer, _ *Env, _ *testFlags, r *assert.Report) error {
	var b strings.Builder
	for i := range r.Results {
		res := &r.Results[i]
		level, text := "", headline(res)
		switch res.Outcome {
		case assert.Failed:
			level, text = "error", headline(res)+"\n"+details(res)
		case assert.Undecided:
			level, text = "warning", headline(res)+"\n"+details(res)
		case assert.Skipped:
			level = "notice"
		default:
			continue
		}
		fmt.Fprintf(&b, commandMark+"::%s file=%s,line=%d,title=%s::%s\n", level, githubProperty(filepath.ToSlash(res.File)), res.Line, githubProperty(res.Name), githubData(text))
	}
	fmt.Fprintf(&b, "%d passed, %d failed, %d unknown, %d skipped\n", r.Counts[assert.Passed], r.Counts[assert.Failed], r.Counts[assert.Undecided], r.Counts[assert.Skipped])
	_, err := io.WriteString(w, b.String())
	return err
}

var (
	githubDataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubPropertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func githubData(s string) string     { return githubDataEscapes.Replace(safeText(s)) }
func githubProperty(s string) string { return githubPropertyEscapes.Replace(safeText(s)) }
