package network

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// hostServices are the addresses at which every host of a VPC finds instance
// metadata, the time, task metadata and Windows activation (N96c).
var hostServices = addrs("169.254.169.254 169.254.169.123 169.254.170.2 169.254.169.250 169.254.169.251 fd00:ec2::254 fd00:ec2::123 fd00:ec2::250 fd00:ec2::251")

// toHost ends what goes to the services that AWS runs beside every interface:
// no security group, network ACL or route table sees it (N34, N89, N96c).
func (a *walk) toHost(t *flow) {
	if a.q.To.S3 != nil || a.q.To.Service != "" || a.q.To.Host != "" || a.q.To.unknownAnswer || t.vpc == nil {
		return
	}
	a.toResolver(t)
	if at := a.s.And(t.cases, addrSet(a.s, packetset.Destination, hostServices)); at != packetset.None {
		c := t.with(at)
		c.pass(Hop{Component: string(t.vpcID), Kind: "host-service", Via: "instance metadata, time and the like", At: t.vpc.At})
		a.end(c, Context{SourceIsClient: true}, false)
		t.cases = a.s.Diff(t.cases, at)
	}
}

// toResolver ends what goes to the VPC's own DNS resolver, which answers
// where enableDnsSupport is on (N89, N97).
func (a *walk) toResolver(t *flow) {
	list := addrs("169.254.169.253 fd00:ec2::253")
	for _, c := range t.vpc.CIDRs {
		list = append(list, c.Masked().Addr().Next().Next())
	}
	at := a.s.And(t.cases, addrSet(a.s, packetset.Destination, list))
	if at == packetset.None {
		return
	}
	t.cases = a.s.Diff(t.cases, at)
	c := t.with(at)
	h := Hop{Component: string(t.vpcID), Kind: "dns-resolver", At: t.vpc.At}
	var support snapshot.Flag
	if x := a.x.VPCAttributes.Get(t.vpcID).Item; x != nil {
		support, h.At = x.EnableDNSSupport, x.At
	}
	switch {
	case support.Presence != snapshot.Collected:
		a.leaveOpen(c, h, at, finding.GateDNS, rules.Need{Code: finding.UnknownDNSAttrs, Component: h.Component, At: h.At, Fact: "enableDnsSupport of " + h.Component,
			Collect: "aws ec2 describe-vpc-attribute --vpc-id " + h.Component + " --attribute enableDnsSupport"})
	case !support.Value:
		a.deny(c, h, at, Finding{Code: finding.DNSDisabled, Gate: finding.GateDNS, Component: h.Component, Name: nameOf(t.vpc.Tags),
			Message: fmt.Sprintf("enableDnsSupport of %s is false, so its resolver does not answer.", h.Component),
			Fix:     fmt.Sprintf("Turn on enableDnsSupport: aws ec2 modify-vpc-attribute --vpc-id %s --enable-dns-support.", h.Component), Rule: "N97", URL: urlDNS})
	default:
		c.pass(h)
	}
	a.end(c, Context{SourceIsClient: true}, false)
}

func addrs(words string) []netip.Addr {
	var out []netip.Addr
	for _, w := range strings.Fields(words) {
		out = append(out, netip.MustParseAddr(w))
	}
	return out
}
