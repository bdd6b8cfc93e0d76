package picture

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxDescription = 20_000 // runes
	maxTooltip     = 4_000
	maxCombining   = 3 // marks on one letter; more only hide the text around it
)

// Clean makes text from strangers safe to show: control characters, invisible
// ones and those that change the direction of the text around them are shown
// escaped (\u202e), line breaks and tabs become spaces, and what is not valid
// UTF-8 becomes \ufffd. It does not escape for any markup language.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for _, r := range s {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			if marks++; marks > maxCombining {
				continue
			}
		} else {
			marks = 0
		}
		switch {
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case hidden(r):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// hidden tells characters that are not to be seen, or that move others.
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xad, r == utf8.RuneError:
		return true
	case r == 0x61c, r == 0x115f, r == 0x1160, r == 0x180e, r == 0x3164, r == 0xffa0, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0xe000 && r <= 0xf8ff, r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe, r >= 0xe0000:
		return true
	}
	return false
}

// clip cuts s to at most n runes, the last of them an ellipsis if it was longer.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	i, runes := 0, 0
	for i < len(s) {
		if runes == n-1 {
			break
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
		runes++
	}
	if _, size := utf8.DecodeRuneInString(s[i:]); i+size >= len(s) {
		return s
	}
	return s[:i] + "…"
}

// font says how wide text is. Widths are an upper estimate over the fonts that
// the style sheet names, since nobody knows which of them a reader has.
type font struct {
	size float64
	mono bool
	bold bool
}

// sansWidths are Helvetica's, in thousandths of the size, from ' ' to '~'.
var sansWidths = [...]int16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

func (f font) rune(r rune) float64 {
	switch {
	case unicode.Is(unicode.Mn, r):
		return 0
	case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f000):
		return 1.4 * f.size
	case r > 0x7e || r < ' ':
		return f.size
	case f.mono:
		return 0.62 * f.size
	}
	w := float64(sansWidths[r-' ']) / 1000 * f.size * 1.06
	if f.bold {
		w *= 1.06
	}
	return w
}

func (f font) width(s string) float64 {
	var w float64
	for _, r := range s {
		w += f.rune(r)
	}
	return w
}

// fit cuts s with an ellipsis so that it is no wider than room.
func (f font) fit(s string, room float64) string {
	if f.width(s) <= room {
		return s
	}
	w := f.rune('…')
	for i, r := range s {
		if w += f.rune(r); w > room {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

// fitMiddle cuts s in its middle: the ends of an id or an ARN tell most.
func (f font) fitMiddle(s string, room float64) string {
	if f.width(s) <= room {
		return s
	}
	runes := []rune(s)
	if len(runes) > 4096 {
		runes = append(runes[:2048:2048], runes[len(runes)-2048:]...)
	}
	w, head, tail := f.rune('…'), 0, len(runes)
	for head < tail {
		if w += f.rune(runes[head]); w > room {
			break
		}
		head++
		if head == tail {
			break
		}
		if w += f.rune(runes[tail-1]); w > room {
			break
		}
		tail--
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}

// wrap breaks s into at most n lines no wider than room, at spaces where it
// can, else behind punctuation, else anywhere. What does not fit ends in an
// ellipsis.
func (f font) wrap(s string, room float64, n int) []string { return f.wrapAfter(0, s, room, n) }

// wrapAfter is wrap where the first line has lead less room. If not even its
// first word fits there, the first line stays empty.
func (f font) wrapAfter(lead float64, s string, room float64, n int) []string {
	s = strings.Join(strings.Fields(clip(s, maxTooltip)), " ")
	var lines []string
	if word, _, _ := strings.Cut(s, " "); lead > 0 && f.width(word) > room-lead {
		lines = append(lines, "")
		lead, n = 0, n+1
	}
	for s != "" {
		if len(lines) == n-1 {
			return append(lines, f.fit(s, room-lead))
		}
		cut := f.cut(s, room-lead)
		lead = 0
		lines = append(lines, strings.TrimRight(s[:cut], " "))
		s = strings.TrimLeft(s[cut:], " ")
	}
	return lines
}

// cut returns how many bytes of s go on a line.
func (f font) cut(s string, room float64) int {
	var w float64
	space, punct, last := 0, 0, 0
	for i, r := range s {
		if w += f.rune(r); w > room && i > 0 {
			switch {
			case r == ' ':
				return i
			case space > 0 && (space > i/3 || punct == 0):
				return space
			case punct > 0:
				return punct
			case last > 0:
				return last
			}
			return i
		}
		last = i + utf8.RuneLen(r)
		switch {
		case r == ' ':
			space = last
		case strings.ContainsRune("/:,-=&?", r):
			punct = last
		}
	}
	return len(s)
}
