package memory

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// TestLeaseEnds has time pass to the nanosecond.
func TestLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New()
		due := time.Now().Add(time.Hour)
		if err := s.Enqueue(t.Context(), store.Job{ID: event.NewID(), Connector: "orders", Due: due}); err != nil {
			t.Fatal(err)
		}
		for attempt := range 3 {
			time.Sleep(time.Hour - 1)
			if leases, err := s.Lease(t.Context(), 1, time.Hour, nil); err != nil || len(leases) > 0 {
				t.Fatalf("a nanosecond before its time: %+v, %v", leases, err)
			}
			time.Sleep(time.Nanosecond)
			depth, err := s.Depth(t.Context())
			if err != nil || !depth.OldestDue.Equal(time.Now()) || depth.Pending != 1 {
				t.Errorf("at its time the depth is %+v, %v", depth, err)
			}
			leases, err := s.Lease(t.Context(), 1, time.Hour, nil)
			if err != nil || len(leases) != 1 || leases[0].Attempt != attempt+1 || leases[0].Interrupted != (attempt > 0) {
				t.Fatalf("at its time: %+v, %v", leases, err)
			}
		}
	})
}
