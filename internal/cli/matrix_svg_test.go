package cli

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
)

// The heat map is well-formed whatever the names are, and says each verdict in a word.
func TestMatrixSVG(t *testing.T) {
	m := &access.Matrix{Action: "s3:GetObject", Roles: []string{`arn:aws:iam::1:role/<script>"&`}, Buckets: []string{"arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::c", "arn:aws:s3:::" + strings.Repeat("x", 63)},
		Cells: [][]access.Cell{{{Verdict: sim.Reachable}, {Verdict: sim.Partial}, {Verdict: sim.Unknown}, {Verdict: sim.Blocked}}}}
	var b bytes.Buffer
	writeMatrixSVG(&b, &matrixResult{Matrices: []*access.Matrix{m}})
	for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if el, ok := tok.(xml.StartElement); ok && el.Name.Local == "script" {
			t.Error("a name became an element")
		}
	}
	for _, want := range []string{">all<", ">some<", ">?<", ">.<", "…"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the heat map lacks %q", want)
		}
	}
}
