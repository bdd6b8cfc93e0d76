package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// blockMessage says in AWS's own words what denied what (P205).
func (r policyReport) blockMessage(t *target, action string, b *layerBlock, c component, call string) string {
	who, resource := r.who.name(), t.asked(b.layer.Layer, b.request.Resource)
	if b.layer.Outcome == policy.ExplicitDeny {
		text := fmt.Sprintf("%s is not authorized to perform %s on %s with an explicit deny in %s", who, action, resource, withArticle(call))
		if len(b.layer.Statements) > 0 {
			return sentence(text + ": " + statementText(b.layer.Statements[0]))
		}
		return sentence(text + " of " + c.id)
	}
	text := fmt.Sprintf("No %s allows %s to perform %s on %s", call, who, action, resource)
	if call == "VPC endpoint policy" {
		text = fmt.Sprintf("No VPC endpoint policy allows the %s action on %s: the policy of %s does not", action, resource, c.id)
	}
	text += nearest(&b.layer)
	layer, other := t.otherGrant()
	if granted := layerOf(&b.decision, layer); b.either && other != "" && granted == nil {
		text += "; nor does " + other + " grant it"
	} else if b.either && granted != nil && granted.Outcome != policy.LayerUnknown {
		text += "; nor does " + other + " grant it" + nearest(granted)
	}
	return sentence(text)
}

// nearest names the Allow statement of a layer that matches the request in all
// but the fewest parts, and what of it does not match; empty where there is none.
func nearest(l *policy.LayerDecision) string {
	if len(l.Near) == 0 {
		return ""
	}
	n := &l.Near[0]
	return "; " + statementText(n.StatementRef) + " comes nearest, but its " + n.Part + " does not match: " + n.Detail
}

// withArticle puts "a" or "an" before a layer's name.
func withArticle(name string) string {
	if strings.HasPrefix(name, "i") || strings.HasPrefix(name, "a") {
		return "an " + name
	}
	return "a " + name
}

// layerOf is what a layer did; nil where it has no part in the decision.
func layerOf(d *policy.Decision, layer string) *policy.LayerDecision {
	i := slices.IndexFunc(d.Layers, func(l policy.LayerDecision) bool { return l.Layer == layer })
	if i < 0 {
		return nil
	}
	return &d.Layers[i]
}

// otherGrant is the policy that may grant to a role of the same account instead
// of the role's own, and its layer; "" where there is none (P85, P267).
func (t *target) otherGrant() (layer, words string) {
	switch {
	case t.accessPoint != nil:
		return policy.LayerAccessPoint, "the access point's policy"
	case t.service == nil:
		return policy.LayerBucket, "the bucket policy"
	case t.service.ResourcePolicies && t.service.resource != "*":
		return policy.LayerResource, "the policy of " + t.service.resource
	}
	return "", ""
}

// asked is the ARN under which a layer's policies see a resource: through an
// access point all but those of the bucket and its owner see the access
// point's (P265).
func (t *target) asked(layer, resource string) string {
	if t.accessPoint == nil || layer == policy.LayerBucket || layer == policy.LayerRCP {
		return resource
	}
	return policy.AccessPointResource(t.accessPoint.arn, resource)
}

func statementName(s policy.StatementRef) string {
	if s.Sid != "" {
		return fmt.Sprintf("statement %d (%s)", s.Index, s.Sid)
	}
	return fmt.Sprintf("statement %d", s.Index)
}

func statementText(s policy.StatementRef) string {
	if s.Policy == "" {
		return statementName(s)
	}
	return statementName(s) + " of " + s.Policy
}

