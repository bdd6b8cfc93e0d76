package rules

import (
	"testing"

	"github.com/canreach/canreach/snapshot"
)

func TestEnforcementIsTheModeInAStateThatHolds(t *testing.T) { // N76, N132
	for _, c := range []struct {
		mode, state string
		want        Enforcement
	}{
		{"monitor", "available", NotEnforced},
		{"enforce", "available", Enforced},
		{"Enforce", "Available", Enforced},
		{"monitor", "creating", NotEnforced},
		{"monitor", "deleting", NotEnforced},
		{"monitor", "delete-failed", NotEnforced},
		{"enforce", "creating", EnforcementUnknown},
		{"enforce", "deleting", EnforcementUnknown},
		{"enforce", "delete-failed", EnforcementUnknown},
		{"enforce", "enforce-in-progress", EnforcementUnknown},
		{"monitor", "enforce-in-progress", EnforcementUnknown},
		{"monitor", "monitor-in-progress", EnforcementUnknown},
		{"monitor", "enforce-failed", EnforcementUnknown},
		{"enforce", "monitor-failed", EnforcementUnknown},
		{"enforce", "modify-in-progress", EnforcementUnknown},
		{"enforce", "deleted", NotEnforced},
		{"", "available", EnforcementUnknown},
		{"enforce", "", EnforcementUnknown},
		{"audit", "available", EnforcementUnknown},
		{"", "", EnforcementUnknown},
	} {
		if got := EnforcementOf(&snapshot.VPCEncryptionControl{Mode: c.mode, State: c.state}); got != c.want {
			t.Errorf("mode %q in state %q: %d, want %d", c.mode, c.state, got, c.want)
		}
	}
}

func TestCleartextIsDroppedByAWSEndpointsThatEnforce(t *testing.T) { // N76
	const own, partner = "com.amazonaws.us-east-1.s3", "com.amazonaws.vpce.us-east-1.vpce-svc-0a1b"
	for _, c := range []struct {
		e       Enforcement
		service string
		port    int
		want    State
	}{
		{Enforced, own, 443, StateWorks},
		{Enforced, own, 80, StateBroken},
		{Enforced, "cn.com.amazonaws.cn-north-1.s3", 80, StateBroken},
		{Enforced, "aws.sagemaker.us-east-1.notebook", 80, StateBroken},
		{Enforced, own, 8443, StateUnknown},
		{Enforced, partner, 80, StateUnknown},
		{Enforced, partner, 443, StateWorks},
		{NotEnforced, own, 80, StateWorks},
		{NotEnforced, own, 8443, StateWorks},
		{EnforcementUnknown, own, 80, StateUnknown},
		{EnforcementUnknown, own, 443, StateWorks},
	} {
		if got := DecideCleartext(c.e, c.service, c.port); got != c.want {
			t.Errorf("%d, %s, port %d: %d, want %d", c.e, c.service, c.port, got, c.want)
		}
	}
}

func TestExclusionsByTheirState(t *testing.T) { // N132
	c := &snapshot.VPCEncryptionControl{Exclusions: []snapshot.EncryptionExclusion{{Resource: "NatGateway", State: "enabled"},
		{Resource: "InternetGateway", State: "disabling"}, {Resource: "VpcPeering", State: "disabled"}, {Resource: "Lambda"}}}
	for resource, want := range map[string]State{"NatGateway": StateWorks, "InternetGateway": StateUnknown, "VpcPeering": StateBroken, "Lambda": StateBroken, "VpcLattice": StateBroken} {
		if got := ExcludedFromEncryption(c, resource); got != want {
			t.Errorf("%s: %d, want %d", resource, got, want)
		}
	}
	for _, n := range []struct {
		from int
		want State
	}{{0, StateBroken}, {1, StateUnknown}, {2, StateWorks}, {4, StateWorks}} {
		if got := EncryptsEverything(&snapshot.VPCEncryptionControl{Exclusions: c.Exclusions[n.from:]}); got != n.want {
			t.Errorf("exclusions from %d on: %d, want %d", n.from, got, n.want)
		}
	}
}
