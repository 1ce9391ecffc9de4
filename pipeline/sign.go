package pipeline

import (
	"crypto/hmac"
	"crypto/sha1" // targets exist that verify nothing newer
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signer adds to each attempt the headers by which its target can verify it. What is signed are the bytes of the body
// as they are sent. The time is that of the attempt, since targets refuse what was signed too long ago; the id is
// that of the event, on each attempt.
type signer struct {
	// headers are the names that it sets, in their canonical spelling.
	headers []string
	sign    func(header http.Header, d *delivery)
}

// delivery is what a signature is made of.
type delivery struct {
	id   string
	body []byte
	at   time.Time
}

func (d *delivery) timestamp() string { return strconv.FormatInt(d.at.Unix(), 10) }

func newSigner(s *Signature) (*signer, error) {
	switch s.Scheme {
	case SchemeStandardWebhooks:
		return newStandardWebhooks(s.Secrets)
	case SchemeHMAC:
		return newHMAC(s)
	}
	return nil, fmt.Errorf("%q is no scheme; allowed: %s, %s", s.Scheme, SchemeStandardWebhooks, SchemeHMAC)
}

// newStandardWebhooks signs as the specification of Standard Webhooks (standardwebhooks.com) says, with a signature
// for each key.
func newStandardWebhooks(secrets []string) (*signer, error) {
	const prefix = "whsec_"
	if len(secrets) == 0 {
		return nil, errors.New("a key is missing")
	}
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, prefix))
		if err != nil || len(key) == 0 {
			return nil, fmt.Errorf("a key is %s and base64, as the target shows it", prefix)
		}
		keys[i] = key
	}
	const id, timestamp, signature = "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"
	return &signer{
		headers: []string{id, timestamp, signature},
		sign: func(header http.Header, d *delivery) {
			at := d.timestamp()
			signatures := make([]string, len(keys))
			for i, key := range keys {
				mac := hmac.New(sha256.New, key)
				mac.Write([]byte(d.id + "." + at + "."))
				mac.Write(d.body)
				signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
			}
			header[id] = []string{d.id}
			header[timestamp] = []string{at}
			header[signature] = []string{strings.Join(signatures, " ")}
		},
	}, nil
}

var (
	algorithms = map[string]func() hash.Hash{"sha256": sha256.New, "sha1": sha1.New, "sha512": sha512.New}
	encodings  = map[string]func([]byte) string{
		"hex": hex.EncodeToString, "base64": base64.StdEncoding.EncodeToString,
	}
)

// newHMAC signs in the manner that the settings describe.
func newHMAC(s *Signature) (*signer, error) {
	algorithm, encode := algorithms[s.Algorithm], encodings[s.Encoding]
	switch {
	case len(s.Secrets) != 1 || s.Secrets[0] == "":
		return nil, errors.New("one secret is needed")
	case s.Header == "":
		return nil, errors.New("header is missing: the name of the one that takes the signature")
	case algorithm == nil:
		return nil, fmt.Errorf("algorithm %q: allowed are sha256, sha1, sha512", s.Algorithm)
	case encode == nil:
		return nil, fmt.Errorf("encoding %q: allowed are hex, base64", s.Encoding)
	}
	signed, err := parseSigned("signed", s.Signed, "$timestamp", "$id", "$body")
	if err != nil {
		return nil, err
	}
	prefix, err := parseSigned("prefix", s.Prefix, "$timestamp", "$id")
	if err != nil {
		return nil, err
	}
	switch {
	case !signed.has("$body"):
		return nil, fmt.Errorf("signed %q lacks $body, so anybody could change it", s.Signed)
	case signed.has("$timestamp") && s.TimestampHeader == "" && !prefix.has("$timestamp"):
		return nil, errors.New("the target cannot know the $timestamp that is signed: name a timestamp_header")
	}
	made := &signer{headers: []string{textproto.CanonicalMIMEHeaderKey(s.Header)}}
	for _, name := range []string{s.TimestampHeader, s.IDHeader} {
		if name != "" {
			made.headers = append(made.headers, textproto.CanonicalMIMEHeaderKey(name))
		}
	}
	key := []byte(s.Secrets[0])
	made.sign = func(header http.Header, d *delivery) {
		mac := hmac.New(algorithm, key)
		mac.Write(signed.append(nil, d))
		header.Set(s.Header, string(prefix.append(nil, d))+encode(mac.Sum(nil)))
		if s.TimestampHeader != "" {
			header.Set(s.TimestampHeader, d.timestamp())
		}
		if s.IDHeader != "" {
			header.Set(s.IDHeader, d.id)
		}
	}
	return made, nil
}

// signedText is text with the names of parts of a delivery: literal text and names in turn.
type signedText []string

func parseSigned(directive, source string, names ...string) (signedText, error) {
	var parts signedText
	for source != "" {
		at := strings.IndexByte(source, '$')
		if at != 0 {
			if at < 0 {
				at = len(source)
			}
			parts = append(parts, source[:at])
			source = source[at:]
			continue
		}
		name := ""
		for _, known := range names {
			if strings.HasPrefix(source, known) {
				name = known
			}
		}
		if name == "" {
			return nil, fmt.Errorf("%s: after %q stands none of %s", directive, "$", strings.Join(names, ", "))
		}
		parts = append(parts, name)
		source = source[len(name):]
	}
	return parts, nil
}

func (t signedText) has(name string) bool { return slices.Contains(t, name) }

func (t signedText) append(dst []byte, d *delivery) []byte {
	for _, part := range t {
		switch part {
		case "$timestamp":
			dst = append(dst, d.timestamp()...)
		case "$id":
			dst = append(dst, d.id...)
		case "$body":
			dst = append(dst, d.body...)
		default:
			dst = append(dst, part...)
		}
	}
	return dst
}
