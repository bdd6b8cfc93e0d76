package sim

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// existing is what --eni, --instance or --lambda name.
type existing struct {
	from     *source // an interface that is there
	vpc      snapshot.VPCID
	session  string // the role session's name, where it follows; else SageMaker's
	function bool   // a Lambda function: its VpcConfig stands for a job's
}

// resolveSource looks the question's source up in the snapshot. A function's
// VpcConfig and role take the place of a job's; an instance's role comes from
// its instance profile, unless --role says it.
func (w *World) resolveSource(q *Question) (existing, error) {
	if q.Source == "" {
		if q.Job.Running {
			return existing{session: q.Job.Name, function: true}, nil
		}
		return existing{}, nil
	}
	if e, ok := w.outside(q); ok {
		return e, nil
	}
	if strings.HasPrefix(q.Source, "eni-") {
		if p, ok := w.x.NetworkInterfaces.Find(snapshot.NetworkInterfaceID(q.Source)); ok {
			e, reg := p.Item, p.Region
			w.instanceRole(q, reg, e.InstanceID)
			return existing{vpc: e.VPC, session: e.InstanceID, from: &source{subnet: string(e.Subnet), az: e.AvailabilityZone,
				region: reg.Name, account: reg.Account.ID, from: network.Endpoint{Interface: e.ID}}}, nil
		}
	}
	for _, a := range w.snap.Accounts {
		for _, reg := range a.Regions {
			if e, ok := w.sourceIn(q, a, reg); ok {
				return e, nil
			}
		}
	}
	return existing{}, fmt.Errorf("%s is not in the snapshot: name a network interface, an instance or a function that it holds%s", q.Source, w.absentSource(q.Source).suggestion())
}

// AbsentSource tells whether a question's source is an interface, an instance
// or a function that the snapshot lacks.
func (w *World) AbsentSource(q Question) (AbsentName, bool) {
	if q.Source == "" {
		return AbsentName{}, false
	}
	if _, err := w.resolveSource(&q); err == nil {
		return AbsentName{}, false
	}
	return w.absentSource(q.Source), true
}

func (w *World) absentSource(id string) AbsentName {
	kind := "function"
	switch prefix, _, _ := strings.Cut(id, "-"); prefix {
	case "eni":
		kind = "network interface"
	case "i":
		kind = "instance"
	}
	a, _ := w.Absent(kind, id)
	a.Kind, a.Name = kind, id // the snapshot may hold none of the kind
	return a
}

// resolveRole finds the role of a job that names it by its name, or by an
// instance profile.
func (w *World) resolveRole(j *snapshot.Job) error {
	name := j.RoleARN
	if strings.HasPrefix(name, "arn:") || name == "" && (j.InstanceProfile == "" || strings.HasPrefix(j.InstanceProfile, "arn:") && strings.Contains(j.InstanceProfile, ":role/")) {
		return nil
	}
	var found []string
	for _, a := range w.snap.Accounts {
		for i := range a.IAM.Roles.Items {
			r := &a.IAM.Roles.Items[i]
			profile := func(p string) bool {
				return p == j.InstanceProfile || strings.HasSuffix(p, "/"+j.InstanceProfile)
			}
			if name != "" && r.Name == name || name == "" && slices.ContainsFunc(r.InstanceProfiles, profile) {
				found = append(found, r.ARN)
			}
		}
	}
	switch {
	case len(found) == 1:
		j.RoleARN = found[0]
		return nil
	case name != "":
		return badQuestion("the job names its role %q, and the snapshot holds %s of that name; pass %s", name, count(len(found), "role"), FieldRole)
	}
	return badQuestion("the job names the instance profile %q, and the snapshot holds %s with it; pass %s", j.InstanceProfile, count(len(found), "role"), FieldRole)
}

// FromInternet is the Question.Source of a client outside of every VPC whose
// address is not known.
const FromInternet = "internet"

// outside is a source outside of every VPC: FromInternet, or addresses as CIDR
// block. Public ones are on the internet, others on premises.
func (w *World) outside(q *Question) (existing, bool) {
	s := &source{public: true, subnet: q.Source, region: cmp.Or(q.Region, q.Job.Region, w.onlyRegion())}
	if q.Source == FromInternet {
		return existing{from: s}, true
	}
	p, err := ParseAddresses(q.Source)
	if err != nil {
		return existing{}, false
	}
	s.clients = p
	return existing{from: s}, true
}

// ParseAddresses reads an address or a CIDR block; host bits are cleared.
func ParseAddresses(word string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(word); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(word)
	return p.Masked(), err
}

// onlyRegion is the Region of a snapshot that holds one; else "".
func (w *World) onlyRegion() string {
	name := ""
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			if name != "" && r.Name != name {
				return ""
			}
			name = r.Name
		}
	}
	return name
}

func (w *World) sourceIn(q *Question, a *snapshot.Account, reg *snapshot.Region) (existing, bool) {
	id := q.Source
	switch {
	case strings.HasPrefix(id, "i-"):
		for i := range reg.EC2.Instances.Items {
			if e := &reg.EC2.Instances.Items[i]; e.ID == id {
				w.instanceRole(q, reg, id)
				return existing{vpc: e.VPC, session: id, from: &source{subnet: string(e.Subnet), region: reg.Name, account: a.ID,
					from: network.Endpoint{Instance: id}}}, true
			}
		}
		for i := range reg.EC2.NetworkInterfaces.Items {
			if e := &reg.EC2.NetworkInterfaces.Items[i]; e.InstanceID == id {
				return existing{vpc: e.VPC, session: id, from: &source{subnet: string(e.Subnet), az: e.AvailabilityZone,
					region: reg.Name, account: a.ID, from: network.Endpoint{Interface: e.ID}}}, true
			}
		}
	default:
		for i := range reg.Functions.Items {
			if f := &reg.Functions.Items[i]; f.Name == id || f.ARN == id {
				functionJob(q, f)
				return existing{session: f.Name, function: true}, true
			}
		}
	}
	return existing{}, false
}

// functionJob lets a function's configuration stand for a job's.
func functionJob(q *Question, f *snapshot.Function) {
	q.Job.Subnets, q.Job.SecurityGroups = f.Subnets, f.Groups
	if q.Job.RoleARN == "" {
		q.Job.RoleARN = f.RoleARN
	}
	if q.Job.Name == "" {
		q.Job.Name = f.Name
	}
	if q.Job.Kind == "" {
		q.Job.Kind = "Function"
	}
}

// instanceRole finds the role of an instance by its instance profile.
func (w *World) instanceRole(q *Question, reg *snapshot.Region, id string) {
	if q.Job.RoleARN != "" || id == "" {
		return
	}
	for i := range reg.EC2.Instances.Items {
		e := &reg.EC2.Instances.Items[i]
		if e.ID != id || e.ProfileARN == "" {
			continue
		}
		q.Job.RoleARN = e.ProfileARN // stands for its role where that was not collected
		for j := range reg.Account.IAM.Roles.Items {
			r := &reg.Account.IAM.Roles.Items[j]
			if contains(r.InstanceProfiles, e.ProfileARN) {
				q.Job.RoleARN = r.ARN
			}
		}
	}
}
