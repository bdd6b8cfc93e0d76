package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// placementWays returns the ways that traffic of placement i takes: one,
// unless it splits into parts that fare differently.
func placementWays(a *sim.Answer, i int) []*pathGroup {
	p := &a.Placements[i]
	if len(p.Network.Paths) < 2 {
		path := sim.Path{Verdict: p.Network.Verdict, Hops: p.Network.Path}
		if len(p.Network.Paths) == 1 {
			path = p.Network.Paths[0]
		}
		return []*pathGroup{newWay(a, i, path, p.Verdict)}
	}
	var ways []*pathGroup
	for _, path := range p.Network.Paths {
		w := newWay(a, i, path, pathVerdict(a, p, path))
		key := w.signature()
		same := slices.IndexFunc(ways, func(o *pathGroup) bool { return o.signature() == key })
		if same >= 0 {
			ways[same].merge(w)
			continue
		}
		ways = append(ways, w)
	}
	if len(ways) > 1 {
		for n, w := range ways {
			w.split = fmt.Sprintf("way %d of %d", n+1, len(ways))
			if len(w.destinations) > 0 {
				w.split += ": to " + some(w.destinations, 4)
			}
		}
	}
	return ways
}

// some joins the first n of list, and counts the rest.
func some(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:n], ", "), len(list)-n)
}

// pathVerdict joins what the network and the policies say of one of several paths.
func pathVerdict(a *sim.Answer, p *sim.Placement, path sim.Path) sim.Verdict {
	if path.Verdict != sim.Reachable {
		return path.Verdict
	}
	verdict, first := sim.Reachable, true
	for _, r := range pathRequests(p, path) {
		v := r.Verdict
		if r.Via == "" && layersAllow(a, p, r) {
			v = sim.Reachable // it is another path that fails
		}
		if first {
			verdict, first = v, false
			continue
		}
		verdict = both(verdict, v)
	}
	return verdict
}

// layersAllow tells whether no policy layer stands in the way of r.
func layersAllow(a *sim.Answer, p *sim.Placement, r sim.Request) bool {
	for _, l := range r.Layers {
		if m := decisionMark(l.Decision); m != picture.Pass && l.Decision != "implicitDeny" || blockedAt(a, p, layerLook(l.Layer).gate) {
			return false
		}
	}
	return true
}

// both is the verdict over two sets of cases.
func both(v, w sim.Verdict) sim.Verdict {
	switch {
	case v == w:
		return v
	case v == sim.Partial || w == sim.Partial:
		return sim.Partial
	case v == sim.Unknown || w == sim.Unknown:
		return sim.Unknown
	}
	return sim.Partial
}

// pathRequests are the requests that go along path.
func pathRequests(p *sim.Placement, path sim.Path) []sim.Request {
	var rs []sim.Request
	for _, r := range p.Requests {
		if r.Via == "" || path.Via == "" && path.Endpoint == "" || r.Via == path.Endpoint || r.Via == path.Via {
			rs = append(rs, r)
		}
	}
	return rs
}

func newWay(a *sim.Answer, i int, path sim.Path, verdict sim.Verdict) *pathGroup {
	p := &a.Placements[i]
	w := &pathGroup{verdict: verdict, target: p.Target, via: path.Via, endpoint: path.Endpoint, destinations: slices.Clone(path.Destinations), subnets: []string{p.Subnet}, placement: i}
	if p.AvailabilityZone != "" {
		w.zones = []string{p.AvailabilityZone}
	}
	w.addSource(a)
	w.addHops(path.Hops)
	requests := pathRequests(p, path)
	w.addLayers(a, requests)
	w.addDestination(a, requests)
	for _, n := range p.Findings {
		if n >= 0 && n < len(a.Findings) && concerns(&a.Findings[n], p, path) {
			w.addFinding(a, n)
		}
	}
	for n := range a.Unknowns {
		w.addMissing(a, n)
	}
	return w
}

// concerns tells whether f is about path, where p's traffic takes several:
// its example goes there, or its component lies on it.
func concerns(f *sim.Finding, p *sim.Placement, path sim.Path) bool {
	if len(p.Network.Paths) < 2 {
		return true
	}
	if f.Example != nil && len(path.Destinations) > 0 {
		remote := f.Example.Destination
		if f.Example.Reply {
			remote = f.Example.Source
		}
		if in, ok := within(remote, path.Destinations); ok {
			return in
		}
	}
	on := func(q sim.Path) bool {
		return slices.ContainsFunc(q.Hops, func(h sim.Hop) bool { return h.Component == f.Component })
	}
	return on(path) || !slices.ContainsFunc(p.Network.Paths, on)
}

// within tells whether address is in one of the CIDRs; ok is false where that
// can't be told.
func within(address string, cidrs []string) (in, ok bool) {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return false, false
	}
	for _, c := range cidrs {
		prefix, err := netip.ParsePrefix(c)
		if err != nil {
			return false, false
		}
		in = in || prefix.Contains(addr)
	}
	return in, true
}

func (w *pathGroup) addSource(a *sim.Answer) {
	q := a.Question
	switch {
	case q.Job == "" && q.From != "":
		w.stations = append(w.stations, newStage(sim.GateJob, picture.IconJob, "From", q.From, picture.Pass))
		return
	case q.Job == "" && q.Role == "":
		return
	}
	name := q.Job
	if name == "" {
		name = "job"
	}
	s := newStage(sim.GateJob, picture.IconJob, cmp.Or(q.Service, "Job"), name, picture.Pass)
	if len(a.Gates) > 0 && a.Placements[w.placement].Verdict != sim.Reachable && a.GateState(sim.GateJob) == sim.GateUnknown {
		s.Mark = picture.Unknown
	}
	w.stations = append(w.stations, s)
}

