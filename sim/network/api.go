// Package network decides what the network does to sets of packets between
// two ends, both ways, as docs/semantics/network.md says (N1 to N171).
package network

import (
	"net/netip"

	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Outcome is the network's verdict over a set of cases, worded as in sim.
type Outcome uint8

const (
	Unknown Outcome = iota
	Reachable
	Partial
	Blocked
)

// Endpoint is one end of a query. Exactly one of its fields is set, but that a
// Service may have a Host.
type Endpoint struct {
	Job       *HypotheticalInterface
	Interface snapshot.NetworkInterfaceID
	Instance  string
	Subnet    snapshot.SubnetID // any address in it, with the VPC's default group
	Address   netip.Prefix
	Internet  bool
	// S3 is the S3 front door of a region, by the name the client calls.
	S3      *S3Destination
	Service string // another AWS service's endpoint, "com.amazonaws.us-east-1.sts"
	// Host is the name that the client calls: of the service, else of a host on
	// the internet.
	Host string
	// VPCEndpoint is an interface endpoint's own interfaces.
	VPCEndpoint snapshot.VPCEndpointID
	// unknownAnswer is wherever a name may lead that nobody knows the answer of.
	unknownAnswer bool
}

// HypotheticalInterface is what a job would get in one subnet (N151).
type HypotheticalInterface struct {
	Account string
	Subnet  snapshot.SubnetID
	Groups  []snapshot.SecurityGroupID
	Public  PublicAddress
}

// PublicAddress is whether an interface that does not exist yet gets a public
// IPv4 address: which one, nobody knows (N183).
type PublicAddress int

// The zero value: no public address.
const (
	NoPublicAddress PublicAddress = iota
	SomePublicAddress
	PublicAddressUnknown // the subnet's MapPublicIpOnLaunch is not in the snapshot
)

// S3Destination is S3 as a client names it.
type S3Destination struct {
	Region   string // of the bucket, N41
	Hostname string // empty: the name that SDKs call for the Bucket (N168)
	Bucket   string // empty, with an empty Hostname: the Regional name s3.<region>.amazonaws.com
}

// Query asks what reaches To from From and gets an answer back.
type Query struct {
	From, To    Endpoint
	Protocol    int         // IP protocol number: 6 for TCP; 0 is HOPOPT (N163)
	Ports       []PortRange // destination ports; empty with TCP: 443
	SourcePorts []PortRange // empty: 32768 to 60999 (N6)
	ICMPType    int         // with protocol 1 or 58; -1: any
	// Strict: what was never collected, though it is off by default, is a
	// missing fact (N104, N161). StrictDNS is its part for Route 53 (N104).
	Strict, StrictDNS, AssumePublicDNS bool
}

// PortRange is inclusive at both ends.
type PortRange struct{ From, To uint16 }

// AddrRange is a run of addresses of one family, inclusive at both ends.
type AddrRange struct{ From, To netip.Addr }

// Result is the decision. Flows are disjoint sets of cases, by the way they
// take; together they are all cases.
type Result struct {
	Subnet   snapshot.SubnetID // where the traffic starts; empty: outside
	Outcome  Outcome
	Flows    []Flow
	Findings []Finding
	Unknowns []Missing // the outcome hangs on them
	Also     []Missing // not known either, and the outcome does not hang on them
	// Judged tells of every gate that some traffic met what was decided there.
	Judged      map[finding.Gate]Judged
	Assumptions []string
	// Passes is a packet of a case that gets through and back, Fails one of a
	// case that does not; each nil where there is no such case.
	Passes, Fails *Packet
	// PathFacts is what would tell which of several ways traffic takes, where
	// some flow is Uncertain: facts on which the outcome need not hang, but on
	// which the request context does (N2).
	PathFacts []Missing
}

// Judged is what the components of one gate do with the traffic that meets them.
type Judged struct {
	Pass bool // some traffic is let through
	Stop bool // some is not
	Open bool // of some, a missing fact decides
}

// And joins what is known of other traffic.
func (j Judged) And(k Judged) Judged {
	return Judged{j.Pass || k.Pass, j.Stop || k.Stop, j.Open || k.Open}
}

// Flow is traffic that takes the same way.
type Flow struct {
	Outcome      Outcome
	Hops         []Hop
	Context      Context     // what S3 (or the other end) sees of it (N7)
	Destinations []AddrRange // that take it
	Passed       Cases       // exact
	Blocked      Cases
	Open         Cases // neither: a fact is missing
}

// Cases is a set of cases, as far as the policy half asks: the source
// addresses in it, and one concrete packet. Sources lists the addresses for
// which some case is in the set, and Whole those for which every case is.
type Cases struct {
	Empty   bool
	Sources []AddrRange
	Whole   []AddrRange
	Example *Packet
}

// Context is the request context that a path gives (N7, N8).
type Context struct {
	Via           string // "gateway-endpoint", "interface-endpoint", "public", "service"
	Endpoint      snapshot.VPCEndpointID
	EndpointVPC   snapshot.VPCID
	EndpointOwner string // account
	Region        string // of the S3 front door
	// SourceIsClient: S3 sees the client's own private address (aws:VpcSourceIp
	// ranges over the flow's Sources).
	SourceIsClient bool
	VPCSourceIP    []AddrRange  // where a translator's private address is seen instead
	PublicIPs      []netip.Addr // aws:SourceIp: one of these; empty with Via public: unknown
	ClientIPs      []AddrRange  // aws:SourceIp of a client on the internet, instead of PublicIPs
	Account        string       // account and region whose snapshot holds the endpoint
	Uncertain      bool         // ambiguity unknown: another context is as possible (N2)
}

// Hop is one component, in the order met.
type Hop struct {
	Component, Kind, Via string
	Reply                bool
	At                   snapshot.Source
	Decision             string // "permit", "deny", "partial", "unknown"
	// Through is what a component with the decision "partial" lets through, in
	// the respects in which that is not all that came; nil for others.
	Through *Through
}

// Through is the traffic that gets past a component, seen from each side by
// itself and in the request's terms, replies included. Empty: all.
type Through struct {
	Sources, Destinations []AddrRange
	SourcePorts, Ports    []PortRange // Ports are the destination's
}

// Packet is one concrete packet.
type Packet struct {
	Source, Destination         netip.Addr
	Protocol                    int
	SourcePort, DestinationPort int
	ICMPType                    int
	Reply                       bool
}

// Finding is a blocker, a warning or a note.
type Finding struct {
	Code                  finding.Code
	Gate                  finding.Gate
	Severity              finding.Severity
	Component             string
	Name                  string
	At                    snapshot.Source
	Message               string // one sentence or two, with full stops
	Fix                   string
	Rule                  string // "N38"
	URL                   string
	RuleIndex, RuleNumber *int
	Also                  []finding.Code
	Example               *Packet
	// Together: no single blocker stops every case; these do it together, so
	// that each must be repaired before anything gets through.
	Together bool
}

// Missing is a fact that the snapshot lacks and on which the outcome hangs.
type Missing struct {
	Code                     finding.Code
	Gate                     finding.Gate
	Fact, Component, Collect string
	At                       snapshot.Source
}
