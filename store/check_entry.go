package store

import (
	"fmt"
	"time"
)

const (
	// maxKey is the longest key of an entry of State, in bytes.
	maxKey = 1 << 10

	// maxValue is the longest value of an entry of State, in bytes.
	maxValue = 64 << 10
)

// CheckEntry tells why a store cannot keep an entry of State. Stores ask it before they write.
func CheckEntry(key string, value []byte, ttl time.Duration) error {
	switch {
	case key == "" || len(key) > maxKey:
		// What is too long to be kept is too long to be shown.
		return fmt.Errorf("state entry %.40q has a key of %d bytes: it must be 1 to %d, of more use a hash",
			key, len(key), maxKey)
	case len(value) > maxValue:
		return fmt.Errorf("state entry %q has a value of %d bytes: it must be at most %d", key, len(value), maxValue)
	case ttl < 0:
		return fmt.Errorf("state entry %q has the time to live %s: it must be positive, or 0 for forever", key, ttl)
	}
	return nil
}
