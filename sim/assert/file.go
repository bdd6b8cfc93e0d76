package assert

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// MaxTests is how many tests one file may hold.
const MaxTests = 10_000

// ReadFile reads a file that a test file names; os.ReadFile is one.
type ReadFile func(name string) ([]byte, error)

// Parse reads a test file. Errors have file, line and column; every mistake
// of the file is told at once.
func Parse(name string, text []byte, read ReadFile) (*File, error) {
	return ParseWith(name, text, read, nil)
}

// ParseWith is Parse with values for the file's parameters, each NAME=VALUE.
func ParseWith(name string, text []byte, read ReadFile, values []string) (*File, error) {
	docs, err := located.Parse(name, text)
	if err != nil {
		return nil, err
	}
	p := &parser{file: &File{Path: name}, read: read, values: values}
	if len(docs) != 1 {
		p.fail(located.Position{}, "a test file is one document, not %d", len(docs))
	} else {
		p.document(docs[0])
	}
	return p.file, errors.Join(p.problems...)
}

type parser struct {
	file     *File
	read     ReadFile
	problems []error
	defaults []located.Member
	values   []string // NAME=VALUE, in place of the file's own parameters
	expanded int      // values that stand for parameters so far
}

func (p *parser) fail(at located.Position, format string, args ...any) {
	p.problems = append(p.problems, &located.Error{File: p.file.Path, At: at, Problem: fmt.Sprintf(format, args...)})
}

// members hands each member of a map to the reader of its key, and complains
// of keys that have none.
func (p *parser) members(v located.Value, what string, readers map[string]func(located.Value)) {
	if v.Kind != located.Map {
		p.fail(v.At, "%s is a mapping, not %s", what, v.Kind)
		return
	}
	for _, m := range v.Members {
		if r, ok := readers[m.Key]; ok {
			r(m.Value)
			continue
		}
		names := make([]string, 0, len(readers))
		for n := range readers {
			names = append(names, n)
		}
		slices.Sort(names)
		problem := fmt.Sprintf("%s has no key %q", what, m.Key)
		if n := located.Nearest(m.Key, names); n != "" {
			problem += fmt.Sprintf("; did you mean %s?", n)
		} else {
			problem += "; it has " + strings.Join(names, ", ")
		}
		p.fail(m.At, "%s", problem)
	}
}

func (p *parser) text(into *string) func(located.Value) {
	return func(v located.Value) {
		switch v.Kind {
		case located.String, located.Number:
			*into = v.Text
		default:
			p.fail(v.At, "expected text, found %s", v.Kind)
		}
	}
}

func (p *parser) texts(into *[]string) func(located.Value) {
	return func(v located.Value) {
		*into = nil
		if v.Kind != located.List {
			v = located.Value{Kind: located.List, Items: []located.Value{v}}
		}
		for _, item := range v.Items {
			var s string
			p.text(&s)(item)
			*into = append(*into, s)
		}
	}
}

func (p *parser) yes(into *bool) func(located.Value) {
	return func(v located.Value) {
		if v.Kind != located.Bool {
			p.fail(v.At, "expected true or false, found %s", v.Kind)
		}
		*into = v.Text == "true"
	}
}

func ignore(located.Value) {}

func (p *parser) document(v located.Value) {
	var schema string
	tests := located.Value{}
	v = p.substitute(v)
	p.members(v, "a test file", map[string]func(located.Value){
		"$schema": ignore, "description": ignore, "parameters": ignore, "schema": p.text(&schema), "snapshot": p.text(&p.file.Snapshot),
		"defaults": func(d located.Value) {
			if d.Kind != located.Map {
				p.fail(d.At, "defaults is a mapping, not %s", d.Kind)
			}
			p.defaults = d.Members
		},
		"tests": func(t located.Value) { tests = t },
	})
	if schema != "" && schema != Schema {
		p.fail(v.At, "schema %q is not %s", schema, Schema)
	}
	if tests.Kind != located.List || len(tests.Items) == 0 || len(tests.Items) > MaxTests {
		p.fail(v.At, "tests is a list of 1 to %d tests", MaxTests)
		return
	}
	names := map[string]bool{}
	for i, item := range tests.Items {
		t := p.test(item)
		if t.Name == "" {
			t.Name = fmt.Sprintf("test %d", i+1)
		}
		if names[t.Name] {
			p.fail(item.At, "two tests are named %q", t.Name)
		}
		names[t.Name] = true
		p.file.Tests = append(p.file.Tests, t)
	}
}

