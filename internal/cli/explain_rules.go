package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/docs/semantics"
	"github.com/canreach/canreach/sim"
)

// explanation is what explain says of a code, a gate or a rule; explain -o json
// prints it.
type explanation struct {
	Schema  string       `json:"schema"`
	Word    string       `json:"word"`
	Kind    string       `json:"kind"`            // "code", "gate" or "rule"
	Gates   []string     `json:"gates,omitempty"` // at which a code is found
	Meaning string       `json:"meaning"`
	Do      string       `json:"do,omitempty"`
	Rules   []ruleEntry  `json:"rules"`
	Codes   []string     `json:"codes,omitempty"` // of a gate
	Sources []sourceText `json:"sources"`
	// Analyzer is AWS's Reachability Analyzer code for the same thing.
	Analyzer string `json:"analyzerCode,omitempty"`
}

// ruleEntry is a rule of docs/semantics.
type ruleEntry struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
}

type sourceText struct {
	Tag string `json:"tag"`
	URL string `json:"url"`
}

var (
	reRuleHead = regexp.MustCompile(`(?m)^- \*\*([NP]\d+[a-z]?)\b`)
	reTrap     = regexp.MustCompile(`\s*\*Trap:?\*.*$`)
	reSrc      = regexp.MustCompile(`\s*\*Src\*: (.*)$`)
	reTags     = regexp.MustCompile(`\s*\[((?:IAM|S3|VPC|ORG|SM|SAR|DP|emp|design|inf|derived)\b[^\]]*)\]`)
	reTest     = regexp.MustCompile(`\s*→T\d+(?:[–,] ?T?\d+)*`)
	reRowRule  = regexp.MustCompile(`\n\|[-| ]+\|`)
	reRow      = regexp.MustCompile(`\n\|(.*)\|`)
)

// rulesByName are the rules of docs/semantics, each with its sources at the end.
func rulesByName() map[string]string {
	out := map[string]string{}
	for _, page := range []string{semantics.Network, semantics.Policy} {
		heads := reRuleHead.FindAllStringSubmatchIndex(page, -1)
		for i, h := range heads {
			end := len(page)
			if i+1 < len(heads) {
				end = heads[i+1][0]
			}
			text := strings.ReplaceAll(page[h[0]+2:end], "\n\n|", "\n|")
			for _, stop := range []string{"\n\n", "\n#"} {
				text, _, _ = strings.Cut(text, stop)
			}
			text = reRow.ReplaceAllStringFunc(reRowRule.ReplaceAllString(text, ""), func(row string) string {
				return " " + strings.ReplaceAll(strings.Trim(row, "\n| "), " | ", ": ") + ";"
			})
			out[page[h[2]:h[3]]] = strings.Join(strings.Fields(text), " ")
		}
	}
	return out
}

// readRule is a rule's sentence, and the tags of its sources.
func readRule(name, text string) (ruleEntry, []string) {
	var tags []string
	if m := reSrc.FindStringSubmatch(text); m != nil {
		tags = strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ';' })
	}
	for _, m := range reTags.FindAllStringSubmatch(text, -1) {
		tags = append(tags, strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ';' })...)
	}
	for _, re := range []*regexp.Regexp{reSrc, reTrap, reTags, reTest} {
		text = re.ReplaceAllString(text, "")
	}
	text = strings.NewReplacer("**", "", "`", "").Replace(text)
	return ruleEntry{name, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), name))}, tags
}

// reTagRow is a row of a table of sources.
var reTagRow = regexp.MustCompile("(?m)^\\| ([A-Za-z0-9/*, :-]+) \\| `?([^|]+?)`? \\|$")

