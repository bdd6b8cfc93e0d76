package symbolic

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/strset"
)

// operationsTried bounds the actions that are tried on one path.
const operationsTried = 256

// operation picks an action and a resource on the path that go together: an
// action which AWS authorises against resources of certain types asks about
// those only (P53, P358). It prefers actions that exist.
func (w *search) operation() (action, resource string, ok bool) {
	actions := w.actions()
	type found struct {
		resource string
		ok       bool
	}
	tried := make(map[string]found)
	for _, known := range []bool{true, false} { // those whose resources are known first
		for _, action := range actions {
			kinds := resourceTypes(action)
			if known != (len(kinds) > 0) {
				continue
			}
			if !known {
				kinds = []string{anyForm}
			}
			for _, kind := range kinds {
				f, done := tried[kind]
				if !done {
					f.resource, f.ok = w.resourceOf(arnForms[kind])
					tried[kind] = f
				}
				if f.ok {
					return action, f.resource, true
				}
			}
			if w.spent != nil {
				return "", "", false
			}
		}
	}
	return "", "", false
}

// actions lists actions on the path. Where AWS has a table of the service's
// actions, and some of them are on the path, it is those; else one by form.
func (w *search) actions() []string {
	d := w.action
	if len(d.patterns) == 0 {
		return append(slices.Clone(s3Actions()), "example:Action")
	}
	var real, made []string
	if d.lazy {
		word, ok := w.word(d, nil)
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
			made = append(made, d.words.Word(int(i)))
			real = append(real, w.knownIn(int(i))...)
		}
	}
	if len(real) > 0 && allDetailed(made) {
		return real
	}
	for i, a := range made {
		made[i] = w.spelling(a)
	}
	return append(real, made...)
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
		same := true
		for i := 0; same && i < len(d.patterns); i++ {
			same = d.patterns[i].Match(folded) == d.words.In(atom, i)
		}
		if same {
			out = append(out, a)
		}
	}
	w.known[atom] = out
	return out
}

// onPath reports whether a word of the lazy action dimension is on the path.
func (w *search) onPath(word string) bool {
	d := w.action
	for i, p := range d.patterns {
		l := d.level + d.first() + i
		if w.set[l] && p.Match(word) != (w.runs[l].Lo == 1) {
			return false
		}
	}
	return true
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

// resourceOf picks a resource of a type on the path.
func (w *search) resourceOf(kind strset.Pattern) (string, bool) {
	d := w.resource
	if len(d.patterns) == 0 || d.lazy {
		return w.word(d, []strset.Pattern{kind})
	}
	run := w.runs[d.level]
	for i := run.Lo; i <= run.Hi; i++ {
		if word := d.words.Readable(int(i)); kind.Match(word) {
			return word, true
		}
	}
	for i := run.Lo; i <= run.Hi; i++ {
		if word, ok := w.within(int(i), kind); ok || w.spent != nil {
			return word, ok
		}
	}
	return "", false
}

// within is a word of an atom of resources that is of a type, too.
func (w *search) within(atom int, kind strset.Pattern) (string, bool) {
	d := w.resource
	in := append([]strset.Pattern{kind}, d.lang.Must...)
	var out []strset.Pattern
	for i, p := range d.patterns {
		if d.words.In(atom, i) {
			in = append(in, p)
		} else {
			out = append(out, p)
		}
	}
	return w.find(d, in, out)
}
