package event

import (
	"net/http"
	"slices"
	"strconv"
)

// AppendJSON appends the event's JSON. It is what encoding/json makes of the struct without HTML escaping, in the
// same order, with two differences: RetriedBy is [] when it is nil, and raw JSON (bodies, the payload) is appended
// byte for byte. So a stored payload is sent by a retry exactly as it was received, blanks included; see Decode.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":`...)
	dst = e.ID.appendJSON(dst)
	dst = append(dst, `,"connector":`...)
	dst = appendString(dst, e.Connector)
	dst = append(dst, `,"endpoint":`...)
	dst = appendString(dst, e.Endpoint)
	dst = append(dst, `,"status":`...)
	dst = appendString(dst, string(e.Status))
	dst = e.Error.appendMember(dst)
	dst = append(dst, `,"received_at":`...)
	dst = e.ReceivedAt.appendJSON(dst)
	dst = append(dst, `,"duration_ms":`...)
	dst = appendFloat(dst, e.DurationMS)
	dst = append(dst, `,"depth":`...)
	dst = strconv.AppendInt(dst, int64(e.Depth), 10)
	dst = append(dst, `,"retry_of":`...)
	dst = appendID(dst, e.RetryOf)
	dst = append(dst, `,"retried_by":[`...)
	for i, id := range e.RetriedBy {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = id.appendJSON(dst)
	}
	dst = append(dst, ']')
	dst = appendStringMember(dst, "config", e.Config)
	if e.Request != nil {
		dst = e.Request.appendJSON(append(dst, `,"request":`...))
	}
	dst = appendRawMember(dst, "payload", e.Payload)
	if e.Trigger != nil {
		dst = e.Trigger.appendJSON(append(dst, `,"trigger":`...))
	}
	if e.Lookup != nil {
		dst = e.Lookup.appendJSON(append(dst, `,"lookup":`...))
	}
	dst = appendRawMember(dst, "processed", e.Processed)
	if e.Outbound != nil {
		dst = e.Outbound.appendJSON(append(dst, `,"outbound":`...))
	}
	if len(e.Attempts) > 0 {
		dst = append(dst, `,"attempts":`...)
		opening := byte('[')
		for i := range e.Attempts {
			dst = e.Attempts[i].appendJSON(append(dst, opening))
			opening = ','
		}
		dst = append(dst, ']')
	}
	if e.Response != nil {
		dst = e.Response.appendJSON(append(dst, `,"response":`...))
	}
	dst = append(dst, `,"next_attempt_at":`...)
	if e.NextAttemptAt != nil {
		dst = e.NextAttemptAt.appendJSON(dst)
	} else {
		dst = append(dst, "null"...)
	}
	dst = appendStringMember(dst, "trace_id", e.TraceID)
	dst = appendStringMember(dst, "claim", e.Claim)
	return append(dst, '}')
}

// MarshalJSON implements json.Marshaler. What encoding/json makes of it has no blanks, in the payload neither, and no
// Claim: that is right for showing an event, for storing it use AppendJSON.
func (e Event) MarshalJSON() ([]byte, error) {
	e.Claim = ""
	return e.AppendJSON(nil), nil
}

// AppendJSON appends the summary's JSON, as encoding/json makes it without HTML escaping.
func (s *Summary) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":`...)
	dst = s.ID.appendJSON(dst)
	dst = append(dst, `,"connector":`...)
	dst = appendString(dst, s.Connector)
	dst = append(dst, `,"endpoint":`...)
	dst = appendString(dst, s.Endpoint)
	dst = append(dst, `,"status":`...)
	dst = appendString(dst, string(s.Status))
	dst = s.Error.appendMember(dst)
	dst = append(dst, `,"received_at":`...)
	dst = s.ReceivedAt.appendJSON(dst)
	dst = append(dst, `,"duration_ms":`...)
	dst = appendFloat(dst, s.DurationMS)
	if s.ResponseStatus != 0 {
		dst = append(dst, `,"response_status":`...)
		dst = strconv.AppendInt(dst, int64(s.ResponseStatus), 10)
	}
	dst = append(dst, `,"retry_of":`...)
	return append(appendID(dst, s.RetryOf), '}')
}

