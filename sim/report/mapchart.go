package report

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/accountmap"
	"github.com/canreach/canreach/sim/network"
)

// columns of the chart, by kind of component.
var mapRanks = map[string]int{"route table": 1, "NAT gateway": 2}

const outsideRank = 4

// MapChart is a map as places and links. Buckets are the outermost column.
func MapChart(m *accountmap.Map) *picture.Chart {
	c := &picture.Chart{Title: mapTitle(m), Notes: []string{"A link is drawn only where some traffic passes. Route tables, gateways, peerings and transit gateways without a link carry no traffic to S3, the internet or another VPC."}}
	for i := range m.VPCs {
		c.Clusters = append(c.Clusters, vpcCluster(m, i))
	}
	if len(m.Between) > 0 {
		g := picture.Cluster{Title: "Between VPCs"}
		for i := range m.Between {
			g.Nodes = append(g.Nodes, componentNode(&m.Between[i]))
		}
		c.Clusters = append(c.Clusters, g)
	}
	out := picture.Cluster{Nodes: []picture.ChartNode{
		{ID: network.NodeS3, Label: "S3 in the subnet's Region", Name: "S3", Mark: picture.None, Rank: outsideRank},
		{ID: network.NodeInternet, Label: "Outside of every VPC", Name: "the internet", Mark: picture.None, Rank: outsideRank},
	}}
	for i, v := range m.Views {
		if v.Kind == accountmap.ViewBucket {
			out.Nodes = append(out.Nodes, bucketNode(m, i))
		}
	}
	c.Clusters = append(c.Clusters, out)
	for _, l := range m.Links {
		from := l.From
		if l.Group >= 0 {
			from = groupID(l.VPC, l.Group)
		}
		c.Links = append(c.Links, picture.ChartLink{From: from, To: l.To, Mark: picture.Pass, Label: linkLabel(l.Kinds)})
	}
	return c
}

func groupID(vpc, group int) string { return fmt.Sprintf("group %d %d", vpc, group) }

func linkLabel(kinds []string) string {
	var out []string
	for _, k := range kinds {
		if word, ok := map[string]string{accountmap.ViewS3: "S3", accountmap.ViewInternet: "internet"}[k]; ok {
			k = word
		}
		out = append(out, k)
	}
	return strings.Join(out, ", ")
}

func mapTitle(m *accountmap.Map) string {
	return fmt.Sprintf("%s in %s: what their interfaces reach", plural(m.Subnets, "subnet"), plural(len(m.VPCs), "VPC"))
}

func vpcCluster(m *accountmap.Map, at int) picture.Cluster {
	v := &m.VPCs[at]
	g := picture.Cluster{Title: named(v.Name, v.ID), Note: strings.TrimSpace(strings.Join(v.Ranges, ", ") + " · " + v.Region + " · account " + v.Account)}
	for i := range v.Groups {
		one := &v.Groups[i]
		n := picture.ChartNode{ID: groupID(at, i), Label: plural(len(one.Subnets), "subnet"), Mark: VerdictMark(one.Answers[0].Verdict)}
		for j, name := range []string{"S3", "Internet"} {
			n.Lines = append(n.Lines, picture.Line{Mark: VerdictMark(one.Answers[j].Verdict), Text: name + ": " + one.Answers[j].Verdict.String() + because(&one.Answers[j])})
		}
		if b := bucketsLine(m, one); b.Text != "" {
			n.Lines = append(n.Lines, b)
		}
		for j := range one.Subnets {
			s := &one.Subnets[j]
			n.Lines = append(n.Lines, picture.Line{Mark: picture.None, Text: named(s.Name, s.ID)},
				picture.Line{Mark: picture.None, Text: strings.Join([]string{strings.Join(s.Ranges, ", "), free(s), s.Zone}, " · ")})
		}
		g.Nodes = append(g.Nodes, n)
	}
	for i := range v.Components {
		g.Nodes = append(g.Nodes, componentNode(&v.Components[i]))
	}
	return g
}

// because names the first thing that stops traffic, or that is not known.
func because(a *accountmap.Answer) string {
	if len(a.Why) == 0 {
		return ""
	}
	c := &a.Why[0]
	if c.Component == "" {
		return ""
	}
	return ", " + c.Code.String() + " at " + c.Component
}

// bucketsLine counts the buckets that some role reaches from the group.
func bucketsLine(m *accountmap.Map, g *accountmap.Group) picture.Line {
	count, all := map[sim.Verdict]int{}, 0
	for i, v := range m.Views {
		if v.Kind == accountmap.ViewBucket {
			count[g.Answers[i].Verdict]++
			all++
		}
	}
	if all == 0 {
		return picture.Line{}
	}
	yes := count[sim.Reachable] + count[sim.Partial]
	l := picture.Line{Mark: picture.Stop, Text: fmt.Sprintf("Buckets: some role reaches %d of %d", yes, all)}
	if yes > 0 {
		l.Mark = picture.Pass
	}
	if n := count[sim.Unknown]; n > 0 {
		l.Text += fmt.Sprintf(", %d not known", n)
		if yes == 0 {
			l.Mark = picture.Unknown
		}
	}
	return l
}

func componentNode(c *accountmap.Component) picture.ChartNode {
	n := picture.ChartNode{ID: c.ID, Label: c.Kind, Name: named(c.Name, c.ID), Mark: picture.Unreached, Rank: 3}
	if r, ok := mapRanks[c.Kind]; ok {
		n.Rank = r
	}
	if c.Carries {
		n.Mark = picture.Pass
	}
	if c.Note != "" {
		n.Lines = []picture.Line{{Mark: picture.None, Text: c.Note}}
	}
	for _, line := range crossingLines(c) {
		n.Lines = append(n.Lines, picture.Line{Mark: picture.Pass, Text: line})
	}
	return n
}

// bucketNode says from how many subnets some role reaches a bucket.
func bucketNode(m *accountmap.Map, view int) picture.ChartNode {
	v := &m.Views[view]
	n := picture.ChartNode{ID: fmt.Sprintf("bucket %d", view), Label: "bucket, " + v.Action, Name: v.Bucket, Rank: outsideRank}
	count := viewCounts(m, view)
	yes := count[sim.Reachable] + count[sim.Partial]
	n.Mark = picture.Stop
	n.Lines = []picture.Line{{Mark: picture.None, Text: fmt.Sprintf("some role, from %d of %d subnets", yes, m.Subnets)}}
	switch {
	case yes > 0:
		n.Mark = picture.Pass
	case count[sim.Unknown] > 0:
		n.Mark = picture.Unknown
	}
	if u := count[sim.Unknown]; u > 0 {
		n.Lines = append(n.Lines, picture.Line{Mark: picture.Unknown, Text: fmt.Sprintf("not known from %d", u)})
	}
	return n
}

// viewCounts counts the subnets of each verdict in one view.
func viewCounts(m *accountmap.Map, view int) map[sim.Verdict]int {
	count := map[sim.Verdict]int{}
	for i := range m.VPCs {
		for j := range m.VPCs[i].Groups {
			g := &m.VPCs[i].Groups[j]
			count[g.Answers[view].Verdict] += len(g.Subnets)
		}
	}
	return count
}

func named(name, id string) string {
	if name == "" {
		return id
	}
	return name + " (" + id + ")"
}

func free(s *accountmap.Subnet) string {
	if !s.FreeKnown {
		return "free addresses not known"
	}
	return fmt.Sprintf("%d free", s.Free)
}