// withDefaults adds the file's defaults for what a test does not say. A test
// that says from has no default job, and the other way round.
func (p *parser) withDefaults(v located.Value) located.Value {
	_, hasJob := v.Get("job")
	_, hasFrom := v.Get("from")
	for _, kind := range invariantKinds {
		if _, ok := v.Get(kind); ok {
			hasJob, hasFrom = true, true
		}
	}
	out := v
	out.Members = slices.Clone(v.Members)
	for _, d := range p.defaults {
		if _, ok := v.Get(d.Key); ok || d.Key == "job" && hasFrom || d.Key == "from" && hasJob {
			continue
		}
		out.Members = append(out.Members, d)
	}
	return out
}

func (p *parser) test(v located.Value) *Test {
	t := &Test{File: p.file.Path, At: v.At}
	if v.Kind != located.Map {
		p.fail(v.At, "a test is a mapping, not %s", v.Kind)
		return t
	}
	t.At = v.At
	p.members(p.withDefaults(v), "a test", map[string]func(located.Value){
		"name": p.text(&t.Name), "description": ignore, "snapshot": p.text(&t.Snapshot),
		"job":    func(j located.Value) { t.Job = p.job(j) },
		"from":   func(f located.Value) { t.From = p.source(f) },
		"bucket": p.texts(&t.Buckets), "actions": p.texts(&t.Actions), "write": p.yes(&t.Write), "ready": p.yes(&t.Ready),
		"expect":  func(e located.Value) { t.Expect = p.verdict(e) },
		"through": p.text(&t.Through), "onlyThrough": p.texts(&t.OnlyThrough), "neverInternet": p.yes(&t.NeverInternet), "avoid": p.texts(&t.Avoid),
		"findings": p.texts(&t.Findings), "noFindings": p.texts(&t.NoFindings), "unknowns": p.texts(&t.Unknowns),
		"allowEmpty": p.yes(&t.AllowEmpty), "mayBeAbsent": p.yes(&t.MayBeAbsent), "skip": func(s located.Value) { t.Skip = p.skip(s) },
		"options": func(o located.Value) { p.options(o, &t.Options) }, "caller": p.text(&t.Caller),
		"never": p.invariant(t, "never"), "always": p.invariant(t, "always"), "only-through": p.invariant(t, "only-through"),
	})
	p.complete(t, v.At)
	return t
}

// complete checks that a test asks somebody about something, and asserts something.
func (p *parser) complete(t *Test, at located.Position) {
	if t.Invariant != nil {
		if t.Job != nil || t.From != nil || len(t.Buckets) > 0 || t.Expect != nil {
			p.fail(at, "%s has its own from and to; job, from, bucket and expect do not go with it", t.Invariant.Kind)
		}
		return
	}
	if t.Ready {
		p.ready(t, at)
	}
	if t.Job == nil && t.From == nil {
		p.fail(at, "the test does not say who asks: job or from")
	}
	if t.Job != nil && t.From != nil {
		p.fail(at, "the test says job and from; one of them asks")
	}
	if t.From != nil && len(t.Buckets) == 0 {
		p.fail(at, "the test does not say which bucket")
	}
	if t.Expect == nil && t.Through == "" && len(t.OnlyThrough) == 0 && !t.NeverInternet && len(t.Avoid) == 0 && len(t.Findings)+len(t.NoFindings)+len(t.Unknowns) == 0 {
		p.fail(at, "the test asserts nothing: expect, through, onlyThrough, neverInternet, avoid, findings, noFindings or unknowns")
	}
	if t.Caller != "" {
		t.Options.Caller = t.Caller
	}
	if err := sim.CheckCaller(t.Options.Caller); err != nil {
		p.fail(at, "%v", err)
	}
	if t.From != nil && t.From.Role == "" && (t.Options.Caller == "" || t.Options.Caller == "role") {
		p.fail(t.From.At, "from takes role: whose permissions count; or the test takes caller: who signs")
	}
	if t.Through != "" && t.Expect != nil && *t.Expect != sim.Reachable {
		p.fail(at, "through says that every case gets there: it goes with expect: REACHABLE only")
	}
}

