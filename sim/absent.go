package sim

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// AbsentName is a name in a question that the snapshot does not hold, though it
// holds others of its kind.
type AbsentName struct {
	Kind    string `json:"kind"` // "bucket", "role", "subnet", "security group", "endpoint"
	Name    string `json:"name"`
	Nearest string `json:"didYouMean,omitempty"` // the held name that differs by little
}

// String says so in words.
func (a AbsentName) String() string {
	return a.Kind + " " + a.Name + " is not in the snapshot" + a.suggestion()
}

// Sentence says so with its full stop or question mark.
func (a AbsentName) Sentence() string {
	if a.Nearest == "" {
		return a.String() + "."
	}
	return a.String()
}

func (a AbsentName) suggestion() string {
	if a.Nearest == "" {
		return ""
	}
	return "; did you mean " + a.Nearest + "?"
}

// AbsentNames lists what a question names literally and the snapshot lacks.
// AWS's own buckets are known without one.
func (w *World) AbsentNames(q *Question) []AbsentName {
	var out []AbsentName
	for _, name := range literalBuckets(q) {
		out = w.addAbsent(out, "bucket", name)
	}
	if !strings.Contains(q.Job.RoleARN, ":instance-profile/") { // whose role is missing is said at the role's gate
		out = w.addAbsent(out, "role", q.Job.RoleARN)
	}
	for _, id := range q.Job.Subnets {
		out = w.addAbsent(out, "subnet", string(id))
	}
	for _, id := range q.Job.SecurityGroups {
		out = w.addAbsent(out, "security group", string(id))
	}
	return out
}

func (w *World) addAbsent(list []AbsentName, kind, name string) []AbsentName {
	if a, ok := w.Absent(kind, name); ok && !slices.Contains(list, a) {
		return append(list, a)
	}
	return list
}

// literalBuckets are the buckets that a question names: its own, or else the
// job's. Access points are looked up in their own way.
func literalBuckets(q *Question) []string {
	if q.Bucket != "" {
		t, err := parseTarget(q.Bucket)
		if err != nil || t.accessPoint != nil || strings.HasSuffix(t.bucket, "-s3alias") {
			return nil
		}
		return []string{t.bucket}
	}
	var out []string
	for _, l := range slices.Concat(q.Job.Inputs, q.Job.Outputs) {
		if !strings.HasSuffix(l.Bucket, "-s3alias") {
			out = append(out, l.Bucket)
		}
	}
	return out
}

// Absent tells whether the snapshot holds names of a kind, and not this one. A
// kind of which it holds nothing was not collected, and says nothing of names.
func (w *World) Absent(kind, name string) (AbsentName, bool) {
	if name == "" || w.holds(kind, name) {
		return AbsentName{}, false
	}
	w.once.names.Do(w.indexNames)
	have := w.namesOf[kind]
	if len(have) == 0 {
		return AbsentName{}, false
	}
	near := w.nearest.get(kind+"\x00"+name, func() string { return located.Nearest(name, have) })
	return AbsentName{kind, name, near}, true
}

func (w *World) holds(kind, name string) bool {
	ok := false
	switch kind {
	case "bucket":
		if _, ok = w.FindBucket(name); !ok {
			_, _, ok = services.FindAWSBucket(name)
		}
	case "role":
		_, ok = w.FindRole(name)
	case "subnet":
		_, ok = w.x.Subnets.Find(snapshot.SubnetID(name))
	case "security group":
		_, ok = w.x.SecurityGroups.Find(snapshot.SecurityGroupID(name))
	case "endpoint":
		_, ok = w.x.VPCEndpoints.Find(snapshot.VPCEndpointID(name))
	case "network interface":
		_, ok = w.x.NetworkInterfaces.Find(snapshot.NetworkInterfaceID(name))
	default:
		w.once.names.Do(w.indexNames)
		return slices.Contains(w.namesOf[kind], name)
	}
	return ok
}

// indexNames lists the names of each kind, for suggestions.
func (w *World) indexNames() {
	w.namesOf = make(map[string][]string)
	add := func(kind, name string) { w.namesOf[kind] = append(w.namesOf[kind], name) }
	for _, a := range w.snap.Accounts {
		for i := range a.S3.Buckets.Items {
			add("bucket", a.S3.Buckets.Items[i].Name)
		}
		for i := range a.IAM.Roles.Items {
			add("role", a.IAM.Roles.Items[i].ARN)
		}
		for _, r := range a.Regions {
			eachComponent(&r.EC2, func(kind, id string) bool { add(kind, id); return false })
			for i := range r.EC2.PrefixLists.Items {
				add("prefix list", string(r.EC2.PrefixLists.Items[i].ID))
			}
			for i := range r.EC2.Instances.Items {
				add("instance", r.EC2.Instances.Items[i].ID)
			}
			for i := range r.EC2.NetworkInterfaces.Items {
				if id := r.EC2.NetworkInterfaces.Items[i].InstanceID; id != "" {
					add("instance", id)
				}
			}
			for i := range r.Functions.Items {
				add("function", r.Functions.Items[i].Name)
			}
		}
	}
}

// absentEnd tells whether an end of a trace is an id that the snapshot lacks.
func (w tracer) absentEnd(e network.Endpoint) (AbsentName, bool) {
	switch {
	case e.Interface != "":
		return w.Absent("network interface", string(e.Interface))
	case e.Instance != "":
		return w.Absent("instance", e.Instance)
	case e.Subnet != "":
		return w.Absent("subnet", string(e.Subnet))
	case e.VPCEndpoint != "":
		return w.Absent("endpoint", string(e.VPCEndpoint))
	case e.Job != nil:
		return w.Absent("subnet", string(e.Job.Subnet))
	}
	return AbsentName{}, false
}

// AbsentComponent tells whether no component of the snapshot that can lie on a
// path has an id. What is near has an id of the same kind.
func (w *World) AbsentComponent(id string) (AbsentName, bool) {
	for _, a := range w.snap.Accounts {
		for _, r := range a.Regions {
			if eachComponent(&r.EC2, func(_, has string) bool { return has == id }) {
				return AbsentName{}, false
			}
		}
	}
	w.once.names.Do(w.indexNames)
	prefix, _, _ := strings.Cut(id, "-")
	if prefix == "pl" {
		return w.Absent("prefix list", id)
	}
	var have []string
	for _, names := range w.namesOf {
		for _, n := range names {
			if strings.HasPrefix(n, prefix+"-") {
				have = append(have, n)
			}
		}
	}
	return AbsentName{"component", id, located.Nearest(id, have)}, true
}
