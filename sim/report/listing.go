package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// Listing is a page of verdicts below headings, such as who can reach a bucket.
type Listing struct {
	Title    string
	Notes    []string
	Sections []ListingSection
	Paths    *picture.Diagram // drawn below the entries; nil: none
	Snapshot sim.SnapshotRef
}

// ListingSection is one heading with its entries.
type ListingSection struct {
	Title   string
	Entries []ListingEntry
}

// ListingEntry is one verdict with what it concerns.
type ListingEntry struct {
	Verdict sim.Verdict
	Title   string
	Parts   []ListingPart
}

// ListingPart is a term with its items. A long list is folded.
type ListingPart struct {
	Term  string
	Items []string
}

// shownItems is how many items of a part are shown unfolded.
const shownItems = 6

// ListingHTML writes a listing as one self-contained page, without script and
// without anything to load.
func ListingHTML(w io.Writer, l *Listing) error {
	h := newPage()
	h.start(l.Title, StyleSheet)
	h.Open("header")
	h.El("h1", "", l.Title)
	for _, n := range l.Notes {
		h.El("p", "note", n)
	}
	h.Close("header")
	for _, s := range l.Sections {
		h.Open("section")
		h.El("h2", "", s.Title)
		for i := range s.Entries {
			h.entry(&s.Entries[i])
		}
		h.Close("section")
	}
	if l.Paths != nil {
		if err := h.lanesOf(l.Paths, 0); err != nil {
			return err
		}
	}
	h.Raw("<footer>\n<dl>\n")
	h.Pair("Snapshot sha256", l.Snapshot.SHA256)
	h.Pair("Captured", l.Snapshot.CapturedAt)
	h.Raw("</dl>\n</footer>\n</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, h.String())
	return err
}

// Joined draws several answers in one diagram, each lane below its answer's title.
func Joined(title string, verdict sim.Verdict, answers []*sim.Answer, titles []string) *picture.Diagram {
	out := &picture.Diagram{Title: title, Mark: VerdictMark(verdict), Word: verdict.String()}
	for i, a := range answers {
		out.Lanes = append(out.Lanes, sideLanes(titles[i], Diagram(a).Lanes)...)
	}
	return out
}

func (h *page) entry(e *ListingEntry) {
	mark := VerdictMark(e.Verdict)
	h.Open("article", "class", "finding "+mark.String())
	h.Open("h3")
	h.Raw(picture.MarkSVG(mark, 16))
	h.Text(e.Verdict.String())
	h.El("span", "where", e.Title)
	h.Close("h3")
	h.Open("dl")
	for _, p := range e.Parts {
		if len(p.Items) == 0 {
			continue
		}
		h.El("dt", "", p.Term)
		h.Open("dd")
		n := min(len(p.Items), shownItems)
		for _, item := range p.Items[:n] {
			h.El("div", "", item)
		}
		if rest := p.Items[n:]; len(rest) > 0 {
			h.Open("details")
			h.El("summary", "", fmt.Sprintf("%d more", len(rest)))
			for _, item := range rest {
				h.El("div", "", item)
			}
			h.Close("details")
		}
		h.Close("dd")
	}
	h.Close("dl", "article")
}

// start begins a self-contained page that may load nothing.
func (h *page) start(title, style string) {
	sum := sha256.Sum256([]byte(style))
	h.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	h.Raw(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) + `'; base-uri 'none'; form-action 'none'">` + "\n")
	h.Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	h.El("title", "", title)
	h.Raw("<style>" + style + "</style>\n</head>\n<body>\n<main>\n")
}
