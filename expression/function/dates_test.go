package function

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDatesAreRead(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `date("2026-11-22")`, want: `"2026-11-22T00:00:00Z"`},
		{source: `date("2026-11-22T10:20:30Z")`, want: `"2026-11-22T10:20:30Z"`},
		{source: `date("2026-11-22t10:20:30z")`, want: `"2026-11-22T10:20:30Z"`},
		{source: `date("2026-11-22 10:20:30")`, want: `"2026-11-22T10:20:30Z"`},
		{source: `date("2026-11-22T10:20")`, want: `"2026-11-22T10:20:00Z"`},
		{source: `date("2026-11-22T10:20+02:00")`, want: `"2026-11-22T08:20:00Z"`},
		{source: `date("2026-11-22T10:20:30.5+02:00")`, want: `"2026-11-22T08:20:30.500Z"`},
		{source: `date("2026-11-22T10:20:30.123456789-0330")`, want: `"2026-11-22T13:50:30.123456789Z"`},
		{source: `date("2026-11-22T10:20:30.000010Z")`, want: `"2026-11-22T10:20:30.000010Z"`},
		{source: `date("2024-02-29")`, want: `"2024-02-29T00:00:00Z"`},
		{source: `date(0)`, want: `"1970-01-01T00:00:00Z"`},
		{source: `date(-1)`, want: `"1969-12-31T23:59:59Z"`},
		{source: `date(1795341600.25)`, want: `"2026-11-22T10:00:00.250Z"`},
		{source: `date("1795341600")`, want: `"2026-11-22T10:00:00Z"`},
		{source: `date(1795341600000.5)`, want: `"2026-11-22T10:00:00.000500Z"`},
		{source: `date(99999999999)`, want: `"5138-11-16T09:46:39Z"`},
		{source: `date(100000000000)`, want: `"1973-03-03T09:46:40Z"`},
		{source: `date(253402300799999)`, want: `"9999-12-31T23:59:59.999Z"`},
		{source: `date(253402300800000)`, err: "date: value is not within the years 0000 to 9999"},
		{source: `date(1e300)`, err: "not within the years"},
		{source: `date(12345678901234567890)`, err: "not within the years"},
		{source: `date("2026-02-29")`, err: "date: value is not a date: neither RFC 3339"},
		{source: `date("2026-11-22T25:00:00Z")`, err: "is not a date"},
		{source: `date("yesterday")`, err: "is not a date"},
		{source: `date("")`, err: "is not a date"},
		{source: `date("2026-11-2")`, err: "is not a date"},
		{source: `date("2026-11-22T10:00:00.0000000000000000000000000000000000000000000000000Z")`, err: "is not a date"},
		{source: `date(" 2026-11-22")`, err: "is not a date"},
		{source: `date(true)`, err: "date: value must be of type date, got boolean"},
		{source: `date(true, "%Y")`, err: "date: value must be of type date, got boolean"},
		{source: `date("2026-11-22T10:00:00", null, "Europe/Berlin")`, want: `"2026-11-22T10:00:00+01:00"`},
		{source: `date("2026-11-22", null, "America/New_York")`, want: `"2026-11-22T00:00:00-05:00"`},
		{source: `date("2026-11-22T10:00:00Z", null, "Europe/Berlin")`, want: `"2026-11-22T11:00:00+01:00"`},
		{source: `date("22/Nov/2026:10:00:00 +0100", "%d/%b/%Y:%H:%M:%S %z")`, want: `"2026-11-22T09:00:00Z"`},
		{source: `date(20261122, "%Y%m%d")`, want: `"2026-11-22T00:00:00Z"`},
		{source: `date("11/22/26 1:05 PM", "%m/%d/%y %I:%M %p")`, want: `"2026-11-22T13:05:00Z"`},
		{source: `date("22.11.2026", "%Y-%m-%d")`, err: "date: the value does not have the form of the layout"},
		{source: `date("x", "%Q")`, err: "date: the layout has a % without one of the letters"},
		{source: `date("2026 CET", "%Y %Z")`, err: "date: the layout has a %"},
	})
}

