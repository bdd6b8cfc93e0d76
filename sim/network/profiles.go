package network

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// resolverData is the Route 53 data of a VPC's account and Region, with what
// the Route 53 Profiles that are associated with the VPC bring (N171).
//
// AWS: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/profiles.html
type resolverData struct {
	snapshot.Resolver
	vpc       snapshot.VPCID
	profiles  []string
	zones     []string // private zones of profiles, by ID
	endpoints []snapshot.VPCEndpointID
	brought   []bool       // of FirewallGroups: by a profile
	missing   []rules.Need // zones that the snapshot lacks; they may answer
	needs     []rules.Need
}

// resolverData reads the profiles of the client's VPC, once for a question.
func (a resolver) resolverData(v snapshot.Located[snapshot.VPC]) *resolverData {
	if a.dns != nil {
		return a.dns
	}
	d := &resolverData{Resolver: v.Region.Resolver, vpc: v.Item.ID, brought: make([]bool, len(v.Region.Resolver.FirewallGroups.Items))}
	a.dns = d
	regions := a.x.regionsNamed(v.Region.Name)
	for _, r := range regions {
		for i := range r.Resolver.Profiles.Items {
			p := &r.Resolver.Profiles.Items[i]
			if p.VPC == v.Item.ID && inUse(p.Status) && !slices.Contains(d.profiles, p.Profile) {
				d.profiles = append(d.profiles, p.Profile)
				d.addProfile(p, regions)
			}
		}
	}
	return d
}

// regionsNamed are a Region's data in every account: a profile and what it
// holds may be another account's.
func (x *index) regionsNamed(name string) (out []*snapshot.Region) {
	for _, acc := range x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			if r.Name == name {
				out = append(out, r)
			}
		}
	}
	return out
}

// inUse reports whether an association that has a status applies.
func inUse(status string) bool {
	return !equalFold(status, "DELETING") && !equalFold(status, "DELETED") && !equalFold(status, "FAILED")
}

func (d *resolverData) addProfile(p *snapshot.ProfileAssociation, regions []*snapshot.Region) {
	known := d.ProfileResources.Presence == snapshot.Collected
	var seen []string
	for _, r := range regions {
		for i := range r.Resolver.ProfileResources.Items {
			res := &r.Resolver.ProfileResources.Items[i]
			if res.Profile != p.Profile {
				continue
			}
			known = true
			if inUse(res.Status) && !slices.Contains(seen, res.Resource) {
				seen = append(seen, res.Resource)
				d.addResource(p.Profile, res, regions)
			}
		}
	}
	if !known {
		d.needs = append(d.needs, rules.Need{Code: finding.UnknownDNS, Component: p.Profile, At: p.At,
			Fact:    "which private zones, Resolver rules and DNS Firewall rule groups Route 53 Profile " + p.Profile + " applies to " + string(d.vpc),
			Collect: "aws route53profiles list-profile-resource-associations --profile-id " + p.Profile})
	}
}

func (d *resolverData) addResource(profile string, res *snapshot.ProfileResource, regions []*snapshot.Region) {
	kind, id, _ := strings.Cut(res.Resource[strings.LastIndexByte(res.Resource, ':')+1:], "/")
	switch kind {
	case "hostedzone":
		d.zones = append(d.zones, id)
		if !hasZone(regions, id) {
			d.missing = append(d.missing, rules.Need{Code: finding.UnknownDNS, Component: id, At: res.At,
				Fact:    "which names private zone " + id + " of Route 53 Profile " + profile + " holds",
				Collect: "aws route53 get-hosted-zone --id " + id + "; aws route53 list-resource-record-sets --hosted-zone-id " + id})
		}
	case "resolver-rule":
		d.RuleAssociations.Items = append(slices.Clip(d.RuleAssociations.Items), snapshot.ResolverRuleAssociation{At: res.At, Rule: id, VPC: d.vpc, Status: res.Status})
		adopt(&d.Rules, regions, func(r *snapshot.Region) *snapshot.Collection[snapshot.ResolverRule] { return &r.Resolver.Rules },
			func(r snapshot.ResolverRule) bool { return r.ID == id })
		if d.Rules.Presence != snapshot.Collected && !slices.ContainsFunc(d.Rules.Items, func(r snapshot.ResolverRule) bool { return r.ID == id }) {
			d.missing = append(d.missing, missingRule(id, d.vpc, res.At))
		}
	case "firewall-rule-group":
		d.addFirewallGroup(res, id, regions)
	case "vpc-endpoint":
		d.endpoints = append(d.endpoints, snapshot.VPCEndpointID(id))
	}
}

