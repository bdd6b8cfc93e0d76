package sim

import (
	"slices"
	"strings"
)

// resourceKind is the type of resource that an S3 action is checked against (P53).
type resourceKind uint8

const (
	onObject resourceKind = iota
	onBucket
	onNothing // Resource: "*" (P54)
)

// objectActions are the S3 actions whose resource type is the object
// (semantics, section 9.1), by lower-case name.
//
// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
var objectActions = map[string]string{}

// accountActions have no resource type.
var accountActions = map[string]string{}

func init() {
	for _, a := range strings.Fields(`GetObject GetObjectVersion GetObjectAttributes GetObjectVersionAttributes GetObjectAcl
		GetObjectVersionAcl GetObjectTagging GetObjectVersionTagging GetObjectRetention GetObjectLegalHold GetObjectTorrent
		GetObjectVersionTorrent PutObject PutObjectAcl PutObjectVersionAcl PutObjectTagging PutObjectVersionTagging
		PutObjectRetention PutObjectLegalHold BypassGovernanceRetention DeleteObject DeleteObjectVersion DeleteObjectTagging
		DeleteObjectVersionTagging AbortMultipartUpload ListMultipartUploadParts RestoreObject ReplicateObject ReplicateDelete
		ReplicateTags GetObjectVersionForReplication ObjectOwnerOverrideToBucketOwner InitiateReplication UpdateObjectEncryption`) {
		objectActions["s3:"+strings.ToLower(a)] = "s3:" + a
	}
	for _, a := range strings.Fields(`ListAllMyBuckets GetAccountPublicAccessBlock PutAccountPublicAccessBlock GetAccessPoint
		ListAccessPoints CreateJob ListJobs ListStorageLensConfigurations`) {
		accountActions["s3:"+strings.ToLower(a)] = "s3:" + a
	}
}

func kindOfAction(action string) resourceKind {
	low := strings.ToLower(action)
	if _, ok := objectActions[low]; ok {
		return onObject
	}
	if _, ok := accountActions[low]; ok {
		return onNothing
	}
	return onBucket
}

// canonicalActions spells known actions as AWS does and drops repetitions.
func canonicalActions(in []string) []string {
	var out []string
	for _, a := range in {
		low := strings.ToLower(a)
		if c, ok := objectActions[low]; ok {
			a = c
		} else if c, ok := accountActions[low]; ok {
			a = c
		} else if c, ok := commonBucketActions[low]; ok {
			a = c
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

var commonBucketActions = map[string]string{
	"s3:listbucket": "s3:ListBucket", "s3:listbucketversions": "s3:ListBucketVersions",
	"s3:getbucketlocation": "s3:GetBucketLocation", "s3:listbucketmultipartuploads": "s3:ListBucketMultipartUploads",
}

// writes tells whether an action stores an object's data, so that a KMS data
// key is made for it.
func writes(action string) bool { return strings.EqualFold(action, "s3:PutObject") }

// readsData tells whether an action returns an object's data, so that its KMS
// data key is decrypted for it.
func readsData(action string) bool {
	return strings.EqualFold(action, "s3:GetObject") || strings.EqualFold(action, "s3:GetObjectVersion")
}

// resourceFor is the ARN, or pattern of ARNs, that an action on t is checked
// against.
func (t *target) resourceFor(action string) string {
	if t.service != nil {
		return t.service.resource
	}
	if t.directoryBucket() {
		return t.bucketARN()
	}
	switch kindOfAction(action) {
	case onObject:
		return t.objectsARN()
	case onNothing:
		return "*"
	default:
		return t.bucketARN()
	}
}
