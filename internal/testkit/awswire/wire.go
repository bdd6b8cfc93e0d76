// Package awswire tells which AWS operation an HTTP request asks for, and
// answers it from a file of answers in AWS's wire formats. Tests put it under
// the SDK's transport, and into the proxy before a real API server.
package awswire

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Operation returns the service and operation that a request of one of AWS's
// protocols asks for, e.g. "ec2.DescribeVpcs"; empty if it is none that the
// capture makes. The credential scope of the signature tells the service.
func Operation(req *http.Request, body []byte) string {
	service := serviceOf(req)
	if target := req.Header.Get("X-Amz-Target"); target != "" {
		_, name, _ := strings.Cut(target, ".")
		return service + "." + name
	}
	switch service {
	case "ec2", "iam", "sts", "sns":
		form, err := url.ParseQuery(string(body))
		if err != nil || form.Get("Action") == "" {
			return ""
		}
		return service + "." + form.Get("Action")
	case "s3":
		return s3Operation(req)
	}
	for _, r := range paths {
		if r.service == service && r.method == req.Method && r.path.MatchString(req.URL.EscapedPath()) {
			return service + "." + r.name
		}
	}
	return ""
}

var credentialScope = regexp.MustCompile(`Credential=[^/]+/[0-9]{8}/[^/]*/([^/]+)/aws4_request`)

func serviceOf(req *http.Request) string {
	m := credentialScope.FindStringSubmatch(req.Header.Get("Authorization"))
	if m == nil {
		return ""
	}
	if m[1] == "s3" && strings.HasPrefix(req.URL.Path, "/v20180820/") {
		return "s3control"
	}
	return m[1]
}

type path struct {
	service, method, name string
	path                  *regexp.Regexp
}

var paths = []path{
	{"lambda", "GET", "ListFunctions", regexp.MustCompile(`^/2015-03-31/functions/?$`)},
	{"route53profiles", "GET", "ListProfileAssociations", regexp.MustCompile(`^/profileassociations$`)},
	{"route53profiles", "GET", "ListProfileResourceAssociations", regexp.MustCompile(`^/profileresourceassociations/profileid/[^/]+$`)},
	{"route53", "GET", "ListHostedZonesByVPC", regexp.MustCompile(`^/2013-04-01/hostedzonesbyvpc$`)},
	{"route53", "GET", "GetHostedZone", regexp.MustCompile(`^/2013-04-01/hostedzone/[^/]+$`)},
	{"route53", "GET", "ListResourceRecordSets", regexp.MustCompile(`^/2013-04-01/hostedzone/[^/]+/rrset$`)},
	{"s3control", "GET", "GetPublicAccessBlock", regexp.MustCompile(`^/v20180820/configuration/publicAccessBlock$`)},
	{"s3control", "GET", "ListAccessPoints", regexp.MustCompile(`^/v20180820/accesspoint$`)},
	{"s3control", "GET", "GetAccessPoint", regexp.MustCompile(`^/v20180820/accesspoint/[^/]+$`)},
	{"s3control", "GET", "GetAccessPointPolicy", regexp.MustCompile(`^/v20180820/accesspoint/[^/]+/policy$`)},
}

// subresources are the query parameters that name a bucket's operations.
var subresources = map[string]string{
	"location": "GetBucketLocation", "policy": "GetBucketPolicy", "policyStatus": "GetBucketPolicyStatus",
	"publicAccessBlock": "GetPublicAccessBlock", "ownershipControls": "GetBucketOwnershipControls", "acl": "GetBucketAcl",
	"encryption": "GetBucketEncryption", "tagging": "GetBucketTagging", "requestPayment": "GetBucketRequestPayment", "abac": "GetBucketAbac",
}

func s3Operation(req *http.Request) string {
	if req.Method == http.MethodHead {
		return "s3.HeadBucket"
	}
	if req.Method != http.MethodGet {
		return ""
	}
	query := req.URL.Query()
	for parameter, name := range subresources {
		if query.Has(parameter) {
			return "s3." + name
		}
	}
	if req.URL.Path == "/" {
		return "s3.ListBuckets"
	}
	return ""
}

// Answers are answers by operation, as File reads them.
type Answers map[string]string

var sectionName = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// File reads answers in the txtar format. A section is named after its
// operation: "NAME", or "NAME@ARG" for requests that hold ARG, or "NAME#ARG",
// which goes before the others and stands for a later page. Its text is the
// answer's body, or "!STATUS CODE" for an error.
func File(text string) Answers {
	a := Answers{}
	at := sectionName.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		a[text[m[2]:m[3]]] = strings.TrimSpace(text[m[1]:end])
	}
	return a
}

// Find returns the answer to a request for an operation.
func (a Answers) Find(operation string, req *http.Request, body []byte) (status int, answer string, ok bool) {
	asked := req.URL.String() + " " + string(body)
	found := ""
	for name := range a {
		operationOf, arg, special := cutAny(name, "#@")
		switch {
		case operationOf != operation:
		case !special && found == "":
			found = name
		case special && strings.Contains(asked, arg) && (found == "" || !strings.Contains(found, "#")):
			found = name
		}
	}
	if found == "" {
		return 0, "", false
	}
	answer = a[found]
	var code string
	if n, _ := fmt.Sscanf(answer, "!%d %s", &status, &code); n == 2 {
		return status, Error(operation, code), true
	}
	return http.StatusOK, answer, true
}

func cutAny(s, separators string) (before, after string, found bool) {
	if i := strings.IndexAny(s, separators); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// Error returns an error's body in the protocol of the operation's service.
func Error(operation, code string) string {
	service, _, _ := strings.Cut(operation, ".")
	const message = "said the test"
	switch service {
	case "ec2":
		return fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r</RequestID></Response>`, code, message)
	case "iam", "sts", "route53", "s3control":
		return fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)
	case "s3":
		return fmt.Sprintf(`<Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
	}
	return fmt.Sprintf(`{"__type":"%s","message":"%s"}`, code, message)
}
