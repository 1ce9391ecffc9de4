package signature

import (
	"encoding/json"
	"net/url"
)

// readMailgun reads the signature that Mailgun puts into the body: into an object of a webhook, or among the fields of
// the form by which it forwards a message. An account's own webhooks get, beside the signature of the subaccount that
// an event is of, one with the account's own key.
func readMailgun(s *scheme, r *Request, p *presented) error {
	var signed struct {
		Signature struct {
			Timestamp string `json:"timestamp"`
			Token     string `json:"token"`
			Signature string `json:"signature"`
			Parent    string `json:"parent-signature"`
		} `json:"signature"`
	}
	found := &signed.Signature
	if isForm(r.Header) {
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return Malformed
		}
		for name, to := range map[string]*string{
			"timestamp": &found.Timestamp, "token": &found.Token, "signature": &found.Signature,
		} {
			if len(form[name]) > 1 {
				return Ambiguous
			}
			*to = form.Get(name)
		}
	} else if err := json.Unmarshal(r.Body, &signed); err != nil {
		return Malformed
	}
	switch {
	case found.Signature == "" || found.Timestamp == "" || found.Token == "":
		return Missing
	case len(found.Timestamp) > maxTimestamp || len(found.Token) > maxID:
		return Malformed
	}
	p.timestamp, p.id = found.Timestamp, found.Token
	for _, signature := range []string{found.Signature, found.Parent} {
		if err := p.add(s, signature); err != nil {
			return err
		}
	}
	if p.count == 0 {
		return Malformed
	}
	return nil
}
