package snapshot

import (
	"strings"
	"testing"
	"unicode/utf16"
)

const (
	oneRole     = `{"Role":{"RoleName":"Neo","Arn":"arn:aws:iam::111122223333:role/Neo","AssumeRolePolicyDocument":{}}}`
	readOnly    = `{"AttachedPolicies":[{"PolicyName":"Read","PolicyArn":"arn:aws:iam::111122223333:policy/Read"}]}`
	admin       = `{"AttachedPolicies":[{"PolicyName":"Admin","PolicyArn":"arn:aws:iam::aws:policy/Admin"}]}`
	readVersion = `{"PolicyVersion":{"Document":{"Statement":[]},"VersionId":"v1","IsDefaultVersion":true}}`
	anyVersion  = `{"PolicyVersion":{"Document":{"Statement":[{"Effect":"Allow"}]},"VersionId":"v1","IsDefaultVersion":true}}`
)

// An output that names no owner goes to the only candidate; a second one does
// not, whatever else is labelled.
func TestOneUnlabelledFileAtMost(t *testing.T) {
	for name, tt := range map[string]struct {
		files   []string
		problem string // empty: loads
	}{
		"one list":                         {[]string{"iam/role.json", oneRole, "iam/attached.json", readOnly}, ""},
		"the same list twice":              {[]string{"iam/role.json", oneRole, "iam/attached.json", readOnly, "iam/b.json", readOnly}, ""},
		"two lists":                        {[]string{"iam/role.json", oneRole, "iam/attached.json", readOnly, "iam/b.json", admin}, "iam/attached.json"},
		"a labelled and an unlabelled one": {[]string{"iam/role.json", oneRole, "iam/a.json", admin, "iam/list-attached-role-policies.Neo.json", readOnly}, "iam/list-attached-role-policies.Neo.json"},
		"one version":                      {[]string{"iam/role.json", oneRole, "iam/attached.json", readOnly, "iam/v.json", readVersion}, ""},
		"two versions":                     {[]string{"iam/role.json", oneRole, "iam/attached.json", readOnly, "iam/v.json", readVersion, "iam/w.json", anyVersion}, "iam/v.json"},
		"one version id, two documents": {[]string{"iam/role.json", oneRole, "iam/attached.json", readOnly, "iam/get-policy-version.Read.json", readVersion,
			"iam/get-policy-version/Read.json", anyVersion}, "contradicts"},
	} {
		_, _, _, err := importFS(dir(inAccount(tt.files)...), Options{})
		if tt.problem == "" && err != nil || tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Outputs about users, groups and keys are neither errors nor roles.
func TestOtherIAMOutputsAreNoRoles(t *testing.T) {
	s, w := mustImport(t, dir(inAccount([]string{"us-east-1/v.json", `{"Vpcs":[]}`,
		"iam/list-user-policies.alice.json", `{"PolicyNames":["p"]}`, "iam/alice/list-attached-user-policies.json", admin, "iam/groups/ops/attached.json", admin,
		"iam/bob/attached.json", admin, "us-east-1/kms/list-key-policies.json", `{"PolicyNames":["default"]}`, "iam/user.json", `{"User":{"UserName":"alice"}}`,
		"iam/get-user-policy.json", `{"UserName":"alice","PolicyName":"p","PolicyDocument":{}}`})...))
	if len(s.Accounts[0].IAM.Roles.Items) > 0 || len(w) != 7 {
		t.Errorf("roles %+v, warnings %+v", s.Accounts[0].IAM.Roles.Items, w)
	}
}

// Only s3control prints the account's own public access block.
func TestOnlyS3ControlIsTheAccounts(t *testing.T) {
	const block = `{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}`
	for _, file := range []string{"s3control/get-public-access-block.json", "s3control-get-public-access-block.json"} {
		s, _ := mustImport(t, dir(inAccount([]string{file, block})...))
		if s.Accounts[0].S3.AccountPublicAccessBlock.Presence != Collected {
			t.Errorf("%s is not the account's", file)
		}
	}
	for _, file := range []string{"pab.json", "us-east-1/get-public-access-block.json"} {
		_, _, _, err := importFS(dir(inAccount([]string{file, block})...), Options{})
		if err == nil || !strings.Contains(err.Error(), "s3control") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestReservationsGoOnOnTheNextPage(t *testing.T) {
	page := func(instances, more string) string {
		return `{"Reservations":[{"ReservationId":"r-1","OwnerId":"111122223333","Instances":[` + instances + `]}]` + more + `}`
	}
	const one, two = `{"InstanceId":"i-1","VpcId":"vpc-1"}`, `{"InstanceId":"i-2","VpcId":"vpc-1"}`
	s, _ := mustImport(t, dir(here+"a.json", page(one, `,"NextToken":"x"`), here+"b.json", page(one+","+two, "")))
	if c := regionOf(t, s).EC2.Instances; len(c.Items) != 2 {
		t.Errorf("%+v", c.Items)
	}
	_, _, _, err := importFS(dir(here+"a.json", page(one, ""), here+"b.json", page(`{"InstanceId":"i-1","VpcId":"vpc-2"}`, "")), Options{})
	if err == nil || !strings.Contains(err.Error(), "b.json") || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("one instance, two contents: %v", err)
	}
}

func TestFilesAsPeopleSaveThem(t *testing.T) {
	utf16LE := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(`{"Vpcs":[{"VpcId":"vpc-1","Tags":[{"Key":"Name","Value":"é"}]}]}`)) {
		utf16LE = append(utf16LE, byte(u), byte(u>>8))
	}
	for name, files := range map[string][]string{
		"UTF-16":            {"vpcs.json", string(utf16LE)},
		"UTF-16 unmarked":   {"vpcs.json", string(utf16LE[2:])},
		"a byte-order mark": {"vpcs.json", "\xef\xbb\xbf{\"Vpcs\":[{\"VpcId\":\"vpc-1\"}]}"},
		"no extension":      {"describe-vpcs", `{"Vpcs":[{"VpcId":"vpc-1"}]}`},
		"plain text":        {"describe-vpcs.txt", `{"Vpcs":[{"VpcId":"vpc-1"}]}`},
		"a page a line":     {"vpcs.json", "{\"Vpcs\":[],\"NextToken\":\"x\"}\n{\"Vpcs\":[{\"VpcId\":\"vpc-1\"}]}\n"},
	} {
		s, w := mustImport(t, dir(here+files[0], files[1]))
		if c := regionOf(t, s).EC2.VPCs; len(c.Items) != 1 || c.Presence != Collected || len(w) > 0 {
			t.Errorf("%s: %+v, warnings %v", name, c, w)
		}
	}
	_, w := mustImport(t, dir(here+"v.json", `{"Vpcs":[]}`, here+"subnets.yaml", "Subnets: []", here+"describe-subnets", "SUBNETS\tsubnet-1"))
	if len(w) != 2 {
		t.Errorf("what is passed over is named: %v", w)
	}
}

func TestAPageNamesItsLine(t *testing.T) {
	_, _, _, err := importFS(dir(here+"v.json", "{\"Vpcs\":[]}\n{\"Vpcs\":[]}\n{\"Vpcs\":[{\"VpcId\":1}]}"), Options{})
	if err == nil || !strings.Contains(err.Error(), "v.json:3:10") {
		t.Error(err)
	}
}

// Interfaces are read out of describe-instances, and only where
// describe-network-interfaces is missing.
func TestInterfacesOfInstances(t *testing.T) {
	const instances = `{"Reservations":[{"ReservationId":"r-1","Instances":[{"InstanceId":"i-1","Placement":{"AvailabilityZone":"us-east-1a"},` +
		`"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","SubnetId":"subnet-1","VpcId":"vpc-1","Groups":[{"GroupId":"sg-1"}],"SourceDestCheck":true,` +
		`"PrivateIpAddresses":[{"PrivateIpAddress":"10.0.0.5","Primary":true}],"Attachment":{"Status":"attached"}}]}]}]}`
	s, _ := mustImport(t, dir(here+"i.json", instances))
	c := regionOf(t, s).EC2.NetworkInterfaces
	if c.Presence != NotCollected || len(c.Items) != 1 {
		t.Fatalf("%+v", c)
	}
	e := c.Items[0]
	if e.ID != "eni-1" || e.InstanceID != "i-1" || e.AvailabilityZone != "us-east-1a" || !e.GroupsKnown || e.Groups[0] != "sg-1" ||
		e.At.Pointer() != "/accounts/0/regions/0/ec2/Reservations/0/Instances/0/NetworkInterfaces/0" {
		t.Errorf("%+v", e)
	}
	s, _ = mustImport(t, dir(here+"i.json", instances, here+"e.json", `{"NetworkInterfaces":[]}`))
	if c := regionOf(t, s).EC2.NetworkInterfaces; c.Presence != Collected || len(c.Items) != 0 {
		t.Errorf("%+v", c)
	}
}
