package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

func (h *page) findings(a *sim.Answer) {
	if len(a.Findings) == 0 {
		return
	}
	h.Raw("<section class=\"findings\">\n<h2>Findings</h2>\n")
	for _, severity := range []sim.Severity{sim.Blocker, sim.Warning, sim.Info} {
		for i := range a.Findings {
			if f := &a.Findings[i]; f.Severity == severity {
				h.finding(a, i)
			}
		}
	}
	h.Close("section")
}

var severityMarks = [...]picture.Mark{sim.Info: picture.None, sim.Warning: picture.Warn, sim.Blocker: picture.Stop}

func (h *page) finding(a *sim.Answer, n int) {
	f := &a.Findings[n]
	mark := severityMarks[f.Severity]
	h.article(mark, "finding", n)
	h.Open("h3")
	h.Raw(picture.MarkSVG(mark, 16))
	h.Open("code")
	h.Text(f.Code.String())
	h.Close("code")
	h.El("span", "where", f.Severity.String()+" at "+f.Gate.String())
	h.Close("h3")
	h.El("p", "", f.Message)
	h.Open("dl")
	component := f.Component
	if f.Name != "" {
		component += " (" + f.Name + ")"
	}
	h.Pair("Component", component)
	if f.RuleNumber != nil {
		h.Pair("Rule number", fmt.Sprint(*f.RuleNumber))
	}
	h.ruleText(f)
	h.Pair("Example", exampleText(f.Example))
	h.Pair("Context", contextText(f.Example))
	h.Pair("Repair", f.Fix)
	h.Pair("Concerns", concerned(a, f))
	h.pointer(f.Pointer)
	if f.Rule != "" || f.URL != "" {
		h.El("dt", "", "Why")
		h.Open("dd")
		h.Link(f.URL, strings.TrimSpace(f.Rule+" "+strings.TrimPrefix(f.URL, "https://docs.aws.amazon.com")))
		h.Close("dd")
	}
	h.Close("dl", "article")
}

// ruleText shows the rule that decided as the snapshot has it, where the page
// has its text, and else which one of the list at the finding's place it is.
func (h *page) ruleText(f *sim.Finding) {
	for _, r := range h.rules {
		if r.Pointer != f.Pointer || f.Pointer == "" {
			continue
		}
		if text := ruleOf(r.Text, f.RuleIndex); text != "" {
			h.El("dt", "", "Rule")
			h.Open("dd")
			h.Open("pre")
			h.Lines(text)
			h.Close("pre", "dd")
			return
		}
	}
	if f.RuleIndex != nil && f.RuleNumber == nil {
		h.Pair("Rule", fmt.Sprintf("entry %d, counted from 0, of the list at %s", *f.RuleIndex, f.Pointer))
	}
}

// maxRuleLines is how long a rule is that a finding shows; longer ones are
// further down, among the rules that decided.
const maxRuleLines = 40

// ruleOf is one rule's text: of a policy's statements or of a list the one with
// the index, and else the text itself.
func ruleOf(text string, index *int) string {
	if index != nil {
		var policy struct{ Statement json.RawMessage }
		var list []json.RawMessage
		of := []byte(text)
		if json.Unmarshal(of, &policy) == nil && policy.Statement != nil {
			of = policy.Statement
		}
		if json.Unmarshal(of, &list) == nil {
			if *index < 0 || *index >= len(list) {
				return ""
			}
			of = list[*index]
		}
		var b bytes.Buffer
		if json.Indent(&b, of, "", "  ") != nil {
			return ""
		}
		text = b.String()
	}
	if strings.Count(text, "\n") > maxRuleLines {
		return ""
	}
	return text
}

// contextText is all that a request is decided by, beside its action and resource.
func contextText(e *sim.Example) string {
	if e == nil || e.Action == "" {
		return ""
	}
	var parts []string
	if e.Principal != "" {
		parts = append(parts, "principal "+e.Principal)
	}
	for _, k := range slices.Sorted(maps.Keys(e.Context)) {
		parts = append(parts, k+" = "+e.Context[k])
	}
	return strings.Join(parts, ", ")
}

// concerned names the placements of a finding, where it is not all of them.
func concerned(a *sim.Answer, f *sim.Finding) string {
	var names []string
	for _, i := range f.Placements {
		if i >= 0 && i < len(a.Placements) {
			names = addNew(names, a.Placements[i].Subnet)
		}
	}
	return some(names, 8)
}

func (h *page) unknowns(a *sim.Answer) {
	if len(a.Unknowns) == 0 {
		return
	}
	h.Raw("<section class=\"findings\">\n<h2>Facts that are missing</h2>\n")
	for i := range a.Unknowns {
		h.unknown(a, i)
	}
	h.Close("section")
}

func (h *page) unknown(a *sim.Answer, n int) {
	m := &a.Unknowns[n]
	title := "unknown at " + m.Gate.String()
	if !m.Decisive {
		title += ", without changing the verdict"
	}
	h.article(picture.Unknown, "missing", n)
	h.Open("h3")
	h.Raw(picture.MarkSVG(picture.Unknown, 16))
	h.Open("code")
	h.Text(m.Code.String())
	h.Close("code")
	h.El("span", "where", title)
	h.Close("h3")
	h.El("p", "", m.Fact)
	h.Open("dl")
	h.Pair("Component", m.Component)
	h.Pair("Find out", m.Collect)
	h.Pair("Not captured", m.Gap)
	h.pointer(m.Pointer)
	h.Close("dl", "article")
}
