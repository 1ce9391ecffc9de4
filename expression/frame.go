package expression

import (
	"errors"
	"sync"
	"time"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// limits bound one evaluation, whose data comes from strangers.
type limits struct {
	// steps counts calls, operators and rounds of loops.
	steps int
	// memory is how much an evaluation may build, in bytes of text plus 16 for each value.
	memory int
	// duration is the time it may take. It is looked at from time to time only, see frame.spend.
	duration time.Duration
}

var defaultLimits = limits{steps: 4_000_000, memory: 16 << 20, duration: time.Second}

var (
	errSteps    = errors.New("the expression takes too many steps")
	errDuration = errors.New("the expression takes too long")
	errMemory   = errors.New("the expression builds too much data")
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

// lookEvery is how many steps pass between two looks at the limits. Most programs end before the first and never
// read the clock.
const lookEvery = 512

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

// spend takes steps from what the evaluation may use.
func (f *frame) spend(steps int) error {
	f.credit -= steps
	if f.credit >= 0 {
		return nil
	}
	return f.look()
}

func (f *frame) look() error {
	f.spent += min(lookEvery, f.limits.steps) - f.credit
	f.credit = min(lookEvery, f.limits.steps)
	if f.spent > f.limits.steps {
		return errSteps
	}
	if f.started.IsZero() {
		f.started = time.Now()
	} else if time.Since(f.started) > f.limits.duration {
		return errDuration
	}
	return nil
}

// charge takes the size of v from what the evaluation may build. An array or object counts with all that is in it,
// as often as it is in it: its JSON would be that long.
func (f *frame) charge(v any) error {
	switch v.(type) {
	case string, []any, map[string]any:
		return f.chargeBytes(weigh(v, f.limits.memory-f.built))
	}
	return nil
}

func (f *frame) chargeBytes(n int) error {
	f.built += n
	if f.built > f.limits.memory {
		return errMemory
	}
	return nil
}

// weigh is the size of v, or some size above most where it is more than that.
func weigh(v any, most int) int {
	size := 16
	switch v := v.(type) {
	case string:
		size += len(v)
	case []any:
		for _, element := range v {
			if size += weigh(element, most-size); size > most {
				break
			}
		}
	case map[string]any:
		for key, member := range v {
			if size += len(key) + weigh(member, most-size); size > most {
				break
			}
		}
	}
	return size
}

// effort is how many steps a function's work on v counts for.
func effort(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) >> 12
	case []any:
		return 8 + len(v)>>4
	case map[string]any:
		return 8 + len(v)>>4
	}
	return 0
}

// searchSteps is what a search with a regular expression counts for: a few kilobytes of text can keep it busy for a
// tenth of a second, see package function.
const searchSteps = lookEvery / 4

// apply calls a function with what stands on the stack of arguments from base on, and takes it off.
func (f *frame) apply(fn *function.Function, base int) (any, error) {
	args := f.args[base:len(f.args):len(f.args)]
	steps := 1
	for _, arg := range args {
		steps += effort(arg)
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
	return result, f.charge(result)
}

// call is apply for arguments at hand.
func (f *frame) call(fn *function.Function, args ...any) (any, error) {
	base := len(f.args)
	f.args = append(f.args, args...)
	return f.apply(fn, base)
}

// textOf is v as text, charged where it had to be made.
func (f *frame) textOf(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	s := value.Text(v)
	return s, f.chargeBytes(len(s))
}
