package assert

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// foreignBuckets are buckets that stand for those of another organization.
// Invented ones stand for any that strangers make: one that no policy names, and
// one for each pattern of a role's Allow statements that no bucket of the snapshot
// matches. The named are those of such statements that the snapshot lacks; whose
// they are is not known.
func (c *scope) foreignBuckets() (invented, named []string) {
	invented = []string{outsideBucket}
	look := func(d *snapshot.Document) {
		for _, s := range allows(d, policy.KindIdentity) {
			for _, r := range s.Resources {
				_, name, ok := strings.Cut(r, ":::")
				name, _, _ = strings.Cut(name, "/")
				literal := name
				name = variable.ReplaceAllString(name, "outside")
				name = strings.NewReplacer("*", "outside", "?", "x").Replace(name)
				if _, own := c.owners[name]; !ok || own || !validBucket.MatchString(name) {
					continue
				} else if name == literal {
					named = append(named, "arn:aws:s3:::"+name)
				} else {
					invented = append(invented, "arn:aws:s3:::"+name)
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
	for _, list := range []*[]string{&invented, &named} {
		*list = slices.DeleteFunc(*list, c.excepted)
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return invented, named
}

// strangersWorld is the snapshot with an account of strangers in no organization:
// a role that its own policies allow everything, and buckets in a Region ("": it is
// not known which) that everybody may use. What these are allowed is up to the
// strangers, so an objective holds only if it holds against them.
func (c *scope) strangersWorld(region string, buckets []string) (*sim.World, error) {
	all := map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}}
	open := map[string]bool{"BlockPublicAcls": false, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": false}
	var list []any
	for _, arn := range buckets {
		policy := map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": []string{arn, arn + "/*"}}}
		b := map[string]any{"Name": strings.TrimPrefix(arn, "arn:aws:s3:::"), "Policy": policy, "PublicAccessBlockConfiguration": open,
			"OwnershipControls":                 map[string]any{"Rules": []any{map[string]string{"ObjectOwnership": "BucketOwnerEnforced"}}},
			"ServerSideEncryptionConfiguration": map[string]any{"Rules": []any{map[string]any{"ApplyServerSideEncryptionByDefault": map[string]string{"SSEAlgorithm": "AES256"}}}}}
		if region != "" {
			b["region"] = region
		}
		list = append(list, b)
	}
	account, _ := json.Marshal(map[string]any{"schema": "canreach.snapshot/v1", "accounts": []any{map[string]any{"accountId": accountOf(outsider), "organizationId": nil, "regions": []any{},
		"iam": map[string]any{"Policies": []any{}, "RoleDetailList": []any{map[string]any{"Arn": outsider, "RoleName": outsider[strings.LastIndexByte(outsider, '/')+1:], "RoleId": "AROAOUTSIDER", "Path": "/",
			"AssumeRolePolicyDocument": all, "AttachedManagedPolicies": []any{}, "RolePolicyList": []any{map[string]any{"PolicyName": "all", "PolicyDocument": all}}}}},
		"s3": map[string]any{"accountPublicAccessBlock": open, "buckets": list}}}})
	s, err := snapshot.Parse(account)
	if err != nil {
		return nil, err
	}
	out := *c.snap
	out.Accounts = append(slices.Clone(out.Accounts), s.Accounts...)
	return sim.NewWorld(&out), nil
}

// regions are those of the snapshot with subnets.
func (c *scope) regions() (out []string) {
	for _, a := range c.snap.Accounts {
		for _, r := range a.Regions {
			if len(r.EC2.Subnets.Items) > 0 && !slices.Contains(out, r.Name) {
				out = append(out, r.Name)
			}
		}
	}
	slices.Sort(out)
	return out
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
