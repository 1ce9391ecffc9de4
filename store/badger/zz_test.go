package badger

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"errors"

	"go.uber.org/zap"
	"github.com/krosyn/gateway/store"
)

func TestZZFull(t *testing.T) {
	dir := os.Getenv("TMPFSDIR")
	if dir == "" { t.Skip() }
	min := int64(32 << 20)
	fmt.Sscan(os.Getenv("MINFREE"), &min)
	c := config{path: dir + "/s", sync: true, minFree: min}
	s, err := open(c, zap.NewNop())
	if err != nil { t.Fatal(err) }
	d := s.(*database)
	var n, refused atomic.Int64
	var lowest atomic.Int64
	lowest.Store(1 << 60)
	var g sync.WaitGroup
	end := time.Now().Add(12 * time.Second)
	g.Go(func() { for time.Now().Before(end) { f, _ := diskFree(dir); if f < lowest.Load() { lowest.Store(f) }; time.Sleep(time.Millisecond) } })
	for range 32 {
		g.Go(func() {
			for time.Now().Before(end) {
				if os.Getenv("RESPECT") != "" && d.Ready(context.Background()) != nil { refused.Add(1); time.Sleep(5 * time.Millisecond); continue }
				e := benchEvent()
				if os.Getenv("SMALL") != "" { e.Payload = []byte(`"x"`) }
				err := d.Put(context.Background(), e)
				if errors.Is(err, store.ErrUnavailable) { refused.Add(1); time.Sleep(5 * time.Millisecond); continue }
				if err != nil { panic(err) }
				n.Add(1)
			}
		})
	}
	g.Wait()
	fmt.Println("written", n.Load(), "refused", refused.Load(), "lowest free MiB", lowest.Load()>>20, "ready", d.Ready(context.Background()))
	m := &maintenance{d: d, sweeper: newSweeper(d), log: zap.NewNop(), retention: 5 * time.Second}
	fmt.Println(m.round(context.Background(), time.Now()), "free", func() int64 { f, _ := diskFree(dir); return f >> 20 }(), d.counters.total())
	fmt.Println(d.health.refusal(), d.Ready(context.Background()))
	fmt.Println(s.Close())
	s, err = open(c, zap.NewNop())
	fmt.Println(err)
	if err == nil { s.Close() }
}
