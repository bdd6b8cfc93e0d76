package evidence

import (
	"crypto/sha256"
	"fmt"

	"github.com/canreach/canreach/sim"
)

// The parts of OSCAL 1.1.3's assessment results that a record fills.
// https://pages.nist.gov/OSCAL-Reference/models/v1.1.3/assessment-results/json-reference/
type (
	oscalFile struct {
		AssessmentResults oscalResults `json:"assessment-results"`
	}
	oscalResults struct {
		UUID       string         `json:"uuid"`
		Metadata   oscalMetadata  `json:"metadata"`
		ImportAP   oscalHref      `json:"import-ap"`
		Results    []oscalResult  `json:"results"`
		BackMatter oscalResources `json:"back-matter"`
	}
	oscalMetadata struct {
		Title        string      `json:"title"`
		LastModified string      `json:"last-modified"`
		Version      string      `json:"version"`
		OSCALVersion string      `json:"oscal-version"`
		Props        []oscalProp `json:"props,omitempty"`
	}
	oscalProp struct {
		Name  string `json:"name"`
		NS    string `json:"ns,omitempty"`
		Value string `json:"value"`
	}
	oscalLink struct {
		Href string `json:"href"`
		Rel  string `json:"rel"`
	}
	oscalHref struct {
		Href    string `json:"href"`
		Remarks string `json:"remarks,omitempty"`
	}
	oscalResult struct {
		UUID             string             `json:"uuid"`
		Title            string             `json:"title"`
		Description      string             `json:"description"`
		Start            string             `json:"start"`
		Props            []oscalProp        `json:"props,omitempty"`
		Links            []oscalLink        `json:"links,omitempty"`
		ReviewedControls oscalReviewed      `json:"reviewed-controls"`
		Observations     []oscalObservation `json:"observations,omitempty"`
		Findings         []oscalFinding     `json:"findings,omitempty"`
	}
	oscalReviewed struct {
		Description       string           `json:"description,omitempty"`
		ControlSelections []oscalSelection `json:"control-selections"`
	}
	oscalSelection struct {
		Description string   `json:"description,omitempty"`
		IncludeAll  struct{} `json:"include-all"`
	}
	oscalObservation struct {
		UUID             string          `json:"uuid"`
		Title            string          `json:"title"`
		Description      string          `json:"description"`
		Props            []oscalProp     `json:"props,omitempty"`
		Links            []oscalLink     `json:"links,omitempty"`
		Methods          []string        `json:"methods"`
		Types            []string        `json:"types,omitempty"`
		RelevantEvidence []oscalEvidence `json:"relevant-evidence,omitempty"`
		Collected        string          `json:"collected"`
		Remarks          string          `json:"remarks,omitempty"`
	}
	oscalEvidence struct {
		Href        string `json:"href"`
		Description string `json:"description"`
	}
	oscalFinding struct {
		UUID                string         `json:"uuid"`
		Title               string         `json:"title"`
		Description         string         `json:"description"`
		Target              oscalTarget    `json:"target"`
		RelatedObservations []oscalRelated `json:"related-observations,omitempty"`
	}
	oscalTarget struct {
		Type        string      `json:"type"`
		TargetID    string      `json:"target-id"`
		Description string      `json:"description,omitempty"`
		Status      oscalStatus `json:"status"`
	}
	oscalStatus struct {
		State   string `json:"state"`
		Reason  string `json:"reason,omitempty"`
		Remarks string `json:"remarks,omitempty"`
	}
	oscalRelated struct {
		ObservationUUID string `json:"observation-uuid"`
	}
	oscalResources struct {
		Resources []oscalResource `json:"resources"`
	}
	oscalResource struct {
		UUID   string       `json:"uuid"`
		Title  string       `json:"title"`
		RLinks []oscalRLink `json:"rlinks"`
	}
	oscalRLink struct {
		Href   string      `json:"href"`
		Hashes []oscalHash `json:"hashes"`
	}
	oscalHash struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"value"`
	}
)

const oscalNamespace = "https://github.com/canreach/canreach/ns/oscal"

// oscal renders the record as OSCAL assessment results. files are those that
// it refers to.
func oscal(r *Record, a *sim.Answer, files map[string][]byte) ([]byte, error) {
	id := func(what string) string {
		return uuid4(r.Snapshot.SHA256 + digest(files[fileQuestion]) + r.CreatedAt + what)
	}
	result := oscalResult{
		UUID: id("result"), Title: "canreach: " + oneLine(questionTitle(a)), Start: r.CreatedAt,
		Description: fmt.Sprintf("The verdict is %s over %d placements, decided from the snapshot alone by %s %s.", a.Verdict, len(a.Placements), r.Program.Name, r.Program.Version),
		Links:       []oscalLink{{"#" + id("plan"), "question"}},
		Props:       []oscalProp{{Name: "verdict", NS: oscalNamespace, Value: a.Verdict.String()}, {Name: "snapshot-sha256", NS: oscalNamespace, Value: r.Snapshot.SHA256}},
		ReviewedControls: oscalReviewed{ControlSelections: []oscalSelection{{
			Description: "The assessment plan says which controls this question serves."}}},
	}
	verdict := oscalObservation{
		UUID: id("verdict"), Title: "Verdict " + a.Verdict.String(), Description: oneLine(questionTitle(a)),
		Methods: []string{"TEST"}, Types: []string{"finding"}, Collected: r.collected(),
		Links:            []oscalLink{{"#" + id(fileVerdict), "evidence"}, {"#" + id(fileSnapshot), "evidence"}, {"#" + id(fileRules), "evidence"}},
		RelevantEvidence: []oscalEvidence{{"#" + id(fileVerdict), "the answer"}, {"#" + id(fileSnapshot), "the snapshot that it was decided from"}, {"#" + id(fileRules), "the rules that decided"}},
	}
	result.Observations = append(result.Observations, verdict)
	related := []oscalRelated{{verdict.UUID}}
	for i, f := range a.Findings {
		o := oscalObservation{
			UUID: id(fmt.Sprint("finding ", i)), Title: oneLine(f.Code.String()), Description: oneLine(f.Message),
			Props:   []oscalProp{{Name: "severity", NS: oscalNamespace, Value: f.Severity.String()}, {Name: "gate", NS: oscalNamespace, Value: f.Gate.String()}},
			Methods: []string{"TEST"}, Types: []string{"finding"}, Collected: r.collected(),
			Links:            []oscalLink{{"#" + id(fileRules), "evidence"}},
			RelevantEvidence: []oscalEvidence{{"#" + id(fileRules), oneLine("at " + f.Pointer)}}, Remarks: f.Fix,
		}
		result.Observations = append(result.Observations, o)
		related = append(related, oscalRelated{o.UUID})
	}
	for i, m := range a.Unknowns {
		o := oscalObservation{
			UUID: id(fmt.Sprint("unknown ", i)), Title: oneLine(m.Code.String()), Description: oneLine("Missing: " + m.Fact),
			Methods: []string{"UNKNOWN"}, Types: []string{"discovery"}, Collected: r.collected(), Remarks: m.Collect,
		}
		result.Observations = append(result.Observations, o)
		related = append(related, oscalRelated{o.UUID})
	}
	result.Findings = []oscalFinding{{
		UUID: id("finding"), Title: "The question's objective", Description: "Whether every case of the question succeeds.",
		Target:              oscalTarget{Type: "objective-id", TargetID: "canreach-reachable", Status: oscalState(a.Verdict)},
		RelatedObservations: related,
	}}
	doc := oscalResults{
		UUID: id("document"),
		Metadata: oscalMetadata{Title: "Reachability evidence", LastModified: r.CreatedAt, Version: r.CreatedAt, OSCALVersion: "1.1.3",
			Props: []oscalProp{{Name: "program-sha256", NS: oscalNamespace, Value: orUnknown(r.Program.SHA256)}}},
		ImportAP: oscalHref{Href: "#" + id("plan"), Remarks: "The question is the plan: it is in the back matter."},
		Results:  []oscalResult{result},
	}
	doc.BackMatter.Resources = []oscalResource{oscalFileResource(id("plan"), fileQuestion, files)}
	for _, n := range []string{fileRules, fileSnapshot, fileVerdict} {
		doc.BackMatter.Resources = append(doc.BackMatter.Resources, oscalFileResource(id(n), n, files))
	}
	return marshal(oscalFile{doc})
}

func oscalFileResource(id, name string, files map[string][]byte) oscalResource {
	return oscalResource{UUID: id, Title: name, RLinks: []oscalRLink{{Href: name, Hashes: []oscalHash{{"SHA-256", digest(files[name])}}}}}
}

// oscalState knows only two states; what is not satisfied says why.
func oscalState(v sim.Verdict) oscalStatus {
	switch v {
	case sim.Reachable:
		return oscalStatus{State: "satisfied", Reason: "pass"}
	case sim.Partial, sim.Blocked:
		return oscalStatus{State: "not-satisfied", Reason: "fail", Remarks: "The verdict is " + v.String() + "."}
	case sim.Unknown:
		return oscalStatus{State: "not-satisfied", Reason: "other", Remarks: "The verdict is UNKNOWN: the snapshot lacks facts on which the answer hangs. It does not say that the objective fails."}
	}
	panic("unreachable: verdict")
}

// uuid4 is a pseudo-random UUID (RFC 9562, section 5.4) that follows from a
// name, so that the same record has the same bytes. OSCAL takes versions 4 and 5;
// compliance-trestle resolves references to version 4 alone.
func uuid4(name string) string {
	u := sha256.Sum256([]byte(oscalNamespace + "/" + name))
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
