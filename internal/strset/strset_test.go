package strset

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// spec is a pattern in a form that the slow twin reads: alternating runes,
// where the wildcards are marked by their class.
type spec struct {
	text string // a, b, :, /, 1 stand for themselves
	// *?: Any; +!: NotColon many, one; %&: NotSlash many, one; #$: Digit many, one; ^@: NotWild many, one
	fold bool
}

func (s spec) pattern() Pattern {
	var p Pattern
	for _, r := range s.text {
		switch r {
		case '*':
			p = p.Many(Any)
		case '?':
			p = p.One(Any, 1)
		case '+':
			p = p.Many(NotColon)
		case '!':
			p = p.One(NotColon, 1)
		case '%':
			p = p.Many(NotSlash)
		case '&':
			p = p.One(NotSlash, 1)
		case '#':
			p = p.Many(Digit)
		case '$':
			p = p.One(Digit, 1)
		case '^':
			p = p.Many(NotWild)
		case '@':
			p = p.One(NotWild, 1)
		default:
			p = p.Literal(string(r))
		}
	}
	if s.fold {
		p = p.Fold()
	}
	return p
}

// matches is the slow twin: a textbook recursive matcher.
func (s spec) matches(word string) bool {
	if s.fold {
		return spec{text: strings.ToLower(s.text)}.matches(strings.ToLower(word))
	}
	return match(s.text, word)
}

func match(p, w string) bool {
	if p == "" {
		return w == ""
	}
	in := map[byte]func(byte) bool{
		'*': func(byte) bool { return true },
		'+': func(c byte) bool { return c != ':' },
		'%': func(c byte) bool { return c != ':' && c != '/' },
		'#': func(c byte) bool { return '0' <= c && c <= '9' },
		'^': func(c byte) bool { return c != ':' && c != '*' && c != '?' },
	}
	single := map[byte]byte{'?': '*', '!': '+', '&': '%', '$': '#', '@': '^'}
	if f, ok := in[p[0]]; ok {
		return match(p[1:], w) || w != "" && f(w[0]) && match(p, w[1:])
	}
	if w == "" {
		return false
	}
	if c, ok := single[p[0]]; ok {
		return in[c](w[0]) && match(p[1:], w[1:])
	}
	return p[0] == w[0] && match(p[1:], w[1:])
}

// words are all words of up to four characters over the letters that the
// patterns use and one that they don't.
var words = func() []string {
	letters := "abA:/1z*"
	out := []string{""}
	for from, n := 0, 0; n < 4; n++ {
		to := len(out)
		for _, w := range out[from:to] {
			for _, c := range letters {
				out = append(out, w+string(c))
			}
		}
		from = to
	}
	return out
}()

func genSpec(t *rapid.T) spec {
	return spec{
		text: rapid.StringOfN(rapid.SampledFrom([]rune("aabb:/1****??+!%&#$^@")), 0, 5, -1).Draw(t, "pattern"),
		fold: rapid.IntRange(0, 4).Draw(t, "fold") == 0,
	}
}

func genSpecs(t *rapid.T, name string, most int) ([]spec, []Pattern) {
	specs := make([]spec, rapid.IntRange(0, most).Draw(t, name))
	patterns := make([]Pattern, len(specs))
	for i := range specs {
		specs[i] = genSpec(t)
		patterns[i] = specs[i].pattern()
	}
	return specs, patterns
}

func TestMatchAgreesWithTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genSpec(t)
		p := s.pattern()
		for _, w := range words {
			if got, want := p.Match(w), s.matches(w); got != want {
				t.Fatalf("%+v, %q: %v, want %v", s, w, got, want)
			}
		}
	})
}

func TestFindAgreesWithBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, inP := genSpecs(t, "in", 3)
		out, outP := genSpecs(t, "out", 4)
		word, ok, err := Find(inP, outP, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		good := func(w string) bool {
			for _, s := range in {
				if !s.matches(w) {
					return false
				}
			}
			for _, s := range out {
				if s.matches(w) {
					return false
				}
			}
			return true
		}
		if ok && !good(word) {
			t.Fatalf("in %v out %v: %q is not an answer", in, out, word)
		}
		for _, w := range words {
			if !ok && good(w) {
				t.Fatalf("in %v out %v: nothing found, but %q", in, out, w)
			}
		}
	})
}

func TestAtomsAgreeWithBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		specs, patterns := genSpecs(t, "patterns", 5)
		must, mustP := genSpecs(t, "must", 2)
		or, orP := genSpecs(t, "or", 2)
		atoms, err := Atoms(patterns, Language{Must: mustP, Or: orP}, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		inLanguage := func(w string) bool {
			for _, s := range must {
				if !s.matches(w) {
					return false
				}
			}
			for _, s := range or {
				if s.matches(w) {
					return true
				}
			}
			return len(or) == 0
		}
		signature := func(w string) string {
			var b strings.Builder
			for _, s := range specs {
				fmt.Fprint(&b, s.matches(w), " ")
			}
			return b.String()
		}
		shortest := map[string]int{}
		for a := range atoms.Len() {
			var b strings.Builder
			for i := range specs {
				fmt.Fprint(&b, atoms.In(a, i), " ")
			}
			if _, twice := shortest[b.String()]; twice {
				t.Fatalf("two atoms with %s", b.String())
			}
			shortest[b.String()] = len(atoms.Word(a))
			for _, word := range []string{atoms.Word(a), atoms.Readable(a)} {
				if got := signature(word); got != b.String() {
					t.Fatalf("atom %q: signature %s, word has %s", word, b.String(), got)
				}
				if !inLanguage(word) {
					t.Fatalf("%q is not in the language", word)
				}
			}
		}
		for _, w := range words {
			if !inLanguage(w) {
				continue
			}
			n, ok := shortest[signature(w)]
			if !ok || n > len(w) {
				t.Fatalf("%q: its class is missing, or its word too long (%d)", w, n)
			}
		}
	})
}

func TestARNMatchesPartByPart(t *testing.T) {
	for _, tt := range []struct {
		pattern, word string
		want          bool
	}{
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", true},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b/", true},
		{"arn:aws:s3:*:*:b", "arn:aws:s3:::b", true},
		{"arn:aws:iam::*:role/a", "arn:aws:iam::1:role/a", true},
		{"arn:aws:i*:r:a:b", "arn:aws:iam:x:y:r:a:b", false}, // P46, P152
		{"arn:*:s3:::b", "arn:aws:sns:x:s3:::b", false},
		{"arn:aws:s3:*", "arn:aws:s3:::b/x", true}, // a short pattern's last star reaches to the end
		{"*", "arn:aws:s3:::b/x", true},
		{"arn:aws:s3:::b?", "arn:aws:s3:::b", false},
		{"arn:aws:s3:::?", "arn:aws:s3:::\U0001F600", false}, // two UTF-16 units (P51)
		{"arn:aws:s3:::??", "arn:aws:s3:::\U0001F600", true},
	} {
		if got := ARN(tt.pattern).Match(tt.word); got != tt.want {
			t.Errorf("%s on %s = %v, want %v", tt.pattern, tt.word, got, tt.want)
		}
	}
}

func TestWordsReadWell(t *testing.T) {
	question := ARN("arn:aws:s3:::b/*")
	key := ARN("arn:*:s3:::*/?*")
	for _, tt := range []struct {
		in, out []string
		want    string
	}{
		{nil, nil, "arn:aws:s3:::b/x"},
		{[]string{"arn:aws:s3:::b/data/?*"}, nil, "arn:aws:s3:::b/data/x"},
		{nil, []string{"arn:aws:s3:::b/x*"}, "arn:aws:s3:::b/y"},
		{[]string{"arn:aws:s3:::*sagemaker*"}, nil, "arn:aws:s3:::b/sagemaker"},
	} {
		in := []Pattern{question, key}
		var out []Pattern
		for _, s := range tt.in {
			in = append(in, ARN(s))
		}
		for _, s := range tt.out {
			out = append(out, ARN(s))
		}
		got, _, err := Find(in, out, 10_000)
		if err != nil || got != tt.want {
			t.Errorf("in %v out %v: %q %v, want %q", tt.in, tt.out, got, err, tt.want)
		}
	}
}

