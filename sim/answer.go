// Package sim decides whole questions: it puts the components that rules
// models on a path, sends sets of packets and requests along it, both ways,
// and says what came through, what did not, and which rule decided.
package sim

import "github.com/canreach/canreach/sim/finding"

// SchemaVerdict names the JSON contract of Answer.
const SchemaVerdict = "canreach.verdict/v1"

// The words of answers are package finding's; sim names them, too.
type (
	Verdict  = finding.Verdict
	Gate     = finding.Gate
	Severity = finding.Severity
	Finding  = finding.Finding
	Missing  = finding.Missing
	Hop      = finding.Hop
	Passes   = finding.Passes
	Example  = finding.Example
	Code     = finding.Code
	// UnknownWordError is a word outside a closed set.
	UnknownWordError = finding.UnknownWordError
)

// Verdicts, gates and severities, as package finding defines them.
const (
	Unknown   = finding.Unknown
	Reachable = finding.Reachable
	Partial   = finding.Partial
	Blocked   = finding.Blocked

	GateJob            = finding.GateJob
	GateDNS            = finding.GateDNS
	GateSGEgress       = finding.GateSGEgress
	GateNACLEgress     = finding.GateNACLEgress
	GateRoute          = finding.GateRoute
	GateEndpoint       = finding.GateEndpoint
	GateEndpointPolicy = finding.GateEndpointPolicy
	GateRole           = finding.GateRole
	GateSCP            = finding.GateSCP
	GateRCP            = finding.GateRCP
	GateBucketPolicy   = finding.GateBucketPolicy
	GateResourcePolicy = finding.GateResourcePolicy
	GateBucket         = finding.GateBucket
	GateKMS            = finding.GateKMS
	GateNACLIngress    = finding.GateNACLIngress
	GateSGIngress      = finding.GateSGIngress

	Info    = finding.Info
	Warning = finding.Warning
	Blocker = finding.Blocker
)

// Gates lists every gate in order.
func Gates() []Gate { return finding.Gates() }

// Answer is the contract canreach.verdict/v1: one question, decided.
// Fields are only ever added.
type Answer struct {
	Schema  string  `json:"schema"`
	Verdict Verdict `json:"verdict"`
	// WithDefaults is set where an UNKNOWN hangs on nothing but facts that were
	// never asked for and that AWS has defaults for (P372).
	WithDefaults *WithDefaults `json:"withDefaults,omitempty"`
	// Absent are names in the question that the snapshot does not hold.
	Absent []AbsentName `json:"absentNames,omitempty"`
	// Gates is the state of every gate, in order: what all output shows.
	Gates       []GateState `json:"gates,omitempty"`
	Question    AskedOf     `json:"question"`
	Snapshot    SnapshotRef `json:"snapshot"`
	Placements  []Placement `json:"placements"`
	Findings    []Finding   `json:"findings"`
	Unknowns    []Missing   `json:"unknowns"`
	Assumptions []string    `json:"assumptions"`
}

// WithDefaults is the verdict with AWS's defaults in the place of what nobody
// collected: no organization, SSE-S3. What was refused keeps no default.
type WithDefaults struct {
	Verdict     Verdict  `json:"verdict"`
	Assumptions []string `json:"assumptions"`
}

// AskedOf repeats the question in the answer.
type AskedOf struct {
	Job     string   `json:"job,omitempty"`
	Service string   `json:"service,omitempty"` // whose job it is: "AWS Lambda function"
	Role    string   `json:"role,omitempty"`
	Caller  string   `json:"caller,omitempty"` // who signs, where it is not the role
	VPC     string   `json:"vpc,omitempty"`
	Bucket  string   `json:"bucket,omitempty"` // ARN of the (first) destination's bucket or objects
	Actions []string `json:"actions,omitempty"`
	// Targets lists the destinations where there is more than one (a job's
	// own input and output).
	Targets []Target `json:"targets,omitempty"`
	// From, To, Protocol and Port are set by trace.
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Port     int    `json:"port,omitempty"`
	// Ports and SourcePorts are set where trace was given more than one port,
	// or source ports: "80", "1024-65535".
	Ports       []string `json:"ports,omitempty"`
	SourcePorts []string `json:"sourcePorts,omitempty"`
}

