package cli

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
)

// writeKeys writes a key pair and returns the files' names.
func writeKeys(t *testing.T, dir string) (private, public string) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
	write := func(name, kind string, der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	private = write("key.pem", "PRIVATE KEY", der, err)
	der, err = x509.MarshalPKIXPublicKey(key.Public())
	return private, write("key.pub.pem", "PUBLIC KEY", der, err)
}

func TestEvidenceIsWrittenCheckedAndCaughtWhenChanged(t *testing.T) {
	dir := t.TempDir()
	private, public := writeKeys(t, dir)
	snap := filepath.Join(dir, "snapshot.json")
	if err := os.WriteFile(snap, world.Network().JSON(), 0o644); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "evidence")
	args := []string{"evidence", "-s", snap, "--subnets", "subnet-1", "--security-groups", "sg-1", "--role", world.Role, "--bucket", "arn:aws:s3:::reports", "--key", private, "--out", folder}
	if status, out, errs := runGraph(t, "", args...); status != ExitHolds || !strings.Contains(out, "signed with key SHA256:") {
		t.Fatalf("status %d, %q, %s", status, out, errs)
	}
	if status, _, errs := runGraph(t, "", args...); status != ExitUsage || !strings.Contains(errs, "never overwritten") {
		t.Errorf("again: status %d, %s", status, errs)
	}
	if status, out, _ := runGraph(t, "", "evidence", "verify", folder, "--public-key", public); status != ExitHolds || strings.Contains(out, "anyone could") || !strings.Contains(out, "answer is: REACHABLE") {
		t.Errorf("verify: status %d, %s", status, out)
	}
	if status, out, _ := runGraph(t, "", "evidence", "verify", folder); status != ExitHolds || !strings.Contains(strings.SplitN(out, "\n", 2)[0], "anyone could have made this folder") {
		t.Errorf("verify without a key: status %d, %s", status, out)
	}
	again := filepath.Join(dir, "again")
	if status, _, errs := runGraph(t, "", "evidence", "-s", snap, "--question", filepath.Join(folder, "question.json"), "--key", private, "--out", again); status != ExitHolds {
		t.Fatalf("status %d, %s", status, errs)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries { // the clock stands still, so the two folders are the same
		one, _ := os.ReadFile(filepath.Join(folder, e.Name()))
		two, _ := os.ReadFile(filepath.Join(again, e.Name()))
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs", e.Name())
		}
	}
	file := filepath.Join(folder, "verdict.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := runGraph(t, "", "evidence", "verify", folder, "--public-key", public, "-o", "json"); status != ExitViolated || !strings.Contains(out, `"file": "verdict.json"`) {
		t.Errorf("changed: status %d, %s", status, out)
	}
	if status, out, errs := runGraph(t, "", "evidence", "verify", dir); status != ExitUsage || out != "" || !strings.Contains(errs, "not an evidence folder") {
		t.Errorf("no folder: status %d, %q, %s", status, out, errs)
	}
}
