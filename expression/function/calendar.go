package function

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/krosyn/gateway/expression/value"
)

const (
	// maxDateText is the length of the longest text that is looked at as a date, a duration or the name of a zone.
	maxDateText = 64
	// maxSeconds is the last second of the year 9999.
	maxSeconds = 253402300799
	// milliseconds is the number from which on an epoch counts milliseconds: as seconds it is in the year 5138, as
	// milliseconds in 1973.
	milliseconds = 1e11
	// maxZones bounds the cache of time zones, which are fewer; but a file system may know them by more names.
	maxZones = 1000
)

var (
	errNotADate = errors.New("is not a date: neither RFC 3339 nor seconds or milliseconds since 1970")
	errYear     = errors.New("is not within the years 0000 to 9999")
	errZone     = errors.New("the time zone is not known: its name must be like Europe/Berlin, UTC or +01:00")
	errDuration = errors.New("the duration must be like 2w, 1d, 36h, 1h30m, 90s or 250ms, with a minus for earlier")
)

// dateLayouts are RFC 3339 and what people leave out of it.
var dateLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
}

// parseDate reads text or a number; ok is false for other types. The zone is that of a text which says none.
func parseDate(v any, zone *time.Location) (t time.Time, ok bool, err error) {
	if s, isText := v.(string); isText {
		if n, numeric := value.ParseNumber(s); numeric {
			v = n
		} else {
			t, err = parseDateText(s, zone)
			return t, true, err
		}
	}
	switch n := v.(type) {
	case int64:
		if n <= -milliseconds || n >= milliseconds {
			t = time.UnixMilli(n)
		} else {
			t = time.Unix(n, 0)
		}
	case float64:
		if math.Abs(n) >= milliseconds {
			n /= 1000
		}
		if math.Abs(n) > maxSeconds {
			return t, true, errYear
		}
		// A float64 of today's seconds is exact to a quarter of a microsecond.
		t = time.UnixMicro(int64(math.Round(n * 1e6)))
	case value.Number:
		return t, true, errYear
	default:
		return t, false, nil
	}
	t = t.UTC()
	return t, true, checkYear(t)
}

func parseDateText(s string, zone *time.Location) (time.Time, error) {
	const day = len(time.DateOnly)
	if len(s) < day || len(s) > maxDateText {
		return time.Time{}, errNotADate
	}
	layouts := dateLayouts
	if len(s) == day {
		layouts = []string{time.DateOnly}
	} else if strings.IndexByte("t ", s[day]) >= 0 {
		s = s[:day] + "T" + s[day+1:]
	}
	if rest, ok := strings.CutSuffix(s, "z"); ok {
		s = rest + "Z"
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errNotADate
}

// checkYear keeps to the years that RFC 3339 can write.
func checkYear(t time.Time) error {
	if year := t.Year(); year < 0 || year > 9999 {
		return errYear
	}
	return nil
}

var durationUnits = map[string]int64{
	"ms": int64(time.Millisecond),
	"s":  int64(time.Second),
	"m":  int64(time.Minute),
	"h":  int64(time.Hour),
	"d":  24 * int64(time.Hour),
	"w":  7 * 24 * int64(time.Hour),
}

// parseDuration reads a sign and numbers with units, as in "-1d12h" or "1.5h".
func parseDuration(source string) (time.Duration, error) {
	rest, negative := strings.CutPrefix(source, "-")
	if rest == "" || len(rest) > maxDateText {
		return 0, errDuration
	}
	var total int64
	for rest != "" {
		digits := strings.TrimLeft(rest, "0123456789.")
		number := rest[:len(rest)-len(digits)]
		rest = strings.TrimLeft(digits, "msdhw")
		unit, ok := durationUnits[digits[:len(digits)-len(rest)]]
		if !ok {
			return 0, errDuration
		}
		part, err := multiple(number, unit)
		if err != nil || part > math.MaxInt64-total {
			return 0, errDuration
		}
		total += part
	}
	if negative {
		total = -total
	}
	return time.Duration(total), nil
}

// multiple is a decimal number of units, exact for its whole part.
func multiple(number string, unit int64) (int64, error) {
	whole, fraction, _ := strings.Cut(number, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, errDuration
	}
	n *= unit
	if fraction == "" {
		return n, nil
	}
	part, err := strconv.ParseFloat("0."+fraction, 64)
	nanoseconds := int64(math.Round(part * float64(unit)))
	if err != nil || nanoseconds > math.MaxInt64-n {
		return 0, errDuration
	}
	return n + nanoseconds, nil
}

// zones keeps the time zones that were loaded: the standard library reads a file each time.
var zones = struct {
	sync.RWMutex
	loaded map[string]*time.Location
}{loaded: map[string]*time.Location{}}

// findZone finds a time zone by IANA's name, or makes one of an offset. "Local" would depend on the machine.
func findZone(name string) (*time.Location, error) {
	zones.RLock()
	zone := zones.loaded[name]
	zones.RUnlock()
	if zone != nil {
		return zone, nil
	}
	if offset, err := time.Parse("-07:00", name); err == nil {
		_, seconds := offset.Zone()
		return time.FixedZone(name, seconds), nil
	}
	if name == "" || name == "Local" || len(name) > maxDateText {
		return nil, errZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, errZone
	}
	zones.Lock()
	defer zones.Unlock()
	if len(zones.loaded) < maxZones {
		zones.loaded[strings.Clone(name)] = zone
	}
	return zone, nil
}
