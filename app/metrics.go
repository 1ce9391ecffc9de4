package app

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
)

// metrics are the counters of the process. Caddy makes a registry for each configuration; the same collectors go into
// all of them, so that a reload, or one that failed, resets nothing. Labels have the names of connectors and fixed
// words, never anything that a caller sends.
var metrics = struct {
	events   *prometheus.CounterVec
	duration *prometheus.HistogramVec
	rejected *prometheus.CounterVec
	breaker  *prometheus.GaugeVec
	attempts *prometheus.CounterVec
	steps    *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	append   prometheus.Histogram
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
	attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "krosyn_attempts_total", Help: "Outbound attempts by connector and outcome.",
	}, []string{"connector", "outcome"}),
	steps: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "krosyn_step_duration_seconds", Help: "Time that a step of an execution took.",
		Buckets: []float64{.00001, .0001, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"connector", "step"}),
	inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "krosyn_executions_in_flight", Help: "Executions under way.",
	}, []string{"connector"}),
	append: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "krosyn_store_append_duration_seconds", Help: "Time until an event was durable in the store.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
	}),
}

// registerMetrics makes the metrics part of what Caddy exposes for this configuration.
func registerMetrics(registry *prometheus.Registry) error {
	if registry == nil {
		return nil
	}
	for _, collector := range []prometheus.Collector{
		metrics.events, metrics.duration, metrics.rejected, metrics.breaker, metrics.attempts, metrics.steps,
		metrics.inFlight, metrics.append, stores{},
	} {
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

// countAttempts counts attempts that were just made.
func countAttempts(connector string, attempts []event.Attempt) {
	for _, a := range attempts {
		if outcome := outcomeOf(a); outcome != "" {
			metrics.attempts.WithLabelValues(connector, outcome).Inc()
		}
	}
}

// outcomeOf is what came of an attempt, in as many words as a label can have; "" was no attempt at a request.
func outcomeOf(a event.Attempt) string {
	switch a.Class {
	case "":
		if a.Status >= 600 {
			return "5xx" // RFC 9110, section 15
		}
		return strconv.Itoa(a.Status/100) + "xx"
	case pipeline.ClassLookup:
		return ""
	case string(outbound.ClassTimeout), string(outbound.ClassCanceled):
		return a.Class
	case event.ClassInterrupted:
		return string(outbound.ClassCanceled)
	}
	return "connection"
}

// measureSteps takes the times of an execution's steps.
func measureSteps(connector string, took pipeline.Took) {
	for _, step := range []struct {
		name event.Step
		took time.Duration
	}{
		{event.StepTrigger, took.Trigger}, {event.StepLookup, took.Lookup},
		{event.StepProcess, took.Process}, {event.StepPerform, took.Perform},
	} {
		if step.took > 0 {
			metrics.steps.WithLabelValues(connector, string(step.name)).Observe(step.took.Seconds())
		}
	}
}

// breakerValues are the states of a breaker as the metric has them.
var breakerValues = map[string]float64{outbound.BreakerClosed: 0, outbound.BreakerHalfOpen: 1, outbound.BreakerOpen: 2}

func measureBreaker(state outbound.BreakerState) {
	metrics.breaker.WithLabelValues(state.Connector).Set(breakerValues[state.State])
}
