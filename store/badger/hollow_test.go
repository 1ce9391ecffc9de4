package badger

import (
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/store"
)

// TestOpenHollow opens what a crash can leave of log files that were being made, or removed.
func TestOpenHollow(t *testing.T) {
	for _, names := range [][]string{{"00077.mem"}, {"000077.vlog"}, {"00077.mem", "00078.mem", "000077.vlog", "000078.vlog"}} {
		c := config{path: t.TempDir(), sync: true, minFree: leastMinFree}
		fill(t, c)
		for _, name := range names {
			write(t, filepath.Join(c.path, name), "")
		}
		for range 2 {
			s, err := open(c, zap.NewNop())
			if err != nil {
				t.Fatal(names, err)
			}
			page, err := s.List(t.Context(), store.Query{Limit: 500})
			if err != nil || len(page.Events) != 100 {
				t.Errorf("%s: %d events are there: %v", names, len(page.Events), err)
			}
			if err := s.Close(); err != nil {
				t.Error(names, err)
			}
		}
	}
}