// sourcesOf are the pages behind tags, as far as the tables name one page a tag.
func sourcesOf(tags []string) []sourceText {
	pages := map[string]string{}
	for _, row := range reTagRow.FindAllStringSubmatch(semantics.Network, -1) {
		names, paths := strings.Split(row[1], ", "), pathsOf(row[2])
		for i, name := range names {
			if len(paths) == len(names) {
				pages[name] = paths[i]
			}
		}
	}
	var out []sourceText
	for _, t := range tags {
		t = strings.TrimSpace(t)
		t, _, _ = strings.Cut(t, " ")
		url := ""
		switch {
		case pages[t] != "":
			url = "https://docs.aws.amazon.com/" + pages[t]
		case strings.HasPrefix(t, "API:"):
			url = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_" + strings.TrimPrefix(t, "API:") + ".html"
		case strings.HasPrefix(t, "IAM/") && policyPages[t] != "":
			url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/" + policyPages[t] + ".html"
		case policyPages[t] != "":
			url = "https://docs.aws.amazon.com/" + policyPages[t] + ".html"
		default:
			continue
		}
		if s := (sourceText{t, url}); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// policyPages are the pages behind the tags of docs/semantics/policy.md.
var policyPages = map[string]string{
	"IAM/grammar": "reference_policies_grammar", "IAM/ops": "reference_policies_elements_condition_operators", "IAM/eval": "reference_policies_evaluation-logic",
	"IAM/xacct": "reference_policies_evaluation-logic-cross-account", "IAM/denyallow": "reference_policies_evaluation-logic_policy-eval-denyallow",
	"IAM/multi": "reference_policies_condition-logic-multiple-context-keys-or-values", "IAM/set": "reference_policies_condition-single-vs-multi-valued-context-keys",
	"IAM/vars": "reference_policies_variables", "IAM/keys": "reference_policies_condition-keys", "IAM/types": "access_policies", "IAM/bound": "access_policies_boundaries",
	"IAM/ids": "reference_identifiers", "IAM/denied": "troubleshoot_access-denied", "IAM/fas": "access_forward_access_sessions",
	"ORG/scp": "organizations/latest/userguide/orgs_manage_policies_scps", "ORG/scpsyn": "organizations/latest/userguide/orgs_manage_policies_scps_syntax",
	"ORG/rcp": "organizations/latest/userguide/orgs_manage_policies_rcps", "VPC/pol": "vpc/latest/privatelink/vpc-endpoints-access",
	"VPC/s3": "vpc/latest/privatelink/vpc-endpoints-s3", "VPC/gw": "vpc/latest/privatelink/gateway-endpoints",
	"S3/bpa": "AmazonS3/latest/userguide/access-control-block-public-access", "S3/own": "AmazonS3/latest/userguide/about-object-ownership",
	"S3/kms": "AmazonS3/latest/userguide/UsingKMSEncryption", "S3/perm": "AmazonS3/latest/userguide/using-with-s3-policy-actions",
	"S3/arn": "AmazonS3/latest/userguide/s3-arn-format", "SM/neo-vpc": "sagemaker/latest/dg/neo-vpc", "SM/train-vpc": "sagemaker/latest/dg/train-vpc", "SM/roles": "sagemaker/latest/dg/sagemaker-roles",
}

// pathsOf reads "vpc/latest/userguide/ a, b" as one path each.
func pathsOf(cell string) []string {
	if !strings.Contains(cell, ".html") && !strings.Contains(cell, "/ ") {
		return nil
	}
	cell = strings.NewReplacer(".../privatelink/", "vpc/latest/privatelink/", ".../userguide/", "vpc/latest/userguide/").Replace(cell)
	base := ""
	var out []string
	for _, p := range strings.Split(cell, ", ") {
		if dir, file, ok := strings.Cut(p, "/ "); ok {
			base, p = dir+"/", file
		} else if i := strings.LastIndex(p, "/"); i >= 0 {
			base, p = p[:i+1], p[i+1:]
		}
		p, _, _ = strings.Cut(p, " ")
		out = append(out, base+strings.TrimSuffix(p, ".html")+".html")
	}
	return out
}

// gateTexts say what each gate is, and where to look when it stops a request.
var gateTexts = map[sim.Gate][2]string{
	sim.GateJob:            {"The job itself: its subnets and security groups exist and share one VPC, have free addresses, and its role may create the interfaces.", "Look at the job's VpcConfig and at the role's trust policy."},
	sim.GateDNS:            {"The name that the client calls resolves to addresses that it can reach.", "Look at the VPC's DNS attributes, its DHCP options, private hosted zones and Resolver rules."},
	sim.GateSGEgress:       {"Outbound rules of the interface's security groups. Groups are stateful: the reply needs no rule.", "Add an outbound rule for TCP port 443 to the S3 prefix list or to the endpoint's group."},
	sim.GateNACLEgress:     {"Outbound rules of the subnet's network ACL, lowest number first. ACLs are stateless.", "Look at the network ACL of the job's subnet."},
	sim.GateRoute:          {"The route table of the subnet leads the destination's addresses to a next hop that works.", "Look at the subnet's route table; a gateway endpoint must be associated with it."},
	sim.GateEndpoint:       {"The VPC endpoint on the way exists, is available, and is one for this service and Region.", "Look at the endpoint's state, its service name and its subnets and groups."},
	sim.GateEndpointPolicy: {"The VPC endpoint's own policy. It must allow the request, whatever other policies allow.", "Allow the action on the bucket in the endpoint's policy."},
	sim.GateRole:           {"The role's identity-based policies, its permissions boundary and the session policy.", "Allow the action on the bucket in a policy of the role."},
	sim.GateSCP:            {"Service control policies: every level of the organization above the caller's account must allow the action.", "Ask the team that owns the organization."},
	sim.GateRCP:            {"Resource control policies: every level of the organization above the bucket's account must allow the action.", "Ask the team that owns the organization."},
	sim.GateBucketPolicy:   {"The bucket's policy. Across accounts it must allow the request; a Deny in it always wins.", "Look for a Deny whose condition this request meets."},
	sim.GateBucket:         {"The bucket exists, lies in a Region that the path reaches, and its public access block, ownership and access points let the request through.", "Look at the bucket's name, Region and settings."},
	sim.GateKMS:            {"The key that encrypts the objects may be used: its key policy and the role allow kms:Decrypt or kms:GenerateDataKey.", "Look at the key policy and at the role's KMS permissions."},
	sim.GateNACLIngress:    {"Inbound rules of the network ACL for the replies: TCP to the client's ephemeral ports.", "Allow TCP ports 1024 to 65535 inbound from S3's addresses."},
	sim.GateSGIngress:      {"Inbound rules of a security group for replies that connection tracking does not let in.", "Look at the rules of the interface's security groups."},
}
