package rules

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// NameForm is the kind of an S3 host name (N66, N106, N107).
type NameForm uint8

const (
	FormOther    NameForm = iota // website, directory bucket: not modelled (N59)
	FormRegional                 // s3.REGION, bucket.s3.REGION, access points, control
	FormGlobal                   // s3.amazonaws.com, bucket.s3.amazonaws.com
	FormDash                     // s3-REGION, legacy
	FormEndpoint                 // bucket.vpce-ID-SUFFIX.s3.REGION.vpce.amazonaws.com
	FormService                  // another service's
	FormHost                     // a host on the internet
)

// Name is an S3 host name, read.
type Name struct {
	Host      string // lower case, without a final dot
	Form      NameForm
	Region    string // whose front door it leads to; us-east-1 for global names
	Dualstack bool
	FIPS      bool
	Endpoint  snapshot.VPCEndpointID // of FormEndpoint
	Zone      string                 // of FormEndpoint: an availability zone's name, or empty
}

// Zonal tells an endpoint's zonal name.
func (n Name) Zonal() bool { return n.Form == FormEndpoint && n.Zone != "" }

// ErrNotS3 is a host name that is none of S3's.
var ErrNotS3 = errors.New("not an S3 host name")

// RegionalName is the name that the SDKs use for S3 in a Region (N105, N108).
func RegionalName(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "s3." + region + ".amazonaws.com.cn"
	}
	return "s3." + region + ".amazonaws.com"
}

// ParseName reads an S3 host name.
func ParseName(host string) (Name, error) {
	n := Name{Host: strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")}
	rest, ok := strings.CutSuffix(strings.TrimSuffix(n.Host, ".cn"), ".amazonaws.com")
	if !ok {
		return n, ErrNotS3
	}
	labels := strings.Split(rest, ".")
	if last := len(labels) - 1; labels[last] == "vpce" {
		return endpointName(n, labels[:last])
	}
	return publicName(n, labels)
}

// endpointName reads [bucket.]vpce-ID-SUFFIX[-ZONE].s3[-fips].REGION; the zone
// is in the label of the endpoint (N63).
func endpointName(n Name, labels []string) (Name, error) {
	k := len(labels)
	if k < 3 || labels[k-2] != "s3" && labels[k-2] != "s3-fips" {
		return n, ErrNotS3
	}
	n.Form, n.Region, n.FIPS = FormEndpoint, labels[k-1], labels[k-2] == "s3-fips"
	id, ok := strings.CutPrefix(labels[k-3], "vpce-")
	if !ok {
		return n, ErrNotS3
	}
	hex, suffix, _ := strings.Cut(id, "-")
	n.Endpoint = snapshot.VPCEndpointID("vpce-" + hex)
	if _, zone, ok := strings.Cut(suffix, "-"); ok {
		n.Zone = zone
	}
	return n, nil
}

func publicName(n Name, labels []string) (Name, error) {
	k := len(labels) - 1
	if service := labels[k]; service == "s3" {
		n.Form, n.Region = FormGlobal, "us-east-1"
		return n, nil
	} else if service == "s3-global" || strings.HasPrefix(service, "s3-website") || strings.HasPrefix(service, "s3express") {
		n.Form = FormOther
		return n, nil
	} else if region, ok := strings.CutPrefix(service, "s3-"); ok && strings.Count(region, "-") >= 2 {
		n.Form, n.Region = FormDash, region
		return n, nil
	}
	if k == 0 {
		return n, ErrNotS3
	}
	n.Region = labels[k]
	k--
	if labels[k] == "dualstack" && k > 0 {
		n.Dualstack = true
		k--
	}
	switch s := labels[k]; {
	case s == "s3" || s == "s3-accesspoint" || s == "s3-control":
		n.Form = FormRegional
	case s == "s3-fips" || s == "s3-accesspoint-fips" || s == "s3-control-fips":
		n.Form, n.FIPS = FormRegional, true
	case strings.HasPrefix(s, "s3-website") || strings.HasPrefix(s, "s3express"):
		n.Form = FormOther
	default:
		return n, ErrNotS3
	}
	return n, nil
}

// amazonResolver are the spellings of the VPC's own resolver (N98).
var amazonResolver = []string{"amazonprovideddns", "169.254.169.253", "fd00:ec2::253"}

// Servers sorts the domain-name-servers of a DHCP option set into the VPC's
// own resolver and others. base is the first address of each VPC CIDR: the
// resolver answers at base plus two.
func Servers(servers []string, vpc []netip.Prefix) (amazon bool, custom []netip.Addr, odd []string) {
	for _, s := range servers {
		s = strings.TrimSpace(s)
		a, err := netip.ParseAddr(s)
		switch {
		case slices.Contains(amazonResolver, strings.ToLower(s)) || err == nil && isPlusTwo(a, vpc):
			amazon = true
		case err == nil:
			custom = append(custom, a.Unmap())
		default:
			odd = append(odd, s)
		}
	}
	return amazon, custom, odd
}

func isPlusTwo(a netip.Addr, vpc []netip.Prefix) bool {
	for _, p := range vpc {
		if a == p.Masked().Addr().Next().Next() {
			return true
		}
	}
	return false
}

// domain puts a domain name into one form: lower case, no final dot; the root
// is empty.
func domain(s string) string { return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), ".")) }

