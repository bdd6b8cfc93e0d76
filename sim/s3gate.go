package sim

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// unknownGate is the missing fact for each of S3's own gates.
var unknownGate = map[Code]Code{
	finding.BlockPublicAccess: finding.UnknownBlockPublicAccess, finding.RequesterPays: finding.UnknownRequesterPays,
	finding.ACLNotSupported: finding.UnknownACLNotSupported, finding.AccessPointOrigin: finding.UnknownAccessPointOrigin,
}

// s3Gates decides S3's own gates and KMS, behind the policies.
func (r bucketGates) s3Gates(d *decided, s *placing, t *target, action string, ctx *network.Context) {
	d.gate = verdictParts{pass: true}
	_, known := r.w.FindBucket(t.bucket)
	r.c.judge(GateBucket, network.Judged{Pass: known, Open: !known})
	r.bucketGate(d, t)
	r.originGate(d, t)
	r.publicAccessGate(d, t)
	r.payerGate(d, t)
	r.aclHeaderGate(d, t, action)
	r.kmsGate(d, s, t, action, ctx)
}

// accessPointLayer adds the access point's policy and its network origin's gate.
func (r bucketGates) accessPointLayer(l *policy.Layers, t *target) {
	ap := t.accessPoint
	if ap.found == nil {
		l.AccessPoint = &policy.Policy{Name: ap.arn, Gap: "access point " + ap.arn + " is not in the snapshot"}
		return
	}
	l.AccessPoint = r.w.layering().policyOf(ap.arn, &ap.found.Policy, policy.KindAccessPoint)
	if l.AccessPoint == nil {
		l.AccessPoint = &policy.Policy{Name: ap.arn}
	}
}

// findAccessPoint looks an access point up, and with it the bucket behind it.
func (w *World) findAccessPoint(t *target) {
	for _, a := range w.snap.Accounts {
		for i := range a.S3.AccessPoints.Items {
			ap := &a.S3.AccessPoints.Items[i]
			if ap.ARN == t.accessPoint.arn || ap.Name == t.accessPoint.name && a.ID == t.accessPoint.account && (ap.Region == "" || ap.Region == t.accessPoint.region) {
				t.accessPoint.found, t.bucket = ap, ap.Bucket
				return
			}
		}
	}
}

// publicAccessGate is Block Public Access (P255 to P263).
func (r bucketGates) publicAccessGate(d *decided, t *target) {
	b, ok := r.w.FindBucket(t.bucket)
	if !ok {
		return
	}
	levels := []policy.PublicAccessBlock{blockLevel(&b.PublicAccessBlock, "bucket "+t.bucket)}
	if b.Account != nil {
		levels = append(levels, blockLevel(&b.Account.S3.AccountPublicAccessBlock, "account "+b.Account.ID))
	}
	if t.accessPoint != nil && t.accessPoint.found != nil {
		levels = append(levels, blockLevel(&t.accessPoint.found.PublicAccessBlock, "access point "+t.accessPoint.arn))
	}
	g := policy.BlockPublicAccess(levels, d.layers.Resource, &d.request)
	at := nonEmpty(b.PublicAccessBlock.At.Pointer(), b.At.Pointer())
	if !b.PublicAccessBlock.RestrictPublicBuckets && b.Account != nil && b.Account.S3.AccountPublicAccessBlock.RestrictPublicBuckets {
		at = b.Account.S3.AccountPublicAccessBlock.At.Pointer()
	}
	r.s3Gate(d, g, Finding{Code: finding.BlockPublicAccess, Component: t.bucketARN(), Pointer: at, Rule: "P256",
		URL: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
		Fix: "Narrow the public statement of the bucket policy to fixed principals, accounts or endpoints."}, "aws s3control get-public-access-block")
}

func blockLevel(b *snapshot.PublicAccessBlock, name string) policy.PublicAccessBlock {
	switch b.Presence {
	case snapshot.Unreadable:
		return policy.PublicAccessBlock{Gap: "of " + name + ": " + gapText(b.Gap)}
	case snapshot.NotCollected:
		return policy.PublicAccessBlock{Gap: "of " + name + ": not collected"}
	}
	return policy.PublicAccessBlock{BlockPublicACLs: b.BlockPublicACLs, IgnorePublicACLs: b.IgnorePublicACLs,
		BlockPublicPolicy: b.BlockPublicPolicy, RestrictPublicBuckets: b.RestrictPublicBuckets}
}

