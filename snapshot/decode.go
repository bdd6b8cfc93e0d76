package snapshot

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/canreach/canreach/internal/jsonscan"
)

// Resources are decoded by the tags of their fields, so that a type and what is
// read of it stand in one place:
//
//	ID     VPCID             `aws:"VpcId"`
//	State  string            `aws:"State.Name"`        // a member of an object, or a string in its place
//	Groups []SecurityGroupID `aws:"Groups[].GroupId"`  // a member of each element
//	Owner  string            `aws:"ResourceOwnerId|VpcOwnerId"` // two spellings: the first that is told
//	CIDR   netip.Prefix      `aws:"CidrBlock,ipv4"`
//	VPC    VPCID             `aws:"VpcId,required"`    // AWS always sends it
//	RoutesKnown bool         `known:"Routes"`          // the array is there, and all of its elements could be read
//
// A type reads what no tag says in a method member(r, key), and settles what
// depends on several members in finish(r).

// memberReader reads an irregular member; false: it does not know the key.
type memberReader interface {
	member(r *reader, key string) bool
}

// finisher is called when all members have been read.
type finisher interface{ finish(r *reader) }

// decodeFunc reads one value into a field. At is the resource's place.
type decodeFunc func(r *reader, at Source, key string, into unsafe.Pointer)

// plan says how an object is read into a struct.
type plan struct {
	fields   []planField
	at       uintptr // of the field At
	hasAt    bool
	placed   bool // a field needs the place of its object
	required []requirement
	// asMember and asFinisher are nil for types that have no such method.
	asMember   func(unsafe.Pointer) memberReader
	asFinisher func(unsafe.Pointer) finisher
}

type planField struct {
	key    string
	offset uintptr
	read   decodeFunc
	inner  *plan // of "State.Name": the members of an object, for the same struct
	known  knownField
}

// requirement is a member that AWS always sends.
type requirement struct {
	key    string
	absent func(unsafe.Pointer) bool
}

// planOf builds the plan of T.
func planOf[T any]() *plan {
	t := reflect.TypeFor[T]()
	p := &plan{}
	if f, ok := t.FieldByName("At"); ok && f.Type == reflect.TypeFor[Source]() {
		p.at, p.hasAt = f.Offset, true
	}
	if _, ok := any((*T)(nil)).(memberReader); ok {
		p.asMember = func(v unsafe.Pointer) memberReader { return any((*T)(v)).(memberReader) }
	}
	if _, ok := any((*T)(nil)).(finisher); ok {
		p.asFinisher = func(v unsafe.Pointer) finisher { return any((*T)(v)).(finisher) }
	}
	known := map[string]knownField{}
	for _, f := range reflect.VisibleFields(t) {
		if key := f.Tag.Get("known"); key != "" {
			known[key] = knownField{f.Offset, f.Type.Kind() == reflect.Uint8, true}
		}
	}
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("aws"); tag != "" {
			p.add(f, tag, known)
		}
	}
	return p
}

// add adds a field by its tag.
func (p *plan) add(f reflect.StructField, tag string, known map[string]knownField) {
	path, options, _ := strings.Cut(tag, ",")
	keys := strings.Split(path, "|")
	for _, key := range keys {
		key, inner, nested := strings.Cut(key, ".")
		key, list := strings.CutSuffix(key, "[]")
		if nested && !list {
			sub := p.object(key, known[key])
			sub.placed = sub.placed || needsPlace(f.Type)
			sub.fields = append(sub.fields, planField{key: inner, offset: f.Offset, read: readerOf(f.Type, "", options, len(keys) > 1, knownField{})})
			continue
		}
		element := ""
		if list {
			element = inner
		}
		p.fields = append(p.fields, planField{key: key, offset: f.Offset, read: readerOf(f.Type, element, options, len(keys) > 1, known[key].from(f.Offset))})
	}
	if absent := absentFunc(f); strings.Contains(options, "required") && absent != nil {
		p.required = append(p.required, requirement{strings.TrimSuffix(keys[0], "[]"), absent})
	}
}

// object returns the plan for the members of an object member.
func (p *plan) object(key string, known knownField) *plan {
	for i := range p.fields {
		if p.fields[i].key == key && p.fields[i].inner != nil {
			return p.fields[i].inner
		}
	}
	sub := &plan{}
	p.fields = append(p.fields, planField{key: key, inner: sub, known: known})
	return sub
}

// needsPlace tells whether what is read into t keeps its place.
func needsPlace(t reflect.Type) bool {
	_, list := listReaders[t]
	return list || t == reflect.TypeFor[Flag]() || t == reflect.TypeFor[Document]()
}

func absentFunc(f reflect.StructField) func(unsafe.Pointer) bool {
	switch {
	case f.Type.Kind() == reflect.String:
		return func(v unsafe.Pointer) bool { return *(*string)(unsafe.Add(v, f.Offset)) == "" }
	case f.Type.Kind() == reflect.Slice: // an empty one is there
		return func(v unsafe.Pointer) bool { return *(*unsafe.Pointer)(unsafe.Add(v, f.Offset)) == nil }
	}
	return nil // a document: one that is absent was not collected
}

