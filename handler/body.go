package handler

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

// readBody reads a body of at most limit bytes; where it is not kept, it is only counted.
//
// It is read to its end before anything slow happens: only then does the server notice that a client has gone.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, keep bool) ([]byte, *refusal) {
	if r.ContentLength > limit {
		return nil, &tooLarge
	}
	var (
		body   bytes.Buffer
		reader = http.MaxBytesReader(w, r.Body, limit)
		err    error
	)
	if keep {
		// What a client announces is believed only as far as it costs little.
		const believed = 64 << 10
		body.Grow(int(min(max(r.ContentLength, 0), believed)) + bytes.MinRead)
		_, err = body.ReadFrom(reader)
	} else {
		_, err = io.Copy(io.Discard, reader)
	}
	if err == nil {
		return body.Bytes(), nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &tooLarge
	}
	return nil, &refusal{status: http.StatusBadRequest, message: "Request body could not be read"}
}

var tooLarge = refusal{status: http.StatusRequestEntityTooLarge, message: "Request body is too large"}

// content is a decoded body.
type content struct {
	payload *value.Document
	// raw is the body as received where that is not JSON.
	raw string
}

// decode reads a body as its content type says. Without one it is taken for JSON; an empty body is null.
func decode(header http.Header, body []byte) (content, *refusal) {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return content{}, &refusal{
			status: http.StatusUnsupportedMediaType, message: "Content encoding is not supported: send the body uncompressed",
		}
	}
	mediaType, isForm := "application/json", false
	if declared := header.Get("Content-Type"); declared != "" {
		parsed, _, err := mime.ParseMediaType(declared)
		if err != nil && parsed == "" {
			parsed = "unknown"
		}
		mediaType = parsed
	}
	switch {
	case mediaType == "application/x-www-form-urlencoded":
		isForm = true
	case mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json"):
		return content{}, &refusal{
			status: http.StatusUnsupportedMediaType, message: "Content type is not supported: send JSON or a form",
		}
	}
	if isForm {
		return decodeForm(body)
	}
	document, err := value.NewDocument(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if err != nil {
		return content{}, &refusal{status: http.StatusBadRequest, message: "Request body is not valid JSON: " + err.Error()}
	}
	return content{payload: document}, nil
}

// decodeForm makes an object of a form's fields: a repeated field is an array.
func decodeForm(body []byte) (content, *refusal) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return content{}, &refusal{status: http.StatusBadRequest, message: "Request body is not a valid form"}
	}
	fields := make(map[string]any, len(values))
	for name, list := range values {
		if len(list) == 1 {
			fields[name] = list[0]
			continue
		}
		array := make([]any, len(list))
		for i, v := range list {
			array[i] = v
		}
		fields[name] = array
	}
	return content{payload: value.DocumentOf(fields), raw: string(body)}, nil
}
