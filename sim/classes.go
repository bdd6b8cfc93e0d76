package sim

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// Classes sorts roles and resources so that what is decided of one pair holds
// for others: roles whose policies say the same of a bucket, and buckets of one
// owner and configuration of which the same is said. Two pairs of one class get
// the same verdicts by the same paths; only names in their words differ.
//
// It is not for several goroutines.
type Classes struct {
	w         *World
	o         Options
	actions   []string // that are asked about, and those that they need besides
	ids       interner
	shapes    map[*policy.Document]*shape
	roles     map[string]*roleClass
	resources map[string]*resourceClass
	accounts  map[string]*controls
	endpoints map[snapshot.VPCEndpointID]*policy.Policy
	keys      map[string]bool // condition keys and variables that some policy names
	callers   []string        // values that some policy compares with the caller's ARN
	everyone  bool            // some policy tells every role from every other
	everyName bool            // some policy tells every bucket from every other
	principal map[string]bool // that policies other than a bucket's own name
	sessions  bool            // some policy names a session
}

// roleClass is a role's part of a class.
type roleClass struct {
	base     uint32 // what is not about a bucket
	policies []policy.Policy
	names    []string        // by which policies may name the role
	general  uint32          // what the policies say of a bucket that none of them names
	buckets  map[string]bool // that some of them names
	loose    bool
	asks     []policy.Condition
}

// resourceClass is a resource's.
type resourceClass struct {
	target    target
	id        uint32
	principal map[string]string // that its bucket policy names, and where
	asks      []policy.Condition
}

// controls are the control policies of an account, of one type.
type controls struct {
	base     string
	policies []policy.Policy
}

// Pair is the class of a role and a resource.
type Pair struct{ Role, Resource uint32 }

// NewClasses prepares the classes of some roles and resources. Resources that
// no question can be asked about are an error.
func NewClasses(w *World, roles, resources, actions []string, o Options) (*Classes, error) {
	c := &Classes{w: w, o: o, actions: append([]string{"kms:decrypt", "kms:generatedatakey", "s3express:createsession"}, actions...), ids: interner{}, shapes: map[*policy.Document]*shape{}, roles: map[string]*roleClass{}, resources: map[string]*resourceClass{},
		accounts: map[string]*controls{}, endpoints: map[snapshot.VPCEndpointID]*policy.Policy{}, keys: map[string]bool{}, principal: map[string]bool{}}
	targets := make([]target, len(resources))
	for i, arn := range resources {
		t, err := parseTarget(arn)
		if err != nil {
			return nil, err
		}
		targets[i] = t
	}
	c.read(roles, targets)
	for i, arn := range resources {
		c.resources[arn] = c.resource(targets[i])
	}
	for _, arn := range roles {
		c.roles[arn] = c.role(arn)
	}
	return c, nil
}

// Of is the class of a pair.
func (c *Classes) Of(role, resource string) Pair {
	r, t := c.roles[role], c.resources[resource]
	out := Pair{r.general, t.id}
	if r.loose || r.buckets[t.target.bucket] {
		out.Role = c.say(r, &t.target)
	}
	if len(t.principal) > 0 {
		named := ""
		for _, n := range r.names {
			named += t.principal[n]
		}
		if named != "" {
			out.Role = c.ids.of(fmt.Sprint("named", named, out.Role))
		}
	}
	return out
}

// Name tells whether some policy names a condition key, as a condition or a variable.
func (c *Classes) Name(key string) bool { return c.keys[strings.ToLower(key)] }

