package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"github.com/canreach/canreach/snapshot"
)

// session is one account that is captured, and the credentials for it.
type session struct {
	account   string // twelve digits
	caller    string // the ARN that the calls are made as
	partition string // "aws", "aws-cn", …
	cfg       aws.Config

	mu      sync.Mutex
	clients map[string]any // by service and region
}

// client returns the SDK's client, one for each service and region, so that
// the adaptive retries of its calls know of one another.
func (s *session) client(service, region string, b binding) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := service + " " + region
	if c, ok := s.clients[key]; ok {
		return c
	}
	cfg := s.cfg.Copy()
	if region != "" {
		cfg.Region = region
	}
	c := b.client(cfg)
	s.clients[key] = c
	return c
}

// A throttled or cut call is tried maxAttempts times, with waits that grow to
// maxBackoff.
const (
	maxAttempts = 7
	maxBackoff  = 8 * time.Second
)

// sessions signs in to every account of the request. An account that can't be
// signed in to is a gap, as long as another can.
func (r *run) sessions(ctx context.Context) ([]*session, error) {
	bases, err := r.signingIn().profiles(ctx)
	if err != nil {
		return nil, err
	}
	var out []*session
	var trouble []error
	candidates := r.signingIn().candidates(ctx, bases)
	if r.member != nil {
		candidates = []candidate{r.member.candidate}
	}
	for _, c := range candidates {
		s, err := r.signingIn().identify(ctx, c.cfg)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			trouble = append(trouble, fmt.Errorf("%s: %w", c.name, r.signingIn().explain(c, err)))
			r.gaps = append(r.gaps, snapshot.Gap{Account: c.account, Service: "sts", Operation: c.operation, Resource: c.name, Code: errorCode(err), Message: errorMessage(err)})
			continue
		}
		if slices.ContainsFunc(out, func(o *session) bool { return o.account == s.account }) {
			return nil, fmt.Errorf("%s is in account %s, which another profile or role is in already", c.name, s.account)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, errors.Join(trouble...)
	}
	slices.SortFunc(out, func(a, b *session) int { return strings.Compare(a.account, b.account) })
	return out, nil
}

// profiles loads the configuration of each profile, or the default one, as
// every AWS tool does: environment, shared files, SSO, container and instance
// roles, AWS_ENDPOINT_URL.
func (r signingIn) profiles(ctx context.Context) ([]candidate, error) {
	names := r.request.Profiles
	if len(names) == 0 {
		names = []string{""}
	}
	var out []candidate
	for _, name := range names {
		load := []func(*config.LoadOptions) error{
			config.WithAPIOptions([]func(*middleware.Stack) error{boundAttempts}),
			config.WithLogger(logging.Nop{}), // its warnings would stand between the progress lines
			config.WithRetryer(func() aws.Retryer {
				return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
					o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) {
						s.MaxAttempts, s.MaxBackoff = maxAttempts, maxBackoff
						s.RateLimiter = unlimited{}
						s.Retryables = append(s.Retryables, retry.IsErrorRetryableFunc(cutShort), retry.IsErrorRetryableFunc(hung))
					})
				})
			}),
		}
		if name != "" {
			load = append(load, config.WithSharedConfigProfile(name))
		}
		if len(r.request.Regions) > 0 {
			load = append(load, config.WithRegion(r.request.Regions[0])) // its partition is the request's
		}
		cfg, err := config.LoadDefaultConfig(ctx, append(load, r.load...)...)
		if err != nil {
			return nil, fmt.Errorf("AWS configuration: %w", err)
		}
		if cfg.Region == "" {
			return nil, ErrNoRegion
		}
		cfg.Credentials = aws.NewCredentialsCache(signIn{cfg.Credentials})
		label := "profile " + name
		if name == "" {
			label = "the default credentials"
		}
		out = append(out, candidate{name: label, operation: "GetCallerIdentity", cfg: cfg})
	}
	return out, nil
}

