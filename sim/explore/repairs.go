package explore

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/repair"
)

// noMark marks nothing.
const noMark = picture.None

// opened reads a changed snapshot anew, so that further changes can be tried
// while other pages try theirs.
func opened(st *state) (*change.Base, error) {
	native, err := st.native()
	if err != nil {
		return nil, err
	}
	return change.Open(native)
}

// fix lists the repairs of a question.
func (v *view) fix() error {
	st, err := v.state()
	if err != nil {
		return err
	}
	q, err := v.asked(st)
	if err != nil {
		return err
	}
	res, err := v.repairs(q, 30*time.Second)
	if err != nil {
		return err
	}
	v.begin("Repairs")
	v.h.Open("p")
	v.anchor("", v.link("check"), "← Back to the answer")
	v.h.Close("p")
	v.h.El("h1", "", "Repairs")
	v.section("repairs", "What makes it REACHABLE")
	v.repairList(res)
	v.h.Close("section")
	if v.traced() && len(v.changes) == 0 {
		v.command(v.questionCommand(q, "--fix")...)
	} else if !v.traced() {
		words := append(append([]string{"canreach", "whatif"}, v.snapshot().Args...), q.Args...)
		if len(v.changes) == 0 {
			v.command(commandLine(append(words, "--fix")...))
		} else {
			v.command(with(commandLine(append(words, "--change", "-", "--fix")...), v.changes))
		}
	}
	v.end(http.StatusOK)
	return nil
}

func (v *view) repairList(res *repair.Result) {
	h := v.h
	if res.Before.Verdict == sim.Reachable {
		h.El("p", "", "There is nothing to repair.")
		return
	}
	for _, x := range res.Wait {
		h.El("p", "", "Wait: "+x.Advice)
	}
	h.El("p", "", res.OwnersMustAct)
	for i := range res.Repairs {
		v.repair(i+1, &res.Repairs[i])
	}
	if len(res.Repairs) == 0 {
		h.El("p", "", "No repair was found.")
	}
	for i := range res.Stuck {
		s := &res.Stuck[i]
		h.El("p", "", "No automatic fix for "+s.Finding.Code.String()+" of "+s.Finding.Component+": "+s.Reason)
	}
	for i := range res.Unknown {
		h.El("p", "", "It would depend on "+res.Unknown[i].Code.String()+": "+res.Unknown[i].Fact)
	}
	tail := counted(res.Tried, "changed snapshot") + " tried"
	switch {
	case res.Limit != "":
		tail += "; " + res.Limit
	case !res.Whole:
		tail += "; there may be further repairs"
	}
	h.El("p", "note", tail+".")
}

// repair shows one repair with a button that applies it.
func (v *view) repair(n int, r *repair.Repair) {
	h := v.h
	h.Open("article", "class", "finding repair")
	h.Open("h3")
	h.Text("Repair " + strconv.Itoa(n))
	h.Close("h3")
	h.El("p", "", strings.Join(r.Why, " "))
	h.Open("ul")
	item := func(what, text string) { h.El("li", "", what+": "+text) }
	for _, o := range r.Others {
		item("needs", o)
	}
	for _, o := range r.Wide {
		item("opens", o)
	}
	for i := range r.Neighbours {
		x := &r.Neighbours[i]
		item(x.Effect, x.Who+": "+x.What+" ("+x.Before.String()+" → "+x.After.String()+")")
	}
	for i := range r.Warnings {
		item("warning", r.Warnings[i].Code.String()+": "+r.Warnings[i].Message)
	}
	for i := range r.Unknown {
		item("then UNKNOWN", r.Unknown[i].Fact)
	}
	h.Close("ul")
	h.Open("pre", "tabindex", "0")
	h.Lines(strings.Join(r.Commands, "\n"))
	h.Close("pre")
	h.Open("form", "method", "post", "action", v.link("change"))
	h.Open("input", "type", "hidden", "name", "repair", "value", v.srv.keep(r.Changes))
	h.Open("button", "type", "submit")
	h.Text("Apply this repair")
	h.Close("button", "form", "article")
}
