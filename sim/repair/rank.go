package repair

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
)

// finish ranks the repairs and drops those that say nothing new.
func (s *search) finish() {
	if len(s.res.Repairs) == 0 && len(s.res.Stuck) == 0 {
		for i := range s.left {
			s.noWay(&s.left[i], "what was tried did not help; by hand: "+s.left[i].Fix)
		}
	}
	slices.SortStableFunc(s.res.Repairs, compare)
	s.res.Repairs = distinct(s.res.Repairs)
	if len(s.res.Repairs) > s.opt.Limit {
		s.res.Repairs, s.res.Whole = s.res.Repairs[:s.opt.Limit], false
	}
	if len(s.res.Repairs) > 0 && len(s.res.Repairs[0].Others) > 0 {
		s.res.OwnersMustAct = fmt.Sprintf("No repair on our side: %s must act.", strings.Join(s.res.Repairs[0].Others, " and "))
	}
}

// compare puts first what harms nobody, then what surely works, then what is
// on the role's own side, then what gives away least.
func compare(a, b Repair) int {
	return cmp.Or(
		cmp.Compare(a.harms(), b.harms()),
		cmp.Compare(rank(a.Verdict), rank(b.Verdict)),
		cmp.Compare(len(a.Others), len(b.Others)),
		cmp.Compare(a.cost, b.cost),
		cmp.Compare(len(a.Neighbours), len(b.Neighbours)),
		strings.Compare(a.key, b.key))
}

func rank(v sim.Verdict) int {
	if v == sim.Reachable {
		return 0
	}
	return 1
}

// distinct drops a repair whose kinds of change include all those of a better
// one: it is a permutation of it, or does more for the same end.
func distinct(sorted []Repair) []Repair {
	out := sorted[:0]
	for _, r := range sorted {
		dominated := slices.ContainsFunc(out, func(better Repair) bool {
			return better.Verdict == r.Verdict && !slices.ContainsFunc(better.operations, func(o string) bool { return !slices.Contains(r.operations, o) })
		})
		if !dominated {
			out = append(out, r)
		}
	}
	return out
}
