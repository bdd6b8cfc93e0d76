package snapshot

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/canreach/canreach/internal/jsonscan"
)

// quoteJSON returns t as a JSON string.
func quoteJSON(t string) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, len(t)+2)
	b = append(b, '"')
	for i := 0; i < len(t); {
		c := t[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, n := utf8.DecodeRuneInString(t[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
	}
	return string(append(b, '"'))
}

func sortTexts(t []string) { slices.Sort(t) }

// nativeWriter writes the native form, one resource a line, so that two
// snapshots can be compared line by line.
type nativeWriter struct {
	bytes.Buffer
	origins []origin
}

// origin says which file a part of the native form came from.
type origin struct {
	start, end int
	from       raw
}

// value writes a value and notes where it came from.
func (w *nativeWriter) value(v raw) {
	start := w.Len()
	w.compact(v.text)
	if v.from != nil {
		w.origins = append(w.origins, origin{start, w.Len(), v})
	}
}

// origins maps errors in a native form back to the files that it was made of.
type origins struct {
	native []byte
	parts  []origin
}

// locate moves an error to the file that its place came from.
func (o *origins) locate(e *LoadError) {
	pointer := e.At.Pointer()
	offset, ok := jsonscan.Find(o.native, pointer)
	if !ok {
		return
	}
	i := sort.Search(len(o.parts), func(i int) bool { return o.parts[i].end > offset })
	if i == len(o.parts) || o.parts[i].start > offset {
		return
	}
	part := o.parts[i]
	e.File, e.Line, e.Column = part.from.from.path, 0, 0
	if part.from.made {
		return
	}
	inside := strings.TrimPrefix(pointer, jsonscan.Locate(o.native, part.start).Pointer)
	if at, ok := jsonscan.Find(part.from.text, inside); ok {
		pos := part.from.from.position(part.from.offset + at)
		e.Line, e.Column, e.At = pos.Line, pos.Column, At(pos.Pointer)
	}
}

// compact writes JSON without the blanks between its tokens.
func (w *nativeWriter) compact(text []byte) {
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = closingQuoteOf(text, i)
		case ' ', '\t', '\r', '\n':
			w.Write(text[start:i])
			start = i + 1
		}
	}
	w.Write(text[start:])
}

// closingQuoteOf returns where the string that begins at i ends.
func closingQuoteOf(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}

// members writes an object's members, first the one named by id, then the
// others in order of their names.
func (w *nativeWriter) members(id string, m map[string]raw) {
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b string) int {
		switch {
		case a == id:
			return -1
		case b == id:
			return 1
		}
		return 0
	})
	w.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(quoteJSON(k) + ":")
		w.value(m[k])
	}
	w.WriteByte('}')
}

// list writes an array with one element a line.
func (w *nativeWriter) list(n int, item func(i int)) {
	w.WriteByte('[')
	for i := range n {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteByte('\n')
		item(i)
	}
	if n > 0 {
		w.WriteByte('\n')
	}
	w.WriteByte(']')
}

// idMembers are the members that records made of several files are known by.
var idMembers = map[string]string{"ec2/VpcAttributes": "VpcId", "ec2/Reservations": "ReservationId", "ec2/ManagedPrefixListEntries": "PrefixListId",
	"ec2/TransitGatewayRoutes": "TransitGatewayRouteTableId", "ec2/TransitGatewayRouteTableAssociations": "TransitGatewayRouteTableId",
	"ec2/TransitGatewayPropagations": "TransitGatewayRouteTableId", "s3/buckets": "Name", "s3/accessPoints": "Name",
	"iam/RoleDetailList": "Arn", "iam/Policies": "Arn", "kms/Keys": "KeyId", "route53/HostedZones": "Id", "route53resolver/FirewallDomainLists": "Id"}

