package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/evidence"
)

// checkedEvidence is what evidence verify -o json prints: canreach.evidence-check/v1.
type checkedEvidence struct {
	Schema   string            `json:"schema"`
	OK       bool              `json:"ok"`
	Verdict  *sim.Verdict      `json:"verdict,omitempty"` // as the record has it
	Created  string            `json:"createdAt,omitempty"`
	Signed   bool              `json:"signed"`
	Key      string            `json:"key,omitempty"`
	KeyGiven bool              `json:"keyGiven"`
	Replayed bool              `json:"replayed"`
	Problems []evidenceProblem `json:"problems"`
	Notes    []string          `json:"notes"`
}

type evidenceProblem struct {
	File    string `json:"file,omitempty"`
	Problem string `json:"problem"`
	Hint    string `json:"hint,omitempty"`
}

func newEvidenceVerifyCommand(env *Env) *cobra.Command {
	var key, format string
	cmd := &cobra.Command{
		Use:   "verify DIR [--public-key PEM]",
		Short: "Check an evidence folder: files, hashes, signature, and the answer itself",
		Long: `Verify checks that a folder holds exactly the files that were written, byte for
byte, that the statement over them is signed by the key, and that the question,
asked again on the enclosed snapshot, has the same answer. It names what is not
as it was written.

Without --public-key the signature is checked with the key that lies in the
folder, which shows that nothing changed by accident, and not who signed.

Exit status: 0 as it was written, 1 not, 2 the folder could not be read.`,
		Example: `  openssl pkey -in auditor.pem -pubout -out auditor.pub.pem
  canreach evidence verify evidence-2026-11-23 --public-key auditor.pub.pem`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			opt := evidence.VerifyOptions{Program: thisProgram(env)}
			var err error
			if opt.Key, err = readPublicKey(key); err != nil {
				return err
			}
			r, err := evidence.Verify(args[0], opt)
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
	formatFlag(cmd.Flags(), &format, "text", "json")
	return cmd
}

func readPublicKey(file string) (*evidence.PublicKey, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	k, err := evidence.ParsePublicKey(text)
	if err != nil {
		return nil, withHint(fmt.Errorf("%s: not a key that verifies: %w", file, err), "make it of the private key with: openssl pkey -in key.pem -pubout")
	}
	return k, nil
}

func writeChecked(env *Env, dir string, r *evidence.Report, format string) error {
	if format == "json" {
		return writeJSON(env.Stdout, checkedOf(r))
	}
	w := env.Stdout
	state := "as it was written"
	switch {
	case len(r.Problems) > 0 && r.Whole && r.Record.Program.SHA256 != thisProgram(env).SHA256:
		state = "every file is as its hashes say, and this build answers otherwise than the one that wrote it"
	case len(r.Problems) > 0:
		state = "NOT as it was written"
	}
	fmt.Fprintf(w, "%s: %s\n", safeText(dir), state)
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  ✗ %s\n", safeText(p.String()))
		if p.Repair != "" {
			fmt.Fprintf(w, "    %s\n", safeText(p.Repair))
		}
	}
	if len(r.Problems) == 0 {
		fmt.Fprintf(w, "  ✓ every file is there, and nothing else\n")
		if r.Signed {
			fmt.Fprintf(w, "  ✓ signed with key %s\n", r.Key)
		}
		same := "answer"
		if !r.Replayed {
			same = "verdict"
		}
		fmt.Fprintf(w, "  ✓ asked again, the question has the same %s: %s\n", same, r.Record.Verdict)
		fmt.Fprintf(w, "  written %s by %s %s\n", safeText(r.Record.CreatedAt), safeText(r.Record.Program.Name), safeText(r.Record.Program.Version))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  note: %s\n", safeText(n))
	}
	if len(r.Problems) == 0 && !r.Signed {
		fmt.Fprintf(w, "  note: The folder is not signed: whoever changes snapshot and question can write another that fits them.\n")
	}
	return nil
}

func checkedOf(r *evidence.Report) checkedEvidence {
	out := checkedEvidence{Schema: "canreach.evidence-check/v1", OK: len(r.Problems) == 0, Signed: r.Signed, Key: r.Key, KeyGiven: r.KeyGiven,
		Replayed: r.Replayed, Problems: []evidenceProblem{}, Notes: append([]string{}, r.Notes...)}
	if r.Record != nil {
		out.Verdict, out.Created = &r.Record.Verdict, r.Record.CreatedAt
	}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, evidenceProblem{File: p.File, Problem: p.What, Hint: p.Repair})
	}
	return out
}
