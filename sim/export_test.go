package sim

// RememberAtMost limits every memo of a world to n answers.
func (w *World) RememberAtMost(n int) {
	for _, limit := range []*int{&w.policies.limit, &w.decisions.limit, &w.signers.limit, &w.gates.limit, &w.keysIn.limit,
		&w.asked.limit, &w.cidrs.limit, &w.nearest.limit} {
		*limit = n
	}
}
