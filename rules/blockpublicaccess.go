package rules

import (
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// BPAMode is VPC Block Public Access's mode.
type BPAMode uint8

const (
	BPAUnknown BPAMode = iota
	BPAOff
	BPABlockIngress
	BPABlockBidirectional
)

// ModeOfBPA reads InternetGatewayBlockMode in either spelling (N131).
func ModeOfBPA(s string) BPAMode {
	switch strings.ToLower(s) {
	case "off", "bidirectional-access-allowed":
		return BPAOff
	case "block-ingress", "ingress-access-blocked":
		return BPABlockIngress
	case "block-bidirectional", "bidirectional-access-blocked":
		return BPABlockBidirectional
	}
	return BPAUnknown
}

// BPAExclusionMode is what an exclusion allows.
type BPAExclusionMode uint8

const (
	NoExclusion BPAExclusionMode = iota
	AllowEgress
	AllowBidirectional
	ExclusionUnknown
)

// ModeOfExclusion reads an exclusion with its state (N130).
func ModeOfExclusion(x *snapshot.BPAExclusion) BPAExclusionMode {
	switch s := strings.ToLower(x.State); {
	case s == "create-complete" || s == "update-complete":
	case strings.HasSuffix(s, "failed") || strings.HasPrefix(s, "delete-complete") || strings.HasPrefix(s, "disable-complete"):
		return NoExclusion
	default:
		return ExclusionUnknown
	}
	switch strings.ToLower(x.Mode) {
	case "allow-egress":
		return AllowEgress
	case "allow-bidirectional":
		return AllowBidirectional
	}
	return ExclusionUnknown
}

// DecideBPA reports whether an outbound flow passes (N128). translated is for
// flows by NAT gateway or egress-only gateway. Unknown inputs give an unknown
// State only where they matter.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html
func DecideBPA(m BPAMode, x BPAExclusionMode, translated bool) State {
	switch m {
	case BPAOff:
		return StateWorks
	case BPABlockIngress:
		if translated {
			return StateWorks
		}
	case BPABlockBidirectional:
		if translated && x == AllowEgress {
			return StateWorks
		}
	default:
		if x == AllowBidirectional {
			return StateWorks
		}
		return StateUnknown
	}
	switch x {
	case AllowBidirectional:
		return StateWorks
	case ExclusionUnknown:
		return StateUnknown
	}
	return StateBroken
}
