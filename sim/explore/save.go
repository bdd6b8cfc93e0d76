package explore

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/evidence"
	"github.com/canreach/canreach/snapshot"
)

// saves offers what can be kept of a page.
func (v *view) saves() {
	v.section("saves", "Save")
	h := v.h
	h.Open("ul")
	item := func(as, name, what string) {
		h.Open("li")
		h.Open("a", "href", v.link("save", "as", as), "download", name)
		h.Text(name)
		h.Raw("</a>")
		h.Text(": " + what)
		h.Close("li")
	}
	if len(v.changes) > 0 {
		item("changes", "changes.yaml", "the changes, for canreach whatif --change")
		item("commands", "changes.sh", "the changes as AWS CLI commands")
	}
	if !v.traced() {
		item("test", "test.yaml", "a test that asserts this answer, for canreach test")
		item("evidence", "evidence.zip", "the evidence folder: snapshot, question, answer and every rule that decided")
	}
	item("picture", "path.svg", "the picture")
	item("answer", "answer.json", "the answer, as canreach check -o json writes it")
	h.Close("ul", "section")
}

// save sends a file; nothing is written on the server's side.
func (v *view) save() error {
	st, err := v.state()
	if err != nil {
		return err
	}
	switch as := v.params.Get("as"); as {
	case "changes":
		return v.saving().file("changes.yaml", "application/yaml", []byte("# yaml-language-server: $schema="+change.SchemaURL+"\n"+change.YAML(v.changes)))
	case "commands":
		return v.saving().file("changes.sh", "text/x-shellscript", commands(v.changes))
	case "old", "new":
		text, err := v.srv.store.get(v.params.Get(as))
		if err != nil {
			return err
		}
		return v.saving().file(as+".json", "application/json", text)
	case "tests":
		text, err := v.srv.store.get(v.params.Get("tests"))
		if err != nil {
			return err
		}
		return v.saving().file("tests.yaml", "application/yaml", text)
	default:
		return v.saving().saveAnswer(st, as)
	}
}

// saveAnswer sends what is about the answer to the question.
func (v saving) saveAnswer(st *state, as string) error {
	q, a, err := v.answer(st)
	if err != nil {
		return err
	}
	if len(st.changes) > 0 { // what was tried is only a part of it (change.Base)
		native, err := st.native()
		if err != nil {
			return err
		}
		whole := *a
		whole.Snapshot.SHA256 = fmt.Sprintf("%x", sha256.Sum256(native))
		a = &whole
	}
	switch as {
	case "answer":
		text, err := indent(a)
		if err != nil {
			return err
		}
		return v.file("answer.json", "application/json", text)
	case "picture":
		return v.picture(a)
	case "test":
		if v.traced() {
			break
		}
		var job *located.Value
		if q.Job != nil {
			job = q.Job()
		}
		text, err := assert.Keep(v.ctx, st.world, q.Query.Check, job)
		if err != nil {
			return &mistake{err}
		}
		return v.file("test.yaml", "application/yaml", text)
	case "evidence":
		if v.traced() {
			break
		}
		return v.evidence(st, q)
	}
	return &mistake{fmt.Errorf("%q cannot be saved of this page", as)}
}

func (v saving) file(name, kind string, text []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	v.w.WriteHeader(http.StatusOK)
	_, err := v.w.Write(text)
	return err
}

// commands is a shell script that makes the changes. What no command makes is
// named in a comment.
func commands(changes []change.Change) []byte {
	var b strings.Builder
	b.WriteString("#!/bin/sh\nset -eu\n")
	for _, line := range change.Lines(changes) {
		if strings.HasPrefix(line, "[") { // a JSON Patch
			line = "# no AWS CLI command makes this: " + strings.ReplaceAll(line, "\n", " ")
		}
		b.WriteString(line + "\n")
	}
	return []byte(b.String())
}

// evidence sends the evidence folder of the question on the changed snapshot.
func (v saving) evidence(st *state, q Asked) error {
	native, err := st.native()
	if err != nil {
		return err
	}
	now := v.srv.cfg.Now()
	f, _, err := evidence.Build(v.ctx, evidence.Case{Native: snapshot.WithoutSecrets(native), Question: q.Query.Check, Program: v.srv.cfg.Program, CreatedAt: now})
	if err == nil {
		err = f.Seal(nil)
	}
	if err != nil {
		return &mistake{err}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range f.Names() {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "evidence/" + name, Method: zip.Deflate, Modified: now.UTC()})
		if err != nil {
			return err
		}
		if _, err := w.Write(f.File(name)); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return v.file("evidence.zip", "application/zip", b.Bytes())
}
