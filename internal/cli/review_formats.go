package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/canreach/canreach/sim/access"
)

// reviewLevels are what review reports, each with SARIF's level and GitLab's
// severity.
func reviewLevels(r *access.Review) []reviewLevel {
	return []reviewLevel{
		{"ACCESS_LOST", "A role loses access to a bucket.", "error", "major", r.Lost},
		{"ACCESS_GAINED", "A role gains access to a bucket.", "warning", "major", r.Gained},
		{"ACCESS_UNKNOWN", "Whether a role has access is no longer known.", "warning", "minor", r.Opened},
	}
}

type reviewLevel struct {
	id, title, level, severity string
	list                       []access.Change
}

// changeLine says a change and its causes in one line.
func changeLine(c *access.Change, named func(string) string) string {
	text := fmt.Sprintf("%s: %s on %s, %v → %v", roleName(c.Role), c.Action, c.Resource, c.Before, c.After)
	for _, cause := range c.Causes {
		text += "; " + named(cause.Component)
		if cause.Address != "" && cause.Address != cause.Component {
			text += " (" + cause.Address + ")"
		}
		text += ": " + named(cause.Message)
	}
	return oneLine(text)
}

// writeReviewSARIF writes what code scanning reads: the place is where the
// cause is written, else the plan; the logical places are the components.
func writeReviewSARIF(w io.Writer, env *Env, file string, res *reviewResult) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "canreach", Version: env.Version, InformationURI: "https://github.com/canreach/canreach", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	for n, l := range reviewLevels(res.Review) {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{l.id, sarifText{l.title}})
		for i := range l.list {
			c := &l.list[i]
			place := first(c, file)
			at := sarifLocation{Physical: sarifPhysical{sarifArtifact{(&url.URL{Path: filepath.ToSlash(place.file)}).String()}, sarifRegion{place.line}}}
			for _, cause := range c.Causes {
				at.Logical = append(at.Logical, sarifLogical{Name: safeText(cmp.Or(cause.Address, cause.Component)), Kind: "resource"})
			}
			run.Results = append(run.Results, sarifResult{RuleID: l.id, RuleIndex: n, Kind: "fail", Level: l.level, Message: sarifText{changeLine(c, res.named)}, Locations: []sarifLocation{at}})
		}
	}
	return writeJSON(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// gitlabIssue is one entry of GitLab's code quality report.
//
// GitLab: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

func writeReviewGitLab(w io.Writer, file string, res *reviewResult) error {
	out := []gitlabIssue{}
	for _, l := range reviewLevels(res.Review) {
		for i := range l.list {
			c := &l.list[i]
			sum := sha256.Sum256([]byte(strings.Join([]string{l.id, c.Role, c.Resource, c.Action, strings.Join(c.Subnets, ",")}, "\n")))
			issue := gitlabIssue{Description: changeLine(c, res.named), CheckName: l.id, Fingerprint: hex.EncodeToString(sum[:]), Severity: l.severity, Location: gitlabLocation{Path: filepath.ToSlash(first(c, file).file)}}
			issue.Location.Lines.Begin = first(c, file).line
			out = append(out, issue)
		}
	}
	return writeJSON(w, out)
}
