package signature

import (
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkVerify has bodies of a kilobyte.
func BenchmarkVerify(b *testing.B) {
	kilobyte := string(bytes.Repeat([]byte("x"), 1<<10))
	for _, scheme := range []string{"krosyn", "stripe", "standard-webhooks", "shopify", "discord", "gitlab"} {
		for _, secrets := range []int{1, 3} {
			if scheme == "discord" && secrets > 1 {
				continue
			}
			b.Run(fmt.Sprintf("%s/secrets=%d", scheme, secrets), func(b *testing.B) {
				s := senders[scheme]
				s.body = `{"id":"evt_1","data":"` + kilobyte + `"}`
				keys := append(make([]Secret, 0, secrets), valid...)
				for range secrets - 1 {
					keys = append(keys, Secret{Value: another})
				}
				v := newVerifier(b, scheme, s.config(scheme, keys...))
				r := s.request(now, theKey)
				b.SetBytes(int64(len(r.Body)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := v.Verify(r, now); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
