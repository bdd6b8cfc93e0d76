package explore

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/sim/report"
)

// perimeter is the test file that comes with canreach.
const perimeter = "data-perimeter"

// invariants runs the data perimeter's objectives, or tests of one's own.
func (v *view) invariants() error {
	if v.r.Method == http.MethodPost {
		return v.post("invariants", "tests")
	}
	st, err := v.state()
	if err != nil {
		return err
	}
	own, err := v.srv.store.get(v.params.Get("tests"))
	if err != nil {
		return err
	}
	text := own
	if len(own) == 0 {
		if text, err = assert.Library(perimeter); err != nil {
			return err
		}
	}
	values := strings.Fields(strings.Join(v.params["parameter"], " "))
	file, err := assert.ParseWith("tests.yaml", text, noFile, values)
	if err != nil {
		return &mistake{err}
	}
	v.begin("Invariants")
	h := v.h
	h.El("h1", "", "Invariants and tests")
	h.Open("form", "method", "get", "action", "invariants", "class", "fields")
	v.hidden(true)
	if len(own) > 0 {
		h.Open("input", "type", "hidden", "name", "tests", "value", v.params.Get("tests"))
	}
	v.accountPages().own("parameter", "Parameters", "", "NAME=VALUE, with spaces between; exempt-roles, trusted-buckets, public-buckets and expected-endpoints of the data perimeter")
	h.Raw("<p><button type=\"submit\">Run</button></p></form>\n")
	v.send(http.StatusOK)
	runner := assert.Runner{Snapshot: "as given", Now: v.srv.cfg.Now(), Load: func(string) (assert.Checker, error) { return st.world, nil }}
	res, err := runner.Run(v.ctx, []*assert.File{file})
	if err != nil {
		h.El("p", "error", report.ErrorText(err))
	} else {
		v.accountPages().testResults(res)
	}
	v.accountPages().ownTests(string(own))
	v.command(v.accountPages().testCommand(len(own) > 0, values)...)
	v.end(http.StatusOK)
	return nil
}

func noFile(name string) ([]byte, error) {
	return nil, fmt.Errorf("%s: no file is read here; write the job itself", name)
}

func (v accountPages) testCommand(own bool, values []string) []string {
	return v.onChanged(func(snap ...string) string {
		words := []string{"canreach", "test"}
		if own {
			words = append(words, "tests.yaml")
		} else {
			words = append(words, "--library", perimeter)
		}
		words = append(words, snap...)
		for _, x := range values {
			words = append(words, "--parameter", x)
		}
		return commandLine(words...)
	})
}

func (v accountPages) ownTests(text string) {
	h := v.h
	v.section("", "Tests of your own")
	h.Open("form", "method", "post", "action", v.link("invariants"))
	h.Raw("<p><label for=\"tests\">A test file (docs/guide-tests.md); empty: the data perimeter</label><br>")
	h.Open("textarea", "id", "tests", "name", "tests", "rows", "8", "spellcheck", "false")
	h.Lines(text)
	h.Raw("</textarea></p>\n<p><button type=\"submit\">Run these</button></p></form>")
	if text != "" {
		h.Open("p")
		v.anchor("", v.link("save", "as", "tests", "tests", v.params.Get("tests")), "tests.yaml")
		h.Close("p")
	}
	h.Close("section")
}

var outcomeMarks = map[assert.Outcome]picture.Mark{assert.Passed: picture.Pass, assert.Failed: picture.Stop, assert.Undecided: picture.Unknown, assert.Skipped: picture.Unreached}

func (v accountPages) testResults(res *assert.Report) {
	h := v.h
	v.section("findings", fmt.Sprintf("%d passed, %d failed, %d unknown, %d skipped", res.Counts[assert.Passed], res.Counts[assert.Failed], res.Counts[assert.Undecided], res.Counts[assert.Skipped]))
	for i := range res.Results {
		r := &res.Results[i]
		mark := outcomeMarks[r.Outcome]
		h.Open("article", "class", "finding "+mark.String())
		h.Open("h3")
		h.Raw(picture.MarkSVG(mark, 16))
		h.Text(" " + strings.ToUpper(r.Outcome.String()) + " " + r.Name)
		h.Close("h3")
		h.El("p", "note", r.Note)
		for j := range r.Problems {
			p := &r.Problems[j]
			lead := ""
			if p.Question != "" {
				lead = p.Question + ": "
			}
			h.El("p", "", lead+p.Message)
			h.Open("ul")
			for k, f := range p.Findings {
				if k == 4 {
					break
				}
				h.El("li", "", f.Code.String()+" at "+f.Gate.String()+" of "+f.Component+": "+f.Message)
			}
			for k, m := range p.Unknowns {
				if k == 4 {
					break
				}
				h.El("li", "", m.Code.String()+": "+m.Fact)
			}
			h.Close("ul")
		}
		h.Close("article")
	}
	h.Close("section")
}

