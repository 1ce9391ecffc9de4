package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var mu sync.Mutex
		var told []string
		send := func(_ context.Context, n Notice) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf("%s:%d of %s %s", time.Since(begun), n.Count, n.Subject, n.Latest))
		}
		n := new(Notices)
		add := func(subject string, serial int) {
			n.Add(Key{"failed", subject, "alerts"}, json.RawMessage(fmt.Sprint(serial)), 0, time.Hour, send)
		}
		add("orders", 1)
		time.Sleep(time.Minute)
		add("orders", 2)
		add("prices", 3)
		time.Sleep(10 * time.Minute)
		add("orders", 4)
		time.Sleep(3 * time.Hour)
		add("orders", 5)
		synctest.Wait()
		want := "0s:1 of orders 1, 1m0s:1 of prices 3, 1h0m0s:2 of orders 4, 3h11m0s:1 of orders 5"
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("told %s\nwant %s", got, want)
		}
		add("orders", 6)
		n.Close()
		add("orders", 7)
		time.Sleep(3 * time.Hour)
		if len(told) != 4 {
			t.Errorf("after the end: %s", told[4:])
		}
	})
}

func TestCloseEndsTelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(Notices)
		n.Add(Key{}, nil, 0, time.Hour, func(ctx context.Context, _ Notice) { <-ctx.Done() })
		n.Close() // hangs unless ctx ends
	})
}