// sessionKeys are what interfaces on one path differ in.
var sessionKeys = []string{"aws:vpcsourceip", "aws:userid", "sts:rolesessionname", "ec2:sourceinstancearn", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4"}

// PerInterface tells whether some policy tells interfaces on one path apart, by
// their address, instance or session.
func (c *Classes) PerInterface() bool { return c.sessions || slices.ContainsFunc(sessionKeys, c.Name) }

// Endpoints is what the policies of endpoints say of a resource, and its policies
// of the endpoints, as a number.
func (c *Classes) Endpoints(ids []snapshot.VPCEndpointID, resource string) uint32 {
	if len(ids) == 0 {
		return 0
	}
	t := c.resources[resource]
	var b strings.Builder
	b.WriteString("endpoints")
	for _, id := range ids {
		c.policy(&b, c.endpoints[id], &t.target)
		if p := c.endpoints[id]; p != nil && p.Document != nil {
			answers(&b, c.w, c.shapeOf(p).asks, ids)
		}
	}
	answers(&b, c.w, t.asks, ids)
	return c.ids.of(b.String())
}

// Asked is what a role's policies say of endpoints, as a number.
func (c *Classes) Asked(role string, ids []snapshot.VPCEndpointID) uint32 {
	asks := c.roles[role].asks
	if len(asks) == 0 || len(ids) == 0 {
		return 0
	}
	var b strings.Builder
	b.WriteString("asked")
	answers(&b, c.w, asks, ids)
	return c.ids.of(b.String())
}

// applies tells whether a statement may apply to an action that is asked about.
func (c *Classes) applies(s *policy.Statement) bool {
	return slices.ContainsFunc(c.actions, func(action string) bool {
		covers := slices.ContainsFunc(s.Actions, func(p string) bool {
			return strings.EqualFold(p, action) || strings.ContainsAny(p, "*?") && policy.Glob(strings.ToLower(p), strings.ToLower(action))
		})
		return covers != s.NotAction
	})
}

// read notes what policies tell callers and buckets apart by.
func (c *Classes) read(roles []string, targets []target) {
	w := c.w
	w.parse(roles, c.o.AssumeNoOrganization)
	note := func(p *policy.Policy, principals map[string]bool) { c.note(p, principals, c.applies) }
	for _, arn := range roles {
		who := w.layering().askerOf(arn, "", c.o.AssumeNoOrganization)
		for i := range who.identity {
			note(&who.identity[i], nil)
		}
		note(who.boundary, nil)
		c.controls(who.account, policy.KindSCP)
	}
	for i := range targets {
		if b, ok := w.FindBucket(targets[i].bucket); ok && b.Account != nil {
			c.note(w.layering().policyOf(b.Name, &b.Policy, policy.KindBucket), nil, nil)
			c.controls(b.Account.ID, policy.KindRCP)
		}
	}
	for _, a := range w.snap.Accounts {
		for i := range a.KMS.Keys.Items {
			k := &a.KMS.Keys.Items[i]
			note(w.layering().policyOf(k.ARN, &k.Policy, policy.KindKey), c.principal)
			for j := range k.Grants {
				c.principal[k.Grants[j].Grantee] = true
			}
			c.controls(a.ID, policy.KindRCP)
		}
		for _, r := range a.Regions {
			for i := range r.EC2.VPCEndpoints.Items {
				e := &r.EC2.VPCEndpoints.Items[i]
				var l policy.Layers
				w.layering().endpointLayer(&l, e.ID)
				c.endpoints[e.ID] = l.Endpoint
				note(l.Endpoint, c.principal)
			}
		}
	}
}

// parse reads the policies of roles, on all processors.
func (w *World) parse(roles []string, assume bool) {
	workers := min(runtime.GOMAXPROCS(0), max(1, len(roles)/16))
	var wg sync.WaitGroup
	for n := range workers {
		wg.Go(func() {
			for i := n; i < len(roles); i += workers {
				w.layering().askerOf(roles[i], "", assume)
			}
		})
	}
	wg.Wait()
}

// controls reads the control policies of an account.
func (c *Classes) controls(account string, kind policy.Kind) *controls {
	key := fmt.Sprint(account, kind)
	if known := c.accounts[key]; known != nil {
		return known
	}
	levels, gap, assumed := c.w.layering().controlPolicies(account, kind, c.o.AssumeNoOrganization)
	out := &controls{base: fmt.Sprintf("%v %q %q %d", levels == nil, gap, assumed, len(levels))}
	for i, level := range levels {
		out.base += fmt.Sprintf(" %d:%d", i, len(level))
		for j := range level {
			c.note(&level[j], c.principal, c.applies)
		}
		out.policies = append(out.policies, level...)
	}
	c.accounts[key] = out
	return out
}

// note reads a document: those of its statements that may apply, or all, as
// whether a bucket policy is public hangs on every statement.
func (c *Classes) note(p *policy.Policy, principals map[string]bool, applies func(*policy.Statement) bool) {
	if p == nil || p.Document == nil || c.shapes[p.Document] != nil {
		return
	}
	d := p.Document
	c.shapes[d] = shapeOf(d, c.ids, applies, len(c.o.Assume) > 0)
	for _, k := range c.w.layering().keysOf(d) {
		c.keys[k] = true
		c.everyone = c.everyone || k == "aws:userid" || k == "aws:username"
		c.everyName = c.everyName || strings.HasPrefix(k, "kms:encryptioncontext")
	}
	for i := range d.Statements {
		for _, x := range d.Statements[i].Conditions {
			if strings.EqualFold(x.Key, "aws:PrincipalArn") {
				c.callers = append(c.callers, x.Values...)
				c.everyone = c.everyone || !strings.HasPrefix(x.Operator.Base, "String") && !strings.HasPrefix(x.Operator.Base, "Arn") && x.Operator.Base != "Null" ||
					slices.ContainsFunc(x.Values, func(v string) bool { return strings.Contains(v, "$") })
			} else if slices.ContainsFunc(x.Values, func(v string) bool { return strings.Contains(strings.ToLower(v), "${aws:principalarn") }) {
				c.everyone = true
			}
		}
		if ps := d.Statements[i].Principals; ps != nil {
			if principals != nil {
				eachPrincipal(ps, func(name string, _ int) { principals[name] = true })
			}
			c.sessions = c.sessions || slices.ContainsFunc(ps.AWS, func(a string) bool { return strings.HasPrefix(arnField(a, 5), "assumed-role/") })
		}
	}
	c.everyone = c.everyone || slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return slices.ContainsFunc(s.Resources, func(r string) bool { return strings.Contains(strings.ToLower(r), "${aws:principalarn") })
	})
}