func (w *pathGroup) addHops(hops []sim.Hop) {
	for _, h := range hops {
		l := lookOf(h.Kind)
		mark := decisionMark(h.Decision)
		if h.Direction == "reply" {
			w.addReply(h, l, mark)
			continue
		}
		s := newStage(l.gate, l.icon, l.label, h.Component, mark)
		s.hop = true
		if via := viaText(h, w.subnets[0]); via != "" {
			s.add(picture.Line{Mark: picture.None, Text: via})
		}
		s.decidedAt(h.Pointer)
		w.stations = append(w.stations, s)
	}
}

// addReply puts what a component does to replies beside what it does to what
// goes forward, where it is on that way, too.
func (w *pathGroup) addReply(h sim.Hop, l appearance, mark picture.Mark) {
	var at *card
	for _, s := range w.stations {
		if s.Label == l.label && s.names[0] == h.Component {
			at = s
		}
	}
	if at == nil {
		at = newStage(l.gate, l.icon, l.label, h.Component, picture.None)
		w.insert(at)
	}
	at.decidedAt(h.Pointer)
	if h.Decision != "" || at.Mark == picture.None {
		at.Reply = worse(at.Reply, mark)
	}
	if via := viaText(h, w.subnets[0]); via != "" {
		at.add(picture.Line{Mark: picture.None, Tag: "reply", Text: via})
	}
}

// viaText is what a hop did, unless that says no more than where it lies.
func viaText(h sim.Hop, subnet string) string {
	if h.Via == "outbound of "+subnet || h.Via == "inbound of "+subnet {
		return ""
	}
	return strings.ReplaceAll(h.Via, " -> ", " → ")
}

func worse(m, o picture.Mark) picture.Mark {
	if m == picture.None {
		return o
	}
	return m.Worse(o)
}

// insert puts s before the first stage of a later gate.
func (w *pathGroup) insert(s *card) {
	i := slices.IndexFunc(w.stations, func(o *card) bool { return o.gate > s.gate })
	if i < 0 {
		i = len(w.stations)
	}
	w.stations = slices.Insert(w.stations, i, s)
}

// addDestination adds the end of the way.
func (w *pathGroup) addDestination(a *sim.Answer, requests []sim.Request) {
	mark := VerdictMark(w.verdict)
	if mark == picture.Stop {
		mark = picture.Unreached
	}
	q := a.Question
	if w.target == "" && q.Bucket == "" && q.To != "" {
		w.stations = append(w.stations, newStage(sim.GateKMS, picture.IconCloud, "To", q.To, mark))
		return
	}
	names := destinations(q)
	if w.target != "" {
		names = []string{w.target}
	}
	s := newStage(sim.GateBucket, picture.IconBucket, "S3 bucket", names[0], mark)
	asked := func(g sim.Gate) bool {
		return slices.ContainsFunc(a.Gates, func(s sim.GateState) bool { return s.Gate == g })
	}
	if len(a.Gates) > 0 && !asked(sim.GateBucket) {
		if s.gate = sim.GateResourcePolicy; !asked(s.gate) {
			s.gate = sim.GateKMS
		}
		s.Icon, s.Label = picture.IconCloud, "Resource"
		if names[0] == "" && len(q.Actions) > 0 {
			s.Label, s.names = "Action", []string{q.Actions[0]}
		}
	}
	if len(names) > 1 {
		s.Label, s.names = "S3 buckets", []string{fmt.Sprintf("%d destinations", len(names))}
		for _, n := range names {
			s.add(picture.Line{Mark: reached(n, requests, mark), Text: n})
		}
	}
	w.insert(s)
}

// reached is how the requests for one destination fare.
func reached(destination string, requests []sim.Request, otherwise picture.Mark) picture.Mark {
	verdict, any := sim.Unknown, false
	for _, r := range requests {
		if bucketOf(r.Resource) != bucketOf(destination) {
			continue
		}
		if any {
			verdict = both(verdict, r.Verdict)
			continue
		}
		verdict, any = r.Verdict, true
	}
	switch {
	case !any || otherwise == picture.Unreached:
		return otherwise
	case verdict == sim.Blocked:
		return picture.Unreached
	}
	return VerdictMark(verdict)
}

// stop marks the stage where a blocker stands. Where some cases still succeed
// it stops only a part of them.
func (w *pathGroup) stop(s *card, reply bool) {
	mark := picture.Stop
	if w.verdict != sim.Blocked && s.Mark != picture.Stop {
		mark = picture.Partial
	}
	if reply {
		s.Reply = worse(s.Reply, mark)
		return
	}
	if s.Mark == picture.Partial { // the hop knows better
		return
	}
	s.Mark = s.Mark.Worse(mark)
}

func (w *pathGroup) find(gate sim.Gate, component string) *card {
	want := gateLooks[gate].gate
	var near *card
	for _, s := range w.stations {
		if s.gate == want && (slices.Contains(s.names, component) || s.gate >= sim.GateEndpointPolicy && !s.Off) {
			return s
		}
		if near == nil && component != "" && slices.Contains(s.names, component) && s.section() == (&card{gate: want}).section() {
			near = s
		}
	}
	if near == nil && gate == sim.GateJob && len(w.stations) > 0 && w.stations[0].gate == sim.GateJob {
		return w.stations[0] // whatever AWS refuses the job for
	}
	return near
}
