package policy

import "strings"

// Multivalued tells whether AWS gives the condition key, in lower case, as a
// list of values (P170).
func Multivalued(key string) bool {
	switch key {
	case "aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths",
		"aws:calledvia", "aws:tagkeys", "aws:principalservicenameslist", "s3:requestobjecttagkeys":
		return true
	}
	return strings.HasSuffix(key, ":leadingkeys")
}
