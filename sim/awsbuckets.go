package sim

import (
	"encoding/json"
	"fmt"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/snapshot"
)

// awsOwned stands for the accounts of AWS that own buckets which every customer
// uses: not the caller's, and in no organization of a customer's (P384).
const awsOwned = "aws"

// awsAccount is what is known of them.
var awsAccount = snapshot.Account{ID: awsOwned, Organization: snapshot.Collected,
	S3: snapshot.S3{AccountPublicAccessBlock: snapshot.PublicAccessBlock{Presence: snapshot.Collected, None: true}}}

// awsBucket is one of AWS's own buckets as the snapshot would hold it, from the
// table: what AWS documents of its policy, and S3's defaults.
func awsBucket(name string) (*snapshot.Bucket, bool) {
	row, region, ok := services.FindAWSBucket(name)
	if !ok {
		return nil, false
	}
	b := &snapshot.Bucket{Name: name, Account: &awsAccount, Region: region, Payer: "BucketOwner",
		PublicAccessBlock: snapshot.PublicAccessBlock{Presence: snapshot.Collected, None: true},
		Ownership:         "BucketOwnerEnforced", OwnershipPresence: snapshot.Collected,
		Encryption: snapshot.Encryption{Presence: snapshot.Collected, Algorithm: "AES256"},
		ABAC:       snapshot.Flag{Presence: snapshot.Collected}, TagsPresence: snapshot.Collected, ACLPresence: snapshot.Collected}
	switch {
	case row.Public:
		arn := "arn:" + snapshot.Partition(region) + ":s3:::" + name
		b.Policy.Presence = snapshot.Collected
		b.Policy.Raw, _ = json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
			map[string]any{"Sid": "AsAWSDocuments", "Effect": "Allow", "Principal": "*", "Action": row.Actions, "Resource": []string{arn, arn + "/*"}}}})
	case row.By == services.Presigned:
		b.Policy.Presence = snapshot.Collected // AWS's own account signs: its role's policies do
	default:
		b.Policy.Presence = snapshot.Unreadable
		b.Policy.Gap = &snapshot.Gap{Operation: "AWS's documentation of its bucket " + name, Code: "nothing"}
	}
	return b, true
}

// awsCaller is who signs requests for one of AWS's own buckets, as Options.Caller
// says it, where that is not the job's role: nobody, or AWS itself.
func (w *World) awsCaller(targets []target) (string, bool) {
	if len(targets) != 1 {
		return "", false
	}
	if _, own := w.x.Bucket(targets[0].bucket); own {
		return "", false
	}
	row, _, ok := services.FindAWSBucket(targets[0].bucket)
	switch {
	case !ok || row.By == services.SignedByRole:
		return "", false
	case row.By == services.Unsigned:
		return "unsigned", true
	}
	return "presigned-by " + awsSigner, true
}

// awsSigner is AWS in Options.Caller: it signs the URLs that its services hand out.
const awsSigner = "AWS"

// awsPrincipal signs the URLs that services hand out. Which role it is, AWS does
// not say; no customer's policy names it.
var awsPrincipal = policy.Principal{Kind: policy.PrincipalRole, Account: awsOwned, RoleARN: "arn:aws:iam::" + awsOwned + ":role/service", ARN: "arn:aws:iam::" + awsOwned + ":role/service"}

// awsAsker is AWS as the signer: its own role allows what it signs.
func awsAsker() signer {
	d, _ := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.KindIdentity)
	return signer{principal: awsPrincipal, account: awsOwned, identity: []policy.Policy{{Name: "AWS's own role", Document: d}}}
}

// awsNote says what an answer about one of AWS's own buckets takes from the table.
func (r *jobRun) awsNote(targets []target) {
	for i := range targets {
		row, _, ok := services.FindAWSBucket(targets[i].bucket)
		if _, own := r.w.x.Bucket(targets[i].bucket); !ok || own {
			continue
		}
		what := "AWS's policy of it is not documented"
		switch {
		case row.By == services.Presigned:
			what = "AWS signs the URLs that the job uses"
		case row.By == services.Unsigned:
			what = "requests are unsigned, and its policy is taken to let everybody do what AWS documents"
		case row.Public:
			what = "its policy is taken to let everybody do what AWS documents"
		}
		r.c.assume(fmt.Sprintf("Bucket %s is AWS's own (%s; %s, %s): %s (P384).", targets[i].bucket, row.For, row.Page, services.BucketsDate, what))
	}
}
