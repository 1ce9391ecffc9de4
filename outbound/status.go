package outbound

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	// firstRetried and lastRetried bound the statuses that can be tried again: an answer below 300 is what was asked for.
	firstRetried = 300
	lastRetried  = 599
)

// StatusSet is a set of status codes that are tried again. The zero value is the default: 429 and 5xx.
type StatusSet struct {
	chosen bool
	codes  [(lastRetried - firstRetried + 64) / 64]uint64
}

var defaultStatuses = func() StatusSet {
	set, err := ParseStatusSet([]string{"429", "5xx"})
	if err != nil {
		panic(err)
	}
	return set
}()

// ParseStatusSet reads status codes (`429`) and classes of them (`5xx`), or `never` alone, which is the empty set. No
// words are the default. 501, 505 and 508 are part of no class: the same request would get the same answer.
func ParseStatusSet(words []string) (StatusSet, error) {
	if len(words) == 0 {
		return StatusSet{}, nil
	}
	set := StatusSet{chosen: true}
	for _, word := range words {
		if word == "never" {
			if len(words) > 1 {
				return StatusSet{}, errors.New("never stands alone")
			}
			return set, nil
		}
		if class, found := strings.CutSuffix(word, "xx"); found && (class == "3" || class == "4" || class == "5") {
			first := 100 * int(class[0]-'0')
			for code := first; code < first+100; code++ {
				if !isFinal(code) {
					set.add(code)
				}
			}
			continue
		}
		code, err := strconv.Atoi(word)
		if err != nil || len(word) != 3 || code < firstRetried || code > lastRetried {
			return StatusSet{}, fmt.Errorf(
				"%q is none of: a status code from %d to %d, 3xx, 4xx, 5xx, never", clip(word), firstRetried, lastRetried)
		}
		if isFinal(code) {
			return StatusSet{}, fmt.Errorf("%d is never tried again: the same request would get the same answer", code)
		}
		set.add(code)
	}
	return set, nil
}

// has tells whether an answer of this status is tried again. A status beyond 599 counts as 500 (RFC 9110, section 15).
func (s *StatusSet) has(status int) bool {
	if !s.chosen {
		return defaultStatuses.has(status)
	}
	if status > lastRetried {
		status = http.StatusInternalServerError
	}
	if status < firstRetried {
		return false
	}
	bit := status - firstRetried
	return s.codes[bit/64]&(1<<(bit%64)) != 0
}

func (s *StatusSet) add(status int) {
	bit := status - firstRetried
	s.codes[bit/64] |= 1 << (bit % 64)
}

func isFinal(status int) bool {
	switch status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusLoopDetected:
		return true
	}
	return false
}
