package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/accountmap"
	"github.com/canreach/canreach/snapshot"
)

// MapHTML writes m as one self-contained page. Its one script is the program's
// own and sets classes and attributes; without it the page shows everything.
func MapHTML(w io.Writer, m *accountmap.Map) error { return mapHTML(w, m, newPage()) }

// LinkedMap is MapHTML with each subnet a link to where subnet says, and a way
// back to home. command is the command line that draws the same.
func LinkedMap(w io.Writer, m *accountmap.Map, home, command string, subnet func(id string) string) error {
	h := newPage()
	h.home, h.command, h.subnet = home, command, subnet
	return mapHTML(w, m, h)
}

func mapHTML(w io.Writer, m *accountmap.Map, h *page) error {
	h.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	h.Raw(`<meta http-equiv="Content-Security-Policy" content="` + MapPolicy() + `">` + "\n")
	h.Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	h.El("title", "", "Map: "+mapTitle(m))
	h.Raw("<style>" + mapSheet + "</style>\n</head>\n<body class=\"map\">\n<main>\n")
	h.Raw("<header>\n")
	if h.home != "" {
		h.Open("p")
		h.Open("a", "href", h.home)
		h.Text("← Ask")
		h.Close("a", "p")
	}
	h.El("h1", "", mapTitle(m))
	h.El("p", "note", "Each subnet is shown as its interfaces fare; one without interfaces as an interface with the VPC's default security group would. "+
		"Subnets of a VPC that fare alike are one group. A bucket is reached where some role of the snapshot reaches it from there.")
	h.Raw("</header>\n")
	h.mapControls(m)
	for i := range m.VPCs {
		h.mapVPC(m, i)
	}
	h.mapBetween(m)
	h.mapBuckets(m)
	if h.command != "" {
		h.Raw("<section class=\"command\"><h2>Command line</h2>\n<pre tabindex=\"0\">")
		h.Lines(h.command)
		h.Close("pre", "section")
	}
	h.Raw("<footer>\n<h2>Record</h2>\n<dl>\n")
	h.Pair("Snapshot sha256", m.Snapshot.SHA256)
	h.Pair("Captured", m.Snapshot.CapturedAt)
	h.Close("dl", "footer")
	h.Raw("</main>\n<script>" + mapScript + "</script>\n</body>\n</html>\n")
	_, err := io.WriteString(w, h.String())
	return err
}

const mapSheet = StyleSheet + mapStyle

// MapPolicy is the Content-Security-Policy of the map's page.
func MapPolicy() string {
	return "default-src 'none'; style-src " + cspHash(mapSheet) + "; script-src " + cspHash(mapScript) + "; base-uri 'none'; form-action 'none'"
}

func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// mapVerdicts are the verdicts in the legend's order; their first letters stand
// for them in data-v.
var mapVerdicts = []sim.Verdict{sim.Reachable, sim.Partial, sim.Unknown, sim.Blocked}

func (h *page) mapControls(m *accountmap.Map) {
	h.Raw("<section class=\"controls\" aria-label=\"Legend and filters\">\n<p><label for=\"view\">Colour by</label> <select id=\"view\">")
	for i, v := range m.Views {
		h.option(strconv.Itoa(i), viewTitle(v))
	}
	h.Raw("</select></p>\n<p class=\"legend\" role=\"group\" aria-label=\"Verdicts to show\">")
	count := viewCounts(m, 0)
	for _, v := range mapVerdicts {
		mark := VerdictMark(v)
		h.Open("button", "type", "button", "class", "key "+mark.String(), "data-k", v.String()[:1], "aria-pressed", "true")
		h.Raw(picture.MarkSVG(mark, 16))
		h.Text(v.String() + " ")
		h.Raw(fmt.Sprintf("<span class=\"n\">%d</span></button>", count[v]))
	}
	h.Raw("</p>\n<p class=\"filters\"><span class=\"pair\"><label for=\"q\">Search</label> <input id=\"q\" type=\"search\" autocomplete=\"off\" placeholder=\"name, id, range, zone\"></span>")
	h.choice("region", "Region", m, func(v *accountmap.VPC, add func(value, text string)) { add(v.Region, v.Region) })
	h.choice("vpc", "VPC", m, func(v *accountmap.VPC, add func(value, text string)) { add(v.ID, named(v.Name, v.ID)) })
	h.choice("tag", "Tag", m, func(v *accountmap.VPC, add func(value, text string)) {
		for i := range v.Groups {
			for j := range v.Groups[i].Subnets {
				for _, t := range v.Groups[i].Subnets[j].Tags {
					if t.Key != "Name" {
						add(tagText(t), tagText(t))
					}
				}
			}
		}
	})
	h.Raw(" <button type=\"button\" id=\"fold\">Fold all</button> <button type=\"button\" id=\"reset\">Show all</button></p>\n")
	h.Raw(fmt.Sprintf("<p id=\"shown\" class=\"note\" aria-live=\"polite\">%s shown.</p>\n</section>\n", plural(m.Subnets, "subnet")))
}

