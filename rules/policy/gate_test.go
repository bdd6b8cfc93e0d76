package policy

import (
	"strings"
	"testing"
)

func parsed(t *testing.T, text string, kind Kind) *Policy {
	t.Helper()
	d, err := Parse([]byte(doc(text)), kind)
	if err != nil {
		t.Fatal(err)
	}
	return &Policy{Name: "test", Document: d}
}

func TestIsPublic(t *testing.T) {
	c := func(s string) string { return grant(anyone, getAll+cond(s)) }
	for _, tt := range []struct {
		name, text string
		want       Truth
	}{
		{"star", grant(anyone, getAll), True},
		{"fixed principal", grant(isX, getAll), False},
		{"P258 Allow with NotPrincipal", `{"Effect":"Allow","NotPrincipal":{"AWS":"222222222222"},` + getAll + `}`, True},
		{"P259 one public statement makes it public", grant(isX, getAll) + "," + grant(anyone, getAll), True},
		{"T150 a wildcard value", c(`"StringLike":{"aws:SourceVpc":"vpc-*"}`), True},
		{"T151 a half of the internet", c(`"IpAddress":{"aws:SourceIp":"128.0.0.0/1"}`), True},
		{"T151 a /24", c(`"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`), False},
		{"P258 /8", c(`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`), False},
		{"P258 IPv6 /31", c(`"IpAddress":{"aws:SourceIp":"2001:db8::/31"}`), True},
		{"P258 IPv6 /32", c(`"IpAddress":{"aws:SourceIp":"2001:db8::/32"}`), False},
		{"T152 a fixed endpoint", c(`"StringEquals":{"aws:SourceVpce":"vpce-1"}`), False},
		{"T153 IfExists", c(`"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}`), True},
		{"P260 ForAllValues", c(`"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}`), True},
		{"P260 negated", c(`"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`), True},
		{"P258 a policy variable", c(`"StringEquals":{"aws:SourceVpce":"${aws:PrincipalTag/v}"}`), True},
		{"P258 one wide value among narrow ones", c(`"StringLike":{"aws:SourceVpc":["vpc-1","*"]}`), True},
		{"P258 another key", c(`"StringEquals":{"aws:UserAgent":"x"}`), True},
		{"P258 access points of one account", c(`"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:111111111111:accesspoint/*"}`), False},
		{"P258 access points of any account", c(`"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:*:accesspoint/ap"}`), True},
		{"P258 a Deny narrows nothing", grant(anyone, getAll) + "," + ban(""), True},
		{"only denies", ban(""), False},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, why := IsPublic(parsed(t, tt.text, KindResource).Document); got != tt.want || (got == True) != (why != "") {
				t.Errorf("got %v (%s), want %v", got, why, tt.want)
			}
		})
	}
}

func TestBlockPublicAccess(t *testing.T) {
	all := PublicAccessBlock{true, true, true, true, ""}
	restrict := PublicAccessBlock{RestrictPublicBuckets: true}
	for _, tt := range []struct {
		name   string
		levels []PublicAccessBlock
		bucket string
		who    Principal
		want   Truth
	}{
		{"T137 the account's setting counts", []PublicAccessBlock{{}, restrict}, grant(anyone, getAll), xRole, False},
		{"T145 BlockPublicPolicy does not undo", []PublicAccessBlock{{BlockPublicPolicy: true}}, grant(anyone, getAll), anonymous, True},
		{"T147 other grants are cut, too", []PublicAccessBlock{restrict}, grant(isX, getAll) + "," + grant(anyone, getAll), xRole, False},
		{"T148 a policy that is not public", []PublicAccessBlock{restrict}, grant(isX, getAll), xRole, True},
		{"T149 the owner's own principals", []PublicAccessBlock{all}, grant(anyone, getAll), role(roleR, "SageMaker"), True},
		{"T152 fixed to an endpoint", []PublicAccessBlock{all}, grant(anyone, getAll+cond(`"StringEquals":{"aws:SourceVpce":"vpce-1"}`)), xRole, True},
		{"P256 service principals pass", []PublicAccessBlock{all}, grant(anyone, getAll), cloudTrail, True},
		{"P263 a gap matters to outsiders", []PublicAccessBlock{{}, {Gap: "AccessDenied"}}, grant(anyone, getAll), xRole, Unknown},
		{"P263 a gap does not matter to the owner", []PublicAccessBlock{{}, {Gap: "AccessDenied"}}, grant(anyone, getAll), adminRole, True},
		{"P263 a gap does not matter to a policy that is not public", []PublicAccessBlock{{Gap: "AccessDenied"}}, grant(isX, getAll), xRole, True},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := world{who: tt.who}.request()
			got := BlockPublicAccess(tt.levels, parsed(t, tt.bucket, KindBucket), &r)
			if got.Outcome != tt.want || (got.Outcome == True) != (got.Reason == "") {
				t.Errorf("got %+v, want %v", got, tt.want)
			}
		})
	}
}

