package outbound

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// redirecting makes a client of a target that answers by a script: for each URL a status with a location, or 200.
func redirecting(t *testing.T, locations map[string]string, status int, seen *[]*http.Request) *Client {
	return clientOf(t, func(req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				t.Error(err)
			}
			req.Header = req.Header.Clone()
			req.Header.Set("Test-Body", string(body))
		}
		*seen = append(*seen, req)
		if location, ok := locations[req.URL.String()]; ok {
			return answer(status, http.Header{"Location": {location}}, "moved"), nil
		}
		return answer(200, http.Header{}, "here"), nil
	})
}

func redirectedCall(method string) *Call {
	return &Call{
		Method: method, URL: "https://a.example/start", OperatorHost: true, Body: []byte("body"), Redirects: 3,
		Header: http.Header{
			"Authorization": {"Bearer x"}, "X-Api-Key": {"k"}, "Cookie": {"c"}, "Content-Type": {"text/plain"},
			"Idempotency-Key": {"id"}, "X-Krosyn-Depth": {"1"}, "User-Agent": {"Krosyn-Gateway"},
		},
		Sign: func(header http.Header, now time.Time) { header["X-Signature"] = []string{now.Format(time.RFC3339)} },
	}
}

func TestRedirectMethods(t *testing.T) {
	for _, test := range []struct {
		status         int
		method, become string
	}{
		{301, "POST", "GET"}, {302, "POST", "GET"}, {303, "POST", "GET"}, {307, "POST", "POST"}, {308, "POST", "POST"},
		{301, "PUT", "PUT"}, {302, "PATCH", "PATCH"}, {303, "PUT", "GET"}, {307, "DELETE", "DELETE"}, {308, "PUT", "PUT"},
	} {
		var seen []*http.Request
		client := redirecting(t, map[string]string{"https://a.example/start": "next?a=1#top"}, test.status, &seen)
		result := client.Do(t.Context(), redirectedCall(test.method))
		if result.Err != nil || result.Response.Status != 200 || len(seen) != 2 || len(result.Attempts) != 1 {
			t.Fatalf("%d: %+v %v, %d requests", test.status, result.Response, result.Err, len(seen))
		}
		second := seen[1]
		if second.Method != test.become || second.URL.String() != "https://a.example/next?a=1" {
			t.Errorf("%d: %s became %s %s", test.status, test.method, second.Method, second.URL)
		}
		header := second.Header
		if header.Get("Authorization") != "Bearer x" || header.Get("Idempotency-Key") != "id" {
			t.Errorf("%d: within the origin %v is left", test.status, header)
		}
		kept := test.become != "GET"
		if (header.Get("Test-Body") == "body") != kept || (header.Get("Content-Type") != "") != kept ||
			(header.Get("X-Signature") != "") != kept || (second.ContentLength == 4) != kept {
			t.Errorf("%d to %s: %v of length %d", test.status, test.become, header, second.ContentLength)
		}
	}
}

