package expression

import (
	"errors"
	"time"
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

var defaultLimits = limits{steps: 4_000_000, memory: 64 << 20, duration: time.Second}

var (
	errSteps    = errors.New("the expression takes too many steps")
	errDuration = errors.New("the expression takes too long")
	errMemory   = errors.New("the expression builds too much data")
)

// lookEvery is how many steps pass between two looks at the limits. Most programs end before the first and never
// read the clock.
const lookEvery = 512

// searchSteps is what a search with a regular expression counts for: a few kilobytes of text can keep it busy for a
// tenth of a second, see package function.
const searchSteps = lookEvery / 4

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
	switch v := v.(type) {
	case string:
		return f.chargeBytes(len(v))
	case []any, map[string]any:
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

// size is the number of elements or fields of an array or object, -1 for every other value.
func size(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return -1
}

// effort is how many steps an operation on v counts for beside the one for itself.
func effort(v any) int {
	if s, ok := v.(string); ok {
		return textEffort(s)
	}
	if n := size(v); n >= 0 {
		return containerEffort(n)
	}
	return 0
}

func textEffort(s string) int { return len(s) >> 12 }

// containerEffort takes into account that what the elements contain is not known.
func containerEffort(size int) int { return 8 + size>>4 }
