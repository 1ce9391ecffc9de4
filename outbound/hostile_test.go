package outbound

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipeClient makes a client whose every connection leads to serve, which is given it once a request has been read.
func pipeClient(t *testing.T, serve func(conn net.Conn)) *Client {
	var serving sync.WaitGroup
	client := clientOf(t, nil)
	transport := newTransport(client.guard, net.Dialer{}, Route{}, true)
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		serving.Go(func() {
			defer far.Close()
			requests := bufio.NewReader(far)
			for {
				request, err := http.ReadRequest(requests)
				if err != nil {
					return
				}
				if _, err := io.Copy(io.Discard, request.Body); err != nil {
					return
				}
				serve(far)
			}
		})
		return near, nil
	}
	client.operator, client.public = transport, transport
	t.Cleanup(func() {
		client.Close()
		serving.Wait()
	})
	return client
}

// post is a call whose URL holds what no error may tell.
func post(url string) *Call {
	return &Call{
		Method: "POST", URL: url + "/top-secret?token=top-secret", OperatorHost: true, Body: []byte(`{"order":1}`),
		Header: http.Header{"Idempotency-Key": {"0199f0c4"}},
	}
}

// drip writes text over and over, one byte each pause, until the connection is closed.
func drip(conn net.Conn, text string, pause time.Duration) {
	for i := 0; ; i++ {
		if _, err := conn.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

func TestTargetsThatTakeForever(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	tests := []struct {
		name  string
		serve func(net.Conn)
		class Class // "" for a truncated answer
		want  string
	}{
		{name: "silence", serve: func(conn net.Conn) { drip(conn, "H", time.Hour) }, class: ClassTimeout,
			want: "no complete answer within the timeout of 10s; the request had been sent"},
		{name: "slow status", serve: func(conn net.Conn) {
			drip(conn, "HTTP/1.1 200 and so on", time.Second)
		}, class: ClassTimeout, want: "within the timeout of 10s"},
		{name: "slow headers", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head)
			drip(conn, "X-A: b\r\n", time.Second)
		}, class: ClassTimeout, want: "within the timeout of 10s"},
		{name: "one byte a second", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "Content-Length: 1000\r\n\r\n")
			drip(conn, "x", time.Second)
		}, class: ClassTimeout, want: "the answer with status 200 broke off after 1"},
		{name: "one byte a second, chunked", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "Transfer-Encoding: chunked\r\n\r\n")
			drip(conn, "1\r\nx\r\n", time.Second)
		}, class: ClassTimeout, want: "within the timeout of 10s"},
		{name: "a body that stops", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "Content-Length: 1000\r\n\r\nbeginning")
			time.Sleep(time.Hour)
		}, class: ClassTimeout, want: "broke off after 9 bytes"},
		{name: "compressed nothing", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
			drip(conn, "\x00\x00\x00\xff\xff", time.Millisecond) // empty blocks
		}, class: ClassTimeout, want: "broke off after 0 bytes"},
		{name: "early hints without end", serve: func(conn net.Conn) {
			drip(conn, "HTTP/1.1 103 Early Hints\r\n\r\n", time.Microsecond)
		}, class: ClassMalformed, want: "server response headers exceeded 65536 bytes"},
		{name: "headers without end", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head)
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(conn, "X-%d: %s\r\n", i, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}, class: ClassMalformed, want: "server response headers exceeded 65536 bytes"},
		{name: "one header without end", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "X-Long: ")
			for {
				if _, err := conn.Write(bytes.Repeat([]byte("x"), 4096)); err != nil {
					return
				}
			}
		}, class: ClassMalformed, want: "server response headers exceeded 65536 bytes"},
		{name: "a body without end", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "\r\n")
			for {
				if _, err := conn.Write(bytes.Repeat([]byte("x"), 4096)); err != nil {
					return
				}
			}
		}},
		{name: "a body without end, chunked", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "Transfer-Encoding: chunked\r\n\r\n")
			for {
				if _, err := fmt.Fprintf(conn, "1000\r\n%s\r\n", strings.Repeat("x", 4096)); err != nil {
					return
				}
			}
		}},
		{name: "truncated, then slow", serve: func(conn net.Conn) {
			fmt.Fprint(conn, head, "Content-Length: 200000\r\n\r\n", strings.Repeat("x", 100001))
			drip(conn, "x", time.Second)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := pipeClient(t, test.serve)
				call := post("http://127.0.0.1")
				call.MaxBody = 100_000
				begin := time.Now()
				result := client.Do(t.Context(), call)
				took := time.Since(begin)
				if test.class == ClassTimeout && took != defaultTimeout || took > defaultTimeout {
					t.Errorf("it took %s", took)
				}
				if test.class != "" {
					checkFailure(t, result, test.class, test.want)
					return
				}
				if result.Err != nil || !result.Response.Truncated || len(result.Response.Body) != 100_000 || took > drainTime {
					t.Errorf("answer %v, error %v after %s", result.Response != nil, result.Err, took)
				}
			})
		})
	}
}

