package plan

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// function evaluates an intrinsic function; ok is false where key is none.
// A function whose arguments are not known is not known.
//
// AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func (e *evaluator) function(key string, v located.Value, depth int) (x, u any, ok bool) {
	if key == "Ref" {
		x, known := e.ref(v.Text)
		return orUnknown(x, known)
	}
	name, isFunction := strings.CutPrefix(key, "Fn::")
	if !isFunction {
		return nil, nil, false
	}
	f, known := functions[name]
	if !known {
		return nil, true, true // a macro, or a function of tomorrow
	}
	x, have := f(e, v, depth)
	return orUnknown(x, have)
}

func orUnknown(x any, known bool) (any, any, bool) {
	if !known {
		return nil, true, true
	}
	return x, nil, true
}

var functions map[string]func(*evaluator, located.Value, int) (any, bool)

func init() { // a variable's initializer may not refer to itself through eval
	functions = map[string]func(*evaluator, located.Value, int) (any, bool){
		"GetAtt": getAtt, "Sub": sub, "Join": join, "Select": selectItem, "Split": split, "If": choose, "FindInMap": findInMap,
		"ImportValue": importValue, "Base64": base64Of, "Cidr": cidr, "Equals": compare,
		"And": every(true), "Or": every(false), "Not": not,
	}
}

// ref is a parameter's value, a pseudo parameter's, or a resource's id.
func (e *evaluator) ref(name string) (any, bool) {
	switch name {
	case "AWS::AccountId":
		return e.stack.Account, e.stack.Account != ""
	case "AWS::Region":
		return e.stack.Region, e.stack.Region != ""
	case "AWS::Partition":
		return "aws", e.stack.Region == "" || !strings.HasPrefix(e.stack.Region, "cn-") && !strings.HasPrefix(e.stack.Region, "us-gov-")
	case "AWS::StackName":
		return e.stack.Name, true
	case "AWS::URLSuffix":
		return "amazonaws.com", true
	case "AWS::NoValue":
		return noValue, true
	}
	if p, ok := e.parameters[name]; ok {
		return e.parameter(name, p)
	}
	r, ok := e.resources[name]
	if !ok {
		return nil, false
	}
	return e.refOf(name, r)
}

// parameter is the value given, or the default. SSM parameters hold a name, not
// the value.
func (e *evaluator) parameter(name string, p located.Value) (any, bool) {
	typ, _ := p.Get("Type")
	value, given := e.stack.Parameters[name]
	if !given {
		d, ok := p.Get("Default")
		if !ok || strings.HasPrefix(typ.Text, "AWS::SSM::Parameter::Value") {
			return nil, false
		}
		value = d.Text
	}
	if strings.HasPrefix(typ.Text, "List<") || typ.Text == "CommaDelimitedList" {
		out := []any{}
		for part := range strings.SplitSeq(value, ",") {
			out = append(out, strings.TrimSpace(part))
		}
		return out, true
	}
	return value, true
}

// named lists the property that Ref returns for types that are known by name.
var named = map[string]string{
	"AWS::S3::Bucket": "BucketName", "AWS::IAM::Role": "RoleName", "AWS::IAM::InstanceProfile": "InstanceProfileName", "AWS::KMS::Alias": "AliasName",
	"AWS::Lambda::Function": "FunctionName", "AWS::SageMaker::Model": "ModelName",
}

func (e *evaluator) refOf(logical string, r located.Value) (any, bool) {
	typ, _ := r.Get("Type")
	switch physical := e.stack.Physical[logical]; {
	case typ.Text == "AWS::IAM::ManagedPolicy",
		physical == "" && (typ.Text == "AWS::SNS::Topic" || typ.Text == "AWS::SecretsManager::Secret"):
		return e.arn(logical, r)
	case physical == "" && typ.Text == "AWS::SQS::Queue":
		arn, ok := e.arn(logical, r)
		p := strings.SplitN(asText(arn), ":", 6)
		if !ok || len(p) < 6 {
			return nil, false
		}
		return "https://sqs." + p[3] + ".amazonaws.com/" + p[4] + "/" + p[5], true
	}
	if e.stack.Physical[logical] == "" && named[typ.Text] != "" {
		properties, _ := r.Get("Properties")
		if name, ok := properties.Get(named[typ.Text]); ok {
			return first(e.text(name, 0))
		}
	}
	return e.id(logical), true
}

func first(s string, ok bool) (any, bool) { return s, ok }

