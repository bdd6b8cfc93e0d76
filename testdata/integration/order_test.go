//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheServersOrderDoesNotMatter turns the lists of every answer round: AWS
// promises no order, and the same state must give the same bytes.
func TestTheServersOrderDoesNotMatter(t *testing.T) {
	w, p := setUp(t)
	furnish(w, p)
	for _, args := range [][]string{nil, {"--job", w.job}} {
		p.proxy.cause(nil)
		p.mustCapture("as-is.json", args...)
		p.proxy.cause(func(string, int) trouble { return trouble{reverse: true} })
		p.mustCapture("turned.json", args...)
		a, b := strings.Split(withoutHeader(t, filepath.Join(p.dir, "as-is.json")), "\n"), strings.Split(withoutHeader(t, filepath.Join(p.dir, "turned.json")), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%v: as the server answers, and with its lists turned round:\n%s\n%s", args, a[i], b[i])
			}
		}
		if len(a) != len(b) {
			t.Errorf("%v: %d lines and %d", args, len(a), len(b))
		}
	}
}

// inOrder are lists whose order AWS gives a meaning: an interface's first
// address is its primary one.
var inOrder = []string{"privateIpAddressesSet"}

// node is an XML element.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func (n *node) reverse() {
	for i := range n.Children {
		n.Children[i].reverse()
	}
	same := len(n.Children) > 1 && !slices.Contains(inOrder, n.XMLName.Local) &&
		!slices.ContainsFunc(n.Children, func(c node) bool { return c.XMLName != n.Children[0].XMLName })
	if same {
		slices.Reverse(n.Children)
	}
}

// reversed turns the lists of an answer round. Documents within it stay as
// they are: they are no lists of AWS's.
func reversed(answer []byte) []byte {
	if bytes.HasPrefix(bytes.TrimSpace(answer), []byte("{")) {
		var v map[string]any
		if json.Unmarshal(answer, &v) != nil || v["Statement"] != nil {
			return answer // a bucket's policy is the whole answer
		}
		reverseLists(v)
		out, err := json.Marshal(v)
		if err != nil {
			return answer
		}
		return out
	}
	if bytes.Contains(answer, []byte("xsi:type")) {
		return answer // encoding/xml would lose the attribute
	}
	var n node
	if err := xml.Unmarshal(answer, &n); err != nil && !errors.Is(err, io.EOF) {
		return answer
	}
	n.reverse()
	out, err := xml.Marshal(n)
	if err != nil {
		return answer
	}
	return out
}

func reverseLists(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			reverseLists(v[k])
		}
	case []any:
		slices.Reverse(v)
		for i := range v {
			reverseLists(v[i])
		}
	}
}
