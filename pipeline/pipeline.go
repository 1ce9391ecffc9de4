// Package pipeline is a compiled connector: a request goes in, trigger, process and perform run in this order, and
// the event that records them comes out.
//
// Everything that can be wrong with a definition is found when it is compiled. The pipeline knows neither Caddy nor
// the store, and it does not redact: whoever keeps or shows an event does that first.
package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/krosyn/gateway/expression"
)

// Connector is a compiled definition. It is safe for concurrent use.
type Connector struct {
	name    string
	env     *Environment
	trigger *expression.Program
	lookup  *lookup
	set     []assignment
	perform *perform
	relay   bool
	// readers are the programs that read the payload, with the directive in which each stands.
	readers []reader
}

type reader struct {
	where   string
	program *expression.Program
}

// assignment is a compiled `set`, query parameter or form field.
type assignment struct {
	name    string
	program *expression.Program
}

// lookup is a compiled Lookup.
type lookup struct {
	definition *Lookup
	target     *target
	query      []assignment
	headers    []header
}

// Compile checks and compiles a definition. The error joins all the faults that it has, each of which names the
// directive in which it stands.
func Compile(definition *Definition, env *Environment) (*Connector, error) {
	c := &compiler{env: env, language: expression.NewCompiler(names(env.Secrets))}
	connector := &Connector{name: definition.Name, env: env, relay: definition.Relay}
	if definition.Trigger != "" {
		program, err := c.language.Expression(definition.Trigger, expression.ScopeTrigger)
		connector.trigger = program
		c.compiled("trigger", program, err)
	}
	if definition.Lookup != nil {
		connector.lookup = c.lookup(definition.Lookup)
	}
	connector.set = c.assignments("set", definition.Set, expression.ScopeProcess)
	if definition.Perform != nil {
		connector.perform = c.perform(definition.Name, definition.Perform)
	}
	connector.readers = c.readers
	if len(c.faults) > 0 {
		connector.Close()
		return nil, errors.Join(c.faults...)
	}
	return connector, nil
}

// Refuses tells whether a request at this time would meet an open breaker, as far as is known now.
func (c *Connector) Refuses(at time.Time) bool {
	return c.perform != nil && c.perform.breaker.RefusesAt(at)
}

// Close gives back what the connector shares with others of other configurations. An execution under way may finish.
func (c *Connector) Close() {
	if c.perform != nil {
		c.perform.close(c.env)
	}
}

// compiler compiles the parts of one definition and gathers their faults.
type compiler struct {
	env      *Environment
	language *expression.Compiler
	readers  []reader
	faults   []error
}

func (c *compiler) fault(where string, err error) {
	if err != nil {
		c.faults = append(c.faults, fmt.Errorf("%s: %w", where, err))
	}
}

// compiled notes the outcome of compiling one program.
func (c *compiler) compiled(where string, program *expression.Program, err error) {
	c.fault(where, err)
	if err == nil {
		c.readers = append(c.readers, reader{where, program})
	}
}

// value compiles a value.
func (c *compiler) value(where, source string, scope expression.Scope) *expression.Program {
	program, err := c.language.Value(source, scope)
	c.compiled(where, program, err)
	return program
}

// target compiles a URL.
func (c *compiler) target(where, source string, scope expression.Scope) *target {
	t, err := compileTarget(source, c.language, scope, c.env)
	if err != nil {
		c.fault(where, err)
		return nil
	}
	for _, p := range t.pieces {
		if p.program != nil {
			c.readers = append(c.readers, reader{where, p.program})
		}
	}
	return t
}

func (c *compiler) assignments(directive string, list []Assignment, scope expression.Scope) []assignment {
	for i, a := range list {
		if slices.ContainsFunc(list[:i], func(b Assignment) bool { return b.Name == a.Name }) {
			c.fault(directive+" "+a.Name, errors.New("declared twice"))
		}
	}
	return c.parameters(directive, list, scope)
}

// parameters compiles values whose names may be repeated.
func (c *compiler) parameters(directive string, list []Assignment, scope expression.Scope) []assignment {
	compiled := make([]assignment, 0, len(list))
	for _, a := range list {
		compiled = append(compiled, assignment{a.Name, c.value(directive+" "+a.Name, a.Value, scope)})
	}
	return compiled
}

func (c *compiler) lookup(definition *Lookup) *lookup {
	l := &lookup{definition: definition, target: c.target("lookup", definition.URL, expression.ScopeLookup)}
	l.query = c.parameters("lookup: query", definition.Query, expression.ScopeLookup)
	l.headers = c.headers("lookup", definition.Headers, expression.ScopeLookup)
	c.removed("lookup", definition.Remove, definition.Headers)
	return l
}

func names(secrets map[string]string) []string {
	list := make([]string, 0, len(secrets))
	for name := range secrets {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
