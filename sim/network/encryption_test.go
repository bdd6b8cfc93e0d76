package network_test

import (
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
)

// webIntoEndpoint lets HTTP and HTTPS into the endpoint from everywhere private.
var webIntoEndpoint = world.Ingress("sg-5", world.Ports(80, 443, world.Rule("tcp", "10.0.0.0/8")))

func ports(list ...uint16) []network.PortRange {
	var out []network.PortRange
	for _, p := range list {
		out = append(out, network.PortRange{From: p, To: p})
	}
	return out
}

// A control inside describe-vpcs, as AWS prints it there too.
func inlineControl(mode, state string) world.Edit {
	return world.Set("Vpcs", "vpc-a", "EncryptionControl", world.Obj{"VpcEncryptionControlId": "vpcec-vpc-a", "VpcId": "vpc-a", "Mode": mode, "State": state})
}

// TestCleartextToInterfaceEndpoints is N76: the endpoint's VPC decides, by port.
func TestCleartextToInterfaceEndpoints(t *testing.T) {
	enforce, monitor := world.EncryptionControl("vpc-a", "enforce"), world.EncryptionControl("vpc-a", "monitor")
	state := func(s string) world.Edit { return world.Set("VpcEncryptionControls", "vpcec-vpc-a", "State", s) }
	for _, c := range []struct {
		name  string
		edits []world.Edit
		ports []network.PortRange
		want  network.Outcome
		code  string // of the blocker, or the missing fact
	}{
		{"no control", nil, ports(80), reachable, ""},
		{"monitor mode stops nothing", edits(monitor), ports(80), reachable, ""},
		{"enforce mode drops port 80", edits(enforce), ports(80), blocked, "ENCRYPTION_REQUIRED"},
		{"port 443 counts as encrypted", edits(enforce), ports(443), reachable, ""},
		{"both ports", edits(enforce), ports(80, 443), partial, "ENCRYPTION_REQUIRED"},
		{"of another port nobody says", edits(enforce), ports(81), unknown, "UNK_ENCRYPTION_CONTROLS"},
		{"another port without enforcement", edits(monitor), ports(81), reachable, ""},
		{"an exclusion is for other resources", edits(world.EncryptionControl("vpc-a", "enforce", "InternetGateway", "VpcLattice")), ports(80), blocked, "ENCRYPTION_REQUIRED"},
		{"on the way to enforce mode", edits(enforce, state("enforce-in-progress")), ports(80), unknown, "UNK_ENCRYPTION_CONTROLS"},
		{"on the way to enforce mode, 443", edits(enforce, state("enforce-in-progress")), ports(443), reachable, ""},
		{"deleted", edits(enforce, state("deleted")), ports(80), reachable, ""},
		{"another VPC's control", edits(world.EncryptionControl("vpc-z", "enforce")), ports(80), reachable, ""},
		{"N161 not collected", edits(world.NotCollected("VpcEncryptionControls")), ports(80), reachable, ""},
		{"N161 refused", edits(world.NotCollected("VpcEncryptionControls"), world.Refused("DescribeVpcEncryptionControls")), ports(80), unknown, "UNK_ENCRYPTION_CONTROLS"},
		{"not collected, 443", edits(world.NotCollected("VpcEncryptionControls")), ports(443), reachable, ""},
		{"told by the VPC", edits(world.NotCollected("VpcEncryptionControls"), inlineControl("enforce", "available")), ports(80), blocked, "ENCRYPTION_REQUIRED"},
		{"told by the VPC, not enforced", edits(world.NotCollected("VpcEncryptionControls"), inlineControl("monitor", "available")), ports(80), reachable, ""},
		{"told twice alike", edits(enforce, inlineControl("enforce", "available")), ports(80), blocked, "ENCRYPTION_REQUIRED"},
		{"told twice, differently", edits(enforce, inlineControl("monitor", "available")), ports(80), unknown, "SNAPSHOT_INCONSISTENT"},
		{"a blocker elsewhere beats the unknown", edits(world.NotCollected("VpcEncryptionControls"), world.Refused("DescribeVpcEncryptionControls"), world.Ingress("sg-5")), ports(80), blocked, "SG_HAS_NO_RULES"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := network.Query{From: job("subnet-1", "sg-1"), To: s3("us-east-1", ""), Protocol: 6, Ports: c.ports}
			judgeEncryption(t, world.Network(and(edits(world.IFE(), webIntoEndpoint), c.edits...)...), q, c.want, c.code)
		})
	}
}

// TestCleartextFromOutsideTheVPC: it is the endpoint's VPC that counts, not
// the client's.
func TestCleartextFromOutsideTheVPC(t *testing.T) {
	for vpc, want := range map[string]network.Outcome{"vpc-a": blocked, "vpc-b": reachable} {
		t.Run("enforced in "+vpc, func(t *testing.T) {
			q := network.Query{From: job("subnet-b", "sg-b"), To: s3("us-east-1", endpointName), Protocol: 6, Ports: ports(80)}
			code := ""
			if want == blocked {
				code = "ENCRYPTION_REQUIRED"
			}
			judgeEncryption(t, world.Network(and(peeredIFE, webIntoEndpoint, world.EncryptionControl(vpc, "enforce", "VpcPeering"))...), q, want, code)
		})
	}
}

func judgeEncryption(t *testing.T, w *world.World, q network.Query, want network.Outcome, code string) {
	t.Helper()
	snap := w.Snapshot(t)
	r, err := network.NewModel(snap).Ask(q)
	if err != nil {
		t.Fatal(err)
	}
	got := firstBlocker(r)
	if want == unknown && len(r.Unknowns) > 0 {
		got = r.Unknowns[0].Code.String()
	}
	if r.Outcome != want || got != code {
		t.Errorf("%s with %q, want %s with %q; findings %v, missing %v", word(r.Outcome), got, word(want), code, codes(r), missing(r))
	}
	for _, f := range r.Findings {
		if f.Code.String() == "ENCRYPTION_REQUIRED" && (f.Gate != finding.GateEndpoint || f.Rule != "N76" || f.Component != "vpce-i" || f.Example == nil || f.Example.DestinationPort != 80) {
			t.Errorf("%+v", f)
		}
	}
	tw := newTwin(t, snap, q)
	if said, _ := tw.ask(t); said != want {
		t.Errorf("packets say %s, want %s", word(said), word(want))
	}
}
