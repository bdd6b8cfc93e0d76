package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/evidence"
	"github.com/canreach/canreach/snapshot"
)

func newEvidenceCommand(env *Env) *cobra.Command {
	var sf snapshotFlags
	var qf questionFlags
	var question, key, output, created string
	var parts bool
	cmd := &cobra.Command{
		Use:   "evidence --snapshot S (--job J [--bucket ARN] | --question FILE) [--key PEM] --out DIR",
		Short: "Write a signed, self-contained record of question, snapshot, answer and reasons",
		Long: `Evidence asks what check asks and writes a folder that an auditor can check
years later: question, snapshot, answer, every rule that decided with its text,
hashes; as JSON, as a page that prints, as OSCAL; signed where --key is given.`,
		Annotations: manual(`The folder holds the program's version and its own hash, assumptions and gaps, OSCAL assessment
results, a manifest of hashes, and an in-toto statement, in a signed DSSE envelope where --key is given.

With --parts the folder holds only what the answer can hang on: what it points
at, what that names, and what lies in the VPCs that come up. The question is
asked of both, and the folder is written only where the answers agree.

The folder is written whole or not at all, and never over another. Its bytes
follow from snapshot, question, program and --created, but for an ECDSA signature.

The exit status is 0 whenever the folder was written, whatever the verdict.`),
		Example: `  canreach evidence -j job.json --out evidence
  openssl genpkey -algorithm ed25519 -out auditor.pem && canreach evidence -j job.json --key auditor.pem --out signed
  canreach evidence --question evidence/question.json --parts --out evidence-parts`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if output == "" {
				return withHint(errors.New("no folder to write: --out is missing"), "name a new folder, e.g. --out evidence-2026-11-23")
			}
			c, err := evidenceCase(env, &sf, &qf, question, created)
			if err != nil {
				return err
			}
			if parts {
				if c, err = evidence.Parts(env.context(), c); err != nil {
					return err
				}
			}
			signer, err := readPrivateKey(env, key)
			if err != nil {
				return err
			}
			return writeEvidence(env, c, signer, output)
		},
	}
	sf.register(cmd.Flags())
	qf.register(cmd.Flags())
	cmd.Flags().StringVar(&question, "question", "", "question file (canreach.question/v1, e.g. of an earlier folder) instead of --job and the flags that say a question")
	cmd.Flags().StringVar(&key, "key", "", "private key that signs: PEM, Ed25519 or ECDSA; default: not signed")
	cmd.Flags().StringVar(&output, "out", "", "`folder` to write; it must not exist, or be empty")
	cmd.Flags().StringVar(&created, "created", "", "the time to write down as that of the record; default: now")
	cmd.Flags().BoolVar(&parts, "parts", false, "enclose only the parts of the snapshot that the answer can hang on, and the hash of the whole")
	cmd.AddCommand(newEvidenceVerifyCommand(env))
	return cmd
}

// evidenceCase gathers what the folder follows from.
func evidenceCase(env *Env, sf *snapshotFlags, qf *questionFlags, question, created string) (evidence.Case, error) {
	c := evidence.Case{Program: thisProgram(env), CreatedAt: env.Now()}
	var err error
	if created != "" {
		if c.CreatedAt, err = time.Parse(time.RFC3339, created); err != nil {
			return c, fmt.Errorf("--created %q: want a time such as 2026-01-31T12:00:00Z", created)
		}
	}
	if c.Native, err = sf.native(env); err != nil {
		return c, err
	}
	c.Native = snapshot.WithoutSecrets(c.Native)
	c.Question, err = evidenceQuestion(env, sf, qf, question, c.Native)
	return c, err
}

func evidenceQuestion(env *Env, sf *snapshotFlags, qf *questionFlags, file string, native []byte) (sim.Question, error) {
	if file == "" {
		s, err := snapshot.Parse(native)
		if err != nil {
			return sim.Question{}, sf.inFiles(env, err)
		}
		q, err := qf.question(env, sf, s)
		if q.Job.File != "" { // where it lay is nobody's business
			q.Job.File = filepath.Base(q.Job.File)
		}
		return q, err
	}
	if qf.job != "" || qf.bucket != "" || len(qf.actions) > 0 || len(qf.subnets) > 0 {
		return sim.Question{}, errors.New("--question excludes --job, --bucket, --action and --subnets: it says them already")
	}
	text, err := readInput(env, file, answerBytes)
	if err != nil {
		return sim.Question{}, err
	}
	q, err := evidence.ParseQuestion(text)
	if err != nil {
		return q, withHint(fmt.Errorf("%s:%w", file, err), "take the question.json of an evidence folder, or say the question by --job and flags")
	}
	return q, nil
}

func readPrivateKey(env *Env, file string) (*evidence.PrivateKey, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readInput(env, file, keyBytes)
	if err != nil {
		return nil, err
	}
	k, err := evidence.ParsePrivateKey(text)
	if err != nil {
		return nil, withHint(fmt.Errorf("%s: not a key that signs: %w", file, err), "make one with: openssl genpkey -algorithm ed25519 -out key.pem")
	}
	return k, nil
}

func writeEvidence(env *Env, c evidence.Case, key *evidence.PrivateKey, dir string) error {
	f, a, err := evidence.Build(env.context(), c)
	if err != nil {
		return err
	}
	if err := f.Seal(key); err != nil {
		return err
	}
	if err := f.Write(dir); err != nil {
		return err
	}
	signed := "not signed"
	if key != nil {
		signed = "signed with key " + key.Fingerprint()
	}
	_, err = fmt.Fprintf(env.Stdout, "%s  %s\nwrote %d files to %s, %s\n", a.Verdict, safeText(questionText(a)), len(f.Names()), safeText(dir), signed)
	return err
}

// thisProgram is the running program, with the hash of its file.
func thisProgram(env *Env) evidence.Program {
	return evidence.Program{Name: "canreach", Version: env.Version, SHA256: executableSHA256(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
}

// executableSHA256 is empty where the program's own file can't be read.
func executableSHA256() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
