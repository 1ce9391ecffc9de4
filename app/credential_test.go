package app

import (
	"slices"
	"testing"

	"go.uber.org/zap"
)

// TestCredentialsOfURLs has what a placeholder puts behind the host redacted, and the host shown.
func TestCredentialsOfURLs(t *testing.T) {
	for name, value := range map[string]string{
		"HOST": "api.example.com", "PATH": "T000/B000/xyz", "SHORT": "v2", "BASE": "https://api.example.com",
		"WHOLE": "https://hooks.example.com/services/T000",
	} {
		t.Setenv("KROSYN_"+name, value)
	}
	for configured, want := range map[string][]string{
		"https://{env.KROSYN_HOST}/in":                            nil,
		"https://{env.KROSYN_HOST}:8443/{env.KROSYN_PATH}":        {"T000/B000/xyz"},
		"https://a.example/{env.KROSYN_SHORT}/in":                 nil,
		"https://a.example/?key={env.KROSYN_PATH}&v=1":            {"T000/B000/xyz"},
		"https://a.example?key={env.KROSYN_PATH}":                 {"T000/B000/xyz"},
		"https://a.example/{env.KROSYN_PATH}/{env.KROSYN_HOST}":   {"T000/B000/xyz", "api.example.com"},
		"{env.KROSYN_BASE}/in":                                    nil,
		"{env.KROSYN_BASE}/{env.KROSYN_PATH}":                     {"T000/B000/xyz"},
		"{env.KROSYN_WHOLE}":                                      {"/services/T000"},
		"https://a.example/$payload.id":                           nil,
		"https://{env.KROSYN_HOST}/$payload.id/{env.KROSYN_PATH}": {"T000/B000/xyz"},
	} {
		translation := &translation{logger: zap.NewNop()}
		var got []string
		translation.url("url", configured, &got)
		if !slices.Equal(got, want) || len(translation.faults) > 0 {
			t.Errorf("%s has the credentials %q, want %q (%v)", configured, got, want, translation.faults)
		}
	}
	translation := &translation{logger: zap.NewNop()}
	translation.url("url", "https://a.example/{env.KROSYN_UNSET}", new([]string))
	if len(translation.faults) != 1 {
		t.Errorf("an unset variable: %v", translation.faults)
	}
}
