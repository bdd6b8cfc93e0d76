package sim

import (
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/network"
)

// s3Gates decides S3's own gates and KMS, behind the policies.
func (r *jobRun) s3Gates(d *decided, s *slot, t *target, action string, ctx *network.Context) {
	d.gate = tally{pass: true}
	r.bucketGate(d, t)
	r.kmsGate(d, s, t, action, ctx)
}

// accessPointLayer adds the access point's policy.
func (r *jobRun) accessPointLayer(l *policy.Layers, t *target) {}

// assumeKeys lists what a job's client is taken to send, where a policy asks
// for it (P222).
func (r *jobRun) assumeKeys(l *policy.Layers, t *target, action string) {
	if mentions(l, "aws:securetransport", false) {
		r.c.assume("The job calls S3 over TLS (aws:SecureTransport is true), as the SDKs do (P222).")
	}
	if mentions(l, "s3:prefix", false) && (action == "s3:ListBucket" || action == "s3:ListBucketVersions") {
		if p, ok := listPrefix(t); ok {
			r.c.assume("The job lists with s3:prefix " + quote(p) + " (P200, P321).")
		} else {
			r.c.assume("The job lists without a prefix, so s3:prefix is absent (P200).")
		}
	}
	if mentions(l, "s3:x-amz-", true) && writes(action) {
		if t.kmsKey != "" {
			r.c.assume("The job sends the SSE-KMS header of its KmsKeyId with what it writes, and no other header that a policy asks for (P201).")
		} else {
			r.c.assume("The job sends no ACL, encryption or storage-class header with what it writes (P201).")
		}
	}
}

func quote(s string) string { return "\"" + s + "\"" }

// bucketGate: the bucket exists.
func (r *jobRun) bucketGate(d *decided, t *target) {
	b, ok := r.w.FindBucket(t.bucket)
	if !ok || !b.Missing {
		return
	}
	d.gates = append(d.gates, gateBlock{Finding{Code: "NO_SUCH_BUCKET", Gate: GateBucket, Severity: Blocker, Component: t.bucketARN(), Pointer: b.At.Pointer(), Rule: "P86",
		Message: "There is no bucket " + t.bucket + ": S3 answered so when the snapshot was taken.",
		Fix:     "Create the bucket, or correct its name in the job."}})
	d.gate = andGate(d.gate, tally{fail: true})
}
