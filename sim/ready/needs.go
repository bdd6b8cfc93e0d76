package ready

import (
	"strings"

	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/snapshot"
)

// need is one thing that a job names, or has by default.
type need struct {
	resource string // ARN with or without wildcards; "*"
	layers   string // of an image: the bucket that its layers come from
	note     string
}

// needs lists what a call is made for; none where the job has nothing of the kind.
func (l *list) needs(c *services.Call) []need {
	j := &l.q.Job
	switch c.On {
	case services.OnInput:
		return l.locations(j.Inputs, "*")
	case services.OnOutput:
		return l.locations(j.Outputs, "/*")
	case services.OnCode:
		return l.locations(j.Code, "*")
	case services.OnImage:
		return l.images(j.Images)
	case services.OnLogGroup, services.OnParameter, services.OnSecret, services.OnVolumeKey:
		return l.named(c.On)
	case services.OnObjectKey:
		return l.objectKeys()
	case services.OnCatalog:
		if j.Catalog {
			return []need{{resource: l.arn("glue", "*")}}
		}
	case services.Always:
		if c.To == "logs" {
			return l.named(services.OnLogGroup)
		}
		return []need{{resource: "*"}}
	}
	return nil
}

// locations are S3 locations as ARNs of objects.
func (l *list) locations(of []snapshot.S3Location, end string) []need {
	var out []need
	for _, s := range of {
		key := strings.NewReplacer("*", "?").Replace(strings.TrimSuffix(s.Prefix, "/"))
		switch {
		case s.Prefix == "":
			key = "*"
		case end == "*" && l.work.Kind == "CompilationJob" && !strings.HasSuffix(s.Prefix, "/"): // one archive
		case strings.HasSuffix(s.Prefix, "/"):
			key += "/*"
		default:
			key += end
		}
		out = append(out, need{resource: "arn:" + snapshot.Partition(l.region) + ":s3:::" + s.Bucket + "/" + key})
	}
	return out
}

// images are repositories of private Amazon ECR registries:
// 111122223333.dkr.ecr.us-east-1.amazonaws.com/NAME:TAG. Their layers come from
// a bucket of AWS's.
//
// AWS: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
// and https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
func (l *list) images(of []snapshot.JobReference) []need {
	var out []need
	for _, i := range of {
		host, name, _ := strings.Cut(i.Name, "/")
		part := strings.Split(host, ".")
		if len(part) < 5 || part[1] != "dkr" || part[2] != "ecr" {
			continue // of another registry: no call of AWS's
		}
		name, _, _ = strings.Cut(name, "@")
		name, _, _ = strings.Cut(name, ":")
		out = append(out, need{resource: "arn:" + snapshot.Partition(part[3]) + ":ecr:" + part[3] + ":" + part[0] + ":repository/" + name,
			layers: "arn:" + snapshot.Partition(part[3]) + ":s3:::" + "prod-" + part[3] + "-starport-layer-bucket/*"})
	}
	return out
}

// named are what a job names by name or ARN.
func (l *list) named(on services.On) []need {
	j := &l.q.Job
	form := map[services.On]struct {
		list               []snapshot.JobReference
		service, head, end string
	}{
		services.OnLogGroup:  {j.LogGroups, "logs", "log-group:", ":*"},
		services.OnParameter: {j.Parameters, "ssm", "parameter/", ""},
		services.OnSecret:    {j.Secrets, "secretsmanager", "secret:", "-??????"},
		services.OnVolumeKey: {j.VolumeKeys, "kms", "key/", ""},
	}[on]
	var out []need
	for _, n := range form.list {
		switch {
		case !strings.HasPrefix(n.Name, "arn:"):
			name := strings.TrimPrefix(n.Name, "/")
			if on == services.OnLogGroup {
				name = n.Name
			}
			if on == services.OnVolumeKey && strings.HasPrefix(name, "alias/") {
				form.head = ""
			}
			out = append(out, need{resource: l.arn(form.service, form.head+name+form.end)})
		case on == services.OnSecret && len(strings.Split(n.Name, ":")) > 7: // ARN:KEY:STAGE:VERSION
			out = append(out, need{resource: strings.Join(strings.Split(n.Name, ":")[:7], ":")})
		default:
			out = append(out, need{resource: n.Name})
		}
	}
	if len(out) == 0 && on == services.OnLogGroup {
		group, ok := logGroups[l.work.Kind]
		if !ok {
			group = "*"
		}
		group = strings.ReplaceAll(group, "NAME", nonEmpty(j.Name, "*"))
		return []need{{resource: l.arn("logs", "log-group:"+group)}}
	}
	return out
}

// logGroups are the log groups that services write to where a job names none.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html,
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html,
// https://docs.aws.amazon.com/codebuild/latest/userguide/change-project.html,
// https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
var logGroups = map[string]string{
	"CompilationJob": "/aws/sagemaker/CompilationJobs:*", "TrainingJob": "/aws/sagemaker/TrainingJobs:*", "ProcessingJob": "/aws/sagemaker/ProcessingJobs:*",
	"TransformJob": "/aws/sagemaker/TransformJobs:*", "Model": "/aws/sagemaker/Endpoints/*", "NotebookInstance": "/aws/sagemaker/NotebookInstances:*",
	"Domain": "/aws/sagemaker/studio:*", "Function": "/aws/lambda/NAME:*", "GlueJob": "/aws-glue/*",
}

// objectKeys are the KMS keys that the job names for what it writes.
func (l *list) objectKeys() []need {
	var out []need
	seen := map[string]bool{}
	for _, o := range l.q.Job.Outputs {
		if k := o.KMSKeyID; k != "" && !seen[k] {
			seen[k] = true
			switch {
			case strings.HasPrefix(k, "arn:"):
			case strings.HasPrefix(k, "alias/"):
				k = l.arn("kms", k)
			default:
				k = l.arn("kms", "key/"+k)
			}
			out = append(out, need{resource: k})
		}
	}
	return out
}

func (l *list) arn(service, rest string) string {
	return "arn:" + snapshot.Partition(l.region) + ":" + service + ":" + l.region + ":" + l.account + ":" + rest
}

// wholeService tells actions that are checked against no resource.
//
// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func wholeService(action string) bool {
	switch action {
	case "ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "logs:DescribeLogGroups", "sts:GetCallerIdentity", "ec2:DescribeInstances":
		return true
	}
	return false
}

func nonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
