// Package policy decides what IAM, S3, KMS and VPC endpoint policies do to a
// request, and to a set of requests.
//
// It is three-valued (Kleene): what is not known stays unknown, by name. It
// imports nothing of ours but leaf packages, so that others can use it alone.
//
// Rule numbers (P…) in comments are those of docs/semantics.
package policy

import "strings"

// Truth is a Kleene truth value. The zero value, Unknown, claims least.
type Truth uint8

const (
	Unknown Truth = iota
	False
	True
)

// Kind is the type of policy a document is read as: it decides what the
// grammar asks for (P3, P7 to P9, P101).
type Kind uint8

const (
	KindUnspecified Kind = iota // as no document can be read
	KindIdentity                // identity-based: inline or managed
	KindBoundary                // permissions boundary
	KindSession                 // session policy
	KindSCP                     // service control policy
	KindRCP                     // resource control policy
	KindEndpoint                // VPC endpoint policy
	KindBucket                  // S3 bucket policy
	KindAccessPoint             // S3 access point policy
	KindTrust                   // role trust policy
	KindKey                     // KMS key policy
	KindResource                // another resource-based policy
)

// KindOfResource is the kind of policy that the resource of an action has.
func KindOfResource(action, resource string) Kind {
	service, name, _ := strings.Cut(action, ":")
	switch {
	case NeedsIAMOnly(action, resource):
		return KindResource
	case strings.EqualFold(service, "s3"), strings.EqualFold(service, "s3express"), strings.EqualFold(service, "s3-object-lambda"):
		return KindBucket
	case strings.EqualFold(service, "kms"):
		return KindKey
	case strings.EqualFold(service, "sts") && trustActions[strings.ToLower(name)]:
		return KindTrust
	}
	return KindResource
}

// trustActions are those that ask a role's trust policy (P364).
var trustActions = map[string]bool{"assumerole": true, "assumerolewithsaml": true, "assumerolewithwebidentity": true, "tagsession": true, "setsourceidentity": true, "setcontext": true}

// Policy is one named document of a layer. Exactly one of Document, Gap and
// Malformed is set; a nil Document with neither means "there is no policy".
type Policy struct {
	Name      string    // what to call it in answers: policy name or ARN, endpoint id, bucket name
	Pointer   string    // JSON pointer of the document in the snapshot; "" where there is none
	Text      bool      // the snapshot holds the document as a string: no pointer leads into it
	Document  *Document // parsed
	Gap       string    // non-empty: the document could not be read, and why; (A, D) = (U, U) (P220)
	Malformed error     // the document can't come from AWS (P17)
}

// Principal is who asks.
type Principal struct {
	Kind    PrincipalKind
	ARN     string // role, user, root or session ARN; "" for anonymous and services
	Session string // role session name; "" for a principal that has none
	RoleARN string // for a session: the role's ARN, with its path
	RoleID  string // AROA…, where known
	Account string // twelve digits; "" for anonymous and services
	Service string // "sagemaker.amazonaws.com"
}

// PrincipalKind tells the shapes of principals apart.
type PrincipalKind uint8

const (
	PrincipalUnknown PrincipalKind = iota
	PrincipalRole                  // a session of a role
	PrincipalUser
	PrincipalRoot
	PrincipalFederatedUser
	PrincipalService
	PrincipalAnonymous
)

// Value is the state of one context key (P215). The zero value is absent.
type Value struct {
	State  KeyState
	Values []string // KeyKnown: the value, or the values of a multivalued key; KeyMaybe: the value if present
	Multi  bool     // the key is multivalued
	// Within is a pattern with * and ? that the value is known to match, where
	// it is not known itself; "" is any value.
	Within string
}

// KeyState is one of the states of P215; sets of values are split into cases by the caller.
type KeyState uint8

const (
	KeyAbsent       KeyState = iota
	KeyKnown                 // present, value known
	KeyValueUnknown          // present, value not known
	KeyUnknown               // presence and value not known
	KeyMaybe                 // presence not known, value known if present
)

// Request is one concrete request.
type Request struct {
	Principal       Principal
	Action          string // "s3:GetObject"
	Resource        string // ARN; "*" for an action without resource type
	ResourceAccount string // owner of the resource; "" when not known (P86)
	// Context holds the condition keys by name, in any case, as AWS reads them;
	// a key that is not in it is absent.
	Context map[string]Value
	// UnknownKeys are names, in any case, with an optional final "*": keys
	// that match one and are not in Context have state KeyUnknown.
	UnknownKeys []string
	// AccessPoint is the ARN of the S3 access point that the request goes
	// through; "" for none. Resource is the bucket's or object's own ARN all
	// the same (P59).
	AccessPoint string
	// ForeignResource tells that ResourceAccount, which is not known, is another
	// account than the principal's (P363).
	ForeignResource bool
	// BucketUnnamed tells that Resource is an access point, or an object through
	// it, and that nothing is said of the bucket behind it (P267).
	BucketUnnamed bool
	// CanonicalUsers are the account ids of known canonical user ids (P27).
	CanonicalUsers map[string]string
}

// EndpointType tells gateway from interface endpoints (P117 to P121).
type EndpointType uint8

const (
	EndpointNone EndpointType = iota // no endpoint carries the request: the layer does not exist
	EndpointGateway
	EndpointInterface
	// EndpointUnspecified is an endpoint of one of the two types: where the
	// difference decides, the outcome is Unknown.
	EndpointUnspecified
)

// Grant is a KMS grant: a third source of permission beside policies (P311).
type Grant struct {
	Name       string
	Grantee    string   // ARN of a principal
	Operations []string // "Decrypt", "GenerateDataKey", …
	// Equals and Subset are the encryption context constraints; nil: none.
	Equals, Subset map[string]string
}

// Layers is everything that may allow or deny a request. A nil slice of a
// layer that may be absent means that it does not apply.
type Layers struct {
	Identity        []Policy   // all inline and attached managed policies; empty: none
	IdentityUnknown string     // non-empty: the role's policies are not in the snapshot, and why
	Boundary        *Policy    // nil: no boundary
	Session         []Policy   // nil: no session policy was passed
	SCPs            [][]Policy // per level, root first; nil: no SCP applies
	SCPUnknown      string     // non-empty: a member of an organization whose SCPs are a gap (P99)
	RCPs            [][]Policy // per level; nil: no RCP applies
	RCPUnknown      string
	Endpoint        *Policy // nil with EndpointType set: the default policy (P110)
	EndpointType    EndpointType
	Resource        *Policy // bucket policy (or another resource's); nil: there is none
	ResourceKind    Kind    // how Resource is read; KindUnspecified: as KindOfResource says of the request
	AccessPoint     *Policy // access point policy; nil: none or not asked through one
	// Grants are KMS grants, for a key (P311); GrantsUnknown says why they are
	// not known, where they are not.
	Grants        []Grant
	GrantsUnknown string
	// ACL is what access control lists grant beside the bucket policy; nil:
	// they are off, or not looked at (P245 to P250).
	ACL *ACL
}
