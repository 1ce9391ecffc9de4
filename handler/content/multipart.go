package content

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
)

// maxPartHeader is how many bytes the header of one part may have; a browser sends about a hundred.
const maxPartHeader = 8 << 10

// decodeMultipart reads multipart/form-data (RFC 7578). Files are refused, because JSON has no place for them.
func decodeMultipart(body []byte, boundary string, limit int64) (Content, *Refusal) {
	var fields form
	if len(body) == 0 {
		return fields.content(body, limit)
	}
	// The line break ends a last boundary that has none of its own.
	source := io.MultiReader(bytes.NewReader(body), strings.NewReader("\r\n"), cutOff{})
	parts := multipart.NewReader(source, boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields.content(body, limit)
		}
		if err != nil {
			return Content{}, &malformedForm
		}
		name, refused := fieldName(part.Header)
		if refused != nil {
			return Content{}, refused
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return Content{}, &malformedForm
		}
		if refused := fields.add(name, string(text)); refused != nil {
			return Content{}, refused
		}
	}
}

// cutOff stands behind a body, so that only the last boundary is an io.EOF: package multipart takes a body that ends
// within the header of a part for a whole one.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// fieldName is the name of the field that a part with this header holds.
func fieldName(header textproto.MIMEHeader) (string, *Refusal) {
	size := 0
	for name, lines := range header {
		for _, line := range lines {
			size += len(name) + len(line)
		}
	}
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	name, named := parameters["name"]
	if size > maxPartHeader || err != nil || kind != "form-data" || !named {
		return "", &malformedForm
	}
	// An empty file name is a file input that was left empty.
	if _, isFile := parameters["filename"]; isFile {
		return "", &Refusal{
			http.StatusUnsupportedMediaType,
			fmt.Sprintf("Form field %q is a file: send JSON or a form without files", clip(name)),
		}
	}
	if declared := header.Get("Content-Type"); declared != "" {
		_, parameters, err := mime.ParseMediaType(declared)
		if err != nil {
			return "", &malformedForm
		}
		if charset, ok := parameters["charset"]; ok && !isUTF8(charset) {
			return "", &unsupportedCharset
		}
	}
	return name, nil
}

// clip keeps a message readable when the name it quotes is hostile.
func clip(name string) string {
	const most = 40
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}
