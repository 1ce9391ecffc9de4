package app

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
)

// metrics are the counters of the process. Caddy makes a registry for each configuration; the same collectors go into
// all of them, so that a reload, or one that failed, resets nothing. Labels have the names of connectors and fixed
// words, never anything that a caller sends.
var metrics = struct {
	events   *prometheus.CounterVec
	duration *prometheus.HistogramVec
	rejected *prometheus.CounterVec
	breaker  *prometheus.GaugeVec
}{
	events: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "krosyn_events_total", Help: "Finished events by connector and status.",
	}, []string{"connector", "status"}),
	duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "krosyn_event_duration_seconds", Help: "Time from the acceptance of a request to the end of its last step.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"connector"}),
	rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "krosyn_rejected_total", Help: "Requests that were turned away, by connector and reason.",
	}, []string{"connector", "reason"}),
	breaker: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "krosyn_breaker_state", Help: "State of a connector's circuit breaker: 0 closed, 1 half-open, 2 open.",
	}, []string{"connector"}),
}

// registerMetrics makes the metrics part of what Caddy exposes for this configuration.
func registerMetrics(registry *prometheus.Registry) error {
	if registry == nil {
		return nil
	}
	for _, collector := range []prometheus.Collector{metrics.events, metrics.duration, metrics.rejected, metrics.breaker} {
		err := registry.Register(collector)
		if _, again := errors.AsType[prometheus.AlreadyRegisteredError](err); err != nil && !again {
			return err
		}
	}
	return nil
}

func countEvent(e *event.Event) {
	metrics.events.WithLabelValues(e.Connector, string(e.Status)).Inc()
	metrics.duration.WithLabelValues(e.Connector).Observe(e.DurationMS / 1000)
}

// breakerValues are the states of a breaker as the metric has them.
var breakerValues = map[string]float64{outbound.BreakerClosed: 0, outbound.BreakerHalfOpen: 1, outbound.BreakerOpen: 2}

func measureBreaker(state outbound.BreakerState) {
	metrics.breaker.WithLabelValues(state.Connector).Set(breakerValues[state.State])
}
