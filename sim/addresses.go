package sim

import (
	"net/netip"
	"strconv"

	"github.com/seancfoley/ipaddress-go/ipaddr"

	"github.com/canreach/canreach/sim/network"
)

func itoa(n int) string { return strconv.Itoa(n) }

// rangeText writes a run of addresses as the fewest CIDR blocks.
func rangeText(r network.AddrRange) []string {
	lo, hi := toIP(r.From), toIP(r.To)
	if lo == nil || hi == nil {
		return nil
	}
	var out []string
	for _, b := range lo.SpanWithRange(hi).SpanWithPrefixBlocks() {
		out = append(out, b.ToCanonicalString())
	}
	return out
}

func toIP(a netip.Addr) *ipaddr.IPAddress {
	if !a.IsValid() {
		return nil
	}
	return ipaddr.NewIPAddressFromNetNetIPAddr(a)
}
