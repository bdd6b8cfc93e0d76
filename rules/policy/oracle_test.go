package policy

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The oracle: a slow evaluator of requests about which everything is known,
// straight from P20 to P33, P46, P80 to P91 and P140 to P171. Unknowns are
// completed in every way and the outcomes compared (P210 to P219).

type oracle struct {
	l   *Layers
	r   *Request
	ctx map[string][]string // present keys; multivalued ones by oracleMulti
}

func oracleMulti(key string) bool { return key == "aws:tagkeys" }

// glob is P51 for ASCII texts.
func glob(p, s string) bool {
	switch {
	case p == "":
		return s == ""
	case p[0] == '*':
		return glob(p[1:], s) || s != "" && glob(p, s[1:])
	case s == "":
		return false
	case p[0] == '?' || p[0] == s[0]:
		return glob(p[1:], s[1:])
	}
	return false
}

// expandText replaces variables by their values; false where one has none. What
// it puts in is made literal by the caller's pools: they hold no wildcard.
func (o *oracle) expandText(d *Document, p string) (string, bool) {
	if !d.Variables() || !strings.Contains(p, "${") {
		return p, true
	}
	before, rest, _ := strings.Cut(p, "${")
	name, after, _ := strings.Cut(rest, "}")
	v, ok := o.ctx[lower(name)]
	if !ok || oracleMulti(lower(name)) {
		return "", false
	}
	return before + v[0] + after, true
}

func (o *oracle) arnLike(p, s string) bool {
	if p == "*" {
		return true
	}
	ps, ss := strings.SplitN(p, ":", 6), strings.SplitN(s, ":", 6)
	for i := range 6 {
		if !glob(ps[i], ss[i]) {
			return false
		}
	}
	return true
}

func (o *oracle) holds(d *Document, c *Condition) bool {
	key := lower(c.Key)
	values, present := o.ctx[key]
	base := strings.NewReplacer("Not", "", "IgnoreCase", "").Replace(c.Operator.Base)
	negative := strings.Contains(c.Operator.Base, "Not")
	if base == "Null" {
		return slices.Contains(c.Values, fmt.Sprint(!present))
	}
	one := func(v string) bool {
		some := slices.ContainsFunc(c.Values, func(p string) bool { return o.compare(d, c.Operator.Base, base, p, v) })
		return some != negative
	}
	switch {
	case c.Operator.Qualifier == ForAllValues:
		return !present || len(c.Values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !one(v) })
	case c.Operator.Qualifier == ForAnyValue:
		return present && len(c.Values) > 0 && slices.ContainsFunc(values, one)
	case !present:
		return negative || c.Operator.IfExists
	case oracleMulti(key) || len(c.Values) == 0:
		return false
	}
	return one(values[0])
}

func (o *oracle) compare(d *Document, operator, base, p, v string) bool {
	p, ok := p, true
	if strings.HasPrefix(base, "String") || strings.HasPrefix(base, "Arn") {
		p, ok = o.expandText(d, p)
	}
	switch {
	case !ok:
		return false
	case strings.HasSuffix(operator, "IgnoreCase"):
		return strings.EqualFold(p, v)
	case base == "StringEquals":
		return p == v
	case base == "StringLike":
		return glob(p, v)
	case strings.HasPrefix(base, "Arn"):
		return o.arnLike(p, v)
	case base == "Bool":
		return strings.EqualFold(p, "true") == (v == "true")
	case base == "IpAddress":
		return netip.MustParsePrefix(p).Contains(netip.MustParseAddr(v))
	}
	a, okA := new(big.Rat).SetString(v)
	b, _ := new(big.Rat).SetString(p)
	if !okA {
		return false
	}
	switch cmp := a.Cmp(b); base {
	case "NumericEquals":
		return cmp == 0
	case "NumericLessThan":
		return cmp < 0
	case "NumericGreaterThanEquals":
		return cmp >= 0
	}
	panic(base)
}

