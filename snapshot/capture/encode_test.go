package capture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"pgregory.net/rapid"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

func encoded(v any) string { return string(appendJSON(nil, reflect.ValueOf(v))) }

func TestEncoding(t *testing.T) {
	at := time.Date(2020, 5, 9, 5, 1, 40, 0, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"members that AWS did not send are left out":  {types.Vpc{VpcId: aws.String("vpc-1")}, `{"VpcId":"vpc-1"}`},
		"an empty list is not an absent one":          {types.Vpc{Tags: []types.Tag{}}, `{"Tags":[]}`},
		"false and zero that AWS sent are kept":       {types.Subnet{AvailableIpAddressCount: aws.Int32(0), DefaultForAz: aws.Bool(false)}, `{"AvailableIpAddressCount":0,"DefaultForAz":false}`},
		"times are RFC 3339 in UTC":                   {types.NatGateway{CreateTime: &at}, `{"CreateTime":"2020-05-09T04:01:40Z"}`},
		"tags are sorted":                             {types.Vpc{Tags: []types.Tag{{Key: aws.String("b")}, {Key: aws.String("a")}}}, `{"Tags":[{"Key":"a"},{"Key":"b"}]}`},
		"addresses keep AWS's order: primary first":   {types.NetworkInterface{PrivateIpAddresses: []types.NetworkInterfacePrivateIpAddress{{PrivateIpAddress: aws.String("2")}, {PrivateIpAddress: aws.String("1")}}}, `{"PrivateIpAddresses":[{"PrivateIpAddress":"2"},{"PrivateIpAddress":"1"}]}`},
		"ACL entries by direction and number":         {types.NetworkAcl{Entries: []types.NetworkAclEntry{{Egress: aws.Bool(true), RuleNumber: aws.Int32(1)}, {Egress: aws.Bool(false), RuleNumber: aws.Int32(200)}, {Egress: aws.Bool(false), RuleNumber: aws.Int32(99)}}}, `{"Entries":[{"Egress":false,"RuleNumber":99},{"Egress":false,"RuleNumber":200},{"Egress":true,"RuleNumber":1}]}`},
		"IAM's documents are the JSON that they hold": {iamtypes.PolicyDetail{PolicyDocument: aws.String("%7B%22a%22%3A%20%22%2B+%3C%22%7D")}, `{"PolicyDocument":{"a":"++<"}}`},
		"a document that is no JSON stays a string":   {iamtypes.PolicyDetail{PolicyDocument: aws.String("%7Bnope")}, `{"PolicyDocument":"{nope"}`},
		"a document keeps its duplicate members":      {iamtypes.PolicyDetail{PolicyDocument: aws.String(`{"a":1, "a":2}`)}, `{"PolicyDocument":{"a":1,"a":2}}`},
		"control characters are escaped":              {types.Tag{Key: aws.String("\x1b[31m\n\"\\\u2028")}, "{\"Key\":\"\\u001b[31m\\n\\\"\\\\\u2028\"}"},
		"bytes that are no UTF-8 become U+FFFD":       {types.Tag{Key: aws.String("a\xffb")}, "{\"Key\":\"a\uFFFDb\"}"},
		"EC2's own JSON strings stay strings":         {types.VpcEndpoint{PolicyDocument: aws.String(`{"a":1}`)}, `{"PolicyDocument":"{\"a\":1}"}`},
	} {
		if got := encoded(c.value); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// TestStringsReadBack compares appendString with encoding/json's reader.
func TestStringsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		var back string
		if err := json.Unmarshal(appendString(nil, s), &back); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") {
			t.Fatalf("%q became %q (%v)", s, back, err)
		}
	})
}

// TestTheOrderThatAWSAnswersInDoesNotShow shuffles what AWS may list in any
// order, inside resources and of them.
func TestTheOrderThatAWSAnswersInDoesNotShow(t *testing.T) {
	op := calls.Operation{Items: "SecurityGroups", SortBy: "GroupId"}
	groups := func() []types.SecurityGroup {
		var out []types.SecurityGroup
		for i := range 4 {
			var perms []types.IpPermission
			for p := range 3 {
				perms = append(perms, types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(int32(p)),
					IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}, {CidrIp: aws.String("10.1.0.0/16")}}})
			}
			out = append(out, types.SecurityGroup{GroupId: aws.String(fmt.Sprint("sg-", i)), IpPermissions: perms})
		}
		return out
	}
	gather := func(list []types.SecurityGroup) string {
		g := gatherer{op: op, lists: map[string][]keyed{}}
		g.add(reflect.ValueOf(ec2.DescribeSecurityGroupsOutput{SecurityGroups: list}), true)
		res, err := g.result()
		if err != nil {
			panic(err)
		}
		return string(bytes.Join(toBytes(res.lists["SecurityGroups"]), []byte("\n")))
	}
	want := gather(groups())
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		list := groups()
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, g := range list {
			r.Shuffle(len(g.IpPermissions), func(i, j int) {
				g.IpPermissions[i], g.IpPermissions[j] = g.IpPermissions[j], g.IpPermissions[i]
			})
			for _, p := range g.IpPermissions {
				r.Shuffle(len(p.IpRanges), func(i, j int) { p.IpRanges[i], p.IpRanges[j] = p.IpRanges[j], p.IpRanges[i] })
			}
		}
		if got := gather(list); got != want {
			t.Fatalf("other bytes:\n%s\nwant\n%s", got, want)
		}
	})
}

