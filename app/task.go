package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
)

// task is the input of an execution as a job keeps it: all of it, since the target must get what was received, also
// where the event has less (a payload that is not stored) or shows less (a secret in it).
//
// Its bytes are a version, the length of the header (4 bytes, big endian), the header as JSON, the payload, and the
// body unless it is the same.
type task struct {
	Endpoint    string         `json:"endpoint"`
	ReceivedAt  time.Time      `json:"received_at"`
	Depth       int            `json:"depth,omitempty"`
	RetryOf     *event.ID      `json:"retry_of,omitempty"`
	Claim       string         `json:"claim,omitempty"`
	Request     *event.Request `json:"request,omitempty"`
	ContentType string         `json:"content_type,omitempty"`
	// Payload is the length of the payload. HasBody tells that the body is another text, and follows it.
	Payload int  `json:"payload"`
	HasBody bool `json:"has_body,omitempty"`
	// Trace is the trace to which the request belongs.
	Trace propagation.MapCarrier `json:"trace,omitempty"`
}

const taskVersion = 1

var errTask = errors.New("what was accepted cannot be read from the store")

// encodeTask gives the bytes of an input, and of the trace in ctx.
func encodeTask(ctx context.Context, in *pipeline.Input) ([]byte, error) {
	payload := in.Payload.Raw()
	t := task{
		Endpoint: in.Endpoint, ReceivedAt: in.ReceivedAt, Depth: in.Depth, RetryOf: in.RetryOf, Request: in.Request,
		Claim: in.Claim, ContentType: in.ContentType, Payload: len(payload), HasBody: !bytes.Equal(payload, in.Body),
		Trace: make(propagation.MapCarrier),
	}
	propagation.TraceContext{}.Inject(ctx, t.Trace)
	header, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	encoded := make([]byte, 0, 5+len(header)+len(payload)+len(in.Body))
	encoded = append(encoded, taskVersion)
	encoded = binary.BigEndian.AppendUint32(encoded, uint32(len(header)))
	encoded = append(append(encoded, header...), payload...)
	if t.HasBody {
		encoded = append(encoded, in.Body...)
	}
	return encoded, nil
}

// decodeTask is the input of an event's job, and its trace.
func decodeTask(id event.ID, encoded []byte) (*pipeline.Input, propagation.MapCarrier, error) {
	if len(encoded) < 5 || encoded[0] != taskVersion {
		return nil, nil, fmt.Errorf("%w: it is of another version of the gateway, or damaged", errTask)
	}
	length := binary.BigEndian.Uint32(encoded[1:5])
	rest := encoded[5:]
	if uint64(length) > uint64(len(rest)) {
		return nil, nil, fmt.Errorf("%w: it is cut short", errTask)
	}
	var t task
	if err := json.Unmarshal(rest[:length], &t); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errTask, err)
	}
	rest = rest[length:]
	if t.Payload < 0 || t.Payload > len(rest) || !t.HasBody && t.Payload != len(rest) {
		return nil, nil, fmt.Errorf("%w: it is cut short", errTask)
	}
	raw := rest[:t.Payload:t.Payload]
	payload, err := value.NewDocument(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errTask, err)
	}
	in := &pipeline.Input{
		ID: id, ReceivedAt: t.ReceivedAt, Endpoint: t.Endpoint, Depth: t.Depth, RetryOf: t.RetryOf, Claim: t.Claim,
		Request: t.Request, Payload: payload, Body: raw, ContentType: t.ContentType,
	}
	if t.HasBody {
		in.Body = rest[t.Payload:]
	}
	return in, t.Trace, nil
}
