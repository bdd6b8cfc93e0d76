// Package synth writes snapshots of realistic accounts of any size, from a
// seed: VPCs behind a transit gateway, thousands of interfaces that share a
// few hundred sets of security groups, long prefix lists, hundreds of buckets
// and roles with policies. It is for benchmarks. The same options give the
// same bytes.
package synth

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
)

// Options say how large the accounts are.
type Options struct {
	Interfaces int // network interfaces in all, at about 1.5 KB of JSON each
	Accounts   int // 0: one for every 10,000 interfaces, 8 at most
	VPCs       int // 0: one for every 1,000 interfaces, 60 at most
	Buckets    int // 0: one for every 50 interfaces, 10 to 400
	Roles      int // 0: as many as buckets by default
	Seed       uint64
}

// Region is where everything lies.
const Region = "us-east-1"

const (
	s3List    = "pl-63a5400a"
	zones     = 3
	setsInVPC = 8
)

// Class is interfaces that fare alike: one subnet and one set of groups.
type Class struct {
	Account string
	Subnet  string
	Groups  []string
}

// Plan is what Write will write, for whoever asks questions about it.
type Plan struct {
	Classes []Class  // of subnets that run jobs, every one
	Buckets []string // names
	Roles   []string // ARNs, at least one an account
	Job     []byte   // a CreateCompilationJob request
	opt     Options
	vpcs    []vpc
}

type vpc struct {
	account int
	n       int // over all accounts
	sets    [][]string
}

// size of things, by the number of interfaces.
func (o Options) accounts() int { return cmp.Or(o.Accounts, min(max(o.Interfaces/10_000, 1), 8)) }
func (o Options) vpcs() int     { return cmp.Or(o.VPCs, min(max(o.Interfaces/1_000, 1), 60)) }
func (o Options) buckets() int  { return cmp.Or(o.Buckets, min(max(o.Interfaces/50, 10), 400)) }
func (o Options) roles() int    { return cmp.Or(o.Roles, min(max(o.Interfaces/50, 10), 400)) }

// New plans the accounts.
func New(o Options) *Plan {
	p := &Plan{opt: o}
	r := p.random(1)
	for n := range o.vpcs() {
		v := vpc{account: n % o.accounts(), n: n}
		for range setsInVPC {
			var set []string
			for _, g := range r.Perm(groupsInVPC)[:1+r.IntN(3)] {
				set = append(set, v.id("sg", g))
			}
			v.sets = append(v.sets, set)
		}
		p.vpcs = append(p.vpcs, v)
		for zone := range zones {
			for _, set := range v.sets {
				p.Classes = append(p.Classes, Class{Account: account(v.account), Subnet: v.subnet(mlSubnet, zone), Groups: set})
			}
		}
	}
	for i := range o.buckets() {
		p.Buckets = append(p.Buckets, fmt.Sprintf("%s-%s-%03d", words[i%len(words)], account(i%o.accounts()), i))
	}
	for i := range o.roles() {
		p.Roles = append(p.Roles, fmt.Sprintf("arn:aws:iam::%s:role/service-role/Job%03d", account(i%o.accounts()), i))
	}
	p.Job = p.job()
	return p
}

var words = []string{"models", "artifacts", "reports", "features", "logs", "exports", "training", "results"}

func account(n int) string { return fmt.Sprintf("1111222%05d", 23333+n) }

// id is a made-up id of the VPC's n-th resource of a kind.
func (v vpc) id(kind string, n int) string {
	return fmt.Sprintf("%s-0%04x%04x%08x", kind, v.n, n, mix(uint64(v.n)<<20|uint64(n)<<4|uint64(len(kind))))
}

// mix spreads an input over 32 bits.
func mix(x uint64) uint32 {
	x ^= x >> 31
	x *= 0x9e3779b97f4a7c15
	return uint32(x >> 32)
}

func (p *Plan) random(part uint64) *rand.Rand { return rand.New(rand.NewPCG(p.opt.Seed, part)) }

func (p *Plan) job() []byte {
	v := p.vpcs[0]
	subnets := []string{}
	for zone := range zones {
		subnets = append(subnets, v.subnet(mlSubnet, zone))
	}
	b, err := json.MarshalIndent(obj{
		"CompilationJobName": "bench", "RoleArn": p.Roles[0],
		"InputConfig":  obj{"S3Uri": "s3://" + p.Buckets[0] + "/in/model.tar.gz", "DataInputConfig": "{}", "Framework": "PYTORCH"},
		"OutputConfig": obj{"S3OutputLocation": "s3://" + p.Buckets[0] + "/out/", "TargetDevice": "ml_c5"},
		"VpcConfig":    obj{"SecurityGroupIds": v.sets[0], "Subnets": subnets},
	}, "", "  ")
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return append(b, '\n')
}

type obj = map[string]any

// Write writes the native snapshot.
func (p *Plan) Write(w io.Writer) error {
	out := &writer{w: bufio.NewWriterSize(w, 1<<16)}
	out.raw(`{"schema":"canreach.snapshot/v1","capture":{"startedAt":"2026-11-23T08:00:00Z","finishedAt":"2026-11-23T08:04:00Z","tool":"testdata/gen","gaps":[]},"accounts":[`)
	for n := range p.opt.accounts() {
		out.comma(n)
		p.writeAccount(out, n)
	}
	out.raw(`],"organizations":`)
	out.value(p.organizations())
	out.raw("}\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

func (p *Plan) writeAccount(out *writer, n int) {
	fmt.Fprintf(out, `{"accountId":%q,"organizationId":"o-synth00001","organizationPath":["r-root","ou-root-work"],"managementAccount":false,"regions":[{"region":%q,"ec2":{`, account(n), Region)
	p.writeEC2(out, n)
	out.raw(`},"route53resolver":{"ResolverRules":[],"ResolverRuleAssociations":[],"FirewallRuleGroupAssociations":[]},"route53":{"HostedZones":[]},"route53profiles":{"ProfileAssociations":[]}}],"iam":{`)
	p.writeIAM(out, n)
	out.raw(`},"s3":{`)
	p.writeS3(out, n)
	out.raw("}}")
}

// writer writes JSON piece by piece and keeps the first error.
type writer struct {
	w   *bufio.Writer
	err error
}

func (w *writer) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.w.Write(b)
	w.err = err
	return n, err
}

func (w *writer) raw(s string) { _, _ = io.WriteString(w, s) }

func (w *writer) comma(i int) {
	if i > 0 {
		w.raw(",")
	}
}

func (w *writer) value(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	_, _ = w.Write(b)
}

// array writes a named array, one item a line, and a comma before it unless first.
func (w *writer) array(name string, first bool, items func(item func(any))) {
	if !first {
		w.raw(",")
	}
	fmt.Fprintf(w, "%q:[", name)
	n := 0
	items(func(v any) {
		w.comma(n)
		n++
		w.raw("\n")
		w.value(v)
	})
	w.raw("]")
}
