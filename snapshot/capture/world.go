package capture

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// world is what was captured, on its way to the file.
type world struct {
	header        header
	accounts      []*account
	organizations object // nil: not collected
	things        int
}

// header is the only part of the file that differs between two captures of
// one state.
type header struct {
	StartedAt, FinishedAt, Tool, Caller string
	Resumed                             bool
	Gaps                                []snapshot.Gap
}

// account is one account's part of the file.
type account struct {
	session *session
	regions []*region

	mu           sync.Mutex
	organization object // members of the account itself
	management   string // the organization's management account, where known
	organizationID,
	organizationText string
	iam     object
	roles   []string // of the scope, as they were asked for, that were found
	s3      object
	buckets []*bucket
	keys    []keyed
	aliases []json.RawMessage
}

// region is one region's part of an account.
type region struct {
	name string

	mu       sync.Mutex
	services map[string]map[string]any // "ec2" → "Vpcs" → []json.RawMessage or json.RawMessage
	complete []string                  // keys whose collections hold every one there is (N12)
}

func newAccount(s *session, regions []string) *account {
	a := &account{session: s}
	for _, name := range regions {
		a.regions = append(a.regions, &region{name: name, services: map[string]map[string]any{}})
	}
	return a
}

// put keeps a collection (a list) or a single thing under its service.
func (g *region) put(service, key string, value any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.services[service] == nil {
		g.services[service] = map[string]any{}
	}
	g.services[service][key] = value
}

// add adds items to a collection.
func (g *region) add(service, key string, items ...json.RawMessage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.services[service] == nil {
		g.services[service] = map[string]any{}
	}
	kept, _ := g.services[service][key].([]json.RawMessage)
	g.services[service][key] = merged(kept, items)
}

// whole notes that a collection holds everything of its kind here (N12).
func (g *region) whole(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.complete = append(g.complete, key)
}

// list returns a collection that was kept.
func (g *region) list(service, key string) []json.RawMessage {
	g.mu.Lock()
	defer g.mu.Unlock()
	items, _ := g.services[service][key].([]json.RawMessage)
	return items
}

// caller names who captured: the one caller, or all of them in order.
func (w *world) caller() string {
	var callers []string
	for _, a := range w.accounts {
		callers = append(callers, a.session.caller)
	}
	return strings.Join(callers, " ")
}

// account returns the captured account with the id, or nil.
func (w *world) account(id string) *account {
	for _, a := range w.accounts {
		if a.session.account == id {
			return a
		}
	}
	return nil
}

func (w *world) parts() []part {
	var out []part
	for _, a := range w.accounts {
		for _, g := range a.regions {
			out = append(out, part{a, g})
		}
	}
	return out
}

// part is one region of one account.
type part struct {
	account *account
	region  *region
}

func (p part) at(resource string) place {
	return place{session: p.account.session, region: p.region.name, resource: resource}
}

// native returns the file's contents, in the order in which they are written.
func (w *world) native() object {
	var accounts []any
	for _, a := range w.accounts {
		accounts = append(accounts, w.nativeAccount(a))
	}
	gaps := make([]json.RawMessage, len(w.header.Gaps))
	for i, g := range w.header.Gaps {
		gaps[i] = marshal(g)
	}
	capture := object{
		{"startedAt", marshal(w.header.StartedAt)}, {"finishedAt", marshal(w.header.FinishedAt)},
		{"tool", marshal(w.header.Tool)}, {"caller", marshal(w.header.Caller)},
	}
	if w.header.Resumed {
		capture = append(capture, field{"resumed", marshal(true)})
	}
	out := object{{"schema", marshal("canreach.snapshot/v1")}, {"capture", append(capture, field{"gaps", gaps})}, {"accounts", accounts}}
	if w.organizations != nil {
		out = append(out, field{"organizations", w.organizations})
	}
	return out
}

func (w *world) nativeAccount(a *account) object {
	out := append(object{{"accountId", marshal(a.session.account)}}, a.organization...)
	var regions []any
	for _, g := range a.regions {
		regions = append(regions, g.native())
	}
	out = append(out, field{"regions", regions})
	if a.iam != nil {
		out = append(out, field{"iam", a.iam})
	}
	if a.s3 != nil {
		out = append(out, field{"s3", a.s3})
	}
	if a.keys != nil || a.aliases != nil {
		kms := object{}
		if a.keys != nil {
			kms = append(kms, field{"Keys", sortedItems(a.keys)})
		}
		if a.aliases != nil {
			kms = append(kms, field{"Aliases", a.aliases})
		}
		out = append(out, field{"kms", kms})
	}
	return out
}

func (g *region) native() object {
	out := object{{"region", marshal(g.name)}}
	if len(g.complete) > 0 {
		slices.Sort(g.complete)
		out = append(out, field{"complete", marshal(g.complete)})
	}
	for _, service := range sortedKeys(g.services) {
		part := object{}
		for _, key := range sortedKeys(g.services[service]) {
			part = append(part, field{key, g.services[service][key]})
		}
		out = append(out, field{service, part})
	}
	return out
}

// sortedItems orders items by their keys and drops repetitions.
func sortedItems(items []keyed) []json.RawMessage {
	slices.SortFunc(items, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	items = slices.CompactFunc(items, func(a, b keyed) bool { return a.key == b.key })
	out := make([]json.RawMessage, len(items))
	for i := range items {
		out[i] = items[i].item
	}
	return out
}

// merged joins sorted lists of one collection, dropping repetitions.
func merged(lists ...[]json.RawMessage) []json.RawMessage {
	out := []json.RawMessage{}
	for _, l := range lists {
		out = append(out, l...)
	}
	if len(lists) > 1 {
		slices.SortFunc(out, func(a, b json.RawMessage) int { return slices.Compare(a, b) })
		out = slices.CompactFunc(out, func(a, b json.RawMessage) bool { return slices.Equal(a, b) })
	}
	return out
}

// operations of one unit of capturing and service, in the list's order.
func (r *run) of(per calls.Per, service string) []calls.Operation {
	var out []calls.Operation
	for _, o := range calls.All() {
		if o.Per == per && o.Service == service && r.request.Wants(o.Need) {
			out = append(out, o)
		}
	}
	return out
}
