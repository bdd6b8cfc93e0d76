package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/organization"
	"github.com/canreach/canreach/snapshot"
)

// indexFlags name an organization and where rows of its shards are kept.
type indexFlags struct {
	index, rows string
	actions     []string
}

func (f *indexFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.index, "index", "", "`file` that names the organization's files: the index.json of a capture")
	fs.StringVar(&f.rows, "rows", "", "`directory` that keeps the rows of each shard; what is there is not worked out again")
	fs.StringArrayVarP(&f.actions, "action", "a", nil, "S3 action, repeatable; default: s3:GetObject and s3:PutObject")
}

// organization reads the index.
func (f *indexFlags) organization() (*organization.Organization, error) {
	if f.index == "" {
		return nil, withHint(errors.New("no index: --index is missing"), "canreach snapshot --organization-role NAME --out DIR makes DIR/index.json")
	}
	x, err := snapshot.ReadIndex(f.index)
	if err != nil {
		return nil, err
	}
	files := map[string]snapshot.IndexFile{}
	o := &organization.Organization{Actions: f.actions, Rows: f.read,
		Read: func(in organization.Input) ([]byte, error) { return x.Native(files[in.Name]) }}
	if len(o.Actions) == 0 {
		o.Actions = []string{"s3:GetObject", "s3:PutObject"}
	}
	add := func(account string, file snapshot.IndexFile) organization.Input {
		files[file.File] = file
		return organization.Input{Account: account, Name: file.File}
	}
	for i := range x.Accounts {
		o.Accounts = append(o.Accounts, add(x.Accounts[i].Account, x.Accounts[i].IndexFile))
	}
	slices.SortFunc(o.Accounts, func(a, b organization.Input) int { return strings.Compare(a.Account, b.Account) })
	if x.Organization != nil {
		o.Policies = add("", *x.Organization)
	}
	return o, nil
}

// path is where the rows of a shard are kept.
func (f *indexFlags) path(id string) (string, error) {
	if id == "" || strings.Trim(id, "0123456789abcdef") != "" {
		return "", fmt.Errorf("shard %q: not the id of a shard", id)
	}
	return filepath.Join(f.rows, id+".jsonl"), nil
}

func (f *indexFlags) read(id string) ([]byte, error) {
	path, err := f.path(id)
	if err != nil {
		return nil, err
	}
	if f.rows == "" {
		return nil, withHint(errors.New("no rows: --rows is missing"), "name the directory with the rows of the shards of phase 1")
	}
	return os.ReadFile(path)
}

// work gives a shard's rows: those that are kept, or else new ones, which it
// keeps at once and whole.
func (f *indexFlags) work(ctx context.Context, w *organization.Worker, s organization.Shard) ([]byte, error) {
	if f.rows == "" {
		return w.Work(ctx, s)
	}
	path, err := f.path(s.ID)
	if err != nil {
		return nil, err
	}
	if kept, err := os.ReadFile(path); err == nil {
		return kept, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	rows, err := w.Work(ctx, s)
	if err != nil {
		return nil, err
	}
	return rows, keep(path, rows)
}

// keep writes a file at once and whole: of two that write it at the same time
// one wins, and both wrote the same.
func keep(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".shard.*")
	if err != nil {
		return err
	}
	_, err = t.Write(text)
	if e := t.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err != nil {
		os.Remove(t.Name())
	}
	return err
}

func newWorkerCommand(env *Env) *cobra.Command {
	f, shards := &indexFlags{}, ""
	cmd := &cobra.Command{
		Use:   "worker --index INDEX [--rows DIR] < SHARDS",
		Short: "Work on shards of an organization, for Spark, Batch or Kubernetes",
		Long: `Worker reads shards of an organization, one a line, and writes their rows as
JSON lines, for Spark, AWS Batch or Kubernetes (docs/guide-organization.md). The
same shard has the same rows, however often and wherever it is worked on.`,
		Annotations: manual(`After the rows of each shard comes a line of the kind "done" with its id and their number. Any exit
status but 0 means: again, and take nothing of what was written.

With --shards FILE and AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX set it works on
that line of the file alone, counted from 0.`),
		Example: `  canreach worker plan --index organization/index.json --phase 1 | canreach worker --index organization/index.json --rows rows > classes.jsonl
  canreach worker plan --index organization/index.json --phase 2 --rows rows | canreach worker --index organization/index.json --rows rows > access.jsonl
  canreach worker plan --index organization/index.json --phase 1 > phase1.jsonl && JOB_COMPLETION_INDEX=0 canreach worker --index organization/index.json --rows rows --shards phase1.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return f.runWorker(env, shards) },
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&shards, "shards", "-", "`file` with the shards, one a line; -: standard input")
	cmd.AddCommand(newWorkerPlanCommand(env))
	return cmd
}

func newWorkerPlanCommand(env *Env) *cobra.Command {
	f, phase := &indexFlags{}, 0
	cmd := &cobra.Command{
		Use:   "plan --index INDEX --phase 1|2 [--rows DIR]",
		Short: "List the shards of an organization, one a line",
		Long: `Plan lists the shards of an organization, one a line: of phase 1 (each account's
roles, buckets and interfaces) or of phase 2 (the buckets of each account),
which takes the rows of phase 1 from --rows.`,
		Annotations: manual(`A shard's id is a hash of its inputs: what did not change since another run has the same id.`),
		Example: `  canreach worker plan --index organization/index.json --phase 1
  canreach worker plan --index organization/index.json --phase 1 > phase1.jsonl
  canreach worker plan --index organization/index.json --phase 2 --rows rows`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return f.runPlan(env, phase) },
	}
	f.register(cmd.Flags())
	cmd.Flags().IntVar(&phase, "phase", 1, "1 or 2")
	return cmd
}

