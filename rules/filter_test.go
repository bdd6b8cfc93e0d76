package rules

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/snapshot"
)

func pfx(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func num(n int) *int            { return &n }

// outward is the traffic of a client as its outbound rules see it.
func outward(s *packetset.Space, protocol int) *Traffic {
	all := s.Or(s.Prefix(packetset.Destination, pfx("0.0.0.0/0")), s.Prefix(packetset.Destination, pfx("::/0")))
	return &Traffic{Space: s, Cases: all, Protocol: protocol,
		Remote: func(p netip.Prefix) Match { return Match{Yes: s.Prefix(packetset.Destination, p)} },
		Ports: func(from, to int) packetset.Set {
			return s.Between(packetset.DestinationPort, uint64(max(from, 0)), uint64(max(to, 0)))
		},
		List:  func(snapshot.PrefixListID) Match { return Match{} },
		Group: func(snapshot.GroupReference) Match { return Match{} },
	}
}

func one(s *packetset.Space, addr string, port int) packetset.Set {
	a := netip.MustParseAddr(addr)
	return s.And(s.Addresses(packetset.Destination, a, a), s.Between(packetset.DestinationPort, uint64(port), uint64(port)))
}

func groupOf(rules ...snapshot.Permission) *snapshot.SecurityGroup {
	return &snapshot.SecurityGroup{ID: "sg-1", Egress: rules, EgressKnown: true, IngressKnown: true}
}

func perm(protocol string, from, to *int, cidrs ...string) snapshot.Permission {
	p := snapshot.Permission{Protocol: protocol, FromPort: from, ToPort: to}
	for _, c := range cidrs {
		p.Ranges = append(p.Ranges, snapshot.Range{CIDR: pfx(c)})
	}
	return p
}

func TestSecurityGroupRules(t *testing.T) {
	const any = "0.0.0.0/0"
	for _, c := range []struct {
		name     string
		groups   []*snapshot.SecurityGroup
		protocol int
		port     int
		want     State
	}{
		{"N78 no rule is no permission", []*snapshot.SecurityGroup{groupOf()}, 6, 443, StateBroken},
		{"N78 the union over all groups", []*snapshot.SecurityGroup{groupOf(), groupOf(perm("tcp", num(443), num(443), any))}, 6, 443, StateWorks},
		{"N79 a direction that was not collected is unknown", []*snapshot.SecurityGroup{{ID: "sg-1"}}, 6, 443, StateUnknown},
		{"N79 an unknown group beside one that permits does not matter", []*snapshot.SecurityGroup{{ID: "sg-1"}, groupOf(perm("-1", nil, nil, any))}, 6, 443, StateWorks},
		{"N12 a group that is missing is unknown", []*snapshot.SecurityGroup{nil}, 6, 443, StateUnknown},
		{"N81 a protocol by number", []*snapshot.SecurityGroup{groupOf(perm("6", num(443), num(443), any))}, 6, 443, StateWorks},
		{"N81 all protocols ignore ports", []*snapshot.SecurityGroup{groupOf(perm("-1", num(1), num(2), any))}, 6, 443, StateWorks},
		{"N81 UDP does not admit TCP", []*snapshot.SecurityGroup{groupOf(perm("udp", num(0), num(65535), any))}, 6, 443, StateBroken},
		{"N81 another protocol has no ports", []*snapshot.SecurityGroup{groupOf(perm("50", num(443), num(443), any))}, 50, 0, StateWorks},
		{"N81 a protocol that is no word is unknown", []*snapshot.SecurityGroup{groupOf(perm("tpc", num(443), num(443), any))}, 6, 443, StateUnknown},
		{"N81 an ICMP type and any code", []*snapshot.SecurityGroup{groupOf(perm("icmp", num(8), num(-1), any))}, 1, ICMPPort(8, 3), StateWorks},
		{"N81 another ICMP type", []*snapshot.SecurityGroup{groupOf(perm("icmp", num(0), num(-1), any))}, 1, ICMPPort(8, 0), StateBroken},
		{"N81 ICMP type -1 is every type", []*snapshot.SecurityGroup{groupOf(perm("icmp", num(-1), num(0), any))}, 1, ICMPPort(3, 1), StateWorks},
		{"N82 absent bounds are every port", []*snapshot.SecurityGroup{groupOf(perm("tcp", nil, nil, any))}, 6, 443, StateWorks},
		{"N82 0 to 0 is port 0 only", []*snapshot.SecurityGroup{groupOf(perm("tcp", num(0), num(0), any))}, 6, 443, StateBroken},
		{"N82 bounds the wrong way round match nothing", []*snapshot.SecurityGroup{groupOf(perm("tcp", num(500), num(400), any))}, 6, 443, StateBroken},
		{"N87 ::/0 is no IPv4", []*snapshot.SecurityGroup{groupOf(perm("-1", nil, nil, "::/0"))}, 6, 443, StateBroken},
		{"an unknown member of a rule makes it unknown", []*snapshot.SecurityGroup{groupOf(snapshot.Permission{Protocol: "-1", Ranges: []snapshot.Range{{CIDR: pfx(any)}}, UnknownFields: []string{"Schedule"}})}, 6, 443, StateUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := packetset.New(packetset.DefaultBudget)
			f := PermittedByGroups(c.groups, make([]snapshot.SecurityGroupID, len(c.groups)), Outbound, outward(s, c.protocol))
			if got := stateIn(s, f, one(s, "52.216.0.1", c.port)); got != c.want {
				t.Errorf("got %d, want %d; needs %v", got, c.want, f.Needs)
			}
			if c.want == StateUnknown && len(f.Needs) == 0 {
				t.Error("an unknown without what would settle it")
			}
		})
	}
}

