package snapshot

import (
	"slices"
	"strings"
)

// A factMissing is a member that AWS always sends and that is not there: what it
// would say is unknown, never a default (P371).
type factMissing struct {
	at     Source
	member string
	item   bool // an item of a collection, which is left out of it
	gap    *Gap
}

// lacks notes a missing fact of one resource. The caller marks what it leaves open.
func (r *reader) lacks(at Source, member string) *Gap {
	g := &Gap{Operation: memberOperations[member], Resource: at.Pointer(), Code: "FieldMissing",
		Message: member + ", which AWS always sends, is missing at " + at.Pointer(), At: at}
	r.missing = append(r.missing, factMissing{at: at, member: member, gap: g})
	return g
}

// lacksItem notes that an item of a collection cannot be used.
func (r *reader) lacksItem(at Source, id, member string) {
	r.lacks(at, member)
	m := &r.missing[len(r.missing)-1]
	m.item, m.gap.Resource = true, id
}

// memberOperations are the operations that print members of one resource.
var memberOperations = map[string]string{
	"AssumeRolePolicyDocument": "GetRole", "PermissionsBoundaryArn": "GetRole", "PolicyDocument": "GetRolePolicy", "Document": "GetPolicyVersion",
	"Content": "DescribePolicy", "KeyState": "DescribeKey", "SSEAlgorithm": "GetBucketEncryption", "ObjectOwnership": "GetBucketOwnershipControls",
	"BlockPublicAcls": "GetPublicAccessBlock", "IgnorePublicAcls": "GetPublicAccessBlock", "BlockPublicPolicy": "GetPublicAccessBlock",
	"RestrictPublicBuckets": "GetPublicAccessBlock",
}

// placeOfCollection returns the service and the key in a pointer to a
// collection's item: …/ec2/Subnets/3 is in ec2 and Subnets.
func placeOfCollection(pointer string) (service, key string) {
	parts := strings.Split(pointer, "/")
	for i, p := range parts[:len(parts)-1] {
		switch p {
		case "ec2", "route53resolver", "route53", "lambda", "iam", "s3", "kms", "organizations", "resources":
			return p, parts[i+1]
		}
	}
	return "", ""
}

// applyMissing adds the missing facts to the gaps.
func (s *Snapshot) applyMissing(missing []factMissing) {
	s.missing = missing
	defer s.listMissing()
	for _, m := range missing {
		service, key := placeOfCollection(m.at.Base)
		m.gap.Service = service
		if m.gap.Operation == "" && key != "" {
			m.gap.Operation = operationOf(service, key)
		}
		if !m.item {
			continue
		}
		for _, a := range s.Accounts {
			for _, v := range a.Regions {
				if p, ok := v.partOf(key); ok && a.ID == m.gap.Account && v.Name == m.gap.Region {
					p.unreadable(m.gap) // whatever is looked up by another member may be in it
				}
			}
		}
	}
}

// listMissing puts the missing facts behind the gaps of the capture.
func (s *Snapshot) listMissing() {
	slices.SortStableFunc(s.missing, func(a, b factMissing) int { return strings.Compare(a.at.Pointer(), b.at.Pointer()) })
	for _, m := range s.missing {
		s.Capture.Gaps = append(s.Capture.Gaps, *m.gap)
	}
}
