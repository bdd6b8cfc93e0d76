package sim

import "testing"

// A gate that fails in part and is open in part leaves the open part open; one
// that fails for all leaves nothing.
func TestAndGate(t *testing.T) {
	pass, fail, open := verdictParts{pass: true}, verdictParts{fail: true}, verdictParts{open: true}
	for _, tt := range []struct {
		v, gate verdictParts
		want    Verdict
	}{
		{pass, pass, Reachable}, {pass, fail, Blocked}, {pass, open, Unknown}, {fail, open, Blocked}, {open, fail, Blocked},
		{pass, verdictParts{pass: true, fail: true}, Partial},
		{pass, verdictParts{fail: true, open: true}, Unknown},
		{fail, verdictParts{fail: true, open: true}, Blocked},
		{pass, verdictParts{pass: true, fail: true, open: true}, Partial},
	} {
		if got := andGate(tt.v, tt.gate).judge(); got != tt.want {
			t.Errorf("%+v behind %+v: %v, want %v", tt.v, tt.gate, got, tt.want)
		}
	}
}