// ready checks a test of everything that a job needs: each of it is reachable.
func (p *parser) ready(t *Test, at located.Position) {
	switch {
	case t.Job == nil:
		p.fail(at, "ready takes job: what is needed hangs on the job's service")
	case len(t.Buckets)+len(t.Actions) > 0 || t.Write || t.Caller != "":
		p.fail(at, "ready asks about all that the job needs; bucket, actions, write and caller do not go with it")
	case t.Expect == nil:
		reachable := sim.Reachable
		t.Expect = &reachable
	}
}

func (p *parser) verdict(v located.Value) *sim.Verdict {
	words := map[string]sim.Verdict{"reachable": sim.Reachable, "reach": sim.Reachable, "blocked": sim.Blocked,
		"no-reach": sim.Blocked, "partial": sim.Partial, "unknown": sim.Unknown}
	if w, ok := words[strings.ToLower(v.Text)]; ok {
		return &w
	}
	p.fail(v.At, "expect is REACHABLE, BLOCKED, PARTIAL or UNKNOWN (reach, no-reach), not %q", v.Text)
	return nil
}

func (p *parser) skip(v located.Value) *Skip {
	s := &Skip{At: v.At}
	p.members(v, "skip", map[string]func(located.Value){"reason": p.text(&s.Reason), "until": p.text(&s.Until)})
	if strings.TrimSpace(s.Reason) == "" {
		p.fail(v.At, "skip takes a reason")
	}
	if s.Until != "" {
		if _, err := time.Parse(time.DateOnly, s.Until); err != nil {
			p.fail(v.At, "until is a date, YYYY-MM-DD, not %q", s.Until)
		}
	}
	return s
}

func (p *parser) options(v located.Value, o *sim.Options) {
	var port, ephemeral string
	p.members(v, "options", map[string]func(located.Value){
		"hostname": p.text(&o.Hostname), "strict": p.yes(&o.Strict), "strictDNS": p.yes(&o.StrictDNS), "assumeSSES3": p.yes(&o.AssumeSSES3), "assumeNoOrganization": p.yes(&o.AssumeNoOrganization), "assumeNoResourcePolicy": p.yes(&o.AssumeNoResourcePolicy), "assumePublicDNS": p.yes(&o.AssumePublicDNS),
		"at": p.text(&o.At), "assume": p.texts(&o.Assume), "objectTags": p.texts(&o.ObjectTags), "presigned": p.yes(&o.Presigned), "caller": p.text(&o.Caller),
		"port": p.text(&port), "ephemeralPorts": p.text(&ephemeral),
	})
	if port != "" {
		if n, err := fmt.Sscanf(port, "%d", &o.Port); n != 1 || err != nil || o.Port < 1 || o.Port > 65535 {
			p.fail(v.At, "port is 1 to 65535, not %q", port)
		}
	}
	if ephemeral != "" {
		lo, hi := &o.Ephemeral[0], &o.Ephemeral[1]
		if n, err := fmt.Sscanf(ephemeral, "%d-%d", lo, hi); n != 2 || err != nil || *lo < 1 || *hi < *lo || *hi > 65535 {
			p.fail(v.At, "ephemeralPorts is FROM-TO, e.g. 32768-60999, not %q", ephemeral)
		}
	}
}

