package organization

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/network"
)

// Access is what one role can do to one bucket from one class of interfaces of
// the role's account, or from the internet. What has no row is BLOCKED.
type Access struct {
	Kind          string      `json:"kind"`
	Account       string      `json:"account"` // the bucket's
	Region        string      `json:"region"`  // the bucket's
	Resource      string      `json:"resource"`
	Action        string      `json:"action"`
	RoleAccount   string      `json:"roleAccount"`
	Role          string      `json:"role"`
	Source        string      `json:"source"` // "interfaces" or "internet"
	SourceAccount string      `json:"sourceAccount"`
	SourceRegion  string      `json:"sourceRegion"`
	VPC           string      `json:"vpc"`
	Subnet        string      `json:"subnet"`
	Groups        []string    `json:"groups"`
	Public        bool        `json:"public"`
	Interface     string      `json:"interface"` // one of the class
	Verdict       sim.Verdict `json:"verdict"`
	Objects       string      `json:"objects"`
	Via           []string    `json:"via"`
	Missing       []string    `json:"missing"`
}

// rowFacts are the facts of the shards that a shard of phase 2 reads.
type rowFacts struct {
	accounts map[string]*accountFacts
	regions  map[string][]*regionFacts // by account
	buckets  []bucketRow
}

func (w *Worker) factsOf(shards []string) (*rowFacts, error) {
	out := &rowFacts{accounts: map[string]*accountFacts{}, regions: map[string][]*regionFacts{}}
	for _, id := range shards {
		f, err := w.shardFacts(id)
		if err != nil {
			return nil, err
		}
		if f.account != nil {
			out.accounts[f.account.Account] = f.account
		}
		if f.region != nil {
			out.regions[f.region.Account] = append(out.regions[f.region.Account], f.region)
		}
		out.buckets = append(out.buckets, f.buckets...)
	}
	return out, nil
}

// shardRows are the rows of one shard of phase 1 that phase 2 reads.
type shardRows struct {
	account *accountFacts
	region  *regionFacts
	buckets []bucketRow
	bytes   int
}

