package signature

// Handshakes are the names that NewHandshake knows.
func Handshakes() []string { return []string{"dropbox", "graph", "okta", "twitter"} }

// NewHandshake makes the handshake of a name. Twitter's answers with a signature, so it takes the endpoint's verifier,
// which has to be one of this package with a secret; the others take nil or any.
func NewHandshake(name string, verifier Verifier) (Handshake, error) { panic("stub") }
