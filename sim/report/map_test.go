package report_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/accountmap"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

func exampleMap(t *testing.T) *accountmap.Map {
	t.Helper()
	s, err := snapshot.Load("../../testdata/examples/neo-compile/snapshot.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := accountmap.Build(context.Background(), sim.NewWorld(s), accountmap.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mapPage(t *testing.T, m *accountmap.Map) string {
	t.Helper()
	var b strings.Builder
	if err := report.MapHTML(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMapPage(t *testing.T) {
	page := mapPage(t, exampleMap(t))
	for _, want := range []string{
		"ml-private-1a (subnet-0a7c1e5b93d2f4681)", "10.20.10.0/24", "251 free · us-east-1a", `data-v="RBRBR"`,
		"default-src 'none'", "script-src 'sha256-", "through rtb-0b9d3c7a5e1f28460 → vpce-0a1b2c3d4e5f60718", "no interface yet",
		`<option value="2">datalake-models-444455556666: s3:GetObject</option>`, `data-vpc="vpc-0c3f9e1a7b2d84e65" data-region="us-east-1"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "unsafe-inline") || regexp.MustCompile(`(src|href|action)=`).MatchString(page) {
		t.Error("the page loads something or leads somewhere")
	}
	if page != mapPage(t, exampleMap(t)) {
		t.Error("two pages of one snapshot differ")
	}
}

// Every name is a stranger's: it is text in every format, whatever it holds.
func TestMapOfHostileNames(t *testing.T) {
	attack := "</script><script>alert(1)</script><img src=x onerror=alert(1)>\" onclick=\"alert(1)' ]]> \u202e\n%%{init}%% \\\"]; x -> y"
	m := exampleMap(t)
	v := &m.VPCs[0]
	v.ID, v.Name, v.Region, v.Account = attack, attack, attack, attack
	for i := range v.Components {
		v.Components[i].Name, v.Components[i].Kind, v.Components[i].Note = attack, attack, attack
	}
	for i := range v.Groups {
		g := &v.Groups[i]
		for j := range g.Subnets {
			g.Subnets[j].Name, g.Subnets[j].Zone = attack, attack
			g.Subnets[j].Tags = []snapshot.Tag{{Key: attack, Value: attack}}
		}
		for j := range g.Answers {
			g.Answers[j].Roles, g.Answers[j].Via = []string{attack}, []string{attack}
			g.Answers[j].Chains = append(g.Answers[j].Chains, []string{attack})
			for k := range g.Answers[j].Why {
				g.Answers[j].Why[k].Text, g.Answers[j].Why[k].Component = attack, attack
			}
		}
	}
	for i := range m.Views {
		m.Views[i].Bucket, m.Views[i].Action = attack, attack
	}
	page := mapPage(t, m)
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	var svg, dot, mermaid strings.Builder
	c := report.MapChart(m)
	for _, err := range []error{picture.ChartSVG(&svg, c), picture.ChartDOT(&dot, c), picture.ChartMermaid(&mermaid, c)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"page": page, "svg": svg.String()} {
		if strings.Contains(text, "<img") || strings.Contains(text, `" onclick`) || strings.Contains(text, "\u202e") {
			t.Errorf("the %s holds markup of a stranger", name)
		}
	}
	if strings.Contains(mermaid.String(), "%%{init}") || strings.Contains(mermaid.String(), "<img") {
		t.Error("the Mermaid text holds a directive or markup of a stranger")
	}
	if strings.Contains(dot.String(), `%% \"]; x`) && !strings.Contains(dot.String(), `\\\"]`) {
		t.Error("a name ends its quotes in DOT")
	}
}

// A large account: the page stays small enough to open at once.
func TestMapOf500Subnets(t *testing.T) {
	m := exampleMap(t)
	one := m.VPCs[0]
	m.VPCs, m.Subnets = nil, 0
	for m.Subnets < 500 {
		v := one
		v.ID = fmt.Sprintf("vpc-%017x", m.Subnets)
		m.VPCs = append(m.VPCs, v)
		m.Subnets += 6
	}
	page := mapPage(t, m)
	if n := strings.Count(page, `<li class="tile `); n != m.Subnets {
		t.Errorf("%d tiles of %d", n, m.Subnets)
	}
	if len(page) > 2<<20 {
		t.Errorf("%d bytes", len(page))
	}
	if dir := os.Getenv("MAP_OUT"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "map500.html"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
