package policy

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// tokenKind is what a piece of a pattern is.
type tokenKind uint8

const (
	tokenLiteral  tokenKind = iota
	tokenStar               // any run of UTF-16 units, the empty one too
	tokenAny                // exactly one UTF-16 unit (P51)
	tokenVariable           // a policy variable (P60)
)

// token is a piece of a pattern.
type token struct {
	kind       tokenKind
	text       string // tokenLiteral: the text; tokenVariable: the key, lower case
	written    string // tokenVariable: the key as the policy writes it
	fallback   string // tokenVariable: its default (P64)
	hasDefault bool
	slot       int // tokenVariable: index in program.keys
}

// tokenize takes a pattern apart. Variables are recognised under the right
// Version only (P2), and * and ? are alive only with glob.
func tokenize(text string, variables, glob bool) []token {
	var out []token
	lit := 0
	flush := func(to int) {
		if to > lit {
			out = append(out, token{kind: tokenLiteral, text: text[lit:to]})
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case glob && (c == '*' || c == '?'):
			flush(i)
			k := tokenStar
			if c == '?' {
				k = tokenAny
			}
			out = append(out, token{kind: k})
			i++
			lit = i
		case variables && c == '$' && strings.HasPrefix(text[i:], "${"):
			t, n := readVariable(text[i:])
			if n == 0 {
				i++
				continue
			}
			flush(i)
			out = append(out, t)
			i += n
			lit = i
		default:
			i++
		}
	}
	flush(len(text))
	return out
}

// readVariable reads "${key}", "${key, 'default'}" or "${*}" at the start of text
// and returns its length; 0 where there is none.
func readVariable(text string) (token, int) {
	end := strings.IndexByte(text, '}')
	if end < 0 {
		return token{}, 0
	}
	body := text[2:end]
	if body == "*" || body == "?" || body == "$" {
		return token{kind: tokenLiteral, text: body}, end + 1
	}
	key, rest, hasDefault := strings.Cut(body, ",")
	t := token{kind: tokenVariable, text: lower(strings.TrimSpace(key)), written: strings.TrimSpace(key), hasDefault: hasDefault}
	if hasDefault {
		open := strings.IndexByte(text, '\'')
		if open < 0 || strings.TrimLeft(text[2+len(key)+1:open], " ") != "" {
			return token{}, 0
		}
		shut := strings.IndexByte(text[open+1:], '\'')
		if shut < 0 {
			return token{}, 0
		}
		t.fallback = text[open+1 : open+1+shut]
		after := strings.TrimLeft(text[open+1+shut+1:], " ")
		if !strings.HasPrefix(after, "}") {
			return token{}, 0
		}
		end = len(text) - len(after)
		_ = rest
	}
	if t.text == "" || strings.ContainsAny(t.text, "{}*? ") {
		return token{}, 0
	}
	return t, end + 1
}

// splitARNPattern splits an ARN pattern at its first five colons, none of them
// inside a variable (P45). It returns at most six parts.
func splitARNPattern(text string) []string { return appendARNParts(make([]string, 0, 6), text) }

