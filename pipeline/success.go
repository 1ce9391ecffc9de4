package pipeline

import (
	"fmt"
	"strings"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/outbound"
)

// judge has the `success` expression say whether an answer is what was asked for: there are targets that report every
// failure with a 200. An answer that does not meet it is final, since the target has dealt with the request.
func (x *execution) judge(result *outbound.Result) error {
	success := x.perform.success
	if success == nil {
		return nil
	}
	x.ctx.Response = value.DocumentOf(responseObject(result.Response))
	met, err := success.Truthy(x.ctx)
	if err != nil {
		return failed(event.StepPerform, "success", err)
	}
	if met {
		return nil
	}
	detail := fmt.Sprintf("success is false: %s; the answer had status %d", success.Source(), result.Response.Status)
	if result.Response.Truncated {
		detail += fmt.Sprintf(" and only its first %d bytes were read", len(result.Response.Body))
	}
	return event.PerformFailed(len(x.event.Attempts), detail)
}

// responseObject is an answer as expressions see it: the names of its headers in lower case, the values of a repeated
// one joined by ", ", the body as JSON where it is JSON, else as text.
func responseObject(answer *outbound.Response) map[string]any {
	headers := make(map[string]any, len(answer.Header))
	for name, values := range answer.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	var body any
	if len(answer.Body) > 0 {
		body = string(answer.Body)
		if document, err := value.NewDocument(answer.Body); err == nil && !answer.Truncated {
			body = document.Value()
		}
	}
	return map[string]any{"status": int64(answer.Status), "headers": headers, "body": body}
}
