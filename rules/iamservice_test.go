package rules

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/rules/policy/sar"
)

// Every row names actions that AWS has and a service with a host name.
func TestServiceOfAction(t *testing.T) {
	for _, r := range iamServices() {
		prefix, name, _ := strings.Cut(r.actions, ":")
		table, ok := sar.FindService(prefix)
		if !ok {
			t.Errorf("%s: no service has this prefix", r.actions)
			continue
		}
		has := name == ""
		for _, a := range table.Actions {
			has = has || strings.HasPrefix(a.Name, name)
		}
		if !has {
			t.Errorf("%s: no action begins so", r.actions)
		}
		if _, ok := ServiceOfAction(r.actions+"X", "us-east-1"); !ok {
			t.Errorf("%s: no host name in us-east-1", r.actions)
		}
		for _, f := range strings.Split(r.flags, ",") {
			if f != "-" && f != "policy" && f != "rcp" {
				t.Errorf("%s: flag %q", r.actions, f)
			}
		}
	}
	for _, c := range []struct{ action, host, name string }{
		{"ecr:BatchGetImage", "api.ecr.us-east-1.amazonaws.com", "com.amazonaws.us-east-1.ecr.api"},
		{"sagemaker:InvokeEndpoint", "runtime.sagemaker.us-east-1.amazonaws.com", "com.amazonaws.us-east-1.sagemaker.runtime"},
		{"sagemaker:CreateModel", "api.sagemaker.us-east-1.amazonaws.com", "com.amazonaws.us-east-1.sagemaker.api"},
		{"kinesis:PutRecord", "kinesis.us-east-1.amazonaws.com", "com.amazonaws.us-east-1.kinesis-streams"},
		{"sts:AssumeRole", "sts.us-east-1.amazonaws.com", "com.amazonaws.us-east-1.sts"},
		{"iam:GetRole", "iam.amazonaws.com", "com.amazonaws.iam"},
	} {
		s, ok := ServiceOfAction(c.action, "us-east-1")
		if !ok || s.Endpoint.Host != c.host || s.Endpoint.Name != c.name {
			t.Errorf("%s: %+v", c.action, s)
		}
	}
	if _, ok := ServiceOfAction("nosuch:Action", "us-east-1"); ok {
		t.Error("nosuch has a host name")
	}
}
