package change

import (
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/rules/policy"
)

// needBucket looks a bucket up by its name.
func (e *editor) needBucket(name string) (found, error) {
	var have []string
	for _, a := range e.accounts() {
		for _, key := range []string{"buckets", "Buckets"} {
			list := a.Get("s3").Get(key)
			for i, b := range list.Elements() {
				if b.Get("Name").Text() == name {
					return found{b, list, i, scope{account: a}}, nil
				}
				have = append(have, b.Get("Name").Text())
			}
		}
	}
	return found{}, e.absent("NoSuchBucket", "bucket", name, have)
}

func putBucketPolicy(e *editor, p parameters) error {
	b, err := e.needBucket(p.text("Bucket"))
	if err != nil {
		return err
	}
	text := p.text("Policy")
	if n := sizeWithoutSpace(text); n > 20<<10 {
		return e.refuse("PolicyTooLarge", "POLICY_TOO_LARGE: %d bytes without whitespace; a bucket policy takes 20 KB", n)
	}
	if err := e.checkPolicy(text, policy.KindBucket, "MalformedPolicy"); err != nil {
		return err
	}
	if err := e.checkBucketResources(text, p.text("Bucket")); err != nil {
		return err
	}
	if err := e.checkBlockPublicPolicy(b); err != nil {
		return err
	}
	setDocument(b.Node, "Policy", text, false)
	e.dropGap("s3", "GetBucketPolicy", p.text("Bucket"))
	return nil
}

// checkBucketResources refuses statements about another bucket (rule P58).
func (e *editor) checkBucketResources(text, bucket string) error {
	t, err := jsontree.Parse([]byte(text))
	if err != nil {
		return e.refuse("MalformedPolicy", "%s", err)
	}
	statements := t.Root.Get("Statement").Elements()
	if statements == nil {
		statements = []*jsontree.Node{t.Root.Get("Statement")}
	}
	for i, s := range statements {
		for _, key := range []string{"Resource", "NotResource"} {
			for _, r := range textsOf(s.Get(key)) {
				parts := strings.SplitN(r, ":", 6)
				if len(parts) < 6 || parts[2] != "s3" || parts[3] != "" || parts[4] != "" {
					continue // "*", access points, and what the parser has passed
				}
				name, _, _ := strings.Cut(parts[5], "/")
				if name != bucket && !strings.ContainsAny(name, "*?$") {
					return e.refuse("MalformedPolicy", "policy has invalid resource: statement %d names %s in the policy of the bucket %s", i, r, bucket)
				}
			}
		}
	}
	return nil
}

func textsOf(n *jsontree.Node) []string {
	if n.Kind() == jsontree.String {
		return []string{n.Text()}
	}
	var out []string
	for _, e := range n.Elements() {
		out = append(out, e.Text())
	}
	return out
}

// checkBlockPublicPolicy notes that BlockPublicPolicy refuses public policies
// on write (rule P255); whether this one is public is not decided here.
func (e *editor) checkBlockPublicPolicy(b found) error {
	for _, block := range []*jsontree.Node{b.Get("PublicAccessBlockConfiguration"), b.scope.account.Get("s3").Get("accountPublicAccessBlock")} {
		if block.Get("BlockPublicPolicy").True() {
			e.note("BlockPublicPolicy is on for %s: AWS refuses the policy if it is public.", b.Get("Name").Text())
		}
	}
	return nil
}

// dropGap takes out the gap that says that what was just set is not known.
func (e *editor) dropGap(service, operation, resource string) {
	gaps := e.root.Get("capture").Get("gaps")
	for i := gaps.Len() - 1; i >= 0; i-- {
		g := gaps.At(i)
		r := g.Get("resource").Text()
		if g.Get("service").Text() == service && g.Get("operation").Text() == operation && (r == resource || strings.HasSuffix(r, ":::"+resource)) {
			gaps.RemoveAt(i)
		}
	}
}

func deleteBucketPolicy(e *editor, p parameters) error {
	b, err := e.needBucket(p.text("Bucket"))
	if err != nil {
		return err
	}
	b.Set("Policy", jsontree.NewNull())
	e.dropGap("s3", "GetBucketPolicy", p.text("Bucket"))
	return nil
}

var blockSettings = []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}

// publicAccessBlock returns where the change's block stands: on a bucket, or
// on an account.
func (e *editor) publicAccessBlock(p parameters) (of *jsontree.Node, key string, err error) {
	if p.has("Bucket") == p.has("AccountId") {
		return nil, "", e.refuse("InvalidRequest", "a public access block is a bucket's or an account's: bucket or accountId")
	}
	if p.has("Bucket") {
		b, err := e.needBucket(p.text("Bucket"))
		return b.Node, "PublicAccessBlockConfiguration", err
	}
	for _, a := range e.accounts() {
		if a.Get("accountId").Text() == p.text("AccountId") {
			if a.Get("s3").Kind() != jsontree.Object {
				a.Set("s3", jsontree.NewObject())
			}
			return a.Get("s3"), "accountPublicAccessBlock", nil
		}
	}
	return nil, "", e.refuse("", "the account %s is not in the snapshot", p.text("AccountId"))
}

