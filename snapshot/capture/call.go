package capture

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// status says how a call ended.
type status uint8

const (
	failed status = iota // a gap was recorded, or the capture is being interrupted
	absent               // AWS says that there is none
	done
)

// result is an operation's answer, all its pages together.
type result struct {
	status status
	lists  map[string][]json.RawMessage // the output's lists, each sorted
	rest   json.RawMessage              // its other members, from the first page: an object
}

// decode reads the result's other members into v.
func (r result) decode(v any) { mustDecode(r.rest, v) }

// member returns one of the other members; nil where AWS did not send it.
func (r result) member(name string) json.RawMessage {
	var m map[string]json.RawMessage
	r.decode(&m)
	return m[name]
}

// mustDecode reads JSON that appendJSON made.
func mustDecode(data []byte, v any) {
	if len(data) == 0 {
		return
	}
	if err := json.Unmarshal(data, v); err != nil {
		panic("unreachable: " + err.Error())
	}
}

// place is where a call goes, and what a gap would be about.
type place struct {
	session  *session
	region   string
	resource string // an id or ARN; empty: the operation as a whole
}

// caller makes the calls of a capture: so many at a time, each tried again
// where that may help, its answer kept in the journal, its refusal as a gap.
type caller struct {
	operations map[calls.ID]calls.Operation
	slots      chan struct{} // one for each call that may be under way
	timeout    time.Duration
	progress   calls.Progress
	journal    *journal
	made       sync.Map // *made by call
	rate       *rate

	calls, resumed atomic.Int64
	answered       atomic.Int64 // answers about more than who asks

	cancel context.CancelFunc

	mu    sync.Mutex
	gaps  []snapshot.Gap
	fatal error
}

// call makes an operation's call with all its pages, or takes its answer from
// the journal. A call that AWS refuses, or that fails, is recorded as a gap.
func (r *caller) call(ctx context.Context, at place, id calls.ID, a args) result {
	return r.callAs(ctx, at, r.operations[id], a)
}

// callAs is call for an operation of its own, e.g. one with other codes for
// "there is none". A call that was made before, or is under way, is not made
// again: both get its answer.
func (r *caller) callAs(ctx context.Context, at place, op calls.Operation, a args) result {
	id := op.ID()
	b, ok := bindings[id]
	if !ok || op.Name == "" {
		panic("unreachable: operation " + string(id))
	}
	in, text := inputOf(b, a)
	key := strings.Join([]string{at.session.account, at.region, string(id), string(text)}, " ")
	mine := &made{answered: make(chan struct{})}
	if earlier, again := r.made.LoadOrStore(key+strings.Join(op.Absent, ","), mine); again {
		<-earlier.(*made).answered
		return earlier.(*made).result
	}
	defer close(mine.answered)
	mine.result = r.answer(ctx, at, op, b, asked{key, text, in})
	return mine.result
}

// made is a call that was made, or is under way.
type made struct {
	answered chan struct{} // closed once result is set
	result   result
}

// asked is a call's input, as the SDK takes it and as text.
type asked struct {
	key   string // names the call in the journal
	text  []byte
	input reflect.Value
}

// answer takes a call's answer from the journal, or asks AWS.
func (r *caller) answer(ctx context.Context, at place, op calls.Operation, b binding, a asked) result {
	if res, ok := r.journal.find(a.key); ok {
		r.resumed.Add(1)
		r.heard(op)
		return res
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // with a slot free, too: select takes either
		return result{}
	}
	r.progress.Started()
	defer func() { r.progress.Finished(at.session.account, at.region, op) }()
	var res result
	var err error
	if b.target != "" {
		res, err = r.describeJSON(ctx, at, b.target, a.text)
	} else {
		res, err = r.pages(ctx, at, op, b, a.input)
	}
	if code := errorCode(err); err != nil && slices.Contains(op.Absent, code) {
		res, err = result{status: absent}, nil
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return result{}
	case lapsed(err):
		r.fail(fmt.Errorf("account %s: the credentials are no longer accepted (%s %s: %s: %s): sign in again",
			at.session.account, op.Service, op.Name, errorCode(err), errorMessage(err)))
		return result{}
	default:
		r.gap(at, op, err)
		return result{}
	}
	r.heard(op)
	res = withoutSecrets(res)
	if err := r.journal.add(a.key, res); err != nil {
		r.fail(fmt.Errorf("can't keep what AWS answered: %w", err))
	}
	return res
}

// heard counts an answer, unless it tells only who asks and from where.
func (r *caller) heard(op calls.Operation) {
	if op.Service != "organizations" && op.Need != calls.AllZones {
		r.answered.Add(1)
	}
}

// pages makes the calls of every page, in order.
func (r *caller) pages(ctx context.Context, at place, op calls.Operation, b binding, in reflect.Value) (result, error) {
	client := at.session.client(op.Service, at.region, b)
	if f := in.Elem().FieldByName(op.Limit); op.Limit != "" && f.IsValid() && !r.byID(in) {
		setInt(f, op.Max)
	}
	gather := gatherer{op: op, lists: map[string][]keyed{}}
	for page := 0; ; page++ {
		out, err := r.once(ctx, b, client, in)
		if err != nil {
			return result{}, err
		}
		gather.add(out, page == 0)
		more, err := gather.turn(out, in)
		if err != nil {
			return result{}, err
		}
		if !more {
			return gather.result()
		}
	}
}

// once makes one call within the time limit.
func (r *caller) once(ctx context.Context, b binding, client any, in reflect.Value) (reflect.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	if err := r.rate.wait(ctx); err != nil {
		return reflect.Value{}, err
	}
	r.calls.Add(1)
	return b.invoke(ctx, client, in.Interface())
}

