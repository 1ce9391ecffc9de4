package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

func TestCheckJobs(t *testing.T) {
	id := event.NewID()
	job := func(change func(*store.Job)) store.Batch {
		job := store.Job{
			ID: id, Connector: strings.Repeat("c", 255), Key: strings.Repeat("k", 256), Payload: make([]byte, 8<<20),
		}
		change(&job)
		return store.Batch{Jobs: []store.Job{job}}
	}
	lease, other := store.Lease{ID: id, Token: 1}, store.Lease{ID: event.NewID(), Token: 1}
	for _, test := range []struct {
		want  string
		batch store.Batch
	}{
		{"", job(func(*store.Job) {})},
		{`job of connector "ccc`, job(func(j *store.Job) { j.ID = event.ID{} })},
		{`has the connector "": it must be 1 to 255 bytes`, job(func(j *store.Job) { j.Connector = "" })},
		{"it must be 1 to 255 bytes", job(func(j *store.Job) { j.Connector += "c" })},
		{`has the connector "a\x00": it`, job(func(j *store.Job) { j.Connector = "a\x00" })},
		{"has a key of 257 bytes: it must be at most 256", job(func(j *store.Job) { j.Key += "k" })},
		{"it must be at most 8388608", job(func(j *store.Job) { j.Payload = make([]byte, 8<<20+1) })},
		{"", store.Batch{Acks: []store.Lease{lease}, Nacks: []store.Nack{{Lease: other}}}},
		{"twice", store.Batch{Acks: []store.Lease{lease}, Nacks: []store.Nack{{Lease: lease}}}},
		{"twice", store.Batch{Acks: []store.Lease{lease, {ID: id, Token: 2}}}},
		{"the delay -1ns", store.Batch{Nacks: []store.Nack{{Lease: lease, Delay: -1}}}},
	} {
		got := ""
		if err := test.batch.CheckJobs(); err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("the error is %.200q and should say %q", got, test.want)
		}
	}
}

func TestCheckLease(t *testing.T) {
	for _, test := range []struct {
		n    int
		ttl  time.Duration
		want string
	}{
		{1, 1, ""},
		{0, 1, "lease jobs: 0 jobs are not positive"},
		{1, 0, "lease jobs: the time to live 0s is not positive"},
	} {
		got := ""
		if err := store.CheckLease(test.n, test.ttl); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%d for %s: the error is %q, not %q", test.n, test.ttl, got, test.want)
		}
	}
}
