package symbolic

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/canreach/canreach/rules/policy"
)

// synthetic describes a policy of many statements.
type synthetic struct {
	statements, patterns, infix int
	conditions                  bool
}

// generate makes two policies: the second is the first with its statements
// turned round, one of its patterns changed (change), or with statements added
// that it holds already (redundant).
func (s synthetic) generate(t testing.TB, variant string) (old, new *policy.Document) {
	rnd := rand.New(rand.NewPCG(1, uint64(s.statements*1000+s.patterns)))
	actions := []string{"s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "s3:DeleteObject", "s3:*Object*"}
	conditions := []string{"", "", `"StringEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}`, `"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`,
		`"StringLike":{"aws:PrincipalTag/team":"ml-*"}`, `"Bool":{"aws:SecureTransport":"true"}`, `"NumericLessThan":{"s3:max-keys":"100"}`}
	left, infix := s.patterns, s.infix
	var list []string
	for i := range s.statements {
		n := max(1, left/(s.statements-i))
		left -= n
		var resources []string
		for j := range n {
			switch {
			case infix > 0 && rnd.IntN(s.patterns) < 2*s.infix:
				infix--
				resources = append(resources, fmt.Sprintf(`"arn:aws:s3:::data-%d/*k%d*m%d*"`, rnd.IntN(3), i, j))
			case rnd.IntN(4) == 0:
				resources = append(resources, fmt.Sprintf(`"arn:aws:s3:::data-%d/team-%d/*/logs"`, rnd.IntN(20), rnd.IntN(30)))
			default:
				resources = append(resources, fmt.Sprintf(`"arn:aws:s3:::data-%d/team-%d/*"`, rnd.IntN(20), rnd.IntN(30)))
			}
		}
		effect := "Allow"
		if rnd.IntN(5) == 0 {
			effect = "Deny"
		}
		c := ""
		if s.conditions {
			if c = conditions[rnd.IntN(len(conditions))]; c != "" {
				c = `,"Condition":{` + c + `}`
			}
		}
		list = append(list, fmt.Sprintf(`"Effect":"%s","Action":"%s","Resource":[%s]%s`, effect, actions[rnd.IntN(len(actions))], strings.Join(resources, ","), c))
	}
	next := make([]string, len(list))
	for i, st := range list {
		next[len(list)-1-i] = st
	}
	switch variant {
	case "change":
		at := len(next) / 2
		for strings.Contains(next[at], "Deny") {
			at++
		}
		next[at] = strings.Replace(next[at], "team-", "team-x", 1)
	case "redundant":
		for _, st := range list[:len(list)/4] {
			if !strings.Contains(st, "Deny") {
				next = append(next, strings.ReplaceAll(st, "/team-", "/team-1"))
			}
		}
	}
	return statements(t, policy.KindIdentity, list...), statements(t, policy.KindIdentity, next...)
}

func BenchmarkCompare(b *testing.B) {
	for _, s := range []synthetic{
		{statements: 3, patterns: 4}, {statements: 5, patterns: 10}, {statements: 20, patterns: 50, conditions: true},
		{statements: 100, patterns: 200, conditions: true}, {statements: 100, patterns: 500, conditions: true},
		{statements: 20, patterns: 50, infix: 6}, {statements: 100, patterns: 500, infix: 10}, {statements: 20, patterns: 50, infix: 12},
	} {
		for _, variant := range []string{"equal", "change", "redundant"} {
			old, new := s.generate(b, variant)
			b.Run(fmt.Sprintf("%dx%d+%d/%s", s.statements, s.patterns, s.infix, variant), func(b *testing.B) {
				b.ReportAllocs()
				var c Comparison
				for b.Loop() {
					c = Compare(old, new, policy.KindIdentity, Options{})
				}
				if c.New.Trouble != nil {
					b.Log(c.New.Trouble.Text)
				}
			})
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, s := range []synthetic{{statements: 3, patterns: 4}, {statements: 20, patterns: 50, conditions: true}, {statements: 100, patterns: 500, infix: 10}} {
		doc, _ := s.generate(b, "equal")
		b.Run(fmt.Sprintf("%dx%d+%d", s.statements, s.patterns, s.infix), func(b *testing.B) {
			q := Question{Base: getObject("arn:aws:s3:::data-1/*")}
			l := identity1(doc)
			b.ReportAllocs()
			for b.Loop() {
				Decide(l, q)
			}
		})
	}
}
