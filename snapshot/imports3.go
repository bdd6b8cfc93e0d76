package snapshot

import (
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// bucketMembers are the outputs of s3api get-bucket-… that a bucket keeps under
// their own key.
var bucketMembers = []string{"PublicAccessBlockConfiguration", "OwnershipControls", "ServerSideEncryptionConfiguration",
	"TagSet", "AbacStatus", "PolicyStatus"}

// s3File takes in what s3api and s3control print; false: the file is none of it.
func (m *importer) s3File(f *cliFile) bool {
	if f.ofS3Control() || strings.Contains(f.name, "access-point") {
		return m.controlFile(f)
	}
	if f.kind("Buckets") == jsonscan.Array {
		m.bucketList(f)
		return true
	}
	bucket := bucketOf(f)
	if !isBucketOutput(f, bucket) {
		return false
	}
	if bucket == "" {
		hint := "put it in a folder s3/BUCKET"
		if f.has("PublicAccessBlockConfiguration") {
			hint += ", or in a folder s3control if it is the account's own"
		}
		m.errs = append(m.errs, &LoadError{File: f.path, Problem: "cannot tell which bucket this is about", Hint: hint})
		return true
	}
	if p, ok := m.global(f); ok {
		m.bucketFile(f, m.part(p, "s3/buckets").get(bucket))
	}
	return true
}

// ofS3Control tells whether the path says that s3control printed the file:
// its public access block is the account's.
func (f *cliFile) ofS3Control() bool {
	_, folder := f.below("s3control")
	return folder || strings.HasPrefix(f.name, "s3control")
}

// bucketOf returns the bucket that a file's path names, or "".
func bucketOf(f *cliFile) string {
	if next, ok := f.below("s3"); ok && next != "" {
		return next
	}
	if next, ok := f.below("s3api"); ok && next != "" {
		return next
	}
	for _, prefix := range []string{"get-bucket-", "head-bucket", "get-public-access-block"} {
		rest, ok := strings.CutPrefix(f.name, prefix)
		if !ok {
			continue
		}
		if _, after, dotted := strings.Cut(rest, "."); dotted {
			return after
		}
		if _, s3 := f.below("s3"); !s3 {
			return f.subject(f.name)
		}
	}
	return ""
}

// isBucketOutput tells whether a file is a bucket's, by content and, where
// several services print the same, by its path.
func isBucketOutput(f *cliFile, bucket string) bool {
	for _, key := range bucketMembers {
		if f.has(key) && (key != "TagSet" || bucket != "") {
			return true
		}
	}
	_, folder := f.below("s3")
	_, api := f.below("s3api")
	named := folder || api || strings.HasPrefix(f.name, "get-bucket-") || strings.HasPrefix(f.name, "head-bucket")
	switch {
	case f.has("LocationConstraint"), f.has("BucketRegion") && !f.has("Name"):
		return true
	case f.kind("Policy") == jsonscan.String || f.kind("Policy") == jsonscan.Null:
		return named
	case f.has("Grants") && f.has("Owner"):
		return true
	case f.has("Payer"):
		return named
	}
	return false
}

func (m *importer) bucketFile(f *cliFile, r *record) {
	for _, key := range bucketMembers {
		if f.has(key) {
			m.note(r.set(key, f.member(key)))
		}
	}
	switch {
	case f.has("LocationConstraint"):
		m.bucketRegion(f, r, "LocationConstraint")
	case f.has("BucketRegion"):
		m.bucketRegion(f, r, "BucketRegion")
	case f.has("Policy"):
		m.note(r.set("Policy", f.member("Policy")))
	case f.has("Grants"):
		whole := wholeFile(f)
		m.note(r.set("AccessControlPolicy", whole))
	case f.has("Payer"):
		m.note(r.set("RequestPayment", wholeFile(f)))
	}
}

// bucketRegion notes a bucket's region under the program's own key, as null
// means us-east-1 here and nowhere else.
func (m *importer) bucketRegion(f *cliFile, r *record, key string) {
	if kind := f.kind(key); kind != jsonscan.String && kind != jsonscan.Null {
		m.problem(f, key, "", "expected a region, found %s", kind)
		return
	}
	one := values{Scanner: jsonscan.At(f.data, f.values[key].start)}
	v := raw{text: []byte(quoteJSON(one.locationConstraint())), from: f, offset: f.values[key].start, made: true}
	m.note(r.set("region", v))
}

// bucketList reads list-buckets: names, and regions where the CLI printed them.
func (m *importer) bucketList(f *cliFile) {
	p, ok := m.global(f)
	if !ok {
		return
	}
	c := m.part(p, "s3/buckets")
	m.eachItem(f, "Buckets", func(item raw) {
		name := memberText(item.text, "Name")
		if name == "" {
			m.note(f.problem(item.offset, "", "no Name here"))
			return
		}
		r := c.get(name)
		if region := memberText(item.text, "BucketRegion"); region != "" {
			m.note(r.set("region", raw{text: []byte(quoteJSON(region)), from: f, offset: item.offset, made: true}))
		}
		if created := memberText(item.text, "CreationDate"); created != "" {
			r.replace("CreationDate", literal(quoteJSON(created), f))
		}
	})
	if !f.has("ContinuationToken") && !f.has("NextToken") {
		m.single(p, "s3/complete", raw{text: []byte(`["buckets"]`), from: f, made: true})
	}
	// Buckets that only the list names keep the collection from being complete
	// in nothing: every one of them is in it.
	m.page(f, c)
}

// controlFile takes in s3control's outputs.
func (m *importer) controlFile(f *cliFile) bool {
	p, known := m.global(f)
	switch {
	case f.has("PublicAccessBlockConfiguration") && !f.has("Bucket"):
		if known {
			m.single(p, "s3/accountPublicAccessBlock", f.member("PublicAccessBlockConfiguration"))
		}
	case f.has("AccessPointList"):
		if known {
			c := m.part(p, "s3/accessPoints")
			m.page(f, c)
			m.eachItem(f, "AccessPointList", func(item raw) {
				if id := memberText(item.text, "Name"); id != "" {
					for _, e := range c.get(id).setAll(item) {
						m.note(e)
					}
				}
			})
		}
	case f.has("Name") && f.has("Bucket"):
		if known {
			r := m.part(p, "s3/accessPoints").get(f.text("Name"))
			for _, key := range f.keys {
				m.note(r.set(key, f.member(key)))
			}
			if f.region != "" {
				r.replace("region", literal(quoteJSON(f.region), f))
			}
		}
	case f.has("Policy"):
		name := f.subject("get-access-point-policy")
		if name == "" {
			m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which access point this is of", Hint: "name the file get-access-point-policy.NAME.json"})
		} else if known {
			m.note(m.part(p, "s3/accessPoints").get(name).set("Policy", f.member("Policy")))
		}
	default:
		return false
	}
	return true
}
