package plan_test

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// laid is a snapshot after a change.
func laid(t *testing.T, base string, list ...planned) string {
	t.Helper()
	p, err := plan.Read(planJSON(t, list...))
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Apply([]byte(base), plan.Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Parse(res.Native); err != nil {
		t.Fatal(err)
	}
	return string(res.Native)
}

func TestAnAccountMovesToAUnitOfThePlan(t *testing.T) {
	base := strings.Replace(grown, `"accountId":"111122223333"`, `"accountId":"111122223333","organizationId":"o-1","organizationPath":["r-1","ou-1"]`, 1)
	unit := planned{"aws_organizations_organizational_unit.jobs", "create", nil, m{"name": "jobs", "parent_id": "r-1"}, m{"id": true}, m{"parent_id": m{"constant_value": "r-1"}}}
	account := func(parent, unknown m, expr m) planned {
		return planned{"aws_organizations_account.a", "update", m{"id": "111122223333", "parent_id": "ou-1"}, parent, unknown, expr}
	}
	for _, tt := range []struct {
		name string
		plan []planned
		want string
	}{
		{"to a new unit", []planned{unit, account(m{"id": "111122223333"}, m{"parent_id": true}, m{"parent_id": refs("aws_organizations_organizational_unit.jobs.id")})}, `"organizationPath":["r-1","aws_organizations_organizational_unit.jobs"]`},
		{"to the root", []planned{account(m{"id": "111122223333", "parent_id": "r-1"}, m{}, m{})}, `"organizationPath":["r-1"]`},
		{"to a unit that nobody knows", []planned{account(m{"id": "111122223333", "parent_id": "ou-9"}, m{}, m{})}, `"organizationId":"o-1",`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := laid(t, base, tt.plan...); !strings.Contains(got, tt.want) || strings.Contains(got, `"r-1","ou-1"`) {
				t.Errorf("%s is not in %s", tt.want, got)
			}
		})
	}
}

func TestExclusivePolicies(t *testing.T) {
	base := strings.Replace(grown, `"RolePolicyList":[],"AttachedManagedPolicies":[]`,
		`"RolePolicyList":[{"PolicyName":"gone","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}],"AttachedManagedPolicies":[{"PolicyName":"Gone","PolicyArn":"arn:aws:iam::aws:policy/Gone"}]`, 1)
	got := laid(t, base, planned{"aws_iam_role_policies_exclusive.x", "create", nil, m{"role_name": "r", "policy_names": []any{}}, m{}, m{"policy_names": m{}}},
		planned{"aws_iam_role_policy_attachments_exclusive.x", "create", nil, m{"role_name": "r", "policy_arns": []any{"arn:aws:iam::aws:policy/Kept"}}, m{}, m{"policy_arns": m{}}})
	if strings.Contains(got, `"gone"`) || strings.Contains(got, "policy/Gone") || !strings.Contains(got, "policy/Kept") {
		t.Errorf("%s", got[strings.Index(got, "RoleDetailList"):])
	}
}

// An interface takes groups and addresses by resources of their own. An address
// that is not known yet leaves the interface's addresses unknown.
func TestPartsOfInterfaces(t *testing.T) {
	eip := func(known m) planned {
		return planned{"aws_eip_association.e", "create", nil, m{"network_interface_id": "eni-1", "allocation_id": known["allocation_id"]}, m{"public_ip": true, "id": true}, m{}}
	}
	if got := laid(t, grown, eip(m{"allocation_id": "eipalloc-1"})); !strings.Contains(got, `"Association":{"PublicIp":"198.51.100.7"}`) {
		t.Errorf("%s", got)
	}
	if got := laid(t, grown, eip(m{"allocation_id": "eipalloc-2"})); strings.Contains(got, "10.0.0.9") || strings.Contains(got, `"Association":{"PublicIp"`) {
		t.Errorf("%s", got)
	}
	if got := laid(t, grown, planned{"aws_network_interface_sg_attachment.a", "create", nil, m{"network_interface_id": "eni-1", "security_group_id": "sg-1"}, m{}, m{}}); !strings.Contains(got, `"Groups":[{"GroupId":"sg-1"}]`) {
		t.Errorf("%s", got)
	}
}