// entries are the grades by which the principal is listed (P22 to P25).
func (o *oracle) entries(p *Principals) map[string]bool {
	who := &o.r.Principal
	got := map[string]bool{}
	if p.All || slices.Contains(p.AWS, "*") {
		got["star"] = true
	}
	for _, v := range p.AWS {
		switch {
		case who.Account == "":
		case v == who.Account, v == "arn:aws:iam::"+who.Account+":root":
			got["account"] = true
		case who.Kind == PrincipalRole && v == who.RoleARN:
			got["role"] = true
		case who.Kind == PrincipalRole && v == "arn:aws:sts::"+who.Account+":assumed-role/"+who.roleName()+"/"+who.Session:
			got["direct"] = true
		}
	}
	if who.Kind == PrincipalService && slices.Contains(p.Service, who.Service) {
		got["direct"] = true
	}
	return got
}

func (o *oracle) principal(s *Statement, kind Kind) map[string]bool {
	star, none := map[string]bool{"star": true}, map[string]bool{}
	who := &o.r.Principal
	if s.Principals == nil {
		return star
	}
	got := o.entries(s.Principals)
	if kind == KindEndpoint && o.l.EndpointType == EndpointGateway {
		if got["star"] || got["account"] && who.Kind == PrincipalRoot || got["direct"] && who.Kind == PrincipalService {
			return star // P117, P118
		}
		return none
	}
	switch {
	case !s.NotPrincipal:
		return got
	case !s.Deny && len(got) > 0:
		return none
	case !s.Deny:
		return star // P31
	case kind == KindBucket && o.l.Boundary != nil && who.Kind == PrincipalRole:
		return star // P33
	case got["star"],
		who.Kind == PrincipalRole && got["account"] && got["role"] && got["direct"],
		who.Kind == PrincipalRoot && got["account"],
		who.Kind == PrincipalService && got["direct"]:
		return none // P32
	}
	return star
}

// verdict is the layer's: denied, and the grades that allow.
func (o *oracle) verdict(list []Policy, kind Kind) (deny bool, allow map[string]bool) {
	allow = map[string]bool{}
	for _, p := range list {
		for i := range p.Document.Statements {
			s := &p.Document.Statements[i]
			grades := o.principal(s, kind)
			if len(grades) == 0 || !o.action(s) || !o.matchesResource(p.Document, s) ||
				slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !o.holds(p.Document, &c) }) {
				continue
			}
			deny = deny || s.Deny
			for g := range grades {
				allow[g] = allow[g] || !s.Deny
				if s.Deny && !allow[g] {
					delete(allow, g)
				}
			}
		}
	}
	return deny, allow
}

func (o *oracle) action(s *Statement) bool {
	some := slices.ContainsFunc(s.Actions, func(p string) bool { return glob(strings.ToLower(p), strings.ToLower(o.r.Action)) })
	return len(s.Actions) > 0 && some != s.NotAction
}

func (o *oracle) matchesResource(d *Document, s *Statement) bool {
	some := slices.ContainsFunc(s.Resources, func(p string) bool {
		p, ok := o.expandText(d, p)
		return ok && o.arnLike(p, o.r.Resource)
	})
	return len(s.Resources) > 0 && some != s.NotResource
}

// allowed is P84 and P85.
func (o *oracle) allowed() bool {
	who := &o.r.Principal
	signed := who.Kind == PrincipalRole
	one := func(p *Policy) []Policy {
		if p == nil {
			return nil
		}
		return []Policy{*p}
	}
	denied, granted := false, true
	layer := func(list []Policy, kind Kind, absent bool) bool {
		if absent {
			return true
		}
		d, a := o.verdict(list, kind)
		denied = denied || d
		return len(a) > 0
	}
	if o.l.EndpointType != EndpointNone {
		granted = layer(one(o.l.Endpoint), KindEndpoint, o.l.Endpoint == nil)
	}
	if who.Kind == PrincipalRole || who.Kind == PrincipalRoot {
		for _, level := range o.l.SCPs {
			granted = layer(level, KindSCP, false) && granted
		}
	}
	for _, level := range o.l.RCPs {
		layer(level, KindRCP, false)
	}
	identity := who.Kind == PrincipalRoot || signed && layer(o.l.Identity, KindIdentity, false)
	caps := true
	if signed {
		caps = layer(one(o.l.Boundary), KindBoundary, o.l.Boundary == nil)
		caps = layer(o.l.Session, KindSession, o.l.Session == nil) && caps
	}
	d, r := o.verdict(one(o.l.Resource), KindBucket)
	denied = denied || d
	direct := r["star"] || r["direct"]
	switch {
	case denied || !granted:
		return false
	case who.Account == "":
		return direct
	case who.Account == o.r.ResourceAccount:
		return direct || r["role"] && caps || identity && caps
	}
	return identity && caps && (direct || r["role"] || r["account"])
}

