package plan

import (
	"net/url"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/snapshot"
)

// resourceRows are the resources of other services that have a policy of their
// own, and the types that set it.
var resourceRows = []row{
	policyHolder("aws_secretsmanager_secret"), policyHolder("aws_ecr_repository"), policyHolder("aws_sqs_queue"), policyHolder("aws_sns_topic"),
	holderPolicy("aws_secretsmanager_secret_policy", "secret_arn"), holderPolicy("aws_ecr_repository_policy", "repository"),
	holderPolicy("aws_sqs_queue_policy", "queue_url"), holderPolicy("aws_sns_topic_policy", "arn"),
}

// policyReads are the calls that tell a policy, by service.
var policyReads = map[string]string{"secretsmanager": "GetResourcePolicy", "ecr": "GetRepositoryPolicy", "sqs": "GetQueueAttributes", "sns": "GetTopicAttributes"}

func serviceOfARN(arn string) string {
	if p := strings.SplitN(arn, ":", 4); len(p) == 4 {
		return p[2]
	}
	return ""
}

func (v *overlay) resourcePolicies(r *resource) *jsontree.Node {
	return list(v.regionOf(r), "resources", "ResourcePolicies")
}

// policyHolder is a resource that may have a policy: a new one without has none.
func policyHolder(typ string) row {
	return row{typ: typ, put: func(v *overlay, r *resource) {
		arn, l := v.arnOf(r), v.resourcePolicies(r)
		text, known := r.get("policy")
		switch {
		case r.unchanged() && v.find(l, "ResourceArn", arn) != nil:
		case r.created() && !r.configured("policy") && r.typ == "aws_sns_topic":
			// SNS gives a new topic a policy of its own making.
		case r.created() && !r.configured("policy"):
			v.upsert(l, "ResourceArn", arn, object{"Policy": nil})
		case known && asText(text) == "":
			// A state without the member does not tell: another resource may set it.
		default:
			o := object{}
			v.documents().policyMember(r, o, "Policy", serviceOfARN(arn), policyReads[serviceOfARN(arn)], arn, "policy")
			v.upsert(l, "ResourceArn", arn, o)
		}
	}, remove: func(v *overlay, r *resource) { v.removeItem(v.resourcePolicies(r), "ResourceArn", v.arnOf(r)) }}
}

// holderPolicy sets the policy of the resource that an attribute names.
func holderPolicy(typ, attr string) row {
	return row{typ: typ, put: func(v *overlay, r *resource) {
		arn := v.holder(r, attr)
		if arn == "" { // it may be of any
			for _, n := range v.resourcePolicies(r).Elements() {
				if serviceOfARN(n.Get("ResourceArn").Text()) == strings.Split(r.typ, "_")[1] {
					n.Set("Policy", jsontree.NewString(unknownDocument(r.place(attr))))
				}
			}
			return
		}
		v.documents().document(r, v.upsert(v.resourcePolicies(r), "ResourceArn", arn, object{}), "Policy", "policy")
	}, remove: func(v *overlay, r *resource) {
		if n := v.find(v.resourcePolicies(r), "ResourceArn", v.holder(r, attr)); n != nil {
			n.Set("Policy", jsontree.NewNull())
		}
	}}
}

// holder is the ARN of the resource that an attribute names: by reference, ARN,
// name or URL.
func (v *overlay) holder(r *resource, attr string) string {
	if links, whole := v.graph.links(r, attr); whole && len(links) == 1 {
		if arn := v.arnOf(links[0].to); arn != "" {
			return arn
		}
	}
	id := r.text(attr)
	switch {
	case id == "" || strings.HasPrefix(id, "arn:"):
		return id
	case attr == "repository":
		return v.regionalARN(r, "ecr", "repository/"+id)
	case attr == "queue_url":
		// https://sqs.us-east-1.amazonaws.com/111122223333/NAME
		if u, err := url.Parse(id); err == nil {
			if p := strings.Split(strings.Trim(u.Path, "/"), "/"); len(p) == 2 {
				return "arn:" + snapshot.Partition(v.regionName(r)) + ":sqs:" + v.regionName(r) + ":" + p[0] + ":" + p[1]
			}
		}
	}
	return ""
}

// regionalARN is the ARN of a resource of the account and Region.
func (v *overlay) regionalARN(r *resource, service, rest string) string {
	return "arn:" + snapshot.Partition(v.regionName(r)) + ":" + service + ":" + v.regionName(r) + ":" + v.accountOf(r).Get("accountId").Text() + ":" + rest
}
