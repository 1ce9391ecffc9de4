package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/krosyn/gateway/app"
)

// defaultCompared is on how many events a comparison is made where the request does not say.
const defaultCompared = 100

func compareConnector(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	c, err := connector(r, gateway)
	if err != nil {
		return err
	}
	var asked struct {
		Definition json.RawMessage `json:"definition"`
		N          *int            `json:"n"`
	}
	if err := readBody(w, r, &asked, "definition", "n"); err != nil {
		return err
	}
	n := defaultCompared
	if asked.N != nil {
		if n = *asked.N; n < 1 || n > app.MaxCompared {
			return badRequest("n %d is not a number from 1 to %d", n, app.MaxCompared)
		}
	}
	unhurried(w)
	result, err := c.Compare(r.Context(), asked.Definition, n)
	if _, ok := errors.AsType[*app.CandidateError](err); ok {
		return badRequest("definition: %v", err)
	}
	if err != nil {
		return failed(err)
	}
	return write(w, http.StatusOK, result)
}
