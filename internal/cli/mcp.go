package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"
)

func newMCPCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Answer agents over the Model Context Protocol, on standard input and output",
		Long: `Mcp serves check, ready, who-can, trace, explain, whatif and policy as read-only
tools for agents, over the Model Context Protocol on standard input and output.
It reads files below one directory (--dir), writes none, and calls nobody.`,
		Annotations: manual(`Answers begin with the first screen; "detail": "full" gives the JSON contract. An agent starts it so:
claude mcp add canreach -- canreach mcp --dir snapshots`),
		Example: `  canreach mcp
  canreach mcp --dir broken
  CANREACH_DIR=broken canreach mcp`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			server, err := newMCPServer(env, dir)
			if err != nil {
				return err
			}
			ctx := c.Context()
			if ctx == nil {
				ctx = context.Background()
			}
			return server.Run(ctx, &mcp.StdioTransport{})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", ".", "`directory` whose files may be read")
	return cmd
}

// tools runs canreach's commands for an agent, one at a time: the files that it
// names lie below dir.
type tools struct {
	env *Env
	dir string // absolute, without symbolic links

	mu sync.Mutex
}

// newMCPServer serves the tools.
func newMCPServer(env *Env, dir string) (*mcp.Server, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(abs); err != nil || !st.IsDir() {
		return nil, errors.Join(fmt.Errorf("--dir %s: not a directory", dir), err)
	}
	t := &tools{env: env, dir: abs}
	s := mcp.NewServer(&mcp.Implementation{Name: "canreach", Version: env.Version}, &mcp.ServerOptions{
		Instructions: "canreach decides offline, from a JSON snapshot of AWS, whether a job can reach an S3 bucket, and why not. Ask check first; explain says what a code means."})
	tool := func(name, text string) *mcp.Tool {
		no := false
		return &mcp.Tool{Name: name, Description: text, Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: &no}}
	}
	mcp.AddTool(s, tool("check", "Can this job perform these S3 actions on this bucket, and if not, why not? Verdict, causes with place and fix."), t.check)
	mcp.AddTool(s, tool("ready", "Everything that a job needs, one row a dependency: data, image, logs, keys, secrets; told apart by who calls from where."), t.ready)
	mcp.AddTool(s, tool("who-can", "Every way to a bucket or to objects: which roles, from which sources, by which path."), t.whoCan)
	mcp.AddTool(s, tool("trace", "The network half alone, between any two ends, hop by hop."), t.trace)
	mcp.AddTool(s, tool("explain", "What a code, gate or rule means; or an AWS error message or CloudTrail event held against the snapshot."), t.explain)
	mcp.AddTool(s, tool("whatif", "The question before and after a change, or (fix) the smallest changes that make it work."), t.whatif)
	mcp.AddTool(s, tool("policy", "Lint a policy document, or compare two: does the new one allow anything that the old one did not?"), t.policy)
	return s, nil
}

// question is what the tools that ask about a job take.
type question struct {
	Snapshot       string   `json:"snapshot,omitempty" jsonschema:"snapshot file or directory, below the served directory; default snapshot.json"`
	Job            string   `json:"job,omitempty" jsonschema:"job file, or name or ARN of a job in the snapshot"`
	Bucket         string   `json:"bucket,omitempty" jsonschema:"bucket or objects: ARN, s3:// URI or name; default what the job itself reads and writes"`
	Resource       string   `json:"resource,omitempty" jsonschema:"instead of bucket: ARN of a resource of any AWS service, with actions"`
	Actions        []string `json:"actions,omitempty" jsonschema:"actions, e.g. s3:GetObject or ecr:BatchGetImage"`
	Caller         string   `json:"caller,omitempty" jsonschema:"who signs: role (default), unsigned, presigned-by ARN, principal ARN or service NAME"`
	FromInternet   string   `json:"fromInternet,omitempty" jsonschema:"instead of a job: a client on the internet, its public address or CIDR block, or any; with role"`
	FromOnPremises string   `json:"fromOnPremises,omitempty" jsonschema:"instead of a job: a client on premises, its private address or CIDR block; with role"`
	Service        string   `json:"service,omitempty" jsonschema:"with subnets, securityGroups and role: the service whose job it is, e.g. ecs, glue, lambda"`
	Through        []string `json:"through,omitempty" jsonschema:"ids of components that the traffic has to pass"`
	Avoid          []string `json:"avoid,omitempty" jsonschema:"ids of components that it must not pass"`
	Subnets        []string `json:"subnets,omitempty" jsonschema:"subnets by id or name, instead of a job"`
	SecurityGroups []string `json:"securityGroups,omitempty" jsonschema:"security groups by id or name, instead of a job"`
	Role           string   `json:"role,omitempty" jsonschema:"role by ARN or name, instead of the job's"`
	Detail         string   `json:"detail,omitempty" jsonschema:"screen (default), verbose, or full for the JSON contract"`
}

