package snapshot

import (
	"net/netip"
	"slices"

	"github.com/canreach/canreach/internal/jsonscan"
)

// PrefixListEntry is one CIDR of a prefix list.
type PrefixListEntry struct {
	At          Source
	CIDR        netip.Prefix
	Description string
}

// PrefixList merges describe-prefix-lists, describe-managed-prefix-lists and
// get-managed-prefix-list-entries by id.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-managed-prefix-lists.html
type PrefixList struct {
	At           Source
	ID           PrefixListID `aws:"PrefixListId"`
	Name         string       `aws:"PrefixListName"` // "com.amazonaws.us-east-1.s3"
	OwnerID      string       `aws:"OwnerId"`        // "AWS" for AWS-managed lists; empty: not told
	Family       string       `aws:"AddressFamily"`  // "IPv4" or "IPv6"; empty: not told
	MaxEntries   int          `aws:"MaxEntries"`
	State        string       `aws:"State"`
	Entries      []PrefixListEntry
	EntriesKnown bool // Cidrs or Entries are in the snapshot; else treat symbolically (N33)
	// Unlisted are addresses that the service of AWS's list answers from though
	// no entry has them. No snapshot tells them: they are entries that a question
	// takes away.
	Unlisted []netip.Prefix
}

func (v *PrefixList) member(r *reader, key string) bool {
	if key != "Cidrs" && key != "Entries" {
		return false
	}
	if entries, known := r.prefixListEntries(r.child(v.At, key)); known {
		v.Entries, v.EntriesKnown = append(v.Entries, entries...), true
	}
	return true
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
	return keep(r, out), true
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
