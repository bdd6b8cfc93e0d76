package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// schemaAccess names the JSON form of what who-can and reach answer.
const schemaAccess = "canreach.access/v1"

type accessFlags struct {
	snapshot snapshotFlags
	actions  []string
	jobs     []string
	role     string
	subnet   string
	vpc      string
	format   string
	members  bool
	workers  int
	without  []string // of matrix
	depth    int
	by       string // of matrix: "role" or "job"
}

func (f *accessFlags) register(cmd *cobra.Command, formats ...string) {
	fs := cmd.Flags()
	f.snapshot.register(fs)
	fs.StringArrayVarP(&f.actions, "action", "a", nil, "S3 action, repeatable; default: s3:GetObject and s3:PutObject")
	fs.StringArrayVarP(&f.jobs, "job", "j", nil, "job file whose interfaces are asked from too, repeatable; the snapshot's own jobs always are")
	fs.BoolVar(&f.members, "members", false, "list every role and subnet, however many there are")
	fs.IntVar(&f.workers, "workers", 0, "questions decided side by side; 0: as many as there are processors")
	formatFlag(fs, &f.format, formats...)
}

// registerDepth adds the flag of commands that list chains of roles.
func (f *accessFlags) registerDepth(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.depth, "assume-role-depth", 0, "list the roles that become one of these, or that the role becomes, by up to N calls of sts:AssumeRole from the same source; at most 5")
}

// chains lists the chains of roles that the flag asks for: those from a role,
// whose last roles count beside it, or those to the roles that get through.
func (f *accessFlags) chains(env *Env, t *access.Table, res *accessResult) error {
	if f.depth == 0 {
		return nil
	}
	roles := []string{f.role}
	if f.role == "" {
		roles = nil
		for i := range t.Rows {
			roles = append(roles, t.Rows[i].Role)
		}
		roles = unique(roles)
	}
	if err := env.whole(func(ctx context.Context, _ func(done, all int)) (err error) {
		res.Chains, res.ChainsLeftOut, err = t.Chains(ctx, roles, f.depth, f.role != "")
		return err
	}); err != nil || f.role == "" {
		return err
	}
	for i := range res.Chains {
		roles = append(roles, res.Chains[i].Principals[len(res.Chains[i].Principals)-1])
	}
	t.Only(roles)
	return nil
}

// decide runs a query on the snapshot and writes what it found; an interrupt
// stops it.
func (f *accessFlags) decide(env *Env, q access.Query, write func(*sim.World, *access.Table) error) error {
	if f.depth < 0 || f.depth > access.MaxDepth {
		return fmt.Errorf("--assume-role-depth %d: want 0 to %d", f.depth, access.MaxDepth)
	}
	snap, err := f.snapshot.load(env)
	if err != nil {
		return err
	}
	if err := f.from(resourcesOf(snap), &q); err != nil {
		return err
	}
	defer holdMemory(snap.Size)()
	w := sim.NewWorld(snap)
	q.Actions, q.Workers, q.Chains = f.actions, f.workers, f.depth > 0
	for _, name := range f.jobs {
		j, err := snapshot.LoadJob(name, f.snapshot.options(env))
		if err != nil {
			return err
		}
		q.Jobs = append(q.Jobs, j)
	}
	var t *access.Table
	if err := env.whole(func(ctx context.Context, progress func(done, all int)) error {
		q.Progress = progress
		t, err = access.Decide(ctx, w, q)
		return err
	}); err != nil {
		return err
	}
	return write(w, t)
}

// from puts what reach starts from into a query, by id.
func (f *accessFlags) from(all []resource, q *access.Query) error {
	for _, x := range []struct {
		kind kind
		flag string
		word *string
	}{{kindRole, "--role", &f.role}, {kindSubnet, "--subnet", &f.subnet}, {kindVPC, "--vpc", &f.vpc}} {
		if *x.word == "" {
			continue
		}
		found, err := id(all, x.kind, x.flag, *x.word)
		if err != nil {
			return err
		}
		if len(find(all, x.kind, found)) == 0 {
			return withHint(fmt.Errorf("%s %s: the snapshot holds no such %s", x.flag, found, kindWords[x.kind].word), nearestHint(all, x.kind, found))
		}
		*x.word = found
	}
	if f.role != "" && f.depth == 0 { // else those that it can become count, too
		q.Roles = []string{f.role}
	}
	q.Subnet, q.VPC = snapshot.SubnetID(f.subnet), snapshot.VPCID(f.vpc)
	return nil
}