func (h *page) option(value, text string) {
	h.Open("option", "value", value)
	h.Text(text)
	h.Raw("</option>")
}

// choice is a list of the values that the VPCs have.
func (h *page) choice(id, label string, m *accountmap.Map, of func(v *accountmap.VPC, add func(value, text string))) {
	type pair struct{ text, value string }
	seen := map[pair]bool{}
	for i := range m.VPCs {
		of(&m.VPCs[i], func(value, text string) { seen[pair{text, value}] = true })
	}
	var all []pair
	for p := range seen {
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y pair) int { return strings.Compare(x.text+"\x00"+x.value, y.text+"\x00"+y.value) })
	h.Raw(fmt.Sprintf(" <span class=\"pair\"><label for=\"%s\">%s</label> <select id=\"%s\"><option value=\"\">all</option>", id, label, id))
	for _, p := range all {
		h.option(p.value, p.text)
	}
	h.Raw("</select></span>")
}

func viewTitle(v accountmap.View) string {
	switch v.Kind {
	case accountmap.ViewS3:
		return "path to S3"
	case accountmap.ViewInternet:
		return "path to the internet"
	}
	return v.Bucket + ": " + v.Action
}

func tagText(t snapshot.Tag) string { return t.Key + "=" + t.Value }

func tagList(tags []snapshot.Tag) string {
	var out []string
	for _, t := range tags {
		out = append(out, tagText(t))
	}
	return strings.Join(out, "\n")
}

func (h *page) mapVPC(m *accountmap.Map, at int) {
	v := &m.VPCs[at]
	n := 0
	for i := range v.Groups {
		n += len(v.Groups[i].Subnets)
	}
	h.Open("details", "class", "vpc", "open", "", "data-vpc", picture.Clean(v.ID), "data-region", picture.Clean(v.Region))
	h.Open("summary")
	h.El("h2", "", named(v.Name, v.ID))
	h.El("span", "where", strings.Join([]string{strings.Join(v.Ranges, ", "), v.Region, "account " + v.Account, plural(n, "subnet")}, " · "))
	h.Close("summary")
	if len(v.Groups) == 0 {
		h.El("p", "note", "The snapshot holds no subnets of this VPC.")
	}
	for i := range v.Groups {
		h.mapGroup(m, &v.Groups[i])
	}
	h.mapComponents("Route tables, gateways and endpoints", v.Components)
	h.Close("details")
}

// letters are a group's verdicts in all views, a letter each.
func letters(g *accountmap.Group) string {
	var b strings.Builder
	for i := range g.Answers {
		b.WriteByte(g.Answers[i].Verdict.String()[0])
	}
	return b.String()
}

func (h *page) mapGroup(m *accountmap.Map, g *accountmap.Group) {
	mark := VerdictMark(g.Answers[0].Verdict)
	h.Open("section", "class", "group "+mark.String(), "data-v", letters(g))
	h.Open("p", "class", "answer")
	h.El("strong", "now", mark.Glyph()+" "+g.Answers[0].Verdict.String())
	h.El("span", "where", plural(len(g.Subnets), "subnet"))
	h.Close("p")
	h.path("S3", &g.Answers[0])
	h.path("Internet", &g.Answers[1])
	h.Raw("<ul class=\"tiles\">\n")
	for i := range g.Subnets {
		h.tile(&g.Subnets[i], mark, g.Answers[0].Verdict)
	}
	h.Raw("</ul>\n<details class=\"more\"><summary>What they reach, and through what</summary>\n<dl>\n")
	blocked := 0
	for i := range g.Answers {
		a := &g.Answers[i]
		if m.Views[i].Kind == accountmap.ViewBucket && a.Verdict == sim.Blocked {
			blocked++
			continue
		}
		h.El("dt", "", viewTitle(m.Views[i]))
		h.Open("dd")
		h.Raw(picture.MarkSVG(VerdictMark(a.Verdict), 13) + " ")
		h.Text(a.Verdict.String())
		h.answer(a)
		h.Close("dd")
	}
	if blocked > 0 {
		h.Pair("other buckets", plural(blocked, "question")+" BLOCKED: no role of the snapshot reaches them from here")
	}
	h.Raw("</dl></details>\n</section>\n")
}

// path says in a line what traffic takes, or what stops it.
func (h *page) path(name string, a *accountmap.Answer) {
	mark := VerdictMark(a.Verdict)
	h.Open("p", "class", "path")
	h.Raw(picture.MarkSVG(mark, 13) + " ")
	h.Text(name + ": " + a.Verdict.String())
	for _, c := range a.Chains {
		h.Text(", through " + strings.Join(c, " → "))
	}
	h.Text(because(a))
	h.Close("p")
}

