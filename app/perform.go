package app

import "github.com/caddyserver/caddy/v2"

// Perform is the outbound request.
type Perform struct {
	// POST, PUT, PATCH or DELETE.
	Method string `json:"method"`

	// The URL; references in it are escaped for the place where they stand.
	URL string `json:"url"`

	// Query parameters, added to the URL's own; a name may be repeated.
	Query []Assignment `json:"query,omitempty"`

	// Request headers: values by name, each of which is sent. A header with an empty list is one that the gateway adds by
	// itself (Content-Type, Idempotency-Key, User-Agent) and is not sent.
	Headers map[string][]string `json:"header,omitempty"`

	// Fields of a JSON object to send, in this order; a dot in a name nests, an index in brackets makes an array. Of
	// field, form, body and raw there can be one kind. Default: the payload as it was received.
	Fields []Assignment `json:"field,omitempty"`

	// Fields of a form to send, in this order (`application/x-www-form-urlencoded`); a name may be repeated.
	Form []Assignment `json:"form,omitempty"`

	// A value to send as the whole JSON body.
	Body string `json:"body,omitempty"`

	// A text to send as the whole body, such as XML.
	Raw *Raw `json:"raw,omitempty"`

	// A user and a password to send.
	BasicAuth *BasicAuth `json:"basic_auth,omitempty"`

	// An OAuth2 client whose access token to send.
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`

	// A signature over the body, by which the target can verify who sent it.
	Sign *Sign `json:"sign,omitempty"`

	// A client certificate, and the authorities that the target's certificate is verified by.
	TLS *TLS `json:"tls,omitempty"`

	// An expression over `$response` (`status`, `headers`, `body`). When it is false the event has failed.
	Success string `json:"success,omitempty"`

	// How long one attempt may take, to the last byte of the answer. Default: 10s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// How long all attempts may take, with the pauses between them. Default: 60s, or the timeout where that is longer.
	Deadline caddy.Duration `json:"deadline,omitempty"`

	// When and how often to try again. Default: one attempt.
	Retry *Retry `json:"retry,omitempty"`

	// When to stop trying for a while. Default: never.
	Breaker *Breaker `json:"breaker,omitempty"`

	// How many redirects an attempt follows, at most 10. Default: none, a redirect is the answer.
	Redirects int `json:"follow_redirects,omitempty"`

	// The URL of an HTTP proxy through which the target is reached. Default: none, whatever the environment says.
	Proxy string `json:"proxy,omitempty"`

	// credentials are the resolved values, which redaction has to find.
	credentials []string
}

// sendsPayload tells whether the payload itself is the body.
func (p *Perform) sendsPayload() bool {
	return len(p.Fields) == 0 && len(p.Form) == 0 && p.Body == "" && p.Raw == nil
}

// Raw is a body of any kind.
type Raw struct {
	// Its content type.
	ContentType string `json:"content_type"`

	// A value that is its text. What references are replaced by is not escaped.
	Value string `json:"value"`
}

// BasicAuth is a user and a password (RFC 7617).
type BasicAuth struct {
	// The user: text, a placeholder or a lone `$secret.NAME`.
	User string `json:"user"`

	// The password, written like the user.
	Password string `json:"password"`
}

// OAuth2 is a client of an authorization server, which gets its access token with its own credentials (RFC 6749,
// section 4.4). The token is kept until shortly before it expires, and renewed once when the target answers 401.
type OAuth2 struct {
	// The URL at which the server gives tokens.
	TokenURL string `json:"token_url"`

	// The client's id: text, a placeholder or a lone `$secret.NAME`.
	ClientID string `json:"client_id"`

	// The client's secret, written like the id.
	ClientSecret string `json:"client_secret"`

	// What access is asked for.
	Scopes []string `json:"scope,omitempty"`

	// The API that the token is for, where the server asks for it.
	Audience string `json:"audience,omitempty"`
}

// TLS is how connections to the target are secured. The files are read when the configuration is loaded.
type TLS struct {
	// The file of the client certificate, with its chain (PEM).
	ClientCertificate string `json:"client_certificate,omitempty"`

	// The file of its key (PEM).
	ClientKey string `json:"client_key,omitempty"`

	// A file of authorities (PEM), which take the place of the system's.
	CA string `json:"ca,omitempty"`
}

// Sign signs each attempt: the bytes of the body as they are sent, at the time of the attempt.
type Sign struct {
	// `standard-webhooks` or `hmac`.
	Scheme string `json:"scheme"`

	// The keys: text, placeholders or lone `$secret.NAME`. With several keys of Standard Webhooks there is a signature by
	// each of them, so that the target can change over; hmac has one.
	Secrets []string `json:"secret"`

	// hmac: the header that takes the signature.
	Header string `json:"header,omitempty"`

	// hmac: `sha256`, `sha1` or `sha512`. Default: sha256.
	Algorithm string `json:"algorithm,omitempty"`

	// hmac: how the signature is written, `hex` or `base64`. Default: hex.
	Encoding string `json:"encoding,omitempty"`

	// hmac: text before the signature, such as `sha256=` or `t=$timestamp,v1=`. Default: none.
	Prefix string `json:"prefix,omitempty"`

	// hmac: the text that is signed, made of `$timestamp`, `$id` and `$body`. Default: `$body`.
	Signed string `json:"signed,omitempty"`

	// hmac: a header for the timestamp, in seconds since 1970.
	TimestampHeader string `json:"timestamp_header,omitempty"`

	// hmac: a header for the event's id.
	IDHeader string `json:"id_header,omitempty"`
}
