package snapshot

import (
	"strings"
	"testing"
)

const controlJSON = `{"VpcEncryptionControlId":"vpcec-1","VpcId":"vpc-1","Mode":"enforce","State":"available","StateMessage":"x",
	"ResourceExclusions":{"InternetGateway":{"State":"enabled","StateMessage":"y"},"NatGateway":{"State":"disabled"},"ApiGatewayV2":null},
	"Tags":[{"Key":"Name","Value":"sealed"}]}`

func TestEncryptionControlsAreReadInBothPlaces(t *testing.T) {
	s := mustParse(t, `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{
		"Vpcs":[{"VpcId":"vpc-1","EncryptionControl":{"Mode":"monitor","State":"creating"}},{"VpcId":"vpc-2","EncryptionControl":null},{"VpcId":"vpc-3"}],
		"VpcEncryptionControls":[`+controlJSON+`]}}]}]}`)
	e := &regionOf(t, s).EC2
	c := e.EncryptionControls
	if c.Presence != Collected || len(c.Items) != 1 {
		t.Fatalf("%+v", c)
	}
	x := c.Items[0]
	if x.ID != "vpcec-1" || x.VPC != "vpc-1" || x.Mode != "enforce" || x.State != "available" || len(x.Tags) != 1 {
		t.Errorf("%+v", x)
	}
	want := []EncryptionExclusion{{"InternetGateway", "enabled"}, {"NatGateway", "disabled"}, {"ApiGatewayV2", ""}}
	if len(x.Exclusions) != len(want) || x.Exclusions[0] != want[0] || x.Exclusions[1] != want[1] || x.Exclusions[2] != want[2] {
		t.Errorf("exclusions %+v", x.Exclusions)
	}
	if p := x.At.Pointer(); p != "/accounts/0/regions/0/ec2/VpcEncryptionControls/0" {
		t.Errorf("it stands at %s", p)
	}
	v := e.VPCs.Items
	if v[0].Encryption == nil || v[0].Encryption.Mode != "monitor" || v[0].Encryption.State != "creating" || v[0].Encryption.VPC != "vpc-1" ||
		v[0].Encryption.At.Pointer() != "/accounts/0/regions/0/ec2/Vpcs/0/EncryptionControl" {
		t.Errorf("%+v", v[0].Encryption)
	}
	if v[1].Encryption != nil || v[2].Encryption != nil {
		t.Errorf("null and absent are not told: %+v, %+v", v[1].Encryption, v[2].Encryption)
	}
}

func TestEncryptionControlsThatAreMissing(t *testing.T) {
	const head = `{"schema":"canreach.snapshot/v1","capture":{"gaps":[%gap%]},"accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{`
	gap := `{"account":"111122223333","region":"us-east-1","service":"ec2","operation":"DescribeVpcEncryptionControls","code":"UnauthorizedOperation","message":"no"}`
	for _, c := range []struct {
		name, ec2, gap string
		want           Presence
	}{{"absent", ``, ``, NotCollected}, {"empty", `"VpcEncryptionControls":[]`, ``, Collected}, {"null", `"VpcEncryptionControls":null`, ``, NotCollected}, {"a gap", ``, gap, Unreadable}} {
		s := mustParse(t, strings.Replace(head, "%gap%", c.gap, 1)+c.ec2+`}}]}]}`)
		if got := regionOf(t, s).EC2.EncryptionControls.Presence; got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestEncryptionControlsThatAreWrong(t *testing.T) {
	for _, bad := range []string{`[{"VpcId":"vpc-1"}]`, `[{"VpcEncryptionControlId":7}]`, `{}`, `[{"VpcEncryptionControlId":"a","ResourceExclusions":[]}]`,
		`[{"VpcEncryptionControlId":"a","Mode":"monitor"},{"VpcEncryptionControlId":"a","Mode":"enforce"}]`} {
		text := `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{"VpcEncryptionControls":` + bad + `}}]}]}`
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func TestEncryptionControlsOfTheCLI(t *testing.T) {
	s, warnings := mustImport(t, dir(here+"describe-vpc-encryption-controls.json", `{"VpcEncryptionControls":[`+controlJSON+`]}`))
	if c := regionOf(t, s).EC2.EncryptionControls; len(warnings) > 0 || c.Presence != Collected || len(c.Items) != 1 || c.Items[0].Mode != "enforce" {
		t.Errorf("%+v, %v", c, warnings)
	}
	s, _ = mustImport(t, dir(here+"vpcs.json", `{"Vpcs":[{"VpcId":"vpc-1"}]}`, here+"describe-vpc-encryption-controls.json", "", here+"describe-vpc-encryption-controls.err",
		"An error occurred (UnauthorizedOperation) when calling the DescribeVpcEncryptionControls operation: no"))
	if c := regionOf(t, s).EC2.EncryptionControls; c.Presence != Unreadable || c.Gap.Code != "UnauthorizedOperation" {
		t.Errorf("%+v", c)
	}
}
