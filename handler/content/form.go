package content

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

// maxFields is how many fields a form may have, repeated ones included; PHP's max_input_vars is the same by default.
const maxFields = 1000

var (
	malformedForm = Refusal{http.StatusBadRequest, "Request body is not a valid form"}

	tooManyFields = Refusal{
		http.StatusRequestEntityTooLarge, "Form has more than " + strconv.Itoa(maxFields) + " fields",
	}
)

// decodeURLEncoded reads application/x-www-form-urlencoded. A bare semicolon is refused, as net/url does: some
// readers end a field there and others do not, and the target may be one of either kind.
func decodeURLEncoded(body []byte, limit int64) (Content, *Refusal) {
	var fields form
	for pair := range strings.SplitSeq(string(body), "&") {
		if pair == "" {
			continue
		}
		if strings.Contains(pair, ";") {
			return Content{}, &malformedForm
		}
		rawName, rawText, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return Content{}, &malformedForm
		}
		text, err := url.QueryUnescape(rawText)
		if err != nil {
			return Content{}, &malformedForm
		}
		if refused := fields.add(name, text); refused != nil {
			return Content{}, refused
		}
	}
	return fields.content(body, limit)
}

// form is the fields of a form, in the order in which their names first appear.
type form struct {
	fields []field
	// places is where in fields a name is.
	places map[string]int
	added  int
}

// field is a name and all values it was given.
type field struct {
	// name is JSON, in which bytes that are not UTF-8 have been replaced: names that are equal then are the same.
	name  string
	texts []string
}

func (f *form) add(name, text string) *Refusal {
	if f.added == maxFields {
		return &tooManyFields
	}
	f.added++
	quoted, err := value.AppendJSON(nil, name)
	if err != nil {
		return &malformedForm
	}
	place, known := f.places[string(quoted)]
	if !known {
		if f.places == nil {
			f.places = map[string]int{}
		}
		place = len(f.fields)
		f.places[string(quoted)] = place
		f.fields = append(f.fields, field{name: string(quoted)})
	}
	f.fields[place].texts = append(f.fields[place].texts, text)
	return nil
}

// content makes the payload of the form that body is: an object of its fields, in which a repeated one is an array.
func (f *form) content(body []byte, limit int64) (Content, *Refusal) {
	if document := f.wrapped(); document != nil {
		return Content{Payload: document, Body: body, Form: true}, nil
	}
	text, err := f.appendJSON(nil)
	if err != nil {
		return Content{}, &malformedForm
	}
	// A control character takes six bytes in JSON: the payload is what is stored, so it is what counts.
	if int64(len(text)) > limit {
		return Content{}, &tooLarge
	}
	document, err := value.NewDocument(text)
	if err != nil {
		return Content{}, &malformedForm
	}
	return Content{Payload: document, Body: body, Form: true}, nil
}

// wrapped is the JSON object or array that is all that the form holds, in a field named payload: so send GitHub
// (docs.github.com/webhooks, content type), Slack (interactive messages) and Plex (multipart). It is nil otherwise.
func (f *form) wrapped() *value.Document {
	if f.added != 1 || f.fields[0].name != `"payload"` {
		return nil
	}
	text := f.fields[0].texts[0]
	if start := strings.TrimLeft(text, " \t\r\n"); start == "" || start[0] != '{' && start[0] != '[' {
		return nil
	}
	document, err := value.NewDocument([]byte(text))
	if err != nil {
		return nil
	}
	return document
}

func (f *form) appendJSON(dst []byte) ([]byte, error) {
	var err error
	dst = append(dst, '{')
	for i, field := range f.fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, field.name...), ':')
		if len(field.texts) > 1 {
			dst = append(dst, '[')
		}
		for j, text := range field.texts {
			if j > 0 {
				dst = append(dst, ',')
			}
			if dst, err = value.AppendJSON(dst, text); err != nil {
				return nil, err
			}
		}
		if len(field.texts) > 1 {
			dst = append(dst, ']')
		}
	}
	return append(dst, '}'), nil
}