func TestDatesAreWritten(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `formatDate("2026-11-22T10:00:00+02:00")`, want: `"2026-11-22T08:00:00Z"`},
		{source: `formatDate("2026-07-01T10:00:00Z", null, "Europe/Berlin")`, want: `"2026-07-01T12:00:00+02:00"`},
		{source: `formatDate("2026-11-02T03:04:05.678Z", "%Y%m%d %H%M%S")`, want: `"20261102 030405"`},
		{source: `formatDate("2026-11-02T03:04:05.678Z", "%L %j %y %C")`, want: `"678 306 26 20"`},
		{source: `formatDate("2026-11-02", "%e|%-d|%-m|%a|%b|%u|%w|%U|%V|%G")`, want: `" 2|2|11|Mon|Nov|1|1|44|45|2026"`},
		{source: `formatDate("2026-11-02T15:00:00Z", "%I %l %p %P", "+09:30")`, want: `"12 12 AM am"`},
		{source: `formatDate(1795341600, "%s %z %:z %Z", "Asia/Kolkata")`, want: `"1795341600 +0530 +05:30 IST"`},
		{source: `formatDate(0, "100%% %F %T %n")`, want: `"100% 1970-01-01 00:00:00 \n"`},
		{source: `formatDate(0, "no letters")`, want: `"no letters"`},
		{source: `formatDate(0, "")`, want: `""`},
		{source: `formatDate(0, "50%")`, err: "formatDate: the layout has a % without one of the letters"},
		{source: `formatDate(0, "%q")`, err: "the layout has a %"},
		{source: `formatDate(0, "%--d")`, err: "the layout has a %"},
		{source: `formatDate(0, "%é")`, err: "the layout has a %"},
		{source: `formatDate(0, "%Y", "Mars/Base")`, err: "formatDate: the time zone is not known"},
		{source: `formatDate(0, "%Y", "Local")`, err: "the time zone is not known"},
		{source: `formatDate(0, "%Y", "")`, err: "the time zone is not known"},
		{source: `formatDate(0, "%Y", "../../etc/passwd")`, err: "the time zone is not known"},
		{source: `formatDate(0, "%Y", "+25:00")`, err: "the time zone is not known"},
		{source: `formatDate("9999-12-31T23:59:59Z", "%Y", "+01:00")`, err: "formatDate: the date is not within the years"},
		{source: `toZone("2026-11-22T10:00:00Z", "UTC")`, want: `"2026-11-22T10:00:00Z"`},
		{source: `toZone("2026-11-22T10:00:00Z", "-03:30")`, want: `"2026-11-22T06:30:00-03:30"`},
		{source: `toZone("2026-11-22T10:00:00Z", null)`, err: "toZone: zone must be of type string, got null"},
	})
}