// completions lists the values that an unknown key of the pools may take.
var completions = map[string][]string{
	"aws:principaltag/t":               {roleR, "arn:aws:iam::111111111111:role/S", "arn:aws:iam::222222222222:role/Q", "arn:aws:iam::111111111111:root", "", "a", "b", "k", "A", "x", "ab", "ax", "xb", "xx"},
	"aws:sourcevpce":                   {"vpce-1", "vpce-2", "x", "xx", "vpce-"},
	"s3:max-keys":                      {"0", "1", "1.5", "2", "9", "10", "11", "word"},
	"aws:tagkeys":                      {"a", "b", "x"},
	"aws:ec2instancesourceprivateipv4": {"10.0.0.1", "10.1.0.1", "11.0.0.1", "2001:db8::1"},
}

// decide completes every unknown and joins the outcomes.
func (o *oracle) decide(unknown []string) Truth {
	if o.r.ResourceAccount == "" {
		var both [2]Truth
		for i, owner := range [...]string{accountA, "999999999999"} {
			r := *o.r
			r.ResourceAccount = owner
			both[i] = (&oracle{o.l, &r, o.ctx}).decide(unknown)
		}
		return join(both[0], both[1])
	}
	if len(unknown) == 0 {
		return truth(o.allowed())
	}
	key, rest := unknown[0], unknown[1:]
	sets := [][]string{nil}
	if key == "aws:sourcevpce" && o.l.Endpoint != nil {
		sets = nil // an endpoint's policy is asked through that endpoint (P124)
	}
	pool := completions[key]
	if oracleMulti(key) {
		for mask := 1; mask < 1<<len(pool); mask++ {
			var set []string
			for i, v := range pool {
				if mask>>i&1 == 1 {
					set = append(set, v)
				}
			}
			sets = append(sets, set)
		}
	} else {
		for _, v := range pool {
			sets = append(sets, []string{v})
		}
	}
	var out Truth
	for i, set := range sets {
		delete(o.ctx, key)
		if set != nil {
			o.ctx[key] = set
		}
		if t := o.decide(rest); i == 0 {
			out = t
		} else {
			out = join(out, t)
		}
	}
	delete(o.ctx, key)
	return out
}

