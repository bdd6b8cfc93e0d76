package network

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// Given is what traffic from one end to the S3 of a Region was found to do, on
// a model of everything that it passes.
type Given struct {
	From   Endpoint // Job or Interface
	Region string
	Bucket string // whose name the client calls; empty: any
	Result *Result
}

// given are answers by query.
type given struct {
	results           map[string]*Result
	names, everyNames bool
}

// NewGivenModel is a model that answers only what it is given: s may lack
// everything that the traffic passes. names and byBucket are what NamesMatter
// says of the model that the answers come from.
func NewGivenModel(s *snapshot.Snapshot, answers []Given, names, byBucket bool) *Model {
	m := NewModel(s)
	m.given = &given{results: make(map[string]*Result, len(answers)), names: names, everyNames: byBucket}
	for i := range answers {
		g := &answers[i]
		m.given.results[givenKey(&g.From, g.Region, g.Bucket)] = g.Result
	}
	return m
}

func givenKey(from *Endpoint, region, bucket string) string {
	var b strings.Builder
	if j := from.Job; j != nil {
		fmt.Fprintf(&b, "%s %s %q", j.Account, j.Subnet, j.Groups)
	}
	fmt.Fprintf(&b, " %s %s %s", from.Interface, region, bucket)
	return b.String()
}

func (g *given) ask(q *Query) (*Result, error) {
	if s3 := q.To.S3; s3 != nil && s3.Hostname == "" && q.Protocol == 6 && len(q.Ports)+len(q.SourcePorts) == 0 && !q.Strict && !q.StrictDNS && !q.AssumePublicDNS {
		if r, ok := g.results[givenKey(&q.From, s3.Region, s3.Bucket)]; ok {
			return r, nil
		}
	}
	return nil, nonsense("no answer was given to this query")
}

func (g *given) brief(q *Query) (Brief, error) {
	r, err := g.ask(q)
	if err != nil {
		return Brief{}, err
	}
	out := Brief{Outcome: r.Outcome}
	for i := range r.Flows {
		out.Paths = append(out.Paths, BriefPath{Outcome: r.Flows[i].Outcome, Context: r.Flows[i].Context})
	}
	return out, nil
}

// Bare is a result as NewGivenModel takes it: without what only an explanation
// shows, and without places in a snapshot that is not there.
func (r *Result) Bare() *Result {
	out := &Result{Subnet: r.Subnet, Outcome: r.Outcome, Assumptions: r.Assumptions}
	out.Unknowns, out.Also, out.PathFacts = unplaced(r.Unknowns), unplaced(r.Also), unplaced(r.PathFacts)
	for i := range r.Flows {
		f := r.Flows[i]
		f.Hops, f.Destinations = nil, nil
		out.Flows = append(out.Flows, f)
	}
	return out
}

func unplaced(list []Missing) (out []Missing) {
	for _, m := range list {
		m.At = snapshot.Source{}
		out = append(out, m)
	}
	return out
}
