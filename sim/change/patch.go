package change

import (
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/located"
)

// patchOperation is a JSON Patch (RFC 6902) on the native snapshot, for what
// no AWS operation here covers.
var patchOperation *operation

func init() { // an initializer would refer to itself
	patchOperation = &operation{name: "Patch", doc: "A JSON Patch (RFC 6902) on the native snapshot.", apply: applyPatch}
	operations = append(operations, patchOperation)
}

func checkPatch(v located.Value) error {
	if v.Kind != located.List {
		return v.Errorf("patch takes a list of operations, not %s", v.Kind)
	}
	for _, step := range v.Items {
		op, _ := step.Get("op")
		path, hasPath := step.Get("path")
		if step.Kind != located.Map || !hasPath || path.Kind != located.String {
			return step.Errorf("a step of a JSON Patch has op and path")
		}
		_, hasValue := step.Get("value")
		from, hasFrom := step.Get("from")
		switch op.Text {
		case "add", "replace", "test":
			if !hasValue {
				return step.Errorf("%s takes value", op.Text)
			}
		case "move", "copy":
			if !hasFrom || from.Kind != located.String {
				return step.Errorf("%s takes from", op.Text)
			}
		case "remove":
		default:
			return op.Errorf("%q is not an operation of a JSON Patch (RFC 6902)", op.Text)
		}
	}
	return nil
}

func applyPatch(e *editor, p parameters) error {
	for i, step := range p.Items {
		s := parameters{step}
		if problem := e.patchEdits().patchStep(s); problem != "" {
			return e.refuse("", "step %d (%s %s): %s", i, s.text("op"), s.text("path"), problem)
		}
	}
	return nil
}

func (e patchEdits) patchStep(s parameters) string {
	path, value := s.text("path"), (*jsontree.Node)(nil)
	if v, ok := s.Get("value"); ok {
		value = fresh(v)
	}
	switch s.text("op") {
	case "test":
		if got := e.root.Resolve(path); got == nil || !jsontree.Equal(got, value) {
			return "the value there is another"
		}
		return ""
	case "add":
		return e.patchAdd(path, value)
	case "remove":
		return e.patchRemove(path)
	case "replace":
		if problem := e.patchExists(path); problem != "" {
			return problem
		}
		parent, token := e.patchParent(path)
		if parent.Kind() == jsontree.Array {
			i, _ := strconv.Atoi(token)
			parent.ReplaceAt(i, value)
		} else {
			parent.Set(token, value)
		}
		return ""
	}
	from := e.root.Resolve(s.text("from"))
	if from == nil {
		return "nothing is at " + s.text("from")
	}
	value = from.Copy()
	if s.text("op") == "move" {
		if strings.HasPrefix(path+"/", s.text("from")+"/") && path != s.text("from") {
			return "a value can't be moved into itself"
		}
		if problem := e.patchRemove(s.text("from")); problem != "" {
			return problem
		}
	}
	return e.patchAdd(path, value)
}

// patchParent returns the container that a path ends in, and its last token.
func (e patchEdits) patchParent(path string) (*jsontree.Node, string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return nil, ""
	}
	token := strings.ReplaceAll(strings.ReplaceAll(path[i+1:], "~1", "/"), "~0", "~")
	return e.root.Resolve(path[:i]), token
}

func (e patchEdits) patchExists(path string) string {
	if path == "" {
		return "the whole snapshot can't be replaced"
	}
	if e.root.Resolve(path) == nil {
		return "nothing is there"
	}
	return ""
}

func (e patchEdits) patchAdd(path string, value *jsontree.Node) string {
	if path == "" {
		return "the whole snapshot can't be replaced"
	}
	parent, token := e.patchParent(path)
	switch parent.Kind() {
	case jsontree.Object:
		parent.Set(token, value)
		return ""
	case jsontree.Array:
		if token == "-" {
			parent.Append(value)
			return ""
		}
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i > parent.Len() || strconv.Itoa(i) != token {
			return "no such place in the array"
		}
		parent.InsertAt(i, value)
		return ""
	}
	return "there is no object or array to add to"
}

func (e patchEdits) patchRemove(path string) string {
	if problem := e.patchExists(path); problem != "" {
		return problem
	}
	parent, token := e.patchParent(path)
	if parent.Kind() == jsontree.Object {
		parent.Delete(token)
		return ""
	}
	i, _ := strconv.Atoi(token)
	parent.RemoveAt(i)
	return ""
}
