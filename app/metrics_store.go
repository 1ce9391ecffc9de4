package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/krosyn/gateway/store"
)

// stores measures the open stores when somebody asks. There is nearly always one; of several, the sums are given.
type stores struct{}

var (
	pendingEvents = prometheus.NewDesc("krosyn_pending_events", "Accepted events that are not finished.", nil, nil)
	oldestPending = prometheus.NewDesc("krosyn_oldest_pending_seconds",
		"How long the event that has waited longest for its next execution has been due.", nil, nil)
	storeBytes = prometheus.NewDesc("krosyn_store_bytes", "Space that the store takes on disk.", nil, nil)
	storeFree  = prometheus.NewDesc("krosyn_store_free_bytes",
		"Space that is free where the store is; absent where that cannot be known.", nil, nil)
)

// Describe implements prometheus.Collector.
func (stores) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- pendingEvents
	descriptions <- oldestPending
	descriptions <- storeBytes
	descriptions <- storeFree
}

// Collect implements prometheus.Collector.
func (stores) Collect(measured chan<- prometheus.Metric) {
	// Whoever scrapes does not wait long.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var pending, bytes int64
	free := int64(-1) // of the store that has least
	var oldest time.Duration
	open := openStores()
	for _, opened := range open {
		if stats, err := opened.Stats(ctx); err == nil {
			bytes += stats.Bytes
			if stats.FreeBytes >= 0 && (free < 0 || stats.FreeBytes < free) {
				free = stats.FreeBytes
			}
		}
		if jobs, ok := opened.(store.Queue); ok {
			if depth, err := jobs.Depth(ctx); err == nil {
				pending += depth.Pending + depth.Leased
				if !depth.OldestDue.IsZero() {
					oldest = max(oldest, time.Since(depth.OldestDue))
				}
			}
		}
	}
	if len(open) == 0 {
		return
	}
	gauge := func(of *prometheus.Desc, value float64) {
		measured <- prometheus.MustNewConstMetric(of, prometheus.GaugeValue, value)
	}
	gauge(pendingEvents, float64(pending))
	gauge(oldestPending, oldest.Seconds())
	gauge(storeBytes, float64(bytes))
	if free >= 0 {
		gauge(storeFree, float64(free))
	}
}

// openStores are the stores of all runtimes that have opened theirs.
func openStores() (open []store.Store) {
	runtimes.Range(func(_, pooled any) bool {
		r, ok := pooled.(*runtime)
		if !ok {
			return true
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.opened != nil {
			open = append(open, r.opened)
		}
		return true
	})
	return open
}
