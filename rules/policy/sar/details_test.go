package sar

import (
	"slices"
	"strings"
	"testing"
)

// Both tables come from one package: what they tell of an action is the same.
func TestDetailsAgreeWithTheTables(t *testing.T) {
	n := 0
	for _, s := range Services() {
		for _, a := range s.Actions {
			d, ok := FindDetail(s.Prefix + ":" + a.Name)
			if n++; !ok || d.Level == "" {
				t.Fatalf("%s:%s: %v", s.Prefix, a.Name, d)
			}
			if !s.Detailed {
				continue
			}
			var types []string
			for name := range d.Types {
				types = append(types, name)
			}
			if slices.Sort(types); !slices.Equal(types, a.Resources) {
				t.Errorf("%s:%s: %v, %v", s.Prefix, a.Name, types, a.Resources)
			}
			for _, k := range a.Keys {
				if _, free := template(strings.ToLower(k)); !free && !d.keys.has(strings.ToLower(k)) {
					t.Errorf("%s:%s lacks %s", s.Prefix, a.Name, k)
				}
			}
		}
	}
	if n < 10_000 {
		t.Errorf("%d actions", n)
	}
}

func TestFindDetail(t *testing.T) {
	d, ok := FindDetail("SQS:sendmessage")
	if !ok || d.Level != "Write" || d.Types["queue"] != "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}" {
		t.Fatalf("%+v", d)
	}
	if _, ok := FindDetail("sqs:Send"); ok {
		t.Error("sqs:Send is no action")
	}
	d, _ = FindDetail("kms:ListKeys")
	if supplied, known := d.Supplies("kms:ViaService"); supplied || !known {
		t.Error("kms:ListKeys has no kms:ViaService")
	}
}
