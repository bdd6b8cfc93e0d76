// Package symbolic decides what policies do to sets of requests: every object
// that an ARN with wildcards names, every address that a job may get.
package symbolic

import (
	"net/netip"

	"github.com/canreach/canreach/rules/policy"
)

// Outcome is the verdict over a set of requests.
type Outcome uint8

const (
	Unknown Outcome = iota // the requests fare differently by a fact that is missing
	All                    // every request is allowed
	None                   // no request is allowed
	Some                   // some are, some aren't
)

// AddrRange is a run of addresses of one family, inclusive at both ends.
type AddrRange struct{ From, To netip.Addr }

// Question is a set of requests.
type Question struct {
	// Base is the part that all requests share. Its Resource is the set of
	// resources: an ARN in which * and ? are wildcards.
	Base policy.Request
	// Addresses are keys whose value is one of a set of addresses, by
	// lower-case name, e.g. "aws:vpcsourceip".
	Addresses map[string][]AddrRange
	// Values are keys whose value is one of a finite list.
	Values map[string][]string
}

// Case is a part of the question whose ranged keys fare alike.
type Case struct {
	Addresses map[string][]AddrRange // the part of each ranged key; nil: all of it
	Values    map[string][]string
	Outcome   Outcome
	// Allowed and Denied are concrete requests in the case, replayed on the
	// concrete evaluator, with its decision; nil where there is none.
	Allowed, Denied                 *policy.Request
	AllowedDecision, DeniedDecision policy.Decision
	Needs                           []policy.Need // non-empty iff Unknown
}

// Result is the decision over the question. Cases are disjoint, cover the
// question and are in a fixed order.
type Result struct {
	Outcome Outcome
	Cases   []Case
}
