package sim

import (
	"slices"

	"github.com/canreach/canreach/rules/policy"
)

// mended returns the layers with one layer's denial repaired: the Deny
// statements that hit are taken out, or an Allow of everything is put in. It
// serves to find what else stands in the way; nobody is shown such a policy.
func mended(l policy.Layers, d policy.LayerDecision) policy.Layers {
	fix := func(p policy.Policy, kind policy.Kind) policy.Policy {
		if d.Outcome == policy.ExplicitDeny {
			return withoutDeny(p, d.Statements)
		}
		return withAllow(p, kind)
	}
	fixAll := func(list []policy.Policy, kind policy.Kind) []policy.Policy {
		list = slices.Clone(list)
		if d.Outcome != policy.ExplicitDeny {
			return append(list, withAllow(policy.Policy{Name: "mended"}, kind))
		}
		for i := range list {
			list[i] = withoutDeny(list[i], d.Statements)
		}
		return list
	}
	fixLevels := func(levels [][]policy.Policy, kind policy.Kind) [][]policy.Policy {
		levels = slices.Clone(levels)
		for i := range levels {
			if d.Outcome == policy.ExplicitDeny || d.Level < 0 || d.Level == i {
				levels[i] = fixAll(levels[i], kind)
			}
		}
		return levels
	}
	fixOne := func(p *policy.Policy, kind policy.Kind) *policy.Policy {
		if p == nil {
			p = &policy.Policy{Name: "mended"}
		}
		c := fix(*p, kind)
		return &c
	}
	switch d.Layer {
	case policy.LayerRole:
		l.Identity = fixAll(l.Identity, policy.KindIdentity)
	case policy.LayerBoundary:
		l.Boundary = fixOne(l.Boundary, policy.KindBoundary)
	case policy.LayerSession:
		l.Session = fixAll(l.Session, policy.KindSession)
	case policy.LayerSCP:
		l.SCPs = fixLevels(l.SCPs, policy.KindSCP)
	case policy.LayerRCP:
		l.RCPs = fixLevels(l.RCPs, policy.KindRCP)
	case policy.LayerEndpoint:
		l.Endpoint = fixOne(l.Endpoint, policy.KindEndpoint)
	case policy.LayerBucket:
		l.Resource = fixOne(l.Resource, policy.KindBucket)
	case policy.LayerAccessPoint:
		l.AccessPoint = fixOne(l.AccessPoint, policy.KindAccessPoint)
	}
	return l
}

func withoutDeny(p policy.Policy, hit []policy.StatementRef) policy.Policy {
	if p.Document == nil {
		return p
	}
	drop := make(map[int]bool)
	for _, s := range hit {
		if s.Policy == p.Name {
			drop[s.Index] = true
		}
	}
	if len(drop) == 0 {
		return p
	}
	doc := cloneDocument(p.Document)
	doc.Statements = slices.DeleteFunc(doc.Statements, func(s policy.Statement) bool { return s.Deny && drop[s.Index] })
	p.Document = doc
	return p
}

func withAllow(p policy.Policy, kind policy.Kind) policy.Policy {
	if p.Gap != "" || p.Malformed != nil {
		return p
	}
	doc := &policy.Document{Version: "2012-10-17"}
	if p.Document != nil {
		doc = cloneDocument(p.Document)
	}
	allow := policy.Statement{Index: len(doc.Statements), Actions: []string{"*"}, Resources: []string{"*"}, HasResource: true}
	switch kind {
	case policy.KindBucket, policy.KindEndpoint, policy.KindAccessPoint, policy.KindRCP:
		allow.Principals = &policy.Principals{All: true}
	}
	doc.Statements = append(doc.Statements, allow)
	p.Document = doc
	return p
}

func cloneDocument(d *policy.Document) *policy.Document {
	return &policy.Document{Version: d.Version, ID: d.ID, Size: d.Size, Statements: slices.Clone(d.Statements)}
}