func (e *Error) appendMember(dst []byte) []byte {
	if e == nil {
		return dst
	}
	dst = append(dst, `,"error":{"step":`...)
	dst = appendString(dst, string(e.Step))
	dst = append(dst, `,"code":`...)
	dst = appendString(dst, string(e.Code))
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, e.Message)
	return append(appendStringMember(dst, "detail", e.Detail), '}')
}

func (r *Request) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"method":`...)
	dst = appendString(dst, r.Method)
	dst = append(dst, `,"path":`...)
	dst = appendString(dst, r.Path)
	dst = appendStringMember(dst, "query", r.Query)
	dst = append(dst, `,"remote_ip":`...)
	dst = appendString(dst, r.RemoteIP)
	dst = appendHeadersMember(dst, r.Headers)
	return append(appendStringMember(dst, "body", r.Body), '}')
}

func (t *Trigger) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"expression":`...)
	dst = appendString(dst, t.Expression)
	if t.Result != nil {
		dst = append(dst, `,"result":`...)
		dst = strconv.AppendBool(dst, *t.Result)
	}
	if len(t.Explain) > 0 {
		dst = append(dst, `,"explain":`...)
		opening := byte('[')
		for i := range t.Explain {
			dst = append(dst, opening)
			dst = append(dst, `{"expression":`...)
			dst = appendString(dst, t.Explain[i].Expression)
			dst = append(dst, `,"value":`...)
			dst = append(appendRaw(dst, t.Explain[i].Value), '}')
			opening = ','
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func (l *Lookup) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"request":`...)
	if l.Request != nil {
		dst = l.Request.appendJSON(dst)
	} else {
		dst = append(dst, "null"...)
	}
	if l.Response != nil {
		dst = l.Response.appendJSON(append(dst, `,"response":`...))
	}
	dst = appendStringMember(dst, "error", l.Error)
	dst = append(dst, `,"duration_ms":`...)
	return append(appendFloat(dst, l.DurationMS), '}')
}

func (o *Outbound) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"method":`...)
	dst = appendString(dst, o.Method)
	dst = append(dst, `,"url":`...)
	dst = appendString(dst, o.URL)
	dst = appendHeadersMember(dst, o.Headers)
	dst = appendRawMember(dst, "body", o.Body)
	dst = appendStringMember(dst, "encoding", o.Encoding)
	if o.Truncated {
		dst = append(dst, `,"truncated":true`...)
	}
	return append(dst, '}')
}

func (a *Attempt) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"at":`...)
	dst = a.At.appendJSON(dst)
	dst = append(dst, `,"duration_ms":`...)
	dst = appendFloat(dst, a.DurationMS)
	if a.Status != 0 {
		dst = append(dst, `,"status":`...)
		dst = strconv.AppendInt(dst, int64(a.Status), 10)
	}
	dst = append(dst, `,"error":`...)
	if a.Error != nil {
		dst = appendString(dst, *a.Error)
	} else {
		dst = append(dst, "null"...)
	}
	if a.Class != "" {
		dst = append(dst, `,"class":`...)
		dst = appendString(dst, a.Class)
	}
	if a.RetryAfterMS != 0 {
		dst = append(dst, `,"retry_after_ms":`...)
		dst = strconv.AppendInt(dst, a.RetryAfterMS, 10)
	}
	if a.Redelivery != 0 {
		dst = append(dst, `,"redelivery":`...)
		dst = strconv.AppendInt(dst, int64(a.Redelivery), 10)
	}
	return append(dst, '}')
}

func (r *Response) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"status":`...)
	dst = strconv.AppendInt(dst, int64(r.Status), 10)
	dst = appendHeadersMember(dst, r.Headers)
	dst = appendRawMember(dst, "body", r.Body)
	dst = appendStringMember(dst, "encoding", r.Encoding)
	dst = append(dst, `,"truncated":`...)
	return append(strconv.AppendBool(dst, r.Truncated), '}')
}

func appendID(dst []byte, id *ID) []byte {
	if id == nil {
		return append(dst, "null"...)
	}
	return id.appendJSON(dst)
}

func appendHeadersMember(dst []byte, headers http.Header) []byte {
	dst = append(dst, `,"headers":`...)
	if headers == nil {
		return append(dst, "null"...)
	}
	var few [32]string
	names := few[:0]
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = appendStrings(dst, headers[name])
	}
	return append(dst, '}')
}
