package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"
	"time"
)

type algorithm int

const (
	hmacSHA256 algorithm = iota
	hmacSHA1
	hmacSHA512
	ed25519Signature
	// staticToken is the secret itself.
	staticToken
)

// size is the length of a signature in bytes; of a static token, that of its digest.
func (a algorithm) size() int {
	switch a {
	case hmacSHA1:
		return sha1.Size
	case hmacSHA512:
		return sha512.Size
	case ed25519Signature:
		return ed25519.SignatureSize
	}
	return sha256.Size
}

// keyFormat is how secrets and public keys are written.
type keyFormat int

const (
	// verbatim secrets are keys as they stand.
	verbatim keyFormat = iota
	// standardKeys are `whsec_` and `whpk_` followed by base64.
	standardKeys
	// hexKeys are public keys in hex.
	hexKeys
)

// key is a secret that is ready for use.
type key struct {
	kind      int
	algorithm algorithm
	// sums has *sum, keyed; public and digest are for the algorithms without.
	sums   *sync.Pool
	public ed25519.PublicKey
	digest [sha256.Size]byte

	from, until time.Time
}

// sum is a keyed hash and room for what it gives.
type sum struct {
	hash  hash.Hash
	bytes [maxSignature]byte
}

func (k *key) validAt(now time.Time) bool {
	return !now.Before(k.from) && (k.until.IsZero() || now.Before(k.until))
}

// compare gives 1 if one of the candidates is the signature of head, body and tail with k, else 0. It compares all of
// them, in a time that does not tell which was right.
func (k *key) compare(p *presented, head, body, tail []byte) int {
	size := k.algorithm.size()
	var s *sum
	expected := k.digest[:]
	if k.sums != nil {
		s = k.sums.Get().(*sum)
		defer k.sums.Put(s)
		expected = s.of(head, body, tail)
	}
	var message []byte
	if k.public != nil {
		message = slices.Concat(head, body, tail)
	}
	equal := 0
	for i := range p.count {
		c := &p.candidates[i]
		if c.kind != k.kind {
			continue
		}
		p.comparisons++
		if k.public == nil {
			equal |= subtle.ConstantTimeCompare(c.sum[:size], expected)
		} else if ed25519.Verify(k.public, message, c.sum[:size]) {
			equal = 1
		}
	}
	return equal
}

func (s *sum) of(parts ...[]byte) []byte {
	s.hash.Reset()
	for _, part := range parts {
		s.hash.Write(part)
	}
	return s.hash.Sum(s.bytes[:0])
}

// setKeys makes the keys of a verifier.
func (v *verifier) setKeys(name string, c Config) error {
	var faults []error
	add := func(field string, secret Secret, public bool) {
		k, err := v.scheme.newKey(secret.Value, public)
		if err == nil && !secret.Until.IsZero() && !secret.From.Before(secret.Until) {
			err = errors.New("the window ends before it begins")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", field, err))
			return
		}
		k.from, k.until = secret.From, secret.Until
		v.keys = append(v.keys, k)
	}
	takesSecret, takesPublic := v.scheme.takes()
	switch {
	case len(c.Secrets) > 0 && !takesSecret:
		faults = append(faults, fmt.Errorf("secret has no use in %s, which signs with a key pair: give its public_key", name))
	case len(c.PublicKeys) > 0 && !takesPublic:
		faults = append(faults, fmt.Errorf("public_key has no use in %s, which signs with a secret", name))
	case takesSecret && len(c.Secrets) == 0 && !takesPublic:
		faults = append(faults, errors.New("secret is missing"))
	case takesPublic && len(c.PublicKeys) == 0 && !takesSecret:
		faults = append(faults, errors.New("public_key is missing"))
	case len(c.Secrets)+len(c.PublicKeys) == 0:
		faults = append(faults, errors.New("secret is missing, or public_key"))
	default:
		for _, secret := range c.Secrets {
			add("secret", secret, false)
		}
		for _, value := range c.PublicKeys {
			add("public_key", Secret{Value: value}, true)
		}
	}
	return errors.Join(faults...)
}

// takes tells what the keys of a scheme are.
func (s *scheme) takes() (secret, public bool) {
	for _, k := range s.kinds {
		public = public || k.algorithm == ed25519Signature
		secret = secret || k.algorithm != ed25519Signature
	}
	return secret, public
}

// newKey makes a key of the first kind that takes it.
func (s *scheme) newKey(value string, public bool) (*key, error) {
	at := slices.IndexFunc(s.kinds, func(k kind) bool { return public == (k.algorithm == ed25519Signature) })
	k := &key{kind: at, algorithm: s.kinds[at].algorithm}
	decoded, err := s.keys.decode(value, public)
	switch {
	case err != nil:
		return nil, err
	case len(decoded) == 0:
		return nil, errors.New("it is empty")
	case public && len(decoded) != ed25519.PublicKeySize:
		return nil, fmt.Errorf("it has %d bytes, an ed25519 public key has %d", len(decoded), ed25519.PublicKeySize)
	}
	hashes := map[algorithm]func() hash.Hash{hmacSHA1: sha1.New, hmacSHA256: sha256.New, hmacSHA512: sha512.New}
	switch {
	case public:
		k.public = decoded
	case k.algorithm == staticToken:
		k.digest = sha256.Sum256(decoded)
	default:
		k.sums = &sync.Pool{New: func() any { return &sum{hash: hmac.New(hashes[k.algorithm], decoded)} }}
	}
	return k, nil
}

// decode gives the bytes of a key. Its errors never show the value.
func (f keyFormat) decode(value string, public bool) ([]byte, error) {
	switch {
	case f == hexKeys:
		decoded, err := hex.DecodeString(value)
		if err != nil {
			return nil, errors.New("it is not hex digits")
		}
		return decoded, nil
	case f == verbatim:
		return []byte(value), nil
	}
	prefix, other, field := "whsec_", "whpk_", "public_key"
	if public {
		prefix, other, field = other, prefix, "secret"
	}
	if strings.HasPrefix(value, other) {
		return nil, fmt.Errorf("it begins with %s: it belongs in %s", other, field)
	}
	if strings.HasPrefix(value, "whsk_") {
		return nil, errors.New("it begins with whsk_: it is the sender's private key, which only the sender should have")
	}
	encoded := strings.TrimRight(strings.TrimPrefix(value, prefix), "=")
	decoded, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("it is not %s followed by base64", prefix)
	}
	return decoded, nil
}
