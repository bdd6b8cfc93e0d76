package snapshot

import "strings"

// arn is an ARN taken apart.
type arn struct{ partition, service, region, account, resource string }

// parseARN takes an ARN apart; false: it is none.
func parseARN(t string) (arn, bool) {
	p := strings.SplitN(t, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[1] == "" || p[2] == "" {
		return arn{}, false
	}
	return arn{p[1], p[2], p[3], p[4], p[5]}, true
}

// isAccountID tells whether t is twelve digits.
func isAccountID(t string) bool {
	return len(t) == 12 && strings.Trim(t, "0123456789") == ""
}
