package cli

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/evidence"
)

// checkedEvidence is what evidence verify -o json prints: canreach.evidence-check/v1.
type checkedEvidence struct {
	Schema   string            `json:"schema"`
	OK       bool              `json:"ok"`
	Verdict  *sim.Verdict      `json:"verdict,omitempty"`     // what the replay answered; absent where nothing was replayed
	Created  string            `json:"createdAt,omitempty"`   // as the folder claims
	Anyone   bool              `json:"anyoneCouldHaveMadeIt"` // no key was given that the signature was checked with
	Signed   bool              `json:"signed"`
	Key      string            `json:"key,omitempty"`
	KeyGiven bool              `json:"keyGiven"`
	Replayed bool              `json:"replayed"`
	Stamped  string            `json:"stampedAt,omitempty"` // by an RFC 3161 time stamp
	TSA      string            `json:"tsa,omitempty"`
	TSAGiven bool              `json:"tsaGiven,omitempty"`
	Problems []evidenceProblem `json:"problems"`
	Notes    []string          `json:"notes"`
}

type evidenceProblem struct {
	File    string `json:"file,omitempty"`
	Problem string `json:"problem"`
	Hint    string `json:"hint,omitempty"`
}

func newEvidenceVerifyCommand(env *Env) *cobra.Command {
	var key, tsa, format string
	var maxBytes int64
	cmd := &cobra.Command{
		Use:   "verify DIR [--public-key PEM]",
		Short: "Check an evidence folder: files, hashes, signature, and the answer itself",
		Long: `Verify checks hashes and signature of an evidence folder, asks the question
again on the enclosed snapshot, remakes every file from that answer, and names
each that differs. The verdict it prints is the replay's, never the folder's.`,
		Annotations: manual(`Without --public-key anyone could have made the folder: a key that lies in it
says nothing about who signed. Program, time and the hash of a whole snapshot
are claims that only the signer can vouch for.

Exit status: 0 every file follows from the replay, 1 not, 2 the folder could not be read.`),
		Example: `  canreach evidence verify evidence
  canreach evidence verify evidence -o json
  openssl pkey -in auditor.pem -pubout -out auditor.pub.pem && canreach evidence verify signed --public-key auditor.pub.pem`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			opt := evidence.VerifyOptions{Program: thisProgram(env), MaxBytes: maxBytes}
			var err error
			if opt.Key, err = readPublicKey(env, key); err != nil {
				return err
			}
			if opt.TSA, err = readCertificates(env, tsa); err != nil {
				return err
			}
			r, err := evidence.Verify(env.context(), args[0], opt)
			if errors.Is(err, evidence.ErrTooLarge) {
				return withHint(fmt.Errorf("%s: %w: more than %d bytes", args[0], err, maxBytes), "raise --max-bytes if you trust the folder")
			}
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if err := writeChecked(env, args[0], r, format); err != nil {
				return err
			}
			if len(r.Problems) > 0 {
				return exit(ExitViolated)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "public-key", "", "the signer's public key: PEM, a key or an X.509 certificate")
	cmd.Flags().StringVar(&tsa, "tsa", "", "`file` with the certificates, PEM, that the time stamp statement.tsr (RFC 3161) may end in")
	cmd.Flags().Int64Var(&maxBytes, "max-bytes", evidence.DefaultMaxBytes, "read at most this many bytes of the folder")
	formatFlag(cmd.Flags(), &format, "text", "json")
	return cmd
}

func readPublicKey(env *Env, file string) (*evidence.PublicKey, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readInput(env, file, keyBytes)
	if err != nil {
		return nil, err
	}
	k, err := evidence.ParsePublicKey(text)
	if err != nil {
		return nil, withHint(fmt.Errorf("%s: not a key that verifies: %w", file, err), "make it of the private key with: openssl pkey -in key.pem -pubout")
	}
	return k, nil
}

func readCertificates(env *Env, file string) ([]*x509.Certificate, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readInput(env, file, keyBytes)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: not a certificate: %w", file, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no PEM block with a certificate", file)
	}
	return out, nil
}

func writeChecked(env *Env, dir string, r *evidence.Report, format string) error {
	if format == "json" {
		return writeJSON(env.Stdout, checkedOf(r))
	}
	w := env.Stdout
	state := "every file follows from snapshot and question"
	switch {
	case len(r.Problems) > 0 && r.Answer != nil:
		state = "the hashes match, and these files do NOT follow from snapshot and question"
	case len(r.Problems) > 0:
		state = "NOT as it was written"
	}
	if !r.KeyGiven {
		state = "anyone could have made this folder (no --public-key given); " + state
	}
	fmt.Fprintf(w, "%s: %s\n", safeLine(dir), state)
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  ✗ %s\n", safeLine(p.String()))
		if p.Repair != "" {
			fmt.Fprintf(w, "    %s\n", safeLine(p.Repair))
		}
	}
	if r.Signed && r.Whole {
		fmt.Fprintf(w, "  ✓ signed with key %s\n", r.Key)
	}
	if !r.Stamped.IsZero() {
		mark := map[bool]string{true: "✓", false: " "}[r.TSAGiven]
		fmt.Fprintf(w, "  %s stamped at %s by %s\n", mark, r.Stamped.UTC().Format(time.RFC3339), safeLine(r.TSA))
	}
	if r.Answer != nil {
		mark := "✓"
		if len(r.Problems) > 0 {
			mark = " "
		}
		fmt.Fprintf(w, "  %s asked again, the question's answer is: %s\n", mark, r.Answer.Verdict)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  note: %s\n", safeLine(n))
	}
	return nil
}

func checkedOf(r *evidence.Report) checkedEvidence {
	out := checkedEvidence{Schema: "canreach.evidence-check/v1", OK: len(r.Problems) == 0, Signed: r.Signed, Key: r.Key, KeyGiven: r.KeyGiven, Anyone: !r.KeyGiven,
		Replayed: r.Replayed, Problems: []evidenceProblem{}, Notes: append([]string{}, r.Notes...)}
	if r.Answer != nil {
		out.Verdict = &r.Answer.Verdict
	}
	if !r.Stamped.IsZero() {
		out.Stamped, out.TSA, out.TSAGiven = r.Stamped.UTC().Format(time.RFC3339), r.TSA, r.TSAGiven
	}
	if r.Record != nil {
		out.Created = r.Record.CreatedAt
	}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, evidenceProblem{File: p.File, Problem: p.What, Hint: p.Repair})
	}
	return out
}
