package change

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/canreach/canreach/internal/located"
)

// created says which member of an AWS CLI's answer is the id of what an
// operation creates, and the shell variable that keeps it.
var created = map[string][2]string{
	"CreateVpcEndpoint":                   {"VPCE", "VpcEndpoint.VpcEndpointId"},
	"CreateSecurityGroup":                 {"SG", "GroupId"},
	"CreateRouteTable":                    {"RTB", "RouteTable.RouteTableId"},
	"CreateNetworkAcl":                    {"ACL", "NetworkAcl.NetworkAclId"},
	"CreateSubnet":                        {"SUBNET", "Subnet.SubnetId"},
	"CreateVpc":                           {"VPC", "Vpc.VpcId"},
	"CreateNatGateway":                    {"NAT", "NatGateway.NatGatewayId"},
	"CreateInternetGateway":               {"IGW", "InternetGateway.InternetGatewayId"},
	"CreateVpcPeeringConnection":          {"PCX", "VpcPeeringConnection.VpcPeeringConnectionId"},
	"CreateVpcBlockPublicAccessExclusion": {"EXCLUSION", "VpcBlockPublicAccessExclusion.ExclusionId"},
	"AllocateAddress":                     {"ALLOCATION", "AllocationId"},
	"AssociateRouteTable":                 {"ASSOCIATION", "AssociationId"},
	"ReplaceRouteTableAssociation":        {"ASSOCIATION", "NewAssociationId"},
	"CreatePolicy":                        {"POLICY", "Policy.PolicySummary.Id"}, // of organizations
}

// Command returns the change as an AWS CLI command, quoted for a POSIX shell.
// A JSON Patch has none: ok is false.
func (c Change) Command() (command string, ok bool) { return c.command(nil) }

// Commands returns the changes as commands of a POSIX shell, in order. The id
// of what one creates is kept in a variable that the later ones use. A change
// that has no command is left out.
func Commands(changes []Change) []string {
	return slices.DeleteFunc(commands(changes), func(c string) bool { return c == "" })
}

// Lines returns each change in one line: its command, or where it has none its JSON.
func Lines(changes []Change) []string {
	out := commands(changes)
	for i := range out {
		if out[i] == "" {
			out[i] = string(JSON(changes[i : i+1]))
		}
	}
	return out
}

func commands(changes []Change) []string {
	out, names := make([]string, len(changes)), variables{}
	var unnamed []string // ids that no variable can hold
	for i, c := range changes {
		command, ok := c.command(names)
		if !ok || slices.ContainsFunc(unnamed, func(id string) bool { return indexID(command, id) >= 0 }) {
			command = ""
		}
		as, known := created[c.Operation]
		switch {
		case c.As == "":
		case command == "" || !known:
			unnamed = append(unnamed, c.As)
		default:
			command = names.add(c.As, as[0]) + "=$(" + command + " --query " + as[1] + " --output text)"
		}
		out[i] = command
	}
	return out
}

// variables are the shell variables that stand for ids, by id.
type variables map[string]string

func (v variables) add(id, name string) string {
	taken := map[string]bool{}
	for _, n := range v {
		taken[n] = true
	}
	base := name
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s%d", base, i)
	}
	v[id] = name
	return name
}

// quote quotes for a POSIX shell; ids that a variable stands for are replaced by it.
func (v variables) quote(s string) string {
	first, id := len(s), ""
	for i := range v {
		if at := indexID(s, i); at >= 0 && (at < first || at == first && len(i) > len(id)) {
			first, id = at, i
		}
	}
	if id == "" {
		return ShellQuote(s)
	}
	out := `"$` + v[id] + `"`
	if first > 0 {
		out = ShellQuote(s[:first]) + out
	}
	if rest := s[first+len(id):]; rest != "" {
		out += v.quote(rest)
	}
	return out
}

