package snapshot

import (
	"slices"
	"strings"
)

// part is a collection, whatever its items are.
type part interface {
	unreadable(g *Gap)
	partly(g *Gap)
	setComplete()
}

// unreadable notes that the whole collection could not be read. What was read
// of it, before the failure, stays.
func (c *Collection[T]) unreadable(g *Gap) {
	c.Presence, c.Complete = Unreadable, false
	if c.Gap == nil {
		c.Gap = g
	}
}

// partly notes that one resource of the collection could not be read.
func (c *Collection[T]) partly(g *Gap) {
	c.Complete = false
	if c.Presence == NotCollected {
		c.unreadable(g)
	}
}

func (c *Collection[T]) setComplete() { c.Complete = true }

// partOf returns the collection that the native form has under a key.
func (v *Region) partOf(key string) (part, bool) {
	switch key {
	case "HostedZones":
		return &v.Resolver.PrivateZones, true
	case "CompilationJobs":
		return &v.SageMaker.Jobs, true
	}
	if k := kindsByKey[key]; k != nil && k.part != nil {
		return k.part(v), true
	}
	return nil, false
}

// partOperations maps operations whose name does not say which collection they
// fill.
var partOperations = map[string]string{
	"DescribeVpcAttribute":     "VpcAttributes",
	"ListHostedZonesByVPC":     "HostedZones",
	"ListFirewallRuleGroups":   "FirewallRules",
	"DescribeCompilationJob":   "CompilationJobs",
	"DescribeTrainingJob":      "CompilationJobs",
	"DescribeProcessingJob":    "CompilationJobs",
	"DescribeTransformJob":     "CompilationJobs",
	"DescribeModel":            "CompilationJobs",
	"DescribeOptimizationJob":  "CompilationJobs",
	"DescribeNotebookInstance": "CompilationJobs",
	"DescribeDomain":           "CompilationJobs",
	"ListTrainingJobs":         "CompilationJobs",
	"ListProcessingJobs":       "CompilationJobs",
	"ListTransformJobs":        "CompilationJobs",
	"ListModels":               "CompilationJobs",
	"ListOptimizationJobs":     "CompilationJobs",
	"ListNotebookInstances":    "CompilationJobs",
	"ListDomains":              "CompilationJobs",
}

// setComplete notes which collections the capture says it saw whole.
func (v *Region) setComplete(names []string) {
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		if p, ok := v.partOf(name); ok {
			p.setComplete()
		}
	}
}

// applyGaps marks what the capture could not read.
func (s *Snapshot) applyGaps() {
	for i := range s.Capture.Gaps {
		g := &s.Capture.Gaps[i]
		if strings.EqualFold(g.Service, "organizations") {
			s.organizationsGap(g)
		}
		for _, a := range s.Accounts {
			if g.Account != "" && g.Account != a.ID {
				continue
			}
			a.gap(g)
			for _, r := range a.Regions {
				if g.Region == "" || g.Region == r.Name {
					r.gap(g)
				}
			}
		}
	}
}

// gap marks what g says of a region.
func (v *Region) gap(g *Gap) {
	switch strings.ToLower(g.Service) {
	case "ec2", "route53resolver", "route53profiles", "route53", "sagemaker":
	default:
		return
	}
	if v.resourceGap(g) {
		return
	}
	key, known := partOperations[g.Operation]
	if !known {
		key = strings.TrimPrefix(strings.TrimPrefix(g.Operation, "Describe"), "List")
	}
	p, known := v.partOf(key)
	switch {
	case !known:
	case g.Resource == "":
		p.unreadable(g)
	default:
		p.partly(g)
	}
}

