package policy

import "strings"

// arnPattern is an ARN pattern compared part by part (P46, P152).
type arnPattern struct {
	all   bool // "*" alone
	short bool // fewer than six parts (P48, P178)
	count int  // with short: how many parts there are
	wild  bool // holds a wildcard
	whole bool // the first five parts are literal: parts[5] is over the whole ARN
	parts [6]matcher
	// loose is the reading in which a part that is exactly "*" swallows colons
	// (P47), or of a short ARN, the whole with what is missing completed by
	// wildcards (P48); matchNothing where the two readings are one.
	loose matcher
	// anyPartition tells a wildcard in the partition (P49).
	anyPartition bool
	hasVariable  bool
}

// resourcePattern is a value of Resource or NotResource.
type resourcePattern struct {
	arnPattern
	text string
	// allBuckets tells arn:aws:s3:::*, which P54 accepts for ListAllMyBuckets.
	allBuckets bool
}

func (p *program) resource(text string, slots map[string]int) resourcePattern {
	r := resourcePattern{arnPattern: p.arn(text, slots), text: text}
	parts := splitARNPattern(text)
	r.allBuckets = len(parts) == 6 && parts[2] == "s3" && parts[3] == "" && parts[4] == "" && parts[5] == "*"
	return r
}

func (p *program) arn(text string, slots map[string]int) arnPattern {
	variables := p.doc.Variables()
	a := arnPattern{all: text == "*", wild: strings.ContainsAny(text, "*?")}
	if a.all {
		return a
	}
	tokens := p.bind(tokenize(text, variables, true), slots)
	parts := splitTokens(tokens)
	for _, t := range tokens {
		a.hasVariable = a.hasVariable || t.kind == tokenVariable
	}
	if len(parts) < 6 || !literalText(parts[0], "arn") {
		a.short, a.count = true, len(parts)
		if n := len(tokens); n == 0 || tokens[n-1].kind != tokenStar {
			tokens = append(tokens[:n:n], token{text: ":"}, token{kind: tokenStar})
			last := len(parts) - 1
			parts[last] = append(parts[last][:len(parts[last]):len(parts[last])], token{text: ":"}, token{kind: tokenStar})
		}
		a.loose = newMatcher(tokens)
		for i, part := range parts {
			a.parts[i] = newMatcher(part)
		}
		return a
	}
	a.whole = true
	stars, partial := false, false
	for _, part := range parts[:5] {
		switch {
		case len(part) == 0 || len(part) == 1 && part[0].kind == tokenLiteral:
		case len(part) == 1 && part[0].kind == tokenStar:
			stars, a.whole = true, false
		default:
			partial, a.whole = true, false
		}
	}
	a.anyPartition = len(parts[1]) > 0 && !(len(parts[1]) == 1 && parts[1][0].kind == tokenLiteral)
	if a.whole {
		a.parts[5] = newMatcher(tokens)
		return a
	}
	for i, part := range parts {
		a.parts[i] = newMatcher(part)
	}
	if stars && !partial {
		a.loose = newMatcher(tokens)
	}
	return a
}

// splitTokens splits a pattern at its first five literal colons.
func splitTokens(tokens []token) [][]token {
	parts := [][]token{nil}
	for _, t := range tokens {
		if t.kind != tokenLiteral {
			parts[len(parts)-1] = append(parts[len(parts)-1], t)
			continue
		}
		text := t.text
		for len(parts) < 6 {
			i := strings.IndexByte(text, ':')
			if i < 0 {
				break
			}
			if i > 0 {
				parts[len(parts)-1] = append(parts[len(parts)-1], token{text: text[:i]})
			}
			parts, text = append(parts, nil), text[i+1:]
		}
		if text != "" {
			parts[len(parts)-1] = append(parts[len(parts)-1], token{text: text})
		}
	}
	return parts
}

func literalText(tokens []token, text string) bool {
	return len(tokens) == 1 && tokens[0].kind == tokenLiteral && tokens[0].text == text
}

// arnText is an ARN of a request, split at its first five colons when it is
// first asked for its parts.
type arnText struct {
	text  string
	parts [6]string
	ok    bool // has the form of an ARN
	done  bool // parts and ok are filled in
}

// from is what stands behind the first n colons; false where there are fewer.
func (a *arnText) from(n int) (string, bool) {
	rest := a.text
	for range n {
		_, after, ok := strings.Cut(rest, ":")
		if !ok {
			return "", false
		}
		rest = after
	}
	return rest, true
}

func splitARN(s string) arnText {
	a := arnText{text: s}
	a.split()
	return a
}

func (a *arnText) split() {
	if a.done {
		return
	}
	a.done = true
	if !strings.HasPrefix(a.text, "arn:") {
		return
	}
	rest := a.text
	for i := range 5 {
		j := strings.IndexByte(rest, ':')
		if j < 0 {
			return
		}
		a.parts[i], rest = rest[:j], rest[j+1:]
	}
	a.parts[5], a.ok = rest, true
}
