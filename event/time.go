package event

import (
	"fmt"
	"time"
)

// timeLayout is RFC 3339 in UTC with exactly three digits of a second.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// Time is an instant as events show it: RFC 3339, in UTC, to the millisecond.
type Time struct{ time.Time }

// At is t as events show it.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.appendJSON(make([]byte, 0, len(timeLayout)+2)), nil
}

// appendJSON writes the digits itself: Time.AppendFormat would read the layout for each time of each event.
func (t Time) appendJSON(dst []byte) []byte {
	utc := t.UTC()
	year, month, day := utc.Date()
	if year < 0 || year > 9999 {
		return append(utc.AppendFormat(append(dst, '"'), timeLayout), '"')
	}
	hour, minute, second := utc.Clock()
	dst = appendDigits(append(dst, '"'), year, 1000)
	dst = appendDigits(append(dst, '-'), int(month), 10)
	dst = appendDigits(append(dst, '-'), day, 10)
	dst = appendDigits(append(dst, 'T'), hour, 10)
	dst = appendDigits(append(dst, ':'), minute, 10)
	dst = appendDigits(append(dst, ':'), second, 10)
	dst = appendDigits(append(dst, '.'), utc.Nanosecond()/int(time.Millisecond), 100)
	return append(dst, 'Z', '"')
}

// appendDigits appends n with as many digits as unit, which is that of its first one, has.
func appendDigits(dst []byte, n, unit int) []byte {
	for ; unit > 0; unit /= 10 {
		dst = append(dst, byte('0'+n/unit%10))
	}
	return dst
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	var parsed time.Time
	if err := parsed.UnmarshalJSON(b); err != nil {
		return fmt.Errorf("time of an event: %w", err)
	}
	*t = At(parsed)
	return nil
}
