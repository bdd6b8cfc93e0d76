package explore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim/change"
)

// change shows the form of an operation, or all operations; a POST makes a change.
func (v *view) change() error {
	if v.r.Method == http.MethodPost {
		return v.changeForms().makeChange()
	}
	st, err := v.state()
	if err != nil {
		return err
	}
	v.changeForms().changePage(st, "", url.Values{}, "")
	v.end(http.StatusOK)
	return nil
}

// changePage writes the page with what was filled in, and what is wrong with it.
func (v changeForms) changePage(st *state, key string, filled url.Values, problem string) {
	h := v.h
	v.w.Header().Set("Content-Security-Policy", changePolicy)
	v.begin("Change")
	h.El("h1", "", "Make a change")
	if problem != "" {
		h.Open("pre", "class", "error", "role", "alert", "id", "problem")
		h.Lines(problem)
		h.Close("pre")
	}
	if key == "" {
		key = v.params.Get("op")
	}
	ops := change.Operations()
	h.Open("form", "method", "get", "action", "change", "class", "fields")
	v.hidden(true)
	h.Raw("<p><label for=\"op\">Operation</label> <select id=\"op\" name=\"op\">")
	service := ""
	for _, o := range ops {
		if o.Service != service {
			if service != "" {
				h.Raw("</optgroup>")
			}
			service = o.Service
			h.Open("optgroup", "label", service)
		}
		v.option(o.Key, o.Name, o.Key == key)
	}
	h.Raw("</optgroup></select> <button type=\"submit\">Show its form</button></p></form>\n")
	i := slices.IndexFunc(ops, func(o change.Described) bool { return o.Key == key })
	if i >= 0 {
		h.El("h2", "", ops[i].Name)
		v.form(&ops[i], filled, "f")
	}
	v.offers(st.world.Snapshot(), ops)
	v.section("", "As a change file")
	h.El("p", "note", "Operations in YAML or JSON, as canreach whatif --change reads them, or a JSON Patch. JSON is completed as you write; Ctrl+Space asks for it.")
	h.Open("form", "method", "post", "action", v.link("change"))
	h.Raw("<p><label for=\"text\">Changes</label><br>")
	h.Open("textarea", "id", "text", "name", "text", "rows", "8", "spellcheck", "false", "required", "", "aria-autocomplete", "list", "aria-controls", "offers")
	h.Lines(filled.Get("text"))
	h.Raw("</textarea></p>\n<p id=\"offers-status\" class=\"note\" role=\"status\"></p>\n<ul id=\"offers\" class=\"offers\" role=\"listbox\" aria-label=\"Suggestions\" hidden></ul>\n<p><button type=\"submit\">Make these changes</button></p></form>\n")
	if i >= 0 {
		h.El("h3", "", ops[i].Name+" with every parameter")
		h.Open("pre", "tabindex", "0")
		h.Lines(indented([]byte(ops[i].Example)))
		h.Close("pre")
	}
	h.Close("section")
	if len(v.changes) > 0 {
		v.section("changes", "Changes so far")
		v.changeList(st)
		h.Close("section")
	}
	h.Raw("<script src=\"complete.js\"></script>\n")
}

func (v *view) option(value, text string, selected bool) {
	if selected {
		v.h.Open("option", "value", value, "selected", "")
	} else {
		v.h.Open("option", "value", value)
	}
	v.h.Text(text)
	v.h.Raw("</option>")
}

// form writes the form of one operation. id tells apart the forms of a page.
func (v changeForms) form(o *change.Described, filled url.Values, id string) {
	h := v.h
	h.El("p", "note", o.Doc)
	h.Open("form", "method", "post", "action", v.link("change"), "class", "fields")
	h.Open("input", "type", "hidden", "name", "op", "value", o.Key)
	for i := range o.Parameters {
		v.parameter(&o.Parameters[i], filled, fmt.Sprintf("%s-%d", id, i))
	}
	if strings.HasPrefix(o.Name, "Create") {
		v.field(&change.Parameter{Name: "as", Doc: "an id for what is created, so that later changes can name it"}, filled.Get("p.as"), id+"-as")
	}
	h.Raw("<p><button type=\"submit\">Make this change</button></p></form>\n")
}

// parameter writes the fields of one parameter: of one with members, a field
// for each, or its JSON.
func (v changeForms) parameter(p *change.Parameter, filled url.Values, id string) {
	whole := filled.Get("p." + p.Name)
	if len(p.Parts) == 0 {
		v.field(p, whole, id)
		return
	}
	h := v.h
	h.Open("fieldset")
	h.Open("legend")
	h.Text(p.Name)
	if p.Required {
		h.El("span", "must", " required")
	}
	h.Close("legend")
	h.El("p", "note", p.Doc)
	for i := range p.Parts {
		part := p.Parts[i]
		path := part.Name
		part.Name = p.Name + "." + path
		v.labelled(&part, strings.ReplaceAll(strings.ReplaceAll(path, "0.", ""), ".", " "), filled.Get("p."+part.Name), fmt.Sprintf("%s-%d", id, i))
	}
	if whole == "" {
		h.Open("details")
	} else {
		h.Open("details", "open", "")
	}
	h.El("summary", "", "Or as JSON")
	v.labelled(&change.Parameter{Name: p.Name, Form: change.FormJSON, Example: p.Example}, "JSON", whole, id)
	h.Close("details", "fieldset")
}

// field writes one parameter with its name as the label.
func (v *view) field(p *change.Parameter, value, id string) { v.labelled(p, p.Name, value, id) }

