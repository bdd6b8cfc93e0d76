package snapshot

import "strings"

// ResourcePolicy is the policy that a resource has itself, of a service that
// the snapshot does not know more of: an ECR repository, a secret, a queue, a
// topic. A Policy of null tells that the resource has none.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
type ResourcePolicy struct {
	At     Source
	ARN    string   `aws:"ResourceArn"`
	Policy Document `aws:"Policy"`
}

// resourcePolicyFile reads what tells a resource's policy: secretsmanager
// get-resource-policy, ecr get-repository-policy, sqs get-queue-attributes and
// sns get-topic-attributes.
func (m *importer) resourcePolicyFile(f *cliFile) bool {
	attributes := f.value("Attributes")
	arn, policy := "", literal("null", f)
	if text := memberText(attributes, "Policy"); text != "" {
		policy = literal(quoteJSON(text), f)
	}
	switch {
	case f.has("ARN") && strings.Contains(f.text("ARN"), ":secretsmanager:"):
		if arn = f.text("ARN"); f.has("ResourcePolicy") {
			policy = f.member("ResourcePolicy")
		}
	case f.has("policyText") && f.has("repositoryName"):
		if p, ok := m.regional(f); ok {
			arn = "arn:" + Partition(p.region) + ":ecr:" + p.region + ":" + f.text("registryId") + ":repository/" + f.text("repositoryName")
		}
		policy = f.member("policyText")
	case memberText(attributes, "QueueArn") != "":
		arn = memberText(attributes, "QueueArn")
	case memberText(attributes, "TopicArn") != "":
		arn = memberText(attributes, "TopicArn")
	default:
		return false
	}
	if p, ok := m.regional(f); ok {
		r := m.part(p, "resources/ResourcePolicies").get(arn)
		r.replace("ResourceArn", literal(quoteJSON(arn), f))
		m.note(r.set("Policy", policy))
	}
	return true
}
