package picture

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// nasty are strings that break out of one language or another.
var nasty = []string{
	"", "subnet-a", "<script>alert(1)</script>", `"'><img src=x onerror=alert(2)>`, "]]>--><svg onload=alert(3)>", "&amp;&#x202e;&lt;",
	"\u202egnp.exe\u2066\u200b", "\x1b[31m\x00\x07", "a\nb\tc\r", "\xff\xfe\xc0", "\\N\\G\\\"];evil[label=\"x", "`%%{init: {}}%%`", "end",
	"click A \"javascript:alert(4)\"", "日本語", "👩‍👩‍👧", "z" + strings.Repeat("\u0301", 90), strings.Repeat("x", 5000), "\ufffe\uffff\ue000", "{{.}}", "${x}", "1. # *b* _i_",
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(nasty), rapid.String())
}

func anyMark() *rapid.Generator[Mark] {
	return rapid.Map(rapid.IntRange(0, 6), func(i int) Mark { return Mark(i) })
}

func anyDiagram(t *rapid.T) *Diagram {
	line := rapid.Custom(func(t *rapid.T) Line {
		return Line{Mark: anyMark().Draw(t, "mark"), Tag: anyText().Draw(t, "tag"), Code: anyText().Draw(t, "code"), Text: anyText().Draw(t, "text")}
	})
	station := rapid.Custom(func(t *rapid.T) Station {
		return Station{
			Icon: Icon(rapid.IntRange(0, int(IconName)).Draw(t, "icon")), Label: anyText().Draw(t, "label"), Name: anyText().Draw(t, "name"),
			Mark: anyMark().Draw(t, "mark"), Reply: anyMark().Draw(t, "reply"), Off: rapid.Bool().Draw(t, "off"),
			Lines: rapid.SliceOfN(line, 0, 3).Draw(t, "lines"),
		}
	})
	lane := rapid.Custom(func(t *rapid.T) Lane {
		return Lane{
			Title: anyText().Draw(t, "title"), Note: anyText().Draw(t, "note"), Word: anyText().Draw(t, "word"), Mark: anyMark().Draw(t, "mark"),
			Members:  rapid.SliceOfN(anyText(), 0, 4).Draw(t, "members"),
			Sections: []Section{{Title: anyText().Draw(t, "section"), Stations: rapid.SliceOfN(station, 0, 4).Draw(t, "stations")}},
		}
	})
	return &Diagram{
		Title: anyText().Draw(t, "title"), Notes: rapid.SliceOfN(anyText(), 0, 2).Draw(t, "notes"), Word: anyText().Draw(t, "word"),
		Mark: anyMark().Draw(t, "mark"), Lanes: rapid.SliceOfN(lane, 0, 3).Draw(t, "lanes"), Footnote: anyText().Draw(t, "footnote"),
	}
}

func svgOf(t interface{ Fatal(...any) }, d *Diagram, opt SVGOptions) string {
	var b strings.Builder
	if err := SVG(&b, d, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var svgElements = map[string]bool{"svg": true, "title": true, "desc": true, "style": true, "defs": true, "pattern": true, "rect": true, "path": true, "g": true, "text": true}
var svgAttributes = regexp.MustCompile(`^(xmlns|class|role|width|height|viewBox|aria-labelledby|id|patternUnits|patternTransform|d|x|y|rx|fill|transform|data-mark|data-reply)$`)

// checkSVG fails unless s is well-formed XML of elements and attributes that
// can neither run nor load anything.
func checkSVG(s string) error {
	dec := xml.NewDecoder(strings.NewReader(s))
	ids := map[string]bool{}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		el, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if !svgElements[el.Name.Local] {
			return fmt.Errorf("element %s", el.Name.Local)
		}
		for _, a := range el.Attr {
			if !svgAttributes.MatchString(a.Name.Local) {
				return fmt.Errorf("attribute %s=%q", a.Name.Local, a.Value)
			}
			if strings.Contains(a.Value, "url(") && !strings.HasPrefix(a.Value, "url(#") {
				return fmt.Errorf("%s loads %q", a.Name.Local, a.Value)
			}
			if a.Name.Local == "id" {
				if ids[a.Value] {
					return fmt.Errorf("id %q twice", a.Value)
				}
				ids[a.Value] = true
			}
		}
	}
}

func TestEverySVGIsWellFormedAndInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDiagram(t)
		opt := SVGOptions{Columns: rapid.IntRange(0, 3).Draw(t, "columns"), Bare: rapid.Bool().Draw(t, "bare"), Inline: rapid.Bool().Draw(t, "inline")}
		s := svgOf(t, d, opt)
		if err := checkSVG(s); err != nil {
			t.Fatalf("%v in\n%s", err, s)
		}
		for _, r := range s {
			if r != '\n' && hidden(r) {
				t.Fatalf("hidden character %U", r)
			}
		}
	})
}

