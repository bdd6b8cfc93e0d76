package sim

import (
	"cmp"
	"sync"
)

// maxRemembered bounds the memory that a memo takes.
const maxRemembered = 1 << 14

// maxDecisions bounds that of decisions, which take some 13 kB each: those of one
// question and of the next ones are near each other.
const maxDecisions = 1 << 10

// memo remembers answers by key, for several goroutines. The zero value is
// ready. Two that ask for the same new key at once may both work it out.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	m     map[K]V
	limit int // how many to remember; 0: maxRemembered
}

// get returns the remembered value of key, or works it out.
func (c *memo[K, V]) get(key K, work func() V) V {
	if v, ok := c.find(key); ok {
		return v
	}
	v := work()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= cmp.Or(c.limit, maxRemembered) {
		c.m = make(map[K]V)
	}
	c.m[key] = v
	return v
}

func (c *memo[K, V]) find(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.m[key]
	return v, ok
}
