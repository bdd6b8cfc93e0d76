package access

// Unpruned is a query that walks from every class of interfaces, whether the
// component graph links it to S3 or not.
func Unpruned(q Query) Query {
	q.everything = true
	return q
}