// byID tells whether an EC2 input names ids, which exclude MaxResults.
func (r *caller) byID(in reflect.Value) bool {
	for i := range in.Elem().NumField() {
		f := in.Elem().Type().Field(i)
		if strings.HasSuffix(f.Name, "Ids") && f.Type.Kind() == reflect.Slice && in.Elem().Field(i).Len() > 0 {
			return true
		}
	}
	return false
}

func setInt(f reflect.Value, n int) {
	if f.Kind() == reflect.Pointer {
		f.Set(reflect.New(f.Type().Elem()))
		f = f.Elem()
	}
	f.SetInt(int64(n))
}

// keyed is an item and what it is sorted by.
type keyed struct {
	key  string
	item json.RawMessage
}

// gatherer puts the pages of an answer together.
type gatherer struct {
	op    calls.Operation
	lists map[string][]keyed
	rest  json.RawMessage
	seen  map[string]bool // page tokens

	scratch, block []byte
}

// notState are output members that tell of the paging, not of AWS.
var notState = map[string]bool{
	"ResultMetadata": true, "NextToken": true, "Marker": true, "NextMarker": true, "IsTruncated": true, "Truncated": true,
	"MaxResults": true, "MaxItems": true, "ContinuationToken": true, "Prefix": true, "NextRecordName": true, "NextRecordType": true, "NextRecordIdentifier": true,
}

// add takes a page's lists, and the other members of the first.
func (g *gatherer) add(out reflect.Value, first bool) {
	rest := []byte{'{'}
	t := out.Type()
	for i := range t.NumField() {
		f := out.Field(i)
		name := t.Field(i).Name
		switch {
		case !t.Field(i).IsExported() || notState[name]:
		case f.Kind() == reflect.Slice && g.op.Items != "":
			g.addList(name, f)
		case first && !omission(f.Type())(f):
			if len(rest) > 1 {
				rest = append(rest, ',')
			}
			rest = append(appendString(rest, name), ':')
			rest = memberEncoder(t, t.Field(i))(rest, f)
		}
	}
	if first {
		g.rest = append(rest, '}')
	}
}

func (g *gatherer) addList(name string, list reflect.Value) {
	enc := encoderOf(list.Type().Elem())
	for i := range list.Len() {
		v := list.Index(i)
		g.scratch = enc(g.scratch[:0], v)
		g.lists[name] = append(g.lists[name], keyed{sortKey(v, name, g.op), g.keep(g.scratch)})
	}
	if g.lists[name] == nil {
		g.lists[name] = []keyed{}
	}
}

// keep returns a copy of b in a block that items share, so that many small
// ones cost little more than their bytes.
func (g *gatherer) keep(b []byte) json.RawMessage {
	if len(b) > cap(g.block)-len(g.block) {
		g.block = make([]byte, 0, max(64<<10, len(b)))
	}
	start := len(g.block)
	g.block = append(g.block, b...)
	return g.block[start:len(g.block):len(g.block)]
}

// sortKey returns the item's id, or nothing: then its bytes order it.
func sortKey(v reflect.Value, list string, op calls.Operation) string {
	if v.Kind() != reflect.Struct {
		return ""
	}
	name := op.SortBy
	if list != op.Items {
		name = "Arn"
	}
	f := v.FieldByName(name)
	if name == "" || !f.IsValid() {
		return ""
	}
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			return ""
		}
		f = f.Elem()
	}
	return f.String()
}

// turn sets the next page's tokens, and reports whether there is one.
func (g *gatherer) turn(out, in reflect.Value) (bool, error) {
	token := ""
	for i, t := range g.op.Page {
		f := out.FieldByName(t.Out)
		text := stringOf(f)
		if i == 0 && text == "" {
			return false, nil
		}
		token += text + "\x00"
		if to := in.Elem().FieldByName(t.In); to.Kind() == reflect.Pointer && text != "" {
			to.Set(reflect.ValueOf(&text))
		} else if to.Kind() == reflect.String {
			to.SetString(text)
		} else {
			to.SetZero()
		}
	}
	if token == "" {
		return false, nil
	}
	if g.seen[token] {
		return false, fmt.Errorf("page token repeated: the list has no end")
	}
	if g.seen == nil {
		g.seen = map[string]bool{}
	}
	g.seen[token] = true
	return true, nil
}

func stringOf(f reflect.Value) string {
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			return ""
		}
		f = f.Elem()
	}
	return f.String()
}

// expired are the services' codes for credentials that were good once. What
// remains to be asked would all be refused: going on would only put gaps where
// there can be answers.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
var expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}

// withoutSecrets leaves out what people keep credentials in, before the answer
// is kept anywhere.
func withoutSecrets(res result) result {
	for _, list := range res.lists {
		for i, item := range list {
			list[i] = snapshot.WithoutSecrets(item)
		}
	}
	res.rest = snapshot.WithoutSecrets(res.rest)
	return res
}

// gap records a fact that could not be read.
func (r *caller) gap(at place, op calls.Operation, err error) {
	r.addGap(snapshot.Gap{
		Account: at.session.account, Region: at.region, Service: op.Service, Operation: op.Name,
		Resource: at.resource, Code: errorCode(err), Message: errorMessage(err),
	})
}

func (r *caller) addGap(g snapshot.Gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps = append(r.gaps, g)
}

// defaultTimeout bounds one call with its retries.
const defaultTimeout = 2 * time.Minute
