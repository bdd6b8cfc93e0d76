package report

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
)

// TestAFindingShowsItsRule as the snapshot has it, and the whole context of its request.
func TestAFindingShowsItsRule(t *testing.T) {
	one := 1
	a := &sim.Answer{Verdict: sim.Blocked, Findings: []sim.Finding{{Code: finding.BucketPolicyExplicitDeny, Severity: sim.Blocker, Gate: sim.GateBucketPolicy,
		Pointer: "/accounts/0/s3/buckets/1/Policy", RuleIndex: &one,
		Example: &sim.Example{Principal: "arn:aws:iam::1:role/r", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: map[string]string{"aws:SourceVpce": "vpce-1", "aws:PrincipalArn": "x"}}}}}
	text := `{"Version": "2012-10-17", "Statement": [{"Sid": "First"}, {"Sid": "Second", "Effect": "Deny"}]}`
	for _, c := range []struct {
		rules []Rule
		want  string
	}{
		{[]Rule{{Pointer: "/accounts/0/s3/buckets/1/Policy", Text: text}}, "<dt>Rule</dt>\n<dd><pre>{\n  &#34;Sid&#34;: &#34;Second&#34;,\n  &#34;Effect&#34;: &#34;Deny&#34;\n}</pre>"},
		{nil, "entry 1, counted from 0, of the list at /accounts/0/s3/buckets/1/Policy"},
	} {
		var b strings.Builder
		if err := HTML(&b, Page{Answer: a, Rules: c.rules}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{c.want, "principal arn:aws:iam::1:role/r, aws:PrincipalArn = x, aws:SourceVpce = vpce-1"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("without %q:\n%s", want, b.String()[strings.Index(b.String(), "<h2>"):])
			}
		}
	}
}
