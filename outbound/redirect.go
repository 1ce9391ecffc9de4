package outbound

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// A redirect is followed within its attempt, only where a call says so, and as RFC 9110 (section 15.4) has it:
//
//   - 307 and 308 repeat the request, with its method and body.
//   - 303 asks for a GET without a body. So do 301 and 302 after a POST, as every browser takes them; after another
//     method they repeat the request.
//
// Where it leads is the target's word and not the operator's: an address that is not public is refused, unless it is
// the very host and port that the operator wrote. Once the origin changes, only headers that say nothing of who sends
// are left, and stay so if a later redirect leads back. From https, nothing leads to http.

// redirectError tells why a redirect was not followed.
type redirectError struct{ host, reason string }

func (e *redirectError) Error() string {
	return fmt.Sprintf("the redirect of host %q was not followed: %s", clip(e.host), e.reason)
}

// isRedirect tells whether an answer is a redirect that says where to.
func isRedirect(response *Response) bool {
	switch response.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return response.Header.Get("Location") != ""
	}
	return false
}

// foreign are the headers that may go to another origin than the one that they were made for.
var foreign = []string{
	"Accept", "Content-Type", "Idempotency-Key", "Traceparent", "Tracestate", "User-Agent", "X-Krosyn-Depth",
	"X-Krosyn-Event-Id",
}

// follow is the request to which a redirect leads; signed are the headers that are only right with the body.
func (x *exchange) follow(from *hop, response *Response, signed []string) (hop, error) {
	fail := func(reason string) (hop, error) { return hop{}, &redirectError{from.host, reason} }
	location, err := url.Parse(response.Header.Get("Location"))
	if err != nil {
		return fail("its location cannot be read: " + withoutURL(err).Error())
	}
	old := from.request.URL
	target := old.ResolveReference(location)
	target.Fragment, target.RawFragment = "", ""
	host, err := checkTarget(target)
	if err != nil {
		return fail(err.Error())
	}
	if old.Scheme == "https" && target.Scheme != "https" {
		return fail("it leads from https to http")
	}
	next := hop{request: from.request, body: from.body, host: host}
	next.request.URL = target
	sameHost := host == from.host && portOf(target) == portOf(old)
	if !sameHost || target.Scheme != old.Scheme {
		next.request.Header = withoutCredentials(next.request.Header)
		next.request.Host = ""
		x.away = true
	}
	if method := redirectMethod(response.Status, next.request.Method); method != next.request.Method {
		next.request.Method, next.request.ContentLength, next.body = method, 0, nil
		next.request.Header = without(next.request.Header, append(signed, "Content-Type", "Content-Encoding"))
	}
	// A host that nobody but the target names is judged as a public one.
	if refusal := x.client.guard.judgeHost(host, true); refusal != nil {
		return hop{}, refusal
	}
	if refusal := x.client.route(&next, target, sameHost && from.operatorsWord); refusal != nil {
		return hop{}, refusal
	}
	return next, nil
}

func redirectMethod(status int, method string) string {
	switch status {
	case http.StatusSeeOther:
		return http.MethodGet
	case http.StatusMovedPermanently, http.StatusFound:
		if method == http.MethodPost {
			return http.MethodGet
		}
	}
	return method
}

func withoutCredentials(header http.Header) http.Header {
	kept := make(http.Header, len(foreign))
	for _, name := range foreign {
		if values, ok := header[name]; ok {
			kept[name] = values
		}
	}
	return exactly(kept)
}

func without(header http.Header, names []string) http.Header {
	kept := make(http.Header, len(header))
	for name, values := range header {
		if !slices.Contains(names, name) {
			kept[name] = values
		}
	}
	return kept
}
