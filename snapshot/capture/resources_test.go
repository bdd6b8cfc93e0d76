package capture

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// The policies that resources have themselves: one that is there, one that is
// not, and one that could not be read are three things.
func TestResourcePolicies(t *testing.T) {
	f := newFakeAWS(t)
	request := everyRequest()["resources"]
	foreign := "arn:aws:sqs:us-east-1:999999999999:theirs"
	request.Resources = append(request.Resources, foreign)
	f.answers["sqs.GetQueueUrl@theirs"] = "!400 AccessDenied"
	text, report, err := f.capture(t, request, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	policies := map[string]snapshot.Presence{}
	none := map[string]bool{}
	for _, g := range s.Accounts[0].Regions {
		for _, p := range g.ResourcePolicies.Items {
			policies[g.Name+" "+p.ARN], none[g.Name+" "+p.ARN] = p.Policy.Presence, p.Policy.Raw == nil
		}
	}
	for id, wantNone := range map[string]bool{
		"us-east-1 arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf": false,
		"us-east-1 arn:aws:ecr:us-east-1:111122223333:repository/ml/train":         true,
		"us-east-1 arn:aws:sqs:us-east-1:111122223333:jobs":                        true,
		"eu-west-1 arn:aws:sns:eu-west-1:111122223333:done":                        false,
	} {
		if p, ok := policies[id]; !ok || p == snapshot.NotCollected || none[id] != wantNone {
			t.Errorf("%s: %v, none %v", id, p, none[id])
		}
	}
	if len(policies) != 4 || len(report.Gaps) != 1 || report.Gaps[0].Resource != foreign {
		t.Errorf("%v, gaps %+v", policies, report.Gaps)
	}
	if again, _, _ := f.capture(t, request, nil); again != text {
		t.Error("two captures of one state differ")
	}
}

// A resource whose policy no call here reads is refused before anything is asked.
func TestOtherResourcesAreRefused(t *testing.T) {
	for _, arn := range []string{"arn:aws:logs:us-east-1:111122223333:log-group:x", "db", "arn:aws:sqs:us-east-1:111122223333:*", "arn:aws:ecr:us-east-1:111122223333:repository/x\ny"} {
		err := calls.Request{Resources: []string{arn}}.Check()
		if err == nil || !strings.HasPrefix(err.Error(), "--resource ") {
			t.Errorf("%s: %v", arn, err)
		}
	}
}
