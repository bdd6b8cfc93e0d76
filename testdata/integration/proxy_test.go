//go:build integration

package integration

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/testkit/awswire"
)

// proxy stands before the API server. It answers the calls that the server
// lacks from the wire-format file of the unit tests, and does what trouble
// tells it to do with the others.
type proxy struct {
	*httptest.Server
	answers awswire.Answers

	mu      sync.Mutex
	trouble func(operation string, call int) trouble // call: 1 for an operation's first
	calls   map[string]int
}

// trouble is what happens to one call.
type trouble struct {
	code   string // the service's error, with status
	status int
	slow   time.Duration
	cut    bool // the connection ends in the middle of the answer
	then   func()

	reverse bool // the answer's lists are turned round
}

// lacking are calls that moto 5.2.5 answers with an error of its own: it has
// not built them.
var lacking = map[string]bool{
	"ec2.DescribeVpcBlockPublicAccessOptions": true, "ec2.DescribeVpcBlockPublicAccessExclusions": true,
	"ec2.DescribeVpcEncryptionControls":        true,
	"ec2.DescribeSecurityGroupVpcAssociations": true,
	// These two it takes for a listing of the bucket's objects.
	"s3.GetBucketAbac": true, "s3.GetBucketRequestPayment": true,
	"route53resolver.ListFirewallConfigs":               true,
	"route53resolver.ListFirewallRuleGroupAssociations": true, "route53resolver.ListFirewallRules": true,
	"route53resolver.ListFirewallDomainLists": true, "route53resolver.ListFirewallDomains": true,
	"route53profiles.ListProfileAssociations": true,
	"sagemaker.ListOptimizationJobs":          true,
}

// emptyAnswers replace answers of the file that name resources of its own.
var emptyAnswers = map[string]string{
	"ec2.DescribeVpcBlockPublicAccessExclusions":        `<R xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpcBlockPublicAccessExclusionSet/></R>`,
	"ec2.DescribeVpcEncryptionControls":                 `<R xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpcEncryptionControlSet/></R>`,
	"ec2.DescribeSecurityGroupVpcAssociations":          `<R xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><securityGroupVpcAssociationSet/></R>`,
	"route53resolver.ListFirewallConfigs":               `{"FirewallConfigs":[]}`,
	"route53resolver.ListFirewallRuleGroupAssociations": `{"FirewallRuleGroupAssociations":[]}`,
	"route53resolver.ListFirewallDomainLists":           `{"FirewallDomainLists":[]}`,
	"sagemaker.ListOptimizationJobs":                    `{"OptimizationJobSummaries":[]}`,
	"route53profiles.ListProfileAssociations":           `{"ProfileAssociations":[]}`,
	"s3.GetBucketAbac":                                  `<AbacStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Disabled</Status></AbacStatus>`,
}

var maxResults = regexp.MustCompile(`&MaxResults=[0-9]+`)

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	text, err := os.ReadFile("../../snapshot/capture/testdata/wire.txtar")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{answers: awswire.File(string(text)), calls: map[string]int{}}
	for name, text := range emptyAnswers {
		p.answers[name] = text
	}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, server) }))
	t.Cleanup(p.Close)
	return p
}

// cause sets the trouble, and counts calls anew.
func (p *proxy) cause(f func(operation string, call int) trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble, p.calls = f, map[string]int{}
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request, server string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	op := awswire.Operation(r, body)
	p.mu.Lock()
	p.calls[op]++
	var now trouble
	if p.trouble != nil && op != "" {
		now = p.trouble(op, p.calls[op])
	}
	p.mu.Unlock()
	if now.then != nil {
		now.then()
	}
	time.Sleep(now.slow)
	if now.status != 0 {
		w.WriteHeader(now.status)
		io.WriteString(w, awswire.Error(op, now.code))
		return
	}
	status, answer, header := p.answer(r, body, op, server)
	if now.reverse && status == http.StatusOK {
		answer = reversed(answer)
	}
	for k, v := range header {
		w.Header()[k] = v
	}
	if now.cut {
		w.Header().Set("Content-Length", "1000000")
		w.WriteHeader(status)
		w.Write(answer[:len(answer)/2])
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	w.Write(answer)
}

func (p *proxy) answer(r *http.Request, body []byte, op, server string) (int, []byte, http.Header) {
	if lacking[op] {
		if status, text, ok := p.answers.Find(op, r, body); ok {
			return status, []byte(text), nil
		}
	}
	if op == "ec2.SearchTransitGatewayRoutes" {
		body = maxResults.ReplaceAll(body, nil) // moto 5.2.5 answers a page size with status 500
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, server+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway, []byte(err.Error()), nil
	}
	req.Header = r.Header.Clone()
	req.Host = strings.TrimPrefix(r.Host, "http://")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return http.StatusBadGateway, []byte(err.Error()), nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return http.StatusBadGateway, []byte(err.Error()), nil
	}
	h := resp.Header.Clone()
	h.Del("Content-Length")
	return resp.StatusCode, text, h
}
