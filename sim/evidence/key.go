package evidence

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// PrivateKey signs statements: Ed25519, or ECDSA on a NIST curve.
type PrivateKey struct {
	signer crypto.Signer
	PublicKey
}

// PublicKey verifies them.
type PublicKey struct {
	key crypto.PublicKey
	der []byte // SubjectPublicKeyInfo
}

// ParsePrivateKey reads a PEM file: PKCS #8, or SEC 1 for ECDSA.
func ParsePrivateKey(text []byte) (*PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key is encrypted: decrypt it first, e.g. with openssl pkey")
	default:
		return nil, fmt.Errorf("a PEM block of type %q: want PRIVATE KEY (PKCS #8) or EC PRIVATE KEY", block.Type)
	}
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case ed25519.PrivateKey:
		return newPrivateKey(k)
	case *ecdsa.PrivateKey:
		return newPrivateKey(k)
	}
	return nil, fmt.Errorf("a key of type %T: want Ed25519 or ECDSA", key)
}

func newPrivateKey(s crypto.Signer) (*PrivateKey, error) {
	pub, err := newPublicKey(s.Public())
	if err != nil {
		return nil, err
	}
	return &PrivateKey{signer: s, PublicKey: *pub}, nil
}

// ParsePublicKey reads a PEM file: a public key (PKIX) or an X.509 certificate.
// A certificate's dates and issuer are not looked at: who names the file
// trusts the key.
func ParsePublicKey(text []byte) (*PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	switch block.Type {
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		return newPublicKey(key)
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return newPublicKey(c.PublicKey)
	}
	return nil, fmt.Errorf("a PEM block of type %q: want PUBLIC KEY or CERTIFICATE", block.Type)
}

func newPublicKey(key crypto.PublicKey) (*PublicKey, error) {
	switch key.(type) {
	case ed25519.PublicKey, *ecdsa.PublicKey:
	default:
		return nil, fmt.Errorf("a key of type %T: want Ed25519 or ECDSA", key)
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, err
	}
	return &PublicKey{key: key, der: der}, nil
}

// PEM is the key as a file.
func (k *PublicKey) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.der})
}

// Fingerprint names the key: the SHA-256 of its SubjectPublicKeyInfo.
func (k *PublicKey) Fingerprint() string { return "SHA256:" + digest(k.der) }

// KeyID implements dsse.Verifier.
func (k *PublicKey) KeyID() (string, error) { return k.Fingerprint(), nil }

// Public implements dsse.Verifier.
func (k *PublicKey) Public() crypto.PublicKey { return k.key }

var errSignature = errors.New("the signature is not this key's over these bytes")

// Verify implements dsse.Verifier.
func (k *PublicKey) Verify(_ context.Context, data, sig []byte) error {
	ok := false
	switch key := k.key.(type) {
	case ed25519.PublicKey:
		ok = ed25519.Verify(key, data, sig)
	case *ecdsa.PublicKey:
		sum, _ := hashFor(key, data)
		ok = ecdsa.VerifyASN1(key, sum, sig)
	}
	if !ok {
		return errSignature
	}
	return nil
}

// Sign implements dsse.Signer.
func (k *PrivateKey) Sign(_ context.Context, data []byte) ([]byte, error) {
	if key, ok := k.key.(*ecdsa.PublicKey); ok {
		sum, hash := hashFor(key, data)
		return k.signer.Sign(rand.Reader, sum, hash)
	}
	return k.signer.Sign(rand.Reader, data, crypto.Hash(0))
}

// hashFor hashes data with the SHA-2 that goes with the curve.
func hashFor(key *ecdsa.PublicKey, data []byte) ([]byte, crypto.Hash) {
	hash := crypto.SHA256
	switch bits := key.Curve.Params().BitSize; {
	case bits > 384:
		hash = crypto.SHA512
	case bits > 256:
		hash = crypto.SHA384
	}
	h := hash.New()
	h.Write(data)
	return h.Sum(nil), hash
}
