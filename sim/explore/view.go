package explore

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/markup"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
)

// view is one page being made: what its address says, and what is written.
type view struct {
	srv     *Server
	w       http.ResponseWriter
	r       *http.Request
	ctx     context.Context
	h       *markup.Page
	started bool // the head is sent

	snap    int
	list    string          // id of the list of changes; empty: none
	changes []change.Change // that it stands for
	flags   url.Values      // the question, as flags of check or trace
	params  url.Values      // the page's own
}

// own are the parameters of addresses that are not flags of a question.
var own = []string{"s", "c", "lane", "stop", "place", "op", "as", "arn", "can", "tests", "parameter", "old", "new", "type", "endpoint-type", "denials", "map-vpc"}

// newView reads an address. The view can show an error even where one is returned.
func (s *Server) newView(w http.ResponseWriter, r *http.Request) (*view, error) {
	v := &view{srv: s, w: w, r: r, ctx: r.Context(), h: &markup.Page{}, flags: url.Values{}, params: url.Values{}}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return v, &mistake{fmt.Errorf("the address cannot be read: %w", err)}
	}
	for name, values := range query {
		values = slices.DeleteFunc(values, func(x string) bool { return strings.TrimSpace(x) == "" })
		if len(values) == 0 {
			continue
		}
		if slices.Contains(own, name) {
			v.params[name] = values
		} else {
			v.flags[name] = values
		}
	}
	if text := v.params.Get("s"); text != "" {
		if v.snap, err = strconv.Atoi(text); err != nil || v.snap < 0 || v.snap >= len(s.cfg.Snapshots) {
			v.snap = 0
			return v, &mistake{fmt.Errorf("there is no snapshot %q", text)}
		}
	}
	list := v.params.Get("c")
	text, err := s.store.get(list)
	if err != nil || list == "" {
		return v, err
	}
	v.list = list
	v.changes, err = change.Parse("changes", text)
	return v, err
}

// keep puts a list of changes into the store and returns its id.
func (s *Server) keep(changes []change.Change) string {
	if len(changes) == 0 {
		return ""
	}
	return s.store.put(change.JSON(changes))
}

// The parts of a view, each with the files of its subject.
type (
	changeForms  struct{ *view } // forms.go, prefill.go, ids.go
	accountPages struct{ *view } // account.go, texts.go
	saving       struct{ *view } // save.go
	homePage     struct{ *view } // home.go
)

func (v *view) changeForms() changeForms   { return changeForms{v} }
func (v *view) accountPages() accountPages { return accountPages{v} }
func (v *view) saving() saving             { return saving{v} }
func (v *view) homePage() homePage         { return homePage{v} }

func (v *view) snapshot() *Snapshot { return &v.srv.cfg.Snapshots[v.snap] }

// state is the snapshot with the changes of the address made.
func (v *view) state() (*state, error) {
	return v.srv.worlds.get(strconv.Itoa(v.snap), v.list, v.snapshot().Base, v.changes)
}

// traced tells whether the question is about the network alone.
func (v *view) traced() bool { return v.flags.Has("from") || v.flags.Has("to") }

// asked reads the question, with the names of the changed snapshot.
func (v *view) asked(st *state) (Asked, error) {
	read := v.srv.cfg.Reader.Check
	if v.traced() {
		read = v.srv.cfg.Reader.Trace
	}
	key := v.link("")
	if len(st.changes) == 0 {
		key = v.linkTo("", "")
	}
	q, err := v.srv.asked.get(key, func() (Asked, error) { return read(st.world.Snapshot(), v.flags) })
	if err != nil {
		return q, &mistake{err}
	}
	v.flags = q.Flags
	return q, nil
}

// answer asks the question of a state.
func (v *view) answer(st *state) (Asked, *sim.Answer, error) {
	q, err := v.asked(st)
	if err != nil {
		return q, nil, err
	}
	a, err := q.Query.Ask(v.ctx, st.world)
	if err != nil {
		err = &mistake{err}
	}
	return q, a, err
}

// link is the address of a page about the same snapshot, changes and question.
func (v *view) link(page string, pairs ...string) string { return v.linkTo(page, v.list, pairs...) }

