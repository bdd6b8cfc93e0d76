package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
)

const schemaMatrix = "canreach.matrix/v1"

func newMatrixCommand(env *Env) *cobra.Command {
	f, index := &accessFlags{}, &indexFlags{}
	cmd := &cobra.Command{
		Use:   "matrix --snapshot S|--index INDEX [--action A]…",
		Short: "Every role against every bucket: a table, a heat map, or rows for a database",
		Long: `Matrix decides every role of the snapshot against every bucket, from every class
of interfaces and from the internet. With --without it says what is lost if a
component goes; with --index it asks so of a whole organization.`,
		Annotations: manual(`A cell shows the most that the role can do from any class: all, some, not known, or blocked (.).
With --by job a row is jobs of one role and the same interfaces: all only if they
reach the bucket wherever they are placed.

With --without it says instead which role loses which bucket, from where and why,
if a NAT gateway, an endpoint, an entry of a prefix list or a zone goes.

-o rows writes one JSON object for each role, bucket, action and class of interfaces
of the role's own account, and the internet. --index asks so of a whole organization,
account by account; --rows DIR keeps what was found, so that the next run does only
what changed. canreach worker does the same on many machines.

Exit status: 0, or 3 where a cell is UNKNOWN; with --without 1 where something is lost.`),
		Example: `  canreach matrix --action s3:GetObject
  canreach matrix -o html --out matrix.html
  canreach matrix -j job.json --without vpce-0a1b2c3d4e5f60718`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if index.index != "" {
				return f.overIndex(env, cmd, index)
			}
			if len(f.actions) == 0 {
				f.actions = []string{"s3:GetObject", "s3:PutObject"}
			}
			if f.by != "role" && f.by != "job" {
				return fmt.Errorf("--by %s: want role or job", f.by)
			}
			if f.by == "job" && (len(f.without) > 0 || f.format == "rows") {
				return errors.New("--by job goes with neither --without nor -o rows")
			}
			if len(f.without) > 0 {
				return f.writeWithout(env)
			}
			return f.decide(env, access.Query{}, func(w *sim.World, t *access.Table) error { return f.writeMatrix(env, w, t) })
		},
	}
	f.register(cmd, "text", "json", "csv", "html", "svg", "rows")
	cmd.Flags().StringVar(&f.by, "by", "role", "rows: role, from wherever it can do most; or job, for jobs with their own roles, wherever they are placed")
	cmd.Flags().StringVar(&index.index, "index", "", "`file` that names an organization's files, instead of a snapshot: the index.json of a capture")
	cmd.Flags().StringVar(&index.rows, "rows", "", "with --index: `directory` that keeps the rows of each shard")
	cmd.Flags().StringArrayVar(&f.without, "without", nil, "what is lost if this goes: nat-…, vpce-…, pl-…=CIDR or zone:ZONE; repeatable")
	return cmd
}

// overIndex asks of the organization of an index.
func (f *accessFlags) overIndex(env *Env, cmd *cobra.Command, index *indexFlags) error {
	for _, name := range []string{"snapshot", "job", "by", "without", "account", "region"} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--index goes without --%s", name)
		}
	}
	if cmd.Flags().Changed("output") && f.format != "rows" {
		return fmt.Errorf("-o %s: an organization has rows only; for less, merge some of its files with canreach snapshot merge", f.format)
	}
	index.actions = f.actions
	return index.runIndex(env, f.workers)
}

// matrixResult is what -o json prints.
type matrixResult struct {
	Schema   string           `json:"schema"`
	Sources  []access.Source  `json:"sources"`
	Matrices []*access.Matrix `json:"matrices"` // one an action
}