// TestRedirectsDropCredentials has nothing cross to another origin that says who sends, and nothing come back.
func TestRedirectsDropCredentials(t *testing.T) {
	for name, elsewhere := range map[string]string{
		"host": "https://b.example/x", "port": "https://a.example:8443/x", "subdomain": "https://a.a.example/x",
	} {
		var seen []*http.Request
		client := redirecting(t, map[string]string{
			"https://a.example/start": elsewhere, elsewhere: "https://a.example/back",
		}, 307, &seen)
		call := redirectedCall("POST")
		call.Header["Host"] = []string{"virtual.example"}
		if result := client.Do(t.Context(), call); result.Err != nil || len(seen) != 3 {
			t.Fatalf("%s: %v, %d requests", name, result.Err, len(seen))
		}
		if seen[0].Host != "virtual.example" || seen[0].Header.Get("X-Signature") == "" {
			t.Errorf("%s: the first request is for %s with %v", name, seen[0].Host, seen[0].Header)
		}
		for _, request := range seen[1:] {
			var names []string
			for header := range request.Header {
				names = append(names, header)
			}
			slices.Sort(names)
			want := []string{"Content-Type", "Idempotency-Key", "Test-Body", "User-Agent", "X-Krosyn-Depth"}
			if !slices.Equal(names, want) || request.Host != "" {
				t.Errorf("%s: %s for %q has the headers %v", name, request.URL, request.Host, names)
			}
		}
		if call.Header.Get("Authorization") == "" {
			t.Errorf("%s: the call was changed", name)
		}
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	for _, test := range []struct {
		name, location string
		class          Class
		want           string
	}{
		{"downgrade", "http://a.example/x", ClassRedirect, "from https to http"},
		{"scheme", "ftp://a.example/x", ClassRedirect, "neither http nor https"},
		{"user", "https://u:p@a.example/x", ClassRedirect, "user name"},
		{"port", "https://a.example:0/x", ClassRedirect, "port"},
		{"no host", "https:///x", ClassRedirect, "no host"},
		{"unreadable", "https://a b/%zz", ClassRedirect, "cannot be read"},
		{"denied", "https://x.denied.example/", ClassRefused, "egress deny *.denied.example"},
		{"endless", "/start", ClassRedirect, "more redirects than follow_redirects allows"},
	} {
		var seen []*http.Request
		client := redirecting(t, map[string]string{"https://a.example/start": test.location}, 307, &seen)
		client.guard = mustGuard(t, nil, []string{"*.denied.example"})
		call := redirectedCall("POST")
		call.Retry = Retry{Attempts: 3}
		result := client.Do(t.Context(), call)
		checkFailure(t, result, test.class, test.want)
		if failure, _ := errors.AsType[*AttemptError](result.Err); len(result.Attempts) != 1 || !failure.Sent {
			t.Errorf("%s: %d attempts, sent %v", test.name, len(result.Attempts), failure.Sent)
		}
		if want := 1; test.name != "endless" && len(seen) != want || test.name == "endless" && len(seen) != 4 {
			t.Errorf("%s: %d requests", test.name, len(seen))
		}
	}
}

func TestAnswersThatAreNoRedirects(t *testing.T) {
	for _, status := range []int{300, 304, 200, 305} {
		var seen []*http.Request
		client := redirecting(t, map[string]string{"https://a.example/start": "/x"}, status, &seen)
		if result := client.Do(t.Context(), redirectedCall("POST")); result.Err != nil || result.Response.Status != status {
			t.Errorf("%d: %+v %v", status, result.Response, result.Err)
		}
	}
	client := clientOf(t, func(*http.Request) (*http.Response, error) { return answer(302, http.Header{}, ""), nil })
	if result := client.Do(t.Context(), redirectedCall("POST")); result.Err != nil || result.Response.Status != 302 {
		t.Errorf("without a location: %+v %v", result.Response, result.Err)
	}
}

// TestRedirectsAreJudged has a target that the operator vouches for lead elsewhere on the same machine.
func TestRedirectsAreJudged(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect led inside")
	}))
	defer inside.Close()
	var location string
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			_, _ = io.WriteString(w, "fine")
			return
		}
		http.Redirect(w, r, location, http.StatusTemporaryRedirect)
	}))
	defer target.Close()
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	for _, test := range []struct{ location, refused string }{
		{"/here", ""},
		{target.URL + "/here", ""},
		{inside.URL, "loopback"},
		{strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), "loopback"},
		{"http://[::ffff:127.0.0.1]" + inside.URL[strings.LastIndexByte(inside.URL, ':'):], "loopback"},
		{"http://169.254.169.254/latest/meta-data/", "cloud metadata"},
	} {
		location = test.location
		call := post(target.URL)
		call.Redirects = 1
		result := client.Do(t.Context(), call)
		if test.refused == "" {
			if result.Err != nil || string(result.Response.Body) != "fine" {
				t.Errorf("%s: %+v %v", location, result.Response, result.Err)
			}
			continue
		}
		checkFailure(t, result, ClassRefused, test.refused)
	}
}

// FuzzLocation has no location panic, or lead from https to anything else.
func FuzzLocation(f *testing.F) {
	for _, seed := range []string{
		"/x", "//b.example", "http://a.example", "?", "#", "https://a.example:99999", "\\\\x", "%", "javascript:0",
		"https://[::1]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		var seen []*http.Request
		client := redirecting(t, map[string]string{"https://a.example/start": location}, 307, &seen)
		result := client.Do(t.Context(), redirectedCall("POST"))
		if result.Err == nil && result.Response == nil {
			t.Error("neither an answer nor an error")
		}
		for _, request := range seen {
			if request.URL.Scheme != "https" || request.URL.Host == "" || request.URL.Fragment != "" {
				t.Errorf("%q led to %s", location, request.URL)
			}
		}
	})
}
