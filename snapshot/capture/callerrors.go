package capture

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// lapsed tells whether the credentials were good once and are no longer.
func lapsed(err error) bool {
	var signIn *signInError
	return slices.Contains(expired, errorCode(err)) || errors.As(err, &signIn)
}

// errorCode returns AWS's code of err, or a word for what kept AWS from
// answering.
func errorCode(err error) string {
	var api smithy.APIError
	var answer *awshttp.ResponseError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api) && api.ErrorCode() != "" && api.ErrorCode() != "UnknownError":
		return api.ErrorCode()
	case errors.As(err, new(*repeatedError)):
		return "Inconsistent"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*hungError)):
		return "Timeout"
	case errors.As(err, &answer) && answer.HTTPStatusCode() != 0:
		switch answer.HTTPStatusCode() {
		case http.StatusForbidden:
			return "AccessDenied"
		case http.StatusNotFound:
			return "NotFound"
		}
		return fmt.Sprintf("HTTP%d", answer.HTTPStatusCode())
	}
	return "RequestFailed"
}

// errorMessage returns what AWS said, without the request's own ids.
func errorMessage(err error) string {
	var api smithy.APIError
	var op *smithy.OperationError
	var answer *awshttp.ResponseError
	msg := err.Error()
	switch {
	case errors.As(err, &api) && api.ErrorMessage() != "":
		msg = api.ErrorMessage()
	case errors.As(err, &answer) && answer.HTTPStatusCode() != 0:
		msg = fmt.Sprintf("HTTP status %d, and no error in AWS's form: %v", answer.HTTPStatusCode(), answer.Err)
	case errors.As(err, &answer):
		msg = answer.Err.Error()
	case errors.As(err, &op):
		msg = op.Unwrap().Error()
	}
	if len(msg) > 500 {
		msg = strings.ToValidUTF8(msg[:500], "") + "…"
	}
	return msg
}
