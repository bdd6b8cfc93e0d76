package capture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
)

// attemptTimeout bounds one attempt of a call: a connection that hangs is cut
// and the call tried again.
const attemptTimeout = 30 * time.Second

// hungError says that AWS did not answer an attempt in time. It does not wrap
// its cause: the SDK would take that for a canceled call and not try again.
type hungError struct{ cause string }

func (e *hungError) Error() string {
	return fmt.Sprintf("no answer within %s: %s", attemptTimeout, e.cause)
}

// bounded runs one attempt within attemptTimeout.
func bounded[T any](ctx context.Context, attempt func(context.Context) (T, error)) (T, error) {
	bound, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	out, err := attempt(bound)
	if err != nil && bound.Err() != nil && ctx.Err() == nil {
		err = &hungError{err.Error()}
	}
	return out, err
}

// boundAttempts bounds the attempts that the SDK makes, inside its retries.
func boundAttempts(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("CanreachAttempt",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			var metadata middleware.Metadata
			out, err := bounded(ctx, func(ctx context.Context) (middleware.FinalizeOutput, error) {
				out, m, err := next.HandleFinalize(ctx, in)
				metadata = m
				return out, err
			})
			return out, metadata, err
		}), "Retry", middleware.After)
}

// hung tells that an attempt that got no answer is worth another.
func hung(err error) aws.Ternary {
	if errors.As(err, new(*hungError)) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
