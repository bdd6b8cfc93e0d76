// Package sim decides whole questions: it puts the components that rules
// models on a path, sends sets of packets and requests along it, both ways,
// and says what came through, what did not, and which rule decided.
package sim

// SchemaVerdict names the JSON contract of Answer.
const SchemaVerdict = "canreach.verdict/v1"

// Verdict is the answer to a question. The zero value, Unknown, claims least.
type Verdict uint8

const (
	Unknown   Verdict = iota // the snapshot lacks a fact on which the answer hangs
	Reachable                // every case succeeds
	Partial                  // some cases succeed and some fail
	Blocked                  // every case fails
)

var verdictNames = [...]string{"UNKNOWN", "REACHABLE", "PARTIAL", "BLOCKED"}

// String returns the contract's word.
func (v Verdict) String() string { return verdictNames[v] }

// MarshalText implements encoding.TextMarshaler.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Verdict) UnmarshalText(b []byte) error {
	for i, n := range verdictNames {
		if n == string(b) {
			*v = Verdict(i)
			return nil
		}
	}
	return &UnknownWordError{Kind: "verdict", Word: string(b)}
}

// UnknownWordError is a word outside a closed set.
type UnknownWordError struct{ Kind, Word string }

func (e *UnknownWordError) Error() string { return "unknown " + e.Kind + " " + e.Word }

// Gate is a stage that a request passes. The order of the constants is the
// order in which they are met and reported.
type Gate uint8

const (
	GateJob Gate = iota
	GateDNS
	GateSGEgress
	GateNACLEgress
	GateRoute
	GateEndpoint
	GateEndpointPolicy
	GateRole
	GateSCP
	GateRCP
	GateBucketPolicy
	GateBucket
	GateKMS
	GateNACLIngress
	GateSGIngress
)

var gateNames = [...]string{"job", "dns", "sg-egress", "nacl-egress", "route", "endpoint", "endpoint-policy", "role", "scp", "rcp", "bucket-policy", "bucket", "kms", "nacl-ingress", "sg-ingress"}

// Gates lists every gate in order.
func Gates() []Gate {
	g := make([]Gate, len(gateNames))
	for i := range g {
		g[i] = Gate(i)
	}
	return g
}

// String returns the contract's word.
func (g Gate) String() string { return gateNames[g] }

// MarshalText implements encoding.TextMarshaler.
func (g Gate) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (g *Gate) UnmarshalText(b []byte) error {
	for i, n := range gateNames {
		if n == string(b) {
			*g = Gate(i)
			return nil
		}
	}
	return &UnknownWordError{Kind: "gate", Word: string(b)}
}

// Severity of a finding.
type Severity uint8

const (
	Info    Severity = iota // worth knowing
	Warning                 // works, but is fragile or not what the guidelines ask for
	Blocker                 // a case fails because of it; its repair is needed
)

var severityNames = [...]string{"info", "warning", "blocker"}

// String returns the contract's word.
func (s Severity) String() string { return severityNames[s] }

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(b []byte) error {
	for i, n := range severityNames {
		if n == string(b) {
			*s = Severity(i)
			return nil
		}
	}
	return &UnknownWordError{Kind: "severity", Word: string(b)}
}

// Answer is the contract canreach.verdict/v1: one question, decided.
// Fields are only ever added.
type Answer struct {
	Schema      string      `json:"schema"`
	Verdict     Verdict     `json:"verdict"`
	Question    AskedOf     `json:"question"`
	Snapshot    SnapshotRef `json:"snapshot"`
	Placements  []Placement `json:"placements"`
	Findings    []Finding   `json:"findings"`
	Unknowns    []Missing   `json:"unknowns"`
	Assumptions []string    `json:"assumptions"`
}

