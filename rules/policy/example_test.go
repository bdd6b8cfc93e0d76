package policy_test

import (
	"fmt"
	"log"

	"github.com/canreach/canreach/rules/policy"
)

// Decide one request against a role's policy and a bucket policy.
func ExampleEvaluate() {
	identity, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement":
		{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}}`), policy.KindIdentity)
	if err != nil {
		log.Fatal(err)
	}
	bucket, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement":
		{"Sid": "OnlyMyEndpoint", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::models/*",
		 "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}}`), policy.KindBucket)
	if err != nil {
		log.Fatal(err)
	}
	caller, err := policy.ParsePrincipal("arn:aws:iam::111122223333:role/Neo")
	if err != nil {
		log.Fatal(err)
	}
	layers := policy.Layers{
		Identity: []policy.Policy{{Name: "role policy", Document: identity}},
		Resource: &policy.Policy{Name: "bucket policy", Document: bucket},
	}
	request := policy.Request{
		Principal: caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::models/resnet.tar.gz", ResourceAccount: "111122223333",
		Context: policy.NewContext(caller),
	}
	for _, endpoint := range []string{"vpce-1", "vpce-2"} {
		request.Context["aws:SourceVpce"] = policy.Value{State: policy.KeyKnown, Values: []string{endpoint}}
		d := policy.Evaluate(&layers, &request)
		fmt.Println(endpoint, "allowed:", d.Outcome == policy.True)
		for _, l := range d.Layers {
			fmt.Printf("  %s: %s\n", l.Layer, l.Outcome)
		}
	}
	// What is not known stays unknown, and is named.
	delete(request.Context, "aws:SourceVpce")
	request.UnknownKeys = []string{"aws:SourceVpce"}
	d := policy.Evaluate(&layers, &request)
	fmt.Println("unknown:", d.Outcome == policy.Unknown, d.Needs[0].Key)
	// Output:
	// vpce-1 allowed: true
	//   role: allow
	//   bucket-policy: implicitDeny
	// vpce-2 allowed: false
	//   role: allow
	//   bucket-policy: explicitDeny
	// unknown: true aws:SourceVpce
}