// eachPrincipal visits what a Principal element names roles by: ARNs, unique ids,
// and for a session its role's account and name.
func eachPrincipal(p *policy.Principals, visit func(name string, at int)) {
	for i, a := range p.AWS {
		visit(a, i)
		if name, session := strings.CutPrefix(arnField(a, 5), "assumed-role/"); session {
			name, _, _ = strings.Cut(name, "/")
			visit(arnField(a, 4)+"/"+name, i)
		}
	}
}

// role is a role's part of a class.
func (c *Classes) role(arn string) *roleClass {
	who := c.w.layering().askerOf(arn, "", c.o.AssumeNoOrganization)
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	out := &roleClass{names: []string{arn, who.account + "/" + name}, buckets: map[string]bool{}, policies: slices.Clone(who.identity)}
	if id := who.principal.RoleID; id != "" {
		out.names = append(out.names, id)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "role %s %s %v %v %v", who.account, arnField(arn, 1), who.role == nil, who.unknown != "", who.boundary == nil)
	if who.role != nil {
		fmt.Fprintf(&b, " %v %v %v", strings.HasPrefix(who.role.Path, "/aws-service-role/"), who.role.ID == "", who.role.TagsKnown)
		for _, tag := range who.role.Tags {
			if c.keys["aws:principaltag/"+strings.ToLower(tag.Key)] {
				fmt.Fprintf(&b, " %q=%q", tag.Key, tag.Value)
			}
		}
	}
	for _, v := range c.callers {
		fmt.Fprintf(&b, " %v", []bool{policy.Glob(v, arn), policy.Glob(strings.ToLower(v), strings.ToLower(arn)), sameParts(v, arn)})
	}
	if c.everyone || slices.ContainsFunc(out.names, func(n string) bool { return c.principal[n] }) {
		fmt.Fprintf(&b, " alone %q", arn)
	}
	if who.boundary != nil {
		out.policies = append(out.policies, *who.boundary)
	}
	if len(who.scps) > 0 || who.scpGap != "" {
		s := c.controls(who.account, policy.KindSCP)
		b.WriteString(s.base)
		out.policies = append(out.policies, s.policies...)
	}
	out.base = c.ids.of(b.String())
	for i := range out.policies {
		if s := c.shapeOf(&out.policies[i]); s != nil {
			out.loose = out.loose || len(s.loose) > 0
			out.asks = append(out.asks, s.asks...)
			for bucket := range s.named {
				out.buckets[bucket] = true
			}
		}
	}
	out.general = c.say(out, &target{})
	return out
}

