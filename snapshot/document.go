package snapshot

import (
	"errors"
	"net/url"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// DecodeDocument undoes the encodings that AWS's APIs put around a policy
// document (P18): a JSON string, URL encoding, at most two levels. The result
// is the document's own text, which need not be well formed. Raw that is an
// object already comes back as it is.
func DecodeDocument(raw []byte) ([]byte, error) {
	text := raw
	quoted := 0
	for range 4 { // each level may be quoted and then URL-encoded
		trimmed := strings.TrimLeft(string(text[:min(len(text), 64)]), " \t\r\n")
		switch {
		case strings.HasPrefix(trimmed, `"`):
			if quoted++; quoted > 2 {
				return nil, errors.New("still a string after two levels of decoding")
			}
			s := jsonscan.New(text)
			inner := s.Text()
			s.End()
			if e := s.Err(); e != nil {
				return nil, errors.New(e.Problem)
			}
			text = []byte(inner)
		case strings.HasPrefix(trimmed, "%"):
			plain, err := url.PathUnescape(string(text)) // a plus stands for itself
			if err != nil {
				return nil, err
			}
			text = []byte(plain)
		default:
			return text, nil
		}
	}
	if strings.HasPrefix(strings.TrimSpace(string(text)), `"`) {
		return nil, errors.New("still a string after two levels of decoding")
	}
	return text, nil
}
