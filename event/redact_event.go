package event

// Event redacts an event in place: all that a request, a target, an expression or an error can have put into it. The
// names of connector and endpoint stay, and what the gateway makes itself: ids, times, the status. Headers, bodies and
// the error are replaced, not written to, so whoever else has them keeps them as they are.
func (r *Redactor) Event(e *Event) {
	e.Error = r.Error(e.Error)
	r.request(e.Request)
	e.Payload = r.JSON(e.Payload)
	r.trigger(e.Trigger)
	if e.Lookup != nil {
		r.outbound(e.Lookup.Request)
		r.response(e.Lookup.Response)
		e.Lookup.Error = r.String(e.Lookup.Error)
	}
	e.Processed = r.JSON(e.Processed)
	r.outbound(e.Outbound)
	for i := range e.Attempts {
		r.attempt(&e.Attempts[i])
	}
	r.response(e.Response)
	e.TraceID = r.String(e.TraceID)
}

func (r *Redactor) request(request *Request) {
	if request == nil {
		return
	}
	request.Method = r.String(request.Method)
	request.Path = r.String(request.Path)
	request.Query = r.String(request.Query)
	request.RemoteIP = r.String(request.RemoteIP)
	request.Headers = r.changedHeader(request.Headers)
	request.Body = r.String(request.Body)
}

func (r *Redactor) trigger(trigger *Trigger) {
	if trigger == nil {
		return
	}
	trigger.Expression = r.String(trigger.Expression)
	for i := range trigger.Explain {
		explanation := &trigger.Explain[i]
		explanation.Expression = r.String(explanation.Expression)
		explanation.Value = r.JSON(explanation.Value)
	}
}

func (r *Redactor) outbound(outbound *Outbound) {
	if outbound == nil {
		return
	}
	outbound.Method = r.String(outbound.Method)
	outbound.URL = r.String(outbound.URL)
	outbound.Headers = r.changedHeader(outbound.Headers)
	outbound.Body = r.body(outbound.Body, outbound.Encoding, outbound.Truncated)
}

func (r *Redactor) attempt(attempt *Attempt) {
	attempt.Class = r.String(attempt.Class)
	if attempt.Error == nil {
		return
	}
	if redacted := r.String(*attempt.Error); redacted != *attempt.Error {
		attempt.Error = new(redacted)
	}
}

func (r *Redactor) response(response *Response) {
	if response == nil {
		return
	}
	response.Headers = r.changedHeader(response.Headers)
	response.Body = r.body(response.Body, response.Encoding, response.Truncated)
}
