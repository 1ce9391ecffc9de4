package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/store"
)

func TestCheckEntry(t *testing.T) {
	for _, test := range []struct {
		name, key, want string
		value           int
		ttl             time.Duration
	}{
		{name: "least", key: "k"},
		{name: "most", key: strings.Repeat("k", 1<<10), value: 64 << 10, ttl: 1<<63 - 1},
		{name: "any bytes", key: "\x00\xff"},
		{name: "no key", want: `state entry "" has a key of 0 bytes: it must be 1 to 1024, of more use a hash`},
		{
			name: "key too long", key: strings.Repeat("k", 1<<10+1),
			want: `state entry "` + strings.Repeat("k", 40) +
				`" has a key of 1025 bytes: it must be 1 to 1024, of more use a hash`,
		},
		{
			name: "value too long", key: "k", value: 64<<10 + 1,
			want: `state entry "k" has a value of 65537 bytes: it must be at most 65536`,
		},
		{
			name: "negative time to live", key: "k", ttl: -time.Second,
			want: `state entry "k" has the time to live -1s: it must be positive, or 0 for forever`,
		},
	} {
		got := ""
		if err := store.CheckEntry(test.key, make([]byte, test.value), test.ttl); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: the error is %q, not %q", test.name, got, test.want)
		}
	}
}
