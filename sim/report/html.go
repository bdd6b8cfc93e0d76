package report

import (
	"strings"

	"github.com/canreach/canreach/internal/picture"
)

// page writes HTML. Tag and attribute names are the program's own constants;
// every text and attribute value is cleaned and escaped. (html/template would
// do the same, and keep every exported method of the AWS SDK in the binary.)
type page struct {
	b strings.Builder
}

// open writes a start tag with attributes given as name, value pairs.
func (p *page) open(tag string, attrs ...string) {
	p.b.WriteString("<" + tag)
	for i := 0; i < len(attrs); i += 2 {
		p.b.WriteString(" " + attrs[i] + `="` + escape(attrs[i+1]) + `"`)
	}
	p.b.WriteString(">")
}

func (p *page) close(tags ...string) {
	for _, t := range tags {
		p.b.WriteString("</" + t + ">")
	}
	p.b.WriteString("\n")
}

// text writes text on one line: line breaks in it become spaces.
func (p *page) text(s string) { p.b.WriteString(escape(s)) }

// lines writes text that keeps its line breaks and tabs, for <pre>.
func (p *page) lines(s string) {
	for i, l := range strings.Split(s, "\n") {
		if i > 0 {
			p.b.WriteByte('\n')
		}
		p.b.WriteString(escape(strings.ReplaceAll(l, "\t", "  ")))
	}
}

// el writes an element that holds only text; an empty one is left out.
func (p *page) el(tag, class, s string) {
	if s == "" {
		return
	}
	if class == "" {
		p.open(tag)
	} else {
		p.open(tag, "class", class)
	}
	p.text(s)
	p.close(tag)
}

// raw writes the program's own markup, and nobody else's.
func (p *page) raw(s string) { p.b.WriteString(s) }

// link writes text as a link, where the address is one of AWS's pages.
func (p *page) link(url, text string) {
	if !strings.HasPrefix(url, "https://docs.aws.amazon.com/") {
		p.text(text)
		return
	}
	p.open("a", "href", url, "rel", "noreferrer noopener")
	p.text(text)
	p.close("a")
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "`", "&#96;")

func escape(s string) string { return escaper.Replace(picture.Clean(s)) }
