package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The base world of the trap catalogue (docs/semantics/policy.md, section 12).
const (
	accountA = "111111111111"
	accountX = "222222222222"
	roleR    = "arn:aws:iam::111111111111:role/R"
	bucketB  = "arn:aws:s3:::b"
)

// Outcomes of the catalogue.
const (
	wantAllow    = "ALLOW"
	wantExplicit = "DENYe"
	wantImplicit = "DENYi"
	wantUnknown  = "UNKNOWN"
	wantBad      = "BAD"
)

// world is one row: the base world, with what the row replaces.
type world struct {
	identity  []string // statements of the identity policies, one policy each; nil: Allow s3:* on *
	noRole    bool     // identity policies: none
	boundary  string
	session   string
	scps      [][]string
	rcps      [][]string
	endpoint  string // "" default, "-" no endpoint
	bucket    string
	typ       EndpointType
	who       Principal
	action    string // default s3:GetObject
	resource  string // default arn:aws:s3:::b/k
	owner     string // default A; "?" unknown
	ctx       map[string]any
	unknown   []string
	ap        string
	apPolicy  string
	gapBucket bool
	edit      func(*Layers, *Request)
}

func role(arn, session string) Principal {
	p, err := ParsePrincipal(arn)
	if err != nil {
		panic(err)
	}
	p.Session = session
	return p
}

