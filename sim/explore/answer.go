package explore

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/sim/report"
)

// check shows the answer to a question: the verdict and what the changes
// turned, the path with each gate a link, and everything else of the answer.
func (v *view) check() error {
	st, err := v.state()
	if err != nil {
		return err
	}
	q, a, err := v.answer(st)
	if err != nil {
		return err
	}
	d, _ := report.LinkedDiagram(a, v.gateLink)
	v.begin(a.Verdict.String() + ": " + d.Title)
	report.Head(v.h, a, d)
	if a.Verdict != sim.Reachable {
		v.h.Open("p")
		v.anchor("button", v.link("fix"), "Search for repairs")
		v.h.Text(" or open a gate of the path.")
		v.h.Close("p")
	}
	if err := v.changed(st, a); err != nil {
		return err
	}
	v.send(http.StatusOK) // the answer is there; whom else the changes concern may take longer
	if len(v.changes) > 0 {
		v.others(st, q)
	}
	v.h.Raw("<h2>The path</h2>\n<p class=\"note\">Open a gate to see its rule in the snapshot and to change it.</p>\n")
	if err := report.Body(v.h, a, d, v.placeLink); err != nil {
		return err
	}
	v.saves()
	v.command(v.questionCommand(q)...)
	v.end(http.StatusOK)
	return nil
}

func (v *view) gateLink(lane, stop int) string {
	return v.link("gate", "lane", strconv.Itoa(lane), "stop", strconv.Itoa(stop))
}

func (v *view) placeLink(pointer string) string { return v.link("gate", "place", pointer) }

// changed lists the changes so far, and what they turned.
func (v *view) changed(st *state, a *sim.Answer) error {
	v.section("changes", "Changes so far")
	defer v.h.Close("section")
	if len(v.changes) == 0 {
		v.h.Open("p")
		v.h.Text("None. ")
		v.anchor("", v.link("change"), "Make a change")
		v.h.Close("p")
		return nil
	}
	v.changeList(st)
	before, err := v.srv.worlds.get(strconv.Itoa(v.snap), "", v.snapshot().Base, nil)
	if err != nil {
		return err
	}
	_, first, err := v.answer(before)
	if err != nil {
		v.h.El("p", "", "As captured, the question makes no sense: "+report.ErrorText(err))
		return nil
	}
	delta := diff.Answers(first, a)
	v.delta(&delta)
	return nil
}

func (v *view) changeList(st *state) {
	h := v.h
	h.Raw("<ol class=\"list\">\n")
	for i, line := range change.Lines(v.changes) {
		without := v.srv.keep(slices.Delete(slices.Clone(v.changes), i, i+1))
		h.Open("li")
		h.Open("code")
		h.Text(line)
		h.Close("code")
		name := "Leave out change " + strconv.Itoa(i+1)
		if i == len(v.changes)-1 {
			name = "Undo change " + strconv.Itoa(i+1)
		}
		v.anchor("button", v.linkTo("check", without), name)
		h.Close("li")
	}
	h.Raw("</ol>\n")
	for _, n := range st.notes {
		h.El("p", "note", n)
	}
	h.Open("p")
	v.anchor("", v.link("change"), "Make another change")
	h.Text(" · ")
	v.anchor("", v.linkTo("check", ""), "Undo all changes")
	h.Close("p")
}

// delta says what became different.
func (v *view) delta(d *diff.Delta) {
	h := v.h
	h.Open("p", "class", "turned", "role", "status")
	v.verdict(d.Before)
	h.Text(" → ")
	v.verdict(d.After)
	h.Close("p")
	if !d.Differs() {
		h.El("p", "", "Nothing of the answer is different.")
		return
	}
	h.Open("ul")
	for _, f := range d.Removed {
		h.El("li", "", "Gone: "+f.Code.String()+" at "+f.Gate.String()+" of "+f.Component)
	}
	for _, f := range d.New {
		h.El("li", "", "New: "+f.Code.String()+" at "+f.Gate.String()+" of "+f.Component+" ("+f.Severity.String()+"): "+f.Message)
	}
	for _, m := range d.Settled {
		h.El("li", "", "Known now: "+m.Code.String()+" "+m.Component)
	}
	for _, m := range d.Opened {
		h.El("li", "", "Not known now: "+m.Code.String()+" "+m.Component+": "+m.Fact)
	}
	for _, w := range d.Paths {
		h.El("li", "", fmt.Sprintf("%s now goes through %s, not %s: connections that are open break once (N56).", w.Subnet, strings.Join(w.After, ", "), strings.Join(w.Before, ", ")))
	}
	h.Close("ul")
}

func (v *view) verdict(verdict sim.Verdict) {
	m := report.VerdictMark(verdict)
	v.h.Open("span", "class", "word "+m.String())
	v.h.Raw(picture.MarkSVG(m, 16))
	v.h.Text(" " + verdict.String())
	v.h.Raw("</span>")
}

// others asks everybody else whom the changes concern.
func (v *view) others(st *state, q Asked) {
	v.section("others", "Who else is concerned")
	defer v.h.Close("section")
	before, err := v.srv.worlds.get(strconv.Itoa(v.snap), "", v.snapshot().Base, nil)
	if err != nil {
		return
	}
	others, err := repair.NewOthers(v.ctx, before.world, q.Query)
	if err != nil {
		v.h.El("p", "", "Not asked: as captured, the question makes no sense.")
		return
	}
	v.neighbours(others.Ask(v.ctx, v.changes, st.world), "The changes break and open nothing for the other interfaces, functions and jobs of the snapshot that use what they touch.")
}

func (v *view) neighbours(list []repair.Neighbour, none string) {
	if len(list) == 0 {
		v.h.El("p", "", none)
		return
	}
	v.h.Raw("<ul class=\"list\">\n")
	for i := range list {
		n := &list[i]
		v.h.Open("li")
		v.h.El("strong", "", n.Effect)
		v.h.Text(" " + n.Who + ": " + n.What + " (")
		v.verdict(n.Before)
		v.h.Text(" → ")
		v.verdict(n.After)
		v.h.Text(")")
		v.h.Close("li")
	}
	v.h.Raw("</ul>\n")
}

// questionCommand is the command line that gives the same answer.
func (v *view) questionCommand(q Asked, more ...string) []string {
	name := "check"
	if v.traced() {
		name = "trace"
	}
	command := func(name string, snapshot ...string) string {
		return commandLine(slices.Concat([]string{"canreach", name}, snapshot, q.Args, more)...)
	}
	switch {
	case len(v.changes) == 0:
		return []string{command(name, v.snapshot().Args...)}
	case v.traced():
		return v.onChanged(func(snapshot ...string) string { return command(name, snapshot...) })
	}
	return []string{with(commandLine(slices.Concat([]string{"canreach", "whatif"}, v.snapshot().Args, q.Args, more, []string{"--change", "-"})...), v.changes)}
}