// indexID finds an id in a text, not as a part of a longer one.
func indexID(s, id string) int {
	part := func(c byte) bool {
		return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for from := 0; ; {
		at := strings.Index(s[from:], id)
		if at < 0 {
			return -1
		}
		at += from
		if end := at + len(id); (at == 0 || !part(s[at-1])) && (end == len(s) || !part(s[end])) {
			return at
		}
		from = at + 1
	}
}

func (c Change) command(names variables) (command string, ok bool) {
	if c.op == nil || c.op == patchOperation {
		return "", false
	}
	service := c.op.service
	if service == "s3api" && c.has("AccountId") {
		service = "s3control" // an account's own Block Public Access
	}
	parts := []string{"aws", service, kebab(c.op.name)}
	if c.Region != "" {
		parts = append(parts, "--region", ShellQuote(c.Region))
	}
	for _, f := range c.op.parameters {
		if v, ok := c.parameters.Get(f.name); ok {
			options, ok := c.option(f, v, names)
			if !ok {
				return "", false
			}
			parts = append(parts, options...)
		}
	}
	return strings.Join(append(parts, c.demanded()...), " "), true
}

// demanded are options that the AWS CLI insists on and changes may leave out.
func (c Change) demanded() []string {
	name := func(f string) string { v, _ := c.parameters.Get(f); return ShellQuote(v.Text) }
	switch {
	case c.op.name == "CreateSecurityGroup" && !c.has("Description"):
		return []string{"--description", name("GroupName")}
	case c.op.name == "CreatePolicy" && c.op.service == "organizations" && !c.has("Description"):
		return []string{"--description", name("Name")}
	case c.op.name == "ModifyManagedPrefixList" && !c.has("CurrentVersion"):
		return []string{"--current-version", `"$(aws ec2 describe-managed-prefix-lists --prefix-list-ids ` + name("PrefixListId") +
			` --query 'PrefixLists[0].Version' --output text)"`}
	}
	return nil
}

// plainID matches ids that mean nothing to a shell or in a query.
var plainID = regexp.MustCompile(`^[a-z]+-[0-9A-Za-z-]+$`)

// option is a parameter on the command line. Of two that are written more
// freely in changes than the AWS CLI takes them, it makes what the CLI takes;
// ok is false where that can't be done.
func (c Change) option(f field, v located.Value, names variables) (options []string, ok bool) {
	association, describe, list, id := c.op.name == "ReplaceRouteTableAssociation" || c.op.name == "DisassociateRouteTable", "describe-route-tables", "RouteTables", "RouteTableAssociationId"
	if c.op.name == "ReplaceNetworkAclAssociation" {
		association, describe, list, id = true, "describe-network-acls", "NetworkAcls", "NetworkAclAssociationId"
	}
	switch {
	case association && f.name == "SubnetId" && c.has("AssociationId"):
		return nil, true
	case association && f.name == "SubnetId":
		query := fmt.Sprintf("%s[].Associations[?SubnetId=='%s'].%s[]", list, v.Text, id)
		return []string{"--association-id", fmt.Sprintf(`"$(aws ec2 %s --filters Name=association.subnet-id,Values=%s --query "%s" --output text)"`, describe, v.Text, query)},
			plainID.MatchString(v.Text) && names[v.Text] == ""
	case f.name == "RoleName" && strings.HasPrefix(v.Text, "arn:"):
		v.Text = v.Text[strings.LastIndexByte(v.Text, '/')+1:]
	}
	return option(f, v, names.quote), true
}

func (c Change) has(name string) bool { _, ok := c.parameters.Get(name); return ok }

func option(f field, v located.Value, quote func(string) string) []string {
	name := "--" + kebab(f.name)
	switch {
	case f.name == "Egress" && v.Text != "true":
		return []string{"--ingress"}
	case f.shape.kind == located.Bool && v.Text == "true":
		return []string{name}
	case f.shape.kind == located.Bool:
		return []string{"--no-" + kebab(f.name)}
	case f.shape.kind == located.List && f.shape.elem.kind == located.String:
		out := []string{name}
		for _, e := range v.Items {
			out = append(out, quote(e.Text))
		}
		return out
	case v.Kind == located.List || v.Kind == located.Map:
		return []string{name, quote(string(v.JSON()))}
	}
	if _, err := strconv.Atoi(v.Text); err != nil && strings.HasPrefix(v.Text, "-") {
		return []string{name + "=" + quote(v.Text)} // no option of its own
	}
	return []string{name, quote(v.Text)}
}

// kebab turns AuthorizeSecurityGroupEgress into authorize-security-group-egress
// as the AWS CLI does.
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// ShellQuote quotes for a POSIX shell where it is needed.
func ShellQuote(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("-_./:@,+", r))
	}) < 0
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// value returns the change as a file has it.
func (c Change) value() located.Value {
	v := located.Value{Kind: located.Map}
	add := func(key, text string) {
		if text != "" {
			v.Members = append(v.Members, located.Member{Key: key, Value: located.Of(text)})
		}
	}
	add("comment", c.Comment)
	add("account", c.Account)
	add("region", c.Region)
	add("as", c.As)
	body := c.parameters
	if c.op != nil && c.op != patchOperation {
		body = c.op.unfold(body)
	}
	key := c.Key()
	if c.op != nil && ambiguous(c.op) {
		key = c.op.service + "." + key
	}
	v.Members = append(v.Members, located.Member{Key: key, Value: body})
	return v
}

func ambiguous(o *operation) bool {
	return slices.ContainsFunc(operations, func(other *operation) bool { return other != o && other.name == o.name })
}

// unfold spells parameters as change files do, policies as mappings.
func (o *operation) unfold(v located.Value) located.Value {
	return unfold(v, structure(o.parameters...))
}

func unfold(v located.Value, s *shape) located.Value {
	switch {
	case s.policy:
		if d, err := located.FromJSON([]byte(v.Text)); err == nil {
			return d
		}
	case v.Kind == located.Map:
		out := located.Value{Kind: located.Map}
		for _, m := range v.Members {
			for _, f := range s.fields {
				if f.name == m.Key {
					out.Members = append(out.Members, located.Member{Key: camel(m.Key), Value: unfold(m.Value, f.shape)})
				}
			}
		}
		return out
	case v.Kind == located.List:
		out := located.Value{Kind: located.List}
		for _, e := range v.Items {
			out.Items = append(out.Items, unfold(e, s.elem))
		}
		return out
	}
	return v
}

// camel spells IpPermissions as ipPermissions, SSEAlgorithm as it is.
func camel(name string) string {
	if len(name) > 1 && unicode.IsUpper(rune(name[1])) {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// JSON returns the changes as a change file's JSON text, compact.
func JSON(changes []Change) []byte {
	v := located.Value{Kind: located.List}
	for _, c := range changes {
		v.Items = append(v.Items, c.value())
	}
	return v.JSON()
}

// MarshalJSON returns the change as a change file has it.
func (c Change) MarshalJSON() ([]byte, error) {
	v := c.value().JSON()
	if !json.Valid(v) {
		return nil, fmt.Errorf("the change %s is not JSON", c.Key())
	}
	return v, nil
}

// YAML returns the changes as a change file.
func YAML(changes []Change) string {
	var b bytes.Buffer
	for _, c := range changes {
		located.WriteYAML(&b, c.value(), 0, true)
	}
	return b.String()
}
