package policy

// Ownership is a bucket's Object Ownership setting (P245 to P247).
type Ownership uint8

const (
	OwnershipUnknown     Ownership = iota
	BucketOwnerEnforced            // ACLs are off
	BucketOwnerPreferred           // ACLs are on
	ObjectWriter                   // ACLs are on; also where no controls are stored (P247)
)

// ACLGrant is one grant of an access control list.
type ACLGrant struct {
	AllUsers           bool   // anyone, anonymous callers too
	AuthenticatedUsers bool   // any signed caller
	Account            string // else: the account of the canonical user
	Permission         string // "READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"
}

// Public tells a public grant (P262).
func (g ACLGrant) Public() bool { return g.AllUsers || g.AuthenticatedUsers }

// ACL is what is known of the lists that may grant besides policies.
type ACL struct {
	Ownership Ownership
	// IgnorePublic is IgnorePublicAcls of Block Public Access, all levels together.
	IgnorePublic Truth
	Bucket       []ACLGrant
	// ObjectOwner is the account that owns the object; "" is the bucket owner (P250).
	ObjectOwner string
	Object      []ACLGrant
	// BucketMore and ObjectMore tell that the list may hold grants besides those
	// that are here (P250).
	BucketMore, ObjectMore bool
}

// aclActions are the permissions that an action needs (P248).
var aclActions = map[string]struct {
	object     bool
	permission string
}{
	"s3:listbucket":                 {false, "READ"},
	"s3:listbucketversions":         {false, "READ"},
	"s3:listbucketmultipartuploads": {false, "READ"},
	"s3:putobject":                  {false, "WRITE"},
	"s3:deleteobject":               {false, "WRITE"},
	"s3:getbucketacl":               {false, "READ_ACP"},
	"s3:putbucketacl":               {false, "WRITE_ACP"},
	"s3:getobject":                  {true, "READ"},
	"s3:getobjectversion":           {true, "READ"},
	"s3:getobjectacl":               {true, "READ_ACP"},
	"s3:getobjectversionacl":        {true, "READ_ACP"},
	"s3:putobjectacl":               {true, "WRITE_ACP"},
	"s3:putobjectversionacl":        {true, "WRITE_ACP"},
}

// foreignObject tells an object that an account other than the bucket's owns:
// the bucket's policies then deny on it, but do not grant (P246).
func (e *Evaluator) foreignObject() bool {
	a := e.l.ACL
	if a == nil || a.Ownership == BucketOwnerEnforced || a.ObjectOwner == "" || a.ObjectOwner == e.r.ResourceAccount {
		return false
	}
	need, ok := aclActions[lower(e.r.Action)]
	return ok && need.object
}

// acls adds what access control lists grant to the tally of the bucket's
// policy. They never deny (P249).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
func (e *Evaluator) acls(t *tally) {
	a := e.l.ACL
	if a == nil || a.Ownership == BucketOwnerEnforced {
		return
	}
	if e.foreignObject() {
		deny := t.deny
		*t = newTally()
		t.deny = deny
	}
	need, ok := aclActions[lower(e.r.Action)]
	if !ok {
		return
	}
	grants, more := a.Bucket, a.BucketMore
	if need.object {
		grants, more = a.Object, a.ObjectMore
	}
	if more && e.r.Principal.Account != "" {
		t.add(false, e.fact(variable{kind: factACL, n: factACLMore}), gradeAccount, 0)
	}
	active := True
	if a.Ownership == OwnershipUnknown {
		active = Unknown
	}
	for _, g := range grants {
		if g.Permission == need.permission || g.Permission == "FULL_CONTROL" {
			e.aclGrant(t, g, active)
		}
	}
}

// factACLMore is the number of the fact that a list holds a grant for the
// caller's account which nobody collected.
const factACLMore = 2

func (e *Evaluator) aclGrant(t *tally, g ACLGrant, active Truth) {
	who := &e.r.Principal
	if g.Public() {
		active = active.And(e.l.ACL.IgnorePublic.Not())
	}
	if active == Unknown {
		active = e.fact(variable{kind: factACL, n: boolInt(g.Public())})
	}
	switch {
	case active == False:
	case g.AllUsers && who.Kind == PrincipalAnonymous:
		t.add(false, active, gradeStar, 0)
	case g.AllUsers, g.AuthenticatedUsers, g.Account == who.Account:
		if who.Account != "" {
			t.add(false, active, gradeAccount, 0)
		}
	}
}

// ACLHeader decides whether a PUT with the canned ACL that the header x-amz-acl
// names is taken (P245); acl is "" where no header is sent.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
func ACLHeader(o Ownership, acl string) GateDecision {
	if acl == "" || acl == "bucket-owner-full-control" {
		return passes
	}
	switch o {
	case BucketOwnerEnforced:
		return GateDecision{Outcome: False, Reason: "the bucket has ACLs disabled (BucketOwnerEnforced): a PUT with x-amz-acl " + quote(acl) + " fails with AccessControlListNotSupported"}
	case BucketOwnerPreferred, ObjectWriter:
		return passes
	case OwnershipUnknown:
	}
	return GateDecision{Reason: "the bucket's Object Ownership is not known"}
}
