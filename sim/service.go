package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/sar"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// serviceTarget is what a target of another service than S3 has in a bucket's
// place.
type serviceTarget struct {
	prefix          string // of its actions, e.g. "ecr"
	resource        string // ARN with or without wildcards; "*"
	account, region string // of the ARN; empty where it does not tell
	rules.ActionService
}

// otherService tells whether a question is about another service than S3: by
// its resource, else by its actions.
func (q *Question) otherService() bool {
	if s := arnField(q.Bucket, 2); s != "" {
		return s != "s3" && s != "s3express"
	}
	if len(q.Actions) == 0 {
		return false
	}
	s, _, ok := strings.Cut(q.Actions[0], ":")
	return ok && !strings.EqualFold(s, "s3") && !strings.EqualFold(s, "s3express") && (q.Bucket == "" || q.Bucket == "*")
}

// serviceTargets reads the resource and the actions of another service.
func (q *Question) serviceTargets(region string) ([]target, error) {
	if len(q.Actions) == 0 {
		return nil, badQuestion("no action: %s is of another service than S3, so %s has to name one, such as %s:…", q.Bucket, FieldActions, arnField(q.Bucket, 2))
	}
	resource := q.Bucket
	switch {
	case resource == "":
		resource = "*"
	case resource != "*" && !strings.HasPrefix(resource, "arn:"):
		return nil, fmt.Errorf("%q is not an ARN", resource)
	}
	s := serviceTarget{resource: resource, account: arnField(resource, 4), region: arnField(resource, 3)}
	if s.region == "" || strings.ContainsAny(s.region, "*?") {
		s.region = region
	}
	if strings.ContainsAny(s.account, "*?") {
		s.account = ""
	}
	t := target{arn: resource, partition: q.partition(), whole: true, service: &s}
	for _, a := range q.Actions {
		action, err := serviceAction(a)
		if err != nil {
			return nil, err
		}
		prefix, _, _ := strings.Cut(action, ":")
		if s.prefix != "" && s.prefix != prefix {
			return nil, fmt.Errorf("actions of %s and of %s: ask about one service at a time", s.prefix, prefix)
		}
		s.prefix = prefix
		t.actions = append(t.actions, action)
	}
	of, ok := rules.ServiceOfAction(t.actions[0], s.region)
	switch {
	case ok && of.Endpoint.Name != "":
	case q.Options.Hostname != "":
	case s.region == "":
		return nil, badQuestion("no Region: neither %s nor the source tells in which one %s is called; pass %s", resource, s.prefix, FieldRegion)
	default:
		return nil, badQuestion("%s has no host name in %s that is known; pass %s with the name that the client calls", s.prefix, s.region, FieldHostname)
	}
	if h := q.Options.Hostname; h != "" {
		if named, ok := rules.FindService(h, s.region); ok {
			of.Endpoint = named
		} else {
			of.Endpoint = rules.Service{Host: h, Region: s.region}
		}
	}
	s.ActionService = of
	return []target{t}, nil
}

// serviceAction spells an action of any service as AWS does, and refuses one
// that no service has.
func serviceAction(action string) (string, error) {
	prefix, name, ok := strings.Cut(action, ":")
	if !ok || prefix == "" || name == "" || strings.ContainsAny(action, "*? \t\n") {
		return "", fmt.Errorf("action %q: want one action with its service, such as ecr:BatchGetImage", action)
	}
	table, ok := sar.FindService(strings.ToLower(prefix))
	if !ok {
		return "", fmt.Errorf("action %q: the Service Authorization Reference of %s has no service %s", action, sar.Date(), prefix)
	}
	if err := knownAction(action, table.Prefix, name); err != nil {
		return "", err
	}
	i, _ := table.FindAction(name)
	return table.Prefix + ":" + i.Name, nil
}

// serviceRegion is where the target's API is called.
func (t *target) serviceRegion(own string) string {
	if t.service.Endpoint.Region != "" {
		return t.service.Endpoint.Region
	}
	return nonEmpty(t.service.region, own)
}

// sameEndpoint tells that two targets are called by the same name.
func (t *target) sameEndpoint(o *target) bool {
	if t.service == nil || o.service == nil {
		return t.service == o.service
	}
	return t.service.Endpoint == o.service.Endpoint
}

// destination is the end of the network question about a target.
func (t *target) destination(s3 network.S3Destination) network.Endpoint {
	switch {
	case t.service == nil:
		return network.Endpoint{S3: &s3}
	case t.service.Endpoint.Name == "":
		return network.Endpoint{Host: t.service.Endpoint.Host}
	}
	return network.Endpoint{Service: t.service.Endpoint.Name, Host: t.service.Endpoint.Host}
}

// endpointService is the name of the interface endpoints that serve a target.
func (t *target) endpointService(region string) string {
	if t.service == nil {
		return "com.amazonaws." + region + ".s3"
	}
	return t.service.Endpoint.Name
}

