package capture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The SDK's SageMaker client builds its tables when the program starts,
// whether it is used or not: 8 ms and 6 MB for every "canreach check"
// (docs/adr/0002-capture-binary.md). A few list and describe calls do not earn that.
// They are made here with the SDK's own configuration, credentials, signer,
// retries and transport; the JSON protocol's answers have AWS's member names
// already.

// describeJSON makes a call of SageMaker's JSON protocol.
func (r *caller) describeJSON(ctx context.Context, at place, target string, input []byte) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	r.calls.Add(1)
	cfg := at.session.cfg.Copy()
	cfg.Region = at.region
	endpoint, err := sageMakerEndpoint(ctx, cfg)
	if err != nil {
		return result{}, err
	}
	body, err := retried(ctx, cfg.Retryer(), func() ([]byte, error) {
		return bounded(ctx, func(ctx context.Context) ([]byte, error) { return post(ctx, cfg, endpoint, target, input) })
	})
	if err != nil {
		return result{}, err
	}
	description, err := withTimes(body)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", target, err)
	}
	return result{status: done, rest: description}, nil
}

// retried tries as often, and waits as long, as the SDK's retryer says.
func retried(ctx context.Context, policy aws.Retryer, try func() ([]byte, error)) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		out, err := try()
		if err == nil || attempt >= policy.MaxAttempts() || !policy.IsErrorRetryable(err) {
			return out, err
		}
		wait, delayErr := policy.RetryDelay(attempt, err)
		if delayErr != nil {
			return nil, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// post makes one signed request.
func post(ctx context.Context, cfg aws.Config, endpoint, target string, input []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(input))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", target)
	who, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(input)
	if err := v4.NewSigner().SignHTTP(ctx, who, req, hex.EncodeToString(sum[:]), "sagemaker", cfg.Region, time.Now()); err != nil {
		return nil, err
	}
	var client aws.HTTPClient = awshttp.NewBuildableClient()
	if cfg.HTTPClient != nil {
		client = cfg.HTTPClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, apiError(resp, body)
	}
	return body, nil
}

// apiError reads the JSON protocol's error.
func apiError(resp *http.Response, body []byte) error {
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &e) // a proxy's page is no JSON: then only the status tells
	_, code, namespaced := strings.Cut(e.Type, "#")
	if !namespaced {
		code = e.Type
	}
	cause := error(fmt.Errorf("HTTP status %s", resp.Status))
	if code != "" {
		cause = &smithy.GenericAPIError{Code: code, Message: e.Message}
	}
	return &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: cause},
		RequestID:     resp.Header.Get("X-Amzn-Requestid"),
	}
}

// sageMakerEndpoint is where the SDK's conventions put SageMaker: the
// service's own endpoint of the environment or the profile, the endpoint for
// every service, or AWS's, with the partition's domain and the FIPS and
// dual-stack settings as STS has them.
//
// AWS: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func sageMakerEndpoint(ctx context.Context, cfg aws.Config) (string, error) {
	if e := configuredEndpoint(ctx, cfg); e != "" {
		return e, nil
	}
	if cfg.BaseEndpoint != nil {
		return *cfg.BaseEndpoint, nil
	}
	options := sts.NewFromConfig(cfg).Options().EndpointOptions
	e, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sts.EndpointParameters{
		Region:       aws.String(cfg.Region),
		UseFIPS:      aws.Bool(options.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(options.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	})
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "https", Host: "api." + strings.Replace(e.URI.Host, "sts", "sagemaker", 1)}
	if strings.HasPrefix(e.URI.Host, "sts-fips.") {
		u.Host = strings.Replace(e.URI.Host, "sts-fips.", "api-fips.sagemaker.", 1)
	}
	return u.String() + "/", nil
}

// configuredEndpoint reads AWS_ENDPOINT_URL_SAGEMAKER and the profile's
// services section, as the SDK's clients do for their own service.
func configuredEndpoint(ctx context.Context, cfg aws.Config) string {
	for _, source := range cfg.ConfigSources {
		if s, ok := source.(interface {
			GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
		}); ok {
			if ignore, found, err := s.GetIgnoreConfiguredEndpoints(ctx); err == nil && found && ignore {
				return ""
			}
		}
	}
	for _, source := range cfg.ConfigSources {
		if s, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if e, found, err := s.GetServiceBaseEndpoint(ctx, "SageMaker"); err == nil && found {
				return e
			}
		}
	}
	return ""
}

// withTimes turns the protocol's times, seconds since 1970, into RFC 3339
// strings, and sorts the members.
func withTimes(body []byte) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return marshal(timed("", v)), nil
}

func timed(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = timed(k, v[k])
		}
	case []any:
		for i := range v {
			v[i] = timed(name, v[i])
		}
	case json.Number:
		if s, err := v.Float64(); err == nil && strings.HasSuffix(name, "Time") && s > 1e8 {
			whole, part := math.Modf(s)
			return time.Unix(int64(whole), int64(math.Round(part*1e3))*1e6).UTC().Format(time.RFC3339Nano)
		}
	}
	return v
}