func TestDatesAreMoved(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `addDuration("2026-11-22T10:00:00Z", "1h30m")`, want: `"2026-11-22T11:30:00Z"`},
		{source: `addDuration("2026-11-22T10:00:00+02:00", "-2w")`, want: `"2026-11-08T08:00:00Z"`},
		{source: `addDuration(0, "1d12h")`, want: `"1970-01-02T12:00:00Z"`},
		{source: `addDuration(0, "250ms")`, want: `"1970-01-01T00:00:00.250Z"`},
		{source: `addDuration(0, "1.5h")`, want: `"1970-01-01T01:30:00Z"`},
		{source: `addDuration(0, "0s")`, want: `"1970-01-01T00:00:00Z"`},
		{source: `addDuration(0, "106751d")`, want: `"2262-04-11T00:00:00Z"`},
		{source: `addDuration(0, "106752d")`, err: "addDuration: the duration must be like"},
		{source: `addDuration(0, "106751d106751d")`, err: "the duration must be like"},
		{source: `addDuration(0, "")`, err: "the duration must be like"},
		{source: `addDuration(0, "-")`, err: "the duration must be like"},
		{source: `addDuration(0, 3600)`, err: "the duration must be like"},
		{source: `addDuration(0, "1 h")`, err: "the duration must be like"},
		{source: `addDuration(0, "1y")`, err: "the duration must be like"},
		{source: `addDuration(0, "h")`, err: "the duration must be like"},
		{source: `addDuration(0, "1.2.3h")`, err: "the duration must be like"},
		{source: `addDuration("9999-12-31", "1d")`, err: "addDuration: the date is not within the years"},
		{source: `diff("2026-11-22", "2026-11-21", "days")`, want: `-1`},
		{source: `diff("2026-11-22", "2026-12-06", "weeks")`, want: `2`},
		{source: `diff(0, 0.25, "milliseconds")`, want: `250`},
		{source: `diff(0, 90, "minutes")`, want: `1.5`},
		{source: `diff("0000-01-01", "9999-12-31", "days")`, want: `3652424`},
		{source: `diff(0, 1, "years")`, err: "diff: unit must be milliseconds, seconds,"},
		{source: `diff(0, null)`, want: `null`},
		{source: `toTimestamp("1969-12-31T23:59:59.5Z")`, want: `-1`},
		{source: `toTimestamp(1.9)`, want: `1`},
		{source: `toTimestamp(1.9, "milliseconds")`, want: `1900`},
		{source: `toTimestamp(1, "hours")`, err: "toTimestamp: unit must be seconds or milliseconds"},
		{source: `startOfDay("2026-11-22T23:30:00-05:00")`, want: `"2026-11-23T00:00:00Z"`},
		{source: `startOfDay("2026-11-22T23:30:00-05:00", "America/New_York")`, want: `"2026-11-22T00:00:00-05:00"`},
		// The clocks of São Paulo went from midnight to one o'clock on that day.
		{source: `startOfDay("2018-11-04T12:00:00Z", "America/Sao_Paulo")`, want: `"2018-11-04T01:00:00-02:00"`},
		// In Havana midnight came twice.
		{source: `startOfDay("2026-11-01T12:00:00Z", "America/Havana")`, want: `"2026-11-01T00:00:00-04:00"`},
	})
}

func TestNowIsTheClock(t *testing.T) {
	defer func(previous func() time.Time) { clock = previous }(clock)
	clock = func() time.Time {
		return time.Date(2026, 11, 22, 11, 0, 0, 123_999_999, time.FixedZone("", 3600))
	}
	if got := mustApply(t, "now"); got != "2026-11-22T10:00:00.123Z" {
		t.Errorf("now = %v", got)
	}
}

func instants() *rapid.Generator[int64] {
	return rapid.Int64Range(-62167219200, maxSeconds)
}

func TestTimestampsReadBack(t *testing.T) {
	zones := rapid.SampledFrom([]any{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "-11:30"})
	rapid.Check(t, func(t *rapid.T) {
		// A day from the ends, so that no zone leaves the years; seconds that do not count as milliseconds.
		seconds := min(max(instants().Draw(t, "seconds"), -62167132800), milliseconds-1)
		zone := zones.Draw(t, "zone")
		for _, text := range []any{
			mustCall("date", seconds), mustCall("date", seconds, nil, zone), mustCall("formatDate", seconds, "%s", zone),
		} {
			if got := mustCall("toTimestamp", text); got != seconds {
				t.Fatalf("%d is %v is %v", seconds, text, got)
			}
		}
	})
}

func TestDurationsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := mustCall("date", rapid.Int64Range(0, 4e9).Draw(t, "start"))
		duration := rapid.StringMatching(`[1-9][0-9]{0,2}(w|d|h|m|s)([0-9]{1,3}ms)?`).Draw(t, "duration")
		there := mustCall("addDuration", start, duration)
		if back := mustCall("addDuration", there, "-"+duration); back != start {
			t.Fatalf("%v plus and minus %s is %v", start, duration, back)
		}
		elapsed := mustCall("diff", start, there, "milliseconds")
		if again := mustCall("addDuration", start, mustCall("concat", elapsed, "ms")); again != there {
			t.Fatalf("%v plus %vms is %v, want %v", start, elapsed, again, there)
		}
	})
}

func TestStartOfDayIsTheFirstMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(0, 4e9).Draw(t, "seconds")
		name := rapid.SampledFrom([]string{
			"Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Pacific/Apia", "UTC",
		}).Draw(t, "zone")
		zone, err := findZone(name)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.Parse(time.RFC3339, mustCall("startOfDay", seconds, name).(string))
		if err != nil {
			t.Fatal(err)
		}
		day, before := time.Unix(seconds, 0).In(zone), start.Add(-time.Second).In(zone)
		if start.In(zone).Day() != day.Day() || start.After(day) || before.Day() == day.Day() {
			t.Fatalf("%v begins at %v", day, start.In(zone))
		}
	})
}

// FuzzDate checks that whatever is read as a date is written in RFC 3339 and read again as the same date.
func FuzzDate(f *testing.F) {
	for _, s := range []string{
		"2026-11-22", "2026-11-22T10:00:00Z", "2026-11-22 10:00:00.123456789+23:59", "1795341600", "-1.5e3", "0000-01-01",
		"9999-12-31T23:59:59.9-00:01", "2026-13-01", "2026-11-22T10:00:00,5Z", "1e11", "\xff", "2026-11-22T24:00:00Z",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, err := apply(t, "date", s)
		if err != nil {
			return
		}
		if _, err := time.Parse(time.RFC3339, first.(string)); err != nil {
			t.Errorf("%q becomes %v", s, err)
		}
		if again, err := apply(t, "date", first); again != first {
			t.Errorf("%q is %v, then %v (%v)", s, first, again, err)
		}
	})
}

// FuzzLayout checks that no layout makes much of little, and that a layout which tells everything reads what it wrote.
func FuzzLayout(f *testing.F) {
	for _, layout := range []string{
		"%Y-%m-%dT%H:%M:%S%z", "%c %z", "%A, %e. %B %Y %I:%M:%S %p", "%%Y %F %T", "%Ey %Od", "%-j", "%", "%é", "Jan 2006 %d",
		"%:z%+",
	} {
		f.Add(layout, int64(1795341600))
	}
	f.Fuzz(func(t *testing.T, layout string, seconds int64) {
		seconds %= maxSeconds / 5 // 1600 years around 1970
		const full = "%Y-%m-%dT%H:%M:%S%z"
		exact, _ := writeDate(time.Unix(seconds, 0).UTC(), full)
		if read, err := readDate(exact.(string), full, time.UTC); err != nil || read.Unix() != seconds {
			t.Errorf("%v is read as %v, %v", exact, read, err)
		}
		written, err := writeDate(time.Unix(seconds, 0).UTC(), layout)
		if err != nil {
			return
		}
		if n := len(written.(string)); n > 40*len(layout) {
			t.Errorf("%q makes %d bytes", layout, n)
		}
		if read, err := readDate(written.(string), layout, time.UTC); err == nil && checkYear(read) != nil {
			t.Errorf("%q wrote %q, which is read as %v", layout, written, read)
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{
		"36h", "-1d12h", "1.5h", "0.1ms", "9223372036854775807s", "1h1h1h", ".5s", "1m1ms1s", "--1s", "1e3s",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		duration, err := parseDuration(s)
		if err != nil {
			return
		}
		// Without days and weeks the standard library reads the same, give or take its rounding of fractions.
		want, err := time.ParseDuration(s)
		if err == nil && !strings.Contains(s, ".") && want != duration {
			t.Errorf("%q is %v, want %v", s, duration, want)
		}
	})
}
