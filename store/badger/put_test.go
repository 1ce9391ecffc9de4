package badger

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// TestPassedOn keeps an event whose payload was passed on: it is on the disk once, and read as it was.
func TestPassedOn(t *testing.T) {
	d := openTest(t, testConfig(t))
	e := storetest.NewEvent("orders", event.Completed)
	e.Payload = json.RawMessage(`{"order":"` + strings.Repeat("needle ", 300) + `"}`)
	e.Outbound = &event.Outbound{Method: "POST", URL: "https://target/", Body: e.Payload}
	whole := e.AppendJSON(nil)
	putTest(t, d, e)

	got, err := d.Get(t.Context(), e.ID)
	if err != nil || !bytes.Equal(got.Outbound.Body, e.Payload) {
		t.Errorf("%v, %v", got, err)
	}
	page, err := d.List(t.Context(), store.Query{Search: "needle needle"})
	if err != nil || len(page.Events) != 1 {
		t.Errorf("the search finds %d events, %v", len(page.Events), err)
	}
	err = d.view(func(txn *badgerdb.Txn) error {
		item, err := txn.Get(eventKey(e.ID))
		if err != nil {
			return err
		}
		if size := item.ValueSize(); size > int64(len(whole)-len(e.Payload)+32) {
			t.Errorf("it takes %d bytes of %d", size, len(whole))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