// AskedOf repeats the question in the answer.
type AskedOf struct {
	Job     string   `json:"job,omitempty"`
	Role    string   `json:"role,omitempty"`
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

// Hop is one component on a path.
type Hop struct {
	Component string `json:"component"`
	Kind      string `json:"kind"`                // "network-interface", "subnet", "security-group", "network-acl", "route-table", "vpc-endpoint", …
	Direction string `json:"direction,omitempty"` // "forward" (default) or "reply"
	Via       string `json:"via,omitempty"`       // what it did in words, e.g. the route taken
	Pointer   string `json:"pointer,omitempty"`
	Decision  string `json:"decision,omitempty"` // "permit", "deny", "partial", "unknown"
	// Passes is what a hop with the decision "partial" lets through.
	Passes *Passes `json:"passes,omitempty"`
}

// Passes is the traffic that gets past a hop, in the request's terms: each
// list by itself, and missing where all that came passes in that respect.
type Passes struct {
	Sources      []string `json:"sources,omitempty"` // CIDRs
	Destinations []string `json:"destinations,omitempty"`
	SourcePorts  []string `json:"sourcePorts,omitempty"` // "1024" or "1024-65535"
	Ports        []string `json:"ports,omitempty"`       // of the destination
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

// Finding is one thing that a reader should look at.
type Finding struct {
	Code      string   `json:"code"`
	Gate      Gate     `json:"gate"`
	Severity  Severity `json:"severity"`
	Component string   `json:"component"`
	Name      string   `json:"name,omitempty"`    // the component's Name tag
	Pointer   string   `json:"pointer,omitempty"` // RFC 6901, into the native snapshot
	Message   string   `json:"message"`
	Example   *Example `json:"example,omitempty"`
	Fix       string   `json:"fix,omitempty"`
	Rule      string   `json:"rule,omitempty"` // the documented behaviour, e.g. "N38"
	URL       string   `json:"url,omitempty"`  // AWS's page
	// RuleIndex and RuleNumber name the rule inside the component: its
	// position in the array, and AWS's own number where it has one.
	RuleIndex  *int `json:"ruleIndex,omitempty"`
	RuleNumber *int `json:"ruleNumber,omitempty"`
	// Also lists codes that say the same in other words (P_DST_SUBSET, …).
	Also []string `json:"also,omitempty"`
	// AnalyzerCode is the nearest Reachability Analyzer code, where there is one.
	AnalyzerCode string `json:"analyzerCode,omitempty"`
	// Placements are indexes of the placements that it is about; empty: all.
	Placements []int `json:"placements,omitempty"`
	// With lists, by index, the blockers that only together with this one
	// leave nothing: each lets some of the traffic through.
	With []int `json:"with,omitempty"`
}

// Example is one concrete packet or request.
type Example struct {
	Source          string            `json:"source,omitempty"`
	Destination     string            `json:"destination,omitempty"`
	Protocol        string            `json:"protocol,omitempty"`
	SourcePort      int               `json:"sourcePort,omitempty"`
	DestinationPort int               `json:"destinationPort,omitempty"`
	ICMPType        *int              `json:"icmpType,omitempty"`
	Reply           bool              `json:"reply,omitempty"` // the packet is the reply
	Principal       string            `json:"principal,omitempty"`
	Action          string            `json:"action,omitempty"`
	Resource        string            `json:"resource,omitempty"`
	Context         map[string]string `json:"context,omitempty"`
}

// Missing is a fact that the snapshot does not tell and on which the answer hangs.
type Missing struct {
	Code      string `json:"code"` // "UNK_NACL", …
	Gate      Gate   `json:"gate"`
	Fact      string `json:"fact"` // what to find out, in words
	Component string `json:"component,omitempty"`
	Pointer   string `json:"pointer,omitempty"`
	Collect   string `json:"collect,omitempty"` // the AWS CLI command or the key that would tell
	Gap       string `json:"gap,omitempty"`     // the capture's calls that failed to tell, and how, e.g. "ec2 DescribeNetworkAcls answered AccessDenied"
}
