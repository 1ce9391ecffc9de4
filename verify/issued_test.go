package verify

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/verify/signature"
)

// issued is a token whose two forms are `value` and `value-secret`.
func issued(t testing.TB, value string, expires time.Time) *IssuedToken {
	t.Helper()
	return &IssuedToken{ID: value, Bearer: token(t, value), Secret: token(t, value+"-secret"), Expires: expires}
}

func issuedBy(made ...*IssuedToken) *Issued {
	i := new(Issued)
	i.Replace(made)
	return i
}

func TestAuthenticateIssued(t *testing.T) {
	life := func(d time.Duration) time.Time { return now.Add(d) }
	only := &Endpoint{Name: "only", Issued: issuedBy(
		issued(t, "forever", time.Time{}), issued(t, "fresh", life(time.Second)), issued(t, "ending", now),
		issued(t, "old", life(-time.Hour)), issued(t, "shared", life(-time.Hour)), issued(t, "twice", life(-time.Hour)),
		issued(t, "twice", life(time.Hour)),
	)}
	mixed := &Endpoint{
		Name: "mixed", BearerTokens: tokens(t, "configured", "shared"), Issued: issuedBy(issued(t, "mine", time.Time{})),
	}
	ended := &Endpoint{
		Name: "ended", BearerTokens: tokens(t, "configured"), Issued: issuedBy(issued(t, "mine", time.Time{})), Expires: now,
	}
	keyed := &Endpoint{
		Name: "keyed", SecretHeaders: []SecretHeader{{"X-Key", token(t, "key")}},
		Issued: issuedBy(issued(t, "mine", time.Time{}), issued(t, "old", life(-time.Hour))),
	}
	keyedEnded := &Endpoint{
		Name: "keyed-ended", SecretHeaders: keyed.SecretHeaders, Issued: keyed.Issued, Expires: now,
	}
	keyedNone := &Endpoint{Name: "keyed-none", SecretHeaders: keyed.SecretHeaders, Issued: new(Issued)}
	none := &Endpoint{Name: "none", Issued: new(Issued)}

	for name, test := range map[string]struct {
		endpoints []*Endpoint
		header    http.Header
		endpoint  string
		token     string
		rejected  *Rejection
	}{
		"bearer":                     {[]*Endpoint{only}, headers("Authorization: Bearer fresh"), "only", "fresh", nil},
		"secret":                     {[]*Endpoint{only}, headers("X-Secret-Token: fresh-secret"), "only", "fresh", nil},
		"bearer as secret":           {[]*Endpoint{only}, headers("X-Secret-Token: fresh"), "", "", invalidToken},
		"secret as bearer":           {[]*Endpoint{only}, headers("Authorization: Bearer fresh-secret"), "", "", invalidToken},
		"without an end":             {[]*Endpoint{only}, headers("Authorization: Bearer forever"), "only", "forever", nil},
		"ending now":                 {[]*Endpoint{only}, headers("Authorization: Bearer ending"), "", "", expiredToken},
		"expired":                    {[]*Endpoint{only}, headers("X-Secret-Token: old-secret"), "", "", expiredToken},
		"expired beside a valid one": {[]*Endpoint{only}, headers("Authorization: Bearer old", "X-Secret-Token: fresh-secret"), "only", "fresh", nil},
		"one value, two tokens":      {[]*Endpoint{only}, headers("Authorization: Bearer twice"), "only", "twice", nil},
		"wrong":                      {[]*Endpoint{only}, headers("Authorization: Bearer nope"), "", "", invalidToken},
		"nothing":                    {[]*Endpoint{only}, headers(), "", "", missingToken},

		"configured beside issued":  {[]*Endpoint{mixed}, headers("Authorization: Bearer configured"), "mixed", "", nil},
		"issued beside configured":  {[]*Endpoint{mixed}, headers("Authorization: Bearer mine"), "mixed", "mine", nil},
		"both":                      {[]*Endpoint{mixed}, headers("Authorization: Bearer configured", "X-Secret-Token: mine-secret"), "mixed", "mine", nil},
		"expired here, valid there": {[]*Endpoint{only, mixed}, headers("Authorization: Bearer shared"), "mixed", "", nil},
		"configured have ended":     {[]*Endpoint{ended}, headers("Authorization: Bearer configured"), "", "", expiredToken},
		"issued outlive them":       {[]*Endpoint{ended}, headers("Authorization: Bearer mine"), "ended", "mine", nil},

		"header and token":           {[]*Endpoint{keyed}, headers("Authorization: Bearer mine", "X-Key: key"), "keyed", "mine", nil},
		"header and expired token":   {[]*Endpoint{keyed}, headers("Authorization: Bearer old", "X-Key: key"), "", "", expiredToken},
		"token without header":       {[]*Endpoint{keyed}, headers("Authorization: Bearer mine"), "", "", invalidToken},
		"expired token, no header":   {[]*Endpoint{keyed}, headers("Authorization: Bearer old"), "", "", invalidToken},
		"header without token":       {[]*Endpoint{keyed}, headers("X-Key: key"), "", "", invalidToken},
		"header that has ended":      {[]*Endpoint{keyedEnded}, headers("Authorization: Bearer mine", "X-Key: key"), "", "", expiredToken},
		"header while none issued":   {[]*Endpoint{keyedNone}, headers("X-Key: key"), "", "", invalidToken},
		"nothing while none issued":  {[]*Endpoint{none}, headers(), "", "", missingToken},
		"anything while none issued": {[]*Endpoint{none}, headers("Authorization: Bearer x"), "", "", invalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			got, rejection := Authenticate(test.endpoints, test.header, now)
			if rejection != test.rejected {
				t.Fatalf("rejection is %+v, want %+v", rejection, test.rejected)
			}
			id := ""
			if got.Token != nil {
				id = got.Token.ID
			}
			if name := endpointName(got.Endpoint); name != test.endpoint || id != test.token {
				t.Errorf("endpoint %q, token %q, want %q and %q", name, id, test.endpoint, test.token)
			}
		})
	}
}