func (d *resolverData) addFirewallGroup(res *snapshot.ProfileResource, id string, regions []*snapshot.Region) {
	var properties struct {
		Priority int `json:"priority"`
	}
	// Without a priority, the orders that firewall tries tell whether it matters.
	_ = json.Unmarshal([]byte(res.Properties), &properties)
	ofGroup := func(r snapshot.FirewallRule) bool { return r.Group == id }
	adopt(&d.FirewallRules, regions, func(r *snapshot.Region) *snapshot.Collection[snapshot.FirewallRule] { return &r.Resolver.FirewallRules }, ofGroup)
	if !slices.ContainsFunc(d.FirewallRules.Items, ofGroup) {
		d.needs = append(d.needs, rules.Need{Code: finding.UnknownDNS, Component: id, At: res.At, Fact: "the rules of DNS Firewall rule group " + id,
			Collect: "aws route53resolver list-firewall-rules --firewall-rule-group-id " + id})
		return
	}
	for i := range d.FirewallRules.Items {
		if x := d.FirewallRules.Items[i]; ofGroup(x) {
			adopt(&d.FirewallDomains, regions, func(r *snapshot.Region) *snapshot.Collection[snapshot.FirewallDomainList] {
				return &r.Resolver.FirewallDomains
			},
				func(l snapshot.FirewallDomainList) bool { return l.ID == x.DomainList })
		}
	}
	d.FirewallGroups.Items = append(slices.Clip(d.FirewallGroups.Items), snapshot.FirewallRuleGroupAssociation{At: res.At, ID: res.ID, Group: id, VPC: d.vpc, Priority: properties.Priority, Status: res.Status})
	d.brought = append(d.brought, true)
}

// adopt adds items that only other accounts' data holds: what a shared profile
// brings belongs to its owner.
func adopt[T any](to *snapshot.Collection[T], regions []*snapshot.Region, in func(*snapshot.Region) *snapshot.Collection[T], is func(T) bool) {
	if slices.ContainsFunc(to.Items, is) {
		return
	}
	for _, r := range regions {
		for _, v := range in(r).Items {
			if is(v) {
				to.Items = append(slices.Clip(to.Items), v)
			}
		}
		if slices.ContainsFunc(to.Items, is) {
			to.Presence = snapshot.Collected
			return
		}
	}
}

// zoneID is the ID of a hosted zone without the prefix that Route 53 prints.
func zoneID(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

func hasZone(regions []*snapshot.Region, id string) bool {
	return slices.ContainsFunc(regions, func(r *snapshot.Region) bool {
		return slices.ContainsFunc(r.Resolver.PrivateZones.Items, func(z snapshot.PrivateZone) bool { return zoneID(z.ID) == id })
	})
}

// firewall sends a query through the rule groups of the VPC and of its
// profiles. How AWS orders groups of both by their priorities is not
// documented: the profiles' are tried in their place, before all and after
// all, and where that matters the answer is unknown.
func (d *resolverData) firewall(host, queryType string) rules.FirewallAnswer {
	var answers []rules.FirewallAnswer
	for _, shift := range []int{0, -maxPriority, maxPriority} {
		r := d.Resolver
		r.FirewallGroups.Items = slices.Clone(r.FirewallGroups.Items)
		for i := range r.FirewallGroups.Items {
			if d.brought[i] {
				r.FirewallGroups.Items[i].Priority += shift
			}
		}
		answers = append(answers, rules.DecideFirewall(&r, d.vpc, host, queryType))
		if !slices.Contains(d.brought, true) {
			break
		}
	}
	for _, x := range answers {
		if x.Verdict != answers[0].Verdict {
			return rules.FirewallAnswer{Verdict: rules.FirewallUnknown, Rule: x.Rule, Need: rules.Need{Code: finding.UnknownDNS, Component: string(d.vpc),
				Fact: "whether the DNS Firewall rule groups of " + string(d.vpc) + " or of its Route 53 Profile see " + host + " first"}}
		}
	}
	return answers[0]
}

// maxPriority is more than the priority of any rule group.
const maxPriority = 1 << 20

func missingRule(id string, vpc snapshot.VPCID, at snapshot.Source) rules.Need {
	return rules.Need{Code: finding.UnknownDNS, Component: id, At: at, Fact: "which names Resolver rule " + id + " is about: it is associated with " + string(vpc) + " and not in the snapshot",
		Collect: "aws route53resolver get-resolver-rule --resolver-rule-id " + id}
}
