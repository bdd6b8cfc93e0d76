package evidence

import (
	"bytes"
	"context"
	_ "crypto/sha512" // for ECDSA on P-384 and P-521
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/canreach/canreach/sim"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	// PredicateType names what a statement says of the files.
	PredicateType = "https://github.com/canreach/canreach/evidence/v1"
	payloadType   = "application/vnd.in-toto+json"
)

// statement is an in-toto statement.
// https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     predicate `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// predicate repeats what a reader wants to know without opening a file.
type predicate struct {
	CreatedAt string      `json:"createdAt"`
	Program   Program     `json:"program"`
	Question  string      `json:"question"`
	Verdict   sim.Verdict `json:"verdict"`
	Snapshot  string      `json:"snapshotSha256"`
}

// Seal adds manifest and statement to f, and signs the statement unless key is
// nil. Nothing may be added afterwards.
func (f *Folder) Seal(key *PrivateKey) error {
	if key != nil {
		f.files[fileKey] = key.PEM()
	}
	f.files[fileManifest] = manifest(f.files)
	text, err := makeStatement(f.files)
	if err != nil {
		return err
	}
	if key == nil {
		f.files[fileStatement] = text
		return nil
	}
	signer, err := dsse.NewEnvelopeSigner(key)
	if err != nil {
		return err
	}
	envelope, err := signer.SignPayload(context.Background(), payloadType, text)
	if err != nil {
		return err
	}
	if f.files[fileEnvelope], err = marshal(envelope); err != nil {
		return err
	}
	f.files[fileBundle], err = makeBundle(f.files[fileEnvelope])
	return err
}

// bundleType is the media type of a Sigstore bundle.
// https://docs.sigstore.dev/about/bundle/
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// bundle is an envelope as a Sigstore bundle, signed with a key of one's own.
type bundle struct {
	MediaType string `json:"mediaType"`
	Material  struct {
		PublicKey struct {
			Hint string `json:"hint"`
		} `json:"publicKey"`
	} `json:"verificationMaterial"`
	Envelope *dsse.Envelope `json:"dsseEnvelope"`
}

// makeBundle follows from the envelope alone.
func makeBundle(envelope []byte) ([]byte, error) {
	b := bundle{MediaType: bundleType, Envelope: &dsse.Envelope{}}
	if err := json.Unmarshal(envelope, b.Envelope); err != nil {
		return nil, err
	}
	if len(b.Envelope.Signatures) != 1 {
		return nil, fmt.Errorf("expected 1 signature, found %d", len(b.Envelope.Signatures))
	}
	b.Material.PublicKey.Hint = b.Envelope.Signatures[0].KeyID
	return marshal(b)
}

// makeStatement is the statement over files: all but the statement itself.
func makeStatement(files map[string][]byte) ([]byte, error) {
	r, err := parseRecord(files[fileRecord])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fileRecord, err)
	}
	var a sim.Answer
	if err := json.Unmarshal(files[fileVerdict], &a); err != nil {
		return nil, fmt.Errorf("%s: %w", fileVerdict, err)
	}
	s := statement{Type: statementType, PredicateType: PredicateType, Predicate: predicate{
		CreatedAt: r.CreatedAt, Program: r.Program, Question: oneLine(questionTitle(&a)), Verdict: a.Verdict, Snapshot: r.Snapshot.SHA256}}
	for _, n := range (&Folder{files}).Names() {
		if !slices.Contains(sealed, n) {
			s.Subject = append(s.Subject, subject{n, map[string]string{"sha256": digest(files[n])}})
		}
	}
	return marshal(s)
}

// parseStatement reads a statement and insists on the bytes that this package
// writes for it.
func parseStatement(text []byte) claims {
	var s statement
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return claims{err: err}
	}
	if s.Type != statementType || s.PredicateType != PredicateType {
		return claims{err: fmt.Errorf("a statement of type %q about %q", s.Type, s.PredicateType)}
	}
	if again, err := marshal(s); err != nil || !bytes.Equal(again, text) {
		return claims{err: errors.New("not written as canreach writes a statement")}
	}
	sums := map[string]string{}
	for _, sub := range s.Subject {
		if sums[sub.Name] != "" || len(sub.Digest) != 1 {
			return claims{err: fmt.Errorf("subject %q is there twice, or has no single digest", sub.Name)}
		}
		sums[sub.Name] = sub.Digest["sha256"]
	}
	return claims{sums: sums}
}

// openEnvelope checks the signature with key and returns the statement's text,
// which is returned even where only the signature is wrong.
func openEnvelope(text []byte, key *PublicKey) ([]byte, error) {
	var e dsse.Envelope
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return nil, err
	}
	payload, err := e.DecodeB64Payload()
	if err != nil {
		return nil, err
	}
	if again, err := marshal(e); err != nil || !bytes.Equal(again, text) {
		return payload, errors.New("not written as canreach writes an envelope")
	}
	if e.PayloadType != payloadType || len(e.Signatures) != 1 {
		return payload, fmt.Errorf("an envelope of %q with %d signatures", e.PayloadType, len(e.Signatures))
	}
	if got, want := e.Signatures[0].KeyID, key.Fingerprint(); got != want {
		return payload, fmt.Errorf("signed with key %s, and checked with %s", got, want)
	}
	verifier, err := dsse.NewEnvelopeVerifier(key)
	if err != nil {
		return payload, err
	}
	if _, err := verifier.Verify(context.Background(), &e); err != nil {
		return payload, errSignature
	}
	return payload, nil
}
