package policy

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// written is a document as JSON again.
func written(d *Document) string {
	type object = map[string]any
	principals := func(p *Principals) any {
		if p.All {
			return "*"
		}
		o := object{}
		for name, list := range map[string][]string{"AWS": p.AWS, "Service": p.Service, "Federated": p.Federated, "CanonicalUser": p.Canonical} {
			if list != nil {
				o[name] = list
			}
		}
		return o
	}
	var list []any
	for _, s := range d.Statements {
		o := object{"Effect": "Allow", negated("Action", s.NotAction): s.Actions}
		if s.Deny {
			o["Effect"] = "Deny"
		}
		if s.Sid != "" {
			o["Sid"] = s.Sid
		}
		if s.Principals != nil {
			o[negated("Principal", s.NotPrincipal)] = principals(s.Principals)
		}
		if s.HasResource {
			o[negated("Resource", s.NotResource)] = s.Resources
		}
		conditions := map[string]map[string][]string{}
		for _, c := range s.Conditions {
			if conditions[c.Operator.String()] == nil {
				conditions[c.Operator.String()] = map[string][]string{}
			}
			conditions[c.Operator.String()][c.Key] = c.Values
		}
		if len(conditions) > 0 {
			o["Condition"] = conditions
		}
		list = append(list, o)
	}
	top := object{"Version": d.Version, "Statement": list}
	if d.ID != "" {
		top["Id"] = d.ID
	}
	b, _ := json.Marshal(top)
	return string(b)
}

// meaning is a statement without its place in the text, its conditions by key.
func meaning(s Statement) (Statement, map[string][]string) {
	conditions := map[string][]string{}
	for _, c := range s.Conditions {
		conditions[c.Operator.String()+" "+c.Key] = c.Values
	}
	s.Line, s.Column, s.Conditions = 0, 0, nil
	return s, conditions
}

func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{allowAll, doc(neoSample("vpce-1")), doc(exemptions), `{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":["1"]},"NotAction":"a:b","NotResource":[],"Condition":{"Bool":{"a:b":[true,1.50,"x"]}}}}`} {
		for k := KindIdentity; k <= KindResource; k++ {
			f.Add(s, uint8(k))
		}
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		k := Kind(kind % uint8(KindResource+1))
		d, err := Parse([]byte(text), k)
		if err != nil {
			var se *SyntaxError
			if !errors.As(err, &se) || se.Line < 1 || se.Column < 1 || se.Problem == "" {
				t.Fatalf("incomplete error %v", err)
			}
			return
		}
		again, err := Parse([]byte(written(d)), k)
		if err != nil {
			t.Fatalf("%s\nis written as\n%s\nand then refused: %v", text, written(d), err)
		}
		if len(again.Statements) != len(d.Statements) || again.Version != d.Version || again.ID != d.ID {
			t.Fatalf("%s\nbecomes\n%s", text, written(again))
		}
		for i := range d.Statements {
			a, ca := meaning(d.Statements[i])
			b, cb := meaning(again.Statements[i])
			if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(ca, cb) {
				t.Fatalf("statement %d: %+v %v\nbecomes %+v %v", i, a, ca, b, cb)
			}
		}
		Lint(d, k, LintOptions{})
	})
}

func FuzzEvaluate(f *testing.F) {
	f.Add(doc(baseIdentity), doc(neoSample("vpce-1")), "s3:GetObject", "arn:aws:s3:::b/k", "aws:SourceVpce", "vpce-1", "s3:*")
	f.Add(doc(allow(`"Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/t}"`)), "", "s3:GetObject", "arn:aws:s3:::b/k", "aws:userid", "x", "aws:PrincipalTag/*")
	f.Fuzz(func(t *testing.T, identity, bucket, action, resource, key, value, unknown string) {
		l := &Layers{EndpointType: EndpointUnspecified, ResourceKind: KindBucket}
		if d, err := Parse([]byte(identity), KindIdentity); err == nil {
			l.Identity = []Policy{{Name: "i", Document: d}}
		}
		if d, err := Parse([]byte(bucket), KindBucket); err == nil {
			l.Resource = &Policy{Name: "b", Document: d}
		}
		r := &Request{Principal: role(roleR, "SageMaker"), Action: action, Resource: resource, ResourceAccount: accountA, UnknownKeys: []string{strings.ToLower(unknown)}}
		r.Context = NewContext(r.Principal)
		r.Context[strings.ToLower(key)] = Value{State: KeyKnown, Values: []string{value}}
		d := Evaluate(l, r)
		if (d.Outcome == Unknown) != (len(d.Needs) > 0) || (d.Outcome == False) != (len(d.Blocking) > 0) {
			t.Fatalf("outcome %v, needs %v, blocking %v", d.Outcome, d.Needs, d.Blocking)
		}
		if got := Decide(l, r); got != d.Outcome {
			t.Fatalf("Decide says %v, Evaluate %v", got, d.Outcome)
		}
		if len(r.UnknownKeys) == 1 && d.Outcome != Unknown {
			// What is decided with a key unknown is decided so with it absent.
			r.UnknownKeys = nil
			if got := Decide(l, r); got != d.Outcome && got != Unknown {
				t.Fatalf("%v with %q unknown, %v with it absent", d.Outcome, unknown, got)
			}
		}
	})
}