// decode reads the object that comes next.
func (p *plan) decode(r *reader, at Source, v unsafe.Pointer) {
	if p.hasAt {
		*(*Source)(unsafe.Add(v, p.at)) = at
	}
	if !r.object() {
		return
	}
	p.members(r, at, v)
	if p.asFinisher != nil {
		p.asFinisher(v).finish(r)
	}
	for _, q := range p.required {
		if r.incomplete == "" && q.absent(v) {
			r.incomplete = q.key
		}
	}
}

func (p *plan) members(r *reader, at Source, v unsafe.Pointer) {
	next := 0
	for r.NextKey() {
		i := p.find(r.Key(), next)
		if i < 0 {
			if p.asMember == nil || !p.asMember(v).member(r, r.Key()) {
				r.Skip()
			}
			continue
		}
		next = i + 1
		f := &p.fields[i]
		switch {
		case f.inner == nil:
			f.read(r, at, f.key, unsafe.Add(v, f.offset))
		case r.Peek() == jsonscan.String: // the one member in its object's place
			one := &f.inner.fields[0]
			one.read(r, at, one.key, unsafe.Add(v, one.offset))
		case r.object():
			f.known.set(v, true)
			place := at
			if f.inner.placed {
				place = at.Child(f.key)
			}
			f.inner.members(r, place, v)
		}
	}
}

// find looks a key up, beginning where the last was found: items of one kind
// have their members in one order.
func (p *plan) find(key string, from int) int {
	for i := from; i < len(p.fields); i++ {
		if p.fields[i].key == key {
			return i
		}
	}
	for i := range min(from, len(p.fields)) {
		if p.fields[i].key == key {
			return i
		}
	}
	return -1
}

// tagged returns the reader of T that its tags describe. The plan is built when
// it is first needed.
func tagged[T any]() func(r *reader, at Source, v *T) {
	p := sync.OnceValue(planOf[T])
	return func(r *reader, at Source, v *T) { p().decode(r, at, unsafe.Pointer(v)) }
}

// described is the shape of a collection whose items are T, told apart by the
// member called name.
func described[T any](name string) shape[T] {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		member, _, _ := strings.Cut(f.Tag.Get("aws"), ",")
		if f.Type.Kind() == reflect.String && slices.Contains(strings.Split(member, "|"), name) {
			return shape[T]{tagged[T](), func(v *T) string { return *(*string)(unsafe.Add(unsafe.Pointer(v), f.Offset)) }, name}
		}
	}
	panic("unreachable: no " + name)
}

// knownField is a field, relative to another, that says whether a list could be read.
type knownField struct {
	offset   uintptr
	presence bool // a Presence, not a bool
	there    bool
}

func (k knownField) from(base uintptr) knownField {
	k.offset -= base // wraps where the field stands before the list
	return k
}

func (k knownField) set(list unsafe.Pointer, whole bool) {
	if !k.there {
		return
	}
	at := unsafe.Add(list, k.offset)
	switch {
	case !k.presence:
		*(*bool)(at) = whole
	case whole:
		*(*Presence)(at) = Collected
	default:
		*(*Presence)(at) = Unreadable
	}
}

var families = map[string]family{"ipv4": ipv4, "ipv6": ipv6, "": anyFamily, "required": anyFamily}

// readerOf returns what reads a field of a type.
func readerOf(t reflect.Type, element, options string, fillOnly bool, known knownField) decodeFunc {
	f, _, _ := strings.Cut(options, ",")
	fam := families[f]
	switch t {
	case reflect.TypeFor[netip.Prefix]():
		return func(r *reader, _ Source, _ string, into unsafe.Pointer) { *(*netip.Prefix)(into) = r.prefix(fam) }
	case reflect.TypeFor[netip.Addr]():
		return func(r *reader, _ Source, _ string, into unsafe.Pointer) { *(*netip.Addr)(into) = r.addr(fam) }
	case reflect.TypeFor[Flag]():
		return func(r *reader, at Source, key string, into unsafe.Pointer) { *(*Flag)(into) = r.flag(at, key) }
	case reflect.TypeFor[Document]():
		required := strings.Contains(options, "required")
		return func(r *reader, at Source, key string, into unsafe.Pointer) {
			d := r.document(at, key)
			if required && d.Presence == Collected && d.Raw == nil {
				d.Presence, d.Gap = Unreadable, r.lacks(d.At, key)
			}
			*(*Document)(into) = d
		}
	case reflect.TypeFor[[]Tag]():
		return func(r *reader, _ Source, _ string, into unsafe.Pointer) {
			tags := r.tags()
			known.set(into, tags != nil)
			*(*[]Tag)(into) = tags
		}
	case reflect.TypeFor[*int]():
		return func(r *reader, _ Source, _ string, into unsafe.Pointer) { *(**int)(into) = r.intPointer() }
	}
	if read, ok := listReaders[t]; ok {
		required := strings.Contains(options, "required")
		return func(r *reader, at Source, key string, into unsafe.Pointer) {
			whole := read(r, r.child(at, key), into)
			known.set(into, whole)
			if required && !whole {
				r.incomplete = key
			}
		}
	}
	return scalarReader(t, element, fillOnly, known)
}

