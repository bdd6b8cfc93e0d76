package symbolic

import (
	"cmp"
	"iter"
	"maps"
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
	w.lazyAction.sought = false
	for _, pick := range []func(*dimension, strset.Pattern) (string, bool){w.readable, w.sought} {
		tried := make(map[string]bool) // kinds of resource, in vain
		worth := func(a *knownName) bool {
			return slices.ContainsFunc(a.kinds, func(kind string) bool { return !tried[kind] })
		}
		for a := range w.actions(worth) {
			for _, kind := range a.kinds {
				if tried[kind] {
					continue
				}
				if resource, ok := pick(w.resource, arnForms[kind]); ok {
					return a.name, resource, true
				}
				tried[kind] = true
				if w.spent != nil {
					return "", "", false
				}
			}
		}
	}
	for a := range w.actions(func(a *knownName) bool { return len(a.kinds) == 0 }) {
		if resource, ok := w.likely(a.name); ok {
			return a.name, resource, true
		}
		if w.spent != nil {
			return "", "", false
		}
		resource, ok = w.word(w.resource)
		return a.name, resource, ok
	}
	return "", "", false
}

// likely picks a resource on the path of the form that a request of an action
// has, as far as that is known (P367): "*" where the table tells that the action
// has no resource type, and otherwise an ARN of one of its types, or else of its
// service.
func (w *search) likely(action string) (string, bool) {
	service, _, _ := strings.Cut(strings.ToLower(action), ":")
	forms := []strset.Pattern{strset.Literal("arn:aws:"+service+":"+usualRegion(service)+":111122223333:").One(strset.Any, 1).Many(strset.Any),
		strset.Literal("arn:aws:" + service + ":").Many(strset.Any)}
	switch d, ok := sar.FindDetail(action); {
	case ok && len(d.Types) == 0 && service == "s3":
		forms = []strset.Pattern{strset.Literal("*"), strset.Literal("arn:aws:" + service + ":::*")}
	case ok && len(d.Types) == 0:
		forms = slices.Insert(forms, 0, strset.Literal("*"))
	case ok:
		if resource, ok := w.oneOf(typedForms(d, service)); ok || w.spent != nil {
			return resource, ok
		}
	}
	return w.oneOf(forms)
}

// oneOf picks a resource on the path of one of some forms.
func (w *search) oneOf(forms []strset.Pattern) (string, bool) {
	for _, pick := range []func(*dimension, strset.Pattern) (string, bool){w.readable, w.sought} {
		for _, f := range forms {
			if resource, ok := pick(w.resource, f); ok || w.spent != nil {
				return resource, ok
			}
		}
	}
	return "", false
}

// typedForms are the ARNs of an action's resource types, in the order of their
// names: in the usual Region and account, then in any.
func typedForms(d *sar.Detail, service string) (out []strset.Pattern) {
	for _, usual := range []bool{true, false} {
		for _, name := range slices.Sorted(maps.Keys(d.Types)) {
			if form := d.Types[name]; form != "" {
				out = append(out, typedForm(form, service, usual))
			}
		}
	}
	return out
}

