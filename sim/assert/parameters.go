package assert

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// maxExpanded bounds what the parameters of one file come to.
const maxExpanded = 100_000

//go:embed library/*.yaml
var library embed.FS

// Library returns a test file that comes with canreach; an error lists those
// that do.
func Library(name string) ([]byte, error) {
	text, err := library.ReadFile("library/" + name + ".yaml")
	if err == nil {
		return text, nil
	}
	entries, err := library.ReadDir("library")
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("unknown library %q: there is %s", name, strings.Join(names, ", "))
}

// substitute puts the values of the file's parameters in the place of ${NAME}.
// Values given to the parser come first; each may be a list, with commas.
func (p *parser) substitute(v located.Value) located.Value {
	declared, _ := v.Get("parameters")
	values := map[string][]located.Value{}
	var names []string
	for _, m := range declared.Members {
		names = append(names, m.Key)
		values[m.Key] = m.Value.Items
		if m.Value.Kind != located.List {
			values[m.Key] = []located.Value{m.Value}
		}
	}
	for _, text := range p.values {
		name, value, ok := strings.Cut(text, "=")
		if !ok || !slices.Contains(names, name) {
			p.fail(v.At, "parameter %q: expected NAME=VALUE with one of %s", text, strings.Join(names, ", "))
			continue
		}
		values[name] = nil
		for part := range strings.SplitSeq(value, ",") {
			if part != "" {
				values[name] = append(values[name], located.Value{Kind: located.String, Text: part, At: v.At})
			}
		}
	}
	if len(names) == 0 {
		return v
	}
	return p.expand(v, values)
}

func (p *parser) expand(v located.Value, values map[string][]located.Value) located.Value {
	switch v.Kind {
	case located.Map:
		out := v
		out.Members = slices.Clone(v.Members)
		for i, m := range out.Members {
			if m.Key != "parameters" {
				out.Members[i].Value = p.expand(m.Value, values)
			}
		}
		return out
	case located.List:
		out := v
		out.Items = nil
		for _, item := range v.Items {
			if x := p.expand(item, values); item.Kind == located.String && x.Kind == located.List {
				out.Items = append(out.Items, x.Items...)
			} else {
				out.Items = append(out.Items, x)
			}
		}
		return out
	case located.String:
		inner, begins := strings.CutPrefix(v.Text, "${")
		name, ends := strings.CutSuffix(inner, "}")
		if !begins || !ends {
			return v
		}
		list, known := values[name]
		if !known {
			p.fail(v.At, "the file declares no parameter %q", name)
			return v
		}
		if p.expanded += len(list); p.expanded > maxExpanded {
			p.fail(v.At, "the parameters come to more than %d values", maxExpanded)
			return v
		}
		return located.Value{Kind: located.List, Items: list, At: v.At}
	}
	return v
}
