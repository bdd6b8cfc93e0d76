package snapshot

import (
	"strconv"
	"strings"
)

// Source is the place in the native snapshot that a value came from. It is
// kept small (a shared base and an index), so that every rule can have one.
type Source struct {
	Base  string // RFC 6901 JSON pointer of the enclosing array or object
	Index int32  // position in that array, 0-based; -1: Base is the place itself
}

// At returns the source of a value whose JSON pointer is given in full.
func At(pointer string) Source { return Source{Base: pointer, Index: -1} }

// Pointer returns the RFC 6901 JSON pointer, e.g.
// "/accounts/0/regions/0/ec2/NetworkAcls/0".
func (s Source) Pointer() string {
	if s.Index < 0 || s.Base == "" {
		return s.Base
	}
	return s.Base + "/" + strconv.Itoa(int(s.Index))
}

// Child returns the source of member key of this value.
func (s Source) Child(key string) Source { return At(s.Pointer() + "/" + EscapePointer(key)) }

// Item returns the source of element i of array member key of this value.
func (s Source) Item(key string, i int) Source {
	return Source{Base: s.Pointer() + "/" + EscapePointer(key), Index: int32(i)}
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// EscapePointer escapes one reference token of a JSON pointer (RFC 6901, section 3).
func EscapePointer(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return pointerEscaper.Replace(token)
}

// Presence says what the snapshot tells of a collection, a document or a flag.
type Presence uint8

const (
	NotCollected Presence = iota // the key is absent: nobody asked
	Unreadable                   // a gap: asked, and refused or failed
	Collected                    // read; it may be empty, which means there is none
)

// String returns the presence in words.
func (p Presence) String() string {
	switch p {
	case NotCollected:
		return "not collected"
	case Unreadable:
		return "unreadable"
	case Collected:
		return "collected"
	}
	panic("unreachable: presence")
}

// Gap is a fact that the capture tried to read and could not.
type Gap struct {
	Account   string `json:"account,omitempty"`
	Region    string `json:"region,omitempty"`
	Service   string `json:"service,omitempty"`
	Operation string `json:"operation,omitempty"`
	Resource  string `json:"resource,omitempty"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	At        Source `json:"-"`
}

// Collection is the resources of one kind in one account and region.
type Collection[T any] struct {
	Presence Presence
	Complete bool   // the capture says that it saw every resource of the kind here (N12)
	Gap      *Gap   // non-nil iff Presence is Unreadable
	At       Source // the array
	Items    []T
}

// Document is a policy document as the snapshot holds it, not yet parsed.
type Document struct {
	Presence Presence
	Raw      []byte // JSON text: an object, or a string that holds one (P18); nil with Collected: there is no policy
	Gap      *Gap   // non-nil iff Presence is Unreadable
	At       Source
}

// Flag is a boolean that may not have been collected.
type Flag struct {
	Presence Presence
	Value    bool
	At       Source
}

// Tag is one resource tag.
type Tag struct{ Key, Value string }

// TagValue returns the value of the tag with the key, and whether there is one.
func TagValue(tags []Tag, key string) (string, bool) {
	for _, t := range tags {
		if t.Key == key {
			return t.Value, true
		}
	}
	return "", false
}
