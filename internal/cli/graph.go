package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/report"
)

// graphFormats are the formats of graph, by the file names that stand for them.
var graphFormats = map[string]string{".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid", ".html": "html", ".htm": "html"}

func newGraphCommand(env *Env) *cobra.Command {
	var sf snapshotFlags
	var qf questionFlags
	var answer, format, output string
	var columns int
	cmd := &cobra.Command{
		Use:   "graph --snapshot S --job J [--bucket ARN] [-o svg|dot|mermaid|html] [--out FILE]",
		Short: "Draw the path: what passes, what stops it, and the rule that does",
		Long: `Graph asks what check asks and draws the answer: from the job's interface to S3
and every policy layer, and the replies back. An SVG needs nothing but itself,
follows the reader's dark mode, and prints; --columns 1 makes it fit a phone.`,
		Annotations: manual(`The exit status is 0 whenever the picture was drawn, whatever the verdict.`),
		Example: `  canreach graph -j job.json --out path.svg
  canreach graph -s broken/wrong-route-table.json -j job.json -o mermaid
  canreach check -j job.json -o json | canreach graph --answer - -o html --out path.html`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := graphAnswer(env, c, answer, &sf, &qf)
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := draw(&b, a, graphFormat(format, output), columns, env.Version); err != nil {
				return err
			}
			if output == "" || output == "-" {
				_, err := env.Stdout.Write(b.Bytes())
				return err
			}
			return replaceFile(output, b.Bytes())
		},
	}
	sf.register(cmd.Flags())
	sf.registerLive(cmd.Flags())
	qf.register(cmd.Flags())
	cmd.Flags().StringVar(&answer, "answer", "", "draw a saved answer (check -o json) instead of asking; - is standard input")
	cmd.Flags().StringVarP(&format, "output", "o", "", "output `format`: svg, dot, mermaid or html; default: by the name of the file to write, else svg")
	_ = cmd.Flags().SetAnnotation("output", annotationValues, []string{"svg", "dot", "mermaid", "html"})
	cmd.Flags().StringVar(&output, "out", "-", "`file` to write; - is standard output")
	cmd.Flags().IntVar(&columns, "columns", 0, "paths side by side in an SVG; default: up to three")
	return cmd
}

// graphFormat is the format asked for, or the one that the file's name stands for.
func graphFormat(format, output string) string {
	return cmp.Or(format, graphFormats[strings.ToLower(filepath.Ext(output))], "svg")
}

// graphAnswer reads the answer to draw, or asks the question.
func graphAnswer(env *Env, c *cobra.Command, file string, sf *snapshotFlags, qf *questionFlags) (*sim.Answer, error) {
	if file != "" {
		if given(c, "snapshot") || given(c, "job") {
			return nil, errors.New("--answer excludes --snapshot and --job: it holds an answer already")
		}
		return readAnswer(env, file)
	}
	defer sf.discard()
	_, a, err := qf.ask(env, sf)
	return a, err
}

// readAnswer reads an answer as check -o json writes it.
func readAnswer(env *Env, file string) (*sim.Answer, error) {
	text, err := readInput(env, file, answerBytes)
	if err != nil {
		return nil, err
	}
	var a sim.Answer
	if err := jsonscan.UnmarshalKnown(text, &a); err != nil {
		return nil, withHint(fmt.Errorf("%s:%w: not an answer", file, err), "write one with canreach check -o json")
	}
	if a.Schema != sim.SchemaVerdict {
		return nil, withHint(fmt.Errorf("%s: its schema is %q, not %q", file, a.Schema, sim.SchemaVerdict), "write one with canreach check -o json")
	}
	return &a, nil
}

func draw(w io.Writer, a *sim.Answer, format string, columns int, version string) error {
	switch format {
	case "dot":
		return picture.DOT(w, report.Diagram(a))
	case "mermaid":
		return picture.Mermaid(w, report.Diagram(a))
	case "html":
		return report.HTML(w, report.Page{Answer: a, Facts: []report.Fact{{Name: "Program", Value: "canreach " + version}}})
	}
	return picture.SVG(w, report.Diagram(a), picture.SVGOptions{Columns: columns})
}
