package organization

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/canreach/canreach/snapshot"
)

// members is a JSON object whose values stay as they are.
type members map[string]json.RawMessage

// account is one account's file, taken apart.
type account struct {
	ID      string
	Head    members // of the account but for those below
	IAM     json.RawMessage
	S3      json.RawMessage
	KMS     json.RawMessage
	Regions map[string]members
	Gaps    []json.RawMessage
	bytes   int
	// Hashes of its networks, and of all that is about it but them.
	networks, rest string
}

// split takes a native snapshot of one account apart.
func split(native []byte) (*account, error) {
	var doc struct {
		Schema  string `json:"schema"`
		Capture struct {
			Gaps []json.RawMessage `json:"gaps"`
		} `json:"capture"`
		Accounts []members `json:"accounts"`
	}
	if err := json.Unmarshal(native, &doc); err != nil {
		return nil, err
	}
	if doc.Schema != snapshot.SchemaV1 || len(doc.Accounts) != 1 {
		return nil, fmt.Errorf("expected a snapshot of one account, found schema %q with %d", clip(doc.Schema), len(doc.Accounts))
	}
	m := doc.Accounts[0]
	a := &account{Head: m, IAM: m["iam"], S3: m["s3"], KMS: m["kms"], Regions: map[string]members{}, Gaps: doc.Capture.Gaps, bytes: len(native)}
	if err := json.Unmarshal(m["accountId"], &a.ID); err != nil {
		return nil, fmt.Errorf("accountId: %w", err)
	}
	var regions []members
	if m["regions"] != nil {
		if err := json.Unmarshal(m["regions"], &regions); err != nil {
			return nil, fmt.Errorf("account %s: regions: %w", a.ID, err)
		}
	}
	for _, r := range regions {
		var name string
		if err := json.Unmarshal(r["region"], &name); err != nil || a.Regions[name] != nil {
			return nil, fmt.Errorf("account %s: a Region without a name of its own", a.ID)
		}
		a.Regions[name] = r
	}
	for _, own := range []string{"iam", "s3", "kms", "regions"} {
		delete(m, own)
	}
	a.hash()
	return a, nil
}

func (a *account) hash() {
	networks := account{Head: a.Head, Regions: a.Regions}
	rest := account{Head: a.Head, IAM: a.IAM, S3: a.S3, KMS: a.KMS, Regions: map[string]members{}}
	for name, r := range a.Regions {
		rest.Regions[name] = members{"region": r["region"]} // they tell the partition
	}
	sum := func(a *account, gaps []json.RawMessage) string {
		var b bytes.Buffer
		a.write(&b)
		writeList(&b, gaps)
		return digest(b.Bytes())
	}
	a.networks, a.rest = sum(&networks, gapsOf(a.Gaps, a.ID, true)), sum(&rest, a.Gaps)
}

// document is a snapshot that is put together.
type document struct {
	accounts map[string]*account
	gaps     []json.RawMessage
	policies json.RawMessage
}

func newDocument(policies json.RawMessage) *document {
	return &document{accounts: map[string]*account{}, policies: policies}
}

// with returns the document's account, which it makes.
func (d *document) with(id string, head members) *account {
	a := d.accounts[id]
	if a == nil {
		a = &account{ID: id, Head: head, Regions: map[string]members{}}
		d.accounts[id] = a
	}
	return a
}

// parse makes a snapshot of the document: the same, whatever order its parts
// came in.
func (d *document) parse() (*snapshot.Snapshot, error) {
	var b bytes.Buffer
	b.WriteString(`{"schema":"` + snapshot.SchemaV1 + `","capture":{"gaps":`)
	writeList(&b, d.gaps)
	b.WriteString(`},"accounts":[`)
	for i, id := range slices.Sorted(maps.Keys(d.accounts)) {
		if i > 0 {
			b.WriteByte(',')
		}
		d.accounts[id].write(&b)
	}
	b.WriteByte(']')
	if d.policies != nil {
		b.WriteString(`,"organizations":`)
		b.Write(d.policies)
	}
	b.WriteByte('}')
	return snapshot.Parse(b.Bytes())
}

func (a *account) write(b *bytes.Buffer) {
	m := maps.Clone(a.Head)
	for key, part := range map[string]json.RawMessage{"iam": a.IAM, "s3": a.S3, "kms": a.KMS} {
		if part != nil {
			m[key] = part
		}
	}
	var regions bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(a.Regions)) {
		if i > 0 {
			regions.WriteByte(',')
		}
		a.Regions[name].write(&regions)
	}
	m["regions"] = slices.Concat([]byte("["), regions.Bytes(), []byte("]"))
	m.write(b)
}

// write writes an object of texts that are JSON already.
func (m members) write(b *bytes.Buffer) {
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			panic("unreachable: " + err.Error())
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(m[key])
	}
	b.WriteByte('}')
}

func writeList(b *bytes.Buffer, list []json.RawMessage) {
	b.WriteByte('[')
	for i, item := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(item)
	}
	b.WriteByte(']')
}

// gapsOf keeps the gaps of one account's regional services.
func gapsOf(list []json.RawMessage, accountID string, regional bool) []json.RawMessage {
	var out []json.RawMessage
	for _, raw := range list {
		var g snapshot.Gap
		if json.Unmarshal(raw, &g) == nil && (g.Account == accountID || g.Account == "") && (g.Region != "") == regional {
			out = append(out, raw)
		}
	}
	return out
}
