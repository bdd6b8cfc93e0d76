package services

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Bucket is a bucket, or one in each Region, that AWS owns and that jobs in a
// VPC reach by its S3 endpoint: an endpoint policy has to admit it.
type Bucket struct {
	// Name has REGION for a Region, and REGIONLESS for one without its hyphens.
	Name    string
	For     string
	Actions []string
	By      Signer // SignedByRole, Presigned (by AWS) or Unsigned
	// Public: AWS documents that anyone may do Actions. With a URL that AWS signs it does not matter.
	Public bool
	Kinds  []string // of jobs that need it; none: those with a Call by presigned URL
	// Optional: only those jobs that do what For says.
	Optional bool
	Page     string
}

// BucketsDate is when the table was compared with AWS's pages.
const BucketsDate = "2026-12"

const (
	docSSMBuckets = "https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html"
	docCFNBuckets = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html"
	docEMRBuckets = "https://docs.aws.amazon.com/emr/latest/ManagementGuide/private-subnet-iampolicy.html"
	docAL2023     = "https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades-usage.html"
	docAL2        = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html"
)

var (
	getObject = []string{"s3:GetObject"}
	putObject = []string{"s3:PutObject"}
	instances = []string{"Instance", "NodeGroup", "BatchJobOnEC2"}
)

func ssmBucket(name, what string) Bucket {
	return Bucket{Name: name, For: what, Actions: getObject, By: SignedByRole, Public: true, Kinds: instances, Optional: true, Page: docSSMBuckets}
}

