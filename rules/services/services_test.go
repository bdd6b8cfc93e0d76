package services

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/policy/sar"
)

const servicesPage = "../../docs/services.md"

// docs/services.md is the table.
func TestServicesPage(t *testing.T) {
	want := page()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(servicesPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(servicesPage)
	if err != nil || string(got) != want {
		t.Errorf("docs/services.md is not the table (%v): run UPDATE_GOLDEN=1 go test ./rules/services", err)
	}
}

func page() string {
	var b strings.Builder
	b.WriteString("# Services\n\nWhat each service asks of a job in a VPC, and what the job calls, from the table in `rules/services` (generated: `UPDATE_GOLDEN=1 go test ./rules/services`).\n" +
		"`--service WORD` with `--subnets`, `--security-groups` and `--role`, or the service's own description as `--job`, asks what the row says; what a row does not say is not asked.\n" + jobFiles)
	b.WriteString("\n| `--service` | Job | Interface made by | Role trusts | Subnets | Security groups | Session |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, w := range All() {
		fmt.Fprintf(&b, "| `%s` | [%s](%s) | %s | [%s](%s) | %s | %s | %s |\n", word(&w), w.Title, w.Page, makerText(&w), trustText(&w), w.Trust.Page, limitText(w.Subnets, w.PublicAddress), groupText(&w), sessionText(&w))
	}
	b.WriteString("\n## AWS's own buckets\n\nWhat an endpoint policy for S3 has to admit beside the job's own buckets (" + BucketsDate + "). REGION is a Region, REGIONLESS one without its hyphens.\n" +
		"`check --bucket` knows them without a snapshot: the endpoint policy decides.\n\n| Bucket | For | Actions | Signed by | Policy | Jobs |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, k := range AWSBuckets() {
		fmt.Fprintf(&b, "| `%s` | [%s](%s) | %s | %s | %s | %s |\n", k.Name, k.For, k.Page, strings.Join(k.Actions, ", "), bucketSigner(&k), bucketPolicy(&k), bucketJobs(&k))
	}
	for _, w := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n", w.Title)
		if len(w.Interfaces.Actions) > 0 {
			fmt.Fprintf(&b, "Its role makes the interfaces ([source](%s)): %s.\n\n", w.Interfaces.Page, actionText(&w))
		}
		b.WriteString("| Calls | Actions | For | From | Signed by |\n| --- | --- | --- | --- | --- |\n")
		for _, c := range w.Calls {
			what := c.For
			if c.Optional {
				what += " (optional)"
			}
			fmt.Fprintf(&b, "| `%s` | %s | [%s](%s) | %s | %s |\n", c.To, strings.Join(c.Actions, ", "), what, c.Page, fromText[c.From], signerText[c.By])
		}
	}
	return b.String()
}

const jobFiles = `
A job file holds what AWS's CLI prints, or the request; documents that belong together are an array in one file.

| Service | What the file holds |
| --- | --- |
| SageMaker | a job, model, notebook instance or domain; a transform job with its model |
| ECS | describe-services, or a create-service or run-task request, with describe-task-definition |
| Batch | describe-compute-environments with describe-job-definitions |
| EKS | describe-nodegroup with describe-cluster; for a pod also the Pod, and its ServiceAccount or describe-pod-identity-association; a SecurityGroupPolicy |
| Glue | get-job with get-connection |
| Lambda | get-function-configuration or get-function |
| EMR | describe-cluster, or a run-job-flow request: the core nodes' groups are asked about |
| EMR Serverless | get-application with get-job-run |
| CodeBuild | batch-get-projects |
| MWAA | get-environment |
| Redshift | describe-clusters with describe-cluster-subnet-groups |
`

func word(w *Workload) string {
	if first, _ := Named(w.Service); first.Kind == w.Kind {
		return w.Service
	}
	return w.Service + "/" + w.Kind
}

func bucketSigner(b *Bucket) string {
	if b.By == Presigned {
		return "AWS (presigned URL)"
	}
	return signerText[b.By]
}

func bucketPolicy(b *Bucket) string {
	switch {
	case b.Public:
		return "public, as documented"
	case b.By == Presigned:
		return "AWS's"
	}
	return "not documented"
}

func bucketJobs(b *Bucket) string {
	if len(b.Kinds) == 0 {
		return "those that pull an image from their interface"
	}
	out := strings.Join(b.Kinds, ", ")
	if b.Optional {
		out += " (optional)"
	}
	return out
}

func makerText(w *Workload) string {
	if w.Interfaces.By == ByRole {
		return w.Interfaces.Maker + ", with the job's role"
	}
	return fmt.Sprintf("[%s](%s)", w.Interfaces.Maker, w.Interfaces.Page)
}

func trustText(w *Workload) string {
	join := " or "
	if w.Trust.All {
		join = " and "
	}
	out := strings.Join(w.Trust.Principals, join)
	if w.Trust.WebIdentity {
		out += ", or the cluster's OIDC provider"
	}
	return out
}

func limitText(l Limit, p Public) string {
	out := fmt.Sprintf("%d or more", l.Min)
	if l.Max > 0 {
		out = fmt.Sprintf("%d to %d", l.Min, l.Max)
	}
	if l.Min == l.Max {
		out = fmt.Sprint(l.Min)
	}
	if l.Zones > 0 {
		out += fmt.Sprintf(", of %d zones", l.Zones)
	}
	return out + map[Public]string{NeverPublic: "; no public address", PublicAsAsked: "; public address if asked for", PublicBySubnet: "; public address if the subnet gives one"}[p]
}

