package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// traceFlags say a question of trace on the command line.
type traceFlags struct {
	q                       sim.TraceQuestion
	ports, sourcePorts, job string
	service                 string
	subnets, groups         []string
}

func (f *traceFlags) register(fs *pflag.FlagSet) {
	q := &f.q
	fs.StringVar(&q.From, "from", "", "where the traffic starts")
	fs.StringVarP(&f.job, "job", "j", "", "instead of --from: a `file` with a job, or the name or ARN of one in the snapshot")
	fs.StringVar(&f.service, "service", "", serviceHelp)
	fs.StringSliceVar(&f.subnets, "subnets", nil, "instead of --from: subnets by `id`, ARN or Name tag in which a job would run")
	fs.StringSliceVar(&f.groups, "security-groups", nil, "security groups by `id`, ARN or name of an interface that does not exist yet, with a subnet as --from")
	fs.StringVar(&q.To, "to", "", "where it goes")
	fs.StringVar(&q.Protocol, "protocol", "tcp", "tcp, udp, icmp, icmpv6, all or a protocol number")
	fs.StringVar(&f.ports, "port", "", "destination ports: PORT, FROM-TO, or several with commas; default 443 for tcp, all for udp")
	fs.StringVar(&f.sourcePorts, "source-port", "", "source ports, in the same form; default 32768-60999")
	fs.StringSliceVar(&q.Through, "through", nil, throughHelp)
	fs.StringSliceVar(&q.Avoid, "avoid", nil, avoidHelp)
	fs.StringVar(&q.WhyNot, "why-not", "", "does the traffic use this `endpoint`, by id or name, and if not, why not: as --through, with the reasons")
	fs.BoolVar(&q.Strict, "strict", false, strictHelp)
	fs.BoolVar(&q.StrictDNS, "strict-dns", false, "answer UNKNOWN where Route 53 data was not collected")
	fs.BoolVar(&q.AssumePublicDNS, "assume-public-dns", false, "assume that custom DNS servers give the public answers")
}

// readPorts reads the flags that name ports.
func (f *traceFlags) readPorts() (err error) {
	if f.q.Ports, err = portRanges("--port", f.ports); err != nil {
		return err
	}
	f.q.SourcePorts, err = portRanges("--source-port", f.sourcePorts)
	return err
}

