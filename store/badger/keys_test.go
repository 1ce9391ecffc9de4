package badger

import (
	"bytes"
	"strings"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
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

// written are keys of each kind, as the database writes them.
var written = [][]byte{
	eventKey(newestID), jobKey(newestID), payloadKey(newestID), bookKey, stateKey("claim/1"), endKey(1<<40, "claim/1"),
	listed(statusList(event.Pending), newestID), listed(connectorList("orders", event.Failed), newestID),
	listed(retryList(newestID), newestID), countKey("orders", event.Completed),
}

// TestCheckKey takes keys that the database writes, and none that is shorter or longer where that matters.
func TestCheckKey(t *testing.T) {
	for _, key := range written {
		if err := checkKey(key); err != nil {
			t.Error(err)
		}
		if key[0] == statePrefix || key[0] == endPrefix {
			continue
		}
		for _, other := range [][]byte{key[:len(key)-1], append(bytes.Clone(key), 'x')} {
			if err := checkKey(other); err == nil {
				t.Errorf("%q is taken for a key", other)
			}
		}
	}
	long := strings.Repeat("x", store.MaxConnector+1)
	for name, key := range map[string][]byte{
		"nothing":           nil,
		"padding":           {paddingPrefix, 0, 0},
		"unknown status":    listed([]byte{statusPrefix, 9}, newestID),
		"no connector":      listed(connectorList("", event.Failed), newestID),
		"0 in a connector":  listed(connectorList("a\x00b", event.Failed), newestID),
		"long connector":    listed(connectorList(long, event.Failed), newestID),
		"count of none":     countKey("", event.Failed),
		"long count":        countKey(long, event.Failed),
		"no key of state":   stateKey(""),
		"long key of state": stateKey(strings.Repeat("x", 1<<10+1)),
		"end of nothing":    endKey(1, ""),
		"half an end":       {endPrefix, 1, 2, 3},
	} {
		if err := checkKey(key); err == nil {
			t.Errorf("%s: %q is taken for a key", name, key)
		}
	}
}

// TestMalformedKeys has keys in the lists that are of no event: what is beside them is listed and deleted.
func TestMalformedKeys(t *testing.T) {
	d := openTest(t, testConfig(t))
	e := storetest.NewEvent("orders", event.Completed)
	putTest(t, d, e)
	malformed := [][]byte{
		statusList(event.Completed), append(statusList(event.Completed), 0xff, 1, 2),
		append(connectorList("orders", event.Completed), 0xff, 1), {retryPrefix}, append(retryList(e.ID), 1),
	}
	for _, key := range malformed {
		damage(t, d, key, nil)
	}
	for _, query := range []store.Query{{}, {Connector: "orders"}} {
		page, err := d.List(t.Context(), query)
		if err != nil || len(page.Events) != 1 || page.Events[0].ID != e.ID {
			t.Errorf("%+v lists %+v, %v", query, page, err)
		}
	}
	lose(t, d, e)
	if deleted, err := sweepOne(t.Context(), d); err != nil || deleted != 1 {
		t.Errorf("%d deleted, %v", deleted, err)
	}
	wantKeys(t, d, len(malformed))
}

// FuzzKeys reads any keys: those that are taken are made again of what is read from them.
func FuzzKeys(f *testing.F) {
	for _, key := range written {
		f.Add(key)
	}
	f.Add([]byte("e12"))
	f.Fuzz(func(t *testing.T, key []byte) {
		id := idOf(key)
		connector, status, _, _ := parseCount(key, make([]byte, 8))
		end, entry, _ := parseEndKey(key)
		if checkKey(key) != nil {
			return
		}
		again := key
		switch key[0] {
		case eventPrefix, jobPrefix, payloadPrefix:
			again = listed(bytes.Clone(key[:1]), id)
		case statusPrefix:
			again = listed(statusList(statusOfByte[key[1]]), id)
		case connectorPrefix:
			connector, status, _ = parseCountKey(key[:len(key)-idSize])
			again = listed(connectorList(connector, status), id)
		case retryPrefix:
			again = listed(retryList(event.ID(key[1:])), id)
		case countPrefix:
			again = countKey(connector, status)
		case endPrefix:
			again = endKey(end, entry)
		}
		if !bytes.Equal(again, key) {
			t.Errorf("%q is made again as %q", key, again)
		}
	})
}
