package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// NamesMatter reports whether something in the snapshot may answer S3's host
// names differently: a private zone, a Resolver rule, DNS Firewall, or private
// DNS of an interface endpoint, which lacks the global names. Where nothing does,
// all names of a bucket in its Region fare alike (N106). byBucket: one bucket's
// name may fare otherwise than another's.
func (m *Model) NamesMatter() (any, byBucket bool) {
	if m.given != nil {
		return m.given.names, m.given.everyNames
	}
	for _, acc := range m.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			d := &r.Resolver
			any = any || len(d.FirewallGroups.Items) > 0 || len(d.Profiles.Items) > 0 || slices.ContainsFunc(r.EC2.VPCEndpoints.Items, answersS3Names)
			byBucket = byBucket || slices.ContainsFunc(d.PrivateZones.Items, func(z snapshot.PrivateZone) bool { return mayHoldS3Name(z.Name) }) ||
				slices.ContainsFunc(d.Rules.Items, func(x snapshot.ResolverRule) bool { return mayHoldS3Name(x.Domain) }) ||
				slices.ContainsFunc(d.FirewallDomains.Items, func(x snapshot.FirewallDomainList) bool { return slices.ContainsFunc(x.Domains, mayHoldS3Name) })
		}
	}
	return any || byBucket, byBucket
}

// answersS3Names reports whether an interface endpoint's private DNS answers
// S3's Regional names, or may.
func answersS3Names(e snapshot.VPCEndpoint) bool {
	return rules.KindOfEndpoint(&e) == rules.EndpointInterface && strings.HasPrefix(rules.ServiceOf(&e), "s3") && (e.PrivateDNS.Presence != snapshot.Collected || e.PrivateDNS.Value)
}

func mayHoldS3Name(domain string) bool {
	domain = strings.TrimSuffix(strings.ToLower(domain), ".")
	return slices.Contains([]string{"com", "cn", "com.cn"}, domain) || strings.HasSuffix(domain, "amazonaws.com") || strings.HasSuffix(domain, "amazonaws.com.cn")
}

// clientName is the name that today's SDKs and CLI call: the virtual-hosted
// one, and for a bucket with dots the path-style one, which a certificate
// covers (N106, N168).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func clientName(d *S3Destination) string {
	if d.Bucket == "" || strings.Contains(d.Bucket, ".") {
		return rules.RegionalName(d.Region)
	}
	return d.Bucket + "." + rules.RegionalName(d.Region)
}

// otherNames warns where a client that calls the bucket by another name fares
// differently (N168).
func (a *walk) otherNames() {
	d := a.q.To.S3
	if d.Hostname != "" {
		return
	}
	outcomeOf := func(to Endpoint) (Outcome, bool) {
		q := a.q
		q.To = to
		r, err := newWalk(a.engine, a.x, question{}).decide(q)
		return outcomeOrUnknown(r), err == nil
	}
	ours, _ := outcomeOf(a.q.To)
	own := clientName(d)
	a.assumed = append(a.assumed, fmt.Sprintf("The client calls %s, the name that today's SDKs and CLI use.", own))
	for _, other := range []struct{ host, who string }{
		{rules.RegionalName(d.Region), "clients with addressing_style=path, and old SDKs"},
		{d.Bucket + ".s3.amazonaws.com", "clients without a Region, and old SDKs"},
		{"s3.amazonaws.com", "clients without a Region that use addressing_style=path"},
	} {
		if other.host == own || strings.HasPrefix(d.Region, "cn-") {
			continue
		}
		theirs, ok := outcomeOf(Endpoint{S3: &S3Destination{Region: d.Region, Hostname: other.host}})
		if !ok || theirs == ours {
			continue
		}
		a.note(Finding{Code: finding.S3NameForm, Gate: finding.GateDNS, Severity: finding.Warning, Component: other.host, At: a.from.at, Rule: "N168", URL: urlVirtualHosting,
			Message: fmt.Sprintf("By the name %s the answer is %s, by %s, which is assumed here, %s. %s call the former.", other.host, outcomeWord(theirs), own, outcomeWord(ours), upperFirst(other.who)),
			Fix:     "Ask with --hostname for the name that your client calls."})
	}
}

func outcomeOrUnknown(r *Result) Outcome {
	if r == nil {
		return Unknown
	}
	return r.Outcome
}

func outcomeWord(o Outcome) string {
	return [...]string{"UNKNOWN", "REACHABLE", "PARTIAL", "BLOCKED"}[o]
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
