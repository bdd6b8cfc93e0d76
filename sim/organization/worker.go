package organization

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
)

// Worker works on shards, from several goroutines if need be. What shards
// share it reads once.
type Worker struct {
	org *Organization

	mu       sync.Mutex
	accounts kept[*account]
	networks kept[*networkWorld]
	rows     kept[*shardRows]
	control  json.RawMessage
	read     bool // control
}

// NewWorker makes a worker on an organization.
func NewWorker(o *Organization) *Worker { return &Worker{org: o} }

// kept are things read before, up to a number of bytes in all.
type kept[T any] struct {
	items map[string]*entry[T]
	bytes int
}

type entry[T any] struct {
	once  sync.Once
	value T
	err   error
}

// keptBytes bounds what a worker keeps of one kind.
const keptBytes = 1 << 30

// get returns what was read before, or reads it, once for all who ask.
func get[T any](mu *sync.Mutex, k *kept[T], key string, read func() (T, int, error)) (T, error) {
	mu.Lock()
	if k.items == nil || k.bytes > keptBytes {
		k.items, k.bytes = map[string]*entry[T]{}, 0
	}
	e := k.items[key]
	if e == nil {
		e = &entry[T]{}
		k.items[key] = e
	}
	mu.Unlock()
	e.once.Do(func() {
		var n int
		e.value, n, e.err = read()
		mu.Lock()
		k.bytes += n
		mu.Unlock()
	})
	return e.value, e.err
}

func (w *Worker) account(in Input) (*account, error) {
	return get(&w.mu, &w.accounts, in.Name, func() (*account, int, error) {
		native, err := w.org.Read(in)
		if err != nil {
			return nil, 0, err
		}
		a, err := split(native)
		if err == nil && a.ID != in.Account {
			err = fmt.Errorf("it is of account %s, the index says %s", clip(a.ID), clip(in.Account))
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", in.Name, err)
		}
		return a, len(native), nil
	})
}

func (w *Worker) policies() (json.RawMessage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.read || w.org.Policies.Name == "" {
		return w.control, nil
	}
	native, err := w.org.Read(w.org.Policies)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Organizations json.RawMessage `json:"organizations"`
	}
	if err := json.Unmarshal(native, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", w.org.Policies.Name, err)
	}
	w.control, w.read = doc.Organizations, true
	return w.control, nil
}

func (w *Worker) shardFacts(id string) (*shardRows, error) {
	return get(&w.mu, &w.rows, id, func() (*shardRows, int, error) {
		text, err := w.org.Rows(id)
		if err != nil {
			return nil, 0, err
		}
		f, err := readRows(text)
		if err != nil {
			return nil, 0, fmt.Errorf("rows of shard %s: %w", id, err)
		}
		return f, f.bytes, nil
	})
}

// networkWorld is the networks of accounts that are joined.
type networkWorld struct {
	world *sim.World
	parts map[string]*account

	mu      sync.Mutex
	classes map[string][]access.Class // by what they are told apart by
}

// interfaces are the classes of all its interfaces, worked out once for all
// shards that tell them apart alike.
func (n *networkWorld) interfaces(s Shard) []access.Class {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := fmt.Sprint(s.Apart, s.Toward)
	list, known := n.classes[key]
	if !known {
		var toward []string
		for _, d := range s.destinations() {
			if d.Bucket == "" {
				toward = append(toward, d.Region)
			}
		}
		list = access.Interfaces(n.world, toward, access.Apart{All: s.Apart == "all", Public: s.Apart != ""})
		if n.classes == nil {
			n.classes = map[string][]access.Class{}
		}
		n.classes[key] = list
	}
	return list
}

// networkOf joins the networks of accounts' files.
func (w *Worker) networkOf(files []string) (*networkWorld, error) {
	return get(&w.mu, &w.networks, strings.Join(files, "\n"), func() (*networkWorld, int, error) {
		out := &networkWorld{parts: map[string]*account{}}
		doc, size := newDocument(nil), 0
		for _, name := range files {
			in, _ := w.org.file(name)
			a, err := w.account(in)
			if err != nil {
				return nil, 0, err
			}
			doc.with(a.ID, a.Head).Regions = a.Regions
			doc.gaps = append(doc.gaps, gapsOf(a.Gaps, a.ID, true)...)
			out.parts[a.ID] = a
			size += a.bytes
		}
		snap, err := doc.parse()
		if err != nil {
			return nil, 0, fmt.Errorf("the networks of %s: %w", strings.Join(files, ", "), err)
		}
		out.world = sim.NewWorld(snap)
		return out, size, nil
	})
}

// Work returns a shard's rows, one JSON object a line, in an order of their own
// that is always the same.
func (w *Worker) Work(ctx context.Context, s Shard) ([]byte, error) {
	if err := w.check(s); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	var err error
	switch {
	case s.Phase == 1 && s.Region == "":
		err = w.rolesAndBuckets(s, &out)
	case s.Phase == 1:
		err = w.interfaces(s, &out)
	case s.Phase == 2:
		err = w.access(ctx, s, &out)
	default:
		err = fmt.Errorf("phase %d: expected 1 or 2", s.Phase)
	}
	if err != nil {
		return nil, fmt.Errorf("shard %s: %w", s.ID, err)
	}
	return Sorted(out.Bytes()), nil
}

// Sorted sorts lines by their bytes.
func Sorted(text []byte) []byte {
	list := bytes.SplitAfter(text, []byte("\n"))
	slices.SortFunc(list, bytes.Compare)
	return bytes.Join(list, nil)
}
