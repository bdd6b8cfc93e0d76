package sim_test

import (
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

const (
	repository = "arn:aws:ecr:us-east-1:111111111111:repository/ml"
	queue      = "arn:aws:sqs:us-east-1:111111111111:jobs"
)

// service asks about an action of another service on a resource.
func service(resource, action string) func(*sim.Question) {
	return func(q *sim.Question) { q.Bucket, q.Actions, q.Job.Kind = resource, []string{action}, "" }
}

// reached is a VPC with an interface endpoint for each service.
func reached(services ...string) Edit {
	return Do(func(w *World) {
		Group("sg-9", "vpc-1", []Obj{Rule("tcp", "10.0.0.0/16")}, nil)(w)
		for _, s := range services {
			id := "vpce-" + s[:3]
			InterfaceEndpoint(id, "vpc-1", "sg-9", "subnet-1")(w)
			host := map[string]string{"ecr.api": "api.ecr"}[s]
			if host == "" {
				host = s
			}
			w.Apply(Set("VpcEndpoints", id, "ServiceName", "com.amazonaws.us-east-1."+s),
				Set("VpcEndpoints", id, "DnsEntries", List{Obj{"DnsName": host + ".us-east-1.amazonaws.com"}}))
		}
	})
}

func resourcePolicy(arn string, policy any) Edit {
	return Add("ResourcePolicies", Obj{"ResourceArn": arn, "Policy": policy})
}

// Actions of other services than S3 go to their service's own endpoint and are
// decided by its policy, the identity layers and the resource's own policy.
func TestOtherServices(t *testing.T) {
	all := Identity(roleR, Doc(Allow("*", "*")))
	none := resourcePolicy(repository, nil)
	foreign := "arn:aws:ecr:us-east-1:222222222222:repository/ml"
	target := "arn:aws:iam::111111111111:role/Target"
	trusting := func(principal string) Edit {
		return Add("RoleDetailList", RoleObj(target, Obj{"Version": "2012-10-17", "Statement": List{
			Obj{"Effect": "Allow", "Principal": Obj{"AWS": principal}, "Action": "sts:AssumeRole"}}}))
	}
	for _, c := range []trap{
		{id: "an interface endpoint", edits: []Edit{all, reached("ecr.api"), none}, change: service(repository, "ecr:BatchGetImage"), want: sim.Reachable},
		{id: "no way to the service", edits: []Edit{all, none}, change: service(repository, "ecr:BatchGetImage"), want: sim.Blocked, code: "NO_ROUTE_TO_DESTINATION"},
		{id: "an endpoint for another service", edits: []Edit{all, none, reached("sqs")}, change: service(repository, "ecr:BatchGetImage"), want: sim.Blocked, code: "NO_ROUTE_TO_DESTINATION"},
		{id: "its policy", edits: []Edit{all, none, reached("ecr.api"), EndpointPolicy("vpce-ecr", Doc(For("*", Allow("ecr:GetAuthorizationToken", "*"))))},
			change: service(repository, "ecr:BatchGetImage"), want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW"},
		{id: "the role's", edits: []Edit{Identity(roleR, Doc(Allow("s3:*", "*"))), none, reached("ecr.api")}, change: service(repository, "ecr:BatchGetImage"), want: sim.Blocked, code: "ROLE_NO_ALLOW"},
		{id: "an SCP", edits: []Edit{all, none, reached("ecr.api"), SCP("p-ecr", Doc(Deny("ecr:*", "*")), "r-1")}, change: service(repository, "ecr:BatchGetImage"), want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
		{id: "an RCP covers ECR", edits: []Edit{all, none, reached("ecr.api"), RCP("p-rcp", Doc(For("*", Deny("ecr:*", "*"))), "r-1")}, change: service(repository, "ecr:BatchGetImage"), want: sim.Blocked, code: "RCP_EXPLICIT_DENY"},
		{id: "and does not cover SNS", edits: []Edit{all, resourcePolicy("arn:aws:sns:us-east-1:111111111111:t", nil), reached("sns"), RCP("p-rcp", Doc(For("*", Deny("sns:*", "*"))), "r-1")},
			change: service("arn:aws:sns:us-east-1:111111111111:t", "sns:Publish"), want: sim.Reachable},
		{id: "a policy of the resource that was not collected", edits: []Edit{all, reached("ecr.api")}, change: service(repository, "ecr:BatchGetImage"), want: sim.Unknown},
		{id: "one that denies", edits: []Edit{all, reached("sqs"), resourcePolicy(queue, Doc(For("*", If("StringNotEquals", "aws:SourceVpce", "vpce-1", Deny("sqs:*", queue)))))},
			change: service(queue, "sqs:SendMessage"), want: sim.Blocked, code: "RESOURCE_POLICY_EXPLICIT_DENY"},
		{id: "one that spares this endpoint", edits: []Edit{all, reached("sqs"), resourcePolicy(queue, Doc(For("*", If("StringNotEquals", "aws:SourceVpce", "vpce-sqs", Deny("sqs:*", queue)))))},
			change: service(queue, "sqs:SendMessage"), want: sim.Reachable},
		{id: "one that grants without the role's policies", edits: []Edit{Identity(roleR, Doc(Allow("s3:*", "*"))), reached("sqs"),
			resourcePolicy(queue, Doc(For(Obj{"AWS": roleR}, Allow("sqs:*", queue))))}, change: service(queue, "sqs:SendMessage"), want: sim.Reachable},
		{id: "another account's repository, which grants nothing", edits: []Edit{all, reached("ecr.api"), resourcePolicy(foreign, nil)},
			change: service(foreign, "ecr:BatchGetImage"), want: sim.Blocked, code: "RESOURCE_POLICY_NO_ALLOW"},
		{id: "which grants", edits: []Edit{all, reached("ecr.api"), resourcePolicy(foreign, Doc(For(Obj{"AWS": accountA}, Obj{"Effect": "Allow", "Action": "ecr:*"})))},
			change: service(foreign, "ecr:BatchGetImage"), want: sim.Reachable},
		{id: "no resource", edits: []Edit{all, reached("ecr.api")}, change: service("", "ecr:GetAuthorizationToken"), want: sim.Reachable},
		{id: "an action that needs no permission", edits: []Edit{Identity(roleR, Doc(Deny("*", "*"))), reached("sts")}, change: service("", "sts:GetCallerIdentity"), want: sim.Reachable},
		{id: "but the endpoint's", edits: []Edit{reached("sts"), EndpointPolicy("vpce-sts", Doc(For("*", Allow("sts:AssumeRole", "*"))))},
			change: service("", "sts:GetCallerIdentity"), want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW"},
		{id: "a role that trusts the account", edits: []Edit{all, reached("sts"), trusting(accountA)}, change: service(target, "sts:AssumeRole"), want: sim.Reachable},
		{id: "a role that trusts another", edits: []Edit{all, reached("sts"), trusting(accountX)}, change: service(target, "sts:AssumeRole"), want: sim.Blocked, code: "RESOURCE_POLICY_NO_ALLOW"},
		{id: "a role that is not there", edits: []Edit{all, reached("sts")}, change: service(target+"2", "sts:AssumeRole"), want: sim.Unknown},
		{id: "a key that is not there", edits: []Edit{all, reached("kms")}, change: service("arn:aws:kms:us-east-1:111111111111:key/1", "kms:Decrypt"), want: sim.Unknown},
		{id: "a KMS action on no key", edits: []Edit{all, reached("kms")}, change: service("", "kms:ListKeys"), want: sim.Reachable},
	} {
		t.Run(c.id, func(t *testing.T) { checkTrap(t, &c) })
	}
}

// What nobody can ask is an error that says what to do.
func TestOtherServiceMistakes(t *testing.T) {
	w := sim.NewWorld(Policy().Snapshot(t))
	for _, c := range []struct{ resource, action string }{
		{repository, ""}, {repository, "ecr:*"}, {repository, "nosuch:Get"}, {repository, "ecr:BatchGetImagez"}, {"ml", "ecr:BatchGetImage"}, {"arn:aws:s3:::b", "ecr:BatchGetImage"},
	} {
		q := (&trap{change: service(c.resource, c.action)}).question()
		if c.action == "" {
			q.Actions = nil
		}
		if _, err := w.Check(t.Context(), q); err == nil {
			t.Errorf("%s on %s is answered", c.action, c.resource)
		}
	}
}

// A role's implicit deny is open where a policy that nobody knows may grant.
func TestRoleGateIsOpenWhereTheResourceMayGrant(t *testing.T) {
	tr := trap{edits: []Edit{Identity(roleR, Doc(Allow("s3:*", "*"))), reached("ecr.api")}, change: service(repository, "ecr:BatchGetImage")}
	a, err := sim.NewWorld(Policy(tr.edits...).Snapshot(t)).Check(t.Context(), tr.question())
	if err != nil {
		t.Fatal(err)
	}
	if s := a.GateState(sim.GateRole); s != sim.GateUnknown {
		t.Errorf("the role's gate %v", s)
	}
}
