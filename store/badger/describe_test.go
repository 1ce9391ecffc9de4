package badger

import (
	"testing"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store/storetest"
)

func TestDescribe(t *testing.T) {
	c := testConfig(t)
	c.maxSize = 1 << 30
	d := openTest(t, c)
	empty, err := d.Describe(t.Context())
	if err != nil || !empty.Oldest.IsZero() || empty.MaxBytes != 1<<30 || empty.Engine != "badger" {
		t.Errorf("an empty store is %+v, %v", empty, err)
	}
	oldest := storetest.NewEvent("orders", event.Failed)
	young := storetest.NewEvent("orders", event.Completed)
	young.Payload = sized(100_000)
	putTest(t, d, young, oldest)
	got, err := d.Describe(t.Context())
	if err != nil || got.Oldest != oldest.ID {
		t.Errorf("it is %+v, %v, and the oldest event %s", got, err, oldest.ID)
	}
	total := int64(0)
	for _, size := range got.Sizes {
		total += size
	}
	// It is written to meanwhile.
	if got.Sizes["values"] < 100_000 || total < got.Bytes/2 || total > 2*got.Bytes {
		t.Errorf("the sizes of %d bytes are %v", got.Bytes, got.Sizes)
	}
}