func newWhoCanCommand(env *Env) *cobra.Command {
	f := &accessFlags{}
	cmd := &cobra.Command{
		Use:   "who-can ARN --snapshot S [--action A]…",
		Short: "Every role that can reach a bucket, from where, and by which statements",
		Long: `Who-can asks for every role of the snapshot whether it can perform the actions
on the bucket or objects, from every class of network interfaces and from the
internet. Roles and sources that fare alike are one entry.`,
		Annotations: manual(`-o access-analyzer writes findings as IAM Access Analyzer's GetFindingV2 returns them, one a role
and bucket, with the sources and paths that Access Analyzer does not tell.

Exit status: 0, or 3 where an answer is UNKNOWN.`),
		Example: `  canreach who-can neo-models-111122223333-use1
  canreach who-can 'arn:aws:s3:::neo-models-111122223333-use1/resnet50/*' --action s3:GetObject -o json
  canreach who-can datalake-models-444455556666 -j job.json -o html --out who-can.html`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			resource := args[0]
			if !strings.HasPrefix(resource, "arn:") {
				resource = "arn:aws:s3:::" + resource
			}
			return f.decide(env, access.Query{Resource: resource}, func(w *sim.World, t *access.Table) error {
				return f.write(env, w, t, resource, "Who can reach "+resource)
			})
		},
	}
	f.register(cmd, "text", "json", "csv", "html", "access-analyzer")
	f.registerDepth(cmd)
	return cmd
}

func newReachCommand(env *Env) *cobra.Command {
	f := &accessFlags{}
	cmd := &cobra.Command{
		Use:   "reach --snapshot S (--role R | --subnet S | --vpc V)",
		Short: "Every bucket that a role, a subnet or a VPC can reach",
		Long: `Reach is who-can the other way round: it asks about every bucket of the
snapshot, for one role from everywhere, or for every role from one subnet or
VPC.`,
		Annotations: manual(`Exit status: 0, or 3 where an answer is UNKNOWN.`),
		Example: `  canreach reach --role NeoCompilationRole
  canreach reach --subnet ml-private-1a
  canreach reach --vpc vpc-0c3f9e1a7b2d84e65 -o csv`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if f.role+f.subnet+f.vpc == "" {
				return withHint(errors.New("nothing to start from: --role, --subnet or --vpc is missing"), "canreach matrix shows every role and bucket")
			}
			return f.decide(env, access.Query{}, func(w *sim.World, t *access.Table) error {
				return f.write(env, w, t, "", "What "+cmp.Or(f.role, f.subnet, f.vpc)+" can reach")
			})
		},
	}
	f.register(cmd, "text", "json", "csv", "html", "access-analyzer")
	f.registerDepth(cmd)
	cmd.Flags().StringVar(&f.role, "role", "", "`role` by ARN or name")
	cmd.Flags().StringVar(&f.subnet, "subnet", "", "`subnet` by id or name")
	cmd.Flags().StringVar(&f.vpc, "vpc", "", "`VPC` by id or name")
	return cmd
}

// accessResult is what -o json prints.
type accessResult struct {
	Schema   string           `json:"schema"`
	Resource string           `json:"resource,omitempty"`
	Snapshot sim.SnapshotRef  `json:"snapshot"`
	Absent   []sim.AbsentName `json:"absentNames,omitempty"` // what the question names and the snapshot lacks
	Asked    int              `json:"asked"`
	Sources  []access.Source  `json:"sources"`
	Groups   []access.Group   `json:"groups"`
	Named    []access.Named   `json:"named,omitempty"`
	// UsersMissing are accounts whose IAM users the snapshot lacks.
	UsersMissing []string `json:"usersMissing,omitempty"`
	// Chains are of roles that become one of the groups' roles, or that the
	// role becomes, by sts:AssumeRole.
	Chains        []access.Chain `json:"chains,omitempty"`
	ChainsLeftOut int            `json:"chainsLeftOut,omitempty"`
}

