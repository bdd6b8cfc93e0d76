package evaljson

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/canreach/canreach/rules/policy"
)

var outcomes = [...]string{policy.Unknown: "UNKNOWN", policy.False: "DENY", policy.True: "ALLOW"}

func appendID(out, id []byte) []byte {
	out = append(out, `{"id":`...)
	if id == nil {
		return append(out, "null"...)
	}
	if id[0] != '"' {
		return append(out, id...)
	}
	c := cursor{b: id}
	text, err := c.text()
	if err != nil {
		return append(out, "null"...)
	}
	return appendString(out, text)
}

func appendError(out, id []byte, err *lineError) []byte {
	out = appendID(out, id)
	out = append(out, `,"error":{"code":`...)
	out = appendString(out, err.code)
	out = append(out, `,"message":`...)
	out = appendString(out, err.message)
	out = append(out, `,"pointer":`...)
	out = appendString(out, err.pointer)
	return append(out, "}}"...)
}

func appendDecision(out, id []byte, d *policy.Decision, explain bool) []byte {
	out = appendID(out, id)
	out = append(out, `,"decision":"`...)
	out = append(out, outcomes[d.Outcome]...)
	out = append(out, `","layers":[`...)
	for i := range d.Layers {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendLayer(out, &d.Layers[i], explain)
	}
	out = append(out, `],"unknownKeys":`...)
	var keys, facts []string
	for i := range d.Needs {
		if n := &d.Needs[i]; n.Key != "" {
			keys = append(keys, n.Key)
		} else {
			facts = append(facts, n.Fact)
		}
	}
	slices.Sort(keys)
	out = appendStrings(out, slices.Compact(keys))
	if len(facts) > 0 {
		out = append(out, `,"unknownFacts":`...)
		out = appendStrings(out, facts)
	}
	if len(d.Assumptions) > 0 {
		out = append(out, `,"assumptions":`...)
		out = appendStrings(out, d.Assumptions)
	}
	return append(out, '}')
}

func appendLayer(out []byte, l *policy.LayerDecision, explain bool) []byte {
	out = append(out, `{"layer":"`...)
	out = append(out, l.Layer...)
	out = append(out, `","decision":"`...)
	out = append(out, l.Outcome.String()...)
	out = append(out, `","statements":[`...)
	for i := range l.Statements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendReference(out, &l.Statements[i]), '}')
	}
	out = append(out, ']')
	if !explain {
		return append(out, '}')
	}
	if l.Level >= 0 {
		out = append(out, `,"level":`...)
		out = strconv.AppendInt(out, int64(l.Level), 10)
	}
	if l.Reason != "" {
		out = append(out, `,"reason":`...)
		out = appendString(out, l.Reason)
	}
	if len(l.Near) > 0 {
		out = append(out, `,"near":[`...)
		for i := range l.Near {
			if i > 0 {
				out = append(out, ',')
			}
			n := &l.Near[i]
			out = appendReference(out, &n.StatementRef)
			out = append(out, `,"part":`...)
			out = appendString(out, n.Part)
			out = append(out, `,"detail":`...)
			out = append(appendString(out, n.Detail), '}')
		}
		out = append(out, ']')
	}
	return append(out, '}')
}

// appendReference writes a statement's object, open at its end.
func appendReference(out []byte, s *policy.StatementRef) []byte {
	out = append(out, `{"policy":`...)
	out = appendString(out, s.Policy)
	out = append(out, `,"index":`...)
	out = strconv.AppendInt(out, int64(s.Index), 10)
	out = append(out, `,"sid":`...)
	return appendString(out, s.Sid)
}

func appendStrings(out []byte, list []string) []byte {
	out = append(out, '[')
	for i, s := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, s)
	}
	return append(out, ']')
}

// appendString writes a JSON string. Characters that a terminal might obey are
// escaped.
func appendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if c >= utf8.RuneSelf && r != utf8.RuneError && !obeyed(r) {
			i += n
			continue
		}
		out = append(out, s[from:i]...)
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case r > 0xffff:
			out = append(out, "\\ufffd"...)
		default:
			out = append(out, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
		i += n
		from = i
	}
	return append(append(out, s[from:]...), '"')
}

// obeyed tells control characters and marks of direction.
func obeyed(r rune) bool {
	return r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff
}
