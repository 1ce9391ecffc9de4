package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestPageNotify runs the page's first configuration with a connector that fails four times: the notice of the last
// three is as the page has it.
func TestPageNotify(t *testing.T) {
	to := newTarget(t)
	var config, notice string
	for _, b := range blocksOf(t, "docs/notify.md") {
		switch {
		case b.language == "json":
			notice = b.text
		case config == "":
			config = b.text
		}
	}
	const failed = "notify failed via alerts"
	config = strings.Replace(onThisMachine(config, to.URL), failed, failed+" every 300ms", 1)
	config = strings.Replace(config, "connector alerts {", `connector orders {
			auth none
			perform POST http://`+freeAddress(t)+` {
				retry 3 {
					backoff 1ms 1ms
				}
			}
		}
		connector alerts {`, 1)
	g := start(t, config, "SLACK_PATH=T00/B00/of-the-chat")
	g.fail("orders", 1)
	told := func(n int) (latest *reply) {
		g.wait(fmt.Sprintf("notice %d", n), func() bool {
			latest = g.get("/krosyn/events?connector=alerts")
			events, _ := latest.json("events").([]any)
			return len(events) == n
		})
		return latest
	}
	told(1)
	g.fail("orders", 3)
	id, _ := told(2).json("events", 0, "id").(string)
	payload, err := json.Marshal(g.get("/krosyn/events/" + id).json("payload"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal([]byte(notice), &want), json.Unmarshal(payload, &got)); err != nil {
		t.Fatal(err)
	}
	if err := make(names).compareJSON("the notice", want, got); err != nil {
		t.Errorf("%v\n%s", err, payload)
	}
}