func toBytes(items []json.RawMessage) [][]byte {
	out := make([][]byte, len(items))
	for i := range items {
		out[i] = items[i]
	}
	return out
}

// interfacePage is a page of interfaces as an account full of them has it.
func interfacePage(from, n int) ec2.DescribeNetworkInterfacesOutput {
	var list []types.NetworkInterface
	attached := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := from; i < from+n; i++ {
		ip := aws.String(fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255))
		list = append(list, types.NetworkInterface{
			NetworkInterfaceId: aws.String(fmt.Sprintf("eni-%017x", i)), VpcId: aws.String("vpc-0a1b2c3d4e5f60718"), SubnetId: aws.String(fmt.Sprintf("subnet-%017x", i/200)),
			OwnerId: aws.String("111122223333"), Status: types.NetworkInterfaceStatusInUse, MacAddress: aws.String("0a:1b:2c:3d:4e:5f"), PrivateIpAddress: ip,
			AvailabilityZone: aws.String("us-east-1a"), Description: aws.String("AWS Lambda VPC ENI-function-" + fmt.Sprint(i)), InterfaceType: types.NetworkInterfaceTypeLambda,
			SourceDestCheck: aws.Bool(true), RequesterManaged: aws.Bool(true), Groups: []types.GroupIdentifier{{GroupId: aws.String("sg-1"), GroupName: aws.String("default")}},
			PrivateIpAddresses: []types.NetworkInterfacePrivateIpAddress{{Primary: aws.Bool(true), PrivateIpAddress: ip, PrivateDnsName: aws.String("ip-10-0-0-1.ec2.internal")}},
			Attachment:         &types.NetworkInterfaceAttachment{AttachTime: &attached, AttachmentId: aws.String("ela-attach-1"), Status: types.AttachmentStatusAttached, DeleteOnTermination: aws.Bool(false)},
			TagSet:             []types.Tag{{Key: aws.String("team"), Value: aws.String("ml")}, {Key: aws.String("Name"), Value: aws.String("x")}}, Ipv6Addresses: []types.NetworkInterfaceIpv6Address{},
		})
	}
	return ec2.DescribeNetworkInterfacesOutput{NetworkInterfaces: list}
}

// BenchmarkEncode encodes 100,000 interfaces, page by page as they come, and
// writes the file: bytes a second of the file, and the heap's highest mark
// over the file's size.
func BenchmarkEncode(b *testing.B) {
	const interfaces, pages = 100_000, 100
	op := calls.Operation{Items: "NetworkInterfaces", SortBy: "NetworkInterfaceId"}
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		base, peak := m.HeapInuse, uint64(0)
		mark := func() {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse-base)
		}
		g := gatherer{op: op, lists: map[string][]keyed{}}
		for p := range pages {
			page := reflect.ValueOf(interfacePage(p*interfaces/pages, interfaces/pages))
			b.StartTimer()
			g.add(page, p == 0)
			b.StopTimer()
			mark()
		}
		b.StartTimer()
		reg := &region{name: "us-east-1", services: map[string]map[string]any{}}
		res, err := g.result()
		if err != nil {
			b.Fatal(err)
		}
		reg.put("ec2", "NetworkInterfaces", res.lists["NetworkInterfaces"])
		w := &world{accounts: []*account{{session: &session{account: "111122223333"}, regions: []*region{reg}}}}
		var size countingWriter
		if err := encode(&size, w); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		mark()
		b.SetBytes(int64(size))
		b.ReportMetric(float64(peak)/float64(size), "peak/file")
		b.ReportMetric(float64(size)/1e6, "MB")
		b.StartTimer()
	}
}

type countingWriter int64

func (c *countingWriter) Write(p []byte) (int, error) {
	*c += countingWriter(len(p))
	return len(p), nil
}

var _ io.Writer = (*countingWriter)(nil)
