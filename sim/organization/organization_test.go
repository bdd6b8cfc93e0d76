package organization

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// files are an organization's, in memory.
type files struct {
	text map[string][]byte
	rows map[string][]byte
	org  *Organization
}

func inMemory(accounts [][]byte, policies []byte) *files {
	f := &files{text: map[string][]byte{}, rows: map[string][]byte{}}
	f.org = &Organization{Actions: []string{"s3:GetObject", "s3:PutObject"},
		Read: func(in Input) ([]byte, error) { return f.text[in.Name], nil },
		Rows: func(id string) ([]byte, error) {
			text, ok := f.rows[id]
			if !ok {
				return nil, fmt.Errorf("no rows of shard %s", id)
			}
			return text, nil
		}}
	for _, text := range accounts {
		s, err := snapshot.Parse(text)
		if err != nil {
			panic(err)
		}
		id := s.Accounts[0].ID
		f.org.Accounts = append(f.org.Accounts, f.add(id, id+".json", text))
	}
	f.org.Policies = f.add("", "organization.json", policies)
	return f
}

func (f *files) add(account, name string, text []byte) Input {
	f.text[name] = text
	return Input{Account: account, Name: name}
}

func synthetic(o synth.Organization) *files {
	var accounts [][]byte
	for n := range o.Accounts {
		accounts = append(accounts, o.AccountFile(n))
	}
	return inMemory(accounts, o.OrganizationFile())
}

