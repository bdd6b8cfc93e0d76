package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Parts returns c with only those resources of its snapshot that the answer
// can hang on: what the answer points at, what these name, and whatever lies
// in the VPCs that come up; interfaces, instances and addresses there only
// where something names them, if the answer lets them go. It asks the question
// of both and refuses to go on unless the answers agree.
func Parts(ctx context.Context, c Case) (Case, error) {
	whole, err := ask(ctx, c.Native, c.Question)
	if err != nil {
		return c, err
	}
	for _, lean := range []bool{true, false} {
		native, err := reduce(c.Native, whole, lean)
		if err != nil {
			return c, err
		}
		part, err := ask(ctx, native, c.Question)
		if err == nil && bytes.Equal(withoutPlaces(whole), withoutPlaces(part)) {
			c.WholeSHA256, c.Native = digest(c.Native), native
			return c, nil
		}
	}
	return c, errors.New("the parts alone give another answer than the whole snapshot: record the whole")
}

func ask(ctx context.Context, native []byte, q sim.Question) (*sim.Answer, error) {
	snap, err := snapshot.Parse(native)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	a, err := sim.NewWorld(snap).Check(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("question: %w", err)
	}
	return a, nil
}

// withoutPlaces is the answer without what tells where in which snapshot
// something stands.
func withoutPlaces(a *sim.Answer) []byte {
	text, err := json.Marshal(a)
	if err != nil {
		return nil
	}
	var v any
	if json.Unmarshal(text, &v) != nil {
		return nil
	}
	strip(v)
	text, _ = json.Marshal(v)
	return text
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "pointer")
		delete(v, "snapshot")
		for _, x := range v {
			strip(x)
		}
	case []any:
		for _, x := range v {
			strip(x)
		}
	}
}

// part is one resource of the snapshot: an element of a collection.
type part struct {
	array   *jsontree.Node
	index   int
	pointer string
	ids     []string // its own
	words   []string // every string in it
	vpc     bool     // it is of a kind that lies in VPCs
	kept    bool
}

// reduction is what is known while parts are chosen.
type reduction struct {
	parts   []*part
	byID    map[string][]*part
	byWord  map[string][]*part // VPC and subnet ids only
	wanted  map[string]bool
	pending []*part
	lean    bool
}

// crowds are the many things in a VPC that seldom matter to another's traffic.
var crowds = map[string]bool{"NetworkInterfaces": true, "Reservations": true, "Addresses": true}

// wholeCollections are looked up by name, too, and stay whole.
var wholeCollections = map[string]bool{"PrefixLists": true, "ManagedPrefixLists": true}

// ownIDKeys are the keys of ids that other kinds have only as a reference.
var ownIDKeys = map[string]string{"Vpcs": "VpcId", "VpcAttributes": "VpcId", "Subnets": "SubnetId"}

// reduce removes from native every resource that a does not need.
func reduce(native []byte, a *sim.Answer, lean bool) ([]byte, error) {
	tree, err := jsontree.Parse(native)
	if err != nil {
		return nil, err
	}
	r := &reduction{byID: map[string][]*part{}, byWord: map[string][]*part{}, wanted: map[string]bool{}, lean: lean}
	r.collect(tree.Root)
	r.seed(a)
	for len(r.pending) > 0 {
		p := r.pending[0]
		r.pending = r.pending[1:]
		for _, w := range p.words {
			r.want(w)
		}
	}
	for i := len(r.parts) - 1; i >= 0; i-- { // from behind, so that indexes stay right
		if p := r.parts[i]; !p.kept {
			p.array.RemoveAt(p.index)
		}
	}
	return tree.Bytes(), nil
}

