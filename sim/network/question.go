package network

import (
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
)

// question is a query with what is known of its two ends, and what is noted
// while it is decided.
type question struct {
	*space
	q        Query
	from     source
	cases    packetset.Set // every case
	targets  []target      // interfaces that the destination is known to be
	name     rules.Name    // host name of an S3 destination
	dns      *resolverData // of the client's VPC
	explain  bool          // false: outcomes only
	notes    []Finding
	needs    []ambiguity
	assumed  []string
	off      []Missing // what nobody collected and is taken as off (N104, N161)
	nested   bool
	reading  reading
	linted   map[string]bool // what was linted already
	compared int             // entries of prefix lists, for a lint
}

// newQuestion asks q with an engine that nobody else uses.
func newQuestion(e *engine, x *index, q question) *question {
	q.space = &space{engine: e, x: x, protocol: q.q.Protocol}
	return &q
}

// The parts of a question that have a file or two of their own.
type (
	resolver    struct{ *question }
	explanation struct{ *question }
	lints       struct{ *question }
)

// resolver finds where the client's name leads.
func (a *question) resolver() resolver { return resolver{a} }

// explanation words why a rule stops what it stops.
func (a *question) explanation() explanation { return explanation{a} }

// lints notes what is odd on the way, and stops nothing.
func (a *question) lints() lints { return lints{a} }
