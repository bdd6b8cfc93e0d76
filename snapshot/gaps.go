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

// gap marks what g says of an account.
func (a *Account) gap(g *Gap) {
	switch strings.ToLower(g.Service) {
	case "iam":
		a.IAM.gap(g)
	case "s3":
		a.S3.gap(g, a.ID)
	case "s3control":
		a.S3.controlGap(g, a.ID)
	case "kms":
		a.KMS.gap(g, a.ID)
	case "organizations":
		if strings.HasPrefix(g.Operation, "DescribeOrganization") && a.Organization == NotCollected {
			a.Organization = Unreadable
		}
	}
}

func (v *IAM) gap(g *Gap) {
	switch g.Operation {
	case "GetAccountAuthorizationDetails":
		v.Roles.unreadable(g)
		v.Policies.unreadable(g)
	case "ListRoles":
		v.Roles.unreadable(g)
	case "ListPolicies":
		v.Policies.unreadable(g)
	case "GetRole":
		v.Roles.partly(g)
		v.eachRole(g, func(r *Role) {
			if r.Trust.Presence == NotCollected {
				documentGap(&r.Trust, g)
			}
			if r.BoundaryARN == "" {
				r.BoundaryPresence = Unreadable
			}
		})
	case "GetRolePolicy":
		v.eachRole(g, func(r *Role) { r.inlineGap(g) })
	case "ListRolePolicies":
		v.eachRole(g, func(r *Role) { r.InlinePresence = Unreadable })
	case "ListAttachedRolePolicies":
		v.eachRole(g, func(r *Role) { r.AttachedPresence = Unreadable })
	case "ListRoleTags":
		v.eachRole(g, func(r *Role) { r.TagsKnown = false })
	case "GetPolicy", "GetPolicyVersion", "ListPolicyVersions":
		v.managedPolicyGap(g)
	}
}

func (v *IAM) eachRole(g *Gap, mark func(*Role)) {
	if g.Resource == "" {
		v.Roles.partly(g)
	}
	for i := range v.Roles.Items {
		if r := &v.Roles.Items[i]; g.Resource == "" || mentions(g.Resource, r.ARN) || mentions(g.Resource, r.Name) {
			mark(r)
		}
	}
}

// inlineGap marks the inline policies without a document, or, where all have
// one, the list as a whole.
func (r *Role) inlineGap(g *Gap) {
	marked := false
	for i := range r.Inline {
		if d := &r.Inline[i].Document; d.Presence == NotCollected {
			documentGap(d, g)
			marked = true
		}
	}
	if !marked {
		r.InlinePresence = Unreadable
	}
}

func (v *IAM) managedPolicyGap(g *Gap) {
	found := false
	for i := range v.Policies.Items {
		if p := &v.Policies.Items[i]; g.Resource == "" || mentions(g.Resource, p.ARN) || isResource(p.ARN, g.Resource) {
			found = true
			if p.Document.Presence != Collected {
				documentGap(&p.Document, g)
			}
		}
	}
	v.Policies.partly(g)
	if !found && strings.HasPrefix(g.Resource, "arn:") {
		v.Policies.Items = append(v.Policies.Items, ManagedPolicy{At: g.At, ARN: g.Resource,
			Name:     g.Resource[strings.LastIndexByte(g.Resource, '/')+1:],
			Document: Document{Presence: Unreadable, Gap: g, At: g.At}})
	}
}

func (v *S3) gap(g *Gap, account string) {
	if g.Resource == "" || g.Resource == account {
		switch g.Operation {
		case "ListBuckets", "ListAllMyBuckets":
			v.Buckets.unreadable(g)
			return
		case "GetPublicAccessBlock":
			v.controlGap(g, account)
			return
		}
	}
	for i := range v.Buckets.Items {
		if b := &v.Buckets.Items[i]; g.Resource == "" || isResource(g.Resource, b.Name) {
			b.gap(g)
		}
	}
}

