package handler

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestReadBody(t *testing.T) {
	const limit = 10
	for _, row := range []struct {
		name   string
		body   io.Reader
		keep   bool
		status int
	}{
		{"fits", strings.NewReader("0123456789"), true, 0},
		{"fits, counted", strings.NewReader("0123456789"), false, 0},
		{"too long", strings.NewReader("0123456789+"), true, 413},
		{"too long, counted", strings.NewReader("0123456789+"), false, 413},
		{"too long, length unknown", io.MultiReader(strings.NewReader("0123456789"), strings.NewReader("+")), true, 413},
		{"one byte at a time", iotest.OneByteReader(strings.NewReader("0123456789")), true, 0},
		{"broken", io.MultiReader(strings.NewReader("012"), iotest.ErrReader(errors.New("reset"))), true, 400},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", row.body)
		body, refused := readBody(httptest.NewRecorder(), r, limit, row.keep, time.Minute)
		switch {
		case row.status == 0 && refused != nil, row.status != 0 && (refused == nil || refused.status != row.status):
			t.Errorf("%s: %+v, want status %d", row.name, refused, row.status)
		case row.status == 0 && row.keep && string(body) != "0123456789":
			t.Errorf("%s: read %q", row.name, body)
		case !row.keep && len(body) > 0:
			t.Errorf("%s: a stranger's body was kept", row.name)
		}
	}
}

func TestAnnouncedLengthIsEnough(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("was read")))
	r.ContentLength = 11
	if _, refused := readBody(httptest.NewRecorder(), r, 10, true, time.Minute); refused == nil || refused.status != 413 {
		t.Errorf("%+v, want a 413 without reading", refused)
	}
}

// TestSlowBody gives a client that trickles its body no more time than it has.
func TestSlowBody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, refused := readBody(w, r, 100, r.URL.Path == "/kept", 50*time.Millisecond)
		if refused != nil {
			w.WriteHeader(refused.status)
		}
	}))
	defer server.Close()
	for _, path := range []string{"/kept", "/counted"} {
		trickle, never := io.Pipe()
		go func() { _, _ = never.Write([]byte("{")) }()
		resp, err := http.Post(server.URL+path, "application/json", trickle)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		_ = trickle.Close()
		if resp.StatusCode != http.StatusRequestTimeout {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	resp, err := http.Post(server.URL+"/kept", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("a quick body: %d", resp.StatusCode)
	}
}

func TestPatience(t *testing.T) {
	if got := patienceFor(1 << 20); got != 62*time.Second {
		t.Errorf("a body of 1 MiB has %v", got)
	}
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "0": 0, "3": 3, "-7": 0, "x": 0, "99999999999999999999": 0, "1.5": 0} {
		if got := depth(http.Header{"X-Krosyn-Depth": {text}}); got != want {
			t.Errorf("%q is depth %d, want %d", text, got, want)
		}
	}
}
