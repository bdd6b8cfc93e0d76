package symbolic

import "github.com/canreach/canreach/internal/strset"

func resourceTypes(action string) []strset.Pattern { return nil }
func knownActions() []string                       { return nil }
func knownAction(folded string) (string, bool)     { return "", false }
func knownService(service string) bool             { return false }
