// Package organization decides who reaches which bucket in an organization
// that is too large for one snapshot, in pieces that any engine can spread over
// machines. A shard names its inputs, and says the same whoever works on it and
// however often. Phase 1 sorts one account's interfaces, roles and buckets into
// classes and asks how each class of interfaces reaches S3; phase 2 decides
// those of every account against the buckets of one. A row says what a question
// over all accounts at once would say of it.
//
// It reads no files: an Organization is given what does.
package organization

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// version changes whenever the same inputs give other rows, so that rows that
// were kept are not taken for what this program would say.
const version = "canreach.shard/v1"

// Input is one account's file.
type Input struct {
	Account string // empty: the organization's own policies
	Name    string // of the file
}

// Organization is what shards are made of.
type Organization struct {
	Accounts []Input // ordered by account
	// Policies is the file of the organization's own policies; an empty name:
	// there is none.
	Policies Input
	// Read returns a file's native form.
	Read func(Input) ([]byte, error)
	// Rows returns the rows of a shard of phase 1.
	Rows func(id string) ([]byte, error)
	// Actions are the S3 actions to decide.
	Actions []string
}

// Shard is one piece of work, and its line in a list of them.
type Shard struct {
	ID      string   `json:"id"` // a hash of all that it depends on
	Phase   int      `json:"phase"`
	Account string   `json:"account"`
	Region  string   `json:"region,omitempty"` // phase 1: empty for the account's roles and buckets
	Files   []string `json:"files"`
	// Toward are the Regions of the organization's buckets; an empty one stands
	// for buckets whose Region is not known.
	Toward []string `json:"toward,omitempty"`
	// Buckets are asked about by name, as "REGION/NAME", where DNS may tell one
	// bucket's name from another's.
	Buckets []string `json:"buckets,omitempty"`
	// Apart are the interfaces that some policy tells from others of their class:
	// "all", "public" or, empty, none.
	Apart string `json:"apart,omitempty"`
	// Rows are the shards of phase 1 that phase 2 reads.
	Rows    []string `json:"rows,omitempty"`
	Actions []string `json:"actions,omitempty"`
}

// identified sets the shard's id: a hash of what it reads of its files, so that
// a role that changed is no reason to walk networks again.
func (w *Worker) identified(s Shard) (Shard, error) {
	s.ID = ""
	sums := make([]string, 0, len(s.Files))
	for _, name := range s.Files {
		in, ok := w.org.file(name)
		if !ok {
			return s, fmt.Errorf("shard of account %s: the index has no file %q", clip(s.Account), clip(name))
		}
		sum, err := w.sum(in, s.Phase == 1 && s.Region != "")
		if err != nil {
			return s, err
		}
		sums = append(sums, sum)
	}
	for _, id := range s.Rows {
		sum, err := w.factsSum(id, s.Account)
		if err != nil {
			return s, err
		}
		sums = append(sums, sum)
	}
	named := s
	named.Rows = nil // what they say counts, not which shard said it
	text, err := json.Marshal([]any{version, named, sums})
	if err != nil {
		return s, err
	}
	sum := sha256.Sum256(text)
	s.ID = hex.EncodeToString(sum[:16])
	return s, nil
}

// sum is a hash of an account's networks, or of all else, or of the
// organization's policies.
func (w *Worker) sum(in Input, networks bool) (string, error) {
	if in.Account == "" {
		text, err := w.policies()
		return digest(text), err
	}
	a, err := w.account(in)
	switch {
	case err != nil:
		return "", err
	case networks:
		return a.networks, nil
	}
	return a.rest, nil
}

func (o *Organization) file(name string) (Input, bool) {
	if o.Policies.Name == name && name != "" {
		return o.Policies, true
	}
	i := slices.IndexFunc(o.Accounts, func(f Input) bool { return f.Name == name })
	if i < 0 {
		return Input{}, false
	}
	return o.Accounts[i], true
}

func (o *Organization) account(id string) (Input, bool) {
	i, ok := slices.BinarySearchFunc(o.Accounts, id, func(f Input, id string) int {
		switch {
		case f.Account < id:
			return -1
		case f.Account > id:
			return 1
		}
		return 0
	})
	if !ok {
		return Input{}, false
	}
	return o.Accounts[i], true
}

// factsSum is a hash of what phase 2 reads of a shard's rows: its facts, and the
// buckets of the account that is asked about.
func (w *Worker) factsSum(id, owner string) (string, error) {
	text, err := w.org.Rows(id)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte(`{"kind":"`+kindAccount)) || bytes.HasPrefix(line, []byte(`{"kind":"`+kindRegion)) ||
			bytes.HasPrefix(line, []byte(`{"kind":"`+kindBuckets+`","account":"`+owner+`"`)) {
			h.Write(line)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// check tells whether a shard is of this organization and program.
func (w *Worker) check(s Shard) error {
	again, err := w.identified(s)
	if err != nil {
		return err
	}
	if again.ID != s.ID {
		return fmt.Errorf("shard %q of account %q is not of these files or this program: list the shards anew", clip(s.ID), clip(s.Account))
	}
	return nil
}

func clip(s string) string { return s[:min(len(s), 64)] }
