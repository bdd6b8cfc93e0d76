package snapshot

import (
	"github.com/canreach/canreach/internal/jsonscan"
)

// Resolver holds Route 53 Resolver rules, DNS Firewall and private hosted zones as seen from one region.
type Resolver struct {
	Rules            Collection[ResolverRule]                 // ResolverRules
	RuleAssociations Collection[ResolverRuleAssociation]      // ResolverRuleAssociations
	FirewallGroups   Collection[FirewallRuleGroupAssociation] // FirewallRuleGroupAssociations
	FirewallRules    Collection[FirewallRule]                 // FirewallRules, each with FirewallRuleGroupId
	FirewallDomains  Collection[FirewallDomainList]           // FirewallDomainLists with their Domains
	FirewallConfigs  Collection[FirewallConfig]               // FirewallConfigs
	Endpoints        Collection[ResolverEndpoint]             // ResolverEndpoints
	Profiles         Collection[ProfileAssociation]           // ProfileAssociations: VPCs
	ProfileResources Collection[ProfileResource]              // ProfileResourceAssociations
	PrivateZones     Collection[PrivateZone]                  // HostedZones with VPCs and ResourceRecordSets
}

// ResolverRule is one of list-resolver-rules.
type ResolverRule struct {
	At        Source
	ID        string `aws:"Id"`
	Domain    string `aws:"DomainName"` // "." or "corp.example."
	Type      string `aws:"RuleType"`   // RuleType: FORWARD, SYSTEM, RECURSIVE, DELEGATE
	TargetIPs []string
	Status    string `aws:"Status"`
}

func (v *ResolverRule) member(r *reader, key string) bool {
	if key != "TargetIps" {
		return false
	}
	for ok := r.array(); ok && r.NextItem(); {
		v.TargetIPs = append(v.TargetIPs, r.targetIP())
	}
	return true
}

// ResolverEndpoint is one of list-resolver-endpoints.
//
// AWS: https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverEndpoint.html
type ResolverEndpoint struct {
	At        Source
	ID        string            `aws:"Id"`
	Name      string            `aws:"Name"`
	Direction string            `aws:"Direction"` // INBOUND, OUTBOUND, …
	VPC       VPCID             `aws:"HostVPCId"`
	Groups    []SecurityGroupID `aws:"SecurityGroupIds"`
	Status    string            `aws:"Status"`
}

// ProfileAssociation ties a Route 53 Profile to a VPC: its zones, Resolver rules
// and DNS Firewall groups apply there (N171).
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/route53profiles/list-profile-associations.html
type ProfileAssociation struct {
	At      Source
	ID      string `aws:"Id"`
	Profile string `aws:"ProfileId,required"`
	VPC     VPCID  `aws:"ResourceId,required"`
	Status  string `aws:"Status"`
}

// ProfileResource is a private zone, a Resolver rule or a DNS Firewall group
// that a Route 53 Profile holds.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/route53profiles/list-profile-resource-associations.html
type ProfileResource struct {
	At         Source
	ID         string `aws:"Id"`
	Profile    string `aws:"ProfileId,required"`
	Resource   string `aws:"ResourceArn,required"`
	Type       string `aws:"ResourceType"`
	Properties string `aws:"ResourceProperties"` // e.g. a firewall group's {"priority": 102}, as text
	Status     string `aws:"Status"`
}

// ResolverRuleAssociation ties a rule to a VPC.
type ResolverRuleAssociation struct {
	At     Source
	Rule   string `aws:"ResolverRuleId"`
	VPC    VPCID  `aws:"VPCId"`
	Status string `aws:"Status"`
}

// FirewallRuleGroupAssociation ties a DNS Firewall rule group to a VPC.
type FirewallRuleGroupAssociation struct {
	At       Source
	ID       string `aws:"Id"`
	Group    string `aws:"FirewallRuleGroupId"`
	VPC      VPCID  `aws:"VpcId"`
	Priority int    `aws:"Priority"`
	Status   string `aws:"Status"`
}

// FirewallRule is one of list-firewall-rules.
type FirewallRule struct {
	At                Source
	Group             string `aws:"FirewallRuleGroupId"`
	DomainList        string `aws:"FirewallDomainListId"`
	Name              string `aws:"Name"`
	Priority          int    `aws:"Priority"`
	Action            string `aws:"Action"`                          // ALLOW, ALERT, BLOCK
	RedirectionAction string `aws:"FirewallDomainRedirectionAction"` // FirewallDomainRedirectionAction
	QueryType         string `aws:"Qtype"`                           // Qtype; empty: every type
}

// FirewallDomainList is a domain list with its domains (list-firewall-domains).
type FirewallDomainList struct {
	At           Source
	ID           string   `aws:"Id"`
	Name         string   `aws:"Name"`
	Domains      []string `aws:"Domains"`
	DomainsKnown bool     `known:"Domains"`
}

// FirewallConfig tells whether a VPC's DNS Firewall fails open.
type FirewallConfig struct {
	At       Source
	VPC      VPCID  `aws:"ResourceId"`
	FailOpen string `aws:"FirewallFailOpen"`
}

