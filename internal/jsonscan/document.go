package jsonscan

import (
	"bytes"
	"errors"
	"net/url"
)

// jsonSpace is what JSON takes for white space (RFC 8259, section 2).
const jsonSpace = " \t\r\n"

// DecodeDocument undoes the encodings that AWS's APIs put around a policy
// document (P18): a JSON string, URL encoding, at most two levels. The result
// is the document's own text, which need not be well formed. Raw that is an
// object already comes back as it is.
func DecodeDocument(raw []byte) ([]byte, error) {
	text := raw
	quoted := 0
	for range 4 { // each level may be quoted and then URL-encoded
		trimmed := bytes.TrimLeft(text, jsonSpace)
		switch {
		case bytes.HasPrefix(trimmed, []byte(`"`)):
			if quoted++; quoted > 2 {
				return nil, errors.New("still a string after two levels of decoding")
			}
			s := New(text)
			inner := s.Text()
			s.End()
			if e := s.Err(); e != nil {
				return nil, errors.New(e.Problem)
			}
			text = []byte(inner)
		case bytes.HasPrefix(trimmed, []byte("%")):
			plain, err := url.PathUnescape(string(text)) // a plus stands for itself
			if err != nil {
				return nil, err
			}
			text = []byte(plain)
		default:
			return text, nil
		}
	}
	if bytes.HasPrefix(bytes.TrimLeft(text, jsonSpace), []byte(`"`)) {
		return nil, errors.New("still a string after two levels of decoding")
	}
	return text, nil
}
