package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

const docS3KMS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html"

// encryptionKey is the KMS key that an action on a target needs.
type encryptionKey struct {
	id        string // as configured: id, alias or ARN; "" for the account's aws/s3
	bucketKey bool   // an S3 Bucket Key: the encryption context is the bucket's ARN
	fromJob   bool   // the job names it for what it writes
	none      bool   // no KMS key is needed
	missing   *Missing
}

// keyFor tells which key a request needs: the one that the job names for what
// it writes, else the bucket's default. An object's own key decides what a
// read needs; it is in no snapshot, so the bucket's default stands for it (P310).
func (r bucketGates) keyFor(t *target, action string) encryptionKey {
	if !writes(action) && !readsData(action) {
		return encryptionKey{none: true}
	}
	if writes(action) && t.kmsKey != "" {
		return encryptionKey{id: t.kmsKey, fromJob: true}
	}
	b, ok := r.w.FindBucket(t.bucket)
	if !ok {
		return encryptionKey{missing: &Missing{Code: finding.UnknownEncryption, Gate: GateKMS, Component: t.bucketARN(),
			Fact:    "the default encryption of " + t.bucketName() + ", which is not in the snapshot" + r.withoutKeys(action),
			Collect: "aws s3api get-bucket-encryption --bucket " + t.bucket}}
	}
	e := &b.Encryption
	switch e.Presence {
	case snapshot.Unreadable:
		return encryptionKey{missing: &Missing{Code: finding.UnknownEncryption, Gate: GateKMS, Component: t.bucketARN(), Pointer: b.At.Pointer(),
			Fact:    "the default encryption of bucket " + t.bucket + ": " + gapText(e.Gap),
			Collect: "aws s3api get-bucket-encryption --bucket " + t.bucket}}
	case snapshot.NotCollected:
		if !r.q.Options.AssumeSSES3 {
			return encryptionKey{missing: &Missing{Code: finding.UnknownEncryption, Gate: GateKMS, Component: t.bucketARN(), Pointer: b.At.Pointer(),
				Fact:    "the default encryption of bucket " + t.bucket + ", which was not collected (--assume-sse-s3 takes it as SSE-S3)",
				Collect: "aws s3api get-bucket-encryption --bucket " + t.bucket}}
		}
		r.c.assume("Bucket " + t.bucket + " is taken to have S3's own default encryption (SSE-S3), which needs no KMS key: its encryption is not in the snapshot.")
		return encryptionKey{none: true}
	}
	if e.Algorithm == "" && !r.q.Options.AssumeSSES3 { // P370
		return encryptionKey{missing: &Missing{Code: finding.UnknownEncryption, Gate: GateKMS, Component: t.bucketARN(), Pointer: nonEmpty(e.At.Pointer(), b.At.Pointer()),
			Fact:    "the algorithm of the default encryption of bucket " + t.bucket,
			Collect: "aws s3api get-bucket-encryption --bucket " + t.bucket}}
	}
	if e.Algorithm == "" {
		r.c.assume("Bucket " + t.bucket + " is taken to have S3's own default encryption (SSE-S3): the algorithm is not in the snapshot.")
	}
	if !strings.HasPrefix(e.Algorithm, "aws:kms") {
		return encryptionKey{none: true}
	}
	if readsData(action) {
		r.c.assume("The objects of " + t.bucket + " are taken to be encrypted with the bucket's default key; their own keys are not in a snapshot (P310).")
	}
	return encryptionKey{id: e.KeyID, bucketKey: e.BucketKey}
}

// withoutKeys says what a role lacks whichever key of another account it is: the
// key's policy and the role's own have to allow its use (P307).
func (r bucketGates) withoutKeys(action string) string {
	need := "kms:Decrypt"
	if writes(action) {
		need = "kms:GenerateDataKey"
	}
	if r.who.role == nil || r.who.unknown != "" {
		return ""
	}
	for i := range r.who.identity {
		if mayGrant(&r.who.identity[i], strings.ToLower(need), "arn:", nil) {
			return ""
		}
	}
	return fmt.Sprintf("; role %s may do %s with no key, so what is under another account's key is closed to it", r.who.role.Name, need)
}