// Under reports whether host is zone or below it, and how many labels zone has.
func Under(host, zone string) (labels int, ok bool) {
	host, zone = domain(host), domain(zone)
	if zone == "" {
		return 0, true
	}
	if host == zone || strings.HasSuffix(host, "."+zone) {
		return strings.Count(zone, ".") + 1, true
	}
	return 0, false
}

// ZoneAnswer is what a private zone says of a name (N101).
type ZoneAnswer struct {
	Record    *snapshot.DNSRecord // nil: NXDOMAIN
	Addresses []netip.Addr
	Alias     string // the name that it points on to, by alias or CNAME
}

// AnswerFromZone looks a name up in a private zone that captures it. known is
// false where the zone's records are not in the snapshot.
//
// AWS: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html
func AnswerFromZone(z *snapshot.PrivateZone, host string) (a ZoneAnswer, known bool) {
	if !z.RecordsKnown {
		return a, false
	}
	name := domain(host)
	candidates := []string{name}
	for rest := name; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			break
		}
		rest = after
		if _, in := Under(rest, z.Name); !in {
			break
		}
		candidates = append(candidates, "*."+rest)
	}
	for _, c := range candidates {
		if found := recordsAt(z, c, &a); found {
			return a, true
		}
	}
	return a, true
}

// recordsAt collects the addresses of one owner name. A name that exists with
// other types only answers without an address.
func recordsAt(z *snapshot.PrivateZone, name string, a *ZoneAnswer) bool {
	found := false
	for i := range z.Records {
		r := &z.Records[i]
		if domain(strings.ReplaceAll(r.Name, "\\052", "*")) != name {
			continue
		}
		if !found {
			a.Record = r
		}
		found = true
		switch strings.ToUpper(r.Type) {
		case "A", "AAAA", "CNAME":
		default:
			continue // the name exists, so that no wildcard stands for it
		}
		if r.Alias != "" {
			a.Alias = domain(r.Alias)
		}
		for _, v := range r.Values {
			if strings.EqualFold(r.Type, "CNAME") {
				a.Alias = domain(v)
			} else if addr, err := netip.ParseAddr(strings.TrimSpace(v)); err == nil {
				a.Addresses = append(a.Addresses, addr.Unmap())
			}
		}
	}
	return found
}

// FirewallVerdict is what DNS Firewall does to a query.
type FirewallVerdict uint8

const (
	FirewallPasses FirewallVerdict = iota
	FirewallBlocks
	FirewallUnknown
)

// FirewallAnswer is a verdict and the rule that gave it, if one did.
type FirewallAnswer struct {
	Verdict FirewallVerdict
	Rule    *snapshot.FirewallRule
	Need    Need
}

// DecideFirewall sends a query of a type ("A", "AAAA") for host through the
// rule groups that are associated with a VPC, in order of their priority, and
// each one's rules in order of theirs: the first whose domain list has the name
// decides (N102). Where a list is not known, both readings of it are followed.
//
// AWS: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html
func DecideFirewall(r *snapshot.Resolver, vpc snapshot.VPCID, host, queryType string) FirewallAnswer {
	var groups []*snapshot.FirewallRuleGroupAssociation
	for i := range r.FirewallGroups.Items {
		if g := &r.FirewallGroups.Items[i]; g.VPC == vpc && !strings.EqualFold(g.Status, "DELETING") {
			groups = append(groups, g)
		}
	}
	slices.SortStableFunc(groups, func(x, y *snapshot.FirewallRuleGroupAssociation) int { return cmp.Compare(x.Priority, y.Priority) })
	var w firewallWalk
	for _, g := range groups {
		if w.group(r, g, host, queryType) {
			break
		}
	}
	return w.answer()
}

// firewallWalk is what the rules up to here may have done to the query.
type firewallWalk struct {
	mayPass, mayBlock *Need          // an earlier rule may have decided so
	end               FirewallAnswer // the rule that decides whatever is left
}

