package network

import (
	"fmt"

	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// neverAsked reports whether a setting that is off by default and rarely used
// was not collected, without a gap that says that AWS refused it, and is taken
// as off: unless the question is strict (N161).
func (a *question) neverAsked(r *snapshot.Region, presence func(*snapshot.EC2) snapshot.Presence) bool {
	return !a.q.Strict && (r == nil || presence(&r.EC2) == snapshot.NotCollected)
}

// takenAsOff says so: a warning, an assumption, and a missing fact on which
// the outcome does not hang.
func (a *question) takenAsOff(id snapshot.VPCID, v *snapshot.VPC, code, unknown finding.Code, gate finding.Gate, what, collect, url string) {
	if !a.explain {
		return
	}
	m := Missing{Code: unknown, Gate: gate, Component: string(id), Fact: "the " + what + " settings that apply to " + string(id), Collect: collect}
	if v != nil {
		m.At = v.At
	}
	a.off = append(a.off, m)
	a.assumed = append(a.assumed, fmt.Sprintf("%s is off for %s: it was not collected.", what, id))
	f := Finding{Code: code, Gate: gate, Severity: finding.Warning, Component: string(id),
		Message: fmt.Sprintf("The snapshot does not hold the %s settings that apply to %s; they are taken to be off, AWS's default.", what, id),
		Fix:     fmt.Sprintf("Collect %s, or ask with --strict.", collect), Rule: "N161", URL: url}
	if v != nil {
		f.Name, f.At = nameOf(v.Tags), v.At
	}
	a.note(f)
}
