package integration

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// listener reads a stream of the admin API in the background.
type listener struct {
	response *http.Response
	ended    chan struct{}

	mu   sync.Mutex
	ids  []string
	data []string
}

func (g *gateway) listen(parameters, after string) *listener {
	g.t.Helper()
	ctx, cancel := context.WithCancel(g.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.admin+"/krosyn/events/stream?"+parameters, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		g.t.Fatalf("a stream: %d %v", resp.StatusCode, resp.Header)
	}
	l := &listener{response: resp, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			l.mu.Lock()
			if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				l.ids = append(l.ids, id)
			} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				l.data = append(l.data, data)
			}
			l.mu.Unlock()
		}
	}()
	g.t.Cleanup(func() {
		cancel()
		<-l.ended
		_ = resp.Body.Close()
	})
	return l
}

func (l *listener) seen() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.ids)
}

func (l *listener) hasEnded() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// TestStream follows events live, over a reload, a restart and a crash: none is missing.
func TestStream(t *testing.T) {
	to := newTarget(t)
	dead := "http://" + freeAddress(t)
	config := bulkConfigFor(to.URL) // others goes nowhere
	config = strings.Replace(config, "perform POST "+to.URL+"/others", "perform POST "+dead, 1)
	g := start(t, config)
	var sent []string
	trigger := func(connector string) string {
		t.Helper()
		r := g.post("/api/v1/connectors/"+connector+"/trigger", `{"word":"Übung"}`)
		id, _ := r.json("event_id").(string)
		if id == "" {
			t.Fatalf("%d %s", r.status, r.text)
		}
		sent = append(sent, id)
		return id
	}
	all, failed, searched := g.listen("", ""), g.listen("status=failed&connector=others", ""), g.listen("search=%C3%9CBUNG", "")
	for range 5 {
		trigger("orders")
	}
	bad := trigger("others")
	g.wait("six events", func() bool { return len(all.seen()) == 6 && len(searched.seen()) == 6 && len(failed.seen()) == 1 })
	if !slices.Equal(all.seen(), sent) || failed.seen()[0] != bad || !strings.Contains(failed.data[0], `"status":"failed"`) {
		t.Errorf("%v, %v; sent %v", all.seen(), failed.seen(), sent)
	}

	// A reload ends the stream, and whoever comes back misses nothing.
	if out, err := g.reload(strings.Replace(config, "connector orders {", "connector orders {\n description changed", 1)); err != nil {
		t.Fatal(err, out)
	}
	g.wait("the stream to end", all.hasEnded)
	for range 3 {
		trigger("orders")
	}
	again := g.listen("", sent[5])
	g.wait("three events", func() bool { return len(again.seen()) == 3 })
	trigger("orders")
	g.wait("a fourth event", func() bool { return slices.Equal(again.seen(), sent[6:]) })

	// A crash: what is remembered is gone, and the store has it.
	g.kill()
	g.wait("the stream to end", again.hasEnded)
	g.run(config)
	trigger("orders")
	back := g.listen("connector=orders", sent[7])
	g.wait("what was missed", func() bool { return slices.Contains(back.seen(), sent[len(sent)-1]) })
	for _, id := range sent[8:] {
		if !slices.Contains(back.seen(), id) {
			t.Errorf("event %s is missing of %v", id, back.seen())
		}
	}
	since := g.listen("since=1h&status=failed", "")
	g.wait("the failed event of before", func() bool { return slices.Equal(since.seen(), []string{bad}) })

	for parameters, header := range map[string]string{"status=pending": "", "until=1h": "", "": "Last-Event-ID: x"} {
		headers := []string{}
		if header != "" {
			headers = append(headers, header)
		}
		if r := g.ask(http.MethodGet, "/krosyn/events/stream?"+parameters, "", headers...); r.status != http.StatusBadRequest {
			t.Errorf("%s %s: %d %s", parameters, header, r.status, r.text)
		}
	}
	g.stop() // which no stream holds up
	if !back.hasEnded() {
		t.Error("a stream goes on without a gateway")
	}
}

// TestExport writes all events in both formats, with the filters of the list.
func TestExport(t *testing.T) {
	to := newTarget(t)
	g := start(t, bulkConfigFor(to.URL))
	for i := range 130 {
		g.post("/api/v1/connectors/orders/trigger", fmt.Sprintf(`{"n": %d}`, i))
	}
	g.post("/api/v1/connectors/others/trigger", `{}`)
	r := g.get("/krosyn/events/export")
	lines := strings.Split(strings.TrimSuffix(r.text, "\n"), "\n")
	if r.status != http.StatusOK || len(lines) != 131 || !strings.Contains(lines[1], `"payload":{"n":129}`) {
		t.Errorf("%d, %d lines, the second is %s", r.status, len(lines), lines[min(1, len(lines)-1)])
	}
	r = g.get("/krosyn/events/export?format=csv&connector=orders&since=" + url.QueryEscape("1h"))
	rows, err := csv.NewReader(strings.NewReader(r.text)).ReadAll()
	if err != nil || len(rows) != 131 || rows[0][9] != "retry_of" || rows[1][1] != "orders" || rows[1][8] != "200" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if disposition := r.header.Get("Content-Disposition"); !strings.Contains(disposition, "krosyn-events.csv") {
		t.Errorf("%q", disposition)
	}
	for _, parameters := range []string{"format=xml", "limit=0", "status=x", "colour=red"} {
		if r := g.get("/krosyn/events/export?" + parameters); r.status != http.StatusBadRequest || r.json("error") == nil {
			t.Errorf("%s: %d %s", parameters, r.status, r.text)
		}
	}
}