// collect lists the resources: whatever stands in a list, in the regions, in
// IAM and among the buckets. Organizations stay whole.
func (r *reduction) collect(root *jsontree.Node) {
	accounts := root.Get("accounts")
	if accounts == nil || accounts.Kind() != jsontree.Array {
		return
	}
	for i, account := range accounts.Elements() {
		at := fmt.Sprintf("/accounts/%d", i)
		if account.Kind() != jsontree.Object {
			continue
		}
		for _, part := range []string{"iam", "s3"} {
			r.collections(account.Get(part), at+"/"+part, false)
		}
		regions := account.Get("regions")
		if regions == nil || regions.Kind() != jsontree.Array {
			continue
		}
		for j, region := range regions.Elements() {
			if region.Kind() != jsontree.Object {
				continue
			}
			for k := range region.Len() {
				service := region.Key(k)
				r.collections(region.At(k), fmt.Sprintf("%s/regions/%d/%s", at, j, snapshot.EscapePointer(service)), service != "sagemaker")
			}
		}
	}
}

func (r *reduction) collections(service *jsontree.Node, at string, vpc bool) {
	if service == nil || service.Kind() != jsontree.Object {
		return
	}
	for i := range service.Len() {
		name, list := service.Key(i), service.At(i)
		if list.Kind() != jsontree.Array {
			continue
		}
		for j, e := range list.Elements() {
			p := &part{array: list, index: j, pointer: fmt.Sprintf("%s/%s/%d", at, snapshot.EscapePointer(name), j), vpc: vpc && !(r.lean && crowds[name]), words: words(e)}
			p.ids = ownIDs(name, e)
			r.parts = append(r.parts, p)
			if wholeCollections[name] || len(p.ids) == 0 {
				r.keep(p)
			}
			for _, id := range p.ids {
				r.byID[id] = append(r.byID[id], p)
			}
			for _, w := range p.words {
				if place(w) {
					r.byWord[w] = append(r.byWord[w], p)
				}
			}
		}
	}
}

// place tells the ids of VPCs and subnets.
func place(word string) bool {
	return strings.HasPrefix(word, "vpc-") || strings.HasPrefix(word, "subnet-")
}

// ownIDs are the strings that others name e by.
func ownIDs(collection string, e *jsontree.Node) []string {
	if e.Kind() != jsontree.Object {
		return nil
	}
	if key, ok := ownIDKeys[collection]; ok {
		if id := e.Get(key); id != nil && id.Kind() == jsontree.String {
			return []string{id.Text()}
		}
		return nil
	}
	var ids []string
	for i := range e.Len() {
		key, v := e.Key(i), e.At(i)
		if v.Kind() != jsontree.String || key == "VpcId" || key == "SubnetId" || key == "OwnerId" || key == "AvailabilityZoneId" {
			continue
		}
		if strings.HasSuffix(key, "Id") || strings.HasSuffix(key, "Arn") || key == "Name" || key == "RoleName" || key == "PolicyName" {
			ids = append(ids, v.Text())
		}
	}
	return ids
}

// words are all strings in e, once each.
func words(e *jsontree.Node) []string {
	var list []string
	dec := json.NewDecoder(bytes.NewReader(e.Raw()))
	for {
		tok, err := dec.Token()
		if err != nil {
			break
		}
		if s, ok := tok.(string); ok && len(s) > 3 && len(s) < 2048 {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// seed wants everything that the answer names, and keeps what it points at.
func (r *reduction) seed(a *sim.Answer) {
	text, err := json.Marshal(a)
	if err != nil {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	pointers := map[string]bool{}
	for {
		tok, err := dec.Token()
		if err != nil {
			break
		}
		s, ok := tok.(string)
		switch {
		case !ok:
		case strings.HasPrefix(s, "/accounts/"):
			pointers[s] = true
		default:
			r.want(s)
			if bucket, found := strings.CutPrefix(s, "arn:aws:s3:::"); found {
				bucket, _, _ = strings.Cut(bucket, "/")
				r.want(bucket)
			}
		}
	}
	for _, p := range r.parts {
		for q := range pointers {
			if q == p.pointer || strings.HasPrefix(q, p.pointer+"/") {
				r.keep(p)
				break
			}
		}
	}
}

func (r *reduction) want(word string) {
	if r.wanted[word] {
		return
	}
	r.wanted[word] = true
	for _, p := range r.byID[word] {
		r.keep(p)
	}
	for _, p := range r.byWord[word] {
		if p.vpc {
			r.keep(p)
		}
	}
}

func (r *reduction) keep(p *part) {
	if !p.kept {
		p.kept = true
		r.pending = append(r.pending, p)
	}
}
