// Package markup writes HTML in which nobody's text is ever markup.
package markup

import (
	"strings"

	"github.com/canreach/canreach/internal/picture"
)

// Page writes HTML. Tag and attribute names are the program's own constants;
// every text and attribute value is cleaned and escaped. (html/template would
// do the same, and keep every exported method of the AWS SDK in the binary.)
type Page struct {
	b strings.Builder
}

// String returns what was written.
func (p *Page) String() string { return p.b.String() }

// Take returns what was written since the last call, and begins anew.
func (p *Page) Take() string {
	s := p.b.String()
	p.b.Reset()
	return s
}

// Open writes a start tag with attributes given as name, value pairs.
func (p *Page) Open(tag string, attrs ...string) {
	p.b.WriteString("<" + tag)
	for i := 0; i < len(attrs); i += 2 {
		p.b.WriteString(" " + attrs[i] + `="` + Escape(attrs[i+1]) + `"`)
	}
	p.b.WriteString(">")
}

// Close writes end tags and a newline.
func (p *Page) Close(tags ...string) {
	for _, t := range tags {
		p.b.WriteString("</" + t + ">")
	}
	p.b.WriteString("\n")
}

// Text writes text on one line: line breaks in it become spaces.
func (p *Page) Text(s string) { p.b.WriteString(Escape(s)) }

// Lines writes text that keeps its line breaks and tabs, for <pre>.
func (p *Page) Lines(s string) {
	for i, l := range strings.Split(s, "\n") {
		if i > 0 {
			p.b.WriteByte('\n')
		}
		p.b.WriteString(Escape(strings.ReplaceAll(l, "\t", "  ")))
	}
}

// El writes an element that holds only text; an empty one is left out.
func (p *Page) El(tag, class, s string) {
	if s == "" {
		return
	}
	if class == "" {
		p.Open(tag)
	} else {
		p.Open(tag, "class", class)
	}
	p.Text(s)
	p.Close(tag)
}

// Raw writes the program's own markup, and nobody else's.
func (p *Page) Raw(s string) { p.b.WriteString(s) }

// Link writes text as a link, where the address is one of AWS's pages.
func (p *Page) Link(url, text string) {
	if !strings.HasPrefix(url, "https://docs.aws.amazon.com/") {
		p.Text(text)
		return
	}
	p.Open("a", "href", url, "rel", "noreferrer noopener")
	p.Text(text)
	p.Close("a")
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "`", "&#96;")

// Escape makes text safe between tags and in quoted attributes, on one line.
func Escape(s string) string { return escaper.Replace(picture.Clean(s)) }

// Pair writes one name and value of a list of them; one without a value is left out.
func (p *Page) Pair(name, value string) {
	if value == "" {
		return
	}
	p.El("dt", "", name)
	p.El("dd", "", value)
}
