package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
)

// CandidateError is what is wrong with a candidate definition.
type CandidateError struct{ error }

// Unwrap makes errors.Is find the cause.
func (e *CandidateError) Unwrap() error { return e.error }

// steps are the parts of a connector that decide what becomes of a request.
type steps struct {
	Trigger string   `json:"trigger,omitempty"`
	Process *Process `json:"process,omitempty"`
	Perform *Perform `json:"perform,omitempty"`
}

// current are the steps of the connector as it is declared.
func (c *Connector) current() (steps, error) {
	var s steps
	err := json.Unmarshal(c.declared, &s)
	return s, err
}

// candidate reads the steps of a candidate definition: a whole connector, which has a name, or those steps that are not
// to be as they are; null takes one away.
func (c *Connector) candidate(text json.RawMessage) (steps, error) {
	var named struct {
		Name string `json:"name"`
	}
	// A fault of it is found below, and said better there.
	_ = json.Unmarshal(text, &named)
	if named.Name == "" {
		s, err := c.current()
		if err != nil {
			return s, err
		}
		return s, c.checked(&s, decodeStrictly(text, &replaced{&s.Trigger, &s.Process, &s.Perform}))
	}
	whole := new(Connector)
	err := decodeStrictly(text, whole)
	if err == nil && whole.Name != c.Name {
		err = fmt.Errorf("it is that of connector %s, not of %s", whole.Name, c.Name)
	}
	s := steps{whole.Trigger, whole.Process, whole.Perform}
	return s, c.checked(&s, err)
}

// replaced decodes into steps, of which each that is given replaces the whole of the one before.
type replaced struct {
	trigger *string
	process **Process
	perform **Perform
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *replaced) UnmarshalJSON(text []byte) error {
	var given struct {
		Trigger json.RawMessage `json:"trigger"`
		Process json.RawMessage `json:"process"`
		Perform json.RawMessage `json:"perform"`
	}
	if err := decodeStrictly(text, &given); err != nil {
		return fmt.Errorf("%w: it is a whole connector with its name, or some of trigger, process and perform", err)
	}
	if given.Trigger != nil {
		*r.trigger = ""
		if err := json.Unmarshal(given.Trigger, r.trigger); err != nil {
			return fmt.Errorf("trigger: %w", err)
		}
	}
	if given.Process != nil {
		*r.process = nil
		if err := decodeStrictly(given.Process, r.process); err != nil {
			return fmt.Errorf("process: %w", err)
		}
	}
	if given.Perform != nil {
		*r.perform = nil
		if err := decodeStrictly(given.Perform, r.perform); err != nil {
			return fmt.Errorf("perform: %w", err)
		}
	}
	return nil
}

func decodeStrictly(text []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}

// checked refuses what a candidate may not have. A placeholder that the connector does not have itself would show
// whoever may ask for a comparison a file or a variable of the machine.
func (c *Connector) checked(s *steps, err error) error {
	if err != nil {
		return &CandidateError{err}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return &CandidateError{err}
	}
	for _, match := range placeholder.FindAllString(string(text), -1) {
		if !strings.Contains(string(c.declared), match) {
			return &CandidateError{fmt.Errorf("%s: a candidate has no other placeholders than the connector itself", match)}
		}
	}
	return nil
}

// compile compiles steps for dry runs. What proves who sends and how the target is reached is left out: it has no say
// in what is sent, and would be read from files and variables.
func (s *steps) compile(c *Connector) (*pipeline.Connector, error) {
	if s.Perform != nil {
		bare := *s.Perform
		bare.BasicAuth, bare.OAuth2, bare.Sign, bare.TLS, bare.Proxy, bare.Breaker = nil, nil, nil, nil, "", nil
		s.Perform = &bare
	}
	stepped := &Connector{Name: c.Name, Trigger: s.Trigger, Process: s.Process, Perform: s.Perform, app: c.app}
	definition, faults := stepped.definition()
	if len(faults) > 0 {
		return nil, &CandidateError{errors.Join(faults...)}
	}
	environment := *c.app.environment
	environment.Breakers = outbound.NewBreakers(nil)
	compiled, err := pipeline.Compile(definition, &environment)
	if err != nil {
		return nil, &CandidateError{err}
	}
	return compiled, nil
}
