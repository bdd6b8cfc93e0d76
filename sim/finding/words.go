// Package finding is the vocabulary of answers: verdicts, gates, severities,
// findings, missing facts, hops and examples, and the catalogue of codes. It
// is a leaf: it imports nothing of this module, and every other package may
// import it.
package finding

import "slices"

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

// Worst is the verdict that hides least: BLOCKED, then PARTIAL, then UNKNOWN.
func Worst(verdicts ...Verdict) Verdict {
	for _, v := range [...]Verdict{Blocked, Partial, Unknown} {
		if slices.Contains(verdicts, v) {
			return v
		}
	}
	return Reachable
}

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
	GateResourcePolicy // of a resource of another service than S3; the gates of buckets are S3's
	GateBucket
	GateKMS
	GateNACLIngress
	GateSGIngress
)

var gateNames = [...]string{"job", "dns", "sg-egress", "nacl-egress", "route", "endpoint", "endpoint-policy", "role", "scp", "rcp", "bucket-policy", "resource-policy", "bucket", "kms", "nacl-ingress", "sg-ingress"}

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
