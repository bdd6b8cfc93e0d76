package redact

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// place is where a string stands in a JSON text.
type place struct {
	key   string   // the member that holds it, also through arrays
	path  []string // the members above that one
	isKey bool     // the string is itself a member's name
}

func (p place) under(member string) bool { return slices.Contains(p.path, member) }

// madeUp tells a member that the owner named: a variable, or a tag where tags
// are an object.
func (p place) madeUp() bool {
	if len(p.path) == 0 {
		return false
	}
	switch p.path[len(p.path)-1] {
	case "Variables", "HyperParameters":
		return true
	case "Environment":
		return p.key != "Variables"
	case "Tags", "TagSet":
		return !tagMembers[p.key]
	}
	return false
}

// tagMembers are the members of a tag where tags are an array.
var tagMembers = set("Key", "Value", "TagKey", "TagValue", "key", "value")

// isNumber tells an operand that is compared as a number or time.
func (p place) isNumber(text string) bool {
	if strings.Trim(text, "0123456789.-") != "" || !p.under("Condition") {
		return false
	}
	return slices.ContainsFunc(p.path, func(m string) bool { return strings.Contains(m, "Numeric") || strings.Contains(m, "Date") })
}

// rewrite copies a valid JSON text, white space and all, with every string
// replaced by what replace returns for it.
func rewrite(text []byte, replace func(place, string) string) []byte {
	out := make([]byte, 0, len(text)+len(text)/8)
	var stack []string // the member that each open container is the value of
	var object []bool
	key := ""
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '"':
			end := stringEnd(text, i)
			isKey := len(object) > 0 && object[len(object)-1] && nextIs(text, end, ':')
			s := unquote(text[i:end])
			if isKey {
				key = s
			}
			at := place{key: key, path: stack, isKey: isKey}
			if t := replace(at, s); t != s {
				out = append(out, quote(t)...)
			} else {
				out = append(out, text[i:end]...)
			}
			i = end
			continue
		case '{', '[':
			stack, object = append(stack, key), append(object, c == '{')
		case '}', ']':
			key = stack[len(stack)-1]
			stack, object = stack[:len(stack)-1], object[:len(object)-1]
		}
		out = append(out, text[i])
		i++
	}
	return out
}

func stringEnd(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func nextIs(text []byte, i int, c byte) bool {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i < len(text) && text[i] == c
}

func unquote(b []byte) string {
	if plain := b[1 : len(b)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain)
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		panic("unreachable: the text was parsed before: " + err.Error())
	}
	return s
}

func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("unreachable: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// keeps tells whether a member's values are AWS's own words, numbers, times
// or ids, which say nothing of the owner.
func (p place) keeps() bool {
	if p.under("Statement") && (p.key == "Action" || p.key == "NotAction") {
		return true
	}
	if p.key == "Key" && p.under("DhcpConfigurations") {
		return true // "domain-name-servers"
	}
	if p.key == "Name" && len(p.path) > 0 && p.path[len(p.path)-1] == "State" {
		return true // an instance's: "running"
	}
	if p.madeUp() {
		return false
	}
	if p.under("Tags") || p.under("TagSet") || p.under("Statement") || p.under("Condition") {
		return keptMembers[p.key] // a tag's key may end as an enum's name does
	}
	return keptMembers[p.key] || slices.ContainsFunc(enumEndings, func(e string) bool { return strings.HasSuffix(p.key, e) })
}

// enumEndings end the names of members whose values are AWS's own words, in
// the API models of the services that a snapshot holds; enums_test.go holds
// the list to the types of the AWS SDK.
var enumEndings = []string{"State", "Status", "Type", "Mode", "Support", "Action", "Scope", "Tenancy", "Behavior", "Format", "Framework", "Protocol"}

var keptMembers = set(
	"schema", "startedAt", "finishedAt", "tool", "region", "complete", "service", "operation", "code", "notCollected",
	"State", "Status", "Code", "Type", "Origin", "RuleAction", "Protocol", "IpProtocol", "Region", "RegionName",
	"AvailabilityZone", "AvailabilityZoneId", "InstanceTenancy", "VpcEndpointType", "ServiceName", "ServiceRegion",
	"IpAddressType", "DnsRecordIpType", "ConnectivityType", "AvailabilityMode", "AddressFamily", "InterfaceType", "InstanceType",
	"ResourceType", "InternetGatewayBlockMode", "InternetGatewayExclusionMode", "Mode", "ExclusionsAllowed", "ManagedBy", "Reason",
	"Effect", "Version", "ObjectOwnership", "SSEAlgorithm", "Permission", "Payer", "URI", "NetworkOrigin",
	"LocationConstraint", "BucketRegion", "KeyManager", "KeyState", "KeyUsage", "KeySpec", "CustomerMasterKeySpec", "EncryptionAlgorithms",
	"Operations", "RuleType", "Action", "FirewallFailOpen", "FirewallDomainRedirectionAction", "Qtype", "BlockResponse", "VPCRegion",
	"FeatureSet", "PolicyTypes", "VersionId", "DefaultVersionId", "PermissionsBoundaryType", "PolicyUsageFilter",
	"CreateDate", "UpdateDate", "CreateTime", "CreationTime", "CreationDate", "CreationTimestamp", "LastModifiedTime", "AttachTime", "LaunchTime", "LastUsedDate",
	"ApplianceModeSupport", "DnsSupport", "Ipv6Support", "SecurityGroupReferencingSupport", "AutoAcceptSharedAttachments", "DefaultRouteTableAssociation",
	"DefaultRouteTablePropagation", "VpnEcmpSupport", "MulticastSupport", "AutoScalingIps", "AutoProvisionZones", "Scope", "Domain", "Runtime", "Architectures", "PackageType",
	"AvailabilityZones", "PrivateDnsOnlyForInboundResolverEndpoint", "OwnershipControlsType", "OwnerIdType", "FrameWork", "Framework", "TargetDevice",
	"IpSource", "Ipv6AddressAttribute", "Architecture", "CapacityReservationPreference", "AmdSevSnp", "NestedVirtualization", "Hypervisor", "InstanceLifecycle",
	"AutoRecovery", "RebootMigration", "HttpEndpoint", "HttpProtocolIpv6", "HttpTokens", "InstanceMetadataTags", "BandwidthWeighting", "Platform", "ServiceManaged",
	"EncapsulationAlgorithms", "ExpirationModel", "KeyAgreementAlgorithms", "MacAlgorithms", "SigningAlgorithms", "DirectS3Read", "LastUpdateStatusReasonCode",
	"ApplicationLogLevel", "SystemLogLevel", "ApplyOn", "StateReasonCode", "ConfidenceThreshold", "DnsThreatProtection", "MutationProtection",
)

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