// flags turns a question into flags.
func (t *tools) flags(q *question) ([]string, error) {
	var out []string
	add := func(flag, value string) {
		if value != "" {
			out = append(out, "--"+flag+"="+value)
		}
	}
	snapshot, err := t.inside(q.Snapshot)
	if err != nil {
		return nil, err
	}
	job := q.Job
	if _, err := os.Stat(filepath.Join(t.dir, job)); job != "" && (err == nil || strings.ContainsAny(job, `/\`) && !strings.HasPrefix(job, "arn:")) {
		if job, err = t.inside(job); err != nil {
			return nil, err
		}
	}
	add("snapshot", snapshot)
	add("job", job)
	add("bucket", q.Bucket)
	add("resource", q.Resource)
	add("caller", q.Caller)
	add("role", q.Role)
	add("from-internet", q.FromInternet)
	add("from-on-premises", q.FromOnPremises)
	add("service", q.Service)
	for _, a := range q.Actions {
		add("action", a)
	}
	add("through", strings.Join(q.Through, ","))
	add("avoid", strings.Join(q.Avoid, ","))
	add("subnets", strings.Join(q.Subnets, ","))
	add("security-groups", strings.Join(q.SecurityGroups, ","))
	switch q.Detail {
	case "", "screen":
	case "full":
		add("output", "json")
	case "verbose":
		out = append(out, "--verbose")
	default:
		return nil, fmt.Errorf("detail %q: want screen, verbose or full", q.Detail)
	}
	return out, nil
}

// inside is the path of a file below the directory; a path that leads out of
// it, by .. or by a symbolic link, is an error.
func (t *tools) inside(name string) (string, error) {
	if name == "" {
		for _, n := range defaultSnapshots {
			if _, err := os.Stat(filepath.Join(t.dir, n)); err == nil {
				return t.inside(n)
			}
		}
		return "", fmt.Errorf("no snapshot is named, and there is no %s in the directory", defaultSnapshots[0])
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.dir, path)
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("%s: no such file in the directory", name)
	}
	if rel, err := filepath.Rel(t.dir, path); err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s: outside the directory that canreach mcp serves", name)
	}
	return path, nil
}

// run runs one command. Exit status 2 is an error of the tool; the verdicts'
// statuses are answers.
func (t *tools) run(ctx context.Context, stdin string, args ...string) (*mcp.CallToolResult, any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out, errs bytes.Buffer
	env := &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Now: t.env.Now, Version: t.env.Version,
		Getenv: func(string) string { return "" }, Ended: ctx}
	status := Main(args, env)
	text := strings.ReplaceAll(out.String()+errs.String(), t.dir+string(filepath.Separator), "")
	return &mcp.CallToolResult{IsError: status == ExitUsage, Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
}

func (t *tools) check(ctx context.Context, _ *mcp.CallToolRequest, q question) (*mcp.CallToolResult, any, error) {
	flags, err := t.flags(&q)
	if err != nil {
		return nil, nil, err
	}
	return t.run(ctx, "", append([]string{"check"}, flags...)...)
}

// readyInput is what ready takes.
type readyInput struct {
	Snapshot       string   `json:"snapshot,omitempty" jsonschema:"snapshot file or directory"`
	Job            string   `json:"job,omitempty" jsonschema:"job file, or name or ARN of a job in the snapshot"`
	Service        string   `json:"service,omitempty" jsonschema:"instead of a job, with subnets, securityGroups and role: the service, e.g. ecs, glue, lambda"`
	Subnets        []string `json:"subnets,omitempty" jsonschema:"subnets by id or name"`
	SecurityGroups []string `json:"securityGroups,omitempty" jsonschema:"security groups by id or name"`
	Role           string   `json:"role,omitempty" jsonschema:"role by ARN or name"`
	Detail         string   `json:"detail,omitempty" jsonschema:"screen (default), verbose, or full for the JSON contract"`
}

func (t *tools) ready(ctx context.Context, _ *mcp.CallToolRequest, in readyInput) (*mcp.CallToolResult, any, error) {
	flags, err := t.flags(&question{Snapshot: in.Snapshot, Job: in.Job, Service: in.Service, Subnets: in.Subnets, SecurityGroups: in.SecurityGroups, Role: in.Role, Detail: in.Detail})
	if err != nil {
		return nil, nil, err
	}
	return t.run(ctx, "", append([]string{"ready"}, flags...)...)
}

// whoCanInput is what who-can takes.
type whoCanInput struct {
	Snapshot string   `json:"snapshot,omitempty" jsonschema:"snapshot file or directory"`
	Job      string   `json:"job,omitempty" jsonschema:"a job file whose interfaces to come count as well"`
	Bucket   string   `json:"bucket" jsonschema:"bucket or objects: ARN, s3:// URI or name"`
	Actions  []string `json:"actions,omitempty" jsonschema:"S3 actions, e.g. s3:GetObject"`
	Detail   string   `json:"detail,omitempty" jsonschema:"screen (default), or full for JSON"`
}

func (t *tools) whoCan(ctx context.Context, _ *mcp.CallToolRequest, in whoCanInput) (*mcp.CallToolResult, any, error) {
	if in.Detail == "verbose" {
		in.Detail = ""
	}
	flags, err := t.flags(&question{Snapshot: in.Snapshot, Job: in.Job, Actions: in.Actions, Detail: in.Detail})
	if err != nil {
		return nil, nil, err
	}
	return t.run(ctx, "", append(append([]string{"who-can"}, flags...), "--", in.Bucket)...)
}

type traceInput struct {
	Snapshot string `json:"snapshot,omitempty" jsonschema:"snapshot file or directory"`
	From     string `json:"from" jsonschema:"an interface, instance, subnet, address or internet"`
	To       string `json:"to" jsonschema:"the same, or s3, a service such as sts, an endpoint"`
	Protocol string `json:"protocol,omitempty"`
	Port     int    `json:"port,omitempty"`
	Detail   string `json:"detail,omitempty" jsonschema:"screen (default), or full for the JSON contract"`
}

func (t *tools) trace(ctx context.Context, _ *mcp.CallToolRequest, in traceInput) (*mcp.CallToolResult, any, error) {
	flags, err := t.flags(&question{Snapshot: in.Snapshot, Detail: in.Detail})
	if err != nil {
		return nil, nil, err
	}
	args := append([]string{"trace", "--from=" + in.From, "--to=" + in.To}, flags...)
	if in.Protocol != "" {
		args = append(args, "--protocol="+in.Protocol)
	}
	if in.Port != 0 {
		args = append(args, "--port="+strconv.Itoa(in.Port))
	}
	return t.run(ctx, "", args...)
}

type explainInput struct {
	question
	Word    string `json:"word,omitempty" jsonschema:"a code, gate or rule"`
	Message string `json:"message,omitempty" jsonschema:"an AWS error message, FailureReason or CloudTrail event, instead of a word"`
}

func (t *tools) explain(ctx context.Context, _ *mcp.CallToolRequest, in explainInput) (*mcp.CallToolResult, any, error) {
	if in.Message == "" {
		return t.run(ctx, "", "explain", "--", in.Word)
	}
	flags, err := t.flags(&in.question)
	if err != nil {
		return nil, nil, err
	}
	return t.run(ctx, in.Message, append([]string{"explain", "-"}, flags...)...)
}

type whatifInput struct {
	question
	Change string `json:"change,omitempty" jsonschema:"a change as YAML or JSON, in AWS's operations and parameters"`
	Fix    bool   `json:"fix,omitempty" jsonschema:"search for the smallest changes that make the question REACHABLE"`
}

func (t *tools) whatif(ctx context.Context, _ *mcp.CallToolRequest, in whatifInput) (*mcp.CallToolResult, any, error) {
	flags, err := t.flags(&in.question)
	if err != nil {
		return nil, nil, err
	}
	args := append([]string{"whatif"}, flags...)
	if in.Change != "" {
		args = append(args, "--change=-")
	}
	if in.Fix {
		args = append(args, "--fix")
	}
	return t.run(ctx, in.Change, args...)
}

type policyInput struct {
	Document string `json:"document,omitempty" jsonschema:"a policy document to lint"`
	Type     string `json:"type,omitempty" jsonschema:"identity, boundary, scp, rcp, endpoint, bucket, trust, key, …"`
	Old      string `json:"old,omitempty" jsonschema:"file of the old policy, to compare"`
	New      string `json:"new,omitempty" jsonschema:"file of the new policy"`
}

func (t *tools) policy(ctx context.Context, _ *mcp.CallToolRequest, in policyInput) (*mcp.CallToolResult, any, error) {
	var kind []string
	if in.Type != "" {
		kind = []string{"--type=" + in.Type}
	}
	if in.Document != "" {
		return t.run(ctx, in.Document, append([]string{"policy", "lint", "-"}, kind...)...)
	}
	if in.Old == "" || in.New == "" {
		return nil, nil, errors.New("give a document to lint, or old and new to compare")
	}
	older, err := t.inside(in.Old)
	if err != nil {
		return nil, nil, err
	}
	newer, err := t.inside(in.New)
	if err != nil {
		return nil, nil, err
	}
	return t.run(ctx, "", append([]string{"policy", "compare", older, newer}, kind...)...)
}
