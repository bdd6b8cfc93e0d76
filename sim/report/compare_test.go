package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/picture"
)

// What differs is marked on either side, and nothing else.
func TestComparisonMarksWhatChanged(t *testing.T) {
	broken, whole := sample(t, "two"), sample(t, "reachable")
	c := &Comparison{Before: broken, After: whole, Changes: []string{"Create a route <b>in</b> rtb-1."}, Gone: broken.Findings[:1]}
	var page bytes.Buffer
	if err := ComparisonHTML(&page, c); err != nil {
		t.Fatal(err)
	}
	if err := checkPage(page.Bytes()); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"PARTIAL → REACHABLE", "What was changed", "&lt;b&gt;", ">changes<", ">changed<", "What is gone", broken.Findings[0].Code.String()} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var svg bytes.Buffer
	if err := picture.SVG(&svg, c.Diagram(), picture.SVGOptions{}); err != nil || !strings.Contains(svg.String(), "Before: ") || !strings.Contains(svg.String(), "After: ") {
		t.Errorf("no two sides: %v", err)
	}
	same := &Comparison{Before: whole, After: whole}
	page.Reset()
	if err := ComparisonHTML(&page, same); err != nil || strings.Contains(page.String(), ">changed<") || strings.Contains(page.String(), ">changes<") {
		t.Errorf("two equal answers differ: %v", err)
	}
}
