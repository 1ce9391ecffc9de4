package event

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	slashed = "T0123/B4567/q+w=e&r<t>"
	token   = "s3cr3t-t0ken"
	prefix  = "s3cr3t-t0ken-longer"
)

func TestRedactString(t *testing.T) {
	r := NewRedactor(map[string]string{
		"SLASHED": slashed, "TOKEN": token, "PREFIX": prefix, "LINES": "-----BEGIN-----\nabc\n", "BLANKS": "  in blanks  ",
		"FOREIGN": "Schlüsselwörter", "OVERLAP": "longer-and-more", "MARKS": "tilde~ & star*",
	}, nil)
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"no secret", "GET /s3cr3t-t0kem", "GET /s3cr3t-t0kem"},
		{"alone", token, Redacted},
		{"in text", "Bearer " + token + ".", "Bearer " + Redacted + "."},
		{"twice", token + " " + token, Redacted + " " + Redacted},
		{"adjacent", token + token + slashed, Redacted},
		{"the longer of two", "(" + prefix + ")", "(" + Redacted + ")"},
		{"overlapping", "(" + prefix + "-and-more)", "(" + Redacted + ")"},
		{"blanks around it", "[in blanks]", "[" + Redacted + "]"},
		{"in a path", "https://x/" + url.PathEscape(slashed) + "/y", "https://x/" + Redacted + "/y"},
		{"in a path with its slashes", "https://x/" + (&url.URL{Path: slashed}).EscapedPath(), "https://x/" + Redacted},
		{"in a query", "/?a=" + url.QueryEscape(slashed) + "&b=1", "/?a=" + Redacted + "&b=1"},
		{"in a query, in small letters", "/?a=T0123%2fB4567%2fq%2bw%3de%26r%3ct%3e", "/?a=" + Redacted},
		{"in a query as Go writes it", "tilde~+%26+star%2A", Redacted},
		{"in a query as forms write it", "tilde%7E+%26+star*", Redacted},
		{"in a query as JavaScript writes it", "tilde~%20%26%20star*", Redacted},
		{"letters of other alphabets in a query", "/?a=Schl%C3%BCsselw%C3%B6rter", "/?a=" + Redacted},
		{"letters of other alphabets in JSON", `"Schl\u00fcsselw\u00f6rter"`, `"` + Redacted + `"`},
		{"in JSON", `{"a":"-----BEGIN-----\nabc"}`, `{"a":"` + Redacted + `"}`},
		{"in JSON as Go writes it", `"T0123/B4567/q+w=e\u0026r\u003ct\u003e"`, `"` + Redacted + `"`},
		{"in JSON as PHP writes it", `"T0123\/B4567\/q+w=e&r<t>"`, `"` + Redacted + `"`},
		{"basic authentication", "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+token)), "Basic bWU6" + Redacted},
		{"basic authentication, one more", "Basic " + base64.StdEncoding.EncodeToString([]byte("you:"+token)),
			"Basic eW91O" + Redacted + "=="},
		{"basic authentication, two more", "Basic " + base64.StdEncoding.EncodeToString([]byte("jane:"+token)),
			"Basic amFuZT" + Redacted + "="},
		{"base64 for URLs", base64.RawURLEncoding.EncodeToString([]byte(slashed)), Redacted},
		{"base64 in a query", url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(slashed))), Redacted + "%3D%3D"},
	} {
		if got := r.String(test.text); got != test.want {
			t.Errorf("%s: %q is redacted to %q, want %q", test.name, test.text, got, test.want)
		}
		if got := r.Bytes([]byte(test.text)); string(got) != test.want {
			t.Errorf("%s: the bytes of %q are redacted to %q, want %q", test.name, test.text, got, test.want)
		}
	}
}

func TestRedactBytesInPlace(t *testing.T) {
	r := NewRedactor(map[string]string{"TOKEN": token}, nil)
	text := []byte("the " + token)
	if got := r.Bytes(text); string(got) != "the "+Redacted || string(text) != "the "+token {
		t.Errorf("%q is redacted to %q", text, got)
	}
	clean := []byte("nothing in it")
	if got := r.Bytes(clean); &got[0] != &clean[0] {
		t.Error("a text without a secret is copied")
	}
}

func TestShort(t *testing.T) {
	r := NewRedactor(map[string]string{
		"ONE": "1234567", "TWO": "12345678", "EMPTY": "", "BLANKS": "   1234567   ", "LETTERS": "äöüßäöü",
		"MORE": "äöüßäöüß", "MASK": "REDACTED",
	}, nil)
	if got := strings.Join(r.Short(), " "); got != "BLANKS EMPTY LETTERS MASK ONE" {
		t.Errorf("too short: %s", got)
	}
	if got := r.String("1234567 12345678 äöüßäöüß [REDACTED]"); got != "1234567 [REDACTED] [REDACTED] [REDACTED]" {
		t.Errorf("redacted to %s", got)
	}
}

func TestRedactError(t *testing.T) {
	r := NewRedactor(map[string]string{"TOKEN": token}, nil)
	if r.Error(nil) != nil {
		t.Error("no error becomes one")
	}
	clean := PerformFailed(3, "dial tcp: refused")
	if r.Error(clean) != clean {
		t.Error("an error without a secret is copied")
	}
	open := CircuitOpen("https://x/"+token, "after "+token)
	got := r.Error(open)
	if got.Message != "Circuit breaker is open for URL: https://x/"+Redacted || got.Detail != "after "+Redacted ||
		got.Step != StepPerform || got.Code != CodeCircuitOpen {
		t.Errorf("redacted to %#v", got)
	}
	if !strings.Contains(open.Message, token) {
		t.Error("the error itself was changed")
	}
}

