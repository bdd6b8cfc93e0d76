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

// Partition returns the partition that a Region belongs to, e.g. "aws".
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "us-iso-"):
		return "aws-iso"
	case strings.HasPrefix(region, "us-isob-"):
		return "aws-iso-b"
	case strings.HasPrefix(region, "eu-isoe-"):
		return "aws-iso-e"
	case strings.HasPrefix(region, "us-isof-"):
		return "aws-iso-f"
	case strings.HasPrefix(region, "eusc-"):
		return "aws-eusc"
	}
	return "aws"
}
