package capture

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/canreach/canreach/internal/jsonscan"
)

// appendJSON appends v, a value of an SDK's types, to b as the AWS CLI prints
// it: AWS's own member names, no member that AWS did not send, times as
// RFC 3339 strings, IAM's URL-encoded policy documents as the JSON that they
// hold. Members are sorted by name, and lists whose order AWS gives no meaning
// are sorted too, so that the same state gives the same bytes. Every member of
// the type is written, used by canreach or not.
func appendJSON(b []byte, v reflect.Value) []byte { return encoderOf(v.Type())(b, v) }

type encoder func(b []byte, v reflect.Value) []byte

var encoders sync.Map // reflect.Type → encoder

func encoderOf(t reflect.Type) encoder {
	if e, ok := encoders.Load(t); ok {
		return e.(encoder)
	}
	// A type may hold itself: until it is built, look it up again at each use.
	encoders.Store(t, encoder(func(b []byte, v reflect.Value) []byte { return buildEncoder(t)(b, v) }))
	e := buildEncoder(t)
	encoders.Store(t, e)
	return e
}

var timeType = reflect.TypeFor[time.Time]()

func buildEncoder(t reflect.Type) encoder {
	if t == timeType {
		return func(b []byte, v reflect.Value) []byte {
			return appendString(b, v.Interface().(time.Time).UTC().Format(time.RFC3339Nano))
		}
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendString(b, v.String()) }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendBool(b, v.Bool()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }
	case reflect.Float32, reflect.Float64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendFloat(b, v.Float(), 'g', -1, 64) }
	case reflect.Pointer:
		return func(b []byte, v reflect.Value) []byte { return encoderOf(t.Elem())(b, v.Elem()) }
	case reflect.Interface:
		return appendUnion
	case reflect.Slice:
		return sliceEncoder(t)
	case reflect.Map:
		return appendMap
	case reflect.Struct:
		return structEncoder(t)
	}
	panic(fmt.Sprintf("unreachable: no JSON for %s", t))
}

type member struct {
	index   int
	key     []byte // quoted, with the colon
	enc     encoder
	omitted func(reflect.Value) bool // AWS did not send it
}

func structEncoder(t reflect.Type) encoder {
	var members []member
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		members = append(members, member{
			index: i, key: append(strconv.AppendQuote(nil, f.Name), ':'),
			enc: memberEncoder(t, f), omitted: omission(f.Type),
		})
	}
	slices.SortFunc(members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	return func(b []byte, v reflect.Value) []byte {
		b = append(b, '{')
		first := true
		for i := range members {
			m := &members[i]
			f := v.Field(m.index)
			if m.omitted(f) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = m.enc(append(b, m.key...), f)
		}
		return append(b, '}')
	}
}

// omission returns the test for a member that was not in AWS's answer.
func omission(t reflect.Type) func(reflect.Value) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return reflect.Value.IsNil
	case reflect.String:
		return func(v reflect.Value) bool { return v.Len() == 0 } // enumerations
	}
	return func(reflect.Value) bool { return false }
}

func memberEncoder(t reflect.Type, f reflect.StructField) encoder {
	if strings.HasSuffix(strings.TrimSuffix(t.PkgPath(), "/types"), "/service/iam") && iamDocuments[f.Name] {
		return func(b []byte, v reflect.Value) []byte { return appendDocument(b, v.Elem().String(), true) }
	}
	enc := encoderOf(f.Type)
	if order := orders[f.Name]; order != nil && f.Type.Kind() == reflect.Slice {
		return sortedBy(order, enc)
	}
	return enc
}

// iamDocuments are the members that IAM sends URL-encoded (P18).
var iamDocuments = map[string]bool{"AssumeRolePolicyDocument": true, "PolicyDocument": true, "Document": true}

// appendDocument appends a policy document as the JSON that text holds, as it
// stands there but for white space; as a string where it holds no JSON object.
func appendDocument(b []byte, text string, escaped bool) []byte {
	plain := text
	if d, err := jsonscan.DecodeDocument([]byte(text)); escaped && err == nil {
		plain = string(d)
	}
	var c bytes.Buffer
	if strings.HasPrefix(strings.TrimLeft(plain, " \t\r\n"), "{") && json.Compact(&c, []byte(plain)) == nil {
		return append(b, c.Bytes()...)
	}
	return appendString(b, plain)
}

