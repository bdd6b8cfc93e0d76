// Package semantics carries the rules of this folder into the program, so that
// explain works offline and says what these pages say.
package semantics

import _ "embed" // for the pages

// Network and Policy are the two references.
var (
	//go:embed network.md
	Network string
	//go:embed policy.md
	Policy string
)
