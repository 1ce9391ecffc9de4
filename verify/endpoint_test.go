package verify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func token(t testing.TB, value string) Token {
	t.Helper()
	made, err := NewToken(value)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func tokens(t testing.TB, values ...string) []Token {
	t.Helper()
	var made []Token
	for _, value := range values {
		made = append(made, token(t, value))
	}
	return made
}

// headers reads `Name: value` lines.
func headers(lines ...string) http.Header {
	header := make(http.Header)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		header.Add(name, value)
	}
	return header
}

func TestAuthenticate(t *testing.T) {
	bearer := &Endpoint{Name: "bearer", BearerTokens: tokens(t, "b-one", "b-two")}
	secret := &Endpoint{Name: "secret", SecretTokens: tokens(t, "s-one")}
	either := &Endpoint{Name: "either", BearerTokens: tokens(t, "e-bearer"), SecretTokens: tokens(t, "e-secret")}
	keyed := &Endpoint{Name: "keyed", SecretHeaders: []SecretHeader{
		{"X-Shop-Key", token(t, "key")}, {"X-Shop-Id", token(t, "id")},
	}}
	both := &Endpoint{
		Name: "both", BearerTokens: tokens(t, "both-token"),
		SecretHeaders: []SecretHeader{{"X-Shop-Key", token(t, "both-key")}},
	}
	open := &Endpoint{Name: "open", AuthNone: true}
	closed := &Endpoint{Name: "closed"}
	old := &Endpoint{Name: "old", BearerTokens: tokens(t, "old", "shared"), Expires: now.Add(-time.Second)}
	fresh := &Endpoint{Name: "fresh", BearerTokens: tokens(t, "fresh", "shared"), Expires: now.Add(time.Second)}
	ending := &Endpoint{Name: "ending", BearerTokens: tokens(t, "ending"), Expires: now}
	openOld := &Endpoint{Name: "open-old", AuthNone: true, Expires: now.Add(-time.Second)}
	all := []*Endpoint{bearer, secret, either, keyed, both, old, fresh, ending}

	many := make([]string, maxPresented+1)
	for i := range many {
		many[i] = fmt.Sprintf("Authorization: Bearer wrong-%d", i)
	}
	many[maxPresented] = "Authorization: Bearer b-one"

	reversed := slices.Clone(many)
	slices.Reverse(reversed)
	twin := &Endpoint{Name: "twin", BearerTokens: fresh.BearerTokens}
	overlong := strings.Repeat("x", maxTokenLength+1)
	oddCase := &Endpoint{Name: "odd-case", SecretHeaders: []SecretHeader{{"x-shop-KEY", token(t, "key")}}}

	for name, test := range map[string]struct {
		endpoints []*Endpoint
		header    http.Header
		want      string
		rejected  *Rejection
	}{
		"nothing":                    {all, headers(), "", missingToken},
		"no endpoint":                {nil, headers("Authorization: Bearer b-one"), "", invalidToken},
		"first token":                {all, headers("Authorization: Bearer b-one"), "bearer", nil},
		"second token":               {all, headers("Authorization: Bearer b-two"), "bearer", nil},
		"wrong token":                {all, headers("Authorization: Bearer nope"), "", invalidToken},
		"prefix of a token":          {all, headers("Authorization: Bearer b-on"), "", invalidToken},
		"longer than the token":      {all, headers("Authorization: Bearer b-one1"), "", invalidToken},
		"token in another case":      {all, headers("Authorization: Bearer B-ONE"), "", invalidToken},
		"scheme in lower case":       {all, headers("Authorization: bearer b-one"), "bearer", nil},
		"scheme in upper case":       {all, headers("Authorization: BEARER b-one"), "bearer", nil},
		"many blanks":                {all, headers("Authorization:  Bearer   b-one  "), "bearer", nil},
		"tab":                        {all, headers("Authorization: Bearer\tb-one"), "bearer", nil},
		"no blank":                   {all, headers("Authorization: Bearerb-one"), "", missingToken},
		"other scheme":               {all, headers("Authorization: Basic b-one"), "", missingToken},
		"no scheme":                  {all, headers("Authorization: b-one"), "", missingToken},
		"empty bearer":               {all, headers("Authorization: Bearer "), "", missingToken},
		"bare scheme":                {all, headers("Authorization: Bearer"), "", missingToken},
		"empty Authorization":        {all, headers("Authorization: "), "", missingToken},
		"empty secret token":         {all, headers("X-Secret-Token: "), "", missingToken},
		"secret token":               {all, headers("X-Secret-Token: s-one"), "secret", nil},
		"secret token as bearer":     {all, headers("Authorization: Bearer s-one"), "", invalidToken},
		"bearer as secret token":     {all, headers("X-Secret-Token: b-one"), "", invalidToken},
		"bearer of either":           {all, headers("Authorization: Bearer e-bearer"), "either", nil},
		"secret of either":           {all, headers("X-Secret-Token: e-secret"), "either", nil},
		"wrong bearer, right secret": {all, headers("Authorization: Bearer x", "X-Secret-Token: e-secret"), "either", nil},
		"second Authorization":       {all, headers(many[0], "Authorization: Bearer b-one"), "bearer", nil},
		"first Authorization":        {all, headers("Authorization: Bearer b-one", many[0]), "bearer", nil},
		"Basic beside Bearer":        {all, headers("Authorization: Basic x", "Authorization: Bearer b-one"), "bearer", nil},
		"second secret token":        {all, headers("X-Secret-Token: x", "X-Secret-Token: s-one"), "secret", nil},
		"joined by a comma":          {all, headers("X-Secret-Token: x, s-one"), "", invalidToken},
		"too many values":            {all, headers(many...), "", invalidToken},
		"right one of too many":      {all, headers(reversed...), "", invalidToken},
		"as many values as allowed":  {all, headers(many[1:]...), "bearer", nil},
		"overlong":                   {all, headers("X-Secret-Token: " + overlong), "", invalidToken},

		"all secret headers":     {all, headers("X-Shop-Key: key", "X-Shop-Id: id"), "keyed", nil},
		"one of two":             {all, headers("X-Shop-Key: key"), "", invalidToken},
		"one of two wrong":       {all, headers("X-Shop-Key: key", "X-Shop-Id: x"), "", invalidToken},
		"swapped":                {all, headers("X-Shop-Key: id", "X-Shop-Id: key"), "", invalidToken},
		"empty secret headers":   {all, headers("X-Shop-Key: ", "X-Shop-Id: "), "", missingToken},
		"second value":           {all, headers("X-Shop-Key: x", "X-Shop-Key: key", "X-Shop-Id: id"), "keyed", nil},
		"undeclared header":      {[]*Endpoint{bearer}, headers("X-Shop-Key: key"), "", missingToken},
		"token and header":       {all, headers("Authorization: Bearer both-token", "X-Shop-Key: both-key"), "both", nil},
		"token without header":   {all, headers("Authorization: Bearer both-token"), "", invalidToken},
		"header without token":   {all, headers("X-Shop-Key: both-key"), "", invalidToken},
		"header and wrong token": {all, headers("Authorization: Bearer b", "X-Shop-Key: both-key"), "", invalidToken},

		"expired":                      {all, headers("Authorization: Bearer old"), "", expiredToken},
		"expires now":                  {all, headers("Authorization: Bearer ending"), "", expiredToken},
		"not yet expired":              {all, headers("Authorization: Bearer fresh"), "fresh", nil},
		"shared with an expired one":   {all, headers("Authorization: Bearer shared"), "fresh", nil},
		"expired beside a valid one":   {all, headers("Authorization: Bearer old", "X-Secret-Token: s-one"), "secret", nil},
		"expired beside a wrong one":   {all, headers("Authorization: Bearer old", "X-Secret-Token: x"), "", expiredToken},
		"wrong token, expired one set": {[]*Endpoint{old}, headers("Authorization: Bearer x"), "", invalidToken},

		"open":                       {[]*Endpoint{open}, headers(), "open", nil},
		"open with credentials":      {[]*Endpoint{open}, headers("Authorization: Bearer x"), "open", nil},
		"open listed first":          {[]*Endpoint{open, bearer}, headers("Authorization: Bearer b-one"), "bearer", nil},
		"open after wrong ones":      {[]*Endpoint{open, bearer}, headers("Authorization: Bearer x"), "open", nil},
		"open does not undo expiry":  {[]*Endpoint{open, old}, headers("Authorization: Bearer old"), "", expiredToken},
		"open, expired":              {[]*Endpoint{openOld}, headers(), "", expiredToken},
		"no credentials configured":  {[]*Endpoint{closed}, headers("Authorization: Bearer x"), "", invalidToken},
		"nothing meets no tokens":    {[]*Endpoint{closed}, headers(), "", missingToken},
		"first of two that match":    {[]*Endpoint{fresh, twin}, headers("Authorization: Bearer fresh"), "fresh", nil},
		"header name in other cases": {[]*Endpoint{oddCase}, headers("X-Shop-Key: key"), "odd-case", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, rejection := Authenticate(test.endpoints, test.header, now)
			if rejection != test.rejected {
				t.Fatalf("rejection is %+v, want %+v", rejection, test.rejected)
			}
			if name := endpointName(got.Endpoint); name != test.want {
				t.Errorf("endpoint is %q, want %q", name, test.want)
			}
		})
	}
}

