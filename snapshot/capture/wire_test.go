package capture

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/testkit/awswire"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// wired is one call with answers of the test's own making.
type wired struct {
	*fakeAWS
	r *run
	s *session
}

// newWired prepares calls that answer returns the answers of, in AWS's wire
// formats, by the number of the call, from 1.
func newWired(t *testing.T, answer func(call int, body string) string) *wired {
	t.Helper()
	f := newFakeAWS(t)
	w := &wired{fakeAWS: f}
	n := 0
	f.answers = nil
	f.raw = func(req *http.Request, body []byte) string {
		if awswire.Operation(req, body) == "sts.GetCallerIdentity" {
			return callerAnswer
		}
		n++
		return answer(n, req.URL.String()+" "+string(body))
	}
	w.r = newRun(optionsTo(filepath.Join(t.TempDir(), "s.json"), calls.Request{}), f.load(t))
	w.r.cancel = func() {}
	w.r.journal = &journal{answers: map[string]entry{}}
	sessions, err := w.r.sessions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.s = sessions[0]
	return w
}

const callerAnswer = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::111122223333:assumed-role/Auditor/me</Arn><UserId>AROAEXAMPLE:me</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`

func (w *wired) call(op calls.Operation) result {
	return w.r.call(context.Background(), place{session: w.s, region: "us-east-1"}, op.ID(), required[op.Name])
}

// required are inputs without which the SDK sends nothing.
var required = map[string]args{
	"DescribeVpcAttribute":                    {"VpcId": "vpc-1", "Attribute": "enableDnsSupport"},
	"GetManagedPrefixListEntries":             {"PrefixListId": "pl-1"},
	"SearchTransitGatewayRoutes":              {"TransitGatewayRouteTableId": "tgw-rtb-1", "Filters": []filter{{"state", []string{"active"}}}},
	"GetTransitGatewayRouteTableAssociations": {"TransitGatewayRouteTableId": "tgw-rtb-1"},
	"GetTransitGatewayRouteTablePropagations": {"TransitGatewayRouteTableId": "tgw-rtb-1"},
	"ListFirewallRules":                       {"FirewallRuleGroupId": "rslvr-frg-1"},
	"ListFirewallDomains":                     {"FirewallDomainListId": "rslvr-fdl-1"},
	"ListProfileResourceAssociations":         {"ProfileId": "rp-1"},
	"ListHostedZonesByVPC":                    {"VPCId": "vpc-1", "VPCRegion": "us-east-1"},
	"GetHostedZone":                           {"Id": "Z1"},
	"ListResourceRecordSets":                  {"HostedZoneId": "Z1"},
	"ListAccessPoints":                        {"AccountId": "111122223333"},
	"GetAccessPoint":                          {"AccountId": "111122223333", "Name": "ap1"},
	"GetAccessPointPolicy":                    {"AccountId": "111122223333", "Name": "ap1"},
	"GetRole":                                 {"RoleName": "Neo"},
	"ListRolePolicies":                        {"RoleName": "Neo"},
	"GetRolePolicy":                           {"RoleName": "Neo", "PolicyName": "inline"},
	"ListAttachedRolePolicies":                {"RoleName": "Neo"},
	"GetPolicy":                               {"PolicyArn": "arn:aws:iam::111122223333:policy/Mine"},
	"GetPolicyVersion":                        {"PolicyArn": "arn:aws:iam::111122223333:policy/Mine", "VersionId": "v2"},
	"DescribeKey":                             {"KeyId": "k1"},
	"GetKeyPolicy":                            {"KeyId": "k1"},
	"ListGrants":                              {"KeyId": "k1"},
	"ListParents":                             {"ChildId": "111122223333"},
	"ListPolicies":                            {"Filter": "SERVICE_CONTROL_POLICY"},
	"DescribePolicy":                          {"PolicyId": "p-1"},
	"ListTargetsForPolicy":                    {"PolicyId": "p-1"},
	"GetResourcePolicy":                       {"SecretId": "db"},
	"GetQueueUrl":                             {"QueueName": "jobs"},
	"GetQueueAttributes":                      {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"},
	"GetTopicAttributes":                      {"TopicArn": "arn:aws:sns:eu-west-1:111122223333:done"},
	"GetRepositoryPolicy":                     {"RepositoryName": "ml/train"},
}

func init() {
	for _, op := range calls.All() {
		switch {
		case op.Per == calls.Bucket:
			required[op.Name] = args{"Bucket": "models"}
		case op.Per == calls.Job:
			required[op.Name] = args{strings.TrimPrefix(op.Name, "Describe") + "Name": "x"}
		}
	}
}

// wireFile reads the file of answers, by section.
func wireFile(t *testing.T) awswire.Answers {
	t.Helper()
	text, err := os.ReadFile("testdata/wire.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return awswire.File(string(text))
}

// TestEveryMemberIsRead puts the SDK's own deserializers to the file of
// answers: a member whose name or place is not AWS's would be dropped by them
// without a word, and the file would prove nothing.
func TestEveryMemberIsRead(t *testing.T) {
	operations := map[string]calls.Operation{}
	for _, op := range calls.All() {
		operations[string(op.ID())] = op
	}
	for section, text := range wireFile(t) {
		name := strings.FieldsFunc(section, func(r rune) bool { return r == '#' || r == '@' })[0]
		op, ok := operations[name]
		if !ok || strings.HasPrefix(text, "!") || text == "" {
			continue // errors, AssumeRole
		}
		if op.Name == "GetPublicAccessBlock" && op.Service == "s3control" {
			required[op.Name] = args{"AccountId": "111122223333"}
		} else if op.Name == "GetPublicAccessBlock" {
			required[op.Name] = args{"Bucket": "models"}
		}
		w := newWired(t, func(int, string) string { return text })
		op.Page = nil
		w.r.operations[op.ID()] = op
		res := w.call(op)
		if res.status != done {
			t.Errorf("%s: %+v", section, w.r.gaps)
			continue
		}
		whole := string(res.rest) + string(marshal(res.lists))
		var plain any
		_ = json.Unmarshal([]byte(`[`+string(res.rest)+`,`+string(marshal(res.lists))+`]`), &plain)
		for _, l := range leaves(t, text) {
			if op.Name == "GetBucketPolicy" { // the document itself is the answer
				l.text = text
			}
			if l.name != "PASSWORD" && l.text != "PRESHAREDSECRET" && !told(whole, plain, l.text) {
				t.Errorf("%s: %s %q is not in what was read: %s", section, l.name, l.text, whole)
			}
		}
	}
}

// leaf is a scalar of an answer.
type leaf struct{ name, text string }

// pagingMembers tell of the paging or of the request, not of AWS.
var pagingMembers = []string{"nextToken", "NextToken", "IsTruncated", "Truncated", "MaxItems", "NextRecordName", "NextRecordType", "requestId"}

func leaves(t *testing.T, text string) []leaf {
	t.Helper()
	var out []leaf
	add := func(name, text string) {
		if text != "" && name != "" && !slices.Contains(pagingMembers, name) {
			out = append(out, leaf{name, text})
		}
	}
	if strings.HasPrefix(text, "{") {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		scalars("", v, add)
		return out
	}
	d := xml.NewDecoder(strings.NewReader(text))
	name, chars := "", ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name, chars = token.Name.Local, ""
		case xml.CharData:
			chars += string(token)
		case xml.EndElement:
			if token.Name.Local == name {
				add(name, strings.TrimSpace(chars))
			}
			name = ""
		}
	}
}

func scalars(name string, v any, add func(name, text string)) {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			add("", k) // a map's key on the wire is a value
			scalars(k, v[k], add)
		}
	case []any:
		for i := range v {
			scalars(name, v[i], add)
		}
	case string:
		add(name, v)
	default:
		add(name, fmt.Sprint(v))
	}
}

// told tells whether what was read holds a scalar: as it is, as the JSON that
// it holds, or as a time.
func told(whole string, plain any, text string) bool {
	if u, err := url.PathUnescape(text); err == nil && strings.HasPrefix(text, "%7B") {
		text = u
	}
	var compact bytes.Buffer
	if strings.HasPrefix(text, "{") && json.Compact(&compact, []byte(text)) == nil && strings.Contains(whole, compact.String()) {
		return true
	}
	found := false
	scalars("", plain, func(_, s string) {
		found = found || s == text || sameTime(s, text)
	})
	return found
}

func sameTime(read, sent string) bool {
	r, err := time.Parse(time.RFC3339Nano, read)
	if err != nil {
		return false
	}
	if s, err := time.Parse(time.RFC3339Nano, sent); err == nil {
		return r.Equal(s)
	}
	var seconds float64
	_, err = fmt.Sscan(sent, &seconds)
	return err == nil && r.Sub(time.UnixMilli(int64(seconds*1000))).Abs() < time.Millisecond
}

// TestEveryListIsReadToItsLastPage gives each operation that pages three
// pages of one item.
func TestEveryListIsReadToItsLastPage(t *testing.T) {
	answers := wireFile(t)
	paged := 0
	for _, op := range calls.All() {
		if len(op.Page) == 0 {
			continue
		}
		paged++
		one := answers[string(op.ID())]
		for section, text := range answers {
			if one == "" && strings.HasPrefix(section, string(op.ID())+"@") && section != "organizations.ListPolicies@RESOURCE_CONTROL_POLICY" {
				one = text
			}
		}
		first := newWired(t, func(int, string) string { return withToken(op, one, "") }).call(op)
		asked := []string{}
		w := newWired(t, func(call int, request string) string {
			asked = append(asked, request)
			token := ""
			if call < 3 {
				token = fmt.Sprintf("tok%d", call)
			}
			return withToken(op, renamed(one, op, first, call), token)
		})
		res := w.call(op)
		if res.status != done || len(asked) != 3 {
			t.Errorf("%s: %d calls, %+v", op.ID(), len(asked), w.r.gaps)
			continue
		}
		if strings.Contains(asked[0], "tok") || !strings.Contains(asked[1], "tok1") || !strings.Contains(asked[2], "tok2") {
			t.Errorf("%s: the pages were asked for by %q", op.ID(), asked)
		}
		for name, items := range first.lists {
			if got := len(res.lists[name]); got != 3*len(items) {
				t.Errorf("%s: %d of %s in three pages of %d", op.ID(), got, name, len(items))
			}
		}
		if len(first.lists[op.Items]) == 0 && op.ID() != "ec2.DescribeInternetGateways" && op.ID() != "ec2.DescribeEgressOnlyInternetGateways" {
			t.Errorf("%s: the answer has no %s", op.ID(), op.Items)
		}
	}
	if paged < 40 {
		t.Errorf("only %d operations page", paged)
	}
}

// renamed gives the items of a page names of their own: equal ones are merged.
func renamed(answer string, op calls.Operation, first result, page int) string {
	var pairs []string
	for _, items := range first.lists {
		for _, item := range items {
			var text string
			if json.Unmarshal(item, &text) != nil {
				for _, member := range []string{op.SortBy, "Arn", "Name", "Id", "FirewallDomainListId", "DestinationCidrBlock"} {
					if text = idOf(item, member); text != "" {
						break
					}
				}
			}
			for _, quoted := range []string{">%s<", "%q"} {
				pairs = append(pairs, fmt.Sprintf(quoted, text), fmt.Sprintf(quoted, fmt.Sprintf("%s-%d", text, page)))
			}
		}
	}
	return strings.NewReplacer(pairs...).Replace(answer)
}

var tokenElements = []string{"nextToken", "NextToken", "Marker", "IsTruncated", "Truncated", "NextMarker", "ContinuationToken", "NextRecordName", "NextRecordType"}

// withToken puts a page token into an answer, or takes it out.
func withToken(op calls.Operation, answer, token string) string {
	if strings.HasPrefix(answer, "{") {
		var v map[string]any
		if err := json.Unmarshal([]byte(answer), &v); err != nil {
			panic(err)
		}
		for _, name := range tokenElements {
			delete(v, name)
		}
		if token != "" {
			v[op.Page[0].Out] = token
			if op.Service == "kms" {
				v["Truncated"] = true
			}
		}
		b, _ := json.Marshal(v)
		return string(b)
	}
	for _, name := range tokenElements {
		for {
			a, b := strings.Index(answer, "<"+name+">"), strings.Index(answer, "</"+name+">")
			if a < 0 || b < a {
				break
			}
			answer = answer[:a] + answer[b+len("</"+name+">"):]
		}
	}
	if token == "" {
		return answer
	}
	element := "<" + op.Page[0].Out + ">" + token + "</" + op.Page[0].Out + ">"
	switch op.Service {
	case "ec2":
		element = "<nextToken>" + token + "</nextToken>"
	case "iam":
		element += "<IsTruncated>true</IsTruncated>"
		at := strings.LastIndex(answer, "</"+op.Name+"Result>")
		return answer[:at] + element + answer[at:]
	case "route53":
		if op.Name == "ListResourceRecordSets" {
			element += "<IsTruncated>true</IsTruncated><NextRecordType>A</NextRecordType>"
		}
	}
	at := strings.LastIndex(answer, "</")
	return answer[:at] + element + answer[at:]
}
