package snapshot

import (
	"strconv"

	"github.com/canreach/canreach/internal/jsonscan"
)

// resolver reads "route53resolver" of a region.
//
// AWS: https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations_Amazon_Route_53_Resolver.html
func (r *reader) resolver(v *Resolver, base string) {
	for ok := r.object(); ok && r.NextKey(); {
		at := base + "/" + EscapePointer(r.Key())
		switch r.Key() {
		case "ResolverRules":
			collect(r, &v.Rules, at, shape[ResolverRule]{(*reader).resolverRule, func(v *ResolverRule) string { return v.ID }, "Id"})
		case "ResolverRuleAssociations":
			collect(r, &v.RuleAssociations, at, shape[ResolverRuleAssociation]{(*reader).resolverRuleAssociation,
				func(v *ResolverRuleAssociation) string { return together(v.Rule, string(v.VPC)) }, "ResolverRuleId"})
		case "FirewallRuleGroupAssociations":
			collect(r, &v.FirewallGroups, at, shape[FirewallRuleGroupAssociation]{(*reader).firewallGroupAssociation,
				func(v *FirewallRuleGroupAssociation) string { return together(v.ID, v.Group, string(v.VPC)) }, "FirewallRuleGroupId"})
		case "FirewallRules":
			collect(r, &v.FirewallRules, at, shape[FirewallRule]{(*reader).firewallRule, func(v *FirewallRule) string {
				return together(v.Group, v.DomainList, v.Name, strconv.Itoa(v.Priority), v.QueryType)
			}, "FirewallRuleGroupId"})
		case "FirewallDomainLists":
			collect(r, &v.FirewallDomains, at, shape[FirewallDomainList]{(*reader).firewallDomainList,
				func(v *FirewallDomainList) string { return v.ID }, "Id"})
		case "FirewallConfigs":
			collect(r, &v.FirewallConfigs, at, shape[FirewallConfig]{(*reader).firewallConfig,
				func(v *FirewallConfig) string { return string(v.VPC) }, "ResourceId"})
		default:
			r.Skip()
		}
	}
}

func (r *reader) resolverRule(at Source, v *ResolverRule) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Id":
			v.ID = r.text()
		case "DomainName":
			v.Domain = r.text()
		case "RuleType":
			v.Type = r.text()
		case "Status":
			v.Status = r.text()
		case "TargetIps":
			for ok := r.array(); ok && r.NextItem(); {
				v.TargetIPs = append(v.TargetIPs, r.targetIP())
			}
		default:
			r.Skip()
		}
	}
}

func (r *reader) targetIP() string {
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

func (r *reader) resolverRuleAssociation(at Source, v *ResolverRuleAssociation) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "ResolverRuleId":
			v.Rule = r.text()
		case "VPCId":
			readText(r, &v.VPC)
		case "Status":
			v.Status = r.text()
		default:
			r.Skip()
		}
	}
}

func (r *reader) firewallGroupAssociation(at Source, v *FirewallRuleGroupAssociation) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Id":
			v.ID = r.text()
		case "FirewallRuleGroupId":
			v.Group = r.text()
		case "VpcId":
			readText(r, &v.VPC)
		case "Priority":
			v.Priority, _ = r.int()
		case "Status":
			v.Status = r.text()
		default:
			r.Skip()
		}
	}
}

func (r *reader) firewallRule(at Source, v *FirewallRule) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "FirewallRuleGroupId":
			v.Group = r.text()
		case "FirewallDomainListId":
			v.DomainList = r.text()
		case "Name":
			v.Name = r.text()
		case "Priority":
			v.Priority, _ = r.int()
		case "Action":
			v.Action = r.text()
		case "FirewallDomainRedirectionAction":
			v.RedirectionAction = r.text()
		case "Qtype":
			v.QueryType = r.text()
		default:
			r.Skip()
		}
	}
}

func (r *reader) firewallDomainList(at Source, v *FirewallDomainList) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Id":
			v.ID = r.text()
		case "Name":
			v.Name = r.text()
		case "Domains":
			v.Domains = readTexts[string](r, &v.DomainsKnown)
		default:
			r.Skip()
		}
	}
}

func (r *reader) firewallConfig(at Source, v *FirewallConfig) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "ResourceId":
			readText(r, &v.VPC)
		case "FirewallFailOpen":
			v.FailOpen = r.text()
		default:
			r.Skip()
		}
	}
}

// hostedZone is a hosted zone as Route 53 prints it; a public one is none of
// the resolver's business.
type hostedZone struct {
	PrivateZone
	public bool
}

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
		collect(r, &zones, base+"/HostedZones", shape[hostedZone]{(*reader).hostedZone, func(v *hostedZone) string { return v.ID }, "Id"})
		c.Presence, c.At, c.Items = zones.Presence, zones.At, nil
		for _, z := range zones.Items {
			if !z.public {
				c.Items = append(c.Items, z.PrivateZone)
			}
		}
	}
}

func (r *reader) hostedZone(at Source, v *hostedZone) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "HostedZone":
			r.hostedZone(at, v)
		case "Id", "HostedZoneId":
			v.ID = r.text()
		case "Name":
			v.Name = r.text()
		case "Config":
			for ok := r.object(); ok && r.NextKey(); {
				if r.Key() == "PrivateZone" {
					v.public = !r.bool()
				} else {
					r.Skip()
				}
			}
		case "VPCs":
			if !r.array() {
				continue
			}
			v.VPCsKnown = true
			for r.NextItem() {
				v.VPCs = append(v.VPCs, VPCID(r.nestedText("VPCId")))
			}
		case "ResourceRecordSets":
			v.Records, v.RecordsKnown = r.dnsRecords(r.child(at, "ResourceRecordSets"))
		default:
			r.Skip()
		}
	}
}

func (r *reader) dnsRecords(base string) ([]DNSRecord, bool) {
	if !r.array() {
		return nil, false
	}
	out := []DNSRecord{}
	for i := 0; r.NextItem(); i++ {
		v := DNSRecord{At: Source{base, int32(i)}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "Name":
				v.Name = r.text()
			case "Type":
				v.Type = r.text()
			case "ResourceRecords":
				for ok := r.array(); ok && r.NextItem(); {
					v.Values = append(v.Values, r.nestedText("Value"))
				}
			case "AliasTarget":
				v.Alias = r.nestedText("DNSName")
			default:
				r.Skip()
			}
		}
		out = append(out, v)
	}
	return out, true
}

// jobKinds maps the keys of "sagemaker" to what their items are, and to the
// member that names one.
var jobKinds = map[string]struct{ kind, name string }{
	"CompilationJobs":   {"CompilationJob", "CompilationJobName"},
	"TrainingJobs":      {"TrainingJob", "TrainingJobName"},
	"ProcessingJobs":    {"ProcessingJob", "ProcessingJobName"},
	"TransformJobs":     {"TransformJob", "TransformJobName"},
	"Models":            {"Model", "ModelName"},
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
