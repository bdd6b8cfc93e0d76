package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words replaces words: runs of letters and digits. A word is replaced whole
// or, where a wildcard pattern of the snapshot cuts it, in the pieces that
// the patterns know, each always by the same letters, digits by digits and
// case kept, so that what matched still matches.
type words struct {
	mac    hash.Hash
	public map[string]bool
	pieces map[string]string // lower-case piece → replacement
	taken  map[string]string // the reverse
	cuts   map[string][]int  // lower-case word → where it is cut, ascending
}

func newWords(key []byte, public map[string]bool) *words {
	return &words{mac: hmac.New(sha256.New, derive(key, "words")), public: public, pieces: map[string]string{}, taken: map[string]string{}, cuts: map[string][]int{}}
}

var wordForm = regexp.MustCompile(`[\p{L}\p{N}]+`)

func inWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }

func wordsOf(s string) []string { return wordForm.FindAllString(s, -1) }

// learn finds where patterns cut words: pieces that a wildcard touches may
// begin, end or lie inside other words. Cuts are carried between a piece and
// the words that hold it until nothing changes.
func (w *words) learn(patterns, values map[string]bool) {
	all := map[string]bool{}
	touched := map[string]bool{}
	for p := range patterns {
		for _, at := range wordForm.FindAllStringIndex(p, -1) {
			word := strings.ToLower(p[at[0]:at[1]])
			all[word] = true
			if at[0] > 0 && isWildcard(p[at[0]-1]) || at[1] < len(p) && isWildcard(p[at[1]]) {
				touched[word] = true
			}
		}
	}
	for v := range values {
		for _, word := range wordsOf(v) {
			all[strings.ToLower(word)] = true
		}
	}
	inside := map[string]map[int]bool{}
	list, pieces := sortedSet(all), sortedSet(touched)
	for changed := true; changed; {
		changed = false
		for _, word := range list {
			for _, piece := range pieces {
				changed = carry(inside, word, piece) || changed
			}
		}
	}
	for word, at := range inside {
		for i := range at {
			w.cuts[word] = append(w.cuts[word], i)
		}
		slices.Sort(w.cuts[word])
	}
}

func isWildcard(c byte) bool { return c == '*' || c == '?' }

// carry makes the cuts of a piece and of a word that holds it agree.
func carry(inside map[string]map[int]bool, word, piece string) bool {
	if word == piece {
		return false
	}
	changed := false
	add := func(s string, i int) {
		if i <= 0 || i >= len(s) || inside[s][i] {
			return
		}
		if inside[s] == nil {
			inside[s] = map[int]bool{}
		}
		inside[s][i], changed = true, true
	}
	for from := 0; ; {
		i := strings.Index(word[from:], piece)
		if i < 0 {
			return changed
		}
		start, end := from+i, from+i+len(piece)
		add(word, start)
		add(word, end)
		for c := range inside[piece] {
			add(word, start+c)
		}
		for c := range inside[word] {
			add(piece, c-start)
		}
		_, size := utf8.DecodeRuneInString(word[start:])
		from = start + size
	}
}

// replace returns the replacement of one word.
func (w *words) replace(word string) string {
	lower := strings.ToLower(word)
	if len(lower) != len(word) || keepsWord(lower) || w.public[lower] {
		return word
	}
	var b strings.Builder
	from := 0
	for _, cut := range append(slices.Clone(w.cuts[lower]), len(lower)) {
		b.WriteString(w.piece(lower[from:cut]))
		from = cut
	}
	return withCase(b.String(), word)
}

// keepsWord tells whether a word says nothing: short numbers, single letters.
// Longer numbers may be telephone numbers or passwords.
func keepsWord(word string) bool {
	return utf8.RuneCountInString(word) == 1 || len(word) < 4 && strings.Trim(word, "0123456789") == ""
}

func (w *words) piece(piece string) string {
	if w.public[piece] || keepsWord(piece) {
		return piece
	}
	if t, ok := w.pieces[piece]; ok {
		return t
	}
	for n := byte(0); ; n++ {
		t := w.draw(piece, n)
		if other, used := w.taken[t]; (!used || other == piece) && !w.public[t] || n == 255 {
			w.pieces[piece], w.taken[t] = t, piece
			return t
		}
	}
}

const letters = "abcdefghijklmnopqrstuvwxyz"

// draw makes letters for letters and digits for digits.
func (w *words) draw(piece string, n byte) string {
	m := w.mac
	m.Reset()
	m.Write([]byte{n})
	m.Write([]byte(piece))
	stream := m.Sum(nil)
	var b strings.Builder
	i := 0
	for _, r := range piece {
		if i == len(stream) {
			m.Write(stream)
			stream, i = m.Sum(nil), 0
		}
		switch {
		case r >= '0' && r <= '9':
			b.WriteByte('0' + stream[i]%10)
		case r < utf8.RuneSelf:
			b.WriteByte(letters[int(stream[i])%26])
		default:
			b.WriteString(strings.Repeat("x", utf8.RuneLen(r)))
		}
		i++
	}
	return b.String()
}

// withCase gives t, as long as word, word's capitals.
func withCase(t, word string) string {
	b := []byte(t)
	for i := range b {
		if c := word[i]; c >= 'A' && c <= 'Z' && b[i] >= 'a' && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}
