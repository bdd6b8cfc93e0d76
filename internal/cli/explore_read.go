package cli

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim/explore"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/snapshot"
)

// reader reads what pages ask as the commands read their flags.
func (x *explorer) reader(env *Env) explore.Reader {
	env = quiet(env)
	rules := sync.OnceValue(rulesByName)
	return explore.Reader{
		Check: func(s *snapshot.Snapshot, flags url.Values) (explore.Asked, error) { return x.check(env, s, flags) },
		Trace: func(s *snapshot.Snapshot, flags url.Values) (explore.Asked, error) { return x.trace(env, s, flags) },
		Names: x.names, Compare: comparePage,
		Rule: func(name string) string {
			if text, ok := rules()[name]; ok {
				r, _ := readRule(name, text)
				return r.Text
			}
			return ""
		},
	}
}

func (x *explorer) check(env *Env, s *snapshot.Snapshot, flags url.Values) (explore.Asked, error) {
	var qf questionFlags
	var asked explore.Asked
	fs := pflag.NewFlagSet("check", pflag.ContinueOnError)
	qf.register(fs)
	word, err := x.job(s, flags, "subnets", "eni", "instance", "lambda", "from-internet", "from-on-premises")
	if err != nil {
		return asked, err
	}
	asked.Flags = withJob(flags, word)
	if asked.Args, err = setFlags(fs, asked.Flags); err != nil {
		return asked, err
	}
	q, err := qf.question(env, &x.snapshot, s)
	if err != nil {
		return asked, hinted(err)
	}
	if q.Job.File != "" { // where it lay is nobody's business
		q.Job.File = filepath.Base(q.Job.File)
	}
	asked.Query = repair.Query{Check: q}
	if q.Source == "" && len(qf.subnets)+len(qf.groups) == 0 && qf.role == "" {
		asked.Job = func() *located.Value { return x.rawJob(s, word) }
	}
	return asked, nil
}

func (x *explorer) trace(env *Env, s *snapshot.Snapshot, flags url.Values) (explore.Asked, error) {
	var f traceFlags
	var asked explore.Asked
	fs := pflag.NewFlagSet("trace", pflag.ContinueOnError)
	f.register(fs)
	if _, err := x.job(s, flags, "from", "to"); err != nil {
		return asked, err
	}
	var err error
	asked.Flags = flags
	if asked.Args, err = setFlags(fs, flags); err != nil {
		return asked, err
	}
	if err := f.readPorts(); err != nil {
		return asked, err
	}
	q, err := f.question(env, &x.snapshot, s)
	if err != nil {
		return asked, hinted(err)
	}
	asked.Query = repair.Query{Trace: &q}
	return asked, nil
}

// job is the word for the job that flags mean: the only file that explore was
// given, where nothing else is named and the snapshot has no job of its own.
func (x *explorer) job(s *snapshot.Snapshot, flags url.Values, others ...string) (string, error) {
	word := flags.Get("job")
	if slices.Contains(x.jobs, word) {
		return word, nil
	}
	all := resourcesOf(s)
	if word != "" {
		if len(find(all, kindJob, word)) == 0 { // no other file is read than those that the command line named
			return "", fmt.Errorf("the snapshot holds no job %q; a job file is named when explore starts (--job)\n%s", word, nearestHint(all, kindJob, word))
		}
		return word, nil
	}
	named := slices.ContainsFunc(others, func(name string) bool { return flags.Has(name) })
	has := slices.ContainsFunc(all, func(r resource) bool { return r.kind == kindJob })
	if !named && !has && len(x.jobs) == 1 {
		return x.jobs[0], nil
	}
	return "", nil
}

// hinted is an error with its hint in its text.
func hinted(err error) error {
	var h *hintError
	if errors.As(err, &h) && h.hint != "" {
		return fmt.Errorf("%w\n%s", err, h.hint)
	}
	return err
}

