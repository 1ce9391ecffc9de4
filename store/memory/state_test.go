package memory

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krosyn/gateway/store"
)

// TestEnds has time pass to the nanosecond.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New()
		if _, err := s.Create(t.Context(), "claim", nil, time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - 1)
		if _, err := s.Load(t.Context(), "claim"); err != nil {
			t.Errorf("a nanosecond before its end: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if _, err := s.Load(t.Context(), "claim"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("at its end: %v", err)
		}
	})
}

// TestEndedAreForgotten writes for a long time, of which only the last hour counts.
func TestEndedAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perHour, hours = 2000, 50
		s := New()
		if _, err := s.Create(t.Context(), "token", nil, 0); err != nil {
			t.Fatal(err)
		}
		most := 0
		for i := range hours * perHour {
			if _, err := s.Create(t.Context(), fmt.Sprint("claim-", i), nil, time.Hour); err != nil {
				t.Fatal(err)
			}
			most = max(most, len(s.state.entries))
			time.Sleep(time.Hour / perHour)
		}
		if most > 2*perHour+100 {
			t.Errorf("there were %d entries, of which %d can have counted", most, perHour)
		}
		if _, err := s.Load(t.Context(), "token"); err != nil {
			t.Errorf("what never ends: %v", err)
		}
	})
}
