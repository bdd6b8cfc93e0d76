package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/defenseunicorns/go-oscal/src/pkg/validation"
	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
)

func TestTheOSCALFileIsAssessmentResultsByItsOwnSchema(t *testing.T) {
	hostile := "x\u202e\n<script>" // single-line fields refuse line breaks
	for _, v := range []sim.Verdict{sim.Reachable, sim.Partial, sim.Blocked, sim.Unknown} {
		a := &sim.Answer{Verdict: v, Question: sim.AskedOf{Job: hostile},
			Findings: []sim.Finding{{Code: finding.NoRouteToDestination, Message: hostile, Severity: sim.Blocker, Fix: hostile}, {}},
			Unknowns: []sim.Missing{{Code: finding.UnknownNACL, Fact: hostile, Collect: hostile}, {}}}
		r := &Record{CreatedAt: "2026-11-23T09:30:00Z", Program: Program{Name: "canreach", Version: "1"}, Snapshot: SnapshotRef{SHA256: digest(nil), FinishedAt: hostile}}
		text, err := oscal(r, a, map[string][]byte{fileQuestion: []byte("q"), fileVerdict: []byte("v"), fileRules: []byte("r"), fileSnapshot: []byte("s")})
		if err != nil {
			t.Fatal(err)
		}
		validator, err := validation.NewValidatorDesiredVersion(text, "1.1.3")
		if err != nil {
			t.Fatal(err)
		}
		if err := validator.Validate(); err != nil {
			result, _ := validator.GetValidationResult()
			why, _ := json.MarshalIndent(result.Errors, "", " ")
			t.Errorf("%v: %v\n%s\n%s", v, err, why, text)
		}
	}
}

func TestTheStatementIsAnInTotoStatement(t *testing.T) {
	f := build(t, testCase(), nil)
	var s intoto.Statement
	if err := protojson.Unmarshal(f.files[fileStatement], &s); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	if len(s.Subject) != len(f.files)-1 {
		t.Errorf("%d subjects for %d files", len(s.Subject), len(f.files))
	}
}

func TestTheEnvelopeIsDSSE(t *testing.T) {
	key := ed25519Key(t, 1)
	var e dsse.Envelope
	if err := json.Unmarshal(build(t, testCase(), key).files[fileEnvelope], &e); err != nil {
		t.Fatal(err)
	}
	verifier, err := dsse.NewEnvelopeVerifier(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	accepted, payload, err := verifier.VerifyAndDecode(context.Background(), &e)
	if err != nil || len(accepted) != 1 || !json.Valid(payload) {
		t.Errorf("%v, %d keys accepted", err, len(accepted))
	}
	e.Payload = e.Payload[:len(e.Payload)-4] + "AAAA"
	if _, err := verifier.Verify(context.Background(), &e); err == nil || errors.Is(err, dsse.ErrNoSignature) {
		t.Errorf("a changed payload: %v", err)
	}
}