func withJob(flags url.Values, job string) url.Values {
	out := maps.Clone(flags)
	if job != "" {
		out["job"] = []string{job}
	}
	return out
}

// setFlags sets flags to values and returns them as a command line has them.
func setFlags(fs *pflag.FlagSet, flags url.Values) ([]string, error) {
	for name := range flags {
		if fs.Lookup(name) == nil {
			return nil, fmt.Errorf("the address has %q, which is not a flag of canreach %s", name, fs.Name())
		}
	}
	var args []string
	var problem error
	fs.VisitAll(func(f *pflag.Flag) {
		for _, v := range flags[f.Name] {
			words := []string{v}
			if f.Name == "action" { // a field holds several
				words = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
			}
			for _, w := range words {
				if err := fs.Set(f.Name, w); err != nil {
					problem = errors.Join(problem, fmt.Errorf("--%s %s: %w", f.Name, w, err))
				}
				switch {
				case f.Value.Type() == "bool" && w == "true":
					args = append(args, "--"+f.Name)
				case f.Value.Type() == "bool" || strings.HasPrefix(w, "-"):
					args = append(args, "--"+f.Name+"="+w)
				default:
					args = append(args, "--"+f.Name, w)
				}
			}
		}
	})
	return args, problem
}

// rawJob is a job as AWS prints it; nil where that can't stand in a test file.
func (x *explorer) rawJob(s *snapshot.Snapshot, word string) *located.Value {
	var text []byte
	if slices.Contains(x.jobs, word) {
		text, _ = os.ReadFile(word)
	} else {
		jobs := slices.DeleteFunc(resourcesOf(s), func(r resource) bool {
			if r.kind != kindJob {
				return true
			}
			j, err := snapshot.ParseJob(r.job.Raw)
			return word == "" && (err != nil || !j.InVPC())
		})
		found := []*resource{}
		if word != "" {
			found = find(jobs, kindJob, word)
		} else if len(jobs) == 1 {
			found = append(found, &jobs[0])
		}
		if len(found) != 1 {
			return nil
		}
		text = found[0].job.Raw
	}
	v, err := located.FromJSON(text)
	if err != nil || v.Kind != located.Map {
		return nil
	}
	return &v
}

// pageKinds are the kinds of names that pages offer.
var pageKinds = map[kind]string{kindJob: "job", kindSubnet: "subnet", kindGroup: "group", kindRole: "role", kindBucket: "bucket",
	kindInstance: "instance", kindInterface: "interface", kindFunction: "function"}

func (x *explorer) names(s *snapshot.Snapshot) map[string][]explore.Name {
	out := map[string][]explore.Name{}
	for _, j := range x.jobs {
		out["job"] = append(out["job"], explore.Name{ID: j, Label: "job file"})
	}
	for _, r := range resourcesOf(s) {
		if name, ok := pageKinds[r.kind]; ok {
			label := r.name
			if label == r.id {
				label = ""
			}
			out[name] = append(out[name], explore.Name{ID: r.id, Label: label})
		}
	}
	return out
}

// comparePage compares two policies as policy compare does.
func comparePage(before, after []byte, flags url.Values) (explore.Comparison, error) {
	o := compareOptions{kind: flags.Get("type"), endpointType: flags.Get("endpoint-type"), denials: flags.Get("denials") == "true"}
	p, err := parsePair(before, after, o)
	if err != nil {
		var bad *pairError
		if errors.As(err, &bad) {
			err = fmt.Errorf("the %s policy: %w", []string{"old", "new"}[bad.which], bad.err)
		}
		return explore.Comparison{}, err
	}
	c := p.compare()
	out := explore.Comparison{Relation: c.relation().String()}
	for _, part := range p.parts(c) {
		out.Parts = append(out.Parts, explore.ComparedPart{Title: part.title, Unknown: part.unknown, Example: part.example})
	}
	return out, nil
}