// TestEveryTokenOpens has each valid token of any mixture open its endpoint, wherever it stands among others, and
// names it when it was issued. Whoever was skipped would be turned away.
func TestEveryTokenOpens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := &Endpoint{Name: "e"}
		type credential struct{ value, issued string }
		var bearers, secrets []credential
		for i := range rapid.IntRange(0, 5).Draw(rt, "configured") {
			value := fmt.Sprintf("configured-%d", i)
			if rapid.Bool().Draw(rt, "secret") {
				e.SecretTokens = append(e.SecretTokens, token(t, value))
				secrets = append(secrets, credential{value, ""})
			} else {
				e.BearerTokens = append(e.BearerTokens, token(t, value))
				bearers = append(bearers, credential{value, ""})
			}
		}
		var made []*IssuedToken
		for i := range rapid.IntRange(0, 100).Draw(rt, "issued") {
			one := issued(t, fmt.Sprintf("issued-%d", i), now.Add(time.Hour))
			if rapid.IntRange(0, 9).Draw(rt, "expired") == 0 {
				one.Expires = now
			} else {
				bearers = append(bearers, credential{one.ID, one.ID})
				secrets = append(secrets, credential{one.ID + "-secret", one.ID})
			}
			made = append(made, one)
		}
		e.Issued = issuedBy(made...)
		opens := func(name, prefix string, list []credential) {
			for _, c := range list {
				got, rejection := Authenticate([]*Endpoint{e}, http.Header{name: {prefix + "wrong", prefix + c.value}}, now)
				if rejection != nil || got.Endpoint != e {
					rt.Fatalf("%s: %+v", c.value, rejection)
				}
				if (got.Token == nil) != (c.issued == "") || got.Token != nil && got.Token.ID != c.issued {
					rt.Fatalf("%s: matched %+v, want %q", c.value, got.Token, c.issued)
				}
			}
		}
		opens("Authorization", "Bearer ", bearers)
		opens("X-Secret-Token", "", secrets)
	})
}

// TestReplaceWhileInUse has a token that is in every replacement open the endpoint at any time.
func TestReplaceWhileInUse(t *testing.T) {
	kept := issued(t, "kept", time.Time{})
	e := &Endpoint{Issued: issuedBy(kept)}
	header := headers("Authorization: Bearer kept")
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			for range 500 {
				got, rejection := Authenticate([]*Endpoint{e}, header, now)
				if rejection != nil || got.Token != kept {
					t.Errorf("%+v, %+v", got, rejection)
					return
				}
				got.Token.MarkUsed(now)
			}
		})
	}
	for i := range 500 {
		other := issued(t, fmt.Sprint(i), time.Time{})
		e.Issued.Replace([]*IssuedToken{other, kept})
	}
	users.Wait()
}

func TestMarkUsed(t *testing.T) {
	one := issued(t, "one", time.Time{})
	if !one.LastUse().IsZero() {
		t.Errorf("used at %v before any use", one.LastUse())
	}
	for _, step := range []struct{ at, want time.Duration }{{0, 0}, {90 * time.Second, 90 * time.Second}, {5 * time.Second, 90 * time.Second}} {
		one.MarkUsed(now.Add(step.at + 300*time.Millisecond))
		if diff := cmp.Diff(now.Add(step.want), one.LastUse()); diff != "" {
			t.Errorf("after a use at %v (-want +got):\n%s", step.at, diff)
		}
	}
}