// scalarReader reads texts, numbers, booleans and lists of texts.
func scalarReader(t reflect.Type, element string, fillOnly bool, known knownField) decodeFunc {
	switch t.Kind() {
	case reflect.String:
		if fillOnly {
			return func(r *reader, _ Source, _ string, into unsafe.Pointer) { fill((*string)(into), r.text()) }
		}
		return func(r *reader, _ Source, _ string, into unsafe.Pointer) { *(*string)(into) = r.text() }
	case reflect.Bool:
		return func(r *reader, _ Source, _ string, into unsafe.Pointer) { *(*bool)(into) = r.bool() }
	case reflect.Int:
		return func(r *reader, _ Source, _ string, into unsafe.Pointer) {
			n, ok := r.int()
			*(*int)(into) = n
			known.set(into, ok)
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return func(r *reader, _ Source, _ string, into unsafe.Pointer) {
				if texts, whole, ok := r.texts(element); ok {
					*(*[]string)(into) = texts
					known.set(into, whole)
				}
			}
		}
	}
	panic(fmt.Sprintf("unreachable: no reader for %v", t))
}

// texts reads an array of strings, or of objects that hold one under member.
// Whole tells that no element lacked it.
func (r *reader) texts(member string) (out []string, whole, ok bool) {
	if !r.array() {
		return nil, false, false
	}
	a := arenaOf[string](r)
	n := 0
	whole = true
	for r.NextItem() {
		t := ""
		if member == "" {
			t = r.text()
		} else {
			t = r.nestedText(member)
		}
		if t == "" {
			whole = false
			continue
		}
		*a.slot(n) = t
		n++
	}
	return a.cut(n), whole, true
}

// listReader reads an array of objects into a slice; false: it could not be
// read whole.
type listReader func(r *reader, base string, into unsafe.Pointer) bool

// listOf registers how a list of T is read; a nil read goes by T's tags.
func listOf[T any](read func(r *reader, at Source, v *T)) listReader {
	if read == nil {
		read = tagged[T]()
	}
	return func(r *reader, base string, into unsafe.Pointer) bool {
		if !r.array() {
			return false
		}
		a := arenaOf[T](r)
		n := 0
		outer := r.incomplete
		r.incomplete = ""
		for i := 0; r.NextItem(); i++ {
			v := a.slot(n)
			read(r, Source{base, int32(i)}, v)
			n++
		}
		*(*[]T)(into) = a.cut(n)
		whole := r.incomplete == ""
		r.incomplete = outer
		return whole
	}
}

// listReaders read the lists inside resources, and a peering's sides.
var listReaders map[reflect.Type]listReader

func init() {
	listReaders = map[reflect.Type]listReader{
		reflect.TypeFor[[]ACLEntry]():              listOf((*reader).aclEntry),
		reflect.TypeFor[[]ACLGrant]():              listOf[ACLGrant](nil),
		reflect.TypeFor[[]AttachedPolicy]():        listOf[AttachedPolicy](nil),
		reflect.TypeFor[[]DNSRecord]():             listOf[DNSRecord](nil),
		reflect.TypeFor[[]GatewayAttachment]():     listOf[GatewayAttachment](nil),
		reflect.TypeFor[[]Grant]():                 listOf[Grant](nil),
		reflect.TypeFor[[]InterfaceAddress]():      listOf[InterfaceAddress](nil),
		reflect.TypeFor[[]NATGatewayAddress]():     listOf[NATGatewayAddress](nil),
		reflect.TypeFor[[]NamedDocument]():         listOf(inlinePolicy),
		reflect.TypeFor[[]Permission]():            listOf((*reader).permission),
		reflect.TypeFor[[]Route]():                 listOf((*reader).route),
		reflect.TypeFor[[]RouteTableAssociation](): listOf[RouteTableAssociation](nil),
		reflect.TypeFor[[]TGWRoute]():              listOf[TGWRoute](nil),
		reflect.TypeFor[[]TGWRouteAttachment]():    listOf[TGWRouteAttachment](nil),
		reflect.TypeFor[[]TGWLink]():               listOf[TGWLink](nil),
		reflect.TypeFor[[]VPNRoute]():              listOf[VPNRoute](nil),
		reflect.TypeFor[PeeringSide](): func(r *reader, base string, into unsafe.Pointer) bool {
			readPeeringSide(r, At(base), (*PeeringSide)(into))
			return true
		},
	}
}