func typedForm(form, service string, usual bool) strset.Pattern {
	p := strset.Literal("")
	for {
		before, after, ok := strings.Cut(form, "${")
		p = p.Literal(before)
		if !ok {
			return p
		}
		var name string
		name, form, _ = strings.Cut(after, "}")
		switch {
		case name == "Partition":
			p = p.Literal("aws")
		case name == "Region" && usual:
			p = p.Literal(cmp.Or(usualRegion(service), "us-east-1"))
		case name == "Account" && usual:
			p = p.Literal("111122223333")
		case name == "Region", name == "Account":
			p = p.One(strset.NotColon, 1).Many(strset.NotColon)
		default:
			p = p.One(strset.Any, 1).Many(strset.Any)
		}
	}
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

// actions lists actions on the path that are worth a look, and whose requests can
// have the condition keys that it needs. Where AWS has a table of the service's
// actions, and some of them are on the path, it is those; else one by form.
func (w *search) actions(worth func(*knownName) bool) iter.Seq[*knownName] {
	return func(yield func(*knownName) bool) {
		suits := func(a *knownName) bool { return worth(a) && !w.lacksKeys(a.name) }
		if len(w.action.patterns) == 0 {
			for _, list := range [][]knownName{s3Names(), {{name: "example:Action"}}} {
				for i := range list {
					if suits(&list[i]) && !yield(&list[i]) {
						return
					}
				}
			}
			return
		}
		for a := range w.realActions(suits) {
			if !yield(a) {
				return
			}
		}
		made := w.madeActions()
		if allDetailed(made) && w.hasReal() {
			return
		}
		for _, name := range made {
			name = w.spelling(name)
			if a := (&knownName{name: name, kinds: resourceTypes(name)}); suits(a) && !yield(a) {
				return
			}
		}
	}
}

// hasReal tells that some action of AWS's table is on the path.
func (w *search) hasReal() bool {
	for range w.realActions(func(*knownName) bool { return true }) {
		return true
	}
	return false
}

// realActions are those of AWS's table on the path that suit.
func (w *search) realActions(suits func(*knownName) bool) iter.Seq[*knownName] {
	return func(yield func(*knownName) bool) {
		d := w.action
		if d.lazy() {
			word, ok := w.actionWord()
			if !ok {
				return
			}
			list, n := knownActions(word), 0
			for i := range list {
				if a := &list[i]; suits(a) && w.onPath(a.folded) {
					if n++; n > operationsTried || !yield(a) {
						return
					}
				}
			}
			return
		}
		run := w.runs[d.level]
		for i, made := run.Lo, 0; i <= run.Hi && made < operationsTried; i++ {
			for a := range w.knownIn(int(i), suits) {
				if !yield(a) {
					return
				}
			}
			if !w.listed(int(i)) {
				made++
			}
		}
	}
}

// actionWord is an action by form on the path, sought once.
func (w *search) actionWord() (string, bool) {
	if !w.lazyAction.sought {
		w.lazyAction.sought = true
		w.lazyAction.word, w.lazyAction.ok = w.word(w.action)
	}
	return w.lazyAction.word, w.lazyAction.ok
}

// madeActions are words on the path of which the table tells nothing.
func (w *search) madeActions() (made []string) {
	d := w.action
	if d.lazy() {
		if word, ok := w.actionWord(); ok {
			made = append(made, word)
		}
		return made
	}
	run := w.runs[d.level]
	for i := run.Lo; i <= run.Hi && len(made) < operationsTried; i++ {
		if !w.listed(int(i)) {
			made = append(made, d.words.Word(int(i)))
		}
	}
	return made
}

// listed tells that all words of an atom are of one service whose actions are
// known: what its table lacks is no action (P39).
func (w *search) listed(atom int) bool { return w.inAtom(atom).listed }

func (w *search) findListed(atom int) bool {
	d := w.action
	for i, p := range d.texts {
		service, _, ok := strings.Cut(p, ":")
		if ok && !strings.ContainsAny(service, "*?") && d.matches(atom, int32(i)) {
			_, known := sar.FindService(service)
			return known
		}
	}
	return false
}

// atomActions are the actions of AWS's table that may be in one atom.
type atomActions struct {
	own   []knownName // the atom's word, where it is an action
	list  []knownName // of the service
	holds []int8      // which of them are in the atom: 1, or -1; 0 was not looked at

	listed bool // see search.listed
}

// knownIn lists the actions of AWS's table in one atom that suit.
func (w *search) knownIn(atom int, suits func(*knownName) bool) iter.Seq[*knownName] {
	k := w.inAtom(atom)
	return func(yield func(*knownName) bool) {
		for i := range k.own {
			if suits(&k.own[i]) && !yield(&k.own[i]) {
				return
			}
		}
		n := 0
		for i := range k.list {
			a := &k.list[i]
			if !suits(a) {
				continue
			}
			if k.holds[i] == 0 {
				k.holds[i] = -1
				if w.action.words.Holds(atom, a.folded) {
					k.holds[i] = 1
				}
			}
			if k.holds[i] < 0 {
				continue
			}
			if n++; n > operationsTried || !yield(a) {
				return
			}
		}
	}
}

func (w *search) inAtom(atom int) *atomActions {
	k := w.known[atom]
	if k == nil {
		k = w.newAtomActions(atom)
		if w.known == nil {
			w.known = make(map[int]*atomActions)
		}
		w.known[atom] = k
	}
	return k
}

func (w *search) newAtomActions(atom int) *atomActions {
	d, k := w.action, &atomActions{listed: w.findListed(atom)}
	word := d.words.Word(atom)
	if a, ok := knownAction(word); ok {
		k.own = []knownName{{name: a, kinds: resourceTypes(a)}}
		if d.single(atom) {
			return k
		}
	}
	k.list = knownActions(word)
	k.holds = make([]int8, len(k.list))
	return k
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