// arn is the ARN of a resource of the template, as far as its name tells.
func (e *evaluator) arn(logical string, r located.Value) (any, bool) {
	typ, _ := r.Get("Type")
	properties, _ := r.Get("Properties")
	property := func(key, otherwise string) string {
		if v, ok := properties.Get(key); ok {
			if s, ok := e.text(v, 0); ok {
				return s
			}
		}
		return otherwise
	}
	account, region := e.stack.Account, e.stack.Region
	id := e.id(logical)
	switch typ.Text {
	case "AWS::S3::Bucket":
		name, ok := e.refOf(logical, r)
		return "arn:aws:s3:::" + asText(name), ok
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + account + ":role" + property("Path", "/") + property("RoleName", id), account != ""
	case "AWS::IAM::ManagedPolicy":
		if strings.HasPrefix(id, "arn:") {
			return id, true
		}
		return "arn:aws:iam::" + account + ":policy" + property("Path", "/") + property("ManagedPolicyName", id), account != ""
	case "AWS::KMS::Key":
		return "arn:aws:kms:" + region + ":" + account + ":key/" + id, account != "" && region != ""
	case "AWS::SNS::Topic", "AWS::SecretsManager::Secret":
		if strings.HasPrefix(id, "arn:") {
			return id, true
		}
		if typ.Text == "AWS::SNS::Topic" {
			return "arn:aws:sns:" + region + ":" + account + ":" + property("TopicName", id), account != "" && region != ""
		}
		return "arn:aws:secretsmanager:" + region + ":" + account + ":secret:" + property("Name", id) + "-known-after-apply", account != "" && region != ""
	case "AWS::SQS::Queue":
		return "arn:aws:sqs:" + region + ":" + account + ":" + property("QueueName", id[strings.LastIndexByte(id, '/')+1:]), account != "" && region != ""
	case "AWS::ECR::Repository":
		return "arn:aws:ecr:" + region + ":" + account + ":repository/" + property("RepositoryName", id), account != "" && region != ""
	case "AWS::Lambda::Function":
		return "arn:aws:lambda:" + region + ":" + account + ":function:" + property("FunctionName", id), account != "" && region != ""
	}
	return nil, false
}

func getAtt(e *evaluator, v located.Value, _ int) (any, bool) {
	parts := v.Items
	if v.Kind == located.String {
		name, attr, _ := strings.Cut(v.Text, ".")
		parts = []located.Value{located.Of(name), located.Of(attr)}
	}
	if len(parts) != 2 {
		return nil, false
	}
	return e.attribute(parts[0].Text, parts[1].Text)
}

func (e *evaluator) attribute(logical, attr string) (any, bool) {
	r, ok := e.resources[logical]
	if !ok {
		return nil, false
	}
	typ, _ := r.Get("Type")
	switch attr {
	case "Arn":
		return e.arn(logical, r)
	case "GroupId", "VpcId", "SubnetId", "InternetGatewayId", "NatGatewayId", "RouteTableId", "NetworkAclId", "Id", "PrefixListId", "KeyId", "AllocationId", "AttachmentId":
		if typ.Text == "AWS::EC2::VPC" || attr != "VpcId" {
			return e.id(logical), true
		}
	case "DefaultSecurityGroup":
		return e.id(logical) + ".default_security_group_id", true
	case "DefaultNetworkAcl":
		return e.id(logical) + ".default_network_acl_id", true
	}
	properties, _ := r.Get("Properties")
	if p, ok := properties.Get(attr); ok {
		return first(e.text(p, 0))
	}
	return nil, false
}

// sub evaluates Fn::Sub: a text, or a text and a map of variables.
func sub(e *evaluator, v located.Value, depth int) (any, bool) {
	text, own := v.Text, located.Value{}
	if v.Kind == located.List && len(v.Items) == 2 {
		text, own = v.Items[0].Text, v.Items[1]
	}
	var b strings.Builder
	for text != "" {
		start := strings.Index(text, "${")
		if start < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:start])
		end := strings.IndexByte(text[start:], '}')
		if end < 0 {
			return nil, false
		}
		name := text[start+2 : start+end]
		text = text[start+end+1:]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		s, ok := e.variable(strings.TrimSpace(name), own, depth)
		if !ok {
			return nil, false
		}
		b.WriteString(s)
	}
	return b.String(), true
}

func (e *evaluator) variable(name string, own located.Value, depth int) (string, bool) {
	if v, ok := own.Get(name); ok {
		return e.text(v, depth+1)
	}
	var x any
	var ok bool
	if logical, attr, dotted := strings.Cut(name, "."); dotted {
		x, ok = e.attribute(logical, attr)
	} else {
		x, ok = e.ref(name)
	}
	if _, gone := x.(absent); gone || !ok {
		return "", false
	}
	return asText(x), true
}

// items evaluates a list whose elements are all known.
func (e *evaluator) items(v located.Value, depth int) ([]any, bool) {
	x, u := e.eval(v, depth)
	list, ok := x.([]any)
	return list, ok && u == nil
}

