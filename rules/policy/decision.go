package policy

// Outcome is what one layer did.
type Outcome uint8

const (
	LayerUnknown Outcome = iota
	Allow
	ExplicitDeny
	ImplicitDeny
)

var outcomeWords = [...]string{LayerUnknown: "unknown", Allow: "allow", ExplicitDeny: "explicitDeny", ImplicitDeny: "implicitDeny"}

// String is the outcome in AWS's words, as simulate-custom-policy has them.
func (o Outcome) String() string { return outcomeWords[o] }

// Names of layers, in the order of P81 as findings use it.
const (
	LayerEndpoint    = "endpoint-policy"
	LayerRole        = "role"
	LayerBoundary    = "permissions-boundary"
	LayerSession     = "session-policy"
	LayerSCP         = "scp"
	LayerRCP         = "rcp"
	LayerBucket      = "bucket-policy"
	LayerAccessPoint = "access-point-policy"
	LayerKey         = "kms"
	LayerTrust       = "trust-policy"
	LayerResource    = "resource-policy" // of a resource that is no bucket, key or role
)

// TheResource is what a Need names in the place of a layer where the fact is
// one of the resource itself: who owns it, whether its access control lists
// count.
const TheResource = "resource"

// Decision is what all layers together did to one request.
type Decision struct {
	Outcome Truth           // True: ALLOW, False: DENY, Unknown
	Layers  []LayerDecision // every layer that applies, in a fixed order
	Needs   []Need          // what would settle it; non-empty iff Unknown
	// Blocking are the indexes in Layers of those whose repair is needed: an
	// explicit deny each, a missing Allow each, but where either of identity
	// and resource policy would do (P206) only the identity layer.
	Blocking []int
	// EitherGrant tells that the bucket policy's grant is the other fix (P206).
	EitherGrant bool
	Assumptions []string // [unverified] rules that the outcome hangs on
}

// LayerDecision is one layer's part.
type LayerDecision struct {
	Layer      string
	Outcome    Outcome
	Statements []StatementRef // that decided, in order
	Near       []NearMiss     // Allow statements that almost matched, best first; a few
	Reason     string         // in AWS's own words (P205)
	Level      int            // SCP and RCP: the level that fails, 0 is the root; else -1
}

// StatementRef names a statement.
type StatementRef struct {
	Policy  string // Policy.Name
	Index   int
	Sid     string
	Pointer string // Policy.Pointer + "/Statement/0"; "" where Policy.Pointer is
}

// NearMiss is a statement that failed in one part.
type NearMiss struct {
	StatementRef
	Part   string // "principal", "action", "resource", "condition"
	Detail string // e.g. `StringEquals aws:SourceVpce ["vpce-9"]: the request has "vpce-1"`
}

// Need is a key or a fact that would settle an unknown.
type Need struct {
	Key       string // condition key, or ""
	Fact      string // else: what is missing, in words
	Layer     string // the layer that asks for it, or TheResource; "" where no one does
	Budget    bool   // no fact is missing: the question was too large to be decided
	Statement *StatementRef
}
