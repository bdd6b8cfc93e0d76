package sim

import "github.com/canreach/canreach/snapshot"

// Question is what check asks: can this job perform these actions on this
// bucket or these objects?
type Question struct {
	Job snapshot.Job
	// Account and Region place the job where its own ids don't; usually empty.
	Account, Region string
	// Bucket is a bucket ARN, or an object ARN with or without wildcards.
	// Empty: the job's own inputs (read) and outputs (write).
	Bucket  string
	Actions []string // empty: by the contract's defaults
	Write   bool     // with Bucket and without Actions: s3:PutObject instead of a read
	// Source replaces the job's hypothetical interfaces by something that
	// exists: an interface, instance or function id. Empty: the job's.
	Source  string
	Options Options
}

// Options are the semantics' mode switches. The zero value claims least.
type Options struct {
	Hostname        string   // S3 name that the client calls; empty: the Regional name
	Strict          bool     // what is off by default and was never collected is UNKNOWN (N104, N161)
	StrictDNS       bool     // its part for Route 53 (N104)
	AssumePublicDNS bool     // custom DNS servers give public answers (N98)
	Port            int      // destination port; 0: 443
	Ephemeral       [2]int   // client ports, inclusive; zero: 32768 to 60999 (N6)
	At              string   // aws:CurrentTime, RFC 3339; empty: unknown (P159)
	Assume          []string // "KEY=VALUE" or "KEY=absent"
	ObjectTags      []string // "none", or "k=v" pairs (P223)
	Presigned       bool
	Caller          string // who signs, in one of CallerForms; empty: the source's role (P361)
	// AssumeNoOrganization takes an account whose organization was not collected
	// to be in none (P99).
	AssumeNoOrganization bool
	// AssumeNoResourcePolicy takes a resource whose policy was not collected, of
	// another service than S3 and KMS, to have none.
	AssumeNoResourcePolicy bool
	// Through and Avoid are components by id that the traffic has to pass, and
	// that it must not (N184).
	Through, Avoid []string
	// MayBeAbsent says that a bucket is meant as it is written, though the
	// snapshot holds only one of nearly its name (P385).
	MayBeAbsent bool
	AssumeSSES3 bool // encryption that was not collected is S3's own default (P370)
}
