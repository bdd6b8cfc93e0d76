package policy

import "slices"

// World facts about context keys: which are present together, and which say
// the same (P190, P219).

// ownerKeys say the account of the resource's owner, both alike.
var ownerKeys = []string{"aws:resourceaccount", "s3:resourceaccount"}

func isOwnerKey(key string) bool { return slices.Contains(ownerKeys, key) }

// endpointKeys are present exactly if an endpoint carries the request; then
// sourceIP is not (P190).
var endpointKeys = []string{"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount"}

const sourceIP = "aws:sourceip"

// bundles are keys that are present together or not at all.
var bundles = [][]string{
	endpointKeys,
	{"aws:principalorgid", "aws:principalorgpaths"},
	{"aws:resourceorgid", "aws:resourceorgpaths"},
	{"aws:sourceorgid", "aws:sourceorgpaths"},
	{"aws:vpceorgid", "aws:vpceorgpaths"},
	{"aws:currenttime", "aws:epochtime"},
}

// open tells a state that leaves something to learn.
func open(v Value) bool {
	return v.State == KeyUnknown || v.State == KeyValueUnknown || v.State == KeyMaybe
}

// presenceOpen tells a key whose presence is not known.
func presenceOpen(v Value) bool { return v.State == KeyUnknown || v.State == KeyMaybe }

// decidePresence is v with its presence settled.
func decidePresence(v Value, present bool) Value {
	switch {
	case !present:
		return Value{Multi: v.Multi}
	case v.State == KeyMaybe:
		return Value{State: KeyKnown, Values: v.Values, Multi: v.Multi}
	case v.State == KeyUnknown:
		return Value{State: KeyValueUnknown, Multi: v.Multi}
	}
	return v
}

// assignPresence draws the consequences of key being present or absent. It is
// false where a key that is known to be present would have to be absent.
func (e domains) assignPresence(key string, present bool, set func(string, Value)) bool {
	for _, b := range bundles {
		if !slices.Contains(b, key) {
			continue
		}
		for _, other := range b {
			if v := e.state(other); presenceOpen(v) {
				set(other, decidePresence(v, present))
			} else if !present && v.State != KeyAbsent {
				return false
			}
		}
	}
	switch {
	case key == sourceIP && present:
		return e.absentAll(endpointKeys, set)
	case present && slices.Contains(endpointKeys, key):
		return e.absentAll([]string{sourceIP}, set)
	}
	return true
}

func (e domains) absentAll(keys []string, set func(string, Value)) bool {
	for _, k := range keys {
		v := e.state(k)
		switch {
		case presenceOpen(v):
			set(k, Value{})
		case v.State != KeyAbsent:
			return false
		}
	}
	return true
}

// possible drops the choices of a key that other keys and facts exclude.
func (e domains) possible(key string, d domain) domain {
	out := domain{complete: d.complete}
	account, now := e.r.Principal.Account, e.state(key)
	for _, c := range d.choices {
		present := c.value.State != KeyAbsent
		switch {
		case e.l.Endpoint != nil && (present && key == sourceIP || !present && slices.Contains(endpointKeys, key)), // P124
			present && key == sourceIP && e.anyPresent(endpointKeys),
			present && slices.Contains(endpointKeys, key) && e.anyPresent([]string{sourceIP}),
			!present && (now.State == KeyValueUnknown || e.bundlePresent(key)):
			continue
		}
		if isOwnerKey(key) && present && c.value.State == KeyKnown {
			if f, ok := e.facts[variable{kind: factOwner}]; ok && f != truth(c.value.Values[0] == account) {
				continue
			}
		}
		out.choices = append(out.choices, c)
	}
	return out
}

// anyPresent tells that one of the keys is certainly present.
func (e domains) anyPresent(keys []string) bool {
	for _, k := range keys {
		v := e.state(k)
		if v.State == KeyValueUnknown || v.State == KeyKnown && len(v.Values) > 0 {
			return true
		}
	}
	return false
}

// bundlePresent tells that another key of a bundle is certainly present.
func (e domains) bundlePresent(key string) bool {
	for _, b := range bundles {
		if slices.Contains(b, key) && e.anyPresent(b) {
			return true
		}
	}
	return false
}