func (b *Bucket) gap(g *Gap) {
	switch g.Operation {
	case "GetBucketPolicy":
		documentGap(&b.Policy, g)
	case "GetBucketLocation", "HeadBucket":
		if b.Region == "" {
			b.RegionGap = g
		}
	case "GetPublicAccessBlock", "GetBucketPublicAccessBlock":
		b.PublicAccessBlock.Presence, b.PublicAccessBlock.Gap, b.PublicAccessBlock.None = Unreadable, g, false
	case "GetBucketOwnershipControls":
		b.OwnershipPresence, b.OwnershipAt = Unreadable, g.At
	case "GetBucketEncryption":
		b.Encryption.Presence, b.Encryption.Gap = Unreadable, g
	case "GetBucketAcl":
		b.ACLPresence = Unreadable
	case "GetBucketTagging", "ListTagsForResource":
		b.TagsPresence = Unreadable
	case "GetBucketAbac":
		b.ABAC = Flag{Presence: Unreadable, At: g.At}
	case "GetBucketRequestPayment":
		b.Payer = ""
	}
}

func (v *S3) controlGap(g *Gap, account string) {
	switch g.Operation {
	case "GetPublicAccessBlock":
		if g.Resource == "" || isResource(g.Resource, account) {
			p := &v.AccountPublicAccessBlock
			p.Presence, p.Gap, p.None = Unreadable, g, false
		}
	case "ListAccessPoints":
		v.AccessPoints.unreadable(g)
	case "GetAccessPoint", "GetAccessPointPolicy":
		v.AccessPoints.partly(g)
		for i := range v.AccessPoints.Items {
			p := &v.AccessPoints.Items[i]
			if g.Resource != "" && !isResource(g.Resource, p.Name) && g.Resource != p.ARN {
				continue
			}
			if g.Operation == "GetAccessPointPolicy" {
				documentGap(&p.Policy, g)
			} else if p.PublicAccessBlock.Presence == NotCollected {
				p.PublicAccessBlock.Presence, p.PublicAccessBlock.Gap = Unreadable, g
			}
		}
	}
}

func (v *KMS) gap(g *Gap, account string) {
	switch g.Operation {
	case "ListKeys":
		v.Keys.unreadable(g)
		return
	case "ListAliases":
		v.Aliases.unreadable(g)
		return
	}
	found := false
	for i := range v.Keys.Items {
		k := &v.Keys.Items[i]
		if g.Resource != "" && g.Resource != k.ARN && !isResource(g.Resource, k.ID) {
			continue
		}
		found = true
		switch g.Operation {
		case "GetKeyPolicy":
			documentGap(&k.Policy, g)
		case "ListGrants":
			k.GrantsPresence = Unreadable
		}
	}
	v.Keys.partly(g)
	if a, ok := parseARN(g.Resource); !found && ok && (a.account == account || a.account == "") && strings.HasPrefix(a.resource, "key/") {
		v.Keys.Items = append(v.Keys.Items, Key{At: g.At, ARN: g.Resource, ID: strings.TrimPrefix(a.resource, "key/"),
			Region: a.region, Account: a.account, GrantsPresence: Unreadable, Policy: Document{Presence: Unreadable, Gap: g, At: g.At}})
	}
}

// organizationsGap marks what g says of the organization. A list that failed
// for one kind of policy names the kind as its resource.
func (s *Snapshot) organizationsGap(g *Gap) {
	o := &s.Organizations
	kinds := []*Collection[OrgPolicy]{&o.SCPs, &o.RCPs}
	switch g.Resource {
	case "SERVICE_CONTROL_POLICY":
		kinds = kinds[:1]
	case "RESOURCE_CONTROL_POLICY":
		kinds = kinds[1:]
	}
	switch g.Operation {
	case "DescribeOrganization":
		if o.Presence == NotCollected {
			o.Presence = Unreadable
		}
	case "ListPolicies", "ListPoliciesForTarget", "ListRoots":
		if o.Presence == NotCollected {
			o.Presence = Unreadable
		}
		for _, c := range kinds {
			c.unreadable(g)
		}
	case "DescribePolicy", "ListTargetsForPolicy":
		found := false
		for _, c := range kinds {
			for i := range c.Items {
				if p := &c.Items[i]; g.Resource == "" || mentions(g.Resource, p.ID) {
					found = true
					p.gap(g)
				}
			}
		}
		if !found {
			for _, c := range kinds {
				c.unreadable(g)
			}
		}
	}
}

func (p *OrgPolicy) gap(g *Gap) {
	if g.Operation == "ListTargetsForPolicy" {
		p.TargetsPresence = Unreadable
		return
	}
	documentGap(&p.Document, g)
}
