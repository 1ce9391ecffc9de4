package signature

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// verifier verifies the signatures of every scheme.
type verifier struct {
	scheme    *scheme
	keys      []*key
	tolerance time.Duration
	publicURL string
}

// Verify implements Verifier. Every candidate is compared with every secret that is valid now, whatever matched before.
func (v *verifier) Verify(r *Request, now time.Time) (Delivery, error) {
	var p presented
	return v.verify(r, &p, now)
}

func (v *verifier) verify(r *Request, p *presented, now time.Time) (Delivery, error) {
	var err error
	if v.scheme.read != nil {
		err = p.readBody(v.scheme, r)
	} else {
		err = p.readHeaders(v.scheme, r.Header)
	}
	if err != nil {
		return Delivery{}, err
	}
	delivery := Delivery{ID: p.id}
	if v.scheme.signed.uses(partTimestamp) {
		if delivery.Timestamp, err = v.checkTimestamp(p.timestamp, now); err != nil {
			return Delivery{}, err
		}
	}
	if err := v.compare(r, p, now); err != nil {
		return Delivery{}, err
	}
	// What the body says is looked at only now that it is known to be the sender's.
	if path := v.scheme.timestampField; path != nil {
		text, _ := jsonField(r.Body, path)
		if delivery.Timestamp, err = v.checkTimestamp(text, now); err != nil {
			return Delivery{}, err
		}
	}
	if path := v.scheme.idField; path != nil {
		if id, ok := jsonField(r.Body, path); ok && len(id) <= maxID {
			delivery.ID = id
		}
	}
	return delivery, nil
}

// maxScratch is the most room that is kept for the next request. Only the fields of a form ever need more.
const maxScratch = 16 << 10

// scratch is where what stands beside the body in signed bytes is put together.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// compare compares each candidate with each key that is valid.
func (v *verifier) compare(r *Request, p *presented, now time.Time) error {
	buffer := scratch.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= maxScratch {
			scratch.Put(buffer)
		}
	}()
	message, err := v.appendParts((*buffer)[:0], v.scheme.signed.head, r, p)
	if err != nil {
		return err
	}
	boundary := len(message)
	if message, err = v.appendParts(message, v.scheme.signed.tail, r, p); err != nil {
		return err
	}
	*buffer = message
	var body []byte
	if v.scheme.signed.body {
		body = r.Body
	}
	equal, valid := 0, 0
	for _, k := range v.keys {
		if k.validAt(now) {
			valid++
			equal |= k.compare(p, message[:boundary], body, message[boundary:])
		}
	}
	switch {
	case valid == 0:
		return NoKey
	case equal == 0:
		return Mismatch
	}
	return nil
}

// Presented implements Verifier.
func (v *verifier) Presented(header http.Header) bool {
	return v.scheme.read != nil || v.scheme.headersOf(header) != nil
}

// Traits implements Verifier.
func (v *verifier) Traits() Traits {
	t := Traits{Identifies: v.scheme.idField != nil || v.scheme.read != nil}
	for _, h := range v.scheme.headers {
		t.Headers = append(t.Headers, h.signature)
		t.Identifies = t.Identifies || len(h.id) > 0
	}
	if v.scheme.timed() {
		t.Tolerance = v.tolerance
	}
	return t
}

// sign signs message as the sender would, with the first HMAC key that is valid: the answer to Twitter's handshake.
func (v *verifier) sign(message string, now time.Time) ([]byte, bool) {
	for _, k := range v.keys {
		if k.sums != nil && k.algorithm == hmacSHA256 && k.validAt(now) {
			s := k.sums.Get().(*sum)
			defer k.sums.Put(s)
			return append([]byte(nil), s.of([]byte(message))...), true
		}
	}
	return nil, false
}

// checkTimestamp reads the time of a signature and compares it with now, on both sides: one from the future would
// otherwise be good for as long as it is ahead.
func (v *verifier) checkTimestamp(text string, now time.Time) (time.Time, error) {
	at, ok := parseTimestamp(text)
	switch {
	case !ok:
		return time.Time{}, Malformed
	case now.Sub(at).Abs() > v.tolerance:
		return time.Time{}, Stale
	}
	return at, nil
}

// parseTimestamp reads Unix seconds, Unix milliseconds or RFC 3339. As seconds, the least number that counts as
// milliseconds would be in the year 5138.
func parseTimestamp(text string) (time.Time, bool) {
	const leastMilliseconds = 100_000_000_000
	if strings.Contains(text, "-") {
		at, err := time.Parse(time.RFC3339, text)
		return at, err == nil
	}
	number, err := strconv.ParseUint(text, 10, 63)
	switch {
	case err != nil || len(text) > len("1700000000000"):
		return time.Time{}, false
	case number >= leastMilliseconds:
		return time.UnixMilli(int64(number)), true
	}
	return time.Unix(int64(number), 0), true
}