// stateIn is what a filter does to one packet.
func stateIn(s *packetset.Space, f Filter, p packetset.Set) State {
	switch {
	case s.And(f.Permit, p) != packetset.None:
		return StateWorks
	case s.And(f.Deny, p) != packetset.None:
		return StateBroken
	}
	return StateUnknown
}

func entry(number int, allow bool, protocol, cidr string, ports *snapshot.PortRange) snapshot.ACLEntry {
	return snapshot.ACLEntry{RuleNumber: number, Egress: true, Allow: allow, Protocol: protocol, CIDR: pfx(cidr), PortRange: ports}
}

func TestNetworkACLRules(t *testing.T) {
	const any = "0.0.0.0/0"
	https := &snapshot.PortRange{From: 443, To: 443}
	for _, c := range []struct {
		name    string
		entries []snapshot.ACLEntry
		want    State
	}{
		{"N94 nothing matches: deny", nil, StateBroken},
		{"N94 the lowest number decides, not the place in the file", []snapshot.ACLEntry{entry(200, true, "-1", any, nil), entry(100, false, "6", any, https)}, StateBroken},
		{"N94 a later deny is too late", []snapshot.ACLEntry{entry(100, true, "6", any, https), entry(200, false, "-1", any, nil)}, StateWorks},
		{"N95 all protocols ignore the port range", []snapshot.ACLEntry{entry(100, true, "-1", any, &snapshot.PortRange{From: 1, To: 2})}, StateWorks},
		{"N95 TCP without a port range is every port", []snapshot.ACLEntry{entry(100, true, "6", any, nil)}, StateWorks},
		{"N95 UDP does not admit TCP", []snapshot.ACLEntry{entry(100, true, "17", any, nil)}, StateBroken},
		{"N94 one number twice: which is real is not known", []snapshot.ACLEntry{entry(100, true, "-1", any, nil), entry(100, false, "6", any, https)}, StateUnknown},
		{"N94 the same the other way round", []snapshot.ACLEntry{entry(100, false, "6", any, https), entry(100, true, "-1", any, nil)}, StateUnknown},
		{"N94 one number twice, and both allow", []snapshot.ACLEntry{entry(100, true, "-1", any, nil), entry(100, true, "6", any, https), entry(200, false, "-1", any, nil)}, StateWorks},
		{"N24 an IPv6 rule is no IPv4 rule", []snapshot.ACLEntry{entry(100, true, "-1", "::/0", nil)}, StateBroken},
		{"N13 host bits are cleared", []snapshot.ACLEntry{entry(100, true, "-1", "52.217.3.9/15", nil)}, StateWorks},
		{"an unknown rule before an allow leaves it open", []snapshot.ACLEntry{entry(50, false, "tpc", any, nil), entry(100, true, "-1", any, nil)}, StateUnknown},
		{"an unknown allow before an allow changes nothing", []snapshot.ACLEntry{entry(50, true, "tpc", any, nil), entry(100, true, "-1", any, nil)}, StateWorks},
		{"an unknown rule behind the one that decides changes nothing", []snapshot.ACLEntry{entry(50, false, "-1", any, nil), entry(100, true, "tpc", any, nil)}, StateBroken},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := packetset.New(packetset.DefaultBudget)
			f := PermittedByACL(&snapshot.NetworkACL{ID: "acl-1", EntriesKnown: true, Entries: c.entries}, Outbound, outward(s, 6))
			if got := stateIn(s, f, one(s, "52.216.0.1", 443)); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	t.Run("entries that were not collected decide nothing", func(t *testing.T) {
		f := PermittedByACL(&snapshot.NetworkACL{}, Outbound, outward(packetset.New(packetset.DefaultBudget), 6))
		if f.Permit != packetset.None || f.Deny != packetset.None {
			t.Error("they permit or deny something")
		}
	})
}

var (
	cidrPool  = rapid.SampledFrom([]string{"0.0.0.0/0", "52.216.0.0/15", "52.216.0.0/16", "52.216.8.0/24", "52.216.8.1/32", "10.0.0.0/8", "::/0"})
	addrPool  = []string{"52.216.8.1", "52.216.8.2", "52.216.9.0", "52.217.0.0", "10.1.2.3", "8.8.8.8"}
	portsPool = rapid.SampledFrom([]snapshot.PortRange{{From: 443, To: 443}, {From: 0, To: 65535}, {From: 400, To: 500}, {From: 444, To: 1024}, {From: 500, To: 400}})
	protoPool = rapid.SampledFrom([]string{"6", "6", "17", "-1"})
)

// TestACLSetsAgreeWithTheScan compares PermittedByACL with DecideACL, its
// linear twin, on every packet of a small pool; and DeciderOf with it, too.
func TestACLSetsAgreeWithTheScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		acl := &snapshot.NetworkACL{EntriesKnown: true}
		numbers := rapid.Permutation([]int{1, 2, 3, 4, 5, 6}).Draw(t, "numbers")
		for i := range rapid.IntRange(0, 6).Draw(t, "entries") {
			ports := portsPool.Draw(t, "ports")
			acl.Entries = append(acl.Entries, snapshot.ACLEntry{RuleNumber: numbers[i], Egress: rapid.Bool().Draw(t, "egress"), Allow: rapid.Bool().Draw(t, "allow"),
				Protocol: protoPool.Draw(t, "protocol"), CIDR: pfx(cidrPool.Draw(t, "cidr")), PortRange: &ports})
		}
		s := packetset.New(packetset.DefaultBudget)
		tr := outward(s, 6)
		f := PermittedByACL(acl, Outbound, tr)
		for _, a := range addrPool {
			for _, port := range []int{0, 400, 443, 444, 500, 65535} {
				by, permit := DecideACL(acl, Outbound, ACLPacket{netip.MustParseAddr(a), 6, port})
				p := one(s, a, port)
				if s.And(f.Permit, p) != packetset.None != permit || s.And(f.Deny, p) != packetset.None == permit {
					t.Fatalf("%s:%d: the scan says %v by entry %d, the set otherwise", a, port, permit, by)
				}
				if !permit && s.And(DeciderOf(acl, Outbound, by, f.Deny, tr), p) == packetset.None {
					t.Fatalf("%s:%d is not in the part that entry %d denies", a, port, by)
				}
			}
		}
	})
}

