package explore

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim/report"
)

// maxNames is how many names of a kind a form offers.
const maxNames = 500

// home asks for a question.
func (v *view) home() error {
	if _, err := v.state(); err != nil { // the changes in the address can be made
		return err
	}
	names := v.homePage().nameLists()
	h := v.h
	v.begin("Ask")
	h.El("h1", "", "Can this job reach that bucket, and if not, why not?")
	v.homePage().snapshots()
	v.homePage().askCheck(names)
	v.homePage().askTrace()
	for _, kind := range []string{"job", "subnet", "group", "role", "bucket", "instance", "interface", "function"} {
		v.datalist("list-"+kind, names[kind])
	}
	v.datalist("list-action", []Name{{"s3:GetObject", ""}, {"s3:PutObject", ""}, {"s3:ListBucket", ""}, {"s3:DeleteObject", ""}, {"s3:GetObjectVersion", ""}, {"s3:AbortMultipartUpload", ""}})
	v.datalist("list-caller", []Name{{"unsigned", "nobody: yum, dnf, public registries"}, {"presigned-by ARN", "a URL that this role or user signed"}, {"principal ARN", "another role or user"}, {"service NAME", "an AWS service"}})
	var kinds []Name
	for _, s := range services.Words() {
		kinds = append(kinds, Name{s, ""})
	}
	v.datalist("list-service", kinds)
	ends := append([]Name{{"s3", ""}, {"internet", ""}}, names["interface"]...)
	v.datalist("list-end", append(append(ends, names["instance"]...), names["subnet"]...))
	v.end(http.StatusOK)
	return nil
}

// nameLists are the names of the snapshot as captured.
func (v homePage) nameLists() map[string][]Name {
	names, _ := v.srv.names.get(strconv.Itoa(v.snap), func() (map[string][]Name, error) {
		return v.srv.cfg.Reader.Names(v.snapshot().Base.Snapshot()), nil
	})
	return names
}

// snapshots links to the other snapshots, where there are several.
func (v homePage) snapshots() {
	all := v.srv.cfg.Snapshots
	if len(all) < 2 {
		return
	}
	v.section("", "Snapshots")
	v.h.Open("ul")
	for i := range all {
		v.h.Open("li")
		other := view{srv: v.srv, snap: i, flags: v.flags}
		if i == v.snap {
			v.h.El("strong", "", all[i].Name)
		} else {
			v.anchor("", other.link(""), all[i].Name)
		}
		v.h.Close("li")
	}
	v.h.Close("ul", "section")
}

// input writes one field that takes a flag's value.
func (v *view) input(flag, label, list, hint string) {
	h := v.h
	id := "i-" + flag + "-" + list
	h.Open("p")
	h.Open("label", "for", id)
	h.Text(label)
	h.Close("label")
	attrs := []string{"id", id, "name", flag, "value", v.flags.Get(flag), "autocomplete", "off"}
	if list != "" {
		attrs = append(attrs, "list", "list-"+list)
	}
	h.Open("input", attrs...)
	h.El("span", "hint", hint)
	h.Close("p")
}

func (v *view) checkbox(flag, label string) {
	h := v.h
	id := "i-" + flag
	h.Open("p", "class", "check")
	attrs := []string{"type", "checkbox", "id", id, "name", flag, "value", "true"}
	if v.flags.Get(flag) == "true" {
		attrs = append(attrs, "checked", "")
	}
	h.Open("input", attrs...)
	h.Open("label", "for", id)
	h.Text(label)
	h.Close("label", "p")
}

func (v homePage) askCheck(names map[string][]Name) {
	h := v.h
	v.section("", "A job or anything else, and a bucket")
	h.Open("form", "method", "get", "action", "check", "class", "fields")
	v.hidden(false)
	v.input("job", "Job", "job", "a job of the snapshot; empty: its only one, or what is named below")
	v.input("bucket", "Bucket or objects", "bucket", "an ARN with or without wildcards, s3://BUCKET/KEY or a name; empty: what the job itself reads and writes")
	v.input("action", "Action", "action", "empty: s3:GetObject and s3:ListBucket; several with commas")
	v.checkbox("write", "Ask about s3:PutObject instead of a read")
	h.Raw("<details class=\"op\"><summary>Any other source</summary>\n")
	v.input("subnets", "Subnets", "subnet", "by id, ARN or Name tag; several with commas")
	v.input("security-groups", "Security groups", "group", "by id, ARN or name; several with commas")
	v.input("role", "Role", "role", "by ARN or name")
	v.input("instance", "Instance", "instance", "an existing one")
	v.input("eni", "Network interface", "interface", "an existing one")
	v.input("lambda", "Function", "function", "an existing one")
	v.input("service", "Service", "service", "of what does not run yet, with its subnets, groups and role")
	v.input("from-internet", "From the internet", "", "a public address or CIDR block, or any")
	v.input("from-on-premises", "From on premises", "", "a private address or CIDR block")
	v.input("caller", "Who signs", "caller", "empty: the role")
	h.Raw("</details>\n<details class=\"op\"><summary>Another service than S3, and the way there</summary>\n")
	v.input("resource", "Resource", "", "the ARN of any service's resource, instead of a bucket; with its action above")
	v.input("through", "Through", "", "a component that every request has to pass, by id")
	v.input("avoid", "Avoid", "", "a component that no request may pass, by id")
	h.Raw("</details>\n<details class=\"op\"><summary>What to assume</summary>\n")
	v.checkbox("assume-defaults", "Take AWS's defaults for what was never collected: no organization, SSE-S3")
	v.checkbox("strict", "Answer UNKNOWN where what is off by default was never collected")
	v.input("hostname", "S3 name", "", "that the client calls; empty: the Regional name")
	v.input("assume", "Condition key", "", "KEY=VALUE or KEY=absent")
	h.Raw("</details>\n<p><button type=\"submit\">Ask</button></p></form>")
	if n := len(names["job"]); n > 0 {
		h.Open("p", "class", "note")
		h.Text("Jobs: ")
		for i, j := range names["job"] {
			if i == 12 {
				h.Text(fmt.Sprintf(" and %d more", n-i))
				break
			}
			if i > 0 {
				h.Text(", ")
			}
			one := view{srv: v.srv, snap: v.snap, list: v.list, flags: map[string][]string{"job": {j.ID}}}
			v.anchor("", one.link("check"), j.ID)
		}
		h.Close("p")
	}
	h.Close("section")
}

func (v homePage) askTrace() {
	v.section("", "The network alone, between two ends")
	v.h.Open("form", "method", "get", "action", "check", "class", "fields")
	v.hidden(false)
	v.input("from", "From", "end", "an interface, instance, subnet, address or internet")
	v.input("to", "To", "end", "the same, s3, a service such as sts, a host name or URL")
	v.input("protocol", "Protocol", "", "empty: tcp")
	v.input("port", "Port", "", "empty: 443")
	v.input("why-not", "Why not by", "", "an endpoint: does the traffic use it, and if not, why not?")
	v.h.Raw("<p><button type=\"submit\">Trace</button></p></form></section>\n")
}

// datalist writes the values that fields offer.
func (v *view) datalist(id string, names []Name) {
	v.h.Open("datalist", "id", id)
	for _, n := range names[:min(len(names), maxNames)] {
		v.h.Open("option", "value", n.ID)
		v.h.Text(n.Label)
		v.h.Raw("</option>")
	}
	v.h.Close("datalist")
}

// style serves the style sheet.
func (v *view) style() error {
	return v.static("text/css; charset=utf-8", []byte(report.StyleSheet+styleSheet))
}