func appendARNParts(parts []string, text string) []string {
	start := 0
	for i := 0; i < len(text) && len(parts) < 5; i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			if _, n := readVariable(text[i:]); n > 0 {
				i += n - 1
			}
		case text[i] == ':':
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// withoutVariables drops the variables of a pattern.
func withoutVariables(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var b strings.Builder
	for _, t := range tokenize(text, true, false) {
		if t.kind == tokenLiteral {
			_, _ = b.WriteString(t.text)
		}
	}
	return b.String()
}

// matchKind is the way a pattern is compared.
type matchKind uint8

const (
	matchNothing  matchKind = iota
	matchAll                // "*"
	matchExact              // no wildcard
	matchPrefix             // "a*"
	matchSuffix             // "*b"
	matchEnds               // "a*b"
	matchContains           // "*a*"
	matchStars              // several stars, no "?"
	matchUnits              // with "?": compared in UTF-16 units
	matchVariable           // has variables: expanded for each request
)

// matcher is a compiled pattern over a whole string.
type matcher struct {
	kind   matchKind
	a, b   string   // prefix and suffix, or the whole text
	middle []string // matchStars: what must follow in order between a and b
	units  []int32  // matchUnits
	tokens []token  // matchVariable
}

// Units of a compiled pattern that are no UTF-16 unit.
const (
	unitStar int32 = -1
	unitAny  int32 = -2
)

// newMatcher compiles tokens to the cheapest form that decides them.
func newMatcher(tokens []token) matcher {
	stars, anys := 0, 0
	for _, t := range tokens {
		switch t.kind {
		case tokenLiteral:
		case tokenStar:
			stars++
		case tokenAny:
			anys++
		case tokenVariable:
			return matcher{kind: matchVariable, tokens: tokens}
		}
	}
	if anys > 0 {
		return matcher{kind: matchUnits, units: appendUnits(nil, tokens)}
	}
	runs := literalRuns(tokens)
	m := matcher{a: runs[0], b: runs[len(runs)-1]}
	switch {
	case stars == 0:
		m.kind = matchExact
	case stars == len(tokens):
		m.kind = matchAll
	case len(runs) == 2 && m.b == "":
		m.kind = matchPrefix
	case len(runs) == 2 && m.a == "":
		m.kind = matchSuffix
	case len(runs) == 2:
		m.kind = matchEnds
	case len(runs) == 3 && m.a == "" && m.b == "":
		m.kind, m.a = matchContains, runs[1]
	default:
		m.kind = matchStars
		m.middle = runs[1 : len(runs)-1]
	}
	return m
}

// literalRuns are the texts between stars; the first and the last may be
// empty, inner empty ones ("**") are dropped.
func literalRuns(tokens []token) []string {
	runs := []string{""}
	for i, t := range tokens {
		if t.kind == tokenStar {
			if i > 0 && tokens[i-1].kind == tokenStar {
				continue
			}
			runs = append(runs, "")
			continue
		}
		runs[len(runs)-1] += t.text
	}
	return runs
}

// appendUnits appends the UTF-16 form of tokens, which hold no variable.
func appendUnits(to []int32, tokens []token) []int32 {
	for _, t := range tokens {
		switch t.kind {
		case tokenStar:
			to = append(to, unitStar)
		case tokenAny:
			to = append(to, unitAny)
		case tokenLiteral, tokenVariable:
			to = appendText(to, t.text)
		}
	}
	return to
}

func appendText(to []int32, s string) []int32 {
	for _, r := range s {
		if r1, r2 := utf16.EncodeRune(r); r1 != utf8.RuneError {
			to = append(to, r1, r2)
		} else {
			to = append(to, r)
		}
	}
	return to
}

// match reports whether s as a whole matches. It does not serve matchVariable.
func (m *matcher) match(s string) bool {
	switch m.kind {
	case matchNothing:
		return false
	case matchAll:
		return true
	case matchExact:
		return s == m.a
	case matchPrefix:
		return strings.HasPrefix(s, m.a)
	case matchSuffix:
		return strings.HasSuffix(s, m.b)
	case matchEnds:
		return len(s) >= len(m.a)+len(m.b) && strings.HasPrefix(s, m.a) && strings.HasSuffix(s, m.b)
	case matchContains:
		return strings.Contains(s, m.a)
	case matchStars:
		return m.matchStars(s)
	case matchUnits:
		return matchUnitText(m.units, s)
	case matchVariable:
	}
	panic("unreachable: a pattern with variables is expanded before it is matched")
}

func (m *matcher) matchStars(s string) bool {
	if len(s) < len(m.a)+len(m.b) || !strings.HasPrefix(s, m.a) || !strings.HasSuffix(s, m.b) {
		return false
	}
	s = s[len(m.a) : len(s)-len(m.b)]
	for _, run := range m.middle {
		i := strings.Index(s, run)
		if i < 0 {
			return false
		}
		s = s[i+len(run):]
	}
	return true
}

// matchUnitText matches a pattern of units against s.
func matchUnitText(p []int32, s string) bool {
	t := unitText{s: s}
	if !ascii(s) {
		t.u = utf16.Encode([]rune(s))
	}
	return t.match(p)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// unitText is a text in UTF-16 units; u is nil where s is ASCII.
type unitText struct {
	s string
	u []uint16
}

func (t *unitText) len() int {
	if t.u != nil {
		return len(t.u)
	}
	return len(t.s)
}

func (t *unitText) at(i int) int32 {
	if t.u != nil {
		return int32(t.u[i])
	}
	return int32(t.s[i])
}

// match is the greedy glob: on a mismatch the last star takes one unit more.
// It takes at most len(p) × len(t) steps.
func (t *unitText) match(p []int32) bool {
	n, i, j, star, mark := t.len(), 0, 0, -1, 0
	for i < n {
		switch {
		case j < len(p) && p[j] == unitStar:
			star, mark = j, i
			j++
		case j < len(p) && (p[j] == unitAny || p[j] == t.at(i)):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(p) && p[j] == unitStar {
		j++
	}
	return j == len(p)
}

// Glob reports whether text matches a pattern in which * and ? are wildcards
// over UTF-16 units (P51, P151). Nothing else is special.
func Glob(pattern, text string) bool {
	m := newMatcher(tokenize(pattern, false, true))
	return m.match(text)
}
