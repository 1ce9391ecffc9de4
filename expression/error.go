package expression

import (
	"errors"
	"fmt"
)

// Error is a fault in an expression, found when it was compiled or when it was evaluated. It shows the source and the
// types of values, never a value, which may be a secret.
type Error struct {
	// Message is what is wrong; some messages are fixed, because users search for them.
	Message string `json:"message"`
	// Detail is the way out where one is known.
	Detail   string   `json:"detail,omitempty"`
	Position Position `json:"position"`
}

// Position is a place in the source, in lines and characters counted from 1.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Position.Line, e.Position.Column)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// atPosition is err as an *Error at a place, unless it is one that has its own; nil stays nil.
func atPosition(at Position, err error) error {
	if err == nil {
		return nil
	}
	if fault, ok := errors.AsType[*Error](err); ok && fault.Position != (Position{}) {
		return err
	} else if ok {
		return &Error{Message: fault.Message, Detail: fault.Detail, Position: at}
	}
	return &Error{Message: err.Error(), Position: at}
}
