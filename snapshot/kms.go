package snapshot

// KMS is one account's keys with their policies.
type KMS struct {
	Keys    Collection[Key]
	Aliases Collection[KeyAlias]
}

// Key is one KMS key: describe-key, get-key-policy and list-grants.
type Key struct {
	At             Source
	ARN            string `aws:"Arn|KeyArn"`
	ID             string `aws:"KeyId"`
	Region         string
	Account        string   `aws:"AWSAccountId"`
	Manager        string   `aws:"KeyManager"` // "CUSTOMER" or "AWS"; empty: not told
	State          string   `aws:"KeyState"`   // KeyState: "Enabled", "Disabled", "PendingDeletion"; empty: not told
	StateGap       *Gap     // describe-key's answer lacks the state, which AWS always sends
	Policy         Document `aws:"Policy"`
	Grants         []Grant  `aws:"Grants"`
	GrantsPresence Presence `known:"Grants"`
}

func (v *Key) member(r *reader, key string) bool {
	if key != "KeyMetadata" {
		return false
	}
	readKey(r, v.At, v)
	return true
}

func (v *Key) finish(r *reader) {
	if v.State == "" && v.Manager != "" && v.StateGap == nil {
		v.StateGap = r.lacks(v.At, "KeyState")
	}
	if a, ok := parseARN(v.ARN); ok {
		fill(&v.Region, a.region)
		fill(&v.Account, a.account)
	}
}

// Grant is one KMS grant.
type Grant struct {
	At             Source
	ID             string   `aws:"GrantId"`
	Grantee        string   `aws:"GranteePrincipal"` // GranteePrincipal
	Operations     []string `aws:"Operations"`
	HasConstraints bool
}

func (v *Grant) member(r *reader, key string) bool {
	if key != "Constraints" {
		return false
	}
	for ok := r.object(); ok && r.NextKey(); {
		v.HasConstraints = true
		r.Skip()
	}
	return true
}

// KeyAlias names a key.
type KeyAlias struct {
	At   Source
	Name string `aws:"AliasName"` // "alias/aws/s3"
	ARN  string `aws:"AliasArn"`
	Key  string `aws:"TargetKeyId"` // TargetKeyId
}

// kms reads "kms" of an account or a region, adding to what v holds.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/kms/describe-key.html
func (r *reader) kms(v *KMS, account, region, base string) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Keys":
			var c Collection[Key]
			collect(r, &c, base+"/Keys", shape[Key]{func(r *reader, at Source, k *Key) {
				readKey(r, at, k)
				fill(&k.Account, account)
				fill(&k.Region, region)
			}, func(v *Key) string { return together(v.ARN, v.ID) }, "KeyId"})
			appendTo(&v.Keys, c)
		case "Aliases":
			var c Collection[KeyAlias]
			collect(r, &c, base+"/Aliases", shape[KeyAlias]{readAlias,
				func(v *KeyAlias) string { return together(v.ARN, v.Name) }, "AliasName"})
			appendTo(&v.Aliases, c)
		default:
			r.Skip()
		}
	}
}

// appendTo adds what another place tells of the same collection.
func appendTo[T any](into *Collection[T], more Collection[T]) {
	if into.Presence == NotCollected {
		*into = more
		return
	}
	into.Items = append(into.Items, more.Items...)
}

var readAlias = tagged[KeyAlias]()

// readKey reads a key; what describe-key prints under KeyMetadata is its own.
func readKey(r *reader, at Source, v *Key) { keyMembers(r, at, v) }

var keyMembers func(r *reader, at Source, v *Key)

func init() { keyMembers = tagged[Key]() }
