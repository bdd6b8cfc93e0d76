package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The places of a text without characters beyond ASCII are those that counting
// character by character gives, asked for in any order.
func TestPositionsOfPlainText(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var b strings.Builder
		for range r.IntN(60) {
			b.WriteString([]string{"a", "\n", "\r\n", "bc ", "{", "é", "💥"}[r.IntN(5+2*r.IntN(2))])
		}
		text := b.String()
		fast, slow := &scanner{text: text, ascii: isASCII(text)}, &scanner{text: text}
		if plain := !strings.ContainsAny(text, "é💥"); fast.ascii != plain {
			t.Fatalf("%q is plain: %v", text, fast.ascii)
		}
		for range 20 {
			off := r.IntN(len(text) + 1)
			for off < len(text) && text[off]&0xc0 == 0x80 {
				off++
			}
			l1, c1 := fast.position(off)
			l2, c2 := slow.position(off)
			if l1 != l2 || c1 != c2 {
				t.Fatalf("%q at %d: %d:%d, want %d:%d", text, off, l1, c1, l2, c2)
			}
		}
	}
}
