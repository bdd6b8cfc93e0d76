package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

// SchemaRecord names the JSON contract of record.json.
const SchemaRecord = "canreach.evidence/v1"

// Program is what decided: its version, and the hash of its own file.
type Program struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	SHA256   string `json:"sha256,omitempty"`   // of the executable; empty: not known
	Go       string `json:"go,omitempty"`       // compiler, e.g. "go1.26.0"
	Platform string `json:"platform,omitempty"` // e.g. "linux/amd64"
}

// Record is record.json: what the folder is, and how it came to be.
type Record struct {
	Schema      string      `json:"schema"`
	CreatedAt   string      `json:"createdAt"` // RFC 3339, UTC
	Program     Program     `json:"program"`
	Verdict     sim.Verdict `json:"verdict"`
	Snapshot    SnapshotRef `json:"snapshot"`
	Assumptions []string    `json:"assumptions"`
	// Gaps is all that the capture could not read, whether the answer hangs on it or not.
	Gaps []snapshot.Gap `json:"gaps"`
}

// SnapshotRef says which snapshot was asked, and where it came from.
type SnapshotRef struct {
	SHA256 string `json:"sha256"`
	// WholeSHA256 is that of the whole snapshot, where the folder has only the
	// parts of it that the answer can hang on.
	WholeSHA256 string `json:"wholeSha256,omitempty"`
	StartedAt   string `json:"startedAt,omitempty"`
	FinishedAt  string `json:"finishedAt,omitempty"`
	Tool        string `json:"tool,omitempty"`
	Caller      string `json:"caller,omitempty"`
}

// collected is when the facts were read, as far as the snapshot tells.
func (r *Record) collected() string {
	for _, at := range []string{r.Snapshot.FinishedAt, r.Snapshot.StartedAt} {
		if t, err := time.Parse(time.RFC3339, at); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return r.CreatedAt
}

// Case is what a folder follows from.
type Case struct {
	Native []byte // the snapshot's native form
	// WholeSHA256 is set where Native is only parts of a snapshot: see Parts.
	WholeSHA256 string
	Question    sim.Question
	Program     Program
	CreatedAt   time.Time
}

// Build asks the question and makes the folder, without manifest and statement.
// An error means that the snapshot can't be read or the question makes no sense.
func Build(ctx context.Context, c Case) (*Folder, *sim.Answer, error) {
	snap, err := snapshot.Parse(c.Native)
	if err != nil {
		return nil, nil, fmt.Errorf("snapshot: %w", err)
	}
	a, err := sim.NewWorld(snap).Check(ctx, c.Question)
	if err != nil {
		return nil, nil, fmt.Errorf("question: %w", err)
	}
	r := &Record{
		Schema: SchemaRecord, CreatedAt: c.CreatedAt.UTC().Format(time.RFC3339), Program: c.Program, Verdict: a.Verdict,
		Snapshot: SnapshotRef{SHA256: digest(c.Native), WholeSHA256: c.WholeSHA256, StartedAt: snap.Capture.StartedAt, FinishedAt: snap.Capture.FinishedAt,
			Tool: snap.Capture.Tool, Caller: snap.Capture.Caller},
		Assumptions: append([]string{}, a.Assumptions...), Gaps: append([]snapshot.Gap{}, snap.Capture.Gaps...),
	}
	rules, err := decidingRules(c.Native, a)
	if err != nil {
		return nil, nil, err
	}
	f := &Folder{files: map[string][]byte{fileSnapshot: c.Native, fileReadme: []byte(readme)}}
	if err := f.addJSON(c, r, a, rules); err != nil {
		return nil, nil, err
	}
	return f, a, f.addPages(r, a, rules)
}

func (f *Folder) addJSON(c Case, r *Record, a *sim.Answer, rules []rule) error {
	var errs [5]error
	f.files[fileQuestion], errs[0] = MarshalQuestion(c.Question)
	f.files[fileVerdict], errs[1] = marshal(a)
	f.files[fileRules], errs[2] = marshal(rulesFile{SchemaRules, rules})
	f.files[fileRecord], errs[3] = marshal(r)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	var err error
	f.files[fileOSCAL], err = oscal(r, a, f.files)
	return err
}

func (f *Folder) addPages(r *Record, a *sim.Answer, rules []rule) error {
	page := report.Page{Answer: a, Facts: []report.Fact{
		{Name: "Written", Value: r.CreatedAt},
		{Name: "Program", Value: r.Program.Name + " " + r.Program.Version},
		{Name: "Program sha256", Value: r.Program.SHA256},
		{Name: "Compiler", Value: strings.TrimSpace(r.Program.Go + " " + r.Program.Platform)},
		{Name: "Whole snapshot sha256", Value: r.Snapshot.WholeSHA256},
		{Name: "Captured by", Value: strings.TrimSpace(r.Snapshot.Tool + " " + r.Snapshot.Caller)},
		{Name: "How to check", Value: "canreach evidence verify, or " + fileReadme},
	}}
	for _, g := range r.Gaps {
		page.Gaps = append(page.Gaps, gapText(g))
	}
	for i := range rules {
		page.Rules = append(page.Rules, report.Rule{Pointer: rules[i].Pointer, Text: rules[i].pretty(), By: rules[i].By})
	}
	var html, svg bytes.Buffer
	if err := report.HTML(&html, page); err != nil {
		return err
	}
	if err := picture.SVG(&svg, report.Diagram(a), picture.SVGOptions{}); err != nil {
		return err
	}
	f.files[filePage], f.files[filePicture] = html.Bytes(), svg.Bytes()
	return nil
}

func gapText(g snapshot.Gap) string {
	var parts []string
	for _, s := range []string{g.Account, g.Region, g.Service, g.Operation, g.Resource} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	text := strings.Join(parts, " ")
	if g.Code != "" {
		text += ": " + g.Code
	}
	if g.Message != "" {
		text += " (" + g.Message + ")"
	}
	return text
}

// parseRecord reads record.json as a check needs it.
func parseRecord(text []byte) (*Record, error) {
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	if r.Schema != SchemaRecord {
		return nil, fmt.Errorf("its schema is %q, not %q", r.Schema, SchemaRecord)
	}
	return &r, nil
}

// questionTitle is the question in one line.
func questionTitle(a *sim.Answer) string {
	return a.Question.Job + " " + strings.Join(a.Question.Actions, ", ") + " on " + a.Question.Bucket
}

// oneLine makes text fit for a field that takes a single line.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(picture.Clean(s)), " ")
	if s == "" {
		return "(none)"
	}
	return s
}

