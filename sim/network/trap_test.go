package network_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// trap is one row of the catalogue in docs/semantics/network.md, section 11:
// BASE, edited; the question; and what must come out.
type trap struct {
	id    string
	edits []world.Edit
	from  *network.Endpoint // nil: a job's interface in subnet-1 with sg-1
	to    *network.Endpoint // nil: S3 in us-east-1, by its Regional name
	ask   func(*network.Query)
	want  network.Outcome
	// code is of the first blocker where some case is blocked, and of the
	// first missing fact where the outcome is Unknown.
	code  string
	also  []string // codes that must be mentioned: warnings, notes, synonyms
	flows []flow   // each must be among the flows that pass; nil: not looked at
}

// flow is the request context that a passing flow must have (N7).
type flow struct {
	via      string
	endpoint snapshot.VPCEndpointID
	vpc      snapshot.VPCID
	publicIP string
}

var (
	viaGateway = []flow{{via: "gateway-endpoint", endpoint: "vpce-g", vpc: "vpc-a"}}
	viaIFE     = []flow{{via: "interface-endpoint", endpoint: "vpce-i", vpc: "vpc-a"}}
	viaNAT     = []flow{{via: "public", publicIP: world.NATAddress}}
)

const (
	reachable = network.Reachable
	blocked   = network.Blocked
	partial   = network.Partial
	unknown   = network.Unknown
)

var allTraps = [][]trap{routeTraps, endpointTraps, groupTraps, aclTraps, interfaceTraps, dnsTraps, transitTraps, middleTraps, ruleTraps, reportTraps}

func TestTraps(t *testing.T) {
	for _, rows := range allTraps {
		for _, tr := range rows {
			t.Run(tr.id, func(t *testing.T) {
				report(t, tr.failures(t))
			})
		}
	}
}

// report fails the test with every failure.
func report(t *testing.T, failures []string) {
	t.Helper()
	for _, f := range failures {
		t.Error(f)
	}
}

func (tr *trap) query() network.Query {
	q := network.Query{From: job("subnet-1", "sg-1"), To: s3("us-east-1", ""), Protocol: 6}
	if tr.from != nil {
		q.From = *tr.from
	}
	if tr.to != nil {
		q.To = *tr.to
	}
	if tr.ask != nil {
		tr.ask(&q)
	}
	return q
}

func (tr *trap) failures(t *testing.T) []string {
	t.Helper()
	m := network.NewModel(tr.world().Snapshot(t))
	r, err := m.Ask(tr.query())
	if err != nil {
		return []string{"Ask: " + err.Error()}
	}
	if differs := network.BriefDiffers(m, tr.query(), r); differs != "" {
		return append(tr.judge(r), differs)
	}
	return tr.judge(r)
}

func (tr *trap) judge(r *network.Result) []string {
	var out []string
	failf := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.Outcome != tr.want {
		failf("outcome %s, want %s; findings %v, missing %v", word(r.Outcome), word(tr.want), codes(r), missing(r))
	}
	switch tr.want {
	case blocked, partial:
		if got := firstBlocker(r); got != tr.code {
			failf("first blocker %q, want %q; findings %v", got, tr.code, codes(r))
		}
	case unknown:
		if len(r.Unknowns) == 0 || r.Unknowns[0].Code.String() != tr.code {
			failf("missing facts %v, want first %q", missing(r), tr.code)
		}
	case reachable:
		if b := firstBlocker(r); b != "" {
			failf("a blocker %q, although all cases pass", b)
		}
	}
	for _, code := range tr.also {
		if !mentions(r, code) {
			failf("%s is not mentioned; findings %v", code, codes(r))
		}
	}
	for _, want := range tr.flows {
		if !slices.ContainsFunc(r.Flows, want.matches) {
			failf("no passing flow %+v; flows: %s", want, contexts(r))
		}
	}
	return out
}

func (want flow) matches(f network.Flow) bool {
	c := f.Context
	if f.Passed.Empty || c.Via != want.via || c.Endpoint != want.endpoint || want.vpc != "" && c.EndpointVPC != want.vpc {
		return false
	}
	if want.publicIP == "" {
		return want.via == "public" || len(c.PublicIPs) == 0 // aws:SourceIp is absent on endpoint paths (N8)
	}
	return slices.Contains(c.PublicIPs, netip.MustParseAddr(want.publicIP))
}

func word(o network.Outcome) string {
	return [...]string{"UNKNOWN", "REACHABLE", "PARTIAL", "BLOCKED"}[o]
}

func codes(r *network.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s@%s(%d)%v", f.Code.String(), f.Component, f.Severity, f.Also))
	}
	return out
}

func missing(r *network.Result) []string {
	var out []string
	for _, m := range r.Unknowns {
		out = append(out, m.Code.String()+"@"+m.Component)
	}
	return out
}

func contexts(r *network.Result) string {
	s := ""
	for _, f := range r.Flows {
		s += fmt.Sprintf("[%s %s %s %v passed=%v] ", f.Context.Via, f.Context.Endpoint, f.Context.EndpointVPC, f.Context.PublicIPs, !f.Passed.Empty)
	}
	return s
}

func firstBlocker(r *network.Result) string {
	for _, f := range r.Findings {
		if f.Severity == 2 {
			return f.Code.String()
		}
	}
	return ""
}

func mentions(r *network.Result, code string) bool {
	return slices.ContainsFunc(r.Findings, func(f network.Finding) bool {
		return f.Code.String() == code || slices.ContainsFunc(f.Also, func(c finding.Code) bool { return c.String() == code })
	})
}

func job(subnet snapshot.SubnetID, groups ...snapshot.SecurityGroupID) network.Endpoint {
	return network.Endpoint{Job: &network.HypotheticalInterface{Account: world.AccountID, Subnet: subnet, Groups: groups}}
}

func fromJob(subnet snapshot.SubnetID, groups ...snapshot.SecurityGroupID) *network.Endpoint {
	e := job(subnet, groups...)
	return &e
}

func fromInterface(id snapshot.NetworkInterfaceID) *network.Endpoint {
	return &network.Endpoint{Interface: id}
}

func s3(region, hostname string) network.Endpoint {
	return network.Endpoint{S3: &network.S3Destination{Region: region, Hostname: hostname}}
}

func toS3(region, hostname string) *network.Endpoint {
	e := s3(region, hostname)
	return &e
}

// edits is short for a list of edits.
func edits(e ...world.Edit) []world.Edit { return e }

// and appends to a list of edits without changing it.
func and(base []world.Edit, more ...world.Edit) []world.Edit {
	return append(slices.Clone(base), more...)
}
