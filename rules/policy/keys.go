package policy

import "strings"

// Multivalued tells whether AWS gives the condition key, in lower case, as a
// list of values (P170).
func Multivalued(key string) bool {
	switch key {
	case "aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths",
		"aws:calledvia", "aws:tagkeys", "aws:principalservicenameslist", "s3:requestobjecttagkeys", "kms:encryptioncontextkeys":
		return true
	}
	return strings.HasSuffix(key, ":leadingkeys")
}

// SuppliesKey tells whether AWS gives the condition key, in lower case, to
// requests of the action at all (P149). Unknown where the tables do not tell.
func SuppliesKey(action, key string) Truth { return Unknown }
