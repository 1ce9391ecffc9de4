package expression

import (
	"sync"
	"time"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// node is a part of a program. It is immutable: what an evaluation changes is in the frame.
type node interface {
	eval(f *frame) (any, error)
}

// frame is the state of one evaluation.
type frame struct {
	ctx    *Context
	limits limits

	// args is a stack: a function gets the top of it as its arguments.
	args      []any
	variables []any
	loops     []loop
	// text is a stack of the texts that are being put together.
	text []byte

	// credit is how many steps remain until the next look at the limits.
	credit  int
	spent   int
	built   int
	started time.Time

	// recorded has the values that a traced program has had, by the number of the node.
	recorded []record
}

var frames = sync.Pool{New: func() any { return new(frame) }}

func newFrame(ctx *Context, bounds limits) *frame {
	f := frames.Get().(*frame)
	f.ctx, f.limits, f.credit = ctx, bounds, min(lookEvery, bounds.steps)
	return f
}

// release returns the frame to the pool. Its stacks are empty by then, and what was on them has been cleared, so that
// the pool keeps no data alive.
func (f *frame) release() {
	f.ctx, f.recorded = nil, nil
	f.spent, f.built, f.started = 0, 0, time.Time{}
	if cap(f.text) > 64<<10 {
		f.text = nil
	}
	frames.Put(f)
}

// unwind empties the stacks after an error.
func (f *frame) unwind() {
	clear(f.args)
	clear(f.variables)
	clear(f.loops)
	f.args, f.variables, f.loops, f.text = f.args[:0], f.variables[:0], f.loops[:0], f.text[:0]
}

// apply calls a function with what stands on the stack of arguments from base on, and takes it off.
func (f *frame) apply(fn *function.Function, base int) (any, error) {
	args := f.args[base:len(f.args):len(f.args)]
	steps, containers := 1, 0
	for _, arg := range args {
		if s, ok := arg.(string); ok {
			steps += textEffort(s)
		} else if n := size(arg); n >= 0 {
			steps += containerEffort(n)
			containers++
		}
	}
	err := f.spend(steps)
	var result any
	if err == nil {
		result, err = fn.Call(args)
	}
	clear(args)
	f.args = f.args[:base]
	if err != nil {
		return nil, err
	}
	if n := size(result); n >= 0 && containers == 1 {
		// Made of one array or object, it has each of its parts no more often than that.
		return result, f.chargeBytes(16 * n)
	}
	return result, f.charge(result)
}

// call is apply for arguments at hand.
func (f *frame) call(fn *function.Function, args ...any) (any, error) {
	base := len(f.args)
	f.args = append(f.args, args...)
	return f.apply(fn, base)
}

// takeText takes the text that begins at start off the stack of texts.
func (f *frame) takeText(start int) string {
	text := string(f.text[start:])
	f.text = f.text[:start]
	return text
}

// textOf is v as text, charged where it had to be made.
func (f *frame) textOf(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	s := value.Text(v)
	return s, f.chargeBytes(len(s))
}
