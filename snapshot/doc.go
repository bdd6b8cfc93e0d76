// Package snapshot holds what AWS said: typed resources, their ids, and the
// place in the captured file that each came from. It reads; it never decides,
// fills in a default, or drops a resource.
//
// Three things stay apart all the way through: a collection that is absent
// (nobody asked), one that is empty (AWS has none), and one that could not be
// read (a gap). The zero value of Presence is the first, which claims least.
package snapshot