var awsBuckets = []Bucket{
	{Name: "prod-REGION-starport-layer-bucket", For: "layers of images in Amazon ECR", Actions: getObject, By: Presigned, Page: docECR},
	{Name: "al2023-repos-REGION-de612dc2", For: "Amazon Linux 2023 packages (dnf)", Actions: getObject, By: Unsigned, Public: true, Kinds: append([]string{"EMRCluster"}, instances...), Optional: true, Page: docAL2023},
	{Name: "amazonlinux-2-repos-REGION", For: "Amazon Linux 2 packages (yum)", Actions: getObject, By: Unsigned, Public: true, Kinds: append([]string{"EMRCluster"}, instances...), Optional: true, Page: docEMRBuckets},
	{Name: "amazonlinux.REGION.amazonaws.com", For: "Amazon Linux 2 packages (yum), older releases", Actions: getObject, By: Unsigned, Public: true, Kinds: instances, Optional: true, Page: docAL2},
	{Name: "packages.REGION.amazonaws.com", For: "Amazon Linux 1 packages", Actions: getObject, By: Unsigned, Public: true, Kinds: []string{"EMRCluster"}, Optional: true, Page: docEMRBuckets},
	{Name: "repo.REGION.amazonaws.com", For: "Amazon Linux 1 packages", Actions: getObject, By: Unsigned, Public: true, Kinds: []string{"EMRCluster"}, Optional: true, Page: docEMRBuckets},
	{Name: "repo.REGION.emr.amazonaws.com", For: "EMR's own packages", Actions: getObject, By: Unsigned, Public: true, Kinds: []string{"EMRCluster"}, Page: docEMRBuckets},
	{Name: "prod.REGION.appinfo.src", For: "EMR's application history", Actions: []string{"s3:PutObject", "s3:GetObject"}, By: SignedByRole, Kinds: []string{"EMRCluster"}, Optional: true, Page: docEMRBuckets},
	ssmBucket("aws-ssm-REGION", "Systems Manager's documents and modules"),
	ssmBucket("amazon-ssm-REGION", "updates of the SSM Agent"),
	ssmBucket("amazon-ssm-packages-REGION", "Distributor packages, before SSM Agent 2.2.45.0"),
	ssmBucket("REGION-birdwatcher-prod", "Distributor packages"),
	ssmBucket("aws-ssm-distributor-file-REGION", "Distributor packages"),
	ssmBucket("aws-ssm-document-attachments-REGION", "attachments of SSM documents"),
	ssmBucket("patch-baseline-snapshot-REGION", "Patch Manager's baselines"),
	ssmBucket("aws-windows-downloads-REGION", "Systems Manager on Windows"),
	ssmBucket("aws-patchmanager-macos-REGION", "Patch Manager on macOS"),
	{Name: "cloudformation-custom-resource-response-REGIONLESS", For: "answers of custom resources to CloudFormation (cfn-response)", Actions: putObject, By: Presigned, Kinds: []string{"Function"}, Optional: true, Page: docCFNBuckets},
	{Name: "cloudformation-waitcondition-REGION", For: "answers to CloudFormation's wait conditions", Actions: putObject, By: Presigned, Kinds: []string{"Instance"}, Optional: true, Page: docCFNBuckets},
	{Name: "cloudformation-examples", For: "CloudFormation's helper scripts (cfn-init)", Actions: getObject, By: Unsigned, Public: true, Kinds: []string{"Instance"}, Optional: true, Page: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-helper-scripts-reference.html"},
	{Name: "aws-codedeploy-REGION", For: "the CodeDeploy agent", Actions: getObject, By: SignedByRole, Public: true, Kinds: []string{"Instance"}, Optional: true, Page: "https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-iam-instance-profile.html"},
	{Name: "amazoncloudwatch-agent-REGION", For: "the CloudWatch agent", Actions: getObject, By: Unsigned, Public: true, Kinds: instances, Optional: true, Page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/download-cloudwatch-agent-commandline.html"},
	{Name: "amazoncloudwatch-agent", For: "the CloudWatch agent", Actions: getObject, By: Unsigned, Public: true, Kinds: instances, Optional: true, Page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/download-cloudwatch-agent-commandline.html"},
	{Name: "jumpstart-cache-prod-REGION", For: "SageMaker JumpStart's models and scripts", Actions: []string{"s3:GetObject", "s3:ListBucket"}, By: SignedByRole, Public: true, Kinds: []string{"TrainingJob", "Model", "TransformJob", "Domain", "NotebookInstance"}, Optional: true, Page: docSM + "jumpstart-foundation-models-use-python-sdk.html"},
	{Name: "sagemaker-sample-files", For: "data of SageMaker's examples", Actions: []string{"s3:GetObject", "s3:ListBucket"}, By: SignedByRole, Public: true, Kinds: []string{"Domain", "NotebookInstance"}, Optional: true, Page: docSM + "howitworks-nbexamples.html"},
}

// AWSBuckets lists AWS's own buckets.
func AWSBuckets() []Bucket { return slices.Clone(awsBuckets) }

// In is the bucket's name in a Region.
func (b *Bucket) In(region string) string {
	return strings.NewReplacer("REGIONLESS", strings.ReplaceAll(region, "-", ""), "REGION", region).Replace(b.Name)
}

// regionName is a Region as bucket names have it.
const regionName = `([a-z]{2}(?:-[a-z]+)+-[0-9]+)`

// bareRegion is one without its hyphens.
const bareRegion = `([a-z]{2,}[0-9]+)`

var bucketNames = sync.OnceValue(func() []*regexp.Regexp {
	var out []*regexp.Regexp
	for i := range awsBuckets {
		p := regexp.QuoteMeta(awsBuckets[i].Name)
		p = strings.Replace(strings.Replace(p, "REGIONLESS", bareRegion, 1), "REGION", regionName, 1)
		out = append(out, regexp.MustCompile("^"+p+"$"))
	}
	return out
})

// FindAWSBucket recognises a bucket of AWS's own by its name; region is empty
// where the name does not tell it.
func FindAWSBucket(name string) (b *Bucket, region string, ok bool) {
	for i, p := range bucketNames() {
		if m := p.FindStringSubmatch(name); m != nil {
			if len(m) > 1 && !strings.Contains(awsBuckets[i].Name, "REGIONLESS") {
				region = m[1]
			}
			return &awsBuckets[i], region, true
		}
	}
	return nil, "", false
}

// BucketsFor lists AWS's own buckets that a job of a kind may need from its VPC,
// beside those of its image's layers, which are among its calls.
func BucketsFor(kind string) []Bucket {
	return slices.DeleteFunc(AWSBuckets(), func(b Bucket) bool { return !slices.Contains(b.Kinds, kind) })
}