// inPieces works on every shard, and returns the rows of phase 2.
func (f *files) inPieces(t testing.TB) []byte {
	t.Helper()
	w := NewWorker(f.org)
	first, err := w.Plan1()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range first {
		rows, err := w.Work(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		f.rows[s.ID] = rows
	}
	second, err := w.Plan2(first)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, s := range second {
		rows, err := w.Work(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rows...)
	}
	return Sorted(out)
}

// atOnce decides everything on one snapshot of all files.
func (f *files) atOnce(t testing.TB) []byte {
	t.Helper()
	var parts []snapshot.Part
	for name, text := range f.text {
		parts = append(parts, snapshot.Part{Name: name, Native: text})
	}
	whole, err := snapshot.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	w := sim.NewWorld(s)
	tab, err := access.Decide(context.Background(), w, access.Query{Actions: f.org.Actions})
	if err != nil {
		t.Fatal(err)
	}
	rows := Rows(tab, func(bucket string) (account, region string) {
		b, _ := w.FindBucket(bucket)
		return b.Account.ID, b.Region
	})
	var out bytes.Buffer
	if err := lines(&out, rows...); err != nil {
		t.Fatal(err)
	}
	return Sorted(out.Bytes())
}

func compare(t *testing.T, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	seen := map[string]int{}
	for _, l := range strings.Split(string(want), "\n") {
		seen[l]++
	}
	n := 0
	for _, l := range strings.Split(string(got), "\n") {
		if seen[l]--; seen[l] < 0 && n < 8 {
			n++
			t.Errorf("in pieces only: %s", l)
		}
	}
	for l, c := range seen {
		if c > 0 && n < 16 {
			n++
			t.Errorf("at once only:   %s", l)
		}
	}
	if n == 0 {
		t.Error("the same rows in another order")
	}
}

// In pieces, an organization has the rows that one snapshot of all of it has.
func TestPiecesGiveTheRowsOfTheWhole(t *testing.T) {
	f := synthetic(synth.Organization{Accounts: 5, Regions: 2, Roles: 8, Buckets: 4})
	got := f.inPieces(t)
	compare(t, got, f.atOnce(t))
	count := map[string]int{}
	for _, l := range bytes.Split(bytes.TrimSpace(got), []byte("\n")) {
		var r Access
		if err := json.Unmarshal(l, &r); err != nil {
			t.Fatal(err)
		}
		count[r.Source]++
		count[r.Verdict.String()]++
		if r.Account != r.RoleAccount {
			count["across"]++
		}
		for _, v := range r.Via {
			count[strings.SplitN(v, "-", 2)[0]]++
		}
	}
	for _, want := range []string{"interfaces", "internet", "REACHABLE", "across", "vpce"} {
		if count[want] == 0 {
			t.Errorf("no row of %s: %v", want, count)
		}
	}
}

// A second run does only what changed: a shard whose inputs say the same keeps
// its id.
func TestIdsFollowWhatShardsRead(t *testing.T) {
	o := synth.Organization{Accounts: 4, Regions: 2, Roles: 8, Buckets: 4}
	plan := func(f *files) map[string]string {
		out := map[string]string{}
		w := NewWorker(f.org)
		first, err := w.Plan1()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range first {
			if f.rows[s.ID], err = w.Work(context.Background(), s); err != nil {
				t.Fatal(err)
			}
		}
		second, err := w.Plan2(first)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range append(first, second...) {
			out[fmt.Sprintf("%d %s %s", s.Phase, s.Account[9:], s.Region)] = s.ID
		}
		return out
	}
	before := plan(synthetic(o))
	for name, c := range map[string]struct {
		edit func(f *files)
		want int // shards that change
	}{
		"a file's header": {func(f *files) {
			for name, text := range f.text {
				f.text[name] = bytes.ReplaceAll(text, []byte("2026-11-23"), []byte("2026-12-24"))
			}
		}, 0},
		"a bucket that no role elsewhere reaches": {func(f *files) {
			f.edited(t, 1, func(a, _ obj) { bucketsIn(a)[2].(obj)["Policy"] = nil; bucketsIn(a)[2].(obj)["Payer"] = "BucketOwner" })
		}, 1 + 1},
		"a network": {func(f *files) {
			f.edited(t, 1, func(_, r obj) {
				r["ec2"].(obj)["NatGateways"] = []any{obj{"NatGatewayId": "nat-00000000", "State": "available"}}
			})
		}, 4 * 2},
		"the organization's policies": {func(f *files) {
			f.text["organization.json"] = bytes.Replace(f.text["organization.json"], []byte("locked"), []byte("closed"), 1)
		}, 4},
	} {
		f := synthetic(o)
		c.edit(f)
		changed := 0
		for place, id := range plan(f) {
			if before[place] != id {
				changed++
			}
		}
		if changed != c.want {
			t.Errorf("%s: %d of %d shards change, want %d", name, changed, len(before), c.want)
		}
	}
}

// What is not of this organization is refused, not worked on.
func TestForeignShardsAreRefused(t *testing.T) {
	f := synthetic(synth.Organization{Accounts: 2, Regions: 1, Roles: 4, Buckets: 2})
	w := NewWorker(f.org)
	first, err := w.Plan1()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(s *Shard){
		"another id":           func(s *Shard) { s.ID = strings.Repeat("0", 32) },
		"a file that is not":   func(s *Shard) { s.Files = []string{"../x.json"} },
		"another Region":       func(s *Shard) { s.Region = "eu-west-1" },
		"rows of other shards": func(s *Shard) { s.Rows = []string{"a"} },
		"no phase":             func(s *Shard) { s.Phase = 7 },
	} {
		s := first[1]
		change(&s)
		if _, err := w.Work(context.Background(), s); err == nil {
			t.Errorf("%s: worked on", name)
		}
	}
	f.text[first[1].Files[0]] = []byte(`{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"999999999999"}]}`)
	if _, err := NewWorker(f.org).Work(context.Background(), first[1]); err == nil || !strings.Contains(err.Error(), "999999999999") {
		t.Errorf("another account's file: %v", err)
	}
}

type obj = map[string]any

// edited changes the file of the n-th account.
func (f *files) edited(t *testing.T, n int, edit func(account, region obj)) {
	t.Helper()
	in := &f.org.Accounts[n]
	var doc obj
	if err := json.Unmarshal(f.text[in.Name], &doc); err != nil {
		t.Fatal(err)
	}
	a := doc["accounts"].([]any)[0].(obj)
	edit(a, a["regions"].([]any)[0].(obj))
	if gaps := a["gaps"]; gaps != nil {
		doc["capture"].(obj)["gaps"] = gaps
		delete(a, "gaps")
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	*in = f.add(in.Account, in.Name, text)
}

func bucketsIn(a obj) []any { return a["s3"].(obj)["buckets"].([]any) }

// Whatever the files say or lack, the pieces say what the whole says.
func TestPiecesFollowTheWhole(t *testing.T) {
	const hub, other = 0, 1
	key := "arn:aws:kms:us-east-1:111122223334:key/11112222-3333-4444-5555-666677778888"
	statement := func(text string) any {
		var v any
		if err := json.Unmarshal([]byte(`{"Version":"2012-10-17","Statement":[`+text+`]}`), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	perAddress := statement(`{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"NotIpAddress":{"aws:VpcSourceIp":"10.0.64.22/32"}}}`)
	for name, edit := range map[string]func(f *files){
		"a bucket policy that was not collected": func(f *files) {
			f.edited(t, other, func(a, _ obj) { delete(bucketsIn(a)[1].(obj), "Policy") })
		},
		"a bucket policy that was refused": func(f *files) {
			f.edited(t, other, func(a, _ obj) {
				b := bucketsIn(a)[1].(obj)
				delete(b, "Policy")
				a["gaps"] = []obj{{"account": a["accountId"], "service": "s3", "operation": "GetBucketPolicy", "resource": "arn:aws:s3:::" + b["Name"].(string), "code": "AccessDenied", "message": "no"}}
			})
		},
		"roles that were not collected": func(f *files) { f.edited(t, other, func(a, _ obj) { delete(a, "iam") }) },
		"a role's attached policy that is not there": func(f *files) {
			f.edited(t, other, func(a, _ obj) { a["iam"].(obj)["Policies"] = []any{} })
		},
		"an account whose organization is not told": func(f *files) {
			f.edited(t, other, func(a, _ obj) { delete(a, "organizationId"); delete(a, "organizationPath") })
		},
		"a bucket whose Region is not told": func(f *files) {
			f.edited(t, other, func(a, _ obj) { delete(bucketsIn(a)[0].(obj), "region") })
		},
		"a bucket with access control lists": func(f *files) {
			f.edited(t, other, func(a, _ obj) { delete(bucketsIn(a)[1].(obj), "OwnershipControls") })
		},
		"a key of another account": func(f *files) {
			f.edited(t, hub, func(a, _ obj) {
				for _, b := range bucketsIn(a) {
					b.(obj)["ServerSideEncryptionConfiguration"] = obj{"Rules": []any{obj{"ApplyServerSideEncryptionByDefault": obj{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}}}
				}
			})
			f.edited(t, other, func(a, _ obj) {
				a["kms"] = obj{"Keys": []any{obj{"KeyId": key[len(key)-36:], "Arn": key, "KeyState": "Enabled", "KeyManager": "CUSTOMER", "Policy": statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*"}`)}}}
			})
			f.edited(t, 2, func(a, _ obj) { // whose roles may use it
				for _, r := range a["iam"].(obj)["RoleDetailList"].([]any) {
					list := r.(obj)["RolePolicyList"].([]any)
					r.(obj)["RolePolicyList"] = append(list, obj{"PolicyName": "Keys", "PolicyDocument": statement(`{"Effect":"Allow","Action":"kms:*","Resource":"*"}`)})
				}
			})
		},
		"a policy that tells addresses apart": func(f *files) {
			f.edited(t, other, func(a, _ obj) { bucketsIn(a)[0].(obj)["Policy"] = perAddress })
		},
		"a private zone for S3's names": func(f *files) {
			f.edited(t, hub, func(_, r obj) {
				vpc := r["ec2"].(obj)["Vpcs"].([]any)[0].(obj)["VpcId"]
				zone := obj{"Id": "/hostedzone/Z1", "Name": "models-111122223333.s3.us-east-1.amazonaws.com.", "Config": obj{"PrivateZone": true}, "VPCs": []any{obj{"VPCRegion": "us-east-1", "VPCId": vpc}},
					"ResourceRecordSets": []any{obj{"Name": "models-111122223333.s3.us-east-1.amazonaws.com.", "Type": "A", "TTL": 60, "ResourceRecords": []any{obj{"Value": "10.0.0.9"}}}}}
				r["route53"] = obj{"HostedZones": []any{zone}}
			})
		},
		"jobs and functions that have no interfaces yet": func(f *files) {
			f.edited(t, other, func(a, r obj) {
				vpc := r["ec2"].(obj)["Subnets"].([]any)[0].(obj)["SubnetId"]
				group := r["ec2"].(obj)["SecurityGroups"].([]any)[1].(obj)["GroupId"]
				r["lambda"] = obj{"Functions": []any{obj{"FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:111122223334:function:f", "VpcConfig": obj{"VpcId": "v", "SubnetIds": []any{vpc}, "SecurityGroupIds": []any{group}}}}}
				r["ec2"].(obj)["NetworkInterfaces"] = []any{}
			})
		},
		"networks that were not collected": func(f *files) {
			f.edited(t, other, func(_, r obj) { delete(r["ec2"].(obj), "RouteTables"); delete(r["ec2"].(obj), "SecurityGroups") })
		},
		"an endpoint that was refused": func(f *files) {
			f.edited(t, other, func(a, r obj) {
				delete(r["ec2"].(obj), "VpcEndpoints")
				a["gaps"] = []obj{{"account": a["accountId"], "region": "us-east-1", "service": "ec2", "operation": "DescribeVpcEndpoints", "code": "UnauthorizedOperation", "message": "no"}}
			})
		},
		"a hub that nobody captured": func(f *files) { f.org.Accounts = f.org.Accounts[1:]; delete(f.text, "111122223333.json") },
		"the Region of a China partition": func(f *files) {
			f.edited(t, other, func(a, r obj) { r["region"] = "cn-north-1" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := synthetic(synth.Organization{Accounts: 3, Regions: 2, Roles: 8, Buckets: 4})
			edit(f)
			got := f.inPieces(t)
			compare(t, got, f.atOnce(t))
			if n := bytes.Count(got, []byte("\n")); n < 100 {
				t.Errorf("%d rows only", n)
			}
		})
	}
}

func BenchmarkInPieces(b *testing.B) {
	f := synthetic(synth.Organization{Accounts: 20, Regions: 4, Roles: 8, Buckets: 4})
	rows := 0
	for b.Loop() {
		rows = bytes.Count(f.inPieces(b), []byte("\n"))
	}
	b.ReportMetric(float64(rows), "rows/op")
}