func TestACLs(t *testing.T) {
	withACL := func(a ACL) func(*Layers, *Request) {
		if a.IgnorePublic == Unknown {
			a.IgnorePublic = False
		}
		return func(l *Layers, _ *Request) { l.ACL = &a }
	}
	for _, tt := range []struct {
		name, want string
		w          world
	}{
		{"T143 another account's object", wantImplicit, world{edit: withACL(ACL{Ownership: ObjectWriter, ObjectOwner: accountX})}},
		{"T144 the object's list grants", wantAllow, world{who: xRole, edit: withACL(ACL{Ownership: ObjectWriter, Object: []ACLGrant{{Account: accountX, Permission: "READ"}}})}},
		{"P248 a list does not stand in for the caller's identity policy", wantImplicit, world{who: xRole, noRole: true, edit: withACL(ACL{Ownership: ObjectWriter, Object: []ACLGrant{{Account: accountX, Permission: "READ"}}})}},
		{"P245 lists are off", wantImplicit, world{who: xRole, edit: withACL(ACL{Ownership: BucketOwnerEnforced, Object: []ACLGrant{{Account: accountX, Permission: "READ"}}})}},
		{"T146 IgnorePublicAcls", wantImplicit, world{who: anonymous, edit: withACL(ACL{Ownership: ObjectWriter, IgnorePublic: True, Object: []ACLGrant{{AllUsers: true, Permission: "READ"}}})}},
		{"P248 AllUsers", wantAllow, world{who: anonymous, edit: withACL(ACL{Ownership: ObjectWriter, Object: []ACLGrant{{AllUsers: true, Permission: "READ"}}})}},
		{"P262 AuthenticatedUsers are not anonymous", wantImplicit, world{who: anonymous, edit: withACL(ACL{Ownership: ObjectWriter, Object: []ACLGrant{{AuthenticatedUsers: true, Permission: "READ"}}})}},
		{"P249 a policy's Deny stands", wantExplicit, world{who: anonymous, bucket: ban(""), edit: withACL(ACL{Ownership: ObjectWriter, Object: []ACLGrant{{AllUsers: true, Permission: "READ"}}})}},
		{"P246 ownership not known", wantUnknown, world{who: xRole, edit: withACL(ACL{Object: []ACLGrant{{Account: accountX, Permission: "READ"}}})}},
		{"P248 the permission must fit", wantImplicit, world{who: xRole, edit: withACL(ACL{Ownership: ObjectWriter, Object: []ACLGrant{{Account: accountX, Permission: "READ_ACP"}}})}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, d := tt.w.outcome(t); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, dump(d))
			}
		})
	}
}

func TestACLHeader(t *testing.T) {
	for _, tt := range []struct {
		o    Ownership
		acl  string
		want Truth
	}{
		{BucketOwnerEnforced, "public-read", False}, // T142
		{BucketOwnerEnforced, "", True},             // T142
		{BucketOwnerEnforced, "bucket-owner-full-control", True},
		{ObjectWriter, "public-read", True},
		{OwnershipUnknown, "public-read", Unknown},
	} {
		if got := ACLHeader(tt.o, tt.acl); got.Outcome != tt.want {
			t.Errorf("T142 ACLHeader(%v, %q) = %+v, want %v", tt.o, tt.acl, got, tt.want)
		}
	}
}

