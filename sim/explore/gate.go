package explore

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/sim/report"
)

// repairTime is how long a gate's page searches for repairs at most.
const repairTime = 15 * time.Second

// gate opens one station of the path, or one place in the snapshot: the text
// of its rule with the lines that decided, why, how to change it, and repairs.
func (v *view) gate() error {
	st, err := v.state()
	if err != nil {
		return err
	}
	q, a, err := v.answer(st)
	if err != nil {
		return err
	}
	stop, err := v.stop(a)
	if err != nil {
		return err
	}
	native, err := st.native()
	if err != nil {
		return err
	}
	tree, err := jsontree.Parse(native)
	if err != nil {
		return err
	}
	title := stop.Label
	if stop.Name != "" {
		title += " " + stop.Name
	}
	v.begin(title)
	v.h.Open("p")
	v.anchor("", v.link("check"), "← Back to the answer")
	v.h.Close("p")
	v.h.El("h1", "", title)
	if word := stop.Mark.Word(); word != "" {
		v.h.El("p", "summary", "What it does to the request: "+word+".")
	}
	if word := stop.Reply.Word(); word != "" {
		v.h.El("p", "summary", "What it does to the reply: "+word+".")
	}
	if len(stop.Findings) > 0 && a.Verdict != sim.Reachable {
		v.h.Raw("<p><a href=\"#repairs\">Repairs</a> are at the end of the page.</p>\n")
	}
	v.why(a, stop)
	found := resources(tree.Root, stop.Places)
	v.rules(found)
	v.changeForms().changeForms(st, found)
	v.send(http.StatusOK)
	if len(stop.Findings) > 0 && a.Verdict != sim.Reachable {
		v.gateRepairs(q)
	}
	v.command(v.questionCommand(q)...)
	v.end(http.StatusOK)
	return nil
}

// stop finds the station that the address names; a place alone is one, too.
func (v *view) stop(a *sim.Answer) (*report.Stop, error) {
	if p := v.params.Get("place"); p != "" {
		s := &report.Stop{Places: []report.Place{{Pointer: p, Statement: -1}}}
		s.Label, s.Mark, s.Reply = "Place in the snapshot", noMark, noMark
		for i := range a.Findings {
			if a.Findings[i].Pointer == p {
				s.Label, s.Name = a.Findings[i].Gate.String(), a.Findings[i].Component
				s.Findings = append(s.Findings, i)
			}
		}
		for i := range a.Unknowns {
			if a.Unknowns[i].Pointer == p {
				s.Missing = append(s.Missing, i)
			}
		}
		return s, nil
	}
	_, stops := report.LinkedDiagram(a, v.gateLink)
	lane, err := strconv.Atoi(v.params.Get("lane"))
	stop, err2 := strconv.Atoi(v.params.Get("stop"))
	if err != nil || err2 != nil || lane < 0 || lane >= len(stops) || stop < 0 || stop >= len(stops[lane]) {
		return nil, &mistake{fmt.Errorf("the path has no gate %q", v.params.Get("lane")+"/"+v.params.Get("stop"))}
	}
	return &stops[lane][stop], nil
}

// why shows what the answer says of the station, and the rules behind it.
func (v *view) why(a *sim.Answer, stop *report.Stop) {
	v.section("findings", "Why")
	defer v.h.Close("section")
	stop.Stopped(v.h, a, v.placeLink)
	if len(stop.Findings)+len(stop.Missing) == 0 {
		for _, l := range stop.Lines {
			v.h.El("p", "", l.Text)
		}
		if len(stop.Lines) == 0 {
			v.h.El("p", "", "The answer reports nothing here.")
		}
	}
	var told []string
	for _, n := range stop.Findings {
		rule := a.Findings[n].Rule
		if text := v.srv.cfg.Reader.Rule(rule); text != "" && !slices.Contains(told, rule) {
			told = append(told, rule)
			v.h.Open("p", "class", "note")
			v.h.El("strong", "", rule)
			v.h.Text(" " + text)
			v.h.Close("p")
		}
	}
}

// rules shows the resources, with the lines that decided marked.
func (v *view) rules(list []*resource) {
	v.section("rules", "The rule in the snapshot")
	defer v.h.Close("section")
	if len(list) == 0 {
		v.h.El("p", "", "The snapshot has nothing at this place.")
		return
	}
	h := v.h
	for _, r := range list {
		h.Open("h3")
		h.El("code", "", r.pointer)
		h.Close("h3")
		if len(r.decided) > 0 {
			h.El("p", "note", "The marked lines decided.")
		} else {
			h.El("p", "note", "No single line of it decided.")
		}
		h.Open("pre", "class", "rule", "tabindex", "0")
		lines, skipped := r.window()
		for i, l := range lines {
			if n := skipped[i]; n > 0 {
				v.leftOut(n)
			}
			if l.marked {
				h.Open("mark")
				h.Text("▶ " + l.text)
				h.Raw("</mark>")
				continue
			}
			h.Lines("  " + l.text + "\n")
		}
		if n := skipped[len(lines)]; n > 0 {
			v.leftOut(n)
		}
		h.Close("pre")
	}
}

func (v *view) leftOut(lines int) {
	v.h.Open("span", "class", "left")
	v.h.Text("  … " + counted(lines, "line") + " left out")
	v.h.Raw("</span>")
}

// gateRepairs searches for repairs and offers each.
func (v *view) gateRepairs(q Asked) {
	v.h.Raw("<section id=\"repairs\"><h2>Repairs</h2>\n")
	defer v.h.Close("section")
	res, err := v.repairs(q, repairTime)
	if err != nil {
		v.h.El("p", "", "None was searched for: "+report.ErrorText(err))
		return
	}
	v.repairList(res)
}

// repairs searches for repairs of the question on the changed snapshot, or
// takes what was found before.
func (v *view) repairs(q Asked, limit time.Duration) (*repair.Result, error) {
	key := v.linkTo("", v.list)
	if res, ok := v.srv.found.peek(key); ok {
		return res, nil
	}
	st, err := v.state()
	if err != nil {
		return nil, err
	}
	base, err := opened(st)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(v.ctx, limit)
	defer cancel()
	res, err := repair.Find(ctx, base, q.Query, repair.Options{Time: limit})
	if err != nil {
		return nil, &mistake{err}
	}
	if v.ctx.Err() != nil {
		return nil, v.ctx.Err()
	}
	if ctx.Err() == nil {
		v.srv.found.keep(key, res)
	}
	return res, nil
}
