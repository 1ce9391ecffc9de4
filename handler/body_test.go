package handler

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
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
		body, refused := readBody(httptest.NewRecorder(), r, limit, row.keep)
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
	if _, refused := readBody(httptest.NewRecorder(), r, 10, true); refused == nil || refused.status != 413 {
		t.Errorf("%+v, want a 413 without reading", refused)
	}
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "0": 0, "3": 3, "-7": 0, "x": 0, "99999999999999999999": 0, "1.5": 0} {
		if got := depth(http.Header{"X-Krosyn-Depth": {text}}); got != want {
			t.Errorf("%q is depth %d, want %d", text, got, want)
		}
	}
}