// answers is what targets say, and how that counts; want "" is an answer.
var answers = []struct {
	text  string
	class Class
}{
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ""},
	{"HTTP/1.0 200 OK\r\n\r\nok", ""},
	{"HTTP/1.1 200\r\n\r\n", ""},
	{"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", ""},
	{"HTTP/1.1 204 No Content\r\n\r\n", ""},
	{"HTTP/1.1 999 Strange\r\nContent-Length: 0\r\n\r\n", ""},
	{"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", ""},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", ""},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nok\r\n0\r\nTrailer: x\r\n\r\n", ""},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", ""},
	{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok", ""}, // the rest is for nobody
	{"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", ""},       // RFC 9112, section 2.2
	{"HTTP/1.1 200 OK\r\nA Name: x\r\n\r\n", ""},

	{"", ClassConnection},
	{"HTTP/1.1 200 OK", ClassConnection},
	{"HTTP/1.1 200 OK\r\n", ClassConnection},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", ClassConnection},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", ClassConnection},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", ClassConnection},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ClassConnection},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\no", ClassConnection},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", ClassConnection},
	{"HTTP/1.1 100 Continue\r\n\r\n", ClassConnection},
	{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00", ClassConnection},

	{"H", ClassMalformed},
	{"HTTP/1.1", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Le", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", ClassMalformed},
	{"\r\n", ClassMalformed},
	{"\r\n\r\n", ClassMalformed},
	{"hello\r\n\r\n", ClassMalformed},
	{"220 mail.example.com ESMTP\r\n", ClassMalformed},
	{"SSH-2.0-OpenSSH_9.9\r\n", ClassMalformed},
	{"-ERR unknown command 'POST'\r\n", ClassMalformed},
	{"\x15\x03\x01\x00\x02\x02\x16\r\n", ClassMalformed},
	{"HTTP\r\n\r\n", ClassMalformed},
	{"HTTP/\r\n\r\n", ClassMalformed},
	{"HTTP/1.1\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 \r\n\r\n", ClassMalformed},
	{"HTTP/1.1 OK\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 20 OK\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 2000 OK\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 -20 OK\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 2x0 OK\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", ClassMalformed},
	{"HTTP/1.x 200 OK\r\n\r\n", ClassMalformed},
	{"HTTP/11 200 OK\r\n\r\n", ClassMalformed},
	{"http/1.1 200 OK\r\n\r\n", ClassMalformed},
	{"ICY 200 OK\r\n\r\n", ClassMalformed},
	{" HTTP/1.1 200 OK\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\n: no name\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\n Folded: x\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: magic\r\n\r\nok", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nok\r\n0\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokok\r\n0\r\n\r\n", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nok", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("0", 10_000), ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\nthis is not gzipped!", ClassMalformed},
	{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff", ClassMalformed},
	{"HTTP/1.1 " + strings.Repeat("2", 70_000) + "\r\n\r\n", ClassMalformed},
	{strings.Repeat("\xff", 70_000), ClassMalformed},
}

func TestAnswers(t *testing.T) {
	for _, test := range answers {
		t.Run(clip(test.text), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkAnswer(t, test.text, test.class, true) })
		})
	}
}

// checkAnswer has a target say text and leave. known tells that class is what is expected.
func checkAnswer(t *testing.T, text string, class Class, known bool) {
	client := pipeClient(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		conn.Close()
	})
	call := post("http://127.0.0.1")
	call.MaxBody = 1000
	result := client.Do(t.Context(), call)
	if result.Err == nil {
		if known && class != "" {
			t.Errorf("taken for an answer: %+v", result.Response)
		}
		if result.Response.Status < 200 || len(result.Response.Body) > 1000 {
			t.Errorf("answered %d with %d bytes", result.Response.Status, len(result.Response.Body))
		}
		return
	}
	if known {
		checkFailure(t, result, class, "; the request had been sent, its outcome is unknown")
	}
	failure := result.Err.(*AttemptError)
	if failure.Class != ClassConnection && failure.Class != ClassMalformed || len(failure.Error()) > 1000 {
		t.Errorf("failed as %s with %d bytes: %v", failure.Class, len(failure.Error()), failure)
	}
}

// TestCutAnswers has an answer break off after each of its bytes: only the whole is an answer.
func TestCutAnswers(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 0199f0c4\r\n" +
		"Transfer-Encoding: chunked\r\n\r\n" + "7\r\n{\"ok\": \r\n5\r\ntrue}\r\n0\r\n\r\n"
	for length := range len(whole) {
		synctest.Test(t, func(t *testing.T) {
			client := pipeClient(t, func(conn net.Conn) {
				_, _ = io.WriteString(conn, whole[:length])
				conn.Close()
			})
			result := client.Do(t.Context(), post("http://127.0.0.1"))
			failure, ok := errors.AsType[*AttemptError](result.Err)
			if !ok || failure.Class != ClassConnection && failure.Class != ClassMalformed || len(result.Attempts) != 1 {
				t.Errorf("cut after %d bytes: %v, answer %v", length, result.Err, result.Response)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { checkAnswer(t, whole, "", true) })
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range answers {
		f.Add(seed.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		synctest.Test(t, func(t *testing.T) { checkAnswer(t, text, "", false) })
	})
}

func TestCompressedAnswersAreBoundedAfterDecompression(t *testing.T) {
	compressed := sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		zeros := make([]byte, 1<<20)
		for range 16 {
			if _, err := w.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	})
	synctest.Test(t, func(t *testing.T) {
		client := pipeClient(t, func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(compressed()))
			_, _ = conn.Write(compressed())
		})
		call := post("http://127.0.0.1")
		call.MaxBody = 64 << 10
		result := client.Do(t.Context(), call)
		if result.Err != nil || !result.Response.Truncated || len(result.Response.Body) != 64<<10 {
			t.Fatalf("answer %v, error %v", result.Response != nil, result.Err)
		}
		if kept := cap(result.Response.Body); kept > 256<<10 {
			t.Errorf("%d bytes kept for an answer of %d", kept, len(result.Response.Body))
		}
	})
}
