package command

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestMessages(t *testing.T) {
	stream := "retry: 1500\n\n: heartbeat\n\nid: 1\nevent: failed\ndata: {\"a\":\ndata: 1}\n\r\n" +
		"id:2\r\ndata\r\nunknown: x\r\n\r\nid: 3\n\ndata: after\n\ndata: cut off"
	messages := newMessages(strings.NewReader(stream))
	for _, want := range []message{{"1", "failed", "{\"a\":\n1}"}, {"2", "", ""}, {"", "", "after"}} {
		got, err := messages.next()
		if err != nil || got != want {
			t.Errorf("%+v %v, want %+v", got, err, want)
		}
	}
	if got, err := messages.next(); !errors.Is(err, io.EOF) {
		t.Errorf("%+v %v after the end", got, err)
	}
	if messages.retry != 1500*time.Millisecond {
		t.Errorf("retry %s", messages.retry)
	}
}

// TestMessageBound reads no more of a line, or of a message of many lines, than a message may have.
func TestMessageBound(t *testing.T) {
	for name, line := range map[string]string{"a line": "x", "many lines": "data: x\n"} {
		endless := io.LimitReader(repeated(line), 64<<20)
		if _, err := newMessages(endless).next(); !errors.Is(err, errMessageTooLong) {
			t.Errorf("%s: %v", name, err)
		}
		if left := endless.(*io.LimitedReader).N; left < 32<<20 {
			t.Errorf("%s: only %d bytes are left", name, left)
		}
	}
}

// repeated is an endless text.
type repeated string

func (r repeated) Read(p []byte) (int, error) {
	n := 0
	for n+len(r) <= len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

func FuzzMessages(f *testing.F) {
	f.Add("id: 1\nevent: failed\ndata: {}\n\n")
	f.Add("\r\n\n:::\ndata")
	f.Fuzz(func(t *testing.T, stream string) {
		messages := newMessages(strings.NewReader(stream))
		for range strings.Count(stream, "\n") + 1 {
			m, err := messages.next()
			if err != nil {
				return
			}
			if strings.ContainsAny(m.id+m.kind, "\n") {
				t.Errorf("%+v", m)
			}
		}
		t.Error("more messages than lines")
	})
}