// Target is one destination with its actions.
type Target struct {
	Bucket  string   `json:"bucket"` // ARN as asked, e.g. "arn:aws:s3:::models/in/*"
	Actions []string `json:"actions"`
	Use     string   `json:"use,omitempty"` // "input" or "output" where the job file names it
}

// SnapshotRef tells which snapshot was asked.
type SnapshotRef struct {
	SHA256     string `json:"sha256"`
	CapturedAt string `json:"capturedAt,omitempty"`
}

// Placement is the verdict for one subnet that the job may land in.
type Placement struct {
	Subnet           string `json:"subnet"`
	AvailabilityZone string `json:"availabilityZone,omitempty"`
	// Target is the destination that this placement is about, where the
	// question has several and their networks differ.
	Target   string    `json:"target,omitempty"`
	Verdict  Verdict   `json:"verdict"`
	Network  Network   `json:"network"`
	Requests []Request `json:"requests"`
	Findings []int     `json:"findings"` // indexes into Answer.Findings
}

// Network is the network half's verdict for a placement. Path is the first
// path in order; Paths has all of them where traffic splits.
type Network struct {
	Verdict Verdict `json:"verdict"`
	Path    []Hop   `json:"path"`
	Paths   []Path  `json:"paths,omitempty"`
	// Passes and Fails are given where the answer is PARTIAL: a packet that
	// gets through and is answered, and one that is not.
	Passes *Example `json:"passes,omitempty"`
	Fails  *Example `json:"fails,omitempty"`
}

// Path is traffic that takes the same way.
type Path struct {
	Verdict      Verdict  `json:"verdict"`
	Via          string   `json:"via"` // "gateway-endpoint", "interface-endpoint", "public" or ""
	Endpoint     string   `json:"endpoint,omitempty"`
	Destinations []string `json:"destinations,omitempty"` // CIDRs that take it
	Protocol     string   `json:"protocol,omitempty"`     // where the question asks about all
	Hops         []Hop    `json:"hops"`
}

// Request is one action's verdict at a placement.
type Request struct {
	Action   string   `json:"action"`
	Resource string   `json:"resource"`
	Verdict  Verdict  `json:"verdict"`
	Via      string   `json:"via,omitempty"` // endpoint id where paths differ
	Layers   []Layer  `json:"layers"`
	Allowed  *Example `json:"allowed,omitempty"` // a case that succeeds, where some do
	Denied   *Example `json:"denied,omitempty"`  // a case that fails, where some do
}

// Layer is what one policy layer did to a request.
type Layer struct {
	Layer      string      `json:"layer"`    // "endpoint-policy", "role", "permissions-boundary", "session-policy", "scp", "rcp", "bucket-policy", …
	Decision   string      `json:"decision"` // "allow", "explicitDeny", "implicitDeny", "partial", "unknown"
	Policy     string      `json:"policy,omitempty"`
	Statements []Statement `json:"statements,omitempty"`
	Reason     string      `json:"reason,omitempty"`
}

// Statement points at a statement that decided.
type Statement struct {
	Policy  string `json:"policy,omitempty"`
	Index   int    `json:"index"` // position in Statement, 0-based
	Sid     string `json:"sid"`
	Pointer string `json:"pointer,omitempty"`
	// Near tells why a statement that nearly matched did not.
	Near string `json:"near,omitempty"`
}

// DecisiveUnknowns are the missing facts on which a verdict hangs.
func (a *Answer) DecisiveUnknowns() []Missing {
	var out []Missing
	for _, m := range a.Unknowns {
		if m.Decisive {
			out = append(out, m)
		}
	}
	return out
}
