package evidence

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// authority makes a certificate authority, and a certificate of its with the uses.
func authority(t *testing.T, uses ...x509.ExtKeyUsage) (root, leaf *x509.Certificate, key *ecdsa.PrivateKey) {
	t.Helper()
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sign := func(c, parent *x509.Certificate, pub, priv any) *x509.Certificate {
		c.SerialNumber, c.NotBefore, c.NotAfter, c.BasicConstraintsValid = big.NewInt(1), from, from.AddDate(1, 0, 0), true
		der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, priv)
		if err != nil {
			t.Fatal(err)
		}
		out, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	of := &x509.Certificate{Subject: pkix.Name{CommonName: "root"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	root = sign(of, of, keys[0].Public(), keys[0])
	leaf = sign(&x509.Certificate{Subject: pkix.Name{CommonName: "tsa"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: uses}, root, keys[1].Public(), keys[0])
	return root, leaf, keys[1]
}

func stamp(t *testing.T, data []byte, leaf *x509.Certificate, key crypto.Signer, with bool) []byte {
	t.Helper()
	sum := sha256.Sum256(data)
	ts := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), SerialNumber: big.NewInt(7),
		Policy: []int{1, 2, 3}, AddTSACertificate: with}
	out, err := ts.CreateResponseWithOpts(leaf, key, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTimestamps(t *testing.T) {
	root, leaf, key := authority(t, x509.ExtKeyUsageTimeStamping)
	stranger, _, _ := authority(t, x509.ExtKeyUsageTimeStamping)
	_, server, serverKey := authority(t, x509.ExtKeyUsageServerAuth)
	signed := ed25519Key(t, 1)
	for name, c := range map[string]struct {
		sign  *PrivateKey
		stamp func(f *Folder) []byte
		roots []*x509.Certificate
		want  string // a problem; "": none
	}{
		"of the envelope":                     {signed, func(f *Folder) []byte { return stamp(t, f.files[fileEnvelope], leaf, key, true) }, []*x509.Certificate{root}, ""},
		"of the unsigned statement":           {nil, func(f *Folder) []byte { return stamp(t, f.files[fileStatement], leaf, key, true) }, []*x509.Certificate{root}, ""},
		"checked with its own certificate":    {signed, func(f *Folder) []byte { return stamp(t, f.files[fileEnvelope], leaf, key, true) }, nil, ""},
		"without a certificate in it":         {signed, func(f *Folder) []byte { return stamp(t, f.files[fileEnvelope], leaf, key, false) }, []*x509.Certificate{leaf, root}, ""},
		"of other bytes":                      {signed, func(f *Folder) []byte { return stamp(t, f.files[fileVerdict], leaf, key, true) }, []*x509.Certificate{root}, "other bytes"},
		"by another authority":                {signed, func(f *Folder) []byte { return stamp(t, f.files[fileEnvelope], leaf, key, true) }, []*x509.Certificate{stranger}, "unknown authority"},
		"by a web server's certificate":       {signed, func(f *Folder) []byte { return stamp(t, f.files[fileEnvelope], server, serverKey, true) }, nil, "not one for time stamps"},
		"with a changed byte":                 {signed, func(f *Folder) []byte { return flip(stamp(t, f.files[fileEnvelope], leaf, key, true)) }, []*x509.Certificate{root}, fileTimestamp},
		"that is no time stamp":               {signed, func(*Folder) []byte { return []byte("time") }, nil, "not a time stamp"},
		"that is missing though it is wanted": {signed, func(*Folder) []byte { return nil }, []*x509.Certificate{root}, "is missing"},
	} {
		f := build(t, testCase(), c.sign)
		if text := c.stamp(f); text != nil {
			f.files[fileTimestamp] = text
		}
		opt := VerifyOptions{Program: testCase().Program, TSA: c.roots}
		if c.sign != nil {
			opt.Key = &c.sign.PublicKey
		}
		r := &Report{}
		if err := r.check(context.Background(), f.files, opt); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, p := range r.Problems {
			said = append(said, p.String())
		}
		if all := strings.Join(said, "; "); (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
			t.Errorf("a time stamp %s: problems %q, want %q", name, all, c.want)
		}
		if (c.want == "") == r.Stamped.IsZero() || c.want == "" && r.TSAGiven != (c.roots != nil) {
			t.Errorf("a time stamp %s: stamped %v, %v", name, r.Stamped, r.TSAGiven)
		}
	}
}

// flip changes a byte of the signature, with which a response ends.
func flip(text []byte) []byte {
	out := bytes.Clone(text)
	out[len(out)-1] ^= 1
	return out
}

func TestTheBundleIsTheEnvelope(t *testing.T) {
	key := ed25519Key(t, 1)
	f := build(t, testCase(), key)
	var b struct {
		MediaType string
		Material  struct {
			PublicKey struct{ Hint string }
		} `json:"verificationMaterial"`
		Envelope json.RawMessage `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(f.files[fileBundle], &b); err != nil {
		t.Fatal(err)
	}
	var whole, part bytes.Buffer
	if err := errors.Join(json.Compact(&whole, f.files[fileEnvelope]), json.Compact(&part, b.Envelope)); err != nil || whole.String() != part.String() || b.Material.PublicKey.Hint != key.Fingerprint() || b.MediaType != bundleType {
		t.Errorf("%v: %s", err, f.files[fileBundle])
	}
	f.files[fileBundle] = bytes.Replace(f.files[fileBundle], []byte("v0.3"), []byte("v0.9"), 1)
	r := &Report{}
	if err := r.check(context.Background(), f.files, VerifyOptions{Program: testCase().Program}); err != nil || len(r.Problems) != 1 || r.Problems[0].File != fileBundle {
		t.Errorf("%v: %v", err, r.Problems)
	}
}

// TestOSCALReferences: every resource of the back matter is referred to, and
// every reference leads to one.
func TestOSCALReferences(t *testing.T) {
	text := string(build(t, testCase(), nil).files[fileOSCAL])
	var doc oscalFile
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range doc.AssessmentResults.BackMatter.Resources {
		refs := strings.Count(text, `"href": "#`+r.UUID+`"`)
		if n += refs; refs == 0 || r.UUID[14] != '4' {
			t.Errorf("%s %s: %d references", r.Title, r.UUID, refs)
		}
	}
	if all := strings.Count(text, `"href": "#`); all != n {
		t.Errorf("%d references, %d of them to resources", all, n)
	}
}