// post keeps the texts of a form and goes to the page that names them.
func (v *view) post(page string, names ...string) error {
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	var pairs []string
	for _, name := range names {
		text := strings.ReplaceAll(v.r.PostForm.Get(name), "\r\n", "\n")
		if strings.TrimSpace(text) != "" {
			pairs = append(pairs, name, v.srv.store.put([]byte(text)))
		}
	}
	for _, name := range []string{"type", "endpoint-type", "denials"} {
		if x := v.r.PostForm.Get(name); x != "" && page == "compare" {
			pairs = append(pairs, name, x)
		}
	}
	http.Redirect(v.w, v.r, v.link(page, pairs...), http.StatusSeeOther)
	return nil
}

// compare compares two policies.
func (v *view) compare() error {
	if v.r.Method == http.MethodPost {
		return v.post("compare", "old", "new")
	}
	before, err := v.srv.store.get(v.params.Get("old"))
	after, err2 := v.srv.store.get(v.params.Get("new"))
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	flags := url.Values{}
	for _, name := range []string{"type", "endpoint-type", "denials"} {
		if x := v.params.Get(name); x != "" {
			flags.Set(name, x)
		}
	}
	var res Comparison
	var problem string
	if asked := len(before) > 0 && len(after) > 0; asked {
		if res, err = v.srv.cfg.Reader.Compare(before, after, flags); err != nil {
			problem = report.ErrorText(err)
		}
	}
	v.begin("Compare policies")
	h := v.h
	h.El("h1", "", "Does a new policy allow anything that the old one did not?")
	if problem != "" {
		h.Open("pre", "class", "error", "role", "alert")
		h.Lines(problem)
		h.Close("pre")
	}
	if res.Relation != "" {
		v.accountPages().comparison(&res)
	}
	v.accountPages().compareForm(string(before), string(after), flags)
	if res.Relation != "" {
		h.Open("p")
		v.anchor("", v.link("save", "as", "old", "old", v.params.Get("old")), "old.json")
		h.Text(" · ")
		v.anchor("", v.link("save", "as", "new", "new", v.params.Get("new")), "new.json")
		h.Close("p")
		words := []string{"canreach", "policy", "compare", "old.json", "new.json"}
		for _, name := range sortedKeys(flags) {
			words = append(words, "--"+name+"="+flags.Get(name))
		}
		v.command(commandLine(words...))
	}
	v.end(http.StatusOK)
	return nil
}

func (v accountPages) comparison(res *Comparison) {
	h := v.h
	h.Open("p", "class", "summary", "role", "status")
	h.El("strong", "", res.Relation)
	h.Close("p")
	for _, p := range res.Parts {
		v.section("", p.Title)
		if p.Unknown != "" {
			h.El("p", "", "UNKNOWN: "+p.Unknown)
		}
		h.Open("dl")
		for _, x := range p.Example {
			h.Pair(x[0], x[1])
		}
		h.Close("dl", "section")
	}
}

func (v accountPages) compareForm(before, after string, flags url.Values) {
	h := v.h
	h.Open("form", "method", "post", "action", v.link("compare"), "class", "fields wide")
	for _, x := range [][3]string{{"old", "Old policy", before}, {"new", "New policy", after}} {
		h.Open("p")
		h.Open("label", "for", x[0])
		h.Text(x[1])
		h.Close("label")
		h.Open("textarea", "id", x[0], "name", x[0], "rows", "14", "spellcheck", "false", "required", "")
		h.Lines(x[2])
		h.Close("textarea", "p")
	}
	for _, x := range [][]string{{"type", "Type", "", "identity", "resource", "endpoint"}, {"endpoint-type", "Endpoint type", "", "gateway", "interface"}} {
		h.Open("p")
		h.Open("label", "for", "i-"+x[0])
		h.Text(x[1])
		h.Close("label")
		h.Open("select", "id", "i-"+x[0], "name", x[0])
		for _, w := range x[2:] {
			text := w
			if w == "" {
				text = "by what they say"
			}
			v.option(w, text, w == flags.Get(x[0]))
		}
		h.Close("select", "p")
	}
	h.Raw("<p><button type=\"submit\">Compare</button></p></form>\n")
}
