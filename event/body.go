package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"
)

// maxNesting is how deeply a JSON body may be nested to be kept as JSON: an event with it must stay readable for
// encoding/json, which stops at 10000.
const maxNesting = 1000

// Capture makes the record of a body of which data is the part that is kept; truncated tells that there was more.
// It is the body itself where that is JSON, else a JSON string: its text, or, where it is binary, its base64 form,
// and then encoding is "base64".
func Capture(data []byte, truncated bool) (body json.RawMessage, encoding string) {
	if len(data) == 0 {
		return nil, ""
	}
	if !truncated && json.Valid(data) && !nestedTooDeep(data) {
		return bytes.Clone(data), ""
	}
	text := data
	if truncated {
		text = wholeRunes(data)
	}
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return appendString(nil, text), ""
	}
	return appendString(nil, base64.StdEncoding.AppendEncode(nil, data)), "base64"
}

// wholeRunes is data without a character that the cut at its end has split.
func wholeRunes(data []byte) []byte {
	for back := 1; back <= utf8.UTFMax && back <= len(data); back++ {
		if start := len(data) - back; utf8.RuneStart(data[start]) {
			if !utf8.FullRune(data[start:]) {
				return data[:start]
			}
			break
		}
	}
	return data
}

// nestedTooDeep counts the brackets of a JSON text first, since hardly any text has so many.
func nestedTooDeep(data []byte) bool {
	if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) <= maxNesting {
		return false
	}
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = endOfString(data, i) - 1
		case '[', '{':
			if depth++; depth > maxNesting {
				return true
			}
		case ']', '}':
			depth--
		}
	}
	return false
}