// resourceGap marks a part of one resource; false: g is of another kind.
func (v *Region) resourceGap(g *Gap) bool {
	e, n := &v.EC2, &v.Resolver
	switch g.Operation {
	case "DescribeVpcAttribute":
		if g.Resource != "" {
			e.attributeGap(g)
			return true
		}
		return false
	case "DescribeSecurityGroupRules":
		for i := range e.SecurityGroups.Items {
			if v := &e.SecurityGroups.Items[i]; e.ruledGroups[v.ID] && (g.Resource == "" || isResource(g.Resource, string(v.ID))) {
				v.IngressKnown, v.EgressKnown = false, false
			}
		}
	case "GetManagedPrefixListEntries":
		e.PrefixLists.partly(g)
	case "SearchTransitGatewayRoutes", "ExportTransitGatewayRoutes", "GetTransitGatewayRoutes":
		for i := range e.TGWRouteTables.Items {
			if t := &e.TGWRouteTables.Items[i]; g.Resource == "" || isResource(g.Resource, string(t.ID)) {
				t.RoutesKnown, t.RoutesGap = false, g
			}
		}
	case "ListFirewallDomains":
		for i := range n.FirewallDomains.Items {
			if l := &n.FirewallDomains.Items[i]; g.Resource == "" || isResource(g.Resource, l.ID) {
				l.DomainsKnown = false
			}
		}
	case "GetHostedZone", "ListResourceRecordSets":
		for i := range n.PrivateZones.Items {
			z := &n.PrivateZones.Items[i]
			if g.Resource != "" && !isResource(g.Resource, z.ID) && !isResource(g.Resource, strings.TrimPrefix(z.ID, "/hostedzone/")) {
				continue
			}
			z.VPCsKnown = z.VPCsKnown && g.Operation != "GetHostedZone"
			z.RecordsKnown = z.RecordsKnown && g.Operation == "GetHostedZone"
		}
	default:
		return false
	}
	return true
}

// attributeGap marks the attributes of one VPC that were not read.
func (e *EC2) attributeGap(g *Gap) {
	i := slices.IndexFunc(e.VPCAttributes.Items, func(a VPCAttribute) bool { return mentions(g.Resource, string(a.VPC)) })
	if i < 0 {
		j := slices.IndexFunc(e.VPCs.Items, func(v VPC) bool { return mentions(g.Resource, string(v.ID)) })
		if j < 0 {
			e.VPCAttributes.partly(g)
			return
		}
		if e.VPCAttributes.Presence == NotCollected {
			e.VPCAttributes.Presence, e.VPCAttributes.At = Collected, e.VPCs.At
		}
		i = len(e.VPCAttributes.Items)
		e.VPCAttributes.Items = append(e.VPCAttributes.Items, VPCAttribute{At: g.At, VPC: e.VPCs.Items[j].ID})
	}
	a := &e.VPCAttributes.Items[i]
	for _, f := range []*Flag{&a.EnableDNSSupport, &a.EnableDNSHostnames} {
		if f.Presence == NotCollected {
			*f = Flag{Presence: Unreadable, At: g.At}
		}
	}
	e.VPCAttributes.Complete = false
}

// isResource tells whether a gap's resource, an id, a name or an ARN, is id.
func isResource(resource, id string) bool {
	if id == "" {
		return false
	}
	if resource == id {
		return true
	}
	rest, found := strings.CutSuffix(resource, id)
	return found && (strings.HasSuffix(rest, "/") || strings.HasSuffix(rest, ":"))
}

// mentions tells whether a gap's resource names id, alone or with a part of it
// ("vpc-1/enableDnsSupport", "role/Neo/inline").
func mentions(resource, id string) bool {
	if isResource(resource, id) {
		return true
	}
	i := strings.Index(resource, id)
	if i < 0 || id == "" {
		return false
	}
	before, after := resource[:i], resource[i+len(id):]
	return (before == "" || strings.ContainsAny(before[len(before)-1:], "/:")) &&
		after != "" && strings.ContainsAny(after[:1], "/:#.?, ")
}

// documentGap marks a document that could not be read.
func documentGap(d *Document, g *Gap) { d.Presence, d.Gap = Unreadable, g }
