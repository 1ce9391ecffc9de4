package badger

import (
	"context"
	"fmt"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
)

// expiry removes entries of State that have ended. Why Badger does not do it is said at sweeper: keys of deliveries may
// well be in the order of time.
type expiry struct {
	d *database
	// removed is the key of the index up to which everything was removed. What clocks and late writers have put behind
	// it is found when it is forgotten, as sweeper's are.
	removed   []byte
	forgotten time.Time
}

// sweep removes what has ended by now and says how many entries that were.
func (x *expiry) sweep(ctx context.Context, now time.Time) (int, error) {
	const memory = time.Hour
	if age := now.Sub(x.forgotten); age >= memory || age < 0 {
		x.removed, x.forgotten = []byte{endPrefix}, now
	}
	total := 0
	for {
		places, err := x.find(now, x.d.maintenance.pace.length())
		if err != nil {
			return total, fmt.Errorf("look for ended entries of the state: %w", err)
		}
		if len(places) == 0 {
			return total, nil
		}
		since := time.Now()
		if err := x.remove(ctx, places); err != nil {
			return total, fmt.Errorf("remove ended entries of the state: %w", err)
		}
		total += len(places)
		x.removed = places[len(places)-1]
		x.d.makeWay(ctx, time.Since(since), len(places))
	}
}

// find gives the first keys of the index that have ended, so many at most.
func (x *expiry) find(now time.Time, length int) ([][]byte, error) {
	var places [][]byte
	err := x.d.view(func(txn *badgerdb.Txn) error {
		it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: []byte{endPrefix}})
		defer it.Close()
		for it.Seek(x.removed); it.Valid() && len(places) < length; it.Next() {
			place := it.Item().KeyCopy(nil)
			end, _, err := parseEndKey(place)
			if err != nil {
				return err
			}
			if now.UnixMilli() < end {
				return nil
			}
			places = append(places, place)
		}
		return nil
	})
	return places, err
}

// remove removes the entries of keys of the index, except those that have got another end since.
func (x *expiry) remove(ctx context.Context, places [][]byte) error {
	return x.d.writer.do(&operation{ctx: ctx, frees: true, apply: func(t *transaction) error {
		for _, place := range places {
			if err := removeEnded(t, place); err != nil {
				return err
			}
		}
		return nil
	}})
}

func removeEnded(t *transaction, place []byte) error {
	end, key, err := parseEndKey(place)
	if err != nil {
		return err
	}
	if err := t.room(changeExtent(key, 0)); err != nil {
		return err
	}
	book, err := openBook(t)
	if err != nil {
		return err
	}
	old, err := book.get(key)
	if err != nil {
		return err
	}
	if old == nil || old.end != end {
		return t.remove(place)
	}
	if err := book.remove(key, old); err != nil {
		return err
	}
	return book.close()
}
