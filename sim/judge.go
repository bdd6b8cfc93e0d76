package sim

// verdictParts joins cases to one verdict. It is the only place where a verdict is
// made out of others (N1 to N3, P214).
type verdictParts struct{ pass, fail, open bool }

func (t *verdictParts) join(o verdictParts) {
	t.pass = t.pass || o.pass
	t.fail = t.fail || o.fail
	t.open = t.open || o.open
}

// tallyOf is what a verdict says of its cases.
func tallyOf(v Verdict) verdictParts {
	return verdictParts{pass: v == Reachable || v == Partial, fail: v == Blocked || v == Partial, open: v == Unknown}
}

// judge: one definite pass and one definite failure are PARTIAL whatever the
// rest; else anything open is UNKNOWN; else the common value. No case at all
// claims nothing.
func (t verdictParts) judge() Verdict {
	switch {
	case t.pass && t.fail:
		return Partial
	case t.open:
		return Unknown
	case t.pass:
		return Reachable
	case t.fail:
		return Blocked
	}
	return Unknown
}