// doc wraps statements in a document, with 2012-10-17 unless it is one already.
func doc(statements string) string {
	if strings.HasPrefix(statements, `{"Statement"`) || strings.HasPrefix(statements, `{"Version"`) || strings.HasPrefix(statements, `"`) {
		return statements
	}
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

const baseIdentity = `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`

// layers builds the row's layers; bad tells a malformed document.
func (w world) layers() (l Layers, bad bool) {
	parse := func(name, text string, kind Kind) Policy {
		d, err := Parse([]byte(doc(text)), kind)
		if err != nil {
			bad = true
			return Policy{Name: name, Malformed: err}
		}
		return Policy{Name: name, Document: d}
	}
	identity := w.identity
	if identity == nil && !w.noRole {
		identity = []string{baseIdentity}
	}
	for i, t := range identity {
		l.Identity = append(l.Identity, parse(fmt.Sprintf("p%d", i), t, KindIdentity))
	}
	if w.boundary != "" {
		p := parse("boundary", w.boundary, KindBoundary)
		l.Boundary = &p
	}
	if w.session != "" {
		l.Session = []Policy{parse("session", w.session, KindSession)}
	}
	levels := func(in [][]string, kind Kind) (out [][]Policy) {
		for _, level := range in {
			ps := []Policy{}
			for _, t := range level {
				ps = append(ps, parse("cp", t, kind))
			}
			out = append(out, ps)
		}
		return out
	}
	l.SCPs, l.RCPs = levels(w.scps, KindSCP), levels(w.rcps, KindRCP)
	l.EndpointType = w.typ
	if w.typ == EndpointNone {
		l.EndpointType = EndpointGateway
	}
	switch w.endpoint {
	case "":
	case "-":
		l.EndpointType = EndpointNone
	default:
		p := parse("vpce-1", w.endpoint, KindEndpoint)
		l.Endpoint = &p
	}
	l.ResourceKind = KindBucket
	if w.bucket != "" {
		p := parse("b", w.bucket, KindBucket)
		l.Resource = &p
	}
	if w.gapBucket {
		l.Resource = &Policy{Name: "b", Gap: "GetBucketPolicy: AccessDenied"}
	}
	if w.apPolicy != "" {
		p := parse("ap", w.apPolicy, KindAccessPoint)
		l.AccessPoint = &p
	}
	return l, bad
}

// request builds the row's request.
func (w world) request() Request {
	r := Request{Principal: w.who, Action: w.action, Resource: w.resource, ResourceAccount: w.owner, UnknownKeys: w.unknown, AccessPoint: w.ap}
	if r.Principal.Kind == PrincipalUnknown {
		r.Principal = role(roleR, "SageMaker")
	}
	if r.Action == "" {
		r.Action = "s3:GetObject"
	}
	if r.Resource == "" {
		r.Resource = bucketB + "/k"
		if r.Action == "s3:ListBucket" {
			r.Resource = bucketB
		}
	}
	switch r.ResourceAccount {
	case "":
		r.ResourceAccount = accountA
	case "?":
		r.ResourceAccount = ""
	}
	r.Context = NewContext(r.Principal)
	set := func(k string, v any) {
		switch v := v.(type) {
		case nil:
			delete(r.Context, lower(k))
		case string:
			r.Context[lower(k)] = Value{State: KeyKnown, Values: []string{v}}
		case []string:
			r.Context[lower(k)] = Value{State: KeyKnown, Values: v, Multi: true}
		case Value:
			r.Context[lower(k)] = v
		}
	}
	set("aws:SecureTransport", "true")
	set("aws:RequestedRegion", "us-east-1")
	if r.ResourceAccount != "" {
		set("aws:ResourceAccount", r.ResourceAccount)
		set("s3:ResourceAccount", r.ResourceAccount)
	}
	if r.Principal.Account == accountA {
		set("aws:PrincipalOrgID", "o-1")
		set("aws:PrincipalOrgPaths", []string{"o-1/r-1/ou-1/"})
	}
	if w.endpoint != "-" {
		for k, v := range map[string]string{"aws:SourceVpce": "vpce-1", "aws:SourceVpc": "vpc-1", "aws:VpcSourceIp": "10.0.3.4",
			"aws:SourceVpcArn": "arn:aws:ec2:us-east-1:111111111111:vpc/vpc-1", "aws:VpceAccount": accountA} {
			set(k, v)
		}
	} else {
		set("aws:SourceIp", "198.51.100.7")
	}
	for k, v := range w.ctx {
		set(k, v)
	}
	return r
}

func (w world) outcome(t *testing.T) (string, Decision) {
	t.Helper()
	l, bad := w.layers()
	r := w.request()
	if w.edit != nil {
		w.edit(&l, &r)
	}
	d := Evaluate(&l, &r)
	if got := Decide(&l, &r); got != d.Outcome {
		t.Errorf("Decide says %v, Evaluate %v", got, d.Outcome)
	}
	if (d.Outcome == Unknown) != (len(d.Needs) > 0) {
		t.Errorf("outcome %v with needs %v", d.Outcome, d.Needs)
	}
	if (d.Outcome == False) != (len(d.Blocking) > 0) {
		t.Errorf("outcome %v with blocking layers %v", d.Outcome, d.Blocking)
	}
	if bad && d.Outcome == Unknown {
		return wantBad, d
	}
	switch d.Outcome {
	case True:
		return wantAllow, d
	case Unknown:
		return wantUnknown, d
	case False:
	}
	for _, i := range d.Blocking {
		if d.Layers[i].Outcome == ExplicitDeny {
			return wantExplicit, d
		}
	}
	return wantImplicit, d
}

// dump shows a decision in a failure.
func dump(d Decision) string {
	b, _ := json.MarshalIndent(d, "", " ")
	return string(b)
}

func allow(rest string) string { return `{"Effect":"Allow",` + rest + `}` }
func deny(rest string) string  { return `{"Effect":"Deny",` + rest + `}` }

// grant and ban are statements with Principal "*" on everything of S3.
func grant(principal, rest string) string {
	return `{"Effect":"Allow","Principal":` + principal + `,` + rest + `}`
}
func ban(rest string) string {
	return `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"` + rest + `}`
}

const (
	anyone  = `"*"`
	onAll   = `"Action":"s3:*","Resource":"*"`
	getAll  = `"Action":"s3:GetObject","Resource":"*"`
	isRole  = `{"AWS":"arn:aws:iam::111111111111:role/R"}`
	isX     = `{"AWS":"222222222222"}`
	isA     = `{"AWS":"111111111111"}`
	isUs    = `{"AWS":"arn:aws:sts::111111111111:assumed-role/R/SageMaker"}`
	fullSCP = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	neo     = `{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"StringNotEquals":{"aws:SourceVpce":"%s"}}}`
)

func cond(s string) string { return `,"Condition":{` + s + `}` }

func neoSample(vpce string) string { return fmt.Sprintf(neo, vpce) }

var (
	anonymous  = Principal{Kind: PrincipalAnonymous}
	xRole      = role("arn:aws:iam::222222222222:role/Q", "s")
	adminRole  = role("arn:aws:iam::111111111111:role/Admin", "me")
	roleS      = role("arn:aws:iam::111111111111:role/S", "SageMaker")
	rootA      = Principal{Kind: PrincipalRoot, ARN: "arn:aws:iam::111111111111:root", Account: accountA}
	cloudTrail = Principal{Kind: PrincipalService, Service: "cloudtrail.amazonaws.com"}
)

// traps are the rows that one request decides. A row with several requests has
// one entry for each.
var traps = []struct {
	id, name, want string
	w              world
}{
	{"T1", "a version of today", wantBad, world{identity: []string{`{"Version":"2026-01-01","Statement":[` + baseIdentity + `]}`}}},
	{"T2", "no Version: a variable is text", wantImplicit, world{identity: []string{`{"Statement":[` + allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalAccount}/*"`) + `]}`}, resource: "arn:aws:s3:::b/111111111111/k"}},
	{"T2", "2012: a variable is expanded", wantAllow, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalAccount}/*"`)}, resource: "arn:aws:s3:::b/111111111111/k"}},
	{"T3", "no Version: the star of ${*} is alive", wantAllow, world{identity: []string{`{"Statement":[` + allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${*}x"`) + `]}`}, resource: "arn:aws:s3:::b/${abc}x"}},
	{"T3", "2012: ${*} is a star as text", wantImplicit, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${*}x"`)}, resource: "arn:aws:s3:::b/${abc}x"}},
	{"T4", "statements without Sid, GET", wantAllow, world{identity: []string{allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"`) + "," + allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}}},
	{"T4", "statements without Sid, LIST", wantAllow, world{action: "s3:ListBucket", identity: []string{allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"`) + "," + allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}}},
	{"T5", "statement is an object", wantAllow, world{identity: []string{`{"Version":"2012-10-17","Statement":` + baseIdentity + `}`}}},
	{"T6", "endpoint policy without Principal", wantBad, world{endpoint: baseIdentity}},
	{"T7", "Action twice", wantBad, world{bucket: grant(anyone, `"Action":"s3:*","Action":"s3:*","Resource":"*"`)}},
	{"T8", "two documents in a row", wantBad, world{endpoint: doc(grant(anyone, onAll)) + doc(grant(anyone, onAll))}},
	{"T9", "effect in lower case", wantBad, world{identity: []string{`{"Effect":"allow","Action":"s3:*","Resource":"*"}`}}},
	{"T10", "bucket policy as a JSON string", wantExplicit, world{bucket: fmt.Sprintf("%q", doc(ban("")))}},
	{"T11", `{"AWS":"*"} grants to anonymous`, wantAllow, world{bucket: grant(`{"AWS":"*"}`, getAll), who: anonymous, endpoint: "-"}},
	{"T12", "an account grant is a delegation", wantImplicit, world{noRole: true, bucket: grant(isA, getAll)}},
	{"T13", "gateway endpoint: the account is not its roles", wantImplicit, world{endpoint: grant(isA, onAll)}},
	{"T13", "gateway endpoint: the account is its root user", wantAllow, world{endpoint: grant(isA, onAll), who: rootA}},
	{"T14", "session ARN with the role's path", wantImplicit, world{noRole: true, who: role("arn:aws:iam::111111111111:role/service-role/R", "SageMaker"), bucket: grant(`{"AWS":"arn:aws:sts::111111111111:assumed-role/service-role/R/SageMaker"}`, getAll)}},
	{"T14", "session ARN without the role's path", wantAllow, world{noRole: true, who: role("arn:aws:iam::111111111111:role/service-role/R", "SageMaker"), bucket: grant(isUs, getAll)}},
	{"T15", "a grant to the service is none to the role", wantImplicit, world{noRole: true, bucket: grant(`{"Service":"sagemaker.amazonaws.com"}`, getAll)}},
	{"T16", "no partial wildcard in principals", wantImplicit, world{noRole: true, bucket: grant(`{"AWS":"arn:aws:iam::111111111111:role/*"}`, getAll)}},
	{"T17", "a deleted role's id", wantImplicit, world{noRole: true, bucket: grant(`{"AWS":"AROAOLD"}`, getAll), edit: func(_ *Layers, r *Request) { r.Principal.RoleID = "AROANEW" }}},
	{"T17", "the role's own id (P30)", wantAllow, world{noRole: true, bucket: grant(`{"AWS":"AROANEW"}`, getAll), edit: func(_ *Layers, r *Request) { r.Principal.RoleID = "AROANEW" }}},
	{"T18", "Allow NotPrincipal in a bucket policy, asked by the role", wantBad, world{noRole: true, bucket: `{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111111111111:user/u"},` + getAll + `}`}},
	{"T18", "Allow NotPrincipal in a bucket policy, asked by anonymous", wantBad, world{who: anonymous, bucket: `{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111111111111:user/u"},` + getAll + `}`}},
	{"T19", "Deny NotPrincipal without the session", wantExplicit, world{bucket: `{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111111111111:role/R","arn:aws:iam::111111111111:root"]},` + onAll + `}`}},
	{"T19", "Deny NotPrincipal with all three", wantAllow, world{bucket: `{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111111111111:role/R","arn:aws:iam::111111111111:root","arn:aws:sts::111111111111:assumed-role/R/SageMaker"]},` + onAll + `}`}},
	{"T20", "Deny NotPrincipal * with a boundary, whatever the element lists", wantExplicit, world{boundary: fullSCP, bucket: `{"Effect":"Deny","NotPrincipal":"*",` + onAll + `}`}},
	{"T20", "Deny NotPrincipal * without a boundary", wantAllow, world{bucket: `{"Effect":"Deny","NotPrincipal":"*",` + onAll + `}`}},
	{"T20", "Deny NotPrincipal with a boundary", wantExplicit, world{boundary: fullSCP, bucket: `{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111111111111:role/R","arn:aws:iam::111111111111:root","arn:aws:sts::111111111111:assumed-role/R/SageMaker"]},` + onAll + `}`}},
	{"T21", "actions fold case", wantAllow, world{identity: []string{allow(`"Action":"S3:getOBJECT","Resource":"*"`)}}},
	{"T22", "wildcard in the service prefix", wantAllow, world{identity: []string{allow(`"Action":"s*:GetObject","Resource":"*"`)}}},
	{"T23", "s3:Get* is no List", wantImplicit, world{action: "s3:ListBucket", identity: []string{allow(`"Action":"s3:Get*","Resource":"*"`)}}},
	{"T24", "HeadObject is authorised as GetObject", wantImplicit, world{identity: []string{allow(`"Action":"s3:HeadObject","Resource":"arn:aws:s3:::b/*"`)}}},
	{"T25", "NotAction allows other services", wantAllow, world{identity: []string{allow(`"NotAction":"iam:*","Resource":"*"`)}}},
	{"T26", "a star crosses slashes", wantAllow, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}, resource: "arn:aws:s3:::b/x/y/z"}},
	{"T27", "a star crosses slashes and colons", wantAllow, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/data/*.csv"`)}, resource: "arn:aws:s3:::b/data/2026/a:b.csv"}},
	{"T28", "a short ARN is completed by wildcards", wantAllow, world{identity: []string{allow(`"Action":"s3:*","Resource":"arn:aws:s3"`)}}},
	{"T29", "no URL decoding", wantImplicit, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a%20b"`)}, resource: "arn:aws:s3:::b/a b"}},
	{"T30", "? is exactly one character, b", wantImplicit, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b?/*"`)}}},
	{"T30", "? is exactly one character, bx", wantAllow, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b?/*"`)}, resource: "arn:aws:s3:::bx/k"}},
	{"T31", "b* matches the bucket", wantAllow, world{action: "s3:ListBucket", identity: []string{allow(`"Action":"s3:*","Resource":"arn:aws:s3:::b*"`)}}},
	{"T31", "b* matches its objects", wantAllow, world{identity: []string{allow(`"Action":"s3:*","Resource":"arn:aws:s3:::b*"`)}}},
	{"T31", "b* matches the other bucket's objects", wantAllow, world{resource: "arn:aws:s3:::bx/k", identity: []string{allow(`"Action":"s3:*","Resource":"arn:aws:s3:::b*"`)}}},
	{"T32", "ListBucket on objects", wantImplicit, world{action: "s3:ListBucket", identity: []string{allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*"`)}}},
	{"T33", "GetObject on the bucket", wantImplicit, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b"`)}}},
	{"T34", "ListAllMyBuckets on arn:aws:s3:::*", wantAllow, world{action: "s3:ListAllMyBuckets", resource: "*", identity: []string{allow(`"Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::*"`)}}},
	{"T35", "Deny NotResource b/* hits the bucket", wantExplicit, world{action: "s3:ListBucket", identity: []string{baseIdentity, deny(`"Action":"s3:*","NotResource":"arn:aws:s3:::b/*"`)}}},
	{"T35", "Deny NotResource b/* spares objects", wantAllow, world{identity: []string{baseIdentity, deny(`"Action":"s3:*","NotResource":"arn:aws:s3:::b/*"`)}}},
	{"T36", "partitions do not match one another", wantImplicit, world{resource: "arn:aws-cn:s3:::b/k", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}}},
	{"T37", "a bucket policy on another bucket", wantAllow, world{bucket: `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}`}},
	{"T38", "the endpoint policy must allow the access point, too", wantImplicit, world{ap: "arn:aws:s3:us-east-1:111111111111:accesspoint/ap", endpoint: grant(anyone, `"Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`)}},
	{"T39", "${*} names the key *", wantAllow, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${*}"`)}, resource: "arn:aws:s3:::b/*"}},
	{"T39", "${*} names no other key", wantImplicit, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${*}"`)}}},
	{"T40", "a tag's star is text", wantImplicit, world{ctx: map[string]any{"aws:PrincipalTag/team": "*"}, resource: "arn:aws:s3:::b/other/k", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"`)}}},
	{"T41", "an empty tag is present", wantImplicit, world{ctx: map[string]any{"aws:PrincipalTag/team": ""}, resource: "arn:aws:s3:::b/pub/k", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, 'pub'}/*"`)}}},
	{"T41", "an absent tag takes the default", wantAllow, world{resource: "arn:aws:s3:::b/pub/k", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, 'pub'}/*"`)}}},
	{"T42", "roles have no aws:username", wantImplicit, world{resource: "arn:aws:s3:::b/home/R/k", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/home/${aws:username}/*"`)}}},
	{"T43", "NotResource with an unresolvable variable", wantUnknown, world{identity: []string{baseIdentity, deny(`"Action":"s3:*","NotResource":"arn:aws:s3:::b/${aws:PrincipalTag/none}/*"`)}}},
	{"T44", "Deny before Allow", wantExplicit, world{identity: []string{deny(getAll) + "," + allow(onAll)}}},
	{"T44", "Deny after Allow", wantExplicit, world{identity: []string{allow(onAll) + "," + deny(getAll)}}},
	{"T46", "base world", wantAllow, world{}},
	{"T47", "neither role nor bucket policy", wantImplicit, world{noRole: true}},
	{"T48", "the bucket policy names the role", wantAllow, world{noRole: true, bucket: grant(isRole, getAll)}},
	{"T49", "a role grant is capped by the boundary", wantImplicit, world{noRole: true, bucket: grant(isRole, getAll), boundary: allow(`"Action":"ec2:*","Resource":"*"`)}},
	{"T50", "a session grant is capped by nothing", wantAllow, world{noRole: true, bucket: grant(isUs, getAll), boundary: allow(`"Action":"ec2:*","Resource":"*"`), session: allow(`"Action":"ec2:*","Resource":"*"`)}},
	{"T51", "a star grant is capped by nothing", wantAllow, world{noRole: true, bucket: grant(anyone, getAll+cond(`"ArnEquals":{"aws:PrincipalArn":"`+roleR+`"}`)), boundary: allow(`"Action":"ec2:*","Resource":"*"`)}},
	{"T52", "cross account needs the identity policy", wantImplicit, world{noRole: true, owner: accountX, bucket: grant(isRole, getAll)}},
	{"T53", "cross account needs the bucket policy", wantImplicit, world{owner: accountX}},
	{"T54", "cross account, account grant", wantAllow, world{owner: accountX, bucket: grant(isA, getAll)}},
	{"T54", "cross account, the boundary caps a session grant", wantImplicit, world{owner: accountX, bucket: grant(isUs, getAll), boundary: allow(`"Action":"ec2:*","Resource":"*"`)}},
	{"T55", "nobody knows the owner", wantUnknown, world{owner: "?", gapBucket: true}},
	{"T56", "the owner's root may mend the policy", wantAllow, world{who: rootA, action: "s3:PutBucketPolicy", resource: bucketB, bucket: ban("")}},
	{"T56", "an administrator may not", wantExplicit, world{who: adminRole, action: "s3:PutBucketPolicy", resource: bucketB, bucket: ban("")}},
	{"T57", "anonymous has no PrincipalArn", wantAllow, world{who: anonymous, endpoint: "-", bucket: grant(anyone, getAll+cond(`"StringNotEquals":{"aws:PrincipalArn":"`+roleR+`"}`))}},
	{"T58", "a presigned URL used elsewhere", wantExplicit, world{endpoint: "-", bucket: ban(cond(`"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`))}},
	{"T60", "the management account has no SCP", wantAllow, world{}},
	{"T61", "SCPs of the bucket's account spare outsiders", wantAllow, world{who: xRole, bucket: grant(isX, getAll)}},
	{"T62", "SCPs spare service principals", wantAllow, world{who: cloudTrail, endpoint: "-", action: "s3:PutObject", scps: [][]string{{deny(onAll)}}, bucket: grant(`{"Service":"cloudtrail.amazonaws.com"}`, `"Action":"s3:PutObject","Resource":"*"`)}},
	{"T63", "a level with a Deny list only", wantImplicit, world{scps: [][]string{{fullSCP}, {deny(`"Action":"ec2:*","Resource":"*"`)}}}},
	{"T64", "an Allow at every level", wantImplicit, world{scps: [][]string{{fullSCP}, {allow(onAll)}, {allow(`"Action":"ec2:*","Resource":"*"`)}}}},
	{"T65", "SCPs are a gap", wantUnknown, world{edit: func(l *Layers, _ *Request) { l.SCPUnknown = "ListPolicies: AccessDenied" }}},
	{"T65", "SCPs are a gap, nobody grants", wantImplicit, world{noRole: true, edit: func(l *Layers, _ *Request) { l.SCPUnknown = "ListPolicies: AccessDenied" }}},
	{"T66", "an RCP for the organization alone", wantExplicit, world{who: xRole, bucket: grant(isX, getAll), rcps: [][]string{{ban(cond(`"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}`))}}}},
	{"T67", "resources of the management account have no RCP", wantAllow, world{who: xRole, bucket: grant(isX, getAll)}},
	{"T68", "RCPs of the caller do not matter", wantAllow, world{owner: accountX, action: "s3:PutObject", bucket: grant(isA, `"Action":"s3:PutObject","Resource":"*"`)}},
	{"T69", "RCP guard, the role", wantAllow, world{rcps: rcpGuard, bucket: grant(isX, getAll)}},
	{"T69", "RCP guard, an outsider", wantExplicit, world{rcps: rcpGuard, who: xRole, ctx: map[string]any{"aws:PrincipalOrgID": "o-2"}, bucket: grant(isX, getAll)}},
	{"T69", "RCP guard, CloudTrail", wantAllow, world{rcps: rcpGuard, who: cloudTrail, endpoint: "-", action: "s3:PutObject", bucket: grant(`{"Service":"cloudtrail.amazonaws.com"}`, `"Action":"s3:PutObject","Resource":"*"`)}},
	{"T70", "a boundary grants nothing", wantImplicit, world{noRole: true, boundary: fullSCP}},
	{"T71", "a Deny in the boundary", wantExplicit, world{noRole: true, bucket: grant(isUs, getAll), boundary: deny(getAll)}},
	{"T72", "an endpoint without document", wantAllow, world{}},
	{"T73", "the Neo sample on the endpoint, GET", wantImplicit, world{endpoint: neoSample("vpce-1")}},
	{"T73", "the Neo sample on the endpoint, PUT", wantImplicit, world{endpoint: neoSample("vpce-1"), action: "s3:PutObject"}},
	{"T73", "the Neo sample on the endpoint, LIST", wantImplicit, world{endpoint: neoSample("vpce-1"), action: "s3:ListBucket"}},
	{"T74", "an endpoint grants nothing", wantImplicit, world{noRole: true}},
	{"T76", "another Region, by NAT", wantExplicit, world{endpoint: "-", bucket: ban(cond(`"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`))}},
	{"T77", "the principal counts", wantImplicit, world{endpoint: grant(isX, onAll)}},
	{"T78", "star with PrincipalArn, R", wantAllow, world{endpoint: grant(anyone, onAll+cond(`"ArnEquals":{"aws:PrincipalArn":"`+roleR+`"}`))}},
	{"T78", "star with PrincipalArn, S", wantImplicit, world{who: roleS, endpoint: grant(anyone, onAll+cond(`"ArnEquals":{"aws:PrincipalArn":"`+roleR+`"}`))}},
	{"T79", "a role ARN in a gateway policy, R", wantUnknown, world{endpoint: grant(isRole, onAll)}},
	{"T79", "a role ARN in a gateway policy, S", wantImplicit, world{who: roleS, endpoint: grant(isRole, onAll)}},
	{"T80", "interface endpoint: the whole account", wantAllow, world{typ: EndpointInterface, endpoint: grant(isA, onAll)}},
	{"T81", "objects only, GET", wantAllow, world{endpoint: grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}},
	{"T81", "objects only, LIST", wantImplicit, world{action: "s3:ListBucket", endpoint: grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}},
	{"T82", "a Deny on the endpoint's own id", wantAllow, world{endpoint: grant(anyone, onAll) + "," + ban(cond(`"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`))}},
	{"P124", "an endpoint's policy is asked through that endpoint", wantAllow, world{ctx: map[string]any{"aws:SourceVpce": nil, "aws:SourceVpc": nil, "aws:VpcSourceIp": nil, "aws:SourceVpcArn": nil, "aws:VpceAccount": nil}, unknown: []string{"aws:sourcevpce", "aws:sourceip"}, endpoint: grant(anyone, onAll+cond(`"Null":{"aws:SourceVpce":"false","aws:SourceIp":"true"}`))}},
	{"T83", "the Neo sample of another endpoint, GET", wantExplicit, world{endpoint: neoSample("vpce-9")}},
	{"T83", "the Neo sample of another endpoint, PUT", wantImplicit, world{endpoint: neoSample("vpce-9"), action: "s3:PutObject"}},
	{"T84", "ResourceAccount, own bucket", wantAllow, world{endpoint: grant(anyone, onAll+cond(`"StringEquals":{"aws:ResourceAccount":"111111111111"}`))}},
	{"T84", "ResourceAccount, AWS's bucket", wantImplicit, world{owner: "333333333333", resource: "arn:aws:s3:::jumpstart-cache-prod-us-east-1/k", bucket: grant(anyone, getAll), endpoint: grant(anyone, onAll+cond(`"StringEquals":{"aws:ResourceAccount":"111111111111"}`))}},
	{"T85", "OrgID shuts out anonymous", wantImplicit, world{who: anonymous, owner: "333333333333", resource: "arn:aws:s3:::al2023-repos-us-east-1-de612dc2/x", bucket: grant(anyone, getAll), endpoint: grant(anyone, onAll+cond(`"StringEquals":{"aws:PrincipalOrgID":"o-1"}`))}},
	{"T86", "ECR's layers", wantImplicit, world{who: role("arn:aws:iam::444444444444:role/ecr", "s"), owner: "444444444444", resource: "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/x", endpoint: grant(anyone, `"Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`)}},
	{"T87", "Deny-only on other buckets", wantImplicit, world{endpoint: `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::packages.us-east-1.amazonaws.com/*","arn:aws:s3:::repo.us-east-1.amazonaws.com/*"]}`}},
	{"T88", "the Neo sample on the bucket, through E", wantAllow, world{bucket: neoSample("vpce-1")}},
	{"T89", "the Neo sample on the bucket, GET by NAT", wantExplicit, world{who: adminRole, endpoint: "-", bucket: neoSample("vpce-1")}},
	{"T89", "the Neo sample on the bucket, LIST by NAT", wantAllow, world{who: adminRole, endpoint: "-", action: "s3:ListBucket", bucket: neoSample("vpce-1")}},
	{"T89", "the Neo sample on the bucket, PUT by NAT", wantAllow, world{who: adminRole, endpoint: "-", action: "s3:PutObject", bucket: neoSample("vpce-1")}},
	{"T90", "the Neo sample on the bucket grants nothing", wantImplicit, world{noRole: true, bucket: neoSample("vpce-1")}},
	{"T91", "a shared VPC's endpoint is its owner's", wantExplicit, world{ctx: map[string]any{"aws:VpceAccount": "555555555555"}, bucket: ban(cond(`"StringNotEquals":{"aws:VpceAccount":"111111111111"}`))}},
	{"T93", "s3:* is nothing to a directory bucket", wantImplicit, world{endpoint: "-", action: "s3express:CreateSession", resource: "arn:aws:s3express:us-east-1:111111111111:bucket/x--use1-az4--x-s3"}},
	{"T94", "no right to abort", wantImplicit, world{action: "s3:AbortMultipartUpload", endpoint: grant(anyone, `"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"`)}},
	{"T95", "keys AND", wantImplicit, world{noRole: true, bucket: grant(isRole, getAll+cond(`"StringEquals":{"aws:SourceVpce":"vpce-1","aws:PrincipalAccount":"222222222222"}`))}},
	{"T96", "values NOR", wantAllow, world{bucket: ban(cond(`"StringNotEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}`))}},
	{"T97", "keys fold case", wantAllow, world{bucket: ban(cond(`"StringNotEquals":{"AWS:sourcevpce":"vpce-1"}`))}},
	{"T98", "unknown operator", wantBad, world{identity: []string{allow(onAll + cond(`"StringMatches":{"aws:SourceVpce":"vpce-1"}`))}}},
	{"T99", "NotIpAddress of an absent key", wantExplicit, world{bucket: ban(cond(`"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`))}},
	{"T100", "NotEqualsIfExists of an absent key", wantExplicit, world{endpoint: "-", bucket: ban(cond(`"StringNotEqualsIfExists":{"aws:SourceVpce":"vpce-1"}`))}},
	{"T100", "EqualsIfExists of an absent key", wantExplicit, world{endpoint: "-", bucket: ban(cond(`"StringEqualsIfExists":{"aws:SourceVpce":"vpce-9"}`))}},
	{"T101", "s3:prefix on GetObject", wantImplicit, world{identity: []string{allow(onAll + cond(`"StringLike":{"s3:prefix":"data/*"}`))}}},
	{"T101", "s3:prefix on ListBucket", wantAllow, world{action: "s3:ListBucket", ctx: map[string]any{"s3:prefix": "data/x"}, identity: []string{allow(onAll + cond(`"StringLike":{"s3:prefix":"data/*"}`))}}},
	{"T102", "StringEquals does not glob", wantImplicit, world{noRole: true, bucket: grant(anyone, getAll+cond(`"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}`))}},
	{"T103", "ArnLike compares part by part", wantImplicit, world{noRole: true, bucket: grant(anyone, getAll+cond(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*role/R"}`))}},
	{"T103", "StringLike does not", wantAllow, world{noRole: true, bucket: grant(anyone, getAll+cond(`"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*role/R"}`))}},
	{"T104", "ArnEquals globs", wantAllow, world{noRole: true, bucket: grant(anyone, getAll+cond(`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}`))}},
	{"T105", "SecureTransport true", wantAllow, world{bucket: ban(cond(`"Bool":{"aws:SecureTransport":"false"}`))}},
	{"T105", "SecureTransport false", wantExplicit, world{ctx: map[string]any{"aws:SecureTransport": "false"}, bucket: ban(cond(`"Bool":{"aws:SecureTransport":"false"}`))}},
	{"T106", "Bool false of an absent key", wantAllow, world{identity: []string{baseIdentity, deny(onAll + cond(`"Bool":{"aws:MultiFactorAuthPresent":"false"}`))}}},
	{"T106", "BoolIfExists false of an absent key", wantExplicit, world{identity: []string{baseIdentity, deny(onAll + cond(`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`))}}},
	{"T107", "Null true, through the endpoint", wantAllow, world{bucket: ban(cond(`"Null":{"aws:SourceVpce":"true"}`))}},
	{"T107", "Null true, by NAT", wantExplicit, world{endpoint: "-", bucket: ban(cond(`"Null":{"aws:SourceVpce":"true"}`))}},
	{"T108", "TLS 1.3", wantAllow, world{ctx: map[string]any{"s3:TlsVersion": "1.3"}, bucket: ban(cond(`"NumericLessThan":{"s3:TlsVersion":1.2}`))}},
	{"T108", "TLS 1.1", wantExplicit, world{ctx: map[string]any{"s3:TlsVersion": "1.1"}, bucket: ban(cond(`"NumericLessThan":{"s3:TlsVersion":1.2}`))}},
	{"T109", "no clock", wantUnknown, world{ctx: map[string]any{"aws:CurrentTime": Value{State: KeyValueUnknown}}, identity: []string{allow(onAll + cond(`"DateLessThan":{"aws:CurrentTime":"2026-06-01"}`))}}},
	{"T109", "a clock", wantAllow, world{ctx: map[string]any{"aws:CurrentTime": "2026-01-01T00:00:00Z"}, identity: []string{allow(onAll + cond(`"DateLessThan":{"aws:CurrentTime":"2026-06-01"}`))}}},
	{"T110", "host bits of IPv4 are ignored", wantAllow, world{ctx: map[string]any{"aws:VpcSourceIp": "10.9.9.9"}, endpoint: grant(anyone, onAll+cond(`"IpAddress":{"aws:VpcSourceIp":"10.0.0.7/8"}`))}},
	{"T111", "0.0.0.0/0 is every IPv4 address", wantAllow, world{ctx: map[string]any{"aws:VpcSourceIp": "10.1.2.3"}, endpoint: grant(anyone, onAll+cond(`"IpAddress":{"aws:VpcSourceIp":"0.0.0.0/0"}`))}},
	{"T111", "an IPv6 network with host bits", wantImplicit, world{ctx: map[string]any{"aws:VpcSourceIp": "2001:db8::5"}, endpoint: grant(anyone, onAll+cond(`"IpAddress":{"aws:VpcSourceIp":"2001:db8::1/32"}`))}},
	{"T112", "families do not match", wantExplicit, world{ctx: map[string]any{"aws:VpcSourceIp": "2001:db8::5"}, bucket: ban(cond(`"NotIpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}`))}},
	{"T113", "private ranges on SourceIp", wantExplicit, world{bucket: ban(cond(`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/16"}`))}},
	{"T113", "private ranges on a SourceIp that is not known", wantExplicit, world{ctx: map[string]any{"aws:SourceVpce": nil, "aws:SourceVpc": nil, "aws:VpcSourceIp": nil, "aws:SourceVpcArn": nil, "aws:VpceAccount": nil, "aws:SourceIp": nil}, endpoint: "-", unknown: []string{"aws:sourceip"}, bucket: ban(cond(`"NotIpAddress":{"aws:SourceIp":["10.0.0.0/16","192.168.0.0/16"]}`))}},
	{"T113", "an Allow for private ranges of a SourceIp that is not known", wantImplicit, world{ctx: map[string]any{"aws:SourceVpce": nil, "aws:SourceVpc": nil, "aws:VpcSourceIp": nil, "aws:SourceVpcArn": nil, "aws:VpceAccount": nil, "aws:SourceIp": nil}, endpoint: "-", unknown: []string{"aws:sourceip"}, identity: []string{allow(onAll + cond(`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`))}}},
	{"T113", "public ranges on a SourceIp that is not known", wantUnknown, world{ctx: map[string]any{"aws:SourceVpce": nil, "aws:SourceVpc": nil, "aws:VpcSourceIp": nil, "aws:SourceVpcArn": nil, "aws:VpceAccount": nil, "aws:SourceIp": nil}, endpoint: "-", unknown: []string{"aws:sourceip"}, bucket: ban(cond(`"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}`))}},
	{"T113", "text of a SourceIp that is not known", wantUnknown, world{ctx: map[string]any{"aws:SourceVpce": nil, "aws:SourceVpc": nil, "aws:VpcSourceIp": nil, "aws:SourceVpcArn": nil, "aws:VpceAccount": nil, "aws:SourceIp": nil}, endpoint: "-", unknown: []string{"aws:sourceip"}, bucket: ban(cond(`"StringLike":{"aws:SourceIp":"203.*"}`))}},
	{"T114", "VpcSourceIp through E", wantAllow, world{bucket: ban(cond(`"NotIpAddress":{"aws:VpcSourceIp":"10.0.0.0/16"}`))}},
	{"T114", "VpcSourceIp by NAT", wantExplicit, world{endpoint: "-", bucket: ban(cond(`"NotIpAddress":{"aws:VpcSourceIp":"10.0.0.0/16"}`))}},
	{"T115", "exemption list, R through E", wantAllow, world{bucket: exemptions}},
	{"T115", "exemption list, Admin from the console", wantAllow, world{who: adminRole, endpoint: "-", bucket: exemptions}},
	{"T115", "exemption list, R by NAT", wantExplicit, world{endpoint: "-", bucket: exemptions}},
	{"T116", "ForAllValues of an absent key", wantAllow, world{identity: []string{allow(onAll + cond(`"ForAllValues:StringEquals":{"aws:CalledVia":"x"}`))}}},
	{"T117", "ForAllValues is no guard", wantAllow, world{who: anonymous, endpoint: "-", bucket: grant(anyone, getAll+cond(`"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}`))}},
	{"T118", "ForAnyValue, in the organization", wantAllow, world{identity: []string{allow(onAll + cond(`"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}`))}}},
	{"T118", "ForAnyValue, in none", wantImplicit, world{who: xRole, owner: accountX, identity: []string{allow(onAll + cond(`"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}`))}}},
	{"T119", "plain operator on a present multivalued key", wantAllow, world{who: xRole, ctx: map[string]any{"aws:PrincipalOrgPaths": []string{"o-2/r-1/"}}, bucket: grant(isX, getAll) + "," + ban(cond(`"StringNotLike":{"aws:PrincipalOrgPaths":"o-1/*"}`))}},
	{"T119", "plain operator on an absent multivalued key", wantExplicit, world{who: xRole, bucket: grant(isX, getAll) + "," + ban(cond(`"StringNotLike":{"aws:PrincipalOrgPaths":"o-1/*"}`))}},
	{"T120", "SourceVpcArn", wantAllow, world{noRole: true, bucket: grant(isRole, getAll+cond(`"ArnEquals":{"aws:SourceVpcArn":"arn:aws:ec2:us-east-1:111111111111:vpc/vpc-1"}`))}},
	{"T121", "tag keys fold case", wantAllow, world{ctx: map[string]any{"aws:PrincipalTag/team": "ml"}, identity: []string{allow(onAll + cond(`"StringEquals":{"aws:PrincipalTag/TEAM":"ml"}`))}}},
	{"T121", "tag values do not", wantImplicit, world{ctx: map[string]any{"aws:PrincipalTag/team": "ML"}, identity: []string{allow(onAll + cond(`"StringEquals":{"aws:PrincipalTag/TEAM":"ml"}`))}}},
	{"T122", "endpoint and public address exclude each other", wantImplicit, world{ctx: map[string]any{"aws:SourceVpce": nil, "aws:SourceVpc": nil, "aws:VpcSourceIp": nil, "aws:SourceVpcArn": nil, "aws:VpceAccount": nil}, unknown: []string{"aws:*"}, identity: []string{allow(onAll + cond(`"StringEquals":{"aws:SourceVpce":"vpce-1"},"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`))}}},
	{"T123", "PrincipalArn has the role's path", wantImplicit, world{who: role("arn:aws:iam::111111111111:role/service-role/AmazonSageMaker-X", "SageMaker"), endpoint: grant(anyone, onAll+cond(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/AmazonSageMaker-*"}`))}},
	{"T124", "PrincipalArn is no session ARN", wantExplicit, world{bucket: ban(cond(`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:sts::111111111111:assumed-role/R/SageMaker"}`))}},
	{"T125", "prefix data", wantImplicit, world{action: "s3:ListBucket", ctx: map[string]any{"s3:prefix": "data"}, identity: prefixed}},
	{"T125", "prefix data/", wantAllow, world{action: "s3:ListBucket", ctx: map[string]any{"s3:prefix": "data/"}, identity: prefixed}},
	{"T126", "no prefix parameter", wantImplicit, world{action: "s3:ListBucket", identity: []string{allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"` + cond(`"StringEquals":{"s3:prefix":["","data/"]}`))}}},
	{"T126", "an empty prefix parameter", wantAllow, world{action: "s3:ListBucket", ctx: map[string]any{"s3:prefix": ""}, identity: []string{allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"` + cond(`"StringEquals":{"s3:prefix":["","data/"]}`))}}},
	{"T127", "no encryption header", wantExplicit, world{action: "s3:PutObject", bucket: ban(cond(`"Null":{"s3:x-amz-server-side-encryption":"true"}`))}},
	{"T128", "F wins over U in a statement", wantImplicit, world{unknown: []string{"s3:existingobjecttag/*"}, identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"` + cond(`"StringEquals":{"s3:ExistingObjectTag/x":"y"}`))}}},
	{"T129", "an unknown Deny", wantUnknown, world{unknown: []string{"s3:existingobjecttag/*"}, bucket: ban(cond(`"StringEquals":{"s3:ExistingObjectTag/pii":"yes"}`))}},
	{"T130", "F wins over a gap", wantImplicit, world{gapBucket: true, endpoint: neoSample("vpce-1")}},
	{"T135", "case split", wantAllow, world{noRole: true, unknown: []string{"s3:existingobjecttag/*"}, bucket: grant(isRole, getAll+cond(`"StringEquals":{"s3:ExistingObjectTag/t":"a"}`)) + "," + grant(isRole, getAll+cond(`"StringNotEquals":{"s3:ExistingObjectTag/t":"a"}`))}},
	{"T136", "the bucket policy could not be read", wantUnknown, world{gapBucket: true}},
	{"T138", "an Allow that hangs on a tag", wantUnknown, world{unknown: []string{"s3:existingobjecttag/*"}, identity: tagged}},
	{"T138", "the tag is stated", wantAllow, world{ctx: map[string]any{"s3:ExistingObjectTag/env": "prod"}, identity: tagged}},
	{"T140", "a version needs its own action", wantImplicit, world{action: "s3:GetObjectVersion", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}}},
	{"T153", "vacuous guard", wantAllow, world{who: anonymous, endpoint: "-", bucket: grant(anyone, getAll+cond(`"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}`))}},
	{"T154", "the alias is no ARN", wantImplicit, world{ap: "arn:aws:s3:us-east-1:111111111111:accesspoint/my-ap", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::my-ap-abc-s3alias/*"`)}}},
	{"T155", "identity and access point only", wantUnknown, world{ap: "arn:aws:s3:us-east-1:111111111111:accesspoint/ap", identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1:111111111111:accesspoint/ap/object/*"`)}}},
	{"T157", "access points only", wantExplicit, world{bucket: ban(cond(`"StringNotEquals":{"s3:DataAccessPointAccount":"111111111111"}`))}},
	{"T174", "another session", wantImplicit, world{noRole: true, bucket: grant(`{"AWS":"arn:aws:sts::111111111111:assumed-role/R/Other"}`, getAll)}},
	{"T184", "an array of principal forms", wantAllow, world{noRole: true, bucket: grant(`{"AWS":["222222222222","arn:aws:iam::111111111111:role/R"]}`, getAll)}},
	{"T185", "s3:*Object is no tagging", wantImplicit, world{action: "s3:GetObjectTagging", identity: []string{allow(`"Action":"s3:*Object","Resource":"*"`)}}},
	{"T186", "star grants, R", wantAllow, world{noRole: true, bucket: grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`), endpoint: grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}},
	{"T186", "star grants, anonymous", wantAllow, world{who: anonymous, bucket: grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`), endpoint: grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}},
	{"T188", "Region lock", wantExplicit, world{identity: []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`)}, scps: [][]string{{fullSCP, deny(onAll + cond(`"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}`))}}}},
	{"T189", "the boundary is not in the snapshot", wantUnknown, world{edit: func(l *Layers, _ *Request) {
		l.Boundary = &Policy{Name: "pb", Gap: "the policy is not in the snapshot"}
	}}},
	{"T190", "partition wildcard", wantAllow, world{identity: []string{allow(`"Action":"s3:*","Resource":"arn:*:s3:::b/*"`)}}},
	{"T193", "a condition does not lift the delegation", wantImplicit, world{noRole: true, bucket: grant(isA, getAll+cond(`"ArnEquals":{"aws:PrincipalArn":"`+roleR+`"}`))}},
	{"T194", "SCPs cap resource grants", wantImplicit, world{noRole: true, bucket: grant(isRole, getAll), scps: [][]string{{allow(`"Action":"ec2:*","Resource":"*"`)}}}},
	{"T195", "StringEquals PrincipalArn on the session", wantImplicit, world{endpoint: grant(anyone, onAll+cond(`"StringEquals":{"aws:PrincipalArn":"arn:aws:sts::111111111111:assumed-role/R/SageMaker"}`))}},
	{"T196", "SourceVpc is the endpoint's", wantExplicit, world{typ: EndpointInterface, ctx: map[string]any{"aws:SourceVpc": "vpc-2"}, bucket: ban(cond(`"StringNotEquals":{"aws:SourceVpc":"vpc-1"}`))}},
}

var (
	rcpGuard   = [][]string{{ban(cond(`"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-1"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}`))}}
	exemptions = ban(cond(`"StringNotEquals":{"aws:SourceVpce":"vpce-1","aws:PrincipalArn":"arn:aws:iam::111111111111:role/Admin"}`))
	prefixed   = []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`) + "," + allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"`+cond(`"StringLike":{"s3:prefix":"data/*"}`))}
	tagged     = []string{allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"` + cond(`"StringEquals":{"s3:ExistingObjectTag/env":"prod"}`))}
)

func TestTraps(t *testing.T) {
	for _, tt := range traps {
		t.Run(tt.id+" "+tt.name, func(t *testing.T) {
			got, d := tt.w.outcome(t)
			if got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, dump(d))
			}
		})
	}
}

// The readings of additions to the references: short ARNs, stars, escapes and
// addresses as AWS takes them (P47, P48, P366, P369).
func TestFormsThatAWSTakes(t *testing.T) {
	request := func(action, resource string) Request {
		return Request{Action: action, Resource: resource, ResourceAccount: "111122223333", Principal: Principal{Kind: PrincipalRole, ARN: "arn:aws:sts::111122223333:assumed-role/R/s", RoleARN: "arn:aws:iam::111122223333:role/R", Account: "111122223333"},
			Context: map[string]Value{"aws:sourceip": {State: KeyKnown, Values: []string{"192.0.2.1"}}}}
	}
	const instance, object = "arn:aws:ec2:us-east-1:111122223333:instance/i-1", "arn:aws:s3:::b/a"
	statement := func(rest string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",` + rest + `}}`
	}
	for _, tt := range []struct {
		name, document   string
		resource, action string
		want             Truth
	}{
		{"P48 a short ARN is completed", statement(`"Resource":"arn:aws:ec2"`), instance, "ec2:StopInstances", True},
		{"P48 and matches no other service", statement(`"Resource":"arn:aws:ec2"`), object, "s3:GetObject", False},
		{"P48 a Region in it counts", statement(`"Resource":"arn:aws:ec2:eu-west-1"`), instance, "ec2:StopInstances", False},
		{"P47 a star at the end crosses colons", statement(`"Resource":"arn:aws:ec2:us-east-1:*"`), instance, "ec2:StopInstances", True},
		{"P47 a star inside stays in its part", statement(`"Resource":"arn:aws:ec2:*:111122223333:instance/*"`), instance, "ec2:StopInstances", True},
		{"P47 where a key holds colons it is not known", statement(`"Resource":"arn:aws:s3:*:*:b/a"`), "arn:aws:s3:::x:y:b/a", "s3:GetObject", Unknown},
		{"P47 of other services it is known", statement(`"Resource":"arn:aws:logs:*:*:b"`), "arn:aws:logs:us-east-1:1:x:b", "logs:PutLogEvents", False},
		{"P369 an escape stands for its character", statement(`"Resource":"arn:aws:s3:::b/\u65e5*"`), "arn:aws:s3:::b/日本", "s3:GetObject", True},
		{"P366 zeros before octets and length", statement(`"Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.000.002.0/024"}}`), object, "s3:GetObject", True},
		{"P366 and another network", statement(`"Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.000.003.0/024"}}`), object, "s3:GetObject", False},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Parse([]byte(tt.document), KindIdentity)
			if err != nil {
				t.Fatal(err)
			}
			r := request(tt.action, tt.resource)
			var e Evaluator
			if got := e.Decide(&Layers{ResourceKind: KindResource, Identity: []Policy{{Name: "p", Document: d}}}, &r); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	for text, kind := range map[string]Kind{`"arn:aws:s3::b/*"`: KindIdentity, `"arn:aws:s3"`: KindSession} {
		if _, err := Parse([]byte(statement(`"Resource":`+text)), kind); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