// job reads a job: the name of its file, beside the test file, or the job
// itself as AWS prints it.
func (p *parser) job(v located.Value) *snapshot.Job {
	text, name := v.JSON(), ""
	switch v.Kind {
	case located.String:
		name = p.beside(v.Text)
		b, err := p.read(name)
		if err != nil {
			p.fail(v.At, "the job file: %v", err)
			return &snapshot.Job{}
		}
		text = b
	case located.Map:
	default:
		p.fail(v.At, "job is a file's name or the job itself, not %s", v.Kind)
		return &snapshot.Job{}
	}
	j, err := snapshot.ParseJob(text)
	if err != nil {
		p.fail(v.At, "the job%s: %v", map[bool]string{true: "", false: " " + name}[name == ""], err)
	}
	j.File = name
	return &j
}

// jobs reads a job or a list of jobs.
func (p *parser) jobs(into *[]snapshot.Job) func(located.Value) {
	return func(v located.Value) {
		if v.Kind != located.List {
			v = located.Value{Kind: located.List, Items: []located.Value{v}}
		}
		for _, item := range v.Items {
			*into = append(*into, *p.job(item))
		}
	}
}

// beside resolves a name relative to the test file.
func (p *parser) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.FromSlash(path.Join(path.Dir(filepath.ToSlash(p.file.Path)), filepath.ToSlash(name)))
}

var idLike = regexp.MustCompile(`^subnet-`)

func (p *parser) source(v located.Value) *Source {
	s := &Source{At: v.At}
	p.members(v, "from", map[string]func(located.Value){
		"subnets": func(sv located.Value) { p.subnets(sv, s) },
		"tags":    func(tv located.Value) { p.tags(tv, s) },
		"vpc":     p.text(&s.VPC), "securityGroups": p.texts(&s.SecurityGroups), "role": p.text(&s.Role),
		"account": p.text(&s.Account), "region": p.text(&s.Region),
		"interface": p.text(&s.Existing), "instance": p.text(&s.Existing), "lambda": p.text(&s.Existing),
		"internet": func(a located.Value) { p.outside(a, s, true) }, "onPremises": func(a located.Value) { p.outside(a, s, false) },
	})
	if s.Existing == "" && len(s.Subnets) == 0 && s.Class == "" && len(s.Tags) == 0 {
		p.fail(v.At, "from names subnets, tags, an interface, an instance, a lambda, internet or onPremises")
	}
	if s.Existing != "" && (s.VPC != "" || len(s.Subnets)+len(s.TagKeys) > 0 || s.Class != "") {
		p.fail(v.At, "from names subnets (with vpc or tags), or one interface, instance, lambda or client, not both")
	}
	if s.Existing == "" && len(s.SecurityGroups) == 0 {
		p.fail(v.At, "from takes securityGroups: what a job in these subnets would have")
	}
	return s
}

// outside reads a source outside of every VPC: public addresses, or private
// ones on premises.
func (p *parser) outside(v located.Value, s *Source, internet bool) {
	p.text(&s.Existing)(v)
	if internet && s.Existing == "any" {
		s.Existing = sim.FromInternet
		return
	}
	a, err := sim.ParseAddresses(s.Existing)
	switch {
	case err != nil:
		p.fail(v.At, "%q is not an address or a CIDR block", s.Existing)
	case rules.OnInternet(a) && !internet:
		p.fail(v.At, "%s is public: it goes with internet", s.Existing)
	case !rules.OnInternet(a) && internet:
		p.fail(v.At, "%s is private: it goes with onPremises", s.Existing)
	}
}

func (p *parser) subnets(v located.Value, s *Source) {
	if v.Kind == located.String && !idLike.MatchString(v.Text) {
		switch v.Text {
		case "all", "private", "public":
			s.Class = v.Text
		default:
			p.fail(v.At, "subnets is a list of ids, or all, private or public, not %q", v.Text)
		}
		return
	}
	p.texts(&s.Subnets)(v)
}

func (p *parser) tags(v located.Value, s *Source) {
	if v.Kind != located.Map {
		p.fail(v.At, "tags is a mapping, not %s", v.Kind)
		return
	}
	s.Tags = map[string]string{}
	for _, m := range v.Members {
		s.Tags[m.Key] = m.Value.Text
		s.TagKeys = append(s.TagKeys, m.Key)
	}
}
