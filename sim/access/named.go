package access

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim"
)

// Named is a principal that a bucket policy lets in and whose own policies the
// snapshot does not hold: what it can do is not known.
type Named struct {
	Principal string `json:"principal"`
	Kind      string `json:"kind"` // "public", "account", "role", "user", "service", "federated" or "canonical"
	Sid       string `json:"sid,omitempty"`
	Statement int    `json:"statement"` // position in the bucket policy
	Pointer   string `json:"pointer"`
}

// NamedPrincipals lists the principals, other than the snapshot's roles, that
// the Allow statements of a bucket's policy name, in the policy's order.
func NamedPrincipals(w *sim.World, resource string) []Named {
	b, ok := w.FindBucket(bucketName(resource))
	if !ok || b.Policy.Raw == nil {
		return nil
	}
	doc, err := policy.Parse(b.Policy.Raw, policy.KindBucket)
	if err != nil {
		return nil
	}
	var out []Named
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if s.Deny || s.Principals == nil {
			continue
		}
		add := func(kind, principal string) {
			n := Named{Principal: principal, Kind: kind, Sid: s.Sid, Statement: i, Pointer: b.Policy.At.Pointer() + doc.StatementPointer(i)}
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
		p := s.Principals
		if p.All || s.NotPrincipal {
			add("public", "*")
		}
		for _, a := range p.AWS {
			if kind := principalKind(a); kind != "role" {
				add(kind, a)
			} else if _, known := w.FindRole(a); !known {
				add(kind, a)
			}
		}
		for _, a := range p.Service {
			add("service", a)
		}
		for _, a := range p.Federated {
			add("federated", a)
		}
		for _, a := range p.Canonical {
			add("canonical", a)
		}
	}
	return out
}

func principalKind(arn string) string {
	switch {
	case arn == "*":
		return "public"
	case strings.Contains(arn, ":role/"), strings.Contains(arn, ":assumed-role/"):
		return "role"
	case strings.Contains(arn, ":user/"):
		return "user"
	}
	return "account"
}