// sameParts compares an ARN with a pattern part by part, as ArnLike does.
func sameParts(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) != len(a) {
		return false
	}
	for i := range p {
		if !policy.Glob(p[i], a[i]) {
			return false
		}
	}
	return true
}

// say is what a role's policies say of a bucket.
func (c *Classes) say(r *roleClass, t *target) uint32 {
	var b strings.Builder
	fmt.Fprintf(&b, "says %d", r.base)
	for i := range r.policies {
		c.policy(&b, &r.policies[i], t)
	}
	return c.ids.of(b.String())
}

// policy writes what a policy says of a bucket.
func (c *Classes) policy(b *strings.Builder, p *policy.Policy, t *target) {
	switch {
	case p == nil:
		b.WriteString(" none")
	case p.Gap != "":
		b.WriteString(" gap")
	case p.Malformed != nil:
		b.WriteString(" malformed")
	case p.Document != nil:
		fmt.Fprintf(b, " %d", c.shapeOf(p).toward(t, c.ids))
	}
}

func (c *Classes) shapeOf(p *policy.Policy) *shape {
	if p.Document == nil {
		return nil
	}
	s := c.shapes[p.Document]
	if s == nil {
		s = shapeOf(p.Document, c.ids, nil, len(c.o.Assume) > 0)
		c.shapes[p.Document] = s
	}
	return s
}

// resource is a resource's part of a class.
func (c *Classes) resource(t target) *resourceClass {
	out := &resourceClass{target: t, principal: map[string]string{}}
	var text strings.Builder
	b, known := c.w.FindBucket(t.bucket)
	if !known || b.Account == nil || t.accessPoint != nil || t.directoryBucket() || c.everyName || c.w.names {
		fmt.Fprintf(&text, "alone %q ", t.arn)
	}
	fmt.Fprintf(&text, "%s %q %v", t.partition, t.key, t.whole)
	if known && b.Account != nil {
		e := b.Encryption
		fmt.Fprintf(&text, " %s %q %v %v %v %q %d", b.Account.ID, b.Region, b.Missing, bareBlock(b.PublicAccessBlock), bareBlock(b.Account.S3.AccountPublicAccessBlock), b.Ownership, b.OwnershipPresence)
		fmt.Fprintf(&text, " %d %q %q %v %q %d %q %d %v %v %d", e.Presence, e.Algorithm, e.KeyID, e.BucketKey, grants(b), b.ACLPresence, b.Payer, b.ABAC.Presence, b.ABAC.Value, b.ABAC.Value && len(b.Tags) > 0, b.TagsPresence)
		if b.ABAC.Presence == snapshot.Collected && b.ABAC.Value {
			fmt.Fprintf(&text, " %q", fmt.Sprint(b.Tags))
		}
		p := c.w.layering().policyOf(t.bucket, &b.Policy, policy.KindBucket)
		c.policy(&text, p, &t)
		if p != nil && p.Document != nil {
			out.asks = c.shapeOf(p).asks
			for i := range p.Document.Statements {
				if ps := p.Document.Statements[i].Principals; ps != nil {
					eachPrincipal(ps, func(name string, at int) { out.principal[name] += fmt.Sprint(" ", i, ".", at) })
				}
			}
		}
		rcps := c.controls(b.Account.ID, policy.KindRCP)
		text.WriteString(rcps.base)
		for i := range rcps.policies {
			c.policy(&text, &rcps.policies[i], &t)
			if s := c.shapeOf(&rcps.policies[i]); s != nil {
				out.asks = append(out.asks[:len(out.asks):len(out.asks)], s.asks...)
			}
		}
	}
	out.id = c.ids.of(text.String())
	return out
}

// grants are what a bucket's access control list says, where it counts.
func grants(b *snapshot.Bucket) string {
	if b.Ownership == "BucketOwnerEnforced" {
		return ""
	}
	var out strings.Builder
	for i := range b.ACL {
		g := &b.ACL[i]
		fmt.Fprintf(&out, "%q %q %v;", g.URI, g.Permission, g.ID != "" && b.ACLOwner != "" && g.ID != b.ACLOwner)
	}
	return out.String()
}

// bareBlock is a Block Public Access configuration without its place.
func bareBlock(b snapshot.PublicAccessBlock) snapshot.PublicAccessBlock {
	b.At, b.Gap = snapshot.Source{}, nil
	return b
}
