// Package evidence makes a folder that an auditor can check years later: a
// snapshot, a question, the answer, every rule that decided, and a signed
// statement over all of them; and it checks such a folder by its hashes, its
// signature, and by asking the question again.
//
// Everything but the signature follows from four things: the snapshot, the
// question, the program, and the time. So a check rebuilds the folder from
// the first two and compares.
package evidence
