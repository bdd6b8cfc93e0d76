package snapshot

import (
	"regexp"
	"slices"
	"strings"
)

// cliError is what the CLI prints on standard error when AWS refuses.
var cliError = regexp.MustCompile(`An error occurred \(([^)\s]+)\) when calling the (\w+) operation(?: \([^)]*\))?: ?([^\n]*)`)

// absences are error codes that mean that there is none, by the operation's
// name, and what the native form says in their place.
var absences = map[string]struct{ key, value string }{
	"NoSuchBucketPolicy":                             {"Policy", "null"},
	"NoSuchPublicAccessBlockConfiguration":           {"PublicAccessBlockConfiguration", "null"},
	"OwnershipControlsNotFoundError":                 {"OwnershipControls", "null"},
	"ServerSideEncryptionConfigurationNotFoundError": {"ServerSideEncryptionConfiguration", "null"},
	"NoSuchTagSet":                                   {"TagSet", "[]"},
	"NoSuchTagSetError":                              {"TagSet", "[]"},
	"NoSuchBucket":                                   {"missing", "true"},
	"404":                                            {"missing", "true"},
	"NoSuchAccessPointPolicy":                        {"Policy", "null"},
	"NoSuchEntity":                                   {"", ""},
	"NoSuchEntityException":                          {"", ""},
}

// errorFile reads NAME.err: a code that means that there is none, or a gap.
func (m *importer) errorFile(f *cliFile) {
	text := strings.TrimSpace(string(f.data))
	if text == "" {
		return
	}
	match := cliError.FindStringSubmatch(text)
	if match == nil {
		if m.hasOutput(f) {
			return // a warning beside an output
		}
		line, _, _ := strings.Cut(text, "\n")
		m.gap(f, operationOfName(f), "CLIError", line)
		return
	}
	code, operation, message := match[1], match[2], match[3]
	if m.absent(f, code, operation) {
		return
	}
	m.gap(f, operation, code, message)
}

// hasOutput tells whether NAME.json beside NAME.err holds something.
func (m *importer) hasOutput(f *cliFile) bool {
	return m.outputs[strings.TrimSuffix(f.path, ".err")]
}

// absent takes in an error that means that there is none; false: it does not.
func (m *importer) absent(f *cliFile, code, operation string) bool {
	if code == "AWSOrganizationsNotInUseException" {
		m.noOrg = append(m.noOrg, f.account)
		return true
	}
	none, ok := absences[code]
	if !ok {
		// NoSuchCORSConfiguration, ReplicationConfigurationNotFoundError, …: there
		// is none of what the program does not use.
		return strings.HasPrefix(operation, "GetBucket") &&
			(strings.HasPrefix(code, "NoSuch") && strings.HasSuffix(code, "Configuration") || strings.HasSuffix(code, "NotFoundError"))
	}
	switch {
	case operation == "GetAccessPointPolicy":
		p, known := m.global(f)
		name := f.subject("get-access-point-policy")
		if !known || name == "" || code != "NoSuchAccessPointPolicy" {
			return false
		}
		m.note(m.part(p, "s3/accessPoints").get(name).set(none.key, literal(none.value, f)))
		return true
	case code == "NoSuchPublicAccessBlockConfiguration" && f.ofS3Control():
		p, known := m.global(f)
		if known {
			m.single(p, "s3/accountPublicAccessBlock", literal("null", f))
		}
		return true
	case strings.HasPrefix(code, "NoSuchEntity"):
		// The role or policy that was asked for is not there, and so it is not
		// in the snapshot either.
		return strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "List")
	case !isBucketOperation(operation) || bucketOf(f) == "":
		return false
	}
	if p, known := m.global(f); known {
		m.note(m.part(p, "s3/buckets").get(bucketOf(f)).set(none.key, literal(none.value, f)))
	}
	return true
}

func isBucketOperation(op string) bool {
	return strings.HasPrefix(op, "GetBucket") || op == "HeadBucket" || op == "GetPublicAccessBlock"
}

// emptyFile takes in an empty output: a gap, unless what stands beside it tells
// why it is empty.
func (m *importer) emptyFile(f *cliFile) {
	if !m.complaints[strings.TrimSuffix(f.path, ".json")] {
		m.gap(f, operationOfName(f), "EmptyOutput", f.path+" is empty, and no .err beside it says why")
	}
}

// pairs notes which outputs hold something, and which .err files do.
func (m *importer) pairs(files []*cliFile) {
	m.outputs, m.complaints = map[string]bool{}, map[string]bool{}
	for _, f := range files {
		if strings.TrimSpace(string(f.data)) == "" {
			continue
		}
		if f.isError {
			m.complaints[strings.TrimSuffix(f.path, ".err")] = true
		} else {
			m.outputs[strings.TrimSuffix(f.path, ".json")] = true
		}
	}
}

