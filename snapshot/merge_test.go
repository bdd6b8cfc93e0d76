package snapshot

import (
	"bytes"
	"strings"
	"testing"
)

func partOf(name, account, region, complete, subnets string) Part {
	return Part{name, []byte(`{"schema":"canreach.snapshot/v1","capture":{"startedAt":"2026-01-0` + name + `T00:00:00Z","tool":"canreach","gaps":[]},"accounts":[{"accountId":"` + account +
		`","regions":[{"region":"` + region + `","complete":[` + complete + `],"ec2":{"Subnets":[` + subnets + `]}}]}]}`)}
}

const (
	subnetOne   = `{"SubnetId":"subnet-00000001","VpcId":"vpc-00000001","CidrBlock":"10.0.1.0/24"}`
	subnetTwo   = `{"SubnetId":"subnet-00000002","VpcId":"vpc-00000001","CidrBlock":"10.0.2.0/24"}`
	subnetOther = `{"SubnetId":"subnet-00000001","VpcId":"vpc-00000001","CidrBlock":"10.0.3.0/24"}`
)

func TestMerge(t *testing.T) {
	const here, there, east, west = "111122223333", "444455556666", "us-east-1", "us-west-2"
	for name, c := range map[string]struct {
		a, b              Part
		accounts, subnets int
		conflict          string
	}{
		"two accounts": {partOf("1", here, east, "", subnetOne), partOf("2", there, east, "", subnetOne), 2, 2, ""},
		"two regions":  {partOf("1", here, east, "", subnetOne), partOf("2", here, west, "", subnetTwo), 1, 2, ""},
		"two people":   {partOf("1", here, east, "", subnetOne), partOf("2", here, east, "", subnetOne+","+subnetTwo), 1, 2, ""},
		"a contradiction": {partOf("1", here, east, "", subnetTwo+","+subnetOne), partOf("2", here, east, "", subnetOther), 0, 0,
			"/accounts/0/regions/0/ec2/Subnets/1 and 2 /accounts/0/regions/0/ec2/Subnets/0 contradict"},
		"one of them claims to have all": {partOf("1", here, east, `"Subnets"`, subnetOne), partOf("2", here, east, "", subnetTwo), 0, 0, "contradict"},
		"both have all, and agree":       {partOf("1", here, east, `"Subnets"`, subnetOne), partOf("2", here, east, `"Subnets"`, subnetOne), 1, 1, ""},
	} {
		got, err := Merge([]Part{c.a, c.b})
		if c.conflict != "" {
			if err == nil || !strings.Contains(err.Error(), c.conflict) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := Merge([]Part{c.b, c.a}); err == nil {
				t.Errorf("%s: no error the other way round", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s, err := Parse(got)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, got)
		}
		subnets := 0
		for _, a := range s.Accounts {
			for _, r := range a.Regions {
				subnets += len(r.EC2.Subnets.Items)
			}
		}
		if len(s.Accounts) != c.accounts || subnets != c.subnets {
			t.Errorf("%s: %d accounts, %d subnets", name, len(s.Accounts), subnets)
		}
		if again, _ := Merge([]Part{c.b, c.a}); string(again) != string(got) {
			t.Errorf("%s: other bytes the other way round:\n%s\n%s", name, got, again)
		}
	}
}

// FuzzMerge: of snapshots that canreach reads the order does not matter, and
// one merged with itself says nothing new.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(`{"accounts":[{"accountId":"1","regions":[{"region":"us-east-1","complete":["Vpcs"],"ec2":{"Vpcs":[{"VpcId":"vpc-1"}]}}]}]}`),
		[]byte(`{"accounts":[{"accountId":"1","s3":{"buckets":[{"Name":"b"},{"Name":"b"}]}}],"capture":{"gaps":[{}]}}`))
	f.Add([]byte(`null`), []byte(`{"accounts":null,"organizations":[1,{"Id":[]}],"schema":{}}`))
	f.Add([]byte(`{"accounts":[1]}`), []byte(`{"accounts":[1]}`))
	f.Add(partOf("1", "111122223333", "us-east-1", `"Subnets"`, subnetOne).Native, partOf("2", "111122223333", "us-east-1", "", subnetOne).Native)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		one, errOne := Merge([]Part{{"a", a}, {"b", b}})
		two, errTwo := Merge([]Part{{"b", b}, {"a", a}})
		for _, text := range [][]byte{a, b} {
			if _, err := Parse(text); err != nil {
				return
			}
		}
		if (errOne == nil) != (errTwo == nil) || errOne == nil && !bytes.Equal(one, two) {
			t.Errorf("%s, %v\nand the other way round\n%s, %v", one, errOne, two, errTwo)
		}
		if errOne != nil {
			return
		}
		again, err := Merge([]Part{{"one", one}, {"again", one}})
		if err != nil || !bytes.Equal(again, one) {
			t.Errorf("%s\nwith itself\n%s, %v", one, again, err)
		}
	})
}
