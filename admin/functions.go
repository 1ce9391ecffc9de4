package admin

import (
	"net/http"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/expression/function"
)

// functionDoc is a function of the language as the reference shows it.
type functionDoc struct {
	Name        string        `json:"name"`
	Group       string        `json:"group"`
	Signature   string        `json:"signature"`
	Description string        `json:"description"`
	Accessor    string        `json:"accessor,omitempty"`
	Examples    []exampleDocs `json:"examples"`
}

type exampleDocs struct {
	Source  string `json:"source"`
	Payload string `json:"payload,omitempty"`
	Result  string `json:"result,omitempty"`
}

func listFunctions(w http.ResponseWriter, r *http.Request, _ *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	list := struct {
		Functions []functionDoc `json:"functions"`
	}{}
	for _, f := range function.All() {
		doc := functionDoc{
			Name: f.Name, Group: f.Group, Signature: f.Signature(), Description: f.Description, Accessor: f.Accessor,
		}
		for _, e := range f.Examples {
			doc.Examples = append(doc.Examples, exampleDocs{e.Source, e.Payload, e.Result})
		}
		list.Functions = append(list.Functions, doc)
	}
	return write(w, http.StatusOK, list)
}