// infixes are k patterns, each of which half of all long words match.
func infixes(k int) []Pattern {
	out := make([]Pattern, k)
	for i := range out {
		out[i] = Glob(fmt.Sprintf("*tok%d_*", i))
	}
	return out
}

func TestBudgets(t *testing.T) {
	if _, err := Atoms(infixes(300), Language{}, 3000); !errors.Is(err, ErrBudget) {
		t.Errorf("2^300 classes: %v", err)
	}
	if word, ok, err := Find(infixes(80), nil, 20_000); err != nil || !ok {
		t.Errorf("a word with 80 tokens: %q %v %v", word, ok, err)
	}
	// Each position of a word of 2n letters differs from its partner's.
	var out []Pattern
	for i := range 12 {
		for _, c := range "ab" {
			out = append(out, Glob(strings.Repeat("?", i)+string(c)+strings.Repeat("?", 11)+string(c)+"*"))
		}
	}
	in := []Pattern{Glob(strings.Repeat("?", 24))}
	if _, _, err := Find(in, out, 500); err != nil && !errors.Is(err, ErrBudget) {
		t.Error(err)
	}
}

func BenchmarkAtoms(b *testing.B) {
	for _, n := range []int{5, 50, 500} {
		patterns := make([]Pattern, n)
		for i := range patterns {
			patterns[i] = ARN(fmt.Sprintf("arn:aws:s3:::bucket-%d/team-%d/*", i%7, i))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Atoms(patterns, Language{}, 1<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	for _, k := range []int{10, 80} {
		in := infixes(k)
		b.Run(fmt.Sprint(k), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := Find(in, nil, 1<<20); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func TestAfterAgreesWithBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genSpec(t)
		prefix := rapid.StringOfN(rapid.SampledFrom([]rune("ab:/1")), 0, 3, -1).Draw(t, "prefix")
		rest := s.pattern().After(prefix)
		for _, w := range words[:400] {
			got := false
			for _, p := range rest {
				got = got || p.Match(w)
			}
			if want := s.matches(prefix + w); got != want {
				t.Fatalf("%+v after %q, %q: %v, want %v", s, prefix, w, got, want)
			}
		}
	})
}

func TestWithinAndApart(t *testing.T) {
	classes := map[Class]string{Any: "", NotColon: ":", NotSlash: ":/", Digit: "abAz:/*"}
	rapid.Check(t, func(t *rapid.T) {
		s, o := genSpec(t), genSpec(t)
		s.text = strings.NewReplacer("^", "+", "@", "!").Replace(s.text) // Within takes nested classes
		class := rapid.SampledFrom([]Class{Any, NotColon, NotSlash, Digit}).Draw(t, "class")
		in, ok := s.pattern().Within(class)
		apart := s.pattern().Apart(o.pattern())
		for _, w := range words {
			want := s.matches(w) && !strings.ContainsAny(w, classes[class])
			if got := ok && in.Match(w); got != want {
				t.Fatalf("%+v within %d, %q: %v, want %v", s, class, w, got, want)
			}
			if apart && s.matches(w) && o.matches(w) {
				t.Fatalf("%+v and %+v share %q", s, o, w)
			}
		}
	})
}

// A star over some characters does not stand for what leads to it.
func TestNarrowStarKeepsWhatIsBefore(t *testing.T) {
	p := spec{text: "+?+:b"}.pattern()
	if _, ok, err := Find([]Pattern{p, Literal("a::b")}, nil, 100); !ok || err != nil {
		t.Error(ok, err)
	}
}

// TestLongPatternsEnd: the budget counts what a state holds, so that patterns
// of ten thousand characters take neither gigabytes nor minutes.
func TestLongPatternsEnd(t *testing.T) {
	long := Glob("*" + strings.Repeat("a?", 4000))
	m := Meter{Steps: 1_000_000}
	if _, err := m.Atoms([]Pattern{long, Glob("*" + strings.Repeat("?a", 4000))}, Language{}, 30_000); !errors.Is(err, ErrBudget) {
		t.Errorf("Atoms: %v", err)
	}
	if m.Steps > 0 || m.Steps < -1_000_000 {
		t.Errorf("Atoms left %d steps", m.Steps)
	}
	m = Meter{Steps: 1_000_000}
	_, ok, err := m.Find([]Pattern{long, Glob("*" + strings.Repeat("b?", 3000) + "c")}, []Pattern{Glob("*c")}, 30_000)
	if ok || !errors.Is(err, ErrBudget) {
		t.Errorf("Find: %v, %v", ok, err)
	}
	if m.Steps < -1_000_000 {
		t.Errorf("Find left %d steps", m.Steps)
	}
}

func TestLeast(t *testing.T) {
	for text, want := range map[string]int{"": 0, "*": 0, "a*b": 2, "?#$": 2} {
		if got := (spec{text: text}).pattern().Least(); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestStem(t *testing.T) {
	for _, tt := range []struct {
		text, stem string
		loose      int
	}{
		{"abc", "abc", 0}, {"ab*", "ab*", 0}, {"a*b*", "a*", 1}, {"a*b*c", "a*", 2}, {"a?b", "a*", 1},
		{"%:ab*c", "%:ab*", 1}, {"+:b", "+:b", 0}, {"+b", "*", 1}, {"$$a*", "$$a*", 0}, {"", "", 0}, {"*", "*", 0},
	} {
		p := spec{text: tt.text}.pattern()
		if got, want := p.Stem(), (spec{text: tt.stem}).pattern(); got.Key() != want.Key() || p.Loose() != tt.loose {
			t.Errorf("%s: stem %+v, want %s; %d loose, want %d", tt.text, got.toks, tt.stem, p.Loose(), tt.loose)
		}
	}
}

func TestStemHoldsThePattern(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := spec{text: rapid.StringOfN(rapid.RuneFrom([]rune("ab:/1*?+!%&#$")), 0, 6, -1).Draw(r, "pattern")}
		word := rapid.StringOfN(rapid.RuneFrom([]rune("ab:/1")), 0, 6, -1).Draw(r, "word")
		if p := s.pattern(); p.Match(word) && !p.Stem().Match(word) || p.Stem().Loose() > 0 {
			r.Fatalf("%q is in %s, not in its stem %+v", word, s.text, p.Stem().toks)
		}
	})
}

// TestSampleIsOfTheAtoms: what is sampled is a class of the whole partition.
func TestSampleIsOfTheAtoms(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab:*?")), 0, 5, -1)
		var patterns []Pattern
		for range rapid.IntRange(0, 4).Draw(r, "patterns") {
			patterns = append(patterns, Glob(text.Draw(r, "pattern")))
		}
		lang := Language{Must: []Pattern{Glob("a*")}}
		all, err := Atoms(patterns, lang, 10_000)
		if err != nil {
			r.Fatal(err)
		}
		m := Meter{Steps: 100_000}
		some := m.Sample(patterns, lang, 1000)
		for i := range some.Len() {
			if !some.Holds(i, some.Word(i)) || !lang.has(some.Word(i)) {
				r.Fatalf("class %d does not hold %q", i, some.Word(i))
			}
			found := false
			for j := range all.Len() {
				found = found || all.Holds(j, some.Word(i))
			}
			if !found {
				r.Fatalf("%q is of no class", some.Word(i))
			}
		}
		if all.Len() > 0 && some.Len() == 0 {
			r.Fatal("no sample of a language that has words")
		}
	})
}
