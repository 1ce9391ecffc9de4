package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/expression"
)

// trial is the request to try an expression or a value.
type trial struct {
	Expression *string         `json:"expression"`
	Value      *string         `json:"value"`
	Payload    json.RawMessage `json:"payload"`
	Processed  json.RawMessage `json:"processed"`
	Lookup     json.RawMessage `json:"lookup"`
}

// fault is what is wrong with an expression, and where.
type fault struct {
	Error    string              `json:"error"`
	Detail   string              `json:"detail,omitempty"`
	Position expression.Position `json:"position"`
}

func testExpression(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	var asked trial
	if err := readBody(w, r, &asked, "expression", "value", "payload", "processed", "lookup"); err != nil {
		return err
	}
	t := app.Trial{Payload: asked.Payload, Processed: asked.Processed, Lookup: asked.Lookup}
	switch {
	case (asked.Expression == nil) == (asked.Value == nil):
		return badRequest("give expression or value, one of the two")
	case asked.Expression != nil:
		t.Expression = *asked.Expression
	default:
		t.Value = *asked.Value
	}
	verdict, err := gateway.Try(t)
	if e, ok := errors.AsType[*expression.Error](err); ok {
		return write(w, http.StatusUnprocessableEntity, fault{e.Message, e.Detail, e.Position})
	}
	if err != nil {
		return badRequest("%v", err)
	}
	return write(w, http.StatusOK, verdict)
}
