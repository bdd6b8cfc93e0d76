package snapshot

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/canreach/canreach/internal/jsonscan"
)

func TestIDsThatReferToNothingLoad(t *testing.T) {
	_, e := parseEC2(t, `"Subnets":[{"SubnetId":"s","VpcId":"vpc-gone","CidrBlock":"10.0.0.0/24"}],"RouteTables":[{"RouteTableId":"r","VpcId":"vpc-gone","Associations":[{"SubnetId":"gone"}],"Routes":[{"DestinationPrefixListId":"pl-gone","GatewayId":"vpce-gone"}]}],
		"NetworkInterfaces":[{"NetworkInterfaceId":"eni","SubnetId":"gone","Groups":[{"GroupId":"sg-gone"}]}]`)
	if e.Subnets.Items[0].VPC != "vpc-gone" || e.RouteTables.Items[0].Routes[0].PrefixList != "pl-gone" || e.NetworkInterfaces.Items[0].Groups[0] != "sg-gone" {
		t.Errorf("%+v", e)
	}
}

func TestUnknownWordsAreKept(t *testing.T) {
	_, e := parseEC2(t, `"VpcEndpoints":[{"VpcEndpointId":"v","VpcId":"vpc-1","ServiceName":"s","VpcEndpointType":"Quantum","State":"superposed"}],"Vpcs":[{"VpcId":"v","InstanceTenancy":"weird","FutureFlag":{"a":[1]}}]`)
	if p := e.VPCEndpoints.Items[0]; p.Type != "Quantum" || p.State != "superposed" || e.VPCs.Items[0].Tenancy != "weird" {
		t.Errorf("%+v", p)
	}
}

func TestUnknownFieldsOfRulesAreNamed(t *testing.T) {
	_, e := parseEC2(t, `"NetworkAcls":[{"NetworkAclId":"a","Entries":[{"RuleNumber":1,"Egress":false,"RuleAction":"allow","CidrBlock":"0.0.0.0/0","Protocol":"6","SourcePortRange":{},"Nothing":null}],"VpcId":"vpc-1"}],
		"SecurityGroups":[{"GroupId":"g","IpPermissions":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0","Schedule":"nights"}],"Inverted":true}],"VpcId":"vpc-1"}]`)
	if got := fmt.Sprint(e.NetworkACLs.Items[0].Entries[0].UnknownFields, e.SecurityGroups.Items[0].Ingress[0].UnknownFields); got != "[SourcePortRange] [IpRanges/0/Schedule Inverted]" {
		t.Error(got)
	}
}

func TestPoliciesThatAreNoJSONLoadAsTheyStand(t *testing.T) {
	s := mustParse(t, native("", `"s3":{"buckets":[{"Name":"b","Policy":"this is no JSON \u001b[31m"}]}`, ""))
	d := s.Accounts[0].S3.Buckets.Items[0].Policy
	if text, err := jsonscan.DecodeDocument(d.Raw); d.Presence != Collected || err != nil || string(text) != "this is no JSON \x1b[31m" {
		t.Errorf("%q %v", text, err)
	}
}

func TestDuplicateKeysInsideAPolicyAreLeftToThePolicyParser(t *testing.T) {
	s := mustParse(t, native("", `"s3":{"buckets":[{"Name":"b","Policy":{"Version":"a","Version":"b"}}]}`, ""))
	if raw := s.Accounts[0].S3.Buckets.Items[0].Policy.Raw; string(raw) != `{"Version":"a","Version":"b"}` {
		t.Errorf("%s", raw)
	}
}

func TestNamesWithEscapesAreKeptAsTheyAre(t *testing.T) {
	_, e := parseEC2(t, `"Vpcs":[{"VpcId":"vpc-1","Tags":[{"Key":"Name","Value":"a\u001b[2Jb\n\u202e\ud83d\ude00"}]}]`)
	if v, _ := TagValue(e.VPCs.Items[0].Tags, "Name"); v != "a\x1b[2Jb\n\u202e\U0001F600" {
		t.Errorf("%q", v)
	}
}

func TestDeepNestingIsAnError(t *testing.T) {
	for _, open := range []string{"[", `{"a":`} {
		_, err := Parse([]byte(`{"schema":"canreach.snapshot/v1","x":` + strings.Repeat(open, 5_000_000)))
		if err == nil || !strings.Contains(err.Error(), "nested deeper") || len(err.Error()) > 10_000 {
			t.Errorf("%.200v", err)
		}
	}
}

