package capture

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// bucket is one bucket on its way to the file.
type bucket struct {
	name, region string
	item         map[string]json.RawMessage
}

// storage captures buckets, access points, the accounts' own settings, and
// the keys that buckets and jobs name.
func (r storageCapture) storage(ctx context.Context, w *world) {
	if !r.request.Wants(calls.Buckets) {
		return
	}
	each(w.accounts, func(_ int, a *account) { r.accountStorage(ctx, a) })
	r.foreignBuckets(w)
	r.keys(ctx, w)
}

func (r storageCapture) accountStorage(ctx context.Context, a *account) {
	home := place{session: a.session, region: a.regions[0].name}
	var block any // nil: unknown
	var points []json.RawMessage
	var pointsWhole bool
	together(
		func() { r.ownBuckets(ctx, a, home) },
		func() {
			switch res := r.call(ctx, home, "s3control.GetPublicAccessBlock", args{"AccountId": a.session.account}); res.status {
			case done:
				block = res.member("PublicAccessBlockConfiguration")
			case absent:
				block = json.RawMessage("null")
			}
		},
		func() { points, pointsWhole = r.accessPoints(ctx, a) },
	)
	var complete []string
	if a.buckets != nil {
		items := make([]json.RawMessage, len(a.buckets))
		for i, b := range a.buckets {
			items[i] = marshal(b.item)
		}
		a.s3 = append(a.s3, field{"buckets", items})
		if !r.request.Scoped() {
			complete = append(complete, "buckets")
		}
	}
	if block != nil {
		a.s3 = append(a.s3, field{"accountPublicAccessBlock", block})
	}
	if points != nil {
		a.s3 = append(a.s3, field{"accessPoints", points})
		if pointsWhole && !r.request.Scoped() && r.request.AllRegions {
			complete = append(complete, "accessPoints")
		}
	}
	if len(complete) > 0 {
		a.s3 = append(a.s3, field{"complete", marshal(complete)})
	}
}

// ownBuckets captures the account's buckets, or those of them in the scope.
func (r storageCapture) ownBuckets(ctx context.Context, a *account, home place) {
	listings := []args{nil}
	if r.request.Scoped() {
		listings = nil
		for _, name := range r.scope.sorted(scopeBucket) {
			listings = append(listings, args{"Prefix": name})
		}
	}
	found := []*bucket{}
	for _, listing := range listings {
		res := r.call(ctx, home, "s3.ListBuckets", listing)
		if res.status != done {
			found = append(found, r.ownedByHead(ctx, a, home, listing)...)
			if listing == nil {
				return
			}
			continue
		}
		for _, item := range res.lists["Buckets"] {
			b := &bucket{item: map[string]json.RawMessage{}}
			mustDecode(item, &b.item)
			mustDecode(b.item["Name"], &b.name)
			mustDecode(b.item["BucketRegion"], &b.region)
			if !r.request.Scoped() || r.scope.has(scopeBucket, b.name) {
				found = append(found, b)
			}
		}
	}
	found = distinctBuckets(found)
	each(found, func(_ int, b *bucket) { r.bucket(ctx, a, home, b) })
	a.buckets = found
}

// distinctBuckets drops what two listings both found: one bucket's name may
// be the beginning of another's.
func distinctBuckets(found []*bucket) []*bucket {
	byName := map[string]*bucket{}
	for _, b := range found {
		byName[b.name] = b
	}
	out := []*bucket{}
	for _, name := range sortedKeys(byName) {
		out = append(out, byName[name])
	}
	return out
}

// ownedByHead is the way to a named bucket for who may not list buckets:
// S3 answers only if the account expected owns it.
func (r storageCapture) ownedByHead(ctx context.Context, a *account, home place, listing args) []*bucket {
	name, _ := listing["Prefix"].(string)
	if name == "" {
		return nil
	}
	at := home
	at.resource = bucketARN(a, name)
	res := r.call(ctx, at, "s3.HeadBucket", args{"Bucket": name, "ExpectedBucketOwner": a.session.account})
	if res.status != done {
		return nil
	}
	b := &bucket{name: name, item: map[string]json.RawMessage{"Name": marshal(name)}}
	mustDecode(res.member("BucketRegion"), &b.region)
	return []*bucket{b}
}

func bucketARN(a *account, name string) string {
	return "arn:" + a.session.partition + ":s3:::" + name
}

