package policy

import (
	"cmp"
	"slices"
	"strings"
)

// Key is a KMS key and what may grant its use.
type Key struct {
	ARN   string
	State string // KeyState as AWS says it, e.g. "Enabled"; "" where nobody asked
	// StateUnknown: non-empty: why the state is not known, though it was asked for.
	StateUnknown string
	Policy       *Policy
	// AWSManaged tells a key like aws/s3, which has no use in other accounts.
	AWSManaged    bool
	Grants        []Grant
	GrantsUnknown string // non-empty: why the grants are not known (P311)
}

// KeyUse is one use of a key that S3 makes for a caller (P305).
type KeyUse struct {
	Action    string // "kms:Decrypt" or "kms:GenerateDataKey"
	Region    string // of the bucket
	BucketKey bool   // an S3 Bucket Key: the encryption context names the bucket
}

// KeyRequest is the request that S3 makes to KMS in the name of the caller of
// s3: its principal, without the keys of its network path and of the bucket
// (P93, P305). Where s3 asks about many objects, the encryption context is one
// of theirs.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func KeyRequest(s3 *Request, key *Key, use KeyUse) Request {
	arn := splitARN(key.ARN)
	r := Request{Principal: s3.Principal, Action: use.Action, Resource: key.ARN, ResourceAccount: arn.parts[4],
		Context: make(map[string]Value, len(s3.Context)), UnknownKeys: []string{"aws:resourcetag/*", "kms:resourcealiases"}}
	for k, v := range s3.Context {
		if k = lower(k); ofCaller(k) {
			r.Context[k] = v
		}
	}
	for _, k := range s3.UnknownKeys {
		if ofCaller(lower(k)) {
			r.UnknownKeys = append(r.UnknownKeys, k)
		}
	}
	set := func(k string, values ...string) {
		r.Context[k] = Value{State: KeyKnown, Values: values, Multi: Multivalued(k)}
	}
	set("aws:viaawsservice", "true")
	set("aws:calledvia", "s3.amazonaws.com")
	set("aws:calledviafirst", "s3.amazonaws.com")
	set("aws:calledvialast", "s3.amazonaws.com")
	set("kms:viaservice", "s3."+use.Region+"."+domainOf(arn.parts[1]))
	set("kms:calleraccount", s3.Principal.Account)
	set("kms:encryptioncontextkeys", "aws:s3:arn")
	set("aws:resourceaccount", r.ResourceAccount)
	if region := cmp.Or(arn.parts[3], use.Region); region != "" {
		set("aws:requestedregion", region)
	}
	about := s3.Resource
	if bucket, _, ok := strings.Cut(about, "/"); ok && use.BucketKey {
		about = bucket
	}
	if set(encryptionContext+"aws:s3:arn", about); strings.ContainsAny(about, "*?") {
		r.Context[encryptionContext+"aws:s3:arn"] = Value{State: KeyValueUnknown, Within: about}
	}
	return r
}

// ofCaller tells the condition keys that a service which acts on behalf of a
// caller hands on: not those of the network path, of the service's own request
// or of its resource (P93).
func ofCaller(key string) bool {
	switch key {
	case sourceIP, "aws:vpceorgid", "aws:vpceorgpaths", "aws:resourceorgid", "aws:resourceorgpaths", "aws:resourceaccount",
		"aws:requestedregion", "aws:referer":
		return false
	}
	return !slices.Contains(endpointKeys, key) && !strings.HasPrefix(key, "s3:") && !strings.HasPrefix(key, "aws:resourcetag/") &&
		!strings.HasPrefix(key, "aws:requesttag/") && key != "aws:tagkeys"
}