func TestCheckSVGCatchesWhatIsNotInert(t *testing.T) {
	for _, s := range []string{"<svg><script/></svg>", `<svg onload="x"/>`, `<svg><path fill="url(http://x)"/></svg>`, "<svg><g></svg>", `<svg href="x"/>`} {
		if checkSVG(s) == nil {
			t.Errorf("%s passes", s)
		}
	}
}

func TestEveryStationIsDrawnInOrderWithItsMark(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDiagram(t)
		s := svgOf(t, d, SVGOptions{})
		found := regexp.MustCompile(`data-mark="(\w+)" data-reply="(\w+)"`).FindAllStringSubmatch(s, -1)
		n := 0
		for i := range d.Lanes {
			for _, st := range d.Lanes[i].Stations() {
				if n >= len(found) || found[n][1] != st.Mark.String() || found[n][2] != st.Reply.String() {
					t.Fatalf("station %d: want %v/%v", n, st.Mark, st.Reply)
				}
				n++
			}
		}
		if n != len(found) {
			t.Fatalf("%d stations drawn, want %d", len(found), n)
		}
	})
}

func TestCleanTextShowsWhatIsHidden(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\u202eb": `a\u202eb`, "a\x1bb": `a\u001bb`, "a\nb": "a b", "\xff": `\ufffd`, "é": "é",
		"z\u0301\u0301\u0301\u0301\u0301": "z\u0301\u0301\u0301", "\U000e0041": `\ue0041`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Clean(anyText().Draw(t, "text"))
		if !utf8.ValidString(s) || Clean(s) != s {
			t.Fatalf("%q is not clean", s)
		}
	})
}

func TestWrappedTextFitsAndLosesNothingButWhatTheEllipsisStandsFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := Clean(anyText().Draw(t, "text"))
		room, n := rapid.Float64Range(40, 300).Draw(t, "room"), rapid.IntRange(1, 5).Draw(t, "lines")
		rows := lineFont.wrap(text, room, n)
		if len(rows) > n {
			t.Fatalf("%d rows, want at most %d", len(rows), n)
		}
		for _, r := range rows {
			if w := lineFont.width(r); w > room+0.01 {
				t.Fatalf("%q is %.1f wide, room %.1f", r, w, room)
			}
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		all := strings.Join(rows, "")
		if kept, cut := strings.CutSuffix(all, "…"); cut {
			all = kept
		} else if bare(all) != bare(text) {
			t.Fatalf("%q became %q", text, rows)
		}
		if !strings.HasPrefix(bare(text), bare(all)) {
			t.Fatalf("%q became %q", text, rows)
		}
	})
}

func TestTextCutInTheMiddleKeepsBothEnds(t *testing.T) {
	got := nameFont.fitMiddle("arn:aws:iam::111122223333:role/service-role/AmazonSageMaker-ExecutionRole", 200)
	if nameFont.width(got) > 200 || !strings.HasPrefix(got, "arn:aws:iam") || !strings.HasSuffix(got, "nRole") || !strings.Contains(got, "…") {
		t.Errorf("got %q", got)
	}
	if got := nameFont.fitMiddle("short", 200); got != "short" {
		t.Errorf("got %q", got)
	}
}

