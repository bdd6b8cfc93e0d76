package snapshot

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/canreach/canreach/internal/jsonscan"
)

// configKinds are the resource types of AWS Config that become resources of the
// snapshot. Config has EC2's own members, spelt in lower camel case.
//
// AWS: https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html
// Schema: https://github.com/awslabs/aws-config-resource-schema
var configKinds = map[string]string{
	"AWS::EC2::VPC": "Vpcs", "AWS::EC2::Subnet": "Subnets", "AWS::EC2::RouteTable": "RouteTables", "AWS::EC2::NetworkAcl": "NetworkAcls",
	"AWS::EC2::SecurityGroup": "SecurityGroups", "AWS::EC2::VPCEndpoint": "VpcEndpoints", "AWS::EC2::InternetGateway": "InternetGateways",
	"AWS::EC2::NatGateway": "NatGateways", "AWS::EC2::NetworkInterface": "NetworkInterfaces",
}

// configItem is a configuration item.
type configItem struct {
	Type          string                     `json:"resourceType"`
	Account       string                     `json:"accountId"`
	Region        string                     `json:"awsRegion"`
	ID            string                     `json:"resourceId"`
	Status        string                     `json:"configurationItemStatus"`
	Configuration json.RawMessage            `json:"configuration"`
	Supplementary map[string]json.RawMessage `json:"supplementaryConfiguration"`
	Tags          json.RawMessage            `json:"tags"`
}

const configHint = "SELECT accountId, awsRegion, resourceType, resourceId, configuration, supplementaryConfiguration, tags WHERE …"

// configFile takes in what AWS Config prints: an advanced query's or an
// aggregator's Results, or the configurationItems of a delivered snapshot. What
// its schema does not carry, such as an endpoint's policy, is not collected.
func configFile(m *importer, f *cliFile) bool {
	key := "configurationItems"
	if f.kind(key) != jsonscan.Array {
		if key = "Results"; f.kind(key) != jsonscan.Array || !f.has("QueryInfo") {
			return false
		}
	}
	s := jsonscan.At(f.data, f.values[key].start)
	for ok := s.EnterArray(); ok && s.NextItem(); {
		kind := s.Peek()
		at := s.Offset()
		var text []byte
		if kind == jsonscan.String {
			text = []byte(s.Text())
		} else {
			text = s.Raw()
		}
		var item configItem
		if err := json.Unmarshal(text, &item); err != nil {
			m.note(f.problem(at, configHint, "not a configuration item: %s", found(err)))
			continue
		}
		takeConfigItem(m, f, at, &item)
	}
	return true
}

// found is what a JSON error is about, without Go's words.
func found(err error) string {
	if strings.Contains(err.Error(), "cannot unmarshal") {
		return "a member is of another kind than Config's schema says"
	}
	return "not JSON"
}

func takeConfigItem(m *importer, f *cliFile, at int, item *configItem) {
	listed, bucket := configKinds[item.Type], item.Type == "AWS::S3::Bucket"
	switch {
	case item.Type == "":
		m.note(f.problem(at, configHint, "no resourceType here"))
		return
	case listed == "" && !bucket, item.Status == "ResourceDeleted", item.Status == "ResourceDeletedNotRecorded":
		return
	}
	p := place{firstText(item.Account, f.account), firstText(item.Region, f.region)}
	if p.account == "" || p.region == "" || item.ID == "" || item.Configuration == nil && !bucket {
		m.note(f.problem(at, configHint, "the configuration item lacks accountId, awsRegion, resourceId or configuration"))
		return
	}
	made := func(v any) raw {
		text, err := json.Marshal(v)
		if err != nil {
			panic("unreachable: " + err.Error())
		}
		return raw{text: text, from: f, offset: at, made: true}
	}
	if bucket {
		configBucket(m, place{account: p.account}, item, made)
		return
	}
	kind := kindsByKey[listed]
	object, ok := nativeSpelling(unquoted(item.Configuration)).(map[string]any)
	if id, _ := object[kind.ids[0]].(string); !ok || id != item.ID {
		m.note(f.problem(at, configHint, "the configuration of %s %s has no %s of that id", item.Type, short(item.ID), kind.ids[0]))
		return
	}
	if tags := configTags(item.Tags); tags != nil {
		object["Tags"] = tags
	}
	c := m.part(p, kind.service+"/"+kind.key)
	m.page(f, c)
	m.note(c.get(item.ID).setWhole(made(object), kind.ids[0]))
}

// configBucket takes in what Config's schema has of a bucket.
func configBucket(m *importer, p place, item *configItem, made func(any) raw) {
	r := m.part(p, "s3/buckets").get(item.ID)
	if item.Region != "" {
		m.note(r.set("region", made(item.Region)))
	}
	for _, key := range []string{"PublicAccessBlockConfiguration", "ServerSideEncryptionConfiguration"} {
		if v, ok := item.Supplementary[key]; ok {
			if object, is := nativeSpelling(unquoted(v)).(map[string]any); is {
				m.note(r.set(key, made(object)))
			}
		}
	}
}

// unquoted reads a value that Config prints as itself or as a string that holds it.
func unquoted(text json.RawMessage) any {
	var s string
	if json.Unmarshal(text, &s) == nil {
		text = []byte(s)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}

// configNames are the members that Config names otherwise than the service.
var configNames = map[string]string{"ipv4Ranges": "IpRanges", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyID": "KMSMasterKeyID"}

// nativeSpelling spells a value's members as the service's own API does.
func nativeSpelling(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = nativeSpelling(v[i])
		}
	case map[string]any:
		if value, ok := v["value"].(string); ok && len(v) == 1 { // a state
			return value
		}
		out := make(map[string]any, len(v))
		for key, member := range v {
			_, newer := v["ipv4Ranges"]
			if key == "ipRanges" && newer || member == nil {
				continue // ipRanges says the same again, as plain text
			}
			name := configNames[key]
			if r, n := utf8.DecodeRuneInString(key); name == "" {
				name = string(unicode.ToUpper(r)) + key[n:]
			}
			out[name] = nativeSpelling(member)
		}
		return out
	}
	return v
}

// configTags are an item's tags as EC2 prints them; nil: the item has no such member.
func configTags(text json.RawMessage) []any {
	if text == nil {
		return nil
	}
	out := []any{}
	switch tags := unquoted(text).(type) {
	case []any:
		for _, t := range tags {
			if t, ok := t.(map[string]any); ok {
				out = append(out, map[string]any{"Key": t["key"], "Value": t["value"]})
			}
		}
	default:
		return nil
	}
	return out
}