func (w *firewallWalk) answer() FirewallAnswer {
	switch {
	case w.end.Verdict == FirewallBlocks && w.mayPass != nil:
		return FirewallAnswer{Verdict: FirewallUnknown, Rule: w.end.Rule, Need: *w.mayPass}
	case w.end.Verdict == FirewallPasses && w.mayBlock != nil:
		return FirewallAnswer{Verdict: FirewallUnknown, Rule: w.end.Rule, Need: *w.mayBlock}
	}
	return w.end
}

// group sends the query through one rule group; true: it is decided there.
func (w *firewallWalk) group(r *snapshot.Resolver, g *snapshot.FirewallRuleGroupAssociation, host, queryType string) bool {
	need := func(what string, at snapshot.Source) *Need {
		return &Need{Code: finding.UnknownDNS, Component: g.Group, At: at, Fact: what, Collect: "aws route53resolver list-firewall-rules, list-firewall-domains"}
	}
	if r.FirewallRules.Presence != snapshot.Collected {
		w.end = FirewallAnswer{Verdict: FirewallUnknown, Need: *need("the rules of DNS Firewall rule group "+g.Group, g.At)}
		return true
	}
	for _, x := range firewallRules(r, g.Group, queryType) {
		l := domainList(r, x.DomainList)
		known := l != nil && l.DomainsKnown
		if known && !slices.ContainsFunc(l.Domains, func(d string) bool { return firewallMatches(d, host) }) {
			continue
		}
		listed := need("the domains of DNS Firewall list "+x.DomainList, x.At)
		switch action := strings.ToUpper(x.Action); {
		case action == "BLOCK" && known:
			w.end = FirewallAnswer{Verdict: FirewallBlocks, Rule: x}
			return true
		case action == "BLOCK":
			w.mayBlock = listed
		case (action == "ALLOW" || action == "ALERT") && known:
			w.end = FirewallAnswer{Verdict: FirewallPasses, Rule: x}
			return true
		case action == "ALLOW" || action == "ALERT":
			w.mayPass = listed
		default:
			w.end = FirewallAnswer{Verdict: FirewallUnknown, Rule: x, Need: *need("what the action "+x.Action+" of a DNS Firewall rule does", x.At)}
			return true
		}
	}
	return false
}

// typeNumbers are the query types by number, as rules may write them.
var typeNumbers = map[string]string{"A": "TYPE1", "AAAA": "TYPE28"}

// firewallRules are a group's rules for a type of query, in order of their priority.
func firewallRules(r *snapshot.Resolver, group, queryType string) []*snapshot.FirewallRule {
	var out []*snapshot.FirewallRule
	for i := range r.FirewallRules.Items {
		if x := &r.FirewallRules.Items[i]; x.Group == group && (x.QueryType == "" || strings.EqualFold(x.QueryType, queryType) || strings.EqualFold(x.QueryType, typeNumbers[queryType])) {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(x, y *snapshot.FirewallRule) int { return cmp.Compare(x.Priority, y.Priority) })
	return out
}

func domainList(r *snapshot.Resolver, id string) *snapshot.FirewallDomainList {
	for i := range r.FirewallDomains.Items {
		if l := &r.FirewallDomains.Items[i]; l.ID == id {
			return l
		}
	}
	return nil
}

// firewallMatches compares one domain specification: "example.com", which is
// that name alone, "*.example.com", which is the names below it, or "*".
func firewallMatches(spec, host string) bool {
	spec, host = domain(spec), domain(host)
	if spec == "*" {
		return true
	}
	if below, ok := strings.CutPrefix(spec, "*."); ok {
		return strings.HasSuffix(host, "."+below)
	}
	return spec == host
}

// privateDomains are domains that no public name server has: reserved, or used
// inside of networks.
//
// IANA: https://www.iana.org/assignments/special-use-domain-names
var privateDomains = []string{"internal", "local", "localdomain", "localhost", "lan", "corp", "home", "intranet", "private", "test", "invalid", "example", "arpa", "onion"}

// resourceLabels are in the host names that AWS gives resources which may have
// private addresses only.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
var resourceLabels = []string{"rds", "docdb", "neptune", "elb", "efs", "fsx", "eks", "es", "aos", "cache", "memorydb", "redshift", "redshift-serverless", "kafka",
	"kafka-serverless", "mq", "dax-clusters"}

// MayBePrivate reports whether a host name may have a private address: it is an
// AWS resource's own, such as a database's or a load balancer's, or in a domain
// that only private name servers have (N172).
func MayBePrivate(host string) bool {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(host), "."), ".")
	host = strings.Join(labels, ".")
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".on.aws"} {
		if strings.HasSuffix(host, suffix) {
			return slices.ContainsFunc(labels[1:], func(l string) bool { return slices.Contains(resourceLabels, l) })
		}
	}
	return slices.Contains(privateDomains, labels[len(labels)-1])
}
