package outbound

import (
	"strings"
	"testing"
)

func TestStatusSets(t *testing.T) {
	tests := []struct {
		words   string
		in, out []int
	}{
		{"", []int{429, 500, 502, 503, 504, 599, 600, 999}, []int{200, 204, 301, 400, 404, 408, 499, 501, 505, 508}},
		{"429 5xx", []int{429, 500, 503, 511, 600}, []int{200, 428, 430, 501, 505, 508}},
		{"never", nil, []int{200, 429, 500, 503, 600}},
		{"408", []int{408}, []int{407, 409, 429, 500, 600}},
		{"408 408 425 4xx", []int{400, 408, 499}, []int{399, 500}},
		{"3xx", []int{300, 304, 399}, []int{299, 400}},
		{"503 599", []int{503, 599}, []int{500, 600}},
	}
	for _, test := range tests {
		set, err := ParseStatusSet(strings.Fields(test.words))
		if err != nil {
			t.Errorf("%q: %v", test.words, err)
		}
		for _, status := range test.in {
			if !set.has(status) {
				t.Errorf("%q lacks %d", test.words, status)
			}
		}
		for _, status := range test.out {
			if set.has(status) {
				t.Errorf("%q has %d", test.words, status)
			}
		}
	}
	var zero StatusSet
	if !zero.has(503) || zero.has(404) {
		t.Error("the zero value is not the default")
	}
}

func TestStatusWordsAreChecked(t *testing.T) {
	tests := map[string]string{
		"200":       "300 to 599",
		"2xx":       "300 to 599",
		"600":       "300 to 599",
		"6xx":       "none of",
		"5XX":       "none of",
		"xx":        "none of",
		"55xx":      "none of",
		"0429":      "none of",
		"+42":       "none of",
		"always":    "none of",
		"501":       "never tried again",
		"505":       "never tried again",
		"508":       "never tried again",
		"never 429": "never stands alone",
		"429 never": "never stands alone",
	}
	for words, want := range tests {
		if _, err := ParseStatusSet(strings.Fields(words)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q", words, err, want)
		}
	}
}