func TestRequesterPays(t *testing.T) {
	r := world{owner: accountX}.request()
	own := world{}.request()
	anon := world{who: anonymous}.request()
	for _, tt := range []struct {
		name    string
		enabled Truth
		sent    bool
		r       *Request
		want    Truth
	}{
		{"T158 without the header", True, false, &r, False},
		{"P275 with the header", True, true, &r, True},
		{"P275 the owner", True, false, &own, True},
		{"P275 anonymous", True, true, &anon, False},
		{"P275 off", False, false, &r, True},
		{"P275 not known", Unknown, false, &r, Unknown},
	} {
		if got := RequesterPays(tt.enabled, tt.sent, tt.r); got.Outcome != tt.want {
			t.Errorf("%s: got %+v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAccessPointOrigin(t *testing.T) {
	through, nat, anon := world{}.request(), world{endpoint: "-"}.request(), world{who: anonymous}.request()
	unknown := world{ctx: map[string]any{"aws:SourceVpc": Value{State: KeyUnknown}}}.request()
	for _, tt := range []struct {
		name, vpc string
		r         *Request
		want      Truth
	}{
		{"T156 another VPC", "vpc-2", &through, False},
		{"P269 its own VPC", "vpc-1", &through, True},
		{"P269 no VPC", "vpc-1", &nat, False},
		{"P269 anonymous", "vpc-1", &anon, False},
		{"P269 internet origin", "", &nat, True},
		{"P269 not known", "vpc-1", &unknown, Unknown},
	} {
		if got := AccessPointOrigin(tt.vpc, tt.r); got.Outcome != tt.want {
			t.Errorf("%s: got %+v, want %v", tt.name, got, tt.want)
		}
	}
}

// P265.
func TestParseAccessPoint(t *testing.T) {
	a, ok := ParseAccessPoint("arn:aws:s3::111111111111:accesspoint/alias.mrap")
	if !ok || !a.MultiRegion || a.Name != "alias.mrap" {
		t.Errorf("multi-Region access point: %+v, %v", a, ok)
	}
	for _, arn := range []string{"arn:aws:s3:::b", "arn:aws:s3:us-east-1:111111111111:accesspoint/", "arn:aws:s3:us-east-1:111111111111:accesspoint/a/object/k", ""} {
		if _, ok := ParseAccessPoint(arn); ok {
			t.Errorf("%q is taken for an access point", arn)
		}
	}
}

const keyARN = "arn:aws:kms:us-east-1:111111111111:key/1"

func TestEvaluateKey(t *testing.T) {
	kmsAll := allow(`"Action":"kms:*","Resource":"*"`)
	kp := func(principal, rest string) string { return grant(principal, `"Action":"kms:*","Resource":"*"`+rest) }
	decrypt := KeyUse{Action: "kms:Decrypt", Region: "us-east-1"}
	for _, tt := range []struct {
		name   string
		w      world
		key    Key
		policy string
		use    KeyUse
		want   Truth
	}{
		{"T59 the key policy names the role", world{}, Key{}, kp(isRole, ""), decrypt, True},
		{"T160 a bucket key's context is the bucket", world{}, Key{}, kp(isRole, cond(`"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b/*"}`)), KeyUse{Action: "kms:Decrypt", Region: "us-east-1", BucketKey: true}, False},
		{"T160 without bucket key it is the object", world{}, Key{}, kp(isRole, cond(`"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b/*"}`)), decrypt, True},
		{"T161 identity alone never suffices", world{identity: []string{baseIdentity, kmsAll}}, Key{}, kp(`{"AWS":"arn:aws:iam::111111111111:role/Other"}`, ""), decrypt, False},
		{"T192 delegation without identity", world{}, Key{}, kp(isA, ""), decrypt, False},
		{"P306 delegation with identity", world{identity: []string{kmsAll}}, Key{}, kp(isA, ""), decrypt, True},
		{"T162 an AWS managed key of another account", world{owner: accountX}, Key{ARN: "arn:aws:kms:us-east-1:222222222222:key/1", AWSManaged: true}, kp(isA, ""), decrypt, False},
		{"P307 another account's key needs both", world{owner: accountX, identity: []string{kmsAll}}, Key{ARN: "arn:aws:kms:us-east-1:222222222222:key/1"}, kp(isRole, ""), decrypt, True},
		{"P307 another account's key without identity", world{owner: accountX}, Key{ARN: "arn:aws:kms:us-east-1:222222222222:key/1"}, kp(isRole, ""), decrypt, False},
		{"T163 endpoint keys are absent", world{}, Key{}, kp(isRole, "") + "," + `{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"` + cond(`"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`) + `}`, decrypt, False},
		{"T164 a disabled key", world{}, Key{State: "Disabled"}, kp(isRole, ""), decrypt, False},
		{"P305 ViaService", world{}, Key{}, kp(anyone, cond(`"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com","kms:CallerAccount":"111111111111"}`)), decrypt, True},
		{"T139 GenerateDataKey without Decrypt", world{}, Key{}, grant(isRole, `"Action":"kms:GenerateDataKey","Resource":"*"`), decrypt, False},
		{"T139 GenerateDataKey", world{}, Key{}, grant(isRole, `"Action":"kms:GenerateDataKey","Resource":"*"`), KeyUse{Action: "kms:GenerateDataKey"}, True},
		{"P311 a grant", world{}, Key{Grants: []Grant{{Grantee: roleR, Operations: []string{"Decrypt"}}}}, kp(isX, ""), decrypt, True},
		{"P311 a grant for another operation", world{}, Key{Grants: []Grant{{Grantee: roleR, Operations: []string{"Encrypt"}}}}, kp(isX, ""), decrypt, False},
		{"P311 a grant for another context", world{}, Key{Grants: []Grant{{Grantee: roleR, Operations: []string{"Decrypt"}, Subset: map[string]string{"aws:s3:arn": "arn:aws:s3:::other"}}}}, kp(isX, ""), decrypt, False},
		{"P311 grants are a gap", world{}, Key{GrantsUnknown: "ListGrants: AccessDenied"}, kp(isX, ""), decrypt, Unknown},
		{"P311 grants are a gap, the policy suffices", world{}, Key{GrantsUnknown: "ListGrants: AccessDenied"}, kp(isRole, ""), decrypt, True},
		{"P319 ViaAWSService", world{}, Key{}, kp(isRole, "") + `,{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"` + cond(`"Bool":{"aws:ViaAWSService":"false"}`) + `}`, decrypt, True},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := tt.w.layers()
			s3 := tt.w.request()
			key := tt.key
			if key.ARN == "" {
				key.ARN = keyARN
			}
			key.Policy = parsed(t, tt.policy, KindKey)
			r := KeyRequest(&s3, &key, tt.use)
			if d := EvaluateKey(&l, &key, &r); d.Outcome != tt.want {
				t.Errorf("got %v, want %v\n%s", d.Outcome, tt.want, dump(d))
			}
		})
	}
}

func TestEvaluateTrust(t *testing.T) {
	trust := func(services, rest string) string {
		return `{"Effect":"Allow","Principal":{"Service":` + services + `},"Action":"sts:AssumeRole"` + rest + `}`
	}
	sm := `"sagemaker.amazonaws.com"`
	for _, tt := range []struct {
		name, text string
		rcps       [][]string
		want       Truth
	}{
		{"T165 another service", trust(`"ec2.amazonaws.com"`, ""), nil, False},
		{"T165 several services", trust(`["ec2.amazonaws.com",`+sm+`]`, ""), nil, True},
		{"T166 another source account", trust(sm, cond(`"StringEquals":{"aws:SourceAccount":"222222222222"}`)), nil, False},
		{"T166 the job's source ARN", trust(sm, cond(`"ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:us-east-1:111111111111:*"}`)), nil, True},
		{"P313 keys that SageMaker does not supply", trust(sm, cond(`"StringEquals":{"sts:ExternalId":"x"}`)), nil, False},
		{"P104 an RCP on sts", trust(sm, ""), [][]string{{`{"Effect":"Deny","Principal":"*","Action":"sts:*","Resource":"*"}`}}, False},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := world{rcps: tt.rcps}.layers()
			r := AssumeRoleRequest("sagemaker.amazonaws.com", roleR, accountA, "arn:aws:sagemaker:us-east-1:111111111111:compilation-job/j")
			if d := EvaluateTrust(parsed(t, tt.text, KindTrust), l.RCPs, "", &r); d.Outcome != tt.want {
				t.Errorf("got %v, want %v\n%s", d.Outcome, tt.want, dump(d))
			}
		})
	}
}

