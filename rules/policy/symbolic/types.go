package symbolic

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy/sar"
)

// anyForm stands for the ARNs of all types.
const anyForm = "*"

// arnForms are the ARNs of resource types, by service and type, as the
// Service Authorization Reference names them.
//
// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
var arnForms = func() map[string]strset.Pattern {
	arn := func(service string) strset.Pattern {
		return strset.Literal("arn:").Many(strset.NotColon).Literal(":" + service + ":")
	}
	name := func(p strset.Pattern) strset.Pattern { return p.One(strset.NotSlash, 1).Many(strset.NotSlash) }
	rest := func(p strset.Pattern) strset.Pattern { return p.One(strset.Any, 1).Many(strset.Any) }
	bucket := name(arn("s3").Literal("::"))
	field := func(p strset.Pattern) strset.Pattern { // a Region or an account
		return p.One(strset.NotColon, 1).Many(strset.NotColon).Literal(":")
	}
	accessPoint := name(field(field(arn("s3"))).Literal("accesspoint/"))
	key := field(field(arn("kms")))
	return map[string]strset.Pattern{
		"s3:bucket":            bucket,
		"s3:object":            rest(bucket.Literal("/")),
		"s3:accesspoint":       accessPoint,
		"s3:accesspointobject": rest(accessPoint.Literal("/object/")),
		"kms:key":              name(key.Literal("key/")),
		"kms:alias":            rest(key.Literal("alias/")),
		anyForm:                strset.Glob("*"),
	}
}()

// resourceTypes lists the names in arnForms of what an action is authorised
// against; none where that is not known, or the action has no resource type.
func resourceTypes(action string) []string {
	prefix, name, _ := strings.Cut(strings.ToLower(action), ":")
	if !detailed(prefix) {
		return nil
	}
	service, _ := sar.FindService(prefix)
	a, ok := service.FindAction(name)
	if !ok {
		return nil
	}
	out := make([]string, 0, len(a.Resources))
	for _, r := range a.Resources {
		name := prefix + ":" + strings.TrimSuffix(r, "*")
		if _, ok := arnForms[name]; !ok {
			return nil
		}
		out = append(out, name)
	}
	// What reads best in an example comes first.
	slices.SortStableFunc(out, func(a, b string) int {
		return cmp.Compare(strings.Index(a, "accesspoint"), strings.Index(b, "accesspoint"))
	})
	return out
}

// detailed reports whether the table tells the resource types of a service's
// actions.
func detailed(prefix string) bool {
	if prefix != "s3" && prefix != "kms" {
		return false // without decoding the tables
	}
	service, ok := sar.FindService(prefix)
	return ok && service.Detailed
}

// usual are the actions that read best in an example.
var usual = []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject"}

var s3Actions = sync.OnceValue(func() []string {
	out := append([]string(nil), usual...)
	service, ok := sar.FindService("s3")
	if !ok {
		return out
	}
	for _, a := range service.Actions {
		out = append(out, "s3:"+a.Name)
	}
	return out
})

// knownActions lists actions that exist among which to look for an example: of
// the service of an action by form, or of S3.
func knownActions(made string) []knownName {
	prefix, _, _ := strings.Cut(made, ":")
	service, ok := sar.FindService(prefix)
	if !ok || prefix == "s3" {
		return s3Names()
	}
	if list, ok := serviceNames.Load(prefix); ok {
		return list.([]knownName)
	}
	names := make([]string, len(service.Actions))
	for i, a := range service.Actions {
		names[i] = prefix + ":" + a.Name
	}
	list := knownNames(names)
	if prefix == service.Prefix {
		serviceNames.Store(prefix, list)
	}
	return list
}

// knownName is an action as AWS writes it and in lower case, and what it is
// authorised against (resourceTypes).
type knownName struct {
	name, folded string
	kinds        []string
}

// serviceNames are the actions of the services that were asked for, by prefix.
var serviceNames sync.Map

var s3Names = sync.OnceValue(func() []knownName { return knownNames(s3Actions()) })

func knownNames(names []string) []knownName {
	out := make([]knownName, len(names))
	for i, a := range names {
		out[i] = knownName{a, strings.ToLower(a), resourceTypes(a)}
	}
	return out
}

// knownAction is an action that exists as AWS writes it.
func knownAction(folded string) (string, bool) {
	prefix, name, _ := strings.Cut(folded, ":")
	service, ok := sar.FindService(prefix)
	if !ok {
		return "", false
	}
	a, ok := service.FindAction(name)
	return service.Prefix + ":" + a.Name, ok
}
