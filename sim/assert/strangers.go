package assert

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// foreignBuckets are buckets that stand for those of another organization: one
// that no policy names, and one for each name or pattern of a role's Allow
// statements that no bucket of the snapshot has.
func (c *scope) foreignBuckets() []string {
	out := []string{outsideBucket}
	look := func(d *snapshot.Document) {
		for _, s := range allows(d, policy.KindIdentity) {
			for _, r := range s.Resources {
				_, name, ok := strings.Cut(r, ":::")
				name, _, _ = strings.Cut(name, "/")
				name = variable.ReplaceAllString(name, "outside")
				name = strings.NewReplacer("*", "outside", "?", "x").Replace(name)
				if _, own := c.owners[name]; ok && !own && validBucket.MatchString(name) {
					out = append(out, "arn:aws:s3:::"+name)
				}
			}
		}
	}
	for _, a := range c.snap.Accounts {
		for i := range a.IAM.Roles.Items {
			for j := range a.IAM.Roles.Items[i].Inline {
				look(&a.IAM.Roles.Items[i].Inline[j].Document)
			}
		}
		for i := range a.IAM.Policies.Items {
			look(&a.IAM.Policies.Items[i].Document)
		}
	}
	out = slices.DeleteFunc(out, c.excepted)
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	variable    = regexp.MustCompile(`\$\{[^}]*\}`)
	validBucket = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	foreignID   = regexp.MustCompile(`\b(vpce-[0-9a-z]+|vpc-[0-9a-z]+|o-[0-9a-z]{10,32})\b`)
	accountID   = regexp.MustCompile(`\b\d{12}\b`)
)

func (c *scope) excepted(arn string) bool {
	return anyGlob(c.inv.Except, arn) || anyGlob(c.inv.Except, strings.TrimPrefix(arn, "arn:aws:s3:::"))
}

// allows are the Allow statements of a document that can be read.
func allows(d *snapshot.Document, kind policy.Kind) []policy.Statement {
	text, err := jsonscan.DecodeDocument(d.Raw)
	if err != nil || d.Raw == nil {
		return nil
	}
	doc, err := policy.Parse(text, kind)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(doc.Statements), func(s policy.Statement) bool { return s.Deny })
}

// conditions finds what the conditions of a bucket policy's Allow statements
// name that the snapshot does not hold: accounts, which are asked about as
// strangers, and ids of networks and organizations, which nothing asked here
// comes from.
func (c *scope) conditions(d *snapshot.Document, known map[string]bool) (accounts []string, open []Problem) {
	for _, s := range allows(d, policy.KindBucket) {
		for _, cond := range s.Conditions {
			for _, v := range cond.Values {
				for _, a := range accountID.FindAllString(v, -1) {
					if !known[a] {
						accounts = append(accounts, a)
					}
				}
				for _, id := range foreignID.FindAllString(v, -1) {
					if !known[id] {
						open = append(open, Problem{Unknown: true, Message: fmt.Sprintf("statement %d of %s allows requests with %s %s, which is not in the snapshot: whether they come from outside the organization is not known",
							s.Index, d.At.Pointer(), cond.Key, id)})
					}
				}
			}
		}
	}
	return accounts, open
}

// knownIDs are the accounts, organizations, VPCs and endpoints of the snapshot.
func (c *scope) knownIDs() map[string]bool {
	out := map[string]bool{}
	for _, a := range c.snap.Accounts {
		out[a.ID], out[a.OrganizationID] = true, true
		for _, r := range a.Regions {
			for i := range r.EC2.VPCs.Items {
				out[string(r.EC2.VPCs.Items[i].ID)] = true
			}
			for i := range r.EC2.VPCEndpoints.Items {
				out[string(r.EC2.VPCEndpoints.Items[i].ID)] = true
			}
		}
	}
	return out
}
