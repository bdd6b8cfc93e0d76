package policy

// Evaluate decides one request.
func Evaluate(l *Layers, r *Request) Decision { return Decision{} }
