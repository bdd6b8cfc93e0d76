package located

import (
	"bytes"
	"regexp"
	"strings"
)

// plainText is text that YAML reads as itself without quotes. It is narrow on
// purpose: what is not surely safe is quoted.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./+-]*(?::[A-Za-z0-9_./+*-]+)*(?: [A-Za-z0-9_./()+-]+)*$`)

// words that YAML reads as something else than text.
var words = map[string]bool{"true": true, "false": true, "null": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true, ".inf": true, ".nan": true}

// WriteYAML appends the value as block-style YAML, indented by indent spaces;
// with item, as an item of a list.
func WriteYAML(b *bytes.Buffer, v Value, indent int, item bool) {
	pad := strings.Repeat(" ", indent)
	switch {
	case v.Kind == Map && len(v.Members) > 0:
		for i, m := range v.Members {
			lead := pad
			if item {
				lead = pad + "  "
				if i == 0 {
					lead = pad + "- "
				}
			}
			b.WriteString(lead)
			b.WriteString(scalar(m.Key))
			b.WriteByte(':')
			writeMember(b, m.Value, len(lead))
		}
	case v.Kind == List && len(v.Items) > 0 && !item:
		for _, e := range v.Items {
			WriteYAML(b, e, indent, true)
		}
	default:
		if item {
			b.WriteString(pad + "- ")
		}
		b.WriteString(block(v))
		b.WriteByte('\n')
	}
}

func writeMember(b *bytes.Buffer, v Value, indent int) {
	if v.Kind == Map && len(v.Members) > 0 && !short(v) {
		b.WriteByte('\n')
		WriteYAML(b, v, indent+2, false)
		return
	}
	if v.Kind == List && len(v.Items) > 0 && !short(v) {
		b.WriteByte('\n')
		WriteYAML(b, v, indent+2, false)
		return
	}
	b.WriteString(" " + block(v) + "\n")
}

// block returns a value that stands alone on its line.
func block(v Value) string {
	if v.Kind == String {
		return scalar(v.Text)
	}
	return inline(v)
}

// short tells whether a value reads well on one line.
func short(v Value) bool {
	for _, e := range v.Items {
		if e.Kind == Map || e.Kind == List {
			return false
		}
	}
	for _, m := range v.Members {
		if m.Value.Kind == Map || m.Value.Kind == List {
			return false
		}
	}
	return len(inline(v)) <= 72
}

// inline returns the value in YAML's flow style.
func inline(v Value) string {
	switch v.Kind {
	case Null:
		return "null"
	case Bool, Number:
		return v.Text
	case String:
		return flow(v.Text)
	case List:
		parts := make([]string, len(v.Items))
		for i, e := range v.Items {
			parts[i] = inline(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	parts := make([]string, len(v.Members))
	for i, m := range v.Members {
		parts[i] = flow(m.Key) + ": " + inline(m.Value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// flow returns text for the flow style, where readers disagree about a colon
// inside plain text.
func flow(s string) string {
	if strings.Contains(s, ":") {
		return string(Value{Kind: String, Text: s}.JSON())
	}
	return scalar(s)
}

func scalar(s string) string {
	if plainText.MatchString(s) && !words[strings.ToLower(s)] {
		return s
	}
	return string(Value{Kind: String, Text: s}.JSON()) // a JSON string is a YAML string
}
