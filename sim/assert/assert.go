// Package assert holds regression tests for snapshots: assertions in YAML
// about what reaches what, by which way, and what does not.
package assert

import (
	"context"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Schema names the form of test files.
const Schema = "canreach.test/v1"

// File is one test file.
type File struct {
	Path     string
	Snapshot string // as written; relative to the file
	Tests    []*Test
}

// Test is one assertion.
type Test struct {
	Name     string
	File     string
	At       located.Position
	Snapshot string // this test's own; else the file's

	Job     *snapshot.Job // of the job file or the inline job; nil: From says who asks
	From    *Source
	Buckets []string // ARNs and names, with wildcards; empty: the job's own
	Actions []string
	Write   bool
	Options sim.Options

	Invariant *Invariant // over every role, class of interfaces and bucket; instead of Job and From

	Ready         bool         // everything that the job needs, as package ready lists it
	Expect        *sim.Verdict // nil: the verdict is not asserted
	Through       string       // endpoint or other component that every case takes
	OnlyThrough   []string     // endpoints, one of which every case that gets through takes
	NeverInternet bool
	Avoid         []string // components that nothing that gets through passes, replies included
	Findings      []string // codes that must be reported, as blockers or warnings
	NoFindings    []string // codes that must not be
	Unknowns      []string // codes of unknowns that must be named
	AllowEmpty    bool     // a class that matches nothing holds
	MayBeAbsent   bool     // literal names need not be in the snapshot
	Caller        string   // as sim.Options.Caller
	Skip          *Skip
}

// Skip says why a test does not run, and until when.
type Skip struct {
	Reason string
	Until  string // YYYY-MM-DD, the last day; empty: for good
	At     located.Position
}

// Source is a class of sources: each subnet of it is asked about on its own.
type Source struct {
	Subnets        []string          // ids; empty: by the other members
	Class          string            // "all", "private" or "public"; private: no route to an internet gateway
	Tags           map[string]string // that the subnet carries; values with wildcards
	TagKeys        []string          // the keys of Tags in the file's order
	VPC            string
	SecurityGroups []string // ids or names
	Role           string   // ARN, with wildcards: each role that matches is asked about
	Account        string
	Region         string
	Existing       string // an interface's, instance's or function's id
	At             located.Position
}

// Checker answers questions about one snapshot; *sim.World is one.
type Checker interface {
	Check(context.Context, sim.Question) (*sim.Answer, error)
	AbsentNames(*sim.Question) []sim.AbsentName
	AbsentSource(sim.Question) (sim.AbsentName, bool)
	AbsentComponent(id string) (sim.AbsentName, bool)
	Snapshot() *snapshot.Snapshot
}

// Outcome is what became of a test. The zero value claims least.
type Outcome uint8

const (
	Undecided Outcome = iota // a fact is missing: exit status 3
	Passed
	Failed
	Skipped
)

var outcomeNames = [...]string{"unknown", "pass", "fail", "skip"}

// String returns the word that every output format uses.
func (o Outcome) String() string { return outcomeNames[o] }

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Result is one test's outcome.
type Result struct {
	Name     string    `json:"name"`
	File     string    `json:"file"`
	Line     int       `json:"line"`
	Outcome  Outcome   `json:"outcome"`
	Asked    int       `json:"asked"` // questions that the test came to
	Problems []Problem `json:"problems,omitempty"`
	Note     string    `json:"note,omitempty"` // why it was skipped; that a skip has expired
}

// Problem is one question whose answer is not what the test says, with the
// counterexample.
type Problem struct {
	Question string        `json:"question"`
	Message  string        `json:"message"`
	Unknown  bool          `json:"unknown,omitempty"` // a fact is missing, rather than a violation
	Verdict  *sim.Verdict  `json:"verdict,omitempty"`
	Path     []sim.Hop     `json:"path,omitempty"`
	Example  *sim.Example  `json:"example,omitempty"`
	Findings []sim.Finding `json:"findings,omitempty"`
	Unknowns []sim.Missing `json:"unknowns,omitempty"`
	Subnet   string        `json:"subnet,omitempty"`
}
