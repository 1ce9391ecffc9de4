package signature

import (
	"bytes"
	"encoding/json"
)

// jsonField is the string or the number at path in an object, as text. It reads no further than that, because it is
// asked for a member that senders put near the beginning.
func jsonField(body []byte, path []string) (string, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	for {
		if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
			return "", false
		}
		if !findMember(decoder, path[0]) {
			return "", false
		}
		if path = path[1:]; len(path) > 0 {
			continue
		}
		token, err := decoder.Token()
		if err != nil {
			return "", false
		}
		switch value := token.(type) {
		case string:
			return value, value != ""
		case json.Number:
			return value.String(), true
		}
		return "", false
	}
}

// findMember leaves decoder before the value of the member name of the object that it is in.
func findMember(decoder *json.Decoder, name string) bool {
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		if token == name {
			return true
		}
		var skipped json.RawMessage
		if decoder.Decode(&skipped) != nil {
			return false
		}
	}
	return false
}