// gap notes that an operation told nothing.
func (m *importer) gap(f *cliFile, operation, code, message string) {
	g := Gap{Account: f.account, Operation: operation, Code: short(code), Message: clipMessage(message)}
	g.Service = serviceOf(f, operation)
	switch g.Service {
	case "ec2", "route53resolver", "route53profiles", "lambda", "sagemaker", "kms", "resources":
		g.Region = f.region
	}
	g.Resource = resourceOf(f, g.Service, operation)
	m.gaps = append(m.gaps, g)
}

func clipMessage(t string) string {
	t = strings.TrimSpace(strings.ToValidUTF8(t, "\uFFFD"))
	if len(t) > 400 {
		t = strings.ToValidUTF8(t[:400], "") + "..."
	}
	return t
}

// operationOfName guesses an operation from a file's name:
// "get-bucket-policy.logs" is GetBucketPolicy, and "Vpcs" is DescribeVpcs.
func operationOfName(f *cliFile) string {
	name, _, _ := strings.Cut(f.name, ".")
	if k := kindsByKey[name]; k != nil {
		return operationOf(k.service, name)
	}
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-_ ", r) }) {
		if strings.Trim(word, "0123456789") == "" {
			continue // a page's number
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// serviceFolders are folder names that say which service the files are of.
var serviceFolders = map[string]string{"s3": "s3", "s3api": "s3", "s3control": "s3control", "iam": "iam", "kms": "kms", "ec2": "ec2",
	"organizations": "organizations", "sagemaker": "sagemaker", "route53": "route53", "route53resolver": "route53resolver", "route53profiles": "route53profiles", "lambda": "lambda", "sts": "sts"}

// serviceOf returns the service that an operation belongs to.
func serviceOf(f *cliFile, operation string) string {
	switch {
	case operation == "GetPublicAccessBlock" && (f.ofS3Control() || bucketOf(f) == ""):
		return "s3control"
	case isBucketOperation(operation) || operation == "ListBuckets":
		return "s3"
	case strings.Contains(operation, "AccessPoint"):
		return "s3control"
	case strings.Contains(operation, "RolePolic") || slices.Contains([]string{"GetRole", "ListRoles", "GetPolicy", "GetPolicyVersion", "GetAccountAuthorizationDetails"}, operation):
		return "iam"
	case slices.Contains([]string{"DescribeOrganization", "DescribePolicy", "ListTargetsForPolicy", "ListPoliciesForTarget", "ListRoots", "ListParents", "ListAccounts"}, operation):
		return "organizations"
	case operation == "GetKeyPolicy" || operation == "DescribeKey" || operation == "ListGrants":
		return "kms"
	case strings.HasSuffix(operation, "Job") || operation == "DescribeModel":
		return "sagemaker"
	}
	dirs := strings.Split(f.dir, "/")
	for _, d := range slices.Backward(dirs) {
		if s, ok := serviceFolders[d]; ok {
			return s
		}
	}
	switch {
	case strings.Contains(operation, "Firewall") || strings.Contains(operation, "Resolver"):
		return "route53resolver"
	case strings.Contains(operation, "HostedZone") || operation == "ListResourceRecordSets":
		return "route53"
	}
	return "ec2"
}

// resourceOf returns the resource that an operation was about, as far as the
// path tells.
func resourceOf(f *cliFile, service, operation string) string {
	switch operation {
	case "DescribeVpcAttribute":
		return f.id("vpc-")
	case "GetManagedPrefixListEntries":
		return f.id("pl-")
	case "SearchTransitGatewayRoutes", "GetTransitGatewayRouteTableAssociations", "GetTransitGatewayRouteTablePropagations":
		return f.id("tgw-rtb-")
	case "ListFirewallDomains":
		return f.id("rslvr-fdl-")
	case "DescribePolicy", "ListTargetsForPolicy":
		return f.id("p-")
	case "ListPolicies":
		for kind := range orgKinds {
			if strings.Contains(f.path, kind) {
				return kind
			}
		}
		return ""
	case "GetAccountAuthorizationDetails", "ListRoles", "ListBuckets", "ListKeys", "ListAliases", "ListHostedZones", "ListAccessPoints":
		return ""
	}
	switch service {
	case "s3":
		if b := bucketOf(f); b != "" {
			return "arn:aws:s3:::" + b
		}
	case "iam", "kms", "sagemaker", "route53":
		return f.subject(kebab(operation))
	case "s3control":
		if operation != "GetPublicAccessBlock" {
			return f.subject(kebab(operation))
		}
	}
	return ""
}

// kebab returns the CLI's command for an operation: GetRolePolicy is
// get-role-policy.
func kebab(operation string) string {
	var b strings.Builder
	for i, r := range operation {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
