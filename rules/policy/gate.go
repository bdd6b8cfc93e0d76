package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// GateDecision is what one of S3's own gates did to a request.
type GateDecision struct {
	Outcome     Truth  // True: the gate lets the request pass
	Reason      string // why it does not, or why nobody knows
	Assumptions []string
}

// passes is the decision of an open gate.
var passes = GateDecision{Outcome: True}

// IsPublic tells whether S3 takes a bucket policy to be public, and which
// statement makes it so (P258 to P260). A nil document is no policy.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func IsPublic(d *Document) (Truth, string) {
	if d == nil {
		return False, ""
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		if !statementIsPublic(d, s) {
			continue
		}
		name := fmt.Sprintf("statement %d", s.Index)
		if s.Sid != "" {
			name += fmt.Sprintf(" (%s)", clip(s.Sid))
		}
		return True, name + " allows a principal that is not fixed, and no condition narrows it to fixed values"
	}
	return False, ""
}

// statementIsPublic tells an Allow for principals that are not fixed, without a
// condition that narrows it to fixed values.
func statementIsPublic(d *Document, s *Statement) bool {
	if s.Deny || len(s.Actions) == 0 || s.HasResource && len(s.Resources) == 0 || fixedPrincipals(s) {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, func(c Condition) bool { return narrows(d, &c) })
}

// fixedPrincipals tells a Principal without wildcard. NotPrincipal is everyone.
func fixedPrincipals(s *Statement) bool {
	p := s.Principals
	if p == nil || p.All || s.NotPrincipal {
		return false
	}
	values := slices.Concat(p.AWS, p.Service, p.Federated, p.Canonical)
	return !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") })
}

// narrowingKeys are those whose fixed values make a grant non-public (P258).
var narrowingKeys = []string{
	"aws:principalorgid", "aws:principalaccount", "aws:principalarn", "aws:sourceip", "aws:sourcearn", "aws:sourcevpc",
	"aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid", "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
}

// narrows tells a condition that holds a grant to fixed values. What holds for
// a missing key narrows nothing (P260).
func narrows(d *Document, c *Condition) bool {
	key := lower(c.Key)
	t := operators[strings.ToLower(c.Operator.Base)]
	if t.negated || c.Operator.IfExists || c.Operator.Qualifier == ForAllValues || len(c.Values) == 0 || !slices.Contains(narrowingKeys, key) {
		return false
	}
	for _, v := range c.Values {
		switch t.family {
		case familyIP:
			if key != sourceIP || !narrowNetwork(v) {
				return false
			}
		case familyString, familyStringFold, familyLike, familyARN:
			if key == sourceIP || !fixedValue(d, key, v) {
				return false
			}
		case familyNumeric, familyDate, familyBool, familyBinary, familyNull:
			return false
		}
	}
	return true
}

// narrowNetwork tells a range not wider than /8 or, for IPv6, /32.
func narrowNetwork(v string) bool {
	n, ok := parseNetwork(v)
	return ok && n.Bits() >= widest(n)
}

func widest(n netip.Prefix) int {
	if n.Addr().Is4() {
		return 8
	}
	return 32
}

// fixedValue tells a value without wildcard or variable. The name of an access
// point may be a wildcard where its account is fixed.
func fixedValue(d *Document, key, v string) bool {
	if d.Variables() && strings.Contains(v, "${") {
		return false
	}
	if key == "s3:dataaccesspointarn" {
		parts := strings.SplitN(v, ":", 6)
		return len(parts) == 6 && isAccountID(parts[4])
	}
	return !strings.ContainsAny(v, "*?")
}

// PublicAccessBlock is the Block Public Access setting of one level:
// organization, account, bucket or access point. The zero value is "none
// stored": all four off (P263).
type PublicAccessBlock struct {
	BlockPublicACLs, IgnorePublicACLs, BlockPublicPolicy, RestrictPublicBuckets bool
	Gap                                                                         string // non-empty: not known, and why
}

