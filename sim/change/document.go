package change

import (
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/rules/policy"
)

// checkPolicy refuses a document that AWS would refuse, under AWS's code.
func (e *editor) checkPolicy(text string, kind policy.Kind, code string) error {
	doc, err := policy.Parse([]byte(text), kind)
	if err != nil {
		return e.refuse(code, "POLICY_MALFORMED: %s", err)
	}
	for _, w := range doc.Warnings {
		e.note("%s: %s", e.change.Key(), w)
	}
	return nil
}

// sizeWithoutSpace is how IAM counts a document: whitespace outside strings
// does not count (rule P16).
func sizeWithoutSpace(text string) int {
	n, inString := 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString && c == '\\':
			n, i = n+1, i+1
		case c == '"':
			inString = !inString
		case !inString && strings.IndexByte(" \t\r\n", c) >= 0:
			continue
		}
		n++
	}
	return n
}

// setDocument puts a policy document into a member, as text or as an object,
// whichever is there already; asText decides where nothing is. A document
// that says the same in the same order leaves the member's bytes alone.
func setDocument(of *jsontree.Node, key, text string, asText bool) {
	old := of.Get(key)
	switch old.Kind() {
	case jsontree.String:
		asText = true
	case jsontree.Object:
		asText = false
	}
	fresh, err := jsontree.NewRaw([]byte(text))
	if err != nil {
		panic("unreachable: a policy that was parsed is JSON: " + err.Error())
	}
	if now := documentNode(old); now != nil && jsontree.Equal(now, fresh) {
		return
	}
	if asText {
		fresh = jsontree.NewString(text)
	}
	of.Set(key, fresh)
}

// documentNode returns a policy document as an object, be it one or text that
// holds one; nil where there is none.
func documentNode(n *jsontree.Node) *jsontree.Node {
	for range 2 {
		if n.Kind() != jsontree.String {
			break
		}
		t, err := jsontree.Parse([]byte(n.Text()))
		if err != nil {
			return nil
		}
		n = t.Root
	}
	if n.Kind() == jsontree.Object {
		return n
	}
	return nil
}
