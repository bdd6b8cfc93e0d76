package sim_test

import (
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

const keyA = "arn:aws:kms:us-east-1:111111111111:key/1"

// encrypted makes the bucket's default encryption SSE-KMS with a key of
// account A that has the policy.
func encrypted(bucketKey bool, keyPolicy Obj) Edit {
	return Do(func(w *World) {
		w.Region(accountA, RegionID)["kms"] = Obj{"Keys": List{Obj{"KeyId": "1", "Arn": keyA, "KeyState": "Enabled", "KeyManager": "CUSTOMER",
			"Policy": keyPolicy, "Grants": List{}}}}
		w.Get("buckets", PolicyBucket)["ServerSideEncryptionConfiguration"] = Obj{"Rules": List{Obj{"BucketKeyEnabled": bucketKey,
			"ApplyServerSideEncryptionByDefault": Obj{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keyA}}}}
	})
}

// Section 18 of the semantics, P305 to P311: S3 asks KMS in the job's name.
func TestTrapKMS(t *testing.T) {
	permit := func() Obj { return For(roleR, Allow("kms:*", "*")) }
	forObjects := func() Obj { return If("StringLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::b/*", permit()) }
	elsewhere := For("*", If("StringNotEquals", "aws:SourceVpce", "vpce-1", Deny("kms:*", "*")))
	assume := func(texts ...string) func(*sim.Question) { return func(q *sim.Question) { q.Options.Assume = texts } }
	traps := []trap{
		{id: "T59 the key policy names the role", edits: []Edit{encrypted(false, Doc(permit()))}, want: sim.Reachable},
		{id: "T160 the context of a bucket key is the bucket", edits: []Edit{encrypted(true, Doc(forObjects()))}, want: sim.Blocked, code: "KMS_NO_ALLOW"},
		{id: "T160 without a bucket key it is the object", edits: []Edit{encrypted(false, Doc(forObjects()))}, want: sim.Reachable},
		{id: "T160 of many objects it is one of theirs", edits: []Edit{encrypted(false, Doc(forObjects()))}, bucket: "arn:aws:s3:::b/*", want: sim.Reachable},
		{id: "T160 of objects elsewhere it never is", edits: []Edit{encrypted(false, Doc(If("StringLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::c/*", permit())))}, bucket: "arn:aws:s3:::b/*", want: sim.Blocked, code: "KMS_NO_ALLOW"},
		{id: "T160 of some objects it is not known", edits: []Edit{encrypted(false, Doc(If("StringLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::b/data/*", permit())))}, bucket: "arn:aws:s3:::b/*", want: sim.Unknown},
		{id: "T160 of objects with a bucket key it is the bucket", edits: []Edit{encrypted(true, Doc(If("StringEquals", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::b", permit())))}, bucket: "arn:aws:s3:::b/*", want: sim.Reachable},
		{id: "T163 S3's call has no endpoint", edits: []Edit{encrypted(false, Doc(permit(), elsewhere))}, want: sim.Blocked, code: "KMS_EXPLICIT_DENY"},
		{id: "T163 whatever is assumed of the job's call", edits: []Edit{encrypted(false, Doc(permit(), elsewhere))},
			change: assume("aws:SourceVpce=vpce-1"), want: sim.Blocked, code: "KMS_EXPLICIT_DENY"},
		{id: "P305 the key's own tags may be assumed", edits: []Edit{encrypted(false, Doc(If("StringEquals", "aws:ResourceTag/use", "ml", permit())))},
			change: assume("aws:ResourceTag/use=ml"), want: sim.Reachable},
		{id: "P305 the bucket's tags are not the key's", edits: []Edit{encrypted(false, Doc(If("StringEquals", "aws:ResourceTag/use", "ml", permit()))), Do(func(w *World) {
			b := w.Get("buckets", PolicyBucket)
			b["AbacStatus"], b["TagSet"] = Obj{"Status": "Enabled"}, List{Obj{"Key": "use", "Value": "ml"}}
		})}, want: sim.Unknown},
		{id: "T139 a key that only makes data keys", action: put, edits: []Edit{encrypted(false, Doc(For(roleR, Allow("kms:GenerateDataKey", "*"))))}, want: sim.Partial, code: "KMS_NO_ALLOW"},
		{id: "P305 the service and the account that call", edits: []Edit{encrypted(false, Doc(If("StringEquals", "kms:CallerAccount", accountA,
			If("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com", For("*", Allow("kms:*", "*"))))))}, want: sim.Reachable},
	}
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) { checkTrap(t, &traps[i]) })
	}
}

// What KMS did stands as one layer in the answer: the key policy alone does not
// decide (P306), and a missing Allow is no explicit deny.
func TestKMSLayer(t *testing.T) {
	root := func() Obj { return For("arn:aws:iam::111111111111:root", Allow("kms:*", "*")) }
	withoutGrants := Do(func(w *World) {
		delete(w.Region(accountA, RegionID)["kms"].(Obj)["Keys"].(List)[0].(Obj), "Grants")
	})
	for _, tt := range []struct {
		name, want string
		edits      []Edit
	}{
		{"the key policy names the role", "allow", []Edit{encrypted(false, Doc(For(roleR, Allow("kms:*", "*"))))}},
		{"delegation, and the role lacks it", "implicitDeny", []Edit{encrypted(false, Doc(root()))}},
		{"delegation, and grants are not known", "unknown", []Edit{encrypted(false, Doc(root())), withoutGrants}},
		{"the key policy names somebody else", "implicitDeny", []Edit{role(Allow("*", "*")), encrypted(false, Doc(For(accountX, Allow("kms:*", "*"))))}},
		{"the role's own deny", "explicitDeny", []Edit{role(Allow("*", "*"), Deny("kms:*", "*")), encrypted(false, Doc(root()))}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := sim.NewWorld(Policy(tt.edits...).Snapshot(t)).Check(t.Context(), (&trap{}).question())
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, l := range a.Placements[0].Requests[0].Layers {
				if l.Layer == "kms" {
					got = l.Decision
				}
			}
			if got != tt.want {
				t.Errorf("layer kms %q, want %q", got, tt.want)
			}
		})
	}
}
