package sim

import "testing"

// A gate that fails in part and is open in part leaves the open part open; one
// that fails for all leaves nothing.
func TestAndGate(t *testing.T) {
	pass, fail, open := tally{pass: true}, tally{fail: true}, tally{open: true}
	for _, tt := range []struct {
		v, gate tally
		want    Verdict
	}{
		{pass, pass, Reachable}, {pass, fail, Blocked}, {pass, open, Unknown}, {fail, open, Blocked}, {open, fail, Blocked},
		{pass, tally{pass: true, fail: true}, Partial},
		{pass, tally{fail: true, open: true}, Unknown},
		{fail, tally{fail: true, open: true}, Blocked},
		{pass, tally{pass: true, fail: true, open: true}, Partial},
	} {
		if got := andGate(tt.v, tt.gate).judge(); got != tt.want {
			t.Errorf("%+v behind %+v: %v, want %v", tt.v, tt.gate, got, tt.want)
		}
	}
}
