package integration

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// rawTarget accepts connections, reads one request from each and hands them to serve.
func rawTarget(t *testing.T, serve func(conn net.Conn, path string)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				request, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, request.Body)
				serve(conn, request.URL.Path)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}

// pour writes a text over and over until the other side has had enough.
func pour(conn net.Conn, text string, pause time.Duration) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
		if pause > 0 {
			timer := time.NewTimer(pause)
			<-timer.C
		}
	}
}

func bomb() []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 256 {
		_, _ = w.Write(zeros)
	}
	_ = w.Close()
	return packed.Bytes()
}

// TestOutboundHostileTargets has each attempt bounded and classed, and the gateway well afterwards.
func TestOutboundHostileTargets(t *testing.T) {
	packed := bomb()
	address := rawTarget(t, func(conn net.Conn, path string) {
		const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		switch path {
		case "/drip":
			_, _ = io.WriteString(conn, ok+"Content-Length: 1000\r\n\r\n")
			pour(conn, "x", time.Second)
		case "/silent":
			_, _ = io.Copy(io.Discard, conn)
		case "/endless":
			_, _ = io.WriteString(conn, ok+"\r\n")
			pour(conn, strings.Repeat("x", 64<<10), 0)
		case "/headers":
			_, _ = io.WriteString(conn, ok)
			pour(conn, "X-A: "+strings.Repeat("a", 1000)+"\r\n", 0)
		case "/bomb":
			_, _ = fmt.Fprintf(conn, "%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", ok, len(packed))
			_, _ = conn.Write(packed)
		case "/short":
			_, _ = io.WriteString(conn, ok+"Content-Length: 100\r\n\r\nshort")
		case "/reset":
			_ = conn.(*net.TCPConn).SetLinger(0)
		case "/garbage":
			_, _ = io.WriteString(conn, "\x16\x03\x01 this is not HTTP\r\n\r\n")
		case "/informal":
			pour(conn, "HTTP/1.1 103 Early Hints\r\n\r\n", 0)
		default:
			_, _ = io.WriteString(conn, ok+"Content-Length: 4\r\n\r\nfine")
		}
	})
	wrong := httptest.NewUnstartedServer(http.NotFoundHandler())
	wrong.Config.ErrorLog = log.New(io.Discard, "", 0)
	wrong.StartTLS()
	t.Cleanup(wrong.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: wrong.Certificate().Raw})
	if err := os.WriteFile(ca, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(wrong.Listener.Addr().String())
	g := start(t, outboundConfig("http://"+address, `
		connector any {
			auth none
			perform POST {{target}}/$payload.kind {
				timeout 2s
			}
		}
		connector unknown-authority {
			auth none
			perform POST https://127.0.0.1:`+port+`
		}
		connector wrong-name {
			auth none
			perform POST https://localhost:`+port+` {
				tls {
					ca `+ca+`
				}
			}
		}
		connector right-name {
			auth none
			perform POST https://127.0.0.1:`+port+` {
				tls {
					ca `+ca+`
				}
			}
		}`), "TOKEN=a-token-of-some-length")

	for _, test := range []struct{ connector, kind, failure string }{
		{"any", "drip", "no complete answer within the timeout of 2s"}, {"any", "silent", "within the timeout of 2s"},
		{"any", "endless", ""}, {"any", "bomb", ""}, {"any", "headers", "its outcome is unknown"},
		{"any", "short", "broke off after 5 bytes"}, {"any", "reset", "its outcome is unknown"},
		{"any", "garbage", "malformed"}, {"any", "informal", "its outcome is unknown"},
		{"unknown-authority", "", "unknown authority"}, {"wrong-name", "", "not localhost"}, {"right-name", "", ""},
		{"any", "fine", ""},
	} {
		answer, stored := trigger(g, test.connector, `{"kind":"`+test.kind+`"}`)
		if test.failure == "" {
			if answer.status != 200 {
				t.Errorf("%s %s: %d %s", test.connector, test.kind, answer.status, stored.text)
			}
			continue
		}
		failure := fmt.Sprint(stored.json("attempts", 0, "error"))
		if answer.status != http.StatusBadGateway || !strings.Contains(failure, test.failure) ||
			stored.json("attempts", 1) != nil {
			t.Errorf("%s %s: %d, the attempt says %q, want %q",
				test.connector, test.kind, answer.status, failure, test.failure)
		}
	}
	for kind, truncated := range map[string]bool{"endless": true, "bomb": true, "fine": false} {
		_, stored := trigger(g, "any", `{"kind":"`+kind+`"}`)
		body, _ := stored.json("response", "body").(string)
		if stored.json("response", "truncated") != truncated || len(body) > 100<<10 {
			t.Errorf("%s: %d bytes are kept, truncated %v", kind, len(body), stored.json("response", "truncated"))
		}
	}
}

