package plan

import (
	"fmt"
	"strings"
)

// idOf is the id of a resource in the snapshot: AWS's where it is known, else
// a name that the configuration gives, else the address.
func (v *overlay) idOf(r *resource) string {
	id := r.text("id")
	for _, key := range namedBy[r.typ] {
		if id == "" {
			id = r.text(key)
		}
	}
	if id == "" {
		id = r.address
	}
	v.places[id] = r.address
	return id
}

// namedBy lists the attributes that name a resource before it exists.
var namedBy = map[string][]string{
	"aws_s3_bucket": {"bucket"}, "aws_s3_directory_bucket": {"bucket"}, "aws_iam_role": {"name"}, "aws_iam_instance_profile": {"name"}, "aws_kms_alias": {"name"},
}

// arnOf is the ARN of a resource: known, or made of what is known.
func (v *overlay) arnOf(r *resource) string {
	if arn := r.text("arn"); arn != "" {
		return arn
	}
	name := v.idOf(r)
	account := v.accountOf(r).Get("accountId").Text()
	switch r.typ {
	case "aws_s3_bucket", "aws_s3_directory_bucket":
		return "arn:aws:s3:::" + name
	case "aws_iam_role":
		return fmt.Sprintf("arn:aws:iam::%s:role%s%s", account, pathOf(r), name)
	case "aws_iam_policy":
		if n := r.text("name"); n != "" {
			name = n
		}
		return fmt.Sprintf("arn:aws:iam::%s:policy%s%s", account, pathOf(r), name)
	case "aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key", "aws_kms_replica_external_key":
		return fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", v.regionName(r), account, name)
	case "aws_kms_alias":
		return fmt.Sprintf("arn:aws:kms:%s:%s:%s", v.regionName(r), account, name)
	case "aws_sqs_queue", "aws_sns_topic":
		return v.regionalARN(r, strings.Split(r.typ, "_")[1], orText(r.text("name"), r.address))
	case "aws_ecr_repository":
		return v.regionalARN(r, "ecr", "repository/"+orText(r.text("name"), r.address))
	case "aws_secretsmanager_secret": // AWS adds six characters
		return v.regionalARN(r, "secretsmanager", "secret:"+orText(r.text("name"), r.address)+"-known-after-apply")
	case "aws_lambda_function":
		return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", v.regionName(r), account, r.text("function_name"))
	}
	return ""
}

func pathOf(r *resource) string {
	if p := r.text("path"); p != "" {
		return p
	}
	return "/"
}

// linked is the value of what a link leads to; "" where it is not known.
func (v *overlay) linked(l link) string {
	switch l.attr {
	case "", "id", "bucket", "name", "key_id", "allocation_id", "vpc_endpoint_id":
		if known := l.to.text(l.attr); l.attr != "" && known != "" {
			return known
		}
		return v.idOf(l.to)
	case "arn", "target_key_arn":
		return v.arnOf(l.to)
	case "main_route_table_id", "default_route_table_id", "default_network_acl_id", "default_security_group_id":
		if known := l.to.text(l.attr); known != "" {
			return known
		}
		return v.idOf(l.to) + "." + strings.Replace(l.attr, "default_route_table_id", "main_route_table_id", 1)
	case "prefix_list_id":
		if known := l.to.text(l.attr); known != "" {
			return known
		}
		return v.servicePrefixList(l.to)
	}
	return l.to.text(l.attr)
}

// id is the value of an attribute that holds another resource's id or ARN;
// "" where it is not set or cannot be told.
func (v *overlay) id(r *resource, path ...any) string {
	value, known := r.get(path...)
	if known {
		return asText(value)
	}
	if links, whole := v.graph.links(r, path...); whole && len(links) == 1 {
		return v.linked(links[0])
	}
	return ""
}

// ids is the value of a list attribute of ids, and whether it is whole.
func (v *overlay) ids(r *resource, path ...any) ([]string, bool) {
	out, known := r.texts(path...)
	if known {
		return out, true
	}
	links, whole := v.graph.links(r, path...)
	for _, l := range links {
		id := v.linked(l)
		if id == "" {
			whole = false
		} else {
			out = appendNew(out, id)
		}
	}
	return out, whole
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// set sets a member from an attribute; one known after apply only is left out
// and named. Null attributes are left out.
func (v *overlay) set(r *resource, to object, key string, kind kind, path ...any) (known bool) {
	switch kind {
	case refKind:
		if id := v.id(r, path...); id != "" {
			to[key] = id
			return true
		}
	case refsKind:
		ids, whole := v.ids(r, path...)
		if whole {
			to[key] = orEmpty(ids)
			return true
		}
	default:
		value, known := r.get(path...)
		if known && value != nil && value != "" {
			to[key] = value
			return true
		}
	}
	_, known = r.get(path...)
	return known
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// kind says how an attribute becomes a member.
type kind uint8

const (
	plain    kind = iota // as it is
	refKind              // another resource's id or ARN
	refsKind             // a list of them
)

// tags turns Terraform's map of tags into AWS's list.
func tags(r *resource) []object {
	v, _ := r.get("tags_all")
	m, _ := v.(map[string]any)
	if len(m) == 0 {
		v, _ = r.get("tags")
		m, _ = v.(map[string]any)
	}
	out := []object{}
	for _, k := range sortedKeys(m) {
		out = append(out, object{"Key": k, "Value": asText(m[k])})
	}
	return out
}