// s3Gate files what one of S3's own gates decided.
func (r bucketGates) s3Gate(d *decided, g policy.GateDecision, f Finding, collect string) {
	for _, a := range g.Assumptions {
		r.c.assume(a)
	}
	switch g.Outcome {
	case policy.True:
	case policy.False:
		f.Gate, f.Severity, f.Message = GateBucket, Blocker, sentence(g.Reason)
		f.Example = requestExample(&d.request)
		d.gates = append(d.gates, gateBlock{f})
		d.gate = andGate(d.gate, verdictParts{fail: true})
	default:
		d.gate = andGate(d.gate, verdictParts{open: true})
		r.c.missing(Missing{Code: unknownGate[f.Code], Gate: GateBucket, Component: f.Component, Pointer: f.Pointer, Fact: g.Reason, Collect: collect})
	}
}

// sentence makes a reason a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// payerGate is requester pays (P275).
func (r bucketGates) payerGate(d *decided, t *target) {
	b, ok := r.w.FindBucket(t.bucket)
	if !ok || b.Account == nil || b.Account.ID == r.who.account {
		return
	}
	enabled := policy.False
	if strings.EqualFold(b.Payer, "Requester") {
		enabled = policy.True
	} else if b.Payer == "" {
		r.c.alsoUnknown(Missing{Code: finding.UnknownRequesterPays, Gate: GateBucket, Component: t.bucketARN(), Pointer: b.At.Pointer(),
			Fact: "who pays for requests to bucket " + t.bucket, Collect: "aws s3api get-bucket-request-payment --bucket " + t.bucket})
		r.c.assume("The owner of bucket " + t.bucket + " is taken to pay for requests, as by default: who pays is not in the snapshot (P275).")
	}
	r.s3Gate(d, policy.RequesterPays(enabled, false, &d.request), Finding{Code: finding.RequesterPays, Component: t.bucketARN(), Pointer: b.At.Pointer(), Rule: "P275",
		URL: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html",
		Fix: "The bucket's owner has to switch requester pays off."}, "aws s3api get-bucket-request-payment --bucket "+t.bucket)
}

// aclHeaderGate refuses a write with a canned ACL where lists are off (P245).
// A job sends none, as far as is known; one may be assumed.
func (r bucketGates) aclHeaderGate(d *decided, t *target, action string) {
	v := d.request.Context["s3:x-amz-acl"]
	if action != "s3:PutObject" || v.State != policy.KeyKnown || len(v.Values) != 1 || t.directoryBucket() {
		return
	}
	ownership := policy.OwnershipUnknown
	f := Finding{Code: finding.ACLNotSupported, Component: t.bucketARN(), Rule: "P245",
		URL: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
		Fix: "Send no x-amz-acl header, or bucket-owner-full-control."}
	if b, ok := r.w.FindBucket(t.bucket); ok {
		f.Pointer = b.At.Pointer()
		switch {
		case b.OwnershipPresence != snapshot.Collected:
		case b.Ownership == "BucketOwnerEnforced":
			ownership = policy.BucketOwnerEnforced
		case b.Ownership == "BucketOwnerPreferred":
			ownership = policy.BucketOwnerPreferred
		default:
			ownership = policy.ObjectWriter
		}
	}
	r.s3Gate(d, policy.ACLHeader(ownership, v.Values[0]), f, "aws s3api get-bucket-ownership-controls --bucket "+t.bucket)
}

// originGate is the network origin of an access point (P269).
func (r bucketGates) originGate(d *decided, t *target) {
	if t.accessPoint == nil || t.accessPoint.found == nil {
		return
	}
	ap := t.accessPoint.found
	vpc := string(ap.VPC)
	if strings.EqualFold(ap.NetworkOrigin, "Internet") {
		vpc = ""
	}
	r.s3Gate(d, policy.AccessPointOrigin(vpc, &d.request), Finding{Code: finding.AccessPointOrigin, Component: ap.ARN, Pointer: ap.At.Pointer(), Rule: "P269",
		URL: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html",
		Fix: "Send the request from " + vpc + " by one of its endpoints, or use an access point whose network origin is the internet or the VPC that it comes from."}, "aws s3control get-access-point")
}

