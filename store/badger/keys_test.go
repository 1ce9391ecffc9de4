package badger

import (
	"bytes"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
)

// wantKeys fails unless the database has so many keys beside its counters and padding.
func wantKeys(t *testing.T, d *database, want int) {
	t.Helper()
	got := 0
	err := d.view(func(txn *badgerdb.Txn) error {
		it := txn.NewIterator(badgerdb.IteratorOptions{})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if key := it.Item().Key(); key[0] != countPrefix && key[0] != paddingPrefix {
				got++
			}
		}
		return nil
	})
	if err != nil || got != want {
		t.Errorf("the database has %d keys, %v, not %d", got, err, want)
	}
}

var ids = rapid.Map(rapid.SliceOfN(rapid.Byte(), idSize, idSize), func(b []byte) event.ID { return event.ID(b) })

// TestKeysOfLists: the keys of a list are in the order of their ids, and no list has keys of another.
func TestKeysOfLists(t *testing.T) {
	connectors := rapid.StringMatching(`[a-z0-9][a-z0-9_-]{0,5}`)
	statuses := rapid.SampledFrom(event.Statuses)
	lists := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) []byte { return statusList(statuses.Draw(t, "status")) }),
		rapid.Custom(func(t *rapid.T) []byte {
			return connectorList(connectors.Draw(t, "connector"), statuses.Draw(t, "status"))
		}),
		rapid.Custom(func(t *rapid.T) []byte { return retryList(ids.Draw(t, "original")) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		a, b := lists.Draw(t, "list"), lists.Draw(t, "other list")
		first, second := ids.Draw(t, "id"), ids.Draw(t, "other id")
		key := listed(bytes.Clone(a), first)
		if idOf(key) != first {
			t.Fatalf("the id of the key of %s is %s", first, idOf(key))
		}
		if bytes.Compare(key, listed(bytes.Clone(a), second)) != bytes.Compare(first[:], second[:]) {
			t.Fatalf("the keys of %s and %s are in another order", first, second)
		}
		if !bytes.Equal(a, b) && bytes.HasPrefix(key, b) {
			t.Fatalf("the key %q of the list %q is in the list %q", key, a, b)
		}
	})
}

func TestCountKeys(t *testing.T) {
	for _, status := range event.Statuses {
		connector, parsed, count, err := parseCount(countKey("slack-orders", status), []byte{0, 0, 0, 0, 0, 0, 1, 2})
		if err != nil || connector != "slack-orders" || parsed != status || count != 258 {
			t.Errorf("%s is read as %q, %s, %d, %v", status, connector, parsed, count, err)
		}
	}
	for name, entry := range map[string][2]string{
		"no name":        {"n", "12345678"},
		"no status":      {"nabc", "12345678"},
		"unknown status": {"nabc\x00\x09", "12345678"},
		"short value":    {"nabc\x00\x01", "1234567"},
	} {
		if _, _, _, err := parseCount([]byte(entry[0]), []byte(entry[1])); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