// byBytes orders by the items' JSON.
func byBytes(item []byte) string { return string(item) }

// byACLOrder orders ACL entries as AWS evaluates them: inbound first, by number.
func byACLOrder(item []byte) string {
	var e struct {
		Egress     bool
		RuleNumber int
	}
	_ = json.Unmarshal(item, &e)
	return fmt.Sprintf("%t %08d %s", e.Egress, e.RuleNumber, item)
}

// orders says how to sort lists that AWS returns in no promised order and
// whose order means nothing. Lists that are not named keep AWS's order: the
// first of PrivateIpAddresses, for one, is the primary.
var orders = map[string]func([]byte) string{
	"Tags": byBytes, "TagSet": byBytes, "IpPermissions": byBytes, "IpPermissionsEgress": byBytes,
	"IpRanges": byBytes, "Ipv6Ranges": byBytes, "PrefixListIds": byBytes, "UserIdGroupPairs": byBytes,
	"Groups": byBytes, "SecurityGroups": byBytes, "SubnetIds": byBytes, "RouteTableIds": byBytes, "NetworkInterfaceIds": byBytes,
	"Associations": byBytes, "Routes": byBytes, "Entries": byACLOrder, "PropagatingVgws": byBytes,
	"Attachments": byBytes, "VpcAttachments": byBytes, "Cidrs": byBytes, "AttachedManagedPolicies": byBytes,
	"RolePolicyList": byBytes, "Instances": byBytes, "NetworkInterfaces": byBytes, "CidrBlockSet": byBytes,
	"Ipv6CidrBlockSet": byBytes, "TransitGatewayAttachments": byBytes, "Grants": byBytes, "Operations": byBytes,
	"VPCs": byBytes, "EncryptionAlgorithms": byBytes, "ResourceRecords": byBytes, "PolicyTypes": byBytes, "AvailablePolicyTypes": byBytes,
	"CidrBlockAssociationSet": byBytes, "Ipv6CidrBlockAssociationSet": byBytes, "Ipv6Addresses": byBytes, "Ipv4Prefixes": byBytes, "Ipv6Prefixes": byBytes,
	"TargetIps": byBytes,
}

func sortedBy(order func([]byte) string, enc encoder) encoder {
	return func(b []byte, v reflect.Value) []byte {
		if v.Len() < 2 {
			return enc(b, v)
		}
		type keyed struct {
			key  string
			item []byte
		}
		item := encoderOf(v.Type().Elem())
		items := make([]keyed, v.Len())
		for i := range items {
			items[i].item = item(nil, v.Index(i))
			items[i].key = order(items[i].item)
		}
		slices.SortStableFunc(items, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
		for i := range items {
			b = append(append(b, "[,"[min(i, 1)]), items[i].item...)
		}
		return append(b, ']')
	}
}

func sliceEncoder(t reflect.Type) encoder {
	if t.Elem().Kind() == reflect.Uint8 {
		return func(b []byte, v reflect.Value) []byte {
			return appendString(b, base64.StdEncoding.EncodeToString(v.Bytes()))
		}
	}
	return func(b []byte, v reflect.Value) []byte {
		enc := encoderOf(t.Elem())
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = enc(b, v.Index(i))
		}
		return append(b, ']')
	}
}

func appendMap(b []byte, v reflect.Value) []byte {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return cmp.Compare(x.String(), y.String()) })
	enc := encoderOf(v.Type().Elem())
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = enc(append(appendString(b, k.String()), ':'), v.MapIndex(k))
	}
	return append(b, '}')
}

// appendUnion appends a union member, which the SDK wraps in a struct with
// the one field Value, e.g. *types.RetrievalConfigMemberX.
func appendUnion(b []byte, v reflect.Value) []byte {
	v = v.Elem()
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	_, name, ok := strings.Cut(v.Type().Name(), "Member")
	value := v.FieldByName("Value")
	if !ok || !value.IsValid() {
		return appendJSON(b, v)
	}
	b = append(appendString(append(b, '{'), name), ':')
	return append(appendJSON(b, value), '}')
}

const hexDigits = "0123456789abcdef"

// appendString appends s quoted; bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			b = append(append(b, s[start:i]...), "\uFFFD"...)
			i++
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
