package signature

import (
	"encoding/json"
	"net/url"
)

// readMailgun reads the signature that Mailgun puts into the body: into an object of a webhook, or among the fields of
// the form by which it forwards a message. An account's own webhooks get, beside the signature of the subaccount that
// an event is of, one with the account's own key.
func readMailgun(r *Request) (inBody, error) {
	var webhook struct {
		Signature struct {
			Timestamp string `json:"timestamp"`
			Token     string `json:"token"`
			Signature string `json:"signature"`
			Parent    string `json:"parent-signature"`
		} `json:"signature"`
	}
	found := &webhook.Signature
	if isForm(r.Header) {
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return inBody{}, Malformed
		}
		for name, to := range map[string]*string{
			"timestamp": &found.Timestamp, "token": &found.Token, "signature": &found.Signature,
		} {
			if len(form[name]) > 1 {
				return inBody{}, Ambiguous
			}
			*to = form.Get(name)
		}
	} else if err := json.Unmarshal(r.Body, &webhook); err != nil {
		return inBody{}, Malformed
	}
	if found.Signature == "" || found.Timestamp == "" || found.Token == "" {
		return inBody{}, Missing
	}
	return inBody{found.Timestamp, found.Token, []string{found.Signature, found.Parent}}, nil
}
