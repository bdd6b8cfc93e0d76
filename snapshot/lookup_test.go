package snapshot

import (
	"sync"
	"testing"
)

// A subnet that an account shares is described by the participant, too: the
// owner's view is the one that Get finds, whatever the order of accounts.
func TestIndexOfASharedSubnet(t *testing.T) {
	capture := func(account, zone string) *Account {
		a := &Account{ID: account}
		r := &Region{Name: "us-east-1", Account: a}
		r.EC2.Subnets.Items = []Subnet{{ID: "subnet-1", OwnerID: "111111111111", AvailabilityZone: zone}}
		a.Regions = []*Region{r}
		return a
	}
	owner, guest := capture("111111111111", "of the owner"), capture("222222222222", "of the participant")
	for _, accounts := range [][]*Account{{owner, guest}, {guest, owner}} {
		x := NewIndex(&Snapshot{Accounts: accounts})
		if got := x.Subnets.Get("subnet-1").Item.AvailabilityZone; got != "of the owner" {
			t.Errorf("Get: %s", got)
		}
		if l, ok := x.Subnets.In("subnet-1", "222222222222"); !ok || l.Item.AvailabilityZone != "of the participant" {
			t.Errorf("In: %v %v", l.Item, ok)
		}
		if l, ok := x.Subnets.In("subnet-1", "333333333333"); !ok || l.AccountID() != accounts[0].ID {
			t.Errorf("In of neither: %s", l.AccountID())
		}
		if n := len(x.Subnets.All("subnet-1")); n != 2 {
			t.Errorf("All: %d captures", n)
		}
		if _, ok := x.Subnets.Find("subnet-2"); ok || x.Subnets.Get("subnet-2").Item != nil {
			t.Error("a subnet that nobody captured is found")
		}
	}
}

func TestIndexReplace(t *testing.T) {
	r := &Region{Name: "us-east-1"}
	r.EC2.SecurityGroups.Items = []SecurityGroup{{ID: "sg-1", Name: "before"}}
	x := NewIndex(&Snapshot{Accounts: []*Account{{ID: "1", Regions: []*Region{r}}}})
	other, ok := x.SecurityGroups.Replace("sg-1", &SecurityGroup{ID: "sg-1", Name: "after"})
	if !ok || other.Get("sg-1").Item.Name != "after" || x.SecurityGroups.Get("sg-1").Item.Name != "before" {
		t.Errorf("replaced: %v", ok)
	}
	if same, ok := x.SecurityGroups.Replace("sg-2", &SecurityGroup{}); ok || same != x.SecurityGroups {
		t.Error("an object that is not there was replaced")
	}
}

// Tables are filled by whoever asks first; run with -race.
func TestIndexIsSafeForConcurrentUse(t *testing.T) {
	a := &Account{ID: "1"}
	a.IAM.Roles.Items = []Role{{ARN: "arn:aws:iam::1:role/r"}}
	r := &Region{Name: "us-east-1", Account: a}
	r.EC2.VPCs.Items = []VPC{{ID: "vpc-1"}}
	a.Regions = []*Region{r}
	x := NewIndex(&Snapshot{Accounts: []*Account{a}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, ok := x.Role("arn:aws:iam::1:role/r"); !ok || x.VPCs.Get("vpc-1").Region != r || x.Account("1") != a || x.Region("1", "us-east-1") != r {
				t.Error("not found")
			}
		})
	}
	wg.Wait()
}
