package outbound

import (
	"testing"
	"testing/synctest"
	"time"
)

// half opens when half of at least ten attempts within a minute failed; it takes a hundred failures in a row.
var half = BreakerSettings{
	Failures: 100, Cooldown: time.Minute, Ratio: BreakerRatio{Share: 0.5, Of: 10, Within: time.Minute},
}

func TestWhatShareOpensABreaker(t *testing.T) {
	tests := []struct {
		name     string
		statuses []int
		open     bool
	}{
		{"too few attempts", []int{500, 500, 500, 500, 500, 500, 500, 500, 500}, false},
		{"all", []int{500, 500, 500, 500, 500, 500, 500, 500, 500, 500}, true},
		{"half, the last one failing", []int{200, 500, 200, 500, 200, 500, 200, 500, 200, 500}, true},
		{"less than half", []int{200, 500, 200, 500, 200, 500, 200, 200, 200, 500}, false},
		{"4xx is health", []int{404, 500, 404, 500, 404, 500, 404, 500, 404, 404, 500}, false},
		{"429 is neither", []int{429, 500, 429, 500, 429, 500, 429, 500, 429, 500}, false},
		{"no answer", []int{200, 0, 200, 0, 200, 0, 200, 0, 200, 0}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			breakers := NewBreakers(nil)
			b := breakers.Get("c", "u", half)
			for _, status := range test.statuses {
				tell(t, b, status)
			}
			if state := stateOf(t, breakers); (state == BreakerOpen) != test.open {
				t.Errorf("it is %s", state)
			}
		})
	}
}

// TestTheWindowMovesOn has failures fall out of the window, while the consecutive ones are counted for ever.
func TestTheWindowMovesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := half
		settings.Failures = 12
		breakers := NewBreakers(nil)
		b := breakers.Get("c", "u", settings)
		for range 9 {
			tell(t, b, 500)
		}
		time.Sleep(2 * time.Minute)
		for range 2 {
			tell(t, b, 500)
		}
		if got := breakers.List()[0]; got.State != BreakerClosed || got.Failures != 11 {
			t.Errorf("two of nine failures are in the window: it is %+v", got)
		}
		tell(t, b, 500)
		if got := breakers.List()[0]; got.State != BreakerOpen || got.Failures != 12 {
			t.Errorf("the twelfth in a row: it is %+v", got)
		}
	})
}

// TestASlowTargetOfHalfSuccess opens by its share, is probed, and begins anew.
func TestASlowTargetOfHalfSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breakers := NewBreakers(nil)
		b := breakers.Get("c", "u", half)
		for i := range 10 {
			tell(t, b, 200+300*(i%2))
			time.Sleep(time.Second)
		}
		if _, refusal := b.allow(); refusal == nil {
			t.Fatal("the breaker is not open")
		}
		time.Sleep(time.Minute)
		tell(t, b, 200)
		for range 9 {
			tell(t, b, 500)
		}
		if state := stateOf(t, breakers); state != BreakerClosed {
			t.Errorf("nine failures after the probe: it is %s", state)
		}
		tell(t, b, 500)
		if state := stateOf(t, breakers); state != BreakerOpen {
			t.Errorf("ten failures after the probe: it is %s", state)
		}
	})
}

func TestAnotherRatioIsAnotherBreaker(t *testing.T) {
	breakers := NewBreakers(nil)
	other := half
	other.Ratio.Of = 11
	if breakers.Get("c", "u", half) == breakers.Get("c", "u", other) {
		t.Error("the settings differ, the breaker does not")
	}
	first, second := breakers.Get("c", "u", half), breakers.Get("c", "u", half)
	if first != second {
		t.Error("the same settings have two breakers")
	}
}
