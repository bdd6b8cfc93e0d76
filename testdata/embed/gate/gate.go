// Package gate is a library of another module that decides with canreach
// whether a bucket policy may be merged.
package gate

import (
	"fmt"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
)

// Review refuses a bucket policy that allows a request which the old one does
// not, or that keeps out one of the principals.
func Review(old, new []byte, bucket, account string, principals ...string) error {
	before, err := policy.Parse(old, policy.KindBucket)
	if err != nil {
		return fmt.Errorf("the old policy: %w", err)
	}
	after, err := policy.Parse(new, policy.KindBucket)
	if err != nil {
		return fmt.Errorf("the new policy: %w", err)
	}
	c := symbolic.Compare(before, after, policy.KindBucket, symbolic.Options{})
	switch {
	case c.New.Exists == policy.Unknown:
		return fmt.Errorf("whether the new policy allows more is not known")
	case c.New.Exists == policy.True:
		r := &c.New.Example.Request
		return fmt.Errorf("the new policy allows %s on %s to %s", r.Action, r.Resource, r.Principal.ARN)
	}
	layers := policy.Layers{Resource: &policy.Policy{Name: bucket, Document: after}}
	for _, arn := range principals {
		p, err := policy.ParsePrincipal(arn)
		if err != nil {
			return err
		}
		d := policy.Evaluate(&layers, &policy.Request{Principal: p, Action: "s3:GetObject", Resource: "arn:aws:s3:::" + bucket + "/*", ResourceAccount: account,
			Context: policy.NewContext(p)})
		if d.Outcome != policy.True {
			return fmt.Errorf("%s reads the bucket: %s", arn, d.Outcome)
		}
	}
	return nil
}
