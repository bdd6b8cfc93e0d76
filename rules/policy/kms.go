package policy

import (
	"maps"
	"strings"
)

// Key is a KMS key and what may grant its use.
type Key struct {
	ARN    string
	State  string // KeyState as AWS says it, e.g. "Enabled"; "" where it is not known
	Policy *Policy
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
// s3: its principal, without the keys of its network path (P93, P305).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func KeyRequest(s3 *Request, key *Key, use KeyUse) Request {
	r := *s3
	r.AccessPoint = ""
	r.Action, r.Resource = use.Action, key.ARN
	arn := splitARN(key.ARN)
	r.ResourceAccount = arn.parts[4]
	r.Context = maps.Clone(s3.Context)
	if r.Context == nil {
		r.Context = map[string]Value{}
	}
	maps.DeleteFunc(r.Context, func(k string, _ Value) bool { return strings.HasPrefix(k, "s3:") })
	for _, k := range endpointKeys {
		r.Context[k] = Value{}
	}
	for _, k := range [...]string{sourceIP, "aws:vpceorgid", "aws:vpceorgpaths", "aws:resourceorgid", "aws:resourceorgpaths"} {
		r.Context[k] = Value{}
	}
	about := s3.Resource
	if bucket, _, ok := strings.Cut(about, "/"); ok && use.BucketKey {
		about = bucket
	}
	set := func(k string, values ...string) {
		r.Context[k] = Value{State: KeyKnown, Values: values, Multi: Multivalued(k)}
	}
	set("aws:viaawsservice", "true")
	set("kms:viaservice", "s3."+use.Region+"."+domainOf(arn.parts[1]))
	set("kms:calleraccount", s3.Principal.Account)
	set("kms:encryptioncontext:aws:s3:arn", about)
	set("kms:encryptioncontextkeys", "aws:s3:arn")
	set("aws:resourceaccount", r.ResourceAccount)
	if use.Region != "" {
		set("aws:requestedregion", use.Region)
	}
	return r
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
	if key.State == "" {
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
	r := Request{Principal: p, Action: "sts:AssumeRole", Resource: roleARN, ResourceAccount: splitARN(roleARN).parts[4], Context: NewContext(p)}
	if sourceAccount != "" {
		r.Context["aws:sourceaccount"] = Value{State: KeyKnown, Values: []string{sourceAccount}}
	}
	if sourceARN != "" {
		r.Context["aws:sourcearn"] = Value{State: KeyKnown, Values: []string{sourceARN}}
	}
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
