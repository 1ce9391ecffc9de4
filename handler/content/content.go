// Package content turns the body of a request into the payload of an event: it undoes compression, and reads JSON and
// forms.
//
// Everything here is said by a stranger, so whatever it costs is bounded: the size after decompression, the fields of
// a form, and how many bodies are decompressed at once. The package knows values and the headers that describe a
// body; it must know nothing of connectors, events and Caddy.
package content

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

// Content is a decoded body.
type Content struct {
	Payload *value.Document
	// Body is the body as received but for its compression: what is sent on, without a Content-Encoding.
	Body []byte
	// Form tells that Payload was read from a form, and that Body is therefore no JSON.
	Form bool
}

// Refusal is why a body was not decoded. The sender may read the message.
type Refusal struct {
	Status  int
	Message string
}

// Decode reads a body as its Content-Encoding and Content-Type say. Without a type it is taken for JSON; of JSON,
// nothing at all is null. Neither the decompressed body nor a form written as JSON may have more than limit bytes.
//
// The Content may share memory with received.
func Decode(header http.Header, received []byte, limit int64) (Content, *Refusal) {
	// First the type: what cannot be read in any case need not be decompressed.
	declared, refused := mediaOf(header)
	if refused != nil {
		return Content{}, refused
	}
	body, refused := decompress(header, received, limit)
	if refused != nil {
		return Content{}, refused
	}
	switch declared.format {
	case urlencoded:
		return decodeURLEncoded(body, limit)
	case multipartForm:
		return decodeMultipart(body, declared.boundary, limit)
	default:
		return decodeJSON(body)
	}
}

func decodeJSON(body []byte) (Content, *Refusal) {
	document, err := value.NewDocument(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if err != nil {
		return Content{}, &Refusal{http.StatusBadRequest, "Request body is not valid JSON: " + err.Error()}
	}
	return Content{Payload: document, Body: body}, nil
}

var (
	tooLarge = Refusal{http.StatusRequestEntityTooLarge, "Request body is too large"}

	repeatedType = Refusal{http.StatusBadRequest, "Content-Type header is repeated"}

	malformedType = Refusal{http.StatusBadRequest, "Content-Type header is malformed"}

	unsupportedType = Refusal{
		http.StatusUnsupportedMediaType, "Content type is not supported: send JSON or a form",
	}

	unsupportedCharset = Refusal{http.StatusUnsupportedMediaType, "Charset is not supported: send UTF-8"}
)

type format int

const (
	jsonText format = iota
	urlencoded
	multipartForm
)

// media is what a Content-Type says.
type media struct {
	format format
	// boundary separates the parts of a multipartForm.
	boundary string
}

func mediaOf(header http.Header) (media, *Refusal) {
	lines := header["Content-Type"]
	if len(lines) > 1 {
		return media{}, &repeatedType
	}
	if len(lines) == 0 || isUsualJSON(lines[0]) {
		return media{format: jsonText}, nil
	}
	name, parameters, err := mime.ParseMediaType(lines[0])
	m := media{boundary: parameters["boundary"]}
	switch {
	case name == "application/x-www-form-urlencoded":
		m.format = urlencoded
	case name == "multipart/form-data":
		m.format = multipartForm
	case name != "application/json" && !(strings.Contains(name, "/") && strings.HasSuffix(name, "+json")):
		return media{}, &unsupportedType
	}
	// RFC 2046, section 5.1.1, bounds the boundary.
	if err != nil || m.format == multipartForm && (m.boundary == "" || len(m.boundary) > 70) {
		return media{}, &malformedType
	}
	if charset, ok := parameters["charset"]; ok && !isUTF8(charset) {
		return media{}, &unsupportedCharset
	}
	return m, nil
}

// isUsualJSON spares the spellings that nearly every sender uses the parsing of the header.
func isUsualJSON(contentType string) bool {
	return contentType == "" || contentType == "application/json" || contentType == "application/json; charset=utf-8"
}

// isUTF8 knows UTF-8, as it is often misspelled too, and its subset, which libraries like to declare.
func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8") ||
		strings.EqualFold(charset, "us-ascii")
}
