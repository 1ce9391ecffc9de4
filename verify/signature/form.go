package signature

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// isForm tells whether a body is a form.
func isForm(header http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && mediaType == "application/x-www-form-urlencoded"
}

// appendForm appends the fields of a form in the order of their names, each followed by its values: the signed bytes
// of https://www.twilio.com/docs/usage/webhooks/webhooks-security. A body that is no form is signed by way of its
// digest, which Twilio adds to the query of the URL.
func appendForm(to []byte, r *Request) ([]byte, error) {
	const digest = "bodySHA256"
	_, query, _ := strings.Cut(r.URL, "?")
	inURL, err := url.ParseQuery(query)
	if err != nil {
		return to, Malformed
	}
	if want := inURL[digest]; len(want) > 0 || !isForm(r.Header) {
		sum := sha256.Sum256(r.Body)
		if len(want) != 1 || subtle.ConstantTimeCompare([]byte(want[0]), []byte(hex.EncodeToString(sum[:]))) != 1 {
			return to, Mismatch
		}
		return to, nil
	}
	fields, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return to, Malformed
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := fields[name]
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			to = append(to, name...)
			to = append(to, value...)
		}
	}
	return to, nil
}

// decodeHubSpot decodes, in what follows start, the escapes that HubSpot signs decoded. Every other one it signs as it
// stands. See https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
func decodeHubSpot(to []byte, start int) []byte {
	const decoded = ":/?@!$'()*,;"
	end := start
	for i := start; i < len(to); i++ {
		c := to[i]
		if c == '%' && i+2 < len(to) {
			var b [1]byte
			if _, err := hex.Decode(b[:], to[i+1:i+3]); err == nil && strings.IndexByte(decoded, b[0]) >= 0 {
				c = b[0]
				i += 2
			}
		}
		to[end] = c
		end++
	}
	return to[:end]
}