// Pools of a few colliding things.
var (
	drawAction    = rapid.SampledFrom([]string{`"*"`, `"s3:*"`, `"s3:Get*"`, `"S3:getobject"`, `["s3:?etObject","s3:ListBucket"]`, `"s3:*Object"`, `"ec2:*"`, `[]`})
	drawResource  = rapid.SampledFrom([]string{`"*"`, `"*"`, `"arn:aws:s3:::b/*"`, `"arn:aws:s3:::b*"`, `"arn:aws:s3:::b/?"`, `"arn:*:s3:::b/k"`, `"arn:aws:s3:*:*:b/*"`, `["arn:aws:s3:::b","arn:aws:s3:::c/*"]`, `"arn:aws:s3:::b/${aws:PrincipalTag/t}"`, `"arn:aws:s3:::*k"`, `[]`})
	drawPrincipal = rapid.SampledFrom([]string{`"*"`, `{"AWS":"*"}`, isRole, isX, isA, isUs, `{"Service":"cloudtrail.amazonaws.com"}`, `{"AWS":["arn:aws:iam::111111111111:role/R","111111111111"]}`, `{"AWS":["arn:aws:iam::111111111111:role/R","arn:aws:iam::111111111111:root","arn:aws:sts::111111111111:assumed-role/R/SageMaker"]}`})
	drawEndpoint  = rapid.SampledFrom([]string{`"*"`, `{"AWS":"*"}`, isX, isA, `{"Service":"cloudtrail.amazonaws.com"}`})
	drawCondition = rapid.SampledFrom([]string{
		`"StringEquals":{"aws:PrincipalTag/t":"a"}`, `"StringNotEquals":{"AWS:principaltag/T":["a","b"]}`, `"StringLike":{"aws:PrincipalTag/t":["a*","*b"]}`,
		`"StringNotLike":{"aws:PrincipalTag/t":"?"}`, `"StringEqualsIgnoreCase":{"aws:PrincipalTag/t":"A"}`, `"StringEqualsIfExists":{"aws:PrincipalTag/t":"k"}`,
		`"StringNotEqualsIfExists":{"aws:PrincipalTag/t":"k"}`, `"Null":{"aws:PrincipalTag/t":"true"}`, `"Null":{"aws:SourceVpce":"false"}`,
		`"StringEquals":{"aws:SourceVpce":"vpce-1"}`, `"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`, `"StringLike":{"aws:SourceVpce":"vpce-*"}`, `"StringLike":{"aws:SourceVpce":"*"}`,
		`"StringEqualsIfExists":{"aws:SourceVpce":["vpce-2"]}`, `"NumericLessThan":{"s3:max-keys":"10"}`, `"NumericGreaterThanEquals":{"s3:max-keys":1.50}`,
		`"NumericNotEquals":{"s3:max-keys":[1,2]}`, `"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, `"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`,
		`"ForAllValues:StringNotEquals":{"aws:TagKeys":"a"}`, `"ForAnyValue:StringNotLike":{"aws:TagKeys":["a","b"]}`, `"StringEquals":{"aws:TagKeys":"a"}`, `"StringNotEquals":{"aws:TagKeys":"a"}`,
		`"IpAddress":{"aws:Ec2InstanceSourcePrivateIPv4":"10.0.0.0/16"}`, `"NotIpAddress":{"aws:Ec2InstanceSourcePrivateIPv4":["10.0.0.0/8"]}`,
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/R"}`, `"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}`,
		`"StringEquals":{"aws:PrincipalTag/t":[]}`, `"StringEquals":{"aws:PrincipalArn":"${aws:PrincipalTag/t}"}`,
		`"Bool":{"aws:SecureTransport":"false"}`, `"StringEquals":{"aws:PrincipalTag/t":"a"},"StringNotEquals":{"aws:SourceVpce":"vpce-2"}`,
	})
)

func drawStatement(t *rapid.T, kind Kind) string {
	effect := rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")
	not := func(element string, chance int) string {
		if rapid.IntRange(0, chance).Draw(t, "not") == 0 {
			return `"Not` + element + `":`
		}
		return `"` + element + `":`
	}
	action, resource := not("Action", 6), not("Resource", 6)
	principal := ""
	switch kind {
	case KindRCP:
		return `{"Effect":"Deny","Principal":"*","Action":"s3:Get*",` + resource + fixedResource(drawResource.Draw(t, "resource"), resource) + drawConditions(t) + `}`
	case KindEndpoint:
		principal = `"Principal":` + drawEndpoint.Draw(t, "principal") + ","
	case KindBucket:
		principal = `"Principal":`
		if effect == "Deny" { // P368
			principal = not("Principal", 5)
		}
		principal += drawPrincipal.Draw(t, "principal") + ","
	default:
	}
	return `{"Effect":"` + effect + `",` + principal + action + drawAction.Draw(t, "action") + "," + resource + fixedResource(drawResource.Draw(t, "resource"), resource) + drawConditions(t) + `}`
}

// fixedResource keeps variables out of NotResource, which is disputed (P66).
func fixedResource(r, element string) string {
	if strings.HasPrefix(element, `"Not`) {
		return strings.ReplaceAll(r, "${aws:PrincipalTag/t}", "k")
	}
	return r
}

func drawConditions(t *rapid.T) string {
	if rapid.Bool().Draw(t, "unconditional") {
		return ""
	}
	return cond(drawCondition.Draw(t, "condition"))
}

func drawPolicy(t *rapid.T, kind Kind) Policy {
	var list []string
	for range rapid.IntRange(1, 3).Draw(t, "statements") {
		list = append(list, drawStatement(t, kind))
	}
	version := rapid.SampledFrom([]string{`"Version":"2012-10-17",`, `"Version":"2012-10-17",`, ""}).Draw(t, "version")
	d, err := Parse([]byte(`{`+version+`"Statement":[`+strings.Join(list, ",")+`]}`), kind)
	if err != nil {
		t.Fatalf("pool gives a malformed policy: %v", err)
	}
	return Policy{Name: "p", Document: d}
}

