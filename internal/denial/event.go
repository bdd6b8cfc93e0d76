package denial

import (
	"encoding/json"
	"strings"
)

// event is what is read of a CloudTrail event.
//
// AWS: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type event struct {
	EventType    string `json:"eventType"`
	EventTime    string `json:"eventTime"`
	EventSource  string `json:"eventSource"`
	EventName    string `json:"eventName"`
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	SourceIP     string `json:"sourceIPAddress"`
	Endpoint     string `json:"vpcEndpointId"`
	UserIdentity struct {
		ARN            string `json:"arn"`
		SessionContext struct {
			SessionIssuer struct {
				ARN string `json:"arn"`
			} `json:"sessionIssuer"`
		} `json:"sessionContext"`
	} `json:"userIdentity"`
	Parameters json.RawMessage `json:"requestParameters"`
	Resources  []struct {
		ARN  string `json:"ARN"`
		Type string `json:"type"`
	} `json:"resources"`

	Records []json.RawMessage `json:"Records"` // of a log file
	Events  []struct {
		CloudTrailEvent string `json:"CloudTrailEvent"`
	} `json:"Events"` // of lookup-events
	FailureReason string `json:"FailureReason"` // of a job's description
}

// readEvent reads a CloudTrail event, the first failure of a list of them, or
// the FailureReason of a job's description.
func readEvent(text []byte) (Denial, bool) { return readNested(text, 3) }

// readNested reads a text that may hold others, depth deep.
func readNested(text []byte, depth int) (Denial, bool) {
	if depth == 0 {
		return Denial{}, false
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) == nil {
		return firstFailure(list, depth-1)
	}
	var e event
	if json.Unmarshal(text, &e) != nil {
		return Denial{}, false
	}
	if len(e.Records) > 0 {
		return firstFailure(e.Records, depth-1)
	}
	for _, x := range e.Events {
		list = append(list, json.RawMessage(x.CloudTrailEvent))
	}
	if len(list) > 0 {
		return firstFailure(list, depth-1)
	}
	if e.FailureReason != "" {
		d := readMessage(e.FailureReason)
		d.complete()
		return d, d.Kind != ""
	}
	return e.denial()
}

func firstFailure(list []json.RawMessage, depth int) (Denial, bool) {
	for _, text := range list {
		if d, ok := readNested(text, depth); ok {
			return d, true
		}
	}
	return Denial{}, false
}

// denial is false for an event that did not fail.
func (e *event) denial() (Denial, bool) {
	if e.EventName == "" || e.EventSource == "" || e.ErrorCode == "" {
		return Denial{}, false
	}
	d := readMessage(e.ErrorMessage)
	d.Kind = Denied
	d.Service = strings.TrimSuffix(e.EventSource, ".amazonaws.com")
	d.Action = firstNonEmpty(d.Action, d.Service+":"+e.EventName)
	d.Principal = firstNonEmpty(e.UserIdentity.ARN, d.Principal, e.UserIdentity.SessionContext.SessionIssuer.ARN)
	d.Endpoint, d.Source, d.Time = firstNonEmpty(e.Endpoint, d.Endpoint), e.SourceIP, e.EventTime
	if d.Resource == "" {
		d.Resource = e.resource()
	}
	// A network activity event of a refusal is written for the endpoint's
	// policy only.
	if e.ErrorCode == "VpceAccessDenied" && d.Layer == "" {
		d.Layer = "VPC endpoint policy"
	}
	d.complete()
	return d, true
}

// resource is the object or bucket that an event names.
func (e *event) resource() string {
	var p struct {
		Bucket string `json:"bucketName"`
		Key    string `json:"key"`
	}
	if len(e.Parameters) > 0 {
		_ = json.Unmarshal(e.Parameters, &p) // some services' parameters have another form
	}
	if p.Bucket != "" {
		if p.Key == "" {
			return "arn:aws:s3:::" + p.Bucket
		}
		return "arn:aws:s3:::" + p.Bucket + "/" + p.Key
	}
	longest := ""
	for _, r := range e.Resources {
		if len(r.ARN) > len(longest) {
			longest = r.ARN
		}
	}
	return longest
}
