package capture

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// resourcePolicies captures the policies that the resources which a request
// names have themselves. A resource of an account that is not captured is asked
// about with the first account's credentials, and kept there: its ARN tells
// whose it is.
func (r *run) resourcePolicies(ctx context.Context, w *world) {
	each(r.request.Resources, func(_ int, arn string) {
		p := strings.SplitN(arn, ":", 6)
		a := w.account(p[4])
		if a == nil {
			a = w.accounts[0]
		}
		at := place{session: a.session, region: p[3], resource: arn}
		policy, ok := r.resourcePolicy(ctx, at, p)
		if !ok {
			return
		}
		item := map[string]json.RawMessage{"ResourceArn": marshal(arn), "Policy": policy}
		a.region(p[3]).add("resources", "ResourcePolicies", marshal(item))
	})
}

// resourcePolicy asks for one policy; null is none. p is the ARN's parts.
func (r *run) resourcePolicy(ctx context.Context, at place, p []string) (policy json.RawMessage, ok bool) {
	none := json.RawMessage("null")
	switch id := p[5]; p[2] {
	case "secretsmanager":
		res := r.call(ctx, at, "secretsmanager.GetResourcePolicy", args{"SecretId": at.resource})
		return textPolicy(res.member("ResourcePolicy")), res.status == done
	case "ecr":
		res := r.call(ctx, at, "ecr.GetRepositoryPolicy", args{"RegistryId": p[4], "RepositoryName": strings.TrimPrefix(id, "repository/")})
		if res.status == absent {
			return none, true
		}
		return textPolicy(res.member("PolicyText")), res.status == done
	case "sqs":
		res := r.call(ctx, at, "sqs.GetQueueUrl", args{"QueueName": id, "QueueOwnerAWSAccountId": p[4]})
		var url string
		if mustDecode(res.member("QueueUrl"), &url); res.status != done {
			return nil, false
		}
		res = r.call(ctx, at, "sqs.GetQueueAttributes", args{"QueueUrl": url, "AttributeNames": []string{"Policy", "QueueArn"}})
		return attribute(res), res.status == done
	default:
		res := r.call(ctx, at, "sns.GetTopicAttributes", args{"TopicArn": at.resource})
		return attribute(res), res.status == done
	}
}

// attribute is the policy among a queue's or topic's attributes.
func attribute(res result) json.RawMessage {
	var list map[string]json.RawMessage
	mustDecode(res.member("Attributes"), &list)
	return textPolicy(list["Policy"])
}

// textPolicy is a policy that AWS sent as a text; null where it sent none.
func textPolicy(text json.RawMessage) json.RawMessage {
	var s string
	if mustDecode(text, &s); s == "" {
		return json.RawMessage("null")
	}
	return appendDocument(nil, s, false)
}

// region is the account's part with the name, which is made where there is none.
func (a *account) region(name string) *region {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range a.regions {
		if g.name == name {
			return g
		}
	}
	g := &region{name: name, services: map[string]map[string]any{}}
	a.regions = append(a.regions, g)
	slices.SortFunc(a.regions, func(x, y *region) int { return strings.Compare(x.name, y.name) })
	return g
}
