package cli

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
)

// lintWriters write the answer in the formats of -o.
var lintWriters = map[string]func(*Env, *lintAnswer) error{
	"text": writeLintText, "json": func(env *Env, a *lintAnswer) error { return writeJSON(env.Stdout, a) },
	"sarif": writeLintSARIF, "github": writeLintGitHub, "junit": writeLintJUnit,
}

// writeLintText writes a line a finding. What is malformed is told as an error
// of the command.
func writeLintText(env *Env, a *lintAnswer) error {
	var b strings.Builder
	p := env.painter()
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Code == finding.PolicyMalformed.String() {
			continue
		}
		colour := map[string]string{"error": "1;31", "warning": "1;33", "info": "1;34"}[f.Severity]
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s: %s\n", safeText(f.File), f.Line, f.Column, p.paint(colour, f.Severity), f.Code, safeText(f.Message))
		if f.Fix != "" {
			fmt.Fprintf(&b, "    fix: %s\n", safeText(f.Fix))
		}
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}

// words are the message and the fix.
func (f *lintFinding) words() string {
	if f.Fix == "" {
		return f.Message
	}
	return f.Message + "\nfix: " + f.Fix
}

func writeLintGitHub(env *Env, a *lintAnswer) error {
	var b strings.Builder
	for i := range a.Findings {
		f := &a.Findings[i]
		level := f.Severity
		if level == policy.LintInfo.String() {
			level = "notice"
		}
		fmt.Fprintf(&b, commandMark+"::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, githubProperty(filepath.ToSlash(f.File)), f.Line, f.Column, f.Code, githubData(f.words()))
	}
	fmt.Fprintf(&b, "%d policies, %d findings\n", len(a.Policies), len(a.Findings))
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}

func writeLintSARIF(env *Env, a *lintAnswer) error {
	run := newSARIFRun(env)
	for i := range a.Findings {
		f := &a.Findings[i]
		rule := sarifRule{ID: f.Code, ShortDescription: sarifText{f.Code}}
		if entry, ok := finding.Lookup(f.Code); ok {
			rule.ShortDescription.Text = entry.Title + "."
		}
		level := f.Severity
		if level == policy.LintInfo.String() {
			level = "note"
		}
		uri := (&url.URL{Path: filepath.ToSlash(f.File)}).String()
		run.add(rule, sarifResult{Kind: "fail", Level: level, Message: sarifText{safeText(f.words())},
			Locations: []sarifLocation{{Physical: sarifPhysical{sarifArtifact{uri}, sarifRegion{f.Line}}}}})
	}
	return run.write(env.Stdout)
}

// writeLintJUnit writes a test case a policy; warnings and errors fail it.
func writeLintJUnit(env *Env, a *lintAnswer) error {
	suite := junitSuite{Name: "canreach policy lint"}
	for i := range a.Policies {
		p := &a.Policies[i]
		c := junitCase{Name: safeText(p.File + p.Pointer), Class: safeText(p.Type), File: safeText(p.File), Line: 1}
		var lines []string
		for j := range a.Findings {
			f := &a.Findings[j]
			if f.File != p.File || !strings.HasPrefix(f.Pointer, p.Pointer) || f.Severity == policy.LintInfo.String() {
				continue
			}
			if len(lines) == 0 {
				c.Line = f.Line
				c.Failure = &junitMessage{Message: safeText(f.Code + ": " + f.Message), Type: f.Severity}
			}
			lines = append(lines, fmt.Sprintf("%d:%d: %s: %s", f.Line, f.Column, f.Code, f.words()))
		}
		if c.Failure != nil {
			c.Failure.Text = safeText(strings.Join(lines, "\n"))
			suite.Failures++
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Tests = len(suite.Cases)
	return writeJUnitSuites(env.Stdout, &junitSuites{Tests: suite.Tests, Failures: suite.Failures, Suites: []junitSuite{suite}})
}
