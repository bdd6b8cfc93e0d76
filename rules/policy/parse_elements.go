package policy

import (
	"strings"
)

// principal reads Principal or NotPrincipal (P8, P9, P20).
func (p *parser) principal(st *Statement, key string, off int) error {
	if !p.grammar.principal {
		return p.fail(off, "%s is not legal in this type of policy", key)
	}
	if st.NotPrincipal && !p.notPrincipal {
		return p.fail(off, "NotPrincipal is not legal in this type of policy")
	}
	if st.Principals == nil {
		st.Principals = &Principals{}
	}
	at := p.pos
	switch p.space() {
	case '"':
		v, err := p.str()
		if err != nil {
			return err
		}
		if v != "*" {
			return p.fail(at, `%s is "*" or an object with AWS, Service, Federated or CanonicalUser, got %q`, key, clip(v))
		}
		st.Principals.All = true
		return nil
	case '{':
		if p.kind == KindRCP {
			return p.fail(at, `Principal of a resource control policy must be "*"`)
		}
		return p.principals(st.Principals, key)
	case '[':
		if err := p.array(func(int) error { return p.fail(p.pos, "%s is not an array of principals", key) }); err != nil {
			return err
		}
		p.warn("empty %s: the statement matches nothing", key)
		return nil
	}
	return p.fail(at, `%s is "*" or an object, got %s`, key, p.describe())
}

func (p *parser) principals(to *Principals, key string) error {
	empty, at := true, p.pos
	err := p.object(false, func(kind string, off int) (err error) {
		empty = false
		switch kind {
		case "AWS":
			to.AWS, err = p.list(kind, p.awsPrincipal)
		case "Service":
			to.Service, err = p.list(kind, nil)
		case "Federated":
			to.Federated, err = p.list(kind, nil)
		case "CanonicalUser":
			to.Canonical, err = p.list(kind, nil)
		default:
			err = p.fail(off, "unknown principal type %q%s", clip(kind), caseHint(kind, "AWS", "Service", "Federated", "CanonicalUser"))
		}
		return err
	})
	if err == nil && empty {
		return p.fail(at, "%s names nobody: AWS refuses an empty object", key)
	}
	return err
}

// awsPrincipal checks an AWS principal. Groups are illegal (P25); what AWS
// would refuse but a stored policy may show matches nothing and is warned of
// (P28).
func (p *parser) awsPrincipal(v string) string {
	e := parsePrincipalEntry(v)
	if e.kind != entryNothing {
		return ""
	}
	if parts := strings.SplitN(v, ":", 6); len(parts) == 6 && strings.HasPrefix(parts[5], "group/") {
		return "a group cannot be a principal"
	}
	if strings.ContainsAny(v, "*?") {
		p.warn("principal %q matches nothing: wildcards are legal only as \"*\" alone; use \"*\" with aws:PrincipalArn", clip(v))
	} else {
		p.warn("principal %q matches nothing", clip(v))
	}
	return ""
}

// condition reads a Condition block: operator, key, values.
func (p *parser) condition(st *Statement) error {
	if p.space() != '{' {
		return p.fail(p.pos, "Condition must be an object, got %s", p.describe())
	}
	empty := true
	err := p.object(true, func(name string, off int) error {
		empty = false
		op, ok := ParseOperator(name)
		if !ok {
			return p.fail(off, "unknown condition operator %q", clip(name))
		}
		return p.operatorBlock(st, op)
	})
	if err == nil && empty {
		p.warn("empty Condition: read as no condition")
	}
	return err
}

func (p *parser) operatorBlock(st *Statement, op Operator) error {
	if p.space() != '{' {
		return p.fail(p.pos, "a condition operator takes an object of keys and values, got %s", p.describe())
	}
	empty, at := true, p.pos
	err := p.object(true, func(key string, off int) error {
		empty = false
		if key == "" {
			return p.fail(off, "empty condition key")
		}
		values, err := p.conditionValues()
		line, column := p.position(off)
		st.Conditions = append(st.Conditions, Condition{Operator: op, Key: key, Values: values, Line: line, Column: column})
		return err
	})
	if err == nil && empty {
		return p.fail(at, "%s has no condition key", op)
	}
	return err
}

// conditionValues reads scalars, coerced to their JSON text (P177).
func (p *parser) conditionValues() ([]string, error) {
	if p.space() != '[' {
		v, err := p.scalar()
		return []string{v}, err
	}
	p.values = p.values[:0]
	err := p.array(func(int) error {
		v, err := p.scalar()
		p.values = append(p.values, v)
		return err
	})
	return append(make([]string, 0, len(p.values)), p.values...), err
}

func (p *parser) scalar() (string, error) {
	at := p.pos
	switch c := p.space(); {
	case c == '"':
		return p.str()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == '{' || c == '[':
		return "", p.fail(at, "a condition value is a string, number or boolean, got %s", p.describe())
	}
	w, err := p.word()
	if err == nil && w == "null" {
		err = p.fail(at, "a condition value is a string, number or boolean, got null")
	}
	return w, err
}