// collection writes a collection, in order of ids.
func (w *nativeWriter) collection(account, name string, c *collection) {
	records := c.sorted()
	w.list(len(records), func(i int) {
		r := records[i]
		if r.whole.text != nil {
			w.value(r.whole)
			return
		}
		id := idMembers[name]
		m := maps.Clone(r.members)
		want := r.id
		if name == "iam/RoleDetailList" {
			m = finishRole(r)
			want = "arn:aws:iam::" + account + ":role/" + r.id
		}
		if _, ok := m[id]; !ok {
			m[id] = literal(quoteJSON(want), nil)
			if name == "iam/Policies" {
				m["PolicyName"] = literal(quoteJSON(lastOfPath(want)), nil)
			}
		}
		w.members(id, m)
	})
}

// importWriter writes what was imported in the native form.
type importWriter struct{ *importer }

func (m *importer) importWriter() importWriter { return importWriter{m} }

// write returns the native form of all that was read.
func (m importWriter) write() ([]byte, *origins) {
	w := &nativeWriter{}
	m.lastGaps()
	fmt.Fprintf(w, "{\n\"schema\":%s,\n", quoteJSON(SchemaV1))
	m.writeCapture(w)
	accounts := map[string]bool{}
	for p := range m.parts {
		accounts[p.account] = true
	}
	for p := range m.singles {
		accounts[p.account] = true
	}
	ids := slices.Sorted(maps.Keys(accounts))
	w.WriteString(",\n\"accounts\":")
	w.list(len(ids), func(i int) { m.writeAccount(w, ids[i], len(ids) == 1) })
	if m.tree.seen {
		w.WriteString(",\n\"organizations\":")
		m.writeOrganizations(w)
	}
	w.WriteString("\n}\n")
	return w.Bytes(), &origins{w.Bytes(), w.origins}
}

func (m importWriter) writeCapture(w *nativeWriter) {
	w.WriteString(`"capture":{"tool":"canreach snapshot import"`)
	if m.caller != "" {
		w.WriteString(`,"caller":` + quoteJSON(m.caller))
	}
	slices.SortFunc(m.gaps, func(a, b Gap) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region), strings.Compare(a.Service, b.Service),
			strings.Compare(a.Operation, b.Operation), strings.Compare(a.Resource, b.Resource), strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message))
	})
	m.gaps = slices.Compact(m.gaps)
	w.WriteString(`,"gaps":`)
	w.list(len(m.gaps), func(i int) {
		g := m.gaps[i]
		w.WriteByte('{')
		first := true
		for _, p := range [][2]string{{"account", g.Account}, {"region", g.Region}, {"service", g.Service}, {"operation", g.Operation},
			{"resource", g.Resource}, {"code", g.Code}, {"message", g.Message}} {
			if p[1] == "" {
				continue
			}
			if !first {
				w.WriteByte(',')
			}
			first = false
			w.WriteString(quoteJSON(p[0]) + ":" + quoteJSON(p[1]))
		}
		w.WriteByte('}')
	})
	w.WriteByte('}')
}

// services writes the members of a place, one service each.
func (m importWriter) services(w *nativeWriter, p place) {
	byService := map[string]map[string]bool{}
	note := func(name string) {
		service, key, _ := strings.Cut(name, "/")
		if byService[service] == nil {
			byService[service] = map[string]bool{}
		}
		byService[service][key] = true
	}
	for name := range m.parts[p] {
		note(name)
	}
	for name := range m.singles[p] {
		note(name)
	}
	for _, service := range slices.Sorted(maps.Keys(byService)) {
		w.WriteString(",\n" + quoteJSON(service) + ":{")
		for i, key := range slices.Sorted(maps.Keys(byService[service])) {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString("\n" + quoteJSON(key) + ":")
			if v, ok := m.singles[p][service+"/"+key]; ok {
				w.value(v)
			} else {
				w.collection(p.account, service+"/"+key, m.parts[p][service+"/"+key])
			}
		}
		w.WriteString("\n}")
	}
}

func (m importWriter) writeAccount(w *nativeWriter, id string, alone bool) {
	w.WriteString(`{"accountId":` + quoteJSON(id))
	m.writeMembership(w, id, alone)
	regions := map[string]bool{}
	for p := range m.parts {
		if p.account == id && p.region != "" {
			regions[p.region] = true
		}
	}
	for p := range m.singles {
		if p.account == id && p.region != "" {
			regions[p.region] = true
		}
	}
	names := slices.Sorted(maps.Keys(regions))
	w.WriteString(",\n\"regions\":")
	w.list(len(names), func(i int) {
		w.WriteString(`{"region":` + quoteJSON(names[i]))
		m.services(w, place{id, names[i]})
		w.WriteByte('}')
	})
	m.services(w, place{account: id})
	w.WriteByte('}')
}