func endpointName(e *Endpoint) string {
	if e == nil {
		return ""
	}
	return e.Name
}

// TestEveryTokenIsCompared proves that there is no early exit: whatever matches, and wherever, the number of
// comparisons is that of the tokens times the values presented.
func TestEveryTokenIsCompared(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var endpoints []*Endpoint
		var values []string
		bearers, secrets, keys := 0, 0, 0 // how many tokens each kind of value is compared with
		for i := range rapid.IntRange(1, 5).Draw(rt, "endpoints") {
			e := &Endpoint{Name: fmt.Sprint(i)}
			for j := range rapid.IntRange(0, 4).Draw(rt, "tokens") {
				value := fmt.Sprintf("token-%d-%d", i, j)
				values = append(values, value)
				e.BearerTokens = append(e.BearerTokens, token(t, value))
				e.SecretTokens = append(e.SecretTokens, token(t, value))
			}
			if rapid.Bool().Draw(rt, "keyed") {
				e.SecretHeaders = []SecretHeader{{"X-Key", token(t, "key")}, {"X-Key", token(t, "key-2")}}
			}
			if rapid.Bool().Draw(rt, "issues") {
				e.Issued = new(Issued)
				var made []*IssuedToken
				for j := range rapid.IntRange(0, 4).Draw(rt, "issued") {
					value := fmt.Sprintf("issued-%d-%d", i, j)
					values = append(values, value)
					life := time.Duration(rapid.IntRange(-1, 1).Draw(rt, "life")) * time.Hour
					made = append(made, issued(t, value, now.Add(life)))
				}
				e.Issued.Replace(made)
				bearers += len(made)
				secrets += len(made)
			}
			bearers += len(e.BearerTokens)
			secrets += len(e.SecretTokens)
			keys += len(e.SecretHeaders)
			endpoints = append(endpoints, e)
		}
		pick := rapid.SliceOfN(rapid.SampledFrom(append(values, "wrong", "wrong too")), 0, 4)
		header := make(http.Header)
		for _, value := range pick.Draw(rt, "bearer") {
			header.Add("Authorization", "Bearer "+value)
		}
		for _, value := range pick.Draw(rt, "secret") {
			header.Add("X-Secret-Token", value)
		}
		for range rapid.IntRange(0, 3).Draw(rt, "keys") {
			header.Add("X-Key", "key")
		}
		var p presented
		p.read(header)
		p.selectEndpoint(endpoints, now)
		want := bearers*len(header["Authorization"]) + secrets*len(header["X-Secret-Token"]) + keys*len(header["X-Key"])
		if p.comparisons != want {
			rt.Fatalf("%d comparisons, want %d", p.comparisons, want)
		}
	})
}