// PrivateZone is a private hosted zone with its records.
type PrivateZone struct {
	At           Source
	ID           string      `aws:"Id|HostedZoneId"`
	Name         string      `aws:"Name"` // with the final dot, as Route 53 prints it
	VPCs         []VPCID     `aws:"VPCs[].VPCId"`
	VPCsKnown    bool        `known:"VPCs"`
	Records      []DNSRecord `aws:"ResourceRecordSets"`
	RecordsKnown bool        `known:"ResourceRecordSets"`
}

// DNSRecord is one ResourceRecordSet.
type DNSRecord struct {
	At     Source
	Name   string   `aws:"Name"`
	Type   string   `aws:"Type"`
	Values []string `aws:"ResourceRecords[].Value"`
	Alias  string   `aws:"AliasTarget.DNSName"` // AliasTarget.DNSName
}

// SageMaker holds the jobs that were described.
type SageMaker struct {
	Jobs Collection[JobRecord] // CompilationJobs, TrainingJobs, …, in the file's order
}

// JobRecord is a described job as it stands in the snapshot.
type JobRecord struct {
	At   Source
	Kind string // "CompilationJob", …
	Name string
	Raw  []byte
}

func (r *values) targetIP() string {
	var v4, v6 string
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Ip":
			v4 = r.text()
		case "Ipv6":
			v6 = r.text()
		default:
			r.Skip()
		}
	}
	fill(&v4, v6)
	return v4
}

// hostedZone is a hosted zone as Route 53 prints it; a public one is none of
// the resolver's business.
type hostedZone struct {
	PrivateZone
	public bool
}

func (v *hostedZone) member(r *reader, key string) bool {
	switch key {
	case "HostedZone":
		readHostedZone(r, v.At, v)
	case "Config":
		for ok := r.object(); ok && r.NextKey(); {
			if r.Key() == "PrivateZone" {
				v.public = !r.bool()
			} else {
				r.Skip()
			}
		}
	default:
		return false
	}
	return true
}

func readHostedZone(r *reader, at Source, v *hostedZone) { hostedZoneMembers(r, at, v) }

var hostedZoneMembers func(r *reader, at Source, v *hostedZone)

func init() { hostedZoneMembers = tagged[hostedZone]() }

// route53 reads "route53": hosted zones with their VPCs and records.
//
// AWS: https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html
func (r *reader) route53(c *Collection[PrivateZone], base string) {
	for ok := r.object(); ok && r.NextKey(); {
		if r.Key() != "HostedZones" {
			r.Skip()
			continue
		}
		var zones Collection[hostedZone]
		collect(r, &zones, base+"/HostedZones", shape[hostedZone]{readHostedZone, func(v *hostedZone) string { return v.ID }, "Id"})
		c.Presence, c.At, c.Items = zones.Presence, zones.At, nil
		for _, z := range zones.Items {
			if !z.public {
				c.Items = append(c.Items, z.PrivateZone)
			}
		}
	}
}

// jobKinds maps the keys of "sagemaker" to what their items are, and to the
// member that names one.
var jobKinds = map[string]struct{ kind, name string }{
	"CompilationJobs":   {"CompilationJob", "CompilationJobName"},
	"TrainingJobs":      {"TrainingJob", "TrainingJobName"},
	"ProcessingJobs":    {"ProcessingJob", "ProcessingJobName"},
	"TransformJobs":     {"TransformJob", "TransformJobName"},
	"Models":            {"Model", "ModelName"},
	"OptimizationJobs":  {"OptimizationJob", "OptimizationJobName"},
	"NotebookInstances": {"NotebookInstance", "NotebookInstanceName"},
	"Domains":           {"Domain", "DomainName"},
}

// sageMaker reads "sagemaker" of a region: described jobs, kept as they stand.
func (r *reader) sageMaker(v *SageMaker, base string) {
	for ok := r.object(); ok && r.NextKey(); {
		k, known := jobKinds[r.Key()]
		if !known {
			r.Skip()
			continue
		}
		var jobs Collection[JobRecord]
		collect(r, &jobs, base+"/"+EscapePointer(r.Key()), shape[JobRecord]{read: func(r *reader, at Source, v *JobRecord) {
			v.At, v.Kind = at, k.kind
			v.Raw = r.Raw()
			if r.Err() == nil {
				v.Name = memberText(v.Raw, k.name)
			}
		}})
		if jobs.Presence == Collected {
			if v.Jobs.Presence == NotCollected {
				v.Jobs.Presence, v.Jobs.At, v.Jobs.Items = Collected, At(base), []JobRecord{}
			}
			v.Jobs.Items = append(v.Jobs.Items, jobs.Items...)
		}
	}
}

// memberText returns a member of an object that is a string, or "".
func memberText(object []byte, member string) string {
	s := jsonscan.At(object, 0)
	for ok := s.EnterObject(); ok && s.NextKey(); {
		if s.Key() == member && s.Peek() == jsonscan.String {
			return s.Text()
		}
		s.Skip()
	}
	return ""
}