func (f *indexFlags) runPlan(env *Env, phase int) error {
	o, err := f.organization()
	if err != nil {
		return err
	}
	w := organization.NewWorker(o)
	list, err := w.Plan1()
	if err == nil && phase == 2 {
		list, err = w.Plan2(list)
	}
	if err != nil {
		return err
	}
	if phase != 1 && phase != 2 {
		return fmt.Errorf("--phase %d: expected 1 or 2", phase)
	}
	organization.Order(list)
	out := json.NewEncoder(env.Stdout)
	out.SetEscapeHTML(false)
	for i := range list {
		if err := out.Encode(list[i]); err != nil {
			return err
		}
	}
	return nil
}

// maxShard bounds a shard's line.
const maxShard = 256 << 20

func (f *indexFlags) runWorker(env *Env, shards string) error {
	o, err := f.organization()
	if err != nil {
		return err
	}
	in := env.Stdin
	if shards != "-" {
		file, err := os.Open(shards)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	only, err := arrayIndex(env, shards)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(env.context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w, out := organization.NewWorker(o), bufio.NewWriterSize(env.Stdout, 1<<16)
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, maxShard)
	n := 0
	for ; sc.Scan(); n++ {
		if only >= 0 && n != only || len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		if err := f.line(ctx, w, out, sc.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	if err := sc.Err(); err != nil {
		return err
	}
	if only >= n {
		return fmt.Errorf("%s has %s: there is no line %d, counted from 0", shards, counted(n, "line"), only)
	}
	return out.Flush()
}

func (f *indexFlags) line(ctx context.Context, w *organization.Worker, out *bufio.Writer, line []byte) error {
	var s organization.Shard
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return err
	}
	rows, err := f.work(ctx, w, s)
	if err != nil {
		return err
	}
	if _, err := out.Write(rows); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "{\"kind\":\"done\",\"shard\":%q,\"rows\":%d}\n", s.ID, bytes.Count(rows, []byte("\n")))
	return err
}

// arrayIndex is the line that an AWS Batch array or a Kubernetes indexed job
// gives this worker; -1: all.
//
// AWS: https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
func arrayIndex(env *Env, shards string) (int, error) {
	if shards == "-" {
		return -1, nil
	}
	for _, name := range []string{"AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"} {
		text := env.Getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("%s=%q: expected a number from 0", name, text)
		}
		return n, nil
	}
	return -1, nil
}

// runIndex decides a whole organization on this machine: the shards that a
// distributed engine would work on, and their rows in the same order.
func (f *indexFlags) runIndex(env *Env, workers int) error {
	o, err := f.organization()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(env.context(), os.Interrupt)
	defer stop()
	if f.rows == "" {
		if f.rows, err = os.MkdirTemp("", "canreach-rows-"); err != nil {
			return err
		}
		defer os.RemoveAll(f.rows)
	}
	w := organization.NewWorker(o)
	first, err := w.Plan1()
	if err != nil {
		return err
	}
	organization.Order(first)
	if err := f.all(ctx, w, first, workers, nil); err != nil {
		return err
	}
	second, err := w.Plan2(first)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "%s: %s of phase 1, %s of phase 2\n", counted(len(o.Accounts), "account"), counted(len(first), "shard"), counted(len(second), "shard"))
	out, unknown := bufio.NewWriterSize(env.Stdout, 1<<16), false
	err = f.all(ctx, w, second, workers, func(rows []byte) error {
		unknown = unknown || bytes.Contains(rows, []byte(`"verdict":"UNKNOWN"`))
		_, err := out.Write(rows)
		return err
	})
	if err == nil {
		err = out.Flush()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted: the rows are not whole")
	case err != nil:
		return err
	case unknown:
		return exit(ExitUnknown)
	}
	return exit(ExitHolds)
}

// all works on shards side by side, and gives their rows to write in the
// shards' order.
func (f *indexFlags) all(ctx context.Context, w *organization.Worker, list []organization.Shard, workers int, write func([]byte) error) error {
	var ordered syncOrder
	return access.Each(ctx, access.Query{Workers: workers}, len(list), func(i int) error {
		rows, err := f.work(ctx, w, list[i])
		if err != nil || write == nil {
			return err
		}
		return ordered.at(i, rows, write)
	})
}

// writeRows writes a table's rows, one JSON object a line.
func writeRows(w io.Writer, world *sim.World, t *access.Table) error {
	rows := organization.Rows(t, func(bucket string) (account, region string) {
		if b, ok := world.FindBucket(bucket); ok && b.Account != nil {
			return b.Account.ID, b.Region
		}
		return "", ""
	})
	text, err := organization.Lines(rows)
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

// syncOrder hands results that come in any order on in their own.
type syncOrder struct {
	mu      sync.Mutex
	next    int
	waiting map[int][]byte
}

// at gives the i-th result, and hands on those whose turn it is.
func (s *syncOrder) at(i int, rows []byte, write func([]byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = map[int][]byte{}
	}
	s.waiting[i] = rows
	for {
		rows, ready := s.waiting[s.next]
		if !ready {
			return nil
		}
		delete(s.waiting, s.next)
		s.next++
		if err := write(rows); err != nil {
			return err
		}
	}
}
