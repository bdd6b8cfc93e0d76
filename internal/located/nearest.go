package located

import "strings"

// Nearest returns the candidate that differs from name by little, or "". Of
// several that differ alike it is the first in alphabetical order.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", 1+min(len(name)/4, 5)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < bestDistance || best != "" && d == bestDistance && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is Levenshtein's, for names that differ in little: what both begin
// and end with is left out, and two letters exchanged are one mistake.
func distance(a, b string) int {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	if len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0] {
		return 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost++
			}
			previous = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