// domainOf is the DNS suffix in the names of services of a partition.
func domainOf(partition string) string {
	if partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// EvaluateKey decides one use of a key: caller holds the caller's own layers
// (identity, boundary, session, SCPs) and the RCPs of the key's account; its
// endpoint and resource layers are left out. The key policy is mandatory
// (P306), another account's needs the caller's identity policy, too (P307).
//
// AWS: https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
func EvaluateKey(caller *Layers, key *Key, r *Request) Decision {
	if reason := key.unusable(r); reason != "" {
		return Decision{Outcome: False, Layers: []LayerDecision{{Layer: LayerKey, Outcome: ImplicitDeny, Reason: reason, Level: -1}}, Blocking: []int{0}}
	}
	l := Layers{
		Identity: caller.Identity, IdentityUnknown: caller.IdentityUnknown, Boundary: caller.Boundary, Session: caller.Session,
		SCPs: caller.SCPs, SCPUnknown: caller.SCPUnknown, RCPs: caller.RCPs, RCPUnknown: caller.RCPUnknown,
		Resource: key.Policy, ResourceKind: KindKey, Grants: key.Grants, GrantsUnknown: key.GrantsUnknown,
	}
	if key.AWSManaged {
		l.RCPs, l.RCPUnknown = nil, "" // P100
	}
	d := Evaluate(&l, r)
	switch {
	case key.StateUnknown != "" && d.Outcome == True:
		d.Outcome = Unknown
		d.Needs = append(d.Needs, Need{Layer: LayerKey, Fact: "the state of key " + key.ARN + ": " + key.StateUnknown})
	case key.State == "" && key.StateUnknown == "":
		d.Assumptions = append(d.Assumptions, "the key "+key.ARN+" is taken to be enabled: its state is not in the snapshot")
	}
	return d
}

// unusable says why nobody can use the key, "" where somebody can.
func (k *Key) unusable(r *Request) string {
	if k.AWSManaged && r.Principal.Account != "" && r.Principal.Account != r.ResourceAccount {
		return "the AWS managed key " + k.ARN + " cannot be used from another account"
	}
	switch k.State {
	case "", "Enabled", "Updating":
		return ""
	}
	return "the key " + k.ARN + " is not enabled: its state is " + clip(k.State)
}

// AssumeRoleRequest is the sts:AssumeRole call that a service makes to start a
// job with a role (P312, P313). The account and ARN of the source are those of
// the job; "" leaves the key absent.
func AssumeRoleRequest(service, roleARN, sourceAccount, sourceARN string) Request {
	p := Principal{Kind: PrincipalService, Service: service}
	r := Request{Principal: p, Action: "sts:AssumeRole", Resource: roleARN, ResourceAccount: splitARN(roleARN).parts[4], Context: NewContext(p),
		UnknownKeys: []string{"aws:resourcetag/*", "iam:resourcetag/*", "sts:rolesessionname", "aws:useragent", "aws:sourceip"}}
	set := func(key, value string) {
		if value != "" {
			r.Context[key] = Value{State: KeyKnown, Values: []string{value}}
		}
	}
	set("aws:sourceaccount", sourceAccount)
	set("aws:sourcearn", sourceARN)
	set("aws:resourceaccount", r.ResourceAccount)
	set("aws:viaawsservice", "false")
	set("aws:securetransport", "true")
	for _, k := range [...]string{"aws:currenttime", "aws:epochtime", "aws:requestedregion"} {
		r.Context[k] = Value{State: KeyValueUnknown}
	}
	// A service has further names, by Region, that no snapshot tells.
	r.Context["aws:principalservicenameslist"] = Value{State: KeyValueUnknown, Multi: true}
	return r
}

// EvaluateTrust decides whether a role's trust policy lets the request assume
// it (P312 to P314). rcps are those of the role's account (P104), rcpUnknown
// why they are not known. No identity policy is involved where a service asks.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
func EvaluateTrust(trust *Policy, rcps [][]Policy, rcpUnknown string, r *Request) Decision {
	return Evaluate(&Layers{Resource: trust, ResourceKind: KindTrust, RCPs: rcps, RCPUnknown: rcpUnknown}, r)
}

// NeedsNoPermission reports whether no policy but an endpoint's can deny an
// action (P364).
//
// AWS: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func NeedsNoPermission(action string) bool { return strings.EqualFold(action, "sts:GetCallerIdentity") }

// NothingNeeded stands for the permissions of an action that needs none.
var NothingNeeded = []Policy{{Name: "sts:GetCallerIdentity needs no permission", Document: mustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)}}

func mustParse(text string) *Document {
	d, err := Parse([]byte(text), KindIdentity)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return d
}

// iamOnly are the KMS actions that no key policy is asked for.
var iamOnly = map[string]bool{
	"connectcustomkeystore": true, "createcustomkeystore": true, "createkey": true, "deletecustomkeystore": true, "describecustomkeystores": true,
	"disconnectcustomkeystore": true, "generaterandom": true, "listaliases": true, "listkeys": true, "listretirablegrants": true, "updatecustomkeystore": true,
}

// NeedsIAMOnly reports whether an IAM policy alone decides a KMS action on a
// resource: actions on no key, and the alias side of alias actions (P364).
//
// AWS: https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
func NeedsIAMOnly(action, resource string) bool {
	service, name, _ := strings.Cut(lower(action), ":")
	if service != "kms" {
		return false
	}
	alias := name == "createalias" || name == "deletealias" || name == "updatealias"
	return iamOnly[name] || alias && strings.Contains(resource, ":alias/")
}
