package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
)

// Trial is an expression or a value to try on given data.
type Trial struct {
	// Expression or Value is the source; one of them.
	Expression, Value string
	// Payload, Processed and Lookup are what the source sees under these names; absent is null.
	Payload, Processed, Lookup json.RawMessage
}

// Verdict is what a trial came to.
type Verdict struct {
	Result json.RawMessage `json:"result"`
	Type   string          `json:"type"`
}

// Try evaluates a trial with the secrets of the configuration. See Trial.Evaluate.
func (a *App) Try(t Trial) (*Verdict, error) {
	return t.Evaluate(slices.Collect(maps.Keys(a.Secrets)))
}

// Evaluate compiles and evaluates the source. Secrets of these names are known, and have `[REDACTED]` for a value, so
// that no expression can spell one out. A fault of the source is an *expression.Error; another error is a fault of the
// data.
func (t Trial) Evaluate(secrets []string) (*Verdict, error) {
	ctx, err := t.context()
	if err != nil {
		return nil, err
	}
	ctx.Secrets = make(map[string]string, len(secrets))
	for _, name := range secrets {
		ctx.Secrets[name] = pipeline.Masked
	}
	program, err := t.compile(expression.NewCompiler(secrets))
	if err != nil {
		return nil, err
	}
	result, err := program.Eval(ctx)
	if err != nil {
		return nil, err
	}
	text, err := program.AppendJSON(nil, ctx)
	if err != nil {
		return nil, err
	}
	return &Verdict{Result: text, Type: value.TypeOf(result)}, nil
}

func (t *Trial) compile(compiler *expression.Compiler) (*expression.Program, error) {
	if t.Value != "" {
		return compiler.Value(t.Value, expression.ScopePerform)
	}
	return compiler.Expression(t.Expression, expression.ScopePerform)
}

// context is what the source sees: the given data, and a request such as a dry run has.
func (t *Trial) context() (*expression.Context, error) {
	ctx := &expression.Context{
		Connector: "test",
		Event:     expression.Event{ID: event.NewID().String(), ReceivedAt: time.Now()},
		Request:   expression.Request{Method: http.MethodPost, Path: "/", RemoteIP: "127.0.0.1"},
	}
	var err error
	if ctx.Payload, err = document("payload", t.Payload); err != nil {
		return nil, err
	}
	if ctx.Lookup, err = document("lookup", t.Lookup); err != nil {
		return nil, err
	}
	processed, err := document("processed", t.Processed)
	if err != nil || processed == nil {
		return ctx, err
	}
	fields, ok := processed.Value().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("processed: %s where an object belongs", value.TypeOf(processed.Value()))
	}
	ctx.Processed = new(expression.Object)
	for name, field := range fields {
		if err := ctx.Processed.Set(name, field, nil); err != nil {
			return nil, fmt.Errorf("processed: %w", err)
		}
	}
	return ctx, nil
}

func document(name string, raw json.RawMessage) (*value.Document, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	d, err := value.NewDocument(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}
