package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Capture makes the record of a body of which data is the part that is kept; truncated tells that there was more.
// It is the body itself where that is JSON, else a JSON string: its text, or, where it is binary, its base64 form,
// and then encoding is "base64".
func Capture(data []byte, truncated bool) (body json.RawMessage, encoding string) {
	if len(data) == 0 {
		return nil, ""
	}
	if !truncated && json.Valid(data) {
		return bytes.Clone(data), ""
	}
	text := data
	if truncated {
		text = wholeRunes(data)
	}
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return mustString(string(text)), ""
	}
	return mustString(base64.StdEncoding.EncodeToString(data)), "base64"
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

func mustString(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("a string has no JSON: %v", err))
	}
	return b
}
