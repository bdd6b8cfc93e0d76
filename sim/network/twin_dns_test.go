package network_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/concrete"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// led drops the readings in which somebody else answers where no packet of the
// client gets to any address that may be S3: what would pass then hangs on who
// answers, and what fails fails.
func (w twin) led(at atoms, answers []concrete.Answer, base concrete.Case, sources []netip.Addr) []concrete.Answer {
	foreign := func(a concrete.Answer) bool { return a.OrPublic }
	if !slices.ContainsFunc(answers, foreign) || w.leads(at, base, sources) {
		return answers
	}
	out := slices.DeleteFunc(slices.Clone(answers), foreign)
	for i := range out {
		if out[i].Query == concrete.Passes {
			out[i].Query = concrete.Unknown
		}
	}
	return out
}

// leads tries every address that may be S3's.
func (w twin) leads(at atoms, base concrete.Case, sources []netip.Addr) bool {
	for _, all := range []string{"0.0.0.0/0", "::/0"} {
		for _, to := range at.within(netip.MustParsePrefix(all)) {
			if w.neverS3(to) || base.Interface != "" && slices.Contains(sources, to) {
				continue
			}
			for _, c := range w.casesTo(at, base, sources, server{addr: to, v6: to.Is6()}) {
				if w.eval.Decide(c).Outcome != concrete.Blocks {
					return true
				}
			}
		}
	}
	return false
}

func (w twin) neverS3(to netip.Addr) bool {
	if to.IsLoopback() || to.IsLinkLocalUnicast() || to.IsMulticast() || to.IsUnspecified() || netip.MustParsePrefix("fd00:ec2::/32").Contains(to) || to.Is4() && to.As4()[0] >= 240 {
		return true
	}
	_, _, subnet := w.client(w.t)
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			for _, v := range r.EC2.VPCs.Items {
				if v.ID == subnet.VPC && slices.ContainsFunc(slices.Concat(v.CIDRs, v.IPv6CIDRs), func(p netip.Prefix) bool { return p.Contains(to) }) {
					return v.OwnerID == string(a.ID) && !w.eval.EndpointMissing(v.ID) && r.EC2.VPCEndpoints.Presence == snapshot.Collected && !slices.ContainsFunc(r.EC2.VPCEndpoints.Items, func(e snapshot.VPCEndpoint) bool {
						return e.VPC == v.ID && strings.EqualFold(e.Type, "interface") && strings.HasSuffix(e.ServiceName, ".s3")
					})
				}
			}
		}
	}
	return false
}

// Whoever answers the job's name, no answer helps a client that gets nowhere:
// what is not told of its DNS servers hides no blocker (N1, N98, N100).
func TestUnknownServersHideNoBlocker(t *testing.T) {
	unlisted := world.Set("Vpcs", "vpc-a", "DhcpOptionsId", "dopt-gone")
	for _, c := range []struct {
		name  string
		edits []world.Edit
		want  network.Outcome
		code  string
	}{
		{"no route at all", edits(unlisted, world.NoS3Route()), blocked, "NO_ROUTE_TO_DESTINATION"},
		{"no route at all, and servers of their own", edits(customDNS, world.NoS3Route()), blocked, "NO_ROUTE_TO_DESTINATION"},
		{"a route to the endpoint", edits(unlisted), unknown, "UNK_DHCP"},
		{"no route to S3, but one to a peer, where an endpoint may be", edits(unlisted, world.NoS3Route(), peerB, world.Peering("pcx-1", "vpc-a", "vpc-b"), world.Routes("rtb-1", world.To("10.1.0.0/16", "pcx-1"))), unknown, "UNK_DHCP"},
		{"no route to S3, but an interface endpoint in the VPC", edits(unlisted, world.NoS3Route(), world.IFE()), unknown, "UNK_DHCP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := trap{id: c.name, edits: c.edits, want: c.want, code: c.code}
			report(t, tr.failures(t))
			if got, seen := newTwin(t, tr.world().Snapshot(t), tr.query()).ask(t); got != tr.want {
				t.Errorf("packet by packet: %s\n%s", word(got), traces(seen))
			}
		})
	}
}
