package evaljson

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/sar"
)

// maxText bounds the texts of a request: AWS's own bounds (2,048 for an ARN,
// 1,024 for an object key) are far below.
const maxText = 16 << 10

// maxRemembered bounds the small tables of a worker.
const maxRemembered = 4096

// short reads a string of bounded length.
func (c *cursor) short(what string) (string, *lineError) {
	if c.peek() != '"' {
		return "", c.fail("%s must be a string, got %s", what, c.here())
	}
	s, err := c.text()
	if err == nil && len(s) > maxText {
		err = c.fail("%s of %d bytes is longer than the %d that are read", what, len(s), maxText)
	}
	return s, err
}

func (w *Worker) readRequest(c *cursor) *lineError {
	r := &w.request
	clear(r.Context)
	*r = policy.Request{Context: r.Context, UnknownKeys: r.UnknownKeys[:0]}
	w.values, w.unknown = w.values[:0], w.unknown[:0]
	var seen uint
	err := c.object("request", func(key string) (err *lineError) {
		bit := uint(0)
		switch key {
		case "principal":
			bit, err = 1, w.readPrincipal(c)
		case "session":
			bit = 2
			if !c.null() {
				w.line.session, err = c.short("session")
			}
		case "action":
			bit = 3
			r.Action, err = c.short("action")
		case "resource":
			bit = 4
			r.Resource, err = c.short("resource")
		case "resourceAccount":
			bit = 5
			if !c.null() {
				r.ResourceAccount, err = c.short("resourceAccount")
			}
		case "context":
			bit = 6
			if !c.null() {
				err = w.readContext(c)
			}
		case "unknown":
			bit = 7
			if !c.null() {
				err = w.readUnknown(c)
			}
		case "accessPoint":
			bit = 8
			if !c.null() {
				r.AccessPoint, err = c.short("accessPoint")
			}
		default:
			return c.fail("unknown key %q", clip(key))
		}
		if err == nil && seen>>bit&1 == 1 {
			return c.fail("duplicate key")
		}
		seen |= 1 << bit
		return err
	})
	if err != nil {
		return err
	}
	return w.complete(c, seen)
}

// complete checks the request, and adds what follows from its principal.
func (w *Worker) complete(c *cursor, seen uint) *lineError {
	r := &w.request
	for bit, name := range [...]string{1: "principal", 3: "action", 4: "resource"} {
		if name != "" && seen>>bit&1 == 0 {
			return c.fail("%s is missing", name)
		}
	}
	service, name, ok := strings.Cut(r.Action, ":")
	if !ok || service == "" || name == "" || strings.ContainsAny(r.Action, "*?") {
		return c.fail("action is one action, e.g. s3:GetObject, got %q", clip(r.Action))
	}
	if r.Resource != "*" && (!strings.HasPrefix(r.Resource, "arn:") || strings.Count(r.Resource, ":") < 5) {
		return c.fail(`resource is an ARN or "*", got %q`, clip(r.Resource))
	}
	if a := r.ResourceAccount; a != "" && (len(a) != 12 || strings.Trim(a, "0123456789") != "") {
		return c.fail("resourceAccount is an account id of twelve digits, got %q", clip(a))
	}
	if _, ok := policy.ParseAccessPoint(r.AccessPoint); r.AccessPoint != "" && !ok {
		return c.fail("accessPoint is the ARN of an S3 access point, got %q", clip(r.AccessPoint))
	}
	if r.AccessPoint == "" && strings.Contains(r.Resource, ":accesspoint/") {
		arn, _, _ := strings.Cut(r.Resource, "/object/")
		_, r.BucketUnnamed = policy.ParseAccessPoint(arn)
	}
	r.Principal = w.line.principal.principal
	if err := w.settlePrincipal(c); err != nil {
		return err
	}
	for _, k := range w.line.principal.keys {
		if _, given := r.Context[k.name]; !given && !named(r.UnknownKeys, k.name) {
			r.Context[k.name] = k.value
		}
	}
	w.resourceKeys(service)
	w.settleOwner()
	w.assume()
	w.directory()
	return nil
}

