package admin

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestQuery(t *testing.T) {
	id := event.NewID()
	for parameters, want := range map[string]store.Query{
		"":                              {Limit: 50},
		"limit=500&connector=a&search=": {Limit: 500, Connector: "a"},
		"status=failed&search=x+y":      {Limit: 50, Status: event.Failed, Search: "x y"},
		"since=15m":                     {Limit: 50, Since: event.FirstIDAt(noon.Add(-15 * time.Minute))},
		"since=2d&until=1h30m":          {Limit: 50, Since: event.FirstIDAt(noon.Add(-48 * time.Hour)), Until: event.FirstIDAt(noon.Add(-90 * time.Minute))},
		"until=2026-11-22T10:00:00Z":    {Limit: 50, Until: event.FirstIDAt(noon.Add(-2 * time.Hour))},
		"cursor=" + id.String():         {Limit: 50, Before: id},
	} {
		got, err := query(request(parameters), noon)
		if err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", parameters, got, err, want)
		}
	}
}

func TestQueryRefuses(t *testing.T) {
	for parameters, part := range map[string]string{
		"limit=0": `limit "0" is not a number from 1 to 500`, "limit=501": "500", "limit=-1": "limit", "limit=": "",
		"limit=1e2": "limit", "status=FAILED": "completed, skipped, failed, pending", "status=x": `"x"`,
		"since=-5m": "since", "since=tomorrow": "2026-11-22T10:00:00Z", "until=1": "until", "cursor=zz": "next_cursor",
		"cursor=00000000-0000-0000-0000-000000000000": "next_cursor",
		"colour=red": `unknown parameter "colour"`, "limit=1&limit=1": "2 times", "a=%zz": "query",
	} {
		_, err := query(request(parameters), noon)
		if part == "" {
			if err != nil {
				t.Errorf("%s: %v", parameters, err)
			}
			continue
		}
		if status, text := apiError(err); status != http.StatusBadRequest || !strings.Contains(text, part) {
			t.Errorf("%s: %d %q, want a 400 with %q", parameters, status, text, part)
		}
	}
}

func TestReadBodyRefuses(t *testing.T) {
	for _, row := range []struct {
		contentType, body string
		status            int
		part              string
	}{
		{"application/json", `{"connectr":"a"}`, 400, "allowed fields: connector"},
		{"application/json", `{"connector":1}`, 400, "connector"},
		{"application/json", `{} {}`, 400, "more after"},
		{"application/json", `[`, 400, "allowed fields"},
		{"text/plain", `{}`, 415, "application/json"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(row.body))
		r.Header.Set("Content-Type", row.contentType)
		var target struct {
			Connector string `json:"connector"`
		}
		err := readBody(httptest.NewRecorder(), r, &target, "connector")
		if status, text := apiError(err); status != row.status || !strings.Contains(text, row.part) {
			t.Errorf("%s %s: %d %q, want %d with %q", row.contentType, row.body, status, text, row.status, row.part)
		}
	}
}

// TestReadBodyOfWrongType has what is wrong told in the words of the API, not in those of Go.
func TestReadBodyOfWrongType(t *testing.T) {
	for _, row := range []struct {
		target any
		body   string
		said   string
	}{
		{new(rehearsal), `[1]`, "it is an array where an object is wanted"},
		{new(rehearsal), `"a"`, "it is a string where an object is wanted"},
		{new(rehearsal), `1.5`, "it is a number where an object is wanted"},
		{new(rehearsal), `true`, "it is a boolean where an object is wanted"},
		{new(rehearsal), `{"event_id":5}`, "field event_id is a number where a string is wanted"},
		{new(rehearsal), `{"event_id":{}}`, "field event_id is an object where a string is wanted"},
		{new(rehearsal), `{"event_id":"a"}`, `event id "a" is not a UUID`},
		{new(disabledState), `{"disabled":"yes"}`, "field disabled is a string where a boolean is wanted"},
		{new(trial), `{"value":false}`, "field value is a boolean where a string is wanted"},
		{new(tokenRequest), `{"expires_in":90}`, "field expires_in is a number where a string is wanted"},
		{new(bulkRequest), `{"error_code":[]}`, "field error_code is an array where a string is wanted"},
		{new(bulkRequest), `{"limit":"5"}`, "field limit is a string where a whole number of at most 18 digits is wanted"},
		{new(bulkRequest), `{"limit":1.5}`, "field limit is the number 1.5 where a whole number of at most 18 digits is wanted"},
		{
			new(bulkRequest), `{"limit":` + strings.Repeat("9", 1000) + `}`,
			"field limit is the number " + strings.Repeat("9", 32) + " where a whole number of at most 18 digits is wanted",
		},
		{new(bulkRequest), `{"rate":"fast"}`, "field rate is a string where a number is wanted"},
		{new(bulkRequest), `{"rate":1e999}`, "field rate is the number 1e999 where a number up to 1e308 is wanted"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(row.body))
		err := readBody(httptest.NewRecorder(), r, row.target, "a", "b")
		want := "the body is not as expected: " + row.said + "; allowed fields: a, b"
		if status, text := apiError(err); status != http.StatusBadRequest || text != want {
			t.Errorf("%.50s: %d %q, want %q", row.body, status, text, want)
		}
	}
}