// linkTo is link with another list of changes.
func (v *view) linkTo(page, list string, pairs ...string) string {
	q := url.Values{}
	for name, values := range v.flags {
		q[name] = values
	}
	if v.snap > 0 {
		q.Set("s", strconv.Itoa(v.snap))
	}
	if list != "" {
		q.Set("c", list)
	}
	for i := 0; i < len(pairs); i += 2 {
		q.Add(pairs[i], pairs[i+1])
	}
	if page == "" {
		page = "./"
	}
	if len(q) == 0 {
		return page
	}
	return page + "?" + q.Encode()
}

// hidden writes what link says as the hidden fields of a form that asks by GET.
func (v *view) hidden(flags bool) {
	field := func(name, value string) { v.h.Open("input", "type", "hidden", "name", name, "value", value) }
	if v.snap > 0 {
		field("s", strconv.Itoa(v.snap))
	}
	if v.list != "" {
		field("c", v.list)
	}
	if !flags {
		return
	}
	for _, name := range sortedKeys(v.flags) {
		for _, value := range v.flags[name] {
			field(name, value)
		}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// begin writes a page's head and navigation.
func (v *view) begin(title string) {
	h := v.h
	h.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	h.El("title", "", title+" · canreach")
	h.Raw("<link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n<header class=\"top\">\n<nav aria-label=\"Pages\"><ul>\n")
	for _, p := range [][2]string{{"", "Ask"}, {"check", "Answer"}, {"map", "Map"}, {"who-can", "Who can"}, {"invariants", "Invariants"}, {"compare", "Compare policies"}} {
		if p[0] == "check" && len(v.flags) == 0 {
			continue
		}
		h.Open("li")
		if strings.HasSuffix(v.r.URL.Path, "/"+p[0]) {
			h.Open("a", "href", v.link(p[0]), "aria-current", "page")
		} else {
			h.Open("a", "href", v.link(p[0]))
		}
		h.Text(p[1])
		h.Close("a", "li")
	}
	h.Raw("</ul></nav>\n")
	h.Open("p", "class", "which")
	h.Text(v.snapshot().Name)
	switch n := len(v.changes); n {
	case 0:
		h.Text(", as captured")
	default:
		h.Text(", with " + counted(n, "change"))
	}
	h.Close("p", "header")
	h.Raw("<main id=\"main\">\n")
}

// end writes a page's foot and sends what is left.
func (v *view) end(status int) {
	v.h.Raw("</main>\n</body>\n</html>\n")
	v.send(status)
}

// send sends what is written so far.
func (v *view) send(status int) {
	if !v.started {
		v.started = true
		v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		v.w.WriteHeader(status)
	}
	_, _ = v.w.Write([]byte(v.h.Take()))
	if f, ok := v.w.(http.Flusher); ok {
		f.Flush()
	}
}

// section writes the start of a section with a title.
func (v *view) section(class, title string) {
	if class == "" {
		v.h.Open("section")
	} else {
		v.h.Open("section", "class", class)
	}
	v.h.El("h2", "", title)
}

// anchor writes a link to one of this server's pages.
func (v *view) anchor(class, href, text string) {
	if class == "" {
		v.h.Open("a", "href", href)
	} else {
		v.h.Open("a", "class", class, "href", href)
	}
	v.h.Text(text)
	v.h.Raw("</a>")
}

// command writes the command line that gives the same in a terminal.
func (v *view) command(lines ...string) {
	v.section("command", "Command line")
	v.h.Open("pre", "tabindex", "0")
	v.h.Lines(strings.Join(lines, "\n"))
	v.h.Close("pre", "section")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// commandLine quotes words for a POSIX shell.
func commandLine(words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = change.ShellQuote(w)
	}
	return strings.Join(out, " ")
}

// with is a command that reads a list of changes from standard input.
func with(command string, changes []change.Change) string {
	yaml := change.YAML(changes)
	end := "EOF"
	for strings.Contains("\n"+yaml, "\n"+end+"\n") {
		end += "X"
	}
	return command + " <<'" + end + "'\n" + yaml + end
}

// onChanged are the commands that run command on the changed snapshot: it
// is written to a file first. named makes the command with the snapshot's flags.
func (v *view) onChanged(named func(snapshot ...string) string) []string {
	if len(v.changes) == 0 {
		return []string{named(v.snapshot().Args...)}
	}
	words := append([]string{"canreach", "whatif"}, v.snapshot().Args...)
	return []string{with(commandLine(append(words, "--change", "-", "--out", "changed.json")...), v.changes), named("--snapshot", "changed.json")}
}

// Parameters are the names that no flag of a question may have.
func Parameters() []string { return slices.Clone(own) }