// labelled writes one field with its label.
func (v *view) labelled(p *change.Parameter, label, value, id string) {
	h := v.h
	h.Open("p")
	h.Open("label", "for", id)
	h.Text(label)
	if p.Required {
		h.El("span", "must", " required")
	}
	h.Close("label")
	attrs := []string{"id", id, "name", "p." + p.Name}
	if p.Required {
		attrs = append(attrs, "required", "")
	}
	doc := p.Doc
	switch p.Form {
	case change.FormChoice:
		h.Open("select", attrs...)
		v.option("", "", false)
		for _, w := range p.Words {
			v.option(w, w, w == value)
		}
		h.Close("select")
	case change.FormJSON:
		h.Open("textarea", append(attrs, "rows", strconv.Itoa(min(16, 3+strings.Count(value, "\n"))), "spellcheck", "false")...)
		h.Lines(value)
		h.Close("textarea")
		if p.Example != "" {
			doc = "e.g. " + p.Example
		}
	case change.FormTexts:
		h.Open("textarea", append(attrs, "rows", "2", "spellcheck", "false")...)
		h.Lines(value)
		h.Close("textarea")
		doc = strings.TrimSpace(doc + " one a line")
	case change.FormNumber:
		h.Open("input", append(attrs, "inputmode", "numeric", "value", value)...)
	case change.FormText:
		attrs = append(attrs, "value", value, "autocomplete", "off")
		if list := listOf(p); list != "" {
			attrs = append(attrs, "list", list)
		}
		h.Open("input", attrs...)
	}
	h.El("span", "hint", doc)
	h.Close("p")
}

// makeChange reads a form and goes on to the answer with the change made.
func (v changeForms) makeChange() error {
	st, err := v.state()
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	form := v.r.PostForm
	more, err := v.readChange(form)
	if err == nil && len(v.changes)+len(more) > change.MaxChanges {
		err = fmt.Errorf("more than %d changes", change.MaxChanges)
	}
	if err == nil {
		more = append(slices.Clone(v.changes), more...)
		next := *v.view
		next.changes, next.list = more, v.srv.keep(more)
		var changed *state
		if changed, err = next.state(); err == nil {
			page := "check"
			if _, err := next.asked(changed); err != nil {
				page = "change" // no question is in the address
			}
			http.Redirect(v.w, v.r, next.link(page), http.StatusSeeOther)
			return nil
		}
	}
	v.changePage(st, form.Get("op"), form, err.Error())
	v.end(http.StatusUnprocessableEntity)
	return nil
}

// readChange reads what a form says: a repair, a change file, or an operation's parameters.
func (v changeForms) readChange(form url.Values) ([]change.Change, error) {
	if id := form.Get("repair"); id != "" {
		text, err := v.srv.store.get(id)
		if err != nil {
			return nil, err
		}
		return change.Parse("the repair", text)
	}
	if text := form.Get("text"); text != "" {
		return change.Parse("the form", []byte(text))
	}
	key := form.Get("op")
	ops := change.Operations()
	i := slices.IndexFunc(ops, func(o change.Described) bool { return o.Key == key })
	if i < 0 {
		return nil, fmt.Errorf("there is no operation %q", key)
	}
	body := located.Pairs()
	for _, p := range ops[i].Parameters {
		value, given, err := formValue(&p, form.Get("p."+p.Name))
		if err == nil && !given && len(p.Parts) > 0 {
			value, given, err = partsValue(&p, form)
		}
		if err != nil {
			return nil, err
		}
		if given {
			body.Members = append(body.Members, located.Member{Key: p.Name, Value: value})
		}
	}
	one := located.Pairs(key, body)
	if as := strings.TrimSpace(form.Get("p.as")); as != "" {
		one.Members = append(one.Members, located.Member{Key: "as", Value: located.Of(as)})
	}
	return change.Parse("the form", one.JSON())
}

// formValue reads a parameter as its field holds it.
func formValue(p *change.Parameter, text string) (v located.Value, given bool, err error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return v, false, nil
	}
	switch p.Form {
	case change.FormNumber:
		if n, err := strconv.Atoi(text); err == nil {
			return located.Of(n), true, nil
		}
	case change.FormTexts:
		return located.Of(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' })), true, nil
	case change.FormJSON:
		v, err := located.FromJSON([]byte(text))
		if err != nil {
			err = fmt.Errorf("%s is not JSON: %w", p.Name, err)
		}
		return v, true, err
	case change.FormChoice:
		if p.Words[0] == "true" {
			return located.Of(text == "true"), true, nil
		}
	case change.FormText:
	}
	return located.Of(text), true, nil
}

// partsValue puts a parameter together from the fields of its members.
func partsValue(p *change.Parameter, form url.Values) (whole located.Value, given bool, err error) {
	for _, part := range p.Parts {
		part.Name = p.Name + "." + part.Name
		value, ok, err := formValue(&part, form.Get("p."+part.Name))
		if err != nil {
			return whole, given, err
		}
		if ok {
			given = true
			put(&whole, strings.Split(part.Name, ".")[1:], value)
		}
	}
	return whole, given, nil
}

// put sets what a path leads to: "0" is a list's first element.
func put(at *located.Value, path []string, value located.Value) {
	if len(path) == 0 {
		*at = value
		return
	}
	if path[0] == "0" {
		at.Kind = located.List
		if len(at.Items) == 0 {
			at.Items = make([]located.Value, 1)
		}
		put(&at.Items[0], path[1:], value)
		return
	}
	at.Kind = located.Map
	i := slices.IndexFunc(at.Members, func(m located.Member) bool { return m.Key == path[0] })
	if i < 0 {
		i = len(at.Members)
		at.Members = append(at.Members, located.Member{Key: path[0]})
	}
	put(&at.Members[i].Value, path[1:], value)
}

// indented is JSON as a field shows it.
func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
