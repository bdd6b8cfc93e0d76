package sim_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

func by(caller string) func(*sim.Question) {
	return func(q *sim.Question) {
		q.Options.Caller = caller
		q.Job.Kind = ""
		if caller != "" && caller != "role" {
			q.Job.RoleARN = ""
		}
	}
}

func publicRead(statement Obj) Edit {
	return BucketPolicy(PolicyBucket, Doc(For("*", statement)))
}

// Who signs decides which policies count and which keys the request has (P361).
func TestCallers(t *testing.T) {
	read := Allow(get, "arn:aws:s3:::b/*")
	user := "arn:aws:iam::111111111111:user/deploy"
	other := "arn:aws:iam::111111111111:role/path/Signer"
	signer := Add("RoleDetailList", RoleObj(other, Trust("ec2.amazonaws.com"), Doc(Allow(get, "arn:aws:s3:::b/*"))))
	for _, c := range []trap{
		{id: "unsigned, nothing public", change: by("unsigned"), want: sim.Blocked, code: "BUCKET_POLICY_NO_ALLOW"},
		{id: "unsigned, public bucket", edits: []Edit{publicRead(read)}, change: by("unsigned"), want: sim.Reachable},
		{id: "unsigned, the endpoint asks for the account's principals",
			edits:  []Edit{publicRead(read), EndpointPolicy("vpce-1", Doc(For("*", If("StringEquals", "aws:PrincipalAccount", accountA, Allow("*", "*")))))},
			change: by("unsigned"), want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW"},
		{id: "the role passes that endpoint",
			edits:  []Edit{publicRead(read), EndpointPolicy("vpce-1", Doc(For("*", If("StringEquals", "aws:PrincipalAccount", accountA, Allow("*", "*")))))},
			change: by("role"), want: sim.Reachable},
		{id: "unsigned requests have no signature", edits: []Edit{BucketPolicy(PolicyBucket, Doc(For("*", read),
			For("*", If("StringNotEquals", "s3:authType", "REST-HEADER", Deny("*", "arn:aws:s3:::b/*")))))},
			change: by("unsigned"), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "presigned by a role", edits: []Edit{signer}, change: by("presigned-by " + other), want: sim.Reachable},
		{id: "presigned by a role that may not", edits: []Edit{Identity(roleR, Doc(Allow("ec2:*", "*")))}, change: by("presigned-by=" + roleR), want: sim.Blocked, code: "ROLE_NO_ALLOW"},
		{id: "presigned URLs are denied", edits: []Edit{signer, BucketPolicy(PolicyBucket, Doc(
			For("*", If("StringEquals", "s3:authType", "REST-QUERY-STRING", Deny("*", "arn:aws:s3:::b/*")))))},
			change: by("presigned-by " + other), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "that Deny spares the signer's own calls", edits: []Edit{signer, BucketPolicy(PolicyBucket, Doc(
			For("*", If("StringEquals", "s3:authType", "REST-QUERY-STRING", Deny("*", "arn:aws:s3:::b/*")))))},
			change: by("principal " + other), want: sim.Reachable},
		{id: "a session, whose ARN lacks the role's path", edits: []Edit{signer}, change: by("principal arn:aws:sts::111111111111:assumed-role/Signer/x"), want: sim.Reachable},
		{id: "the name of the session is not known", edits: []Edit{signer, BucketPolicy(PolicyBucket, Doc(
			For(Obj{"AWS": "arn:aws:sts::111111111111:assumed-role/Signer/SageMaker"}, Deny("*", "arn:aws:s3:::b/*"))))},
			change: by("principal " + other), want: sim.Unknown},
		{id: "a user's policies are not in a snapshot", change: by("principal " + user), want: sim.Unknown},
		{id: "a user whom the bucket policy allows", edits: []Edit{BucketPolicy(PolicyBucket, Doc(For(Obj{"AWS": user}, read)))},
			change: by("principal " + user), want: sim.Unknown},
		{id: "a user whom the bucket policy denies", edits: []Edit{BucketPolicy(PolicyBucket, Doc(For(Obj{"AWS": user}, Deny("*", "arn:aws:s3:::b/*"))))},
			change: by("principal " + user), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "a service", edits: []Edit{BucketPolicy(PolicyBucket, Doc(For(Obj{"Service": "logging.s3.amazonaws.com"}, Allow(put, "arn:aws:s3:::b/*"))))},
			action: put, change: by("service logging.s3.amazonaws.com"), want: sim.Reachable},
		{id: "another service", edits: []Edit{BucketPolicy(PolicyBucket, Doc(For(Obj{"Service": "logging.s3.amazonaws.com"}, Allow(put, "arn:aws:s3:::b/*"))))},
			action: put, change: by("service cloudtrail"), want: sim.Blocked, code: "BUCKET_POLICY_NO_ALLOW"},
		{id: "a Deny on other endpoints stops services", edits: []Edit{BucketPolicy(PolicyBucket, Doc(
			For(Obj{"Service": "logging.s3.amazonaws.com"}, Allow(put, "arn:aws:s3:::b/*")),
			For("*", If("StringNotEquals", "aws:SourceVpce", "vpce-1", Deny("*", "arn:aws:s3:::b/*")))))},
			action: put, change: by("service logging.s3.amazonaws.com"), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "one that spares services", edits: []Edit{BucketPolicy(PolicyBucket, Doc(
			For(Obj{"Service": "logging.s3.amazonaws.com"}, Allow(put, "arn:aws:s3:::b/*")),
			For("*", If("BoolIfExists", "aws:PrincipalIsAWSService", "false", If("StringNotEquals", "aws:SourceVpce", "vpce-1", Deny("*", "arn:aws:s3:::b/*"))))))},
			action: put, change: by("service logging.s3.amazonaws.com"), want: sim.Reachable},
	} {
		t.Run(c.id, func(t *testing.T) { checkTrap(t, &c) })
	}
}

// A job's own gate is about the job's role, whoever signs.
func TestCallerLeavesTheJobItsRole(t *testing.T) {
	tr := trap{edits: []Edit{publicRead(Allow(get, "arn:aws:s3:::b/*")), Do(func(w *World) {
		w.Account(accountA)["iam"].(Obj)["RoleDetailList"].(List)[0].(Obj)["AssumeRolePolicyDocument"] = Trust("ec2.amazonaws.com")
	})}, change: func(q *sim.Question) { q.Options.Caller = "unsigned" }, want: sim.Blocked, code: "JOB_ROLE_TRUST"}
	checkTrap(t, &tr)
}

// Clients outside of every VPC: their addresses are aws:SourceIp on the
// internet, and nobody knows where DNS leads them on premises.
func TestOutside(t *testing.T) {
	onlyFrom := func(cidr any) Edit {
		return BucketPolicy(PolicyBucket, Doc(For("*", If("NotIpAddress", "aws:SourceIp", cidr, Deny("*", "arn:aws:s3:::b/*")))))
	}
	onlyEndpoint := BucketPolicy(PolicyBucket, Doc(For("*", If("StringNotEquals", "aws:SourceVpce", "vpce-9", Deny("*", "arn:aws:s3:::b/*")))))
	site := []Edit{
		Group("sg-9", "vpc-1", []Obj{Rule("tcp", "10.100.0.0/16")}, nil), InterfaceEndpoint("vpce-9", "vpc-1", "sg-9", "subnet-1"),
		Add("VpnGateways", Obj{"VpnGatewayId": "vgw-1", "State": "available", "Type": "ipsec.1", "VpcAttachments": List{Obj{"VpcId": "vpc-1", "State": "attached"}}}),
		Do(func(w *World) {
			t := w.Get("RouteTables", "rtb-1")
			t["Routes"] = append(t["Routes"].(List), Obj{"DestinationCidrBlock": "10.100.0.0/14", "GatewayId": "vgw-1", "State": "active", "Origin": "CreateRoute"},
				Obj{"DestinationCidrBlock": "10.200.0.0/16", "GatewayId": "vgw-1", "State": "active", "Origin": "CreateRoute"})
		}),
	}
	from := func(source, hostname string) func(*sim.Question) {
		return func(q *sim.Question) {
			q.Source, q.Options.Hostname, q.Region = source, hostname, RegionID
			q.Job.Subnets, q.Job.SecurityGroups, q.Job.HasVPCConfig, q.Job.Kind = nil, nil, false, ""
		}
	}
	way := func(base func(*sim.Question), through, avoid string) func(*sim.Question) {
		return func(q *sim.Question) {
			base(q)
			if through != "" {
				q.Options.Through = []string{through}
			}
			if avoid != "" {
				q.Options.Avoid = []string{avoid}
			}
		}
	}
	own := "bucket.vpce-9-0a1b2c3d.s3.us-east-1.vpce.amazonaws.com"
	for _, c := range []trap{
		{id: "the pipeline's address is allowed", edits: []Edit{onlyFrom("203.0.113.0/24")}, change: from("203.0.113.7", ""), want: sim.Reachable},
		{id: "it is not", edits: []Edit{onlyFrom("203.0.113.0/28")}, change: from("203.0.113.77", ""), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "some of its addresses are", edits: []Edit{onlyFrom("203.0.113.0/28")}, change: from("203.0.113.0/24", ""), want: sim.Partial, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "any address", edits: []Edit{onlyFrom("203.0.113.0/28")}, change: from(sim.FromInternet, ""), want: sim.Unknown},
		{id: "only an endpoint may", edits: []Edit{onlyEndpoint}, change: from("203.0.113.7", ""), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "on premises, by the internet", edits: []Edit{onlyEndpoint}, change: from("10.100.0.0/16", ""), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "on premises, no condition", change: from("10.100.0.0/16", ""), want: sim.Reachable},
		{id: "N184 the internet, and it has to pass an endpoint", change: way(from("203.0.113.7", ""), "vpce-1", ""), want: sim.Blocked, code: "WAYPOINT_MISSED"},
		{id: "N184 the internet, and it must not pass an endpoint", change: way(from("203.0.113.7", ""), "", "vpce-1"), want: sim.Reachable},
	} {
		t.Run(c.id, func(t *testing.T) { checkTrap(t, &c) })
	}
	for _, c := range []trap{
		{id: "on premises, by either way", edits: append(slices.Clone(site), onlyEndpoint), change: from("10.100.0.0/16", ""), want: sim.Unknown},
		{id: "by the endpoint's own name: what the link carries is not in a snapshot", edits: append(slices.Clone(site), onlyEndpoint), change: from("10.100.0.0/16", own), want: sim.Unknown},
		{id: "by its own name, and the bucket wants another", edits: append(slices.Clone(site), BucketPolicy(PolicyBucket, Doc(
			For("*", If("StringNotEquals", "aws:SourceVpce", "vpce-1", Deny("*", "arn:aws:s3:::b/*")))))), change: from("10.100.0.0/16", own), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "N184 through the endpoint whose name it calls", edits: site, change: way(from("10.100.0.0/16", own), "vpce-9", ""), want: sim.Unknown},
		{id: "N184 through another", edits: site, change: way(from("10.100.0.0/16", own), "vpce-1", ""), want: sim.Blocked, code: "WAYPOINT_MISSED"},
		{id: "N184 never by the endpoint whose name it calls", edits: site, change: way(from("10.100.0.0/16", own), "", "vpce-9"), want: sim.Blocked, code: "WAYPOINT_NOT_AVOIDED"},
		{id: "N184 through an endpoint that its DNS may lead to", edits: site, change: way(from("10.100.0.0/16", ""), "vpce-9", ""), want: sim.Unknown},
		{id: "from a network that its group refuses", edits: append(slices.Clone(site), onlyEndpoint), change: from("10.200.0.0/16", own), want: sim.Blocked, code: "ENI_SG_RULES_MISMATCH"},
		{id: "by the name of an endpoint that is not there", edits: []Edit{onlyEndpoint}, change: from("10.100.0.0/16", strings.ReplaceAll(own, "vpce-9", "vpce-8")), want: sim.Unknown},
	} {
		t.Run(c.id, func(t *testing.T) { checkTrap(t, &c) })
	}
}

func TestCallerForms(t *testing.T) {
	for _, bad := range []string{"nobody", "unsigned x", "principal", "presigned-by", "principal bob", "service"} {
		if err := sim.CheckCaller(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
