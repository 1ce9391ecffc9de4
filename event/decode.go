package event

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Decode reads what Event.AppendJSON appended. Unlike encoding/json it keeps the blanks around the payload.
func Decode(data []byte) (*Event, error) {
	e := new(Event)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("read an event: %w", err)
	}
	if payload := topLevelMember(data, "payload"); payload != nil {
		e.Payload = bytes.Clone(payload)
	}
	return e, nil
}

// topLevelMember is all that stands between a key of a JSON object and the next member. It finds only a key with its
// colon right behind it.
func topLevelMember(data []byte, key string) []byte {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := endOfString(data, i)
			if depth == 1 && data[end] == ':' && string(data[i+1:end-1]) == key {
				return data[end+1 : endOfMember(data, end+1)]
			}
			i = end - 1
		}
	}
	return nil
}

// endOfMember is the index of the comma or brace that ends the member whose value begins at i.
func endOfMember(data []byte, i int) int {
	for depth := 0; ; i++ {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		case '"':
			i = endOfString(data, i) - 1
		}
	}
}