func readRows(text []byte) (*shardRows, error) {
	out := &shardRows{bytes: len(text)}
	for n, line := range bytes.Split(text, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var kind struct {
			Kind string `json:"kind"`
		}
		err := json.Unmarshal(line, &kind)
		if err == nil {
			switch kind.Kind {
			case kindAccount:
				out.account = &accountFacts{}
				err = json.Unmarshal(line, out.account)
			case kindRegion:
				out.region = &regionFacts{}
				err = json.Unmarshal(line, out.region)
			case kindBuckets:
				var b bucketRow
				err = json.Unmarshal(line, &b)
				out.buckets = append(out.buckets, b)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return out, nil
}

// access is phase 2: the buckets of one account, asked of by the roles of every
// account that may reach them.
func (w *Worker) access(ctx context.Context, s Shard, out *bytes.Buffer) error {
	facts, err := w.factsOf(s.Rows)
	if err != nil {
		return err
	}
	in, _ := w.org.account(s.Account)
	owner, err := w.account(in)
	if err != nil {
		return err
	}
	policies, err := w.policies()
	if err != nil {
		return err
	}
	var rows []Access
	for _, asker := range slices.Sorted(maps.Keys(facts.regions)) {
		list, err := w.fromAccount(ctx, asker, owner, facts, policies, s.Actions)
		if err != nil {
			return fmt.Errorf("roles of account %s on buckets of %s: %w", asker, s.Account, err)
		}
		rows = append(rows, list...)
	}
	return lines(out, rows...)
}

// fromAccount decides what one account's roles do to another's buckets.
func (w *Worker) fromAccount(ctx context.Context, asker string, owner *account, facts *rowFacts, policies json.RawMessage, actions []string) ([]Access, error) {
	who := facts.accounts[asker]
	if who == nil {
		return nil, fmt.Errorf("the rows lack its roles")
	}
	doc := newDocument(policies)
	if err := doc.addRolesOf(who, facts.regions[asker]); err != nil {
		return nil, err
	}
	doc.owning(owner, asker, facts)
	snap, err := doc.parse()
	if err != nil {
		return nil, err
	}
	var given []network.Given
	names, byBucket := false, false
	for _, r := range facts.regions[asker] {
		given = append(given, r.Answers...)
		names, byBucket = names || r.Names, byBucket || r.ByBucket
	}
	world := sim.NewWorldOn(snap, network.NewGivenModel(snap, given, names, byBucket))
	q := access.Query{Actions: actions, Workers: 1}
	regions := map[string]string{}
	for i := range facts.buckets {
		if b := &facts.buckets[i]; b.Account == owner.ID && b.mayLetIn(who) {
			regions[b.Bucket] = b.Region
		}
	}
	for _, arn := range access.Buckets(snap) {
		if _, asked := regions[arn[strings.LastIndexByte(arn, ':')+1:]]; asked {
			q.Resources = append(q.Resources, arn)
		}
	}
	for i := range who.Roles {
		q.Roles = append(q.Roles, who.Roles[i].arns()...)
	}
	if len(q.Resources) == 0 || len(q.Roles) == 0 {
		return nil, nil
	}
	t, err := access.Decide(ctx, world, q)
	if err != nil {
		return nil, err
	}
	return Rows(t, func(bucket string) (account, region string) { return owner.ID, regions[bucket] }), nil
}

// mayLetIn tells whether some role of an account may be allowed something: in
// another account both its own policy and the bucket's must (P206).
func (b *bucketRow) mayLetIn(who *accountFacts) bool {
	if who.Account == b.Account {
		return true
	}
	return (slices.Contains(b.Lets, "*") || slices.Contains(b.Lets, who.Account)) && reaches(who.Reach, strings.ToLower(b.Bucket))
}

// addRolesOf adds the account whose roles ask, and what its interfaces hang on.
func (d *document) addRolesOf(who *accountFacts, regions []*regionFacts) error {
	a := d.with(who.Account, who.Head)
	var err error
	if a.IAM, err = who.whole(); err != nil {
		return err
	}
	a.KMS = who.KMS
	d.gaps = append(d.gaps, who.Gaps...)
	for _, r := range regions {
		for i := range r.Parts {
			if err := d.add(&r.Parts[i], who.Account); err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds a part of an account's Region to what is there of it.
func (d *document) add(p *part, asker string) error {
	a := d.with(p.Account, p.Head)
	if p.Account != asker {
		d.addGaps(p.Gaps)
	}
	region := a.Regions[p.Region]
	if region == nil {
		name, err := json.Marshal(p.Region)
		if err != nil {
			return err
		}
		region = members{"region": name}
		a.Regions[p.Region] = region
	}
	maps.Copy(region, p.Rest)
	ec2 := members{}
	if region["ec2"] != nil {
		if err := json.Unmarshal(region["ec2"], &ec2); err != nil {
			return err
		}
	}
	for key, items := range p.EC2 {
		list := items
		if ec2[key] != nil { // of another of the asker's Regions
			var have []json.RawMessage
			if err := json.Unmarshal(ec2[key], &have); err != nil {
				return err
			}
			list = append(have, items...)
		}
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
		list = slices.CompactFunc(list, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
		var b bytes.Buffer
		writeList(&b, list)
		ec2[key] = b.Bytes()
	}
	var b bytes.Buffer
	ec2.write(&b)
	region["ec2"] = b.Bytes()
	return nil
}

func (d *document) addGaps(list []json.RawMessage) {
	for _, g := range list {
		if !slices.ContainsFunc(d.gaps, func(h json.RawMessage) bool { return bytes.Equal(h, g) }) {
			d.gaps = append(d.gaps, g)
		}
	}
}

// owning adds the account that owns the buckets, and those whose keys they use.
func (d *document) owning(owner *account, asker string, facts *rowFacts) {
	a := d.with(owner.ID, owner.Head)
	a.S3, a.KMS = owner.S3, owner.KMS
	for name, r := range owner.Regions {
		if a.Regions[name] == nil {
			a.Regions[name] = members{"region": r["region"]} // they tell the partition
		}
	}
	d.addGaps(owner.Gaps)
	for i := range facts.buckets {
		if facts.buckets[i].Account != owner.ID {
			continue
		}
		for _, id := range facts.buckets[i].Keys {
			if f := facts.accounts[id]; f != nil && id != asker {
				d.with(id, f.Head).KMS = f.KMS
				d.addGaps(f.Gaps)
			}
		}
	}
}

// Rows are a table's rows of roles in their own account and on the internet,
// one for each class of interfaces. place tells a bucket's account and Region.
func Rows(t *access.Table, place func(bucket string) (account, region string)) []Access {
	var out []Access
	for i := range t.Rows {
		r := &t.Rows[i]
		s := &t.Sources[r.Source]
		of := strings.SplitN(r.Role, ":", 6)[4]
		if s.Kind == "interfaces" && s.Account != of {
			continue
		}
		row := Access{Kind: kindAccess, Resource: r.Resource, Action: r.Action, RoleAccount: of, Role: r.Role, Source: s.Kind, SourceAccount: s.Account, SourceRegion: s.Region, VPC: s.VPC,
			Groups: []string{}, Verdict: r.Verdict, Objects: r.Objects, Via: list(r.Via), Missing: []string{}}
		if r.Verdict == sim.Unknown {
			d := t.Explain(r)
			row.Missing = list(d.Facts())
		}
		row.Account, row.Region = place(r.Resource[strings.LastIndexByte(r.Resource, ':')+1:])
		if len(s.Classes) == 0 {
			out = append(out, row)
		}
		for k := range s.Classes {
			c := &s.Classes[k]
			row.Subnet, row.Groups, row.Public, row.Interface = string(c.Subnet), texts(c.Groups), c.Public, string(c.Example)
			if len(c.Members) > 0 {
				row.Interface = string(slices.Min(c.Members))
			}
			out = append(out, row)
		}
	}
	return joined(out)
}

// joined makes one row of those that differ in the interface alone: of a class
// whose interfaces were asked one by one, and fare alike.
func joined(rows []Access) []Access {
	index := map[string]int{}
	var out []Access
	for i := range rows {
		r := rows[i]
		r.Interface = ""
		key := fmt.Sprintf("%+v", r)
		n, known := index[key]
		if !known {
			index[key] = len(out)
			out = append(out, rows[i])
			continue
		}
		out[n].Interface = min(out[n].Interface, rows[i].Interface)
	}
	return out
}

// Lines writes rows as JSON, one a line, sorted.
func Lines(rows []Access) ([]byte, error) {
	var out bytes.Buffer
	err := lines(&out, rows...)
	return Sorted(out.Bytes()), err
}

func list(in []string) []string {
	if in == nil {
		return []string{}
	}
	return in
}