// TestOutboundSecrets has fifty secrets go wherever a connector can put them, every kind of failure happen to them, and
// then looks for each in all that the gateway shows and has written.
func TestOutboundSecrets(t *testing.T) {
	const count = 50
	var env, declared, values []string
	for i := range count {
		value := fmt.Sprintf(`s3cret"%d\%s/+&é%s`, i, strings.Repeat("<", i%3), strings.Repeat("=z", 4+i%5))
		values = append(values, value)
		env = append(env, fmt.Sprintf("S%d=%s", i, value))
		declared = append(declared, fmt.Sprintf("secret S%d {env.S%d}", i, i))
	}
	all, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Echo", url.QueryEscape(values[1]))
		kind, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch kind {
		case "echo":
			_, _ = w.Write(body)
		case "error":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, strings.Join(values, " ")+base64.StdEncoding.EncodeToString([]byte(values[2])))
		case "redirect":
			w.Header().Set("Location", "http://169.254.169.254/"+url.PathEscape(values[3]))
			w.WriteHeader(http.StatusTemporaryRedirect)
		case "token":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"error":"invalid_client","error_description":%q}`, values[4])
		case "break", "slow":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 "+values[5]+"\r\nContent-Length: 100000\r\n\r\n"+values[6])
			if kind == "slow" {
				_, _ = io.Copy(io.Discard, conn)
			}
		case "garbage":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, values[7]+"\r\n\r\n")
		}
	}))
	t.Cleanup(to.Close)
	everything := `field all "=[`
	for i := range count {
		everything += fmt.Sprintf("$secret.S%d,", i)
	}
	everything = strings.TrimSuffix(everything, ",") + `]"`
	connector := func(name, address, more string) string {
		return fmt.Sprintf("connector %s {\nauth none\nperform POST %s {\ntimeout 1s\n"+
			"header X-Api-Version {{q}}$( base64Encode($secret.S8) ){{q}}\nquery q $secret.S9\n%s\n}\n}\n",
			name, address, more)
	}
	dead := freeAddress(t)
	connectors := connector("echo", "{{target}}/echo/{env.S10}", everything) +
		connector("error", "{{target}}/error", `raw text/plain "$secret.S11"`) +
		connector("redirect", "{{target}}/redirect", "follow_redirects 2\nform a $secret.S12") +
		connector("token", "{{target}}/in", "oauth2 {\ntoken_url {{target}}/token\nclient_id a\nclient_secret {env.S13}\n}") +
		connector("break", "{{target}}/break", "basic_auth user {env.S14}") +
		connector("slow", "{{target}}/slow", "sign hmac {\nsecret {env.S15}\nheader X-Sum\n}") +
		connector("garbage", "{{target}}/garbage", "basic_auth user $secret.S16") +
		connector("dead", "http://"+dead+"/$secret.S17", "breaker 1 1h") +
		connector("unknown", "http://no-such-host.internal/$secret.S18", "") +
		connector("proxied", "http://example.com/$secret.S19", "proxy http://user:proxy-password-of-some-length@"+dead) +
		connector("failing", "{{target}}/echo", `field a "=add($secret.S20, 1)"`) +
		connector("unmet", "{{target}}/echo", everything+"\nsuccess {{q}}$response.body.all[0] == $secret.S21{{q}}") +
		connector("climbing", "{{target}}/$payload.up/$secret.S22", "") +
		connector("split", "{{target}}/echo", `header X-Note "$payload.text $secret.S23"`) +
		"connector lost {\nauth none\nprocess {\nlookup {{target}}/error/$secret.S24 {\nquery q $secret.S25\n}\n}\n" +
		"perform POST {{target}}/in\n}\n"
	// A URL takes the text of a secret as it stands, so the secrets in paths are made of what a path may have.
	for _, i := range []int{10, 17, 18, 19, 22, 24} {
		plain := fmt.Sprintf("path-secret-%d-of-some-length", i)
		env[i], values[i] = fmt.Sprintf("S%d=%s", i, plain), plain
	}
	config := outboundConfig(to.URL, connectors)
	config = strings.Replace(config, "secret TOKEN {env.TOKEN}", strings.Join(declared, "\n"), 1)
	g := start(t, strings.Replace(config, "auto_https off", "auto_https off\n\tdebug", 1), env...)

	payload := fmt.Sprintf(`{"up":"..","text":"a\r\nb","all":%s}`, all)
	var shown []string
	for _, name := range []string{
		"echo", "error", "redirect", "token", "break", "slow", "garbage", "dead", "dead", "unknown", "proxied", "failing",
		"unmet", "climbing", "split", "lost",
	} {
		answer, stored := trigger(g, name, payload)
		test := send(t, "POST", "http://"+g.admin+"/krosyn/connectors/"+name+"/test", `{"payload":`+payload+`}`)
		shown = append(shown, answer.text, stored.text, test.text, g.get("/krosyn/connectors/"+name).text)
		want := "failed"
		if name == "echo" || name == "error" {
			want = "completed"
		}
		if stored.json("status") != want {
			t.Errorf("%s: %s", name, stored.text)
		}
	}
	shown = append(shown, g.get("/krosyn/events").text, g.get("/krosyn/breakers").text)
	g.stop()
	shown = append(shown, g.log.String(), written(t, g))
	for i, value := range append(values, "proxy-password-of-some-length") {
		encoded := base64.StdEncoding.EncodeToString([]byte(value))
		quoted, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		for form, text := range map[string]string{
			"plain": value, "JSON": strings.Trim(string(quoted), `"`), "query": url.QueryEscape(value),
			"path": url.PathEscape(value), "base64": strings.TrimRight(encoded, "=")[:len(encoded)-4],
		} {
			for _, answer := range shown {
				if at := strings.Index(answer, text); at >= 0 {
					t.Errorf("secret %d is shown in %s: …%s", i, form, answer[max(0, at-200):min(len(answer), at+80)])
					break
				}
			}
		}
	}
}

// written is what is in the files of the gateway's store.
func written(t *testing.T, g *gateway) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join(g.folder, "events"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	})
	if err != nil || all.Len() == 0 {
		t.Fatalf("%d bytes of the store, %v", all.Len(), err)
	}
	return all.String()
}
