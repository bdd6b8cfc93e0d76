package snapshot

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// orgTree is what the files tell of an organization.
type orgTree struct {
	organization raw
	roots        record // of list-roots
	policies     collection
	listed       map[string]bool            // types whose list is here
	attached     map[string]map[string]bool // policy → targets, from list-policies-for-target
	parent       map[string]string          // child → parent
	members      map[string]bool            // accounts of the organization
	kinds        map[string]string          // policy → type
	seen         bool
}

// orgKinds maps the types of policies to where the native form has them.
var orgKinds = map[string]string{"SERVICE_CONTROL_POLICY": "serviceControlPolicies", "RESOURCE_CONTROL_POLICY": "resourceControlPolicies"}

func (t *orgTree) init() {
	if t.listed == nil {
		t.listed, t.members, t.kinds = map[string]bool{}, map[string]bool{}, map[string]string{}
		t.roots.members = map[string]raw{}
		t.attached, t.parent = map[string]map[string]bool{}, map[string]string{}
	}
	t.seen = true
}

// organizationsFile takes in what Organizations prints; false: the file is none
// of it.
func (m *importer) organizationsFile(f *cliFile) bool {
	_, folder := f.below("organizations")
	t := &m.tree
	switch {
	case f.kind("Organization") == jsonscan.Object:
		t.init()
		if t.organization.text != nil && !sameJSON(t.organization.text, f.value("Organization")) {
			m.note(contradicts(f.member("Organization"), t.organization, "Organization"))
		}
		t.organization = f.member("Organization")
	case f.kind("Policy") == jsonscan.Object && strings.Contains(string(f.value("Policy")), `"PolicySummary"`):
		t.init()
		m.describedPolicy(f)
	case f.kind("Policies") == jsonscan.Array && (folder || strings.Contains(string(f.value("Policies")), ":organizations:")):
		t.init()
		m.listedPolicies(f)
	case f.kind("Targets") == jsonscan.Array && (folder || strings.Contains(f.name, "for-policy")):
		t.init()
		id := f.id("p-")
		if id == "" {
			m.errs = append(m.errs, &LoadError{File: f.path, Problem: "nothing tells which policy these targets are of",
				Hint: "name the file list-targets-for-policy.p-….json"})
			return true
		}
		m.joinArray(t.policies.get(id), "Targets", f.member("Targets"))
		m.page(f, &t.policies)
	case f.kind("Accounts") == jsonscan.Array && folder:
		t.init()
		parent := firstText(f.id("ou-"), f.id("r-"))
		m.eachItem(f, "Accounts", func(item raw) { t.child(memberText(item.text, "Id"), parent, true) })
	case f.kind("Parents") == jsonscan.Array:
		t.init()
		child := firstText(f.id("ou-"), accountInName(f))
		m.eachItem(f, "Parents", func(item raw) { t.child(child, memberText(item.text, "Id"), isAccountID(child)) })
	case f.kind("OrganizationalUnits") == jsonscan.Array || f.kind("Children") == jsonscan.Array:
		t.init()
		key := "OrganizationalUnits"
		if f.has("Children") {
			key = "Children"
		}
		parent := firstText(f.id("ou-"), f.id("r-"))
		m.eachItem(f, key, func(item raw) {
			id := memberText(item.text, "Id")
			t.child(id, parent, isAccountID(id))
		})
	case f.kind("Roots") == jsonscan.Array:
		t.init()
		m.joinArray(&t.roots, "Roots", f.member("Roots"))
	case f.kind("OrganizationalUnit") == jsonscan.Object || f.kind("EffectivePolicy") == jsonscan.Object:
		t.init()
	default:
		return false
	}
	return true
}

func accountInName(f *cliFile) string {
	parts := f.parts()
	for i := len(parts) - 1; i >= 0; i-- {
		for _, word := range strings.FieldsFunc(parts[i], func(r rune) bool { return strings.ContainsRune("-_. ", r) }) {
			if isAccountID(word) {
				return word
			}
		}
	}
	return ""
}

func (t *orgTree) child(id, parent string, account bool) {
	if id == "" {
		return
	}
	if account {
		t.members[id] = true
	}
	if parent != "" && parent != id {
		t.parent[id] = parent
	}
}

// describedPolicy reads describe-policy.
func (m *importer) describedPolicy(f *cliFile) {
	policy := f.member("Policy")
	one := &record{members: map[string]raw{}}
	for _, e := range one.setAll(policy) {
		m.note(e)
	}
	summary := one.members["PolicySummary"]
	id := memberText(summary.text, "Id")
	if id == "" {
		m.problem(f, "Policy", "", "no PolicySummary.Id here")
		return
	}
	m.tree.kinds[id] = memberText(summary.text, "Type")
	r := m.tree.policies.get(id)
	r.replace("PolicySummary", summary)
	if content, ok := one.members["Content"]; ok {
		m.note(r.set("Content", content))
	}
}

// listedPolicies reads list-policies, or list-policies-for-target, whose file
// name holds the target.
func (m *importer) listedPolicies(f *cliFile) {
	target := ""
	if strings.Contains(f.name, "for-target") {
		target = firstText(f.id("ou-"), f.id("r-"), accountInName(f))
	}
	for kind := range orgKinds {
		if strings.Contains(f.path, kind) {
			m.tree.listed[kind] = true
		}
	}
	m.eachItem(f, "Policies", func(item raw) {
		id, kind := memberText(item.text, "Id"), memberText(item.text, "Type")
		if id == "" {
			m.note(f.problem(item.offset, "", "no Id here"))
			return
		}
		m.tree.kinds[id] = kind
		m.tree.listed[kind] = true
		r := m.tree.policies.get(id)
		if !r.has("PolicySummary") {
			r.replace("PolicySummary", item)
		}
		if target != "" {
			if m.tree.attached[id] == nil {
				m.tree.attached[id] = map[string]bool{}
			}
			m.tree.attached[id][target] = true
		}
	})
}

// path returns the way from the root to an account, without the account; nil
// where the files do not tell all of it.
func (t *orgTree) path(account string) []string {
	var out []string
	for id := t.parent[account]; id != ""; id = t.parent[id] {
		if len(out) > 32 || slices.Contains(out, id) {
			return nil
		}
		out = append(out, id)
	}
	slices.Reverse(out)
	if len(out) == 0 || !strings.HasPrefix(out[0], "r-") {
		return nil
	}
	return out
}
