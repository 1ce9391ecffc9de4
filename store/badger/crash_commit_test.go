package badger

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

const committedConnector = "committed"

// commitForever commits as many events at a time, with an entry for each that says how many they are, and says on its
// output which were acknowledged. A single one has its entry created before, as a delivery has.
func commitForever(d *database, output *sync.Mutex, count int) {
	for {
		events, entries := make([]*event.Event, count), make([]store.Entry, count)
		for i := range events {
			events[i] = storetest.NewEvent(committedConnector, event.Completed)
			entries[i] = store.Entry{
				Key:   fmt.Sprintf("commit/%s/%s", events[0].ID, events[i].ID),
				Value: fmt.Append(nil, count), ExpiresAt: time.Now().Add(time.Hour),
			}
		}
		var err error
		if count == 1 {
			_, err = d.Create(context.Background(), entries[0].Key, nil, time.Hour)
		}
		if err == nil {
			err = d.Commit(context.Background(), store.Batch{Events: events, Entries: entries})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var lines strings.Builder
		for _, e := range events {
			fmt.Fprintln(&lines, e.ID, e.Connector, e.Status)
		}
		output.Lock()
		fmt.Print(lines.String())
		output.Unlock()
	}
}

// checkCommitted wants every commit to be there as a whole, or not at all. That the acknowledged events are there is
// for others to check.
func checkCommitted(t *testing.T, d *database, listed map[event.ID]event.Summary) {
	t.Helper()
	entries, err := d.Scan(t.Context(), "commit/", 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	whole, events := make(map[string]int), make(map[event.ID]bool)
	for _, entry := range entries {
		if len(entry.Value) == 0 {
			continue // created, and not committed
		}
		names := strings.Split(entry.Key, "/")
		id, err := event.ParseID(names[2])
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := listed[id]; !ok {
			t.Errorf("the entry %s has no event", entry.Key)
		}
		events[id] = true
		whole[names[1]+" of "+string(entry.Value)]++
	}
	for name, count := range whole {
		if !strings.HasSuffix(name, fmt.Sprint(" of ", count)) {
			t.Errorf("of the commit %s are %d there", name, count)
		}
	}
	for id, summary := range listed {
		if summary.Connector == committedConnector && !events[id] {
			t.Errorf("the committed event %s has no entry", id)
		}
	}
	wantEntries(t, d, int64(len(entries)))
	t.Logf("%d commits are there", len(whole))
}
