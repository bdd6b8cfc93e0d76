package sim

import (
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// signer is the principal of a question with the policies that bind it.
type signer struct {
	principal policy.Principal
	role      *snapshot.Role // nil: not in the snapshot
	account   string
	identity  []policy.Policy
	unknown   string // why the identity policies are not known
	boundary  *policy.Policy
	scps      [][]policy.Policy
	scpGap    string
	assumed   []string
	presigned bool // the requests are URLs that it signed
}

// sessionName is the name of the session as which a SageMaker job calls S3
// (P318: seen, not documented).
const sessionName = "SageMaker"

// sessionOf is the name of the role session as which the source calls, "" where
// it is not fixed or not known. Of plain subnets a SageMaker job is assumed.
func sessionOf(work *services.Workload, e *existing) string {
	switch {
	case e.session != "" || e.from != nil:
		return e.session
	case work.Kind != "":
		return work.Session.Name
	}
	return sessionName
}

// askerKey tells askers apart.
type askerKey struct {
	role, session  string // with another kind than a role: the principal
	kind           policy.PrincipalKind
	noOrganization bool // taken, where it was not collected
}

// askerOf is newAsker, remembered.
func (w layering) askerOf(roleARN, session string, noOrganization bool) signer {
	return w.signers.get(askerKey{role: roleARN, session: session, noOrganization: noOrganization}, func() signer { return w.newAsker(roleARN, session, noOrganization) })
}

// newAsker gathers what binds a role's session; an empty session name is not
// known.
func (w layering) newAsker(roleARN, session string, noOrganization bool) signer {
	a := signer{account: arnField(roleARN, 4)}
	name := roleARN[strings.LastIndexByte(roleARN, '/')+1:]
	a.principal = policy.Principal{
		Kind: policy.PrincipalRole, RoleARN: roleARN, Session: session, Account: a.account,
		ARN: "arn:" + arnField(roleARN, 1) + ":sts::" + a.account + ":assumed-role/" + name + "/" + session,
	}
	if session == "" {
		a.principal.ARN = roleARN
	}
	role, ok := w.FindRole(roleARN)
	if !ok {
		a.unknown = "role " + roleARN + " is not in the snapshot"
		if a.unnamed() {
			a.unknown = "the role of " + roleARN + " is not in the snapshot"
		}
		a.boundary = &policy.Policy{Name: "permissions boundary", Gap: a.unknown}
	} else {
		a.role = role
		a.principal.RoleID = role.ID
		a.identity, a.unknown = w.identityPolicies(role)
		a.boundary = w.boundary(role)
	}
	var assumed string
	a.scps, a.scpGap, assumed = w.controlPolicies(a.account, policy.KindSCP, noOrganization)
	if role != nil && strings.HasPrefix(role.Path, "/aws-service-role/") {
		a.scps, a.scpGap, assumed = nil, "", "" // P95: SCPs do not bind service-linked roles
	}
	if assumed != "" {
		a.assumed = append(a.assumed, assumed)
	}
	return a
}

// unnamed tells a role of which only the instance profile is known: what names
// principals may or may not mean it.
func (a *signer) unnamed() bool { return strings.Contains(a.principal.RoleARN, ":instance-profile/") }

func (a *signer) layers() policy.Layers {
	return policy.Layers{
		Identity: a.identity, IdentityUnknown: a.unknown, Boundary: a.boundary,
		SCPs: a.scps, SCPUnknown: a.scpGap,
	}
}

// endpointLayer adds the policy of the endpoint that carries the request.
func (w layering) endpointLayer(l *policy.Layers, id snapshot.VPCEndpointID) {
	e, ok := w.x.VPCEndpoints.Find(id)
	if !ok {
		l.EndpointType = policy.EndpointGateway
		l.Endpoint = &policy.Policy{Name: string(id), Gap: "the endpoint is not in the snapshot"}
		return
	}
	l.EndpointType = policy.EndpointInterface
	if strings.EqualFold(e.Item.Type, "Gateway") {
		l.EndpointType = policy.EndpointGateway
	}
	l.Endpoint = w.policyOf(string(id), &e.Item.Policy, policy.KindEndpoint)
}

// bucketLayers adds the bucket's own policy and its owner's RCPs.
func (w layering) bucketLayers(l *policy.Layers, t *target, owner string, noOrganization bool) (assumed string) {
	l.ResourceKind = policy.KindBucket
	b, ok := w.FindBucket(t.bucket)
	if !ok {
		l.Resource = &policy.Policy{Name: t.bucketName(), Gap: w.absentBucket(t)}
	} else {
		l.Resource = w.policyOf(t.bucket, &b.Policy, policy.KindBucket)
	}
	if owner == "" {
		l.RCPUnknown = w.absentBucket(t)
		return ""
	}
	l.RCPs, l.RCPUnknown, assumed = w.controlPolicies(owner, policy.KindRCP, noOrganization)
	return assumed
}

// absentBucket says that a bucket is not in the snapshot, and whose it is not.
func (w layering) absentBucket(t *target) string {
	for _, a := range w.snap.Accounts {
		if w.notOf(a.ID, t) {
			return t.bucketName() + " is not one of account " + a.ID + ": it is another account's, which the snapshot lacks"
		}
	}
	return t.bucketName() + " is not in the snapshot"
}

// unknownKeys are keys whose presence or value no snapshot tells (section 6
// of the semantics, marked U and F), by lower-case name.
var unknownKeys = []string{
	"aws:sourceidentity", "aws:useragent", "aws:referer",
	"aws:resourcetag/*", "s3:buckettag/*",
	"s3:x-amz-content-sha256", "s3:max-keys", "s3:delimiter",
	"known-after-apply:*", // what a plan does not tell yet (snapshot/plan)
}

// taggedActions are those to which S3 supplies s3:ExistingObjectTag (P223).
var taggedActions = []string{"s3:getobject", "s3:getobjectversion", "s3:getobjectacl", "s3:getobjectversionacl",
	"s3:getobjecttagging", "s3:getobjectversiontagging", "s3:getobjectattributes", "s3:putobjectacl", "s3:putobjecttagging",
	"s3:deleteobjecttagging"}

func known(v ...string) policy.Value {
	return policy.Value{State: policy.KeyKnown, Values: v}
}

func multi(v ...string) policy.Value {
	return policy.Value{State: policy.KeyKnown, Values: v, Multi: true}
}

// notOf tells that a bucket is not an account's own: all of those are known
// (P363).
func (w layering) notOf(account string, t *target) bool {
	a := w.x.Account(account)
	if a == nil || t.bucket == "" || t.directoryBucket() || t.accessPoint != nil {
		return false
	}
	if _, found := w.FindBucket(t.bucket); found {
		return false
	}
	return a.S3.Buckets.Presence == snapshot.Collected && a.S3.Buckets.Complete
}

// requestFor is the request that a path gives (section 6 of the semantics):
// every key that is known, known to be absent, or known to be unknown.
func (w layering) requestFor(q *Question, a *signer, t *target, action string, ctx *network.Context, owner, region string) policy.Request {
	r := policy.Request{
		Principal: a.principal, Action: action, Resource: t.resourceFor(action), ResourceAccount: owner,
		Context: make(map[string]policy.Value, 32), UnknownKeys: slices.Clone(unknownKeys),
	}
	r.ForeignResource = owner == "" && w.notOf(a.account, t)
	if t.directoryBucket() {
		r.Action, r.Resource = "s3express:CreateSession", t.sessionARN(region, owner, a.account)
		r.UnknownKeys = append(r.UnknownKeys, "s3express:*")
	}
	if t.accessPoint != nil {
		r.AccessPoint = t.accessPoint.arn
		w.accessPointKeys(&r, t)
	}
	w.principalKeys(&r, a)
	if work, ok := services.Find(q.Job.Kind); ok {
		r.UnknownKeys = append(r.UnknownKeys, work.Keys...) // P383
	}
	w.pathKeys(&r, ctx)
	w.resourceKeys(&r, t, owner, region)
	requestKeys(&r, q, t, a, region)
	if t.service != nil {
		t.serviceKeys(&r)
	}
	applyAssumptions(&r, q.Options.Assume)
	return r
}

func (w layering) principalKeys(r *policy.Request, a *signer) {
	c := r.Context
	maps.Copy(c, policy.NewContext(a.principal))
	c["aws:viaawsservice"] = known("false")
	switch a.principal.Kind {
	case policy.PrincipalAnonymous:
		return // P361
	case policy.PrincipalService:
		r.UnknownKeys = append(r.UnknownKeys, "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:principalservicenameslist")
		return
	case policy.PrincipalRole, policy.PrincipalFederatedUser:
		c["aws:tokenissuetime"] = policy.Value{State: policy.KeyValueUnknown}
	default: // with an access key, or with temporary credentials
		r.UnknownKeys = append(r.UnknownKeys, "aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage")
	}
	w.orgKeys(r, a.account, "aws:principalorgid", "aws:principalorgpaths")
	if a.unnamed() {
		c["aws:principalarn"], c["aws:userid"] = policy.Value{State: policy.KeyValueUnknown}, policy.Value{State: policy.KeyValueUnknown}
	}
	if a.role == nil || !a.role.TagsKnown {
		r.UnknownKeys = append(r.UnknownKeys, "aws:principaltag/*")
		return
	}
	for _, tag := range a.role.Tags {
		name := "aws:principaltag/" + strings.ToLower(tag.Key)
		if _, clash := c[name]; clash {
			c[name] = policy.Value{State: policy.KeyValueUnknown} // P143: keys that collide by case only
			continue
		}
		c[name] = known(tag.Value)
	}
}

// orgKeys sets an organization id key and its path key from an account.
func (w layering) orgKeys(r *policy.Request, account, idKey, pathKey string) {
	a := w.x.Account(account)
	switch {
	case account == awsOwned: // absent, or AWS's
		r.Context[idKey] = policy.Value{State: policy.KeyMaybe, Values: []string{awsOwned}}
		r.Context[pathKey] = policy.Value{State: policy.KeyMaybe, Values: []string{awsOwned + "/"}, Multi: true}
	case a == nil || a.Organization != snapshot.Collected && a.OrganizationID == "":
		r.UnknownKeys = append(r.UnknownKeys, idKey, pathKey)
	case a.OrganizationID == "":
		// in no organization: absent (P195)
	default:
		r.Context[idKey] = known(a.OrganizationID)
		if len(a.OrganizationPath) == 0 {
			r.Context[pathKey] = policy.Value{State: policy.KeyValueUnknown, Multi: true}
			return
		}
		r.Context[pathKey] = multi(a.OrganizationID + "/" + strings.Join(a.OrganizationPath, "/") + "/")
	}
}

// pathKeys sets the bundle of endpoint keys, or aws:SourceIp (P190, N7, N8).
func (w layering) pathKeys(r *policy.Request, ctx *network.Context) {
	c := r.Context
	switch ctx.Via {
	case "gateway-endpoint", "interface-endpoint":
		c["aws:sourcevpce"] = known(string(ctx.Endpoint))
		c["aws:vpcsourceip"] = policy.Value{State: policy.KeyValueUnknown}
		if ctx.EndpointVPC != "" {
			c["aws:sourcevpc"] = known(string(ctx.EndpointVPC))
		} else {
			c["aws:sourcevpc"] = policy.Value{State: policy.KeyValueUnknown}
		}
		w.endpointOwnerKeys(r, ctx)
	case "service": // its own network: neither an endpoint's keys nor aws:SourceIp
	case "public":
		if len(ctx.ClientIPs) > 0 {
			c["aws:sourceip"] = policy.Value{State: policy.KeyValueUnknown} // ranged by the caller
			return
		}
		switch len(ctx.PublicIPs) {
		case 0:
			c["aws:sourceip"] = policy.Value{State: policy.KeyValueUnknown}
		case 1:
			c["aws:sourceip"] = known(ctx.PublicIPs[0].String())
		default:
			c["aws:sourceip"] = policy.Value{State: policy.KeyValueUnknown} // ranged by the caller
		}
	default:
		r.UnknownKeys = append(r.UnknownKeys, "aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip",
			"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourceip")
	}
}

func (w layering) endpointOwnerKeys(r *policy.Request, ctx *network.Context) {
	c := r.Context
	e, ok := w.x.VPCEndpoints.Find(ctx.Endpoint)
	owner := ctx.EndpointOwner
	if owner == "" && ok {
		owner = e.Item.OwnerID
	}
	if owner == "" && ok && e.Region.Account != nil {
		// An account describes its own endpoints: without OwnerId it is the
		// account whose snapshot holds the endpoint.
		owner = e.Region.Account.ID
	}
	if owner == "" {
		for _, k := range []string{"aws:vpceaccount", "aws:sourcevpcarn"} {
			c[k] = policy.Value{State: policy.KeyValueUnknown}
		}
		r.UnknownKeys = append(r.UnknownKeys, "aws:vpceorgid", "aws:vpceorgpaths")
		return
	}
	c["aws:vpceaccount"] = known(owner)
	w.orgKeys(r, owner, "aws:vpceorgid", "aws:vpceorgpaths")
	c["aws:sourcevpcarn"] = policy.Value{State: policy.KeyValueUnknown}
	if ok && ctx.EndpointVPC != "" {
		vpcOwner := owner
		if v, found := w.x.VPCs.In(ctx.EndpointVPC, owner); found && v.Item.OwnerID != "" {
			vpcOwner = v.Item.OwnerID
		}
		c["aws:sourcevpcarn"] = known("arn:" + snapshot.Partition(e.Region.Name) + ":ec2:" + e.Region.Name + ":" + vpcOwner + ":vpc/" + string(ctx.EndpointVPC))
	}
}

func (w layering) resourceKeys(r *policy.Request, t *target, owner, region string) {
	c := r.Context
	if owner != "" {
		c["aws:resourceaccount"] = known(owner)
		c["s3:resourceaccount"] = known(owner)
		w.orgKeys(r, owner, "aws:resourceorgid", "aws:resourceorgpaths")
	} else {
		c["aws:resourceaccount"] = policy.Value{State: policy.KeyValueUnknown}
		c["s3:resourceaccount"] = policy.Value{State: policy.KeyValueUnknown}
		r.UnknownKeys = append(r.UnknownKeys, "aws:resourceorgid", "aws:resourceorgpaths")
	}
	if region != "" {
		c["aws:requestedregion"] = known(region)
	} else {
		c["aws:requestedregion"] = policy.Value{State: policy.KeyValueUnknown}
	}
	if b, ok := w.FindBucket(t.bucket); ok && b.ABAC.Presence == snapshot.Collected {
		r.UnknownKeys = slices.DeleteFunc(r.UnknownKeys, func(k string) bool { return k == "aws:resourcetag/*" || k == "s3:buckettag/*" })
		if b.ABAC.Value {
			bucketTagKeys(r, b)
		}
	}
}

func bucketTagKeys(r *policy.Request, b *snapshot.Bucket) {
	if b.TagsPresence != snapshot.Collected {
		r.UnknownKeys = append(r.UnknownKeys, "aws:resourcetag/*", "s3:buckettag/*")
		return
	}
	for _, tag := range b.Tags {
		r.Context["aws:resourcetag/"+strings.ToLower(tag.Key)] = known(tag.Value)
		r.Context["s3:buckettag/"+strings.ToLower(tag.Key)] = known(tag.Value)
	}
}

// requestKeys sets what the job's client sends (P222, P321) and the clock.
func requestKeys(r *policy.Request, q *Question, t *target, a *signer, region string) {
	c := r.Context
	c["aws:securetransport"] = known("true")
	a.signs(c, q.Options.Presigned)
	c["s3:tlsversion"] = policy.Value{State: policy.KeyValueUnknown} // ranged: 1.2 or 1.3
	c["aws:currenttime"] = policy.Value{State: policy.KeyValueUnknown}
	c["aws:epochtime"] = policy.Value{State: policy.KeyValueUnknown}
	if q.Options.At != "" {
		c["aws:currenttime"] = known(q.Options.At)
		if epoch, ok := epochOf(q.Options.At); ok {
			c["aws:epochtime"] = known(epoch)
		}
	}
	low := strings.ToLower(r.Action)
	if slices.Contains(taggedActions, low) {
		objectTagKeys(r, q.Options.ObjectTags)
	}
	if low == "s3:listbucket" || low == "s3:listbucketversions" {
		if p, ok := listPrefix(t); ok {
			c["s3:prefix"] = known(p)
		}
	}
	if low == "s3:putobject" && t.kmsKey != "" {
		c["s3:x-amz-server-side-encryption"] = known("aws:kms")
		c["s3:x-amz-server-side-encryption-aws-kms-key-id"] = known(keyARN(t.kmsKey, region, a.account))
	}
}

// listPrefix is the prefix that a listing sends: the job's own, or the
// literal beginning of the objects asked about; none for a whole bucket.
func listPrefix(t *target) (string, bool) {
	if t.listPrefix != nil {
		return *t.listPrefix, true
	}
	if t.whole || t.key == "*" {
		return "", false
	}
	p := t.key
	if i := strings.IndexAny(p, "*?"); i >= 0 {
		p = p[:i]
	}
	return p, true
}

func objectTagKeys(r *policy.Request, stated []string) {
	if len(stated) == 0 {
		r.UnknownKeys = append(r.UnknownKeys, "s3:existingobjecttag/*")
		return
	}
	for _, kv := range stated {
		if k, v, ok := strings.Cut(kv, "="); ok {
			r.Context["s3:existingobjecttag/"+strings.ToLower(k)] = known(v)
		}
	}
}

// applyAssumptions settles keys as --assume says.
func applyAssumptions(r *policy.Request, assume []string) {
	for _, text := range assume {
		k, v, ok := strings.Cut(text, "=")
		if !ok {
			continue // refused by Check before
		}
		k = strings.ToLower(strings.TrimSpace(k))
		r.UnknownKeys = slices.DeleteFunc(r.UnknownKeys, func(u string) bool { return u == k })
		if v == "absent" {
			// Not in Context is absent; a pattern in UnknownKeys must not take it back.
			r.Context[k] = policy.Value{State: policy.KeyAbsent}
			continue
		}
		r.Context[k] = known(v)
	}
}

// accessPointKeys are the keys of a request through an access point.
func (w layering) accessPointKeys(r *policy.Request, t *target) {
	c := r.Context
	c["s3:dataaccesspointarn"] = known(t.accessPoint.arn)
	c["s3:dataaccesspointaccount"] = known(t.accessPoint.account)
	c["s3:accesspointnetworkorigin"] = policy.Value{State: policy.KeyValueUnknown}
	if t.accessPoint.found != nil {
		c["s3:accesspointnetworkorigin"] = known(t.accessPoint.found.NetworkOrigin)
	}
}