// accessLists adds what access control lists grant, where they are on (P245
// to P250).
func (r bucketGates) accessLists(l *policy.Layers, t *target, action string) {
	b, ok := r.w.FindBucket(t.bucket)
	if !ok || b.Account == nil {
		return
	}
	if b.OwnershipPresence == snapshot.Collected && b.Ownership == "BucketOwnerEnforced" {
		return
	}
	if kindOfAction(action) == onObject && !writes(action) {
		r.c.assume("The objects of " + t.bucket + " are taken to belong to the bucket's owner (P250).")
	}
	acl := &policy.ACL{Ownership: policy.ObjectWriter, IgnorePublic: ignorePublic(b), ObjectMore: true, BucketMore: b.ACLPresence != snapshot.Collected}
	switch {
	case b.OwnershipPresence != snapshot.Collected:
		acl.Ownership = policy.OwnershipUnknown
	case b.Ownership == "BucketOwnerPreferred":
		acl.Ownership = policy.BucketOwnerPreferred
	}
	for i := range b.ACL {
		g := &b.ACL[i]
		grant := policy.ACLGrant{Permission: g.Permission, AllUsers: strings.HasSuffix(g.URI, "/AllUsers"), AuthenticatedUsers: strings.HasSuffix(g.URI, "/AuthenticatedUsers")}
		if grant.Public() {
			acl.Bucket = append(acl.Bucket, grant)
		} else if g.ID != "" && b.ACLOwner != "" && g.ID != b.ACLOwner {
			acl.BucketMore = true // whose canonical id that is, no snapshot tells
		}
	}
	l.ACL = acl
}

func ignorePublic(b *snapshot.Bucket) policy.Truth {
	out := policy.False
	for _, level := range []*snapshot.PublicAccessBlock{&b.PublicAccessBlock, &b.Account.S3.AccountPublicAccessBlock} {
		switch {
		case level.Presence != snapshot.Collected:
			out = out.Or(policy.Unknown)
		case level.IgnorePublicACLs:
			out = policy.True
		}
	}
	return out
}

// assumeKeys lists what a job's client is taken to send, where a policy asks
// for it (P222).
func (r bucketGates) assumeKeys(l *policy.Layers, t *target, action string) {
	if r.w.layering().mentions(l, "aws:securetransport", false) {
		r.c.assume("The job calls S3 over TLS (aws:SecureTransport is true), as the SDKs do (P222).")
	}
	if namesSessions(l) && r.existing.session == "" && (r.work.Kind == "" || r.work.Session.Seen) {
		r.c.assume(fmt.Sprintf("The job's calls are taken to come from role session %q, as seen in error messages; AWS does not document the name (P318).", r.who.principal.Session))
	}
	if r.w.layering().mentions(l, "s3:prefix", false) && (action == "s3:ListBucket" || action == "s3:ListBucketVersions") {
		if p, ok := listPrefix(t); ok {
			r.c.assume("The job lists with s3:prefix " + quote(p) + " (P200, P321).")
		} else {
			r.c.assume("The job lists without a prefix, so s3:prefix is absent (P200).")
		}
	}
	if r.w.layering().mentions(l, "s3:x-amz-", true) && writes(action) {
		if t.kmsKey != "" {
			r.c.assume("The job sends the SSE-KMS header of its KmsKeyId with what it writes, and no other header that a policy asks for (P201).")
		} else {
			r.c.assume("The job sends no ACL, encryption or storage-class header with what it writes (P201).")
		}
	}
}

func quote(s string) string { return "\"" + s + "\"" }

// bucketGate: the bucket exists.
func (r bucketGates) bucketGate(d *decided, t *target) {
	b, ok := r.w.FindBucket(t.bucket)
	if !ok || !b.Missing {
		return
	}
	d.gates = append(d.gates, gateBlock{Finding{Code: finding.NoSuchBucket, Gate: GateBucket, Severity: Blocker, Component: t.bucketARN(), Pointer: b.At.Pointer(), Rule: "P86",
		Message: "There is no bucket " + t.bucket + ": S3 answered so when the snapshot was taken.",
		Fix:     "Create the bucket, or correct its name in the job."}})
	d.gate = andGate(d.gate, verdictParts{fail: true})
}

// namesSessions tells whether a policy grants or denies by role session.
func namesSessions(l *policy.Layers) bool {
	found := false
	eachDocument(l, func(d *policy.Document) {
		for i := range d.Statements {
			if p := d.Statements[i].Principals; p != nil {
				for _, arn := range p.AWS {
					found = found || strings.Contains(arn, ":assumed-role/")
				}
			}
		}
	})
	return found
}
