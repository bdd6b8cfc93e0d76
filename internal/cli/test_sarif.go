package cli

import (
	"io"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/canreach/canreach/sim/assert"
)

// The part of SARIF 2.1.0 that a test report needs.
//
// OASIS: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Kind         string             `json:"kind"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Kind string `json:"kind,omitempty"`
	}
)

// writeSARIF writes what code scanning reads. The rules are the assertion and
// the finding codes that break it; what holds is left out.
func writeSARIF(w io.Writer, env *Env, _ *testFlags, r *assert.Report) error {
	run := newSARIFRun(env)
	for i := range r.Results {
		res := &r.Results[i]
		if res.Outcome == assert.Passed {
			continue
		}
		rule := sarifRuleOf(res)
		out := sarifResult{Kind: "fail", Level: "error", Message: sarifText{safeText(res.Name) + ": " + safeText(headline(res))}, Locations: []sarifLocation{sarifLocationOf(res)}}
		switch res.Outcome {
		case assert.Undecided:
			out.Kind, out.Level = "open", "none"
		case assert.Skipped:
			out.Suppressions = []sarifSuppression{{"inSource", safeText(res.Note)}}
		}
		run.add(rule, out)
	}
	return run.write(w)
}

func newSARIFRun(env *Env) *sarifRun {
	return &sarifRun{Tool: sarifTool{sarifDriver{Name: "canreach", Version: env.Version, InformationURI: "https://github.com/canreach/canreach", Rules: []sarifRule{}}}, Results: []sarifResult{}}
}

// add adds a result of the rule.
func (run *sarifRun) add(rule sarifRule, r sarifResult) {
	r.RuleID = rule.ID
	r.RuleIndex = slices.IndexFunc(run.Tool.Driver.Rules, func(x sarifRule) bool { return x.ID == rule.ID })
	if r.RuleIndex < 0 {
		r.RuleIndex = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
	}
	run.Results = append(run.Results, r)
}

func (run *sarifRun) write(w io.Writer) error {
	return writeJSON(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{*run}})
}

// sarifRuleOf is the first blocker's code, else the plain assertion.
func sarifRuleOf(res *assert.Result) sarifRule {
	for i := range res.Problems {
		for _, f := range res.Problems[i].Findings {
			return sarifRule{safeText(f.Code.String()), sarifText{"An assertion does not hold because of " + safeText(f.Code.String()) + "."}}
		}
		for _, u := range res.Problems[i].Unknowns {
			return sarifRule{safeText(u.Code.String()), sarifText{"An assertion is undecided because of " + safeText(u.Code.String()) + "."}}
		}
	}
	return sarifRule{"ASSERTION", sarifText{"An assertion about a snapshot does not hold."}}
}

func sarifLocationOf(res *assert.Result) sarifLocation {
	uri := (&url.URL{Path: filepath.ToSlash(res.File)}).String()
	l := sarifLocation{Physical: sarifPhysical{sarifArtifact{uri}, sarifRegion{max(res.Line, 1)}}}
	for i := range res.Problems {
		for _, f := range res.Problems[i].Findings {
			l.Logical = append(l.Logical, sarifLogical{Name: safeText(f.Component), Kind: "resource"})
			return l
		}
	}
	return l
}
