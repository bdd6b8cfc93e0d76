package sim

import (
	"testing"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// A statement's pointer follows the document's structure, not its texts, and
// stops at a document that is a string.
func TestStatementPointer(t *testing.T) {
	const s = `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`
	for raw, want := range map[string]string{
		`{"Id":"Statement","Statement":[` + s + `]}`:                                                                                     "/Statement/0",
		`{"Id":"\"Statement\":{","Statement":[` + s + `]}`:                                                                               "/Statement/0",
		`{"Id":"Statement", "Statement" : ` + s + `}`:                                                                                    "/Statement",
		`"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}"`:                          "",
		` "%7B%22Statement%22:%7B%22Effect%22:%22Allow%22,%22Principal%22:%22*%22,%22Action%22:%22s3:*%22,%22Resource%22:%22*%22%7D%7D"`: "",
	} {
		d := &snapshot.Document{Raw: []byte(raw), Presence: snapshot.Collected, At: snapshot.Source{Base: "/policy", Index: -1}}
		p := parsePolicy("p", d, policy.KindEndpoint)
		if p.Malformed != nil {
			t.Errorf("%s: %v", raw, p.Malformed)
			continue
		}
		if got := p.StatementPointer(0); got != d.At.Pointer()+want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}
