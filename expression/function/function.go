// Package function is the library of the expression language: every function with its name, parameters, description
// and examples in one table, from which the checks of the compiler, the reference for users and the tests are made.
//
// Functions work on the language's values (package value) and on nothing else: they know no syntax, no context of an
// execution and no network. They never change an argument, since arrays and objects are shared with the payload, and
// what they return is bounded.
package function

import (
	"fmt"
	"strings"
)

// Function is one entry of the library.
type Function struct {
	Name        string
	Group       string
	Description string
	Parameters  []Parameter
	Examples    []Example

	// Call applies the function to evaluated arguments. Its errors begin with the function's name and never show a
	// value, which may be a secret. It is nil where every form of the function takes a predicate.
	Call func(args []any) (any, error)

	// Accessor is the name under which the function follows a path, as in `$payload.text.json`, where it differs
	// from Name; NoAccessor keeps the function from being one. AccessorName tells the outcome.
	Accessor string

	// Builtin says that a call with a predicate, as in `filter($payload.items, .price > 10)`, is left to the
	// builtin of the same name that the expression engine brings along.
	Builtin bool

	// Of each function either run or direct is set; build makes Call from it. The direct ones read their arguments
	// themselves: they are called so often that the allocation of a call shows.
	run    func(c *call) any
	direct func(args []any) (any, error)
}

// Parameter is one parameter of a function. Optional ones follow the required ones; the last may be variadic.
type Parameter struct {
	Name     string
	Kind     Kind
	Optional bool
	Variadic bool // any number of arguments, at least one unless Optional

	// Subject marks the parameter that the function is about: null given for it is null returned.
	Subject bool
	// Predicate says that the parameter can be a predicate: required for functions without Call.
	Predicate bool
}

// Example is a call with its result. Payload and Result are JSON; an empty Payload is null.
type Example struct {
	Source  string
	Payload string
	Result  string
	// Pattern is a regular expression for the text of a result that differs each time; Result is empty then.
	Pattern string
}

// NoAccessor as Function.Accessor: the function cannot follow a path.
const NoAccessor = "-"

// MinArgs is the least number of arguments.
func (f *Function) MinArgs() int {
	required := 0
	for _, p := range f.Parameters {
		if !p.Optional {
			required++
		}
	}
	return required
}

// MaxArgs is the greatest number of arguments, -1 for any number.
func (f *Function) MaxArgs() int {
	if n := len(f.Parameters); n > 0 && f.Parameters[n-1].Variadic {
		return -1
	}
	return len(f.Parameters)
}

// CheckCount is the error for a call with so many arguments, nil if they fit.
func (f *Function) CheckCount(given int) error {
	if least := f.MinArgs(); given < least {
		return fmt.Errorf("%s requires at least %d argument(s), %d given", f.Name, least, given)
	}
	if most := f.MaxArgs(); most >= 0 && given > most {
		return fmt.Errorf("%s accepts at most %d argument(s), %d given", f.Name, most, given)
	}
	return nil
}

// Signature shows how the function is called: `round(value, decimals?)`, `concat(value…)`.
func (f *Function) Signature() string {
	var b strings.Builder
	b.WriteString(f.Name)
	b.WriteByte('(')
	for i, p := range f.Parameters {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name)
		if p.Optional {
			b.WriteByte('?')
		}
		if p.Variadic {
			b.WriteString("…")
		}
	}
	b.WriteByte(')')
	return b.String()
}

// AccessorName is the name under which the function follows a path, "" if it cannot: an accessor is every function
// that one argument suffices for.
func (f *Function) AccessorName() string {
	switch {
	case f.Call == nil || f.Accessor == NoAccessor || len(f.Parameters) == 0 || f.MinArgs() > 1:
		return ""
	case f.Accessor != "":
		return f.Accessor
	}
	return f.Name
}

// AppliesTo tells whether the function takes v as its first argument. An accessor behind an object is tried only
// then, so that `$payload.order.date` is null when the order has no date, not an error about dates.
func (f *Function) AppliesTo(v any) bool {
	return len(f.Parameters) > 0 && f.Parameters[0].Kind.admits(v)
}
