package admin

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

// exported is an answer to an export from a store: its body, and what kept it from being whole.
func exported(t *testing.T, events store.EventLog, parameters string) (*http.Response, string, error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := export(w, r, events); err != nil {
			status, text := apiError(err)
			http.Error(w, text, status)
		}
	}))
	defer server.Close()
	resp, err := http.Get(server.URL + "/?" + parameters)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func filled(t *testing.T, n int) store.Store {
	t.Helper()
	s := memory.New()
	for i := range n {
		e := &event.Event{
			ID: event.NewID(), Connector: "orders", Endpoint: "default", Status: event.Completed, DurationMS: 1.5,
			ReceivedAt: event.At(noon), Payload: json.RawMessage("{\n \"n\": 1 }"),
			Response: &event.Response{Status: 200},
		}
		if i%10 == 3 {
			e.Status, e.Response = event.Failed, nil
			e.Error = &event.Error{Step: event.StepTrigger, Code: event.CodeExpressionError, Message: `=cmd|" /C calc", a` + "\nb"}
		}
		if err := s.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestExportNDJSON(t *testing.T) {
	s := filled(t, 2*exportPage+5)
	for parameters, want := range map[string]int{
		"": 205, "format=ndjson&status=failed": 21, "limit=7": 7, "limit=100": 100, "limit=101": 101, "limit=9999": 205,
		"connector=nobody": 0, "search=n&limit=150": 150,
	} {
		resp, body, err := exported(t, s, parameters)
		if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("%s: %d %v %v", parameters, resp.StatusCode, resp.Header, err)
		}
		var last event.ID
		n := 0
		for line := range strings.Lines(body) {
			e, err := event.Decode([]byte(line))
			if err != nil || string(e.Payload) != `{"n":1}` || n > 0 && strings.Compare(e.ID.String(), last.String()) >= 0 {
				t.Fatalf("%s: line %d: %s %v", parameters, n, line, err)
			}
			last = e.ID
			n++
		}
		if n != want {
			t.Errorf("%s: %d events, want %d", parameters, n, want)
		}
	}
}

func TestExportCSV(t *testing.T) {
	s := filled(t, exportPage+4)
	resp, body, err := exported(t, s, "format=csv")
	if err != nil || resp.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%v %v", resp.Header, err)
	}
	header, _, _ := strings.Cut(body, "\n")
	const columns = "id,connector,endpoint,status,received_at,duration_ms,error_code,error_message,response_status,retry_of"
	if header != columns {
		t.Errorf("columns: %s", header)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != exportPage+5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	failed := rows[1]
	if failed[3] != "failed" || failed[4] != "2026-11-22T12:00:00.000Z" || failed[5] != "1.5" ||
		failed[6] != "expression_error" || failed[7] != "'=cmd|\" /C calc\", a\nb" || failed[8] != "" || failed[9] != "" {
		t.Errorf("%q", failed)
	}
	if rows[2][8] != "200" {
		t.Errorf("%q", rows[2])
	}
	if _, body, _ := exported(t, s, "format=csv&connector=nobody"); body != columns+"\n" {
		t.Errorf("no events: %q", body)
	}
}

func TestCells(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "a": "a", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra", "a=1": "a=1",
	} {
		if got := text(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	for parameters, part := range map[string]string{
		"format=xml": `format "xml" is none of ndjson, csv`, "limit=0": "limit", "limit=x": "limit", "status=x": "status",
		"colour=1": "allowed: format, connector", "cursor=00000000-0000-0000-0000-000000000000": "next_cursor",
	} {
		resp, body, _ := exported(t, memory.New(), parameters)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, part) {
			t.Errorf("%s: %d %s", parameters, resp.StatusCode, body)
		}
	}
}

// failing is a store that answers so many lists and events, and then fails.
type failing struct {
	store.Store
	lists, gets int
}

var errBroken = errors.New("the disk is broken")

func (f *failing) List(ctx context.Context, q store.Query) (store.Page, error) {
	if f.lists--; f.lists < 0 {
		return store.Page{}, errBroken
	}
	return f.Store.List(ctx, q)
}

func (f *failing) Get(ctx context.Context, id event.ID) (*event.Event, error) {
	if f.gets--; f.gets < 0 {
		return nil, errBroken
	}
	return f.Store.Get(ctx, id)
}

// TestExportBroken has nobody take a part for the whole.
func TestExportBroken(t *testing.T) {
	for parameters, f := range map[string]*failing{
		"format=csv":       {filled(t, 3*exportPage), 2, 0},
		"format=ndjson":    {filled(t, 3*exportPage), 2, 1000},
		"status=completed": {filled(t, 3*exportPage), 3, 150},
	} {
		resp, body, err := exported(t, f, parameters)
		if resp.StatusCode != http.StatusOK || !errors.Is(err, io.ErrUnexpectedEOF) || body == "" {
			t.Errorf("%s: %d, %d bytes, %v", parameters, resp.StatusCode, len(body), err)
		}
	}
	if resp, body, _ := exported(t, &failing{memory.New(), 0, 0}, ""); resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("before the first byte: %d %s", resp.StatusCode, body)
	}
}

// TestExportLeft ends with a reader who leaves.
func TestExportLeft(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	leave()
	e := &exporter{
		events: filled(t, 300), query: store.Query{Limit: exportPage}, writer: newNDJSON(io.Discard),
		response: http.NewResponseController(httptest.NewRecorder()),
	}
	page, err := e.events.List(t.Context(), e.query)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.run(ctx, page); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
