package signature

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// scheme is how a sender signs, as data.
type scheme struct {
	// headers are where the parts of a signature are; the first entry whose signature a request has counts.
	headers []headers
	// kinds of signature that the scheme knows. One that a request has beside them is passed over.
	kinds    []kind
	encoding encoding
	// separator stands between the items of the signature's header; "" where it is one signature.
	separator string
	// timestampPrefix marks the item of the signature's header that is the time.
	timestampPrefix string
	// timestampField is the path of the time in a JSON body.
	timestampField []string
	// idField is the path of the delivery's id in a JSON body.
	idField []string
	// template is of the signed bytes.
	template string
	// tolerance is the default; zero is defaultTolerance where a time is signed.
	tolerance time.Duration
	// keys tells how secrets are written.
	keys keyFormat
	// read reads a signature that is in the body.
	read func(r *Request) (inBody, error)

	signed template
}

// headers are the names of the headers of a signature, as the sender spells them.
type headers struct {
	signature string
	timestamp string
	// id is the delivery's id; of several headers, their values together.
	id []string
}

// inBody is what a body has beside its signatures.
type inBody struct {
	timestamp, id string
	signatures    []string
}

// kind is an algorithm and how its signatures are marked.
type kind struct {
	algorithm algorithm
	prefix    string
}

// timed tells whether the time of a signature is known, and signed.
func (s *scheme) timed() bool {
	return s.signed.uses(partTimestamp) || s.timestampField != nil
}

// compile gives a copy that is ready for use. It panics on a template of a preset that does not compile.
func (s scheme) compile() *scheme {
	signed, err := parseTemplate(s.template, presetVariables)
	if err != nil {
		panic(err)
	}
	s.signed = signed
	if s.timed() && s.tolerance == 0 {
		s.tolerance = defaultTolerance
	}
	s.headers = slices.Clone(s.headers)
	for i, h := range s.headers {
		ids := make([]string, len(h.id))
		for j, name := range h.id {
			ids[j] = http.CanonicalHeaderKey(name)
		}
		s.headers[i] = headers{http.CanonicalHeaderKey(h.signature), http.CanonicalHeaderKey(h.timestamp), ids}
	}
	return &s
}

// algorithms and encodings are those of the generic scheme, by their names in configurations.
var (
	algorithms = map[string]algorithm{
		"": hmacSHA256, "sha256": hmacSHA256, "sha1": hmacSHA1, "sha512": hmacSHA512,
	}
	encodings = map[string]encoding{"": hexadecimal, "hex": hexadecimal, "base64": base64Text}
)

// field is one of HMAC's, as configurations name it.
type field struct {
	name  string
	value *string
}

func (h *HMAC) fields() []field {
	return []field{
		{"header", &h.Header}, {"algorithm", &h.Algorithm}, {"encoding", &h.Encoding}, {"prefix", &h.Prefix},
		{"signed", &h.Signed}, {"timestamp_header", &h.TimestampHeader}, {"timestamp_prefix", &h.TimestampPrefix},
		{"id_header", &h.IDHeader}, {"separator", &h.Separator},
	}
}

// scheme makes the generic scheme, or tells all that is wrong with it.
func (h HMAC) scheme() (*scheme, []error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	s := scheme{
		headers:   []headers{{signature: h.Header, timestamp: h.TimestampHeader}},
		separator: h.Separator, timestampPrefix: h.TimestampPrefix, template: h.Signed,
	}
	if h.IDHeader != "" {
		s.headers[0].id = []string{h.IDHeader}
	}
	if h.Header == "" {
		fault("header is missing: the name of the header that carries the signature")
	}
	for _, f := range h.fields() {
		if isName := f.name == "header" || strings.HasSuffix(f.name, "_header"); isName && *f.value != "" &&
			!httpguts.ValidHeaderFieldName(*f.value) {
			fault("%s: %q is not a header name", f.name, *f.value)
		}
	}
	digest, ok := algorithms[h.Algorithm]
	if !ok {
		fault("algorithm %q is unknown; there are sha1, sha256, sha512", h.Algorithm)
	}
	s.kinds = []kind{{digest, h.Prefix}}
	if s.encoding, ok = encodings[h.Encoding]; !ok {
		fault("encoding %q is unknown; there are hex, base64", h.Encoding)
	}
	if s.template == "" {
		s.template = "$body"
	}
	if err := s.check(h); err != nil {
		fault("%w", err)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return s.compile(), nil
}

// check refuses a template with which a signature would say less than it seems to.
func (s *scheme) check(h HMAC) error {
	signed, err := parseTemplate(s.template, genericVariables)
	if err != nil {
		return fmt.Errorf("signed: %w", err)
	}
	timestamp := h.TimestampHeader != "" || h.TimestampPrefix != ""
	switch {
	case !signed.body:
		return fmt.Errorf("signed %q lacks $body, so that anybody could change the body", s.template)
	case signed.uses(partTimestamp) && !timestamp:
		return fmt.Errorf("signed %q has $timestamp: timestamp_header or timestamp_prefix says where it is", s.template)
	case timestamp && !signed.uses(partTimestamp):
		return fmt.Errorf("signed %q lacks $timestamp, so that anybody could change the timestamp", s.template)
	case h.TimestampHeader != "" && h.TimestampPrefix != "":
		return errors.New("timestamp_header and timestamp_prefix exclude each other")
	case h.TimestampPrefix != "" && h.Separator == "":
		return errors.New("timestamp_prefix needs a separator: the timestamp is an item of the signature's header")
	case h.TimestampPrefix != "" && h.TimestampPrefix == h.Prefix:
		return errors.New("prefix and timestamp_prefix are the same")
	case signed.uses(partID) && h.IDHeader == "":
		return fmt.Errorf("signed %q has $id: id_header says where it is", s.template)
	}
	return nil
}
