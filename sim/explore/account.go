package explore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/accountmap"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

// whoCan lists every role that can reach a bucket, from where, and by which statements.
func (v *view) whoCan() error {
	st, err := v.state()
	if err != nil {
		return err
	}
	resource := strings.TrimSpace(v.params.Get("arn"))
	if resource != "" && !strings.HasPrefix(resource, "arn:") {
		resource = "arn:aws:s3:::" + resource
	}
	actions := split(v.params["can"])
	v.begin("Who can")
	h := v.h
	h.El("h1", "", "Who can reach a bucket")
	h.Open("form", "method", "get", "action", "who-can", "class", "fields")
	v.hidden(true)
	v.accountPages().own("arn", "Bucket or objects", "bucket", "an ARN or a bucket's name")
	v.accountPages().own("can", "Actions", "", "empty: s3:GetObject and s3:PutObject; several with commas")
	h.Raw("<p><button type=\"submit\">Ask</button></p></form>\n")
	v.datalist("list-bucket", v.homePage().nameLists()["bucket"])
	if resource == "" {
		v.end(http.StatusOK)
		return nil
	}
	v.send(http.StatusOK)
	jobs, args := v.srv.jobs()
	t, err := access.Decide(v.ctx, st.world, access.Query{Resource: resource, Actions: actions, Jobs: jobs})
	if err != nil {
		h.El("p", "error", report.ErrorText(err))
		v.end(http.StatusOK)
		return nil
	}
	v.accountPages().accessGroups(t)
	if named := access.NamedPrincipals(st.world, resource); len(named) > 0 {
		v.section("", "Also named by the bucket policy")
		h.El("p", "note", "What these may do by their own policies is not in the snapshot.")
		h.Open("ul")
		for _, n := range named {
			h.El("li", "", fmt.Sprintf("%s %s: statement %d %s", n.Kind, n.Principal, n.Statement, n.Sid))
		}
		h.Close("ul", "section")
	}
	v.command(v.onChanged(func(snap ...string) string {
		words := slices.Concat([]string{"canreach", "who-can", resource}, snap, args)
		for _, a := range actions {
			words = append(words, "--action", a)
		}
		return commandLine(words...)
	})...)
	v.end(http.StatusOK)
	return nil
}

// own writes a field that takes one of the page's own parameters.
func (v accountPages) own(name, label, list, hint string) {
	field := *v.view
	field.flags = url.Values{name: {strings.Join(v.params[name], ", ")}}
	field.input(name, label, list, hint)
}

// split takes values with commas and spaces apart.
func split(values []string) []string {
	var out []string
	for _, x := range values {
		out = append(out, strings.FieldsFunc(x, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return out
}

// accessGroups is the table of who can, with a link to the path of each.
func (v accountPages) accessGroups(t *access.Table) {
	h := v.h
	groups := t.Groups()
	v.section("", fmt.Sprintf("%s decided; what is not listed is BLOCKED", counted(t.Asked, "question")))
	defer h.Close("section")
	if len(groups) == 0 {
		h.El("p", "", "Nobody.")
		return
	}
	h.Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Who can\"><table><thead><tr><th scope=\"col\">Action</th><th scope=\"col\">Verdict</th><th scope=\"col\">Roles</th><th scope=\"col\">From</th><th scope=\"col\">Via</th><th scope=\"col\">By</th></tr></thead>\n<tbody>\n")
	for i := range groups {
		g := &groups[i]
		h.Open("tr")
		h.Open("th", "scope", "row")
		h.Text(g.Action)
		h.Close("th")
		m := report.VerdictMark(g.Verdict)
		h.Open("td", "class", m.String(), "data-label", "Verdict")
		h.Raw(picture.MarkSVG(m, 14))
		h.Text(" " + g.Verdict.String())
		if g.Objects != "" {
			h.Text(", " + g.Objects + " objects")
		}
		h.Close("td")
		h.El("td", "", first(g.Roles, 5))
		h.Open("td")
		for n, s := range g.Sources {
			if n == 5 {
				h.Text(fmt.Sprintf("and %d more", len(g.Sources)-n))
				break
			}
			v.source(g, &t.Sources[s])
		}
		h.Close("td")
		h.Open("td")
		h.Text(strings.Join(g.Via, ", "))
		h.Close("td")
		h.Open("td")
		h.Text(statements(g.Allows) + strings.Join(g.Missing, "; "))
		h.Close("td", "tr")
	}
	h.Raw("</tbody></table></div>\n")
}

// source names where a group asks from, with a link to the answer for its
// first role where that can be asked.
func (v accountPages) source(g *access.Group, s *access.Source) {
	v.h.Open("div")
	defer v.h.Close("div")
	if len(s.Classes) == 0 || len(g.Roles) == 0 {
		v.h.Text(s.Name())
		return
	}
	c := &s.Classes[0]
	var groups []string
	for _, id := range c.Groups {
		groups = append(groups, string(id))
	}
	one := view{srv: v.srv, snap: v.snap, list: v.list, flags: url.Values{"role": {g.Roles[0]}, "subnets": {string(c.Subnet)}, "bucket": {g.Resource}, "action": {g.Action}}}
	if len(groups) > 0 {
		one.flags.Set("security-groups", strings.Join(groups, ","))
	}
	name := s.Name()
	if s.Count == 0 {
		name = "interfaces to come in " + string(c.Subnet)
	}
	v.anchor("", one.link("check"), name)
}

func first(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:n], ", "), len(list)-n)
}

func statements(list []sim.Statement) string {
	var out []string
	for _, s := range list {
		name := s.Sid
		if name == "" {
			name = fmt.Sprintf("statement %d", s.Index)
		}
		out = append(out, name+" of "+s.Policy)
	}
	return first(out, 4)
}

// mapPage shows the account's map. It brings a script and a policy of its own.
func (v *view) mapPage() error {
	st, err := v.state()
	if err != nil {
		return err
	}
	jobs, args := v.srv.jobs()
	m, err := accountmap.Build(v.ctx, st.world, accountmap.Query{VPC: snapshot.VPCID(v.params.Get("map-vpc")), Jobs: jobs})
	if err != nil {
		return &mistake{err}
	}
	var b bytes.Buffer
	subnet := func(id string) string {
		one := view{srv: v.srv, snap: v.snap, list: v.list, flags: url.Values{"from": {id}, "to": {"s3"}}}
		return one.link("check")
	}
	vpc := v.params.Get("map-vpc")
	commands := v.onChanged(func(snap ...string) string {
		words := slices.Concat([]string{"canreach", "map"}, snap, args, []string{"--out", "map.html"})
		if vpc != "" {
			words = append(words, "--vpc", vpc)
		}
		return commandLine(words...)
	})
	if err := report.LinkedMap(&b, m, v.link(""), strings.Join(commands, "\n"), subnet); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Security-Policy", report.MapPolicy()+"; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err = v.w.Write(b.Bytes())
	return err
}

// picture sends the path as an SVG.
func (v *view) picture(a *sim.Answer) error {
	var b bytes.Buffer
	if err := picture.SVG(&b, report.Diagram(a), picture.SVGOptions{}); err != nil {
		return err
	}
	return v.saving().file("path.svg", "image/svg+xml", b.Bytes())
}

// indent writes a value as the commands do.
func indent(x any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(x)
	return b.Bytes(), err
}
