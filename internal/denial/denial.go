// Package denial reads what AWS and its SDKs say of a call that failed: an
// error message, a SageMaker FailureReason, a CloudTrail event.
package denial

import (
	"errors"
	"regexp"
	"strings"
)

// Kind is how a call failed.
type Kind string

const (
	Denied      Kind = "denied"      // AWS answered, and refused
	Unreachable Kind = "unreachable" // no connection, or no answer in time
	Unresolved  Kind = "unresolved"  // the name has no address
)

// Denial is one call that failed. What the text does not tell is empty.
type Denial struct {
	Kind      Kind   `json:"kind"`
	Principal string `json:"principal,omitempty"` // ARN of who called: a session, role or user
	Role      string `json:"role,omitempty"`      // name of the principal's role
	Action    string `json:"action,omitempty"`    // "s3:GetObject"
	Resource  string `json:"resource,omitempty"`  // ARN
	Endpoint  string `json:"endpoint,omitempty"`  // VPC endpoint id
	Host      string `json:"host,omitempty"`      // that could not be reached
	Service   string `json:"service,omitempty"`   // "s3", "sts"
	Source    string `json:"source,omitempty"`    // the caller's address
	Layer     string `json:"layer,omitempty"`     // in AWS's words: "VPC endpoint policy"
	Explicit  bool   `json:"explicit,omitempty"`  // by an explicit deny
	Time      string `json:"time,omitempty"`      // RFC 3339, of an event
}

// Layers are the layers that AWS names, in its own words.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var Layers = []string{"VPC endpoint policy", "identity-based policy", "resource-based policy", "permissions boundary", "session policy",
	"service control policy", "resource control policy"}

// ErrNotRead tells that a text holds no failure that this package knows.
var ErrNotRead = errors.New("no AWS error message, FailureReason or CloudTrail event was recognised")

// Read reads a pasted text. Its error is ErrNotRead, or says what is malformed.
func Read(text string) (Denial, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		if d, ok := readEvent([]byte(text)); ok {
			return d, nil
		}
	}
	d := readMessage(text)
	if d.Kind == "" {
		return d, ErrNotRead
	}
	d.complete()
	return d, nil
}

var (
	rePrincipal = regexp.MustCompile(`User: (arn:aws[a-z-]*:(?:sts|iam)::\d{12}:\S+)`)
	reRole      = regexp.MustCompile(`arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+`)
	reAction    = regexp.MustCompile(`perform:? "?([a-z0-9-]+:[A-Za-z*]+)"?`)
	reAllows    = regexp.MustCompile(`allows the (?:action )?"?([a-z0-9-]+:[A-Za-z]+)"?`)
	reResource  = regexp.MustCompile(`on resource: "?(arn:[^"\s]+)"?`)
	reNoAllow   = regexp.MustCompile(`(?i)because no (.+?) allows`)
	reExplicit  = regexp.MustCompile(`(?i)with an explicit deny in an? (.+?)(?:$|[.:;,]|\s*\n)`)
	reOperation = regexp.MustCompile(`(?i)calling the\s*([A-Za-z0-9]+)\s*operation`)
	reFailed    = regexp.MustCompile(`\b(ListObjectsV2|ListObjects|GetObject|HeadObject|PutObject|HeadBucket|CreateMultipartUpload|UploadPart) failed`)
	reS3URI     = regexp.MustCompile(`s3://([a-z0-9][a-z0-9.-]+[a-z0-9])(/[^\s'",;)]*)?`)
	reURL       = regexp.MustCompile(`https?://([A-Za-z0-9.-]+)(?::\d+)?(/[^\s"']*)?`)
	reEndpoint  = regexp.MustCompile(`\bvpce-[0-9a-f]{8,17}\b`)
	reHost      = regexp.MustCompile(`\b([a-z0-9.-]+\.amazonaws\.com(?:\.cn)?)\b`)
	reUnknown   = regexp.MustCompile(`(?i)could not resolve host|name or service not known|temporary failure in name resolution|nodename nor servname|no such host|unknownhostexception|getaddrinfo|NXDOMAIN`)
	reTimeout   = regexp.MustCompile(`(?i)connect(?:ion)? time(?:d )?-?out|could not connect to the endpoint|read time(?:d )?-?out|connecttimeouterror|endpointconnectionerror|connection refused|i/o timeout|timed out|unable to execute (?:https? )?request to s3`)
	reDenied    = regexp.MustCompile(`(?i)access ?denied|not authorized|forbidden|\(403\)|unauthorizedoperation`)
	reTrust     = regexp.MustCompile(`(?i)trust relationship policy allows|could not assume role|cannot assume role|not authorized to perform:? sts:AssumeRole`)
)

