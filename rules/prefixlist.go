package rules

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// AWSManaged reports whether AWS owns a prefix list (N32).
func AWSManaged(l *snapshot.PrefixList) bool {
	return strings.EqualFold(l.OwnerID, "AWS") || l.OwnerID == "" && serviceName(l.Name) != ""
}

// serviceName is the part of an AWS list's or endpoint's name after its
// Region, e.g. "s3" of com.amazonaws.us-east-1.s3; empty for other names.
func serviceName(name string) string {
	_, service, _ := SplitServiceName(name)
	return service
}

// SplitServiceName reads "com.amazonaws.REGION.SERVICE", with or without the
// "cn." that the names have in China (N108).
func SplitServiceName(name string) (region, service string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(name, "cn."), "com.amazonaws.")
	if !ok {
		return "", "", false
	}
	region, service, ok = strings.Cut(rest, ".")
	return region, service, ok && region != "" && service != ""
}

// ListOfService reports whether l is AWS's list of a service in a Region
// (N32): com.amazonaws.REGION.s3. The list of its IPv6 addresses is taken to
// have "ipv6" in its name, or the family IPv6.
func ListOfService(l *snapshot.PrefixList, region, service string) bool {
	r, s, ok := SplitServiceName(l.Name)
	if !ok || !AWSManaged(l) || r != region {
		// com.amazonaws.ipv6.us-east-1.s3 and the like
		name := strings.Replace(l.Name, ".ipv6.", ".", 1)
		r, s, ok = SplitServiceName(name)
		if !ok || !AWSManaged(l) || r != region {
			return false
		}
	}
	return s == service || strings.TrimPrefix(s, "ipv6.") == service || strings.TrimSuffix(s, "-ipv6") == service || strings.TrimSuffix(s, ".ipv6") == service
}

// special is address space that no AWS service answers from publicly.
var special = prefixes("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 " +
	"192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 " +
	"::/127 fc00::/7 fe80::/10 ff00::/8 2001:db8::/32 64:ff9b::/96")

func prefixes(s string) []netip.Prefix {
	var out []netip.Prefix
	for _, f := range strings.Fields(s) {
		out = append(out, netip.MustParsePrefix(f))
	}
	return out
}

// SpecialPurpose lists the address space that is not on the public internet.
func SpecialPurpose() []netip.Prefix { return special }

// NotOnInternet lists the address space that no host of the internet has:
// SpecialPurpose but for the blocks set aside for documentation, which people
// write where they mean some host of the internet.
func NotOnInternet() []netip.Prefix { return notOnInternet }

var (
	documentation = prefixes("192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32")
	notOnInternet = slices.DeleteFunc(slices.Clone(special), func(p netip.Prefix) bool { return slices.Contains(documentation, p) })
)

// OnInternet reports whether every address of p may be a host of the internet.
func OnInternet(p netip.Prefix) bool {
	return p.IsValid() && !slices.ContainsFunc(notOnInternet, p.Masked().Overlaps)
}

// OffInternet reports whether no address of p can be a host of the internet.
func OffInternet(p netip.Prefix) bool {
	return p.IsValid() && slices.ContainsFunc(notOnInternet, func(n netip.Prefix) bool { return n.Bits() <= p.Bits() && n.Overlaps(p) })
}

// MayBePublic reports whether some address of p can be a public one.
func MayBePublic(p netip.Prefix) bool {
	if !p.IsValid() {
		return false
	}
	p = p.Masked()
	for _, s := range special {
		if s.Overlaps(p) && s.Bits() <= p.Bits() {
			return false
		}
	}
	return true
}

var (
	rfc1918 = prefixes("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16")
	rfc6598 = prefixes("100.64.0.0/10")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
)

// RFC1918 and RFC6598 are what an internet gateway drops (N113).
func RFC1918() []netip.Prefix { return rfc1918 }

// RFC6598 is the shared address space.
func RFC6598() []netip.Prefix { return rfc6598 }

// NAT64 is the prefix of synthesised IPv6 addresses (N109, N123).
func NAT64() netip.Prefix { return nat64 }
