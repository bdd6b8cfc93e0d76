package finding

import "slices"

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

// Finding is one thing that a reader should look at.
type Finding struct {
	Code      Code     `json:"code"`
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
	Also []Code `json:"also,omitempty"`
	// AnalyzerCode is the nearest Reachability Analyzer code, where there is
	// one: the catalogue's, so that nobody sets it.
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

// Missing is a fact that the snapshot does not tell.
type Missing struct {
	Code      Code   `json:"code"` // UNK_NACL, …
	Gate      Gate   `json:"gate"`
	Fact      string `json:"fact"` // what to find out, in words
	Component string `json:"component,omitempty"`
	Pointer   string `json:"pointer,omitempty"`
	Collect   string `json:"collect,omitempty"` // the AWS CLI command or the key that would tell
	// Decisive: a verdict hangs on it. The others are not known either, and
	// change no verdict.
	Decisive bool   `json:"decisive"`
	Gap      string `json:"gap,omitempty"` // the capture's calls that failed to tell, and how, e.g. "ec2 DescribeNetworkAcls answered AccessDenied"
}

// Is tells whether the finding carries a code, as its own or in Also.
func (f *Finding) Is(code string) bool {
	return f.Code.String() == code || slices.ContainsFunc(f.Also, func(c Code) bool { return c.String() == code })
}
