package assert

import (
	"bytes"
	"encoding/json"

	"github.com/canreach/canreach/internal/located"
)

// SchemaURL is where the JSON Schema of test files is published.
const SchemaURL = "https://raw.githubusercontent.com/canreach/canreach/main/docs/schema/test.schema.json"

// JSONSchema returns the JSON Schema (2020-12) of test files, for editors.
func JSONSchema() []byte {
	str := func(doc string) located.Value { return located.Pairs("type", "string", "description", doc) }
	yes := func(doc string) located.Value { return located.Pairs("type", "boolean", "description", doc) }
	strs := func(doc string) located.Value {
		return located.Pairs("description", doc, "anyOf", []located.Value{located.Pairs("type", "string"), located.Pairs("type", "array", "items", located.Pairs("type", "string"))})
	}
	object := func(required []string, properties located.Value) located.Value {
		v := located.Pairs("type", "object", "properties", properties, "additionalProperties", false)
		if len(required) > 0 {
			v.Members = append(v.Members, located.Member{Key: "required", Value: located.Of(required)})
		}
		return v
	}
	from := object(nil, located.Pairs(
		"subnets", located.Pairs("description", "Subnet ids, or a class: all, private (no route to an internet gateway) or public. Each subnet is asked about on its own.",
			"anyOf", []located.Value{located.Pairs("enum", []string{"all", "private", "public"}), located.Pairs("type", "string", "pattern", "^subnet-"),
				located.Pairs("type", "array", "items", located.Pairs("type", "string"), "minItems", 1)}),
		"tags", located.Pairs("type", "object", "description", "Tags that the subnets carry; * and ? are wildcards in values.", "additionalProperties", located.Pairs("type", []string{"string", "number", "boolean"})),
		"vpc", str("Only subnets of this VPC."), "securityGroups", strs("Ids, or names within the subnet's VPC."),
		"role", str("ARN of the execution role; with * or ? each role of the snapshot that matches."),
		"account", located.Pairs("type", []string{"string", "integer"}), "region", located.Pairs("type", "string"),
		"interface", str("An existing network interface."), "instance", str("An existing instance."), "lambda", str("An existing function."),
		"internet", str("A client on the internet: its public address or CIDR block, or any."), "onPremises", str("A client on premises: its private address or CIDR block.")))
	options := object(nil, located.Pairs(
		"hostname", str("S3 name that the client calls."), "strict", yes("What is off by default and was never collected (Route 53 data, Block Public Access, encryption controls) is UNKNOWN."), "strictDNS", yes("Route 53 data that was not collected is UNKNOWN."),
		"assumeSSES3", yes("Bucket encryption that was not collected is SSE-S3."),
		"assumeNoOrganization", yes("An account whose organization was not collected is in none."),
		"assumeNoResourcePolicy", yes("A resource of another service than S3 whose policy was not collected has none."),
		"assumePublicDNS", yes("Custom DNS servers give public answers."), "at", str("aws:CurrentTime, RFC 3339."),
		"assume", strs("KEY=VALUE or KEY=absent."), "objectTags", strs("none, or k=v."), "presigned", yes("The request is presigned."), "caller", str("Who signs, as in the test's caller."),
		"port", located.Pairs("type", "integer", "minimum", 1, "maximum", 65535), "ephemeralPorts", str("Client ports, FROM-TO.")))
	test := testProperties(from, options, str, yes, strs, object)
	root := located.Pairs(
		"$schema", "https://json-schema.org/draft/2020-12/schema", "$id", SchemaURL, "title", "canreach tests",
		"description", "Assertions on AWS snapshots, for canreach test.", "type", "object", "required", []string{"tests"}, "additionalProperties", false,
		"properties", located.Pairs("$schema", located.Pairs("type", "string"), "schema", located.Pairs("const", Schema), "description", located.Pairs("type", "string"),
			"snapshot", str("Snapshot file or directory, relative to this file. --snapshot replaces it."),
			"parameters", located.Pairs("type", "object", "description", "Lists or texts that ${NAME} in the tests stands for; --parameter NAME=VALUE replaces them."),
			"defaults", located.Pairs("allOf", []located.Value{located.Pairs("$ref", "#/$defs/test")}, "description", "What every test of the file says unless it says otherwise."),
			"tests", located.Pairs("type", "array", "minItems", 1, "items", located.Pairs("$ref", "#/$defs/test"))),
		"$defs", located.Pairs("test", test))
	var b bytes.Buffer
	if err := json.Indent(&b, root.JSON(), "", "  "); err != nil {
		panic("unreachable: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func testProperties(from, options located.Value, str, yes, strs func(string) located.Value, object func([]string, located.Value) located.Value) located.Value {
	sources := object(nil, located.Pairs(
		"subnets", strs("Subnet ids, all, private, public, or tag:KEY=VALUE."), "tag", str("KEY=VALUE that the subnets carry."), "vpcs", strs("VPC ids."),
		"network", located.Pairs("description", "Only from interfaces in VPCs, or only from the internet.", "enum", []string{"vpc", "internet"}),
		"roles", strs("Role ARNs with wildcards, or outside-organization: the principals of other organizations that bucket policies name, and one that none names."),
		"exceptRoles", strs("Role ARNs, with wildcards, that are left out."),
		"jobs", located.Pairs("type", []string{"array", "string", "object"}, "description", "Job files or jobs as AWS prints them, whose interfaces are asked from, too.")))
	to := object(nil, located.Pairs(
		"buckets", strs("Bucket or object ARNs or names, with wildcards, or outside-organization or outside-account."), "except", strs("Bucket ARNs or names, with wildcards, that are left out.")))
	invariant := func(doc string) located.Value {
		v := object(nil, located.Pairs("from", sources, "to", to, "endpoints", strs("only-through: ids of VPC endpoints, or any.")))
		v.Members = append(v.Members, located.Member{Key: "description", Value: located.Of(doc)})
		return v
	}
	return object(nil, located.Pairs(
		"never", invariant("No request of any role from any class of interfaces gets to any of the buckets."), "always", invariant("Every request gets there."),
		"only-through", invariant("What gets there goes through one of the endpoints."),
		"name", str("Unique in the file; shown in reports."), "description", str("For people."), "snapshot", str("This test's own snapshot."),
		"job", located.Pairs("description", "A job file, relative to this file, or the job itself as AWS prints it.", "type", []string{"string", "object"}),
		"from", from, "bucket", strs("Bucket or object ARNs, or names; with * or ? in the name each bucket of the snapshot that matches. Without it: the job's own input and output."),
		"actions", strs("S3 actions; by default a read's, or with write a write's."), "write", yes("Ask about s3:PutObject instead of a read."),
		"ready", yes("Everything that the job needs can be had, as canreach ready lists it; what is optional apart."),
		"caller", str("Who signs: role (default), unsigned, presigned-by ARN, principal ARN or service NAME."),
		"expect", located.Pairs("description", "The verdict that every question must get.", "enum", []string{"REACHABLE", "BLOCKED", "PARTIAL", "UNKNOWN", "reach", "no-reach"}),
		"through", str("Every case gets there, through this endpoint or other component."), "avoid", strs("Nothing that gets there passes one of these components, nor do its replies."), "onlyThrough", strs("What gets through at all goes through one of these endpoints."),
		"neverInternet", yes("No traffic leaves through an internet or NAT gateway."),
		"findings", strs("Codes that must be reported."), "noFindings", strs("Codes that must not be reported."), "unknowns", strs("Codes of missing facts that must be named."),
		"allowEmpty", yes("A class that matches nothing holds."), "mayBeAbsent", yes("Literal names need not be in the snapshot."), "options", options,
		"skip", object([]string{"reason"}, located.Pairs("reason", str("Why."), "until", located.Pairs("type", "string", "description", "Last day on which the test is skipped, YYYY-MM-DD.", "pattern", `^\d{4}-\d{2}-\d{2}$`)))))
}
