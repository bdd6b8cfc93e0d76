package snapshot

import (
	"strings"
	"testing"
)

func TestWithoutSecretsKeepsEverythingElse(t *testing.T) {
	in := `{"Functions":[{"FunctionName":"f","Environment":{"Variables":{"K":"hunter2"}},"VpcConfig":{}}],
 "jobs":[{"HyperParameters":{"token":"hunter2"},"AppSpecification":{"ContainerArguments":["hunter2"],"ContainerEntrypoint":["x","hunter2"],"ImageUri":"i"}},
 {"Environment" : {"P":"hunter2"},"Tags":{"Environment":"prod"}}],
 "VpnConnections":[{"CustomerGatewayConfiguration":"hunter2","Options":{"TunnelOptions":[{"PreSharedKey":"hunter2","Phase1DHGroupNumbers":[]}]}}],
 "Roles":[{"Tags":[{"Key":"Environment","Value":"prod"}]}]}`
	got := string(WithoutSecrets([]byte(in)))
	if strings.Contains(got, "hunter2") || strings.Count(got, "prod") != 2 {
		t.Error(got)
	}
	for _, kept := range []string{`"FunctionName":"f"`, `"VpcConfig":{}`, `"ImageUri":"i"`, `"Phase1DHGroupNumbers":[]`} {
		if !strings.Contains(got, kept) {
			t.Errorf("%s is gone: %s", kept, got)
		}
	}
	for _, same := range []string{`{"Tags":[{"Key":"Environment","Value":"x"}]}`, `not JSON "Environment": `, ``} {
		if got := string(WithoutSecrets([]byte(same))); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
}
