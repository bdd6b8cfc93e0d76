package policy

import (
	"fmt"
	"strings"
)

// variableKind is what a variable of the case split stands for.
type variableKind uint8

const (
	keyVariable             variableKind = iota // a condition key
	factGap                                     // a policy that could not be read: best case or worst (P220)
	factOwner                                   // the principal's account owns the resource (P86)
	factForAnyIfExists                          // ForAnyValue with IfExists holds for an absent key (P169)
	factMalformedARN                            // a malformed ARN operand matches; n is 1 in a Deny (P178)
	factShortARN                                // a short ARN is padded with ":*" (P48)
	factStarColon                               // a part that is "*" swallows colons (P47)
	factNotResource                             // an unresolvable NotResource entry matches (P66)
	factGatewayPrincipal                        // gateway endpoints match role and user ARNs (P119)
	factGatewayNotPrincipal                     // gateway endpoints honour NotPrincipal (P121)
	factEndpointType                            // the endpoint is a gateway endpoint
	factSession                                 // the role session is named key (P24)
	factCanonicalUser                           // the canonical user is the principal's account (P27)
	factAccessPoint                             // identity and access point suffice (P267)
	factGrants                                  // an unlisted KMS grant permits (P311)
	factACL                                     // a grant of an ACL counts; n is 1 for a public one (P246, P255)
)

// variable is a key or a fact that is not known. One fact is one variable
// wherever it is met (P219).
type variable struct {
	kind  variableKind
	key   string // keyVariable: the lower-case name; else what the kind says
	layer layerID
	level int32
	n     int32 // factGap: index of the policy in its layer, -1 for all of the layer
}

// touch is a variable that an undecided statement met.
type touch struct {
	variable
	name string // of a key, as the policy writes it
	at   place
}

// place is the statement at work, zero outside of statements.
type place struct {
	statement StatementRef
	layer     string // its layer's name
	deny      bool
}

func (e *Evaluator) touch(v variable, name string) {
	if e.tracing {
		e.touched = append(e.touched, touch{variable: v, name: name, at: e.at})
	}
}

// touchKey notes that an unknown key was met.
func (e *Evaluator) touchKey(name, key string) {
	if e.tracing {
		e.touch(variable{kind: keyVariable, key: key}, name)
	}
}

// fact is what is assumed of a fact; Unknown outside the case split.
func (e *Evaluator) fact(v variable) Truth {
	if e.facts != nil {
		if t, ok := e.facts[v]; ok {
			return t
		}
	}
	e.touch(v, "")
	return Unknown
}

// describe says what is missing, in words.
func (e *explainer) describe(v variable) string {
	switch v.kind {
	case keyVariable:
		return "the value of " + v.key
	case factGap:
		return e.describeGap(v)
	case factOwner:
		return "which account owns " + e.r.Resource
	case factForAnyIfExists:
		return "whether ForAnyValue with IfExists holds for an absent key (sources disagree, P169)"
	case factMalformedARN:
		return "whether a malformed ARN in a condition matches (P178)"
	case factShortARN:
		return "whether an ARN of fewer than six parts matches (sources disagree, P48)"
	case factStarColon:
		return "whether a * in an ARN crosses a colon (sources disagree, P47)"
	case factNotResource:
		return "whether NotResource with an unresolvable policy variable applies (sources disagree, P66)"
	case factGatewayPrincipal:
		return "whether a gateway endpoint policy matches a role, user or session ARN as Principal (P119)"
	case factGatewayNotPrincipal:
		return "whether a gateway endpoint policy honours NotPrincipal (P121)"
	case factEndpointType:
		return "whether the endpoint is a gateway or an interface endpoint"
	case factSession:
		return "whether the name of the role session is " + v.key
	case factCanonicalUser:
		return "which account has the canonical user id " + v.key
	case factAccessPoint:
		return "whether S3 asks for the bucket policy's permission, too, through an access point of the same account (P267)"
	case factACL:
		if v.n == factACLMore {
			return "whether an access control list grants it: they are not all in the snapshot, and not known to be off"
		}
		return "whether the grants of access control lists count: Object Ownership and IgnorePublicAcls of the bucket"
	case factGrants:
		return "the KMS grants of the key: " + e.l.GrantsUnknown
	}
	panic("unreachable: variable kind")
}

func (e *explainer) describeGap(v variable) string {
	if v.n < 0 {
		switch v.layer {
		case layerIdentity:
			return "the principal's identity-based policies: " + e.l.IdentityUnknown
		case layerSCP:
			return "the service control policies: " + e.l.SCPUnknown
		case layerRCP:
			return "the resource control policies: " + e.l.RCPUnknown
		default:
			panic("unreachable: a layer without a gap of its own")
		}
	}
	p := e.policyOf(v.layer, v.level, v.n)
	if p.Malformed != nil {
		return fmt.Sprintf("%s: malformed: %v", named(p.Name), p.Malformed)
	}
	return named(p.Name) + ": " + p.Gap
}

// layerOf names the layer that met a variable.
func (e *explainer) layerOf(t *touch) string {
	switch t.kind {
	case factGap:
		return e.layerName(t.layer)
	case factOwner, factACL:
		return TheResource
	case factAccessPoint:
		return LayerAccessPoint
	case factGrants:
		return LayerKey
	default:
		return t.at.layer
	}
}

func named(name string) string {
	if name == "" {
		return "policy"
	}
	return "policy " + name
}

// policyOf finds a policy by its place in the layers.
func (e *explainer) policyOf(layer layerID, level, n int32) *Policy {
	switch layer {
	case layerEndpoint:
		return e.l.Endpoint
	case layerIdentity, layerIdentityDirect:
		return &e.l.Identity[n]
	case layerBoundary:
		return e.l.Boundary
	case layerSession:
		return &e.l.Session[n]
	case layerSCP:
		return &e.l.SCPs[level][n]
	case layerRCP:
		return &e.l.RCPs[level][n]
	case layerResource:
		return e.l.Resource
	case layerAccessPoint:
		return e.l.AccessPoint
	}
	panic("unreachable: layer")
}

// assumptions are unverified rules that a request met.
type assumptions uint16

const (
	assumeListAllMyBuckets assumptions = 1 << iota
	assumePartitionWildcard
	assumeSessionName
	assumeNotPrincipalAllow
	assumeRCPAnonymous
)

var assumptionTexts = [...]string{
	"arn:aws:s3:::* is taken to cover s3:ListAllMyBuckets (P54, AWS's pages disagree)",
	"a wildcard in the partition of an ARN is taken to match (P49, unverified)",
	`the job's role session is taken to be named "SageMaker" (P318, seen but not documented)`,
	"an Allow with NotPrincipal is taken to be limited by neither boundary nor session policy (P83, unverified)",
	"resource control policies are taken to apply to anonymous requests (P91, unverified)",
}

func (a assumptions) texts() []string {
	var out []string
	for i, t := range assumptionTexts {
		if a&(1<<i) != 0 {
			out = append(out, t)
		}
	}
	return out
}

// StatementPointer is the JSON pointer of statement i in the snapshot, as far as
// one leads.
func (p *Policy) StatementPointer(i int) string {
	if p.Pointer == "" || p.Text {
		return p.Pointer
	}
	return strings.TrimSuffix(p.Pointer, "/") + p.Document.StatementPointer(i)
}
