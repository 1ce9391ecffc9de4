// The library that reads the description takes minutes to be built for fuzzing, which has no use for it.

//go:build !fuzzing

package admin

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/krosyn/gateway/audit"
	"github.com/krosyn/gateway/event"
)

// operations are the methods of each path of the description, with the statuses that they can have.
func operations(t *testing.T) map[string]map[string][]string {
	t.Helper()
	text, err := description()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]map[string][]string)
	for path, members := range document.Paths {
		found[path] = make(map[string][]string)
		for method, text := range members {
			if method == "parameters" {
				continue
			}
			var operation struct {
				Responses map[string]json.RawMessage
			}
			if err := json.Unmarshal(text, &operation); err != nil {
				t.Fatal(path, method, err)
			}
			found[path][strings.ToUpper(method)] = slices.Sorted(maps.Keys(operation.Responses))
		}
	}
	return found
}

// TestDescriptionHasRoutes compares the description with the routes, both ways.
func TestDescriptionHasRoutes(t *testing.T) {
	routes := make(map[string][]string)
	for pattern, methods := range table {
		if len(methods) > 0 {
			routes[pattern] = slices.Sorted(maps.Keys(methods))
		}
	}
	for pattern := range standing {
		routes[pattern] = []string{http.MethodGet}
	}
	described := make(map[string][]string)
	for path, methods := range operations(t) {
		described[path] = slices.Sorted(maps.Keys(methods))
	}
	for _, path := range slices.Sorted(maps.Keys(routes)) {
		if !slices.Equal(routes[path], described[path]) {
			t.Errorf("%s has %v, and is described with %v", path, routes[path], described[path])
		}
	}
	for path := range described {
		if routes[path] == nil {
			t.Errorf("%s is described, and is no route", path)
		}
	}
}

