package outbound

import (
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPausesStayBelowTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		duration := rapid.Int64Range(-1, 1<<62)
		retry := &Retry{
			First: time.Duration(duration.Draw(t, "first")), Longest: time.Duration(duration.Draw(t, "longest")),
		}
		failed := rapid.IntRange(1, 10_000).Draw(t, "failed")
		fraction := rapid.Float64Range(0, 0.999).Draw(t, "fraction")
		random := func(n int64) int64 {
			if n <= 0 {
				t.Fatalf("no number is below %d", n)
			}
			return min(int64(float64(n)*fraction), n-1)
		}
		most := func(n int64) int64 { return n - 1 }

		longest := retry.Longest
		if longest <= 0 {
			longest = defaultLongest
		}
		if pause := retry.pause(failed, random); pause < 0 || pause >= longest {
			t.Fatalf("the pause is %s, the longest %s", pause, longest)
		}
		if earlier, later := retry.pause(failed, most), retry.pause(failed+1, most); later < earlier {
			t.Fatalf("the bound falls from %s to %s", earlier, later)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		status int
		value  string
		want   time.Duration
	}{
		{429, "1", time.Second},
		{503, "120", 2 * time.Minute},
		{503, " 7 ", 7 * time.Second},
		{503, "007", 7 * time.Second},
		{503, "0", 0},
		{503, "3600", time.Hour},
		{503, "3601", time.Hour},
		{503, "99999999999999999999999999", time.Hour},
		{503, "Sun, 22 Nov 2026 10:00:30 GMT", 30 * time.Second},
		{503, "Sunday, 22-Nov-26 10:00:30 GMT", 30 * time.Second},
		{503, "Sun Nov 22 10:00:30 2026", 30 * time.Second},
		{503, "Sun, 22 Nov 2026 09:59:30 GMT", 0},
		{503, "Fri, 22 Nov 2126 10:00:00 GMT", time.Hour},
		{503, "Mon, 01 Jan 0001 00:00:00 GMT", 0},
		{503, "", 0},
		{503, "-5", 0},
		{503, "+5", 0},
		{503, "1.5", 0},
		{503, "1e3", 0},
		{503, "٣", 0},
		{503, "soon", 0},
		{500, "120", 0},
		{200, "120", 0},
	}
	for _, test := range tests {
		response := &Response{Status: test.status, Header: http.Header{"Retry-After": {test.value}}}
		if got := retryAfter(response, now); got != test.want {
			t.Errorf("%d with %q: %s, want %s", test.status, test.value, got, test.want)
		}
	}
	if got := retryAfter(nil, now); got != 0 {
		t.Errorf("no answer asks for %s", got)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"1", "3600", "99999999999999999999", "Sun, 22 Nov 2026 10:00:30 GMT", "-1", "1.5", ""} {
		f.Add(value, int64(1_800_000_000))
	}
	f.Fuzz(func(t *testing.T, value string, now int64) {
		response := &Response{Status: 503, Header: http.Header{"Retry-After": {value}}}
		if got := retryAfter(response, time.Unix(now, 0)); got < 0 || got > time.Hour {
			t.Errorf("%q asks for %s", value, got)
		}
	})
}