const readme = `This folder is evidence: one question about AWS, decided from a snapshot.

  index.html                      the answer for people; open it in a browser, or print it
  picture.svg                     the path as a picture
  question.json                   what was asked
  verdict.json                    the answer (canreach.verdict/v1)
  rules.json                      every rule that decided, as the snapshot has it
  snapshot.json                   the snapshot: AWS's own answers; whole, or, where record.json has
                                  wholeSha256, the parts of it that the answer can hang on
  record.json                     program, time, assumptions, and what could not be read
  oscal-assessment-results.json   the same as OSCAL 1.1.3 assessment results
  MANIFEST                        SHA-256 of each file above (and of public-key.pem)
  statement.json                  in-toto statement over all files, or, where the folder is signed,
  statement.dsse.json             the same in a signed DSSE envelope, and
  public-key.pem                  the key that it was signed with, and
  statement.sigstore.json         the envelope again, as a Sigstore bundle
  statement.tsr                   a time stamp (RFC 3161) of the statement's file, if somebody put one here

To check it with canreach, which also asks the question again:

  canreach evidence verify . --public-key KEY.pem

To have the time witnessed, put what a time-stamping authority answers here:

  openssl ts -query -data statement.dsse.json -sha256 -cert -out query.tsq
  curl -H 'Content-Type: application/timestamp-query' --data-binary @query.tsq https://TSA -o statement.tsr

and check it with --tsa CERTIFICATE.pem as well (statement.json where the folder is not signed).

To check it without canreach:

  sha256sum --check MANIFEST

and, where it is signed, verify the signature in statement.dsse.json over the
DSSE pre-authentication encoding of its payload (https://github.com/secure-systems-lab/dsse),
with a key that you have from its owner and not from this folder. The payload's
subjects are the files and their hashes.
`