// writeMembership writes what the files tell of an account's organization.
// Where nobody says to whom "not in an organization" was answered, it was said
// of every account of the directory.
func (m importWriter) writeMembership(w *nativeWriter, id string, alone bool) {
	if slices.Contains(m.noOrg, id) || slices.Contains(m.noOrg, "") {
		w.WriteString(`,"organizationId":null`)
		return
	}
	t := &m.tree
	organization := t.organization.text
	if organization == nil {
		return
	}
	management := firstText(memberText(organization, "MasterAccountId"), memberText(organization, "ManagementAccountId"))
	caller, _ := parseARN(m.caller)
	if !t.members[id] && id != management && !alone && caller.account != id {
		return
	}
	w.WriteString(`,"organizationId":` + quoteJSON(memberText(organization, "Id")))
	if path := t.path(id); path != nil {
		w.WriteString(`,"organizationPath":[`)
		for i, p := range path {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString(quoteJSON(p))
		}
		w.WriteByte(']')
	}
	if management != "" {
		fmt.Fprintf(w, `,"managementAccount":%t`, id == management)
	}
}

func (m importWriter) writeOrganizations(w *nativeWriter) {
	t := &m.tree
	w.WriteByte('{')
	comma := ""
	if t.organization.text != nil {
		w.WriteString(`"Organization":`)
		w.compact(t.organization.text)
		comma = ","
	}
	if roots, ok := t.roots.members["Roots"]; ok {
		w.WriteString(comma + "\n\"Roots\":")
		w.compact(roots.text)
		comma = ","
	}
	for _, kind := range slices.Sorted(maps.Keys(orgKinds)) {
		var records []*record
		for _, r := range t.policies.sorted() {
			if t.kinds[r.id] == kind {
				records = append(records, r)
			}
		}
		if len(records) == 0 && !t.listed[kind] {
			continue
		}
		w.WriteString(comma + "\n" + quoteJSON(orgKinds[kind]) + ":")
		comma = ","
		w.list(len(records), func(i int) { w.members("PolicySummary", t.policyMembers(records[i])) })
	}
	w.WriteString("\n}")
}

func (t *orgTree) policyMembers(r *record) map[string]raw {
	out := maps.Clone(r.members)
	if targets := t.attached[r.id]; len(targets) > 0 && !r.has("Targets") {
		var items []string
		for _, id := range slices.Sorted(maps.Keys(targets)) {
			items = append(items, `{"TargetId":`+quoteJSON(id)+`}`)
		}
		out["Targets"] = literal("["+strings.Join(items, ",")+"]", nil)
	}
	return out
}

// lastGaps notes what the files leave open although nothing failed: a list of
// which only some elements were asked for.
func (m importWriter) lastGaps() {
	for p, byName := range m.parts {
		c := byName["iam/RoleDetailList"]
		if c == nil {
			continue
		}
		for _, r := range c.sorted() {
			if r.has("RolePolicyList") || r.has("policyNames") {
				continue
			}
			for key := range r.members {
				if strings.HasPrefix(key, "inline/") {
					m.gaps = append(m.gaps, Gap{Account: p.account, Service: "iam", Operation: "ListRolePolicies", Resource: r.id,
						Code: "NotCollected", Message: "inline policies are here, and the list of their names is not"})
					break
				}
			}
		}
	}
	for _, r := range m.tree.policies.sorted() {
		if len(m.tree.attached[r.id]) > 0 && !r.has("Targets") {
			m.gaps = append(m.gaps, Gap{Service: "organizations", Operation: "ListTargetsForPolicy", Resource: r.id,
				Code: "NotCollected", Message: "some of its targets are known, and the list of them is not here"})
		}
	}
}

func sortBy(items []int, key func(int) int) {
	slices.SortStableFunc(items, func(a, b int) int { return cmp.Compare(key(a), key(b)) })
}
