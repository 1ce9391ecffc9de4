package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func TestNewToken(t *testing.T) {
	sum := sha256.Sum256([]byte("tok-1"))
	want := Token{digest: sum}
	for _, value := range []string{
		"tok-1",
		"sha256:" + hex.EncodeToString(sum[:]),
		"sha256:" + strings.ToUpper(hex.EncodeToString(sum[:])),
	} {
		got, err := NewToken(value)
		if err != nil {
			t.Fatalf("NewToken(%q): %v", value, err)
		}
		if got != want {
			t.Errorf("NewToken(%q) differs from the digest of the value", value)
		}
	}
}

func TestNewTokenOfEveryLength(t *testing.T) {
	for _, n := range []int{1, 511, 512, 513, maxTokenLength} {
		value := strings.Repeat("x", n)
		got, err := NewToken(value)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if got.digest != sha256.Sum256([]byte(value)) {
			t.Errorf("%d bytes: not the SHA-256 of the value", n)
		}
	}
}

func TestNewTokenRefuses(t *testing.T) {
	for name, test := range map[string]struct{ value, want string }{
		"empty":            {"", "empty"},
		"short digest":     {"sha256:abc123", "64 hex digits"},
		"no digest":        {"sha256:", "64 hex digits"},
		"digest not hex":   {"sha256:" + strings.Repeat("z", 64), "64 hex digits"},
		"leading blank":    {" s3cret-value", "blank"},
		"trailing blank":   {"s3cret-value\t", "blank"},
		"line break":       {"s3cret-value\n", "control character"},
		"NUL":              {"s3cret\x00value", "control character"},
		"DEL":              {"s3cret\x7fvalue", "control character"},
		"longer than ever": {strings.Repeat("s3cret", 2000), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewToken(test.value)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want one about %q", err, test.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error shows the token: %v", err)
			}
		})
	}
}
