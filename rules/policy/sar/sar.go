// Package sar is AWS's Service Authorization Reference as tables: the actions
// of every service, the resource types and condition keys of those of S3 and
// KMS, the global condition keys, and which keys have several values. The
// tables are data, refreshed by `make sar`, and decoded when first asked.
package sar

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed sar.txt.gz
var packed []byte

// multivalued lists the keys with several values, lower case, one a line, with
// a newline before the first.
//
//go:embed multivalued.txt
var multivalued string

// Action is an action of a service.
type Action struct {
	Name      string   // "GetObject"
	Resources []string // resource types, e.g. "object"; nil where the tables do not tell, or there are none
	Keys      []string // condition keys beside the global ones, e.g. "s3:prefix"
}

// Service is a service with its actions in the order of their names.
type Service struct {
	Prefix  string // "s3"
	Actions []Action
	// Detailed tells that Resources and Keys of the actions are filled in.
	Detailed bool

	byName map[string]int
	given  func() *supplies // made when first asked
}

// supplies are the condition keys of a service's actions.
type supplies struct {
	byAction []keySet // as Service.Actions
	all      keySet
}

// keySet is condition keys by lower-case name, and the beginnings of those
// that end in a name.
type keySet struct {
	names    map[string]bool
	prefixes []string
}

func (k *keySet) add(key string) {
	key = strings.ToLower(key)
	if prefix, ok := template(key); !ok {
		k.names[key] = true
	} else if !slices.Contains(k.prefixes, prefix) {
		k.prefixes = append(k.prefixes, prefix)
	}
}

// has tells whether a lower-case key is in the set.
func (k *keySet) has(key string) bool {
	return k.names[key] || slices.ContainsFunc(k.prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
}

type tables struct {
	date, source string
	services     []*Service
	byPrefix     map[string]*Service
	keys         map[string]bool // lower case
	keyPrefixes  []string        // of keys that end in a name, e.g. "aws:principaltag/"
}

var load = sync.OnceValue(func() *tables {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("unreachable: the embedded tables are damaged: " + err.Error())
	}
	t := &tables{byPrefix: map[string]*Service{}, keys: map[string]bool{}}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		t.line(strings.Split(in.Text(), "\t"))
	}
	if err := in.Err(); err != nil {
		panic("unreachable: the embedded tables are damaged: " + err.Error())
	}
	slices.Sort(t.keyPrefixes)
	t.keyPrefixes = slices.Compact(t.keyPrefixes)
	return t
})

func (t *tables) line(f []string) {
	switch f[0] {
	case "D":
		t.date, t.source = f[1], f[2]
	case "S":
		s := &Service{Prefix: f[1], byName: map[string]int{}}
		s.given = sync.OnceValue(s.supplies)
		t.byPrefix[s.Prefix] = s
		if s.Prefix != "aws" {
			t.services = append(t.services, s)
		}
	case "K":
		key := strings.ToLower(f[1])
		if prefix, ok := template(key); ok {
			t.keyPrefixes = append(t.keyPrefixes, prefix)
		} else {
			t.keys[key] = true
		}
	case "A":
		s := t.services[len(t.services)-1]
		a := Action{Name: f[1]}
		if len(f) == 4 {
			s.Detailed = true
			a.Resources, a.Keys = list(f[2]), list(f[3])
		}
		s.byName[strings.ToLower(a.Name)] = len(s.Actions)
		s.Actions = append(s.Actions, a)
	}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// template finds what stands before the free part of a key's name, as in
// "aws:requesttag/${tagkey}" or "s3:existingobjecttag/<key>".
func template(key string) (string, bool) {
	for _, mark := range [...]string{"${", "<", "tag-key", "context-key"} {
		if i := strings.Index(key, mark); i > 0 {
			return key[:i], true
		}
	}
	return "", false
}

// Date is the day of the tables' data, e.g. "2026-09-26".
func Date() string { return load().date }

// Source names the package and version that the tables come from.
func Source() string { return load().source }

// Services lists all services, by prefix.
func Services() []*Service { return load().services }

// FindService finds a service by its prefix, in any case.
func FindService(prefix string) (*Service, bool) {
	s, ok := load().byPrefix[strings.ToLower(prefix)]
	return s, ok && s.Prefix != "aws"
}

// FindAction finds an action of the service by its name, in any case.
func (s *Service) FindAction(name string) (Action, bool) {
	i, ok := s.byName[strings.ToLower(name)]
	if !ok {
		return Action{}, false
	}
	return s.Actions[i], true
}

// KnowsKey tells whether some service, or every one, has the condition key.
func KnowsKey(key string) bool {
	t := load()
	key = strings.ToLower(key)
	if t.keys[key] {
		return true
	}
	return slices.ContainsFunc(t.keyPrefixes, func(p string) bool { return strings.HasPrefix(key, p) && len(key) > len(p) })
}

// Multivalued tells whether the condition key, in lower case, has several
// values. It does not decode the tables.
func Multivalued(key string) bool {
	if key == "" || strings.ContainsAny(key, "\n") {
		return false
	}
	for from := 0; ; {
		i := strings.Index(multivalued[from:], key)
		if i < 0 {
			return false
		}
		i += from
		if multivalued[i-1] == '\n' && multivalued[i+len(key)] == '\n' {
			return true
		}
		from = i + 1
	}
}

// Supplies tells whether the action of the service takes the condition key
// into the request, as far as the tables list it for some action of the
// service: known is false where they do not.
func (s *Service) Supplies(name, key string) (supplied, known bool) {
	i, ok := s.byName[strings.ToLower(name)]
	if !ok || !s.Detailed {
		return false, false
	}
	key = strings.ToLower(key)
	given := s.given()
	if given.byAction[i].has(key) {
		return true, true
	}
	return false, given.all.has(key)
}

func (s *Service) supplies() *supplies {
	out := &supplies{byAction: make([]keySet, len(s.Actions)), all: keySet{names: map[string]bool{}}}
	for i, a := range s.Actions {
		out.byAction[i].names = make(map[string]bool, len(a.Keys))
		for _, key := range a.Keys {
			out.byAction[i].add(key)
			out.all.add(key)
		}
	}
	return out
}
