package feed

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
)

func finished() *event.Event {
	return &event.Event{ID: event.NewID(), Connector: "orders", Status: event.Completed}
}

func mustWatch(t interface {
	Helper()
	Fatal(...any)
}, f *Feed, after event.ID) (*Watcher, []event.Summary, bool) {
	t.Helper()
	w, missed, known, err := f.Watch(after)
	if err != nil {
		t.Fatal(err)
	}
	return w, missed, known
}

// TestResume has a watcher who leaves and comes back at any time see each event once, in the order of publication.
func TestResume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Feed
		var published, seen []event.ID
		var last event.ID
		see := func(list ...event.Summary) {
			for _, s := range list {
				seen = append(seen, s.ID)
				last = s.ID
			}
		}
		w, _, _ := mustWatch(t, &f, event.ID{})
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"publish", "read", "leave", "cut off"}).Draw(t, "step") {
			case "publish":
				for range rapid.IntRange(1, 200).Draw(t, "n") {
					e := finished()
					f.Publish(e)
					published = append(published, e.ID)
				}
			case "read":
				for len(w.Events) > 0 {
					see(<-w.Events)
				}
			case "cut off":
				f.CutOff()
			default:
				w.Close()
				next, missed, known := mustWatch(t, &f, last)
				if w = next; !known && !last.IsZero() && len(published)-len(seen) < kept {
					t.Fatalf("an event that was seen %d events ago is forgotten", len(published)-len(seen))
				}
				if !known {
					published, seen = nil, nil // it begins anew
				}
				see(missed...)
			}
		}
		if !slices.Equal(seen, published[:len(seen)]) {
			t.Fatalf("%d of %d events were seen, not in their order", len(seen), len(published))
		}
	})
}

func TestSlowWatcherIsCutOff(t *testing.T) {
	var f Feed
	slow, _, _ := mustWatch(t, &f, event.ID{})
	quick, _, _ := mustWatch(t, &f, event.ID{})
	for range buffered + 1 {
		f.Publish(finished())
		<-quick.Events
	}
	n := 0
	for range slow.Events {
		n++
	}
	if n != buffered {
		t.Errorf("the slow one got %d events before it was cut off, want %d", n, buffered)
	}
	f.Publish(finished())
	if len(quick.Events) != 1 {
		t.Error("the quick one was cut off too")
	}
	slow.Close() // again
}

func TestForgetting(t *testing.T) {
	var f Feed
	first := finished()
	f.Publish(first)
	for range kept - 1 {
		f.Publish(finished())
	}
	if _, missed, known := mustWatch(t, &f, first.ID); !known || len(missed) != kept-1 {
		t.Errorf("%d missed, known: %v", len(missed), known)
	}
	f.Publish(finished())
	if _, missed, known := mustWatch(t, &f, first.ID); known || len(missed) != 0 {
		t.Errorf("%d missed, known: %v", len(missed), known)
	}
}

// TestPublishKeepsNoEvent has the summary of a retry point at nothing of the event that it repeats.
func TestPublishKeepsNoEvent(t *testing.T) {
	var f Feed
	original := finished()
	again := finished()
	again.RetryOf = &original.ID
	f.Publish(again)
	if s := f.ring[0]; s.RetryOf == &original.ID || *s.RetryOf != original.ID {
		t.Errorf("%+v", s)
	}
}

func TestBounds(t *testing.T) {
	var f Feed
	for range MaxWatchers {
		mustWatch(t, &f, event.ID{})
	}
	if _, _, _, err := f.Watch(event.ID{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	f.Close()
	w, _, _ := mustWatch(t, &f, event.ID{})
	if _, open := <-w.Events; open {
		t.Error("a closed feed can be watched")
	}
}

// TestTogether is for the race detector.
func TestTogether(t *testing.T) {
	var f Feed
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				f.Publish(finished())
			}
		})
		all.Go(func() {
			for range 100 {
				w, _, _, err := f.Watch(event.ID{})
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-w.Events:
				default:
				}
				w.Close()
			}
		})
	}
	f.CutOff()
	all.Wait()
}

func BenchmarkPublish(b *testing.B) {
	b.ReportAllocs()
	var f Feed
	e := finished()
	for b.Loop() {
		f.Publish(e)
	}
}