func TestManyProblemsStayReadable(t *testing.T) {
	_, err := Parse([]byte(native(`"Vpcs":[`+strings.Repeat(`{"VpcId":1},`, 100_000)+`{}]`, "", "")))
	if err == nil || strings.Count(err.Error(), "\n") != shownErrors || !strings.HasSuffix(err.Error(), "more") {
		t.Errorf("%.300v", err)
	}
}

func TestTooManyItemsAreRefused(t *testing.T) {
	if testing.Short() || os.Getenv("CANREACH_LARGE") == "" {
		t.Skip("set CANREACH_LARGE to read large files")
	}
	_, err := Parse([]byte(native(`"SecurityGroupVpcAssociations":[`+strings.Repeat(`{"GroupId":"a"},`, maxItems)+`{"GroupId":"a"}]`, "", "")))
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%.300v", err)
	}
}

// TestALargeFileLoads reads 8 MB, or 200 MB where CANREACH_LARGE is set.
func TestALargeFileLoads(t *testing.T) {
	size := 8 << 20
	if os.Getenv("CANREACH_LARGE") != "" {
		size = 200 << 20
	}
	n := size / 250
	path := filepath.Join(t.TempDir(), "s.json")
	text := native(`"NetworkInterfaces":[`+interfaces(n, "\n", nil)+`]`, "", "")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	items := s.Accounts[0].Regions[0].EC2.NetworkInterfaces.Items
	if len(items) != n || string(items[n-1].ID) != fmt.Sprintf("eni-%05d", n-1) || int(items[n-1].At.Index) != n-1 {
		t.Errorf("%d items of %d", len(items), n)
	}
}

func TestCompressedSnapshotsAreReadAsTheyAre(t *testing.T) {
	text := native(`"Vpcs":[{"VpcId":"vpc-1"}]`, "", "")
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write([]byte(text))
	g.Close()
	z, _ := zstd.NewWriter(&zst)
	z.Write([]byte(text))
	z.Close()
	for name, data := range map[string][]byte{"a.json": []byte(text), "a.json.gz": gz.Bytes(), "a.json.zst": zst.Bytes(), "misnamed.json": gz.Bytes()} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Load(path, Options{}); err != nil || len(s.Accounts) != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if s, err := Load("-", Options{Stdin: bytes.NewReader(data)}); err != nil || len(s.SHA256) != 64 {
			t.Errorf("%s on standard input: %v", name, err)
		}
	}
	for name, data := range map[string][]byte{"gz": gz.Bytes()[:gz.Len()/2], "zst": zst.Bytes()[:zst.Len()/2], "empty": nil} {
		if _, err := Load("-", Options{Stdin: bytes.NewReader(data)}); err == nil {
			t.Errorf("%s cut in half is read", name)
		}
	}
}

func TestADecompressionBombEnds(t *testing.T) {
	zeros := make([]byte, 12<<20)
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, _ := zstd.NewWriter(&zst)
	for range 6 {
		g.Write(zeros)
		z.Write(zeros)
	}
	g.Close()
	z.Close()
	for name, data := range map[string][]byte{"gz": gz.Bytes(), "zst": zst.Bytes()} {
		if _, err := Load("-", Options{Stdin: bytes.NewReader(data)}); err == nil || !strings.Contains(err.Error(), "unpacks to more than 64 MiB") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Load("-", Options{Stdin: bytes.NewReader(data), MaxInput: 1 << 20}); err == nil || !strings.Contains(err.Error(), "more than 1 MiB") {
			t.Errorf("%s, with a limit: %v", name, err)
		}
	}
}

func TestPathsThatAreNoSnapshot(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "gone.json"), Options{}); err == nil || !strings.Contains(err.Error(), "gone.json") {
		t.Error(err)
	}
	if _, err := Load("-", Options{}); err == nil {
		t.Error("no standard input is read")
	}
	if _, err := Load(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "no output of the AWS CLI") {
		t.Error(err)
	}
}

func TestADirectoryIsBounded(t *testing.T) {
	files := dir(here+"a.json", `{"Vpcs":[]}`, here+"b.json", `{"Subnets":[]}`)
	if _, _, _, err := importFS(files, Options{MaxInput: 20}); err == nil || !strings.Contains(err.Error(), "b.json") || !strings.Contains(err.Error(), "--max-input") {
		t.Error(err)
	}
	if _, _, _, err := importFS(files, Options{MaxInput: 200}); err != nil {
		t.Error(err)
	}
}
