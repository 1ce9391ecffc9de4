package expression

import (
	"fmt"
	"sync"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
)

// Program is a compiled expression or value. It is safe for concurrent use.
type Program struct {
	source     string
	root       node
	limits     limits
	references []Reference
	// explained is the same program with a trace. It is made when it is first needed, so that programs which are
	// never explained pay nothing for it.
	explained func() (*explained, error)
}

// compile makes a program of what build builds.
func (c *Compiler) compile(source string, scope Scope, build func(*builder) (node, error)) (*Program, error) {
	b := c.newBuilder(source, scope)
	root, err := build(b)
	if err != nil {
		return nil, err
	}
	return &Program{
		source: source, root: root, limits: c.limits, references: b.references,
		explained: sync.OnceValues(func() (*explained, error) {
			traced := c.newBuilder(source, scope)
			traced.trace = &trace{}
			root, err := build(traced)
			return &explained{root, traced.trace}, err
		}),
	}, nil
}

// Source is the text that was compiled.
func (p *Program) Source() string { return p.source }

// Eval gives the program's value. The error is an *Error with the place in the source.
func (p *Program) Eval(ctx *Context) (any, error) {
	f := newFrame(ctx, p.limits)
	defer f.release()
	return f.run(p.root)
}

// run evaluates root. A panic is a fault of ours that must cost one event, not the process.
func (f *frame) run(root node) (v any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			v, err = nil, &Error{
				Message: "the expression could not be evaluated", Detail: fmt.Sprintf("internal fault: %T", fault),
				Position: Position{Line: 1, Column: 1},
			}
		}
		if err != nil {
			f.unwind()
		}
	}()
	return root.eval(f)
}

// Truthy evaluates a condition: false, null, 0, "", "0", [] and {} do not hold.
func (p *Program) Truthy(ctx *Context) (bool, error) {
	v, err := p.Eval(ctx)
	return err == nil && value.Truthy(v), err
}

// Text gives the value as text: null is empty, numbers have no exponent, objects and arrays are JSON.
func (p *Program) Text(ctx *Context) (string, error) {
	v, err := p.Eval(ctx)
	if err != nil {
		return "", err
	}
	return value.Text(v), nil
}

// AppendJSON appends the value's JSON. That of a lone reference is the JSON it was received as, with the order of
// its keys and the spelling of its numbers.
func (p *Program) AppendJSON(dst []byte, ctx *Context) ([]byte, error) {
	if raw, ok := asReceived(p.root, ctx); ok {
		return append(dst, raw...), nil
	}
	v, err := p.Eval(ctx)
	if err != nil {
		return dst, err
	}
	return appendJSON(dst, v)
}

func appendJSON(dst []byte, v any) ([]byte, error) {
	result, err := value.AppendJSON(dst, v)
	if err != nil {
		return dst, &Error{Message: "the value has no JSON: " + err.Error(), Position: Position{Line: 1, Column: 1}}
	}
	return result, nil
}

// Set evaluates the program and keeps its value, and the JSON that AppendJSON gives, under name in ctx.Processed.
func (p *Program) Set(ctx *Context, name string) error {
	v, err := p.Eval(ctx)
	if err != nil {
		return err
	}
	raw, ok := asReceived(p.root, ctx)
	if !ok {
		if raw, err = appendJSON(nil, v); err != nil {
			return err
		}
	}
	if ctx.Processed == nil {
		ctx.Processed = &Object{}
	}
	return ctx.Processed.Set(name, v, raw)
}

// Explain evaluates like Eval and also gives the value of each sub-expression that was evaluated, outermost first. At
// most 100 are given, and a value over 1 KiB is only described. Within a predicate the values are an array, one for
// each of the first elements. Where evaluation fails, the explanations are those known by then.
// A value that can have been made of a secret is [REDACTED], because a secret that was reversed or encoded would not be
// recognized by those who redact what is stored.
func (p *Program) Explain(ctx *Context) (any, []event.Explanation, error) {
	explained, err := p.explained()
	if err != nil {
		return nil, nil, err
	}
	f := newFrame(ctx, p.limits)
	defer f.release()
	f.recorded = make([]record, len(explained.trace.parts))
	v, err := f.run(explained.root)
	return v, explained.trace.explanations(f.recorded), err
}

// Reference is a variable that a program reads and the constant part of the path behind it.
type Reference struct {
	// Root is the variable with its dollar sign.
	Root     string
	Path     []value.Step
	Position Position
}

// References lists the variables that the program reads, in the order in which they stand in the source.
func (p *Program) References() []Reference { return p.references }
