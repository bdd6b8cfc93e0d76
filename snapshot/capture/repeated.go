package capture

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// repeatedError says that two pages tell of one resource differently.
type repeatedError struct{ list, key string }

func (e *repeatedError) Error() string {
	return fmt.Sprintf("two pages list %s in %s and differ: it changed while it was being read; capture again", e.key, e.list)
}

// result orders the items of all pages. AWS may repeat an item when the list
// changes between two pages: equal ones are merged, and differing ones are an
// error.
func (g *gatherer) result() (result, error) {
	res := result{status: done, rest: g.rest, lists: make(map[string][]json.RawMessage, len(g.lists))}
	for name, items := range g.lists {
		slices.SortStableFunc(items, func(a, b keyed) int {
			if c := strings.Compare(a.key, b.key); c != 0 {
				return c
			}
			return slices.Compare(a.item, b.item)
		})
		sorted := make([]json.RawMessage, 0, len(items))
		for i := range items {
			if i > 0 && slices.Equal(items[i].item, items[i-1].item) {
				continue
			}
			if i > 0 && items[i].key != "" && items[i].key == items[i-1].key && !g.op.SharedKey {
				return result{}, &repeatedError{name, items[i].key}
			}
			sorted = append(sorted, items[i].item)
		}
		res.lists[name] = sorted
	}
	return res, nil
}
