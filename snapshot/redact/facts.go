package redact

import (
	"encoding/json"
	"net/netip"
	"strings"
)

// facts are what the replacements must respect.
type facts struct {
	patterns map[string]bool // strings with wildcards
	values   map[string]bool // strings that a pattern may be about
	awsNames map[string]bool // AWS's own policies' and lists' names
	fixed    []netip.Prefix  // AWS's own addresses
	inside   []netip.Prefix  // VPCs: their inner layout stays
}

// collect reads the facts of a snapshot.
func collect(native []byte) *facts {
	f := &facts{patterns: map[string]bool{}, values: map[string]bool{}, awsNames: map[string]bool{}}
	rewrite(native, func(at place, text string) string {
		f.take(at, text)
		return text
	})
	f.addresses(native)
	return f
}

// heavy are collections without any string that a policy's pattern is about
// but for their tags.
var heavy = []string{"NetworkInterfaces", "Subnets", "RouteTables", "NetworkAcls", "SecurityGroups", "SecurityGroupRules", "Reservations", "Addresses", "PrefixLists", "ManagedPrefixLists", "HostedZones"}

func (f *facts) take(at place, text string) {
	switch {
	case at.isKey:
		return
	case strings.HasPrefix(text, "{") && json.Valid([]byte(text)):
		rewrite([]byte(text), func(in place, t string) string {
			f.take(in, t)
			return t
		})
		return
	case strings.HasPrefix(text, "arn:") && strings.Contains(text, ":iam::aws:policy/"):
		f.awsNames[text[strings.LastIndex(text, "/")+1:]] = true
		return
	case at.key == "PrefixListName" && strings.HasPrefix(text, "com.amazonaws."):
		f.awsNames[text] = true
		return
	case at.keeps() || at.key == "message":
		return
	}
	if strings.ContainsAny(text, "*?") && (at.under("Statement") || at.under("Condition")) {
		f.patterns[text] = true
		return
	}
	for _, collection := range heavy {
		if at.under(collection) && !at.under("Tags") && !at.under("TagSet") {
			return
		}
	}
	f.values[text] = true
}

// addresses finds AWS's own ranges, and the VPCs'.
func (f *facts) addresses(native []byte) {
	var s struct {
		Accounts []struct {
			Regions []struct {
				EC2 struct {
					Vpcs []struct {
						CidrBlock                   string
						CidrBlockAssociationSet     []struct{ CidrBlock string }
						Ipv6CidrBlockAssociationSet []struct{ Ipv6CidrBlock string }
					}
					PrefixLists []struct {
						PrefixListName, OwnerId string
						Cidrs                   []string
					}
					ManagedPrefixLists []struct {
						OwnerId string
						Entries []struct{ Cidr string }
					}
				} `json:"ec2"`
			} `json:"regions"`
		} `json:"accounts"`
	}
	_ = json.Unmarshal(native, &s) // parsed before; members of other types are no facts
	add := func(list *[]netip.Prefix, text string) {
		if p, err := netip.ParsePrefix(text); err == nil {
			*list = append(*list, p.Masked())
		}
	}
	for _, a := range s.Accounts {
		for _, g := range a.Regions {
			for _, v := range g.EC2.Vpcs {
				add(&f.inside, v.CidrBlock)
				for _, c := range v.CidrBlockAssociationSet {
					add(&f.inside, c.CidrBlock)
				}
				for _, c := range v.Ipv6CidrBlockAssociationSet {
					add(&f.inside, c.Ipv6CidrBlock)
				}
			}
			for _, l := range g.EC2.PrefixLists {
				if strings.HasPrefix(l.PrefixListName, "com.amazonaws.") || l.OwnerId == "AWS" {
					for _, c := range l.Cidrs {
						add(&f.fixed, c)
					}
				}
			}
			for _, l := range g.EC2.ManagedPrefixLists {
				if l.OwnerId == "AWS" {
					for _, e := range l.Entries {
						add(&f.fixed, e.Cidr)
					}
				}
			}
		}
	}
}