// TestGroupSetsAgreeWithTheScan compares PermittedByGroups with DecideGroups.
func TestGroupSetsAgreeWithTheScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var groups []*snapshot.SecurityGroup
		for range rapid.IntRange(0, 3).Draw(t, "groups") {
			g := groupOf()
			for range rapid.IntRange(0, 3).Draw(t, "rules") {
				p := portsPool.Draw(t, "ports")
				g.Egress = append(g.Egress, perm(protoPool.Draw(t, "protocol"), &p.From, &p.To, rapid.SliceOfN(cidrPool, 0, 3).Draw(t, "cidrs")...))
			}
			groups = append(groups, g)
		}
		s := packetset.New(packetset.DefaultBudget)
		f := PermittedByGroups(groups, make([]snapshot.SecurityGroupID, len(groups)), Outbound, outward(s, 6))
		for _, a := range addrPool {
			for _, port := range []int{0, 400, 443, 444, 500, 65535} {
				_, _, ok := DecideGroups(groups, Outbound, GroupPacket{Remote: netip.MustParseAddr(a), Protocol: 6, Port: port})
				if p := one(s, a, port); s.And(f.Permit, p) != packetset.None != ok || s.And(f.Deny, p) != packetset.None == ok {
					t.Fatalf("%s:%d: the scan says %v, the set otherwise", a, port, ok)
				}
			}
		}
	})
}