// kmsGate decides the second authorisation that SSE-KMS needs: S3 asks KMS in
// the caller's name (P305 to P311).
func (r bucketGates) kmsGate(d *decided, s *placing, t *target, action string, ctx *network.Context) {
	k := r.keyFor(t, action)
	if k.missing != nil {
		r.c.missing(*k.missing)
		d.gate = andGate(d.gate, verdictParts{open: true})
		return
	}
	if k.none {
		return
	}
	owner := r.ownerOf(t)
	if k.fromJob {
		owner = r.who.account
	}
	if !r.who.signed() {
		r.unsignedKey(d, t)
		return
	}
	if r.who.unnamed() {
		r.c.missing(Missing{Code: finding.UnknownKMS, Gate: GateKMS, Component: t.bucketARN(), Fact: "whether the caller may use the key of " + t.bucketName() + ": " + r.who.unknown})
		d.gate = andGate(d.gate, verdictParts{open: true})
		return
	}
	if k.id == "" || strings.HasSuffix(k.id, "alias/aws/s3") {
		r.awsManagedKey(d, t, owner)
		return
	}
	arn := keyARN(k.id, s.to, owner)
	key, found := r.w.findKey(k.id, s.to, owner)
	if found {
		arn = key.ARN
	}
	needs := []string{"kms:Decrypt"}
	if writes(action) {
		needs = []string{"kms:GenerateDataKey", "kms:Decrypt"}
	}
	for _, need := range needs {
		r.keyAction(d, &keyUse{key: key, arn: arn, action: need, region: s.to, config: k,
			multipart: writes(action) && need == "kms:Decrypt"}, ctx)
	}
}

// unsignedKey: S3 serves objects that a KMS key encrypts to signed requests only.
func (r bucketGates) unsignedKey(d *decided, t *target) {
	f := Finding{Code: finding.KMSNoAllow, Gate: GateKMS, Severity: Blocker, Component: t.bucketARN(), Rule: "P361", URL: docS3KMS,
		Message: fmt.Sprintf("The objects of %s are encrypted with a KMS key, and S3 serves such objects to signed requests only.", t.bucket),
		Fix:     "Sign the request, or encrypt these objects with SSE-S3."}
	if b, ok := r.w.FindBucket(t.bucket); ok {
		f.Pointer = nonEmpty(b.Encryption.At.Pointer(), b.At.Pointer())
	}
	d.gates = append(d.gates, gateBlock{f})
	d.gate = andGate(d.gate, verdictParts{fail: true})
}

// keyUse is one KMS action that a request needs.
type keyUse struct {
	key       *snapshot.Key // nil: not in the snapshot
	arn       string
	action    string
	region    string // of the bucket
	config    encryptionKey
	multipart bool // needed for multipart uploads only (P235)
}

// awsManagedKey: every principal of the account that S3 lets in may use
// aws/s3, and nobody else (P307).
func (r bucketGates) awsManagedKey(d *decided, t *target, owner string) {
	if owner == r.who.account {
		r.c.assume("The AWS managed key aws/s3 serves every principal of its account, as AWS's own key policy for it says.")
		return
	}
	f := Finding{Code: finding.KMSNoAllow, Gate: GateKMS, Severity: Blocker, Component: "alias/aws/s3", Rule: "P307", URL: docS3KMS,
		Message: fmt.Sprintf("The objects of %s are encrypted with the AWS managed key aws/s3 of account %s, which no other account can use.", t.bucket, owner),
		Fix:     "The bucket's owner has to encrypt the objects with a customer managed key, and let the role use it."}
	if b, ok := r.w.FindBucket(t.bucket); ok {
		f.Pointer = nonEmpty(b.Encryption.At.Pointer(), b.At.Pointer())
	}
	d.gates = append(d.gates, gateBlock{f})
	d.gate = andGate(d.gate, verdictParts{fail: true})
}

func (r bucketGates) keyAction(d *decided, use *keyUse, ctx *network.Context) {
	l := r.who.layers()
	account := arnField(use.arn, 4)
	var assumed string
	l.RCPs, l.RCPUnknown, assumed = r.w.layering().controlPolicies(account, policy.KindRCP, r.q.Options.AssumeNoOrganization)
	if assumed != "" {
		r.c.assume(assumed)
	}
	key := r.w.layering().policyKey(use)
	req := r.keyRequest(&d.request, use, &key, ctx)
	decision := policy.EvaluateKey(&l, &key, &req)
	for _, a := range decision.Assumptions {
		r.c.assume(a)
	}
	if use.key != nil && use.key.State == "" {
		r.c.alsoUnknown(Missing{Code: finding.UnknownKMS, Gate: GateKMS, Component: use.arn, Pointer: use.key.At.Pointer(),
			Fact: "the state of key " + use.arn, Collect: "aws kms describe-key --key-id " + use.arn})
	}
	switch decision.Outcome {
	case policy.True:
		d.kms = append(d.kms, decision)
	case policy.False:
		d.kms = append(d.kms, decision)
		d.gates = append(d.gates, gateBlock{r.keyFinding(use, &decision, &req)})
		if use.multipart {
			d.gate = andGate(d.gate, verdictParts{pass: true, fail: true})
			return
		}
		d.gate = andGate(d.gate, verdictParts{fail: true})
	default:
		d.kms = append(d.kms, decision)
		d.gate = andGate(d.gate, verdictParts{open: true})
		r.c.missing(Missing{Code: finding.UnknownKMS, Gate: GateKMS, Component: use.arn, Pointer: keyPointer(use.key),
			Fact: fmt.Sprintf("whether the role may do %s on %s: %s", use.action, use.arn, needsText(decision.Needs)), Collect: keyHint(use.arn)})
	}
}