// Whatever text surrounds a secret, in whatever form it stands there, nothing of it is left.
func TestRedactStringLeavesNoSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.MapOfN(rapid.StringMatching(`[A-Z]{1,3}`), drawSecret(), 1, 5).Draw(t, "secrets")
		r := NewRedactor(secrets, nil)
		text := drawText(secrets).Draw(t, "text")
		redacted := r.String(text)
		for name, secret := range secrets {
			if leak := findSecret(redacted, secret); leak != "" {
				t.Fatalf("%q\nis redacted to\n%q\nand leaks %s as %s", text, redacted, name, leak)
			}
		}
		if again := r.String(redacted); again != redacted {
			t.Fatalf("%q is redacted again, to %q", redacted, again)
		}
	})
}

// drawSecret draws secrets without the brackets of the mask: one with them could be found again behind a mask.
func drawSecret() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9]{8,20}`),
		rapid.StringMatching(`[ab]{8,9}`),
		rapid.StringMatching(`[a-zA-Z0-9/+=_-]{8,40}`),
		rapid.StringMatching(`[a-z0-9][ "\\/+%&<>?#:;@=é€😀\n\t]{7,12}[a-z0-9]`),
	)
}

func drawText(secrets map[string]string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var text strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "pieces") {
			noise := rapid.StringMatching(`[ab "\\/:.é]{0,7}`).Draw(t, "noise")
			secret := rapid.SampledFrom(append(values(secrets), "none")).Draw(t, "secret")
			switch rapid.IntRange(0, 6).Draw(t, "form") {
			case 0:
				text.WriteString(noise + secret)
			case 1:
				text.WriteString(noise + secret[:rapid.IntRange(0, len(secret)).Draw(t, "cut")])
			case 2:
				text.WriteString(noise + url.QueryEscape(secret))
			case 3:
				text.WriteString(noise + url.PathEscape(secret))
			case 4:
				quoted, _ := json.Marshal(secret)
				text.Write(quoted)
			case 5:
				text.WriteString(base64.StdEncoding.EncodeToString([]byte(noise + secret + "|" + noise)))
			case 6:
				text.WriteString(base64.RawURLEncoding.EncodeToString([]byte(noise + secret)))
			}
		}
		return text.String()
	})
}

func values(secrets map[string]string) (list []string) {
	for _, secret := range secrets {
		list = append(list, secret)
	}
	return list
}

var base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`)

// findSecret says in which form a text has a secret in it. It does not use what the redactor is made of.
func findSecret(text, secret string) string {
	quoted, _ := json.Marshal(secret)
	for name, form := range map[string]string{
		"plain": secret, "JSON": strings.Trim(string(quoted), `"`), "path": url.PathEscape(secret),
		"query":                  url.QueryEscape(secret),
		"query in small letters": lowerHex(url.QueryEscape(secret)),
	} {
		if strings.Contains(text, form) {
			return name
		}
	}
	for _, run := range base64Run.FindAllString(strings.NewReplacer("-", "+", "_", "/").Replace(text), -1) {
		for offset := range 4 {
			// What DecodeString gives beside an error is what it read before the fault.
			decoded, _ := base64.RawStdEncoding.DecodeString(run[offset:])
			if strings.Contains(string(decoded), secret) {
				return "base64"
			}
		}
	}
	return ""
}

func FuzzRedactString(f *testing.F) {
	f.Add(token, prefix, "Bearer "+token+"-longer"+prefix)
	f.Add(slashed, "aaaaaaaa", "/?q="+url.QueryEscape(slashed)+"aaaaaaaaaaaa")
	f.Add("abcdefgh", "efghijkl", "abcdefghijkl YWJjZGVmZ2g= xhYmNkZWZnaA==")
	f.Add("é€😀\n\"\\<>", "  blanks  ", `"é€😀\n\"\\\u003c\u003e"  blanks  `)
	f.Fuzz(func(t *testing.T, first, second, text string) {
		secrets := map[string]string{"FIRST": first, "SECOND": second}
		skipMasks(t, secrets)
		r := NewRedactor(secrets, nil)
		redacted := r.String(text)
		for name, secret := range looked(r, secrets) {
			if leak := findSecret(redacted, secret); leak != "" {
				t.Fatalf("%q is redacted to %q and leaks %s as %s", text, redacted, name, leak)
			}
		}
	})
}

// skipMasks leaves out secrets that contain a part of the mask: one could be found where a mask was put.
func skipMasks(t *testing.T, secrets map[string]string) {
	for _, secret := range secrets {
		if strings.ContainsAny(secret, "[]") {
			t.Skip()
		}
	}
}

// looked gives the secrets that are looked for, as they are.
func looked(r *Redactor, secrets map[string]string) map[string]string {
	list := make(map[string]string)
	for name, secret := range secrets {
		list[name] = strings.TrimSpace(secret)
	}
	for _, name := range r.Short() {
		delete(list, name)
	}
	return list
}