func drawLayers(t *rapid.T) *Layers {
	l := &Layers{ResourceKind: KindBucket}
	maybe := func(kind Kind, chance int) *Policy {
		if rapid.IntRange(0, chance).Draw(t, "present") != 0 {
			return nil
		}
		p := drawPolicy(t, kind)
		return &p
	}
	for range rapid.IntRange(0, 2).Draw(t, "identity") {
		l.Identity = append(l.Identity, drawPolicy(t, KindIdentity))
	}
	l.Boundary = maybe(KindBoundary, 3)
	if p := maybe(KindSession, 5); p != nil {
		l.Session = []Policy{*p}
	}
	if p := maybe(KindSCP, 3); p != nil {
		l.SCPs = [][]Policy{{*p}, {drawPolicy(t, KindSCP), drawPolicy(t, KindSCP)}}
	}
	if p := maybe(KindRCP, 3); p != nil {
		l.RCPs = [][]Policy{{*p}}
	}
	l.EndpointType = rapid.SampledFrom([]EndpointType{EndpointNone, EndpointGateway, EndpointInterface}).Draw(t, "endpoint type")
	if l.EndpointType != EndpointNone {
		l.Endpoint = maybe(KindEndpoint, 1)
	}
	l.Resource = maybe(KindBucket, 1)
	return l
}

func drawRequest(t *rapid.T) (*Request, *oracle, []string) {
	r := &Request{
		Principal: rapid.SampledFrom([]Principal{role(roleR, "SageMaker"), role(roleR, "SageMaker"), roleS, xRole, rootA, anonymous, cloudTrail}).Draw(t, "principal"),
		Action:    rapid.SampledFrom([]string{"s3:GetObject", "s3:ListBucket", "s3:PutObject"}).Draw(t, "action"),
		Resource:  rapid.SampledFrom([]string{"arn:aws:s3:::b/k", "arn:aws:s3:::b", "arn:aws:s3:::b/ab", "arn:aws:s3:::bx/k"}).Draw(t, "resource"),
	}
	r.ResourceAccount = rapid.SampledFrom([]string{accountA, accountA, accountX, ""}).Draw(t, "owner")
	if r.ResourceAccount == "" && r.Principal.Account != accountA {
		r.ResourceAccount = accountX
	}
	r.Context = DerivedKeys(r.Principal)
	o := &oracle{r: r, ctx: map[string][]string{}}
	for k, v := range r.Context {
		o.ctx[k] = v.Values
	}
	var unknown []string
	for _, key := range []string{"aws:ec2instancesourceprivateipv4", "aws:principaltag/t", "aws:sourcevpce", "aws:tagkeys", "s3:max-keys"} {
		pool := completions[key]
		switch rapid.SampledFrom([]string{"absent", "known", "known", "unknown"}).Draw(t, key) {
		case "known":
			v := []string{rapid.SampledFrom(pool).Draw(t, "value")}
			if oracleMulti(key) && rapid.Bool().Draw(t, "two") {
				v = append(v, pool[1])
			}
			o.ctx[key] = v
			r.Context[key] = Value{State: KeyKnown, Values: v, Multi: oracleMulti(key)}
		case "unknown":
			if len(unknown) < 3 {
				unknown = append(unknown, key)
				r.Context[key] = Value{State: KeyUnknown}
			}
		}
	}
	o.ctx["aws:securetransport"] = []string{"true"}
	r.Context["aws:securetransport"] = Value{State: KeyKnown, Values: []string{"true"}}
	return r, o, unknown
}

func TestOracle(t *testing.T) {
	for range 4 { // four times rapid's usual number of checks
		t.Run("round", func(t *testing.T) { rapid.Check(t, checkOracle) })
	}
}

func checkOracle(t *rapid.T) {
	l := drawLayers(t)
	r, o, unknown := drawRequest(t)
	o.l = l
	d := Evaluate(l, r)
	want := o.decide(unknown)
	if d.Outcome != want {
		t.Fatalf("Evaluate says %v, the oracle %v\nrequest %+v\nunknown %v\n%s", d.Outcome, want, r, unknown, dump(d))
	}
	if got := Decide(l, r); got != want {
		t.Fatalf("Decide says %v, Evaluate %v", got, want)
	}
	if (d.Outcome == Unknown) != (len(d.Needs) > 0) || (d.Outcome == False) != (len(d.Blocking) > 0) {
		t.Fatalf("outcome %v, needs %v, blocking %v", d.Outcome, d.Needs, d.Blocking)
	}
}
