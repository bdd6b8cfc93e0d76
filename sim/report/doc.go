// Package report shows answers to people: as a diagram, and as an HTML page
// that needs nothing but itself. It decides nothing; whatever it shows is in
// the answer. Every string of an answer may come from a stranger.
package report
