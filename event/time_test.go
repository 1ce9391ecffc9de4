package event

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimeJSON(t *testing.T) {
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC), `"2026-11-22T10:00:00.123Z"`},
		{time.Date(2026, 1, 2, 3, 4, 5, 999999999, time.UTC), `"2026-01-02T03:04:05.999Z"`},
		{time.Date(2026, 11, 22, 1, 0, 0, 0, time.FixedZone("", 7200)), `"2026-11-21T23:00:00.000Z"`},
		{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), `"0001-01-01T00:00:00.000Z"`},
		{time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), `"12026-01-01T00:00:00.000Z"`},
	} {
		if got, err := json.Marshal(At(test.at)); err != nil || string(got) != test.want {
			t.Errorf("At(%s) is %s, %v, want %s", test.at, got, err, test.want)
		}
	}
}

func TestTimeReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := At(time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds"),
			rapid.Int64Range(0, 1e9-1).Draw(t, "nanoseconds")))
		text, err := json.Marshal(at)
		if err != nil || string(text) != at.UTC().Format(`"`+timeLayout+`"`) {
			t.Fatalf("%v is written %s, %v", at.Time, text, err)
		}
		var back Time
		if err := json.Unmarshal(text, &back); err != nil || !back.Equal(at.Time) || back.Location() != time.UTC {
			t.Fatalf("%s is read as %s, %v", text, back, err)
		}
	})
}

func TestTimeUnmarshal(t *testing.T) {
	var at Time
	if err := json.Unmarshal([]byte(`"2026-11-22T12:00:00.9999+02:00"`), &at); err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 22, 10, 0, 0, 999e6, time.UTC); at.Time != want {
		t.Errorf("read %s, want %s", at, want)
	}
	for _, text := range []string{`"yesterday"`, `5`, `"2026-11-22"`, `{}`} {
		if err := json.Unmarshal([]byte(text), &at); err == nil {
			t.Errorf("%s is accepted as %s", text, at)
		}
	}
}
