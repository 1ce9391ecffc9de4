package verify

import (
	"fmt"
	"testing"
)

// endpointsWith gives n endpoints of one configured token each.
func endpointsWith(t testing.TB, n int) []*Endpoint {
	t.Helper()
	var endpoints []*Endpoint
	for i := range n {
		endpoints = append(endpoints, &Endpoint{BearerTokens: tokens(t, fmt.Sprintf("token-%d", i))})
	}
	return endpoints
}

// issuing gives an endpoint with n issued tokens.
func issuing(t testing.TB, n int) []*Endpoint {
	t.Helper()
	e := &Endpoint{Issued: new(Issued)}
	var made []*IssuedToken
	for i := range n {
		made = append(made, issued(t, fmt.Sprintf("token-%d", i), now.AddDate(0, 0, 1)))
	}
	e.Issued.Replace(made)
	return []*Endpoint{e}
}

func TestAuthenticateDoesNotAllocate(t *testing.T) {
	header := headers("Authorization: Bearer token-49", "X-Secret-Token: x", "X-Key: y")
	for name, endpoints := range map[string][]*Endpoint{
		"configured": endpointsWith(t, 50), "issued": issuing(t, 50),
	} {
		allocated := testing.AllocsPerRun(100, func() {
			match, rejection := Authenticate(endpoints, header, now)
			if rejection != nil {
				t.Fatal(rejection)
			}
			if match.Token != nil {
				match.Token.MarkUsed(now)
			}
		})
		if allocated != 0 {
			t.Errorf("%s: %v allocations, want none", name, allocated)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	for name, made := range map[string]func(testing.TB, int) []*Endpoint{
		"configured": endpointsWith, "issued": issuing,
	} {
		for _, n := range []int{1, 50, 100} {
			b.Run(fmt.Sprintf("%s=%d", name, n), func(b *testing.B) {
				endpoints := made(b, n)
				header := headers("Authorization: Bearer token-0")
				b.ReportAllocs()
				for b.Loop() {
					if _, rejection := Authenticate(endpoints, header, now); rejection != nil {
						b.Fatal(rejection)
					}
				}
			})
		}
	}
}
