package finding_test

import (
	"fmt"

	"github.com/canreach/canreach/sim/finding"
)

// Look a code up in the catalogue.
func ExampleLookup() {
	e, ok := finding.Lookup("ENDPOINT_POLICY_NO_ALLOW")
	fmt.Println(ok, e.Title)
	_, ok = finding.Lookup("NO_SUCH_CODE")
	fmt.Println(ok)
	// Output:
	// true The endpoint policy does not allow the request
	// false
}