func (f *accessFlags) write(env *Env, w *sim.World, t *access.Table, resource, title string) error {
	res, err := f.result(env, w, t, resource)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(env.Stdout)
	switch f.format {
	case "json":
		err = writeJSON(out, &res)
	case "csv":
		err = writeAccessCSV(out, t, &res)
	case "html":
		err = writeAccessHTML(out, w, &res, title)
	case "access-analyzer":
		err = writeAccessAnalyzer(out, w, &res)
	default:
		p := env.painter()
		p.names = labels(w.Snapshot())
		writeAccessText(out, p, w, &res, f.members)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return err
	}
	unknown := func(list []access.Group) bool {
		return slices.ContainsFunc(list, func(g access.Group) bool { return g.Verdict == sim.Unknown })
	}
	if unknown(res.Groups) || slices.ContainsFunc(res.Named, func(n access.Named) bool { return unknown(n.Access) }) {
		return exit(ExitUnknown)
	}
	return exit(ExitHolds)
}

// result is a table in groups, with the chains and the other principals that the
// command asks for.
func (f *accessFlags) result(env *Env, w *sim.World, t *access.Table, resource string) (accessResult, error) {
	snap := w.Snapshot()
	res := accessResult{Schema: schemaAccess, Resource: resource, Snapshot: sim.SnapshotRef{SHA256: snap.SHA256, CapturedAt: cmp.Or(snap.Capture.FinishedAt, snap.Capture.StartedAt)},
		Asked: t.Asked, Sources: t.Sources}
	if err := f.chains(env, t, &res); err != nil {
		return res, err
	}
	if res.Groups = t.Groups(); res.Groups == nil {
		res.Groups = []access.Group{}
	}
	if resource == "" {
		return res, nil
	}
	res.Absent = w.AbsentNames(&sim.Question{Bucket: resource})
	res.UsersMissing = access.UsersMissing(snap)
	actions := f.actions
	if len(actions) == 0 {
		actions = []string{"s3:GetObject", "s3:PutObject"}
	}
	err := env.whole(func(ctx context.Context, _ func(done, all int)) (err error) {
		res.Named, err = t.Principals(ctx, resource, actions)
		return err
	})
	return res, err
}

// writeAccessCSV writes a row for each principal and source, for a spreadsheet or
// a database. What a spreadsheet would take as a formula is quoted.
func writeAccessCSV(w io.Writer, t *access.Table, res *accessResult) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"resource", "action", "role", "verdict", "objects", "source", "vpc", "subnets", "via"}); err != nil {
		return err
	}
	write := func(principal string, r *access.Group, source int) error {
		s := &t.Sources[source]
		var subnets []string
		for _, k := range s.Classes {
			subnets = append(subnets, string(k.Subnet))
		}
		record := []string{r.Resource, r.Action, principal, r.Verdict.String(), r.Objects, s.Kind, s.VPC, strings.Join(unique(subnets), " "), strings.Join(r.Via, " ")}
		for k := range record {
			record[k] = csvCell(record[k])
		}
		return c.Write(record)
	}
	for i := range t.Rows {
		r := &t.Rows[i]
		if err := write(r.Role, &access.Group{Resource: r.Resource, Action: r.Action, Verdict: r.Verdict, Objects: r.Objects, Via: r.Via}, r.Source); err != nil {
			return err
		}
	}
	for i := range res.Named {
		for k := range res.Named[i].Access {
			for _, source := range res.Named[i].Access[k].Sources {
				if err := write(res.Named[i].Principal, &res.Named[i].Access[k], source); err != nil {
					return err
				}
			}
		}
	}
	c.Flush()
	return c.Error()
}

func csvCell(s string) string {
	s = oneLine(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func unique(list []string) (out []string) {
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
