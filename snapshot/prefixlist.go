package snapshot

import (
	"net/netip"
	"slices"

	"github.com/canreach/canreach/internal/jsonscan"
)

var prefixListShape = shape[PrefixList]{(*reader).prefixList, func(v *PrefixList) string { return string(v.ID) }, "PrefixListId"}

// prefixList reads one of describe-prefix-lists (Cidrs),
// describe-managed-prefix-lists, or an item that holds Entries as
// get-managed-prefix-list-entries prints them.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-managed-prefix-lists.html
func (r *reader) prefixList(at Source, v *PrefixList) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "PrefixListId":
			readText(r, &v.ID)
		case "PrefixListName":
			v.Name = r.text()
		case "OwnerId":
			v.OwnerID = r.text()
		case "AddressFamily":
			v.Family = r.text()
		case "MaxEntries":
			v.MaxEntries, _ = r.int()
		case "State":
			v.State = r.text()
		case "Cidrs", "Entries":
			if entries, known := r.prefixListEntries(r.child(at, r.Key())); known {
				v.Entries, v.EntriesKnown = append(v.Entries, entries...), true
			}
		default:
			r.Skip()
		}
	}
}

func (r *reader) prefixListEntries(base string) ([]PrefixListEntry, bool) {
	if !r.array() {
		return nil, false
	}
	var buf [32]PrefixListEntry
	out := buf[:0]
	for i := 0; r.NextItem(); i++ {
		e := PrefixListEntry{At: Source{base, int32(i)}}
		if r.Peek() == jsonscan.String {
			e.CIDR = r.prefix(anyFamily)
		} else {
			for ok := r.object(); ok && r.NextKey(); {
				switch r.Key() {
				case "Cidr":
					e.CIDR = r.prefix(anyFamily)
				case "Description":
					e.Description = r.text()
				default:
					r.Skip()
				}
			}
		}
		if e.CIDR.IsValid() {
			out = append(out, e)
		}
	}
	return keep(&r.slabs.listEntries, out), true
}

// mergePrefixLists joins what the three calls tell of one list. Entries that
// contradict each other are noted.
func (r *reader) mergePrefixLists(parts ...Collection[PrefixList]) Collection[PrefixList] {
	var out Collection[PrefixList]
	byID := make(map[PrefixListID]int)
	for _, c := range parts {
		if c.Presence == NotCollected {
			continue
		}
		if out.Presence == NotCollected {
			out.Presence, out.At, out.Items = c.Presence, c.At, []PrefixList{}
		}
		for _, p := range c.Items {
			i, found := byID[p.ID]
			if !found {
				byID[p.ID] = len(out.Items)
				out.Items = append(out.Items, p)
				continue
			}
			r.mergePrefixList(&out.Items[i], p)
		}
	}
	return out
}

func (r *reader) mergePrefixList(into *PrefixList, p PrefixList) {
	same := fill(&into.Name, p.Name) && fill(&into.OwnerID, p.OwnerID) && fill(&into.Family, p.Family)
	fill(&into.State, p.State)
	into.MaxEntries = max(into.MaxEntries, p.MaxEntries)
	switch {
	case !p.EntriesKnown:
	case !into.EntriesKnown:
		into.Entries, into.EntriesKnown = p.Entries, true
	case !slices.Equal(sortedCIDRs(into.Entries), sortedCIDRs(p.Entries)):
		same = false
	}
	if !same {
		r.contradiction(p.At, "PrefixListId", string(p.ID), into.At)
	}
}

// fill sets a text that was not told; false: the two contradict each other.
func fill(into *string, t string) bool {
	if *into == "" {
		*into = t
	}
	return t == "" || *into == t
}

func sortedCIDRs(entries []PrefixListEntry) []netip.Prefix {
	out := make([]netip.Prefix, len(entries))
	for i, e := range entries {
		out[i] = e.CIDR
	}
	slices.SortFunc(out, netip.Prefix.Compare)
	return slices.Compact(out)
}
