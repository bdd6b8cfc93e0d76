package sim_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Decide says of each action what Check says of it alone, and what no statement
// may allow is BLOCKED.
func TestDecideAgreesWithCheck(t *testing.T) {
	const example = "../testdata/examples/neo-compile/"
	files, err := filepath.Glob(example + "broken/*.json")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	job, err := snapshot.LoadJob(example+"job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[sim.Verdict]int{}
	ungranted := 0
	for _, name := range append(files, example+"snapshot.json") {
		s, err := snapshot.Load(name, snapshot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ungranted += compareDecide(t, s, []sim.Question{{Job: job}, {Source: sim.FromInternet}, {Source: "192.0.2.7"}}, seen)
	}
	var native bytes.Buffer
	if err := synth.New(synth.Options{Seed: 11, Interfaces: 12}).Write(&native); err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(native.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var sources []sim.Question
	for _, r := range s.Accounts[0].Regions {
		for i := range r.EC2.NetworkInterfaces.Items {
			if i%5 == 0 {
				sources = append(sources, sim.Question{Source: string(r.EC2.NetworkInterfaces.Items[i].ID)})
			}
		}
	}
	ungranted += compareDecide(t, s, sources, seen)
	if seen[sim.Reachable] == 0 || seen[sim.Blocked] == 0 || ungranted == 0 {
		t.Errorf("too few kinds of answers: %v, %d without a grant", seen, ungranted)
	}
}

func compareDecide(t *testing.T, s *snapshot.Snapshot, sources []sim.Question, seen map[sim.Verdict]int) (ungranted int) {
	t.Helper()
	w := sim.NewWorld(s)
	actions := []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
	for _, a := range s.Accounts {
		for i := range a.IAM.Roles.Items {
			role := a.IAM.Roles.Items[i].ARN
			for j := range a.S3.Buckets.Items {
				bucket := "arn:aws:s3:::" + a.S3.Buckets.Items[j].Name
				for _, q := range sources {
					q.Job.RoleARN, q.Bucket, q.Actions = role, bucket, actions
					outcomes, err := w.Decide(q)
					if err != nil || len(outcomes) != len(actions) {
						t.Fatal(outcomes, err)
					}
					for _, o := range outcomes {
						q.Actions = []string{o.Action}
						alone, err := w.Check(t.Context(), q)
						if err != nil {
							t.Fatal(err)
						}
						seen[o.Verdict]++
						if o.Verdict != alone.Verdict || (o.Witness != nil) != (o.Verdict == sim.Reachable || o.Verdict == sim.Partial) || (o.Verdict == sim.Unknown) != (len(o.Missing) > 0) {
							t.Errorf("%s from %s: %+v, alone %v", bucket, q.Source, o, alone.Verdict)
						}
						if !w.MayAllow(role, bucket, o.Action) {
							ungranted++
							if alone.Verdict != sim.Blocked {
								t.Errorf("%s %s on %s from %s is %v, and no statement may allow it", role, o.Action, bucket, q.Source, alone.Verdict)
							}
						}
					}
				}
			}
		}
	}
	return ungranted
}

// What the literal beginnings of patterns leave open is asked.
func TestMayAllow(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/R"
	for name, tt := range map[string]struct {
		identity, bucket string
		want             bool
	}{
		"action":            {`{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`, ``, true},
		"other action":      {`{"Effect":"Allow","Action":"s3:GetObjectTagging","Resource":"*"}`, ``, false},
		"not action":        {`{"Effect":"Allow","NotAction":"s3:Put*","Resource":"*"}`, ``, true},
		"deny":              {`{"Effect":"Deny","Action":"*","Resource":"*"}`, ``, false},
		"other bucket":      {`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::other/*"}`, ``, false},
		"prefix of bucket":  {`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b*"}`, ``, true},
		"variable":          {`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:PrincipalTag/b}/*"}`, ``, true},
		"not resource":      {`{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::other/*"}`, ``, true},
		"bucket policy":     {``, `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}`, true},
		"of another":        {``, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:root"},"Action":"s3:*","Resource":"arn:aws:s3:::bkt/*"}`, false},
		"of a unique id":    {``, `{"Effect":"Allow","Principal":{"AWS":"AROAEXAMPLE"},"Action":"s3:*","Resource":"arn:aws:s3:::bkt/*"}`, true},
		"everyone but":      {``, `{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::999988887777:root"},"Action":"s3:*","Resource":"arn:aws:s3:::bkt/*"}`, true},
		"malformed policy":  {`{"Effect":"Perhaps"}`, ``, true},
		"of a service only": {``, `{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:*","Resource":"arn:aws:s3:::bkt/*"}`, false},
	} {
		s := &snapshot.Snapshot{}
		doc := func(statement string) snapshot.Document {
			return snapshot.Document{Presence: snapshot.Collected, Raw: []byte(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)}
		}
		a := &snapshot.Account{ID: "111122223333"}
		r := snapshot.Role{ARN: role, Name: "R", Path: "/", InlinePresence: snapshot.Collected, AttachedPresence: snapshot.Collected}
		if tt.identity != "" {
			r.Inline = append(r.Inline, snapshot.NamedDocument{Name: "P", Document: doc(tt.identity)})
		}
		b := snapshot.Bucket{Name: "bkt", Account: a, Region: "us-east-1", OwnershipPresence: snapshot.Collected, Ownership: "BucketOwnerEnforced"}
		b.Policy.Presence = snapshot.Collected
		if tt.bucket != "" {
			b.Policy = doc(tt.bucket)
		}
		a.IAM.Roles.Items, a.S3.Buckets.Items = []snapshot.Role{r}, []snapshot.Bucket{b}
		s.Accounts = []*snapshot.Account{a}
		if got := sim.NewWorld(s).MayAllow(role, "arn:aws:s3:::bkt", "s3:GetObject"); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