func TestAfterAStopNothingIsLeft(t *testing.T) {
	for _, c := range []struct{ state, mark, want Mark }{
		{Pass, Pass, Pass}, {Pass, Warn, Pass}, {Pass, Stop, Unreached}, {Pass, Unknown, Unknown}, {Pass, Partial, Partial},
		{Unreached, Pass, Unreached}, {Unknown, Stop, Unreached}, {Partial, Pass, Partial}, {Partial, Unknown, Unknown}, {Unreached, Unknown, Unreached},
	} {
		if got := after(c.state, c.mark); got != c.want {
			t.Errorf("after %v at %v: %v, want %v", c.state, c.mark, got, c.want)
		}
	}
}

func TestAReplyThatIsStoppedMarksTheWholeCard(t *testing.T) {
	s := Station{Mark: Pass, Reply: Stop}
	if m, word := s.overall(); m != Stop || word != "stops replies" {
		t.Errorf("got %v %q", m, word)
	}
	s = Station{Mark: Stop, Reply: Pass}
	if m, word := s.overall(); m != Stop || word != "stops here" {
		t.Errorf("got %v %q", m, word)
	}
}

// A DOT string may hold anything but a quote that no backslash precedes.
var dotLine = regexp.MustCompile(`^\s*((digraph canreach|subgraph cluster_\d+) \{|\}|(graph|node|edge) \[.*\];|label="([^"\\]|\\.)*"; color="#[0-9a-f]{6}"; style=rounded;|n\d+_\d+ \[label="([^"\\]|\\.)*", style="[a-z,]+", color="#[0-9a-f]{6}", penwidth=\d\];|n\d+_\d+ -> n\d+_\d+ \[[a-z#0-9=", ]*\];)$`)
var mermaidLine = regexp.MustCompile(`^\s*(direction TB|end|subgraph lane\d+\["([^"` + "`" + `<>%{}\[\]]|<br/>)*"\]|n\d+_\d+\["([^"` + "`" + `<>%{}\[\]]|<br/>)*"\]:::[a-z]+|n\d+_\d+ (-->|-\.->|-\. reply \.->) n\d+_\d+|classDef [a-z]+ stroke:#[0-9a-f]{6},stroke-width:\dpx[,a-z:0-9 -]*|linkStyle \d+ stroke:#[0-9a-f]{6})$`)

func TestNamesStayInsideTheirStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDiagram(t)
		var dot, mermaid strings.Builder
		if DOT(&dot, d) != nil || Mermaid(&mermaid, d) != nil {
			t.Fatal("writing failed")
		}
		for _, l := range strings.Split(strings.TrimSpace(dot.String()), "\n") {
			if !dotLine.MatchString(l) {
				t.Fatalf("DOT: %s", l)
			}
		}
		for _, l := range strings.Split(strings.TrimSpace(strings.TrimPrefix(mermaid.String(), mermaidHead)), "\n") {
			if !mermaidLine.MatchString(l) {
				t.Fatalf("Mermaid: %s", l)
			}
		}
	})
}

func TestSamePictureSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDiagram(t)
		first := svgOf(t, d, SVGOptions{})
		if first != svgOf(t, d, SVGOptions{}) {
			t.Fatal("two drawings differ")
		}
	})
}

func FuzzSVG(f *testing.F) {
	for _, s := range nasty {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		d := &Diagram{Title: name, Word: text, Lanes: []Lane{{Title: text, Note: name, Members: []string{name, text},
			Sections: []Section{{Title: name, Stations: []Station{{Label: name, Name: text, Reply: Stop, Lines: []Line{{Tag: name, Code: text, Text: name + text}}}}}}}}}
		if err := checkSVG(svgOf(t, d, SVGOptions{})); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLabelsShowWhatTheyWereGiven(t *testing.T) {
	for in, want := range map[string][2]string{
		`a&lt;b`:   {`"a&amp;lt;b"`, `"a#38;lt#59;b"`},
		`\N "x"`:   {`"\\N \"x\""`, `"#92;N #34;x#34;"`},
		"`*b*` _i": {"\"`*b*` _i\"", `"#96;#42;b#42;#96; #95;i"`},
		"%%{init}": {`"%%{init}"`, `"#37;#37;#123;init#125;"`},
	} {
		if got := dotString(in); got != want[0] {
			t.Errorf("DOT: %s became %s, want %s", in, got, want[0])
		}
		if got := mermaidString(in); got != want[1] {
			t.Errorf("Mermaid: %s became %s, want %s", in, got, want[1])
		}
	}
}