// resourceKeys adds the keys that follow from the resource and the call, unless
// they are given: the clock is always there (P365).
func (w *Worker) resourceKeys(service string) {
	r := &w.request
	set := func(key string, v policy.Value) {
		if _, given := r.Context[key]; !given && !named(r.UnknownKeys, key) {
			r.Context[key] = v
		}
	}
	one := func(s string) policy.Value { return policy.Value{State: policy.KeyKnown, Values: []string{s}} }
	if r.ResourceAccount != "" {
		set("aws:resourceaccount", one(r.ResourceAccount))
		if strings.EqualFold(service, "s3") {
			set("s3:resourceaccount", one(r.ResourceAccount))
		}
	}
	if account := r.Principal.Account; account != "" && strings.EqualFold(service, "kms") {
		set("kms:calleraccount", one(account))
	}
	set("aws:currenttime", policy.Value{State: policy.KeyValueUnknown})
	set("aws:epochtime", policy.Value{State: policy.KeyValueUnknown})
}

// settlePrincipal adds what session and context tell of the principal.
func (w *Worker) settlePrincipal(c *cursor) *lineError {
	r := &w.request
	p := &r.Principal
	if s := w.line.session; s != "" {
		if p.Kind == policy.PrincipalRole && p.Session != "" && p.Session != s {
			return c.fail("session %q does not fit the principal", clip(s))
		}
		if p.Kind == policy.PrincipalRole { // no other principal has one
			p.Session = s
		}
	}
	if p.Kind != policy.PrincipalRole {
		return nil
	}
	if v := r.Context["aws:principalarn"]; v.State == policy.KeyKnown && len(v.Values) == 1 && strings.HasPrefix(p.ARN, "arn:") && strings.Contains(p.ARN, ":assumed-role/") {
		// A session ARN does not show the role's path; the key does (P193).
		if role, err := policy.ParsePrincipal(v.Values[0]); err == nil && role.Kind == policy.PrincipalRole && role.Account == p.Account && lastPart(role.RoleARN) == lastPart(p.RoleARN) {
			p.RoleARN = role.RoleARN
		}
	}
	if v := r.Context["aws:userid"]; v.State == policy.KeyKnown && len(v.Values) == 1 {
		if id, session, ok := strings.Cut(v.Values[0], ":"); ok && strings.HasPrefix(id, "AROA") {
			p.RoleID = id
			if p.Session == "" {
				p.Session = session
			}
		}
	}
	return nil
}

// settleOwner reads the owner of the resource from the keys that state the same
// fact (P219), where the line does not name it.
func (w *Worker) settleOwner() {
	r := &w.request
	if r.ResourceAccount != "" {
		return
	}
	for _, key := range [...]string{"aws:resourceaccount", "s3:resourceaccount"} {
		v := r.Context[key]
		if v.State == policy.KeyKnown && len(v.Values) == 1 && len(v.Values[0]) == 12 && strings.Trim(v.Values[0], "0123456789") == "" {
			r.ResourceAccount = v.Values[0]
		}
	}
	if r.ResourceAccount == "" && r.Resource == "*" { // no resource: the caller's own account (P364)
		r.ResourceAccount = r.Principal.Account
	}
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// assume settles unknown keys as the options say.
func (w *Worker) assume() {
	r := &w.request
	if len(w.options.Assume) == 0 {
		return
	}
	for _, key := range sortedKeys(w.options.Assume) {
		_, given := r.Context[key]
		if !given && named(r.UnknownKeys, key) {
			v := w.options.Assume[key]
			r.Context[key] = v
			if v.State == policy.KeyAbsent {
				w.assumed = append(w.assumed, key+" is absent")
			} else {
				w.assumed = append(w.assumed, key+" is "+strings.Join(v.Values, ", "))
			}
		}
	}
}

func sortedKeys(m map[string]policy.Value) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// named tells whether a key is one of the unknown ones.
func named(patterns []string, key string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(key, prefix) || p == key {
			return true
		}
	}
	return false
}

// readPrincipal reads an ARN, an account id, "anonymous" or {"service": …}.
func (w *Worker) readPrincipal(c *cursor) *lineError {
	if c.peek() == '{' {
		return w.readService(c)
	}
	text, err := c.short("principal")
	if err != nil {
		return err
	}
	id, ok := w.principals[text]
	if !ok {
		id = newIdentity(strings.Clone(text))
		if len(w.principals) >= maxRemembered {
			clear(w.principals)
		}
		w.principals[strings.Clone(text)] = id
	}
	if id.err != "" {
		return c.fail("%s", id.err)
	}
	w.line.principal = id
	return nil
}

