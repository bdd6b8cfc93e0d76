package symbolic_test

import (
	"fmt"
	"log"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
)

// Compare two versions of a policy over every request that there can be.
func ExampleCompare() {
	parse := func(resource string) *policy.Document {
		d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement":
			{"Effect": "Allow", "Action": "s3:Get*", "Resource": "`+resource+`"}}`), policy.KindIdentity)
		if err != nil {
			log.Fatal(err)
		}
		return d
	}
	c := symbolic.Compare(parse("arn:aws:s3:::models/prod/*"), parse("arn:aws:s3:::models/*"), policy.KindIdentity, symbolic.Options{})
	fmt.Println(c.Relation)
	fmt.Println(c.New.Example.Request.Action, c.New.Example.Request.Resource)
	// Output:
	// new-access
	// s3:GetObject arn:aws:s3:::models/x
}