// bucket asks everything about one bucket, in the bucket's own region.
func (r storageCapture) bucket(ctx context.Context, a *account, home place, b *bucket) {
	at := home
	at.resource = bucketARN(a, b.name)
	if b.region != "" {
		at.region = b.region
	}
	location := r.call(ctx, at, "s3.GetBucketLocation", args{"Bucket": b.name})
	if location.status == done {
		constraint := location.member("LocationConstraint")
		if b.region == "" {
			b.region = regionOf(constraint)
			at.region = b.region
		}
		if constraint == nil {
			constraint = json.RawMessage("null")
		}
		b.item["LocationConstraint"] = constraint
	}
	if b.region != "" {
		b.item["region"] = marshal(b.region)
	}
	var mu sync.Mutex
	each(r.of(calls.Bucket, "s3"), func(_ int, op calls.Operation) {
		if op.Name == "GetBucketLocation" || op.Name == "HeadBucket" {
			return
		}
		res := r.call(ctx, at, op.ID(), args{"Bucket": b.name})
		mu.Lock()
		defer mu.Unlock()
		b.take(op, res)
	})
}

// regionOf reads a location constraint: none is us-east-1, and "EU" is what
// eu-west-1 was called.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
func regionOf(constraint json.RawMessage) string {
	var region string
	mustDecode(constraint, &region)
	switch region {
	case "":
		return "us-east-1"
	case "EU":
		return "eu-west-1"
	}
	return region
}

// take keeps an answer: null where there is none, nothing after a failure.
func (b *bucket) take(op calls.Operation, res result) {
	switch {
	case res.status == absent:
		b.item[op.Key] = json.RawMessage("null")
	case res.status != done:
	case op.Name == "GetBucketAcl":
		for _, member := range []string{"Owner", "Grants"} {
			if v := res.member(member); v != nil {
				b.item[member] = v
			}
		}
	case op.Key == "Policy":
		b.item[op.Key] = policyOf(res)
	default:
		if v := res.member(op.Key); v != nil {
			b.item[op.Key] = v
		}
	}
}

// policyOf returns the policy that an answer holds as text, as JSON.
func policyOf(res result) json.RawMessage {
	var text string
	mustDecode(res.member("Policy"), &text)
	if text == "" {
		return json.RawMessage("null")
	}
	return appendDocument(nil, text, false)
}

// notCaptured is the code of gaps about other accounts' roles and buckets.
const notCaptured = "NotInCapturedAccounts"

// foreignBuckets records buckets that the request names and that no captured
// account owns: who owns them, and what their policy says, nobody knows.
func (r storageCapture) foreignBuckets(w *world) {
	for _, name := range r.scope.sorted(scopeBucket) {
		owned := false
		for _, a := range w.accounts {
			for _, b := range a.buckets {
				owned = owned || b.name == name
			}
		}
		if !owned {
			a := w.accounts[0]
			r.addGap(snapshot.Gap{
				Account: a.session.account, Service: "s3", Operation: "GetBucketPolicy", Resource: bucketARN(a, name), Code: notCaptured,
				Message: fmt.Sprintf("no captured account owns the bucket %s: capture its owner's account too", name),
			})
		}
	}
}

// accessPoints captures the account's access points in the regions asked
// about; false: not all could be read.
func (r storageCapture) accessPoints(ctx context.Context, a *account) ([]json.RawMessage, bool) {
	lists := make([][]json.RawMessage, len(a.regions))
	each(a.regions, func(i int, g *region) {
		at := place{session: a.session, region: g.name}
		res := r.call(ctx, at, "s3control.ListAccessPoints", args{"AccountId": a.session.account})
		if res.status != done {
			return
		}
		listed := slices.DeleteFunc(slices.Clone(res.lists["AccessPointList"]), func(item json.RawMessage) bool {
			bucket := idOf(item, "Bucket")
			return r.request.Scoped() && bucket != "" && !r.scope.has(scopeBucket, bucket)
		})
		lists[i] = gathered(ids(listed, "Name"), func(name string) json.RawMessage {
			return r.accessPoint(ctx, a, g, name)
		})
		if lists[i] == nil {
			lists[i] = []json.RawMessage{}
		}
	})
	whole := true
	var out []json.RawMessage
	for _, l := range lists {
		whole = whole && l != nil
		if l != nil && out == nil {
			out = []json.RawMessage{}
		}
		out = append(out, l...)
	}
	return out, whole
}

func (r storageCapture) accessPoint(ctx context.Context, a *account, g *region, name string) json.RawMessage {
	at := place{session: a.session, region: g.name, resource: fmt.Sprintf("arn:%s:s3:%s:%s:accesspoint/%s", a.session.partition, g.name, a.session.account, name)}
	which := args{"AccountId": a.session.account, "Name": name}
	item := map[string]json.RawMessage{"Name": marshal(name), "AccessPointArn": marshal(at.resource)}
	if res := r.call(ctx, at, "s3control.GetAccessPoint", which); res.status == done {
		res.decode(&item)
	}
	if bucket := ""; r.request.Scoped() {
		mustDecode(item["Bucket"], &bucket)
		if !r.scope.has(scopeBucket, bucket) {
			return nil
		}
	}
	item["region"] = marshal(g.name)
	switch res := r.call(ctx, at, "s3control.GetAccessPointPolicy", which); res.status {
	case done:
		item["Policy"] = policyOf(res)
	case absent:
		item["Policy"] = json.RawMessage("null")
	}
	return marshal(item)
}