// readMessage reads an error message or a FailureReason.
func readMessage(text string) Denial {
	var d Denial
	group := func(re *regexp.Regexp) string {
		if m := re.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	switch {
	case reUnknown.MatchString(text):
		d.Kind = Unresolved
	case reDenied.MatchString(text), reTrust.MatchString(text):
		d.Kind = Denied
	case reTimeout.MatchString(text):
		d.Kind = Unreachable
	default:
		return d
	}
	d.Principal, d.Action, d.Resource = group(rePrincipal), group(reAction), strings.TrimRight(group(reResource), ".,;")
	if d.Action == "" {
		d.Action = group(reAllows)
	}
	if name := firstNonEmpty(group(reOperation), group(reFailed)); d.Action == "" && name != "" {
		d.Action = "s3:" + name
	}
	if d.Principal == "" {
		d.Principal = strings.TrimRight(reRole.FindString(text), ".,;")
	}
	if reTrust.MatchString(text) {
		d.Action, d.Layer = "sts:AssumeRole", "resource-based policy"
	}
	if layer := layerOf(group(reNoAllow)); layer != "" {
		d.Layer = layer
	}
	if layer := layerOf(group(reExplicit)); layer != "" {
		d.Layer, d.Explicit = layer, true
	}
	d.Endpoint = reEndpoint.FindString(text)
	if m := reS3URI.FindStringSubmatch(text); m != nil && d.Resource == "" {
		d.Resource = "arn:aws:s3:::" + m[1] + strings.TrimRight(m[2], ".:/[]")
	}
	if m := reURL.FindStringSubmatch(text); m != nil {
		d.Host = strings.ToLower(m[1])
		d.fromURL(m[2])
	} else if d.Kind != Denied {
		d.Host = group(reHost)
		d.fromURL("")
	}
	return d
}

func firstNonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// layerOf is AWS's word for a layer in a phrase such as "identity-based policy".
func layerOf(phrase string) string {
	for _, l := range Layers {
		if strings.HasPrefix(strings.ToLower(phrase), strings.ToLower(l)) {
			return l
		}
	}
	return ""
}

// fromURL reads service, bucket and key out of the host and path that were called.
func (d *Denial) fromURL(path string) {
	name, ok := strings.CutSuffix(strings.TrimSuffix(d.Host, ".cn"), ".amazonaws.com")
	if !ok {
		return
	}
	labels := strings.Split(name, ".")
	for i, l := range labels {
		if l != "s3" && !strings.HasPrefix(l, "s3-") {
			continue
		}
		d.Service = "s3"
		bucket, key := strings.Join(labels[:i], "."), strings.TrimPrefix(path, "/")
		if bucket == "" {
			bucket, key, _ = strings.Cut(key, "/")
		}
		key, _, _ = strings.Cut(key, "?")
		if bucket != "" && d.Resource == "" {
			d.Resource = strings.TrimSuffix("arn:aws:s3:::"+bucket+"/"+key, "/")
		}
		return
	}
	d.Service = name
	if n := len(labels); n > 1 && regionName.MatchString(labels[n-1]) {
		d.Service = strings.Join(labels[:n-1], ".")
	}
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)

// complete fills in what follows from the rest.
func (d *Denial) complete() {
	if service, _, ok := strings.Cut(d.Action, ":"); ok && d.Service == "" {
		d.Service = service
	}
	rest, ok := strings.CutPrefix(d.Principal[strings.LastIndex(d.Principal, ":")+1:], "assumed-role/")
	switch {
	case ok:
		d.Role, _, _ = strings.Cut(rest, "/")
	case strings.Contains(d.Principal, ":role/"):
		d.Role = d.Principal[strings.LastIndex(d.Principal, "/")+1:]
	}
}
