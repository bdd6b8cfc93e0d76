package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// What the index of a document leaves out does not match the resource, and what it
// lists stays in order.
func TestTheIndexLeavesOutNothingThatMatches(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "ab", "a-b", "b", "a*", "*", "?", "${aws:username}"}
	ends := []string{"", "/*", "/", "*", "/x/*", "/x"}
	left := 0
	for range 200 {
		var list string
		for i := range 12 {
			key := "Resource"
			if r.IntN(6) == 0 {
				key = "NotResource"
			}
			one := func() string { return `"arn:aws:s3:::` + names[r.IntN(len(names))] + ends[r.IntN(len(ends))] + `"` }
			list += fmt.Sprintf(`,{"Effect":"Allow","Action":"s3:GetObject",%q:[%s,%s]}`, key, one(), one())
			if i == 0 {
				list = list[1:]
			}
		}
		d, err := Parse([]byte(doc(list)), KindIdentity)
		if err != nil {
			t.Fatal(err)
		}
		p := compile(d)
		c := p.statementsFor("s3:GetObject")
		for _, name := range []string{"a", "ab", "a-b", "b", "c", "a*"} {
			for _, key := range []string{"", "/", "/x", "/x/y", "/xy"} {
				resource := "arn:aws:s3:::" + name + key
				listed := c.of(resource)
				if !slices.IsSorted(listed) {
					t.Fatalf("%v", listed)
				}
				for _, n := range c.all {
					if s := &p.statements[n]; !slices.Contains(listed, n) {
						left++
						if s.plain == nil || !s.plainMiss(resource) {
							t.Fatalf("%s: statement %d is left out: %s", resource, n, list)
						}
					}
				}
			}
		}
	}
	if left < 1000 {
		t.Errorf("only %d statements are left out", left)
	}
}