// serviceLayers adds the policy of the resource itself and the resource
// control policies of its owner.
func (r requests) serviceLayers(l *policy.Layers, t *target, action string) {
	s := t.service
	l.ResourceKind = policy.KindResource
	if policy.NeedsNoPermission(action) { // P364
		l.Identity, l.IdentityUnknown, l.Boundary, l.SCPs, l.SCPUnknown = policy.NothingNeeded, "", nil, nil, ""
		return
	}
	owner := r.ownerOf(t)
	if s.RCPs {
		var assumed string
		if l.RCPs, l.RCPUnknown, assumed = r.w.layering().controlPolicies(owner, policy.KindRCP, r.q.Options.AssumeNoOrganization); assumed != "" {
			r.c.assume(assumed)
		}
	}
	switch {
	case s.prefix == "kms" && !policy.NeedsIAMOnly(action, s.resource):
		key := r.directKey(t)
		l.Resource, l.ResourceKind, l.Grants, l.GrantsUnknown = key.Policy, policy.KindKey, key.Grants, key.GrantsUnknown
	case s.prefix == "sts" && strings.HasPrefix(action, "sts:AssumeRole"):
		l.ResourceKind = policy.KindTrust
		if role, ok := r.w.FindRole(s.resource); ok {
			l.Resource = r.w.layering().policyOf("trust policy of "+role.Name, &role.Trust, policy.KindTrust)
		} else {
			l.Resource = &policy.Policy{Name: s.resource, Gap: "the role, with its trust policy, is not in the snapshot"}
		}
	case s.ResourcePolicies && s.resource != "*" && !(s.prefix == "kms"):
		l.Resource = r.resourcePolicy(t)
	}
}

// resourcePolicy is the policy of the resource that a target names; nil: it has none.
func (r requests) resourcePolicy(t *target) *policy.Policy {
	if p, ok := r.w.resourcePolicies()[t.service.resource]; ok {
		return r.w.layering().policyOf(t.service.resource, &p.Policy, policy.KindResource)
	}
	if r.q.Options.AssumeNoResourcePolicy {
		r.c.assume("Resource " + t.service.resource + " is taken to have no policy of its own: it is not in the snapshot.")
		return nil
	}
	return &policy.Policy{Name: t.service.resource, Gap: "it was not collected (--assume-no-resource-policy takes the resource to have none)"}
}

// resourcePolicies are the policies of resources of other services than S3, by ARN.
func (w *World) resourcePolicies() map[string]*snapshot.ResourcePolicy {
	w.once.resourcePolicies.Do(func() {
		w.byResource = map[string]*snapshot.ResourcePolicy{}
		for _, a := range w.snap.Accounts {
			for _, reg := range a.Regions {
				for i := range reg.ResourcePolicies.Items {
					p := &reg.ResourcePolicies.Items[i]
					w.byResource[p.ARN] = p
				}
			}
		}
	})
	return w.byResource
}

// directKey is the KMS key that a target names.
func (r requests) directKey(t *target) policy.Key {
	arn := t.service.resource
	use := keyUse{arn: arn}
	if key, ok := r.w.findKey(strings.TrimPrefix(arn, "*"), t.service.region, r.ownerOf(t)); ok {
		use.key, use.arn = key, key.ARN
	}
	return r.w.layering().policyKey(&use)
}

// serviceGates decides what stands behind the policies of another service: the
// state of a KMS key.
func (r requests) serviceGates(d *decided, t *target, action string) {
	d.gate = verdictParts{pass: true}
	if t.service.prefix != "kms" || policy.NeedsIAMOnly(action, t.service.resource) {
		return
	}
	switch key := r.directKey(t); key.State {
	case "Enabled", "Updating":
	case "":
		r.c.assume("The key " + t.service.resource + " is taken to be enabled: its state is not in the snapshot.")
	default:
		d.gates = append(d.gates, gateBlock{Finding{Code: finding.KMSKeyState, Gate: GateKMS, Severity: Blocker, Component: key.ARN, Rule: "P310", URL: docS3KMS,
			Message: fmt.Sprintf("The key %s is not enabled: its state is %s.", key.ARN, key.State), Fix: "Enable the key, or cancel its deletion."}})
		d.gate = andGate(d.gate, verdictParts{fail: true})
	}
}

// serviceKeys sets what a request to another service has beside the principal
// and the path: no key of S3's, and keys of its own that no snapshot tells.
func (t *target) serviceKeys(req *policy.Request) {
	for key := range req.Context {
		if strings.HasPrefix(key, "s3:") {
			delete(req.Context, key)
		}
	}
	req.UnknownKeys = slices.DeleteFunc(req.UnknownKeys, func(k string) bool { return strings.HasPrefix(k, "s3:") })
	req.UnknownKeys = append(req.UnknownKeys, t.service.prefix+":*", "aws:requesttag/*", "aws:tagkeys")
	if t.service.prefix == "kms" {
		req.Context["kms:calleraccount"] = known(req.Principal.Account)
		req.Context["kms:viaservice"] = policy.Value{State: policy.KeyAbsent}
	}
}

// servicePlace is where the policy of a target's resource stands.
func (r requests) servicePlace(t *target) (component, *snapshot.Document) {
	c := component{id: t.service.resource}
	if p, ok := r.w.resourcePolicies()[t.service.resource]; ok {
		c.pointer = documentPointer(&p.Policy, p.At)
		return c, &p.Policy
	}
	if role, ok := r.w.FindRole(t.service.resource); ok {
		return component{role.ARN, role.Name, documentPointer(&role.Trust, role.At)}, &role.Trust
	}
	if key, ok := r.w.findKey(t.service.resource, t.service.region, r.ownerOf(t)); ok {
		c.pointer = documentPointer(&key.Policy, key.At)
		return c, &key.Policy
	}
	return c, nil
}
