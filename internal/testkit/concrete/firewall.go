package concrete

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// firewall is what DNS Firewall does to a query of a type for a name (N102).
// The groups of profiles are asked in their place, before and after all others
// (N171).
func (e *Evaluator) firewall(home *snapshot.Region, vpc snapshot.VPCID, name, queryType string) Outcome {
	shared, _ := e.fromProfiles(vpc, "firewall-rule-group")
	var out []Outcome
	for _, shift := range []int{0, -10000, 10000} {
		groups := slices.Clone(home.Resolver.FirewallGroups.Items)
		lost := false
		for id, x := range shared {
			if slices.ContainsFunc(home.Resolver.FirewallRules.Items, func(r snapshot.FirewallRule) bool { return r.Group == id }) {
				groups = append(groups, snapshot.FirewallRuleGroupAssociation{Group: id, VPC: vpc, Priority: priorityOf(x) + shift})
			} else {
				lost = true
			}
		}
		o := e.throughGroups(home, groups, vpc, name, queryType)
		if lost {
			o = both(o, Unknown)
		}
		out = append(out, o)
	}
	return agreed(out)
}

func (e *Evaluator) throughGroups(home *snapshot.Region, groups []snapshot.FirewallRuleGroupAssociation, vpc snapshot.VPCID, name, queryType string) Outcome {
	slices.SortFunc(groups, func(x, y snapshot.FirewallRuleGroupAssociation) int { return x.Priority - y.Priority })
	var rules []*snapshot.FirewallRule // in the order in which they are asked; nil: a group whose rules are not known
	for _, g := range groups {
		if g.VPC != vpc || is(g.Status, "DELETING") {
			continue
		}
		if home.Resolver.FirewallRules.Presence != snapshot.Collected {
			rules = append(rules, nil)
			continue
		}
		var own []*snapshot.FirewallRule
		for i := range home.Resolver.FirewallRules.Items {
			if r := &home.Resolver.FirewallRules.Items[i]; r.Group == g.Group && (r.QueryType == "" || is(r.QueryType, queryType, map[string]string{"A": "TYPE1", "AAAA": "TYPE28"}[queryType])) {
				own = append(own, r)
			}
		}
		slices.SortFunc(own, func(x, y *snapshot.FirewallRule) int { return x.Priority - y.Priority })
		rules = append(rules, own...)
	}
	ends := map[Outcome]bool{}
	everyReading(home, rules, name, ends)
	switch {
	case len(ends) > 1:
		return Unknown
	case ends[Blocks]:
		return Blocks
	}
	return Passes
}

// everyReading follows the rules in order, both ways where it is not known
// whether one matches, and collects how the query may end.
func everyReading(home *snapshot.Region, rules []*snapshot.FirewallRule, name string, ends map[Outcome]bool) {
	if len(rules) == 0 {
		ends[Passes] = true
		return
	}
	r := rules[0]
	if r == nil {
		ends[Passes], ends[Blocks] = true, true
		return
	}
	i := slices.IndexFunc(home.Resolver.FirewallDomains.Items, func(l snapshot.FirewallDomainList) bool { return l.ID == r.DomainList })
	known := i >= 0 && home.Resolver.FirewallDomains.Items[i].DomainsKnown
	matches := known && slices.ContainsFunc(home.Resolver.FirewallDomains.Items[i].Domains, func(d string) bool { return specMatches(d, name) })
	if matches || !known {
		switch {
		case is(r.Action, "ALLOW", "ALERT"):
			ends[Passes] = true
		case is(r.Action, "BLOCK"):
			ends[Blocks] = true
		default:
			ends[Passes], ends[Blocks] = true, true
		}
	}
	if !matches {
		everyReading(home, rules[1:], name, ends)
	}
}

// specMatches: a name stands for itself, "*.name" for what is below it, "*" for all.
func specMatches(spec, name string) bool {
	s, n := labelsOf(spec), labelsOf(name)
	switch {
	case slices.Equal(s, []string{"*"}):
		return true
	case len(s) > 0 && s[0] == "*":
		return len(n) > len(s)-1 && labelsIn(name, strings.Join(s[1:], ".")) >= 0
	}
	return slices.Equal(s, n)
}
