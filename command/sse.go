package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// message is one of a stream of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
type message struct {
	id, kind, data string
}

// messages reads a stream of server-sent events.
type messages struct {
	from *bufio.Reader
	// retry is after how long the stream asks its reader to come back; 0 if it does not say.
	retry time.Duration
}

// maxMessage bounds a line and the data of a message, in bytes.
const maxMessage = 1 << 20

var errMessageTooLong = fmt.Errorf("a message of the stream is longer than %d bytes", maxMessage)

func newMessages(from io.Reader) *messages {
	return &messages{from: bufio.NewReaderSize(from, 64<<10)}
}

// next is the next message that has data. What the stream ends in the middle of is none.
func (m *messages) next() (message, error) {
	var (
		next message
		data []string
		size int
	)
	for {
		line, err := m.line()
		if err != nil {
			return message{}, err
		}
		if line == "" {
			if len(data) == 0 {
				next = message{}
				continue
			}
			next.data = strings.Join(data, "\n")
			return next, nil
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			next.id = value
		case "event":
			next.kind = value
		case "data":
			if size += len(value); size > maxMessage {
				return message{}, errMessageTooLong
			}
			data = append(data, value)
		case "retry":
			if ms, err := strconv.ParseUint(value, 10, 20); err == nil {
				m.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

// line is the next line without its end.
func (m *messages) line() (string, error) {
	var line []byte
	for {
		part, err := m.from.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxMessage {
			return "", errMessageTooLong
		}
		if err == nil {
			return strings.TrimRight(string(line), "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
}