func newIdentity(text string) identity {
	p := policy.Principal{Kind: policy.PrincipalAnonymous}
	if text != "anonymous" {
		var err error
		if p, err = policy.ParsePrincipal(text); err != nil {
			return identity{err: "principal: " + err.Error()}
		}
	}
	return withKeys(p)
}

func withKeys(p policy.Principal) identity {
	id := identity{principal: p}
	keys := policy.NewContext(p)
	for _, k := range sortedKeys(keys) {
		id.keys = append(id.keys, derivedKey{k, keys[k]})
	}
	return id
}

func (w *Worker) readService(c *cursor) *lineError {
	service, seen := "", false
	err := c.object("principal", func(key string) (err *lineError) {
		if key != "service" || seen {
			return c.fail(`a principal object is {"service": "NAME.amazonaws.com"}`)
		}
		seen = true
		service, err = c.short("service")
		return err
	})
	if err != nil {
		return err
	}
	if service == "" {
		return c.fail("service is missing or empty")
	}
	w.line.principal = withKeys(policy.Principal{Kind: policy.PrincipalService, Service: strings.Clone(service)})
	return nil
}

// readContext reads the context's keys. Keys that differ only by case have a
// value that nobody knows (P143).
func (w *Worker) readContext(c *cursor) *lineError {
	w.written = w.written[:0]
	return c.object("context", func(written string) *lineError {
		name := w.key(written)
		key := name.lower
		v, err := w.readValue(c, name)
		if err != nil {
			return err
		}
		if slices.Contains(w.written, written) {
			return c.fail("duplicate key")
		}
		w.written = append(w.written, written)
		if _, ok := w.request.Context[key]; ok {
			v = policy.Value{State: policy.KeyValueUnknown, Multi: v.Multi}
		}
		if v.State != policy.KeyAbsent {
			w.request.Context[key] = v
		}
		return nil
	})
}

// keyName is a condition key.
type keyName struct {
	lower string
	// multi: a list of one value is a list; else it is that value.
	multi bool
}

// key finds a condition key by its written form.
func (w *Worker) key(written string) keyName {
	k, ok := w.keys[written]
	if !ok {
		k.lower = strings.ToLower(strings.Clone(written))
		k.multi = policy.Multivalued(k.lower) || !sar.KnowsKey(k.lower)
		if len(w.keys) >= maxRemembered {
			clear(w.keys)
		}
		w.keys[strings.Clone(written)] = k
	}
	return k
}

// readValue reads a value, or the values of a multivalued key. null is absent.
func (w *Worker) readValue(c *cursor, key keyName) (policy.Value, *lineError) {
	if c.peek() == '[' {
		from := len(w.values)
		err := c.array("a context value", func(int) *lineError {
			s, err := w.scalar(c)
			w.values = append(w.values, s)
			return err
		})
		values := w.values[from:len(w.values):len(w.values)]
		if err != nil || len(values) == 0 {
			return policy.Value{}, err
		}
		return policy.Value{State: policy.KeyKnown, Values: values, Multi: len(values) > 1 || key.multi}, nil
	}
	if c.null() {
		return policy.Value{}, nil
	}
	s, err := w.scalar(c)
	w.values = append(w.values, s)
	return policy.Value{State: policy.KeyKnown, Values: w.values[len(w.values)-1 : len(w.values) : len(w.values)]}, err
}

// scalar reads a string, number or boolean as text.
func (w *Worker) scalar(c *cursor) (string, *lineError) {
	switch ch := c.peek(); {
	case ch == '"':
		return c.short("a context value")
	case ch == '-' || ch >= '0' && ch <= '9':
		if n, ok := c.number(); ok {
			return n, nil
		}
	default:
		for _, word := range [...]string{"true", "false"} {
			if strings.HasPrefix(view(c.b[c.pos:]), word) {
				c.pos += len(word)
				return word, nil
			}
		}
	}
	return "", c.fail("a context value is a string, number, boolean or an array of them, got %s", c.here())
}

// readUnknown reads the names of unknown keys.
func (w *Worker) readUnknown(c *cursor) *lineError {
	r := &w.request
	return c.array("unknown", func(int) *lineError {
		name, err := c.short("the name of an unknown key")
		if err != nil {
			return err
		}
		if name == "" || strings.Contains(name[:len(name)-1], "*") {
			return c.fail("the name of an unknown key may have a * at its end only, got %q", clip(name))
		}
		r.UnknownKeys = append(r.UnknownKeys, w.key(name).lower)
		w.unknown = append(w.unknown, name)
		return nil
	})
}
