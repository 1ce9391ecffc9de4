package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
)

// certificate writes a self-signed certificate and its key.
func certificate(t *testing.T) (certificateFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, content []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("client.pem", "CERTIFICATE", der), write("client.key", "PRIVATE KEY", encoded)
}

func performing(perform string) string {
	return `{"name":"c","endpoint":[{"auth":"none"}],
		"perform":{"method":"POST","url":"https://api.example.com/in",` + perform + `}}`
}

func TestPerformFaults(t *testing.T) {
	certificateFile, keyFile := certificate(t)
	_, otherKey := certificate(t)
	notPEM := filepath.Join(t.TempDir(), "not.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := started(t, nil)
	for _, test := range []struct{ perform, part string }{
		{`"basic_auth":{"user":"a","password":"{env.KROSYN_UNSET}"}`, "perform: basic_auth: "},
		{`"basic_auth":{"user":"a","password":""}`, "perform: basic_auth: the value is empty"},
		{`"basic_auth":{"user":"a","password":"$secret.NONE"}`, "Unknown secret: NONE"},
		{`"oauth2":{"token_url":"https://a.example","client_id":"a"}`, "perform: oauth2: client_secret: the value is empty"},
		{`"oauth2":{"client_id":"a","client_secret":"b"}`, "token_url: the URL is empty"},
		{`"oauth2":{"token_url":"https://a.example","client_id":"a","client_secret":"b","audience":"{env.KROSYN_UNSET}"}`,
			"audience"},
		{`"oauth2":{"token_url":"https://a.example/$payload.x","client_id":"a","client_secret":"b"}`, "token_url"},
		{`"sign":{"scheme":"hmac","secret":["{env.KROSYN_UNSET}"],"header":"X-S"}`, "perform: sign hmac: "},
		{`"sign":{"scheme":"hmac","secret":["k"]}`, "header is missing"},
		{`"sign":{"scheme":"standard-webhooks","secret":["whsec_YWJj"],"header":"X-S"}`, "only hmac has settings"},
		{`"sign":{"scheme":"md5","secret":["k"]}`, `"md5" is no scheme`},
		{`"tls":{}`, "perform: tls: it says nothing"},
		{`"tls":{"client_certificate":"/no/such"}`, "belong together"},
		{`"tls":{"client_certificate":"/no/such","client_key":"/no/such"}`, "client_certificate: open /no/such"},
		{fmt.Sprintf(`"tls":{"client_certificate":%q,"client_key":"/no/such"}`, certificateFile), "client_key: open /no/such"},
		{fmt.Sprintf(`"tls":{"client_certificate":%q,"client_key":%q}`, certificateFile, otherKey), "does not match"},
		{fmt.Sprintf(`"tls":{"client_certificate":%q,"client_key":%q}`, notPEM, keyFile), "client_certificate " + notPEM},
		{`"tls":{"ca":"{env.KROSYN_UNSET}"}`, "perform: tls: ca: "},
		{fmt.Sprintf(`"tls":{"ca":%q}`, notPEM), "has no certificate"},
		{`"proxy":"socks5://proxy.internal:1080"`, "such as http://proxy.internal:3128"},
		{`"proxy":"proxy.internal:3128"`, "such as http://proxy.internal:3128"},
		{`"proxy":"http://proxy.internal:3128/path"`, "neither path nor query"},
		{`"proxy":"http://{env.KROSYN_UNSET}:3128"`, "perform: proxy: "},
		{`"deadline":-1`, "perform: deadline: "},
		{`"follow_redirects":-1`, "follow_redirects: -1"},
		{`"breaker":{"failures":5,"cooldown":"60s","ratio":{"share":0,"of":20,"within":"1m"}}`, "ratio: share"},
		{`"breaker":{"failures":5,"cooldown":"60s","ratio":{"share":1.5,"of":20,"within":"1m"}}`, "ratio: share"},
		{`"breaker":{"failures":5,"cooldown":"60s","ratio":{"share":0.5,"of":0,"within":"1m"}}`, "ratio: share"},
		{`"breaker":{"failures":5,"cooldown":"60s","ratio":{"share":0.5,"of":1}}`, "ratio: share"},
		{`"raw":{"content_type":"text/plain","value":"{env.HOME}"}`, "perform: raw: {env.HOME} is not replaced"},
		{`"form":[{"name":"a","value":"{env.HOME}"}]`, "perform: form a: {env.HOME} is not replaced"},
		{`"query":[{"name":"","value":"x"}]`, "perform: query: a name is missing"},
		{`"success":"{env.HOME} == 1"`, "perform: success: {env.HOME} is not replaced"},
		{`"header":{"X-Krosyn-Depth":[]}`, "header -X-Krosyn-Depth: X-Krosyn-Depth is set by the gateway itself"},
	} {
		c := new(app.Connector)
		if err := json.Unmarshal([]byte(performing(test.perform)), c); err != nil {
			t.Fatalf("%s: %v", test.perform, err)
		}
		if err := gateway.Register(c, "/x"); err == nil || !strings.Contains(err.Error(), test.part) {
			t.Errorf("%s:\n%v\nlacks %q", test.perform, err, test.part)
		}
	}
}

// TestOutboundCredentials has what proves who sends resolved when the configuration is loaded, and nowhere in events.
func TestOutboundCredentials(t *testing.T) {
	for name, value := range map[string]string{
		"KROSYN_PASSWORD": "p4ssword/of+some&length", "KROSYN_KEY": "the-signing-key", "KROSYN_PATH": "T000/B000/xyzxyz",
		"KROSYN_SECRET": "a-declared-secret",
	} {
		t.Setenv(name, value)
	}
	var seen *http.Request
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		_, password, _ := r.BasicAuth()
		_, _ = io.WriteString(w, password+" the-signing-key T000/B000/xyzxyz a-declared-secret")
	}))
	defer target.Close()
	t.Setenv("KROSYN_HOST", strings.TrimPrefix(target.URL, "http://"))
	gateway, err := provision(t, t.TempDir(), map[string]any{
		"secret": map[string]any{"S": map[string]any{"value": "{env.KROSYN_SECRET}"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := register(t, gateway, `{"name":"c","endpoint":[{"auth":"none"}],"perform":{"method":"POST",
		"url":"http://{env.KROSYN_HOST}/services/{env.KROSYN_PATH}/$secret.S",
		"basic_auth":{"user":"krosyn","password":"{env.KROSYN_PASSWORD}"},
		"sign":{"scheme":"hmac","secret":["{env.KROSYN_KEY}"],"header":"X-Sum"}}}`)
	out, err := c.Execute(t.Context(), input(t, `{}`))
	if err != nil || out.Event.Status != event.Completed {
		t.Fatalf("%+v %v", out, err)
	}
	user, password, _ := seen.BasicAuth()
	if user != "krosyn" || password != "p4ssword/of+some&length" || seen.Header.Get("X-Sum") == "" {
		t.Errorf("sent as %s with %s and %v", user, password, seen.Header)
	}
	if seen.URL.Path != "/services/T000/B000/xyzxyz/a-declared-secret" {
		t.Errorf("sent to %s", seen.URL)
	}
	text := string(out.Event.AppendJSON(nil))
	for _, secret := range []string{"p4ssword", "the-signing-key", "T000", "a-declared-secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("the event has %s: %s", secret, text)
		}
	}
	if !strings.Contains(text, strings.TrimPrefix(target.URL, "http://")+"/services/[REDACTED]") {
		t.Errorf("the host is not shown: %s", text)
	}
}
