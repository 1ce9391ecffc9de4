package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// digestPrefix marks a token that is configured by the digest of its value.
const digestPrefix = "sha256:"

// maxTokenLength bounds the bytes of a token. It bounds what a hostile sender can make us hash, and leaves room for
// the longest tokens in use (signed tokens of a few kilobytes).
const maxTokenLength = 8 << 10

// Token is what is kept of a configured token: the SHA-256 digest of its value. The zero Token matches nothing that
// anybody can present.
type Token struct {
	digest [sha256.Size]byte
}

// NewToken makes a token from its value, or from `sha256:` and the 64 hex digits of the value's digest. It refuses
// what no request could ever present. Its errors never show the value.
func NewToken(value string) (Token, error) {
	if encoded, ok := strings.CutPrefix(value, digestPrefix); ok {
		return tokenFromDigest(encoded)
	}
	switch {
	case value == "":
		return Token{}, errors.New("token is empty")
	case len(value) > maxTokenLength:
		return Token{}, fmt.Errorf("token is longer than %d bytes", maxTokenLength)
	case strings.Trim(value, " \t") != value:
		return Token{}, errors.New("token begins or ends with a blank, which a header cannot carry")
	case strings.ContainsFunc(value, isControl):
		return Token{}, errors.New("token contains a control character or line break, which a header cannot carry")
	}
	return Token{digest: digestOf(value)}, nil
}

func tokenFromDigest(encoded string) (Token, error) {
	var t Token
	if len(encoded) != hex.EncodedLen(len(t.digest)) {
		return Token{}, fmt.Errorf("sha256: must be followed by 64 hex digits, not %d characters", len(encoded))
	}
	if _, err := hex.Decode(t.digest[:], []byte(encoded)); err != nil {
		return Token{}, errors.New("sha256: must be followed by 64 hex digits")
	}
	return t, nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// digestOf hashes by way of a buffer on the stack: converting a string of this length would allocate.
func digestOf(value string) [sha256.Size]byte {
	var buffer [512]byte
	if len(value) <= len(buffer) {
		return sha256.Sum256(buffer[:copy(buffer[:], value)])
	}
	return sha256.Sum256([]byte(value))
}
