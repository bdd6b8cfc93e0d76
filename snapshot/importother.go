package snapshot

import (
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// otherFile takes in what the remaining services print; false: none of it.
func (m *importer) otherFile(f *cliFile) bool {
	return m.identityFile(f) || m.jobFile(f) || m.kmsFile(f) || m.zoneFile(f) || m.lambdaFile(f) || m.resourcePolicyFile(f)
}

// identityFile reads sts get-caller-identity.
func (m *importer) identityFile(f *cliFile) bool {
	if !f.has("UserId") || !f.has("Account") || !f.has("Arn") {
		return false
	}
	if m.caller == "" {
		m.caller = f.text("Arn")
	}
	return true
}

// jobFile reads a described SageMaker job. A request, which has no ARN, is no
// part of an account's state.
func (m *importer) jobFile(f *cliFile) bool {
	for key, k := range jobKinds {
		arn := k.kind + "Arn"
		if !f.has(arn) {
			continue
		}
		a, ok := parseARN(f.text(arn))
		if !ok || a.service != "sagemaker" || !isAccountID(a.account) || a.region == "" {
			m.problem(f, arn, "", "not the ARN of a %s", k.kind)
			return true
		}
		whole := wholeFile(f)
		m.note(m.part(place{a.account, a.region}, "sagemaker/"+key).get(f.text(arn)).setWhole(whole, arn))
		return true
	}
	return false
}

func (m *importer) kmsFile(f *cliFile) bool {
	_, folder := f.below("kms")
	key := func(command string) (*record, bool) {
		p, ok := m.regional(f)
		id := f.text("KeyId")
		if id == "" {
			id = f.subject(command)
		}
		if i := strings.LastIndexByte(id, '/'); i >= 0 {
			id = id[i+1:]
		}
		if ok && id == "" {
			m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which key this is of", Hint: "name the file " + command + ".KEY-ID.json"})
		}
		if !ok || id == "" {
			return nil, false
		}
		r := m.part(p, "kms/Keys").get(id)
		r.replace("KeyId", literal(quoteJSON(id), f))
		return r, true
	}
	switch {
	case f.kind("KeyMetadata") == jsonscan.Object:
		if p, ok := m.regional(f); ok {
			id := memberText(f.value("KeyMetadata"), "KeyId")
			r := m.part(p, "kms/Keys").get(id)
			m.note(r.set("KeyMetadata", f.member("KeyMetadata")))
			r.replace("KeyId", literal(quoteJSON(id), f))
		}
	case f.kind("Keys") == jsonscan.Array && folder:
		if p, ok := m.regional(f); ok {
			m.page(f, m.part(p, "kms/Keys"))
			m.eachItem(f, "Keys", func(item raw) {
				if id := memberText(item.text, "KeyId"); id != "" {
					for _, e := range m.part(p, "kms/Keys").get(id).setAll(item) {
						m.note(e)
					}
				}
			})
		}
	case f.kind("Policy") == jsonscan.String && (folder || strings.HasPrefix(f.name, "get-key-policy")):
		if r, ok := key("get-key-policy"); ok {
			m.note(r.set("Policy", f.member("Policy")))
		}
	case f.kind("Grants") == jsonscan.Array && (folder || strings.HasPrefix(f.name, "list-grants") || strings.Contains(string(f.value("Grants")), `"GranteePrincipal"`)):
		if r, ok := key("list-grants"); ok {
			m.joinArray(r, "Grants", f.member("Grants"))
		}
	case f.kind("Aliases") == jsonscan.Array && (folder || strings.Contains(string(f.value("Aliases")), `"AliasName"`)):
		if p, ok := m.regional(f); ok {
			m.collectItems(f, "Aliases", m.part(p, "kms/Aliases"), "AliasArn", "AliasName")
		}
	default:
		return false
	}
	return true
}

// zoneFile reads hosted zones, their records, and DNS Firewall's domain lists.
func (m *importer) zoneFile(f *cliFile) bool {
	zones := func() (*collection, bool) {
		p, ok := m.global(f)
		if _, inRegion := f.below(f.region); inRegion {
			p.region = f.region
		}
		return m.part(p, "route53/HostedZones"), ok
	}
	zone := func(id string) *record {
		c, ok := zones()
		if id = strings.TrimPrefix(id, "/hostedzone/"); !ok || id == "" {
			return nil
		}
		r := c.get(id)
		r.replace("Id", literal(quoteJSON("/hostedzone/"+id), f))
		return r
	}
	switch {
	case f.kind("HostedZones") == jsonscan.Array:
		if c, ok := zones(); ok {
			m.page(f, c)
			c.touch()
			m.eachItem(f, "HostedZones", func(item raw) { m.zoneMembers(zone(memberText(item.text, "Id")), item) })
		}
	case f.kind("HostedZone") == jsonscan.Object:
		r := zone(memberText(f.value("HostedZone"), "Id"))
		m.zoneMembers(r, f.member("HostedZone"))
		if r != nil && f.has("VPCs") {
			m.note(r.set("VPCs", f.member("VPCs")))
		}
	case f.kind("HostedZoneSummaries") == jsonscan.Array:
		m.zoneSummaries(f, zone)
	case f.kind("ResourceRecordSets") == jsonscan.Array:
		id := firstText(f.subject("list-resource-record-sets"), f.subject("resource-record-sets"))
		if r := zone(id); r != nil {
			m.joinArray(r, "ResourceRecordSets", f.member("ResourceRecordSets"))
		} else {
			m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which hosted zone this is of", Hint: "name the file list-resource-record-sets.ZONE-ID.json"})
		}
	default:
		return m.domainFile(f)
	}
	return true
}

// domainFile reads the domain lists of DNS Firewall, and one's domains.
func (m *importer) domainFile(f *cliFile) bool {
	switch {
	case f.kind("FirewallDomainLists") == jsonscan.Array:
		if p, ok := m.regional(f); ok {
			c := m.part(p, "route53resolver/FirewallDomainLists")
			m.page(f, c)
			c.touch()
			m.eachItem(f, "FirewallDomainLists", func(item raw) {
				if id := memberText(item.text, "Id"); id != "" {
					for _, e := range c.get(id).setAll(item) {
						m.note(e)
					}
				}
			})
		}
	case f.kind("Domains") == jsonscan.Array && f.id("rslvr-fdl-") != "":
		if p, ok := m.regional(f); ok {
			r := m.part(p, "route53resolver/FirewallDomainLists").get(f.id("rslvr-fdl-"))
			r.replace("Id", literal(quoteJSON(r.id), f))
			m.joinArray(r, "Domains", f.member("Domains"))
		}
	default:
		return false
	}
	return true
}

// zoneMembers takes in a hosted zone's own members but for its id, which the
// calls spell in two ways.
func (m *importer) zoneMembers(r *record, item raw) {
	if r == nil {
		m.note(item.from.problem(item.offset, "", "no Id here"))
		return
	}
	id := r.members["Id"]
	delete(r.members, "Id")
	for _, e := range r.setAll(item) {
		if !strings.HasSuffix(e.At.Pointer(), "/ResourceRecordSetCount") {
			m.note(e)
		}
	}
	r.replace("Id", id)
}

// zoneSummaries reads list-hosted-zones-by-vpc: private zones of one VPC.
func (m *importer) zoneSummaries(f *cliFile, zone func(string) *record) {
	vpc := f.id("vpc-")
	m.eachItem(f, "HostedZoneSummaries", func(item raw) {
		r := zone(memberText(item.text, "HostedZoneId"))
		if r == nil {
			return
		}
		if !r.has("Name") {
			r.replace("Name", literal(quoteJSON(memberText(item.text, "Name")), f))
		}
		if !r.has("Config") {
			r.replace("Config", literal(`{"PrivateZone":true}`, f))
		}
		if vpc != "" {
			m.joinArray(r, "VPCs", literal(`[{"VPCId":`+quoteJSON(vpc)+`}]`, f))
		}
	})
}

// lambdaFile reads get-function or get-function-configuration.
func (m *importer) lambdaFile(f *cliFile) bool {
	var whole raw
	switch {
	case f.kind("Configuration") == jsonscan.Object && memberText(f.value("Configuration"), "FunctionArn") != "":
		whole = f.member("Configuration")
	case f.has("FunctionArn"):
		whole = wholeFile(f)
	default:
		return false
	}
	if p, ok := m.regional(f); ok {
		arn := memberText(whole.text, "FunctionArn")
		m.note(m.part(p, "lambda/Functions").get(arn).setWhole(whole, "FunctionArn"))
	}
	return true
}
