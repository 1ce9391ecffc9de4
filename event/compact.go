package event

import "bytes"

// payloadEncoding is the Encoding of an outbound body that is not there because it is the payload.
const payloadEncoding = "payload"

// Compact is the event for a store to keep: an outbound body that is the payload, as where a payload is passed on, is in
// it once. Expand undoes that. The event itself is not changed, and is returned where there is nothing to be spared.
func (e *Event) Compact() *Event {
	if e.Outbound == nil || len(e.Payload) == 0 || e.Outbound.Encoding != "" || e.Outbound.Truncated ||
		!bytes.Equal(e.Outbound.Body, e.Payload) {
		return e
	}
	compact, outbound := *e, *e.Outbound
	outbound.Body, outbound.Encoding = nil, payloadEncoding
	compact.Outbound = &outbound
	return &compact
}

// Expand puts back what Compact has left out of an event that was decoded.
func (e *Event) Expand() {
	if e.Outbound != nil && e.Outbound.Encoding == payloadEncoding {
		e.Outbound.Body, e.Outbound.Encoding = e.Payload, ""
	}
}