func putPublicAccessBlock(e *editor, p parameters) error {
	of, key, err := e.publicAccessBlock(p)
	if err != nil {
		return err
	}
	configuration := jsontree.NewObject()
	for _, name := range blockSettings { // what is not given is off
		configuration.Set(name, jsontree.NewBool(p.sub("PublicAccessBlockConfiguration").yes(name)))
	}
	of.Set(key, configuration)
	return nil
}

func deletePublicAccessBlock(e *editor, p parameters) error {
	of, key, err := e.publicAccessBlock(p)
	if err != nil {
		return err
	}
	of.Set(key, jsontree.NewNull())
	return nil
}

// putBucketMember sets one configuration of a bucket; an empty parameter deletes it.
func putBucketMember(name, parameter string) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		b, err := e.needBucket(p.text("Bucket"))
		if err != nil {
			return err
		}
		if parameter == "" {
			b.Set(name, jsontree.NewNull())
			return nil
		}
		v, _ := p.Get(parameter)
		b.Set(name, fresh(v))
		return nil
	}
}

func putAccessPointPolicy(e *editor, p parameters) error {
	for _, a := range e.accounts() {
		points := append(a.Get("s3").Get("accessPoints").Elements(), a.Get("s3").Get("AccessPointList").Elements()...)
		for _, ap := range points {
			if ap.Get("Name").Text() != p.text("Name") || a.Get("accountId").Text() != p.text("AccountId") {
				continue
			}
			if !p.has("Policy") {
				ap.Set("Policy", jsontree.NewNull())
				return nil
			}
			if err := e.checkPolicy(p.text("Policy"), policy.KindAccessPoint, "MalformedPolicy"); err != nil {
				return err
			}
			setDocument(ap, "Policy", p.text("Policy"), false)
			return nil
		}
	}
	return e.refuse("NoSuchAccessPoint", "the access point %q of %s is not in the snapshot", p.text("Name"), p.text("AccountId"))
}

// needKey looks a KMS key up by id or ARN; keys stand beside an account or in its regions.
func (e *editor) needKey(id string) (*jsontree.Node, error) {
	for _, s := range e.keyScopes() {
		for _, k := range s.Get("kms").Get("Keys").Elements() {
			m := k
			if k.Get("KeyMetadata") != nil {
				m = k.Get("KeyMetadata")
			}
			if m.Get("KeyId").Text() == id || m.Get("Arn").Text() == id || k.Get("KeyArn").Text() == id {
				return k, nil
			}
		}
	}
	return nil, e.refuse("NotFoundException", "the key %q is not in the snapshot", id)
}

func (e *editor) keyScopes() []*jsontree.Node {
	out := e.accounts()
	for _, r := range e.regions() {
		out = append(out, r.region)
	}
	return out
}

func putKeyPolicy(e *editor, p parameters) error {
	key, err := e.needKey(p.text("KeyId"))
	if err != nil {
		return err
	}
	if len(p.text("Policy")) > 32<<10 {
		return e.refuse("LimitExceededException", "POLICY_TOO_LARGE: %d bytes; a key policy takes 32 KB", len(p.text("Policy")))
	}
	if err := e.checkPolicy(p.text("Policy"), policy.KindKey, "MalformedPolicyDocumentException"); err != nil {
		return err
	}
	setDocument(key, "Policy", p.text("Policy"), false)
	return nil
}

func cancelKeyDeletion(e *editor, p parameters) error {
	key, err := e.needKey(p.text("KeyId"))
	if err != nil {
		return err
	}
	if m := key.Get("KeyMetadata"); m != nil {
		key = m
	}
	if state := key.Get("KeyState").Text(); state != "PendingDeletion" {
		return e.refuse("KMSInvalidStateException", "%s is %s, not pending deletion", p.text("KeyId"), state)
	}
	key.Set("KeyState", jsontree.NewString("Disabled"))
	return nil
}

func setKeyState(state string) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		key, err := e.needKey(p.text("KeyId"))
		if err != nil {
			return err
		}
		if m := key.Get("KeyMetadata"); m != nil {
			key = m
		}
		switch now := key.Get("KeyState").Text(); {
		case strings.EqualFold(key.Get("KeyManager").Text(), "AWS"):
			return e.refuse("UnsupportedOperationException", "%s is AWS's own key", p.text("KeyId"))
		case now == "PendingDeletion":
			return e.refuse("KMSInvalidStateException", "%s is pending deletion", p.text("KeyId"))
		case p.has("PendingWindowInDays") && (p.int("PendingWindowInDays") < 7 || p.int("PendingWindowInDays") > 30):
			return e.refuse("ValidationException", "pendingWindowInDays is %d; it is 7 to 30", p.int("PendingWindowInDays"))
		}
		key.Set("KeyState", jsontree.NewString(state))
		return nil
	}
}
