package event

import "testing"

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		err  *Error
		step Step
		code Code
		text string
	}{
		{NotConfigured(), StepPerform, CodeNotConfigured, "Perform API URL is not configured"},
		{CircuitOpen("https://x/$secret.A", ""), StepPerform, CodeCircuitOpen,
			"Circuit breaker is open for URL: https://x/$secret.A"},
		{PerformFailed(3, "dial tcp: refused"), StepPerform, CodePerformFailed,
			"Perform request failed after 3 attempts: dial tcp: refused"},
		{DepthExceeded(6, 5), StepPerform, CodeDepthExceeded,
			"Execution depth limit exceeded: depth 6 is over max_depth 5: do connectors call each other in a loop?"},
		{LookupFailed("status 404"), StepLookup, CodeLookupFailed, "Lookup request failed: status 404"},
		{ExpressionFailed(StepProcess, "Unknown function: x", "line 1"), StepProcess, CodeExpressionError,
			"Unknown function: x: line 1"},
	} {
		if test.err.Step != test.step || test.err.Code != test.code || test.err.Error() != test.text {
			t.Errorf("%#v, want %s, %s, %q", test.err, test.step, test.code, test.text)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, status := range Statuses {
		if !status.Valid() || status.Terminal() != (status != Pending) {
			t.Errorf("%s: valid %t, terminal %t", status, status.Valid(), status.Terminal())
		}
	}
	if Status("done").Valid() || Status("").Valid() {
		t.Error("an unknown status is valid")
	}
}