// P205, P206 and the near misses that a finding shows.
func TestExplain(t *testing.T) {
	_, d := world{noRole: true, bucket: grant(isRole, getAll+cond(`"StringEquals":{"aws:SourceVpce":"vpce-9"}`))}.outcome(t)
	if len(d.Blocking) != 1 || d.Layers[d.Blocking[0]].Layer != LayerRole || !d.EitherGrant {
		t.Errorf("P206: blocking %v, either %v\n%s", d.Blocking, d.EitherGrant, dump(d))
	}
	bucket := d.Layers[len(d.Layers)-1]
	if len(bucket.Near) != 1 || bucket.Near[0].Part != "condition" || bucket.Near[0].Detail != `StringEquals aws:SourceVpce ["vpce-9"]: the request has "vpce-1"` {
		t.Errorf("near misses %+v", bucket.Near)
	}
	_, d = world{endpoint: neoSample("vpce-1"), noRole: true, owner: accountX}.outcome(t)
	var reasons []string
	for _, i := range d.Blocking {
		reasons = append(reasons, d.Layers[i].Reason)
	}
	want := "no VPC endpoint policy allows the s3:GetObject action|no identity-based policy allows the s3:GetObject action|no resource-based policy allows the s3:GetObject action"
	if got := strings.Join(reasons, "|"); got != want {
		t.Errorf("P205: got %s", got)
	}
	_, d = world{unknown: []string{"s3:existingobjecttag/*"}, identity: tagged}.outcome(t)
	if len(d.Needs) != 1 || d.Needs[0].Key != "s3:ExistingObjectTag/env" || d.Needs[0].Statement == nil {
		t.Errorf("needs %+v", d.Needs)
	}
	_, d = world{noRole: true, bucket: grant(`{"AWS":"arn:aws:sts::111111111111:assumed-role/R/Other"}`, getAll)}.outcome(t)
	if len(d.Assumptions) != 1 || !strings.Contains(d.Assumptions[0], "P318") {
		t.Errorf("T174: assumptions %q", d.Assumptions)
	}
}

