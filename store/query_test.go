package store

import (
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
)

func TestQueryNormalize(t *testing.T) {
	early := event.FirstIDAt(time.UnixMilli(1))
	late := event.FirstIDAt(time.UnixMilli(2))
	for _, test := range []struct {
		name  string
		query Query
		want  Query
	}{
		{"nothing", Query{}, Query{Limit: DefaultLimit}},
		{"a cursor", Query{Before: early, Limit: 7}, Query{Until: early, Limit: 7}},
		{"a cursor within the bound", Query{Before: early, Until: late, Limit: 7}, Query{Until: early, Limit: 7}},
		{"a cursor beyond the bound", Query{Before: late, Until: early, Limit: 7}, Query{Until: early, Limit: 7}},
		{
			"the rest stays",
			Query{Connector: "c", Status: event.Failed, Since: early, Search: "s", Limit: 1},
			Query{Connector: "c", Status: event.Failed, Since: early, Search: "s", Limit: 1},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := test.query.Normalize(); err != nil || got != test.want {
				t.Errorf("%+v, %v\nand should be %+v", got, err, test.want)
			}
		})
	}
	for want, query := range map[string]Query{
		`unknown status "done": it is one of ["completed" "skipped" "failed" "pending"]`: {Status: "done"},
		"limit -1 is negative": {Limit: -1},
	} {
		if _, err := query.Normalize(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: the error is %v and should say %s", query, err, want)
		}
	}
}