// explain says in words for a person why an account could not be signed in
// to, and what to do about it.
func (r signingIn) explain(c candidate, err error) error {
	var unknown *net.DNSError
	var signIn *signInError
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode() != "":
		text := fmt.Sprintf("%s answered %s: %s", c.operation, api.ErrorCode(), api.ErrorMessage())
		if slices.Contains(expired, api.ErrorCode()) || api.ErrorCode() == "InvalidClientTokenId" {
			text += ": sign in again (aws sso login, or new keys), or pass another --profile"
		}
		return errors.New(text)
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return fmt.Errorf("there is no host %s: is the region %s right?", unknown.Name, c.cfg.Region)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s (--timeout): can this machine reach AWS, and is AWS_ENDPOINT_URL, if set, right?", r.timeout)
	case errors.As(err, &signIn):
		return fmt.Errorf("no credentials (%s): sign in (aws sso login, aws configure), set AWS_PROFILE, or pass --profile",
			strings.TrimPrefix(signIn.Error(), "failed to refresh cached credentials, "))
	}
	return err
}

// cutShort tells whether an answer ended before its end. The SDK takes what
// came for an answer that it can't read, and does not try again.
func cutShort(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// unlimited leaves the number of retries to MaxAttempts: one account's
// throttling must not use up what another call's retries need.
type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

// candidate is an account that the request names, not yet signed in to.
type candidate struct {
	name, account, operation string
	cfg                      aws.Config
}

// candidates are the profiles' accounts or, with roles to assume, theirs. Of
// several profiles each role is assumed with the first that may; a profile
// that no role was assumed with is an account to capture, too.
func (r signingIn) candidates(ctx context.Context, bases []candidate) []candidate {
	if len(r.request.AssumeRoles) == 0 {
		return bases
	}
	var out []candidate
	source := make([]bool, len(bases))
	for _, arn := range r.request.AssumeRoles {
		i, c := 0, r.assumed(bases[0], arn)
		for i < len(bases)-1 && !r.signsIn(ctx, c) {
			i++
			c = r.assumed(bases[i], arn)
		}
		source[i] = true
		out = append(out, c)
	}
	for i, base := range bases {
		if !source[i] {
			out = append(out, base)
		}
	}
	return out
}

// signsIn tells whether a candidate's credentials can be had.
func (r signingIn) signsIn(ctx context.Context, c candidate) bool {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	_, err := c.cfg.Credentials.Retrieve(ctx)
	return err == nil
}

// assumed is the account of a role that is assumed with base's credentials.
func (r signingIn) assumed(base candidate, arn string) candidate {
	cfg := base.cfg.Copy()
	provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(base.cfg), arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "canreach-snapshot"
		if r.request.ExternalID != "" {
			o.ExternalID = &r.request.ExternalID
		}
	})
	cfg.Credentials = aws.NewCredentialsCache(signIn{provider})
	return candidate{name: arn, account: strings.Split(arn, ":")[4], operation: "AssumeRole", cfg: cfg}
}

// signIn marks what goes wrong while credentials are found or renewed.
type signIn struct{ aws.CredentialsProvider }

// signInError says that there are no credentials to sign a call with, or no
// longer.
type signInError struct{ error }

func (e *signInError) Unwrap() error { return e.error }

func (p signIn) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = &signInError{err}
	}
	return c, err
}

// identify asks AWS who the credentials belong to.
func (r signingIn) identify(ctx context.Context, cfg aws.Config) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	s := &session{account: aws.ToString(out.Account), caller: aws.ToString(out.Arn), partition: "aws", cfg: cfg, clients: map[string]any{}}
	if p := strings.SplitN(s.caller, ":", 3); len(p) == 3 && p[1] != "" {
		s.partition = p[1]
	}
	return s, nil
}

// ErrNoRegion says that neither the request nor the SDK's configuration
// names a region.
var ErrNoRegion = errors.New("no region: pass --region, or set AWS_REGION")