// keyUse is a key that a bucket or job names, and where it is to be looked for.
type keyUse struct {
	account *account
	region  string
	id      string
	guess   bool // a job or an alias names it: it may be elsewhere, or gone
}

// keys captures the KMS keys that buckets encrypt with by default, and those
// that jobs name.
func (r storageCapture) keys(ctx context.Context, w *world) {
	uses := map[keyUse]bool{}
	for _, a := range w.accounts {
		for _, b := range a.buckets {
			for _, id := range b.keys() {
				uses[r.keyHome(w, keyUse{a, b.region, id, false})] = true
			}
		}
		for _, id := range r.scope.sorted(scopeKey) {
			for _, g := range a.regions {
				uses[r.keyHome(w, keyUse{a, g.name, id, true})] = true
			}
		}
	}
	regions := map[keyUse]bool{}
	if !r.request.Scoped() {
		for _, p := range w.parts() {
			regions[keyUse{p.account, p.region.name, "", false}] = true
		}
	}
	var parts []func()
	for use := range uses {
		sure := use
		sure.guess = false
		if use.region == "" || use.guess && uses[sure] {
			continue
		}
		regions[keyUse{use.account, use.region, "", false}] = true
		parts = append(parts, func() { r.key(ctx, use) })
	}
	var mu sync.Mutex
	aliases := map[*account][]json.RawMessage{}
	for use := range regions {
		parts = append(parts, func() {
			res := r.call(ctx, place{session: use.account.session, region: use.region}, "kms.ListAliases", nil)
			if res.status == done {
				mu.Lock()
				defer mu.Unlock()
				aliases[use.account] = append(aliases[use.account], res.lists["Aliases"]...)
			}
			if !r.request.Scoped() {
				each(ids(res.lists["Aliases"], "TargetKeyId"), func(_ int, id string) {
					if named := (keyUse{use.account, use.region, id, false}); !uses[named] {
						named.guess = true // it may be gone since
						r.key(ctx, named)
					}
				})
			}
		})
	}
	together(parts...)
	for _, a := range w.accounts {
		if list, ok := aliases[a]; ok {
			a.aliases = merged(list, nil)
		}
	}
}

// keyHome moves a use to the account and region that the key's ARN names,
// where that account is captured.
func (r storageCapture) keyHome(w *world, use keyUse) keyUse {
	p := strings.Split(use.id, ":")
	if len(p) < 6 || p[2] != "kms" {
		return use
	}
	use.region, use.guess = p[3], use.guess && !r.request.Scoped() // an old job's key may be gone
	if a := w.account(p[4]); a != nil {
		use.account = a
	}
	return use
}

// keys returns the ids that a bucket's default encryption names. Without one,
// KMS encryption uses the key that S3 manages for the account.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func (b *bucket) keys() []string {
	var c struct {
		Rules []struct {
			ApplyServerSideEncryptionByDefault struct{ SSEAlgorithm, KMSMasterKeyID string }
		}
	}
	mustDecode(b.item["ServerSideEncryptionConfiguration"], &c)
	var out []string
	for _, rule := range c.Rules {
		d := rule.ApplyServerSideEncryptionByDefault
		switch {
		case d.KMSMasterKeyID != "":
			out = append(out, d.KMSMasterKeyID)
		case strings.HasPrefix(d.SSEAlgorithm, "aws:kms"):
			out = append(out, "alias/aws/s3")
		}
	}
	return out
}

func (r storageCapture) key(ctx context.Context, use keyUse) {
	at := place{session: use.account.session, region: use.region, resource: use.id}
	op := r.operations["kms.DescribeKey"]
	if use.guess {
		op.Absent = []string{"NotFoundException"}
	}
	res := r.callAs(ctx, at, op, args{"KeyId": use.id})
	if res.status != done {
		return
	}
	item := map[string]json.RawMessage{}
	mustDecode(res.member("KeyMetadata"), &item)
	var arn string
	mustDecode(item["Arn"], &arn)
	at.resource = arn
	together(
		func() {
			if res := r.call(ctx, at, "kms.GetKeyPolicy", args{"KeyId": arn, "PolicyName": "default"}); res.status == done {
				use.account.set(item, "Policy", policyOf(res))
			}
		},
		func() {
			if res := r.call(ctx, at, "kms.ListGrants", args{"KeyId": arn}); res.status == done {
				use.account.set(item, "Grants", marshal(res.lists["Grants"]))
			}
		},
	)
	use.account.mu.Lock()
	defer use.account.mu.Unlock()
	use.account.keys = append(use.account.keys, keyed{arn, marshal(item)})
}

func (a *account) set(item map[string]json.RawMessage, member string, v json.RawMessage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	item[member] = v
}