// TestDescriptionLists compares the closed lists of words with those of the code.
func TestDescriptionLists(t *testing.T) {
	text, err := description()
	if err != nil {
		t.Fatal(err)
	}
	type words struct {
		Enum []string `json:"enum"`
	}
	var document struct {
		Components struct {
			Schemas    map[string]words
			Parameters map[string]struct{ Schema words }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"RejectionReason": {fmt.Sprint(document.Components.Schemas["RejectionReason"].Enum), fmt.Sprint(reasons)},
		"ErrorCode":       {fmt.Sprint(document.Components.Schemas["ErrorCode"].Enum), fmt.Sprint(event.Codes)},
		"Status":          {fmt.Sprint(document.Components.Schemas["Status"].Enum), fmt.Sprint(event.Statuses)},
		"Action":          {fmt.Sprint(document.Components.Parameters["Action"].Schema.Enum), fmt.Sprint(audit.Actions)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %s is described, %s it is", name, pair[0], pair[1])
		}
	}
}

// exchange is a request to the API and the status of its answer.
type exchange struct {
	method, path, body string
	status             int
	headers            []string
}

// TestDescriptionOfAnswers has every operation answer as it is described, with each status that a whole store allows.
func TestDescriptionOfAnswers(t *testing.T) {
	text, err := description()
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	v, faults := validator.NewValidator(document)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if ok, faults := v.ValidateDocument(); !ok {
		for _, f := range faults {
			t.Error(f.Message, f.Reason, f.SchemaValidationErrors)
		}
	}

	a := newAPI(t)
	good := a.execute("orders", `{"n":1}`)
	a.execute("orders", `{"n":0}`)
	bad, worse := a.execute("broken", `{"n":1}`), a.execute("broken", `{"n":2}`)
	const tokens = "/krosyn/connectors/orders/endpoints/default/tokens"
	var made struct {
		ID string `json:"id"`
	}
	covered := make(map[string]bool)
	try := func(e exchange) string {
		t.Helper()
		r, w, body := a.call(e.method, e.path, e.body, e.headers...)
		if w.StatusCode != e.status {
			t.Errorf("%s %s %s: %d %s, want %d", e.method, e.path, e.body, w.StatusCode, body, e.status)
			return body
		}
		for _, document := range documents(w, body) {
			w.Body = io.NopCloser(strings.NewReader(document))
			if ok, faults := v.ValidateHttpResponse(r, w); !ok {
				for _, f := range faults {
					t.Errorf("%s %s: %s: %s %v\n%.600s", e.method, e.path, f.Message, f.Reason, f.SchemaValidationErrors, document)
				}
			}
		}
		if e.status < 300 {
			r.Body = io.NopCloser(strings.NewReader(e.body))
			if ok, faults := v.ValidateHttpRequestSync(r); !ok {
				for _, f := range faults {
					t.Errorf("the request %s %s %s: %s: %s", e.method, e.path, e.body, f.Message, f.Reason)
				}
			}
		}
		covered[fmt.Sprint(e.method, " ", patternOf(e.path), " ", e.status)] = true
		return body
	}
	for _, e := range []exchange{
		{"GET", "/krosyn/events", "", 200, nil},
		{"GET", "/krosyn/events?status=failed&limit=1&since=1h&connector=broken", "", 200, nil},
		{"GET", "/krosyn/events?search=nothing", "", 200, nil},
		{"GET", "/krosyn/events?limit=501", "", 400, nil},
		{"GET", "/krosyn/events/" + good.ID.String(), "", 200, nil},
		{"GET", "/krosyn/events/" + bad.ID.String(), "", 200, nil},
		{"GET", "/krosyn/events/nothing", "", 404, nil},
		{"GET", "/krosyn/events/" + good.ID.String() + "?a=1", "", 400, nil},
		{"GET", "/krosyn/events/export?format=csv", "", 200, nil},
		{"GET", "/krosyn/events/export?limit=2", "", 200, nil},
		{"GET", "/krosyn/events/export?format=x", "", 400, nil},
		{"GET", "/krosyn/events/stream?limit=1", "", 400, nil},
		{"POST", "/krosyn/events/" + bad.ID.String() + "/retry", "", 201, []string{"X-Krosyn-Reason: why not"}},
		{"POST", "/krosyn/events/" + good.ID.String() + "/retry", "{}", 409, nil},
		{"POST", "/krosyn/events/" + worse.ID.String() + "/retry", `{"a":1}`, 400, nil},
		{"POST", "/krosyn/events/" + worse.ID.String() + "/retry", "a", 415, []string{"Content-Type: text/plain"}},
		{"POST", "/krosyn/events/0199f0c4-0000-7000-8000-000000000000/retry", "", 404, nil},
		{"POST", "/krosyn/events/retry", `{"dry_run":true,"since":"1h","error_code":"circuit_open","limit":5}`, 200, nil},
		{"POST", "/krosyn/events/retry", `{"limit":0}`, 400, nil},
		{"POST", "/krosyn/events/retry", `{"connector":"nobody"}`, 404, nil},
		{"POST", "/krosyn/events/retry", "a", 415, []string{"Content-Type: text/plain"}},
		{"POST", "/krosyn/events/retry", `{"connector":"broken","rate":1000}`, 202, []string{"Idempotency-Key: k"}},
		{"POST", "/krosyn/events/retry", `{}`, 409, []string{"Idempotency-Key: k"}},
		{"GET", "/krosyn/jobs", "", 200, nil},
		{"GET", "/krosyn/jobs?x=1", "", 400, nil},
		{"GET", "/krosyn/jobs/nothing", "", 404, nil},
		{"DELETE", "/krosyn/jobs/nothing", "", 404, nil},
		{"GET", "/krosyn/connectors", "", 200, nil},
		{"GET", "/krosyn/connectors?x=1", "", 400, nil},
		{"GET", "/krosyn/connectors/broken", "", 200, nil},
		{"GET", "/krosyn/connectors/nobody", "", 404, nil},
		{"GET", "/krosyn/connectors/orders?x=1", "", 400, nil},
		{"PATCH", "/krosyn/connectors/orders", `{"disabled":true}`, 200, nil},
		{"GET", "/krosyn/connectors", "", 200, nil},
		{"PATCH", "/krosyn/connectors/orders", `{"disabled":false}`, 200, nil},
		{"PATCH", "/krosyn/connectors/orders", `{}`, 400, nil},
		{"PATCH", "/krosyn/connectors/nobody", `{"disabled":true}`, 404, nil},
		{"PATCH", "/krosyn/connectors/off", `{"disabled":false}`, 409, nil},
		{"PATCH", "/krosyn/connectors/off", `a`, 415, []string{"Content-Type: text/plain"}},
		{"POST", "/krosyn/connectors/orders/test", `{"event_id":"` + good.ID.String() + `"}`, 200, nil},
		{"POST", "/krosyn/connectors/orders/test", ``, 200, nil},
		{"POST", "/krosyn/connectors/orders/test", `{"a":1}`, 400, nil},
		{"POST", "/krosyn/connectors/nobody/test", ``, 404, nil},
		{"POST", "/krosyn/connectors/orders/test", `a`, 415, []string{"Content-Type: text/plain"}},
		{"POST", "/krosyn/connectors/orders/compare", `{"definition":{"trigger":"true"},"n":10}`, 200, nil},
		{"POST", "/krosyn/connectors/orders/compare", `{"definition":{"trigger":"nope("}}`, 400, nil},
		{"POST", "/krosyn/connectors/nobody/compare", ``, 404, nil},
		{"POST", "/krosyn/connectors/orders/compare", `a`, 415, []string{"Content-Type: text/plain"}},
		{"GET", tokens, "", 200, nil},
		{"GET", tokens + "?x=1", "", 400, nil},
		{"GET", "/krosyn/connectors/orders/endpoints/nobody/tokens", "", 404, nil},
		{"POST", tokens, `{"expires_in":"soon"}`, 400, nil},
		{"POST", tokens, `a`, 415, []string{"Content-Type: text/plain"}},
		{"POST", "/krosyn/connectors/nobody/endpoints/default/tokens", ``, 404, nil},
		{"POST", "/krosyn/connectors/broken/endpoints/default/tokens", ``, 409, nil},
		{"POST", "/krosyn/expressions/test", `{"expression":"1 + 1"}`, 200, nil},
		{"POST", "/krosyn/expressions/test", `{"expression":"nope(1)"}`, 422, nil},
		{"POST", "/krosyn/expressions/test", `{}`, 400, nil},
		{"POST", "/krosyn/expressions/test", `a`, 415, []string{"Content-Type: text/plain"}},
		{"GET", "/krosyn/functions", "", 200, nil},
		{"GET", "/krosyn/functions?x=1", "", 400, nil},
		{"GET", "/krosyn/breakers", "", 200, nil},
		{"GET", "/krosyn/breakers?x=1", "", 400, nil},
		{"POST", "/krosyn/breakers/reset", `{"connector":"broken"}`, 200, nil},
		{"POST", "/krosyn/breakers/reset", `{"connector":"nobody"}`, 404, nil},
		{"POST", "/krosyn/breakers/reset", `{"a":1}`, 400, nil},
		{"POST", "/krosyn/breakers/reset", `a`, 415, []string{"Content-Type: text/plain"}},
		{"GET", "/krosyn/rejections", "", 200, nil},
		{"GET", "/krosyn/rejections?reason=body", "", 200, nil},
		{"GET", "/krosyn/rejections?reason=x", "", 400, nil},
		{"GET", "/krosyn/rejections?limit=x", "", 400, nil},
		{"GET", "/krosyn/health", "", 200, nil},
		{"GET", "/krosyn/health?x=1", "", 400, nil},
		{"GET", "/krosyn/health/live", "", 200, nil},
		{"GET", "/krosyn/health/live?x=1", "", 400, nil},
		{"GET", "/krosyn/store", "", 200, nil},
		{"GET", "/krosyn/store?x=1", "", 400, nil},
		{"GET", "/krosyn/store/backup", "", 200, nil},
		{"GET", "/krosyn/store/backup?x=1", "", 400, nil},
		{"GET", "/krosyn/openapi.json", "", 200, nil},
		{"GET", "/krosyn/openapi.json?x=1", "", 400, nil},
	} {
		try(e)
	}
	if err := json.Unmarshal([]byte(try(exchange{"POST", tokens, `{"expires_in":"1d"}`, 201, nil})), &made); err != nil {
		t.Fatal(err)
	}
	try(exchange{"GET", tokens, "", 200, nil})
	try(exchange{"DELETE", tokens + "/" + made.ID + "?x=1", "", 400, nil})
	try(exchange{"DELETE", tokens + "/" + made.ID, "", 204, nil})
	try(exchange{"DELETE", tokens + "/nothing", "", 404, nil})
	jobs, err := a.gateway().Jobs().List(t.Context())
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	try(exchange{"GET", "/krosyn/jobs/" + jobs[0].ID, "", 200, nil})
	try(exchange{"GET", "/krosyn/jobs/" + jobs[0].ID + "?x=1", "", 400, nil})
	try(exchange{"DELETE", "/krosyn/jobs/" + jobs[0].ID, "", 200, nil})
	try(exchange{"DELETE", "/krosyn/jobs/" + jobs[0].ID + "?x=1", "", 400, nil})
	try(exchange{"GET", "/krosyn/audit?limit=3", "", 200, nil})
	try(exchange{"GET", "/krosyn/audit?action=x", "", 400, nil})
	try(exchange{"GET", "/krosyn/audit/export", "", 200, nil})
	try(exchange{"GET", "/krosyn/audit/export?limit=1", "", 400, nil})

	// These need a store that is in trouble, or a body of 16 MiB, or a stream without an end; each is tested elsewhere.
	elsewhere := []string{"413", "501", "503"}
	for path, methods := range operations(t) {
		for method, statuses := range methods {
			for _, status := range statuses {
				what := method + " " + path + " " + status
				if covered[what] || slices.Contains(elsewhere, status) || what == "GET /krosyn/events/stream 200" ||
					what == "GET /krosyn/store/backup 409" || what == "POST /krosyn/connectors/{name}/test 409" {
					continue
				}
				t.Errorf("%s is described, and no answer was compared with it", what)
			}
		}
	}
}

// documents are the parts of a body that are each as it is described: lines, or the whole.
func documents(w *http.Response, body string) []string {
	if w.Header.Get("Content-Type") == "application/x-ndjson" {
		return strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	}
	return []string{body}
}

// patternOf is the route of a path.
func patternOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	mux := http.NewServeMux()
	for _, route := range new(API).Routes() {
		mux.Handle(route.Pattern, http.NotFoundHandler())
	}
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return err.Error()
	}
	_, pattern := mux.Handler(r)
	return pattern
}

// TestDocumentation has every route in the page about the API.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../docs/admin.md")
	if err != nil {
		t.Fatal(err)
	}
	for path := range operations(t) {
		if !strings.Contains(string(page), path) {
			t.Errorf("docs/admin.md does not have %s", path)
		}
	}
	for _, action := range audit.Actions {
		if !strings.Contains(string(page), "`"+string(action)+"`") {
			t.Errorf("docs/admin.md does not have %s", action)
		}
	}
	for _, reason := range reasons {
		if !strings.Contains(string(page), "`"+reason+"`") {
			t.Errorf("docs/admin.md does not have %s", reason)
		}
	}
}