func FuzzAuthenticate(f *testing.F) {
	for _, value := range []string{
		"Bearer tok", "bearer  tok", "Bearer", "Bearertok", "Basic dTpw", " \tBearer\ttok", "\x00",
	} {
		f.Add(value, "tok", "tok")
	}
	bearer := &Endpoint{Name: "bearer", BearerTokens: tokens(f, "tok")}
	secret := &Endpoint{Name: "secret", SecretTokens: tokens(f, "tok")}
	keyed := &Endpoint{Name: "keyed", SecretHeaders: []SecretHeader{{"X-Key", token(f, "tok")}}}
	f.Fuzz(func(t *testing.T, authorization, secretToken, key string) {
		header := http.Header{
			"Authorization": {authorization}, "X-Secret-Token": {secretToken}, "X-Key": {key},
		}
		scheme, presentedToken, _ := strings.Cut(strings.Trim(strings.ReplaceAll(authorization, "\t", " "), " "), " ")
		isBearer := strings.EqualFold(scheme, "bearer") && strings.Trim(presentedToken, " ") == "tok"
		for e, matches := range map[*Endpoint]bool{
			bearer: isBearer,
			secret: strings.Trim(secretToken, " \t") == "tok",
			keyed:  strings.Trim(key, " \t") == "tok",
		} {
			got, rejection := Authenticate([]*Endpoint{e}, header, now)
			if matches != (got.Endpoint == e) || matches != (rejection == nil) {
				t.Errorf("%s: match %v, rejection %v, want a match: %v", e.Name, got, rejection, matches)
			}
		}
	})
}
