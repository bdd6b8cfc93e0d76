package evaljson

import (
	"container/list"
	"hash/maphash"
)

// Bounds on what a cache keeps: entries, and bytes of their texts together.
const (
	cacheEntries = 4096
	cacheBytes   = 32 << 20
)

// cache keeps what was made of a text, by the text and a tag; the least
// recently used go first.
type cache[V any] struct {
	seed    maphash.Seed
	entries map[uint64]*list.Element
	order   *list.List
	bytes   int
}

type cacheEntry[V any] struct {
	hash  uint64
	tag   byte
	text  []byte
	value V
}

func newCache[V any]() *cache[V] {
	return &cache[V]{seed: maphash.MakeSeed(), entries: map[uint64]*list.Element{}, order: list.New()}
}

func (c *cache[V]) hash(tag byte, text []byte) uint64 {
	return maphash.Bytes(c.seed, text) + uint64(tag)*0x9e3779b97f4a7c15
}

func (c *cache[V]) find(tag byte, text []byte) (*cacheEntry[V], bool) {
	el, ok := c.entries[c.hash(tag, text)]
	if !ok {
		return nil, false
	}
	e := el.Value.(*cacheEntry[V])
	if e.tag != tag || string(e.text) != string(text) {
		return nil, false
	}
	c.order.MoveToFront(el)
	return e, true
}

// add keeps a copy of text with its value, and drops what is over the bounds.
func (c *cache[V]) add(tag byte, text []byte, v V) *cacheEntry[V] {
	e := &cacheEntry[V]{hash: c.hash(tag, text), tag: tag, text: append([]byte(nil), text...), value: v}
	if len(text) > cacheBytes/8 {
		return e
	}
	if old, ok := c.entries[e.hash]; ok {
		c.drop(old)
	}
	c.entries[e.hash] = c.order.PushFront(e)
	c.bytes += len(e.text)
	for c.bytes > cacheBytes || c.order.Len() > cacheEntries {
		c.drop(c.order.Back())
	}
	return e
}

func (c *cache[V]) drop(el *list.Element) {
	e := c.order.Remove(el).(*cacheEntry[V])
	delete(c.entries, e.hash)
	c.bytes -= len(e.text)
}
