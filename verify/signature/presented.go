package signature

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
)

const (
	// maxCandidates bounds the signatures of a request, and so the work that it can ask for. A request with more is
	// refused as a whole, since to skip some would let their order decide.
	maxCandidates = 16
	// maxItems bounds the items of a header of which some are signatures.
	maxItems = 64
	// maxHeader bounds the bytes of such a header.
	maxHeader = 8 << 10
	// maxID bounds the id of a delivery, which is kept to recognise it when it is repeated.
	maxID = 256
	// maxSignature is the length of the longest signature, of HMAC-SHA512 and of ed25519.
	maxSignature = 64
)

type encoding int

const (
	hexadecimal encoding = iota
	base64Text
	// plain is a static token: compared by its digest.
	plain
)

// presented is what a request presents as its signature, in fixed arrays so that it costs no allocation.
type presented struct {
	timestamp string
	id        string

	candidates [maxCandidates]candidate
	count      int
	// comparisons counts the comparisons of two signatures.
	comparisons int
}

// candidate is a signature that may be the right one.
type candidate struct {
	kind int
	sum  [maxSignature]byte
}

// readHeaders reads what s has in headers. Each of them may occur but once: of two, a proxy in front might have meant
// the other one.
func (p *presented) readHeaders(s *scheme, header http.Header) error {
	at := s.headersOf(header)
	if at == nil {
		return Missing
	}
	value, err := single(header, at.signature)
	switch {
	case err != nil:
		return err
	case len(value) > maxHeader:
		return Malformed
	}
	if err := p.readItems(s, value); err != nil {
		return err
	}
	if at.timestamp != "" {
		if p.timestamp, err = single(header, at.timestamp); err != nil {
			return err
		}
	}
	return p.readID(s, at, header)
}

// readBody reads what s has in the body.
func (p *presented) readBody(s *scheme, r *Request) error {
	read, err := s.read(r)
	switch {
	case err != nil:
		return err
	case len(read.id) > maxID:
		return Malformed
	}
	p.timestamp, p.id = read.timestamp, read.id
	for _, signature := range read.signatures {
		if err := p.add(s, signature); err != nil {
			return err
		}
	}
	if p.count == 0 {
		return Malformed
	}
	return nil
}

// readID reads the delivery's id. It may be missing unless it is signed.
func (p *presented) readID(s *scheme, at *headers, header http.Header) error {
	for i, name := range at.id {
		value, err := single(header, name)
		switch {
		case errors.Is(err, Missing) && !s.signed.uses(partID):
			p.id = ""
			return nil
		case err != nil:
			return err
		case i == 0:
			p.id = value
		default:
			p.id += ":" + value
		}
	}
	if len(p.id) > maxID {
		return Malformed
	}
	return nil
}

// readItems reads the header of the signatures.
func (p *presented) readItems(s *scheme, value string) error {
	seenTimestamp := false
	for range maxItems {
		item, rest, more := value, "", false
		if s.separator != "" {
			item, rest, more = strings.Cut(value, s.separator)
		}
		item = strings.Trim(item, " \t")
		if text, ok := strings.CutPrefix(item, s.timestampPrefix); ok && s.timestampPrefix != "" {
			if seenTimestamp {
				return Ambiguous
			}
			p.timestamp, seenTimestamp = text, true
		} else if err := p.add(s, item); err != nil {
			return err
		}
		if !more {
			if p.count == 0 {
				return Malformed
			}
			return nil
		}
		value = rest
	}
	return Malformed
}

// add takes item for a candidate if it is marked as a kind that s knows, and well formed.
func (p *presented) add(s *scheme, item string) error {
	for i := range s.kinds {
		encoded, ok := strings.CutPrefix(item, s.kinds[i].prefix)
		if !ok {
			continue
		}
		var c candidate
		if !s.encoding.decode(&c.sum, encoded, s.kinds[i].algorithm.size()) {
			return nil
		}
		if p.count == maxCandidates {
			return Malformed
		}
		c.kind = i
		p.candidates[p.count] = c
		p.count++
		return nil
	}
	return nil
}

// decode fills sum with the size bytes that encoded stands for.
func (e encoding) decode(sum *[maxSignature]byte, encoded string, size int) bool {
	var text [128]byte // hex of the longest signature
	if e == plain {
		if encoded == "" {
			return false
		}
		digest := sha256.Sum256([]byte(encoded))
		copy(sum[:], digest[:])
		return true
	}
	if len(encoded) > len(text) {
		return false
	}
	n := copy(text[:], encoded)
	if e == hexadecimal {
		if n != hex.EncodedLen(size) {
			return false
		}
		_, err := hex.Decode(sum[:], text[:n])
		return err == nil
	}
	// Some senders leave the padding out.
	for n > 0 && n > len(encoded)-2 && text[n-1] == '=' {
		n--
	}
	var decoded [96]byte // base64.RawStdEncoding.DecodedLen(len(text))
	written, err := base64.RawStdEncoding.Decode(decoded[:], text[:n])
	copy(sum[:], decoded[:size])
	return err == nil && written == size
}

// headersOf is where the signature is in header, nil if it has none.
func (s *scheme) headersOf(header http.Header) *headers {
	for i := range s.headers {
		for _, value := range header[s.headers[i].signature] {
			if value != "" {
				return &s.headers[i]
			}
		}
	}
	return nil
}

// single is the value of a header that must have just one.
func single(header http.Header, name string) (string, error) {
	values := header[name]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return "", Missing
	case len(values) > 1:
		return "", Ambiguous
	}
	return values[0], nil
}
