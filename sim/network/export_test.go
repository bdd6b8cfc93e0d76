package network

import (
	"fmt"
	"reflect"
	"slices"
)

// BriefDiffers says in what Brief disagrees with Ask's result; "": in nothing.
func BriefDiffers(m *Model, q Query, r *Result) string {
	b, err := m.Brief(q)
	if err != nil {
		return "Brief: " + err.Error()
	}
	if b.Outcome != r.Outcome || len(b.Paths) != len(r.Flows) {
		return fmt.Sprintf("in brief %d by %d ways, Ask %d by %d", b.Outcome, len(b.Paths), r.Outcome, len(r.Flows))
	}
	for i, f := range r.Flows {
		if w := b.Paths[i]; w.Outcome != f.Outcome || !reflect.DeepEqual(w.Context, f.Context) || !slices.Equal(w.Components, wayOutComponents(f.Hops)) {
			return fmt.Sprintf("way %d is %+v in brief, %+v to Ask", i, w, f)
		}
	}
	return ""
}
