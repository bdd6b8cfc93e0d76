package snapshot

import (
	"strings"
)

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
