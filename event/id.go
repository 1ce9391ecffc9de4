package event

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ID identifies an event. It is a UUIDv7 (RFC 9562, section 5.7): its first 48 bits are the milliseconds of the
// Unix epoch, so ids sort by the time at which their requests were accepted. Ids made by one process are strictly
// increasing, even when its clock goes back.
type ID [16]byte

// NewID makes the next id of this process.
func NewID() ID {
	return ID(uuid.Must(uuid.NewV7()))
}

// ParseID reads the 36 characters of an id.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return ID{}, fmt.Errorf("event id %q is not a UUID", clip(s))
	}
	u, err := uuid.Parse(s)
	if err != nil {
		return ID{}, fmt.Errorf("event id %q is not a UUID", clip(s))
	}
	return ID(u), nil
}

// FirstIDAt is the smallest id of the millisecond of t: every id made at t or later is at least this. It turns
// bounds of time into bounds of id; before the first and after the last time that an id can have it gives the bound.
// It is never the zero ID, which would bound nothing where ids are selected.
func FirstIDAt(t time.Time) ID {
	const last = 1<<48 - 1 // in the year 10889
	var id ID
	milliseconds := min(max(t.UnixMilli(), 0), last)
	binary.BigEndian.PutUint64(id[:8], uint64(milliseconds)<<16)
	if id.IsZero() {
		id[len(id)-1] = 1
	}
	return id
}

// Time is the millisecond in which the id was made.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

func (id ID) String() string { return uuid.UUID(id).String() }

func (id ID) appendJSON(dst []byte) []byte {
	const hyphens = 1<<4 | 1<<6 | 1<<8 | 1<<10 // before these bytes
	dst = append(dst, '"')
	for i := range id {
		if hyphens>>i&1 != 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, id[i:i+1])
	}
	return append(dst, '"')
}

// IsZero tells whether id is the zero value, which no event has.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return uuid.UUID(id).MarshalText() }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
