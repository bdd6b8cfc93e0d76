package evidence

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// timestamp checks the RFC 3161 time stamp of the statement's file, where there
// is one. Its hash must be the file's, its signature its signer's, and the
// signer's chain must end in one of roots.
func (r *Report) timestamp(files map[string][]byte, roots []*x509.Certificate) {
	text := files[fileTimestamp]
	if text == nil {
		if len(roots) > 0 {
			r.problem(fileTimestamp, "is missing, and a certificate was given to check it with")
		}
		return
	}
	at, signer, err := checkTimestamp(text, files[r.statementFile()], roots)
	if err != nil {
		r.problem(fileTimestamp, "%v", err)
		return
	}
	r.Stamped, r.TSA, r.TSAGiven = at, signer.Subject.String(), len(roots) > 0
	if len(roots) == 0 {
		r.Notes = append(r.Notes, "The time stamp was checked with the certificate that lies in it. Whoever made it chose that certificate: give the authority's with --tsa.")
	}
}

// checkTimestamp reads a time stamp of data: a response, as openssl ts and
// curl leave it, or the token alone.
func checkTimestamp(text, data []byte, roots []*x509.Certificate) (time.Time, *x509.Certificate, error) {
	t, err := timestamp.ParseResponse(text)
	if err != nil {
		var tokenErr error
		if t, tokenErr = timestamp.Parse(text); tokenErr != nil {
			return time.Time{}, nil, fmt.Errorf("not a time stamp: %w", err)
		}
	}
	// A hash that is broken stamps nothing.
	if !slices.Contains([]crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}, t.HashAlgorithm) {
		return time.Time{}, nil, fmt.Errorf("the time stamp is over a hash of the kind %v: expected SHA-256, SHA-384 or SHA-512", t.HashAlgorithm)
	}
	h := t.HashAlgorithm.New()
	h.Write(data)
	if !slices.Equal(h.Sum(nil), t.HashedMessage) {
		return time.Time{}, nil, errors.New("the time stamp is of other bytes than the statement's file")
	}
	token, err := pkcs7.Parse(t.RawToken)
	if err != nil {
		return time.Time{}, nil, err
	}
	if len(token.Certificates) == 0 {
		token.Certificates = roots // a token may leave out what its reader has
	}
	signer := token.GetOnlySigner()
	if signer == nil {
		return time.Time{}, nil, errors.New("the time stamp does not name one signer whose certificate is at hand")
	}
	return t.Time, signer, stampedBy(token, signer, t.Time, roots)
}

// tstInfo is the type of what a time stamp's token signs.
var tstInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

// contentType is the signed attribute that says what was signed.
var contentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}

// stampedBy checks the signature, and that the signer is one of time stamps.
//
// RFC 3161, section 2.3: the certificate's key is for time stamps alone.
func stampedBy(token *pkcs7.PKCS7, signer *x509.Certificate, at time.Time, roots []*x509.Certificate) error {
	if !slices.Equal(signer.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) || len(signer.UnknownExtKeyUsage) > 0 {
		return errors.New("the signer's certificate is not one for time stamps alone")
	}
	var kind asn1.ObjectIdentifier
	if err := token.UnmarshalSignedAttribute(contentType, &kind); err != nil || !kind.Equal(tstInfo) {
		return errors.New("what is signed is not a time stamp")
	}
	if len(roots) == 0 {
		return token.Verify()
	}
	pool, between := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range roots {
		pool.AddCert(c)
	}
	for _, c := range token.Certificates {
		between.AddCert(c)
	}
	return token.VerifyWithOpts(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}})
}