// A need names the layer that asks for it, and no statement where the layer
// itself is not known.
func TestNeedNamesItsLayer(t *testing.T) {
	env := cond(`"StringEquals":{"s3:ExistingObjectTag/env":"prod"}`)
	for _, tt := range []struct {
		name      string
		w         world
		layer     string
		statement bool
	}{
		{"a role's statement", world{identity: []string{allow(getAll + env)}}, LayerRole, true},
		{"the bucket policy's statement", world{bucket: deny(`"Principal":"*",` + getAll + env)}, LayerBucket, true},
		{"the identity policies, of which one is known", world{identity: []string{allow(getAll + env)},
			edit: func(l *Layers, r *Request) { l.IdentityUnknown, r.UnknownKeys = "AccessDenied", nil }}, LayerRole, false},
		{"the SCPs, of which one is known", world{scps: [][]string{{allow(`"Action":"*","Resource":"*"`)}},
			edit: func(l *Layers, _ *Request) { l.SCPUnknown = "AccessDenied" }}, LayerSCP, false},
		{"the RCPs, of which one is known", world{rcps: [][]string{{deny(`"Principal":"*","Action":"s3:GetObject","Resource":"*"` + cond(`"StringEquals":{"aws:SourceVpce":"vpce-9"}`))}},
			edit: func(l *Layers, _ *Request) { l.RCPUnknown = "AccessDenied" }}, LayerRCP, false},
		{"who owns the bucket", world{owner: "?", noRole: true, bucket: grant(isRole, getAll)}, TheResource, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.w.unknown = []string{"s3:existingobjecttag/*"}
			_, d := tt.w.outcome(t)
			if len(d.Needs) != 1 || d.Needs[0].Layer != tt.layer || (d.Needs[0].Statement != nil) != tt.statement || d.Needs[0].Budget {
				t.Errorf("%v, needs %+v", d.Outcome, d.Needs)
			}
		})
	}
}

// Many gaps end in UNKNOWN, not in 2^n branches (P218).
func TestCaseSplitIsBounded(t *testing.T) {
	l, _ := world{}.layers()
	r := world{}.request()
	l.Identity = nil
	for range 200 {
		l.Identity = append(l.Identity, Policy{Name: "p", Gap: "GetPolicyVersion: AccessDenied"})
	}
	var e Evaluator
	if d := e.Evaluate(&l, &r); d.Outcome != Unknown || len(d.Needs) == 0 {
		t.Errorf("got %v, needs %v", d.Outcome, d.Needs)
	}
	if limit := 20 * (splitBudget + 1000); e.work > limit {
		t.Errorf("%d statements and branches looked at, more than %d", e.work, limit)
	}
}
