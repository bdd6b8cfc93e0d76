package sar

import (
	"slices"
	"strings"
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
			t.Errorf("P39: %s is not an action", name)
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

// TestSuppliesAgreesWithTheTable reads the rows one by one.
func TestSuppliesAgreesWithTheTable(t *testing.T) {
	slow := func(keys []string, key string) bool {
		return slices.ContainsFunc(keys, func(k string) bool {
			if prefix, ok := template(strings.ToLower(k)); ok {
				return strings.HasPrefix(strings.ToLower(key), prefix)
			}
			return strings.EqualFold(k, key)
		})
	}
	for _, s := range Services() {
		if !s.Detailed {
			continue
		}
		for _, key := range []string{"s3:prefix", "S3:Prefix", "s3:ExistingObjectTag/t", "s3:existingobjecttag/", "aws:RequestTag/x", "kms:ViaService", "kms:EncryptionContext:k", "k:v", ""} {
			known := slices.ContainsFunc(s.Actions, func(a Action) bool { return slow(a.Keys, key) })
			for _, a := range s.Actions {
				want := slow(a.Keys, key)
				if supplied, ok := s.Supplies(a.Name, key); supplied != want || ok != (want || known) {
					t.Errorf("%s:%s %s: %v, %v; want %v, %v", s.Prefix, a.Name, key, supplied, ok, want, known)
				}
			}
		}
	}
}
