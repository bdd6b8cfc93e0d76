package symbolic

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/sar"
)

// operationsTried bounds the actions that are tried on one path.
const operationsTried = 256

// operation picks an action and a resource on the path that go together: an
// action which AWS authorises against resources of certain types asks about
// those only (P53, P358). It prefers resources at hand to those that must be
// sought, and actions that exist to those by form.
func (w *search) operation() (action, resource string, ok bool) {
	actions := slices.DeleteFunc(w.actions(), w.lacksKeys)
	for _, pick := range []func(*dimension, strset.Pattern) (string, bool){w.readable, w.sought} {
		tried := make(map[string]bool) // kinds of resource, in vain
		for _, action := range actions {
			for _, kind := range resourceTypes(action) {
				if tried[kind] {
					continue
				}
				if resource, ok := pick(w.resource, arnForms[kind]); ok {
					return action, resource, true
				}
				tried[kind] = true
				if w.spent != nil {
					return "", "", false
				}
			}
		}
	}
	i := slices.IndexFunc(actions, func(a string) bool { return len(resourceTypes(a)) == 0 })
	if i < 0 {
		return "", "", false
	}
	if resource, ok := w.likely(actions[i]); ok {
		return actions[i], resource, true
	}
	if w.spent != nil {
		return "", "", false
	}
	resource, ok = w.word(w.resource)
	return actions[i], resource, ok
}

// likely picks a resource on the path of the form that a request of an action
// has, as far as that is known (P367): "*" where the table tells that the action
// has no resource type, and otherwise an ARN of the action's service.
func (w *search) likely(action string) (string, bool) {
	service, name, _ := strings.Cut(strings.ToLower(action), ":")
	forms := []strset.Pattern{strset.Literal("arn:aws:"+service+":"+usualRegion(service)+":111122223333:").One(strset.Any, 1).Many(strset.Any),
		strset.Literal("arn:aws:" + service + ":").Many(strset.Any)}
	if s, ok := sar.FindService(service); ok && s.Detailed {
		if a, ok := s.FindAction(name); ok && len(a.Resources) == 0 {
			forms = []strset.Pattern{strset.Literal("*"), strset.Literal("arn:aws:" + service + ":::*")}
		}
	}
	for _, pick := range []func(*dimension, strset.Pattern) (string, bool){w.readable, w.sought} {
		for _, f := range forms {
			if resource, ok := pick(w.resource, f); ok || w.spent != nil {
				return resource, ok
			}
		}
	}
	return "", false
}

// usualRegion is the Region in the ARNs of a service's resources.
func usualRegion(service string) string {
	if slices.Contains([]string{"iam", "sts", "organizations", "route53", "cloudfront"}, service) {
		return ""
	}
	return "us-east-1"
}

// lacksKeys tells that AWS never gives an action's requests a condition key
// that the path needs (P149).
func (w *search) lacksKeys(action string) bool {
	return slices.ContainsFunc(w.given, func(key string) bool { return policy.SuppliesKey(action, key) == policy.False })
}

// actions lists actions on the path. Where AWS has a table of the service's
// actions, and some of them are on the path, it is those; else one by form.
func (w *search) actions() []string {
	d := w.action
	if len(d.patterns) == 0 {
		return append(slices.Clone(s3Actions()), "example:Action")
	}
	var real, made []string
	if d.lazy() {
		word, ok := w.word(d)
		if !ok {
			return nil
		}
		made = append(made, word)
		for _, a := range knownActions(word) {
			if len(real) < operationsTried && w.onPath(strings.ToLower(a)) {
				real = append(real, a)
			}
		}
	} else {
		run := w.runs[d.level]
		for i := run.Lo; i <= run.Hi && len(made) < operationsTried; i++ {
			real = append(real, w.knownIn(int(i))...)
			if word := d.words.Word(int(i)); !w.listed(int(i)) {
				made = append(made, word)
			}
		}
	}
	if len(made) == 0 || len(real) > 0 && allDetailed(made) {
		return real
	}
	for i, a := range made {
		made[i] = w.spelling(a)
	}
	return append(real, made...)
}

// listed tells that all words of an atom are of one service whose actions are
// known: what its table lacks is no action (P39).
func (w *search) listed(atom int) bool {
	d := w.action
	for i, p := range d.texts {
		service, _, ok := strings.Cut(strings.ToLower(p), ":")
		if ok && !strings.ContainsAny(service, "*?") && d.matches(atom, int32(i)) {
			_, known := sar.FindService(service)
			return known
		}
	}
	return false
}

// knownIn lists the actions of AWS's table in one atom.
func (w *search) knownIn(atom int) []string {
	if known, ok := w.known[atom]; ok {
		return known
	}
	if w.known == nil {
		w.known = make(map[int][]string)
	}
	d := w.action
	if a, ok := knownAction(d.words.Word(atom)); ok {
		w.known[atom] = []string{a}
		if d.single(atom) {
			return w.known[atom]
		}
	}
	out := w.known[atom]
	for _, a := range knownActions(d.words.Word(atom)) {
		if len(out) == operationsTried {
			break
		}
		folded := strings.ToLower(a)
		if d.words.Holds(atom, folded) {
			out = append(out, a)
		}
	}
	w.known[atom] = out
	return out
}

// onPath reports whether a word of the action dimension is on the path.
func (w *search) onPath(word string) bool {
	d := w.action
	run := w.runs[d.level]
	for at := run.Lo; at <= run.Hi; at++ {
		if d.words.Holds(int(at), word) {
			return w.hardAgree(d, word)
		}
	}
	return false
}

// allDetailed reports whether every action is one of a service whose actions,
// and what they are authorised against, are known.
func allDetailed(actions []string) bool {
	for _, a := range actions {
		service, _, _ := strings.Cut(a, ":")
		if !detailed(service) {
			return false
		}
	}
	return true
}

// spelling is an action as the policies write it.
func (w *search) spelling(action string) string {
	for _, text := range w.action.texts {
		if strings.EqualFold(text, action) {
			return text
		}
	}
	return action
}