func TestReadBodyOfNone(t *testing.T) {
	read := func(body string) error {
		return readBody(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), new(struct{}))
	}
	if err := read(""); err != nil {
		t.Error(err)
	}
	if status, text := apiError(read(`{"a":1}`)); status != http.StatusBadRequest || !strings.HasSuffix(text, "allowed fields: none") {
		t.Errorf("%d %q", status, text)
	}
}

// TestMethods has every route answer a wrong method in JSON, with what is allowed.
func TestMethods(t *testing.T) {
	for _, route := range new(API).Routes() {
		if route.Pattern == "/krosyn/" {
			continue
		}
		w := httptest.NewRecorder()
		err := route.Handler.ServeHTTP(w, httptest.NewRequest("BREW", "/", nil))
		if status, _ := apiError(err); status != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
			t.Errorf("%s: %v, Allow %q", route.Pattern, err, w.Header().Get("Allow"))
		}
	}
}

// TestParameters has every route refuse a parameter that it does not know, and say what is allowed.
func TestParameters(t *testing.T) {
	a := newAPI(t)
	routes := map[string][]string{}
	for pattern, methods := range table {
		routes[pattern] = slices.Collect(maps.Keys(methods))
	}
	for pattern := range standing {
		routes[pattern] = []string{http.MethodGet}
	}
	allowed := regexp.MustCompile(`^{"error":"unknown parameter \\"nonsense\\"; allowed: [a-z]+(, [a-z]+)*"}\n$`)
	for pattern, methods := range routes {
		for _, method := range methods {
			path := strings.NewReplacer("{", "", "}", "").Replace(pattern) + "?nonsense=1"
			if _, w, text := a.call(method, path, ""); w.StatusCode != http.StatusBadRequest || !allowed.MatchString(text) {
				t.Errorf("%s %s: %d %s", method, path, w.StatusCode, text)
			}
		}
	}
}

// TestUntilBeforeAllTime asks for what was before 1970: nothing was.
func TestUntilBeforeAllTime(t *testing.T) {
	a := newAPI(t)
	a.execute("broken", `{"n":1}`)
	a.call("PATCH", "/krosyn/connectors/orders", `{"disabled":true}`)
	for _, until := range []string{"1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "100000d"} {
		for _, row := range [][4]string{
			{"GET", "/krosyn/events?until=" + until, "", `{"events":[],"next_cursor":null}`},
			{"GET", "/krosyn/events/export?until=" + until, "", ""},
			{"POST", "/krosyn/events/retry", `{"dry_run":true,"until":"` + until + `"}`, `{"count":0}`},
			{"GET", "/krosyn/audit?until=" + until, "", `{"entries":[],"next_cursor":null}`},
			{"GET", "/krosyn/audit/export?until=" + until, "", ""},
		} {
			_, w, text := a.call(row[0], row[1], row[2])
			if w.StatusCode != http.StatusOK || strings.TrimSpace(text) != row[3] {
				t.Errorf("%s %s %s: %d %s", row[0], row[1], row[2], w.StatusCode, text)
			}
		}
	}
}

// FuzzQuery has an error or a query that the store accepts.
func FuzzQuery(f *testing.F) {
	f.Add("limit=1&since=5m&cursor=0199f0c4-0000-7000-8000-000000000000")
	f.Add("until=9999999h&status=failed")
	f.Fuzz(func(t *testing.T, parameters string) {
		q, err := query(request(parameters), noon)
		if err != nil {
			if status, _ := apiError(err); status != http.StatusBadRequest {
				t.Errorf("%q: %v", parameters, err)
			}
			return
		}
		if _, err := q.Normalize(); err != nil {
			t.Errorf("%q: the store refuses %+v: %v", parameters, q, err)
		}
	})
}

func request(parameters string) *http.Request {
	return &http.Request{URL: &url.URL{Path: "/krosyn/events", RawQuery: parameters}}
}

func apiError(err error) (int, string) {
	e, ok := errors.AsType[caddy.APIError](err)
	if !ok {
		return 0, ""
	}
	if e.Err == nil {
		return e.HTTPStatus, e.Message
	}
	return e.HTTPStatus, e.Err.Error()
}
