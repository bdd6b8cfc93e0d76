// Package picture draws a way that something takes through a chain of
// stations: as SVG, DOT and Mermaid. It knows stations, rails and marks, and
// nothing of what they stand for.
//
// Every string of a Diagram may come from a stranger. Clean makes it safe to
// read, and each writer escapes it for its own language; nothing in a Diagram
// can become markup, script or a link.
package picture
