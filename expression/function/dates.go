package function

import (
	"time"

	"github.com/krosyn/gateway/expression/value"
)

// clock is the time of now; tests put a fixed one in its place.
var clock = time.Now

var dateFunctions = []*Function{
	{
		Name:        "now",
		Description: "The current time in UTC, to the millisecond.",
		Examples:    []Example{{Source: `now()`, Pattern: `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$`}},
		run:         func(c *call) any { return c.rfc3339(clock().UTC().Truncate(time.Millisecond)) },
	},
	{
		Name: "date",
		Description: "The date in RFC 3339 and UTC. All functions of dates take RFC 3339 (the time or its offset may be " +
			"missing: midnight, UTC) and seconds or milliseconds since 1970, told apart by their size. For other forms " +
			"`layout` says how to read them, in strftime letters. A text without an offset is in `zone`, and so is the result.",
		Parameters: []Parameter{subject("value", date), optional("layout", text), optional("zone", text)},
		Examples: []Example{
			{Source: `date("2026-11-22T11:00:00+01:00")`, Result: `"2026-11-22T10:00:00Z"`},
			{Source: `date(1795341600)`, Result: `"2026-11-22T10:00:00Z"`},
			{Source: `date(1795341600123)`, Result: `"2026-11-22T10:00:00.123Z"`},
			{Source: `date("22.11.2026 11:00", "%d.%m.%Y %H:%M", "Europe/Berlin")`, Result: `"2026-11-22T11:00:00+01:00"`},
		},
		run: func(c *call) any {
			zone := c.zoneOr(2, time.UTC)
			if !c.given(1) || !date.admits(c.args[0]) {
				return c.rfc3339(c.dateIn(0, zone).In(zone))
			}
			t, err := readDate(c.text(0), c.text(1), zone)
			if err != nil {
				return c.check(nil, err)
			}
			return c.rfc3339(t.In(zone))
		},
	},
	{
		Name: "formatDate",
		Description: "The date in a layout of strftime letters, RFC 3339 by default, in a time zone such as " +
			"`Europe/Berlin` or `+01:00`, UTC by default. " + layoutLetters,
		Parameters: []Parameter{subject("value", date), optional("layout", text), optional("zone", text)},
		Examples: []Example{
			{Source: `formatDate("2026-11-22T10:00:00Z", "%Y-%m-%d %H:%M:%S")`, Result: `"2026-11-22 10:00:00"`},
			{Source: `formatDate(1795341600, "%d.%m.%Y %H:%M", "Europe/Berlin")`, Result: `"22.11.2026 11:00"`},
			{Source: `formatDate("2026-11-22", "%A, %-d %B %Y")`, Result: `"Sunday, 22 November 2026"`},
			{Source: `formatDate("2026-11-22T10:00:00.5Z", "%I:%M %p, week %V")`, Result: `"10:00 AM, week 47"`},
		},
		run: func(c *call) any {
			t := c.date(0).In(c.zoneOr(2, time.UTC))
			if !c.given(1) {
				return c.rfc3339(t)
			}
			formatted, err := writeDate(t, c.text(1))
			return c.check(formatted, err)
		},
	},
	{
		Name: "addDuration",
		Description: "The date so much later, in UTC; earlier with a minus. A duration is made of weeks, days, hours, " +
			"minutes, seconds and milliseconds: `2w`, `36h`, `1h30m`, `-1d`, `250ms`. A day is 24 hours.",
		Parameters: []Parameter{subject("date", date), required("duration", text)},
		Examples: []Example{
			{Source: `addDuration("2026-11-22T10:00:00Z", "36h")`, Result: `"2026-11-23T22:00:00Z"`},
			{Source: `addDuration("2026-11-22", "-1d")`, Result: `"2026-11-21T00:00:00Z"`},
		},
		run: func(c *call) any {
			t := c.date(0)
			duration, err := parseDuration(c.text(1))
			if err != nil {
				return c.check(nil, err)
			}
			return c.rfc3339(t.Add(duration).UTC())
		},
	},
	{
		Name: "diff",
		Description: "The time from one date to another in `unit`: milliseconds, seconds (the default), minutes, hours, " +
			"days or weeks. Negative where the second is earlier; not rounded.",
		Parameters: []Parameter{subject("from", date), subject("to", date), optional("unit", text)},
		Examples: []Example{
			{Source: `diff("2026-11-22T10:00:00Z", "2026-11-22T11:30:00Z")`, Result: `5400`},
			{Source: `diff("2026-11-22T10:00:00Z", "2026-11-22T11:30:00Z", "hours")`, Result: `1.5`},
		},
		run: func(c *call) any {
			unit, ok := units[c.textOr(2, "seconds")]
			if !ok {
				return c.fail("unit must be milliseconds, seconds, minutes, hours, days or weeks")
			}
			// In microseconds the years 0 to 9999 fit int64, in nanoseconds only 292 of them do.
			elapsed := c.date(1).UnixMicro() - c.date(0).UnixMicro()
			return c.check(value.Divide(elapsed, unit.Microseconds()))
		},
	},
	{
		Name:        "toTimestamp",
		Description: "The whole seconds since 1970 of a date, or with `\"milliseconds\"` the milliseconds.",
		Parameters:  []Parameter{subject("value", date), optional("unit", text)},
		Examples: []Example{
			{Source: `toTimestamp("2026-11-22T10:00:00Z")`, Result: `1795341600`},
			{Source: `toTimestamp("2026-11-22T10:00:00Z", "milliseconds")`, Result: `1795341600000`},
		},
		run: func(c *call) any {
			t := c.date(0)
			switch c.textOr(1, "seconds") {
			case "seconds":
				return t.Unix()
			case "milliseconds":
				return t.UnixMilli()
			}
			return c.fail("unit must be seconds or milliseconds")
		},
	},
	{
		Name: "toZone",
		Description: "The date in RFC 3339 as the clocks of a time zone show it: `Europe/Berlin` (IANA's names), " +
			"`UTC`, `+01:00`.",
		Parameters: []Parameter{subject("value", date), required("zone", text)},
		Examples: []Example{
			{Source: `toZone("2026-11-22T10:00:00Z", "Europe/Berlin")`, Result: `"2026-11-22T11:00:00+01:00"`},
		},
		run: func(c *call) any {
			t := c.date(0)
			return c.rfc3339(t.In(c.zone(1)))
		},
	},
	{
		Name:        "startOfDay",
		Description: "The first moment of the date's day in a time zone, UTC by default.",
		Parameters:  []Parameter{subject("value", date), optional("zone", text)},
		Examples: []Example{
			{Source: `startOfDay("2026-11-22T10:00:00Z")`, Result: `"2026-11-22T00:00:00Z"`},
			{Source: `startOfDay("2026-11-22T23:30:00Z", "Europe/Berlin")`, Result: `"2026-11-23T00:00:00+01:00"`},
		},
		run: func(c *call) any {
			t := c.date(0)
			return c.rfc3339(startOfDay(t.In(c.zoneOr(1, time.UTC))))
		},
	},
}

