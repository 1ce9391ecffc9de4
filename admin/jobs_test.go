package admin

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/bulk"
	"github.com/krosyn/gateway/event"
)

func TestBulkRequest(t *testing.T) {
	for body, want := range map[string]bulk.Request{
		`{}`:                {},
		`{"connector":"a"}`: {Selection: bulk.Selection{Connector: "a"}},
		`{"since":"1h"}`:    {Selection: bulk.Selection{Since: event.FirstIDAt(noon.Add(-time.Hour))}},
		`{"until":"2026-11-22T10:00:00Z"}`: {
			Selection: bulk.Selection{Until: event.FirstIDAt(noon.Add(-2 * time.Hour))},
		},
		`{"error_code":"perform_failed","limit":100000}`: {
			Selection: bulk.Selection{Code: event.CodePerformFailed, Limit: 100_000},
		},
		`{"rate":0.5,"limit":1}`: {Selection: bulk.Selection{Limit: 1}, Rate: 0.5},
		`{"rate":null}`:          {},
	} {
		got, err := bulkRequestOf(t, body).read(nil, noon)
		if err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", body, got, err, want)
		}
	}
	one, _ := bulkRequestOf(t, `{"limit":1,"since":"1h"}`).read([]string{"k"}, noon)
	two, _ := bulkRequestOf(t, `{"since":"1h" , "limit":1}`).read([]string{"k"}, noon.Add(time.Minute))
	if one.Key != "k" || one.Asked == "" || one.Asked != two.Asked {
		t.Errorf("the same request again: %q and %q", one.Asked, two.Asked)
	}
}

func TestBulkRequestRefuses(t *testing.T) {
	for body, part := range map[string]string{
		`{"since":"tomorrow"}`:         "since",
		`{"until":"-1h"}`:              "until",
		`{"error_code":"x"}`:           `error_code "x" is none of perform_failed, circuit_open`,
		`{"limit":0}`:                  "limit 0 is not a number from 1 to 100000",
		`{"limit":100001}`:             "limit 100001",
		`{"rate":0}`:                   "rate 0 is not",
		`{"rate":-1}`:                  "rate -1",
		`{"rate":1001}`:                "to 1000",
		`{"rate":1e-9,"dry_run":true}`: "rate",
	} {
		_, err := bulkRequestOf(t, body).read(nil, noon)
		if status, text := apiError(err); status != http.StatusBadRequest || !strings.Contains(text, part) {
			t.Errorf("%s: %d %q, want a 400 with %q", body, status, text, part)
		}
	}
	for _, keys := range [][]string{{""}, {"a", "b"}, {strings.Repeat("k", 256)}} {
		_, err := new(bulkRequest).read(keys, noon)
		if status, text := apiError(err); status != http.StatusBadRequest || !strings.Contains(text, "Idempotency-Key") {
			t.Errorf("keys %.20q: %d %q", keys, status, text)
		}
	}
}

func bulkRequestOf(t *testing.T, body string) *bulkRequest {
	t.Helper()
	asked := new(bulkRequest)
	if err := json.Unmarshal([]byte(body), asked); err != nil {
		t.Fatal(err)
	}
	return asked
}