func join(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 {
		return nil, false
	}
	list, ok := e.items(v.Items[1], depth)
	var parts []string
	for _, x := range list {
		parts = append(parts, asText(x))
	}
	return strings.Join(parts, v.Items[0].Text), ok
}

func selectItem(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 {
		return nil, false
	}
	index, ok := e.text(v.Items[0], depth)
	n, err := strconv.Atoi(index)
	list, known := e.items(v.Items[1], depth)
	if !ok || err != nil || !known || n < 0 || n >= len(list) {
		return nil, false
	}
	return list[n], true
}

func split(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 || v.Items[0].Text == "" {
		return nil, false
	}
	text, ok := e.text(v.Items[1], depth)
	out := []any{}
	for part := range strings.SplitSeq(text, v.Items[0].Text) {
		out = append(out, part)
	}
	return out, ok
}

// choose evaluates Fn::If.
func choose(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 3 {
		return nil, false
	}
	on, known := e.condition(v.Items[0].Text)
	if !known {
		return nil, false
	}
	branch := v.Items[2]
	if on {
		branch = v.Items[1]
	}
	x, u := e.eval(branch, depth+1)
	return x, u == nil
}

func (e *evaluator) condition(name string) (value, known bool) {
	v, ok := e.conditions[name]
	if !ok || e.visiting[name] {
		return false, false
	}
	e.visiting[name] = true
	defer delete(e.visiting, name)
	return e.truth(v, 0)
}

func (e *evaluator) truth(v located.Value, depth int) (value, known bool) {
	if name, ok := v.Get("Condition"); ok && len(v.Members) == 1 {
		return e.condition(name.Text)
	}
	if v.Kind == located.Bool || v.Kind == located.String {
		return v.Text == "true", true
	}
	x, u := e.eval(v, depth+1)
	on, ok := x.(bool)
	return on, ok && u == nil
}

func compare(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 {
		return nil, false
	}
	a, known := e.text(v.Items[0], depth)
	b, known2 := e.text(v.Items[1], depth)
	return a == b, known && known2
}

// every evaluates Fn::And (unit true) and Fn::Or (false): one element that is
// not the unit decides, whatever is unknown.
func every(unit bool) func(*evaluator, located.Value, int) (any, bool) {
	return func(e *evaluator, v located.Value, depth int) (any, bool) {
		whole := true
		for _, i := range v.Items {
			on, known := e.truth(i, depth)
			if known && on != unit {
				return !unit, true
			}
			whole = whole && known
		}
		return unit, whole
	}
}

func not(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 1 {
		return nil, false
	}
	on, known := e.truth(v.Items[0], depth)
	return !on, known
}

func findInMap(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) < 3 {
		return nil, false
	}
	name, ok1 := e.text(v.Items[0], depth)
	top, ok2 := e.text(v.Items[1], depth)
	second, ok3 := e.text(v.Items[2], depth)
	if !ok1 || !ok2 || !ok3 {
		return nil, false
	}
	first, _ := e.mappings[name].Get(top)
	value, ok := first.Get(second)
	if !ok {
		return nil, false
	}
	x, u := e.eval(value, depth+1)
	return x, u == nil
}

func importValue(e *evaluator, v located.Value, depth int) (any, bool) {
	name, ok := e.text(v, depth)
	value, known := e.stack.Exports[name]
	return value, ok && known
}

func base64Of(e *evaluator, v located.Value, depth int) (any, bool) {
	s, ok := e.text(v, depth)
	return base64.StdEncoding.EncodeToString([]byte(s)), ok
}

// maxCIDRs is how many blocks Fn::Cidr gives at most.
const maxCIDRs = 256

func cidr(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) < 2 {
		return nil, false
	}
	block, ok := e.text(v.Items[0], depth)
	count, ok2 := e.text(v.Items[1], depth)
	n, err := strconv.Atoi(count)
	p, err2 := netip.ParsePrefix(block)
	if !ok || !ok2 || err != nil || err2 != nil || n < 1 || n > maxCIDRs {
		return nil, false
	}
	bits := 8
	if len(v.Items) > 2 {
		text, known := e.text(v.Items[2], depth)
		if bits, err = strconv.Atoi(text); err != nil || !known {
			return nil, false
		}
	}
	length := p.Addr().BitLen() - bits
	if bits < 1 || length < p.Bits() {
		return nil, false
	}
	out := []any{}
	addr := p.Masked().Addr()
	for range n {
		if !p.Contains(addr) {
			return nil, false
		}
		sub := netip.PrefixFrom(addr, length)
		out = append(out, sub.String())
		addr = after(sub)
	}
	return out, true
}

// after is the first address behind a block.
func after(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	bit := p.Bits() - 1
	for i := bit / 8; i >= 0; i-- {
		add := byte(1)
		if i == bit/8 {
			add = 1 << (7 - bit%8)
		}
		b[i] += add
		if b[i] >= add {
			break
		}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