func (r policyReport) blockFix(t *target, b *layerBlock, doc *snapshot.Document, c component, call string) string {
	if a, lacks := r.w.Absent("bucket", t.bucket); lacks && !r.q.Options.MayBeAbsent && t.accessPoint == nil && t.service == nil {
		return "Make sure of the bucket's name first: " + a.Sentence() + " If the name is right, collect the bucket, or ask with --may-be-absent."
	}
	action, res := b.request.Action, t.asked(b.layer.Layer, t.resourceFor(b.request.Action))
	if b.layer.Outcome == policy.ExplicitDeny {
		text := "Narrow that Deny so that it spares this request"
		if len(b.layer.Statements) > 0 {
			text = "Narrow " + statementText(b.layer.Statements[0]) + " so that its Deny spares this request"
		}
		if ctx := r.denyHint(b, doc); ctx != "" {
			text += " (" + ctx + ")"
		}
		return text + "."
	}
	switch b.layer.Layer {
	case policy.LayerEndpoint:
		return fmt.Sprintf("Add a statement to the policy of %s that allows %s on %s (%s).", c.id, action, res, r.who.principalElement())
	case policy.LayerRole:
		text := fmt.Sprintf("Allow %s on %s in a policy of the role", action, res)
		if _, other := t.otherGrant(); b.either && other != "" {
			text += ", or grant it to the role in " + other
		}
		return text + "."
	case policy.LayerBucket:
		if t.accessPoint != nil {
			return fmt.Sprintf("Allow %s on %s in the bucket policy, to %s or to all who come by the account's access points (condition s3:DataAccessPointAccount is %s).", action, res, r.who.id(), t.accessPoint.account)
		}
		return fmt.Sprintf("The bucket's owner has to allow %s on %s to %s in the bucket policy.", action, res, r.who.id())
	case policy.LayerSCP:
		return fmt.Sprintf("Attach a service control policy that allows %s at the level of the organization that allows none.", action)
	}
	return fmt.Sprintf("Allow %s on %s in the %s.", action, res, call)
}

// denyHint tells what the request has for the keys that the Deny asks about.
// The layer's own document serves where the statement names no policy.
func (r policyReport) denyHint(b *layerBlock, own *snapshot.Document) string {
	if len(b.layer.Statements) == 0 {
		return ""
	}
	doc := r.documentOf(b.layer.Statements[0], own)
	if doc == nil {
		return ""
	}
	kind, ok := hintedKinds[b.layer.Layer]
	if !ok {
		return ""
	}
	p := r.w.layering().policyOf("", doc, kind)
	if p == nil || p.Document == nil || b.layer.Statements[0].Index >= len(p.Document.Statements) {
		return ""
	}
	var parts []string
	for _, c := range p.Document.Statements[b.layer.Statements[0].Index].Conditions {
		parts = append(parts, keyState(c.Key, &b.request))
	}
	return strings.Join(parts, ", ")
}

// hintedKinds are the kinds of the layers whose Deny is explained by what the
// request has for its keys.
var hintedKinds = map[string]policy.Kind{policy.LayerBucket: policy.KindBucket, policy.LayerEndpoint: policy.KindEndpoint, policy.LayerRole: policy.KindIdentity,
	policy.LayerBoundary: policy.KindBoundary, policy.LayerSCP: policy.KindSCP, policy.LayerRCP: policy.KindRCP}

func keyState(key string, q *policy.Request) string {
	v, ok := q.Context[strings.ToLower(key)]
	switch {
	case !ok || v.State == policy.KeyAbsent:
		return "the request has no " + key
	case v.State == policy.KeyKnown:
		return key + " is " + strings.Join(v.Values, ", ")
	}
	return "the value of " + key + " is not known"
}

// denialReason says in one clause why a decision denies: what each layer that
// has to change did, and the statement of it that comes nearest.
func denialReason(d *policy.Decision) string {
	if len(d.Blocking) == 0 {
		return "no policy allows it"
	}
	var reasons []string
	for _, i := range d.Blocking {
		reasons = append(reasons, strings.TrimSuffix(layerReason(&d.Layers[i]), ".")+nearest(&d.Layers[i]))
	}
	return strings.Join(reasons, "; ")
}

func layerReason(l *policy.LayerDecision) string {
	switch {
	case l.Reason != "":
		return l.Reason
	case l.Outcome == policy.ExplicitDeny:
		return "explicit deny in " + withArticle(gateLayers[l.Layer].call)
	default:
		return "no " + gateLayers[l.Layer].call + " allows it"
	}
}
