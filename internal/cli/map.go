package cli

import (
	"bytes"
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/accountmap"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

func newMapCommand(env *Env) *cobra.Command {
	var sf snapshotFlags
	var vpc, format string
	var actions, jobs []string
	var workers int
	cmd := &cobra.Command{
		Use:   "map --snapshot S [--vpc V] [-o html|svg|dot|mermaid] [--out FILE]",
		Short: "The account as a map: what every subnet reaches, and through what",
		Long: `Map asks for every subnet's interfaces how they reach S3, the internet and each
bucket, and draws VPCs, subnets, route tables, gateways and endpoints with a
link only where traffic passes. The HTML page needs nothing but itself.`,
		Annotations: manual(`A subnet without interfaces is asked about with one that has the VPC's default security group.
The page has search and filters by Region, VPC, tag and verdict, and a choice of what colours the
subnets. Its address holds the filter.
The exit status is 0 whenever the map was drawn, whatever the verdicts.`),
		Example: `  canreach map --out map.html
  canreach map --vpc vpc-0c3f9e1a7b2d84e65 -o mermaid
  canreach map -o svg --out map.svg`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			snap, err := sf.load(env)
			if err != nil {
				return err
			}
			defer holdMemory(snap.Size)()
			if vpc != "" {
				if vpc, err = id(resourcesOf(snap), kindVPC, "--vpc", vpc); err != nil {
					return err
				}
			}
			q := accountmap.Query{VPC: snapshot.VPCID(vpc), Actions: actions, Workers: workers}
			for _, name := range jobs {
				j, err := snapshot.LoadJob(name, sf.options(env))
				if err != nil {
					return err
				}
				q.Jobs = append(q.Jobs, j)
			}
			return buildMap(env, snap, q, format)
		},
	}
	fs := cmd.Flags()
	sf.register(fs)
	fs.StringVar(&vpc, "vpc", "", "`VPC` by id or name; default: every VPC")
	fs.StringArrayVarP(&actions, "action", "a", nil, "S3 action that buckets are asked about, repeatable; default: s3:GetObject")
	fs.StringArrayVarP(&jobs, "job", "j", nil, "job file whose interfaces are asked from too, repeatable; the snapshot's own jobs always are")
	fs.IntVar(&workers, "workers", 0, "questions decided side by side; 0: as many as there are processors")
	formatFlag(fs, &format, "html", "svg", "dot", "mermaid")
	return cmd
}

// buildMap builds the map and draws it, whole or not at all.
func buildMap(env *Env, snap *snapshot.Snapshot, q accountmap.Query, format string) (err error) {
	var m *accountmap.Map
	if err := env.whole(func(ctx context.Context, progress func(done, all int)) error {
		q.Progress = progress
		m, err = accountmap.Build(ctx, sim.NewWorld(snap), q)
		return err
	}); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := drawMap(&b, m, format); err != nil {
		return err
	}
	_, err = env.Stdout.Write(b.Bytes())
	return err
}

func drawMap(w io.Writer, m *accountmap.Map, format string) error {
	switch format {
	case "svg":
		return picture.ChartSVG(w, report.MapChart(m))
	case "dot":
		return picture.ChartDOT(w, report.MapChart(m))
	case "mermaid":
		return picture.ChartMermaid(w, report.MapChart(m))
	}
	return report.MapHTML(w, m)
}
