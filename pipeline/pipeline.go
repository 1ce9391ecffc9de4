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

	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/outbound"
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

// assignment is a compiled `set` or query parameter.
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

// perform is a compiled Perform.
type perform struct {
	definition *Perform
	target     *target
	headers    []header
	// fields or body make the body; with neither it is the payload.
	fields  *object
	body    *expression.Program
	breaker *outbound.Breaker
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

// Close gives back what the connector shares with others of other configurations. An execution under way may finish.
func (c *Connector) Close() {
	if c.perform != nil && c.perform.breaker != nil {
		c.env.Breakers.Release(c.perform.breaker)
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
	compiled := make([]assignment, 0, len(list))
	for _, a := range list {
		program, err := c.language.Value(a.Value, scope)
		c.compiled(directive+" "+a.Name, program, err)
		if slices.ContainsFunc(compiled, func(b assignment) bool { return b.name == a.Name }) {
			c.fault(directive+" "+a.Name, errors.New("declared twice"))
		}
		compiled = append(compiled, assignment{a.Name, program})
	}
	return compiled
}

func (c *compiler) lookup(definition *Lookup) *lookup {
	l := &lookup{definition: definition, target: c.target("lookup", definition.URL, expression.ScopeLookup)}
	l.query = c.assignments("lookup: query", definition.Query, expression.ScopeLookup)
	l.headers = c.headers("lookup", definition.Headers, expression.ScopeLookup)
	return l
}

func (c *compiler) perform(connector string, definition *Perform) *perform {
	p := &perform{definition: definition}
	if !slices.Contains(Methods, definition.Method) {
		c.fault("perform", fmt.Errorf("%q is no perform method; allowed: %s", definition.Method, Methods))
	}
	p.target = c.target("perform", definition.URL, expression.ScopePerform)
	p.headers = c.headers("perform", definition.Headers, expression.ScopePerform)
	if definition.Body != "" {
		program, err := c.language.Value(definition.Body, expression.ScopePerform)
		c.compiled("perform: body", program, err)
		p.body = program
	}
	for _, field := range definition.Fields {
		if p.fields == nil {
			p.fields = new(object)
		}
		program, err := c.language.Value(field.Value, expression.ScopePerform)
		c.compiled("perform: field "+field.Name, program, err)
		c.fault("perform: field "+field.Name, p.fields.add(field.Name, program))
	}
	if p.fields != nil && p.body != nil {
		c.fault("perform", errors.New("field and body exclude each other: both make the whole body"))
	}
	if definition.Breaker != nil {
		p.breaker = c.env.Breakers.Get(connector, definition.URL, *definition.Breaker)
	}
	return p
}

// Methods are the methods that a perform can have.
var Methods = []string{"POST", "PUT", "PATCH", "DELETE"}

func names(secrets map[string]string) []string {
	list := make([]string, 0, len(secrets))
	for name := range secrets {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
