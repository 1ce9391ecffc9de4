package admin

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// descriptions are the parts of the API's description (OpenAPI 3.1), one for each area.
//
//go:embed openapi/*.json
var descriptions embed.FS

// showDescription gives the description of the whole API.
func showDescription(w http.ResponseWriter, _ *http.Request) error {
	text, err := description()
	if err != nil {
		return fail(http.StatusInternalServerError, err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(text)
	return err
}

// described is an OpenAPI document, or a part of one, as far as parts have to be put together.
type described struct {
	OpenAPI    json.RawMessage                       `json:"openapi,omitempty"`
	Info       json.RawMessage                       `json:"info,omitempty"`
	Servers    json.RawMessage                       `json:"servers,omitempty"`
	Tags       json.RawMessage                       `json:"tags,omitempty"`
	Paths      map[string]json.RawMessage            `json:"paths"`
	Components map[string]map[string]json.RawMessage `json:"components"`
}

// description is the document, put together once. What is in two parts is a fault.
var description = sync.OnceValues(func() ([]byte, error) {
	whole := described{Paths: make(map[string]json.RawMessage), Components: make(map[string]map[string]json.RawMessage)}
	for _, area := range []string{"base", "events", "connectors", "operation"} {
		text, err := descriptions.ReadFile("openapi/" + area + ".json")
		if err != nil {
			return nil, err
		}
		var part described
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&part); err != nil {
			return nil, fmt.Errorf("openapi/%s.json: %w", area, err)
		}
		if area == "base" {
			whole.OpenAPI, whole.Info, whole.Servers, whole.Tags = part.OpenAPI, part.Info, part.Servers, part.Tags
		}
		if err := join(whole.Paths, part.Paths); err != nil {
			return nil, fmt.Errorf("openapi/%s.json: %w", area, err)
		}
		for kind, members := range part.Components {
			if whole.Components[kind] == nil {
				whole.Components[kind] = make(map[string]json.RawMessage)
			}
			if err := join(whole.Components[kind], members); err != nil {
				return nil, fmt.Errorf("openapi/%s.json: %s: %w", area, kind, err)
			}
		}
	}
	return json.Marshal(whole)
})

func join(whole, part map[string]json.RawMessage) error {
	for name, text := range part {
		if _, taken := whole[name]; taken {
			return fmt.Errorf("%s is in two parts", name)
		}
		whole[name] = text
	}
	return nil
}