// answer says what traffic takes, who can, or why not.
func (h *page) answer(a *accountmap.Answer) {
	for _, c := range a.Chains {
		h.Open("div", "class", "chain")
		h.Text("through " + strings.Join(c, " → "))
		h.Close("div")
	}
	if len(a.Via) > 0 {
		h.El("div", "chain", "via "+some(a.Via, 8))
	}
	if len(a.Roles) > 0 {
		h.El("div", "chain", "as "+some(a.Roles, 8))
	}
	for i, c := range a.Why {
		if i == 6 {
			h.El("div", "", fmt.Sprintf("and %d more", len(a.Why)-i))
			break
		}
		h.Open("div")
		if c.Component != "" {
			h.El("code", "", c.Code.String())
			h.Text(" " + c.Component + ": ")
		}
		h.Text(c.Text)
		h.Close("div")
	}
}

func (h *page) tile(s *accountmap.Subnet, mark picture.Mark, v sim.Verdict) {
	h.Open("li", "class", "tile "+mark.String(), "data-tags", tagList(s.Tags))
	h.Open("b")
	if h.subnet != nil {
		h.Open("a", "href", h.subnet(s.ID))
	}
	h.Text(named(s.Name, s.ID))
	if h.subnet != nil {
		h.Raw("</a>")
	}
	h.Close("b")
	h.El("span", "", strings.Join(s.Ranges, ", "))
	h.El("span", "", free(s)+" · "+s.Zone)
	if s.Assumed {
		h.El("span", "", "no interface yet")
	} else {
		h.El("span", "", plural(s.Interfaces, "interface"))
	}
	h.El("span", "now", mark.Glyph()+" "+v.String())
	h.Close("li")
}

func (h *page) mapComponents(title string, list []accountmap.Component) {
	if len(list) == 0 {
		return
	}
	h.Open("details", "class", "more", "open", "")
	h.El("summary", "", title)
	h.Raw("<ul class=\"parts\">\n")
	for i := range list {
		c := &list[i]
		class, word := "part unreached", "○ carries no traffic to S3 or the internet"
		if between(c) {
			word = "○ carries no traffic between its VPCs, to S3 or the internet"
		}
		if c.Carries {
			class, word = "part pass", "✓ carries traffic"
		}
		h.Open("li", "class", class)
		h.El("span", "where", c.Kind)
		h.El("b", "", named(c.Name, c.ID))
		h.El("span", "", c.Note)
		h.El("span", "word", word)
		for _, line := range crossingLines(c) {
			h.El("span", "", line)
		}
		h.Close("li")
	}
	h.Raw("</ul></details>\n")
}

func between(c *accountmap.Component) bool { return c.Kind == "peering" || c.Kind == "transit gateway" }

// crossingLines say what a peering or transit gateway takes from VPC to VPC.
func crossingLines(c *accountmap.Component) (out []string) {
	for i, x := range c.Crossings {
		if i > 0 && c.Crossings[i-1].From == x.From && c.Crossings[i-1].To == x.To {
			out[len(out)-1] += "; " + x.Takes
			continue
		}
		out = append(out, x.From+" → "+x.To+": "+x.Takes)
	}
	return out
}

func (h *page) mapBetween(m *accountmap.Map) {
	if len(m.Between) == 0 {
		return
	}
	h.Raw("<section>\n<h2>Between VPCs</h2>\n")
	h.mapComponents("Peerings and transit gateways", m.Between)
	if n := m.BetweenLeftOut; n > 0 {
		h.El("p", "note", fmt.Sprintf("Of these VPCs, %d of %d pairs of interface classes were asked about, some of every two VPCs; canreach trace answers for the others.", accountmap.MaxCrossings, n+accountmap.MaxCrossings))
	}
	h.Raw("</section>\n")
}

// mapBuckets is the edge: each bucket with the subnets from which it is reached.
func (h *page) mapBuckets(m *accountmap.Map) {
	if len(m.Views) <= 2 {
		return
	}
	h.Raw("<section>\n<h2>Buckets</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Bucket</th><th scope=\"col\">Action</th><th scope=\"col\">Subnets that reach it</th><th scope=\"col\">Not known</th></tr></thead>\n<tbody>\n")
	for i, v := range m.Views {
		if v.Kind != accountmap.ViewBucket {
			continue
		}
		n := bucketNode(m, i)
		count := viewCounts(m, i)
		h.Raw("<tr>")
		h.Open("th", "scope", "row")
		h.Text(v.Bucket)
		h.Close("th")
		h.El("td", "", v.Action)
		h.Open("td", "class", n.Mark.String())
		h.Raw(picture.MarkSVG(n.Mark, 14) + " ")
		h.Text(fmt.Sprintf("%d of %d", count[sim.Reachable]+count[sim.Partial], m.Subnets))
		h.Close("td")
		h.El("td", "", strconv.Itoa(count[sim.Unknown]))
		h.Close("tr")
	}
	h.Raw("</tbody></table></div>\n</section>\n")
}
