package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
)

// redactedJSON is what is left of a JSON text that cannot be redacted in parts.
var redactedJSON = json.RawMessage(`"` + Redacted + `"`)

// JSON redacts a JSON text. The result is JSON again, and raw itself, byte for byte, where there is nothing to
// replace. Secrets are looked for in what strings say, however they are escaped, in keys as in values; a number with
// a secret in it becomes a string. A secret that reaches over several values, with the commas and quotes between
// them, takes all of those values with it, and where that does not break it up, the whole text.
func (r *Redactor) JSON(raw json.RawMessage) json.RawMessage {
	if !r.inJSON(raw) {
		return raw
	}
	redacted := r.redactScalars(raw)
	if spans := appendSpans(nil, r.matcher, redacted); len(spans) > 0 {
		redacted = replaceScalars(redacted, func(dst, scalar []byte, start int) []byte {
			for len(spans) > 0 && spans[0].end <= start {
				spans = spans[1:]
			}
			if len(spans) > 0 && spans[0].start < start+len(scalar) {
				return append(dst, redactedJSON...)
			}
			return append(dst, scalar...)
		})
	}
	if r.inJSON(redacted) || !json.Valid(redacted) {
		return bytes.Clone(redactedJSON)
	}
	return redacted
}

// inJSON tells whether a secret is in the text itself or in what one of its strings says.
func (r *Redactor) inJSON(raw []byte) bool {
	var few [4]span
	if len(appendSpans(few[:0], r.matcher, raw)) > 0 {
		return true
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return false
	}
	var buffer [512]byte
	text := buffer[:0]
	for start, end := nextScalar(raw, 0); start < len(raw); start, end = nextScalar(raw, end) {
		if scalar := raw[start:end]; scalar[0] == '"' && bytes.IndexByte(scalar, '\\') > 0 {
			text = appendUnquoted(text[:0], scalar)
			if len(appendSpans(few[:0], r.matcher, text)) > 0 {
				return true
			}
		}
	}
	return false
}

// redactScalars redacts each string, number and literal by itself.
func (r *Redactor) redactScalars(raw []byte) []byte {
	var text []byte
	var spans []span
	return replaceScalars(raw, func(dst, scalar []byte, _ int) []byte {
		if scalar[0] != '"' {
			if spans = appendSpans(spans[:0], r.matcher, scalar); len(spans) > 0 {
				return append(dst, redactedJSON...)
			}
			return append(dst, scalar...)
		}
		text = appendUnquoted(text[:0], scalar)
		if spans = appendSpans(spans[:0], r.matcher, text); len(spans) > 0 {
			return appendString(dst, appendRedacted(nil, text, spans))
		}
		return append(dst, scalar...)
	})
}

// body redacts what Capture made. Of a body that was cut off it also takes a secret's beginning at the end, of a
// binary one what stands in the bytes.
func (r *Redactor) body(body json.RawMessage, encoding string, truncated bool) json.RawMessage {
	if encoding == "" && !truncated {
		return r.JSON(body)
	}
	var text string
	if json.Unmarshal(body, &text) != nil {
		return r.JSON(body)
	}
	if encoding == "" {
		return r.JSON(appendString(nil, r.text(text, truncated)))
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return r.JSON(body)
	}
	clean := r.text(string(data), truncated)
	return r.JSON(appendString(nil, base64.StdEncoding.AppendEncode(nil, []byte(clean))))
}

// text is String that also takes the beginning of a secret at the end of a text that was cut off.
func (r *Redactor) text(text string, truncated bool) string {
	text = r.String(text)
	if !truncated {
		return text
	}
	if end := cutOff(r.matcher, text); end < len(text) {
		return text[:end] + Redacted
	}
	return text
}

// replaceScalars copies a JSON text with each string, number and literal replaced.
func replaceScalars(raw []byte, replace func(dst, scalar []byte, start int) []byte) []byte {
	dst := make([]byte, 0, len(raw)+4*len(Redacted))
	from := 0
	for start, end := nextScalar(raw, 0); start < len(raw); start, end = nextScalar(raw, end) {
		dst = append(dst, raw[from:start]...)
		dst = replace(dst, raw[start:end], start)
		from = end
	}
	return append(dst, raw[from:]...)
}

// nextScalar finds the string, number or literal that begins at i or after it. Whatever raw is, it ends.
func nextScalar(raw []byte, i int) (start, end int) {
	for ; i < len(raw); i++ {
		if raw[i] == '"' {
			return i, endOfString(raw, i)
		}
		if inScalar(raw[i]) {
			break
		}
	}
	start = i
	for i < len(raw) && inScalar(raw[i]) {
		i++
	}
	return start, i
}

func inScalar(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '+' || c == '.' }

// endOfString is the index after the string that begins at the quote at i.
func endOfString(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(raw)
}
