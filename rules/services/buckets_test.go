package services

import (
	"strings"
	"testing"
)

func TestAWSBuckets(t *testing.T) {
	for _, b := range AWSBuckets() {
		t.Run(b.Name, func(t *testing.T) {
			if !awsPage.MatchString(b.Page) || b.For == "" || len(b.Actions) == 0 || signerText[b.By] == "" {
				t.Errorf("%+v", b)
			}
			for _, a := range b.Actions {
				known(t, a)
			}
			for _, k := range b.Kinds {
				if _, ok := Find(k); !ok {
					t.Errorf("no kind %q", k)
				}
			}
			for _, region := range []string{"us-east-1", "ap-southeast-2", "us-gov-west-1"} {
				name := b.In(region)
				found, r, ok := FindAWSBucket(name)
				if !ok || found.Name != b.Name {
					t.Errorf("%s is not recognised: %+v", name, found)
				}
				if strings.Contains(b.Name, "REGION") && !strings.Contains(b.Name, "REGIONLESS") && r != region {
					t.Errorf("%s is of Region %q", name, r)
				}
			}
		})
	}
	for _, name := range []string{"models", "prod-starport-layer-bucket", "my-prod-us-east-1-starport-layer-bucket", "prod-us-east-1-starport-layer-bucket-2", "aws-ssm-reports", "amazonlinuxxus-east-1xamazonawsxcom"} {
		if b, _, ok := FindAWSBucket(name); ok {
			t.Errorf("%s is taken for %s", name, b.Name)
		}
	}
}

func TestBucketsFor(t *testing.T) {
	names := func(kind string) string {
		var out []string
		for _, b := range BucketsFor(kind) {
			out = append(out, b.Name)
		}
		return strings.Join(out, " ")
	}
	if got := names("ECSTask") + names("CompilationJob"); got != "" {
		t.Errorf("a task and a compilation job need %q", got)
	}
	if got := names("EMRCluster"); !strings.Contains(got, "repo.REGION.emr.amazonaws.com") {
		t.Errorf("an EMR cluster needs %q", got)
	}
}