func groupText(w *Workload) string {
	out := fmt.Sprintf("%d or more", w.Groups.Min)
	if w.Groups.Max > 0 {
		out = fmt.Sprintf("%d to %d", w.Groups.Min, w.Groups.Max)
	}
	if w.Groups.Default {
		out += "; none: the VPC's default group"
	}
	if w.SelfIngress {
		out += "; all TCP from itself"
	}
	if w.OwnSubnets {
		out += "; out to its own subnets"
	}
	return out
}

func sessionText(w *Workload) string {
	if w.Session.Seen {
		return "`" + w.Session.Form + "` (seen, not documented)"
	}
	return w.Session.Form
}

func actionText(w *Workload) string {
	var out []string
	for _, a := range w.Interfaces.Actions {
		s := "`" + a.Name + "`"
		if a.Optional {
			s += " (a warning)"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

var (
	fromText   = map[From]string{FromInterface: "its interface", FromService: "the service", FromHost: "the host's interface", FromUndocumented: "not documented"}
	signerText = map[Signer]string{SignedByRole: "its role", SignedByExecutionRole: "the execution role", SignedByService: "the service", SignedByHost: "the host's role", Presigned: "presigned", Unsigned: "unsigned"}
)

var (
	awsPage   = regexp.MustCompile(`^https://docs\.aws\.amazon\.com/[^ ]+\.html$`)
	principal = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)
)

// Every row says who makes the interface, whom the role trusts, the limits and
// the calls, with AWS's page.
func TestRowsAreWhole(t *testing.T) {
	kinds := map[string]bool{}
	for _, w := range All() {
		t.Run(w.Kind, func(t *testing.T) {
			if kinds[w.Kind] {
				t.Error("another row has this kind")
			}
			kinds[w.Kind] = true
			for _, p := range []string{w.Page, w.Trust.Page, w.Interfaces.Page} {
				if !awsPage.MatchString(p) {
					t.Errorf("page %q", p)
				}
			}
			if w.Service == "" || w.Title == "" || w.Name == "" || w.Field == "" || w.Session.Form == "" || w.Interfaces.Maker == "" || len(w.Calls) == 0 {
				t.Errorf("a member is empty: %+v", w)
			}
			if (w.Interfaces.By == ByRole) != (len(w.Interfaces.Actions) > 0) {
				t.Error("the role's EC2 actions go with ByRole")
			}
			if w.Subnets.Max > 0 && w.Subnets.Max < w.Subnets.Min || w.Groups.Default == (w.Groups.Min > 0) {
				t.Errorf("limits %+v %+v", w.Subnets, w.Groups)
			}
			for _, p := range w.Trust.Principals {
				if !principal.MatchString(p) {
					t.Errorf("principal %q", p)
				}
			}
			if s := w.Trust.SourceARN; s != "" && !strings.HasPrefix(s, "arn:PARTITION:") || strings.Contains(strings.TrimSuffix(s, "*"), "*") {
				t.Errorf("source ARN %q", s)
			}
			for _, a := range w.Interfaces.Actions {
				known(t, a.Name)
			}
			for _, c := range w.Calls {
				checkCall(t, &c)
			}
		})
	}
}

func checkCall(t *testing.T, c *Call) {
	t.Helper()
	if !awsPage.MatchString(c.Page) || c.For == "" || c.On == 0 || fromText[c.From] == "" || signerText[c.By] == "" || len(c.Actions) == 0 {
		t.Errorf("call %+v", c)
	}
	if s, ok := rules.FindService(c.To, "us-east-1"); !ok || !strings.HasPrefix(s.Name, "com.amazonaws.us-east-1.") {
		t.Errorf("AWS has no service %q", c.To)
	}
	for _, a := range c.Actions {
		known(t, strings.TrimSuffix(a, "*"))
	}
}

func known(t *testing.T, action string) {
	t.Helper()
	prefix, name, _ := strings.Cut(action, ":")
	s, ok := sar.FindService(prefix)
	if !ok {
		t.Errorf("no service %q", prefix)
		return
	}
	if _, ok := s.FindAction(name); !ok {
		t.Errorf("no action %q", action)
	}
}

func TestNamed(t *testing.T) {
	for _, w := range Words() {
		if _, ok := Named(w); !ok {
			t.Errorf("%q names nothing", w)
		}
	}
	for word, kind := range map[string]string{"sagemaker": "CompilationJob", "sagemaker/Domain": "Domain", "ecs": "ECSTask", "ecs/ECSTaskOnEC2": "ECSTaskOnEC2", "eks": "Pod"} {
		if w, ok := Named(word); !ok || w.Kind != kind {
			t.Errorf("%q is %q, want %q", word, w.Kind, kind)
		}
	}
	if _, ok := Named("toaster"); ok {
		t.Error("toaster is a service")
	}
	for _, s := range []string{"sagemaker", "ecs", "eks", "glue", "lambda", "batch", "emr", "emr-serverless", "codebuild", "mwaa", "redshift", "ec2"} {
		if !slices.Contains(Words(), s) {
			t.Errorf("%q is missing", s)
		}
	}
}
