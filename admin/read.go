package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const (
	// maxLimit is the longest page of a list.
	maxLimit = 500
	// maxRequest bounds the body of an admin request, which may carry a payload and a lookup's answer.
	maxRequest = 16 << 20
)

// listParameters are the parameters of a list of events.
var listParameters = []string{"connector", "status", "since", "until", "search", "limit", "cursor"}

// query reads the filters of a list of events.
func query(r *http.Request, now time.Time) (store.Query, error) {
	parameters, err := parameters(r, listParameters...)
	if err != nil {
		return store.Query{}, err
	}
	return queryOf(parameters, now)
}

// queryOf is the query that the parameters of a list ask for.
func queryOf(parameters map[string]string, now time.Time) (q store.Query, err error) {
	q.Limit = store.DefaultLimit
	q.Connector, q.Search = parameters["connector"], parameters["search"]
	if s := parameters["status"]; s != "" {
		if q.Status = event.Status(s); !q.Status.Valid() {
			return q, badRequest("status %q is none of %s", s, words(event.Statuses))
		}
	}
	if q.Since, err = bound("since", parameters["since"], now); err != nil {
		return q, err
	}
	if q.Until, err = bound("until", parameters["until"], now); err != nil {
		return q, err
	}
	if s := parameters["limit"]; s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > maxLimit {
			return q, badRequest("limit %q is not a number from 1 to %d", s, maxLimit)
		}
	}
	if s := parameters["cursor"]; s != "" {
		if q.Before, err = event.ParseID(s); err != nil || q.Before.IsZero() {
			return q, badRequest("cursor %q is not one that a list gave as next_cursor", s)
		}
	}
	return q, nil
}

// parameters reads the query parameters, of which only the allowed ones may be there, each once.
func parameters(r *http.Request, allowed ...string) (map[string]string, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query cannot be read: %v", err)
	}
	single := make(map[string]string, len(values))
	for name, list := range values {
		if !slices.Contains(allowed, name) {
			return nil, badRequest("unknown parameter %q; allowed: %s", name, words(allowed))
		}
		if len(list) > 1 {
			return nil, badRequest("parameter %s is given %d times; once is allowed", name, len(list))
		}
		single[name] = list[0]
	}
	return single, nil
}

// bound reads a bound in time: an instant, or how long ago it was.
func bound(name, s string, now time.Time) (event.ID, error) {
	if s == "" {
		return event.ID{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return event.FirstIDAt(t), nil
	}
	back, err := caddy.ParseDuration(s)
	if err != nil || back < 0 {
		return event.ID{}, badRequest("%s %q is neither an RFC 3339 time (2026-11-22T10:00:00Z) nor a duration back (15m)", name, s)
	}
	return event.FirstIDAt(now.Add(-back)), nil
}

// readBody reads the JSON object of a request into target; an empty body is an empty object. Unknown fields are
// refused, since a misspelt one would change what is asked.
func readBody(w http.ResponseWriter, r *http.Request, target any, allowed ...string) error {
	if declared := r.Header.Get("Content-Type"); declared != "" {
		if mediaType, _, err := mime.ParseMediaType(declared); err != nil || mediaType != "application/json" {
			return fail(http.StatusUnsupportedMediaType, fmt.Errorf("content type %q: send application/json", declared))
		}
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(target)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil && decoder.More() {
		err = errors.New("there is more after the object")
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fail(http.StatusRequestEntityTooLarge, fmt.Errorf("the body is longer than %d bytes", maxRequest))
	}
	if fault, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = wrongType(fault)
	}
	return badRequest("the body is not as expected: %s; allowed fields: %s",
		strings.TrimPrefix(err.Error(), "json: "), words(allowed))
}

// kinds are the kinds of JSON values as errors name them, by the names that package json has for them.
var kinds = map[string]string{
	"array": "an array", "bool": "a boolean", "number": "a number", "object": "an object", "string": "a string",
}

// wrongType says in the words of JSON what package json says in those of Go.
func wrongType(fault *json.UnmarshalTypeError) error {
	what := "it"
	if fault.Field != "" {
		what = "field " + fault.Field
	}
	// A number follows its kind where it is of the right one, and is too large or not whole.
	kind, number, _ := strings.Cut(fault.Value, " ")
	got, wanted := kinds[kind], "a string" // as which ids are written, too
	if number != "" {
		got = fmt.Sprintf("the number %.32s", number)
	}
	switch fault.Type.Kind() {
	case reflect.Struct:
		wanted = "an object"
	case reflect.Bool:
		wanted = "a boolean"
	case reflect.Int:
		wanted = "a whole number of at most 18 digits"
	case reflect.Float64:
		wanted = "a number"
		if number != "" {
			wanted = "a number up to 1e308"
		}
	}
	return fmt.Errorf("%s is %s where %s is wanted", what, got, wanted)
}

// words lists names for an error message.
func words[T ~string](list []T) string {
	if len(list) == 0 {
		return "none"
	}
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// unhurried lets a request take longer than Caddy gives to one of its admin endpoint, whose deadline for reading, ten
// seconds, ends the context of a handler too. A writer that knows no deadline has none.
func unhurried(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}
