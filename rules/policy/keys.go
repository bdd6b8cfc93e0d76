package policy

import (
	"strings"

	"github.com/canreach/canreach/rules/policy/sar"
)

// Multivalued tells whether AWS gives the condition key, in lower case, as a
// list of values (P170).
func Multivalued(key string) bool {
	switch key {
	case "aws:sourcevpce", "aws:sourcevpc", "aws:sourceip", "aws:vpcsourceip", "aws:principalarn", "aws:principalaccount", "aws:principalorgid":
		return false // the usual ones, for speed
	case "aws:sourceorgpaths", "aws:vpceorgpaths", "s3:requestobjecttagkeys", "dynamodb:leadingkeys", "kms:encryptioncontextkeys":
		return true // also where the tables forget them
	}
	return sar.Multivalued(key)
}

// SuppliesKey tells whether AWS gives the condition key, in lower case, to
// requests of the action at all (P149). Unknown where the tables do not tell:
// they do for the keys of S3.
func SuppliesKey(action, key string) Truth {
	if !strings.HasPrefix(key, "s3:") {
		return Unknown
	}
	prefix, name, _ := strings.Cut(action, ":")
	s, ok := sar.FindService(prefix)
	if !ok || s.Prefix != "s3" {
		return Unknown
	}
	supplied, known := s.Supplies(name, key)
	if !known {
		return Unknown
	}
	return truth(supplied)
}
