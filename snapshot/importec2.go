package snapshot

import (
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// ec2File takes in what EC2 and the regional services next to it print; false:
// the file is none of that.
func (m *importer) ec2File(f *cliFile) bool {
	found := false
	for _, key := range f.keys {
		spec := kindsByKey[key]
		if spec == nil || !recognisedByKey(key) || !m.looksListed(f, key, spec.ids) {
			continue
		}
		found = true
		if p, ok := m.regional(f); ok {
			c := m.part(p, spec.service+"/"+key)
			if key == "Reservations" {
				m.reservations(f, c)
			} else {
				m.collectItems(f, key, c, spec.ids...)
			}
		}
	}
	if found {
		return true
	}
	switch {
	case f.has("PrefixLists"):
		m.prefixLists(f)
	case f.has("EnableDnsSupport") || f.has("EnableDnsHostnames") || f.has("EnableNetworkAddressUsageMetrics"):
		m.attributeFile(f)
	case f.has("VpcBlockPublicAccessOptions"):
		if p, ok := m.regional(f); ok {
			m.single(p, "ec2/VpcBlockPublicAccessOptions", f.member("VpcBlockPublicAccessOptions"))
		}
	case f.kind("Entries") == jsonscan.Array && (f.id("pl-") != "" || strings.Contains(string(f.value("Entries")), `"Cidr"`)):
		m.keyedArray(f, "ec2/ManagedPrefixListEntries", "PrefixListId", f.id("pl-"), "Entries",
			"name the file get-managed-prefix-list-entries.pl-….json")
	case f.kind("Routes") == jsonscan.Array && (f.id("tgw-rtb-") != "" || f.has("AdditionalRoutesAvailable")):
		m.keyedArray(f, "ec2/TransitGatewayRoutes", "TransitGatewayRouteTableId", f.id("tgw-rtb-"), "Routes",
			"name the file search-transit-gateway-routes.tgw-rtb-….json")
	case f.kind("Associations") == jsonscan.Array && f.id("tgw-rtb-") != "":
		m.keyedArray(f, "ec2/TransitGatewayRouteTableAssociations", "TransitGatewayRouteTableId", f.id("tgw-rtb-"), "Associations", "")
	case f.kind("TransitGatewayRouteTablePropagations") == jsonscan.Array:
		m.keyedArray(f, "ec2/TransitGatewayPropagations", "TransitGatewayRouteTableId", f.id("tgw-rtb-"), "TransitGatewayRouteTablePropagations",
			"name the file get-transit-gateway-route-table-propagations.tgw-rtb-….json")
	default:
		return false
	}
	return true
}

// recognisedByKey tells the arrays that are recognised by their key alone.
// Those that the program does not use are kept, as the record is for people too.
func recognisedByKey(key string) bool {
	switch key {
	case "PrefixLists", "Instances", "VpcBlockPublicAccessOptions", "FirewallDomainLists":
		return false
	}
	return true
}

// looksListed guards keys that other services use as well.
func (m *importer) looksListed(f *cliFile, key string, ids []string) bool {
	switch key {
	case "Addresses", "Functions", "AvailabilityZones", "FirewallRules", "Subnets", "SecurityGroups":
	default:
		return true
	}
	s := jsonscan.At(f.data, f.values[key].start)
	if s.Peek() != jsonscan.Array {
		return true
	}
	switch {
	case !s.EnterArray() || !s.NextItem():
		return true
	case s.Peek() == jsonscan.String: // ids, as describe-notebook-instance prints them
		return false
	case s.Peek() != jsonscan.Object:
		return true
	}
	item := s.Raw()
	return itemID(item, ids) != "" || !strings.Contains(string(item), "Identifier") // another service's
}

// prefixLists reads both shapes: items with Cidrs, and managed lists without.
func (m *importer) prefixLists(f *cliFile) {
	p, ok := m.regional(f)
	if !ok {
		return
	}
	plain, managed := m.part(p, "ec2/PrefixLists"), m.part(p, "ec2/ManagedPrefixLists")
	isManaged := false
	m.eachItem(f, "PrefixLists", func(item raw) { isManaged = isManaged || managedList(string(item.text)) })
	c := plain
	if isManaged {
		c = managed
	}
	m.page(f, c)
	m.eachItem(f, "PrefixLists", func(item raw) {
		id := memberText(item.text, "PrefixListId")
		if id == "" {
			m.note(f.problem(item.offset, "", "no PrefixListId here"))
			return
		}
		m.note(c.get(id).setWhole(item, "PrefixListId"))
	})
	for name, c := range map[string]*collection{"ec2/PrefixLists": plain, "ec2/ManagedPrefixLists": managed} {
		if c.records == nil && len(c.paged) == 0 && !c.ended {
			delete(m.parts[p], name)
		}
	}
}

// managedList tells an item of describe-managed-prefix-lists: it has no
// contents, and says more of the list than its id and name.
func managedList(item string) bool {
	return !strings.Contains(item, `"Cidrs"`) &&
		(strings.Contains(item, `"PrefixListArn"`) || strings.Contains(item, `"OwnerId"`) || strings.Contains(item, `"AddressFamily"`))
}

// attributeFile reads describe-vpc-attribute.
func (m *importer) attributeFile(f *cliFile) {
	p, ok := m.regional(f)
	if !ok {
		return
	}
	id := firstText(f.text("VpcId"), f.id("vpc-"))
	if id == "" {
		m.errs = append(m.errs, &LoadError{File: f.path, Problem: "no VpcId here", Hint: "name the file describe-vpc-attribute.vpc-….json"})
		return
	}
	r := m.part(p, "ec2/VpcAttributes").get(id)
	for _, key := range f.keys {
		if key != "VpcId" {
			m.note(r.set(key, f.member(key)))
		}
	}
}

// keyedArray reads an array whose owner's id stands in the file's path; paged
// output is joined.
func (m *importer) keyedArray(f *cliFile, name, member, id, key, hint string) {
	id = firstText(f.text(member), id)
	if id == "" {
		m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which " + member + " this is of", Hint: hint})
		return
	}
	p, ok := m.regional(f)
	if !ok {
		return
	}
	c := m.part(p, name)
	m.page(f, c)
	m.joinArray(c.get(id), key, f.member(key))
	if string(f.value("AdditionalRoutesAvailable")) == "true" {
		c.get(id).replace("AdditionalRoutesAvailable", f.member("AdditionalRoutesAvailable"))
	}
}

// joinArray adds the elements of an array to a record's member, each once. Two
// different elements with the same id, where ids name its members, are an error.
func (m *importer) joinArray(r *record, key string, v raw, ids ...string) {
	old, ok := r.members[key]
	if !ok {
		r.members[key] = v
		return
	}
	var all []string
	seen, byID := map[string]bool{}, map[string]bool{}
	for _, text := range [][]byte{old.text, v.text} {
		s := jsonscan.At(text, 0)
		for ok := s.EnterArray(); ok && s.NextItem(); {
			item := s.Raw()
			c := string(canonical(item))
			if seen[c] {
				continue
			}
			seen[c] = true
			id := itemID(item, ids)
			if id != "" && byID[id] {
				m.note(contradicts(v, old, ids[0]+" "+strconv.Quote(short(id))))
			}
			byID[id] = true
			all = append(all, string(item))
		}
	}
	r.members[key] = literal("["+strings.Join(all, ",")+"]", v.from)
}

// reservations reads describe-instances: a reservation may go on on the next
// page, with other instances.
func (m *importer) reservations(f *cliFile, c *collection) {
	m.page(f, c)
	c.touch()
	m.eachItem(f, "Reservations", func(item raw) {
		id := memberText(item.text, "ReservationId")
		if id == "" {
			m.note(f.problem(item.offset, "", "no ReservationId here"))
			return
		}
		r := c.get(id)
		switch {
		case r.whole.text == nil && len(r.members) == 0:
			r.whole = item
			return
		case r.whole.text != nil && sameJSON(r.whole.text, item.text):
			return
		case r.whole.text != nil:
			m.reservation(r, r.whole)
			r.whole = raw{}
		}
		m.reservation(r, item)
	})
}

func (m *importer) reservation(r *record, item raw) {
	s := jsonscan.At(item.from.data, item.offset)
	for ok := s.EnterObject(); ok && s.NextKey(); {
		key := s.Key()
		s.Peek()
		member := raw{from: item.from, offset: s.Offset()}
		if member.text = s.Raw(); key == "Instances" {
			m.joinArray(r, key, member, "InstanceId")
		} else {
			m.note(r.set(key, member))
		}
	}
}
