package sim

import (
	"fmt"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
)

// precheck warns where the job's own calls pass through the endpoint, but the
// same call from SageMaker's network would be denied explicitly: the service
// may look at the input and the output before the job starts, with the role's
// session and without endpoint keys. AWS does not document which calls it
// makes, so this is never a blocker (P320).
func (r requests) precheck(s *placing, t *target, action string, d *decided) []Finding {
	via, ok := d.request.Context["aws:sourcevpce"]
	if !ok || via.State != policy.KeyKnown || d.result.Outcome != symbolic.All || !r.work.Prechecks || r.existing.function || t.service != nil {
		return nil
	}
	l := d.layers
	l.Endpoint, l.EndpointType = nil, policy.EndpointNone
	req := r.w.layering().requestFor(r.q, &r.who, t, action, &network.Context{Via: "public", Region: s.to}, r.ownerOf(t), s.to)
	req.Resource = concreteResource(req.Resource)
	if policy.Decide(&l, &req) != policy.False {
		return nil
	}
	var out []Finding
	decision := policy.Evaluate(&l, &req)
	for _, i := range decision.Blocking {
		layer := decision.Layers[i]
		if layer.Outcome != policy.ExplicitDeny || len(layer.Statements) == 0 {
			continue
		}
		place, _ := r.policyReport().layerPlace(d, t, layer)
		f := Finding{Code: finding.JobPrecheckOutsideVPC, Gate: gateLayers[layer.Layer].gate, Severity: Warning, Rule: "P320", URL: docNeoVPC,
			Component: place.id, Name: place.name, Pointer: place.pointer, Example: requestExample(&req),
			Message: sentence(fmt.Sprintf("%s denies %s to calls that do not come through %s. SageMaker may make such calls itself before the job starts, from its own network and with the job's role.",
				statementText(layer.Statements[0]), action, via.Values[0])),
			Fix: "If the job fails before it starts, exempt the job's role by aws:PrincipalArn in that statement."}
		f.Pointer = nonEmpty(layer.Statements[0].Pointer, f.Pointer)
		out = append(out, f)
	}
	return out
}
