package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/snapshot"
)

func newSnapshotShowCommand(env *Env) *cobra.Command {
	sf := snapshotFlags{}
	var format string
	cmd := &cobra.Command{
		Use:   "show FILE|DIR",
		Short: "Print what a snapshot holds, as an inventory",
		Long: `Show lists the accounts and regions of a snapshot, each VPC with its subnets,
their route tables and network ACLs, the endpoints, roles and buckets, and what
could not be read. A dash says that something was not collected.`,
		Example: `  canreach snapshot show snapshot.json
  canreach snapshot show aws
  canreach snapshot show snapshot.json -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			sf.path = args[0]
			s, err := sf.load(env)
			if err != nil {
				return err
			}
			inv := newInventory(s)
			if format == "json" {
				return writeJSON(env.Stdout, inv)
			}
			return inv.render(env.Stdout)
		},
	}
	formatFlag(cmd.Flags(), &format, "text", "json")
	cmd.Flags().StringVar(&sf.account, "account", "", "account id of files that do not tell it")
	cmd.Flags().StringVar(&sf.region, "region", "", "region of files that do not tell it")
	return cmd
}

// inventory is what show prints, in both formats.
type inventory struct {
	Schema   string             `json:"schema"`
	SHA256   string             `json:"sha256"`
	Captured string             `json:"capturedAt,omitempty"`
	Tool     string             `json:"tool,omitempty"`
	Caller   string             `json:"caller,omitempty"`
	Accounts []accountInventory `json:"accounts"`
	Gaps     []snapshot.Gap     `json:"gaps"`
}

type accountInventory struct {
	ID           string            `json:"accountId"`
	Organization string            `json:"organization"`
	Regions      []regionInventory `json:"regions"`
	Roles        []string          `json:"roles"`
	RolesState   string            `json:"rolesState"`
	Buckets      []bucketInventory `json:"buckets"`
	BucketsState string            `json:"bucketsState"`
}

type bucketInventory struct {
	Name   string `json:"name"`
	Region string `json:"region"`
	Policy string `json:"policy"`
}

type regionInventory struct {
	Region      string            `json:"region"`
	Collections []collectionCount `json:"collections"`
	VPCs        []vpcInventory    `json:"vpcs"`
	Jobs        []string          `json:"jobs"`
}

// collectionCount is how much of one collection there is. Count is nil where
// nobody knows.
type collectionCount struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Count *int   `json:"count"`
}

type vpcInventory struct {
	ID        string              `json:"vpcId"`
	Name      string              `json:"name"`
	CIDRs     []string            `json:"cidrs"`
	Subnets   []subnetInventory   `json:"subnets"`
	Endpoints []endpointInventory `json:"endpoints"`
	Groups    int                 `json:"securityGroups"`
}

type subnetInventory struct {
	ID         string `json:"subnetId"`
	Name       string `json:"name"`
	Zone       string `json:"availabilityZone"`
	CIDR       string `json:"cidr"`
	Free       *int   `json:"freeAddresses"`
	RouteTable string `json:"routeTable"`
	NetworkACL string `json:"networkAcl"`
}

type endpointInventory struct {
	ID      string `json:"vpcEndpointId"`
	Type    string `json:"type"`
	Service string `json:"service"`
	State   string `json:"state"`
	Policy  string `json:"policy"`
}

func newInventory(s *snapshot.Snapshot) *inventory {
	inv := &inventory{Schema: "canreach.inventory/v1", SHA256: s.SHA256, Tool: s.Capture.Tool, Caller: s.Capture.Caller,
		Captured: s.Capture.StartedAt, Accounts: []accountInventory{}, Gaps: s.Capture.Gaps}
	if inv.Gaps == nil {
		inv.Gaps = []snapshot.Gap{}
	}
	for _, a := range s.Accounts {
		inv.Accounts = append(inv.Accounts, newAccountInventory(a))
	}
	return inv
}

func newAccountInventory(a *snapshot.Account) accountInventory {
	out := accountInventory{ID: a.ID, Organization: organizationWords(a), Regions: []regionInventory{}, Roles: []string{}, Buckets: []bucketInventory{},
		RolesState: a.IAM.Roles.Presence.String(), BucketsState: a.S3.Buckets.Presence.String()}
	for _, r := range a.Regions {
		out.Regions = append(out.Regions, newRegionInventory(r))
	}
	for _, r := range a.IAM.Roles.Items {
		out.Roles = append(out.Roles, r.ARN)
	}
	for _, b := range a.S3.Buckets.Items {
		out.Buckets = append(out.Buckets, bucketInventory{b.Name, b.Region, documentWords(b.Policy)})
	}
	return out
}

func organizationWords(a *snapshot.Account) string {
	switch {
	case a.Organization != snapshot.Collected:
		return a.Organization.String()
	case a.OrganizationID == "":
		return "none"
	}
	return a.OrganizationID
}

// documentWords says what is known of a policy document.
func documentWords(d snapshot.Document) string {
	switch {
	case d.Presence != snapshot.Collected:
		return d.Presence.String()
	case d.Raw == nil:
		return "none"
	}
	return "custom"
}

func newRegionInventory(r *snapshot.Region) regionInventory {
	e := &r.EC2
	out := regionInventory{Region: r.Name, VPCs: []vpcInventory{}, Jobs: []string{}, Collections: []collectionCount{
		count("VPCs", e.VPCs), count("VPC attributes", e.VPCAttributes), count("subnets", e.Subnets), count("route tables", e.RouteTables),
		count("network ACLs", e.NetworkACLs), count("security groups", e.SecurityGroups), count("network interfaces", e.NetworkInterfaces),
		count("instances", e.Instances), count("VPC endpoints", e.VPCEndpoints), count("prefix lists", e.PrefixLists),
		count("DHCP options", e.DHCPOptions), count("internet gateways", e.InternetGateways), count("egress-only gateways", e.EgressOnlyGateways),
		count("NAT gateways", e.NATGateways), count("VPC peerings", e.Peerings), count("transit gateways", e.TransitGateways),
		count("transit gateway attachments", e.TGWAttachments), count("transit gateway route tables", e.TGWRouteTables),
		count("VPN gateways", e.VPNGateways), count("block public access options", e.BlockPublicAccess),
		count("block public access exclusions", e.BPAExclusions), count("VPC encryption controls", e.EncryptionControls), count("Lambda functions", r.Functions),
		count("resolver rules", r.Resolver.Rules), count("DNS Firewall groups", r.Resolver.FirewallGroups), count("private zones", r.Resolver.PrivateZones),
	}}
	for _, v := range e.VPCs.Items {
		out.VPCs = append(out.VPCs, newVPCInventory(e, v))
	}
	for _, j := range r.SageMaker.Jobs.Items {
		out.Jobs = append(out.Jobs, j.Kind+" "+j.Name)
	}
	return out
}

func count[T any](name string, c snapshot.Collection[T]) collectionCount {
	out := collectionCount{Name: name, State: c.Presence.String()}
	if c.Presence == snapshot.Collected {
		n := len(c.Items)
		out.Count = &n
	}
	return out
}

func newVPCInventory(e *snapshot.EC2, v snapshot.VPC) vpcInventory {
	name, _ := snapshot.TagValue(v.Tags, "Name")
	out := vpcInventory{ID: string(v.ID), Name: name, CIDRs: []string{}, Subnets: []subnetInventory{}, Endpoints: []endpointInventory{}}
	for _, c := range slices.Concat(v.CIDRs, v.IPv6CIDRs) {
		out.CIDRs = append(out.CIDRs, c.String())
	}
	tables, acls := tablesBySubnet(e, v.ID), aclsBySubnet(e)
	for _, s := range e.Subnets.Items {
		if s.VPC != v.ID {
			continue
		}
		name, _ := snapshot.TagValue(s.Tags, "Name")
		one := subnetInventory{ID: string(s.ID), Name: name, Zone: s.AvailabilityZone, RouteTable: tables[s.ID], NetworkACL: acls[s.ID]}
		if one.RouteTable == "" {
			one.RouteTable = tables[""]
		}
		if s.CIDR.IsValid() {
			one.CIDR = s.CIDR.String()
		}
		if s.FreeKnown {
			one.Free = &s.FreeAddresses
		}
		out.Subnets = append(out.Subnets, one)
	}
	for _, p := range e.VPCEndpoints.Items {
		if p.VPC == v.ID {
			out.Endpoints = append(out.Endpoints, endpointInventory{string(p.ID), p.Type, p.ServiceName, p.State, documentWords(p.Policy)})
		}
	}
	for _, g := range e.SecurityGroups.Items {
		if g.VPC == v.ID {
			out.Groups++
		}
	}
	return out
}

// tablesBySubnet returns the subnets' explicit tables, and the VPC's main table
// under "".
func tablesBySubnet(e *snapshot.EC2, vpc snapshot.VPCID) map[snapshot.SubnetID]string {
	out := map[snapshot.SubnetID]string{}
	for _, t := range e.RouteTables.Items {
		if t.VPC != vpc {
			continue
		}
		for _, a := range t.Associations {
			switch {
			case a.Main:
				out[""] = string(t.ID) + " (main)"
			case a.Subnet != "":
				out[a.Subnet] = string(t.ID)
			}
		}
	}
	return out
}

func aclsBySubnet(e *snapshot.EC2) map[snapshot.SubnetID]string {
	out := map[snapshot.SubnetID]string{}
	for _, a := range e.NetworkACLs.Items {
		for _, s := range a.Subnets {
			out[s] = string(a.ID)
		}
	}
	return out
}

// render prints the inventory for people. Every text from the snapshot goes
// through safeText, line breaks included.
func (inv *inventory) render(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(format string, args ...any) {
		for i, a := range args {
			if t, ok := a.(string); ok {
				args[i] = cell(t)
			}
		}
		fmt.Fprintf(w, format+"\n", args...)
	}
	line("snapshot %s", inv.SHA256)
	for _, p := range [][2]string{{"captured", inv.Captured}, {"by", inv.Tool}, {"as", inv.Caller}} {
		if p[1] != "" {
			line("  %s %s", p[0], p[1])
		}
	}
	for _, a := range inv.Accounts {
		line("\naccount %s   organization: %s", a.ID, a.Organization)
		for _, r := range a.Regions {
			r.render(line)
		}
		a.renderGlobal(line)
	}
	inv.renderGaps(line)
	return w.Flush()
}

// cell makes a text fit for one cell of a table.
func cell(t string) string {
	return safeText(strings.NewReplacer("\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(t))
}

func (r regionInventory) render(line func(string, ...any)) {
	line("  region %s", r.Region)
	byState := map[string][]string{}
	var counts []string
	for _, c := range r.Collections {
		switch {
		case c.Count == nil:
			byState[c.State] = append(byState[c.State], c.Name)
		case *c.Count > 0:
			counts = append(counts, fmt.Sprintf("%s: %d", c.Name, *c.Count))
		}
	}
	line("    %s", strings.Join(counts, ", "))
	for _, state := range slices.Sorted(maps.Keys(byState)) {
		line("    %s: %s", state, strings.Join(byState[state], ", "))
	}
	for _, v := range r.VPCs {
		line("    %s %s   %s   %s", v.ID, quoted(v.Name), strings.Join(v.CIDRs, " "), plural(v.Groups, "security group"))
		for _, s := range v.Subnets {
			line("      %s\t%s\t%s\t%s\t%s free\t%s\t%s", s.ID, quoted(s.Name), s.Zone, dash(s.CIDR), freeWords(s.Free), dash(s.RouteTable), dash(s.NetworkACL))
		}
		for _, p := range v.Endpoints {
			line("      %s\t%s\t%s\t%s\tpolicy: %s", p.ID, p.Type, p.Service, p.State, p.Policy)
		}
	}
	for _, j := range r.Jobs {
		line("    job %s", j)
	}
}

func (a accountInventory) renderGlobal(line func(string, ...any)) {
	line("  roles: %s", countWords(len(a.Roles), a.RolesState))
	for _, r := range a.Roles {
		line("    %s", r)
	}
	line("  buckets: %s", countWords(len(a.Buckets), a.BucketsState))
	for _, b := range a.Buckets {
		line("    %s\t%s\tpolicy: %s", b.Name, dash(b.Region), b.Policy)
	}
}

func (inv *inventory) renderGaps(line func(string, ...any)) {
	if len(inv.Gaps) == 0 {
		line("\nno gaps: everything that was asked was answered")
		return
	}
	line("\n%s: what could not be read", plural(len(inv.Gaps), "gap"))
	for _, g := range inv.Gaps {
		line("  %s\t%s\t%s\t%s\t%s", dash(g.Account), dash(g.Region), g.Service+" "+g.Operation, dash(g.Resource), g.Code)
	}
}

func countWords(n int, state string) string {
	if state == snapshot.Collected.String() {
		return fmt.Sprint(n)
	}
	return state
}

func freeWords(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return `"` + name + `"`
}

func dash(t string) string {
	if t == "" {
		return "-"
	}
	return t
}
