package snapshot

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// dir builds a file system from path, content pairs.
func dir(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func mustImport(t *testing.T, fsys fstest.MapFS) (*Snapshot, []Warning) {
	t.Helper()
	text, _, warnings, err := importFS(fsys, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(text)
	if err != nil {
		t.Fatalf("%v\nin %s", err, text)
	}
	return s, warnings
}

const here = "111122223333/us-east-1/"

func regionOf(t *testing.T, s *Snapshot) *Region {
	t.Helper()
	if len(s.Accounts) != 1 || len(s.Accounts[0].Regions) != 1 {
		t.Fatalf("%d accounts", len(s.Accounts))
	}
	return s.Accounts[0].Regions[0]
}

func TestPagesOfOneCollectionAreMerged(t *testing.T) {
	s, _ := mustImport(t, dir(here+"vpcs-2.json", `{"Vpcs":[{"VpcId":"vpc-1"},{"VpcId":"vpc-3"}]}`, here+"vpcs-1.json", `{"Vpcs":[{"VpcId":"vpc-2"},{"VpcId":"vpc-1"}],"NextToken":"x"}`))
	c := regionOf(t, s).EC2.VPCs
	if len(c.Items) != 3 || c.Items[0].ID != "vpc-1" || c.Presence != Collected || c.Complete {
		t.Errorf("%+v", c)
	}
}

func TestALastPageThatIsMissingIsAGap(t *testing.T) {
	s, _ := mustImport(t, dir(here+"vpcs-1.json", `{"Vpcs":[{"VpcId":"vpc-2"}],"NextToken":"x"}`))
	if c := regionOf(t, s).EC2.VPCs; c.Presence != Unreadable || len(c.Items) != 1 || c.Gap.Code != "NextPageMissing" {
		t.Errorf("%+v", c)
	}
}

func TestContradictingFilesAreAnError(t *testing.T) {
	_, _, _, err := importFS(dir(here+"a.json", "{\"Vpcs\":[{\"VpcId\":\"vpc-1\",\"State\":\"available\"}]}", here+"b.json", "{\"Vpcs\":\n  [{\"VpcId\":\"vpc-1\",\"State\":\"pending\"}]}"), Options{})
	var e *LoadError
	if !errors.As(err, &e) || e.File != here+"b.json" || e.Line != 2 || e.Column != 4 || !strings.Contains(e.Problem, here+"a.json:1:10") {
		t.Error(err)
	}
}

func TestFilesThatAreNoJSONNameTheirPlace(t *testing.T) {
	for name, text := range map[string]string{"truncated": "{\"Vpcs\":[\n{\"VpcId\":", "no JSON": "An error occurred", "two documents": "{\"Vpcs\":[]}\n{\"Vpcs\":}", "duplicate key": "{\"Vpcs\":[{\n\"VpcId\":\"a\",\"VpcId\":\"b\"}]}"} {
		_, _, _, err := importFS(dir(here+"x.json", text), Options{})
		var e *LoadError
		if !errors.As(err, &e) || e.File != here+"x.json" || e.Line < 1 || e.Column < 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongTypesInADirectoryNameTheFile(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, here), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, here, "v.json"), []byte("{\n \"Vpcs\": [\n  {\"VpcId\": \"vpc-1\",\n   \"CidrBlock\": \"10.0.0.0/99\"}]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(root, Options{})
	var e *LoadError
	if !errors.As(err, &e) || e.File != here+"v.json" || e.Line != 4 || e.Column != 17 || e.At.Pointer() != "/Vpcs/0/CidrBlock" {
		t.Errorf("%v", err)
	}
}

func TestUnrecognisedFilesAreListedOnce(t *testing.T) {
	_, w := mustImport(t, dir(here+"vpcs.json", `{"Vpcs":[]}`, here+"z.json", `{"Zeta":1,"Alpha":2}`, here+"q.json", `[1]`, here+"readme.txt", "x", here+"notes", "x"))
	w = slices.DeleteFunc(w, func(w Warning) bool { return w.File == here+"notes" && strings.Contains(w.Message, "not JSON") })
	if len(w) != 2 || w[0].File != here+"q.json" || !strings.Contains(w[1].Message, "Alpha, Zeta") {
		t.Errorf("%+v", w)
	}
}

func TestAccountAndRegionFromPathOrContent(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fsys  fstest.MapFS
		opt   Options
		where string
	}{
		{"path", dir(here+"a.json", `{"Vpcs":[]}`), Options{}, "111122223333/us-east-1"},
		{"region in the path, account in the content", dir("aws_configs/us-west-2/Vpcs.json", `{"Vpcs":[{"VpcId":"vpc-1","OwnerId":"123456789012"}]}`, "aws_configs/us-west-2/RouteTables.json", `{"RouteTables":[{"RouteTableId":"rtb-1","VpcId":"vpc-1"}]}`), Options{}, "123456789012/us-west-2"},
		{"accounts folder", dir("aws_configs/accounts/123456789012/us-west-1/Vpcs.json", `{"Vpcs":[]}`), Options{}, "123456789012/us-west-1"},
		{"region from the zones of a neighbour", dir("aws_configs/Subnets.json", `{"Subnets":[{"SubnetId":"s","AvailabilityZone":"eu-west-1b","OwnerId":"123456789012","VpcId":"vpc-1","CidrBlock":"10.0.0.0/24"}]}`, "aws_configs/NetworkAcls.json", `{"NetworkAcls":[]}`), Options{}, "123456789012/eu-west-1"},
		{"options where nothing tells", dir("Vpcs.json", `{"Vpcs":[]}`), Options{Account: "999988887777", Region: "us-gov-west-1"}, "999988887777/us-gov-west-1"},
		{"a shared subnet's owner does not win over the path", dir(here+"s.json", `{"Subnets":[{"SubnetId":"s","OwnerId":"999988887777","VpcId":"vpc-1","CidrBlock":"10.0.0.0/24"}]}`), Options{}, "111122223333/us-east-1"},
		{"the caller, where the content names two owners", dir("us-east-1/v.json", `{"Vpcs":[{"VpcId":"a","OwnerId":"123456789012"},{"VpcId":"b","OwnerId":"210987654321"}]}`, "get-caller-identity.json", `{"UserId":"x","Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/u"}`), Options{}, "123456789012/us-east-1"},
		{"region in the file's name", dir("111122223333/describe-vpcs.eu-central-1.json", `{"Vpcs":[]}`), Options{}, "111122223333/eu-central-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, _, _, err := importFS(tt.fsys, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			r := regionOf(t, mustParse(t, string(text)))
			if got := r.Account.ID + "/" + r.Name; got != tt.where {
				t.Error(got)
			}
		})
	}
	_, _, _, err := importFS(dir("Vpcs.json", `{"Vpcs":[]}`), Options{})
	if err == nil || !strings.Contains(err.Error(), "--account") || !strings.Contains(err.Error(), "--region") {
		t.Error(err)
	}
}

func TestErrFilesAreAbsencesOrGaps(t *testing.T) {
	refused := func(code, op string) string {
		return "\nAn error occurred (" + code + ") when calling the " + op + " operation: because"
	}
	s, _ := mustImport(t, dir(
		here+"describe-vpcs.json", `{"Vpcs":[]}`,
		here+"describe-network-acls.json", "", here+"describe-network-acls.err", refused("UnauthorizedOperation", "DescribeNetworkAcls"),
		here+"describe-subnets.json", " \n",
		"111122223333/s3/none/get-bucket-policy.json", "", "111122223333/s3/none/get-bucket-policy.err", refused("NoSuchBucketPolicy", "GetBucketPolicy"),
		"111122223333/s3/none/get-public-access-block.err", refused("NoSuchPublicAccessBlockConfiguration", "GetPublicAccessBlock"),
		"111122223333/s3/none/get-bucket-ownership-controls.err", refused("OwnershipControlsNotFoundError", "GetBucketOwnershipControls"),
		"111122223333/s3/none/get-bucket-location.json", `{"LocationConstraint": null}`,
		"111122223333/s3/secret/get-bucket-policy.err", refused("AccessDenied", "GetBucketPolicy"),
		"111122223333/s3/secret/get-bucket-location.json", `{"LocationConstraint": "EU"}`,
		"111122223333/s3/gone/head-bucket.err", refused("404", "HeadBucket"),
		"111122223333/s3control/get-public-access-block.err", refused("NoSuchPublicAccessBlockConfiguration", "GetPublicAccessBlock"),
		"organizations/describe-organization.err", refused("AWSOrganizationsNotInUseException", "DescribeOrganization"),
	))
	r := regionOf(t, s)
	if g := r.EC2.NetworkACLs; g.Presence != Unreadable || g.Gap.Code != "UnauthorizedOperation" {
		t.Errorf("ACLs %+v", g)
	}
	if g := r.EC2.Subnets; g.Presence != Unreadable || g.Gap.Code != "EmptyOutput" {
		t.Errorf("subnets %+v", g)
	}
	b := map[string]Bucket{}
	for _, one := range s.Accounts[0].S3.Buckets.Items {
		b[one.Name] = one
	}
	if n := b["none"]; n.Policy.Presence != Collected || n.Policy.Raw != nil || !n.PublicAccessBlock.None || n.OwnershipPresence != Collected || n.Ownership != "" || n.Region != "us-east-1" {
		t.Errorf("none %+v", n)
	}
	if n := b["secret"]; n.Policy.Presence != Unreadable || n.Policy.Gap.Code != "AccessDenied" || n.Region != "eu-west-1" {
		t.Errorf("secret %+v", n)
	}
	if !b["gone"].Missing {
		t.Error("gone is there")
	}
	if p := s.Accounts[0].S3.AccountPublicAccessBlock; p.Presence != Collected || !p.None {
		t.Errorf("account %+v", p)
	}
	if a := s.Accounts[0]; a.Organization != Collected || a.OrganizationID != "" {
		t.Errorf("organization %v %q", a.Organization, a.OrganizationID)
	}
}

func TestPiecesThatNameTheirOwnerInThePath(t *testing.T) {
	s, w := mustImport(t, dir(
		here+"describe-prefix-lists.json", `{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"com.amazonaws.us-east-1.s3","Cidrs":["3.5.0.0/19"]}]}`,
		here+"describe-managed-prefix-lists.json", `{"PrefixLists":[{"PrefixListId":"pl-1","OwnerId":"AWS"},{"PrefixListId":"pl-2","OwnerId":"111122223333"}]}`,
		here+"get-managed-prefix-list-entries.pl-2.json", `{"Entries":[{"Cidr":"10.0.0.0/8"}],"NextToken":"t"}`,
		here+"get-managed-prefix-list-entries.pl-2.page2.json", `{"Entries":[{"Cidr":"10.0.0.0/8"},{"Cidr":"11.0.0.0/8"}]}`,
		here+"describe-vpc-attribute.vpc-1.enableDnsSupport.json", `{"VpcId":"vpc-1","EnableDnsSupport":{"Value":true}}`,
		here+"describe-vpc-attribute.vpc-1.enableDnsHostnames.json", `{"VpcId":"vpc-1","EnableDnsHostnames":{"Value":false}}`,
		here+"tgw-rtb-9/search-transit-gateway-routes.json", `{"Routes":[{"DestinationCidrBlock":"0.0.0.0/0","Type":"static","State":"active"}],"AdditionalRoutesAvailable":true}`,
		here+"describe-security-groups.json", `{"SecurityGroups":[{"GroupId":"sg-1","VpcId":"vpc-1"}]}`,
		here+"describe-security-group-rules.json", `{"SecurityGroupRules":[{"SecurityGroupRuleId":"sgr-1","GroupId":"sg-1","IsEgress":true,"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIpv4":"0.0.0.0/0"}]}`,
		here+"describe-instances.json", `{"Reservations":[{"ReservationId":"r-1","Instances":[{"InstanceId":"i-1"}]}]}`,
	))
	if len(w) > 0 {
		t.Errorf("%+v", w)
	}
	e := regionOf(t, s).EC2
	lists := e.PrefixLists.Items
	if len(lists) != 2 || lists[0].OwnerID != "AWS" || len(lists[0].Entries) != 1 || len(lists[1].Entries) != 2 {
		t.Errorf("lists %+v", lists)
	}
	if a := e.VPCAttributes.Items; len(a) != 1 || !a[0].EnableDNSSupport.Value || a[0].EnableDNSHostnames.Presence != Collected {
		t.Errorf("attributes %+v", a)
	}
	if r := e.TGWRouteTables.Items; len(r) != 1 || r[0].ID != "tgw-rtb-9" || !r[0].MoreRoutes || !r[0].RoutesKnown {
		t.Errorf("routes %+v", r)
	}
	if g := e.SecurityGroups.Items[0]; !g.EgressKnown || len(g.Egress) != 1 || !g.IngressKnown || *g.Egress[0].FromPort != 443 {
		t.Errorf("group %+v", g)
	}
	if e.Instances.Presence != Collected || len(e.Instances.Items) != 1 {
		t.Errorf("instances %+v", e.Instances)
	}
}

func TestRolesFromSingleCalls(t *testing.T) {
	const arn = "arn:aws:iam::111122223333:role/app/Neo"
	s, w := mustImport(t, dir(
		"111122223333/iam/get-role.json", `{"Role":{"Path":"/app/","RoleName":"Neo","RoleId":"AROA1","Arn":"`+arn+`","AssumeRolePolicyDocument":{"Version":"2012-10-17"},"PermissionsBoundary":{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::aws:policy/B"}}}`,
		"111122223333/iam/Neo/list-role-policies.json", `{"PolicyNames":["a","b"]}`,
		"111122223333/iam/Neo/get-role-policy.a.json", `{"RoleName":"Neo","PolicyName":"a","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}`,
		"111122223333/iam/list-attached-role-policies.Neo.json", `{"AttachedPolicies":[{"PolicyName":"P","PolicyArn":"arn:aws:iam::111122223333:policy/P"}]}`,
		"111122223333/iam/get-policy.json", `{"Policy":{"PolicyName":"P","Arn":"arn:aws:iam::111122223333:policy/P","DefaultVersionId":"v2"}}`,
		"111122223333/iam/get-policy-version.P.json", `{"PolicyVersion":{"Document":{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]},"VersionId":"v2","IsDefaultVersion":true}}`,
		"111122223333/iam/list-roles.json", `{"Roles":[{"Path":"/app/","RoleName":"Neo","RoleId":"AROA1","Arn":"`+arn+`","AssumeRolePolicyDocument":{"Version":"2012-10-17"}},{"RoleName":"Other","Arn":"arn:aws:iam::111122223333:role/Other","AssumeRolePolicyDocument":{}}]}`,
	))
	if len(w) > 0 {
		t.Errorf("%+v", w)
	}
	roles := s.Accounts[0].IAM.Roles.Items
	if len(roles) != 2 {
		t.Fatalf("%d roles", len(roles))
	}
	neo, other := roles[0], roles[1]
	if neo.ARN != arn || neo.BoundaryARN != "arn:aws:iam::aws:policy/B" || len(neo.Inline) != 2 || neo.Inline[1].Document.Presence != NotCollected ||
		neo.AttachedPresence != Collected || len(neo.Attached) != 1 || !neo.TagsKnown || neo.Trust.Presence != Collected {
		t.Errorf("Neo %+v", neo)
	}
	if other.BoundaryPresence != NotCollected || other.InlinePresence != NotCollected || other.AttachedPresence != NotCollected {
		t.Errorf("Other %+v", other)
	}
	if p := s.Accounts[0].IAM.Policies.Items; len(p) != 1 || p[0].Document.Presence != Collected || p[0].DefaultVersion != "v2" {
		t.Errorf("policies %+v", p)
	}
}

func TestOrganizations(t *testing.T) {
	s, w := mustImport(t, dir(
		here+"v.json", `{"Vpcs":[]}`,
		"organizations/describe-organization.json", `{"Organization":{"Id":"o-abc","MasterAccountId":"999988887777"}}`,
		"organizations/list-policies.SERVICE_CONTROL_POLICY.json", `{"Policies":[{"Id":"p-FullAWSAccess","Arn":"arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess","Name":"FullAWSAccess","Type":"SERVICE_CONTROL_POLICY","AwsManaged":true}]}`,
		"organizations/list-policies.RESOURCE_CONTROL_POLICY.json", `{"Policies":[]}`,
		"organizations/describe-policy.p-FullAWSAccess.json", `{"Policy":{"PolicySummary":{"Id":"p-FullAWSAccess","Name":"FullAWSAccess","Type":"SERVICE_CONTROL_POLICY"},"Content":"{}"}}`,
		"organizations/list-targets-for-policy.p-FullAWSAccess.json", `{"Targets":[{"TargetId":"r-root","Type":"ROOT"}]}`,
		"organizations/list-roots.json", `{"Roots":[{"Id":"r-root","Arn":"arn:aws:organizations::999988887777:root/o-abc/r-root","Name":"Root","PolicyTypes":[{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"}]}]}`,
		"organizations/list-parents.111122223333.json", `{"Parents":[{"Id":"ou-root-1","Type":"ORGANIZATIONAL_UNIT"}]}`,
		"organizations/list-parents.ou-root-1.json", `{"Parents":[{"Id":"r-root","Type":"ROOT"}]}`,
	))
	if len(w) > 0 {
		t.Errorf("%+v", w)
	}
	a, o := s.Accounts[0], s.Organizations
	if a.OrganizationID != "o-abc" || strings.Join(a.OrganizationPath, "/") != "r-root/ou-root-1" || a.ManagementAccount.Value || a.ManagementAccount.Presence != Collected {
		t.Errorf("account %+v", a)
	}
	if o.Presence != Collected || o.ID != "o-abc" || len(o.SCPs.Items) != 1 || o.RCPs.Presence != Collected || len(o.RCPs.Items) != 0 {
		t.Errorf("organizations %+v", o)
	}
	if !o.PolicyTypesKnown || len(o.PolicyTypes) != 1 || o.PolicyTypes[0] != "SERVICE_CONTROL_POLICY" {
		t.Errorf("policy types %v", o.PolicyTypes)
	}
	if p := o.SCPs.Items[0]; p.ID != "p-FullAWSAccess" || p.Name != "FullAWSAccess" || string(p.Document.Raw) != `"{}"` || len(p.Targets) != 1 || p.TargetsPresence != Collected {
		t.Errorf("policy %+v", p)
	}
}

func TestImportIsDeterministicAndKeepsWhatIsNotUsed(t *testing.T) {
	fsys := dir(here+"v.json", `{"Vpcs":[{"VpcId":"b","Future":{"x" : [1, 2]}},{"VpcId":"a"}]}`, here+"c.json", `{"CustomerGateways":[{"CustomerGatewayId":"cgw-1"}]}`,
		"111122223333/s3/b/get-bucket-policy.json", `{"Policy":"{}"}`)
	first, _, _, err := importFS(fsys, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if again, _, _, _ := importFS(fsys, Options{}); !bytes.Equal(first, again) {
			t.Fatal("bytes differ")
		}
	}
	for _, want := range []string{`"Future":{"x":[1,2]}`, `"CustomerGateways"`} {
		if !strings.Contains(string(first), want) {
			t.Errorf("%s is lost in %s", want, first)
		}
	}
}

func TestLinksThatLeaveTheDirectoryAreRefused(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(outside, []byte(`{"Vpcs":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, here), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, here, "real.json"), []byte(`{"Vpcs":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.json", filepath.Join(root, here, "inside.json")); err != nil {
		t.Skip(err)
	}
	if _, err := Load(root, Options{}); err != nil {
		t.Fatalf("a link inside: %v", err)
	}
	for _, target := range []string{outside, "../../../" + filepath.Base(filepath.Dir(outside)) + "/secret.json"} {
		link := filepath.Join(root, here, "out.json")
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(root, Options{}); err == nil || !strings.Contains(err.Error(), "out.json") {
			t.Errorf("link to %s: %v", target, err)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutputsOfOtherServicesAreNotMistaken(t *testing.T) {
	s, w := mustImport(t, dir(here+"v.json", `{"Vpcs":[]}`, here+"a.json", `{"Entries":[{"x":1}]}`, here+"b.json", `{"Routes":[]}`, here+"c.json", `{"Targets":[{"Id":"1"}]}`,
		here+"d.json", `{"Grants":[]}`, here+"e.json", `{"Policy":{"x":1}}`, here+"f.json", `{"Addresses":[{"AddressIdentifier":"x"}]}`, here+"g.json", `{}`, here+"h.json", `{"Policies":[{"PolicyName":"autoscaling"}]}`))
	if len(w) < 7 || len(s.Capture.Gaps) > 0 {
		t.Errorf("%d warnings: %+v", len(w), w)
	}
}

func TestAbsencesOfWhatIsNotUsedAreNoGaps(t *testing.T) {
	s, _ := mustImport(t, dir(here+"v.json", `{"Vpcs":[]}`, "111122223333/s3/b/get-bucket-cors.err", "An error occurred (NoSuchCORSConfiguration) when calling the GetBucketCors operation: x",
		"111122223333/s3/b/get-bucket-policy.err", "aws: Could not connect to the endpoint URL"))
	if g := s.Capture.Gaps; len(g) != 1 || g[0].Operation != "GetBucketPolicy" || g[0].Code != "CLIError" || g[0].Resource != "arn:aws:s3:::b" {
		t.Errorf("%+v", g)
	}
}

func TestJobsOfADirectory(t *testing.T) {
	s, w := mustImport(t, dir(here+"v.json", `{"Vpcs":[]}`, here+"describe-compilation-job.json", `{"CompilationJobName":"c","CompilationJobArn":"arn:aws:sagemaker:us-east-1:111122223333:compilation-job/c"}`,
		"job.json", `{"CompilationJobName":"c","RoleArn":"arn:aws:iam::111122223333:role/R"}`))
	if j := regionOf(t, s).SageMaker.Jobs; len(j.Items) != 1 || j.Items[0].Kind != "CompilationJob" || j.Items[0].Name != "c" {
		t.Errorf("%+v", j)
	}
	if len(w) != 1 || w[0].File != "job.json" {
		t.Errorf("%+v", w)
	}
}

// list-attached-role-policies and its like do not print the role, nor
// get-policy-version the policy: the file's path tells, or that there is but
// one that it can be of.
func TestOutputsThatDoNotNameTheirRole(t *testing.T) {
	role := func(name string) string {
		return `{"Role":{"Path":"/","RoleName":"` + name + `","Arn":"arn:aws:iam::111122223333:role/` + name + `","AssumeRolePolicyDocument":{}}}`
	}
	const (
		managed  = "arn:aws:iam::aws:policy/service-role/P"
		attached = `{"AttachedPolicies":[{"PolicyName":"P","PolicyArn":"` + managed + `"}]}`
		version  = `{"PolicyVersion":{"Document":{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]},"VersionId":"v2","IsDefaultVersion":true}}`
	)
	for name, files := range map[string][]string{
		"the only one":           {"iam/get-role.json", role("Neo"), "iam/list-attached-role-policies.json", attached, "iam/get-policy-version.json", version},
		"after the name":         {"iam/get-role.json", role("Neo"), "iam/list-attached-role-policies.Neo.json", attached, "iam/get-policy-version.P.json", version},
		"before the name":        {"iam/a.json", role("Neo"), "iam/b.json", role("Other"), "iam/Neo.list-attached-role-policies.json", attached, "iam/get-policy-version.json", version},
		"folders named by calls": {"iam/get-role/Neo.json", role("Neo"), "iam/get-role/Other.json", role("Other"), "iam/list-attached-role-policies/Neo.json", attached, "iam/get-policy-version/P.json", version},
	} {
		s, _ := mustImport(t, dir(inAccount(files)...))
		roles, policies := s.Accounts[0].IAM.Roles.Items, s.Accounts[0].IAM.Policies.Items
		if roles[0].Name != "Neo" || len(roles[0].Attached) != 1 {
			t.Errorf("%s: roles %+v", name, roles)
		}
		if len(policies) != 1 || policies[0].ARN != managed || policies[0].Document.Presence != Collected {
			t.Errorf("%s: policies %+v", name, policies)
		}
	}
	_, _, _, err := importFS(dir(inAccount([]string{"iam/a.json", role("Neo"), "iam/b.json", role("Other"), "iam/list-attached-role-policies.json", attached})...), Options{})
	if err == nil || !strings.Contains(err.Error(), "cannot tell which role") {
		t.Errorf("two roles, and no name: %v", err)
	}
}

// inAccount puts files into an account's folder.
func inAccount(files []string) []string {
	out := slices.Clone(files)
	for i := 0; i < len(out); i += 2 {
		out[i] = "111122223333/" + out[i]
	}
	return out
}

// What describe-prefix-lists prints without its contents is no managed list
// that contradicts another.
func TestPrefixListsWithoutContents(t *testing.T) {
	s, _ := mustImport(t, dir(here+"describe-prefix-lists.json", `{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"com.amazonaws.us-east-1.s3"}]}`,
		here+"describe-managed-prefix-lists.json", `{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"com.amazonaws.us-east-1.s3","AddressFamily":"IPv4","OwnerId":"AWS"}]}`))
	if c := regionOf(t, s).EC2.PrefixLists; len(c.Items) != 1 || c.Items[0].EntriesKnown || c.Items[0].OwnerID != "AWS" {
		t.Errorf("%+v", c)
	}
}