func newTraceCommand(env *Env) *cobra.Command {
	var sf snapshotFlags
	var f traceFlags
	var format string
	var fix fixFlags
	cmd := &cobra.Command{
		Use:   "trace --snapshot S --from F --to T [--protocol tcp] [--port 443]",
		Short: "The network half alone, between any two ends, hop by hop",
		Long: `Trace decides, from a snapshot alone, whether the network carries traffic from
one end to the other and its replies back, hop by hop. It looks at no policy.`,
		Annotations: manual(`An end is an interface (eni-…), an instance (i-…: every interface of it), a
subnet (subnet-…: any address in it, with the VPC's default security group),
the Name tag of one of them, an address or CIDR, in a VPC or outside,
"internet", "s3" or "s3:REGION", an interface endpoint (vpce-…), another AWS service
("sts", "iam", "com.amazonaws.us-east-1.ecr.api"), or a host name or URL as error messages
print it (https://sts.us-east-1.amazonaws.com/), or a bucket (s3://BUCKET).
Host names that are no AWS service's are hosts on the internet, but for those
that may have a private address: resources' own, such as a database's, are
UNKNOWN. ARNs are read, too. icmp is an echo request and its reply.

--why-not vpce-… asks whether the traffic uses an endpoint: what keeps it from it
is said in the order route, DNS, family, policy.

What does not run yet is asked about by --job, in each of its subnets, by
--service with --subnets and --security-groups, or by a subnet and
--security-groups.

Exit status: 0 REACHABLE, 1 PARTIAL or BLOCKED, 3 UNKNOWN, 2 if the input could
not be read or the question makes no sense.`),
		Example: `  canreach trace --from ml-private-1a --to s3
  canreach trace -j job.json --to https://sts.us-east-1.amazonaws.com/
  canreach trace --from batch-1a --to pypi.org -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return traceOnce(cmd.Context(), env, &sf, &f, &fix, format)
		},
	}
	sf.register(cmd.Flags())
	sf.registerLive(cmd.Flags())
	f.register(cmd.Flags())
	formatFlag(cmd.Flags(), &format, "text", "json", "yaml")
	fix.register(cmd.Flags())
	return cmd
}

func traceOnce(ctx context.Context, env *Env, sf *snapshotFlags, f *traceFlags, fix *fixFlags, format string) error {
	if err := f.readPorts(); err != nil {
		return err
	}
	if fix.on {
		return fix.trace(ctx, env, sf, format, func(s *snapshot.Snapshot) (sim.TraceQuestion, error) { return f.question(env, sf, s) })
	}
	defer sf.discard()
	snap, a, err := sf.ask(env, traceScope(f.job, f.groups, f.q.From, f.q.To), func() (*snapshot.Snapshot, *sim.Answer, error) {
		return askTrace(env, sf, f)
	})
	if err != nil {
		return err
	}
	if err := writeTrace(env, a, format, labels(snap)); err != nil {
		return err
	}
	return exit(exitStatus(a.Verdict))
}

func askTrace(env *Env, sf *snapshotFlags, f *traceFlags) (*snapshot.Snapshot, *sim.Answer, error) {
	snap, err := sf.load(env)
	if err != nil {
		return nil, nil, err
	}
	q, err := f.question(env, sf, snap)
	if err != nil {
		return nil, nil, err
	}
	a, err := sim.NewWorld(snap).Trace(env.context(), q)
	if err != nil {
		return nil, nil, withHint(err, endHint(resourcesOf(snap), f.q.From, f.q.To))
	}
	return snap, a, nil
}

// question builds the question, with a source that does not run yet found in s.
func (f *traceFlags) question(env *Env, sf *snapshotFlags, s *snapshot.Snapshot) (sim.TraceQuestion, error) {
	q := f.q
	if f.job != "" {
		j, err := findJob(env, s, sf.options(env), sf.jobWord(f.job))
		if err != nil {
			return q, err
		}
		q.Job = &j
	}
	all := resourcesOf(s)
	var err error
	if q.From, err = endNamed(all, "--from", q.From); err != nil {
		return q, err
	}
	if q.To, err = endNamed(all, "--to", q.To); err != nil {
		return q, err
	}
	if err := waypoints(all, &q.Through, &q.Avoid); err != nil {
		return q, err
	}
	if why, err := components(all, "--why-not", []string{q.WhyNot}); err != nil {
		return q, err
	} else {
		q.WhyNot = why[0]
	}
	if len(f.subnets) > 0 || f.service != "" {
		if f.job == "" {
			q.Job = &snapshot.Job{Name: "job"}
		}
		flags := questionFlags{service: f.service, subnets: f.subnets, groups: f.groups}
		return q, flags.override(q.Job, all)
	}
	for _, word := range f.groups {
		g, err := id(all, kindGroup, "--security-groups", word)
		if err != nil {
			return q, err
		}
		q.SecurityGroups = append(q.SecurityGroups, snapshot.SecurityGroupID(g))
	}
	return q, nil
}

// endKinds are what an end of a trace may be.
var endKinds = []kind{kindInstance, kindInterface, kindSubnet, kindEndpoint}

// endNamed is the id of the instance, interface, subnet or endpoint whose Name
// tag an end is. What AWS or the internet knows by that name comes first.
func endNamed(all []resource, flag, word string) (string, error) {
	if _, service := rules.FindService(word, ""); word == "" || service || strings.ContainsAny(word, ".:/") {
		return word, nil
	}
	for _, k := range endKinds {
		if len(find(all, k, word)) > 0 {
			return id(all, k, flag, word)
		}
	}
	return word, nil
}

// endHint names what the snapshot has that is like an end that it has not.
func endHint(all []resource, ends ...string) string {
	names := namesOf(all, endKinds)
	for _, end := range ends {
		if n := located.Nearest(end, names); n != "" && n != end {
			return "did you mean " + n + "?"
		}
	}
	return "canreach snapshot show lists what the snapshot holds"
}

// portRanges reads "443", "1024-65535" or "80,443".
func portRanges(flag, text string) ([]network.PortRange, error) {
	if text == "" {
		return nil, nil
	}
	var out []network.PortRange
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		lo, err1 := strconv.ParseUint(from, 10, 16)
		hi, err2 := strconv.ParseUint(to, 10, 16)
		if err1 != nil || err2 != nil || lo > hi {
			return nil, fmt.Errorf("%s %q: want PORT or FROM-TO, each from 0 to 65535", flag, text)
		}
		out = append(out, network.PortRange{From: uint16(lo), To: uint16(hi)})
	}
	return out, nil
}

// writeTrace renders a trace. Its JSON and YAML are check's.
func writeTrace(env *Env, a *sim.Answer, format string, names map[string]string) error {
	if format != "text" {
		return writeAnswer(env, a, format, env.painter(), detail{})
	}
	w, p := bufio.NewWriter(env.Stdout), env.painter()
	p.names = names
	renderTrace(w, a, p)
	return w.Flush()
}

// renderTrace writes each path hop by hop, in the order met: what it is, what
// it did, and what it let through.
func renderTrace(w io.Writer, a *sim.Answer, p painter) {
	q := &a.Question
	port := ""
	switch {
	case q.Port != 0:
		port = fmt.Sprintf(" port %d", q.Port)
	case len(q.Ports) > 0:
		port = " ports " + strings.Join(q.Ports, ", ")
	}
	fmt.Fprintf(w, "%s  %s\n", p.verdict(a.Verdict), p.named(oneLine(fmt.Sprintf("%s → %s, %s%s", q.From, q.To, q.Protocol, port)), ""))
	renderAbsent(w, a.Absent, p)
	var paths []sim.Path
	for i := range a.Placements {
		of := a.Placements[i].Network.Paths
		if len(of) == 0 {
			of = []sim.Path{{Verdict: a.Placements[i].Verdict, Hops: a.Placements[i].Network.Path}}
		}
		paths = append(paths, of...)
	}
	for i := range paths {
		renderPath(w, p, &paths[i], i+1, len(paths))
	}
	if a.Verdict == sim.Partial {
		one := sim.Network{Verdict: a.Verdict}
		for i := range a.Placements {
			n := &a.Placements[i].Network
			one.Passes, one.Fails = cmp.Or(one.Passes, n.Passes), cmp.Or(one.Fails, n.Fails)
		}
		fmt.Fprintln(w)
		renderPackets(w, &one, "  ")
	}
	renderFindings(w, p, a, sim.Blocker, "What stops it")
	renderUnknowns(w, p, a)
	renderFindings(w, p, a, sim.Warning, "Warnings")
	renderFindings(w, p, a, sim.Info, "Notes")
	renderAssumptions(w, p, a)
}

// shownDestinations is how many CIDRs of a path are listed.
const shownDestinations = 6

func renderPath(w io.Writer, p painter, path *sim.Path, n, of int) {
	title := "Path"
	if of > 1 {
		title = fmt.Sprintf("Path %d of %d", n, of)
	}
	if path.Protocol != "" {
		title += ", " + path.Protocol
	}
	mark := p.mark(path.Verdict)
	if text := oneLine(destinationsText(path)); text != "" {
		mark += " " + text
	}
	fmt.Fprintf(w, "\n%s  %s\n", p.paint("1", title), mark)
	back := false
	for _, h := range path.Hops {
		if h.Direction == "reply" && !back {
			back = true
			fmt.Fprintf(w, "  replies\n")
		}
		text := h.Kind + " " + h.Component
		if h.Via != "" {
			text += ": " + h.Via
		}
		if h.Decision != "" && h.Decision != "permit" {
			text += " (" + h.Decision + ")"
			if passes := passesText(h.Passes); passes != "" {
				text += ", lets through " + passes
			}
		}
		fmt.Fprintf(w, "    %s %s\n", p.mark(hopVerdict(h.Decision)), p.wrap(p.named(safeText(text), ""), 8))
	}
}

func destinationsText(path *sim.Path) string {
	if len(path.Destinations) == 0 {
		return ""
	}
	list, more := path.Destinations, ""
	if len(list) > shownDestinations {
		list, more = list[:shownDestinations], fmt.Sprintf(" and %d more", len(path.Destinations)-shownDestinations)
	}
	return "to " + strings.Join(list, ", ") + more
}

// passesText is what a hop lets through, in words.
func passesText(p *sim.Passes) string {
	if p == nil {
		return ""
	}
	var out []string
	for _, x := range []struct {
		lead string
		list []string
	}{{"from", p.Sources}, {"to", p.Destinations}, {"source port", p.SourcePorts}, {"port", p.Ports}} {
		if n := len(x.list); n > shownDestinations {
			out = append(out, fmt.Sprintf("%s %s and %d more", x.lead, strings.Join(x.list[:shownDestinations], ", "), n-shownDestinations))
		} else if n > 0 {
			out = append(out, x.lead+" "+strings.Join(x.list, ", "))
		}
	}
	return strings.Join(out, " ")
}

func hopVerdict(decision string) sim.Verdict {
	switch decision {
	case "permit":
		return sim.Reachable
	case "deny":
		return sim.Blocked
	case "partial":
		return sim.Partial
	}
	return sim.Unknown
}