// BlockPublicAccess decides whether Block Public Access stops the request
// (P255 to P257, P263). The levels combine to the most restrictive. Only
// RestrictPublicBuckets acts on requests; BlockPublicPolicy and
// BlockPublicACLs do not undo what is stored.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func BlockPublicAccess(levels []PublicAccessBlock, bucketPolicy *Policy, r *Request) GateDecision {
	who := &r.Principal
	if who.Kind == PrincipalService || who.Account != "" && who.Account == r.ResourceAccount {
		return passes
	}
	restrict, gap := False, ""
	for _, l := range levels {
		switch {
		case l.Gap != "":
			restrict, gap = restrict.Or(Unknown), l.Gap
		case l.RestrictPublicBuckets:
			restrict = True
		}
	}
	if restrict == False {
		return passes
	}
	public, why := policyIsPublic(bucketPolicy)
	if public == False {
		return passes
	}
	if who.Account != "" && r.ResourceAccount == "" {
		return GateDecision{Reason: "it is not known which account owns the bucket, and RestrictPublicBuckets stops other accounts where the bucket policy is public"}
	}
	switch {
	case public == True && restrict == True:
		return GateDecision{Outcome: False, Reason: "RestrictPublicBuckets is on and the bucket policy is public: " + why}
	case restrict == Unknown:
		return GateDecision{Reason: "the Block Public Access settings are not known: " + gap}
	}
	return GateDecision{Reason: "it is not known whether the bucket policy is public: " + why}
}

func policyIsPublic(p *Policy) (Truth, string) {
	switch {
	case absent(p):
		return False, ""
	case p.Malformed != nil:
		return Unknown, p.Malformed.Error()
	case p.Document == nil:
		return Unknown, p.Gap
	}
	return IsPublic(p.Document)
}

// RequesterPays decides for a bucket whose requesters pay (P275): owners pay
// themselves, anonymous callers never pass, and other accounts pass with the
// header x-amz-request-payer, which a SageMaker job is not known to send.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
func RequesterPays(enabled Truth, headerSent bool, r *Request) GateDecision {
	who := &r.Principal
	if enabled == False || who.Account != "" && who.Account == r.ResourceAccount {
		return passes
	}
	if headerSent && who.Kind != PrincipalAnonymous {
		return passes
	}
	d := GateDecision{Outcome: False, Reason: "the bucket's requesters pay, and the request does not say so (x-amz-request-payer)"}
	if who.Kind != PrincipalAnonymous {
		d.Assumptions = []string{"the request is taken not to send x-amz-request-payer (P275, unverified)"}
	}
	if enabled == Unknown || r.ResourceAccount == "" {
		d.Outcome, d.Reason = Unknown, "it is not known whether the bucket's requesters pay, or who owns it"
	}
	return d
}

// AccessPointOrigin decides whether an access point with the given VPC as its
// network origin takes the request (P269); vpc is "" for the internet. Needs
// aws:SourceVpc in the context.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html
func AccessPointOrigin(vpc string, r *Request) GateDecision {
	if vpc == "" {
		return passes
	}
	if r.Principal.Kind == PrincipalAnonymous {
		return GateDecision{Outcome: False, Reason: "an access point of VPC origin takes no anonymous requests"}
	}
	var e Evaluator
	e.r = r
	switch v := e.state("aws:sourcevpc"); {
	case v.State == KeyKnown && len(v.Values) == 1 && v.Values[0] == vpc:
		return passes
	case v.State == KeyKnown, v.State == KeyAbsent, v.State == KeyMaybe && !slices.Contains(v.Values, vpc):
		return GateDecision{Outcome: False, Reason: "access point " + r.AccessPoint + " takes requests from " + vpc + " only, and this one comes " + e.cameBy()}
	}
	return GateDecision{Reason: "it is not known whether the request comes from " + vpc}
}

// cameBy words how a request reached S3.
func (e *Evaluator) cameBy() string {
	vpc, by := e.state("aws:sourcevpc"), e.state("aws:sourcevpce")
	if vpc.State != KeyKnown || len(vpc.Values) != 1 {
		return "by no VPC endpoint"
	}
	if by.State != KeyKnown || len(by.Values) != 1 {
		return "from " + vpc.Values[0]
	}
	return "from " + vpc.Values[0] + " by " + by.Values[0]
}

// AccessPointARN is an access point's ARN, taken apart (P265).
type AccessPointARN struct {
	Partition, Service, Region, Account, Name string
	MultiRegion, ObjectLambda                 bool
}

// ParseAccessPoint reads the ARN of an S3 access point, multi-Region access
// point (whose Region is empty) or Object Lambda access point.
func ParseAccessPoint(arn string) (AccessPointARN, bool) {
	a := splitARN(arn)
	name, ok := strings.CutPrefix(a.parts[5], "accesspoint/")
	if !a.ok || !ok || name == "" || strings.Contains(name, "/") || !isAccountID(a.parts[4]) || a.parts[2] != "s3" && a.parts[2] != "s3-object-lambda" {
		return AccessPointARN{}, false
	}
	return AccessPointARN{
		Partition: a.parts[1], Service: a.parts[2], Region: a.parts[3], Account: a.parts[4], Name: name,
		MultiRegion: a.parts[3] == "", ObjectLambda: a.parts[2] == "s3-object-lambda",
	}, true
}