func (f *accessFlags) writeMatrix(env *Env, world *sim.World, t *access.Table) error {
	roles, buckets := t.Names()
	res := matrixResult{Schema: schemaMatrix, Sources: t.Sources}
	if f.by == "job" {
		buckets = access.Buckets(world.Snapshot())
	}
	for _, a := range f.actions {
		if f.by == "job" {
			if err := env.whole(func(ctx context.Context, _ func(done, all int)) error {
				m, err := t.JobMatrix(ctx, a, buckets)
				res.Matrices = append(res.Matrices, m)
				return err
			}); err != nil {
				return err
			}
			continue
		}
		res.Matrices = append(res.Matrices, t.Matrix(a, roles, buckets))
	}
	w := bufio.NewWriter(env.Stdout)
	var err error
	switch f.format {
	case "json":
		err = writeJSON(w, res)
	case "csv":
		err = writeMatrixCSV(w, &res)
	case "html":
		writeMatrixHTML(w, &res)
	case "svg":
		writeMatrixSVG(w, &res)
	case "rows":
		err = writeRows(w, world, t)
	default:
		writeMatrixText(w, env.painter(), &res)
		if f.by == "job" && len(res.Matrices[0].Roles) == 0 {
			fmt.Fprintln(w, "The snapshot holds no job in a VPC; --job adds one.")
		}
		fmt.Fprintf(w, "%s decided; %ss and buckets without a row or column are BLOCKED everywhere.\n", counted(t.Asked, "question"), f.by)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	if res.unknown() {
		return exit(ExitUnknown)
	}
	return exit(ExitHolds)
}

var cellWords = map[sim.Verdict]string{sim.Reachable: "all", sim.Partial: "some", sim.Unknown: "?", sim.Blocked: "."}

// writeMatrixText numbers the buckets, so that rows stay short.
func writeMatrixText(w io.Writer, p painter, res *matrixResult) {
	for _, m := range res.Matrices {
		fmt.Fprintf(w, "%s\n", p.paint("1", m.Action))
		width := 0
		for _, r := range m.Roles {
			width = max(width, len([]rune(oneLine(roleName(r)))))
		}
		fmt.Fprintf(w, "  %-*s", width, "")
		for j := range m.Buckets {
			fmt.Fprintf(w, " %4d", j+1)
		}
		fmt.Fprintln(w)
		for i, r := range m.Roles {
			fmt.Fprintf(w, "  %-*s", width, oneLine(roleName(r)))
			for j := range m.Buckets {
				fmt.Fprintf(w, " %4s", cellWords[m.Cells[i][j].Verdict])
			}
			fmt.Fprintln(w)
		}
		for j, b := range m.Buckets {
			fmt.Fprintf(w, "  %d  %s\n", j+1, oneLine(b))
		}
		fmt.Fprintln(w)
	}
}

func writeMatrixCSV(w io.Writer, res *matrixResult) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"action", rowsAre(res), "bucket", "verdict"}); err != nil {
		return err
	}
	for _, m := range res.Matrices {
		for i, r := range m.Roles {
			for j, b := range m.Buckets {
				if err := c.Write([]string{csvCell(m.Action), csvCell(r), csvCell(b), m.Cells[i][j].Verdict.String()}); err != nil {
					return err
				}
			}
		}
	}
	c.Flush()
	return c.Error()
}

// unknown tells that some cell hangs on something that is not known.
func (r *matrixResult) unknown() bool {
	for _, m := range r.Matrices {
		for _, row := range m.Cells {
			if slices.ContainsFunc(row, func(c access.Cell) bool { return c.Verdict == sim.Unknown || m.By == "" && len(c.Unknown) > 0 }) {
				return true
			}
		}
	}
	return false
}

// rowsAre says what the rows of the tables are.
func rowsAre(res *matrixResult) string {
	if len(res.Matrices) > 0 && res.Matrices[0].By != "" {
		return res.Matrices[0].By
	}
	return "role"
}

// writeMatrixHTML writes a heat map that needs nothing but itself. Each cell
// says its verdict in a word, too.
func writeMatrixHTML(w io.Writer, res *matrixResult) {
	fmt.Fprint(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>canreach matrix</title>
<style>:root{color-scheme:light dark}body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem}table{border-collapse:collapse;margin:1rem 0 2rem}
th,td{padding:.3rem .5rem;border:1px solid #8886;font-size:13px}th{text-align:left;font-weight:600}thead th{vertical-align:bottom}
thead th span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:22rem;overflow-wrap:anywhere}td{text-align:center}
.all{background:#1a7f37;color:#fff}.some{background:#9a6700;color:#fff}.unknown{background:repeating-linear-gradient(45deg,#57606a,#57606a 6px,#424a53 6px,#424a53 12px);color:#fff}.none{color:#777}
@media print{td,th{print-color-adjust:exact}}</style>
`)
	class := map[sim.Verdict]string{sim.Reachable: "all", sim.Partial: "some", sim.Unknown: "unknown", sim.Blocked: "none"}
	word := map[sim.Verdict]string{sim.Reachable: "all", sim.Partial: "some", sim.Unknown: "unknown", sim.Blocked: "–"}
	for _, m := range res.Matrices {
		fmt.Fprintf(w, "<h1>%s</h1><table><thead><tr><th>%s</th>", escapeHTML(m.Action), rowsAre(res))
		for _, b := range m.Buckets {
			fmt.Fprintf(w, `<th scope="col"><span>%s</span></th>`, escapeHTML(strings.TrimPrefix(b, "arn:aws:s3:::")))
		}
		fmt.Fprint(w, "</tr></thead><tbody>\n")
		for i, r := range m.Roles {
			fmt.Fprintf(w, `<tr><th scope="row" title="%s">%s</th>`, escapeHTML(r), escapeHTML(roleName(r)))
			for j := range m.Buckets {
				v := m.Cells[i][j].Verdict
				fmt.Fprintf(w, `<td class="%s">%s</td>`, class[v], word[v])
			}
			fmt.Fprint(w, "</tr>\n")
		}
		fmt.Fprint(w, "</tbody></table>\n")
	}
	fmt.Fprint(w, "<p>all: every object · some: some objects or places · unknown: the snapshot lacks a fact · –: blocked from everywhere</p></html>\n")
}

func escapeHTML(s string) string { return html.EscapeString(oneLine(s)) }
