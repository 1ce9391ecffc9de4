package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// Missing compares the references to $payload with an example payload. Each error it gives is a warning: it names a
// field that the example lacks and, in its detail, the nearest one that it has.
func (p *Program) Missing(example *value.Document) []*Error {
	var warnings []*Error
	for _, reference := range p.references {
		if reference.Root != "$payload" {
			continue
		}
		if warning := reference.missing(example.Value()); warning != nil {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}

// missing follows the reference through v to the first field that is not there. Arrays may be shorter in the example
// than in life, and what is null there may be an object in life, so neither says anything.
func (r Reference) missing(v any) *Error {
	walked := r.Root
	for _, step := range r.Path {
		if elements, ok := v.([]any); ok && step.IsIndex {
			if len(elements) == 0 {
				return nil
			}
			v = elements[0]
			walked += fmt.Sprintf("[%d]", step.Index)
			continue
		}
		members, ok := v.(map[string]any)
		if !ok || step.IsIndex {
			return nil
		}
		member, ok := members[step.Key]
		if !ok {
			if fn, isAccessor := function.LookupAccessor(step.Key); isAccessor && fn.AppliesTo(v) {
				return nil
			}
			return &Error{
				Message:  fmt.Sprintf("the example has no field %s in %s", step.Key, walked),
				Detail:   didYouMean(nearest(step.Key, keys(members))),
				Position: r.Position,
			}
		}
		v = member
		walked += "." + step.Key
	}
	return nil
}

func (c *Compiler) nearestSecret(name string) string {
	return didYouMean(nearest(name, keys(c.secrets)))
}

func keys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return "did you mean " + name + "?"
}

// nearest is the candidate most like name, "" when none is: one of the same letters, or one that begins like it.
func nearest(name string, candidates []string) string {
	plain := plainName(name)
	best, most := "", 0
	for _, candidate := range candidates {
		other := plainName(candidate)
		if other == plain {
			return candidate
		}
		common := commonLength(plain, other)
		if 5*common >= 3*max(len(plain), len(other)) && common > most {
			best, most = candidate, common
		}
	}
	return best
}

// plainName is a name without what people write differently: case, underscores and hyphens.
func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// commonLength is the length of what two names share at their beginning and at their end.
func commonLength(a, b string) int {
	shorter := min(len(a), len(b))
	front := 0
	for front < shorter && a[front] == b[front] {
		front++
	}
	back := 0
	for back < shorter-front && a[len(a)-1-back] == b[len(b)-1-back] {
		back++
	}
	return front + back
}