var units = map[string]time.Duration{
	"milliseconds": time.Millisecond,
	"seconds":      time.Second,
	"minutes":      time.Minute,
	"hours":        time.Hour,
	"days":         24 * time.Hour,
	"weeks":        7 * 24 * time.Hour,
}

// startOfDay is midnight, or the end of the gap where clocks go forward at midnight.
func startOfDay(t time.Time) time.Time {
	year, month, day := t.Date()
	start := time.Date(year, month, day, 0, 0, 0, 0, t.Location())
	if start.Day() != day {
		_, start = start.ZoneBounds()
	}
	return start
}

func (c *call) date(i int) time.Time { return c.dateIn(i, time.UTC) }

// dateIn reads a date; zone is that of a text which says none.
func (c *call) dateIn(i int, zone *time.Location) time.Time {
	t, ok, err := parseDate(c.args[i], zone)
	switch {
	case err != nil:
		c.fail("%s %w", c.parameter(i).Name, err)
	case !ok:
		c.mismatch(i)
	}
	return t
}

func (c *call) zoneOr(i int, fallback *time.Location) *time.Location {
	if !c.given(i) {
		return fallback
	}
	return c.zone(i)
}

func (c *call) zone(i int) *time.Location {
	zone, err := findZone(c.text(i))
	if err != nil {
		c.check(nil, err)
		return time.UTC
	}
	return zone
}

// rfc3339 writes t with as many digits of a second as it needs: none, three, six or nine.
func (c *call) rfc3339(t time.Time) any {
	if err := checkYear(t); err != nil {
		return c.fail("the date %w", err)
	}
	// Before time zones, towns had offsets with seconds, for which RFC 3339 has no place: the instant counts.
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.In(time.FixedZone("", offset-offset%60))
	}
	layout := "2006-01-02T15:04:05.000000000Z07:00"
	switch nanoseconds := t.Nanosecond(); {
	case nanoseconds == 0:
		layout = time.RFC3339
	case nanoseconds%1e6 == 0:
		layout = "2006-01-02T15:04:05.000Z07:00"
	case nanoseconds%1e3 == 0:
		layout = "2006-01-02T15:04:05.000000Z07:00"
	}
	return t.Format(layout)
}
