package sar

import (
	"slices"
	"testing"
)

func TestTables(t *testing.T) {
	if Date() < "2026-09-01" || Source() == "" || len(Services()) < 400 {
		t.Errorf("date %q, source %q, %d services", Date(), Source(), len(Services()))
	}
	s3, ok := FindService("S3")
	if !ok || !s3.Detailed {
		t.Fatal("no s3")
	}
	for name, resource := range map[string]string{"getobject": "object", "ListBucket": "bucket", "PutObject": "object", "GetAccessPointPolicy": "accesspoint"} {
		a, ok := s3.FindAction(name)
		if !ok || !slices.Contains(a.Resources, resource) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	for _, name := range []string{"HeadObject", "HeadBucket", "ListObjectsV2", "CopyObject", "UploadPart", "ListBuckets", "GetBucketEncryption", "ListParts"} {
		if _, ok := s3.FindAction(name); ok {
			t.Errorf("P39: %s is no action", name)
		}
	}
	if _, ok := FindService("aws"); ok {
		t.Error("aws is no service")
	}
}

func TestKeys(t *testing.T) {
	for _, k := range []string{"aws:SourceVpce", "AWS:sourcevpce", "s3:prefix", "s3:ExistingObjectTag/pii", "aws:PrincipalTag/team", "aws:SourceVpcArn", "kms:EncryptionContext:aws:s3:arn"} {
		if !KnowsKey(k) {
			t.Errorf("%s is not known", k)
		}
	}
	for _, k := range []string{"aws:SourceVPCEndpoint", "s3:ExistingObjectTag/", "prefix", ""} {
		if KnowsKey(k) {
			t.Errorf("%s is known", k)
		}
	}
	for k, want := range map[string]bool{"aws:principalorgpaths": true, "aws:tagkeys": true, "aws:calledvia": true, "aws:sourcevpce": false, "": false, "tagkeys": false, "aws:principalservicenameslist": true} {
		if Multivalued(k) != want {
			t.Errorf("Multivalued(%q) is %v", k, !want)
		}
	}
}

func TestSupplies(t *testing.T) {
	s3, _ := FindService("s3")
	for _, tt := range []struct {
		action, key     string
		supplied, known bool
	}{
		{"GetObject", "s3:existingobjecttag/pii", true, true},
		{"PutObject", "s3:existingobjecttag/pii", false, true},
		{"ListBucket", "s3:prefix", true, true},
		{"GetObject", "s3:prefix", false, true},
		{"GetObject", "s3:nosuchkey", false, false},
		{"NoSuchAction", "s3:prefix", false, false},
	} {
		if supplied, known := s3.Supplies(tt.action, tt.key); supplied != tt.supplied || known != tt.known {
			t.Errorf("%s %s: %v, %v", tt.action, tt.key, supplied, known)
		}
	}
}