// TestAdmissionMarksUse records a use when the request is admitted, not when its token alone was right.
func TestAdmissionMarksUse(t *testing.T) {
	one := issued(t, "one", time.Time{})
	e := origins(t, "https://shop.example.com")
	e.Issued = issuedBy(one)
	for _, step := range []struct {
		origin   string
		admitted bool
	}{{"https://evil.example.net", false}, {"https://shop.example.com", true}} {
		header := headers("Authorization: Bearer one", "Origin: "+step.origin)
		admission := Begin([]*Endpoint{e}, header, now)
		got, _, rejection := admission.Finish(&signature.Request{Method: http.MethodPost, Header: header})
		if (rejection == nil) != step.admitted || (got == e) != step.admitted {
			t.Fatalf("%s: %v, %+v", step.origin, got, rejection)
		}
		if used := !one.LastUse().IsZero(); used != step.admitted {
			t.Errorf("%s: marked as used: %v", step.origin, used)
		}
	}
}

// scheme is a signature that is a header's value.
type scheme string

func (s scheme) Verify(r *signature.Request, _ time.Time) (signature.Delivery, error) {
	if r.Header.Get("X-Signature") != string(s) {
		return signature.Delivery{}, signature.Mismatch
	}
	return signature.Delivery{ID: "d-1"}, nil
}

func (s scheme) Presented(header http.Header) bool { return header.Get("X-Signature") != "" }

func (s scheme) Traits() signature.Traits { return signature.Traits{} }

// TestIssuedBesideSignature has an endpoint that takes tokens ask for both, even while it has no token, and each of the
// two end in its own way.
func TestIssuedBesideSignature(t *testing.T) {
	made := issuedBy(issued(t, "one", time.Time{}))
	const token, right = "Authorization: Bearer one", "X-Signature: right"
	for name, test := range map[string]struct {
		issued   *Issued
		expires  time.Time
		header   http.Header
		rejected *Rejection
	}{
		"both":                  {made, time.Time{}, headers(token, right), nil},
		"wrong signature":       {made, time.Time{}, headers(token, "X-Signature: wrong"), invalidSignature},
		"no signature":          {made, time.Time{}, headers(token), invalidSignature},
		"signature alone":       {made, time.Time{}, headers(right), missingToken},
		"signature, none yet":   {new(Issued), time.Time{}, headers(right), missingToken},
		"takes no tokens":       {nil, time.Time{}, headers(right), nil},
		"signature has ended":   {made, now, headers(token, right), expiredToken},
		"wrong token, it ended": {made, now, headers("Authorization: Bearer x", right), invalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			e := &Endpoint{Name: "e", Signature: scheme("right"), Issued: test.issued, Expires: test.expires}
			admission := Begin([]*Endpoint{e}, test.header, now)
			got, delivery, rejection := admission.Finish(&signature.Request{Method: http.MethodPost, Header: test.header})
			if rejection != test.rejected {
				t.Fatalf("rejection is %+v, want %+v", rejection, test.rejected)
			}
			if rejection == nil && (got != e || delivery.ID != "d-1") {
				t.Errorf("admitted to %v, delivery %+v", got, delivery)
			}
		})
	}
}

func FuzzAuthenticateIssued(f *testing.F) {
	for _, value := range []string{"Bearer tok", "Bearer old", "bearer\ttok ", "tok", strings.Repeat("x", 600)} {
		f.Add(value, "tok-secret")
	}
	live, old := issued(f, "tok", time.Time{}), issued(f, "old", now)
	e := &Endpoint{Issued: issuedBy(old, live)}
	f.Fuzz(func(t *testing.T, authorization, secret string) {
		presented := bearerToken(authorization)
		presented = strings.Trim(presented, " \t")
		secret = strings.Trim(secret, " \t")
		got, rejection := Authenticate([]*Endpoint{e}, http.Header{
			"Authorization": {authorization}, "X-Secret-Token": {secret},
		}, now)
		switch {
		case presented == "tok" || secret == "tok-secret":
			if got.Token != live {
				t.Errorf("%q, %q: %+v, %+v", authorization, secret, got, rejection)
			}
		case presented == "old" || secret == "old-secret":
			if rejection != expiredToken {
				t.Errorf("%q, %q: %+v, want it to be expired", authorization, secret, rejection)
			}
		case rejection == nil:
			t.Errorf("%q, %q: accepted", authorization, secret)
		}
	})
}