// keyHint is the call for a key's policy, which takes no alias.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/kms/get-key-policy.html
func keyHint(arn string) string {
	if strings.HasPrefix(arnField(arn, 5), "alias/") {
		return "aws kms describe-key --key-id " + arn + "; then aws kms get-key-policy with its KeyId"
	}
	return "aws kms get-key-policy --key-id " + arn
}

func keyPointer(k *snapshot.Key) string {
	if k == nil {
		return ""
	}
	return nonEmpty(k.Policy.At.Pointer(), k.At.Pointer())
}

// policyKey is a key as the policy half sees it.
func (w layering) policyKey(use *keyUse) policy.Key {
	k := policy.Key{ARN: use.arn}
	if use.key == nil {
		k.Policy = &policy.Policy{Name: use.arn, Gap: "key " + use.arn + " is not in the snapshot"}
		return k
	}
	k.State, k.AWSManaged = use.key.State, strings.EqualFold(use.key.Manager, "AWS")
	if use.key.StateGap != nil {
		k.StateUnknown = gapText(use.key.StateGap)
	}
	k.Policy = w.policyOf(use.arn, &use.key.Policy, policy.KindKey)
	if use.key.GrantsPresence != snapshot.Collected {
		k.GrantsUnknown = "the grants of " + use.arn + " were not collected"
	}
	for i := range use.key.Grants {
		g := &use.key.Grants[i]
		if g.HasConstraints {
			k.GrantsUnknown = "grant " + g.ID + " has encryption context constraints"
			continue
		}
		k.Grants = append(k.Grants, policy.Grant{Name: g.ID, Grantee: g.Grantee, Operations: g.Operations})
	}
	return k
}

// keyRequest is the call that S3 makes to KMS in the caller's name: s3 is the
// caller's own (P93, P305).
func (r bucketGates) keyRequest(s3 *policy.Request, use *keyUse, key *policy.Key, ctx *network.Context) policy.Request {
	req := policy.KeyRequest(s3, key, policy.KeyUse{Action: use.action, Region: use.region, BucketKey: use.config.bucketKey})
	if ctx.Via == "public" {
		req.UnknownKeys = append(req.UnknownKeys, "aws:sourceip") // newer pages say that it is preserved (P309)
	}
	r.w.layering().orgKeys(&req, req.ResourceAccount, "aws:resourceorgid", "aws:resourceorgpaths")
	// What is assumed of the caller's own request, such as its endpoint, is not
	// to be put back where S3's call is known not to have it (P309).
	applyAssumptions(&req, slices.DeleteFunc(slices.Clone(r.q.Options.Assume), func(text string) bool {
		k, _, _ := strings.Cut(text, "=")
		return !req.Open(strings.ToLower(strings.TrimSpace(k)))
	}))
	return req
}

func (r bucketGates) keyFinding(use *keyUse, d *policy.Decision, req *policy.Request) Finding {
	f := Finding{Code: finding.KMSNoAllow, Gate: GateKMS, Severity: Blocker, Component: use.arn, Pointer: keyPointer(use.key), Rule: "P306", URL: docS3KMS,
		Example: &Example{Principal: req.Principal.ARN, Action: use.action, Resource: use.arn},
		Message: fmt.Sprintf("S3 may not do %s on %s in the name of %s: %s.", use.action, use.arn, r.who.name(), denialReason(d)),
		Fix:     fmt.Sprintf("Allow %s to %s in the key's policy; where the policy only delegates to the account, in a policy of the role as well.", use.action, r.who.id())}
	for _, i := range d.Blocking {
		if d.Layers[i].Outcome == policy.ExplicitDeny {
			f.Code, f.Rule = finding.KMSExplicitDeny, "P309"
			f.Fix = "Narrow that Deny so that it spares calls that S3 makes (aws:ViaAWSService)."
			if s := d.Layers[i].Statements; len(s) > 0 && s[0].Policy == use.arn && use.key != nil {
				f.Pointer = s[0].Pointer
			}
		}
	}
	if use.key != nil && use.key.State != "" && !strings.EqualFold(use.key.State, "Enabled") {
		f.Code, f.Rule, f.Pointer = finding.KMSKeyState, "P310", use.key.At.Pointer()
		f.Fix = "Enable the key, cancel its deletion, or encrypt the bucket with another."
		return f
	}
	if use.multipart {
		f.Message += " Large objects are uploaded in parts, which needs it; small ones are not."
		f.Rule = "P235"
	}
	if f.Pointer == "" {
		f.Pointer = r.rolePointer()
	}
	return f
}

func (r *jobRun) rolePointer() string {
	return r.who.at()
}

func nonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
