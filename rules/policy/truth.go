package policy

// String names the truth value.
func (t Truth) String() string {
	switch t {
	case Unknown:
		return "unknown"
	case False:
		return "false"
	case True:
		return "true"
	}
	panic("unreachable: truth value")
}

// Not is Kleene's negation (P210).
func (t Truth) Not() Truth {
	switch t {
	case True:
		return False
	case False:
		return True
	case Unknown:
	}
	return Unknown
}

// And is Kleene's conjunction (P210).
func (t Truth) And(o Truth) Truth {
	switch {
	case t == False || o == False:
		return False
	case t == True && o == True:
		return True
	}
	return Unknown
}

// Or is Kleene's disjunction (P210).
func (t Truth) Or(o Truth) Truth {
	switch {
	case t == True || o == True:
		return True
	case t == False && o == False:
		return False
	}
	return Unknown
}

// join is the value that both completions of an unknown agree on.
func join(a, b Truth) Truth {
	if a == b {
		return a
	}
	return Unknown
}

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}
