package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/feed"
	"github.com/krosyn/gateway/store"
)

const (
	// heartbeat is how often a stream without events shows that it is alive, to proxies and to the client.
	heartbeat = 15 * time.Second
	// reconnect is after how many milliseconds a browser comes back when a stream has ended.
	reconnect = 1000
)

// streamEvents sends each event when it has finished, in the format of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
//
// Ids order events by their acceptance, and they finish in another order. A reader who comes back with Last-Event-ID
// gets what finished after that event, whenever it was accepted. As long as the process remembers that event, nothing
// is missing and nothing repeated. Otherwise, see catchUp.
func streamEvents(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	s, err := newStream(r, time.Now())
	if err != nil {
		return err
	}
	if s.events, err = gateway.Store(); err != nil {
		return failed(err)
	}
	watcher, missed, known, err := gateway.Feed().Watch(s.after)
	if errors.Is(err, feed.ErrTooMany) {
		return fail(http.StatusServiceUnavailable, err)
	}
	if err != nil {
		return failed(err)
	}
	defer watcher.Close()
	unhurried(w)
	var gap *gap
	if !known {
		if missed, gap, err = s.catchUp(r.Context()); err != nil {
			return failed(err)
		}
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // for nginx, which would hold the stream back
	s.to = &streamWriter{w, http.NewResponseController(w)}
	// Once the stream has begun, an error ends it, and can be told in no other way.
	_ = s.run(r.Context(), gap, missed, watcher.Events)
	return nil
}

// stream is what one reader is sent.
type stream struct {
	events  store.EventLog
	query   store.Query
	matcher *store.Matcher
	// after is the last event that the reader has seen; zero is none.
	after event.ID
	to    *streamWriter
	// sent are the events that the store had, of which some may come again from the feed.
	sent map[event.ID]bool
}

// newStream reads the filters and Last-Event-ID. Since is where a new reader begins.
func newStream(r *http.Request, now time.Time) (*stream, error) {
	asked, err := parameters(r, "connector", "status", "since", "search")
	if err != nil {
		return nil, err
	}
	s := &stream{sent: make(map[event.ID]bool)}
	if s.query, err = queryOf(asked, now); err != nil {
		return nil, err
	}
	if s.query.Status == event.Pending {
		return nil, badRequest("status %q is none of %s: a stream has events that have finished", event.Pending,
			words(slices.DeleteFunc(slices.Clone(event.Statuses), func(s event.Status) bool { return !s.Terminal() })))
	}
	if s.query.Search != "" {
		s.matcher = store.NewMatcher(s.query.Search)
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		if s.after, err = event.ParseID(last); err != nil || s.after.IsZero() {
			return nil, badRequest("Last-Event-ID %q is not the id of an event", last)
		}
	}
	return s, nil
}

// run sends what was missed and then what comes, until the reader leaves or is cut off.
func (s *stream) run(ctx context.Context, gap *gap, missed []event.Summary, live <-chan event.Summary) error {
	if err := s.to.send(fmt.Appendf(nil, "retry: %d\n\n", reconnect)); err != nil {
		return err
	}
	if gap != nil {
		if err := s.to.send(gap.message()); err != nil {
			return err
		}
	}
	for i := range missed {
		if err := s.show(ctx, &missed[i]); err != nil {
			return err
		}
	}
	idle := time.NewTicker(heartbeat)
	defer idle.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case summary, open := <-live:
			if !open {
				return s.to.send([]byte(": this stream has ended, come back with Last-Event-ID\n\n"))
			}
			if s.sent[summary.ID] {
				delete(s.sent, summary.ID)
				continue
			}
			err = s.show(ctx, &summary)
		case <-idle.C:
			err = s.to.send([]byte(": heartbeat\n\n"))
		}
		if err != nil {
			return err
		}
	}
}

// show sends an event, if the reader asked for such.
func (s *stream) show(ctx context.Context, summary *event.Summary) error {
	if s.query.Connector != "" && s.query.Connector != summary.Connector ||
		s.query.Status != "" && s.query.Status != summary.Status {
		return nil
	}
	// What the store has searched need not be searched again.
	if s.matcher != nil && !s.sent[summary.ID] {
		e, err := s.events.Get(ctx, summary.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !s.matcher.Match(e) {
			return nil
		}
	}
	var message bytes.Buffer
	fmt.Fprintf(&message, "id: %s\nevent: %s\ndata: ", summary.ID, summary.Status)
	message.Write(append(summary.AppendJSON(nil), "\n\n"...))
	return s.to.send(message.Bytes())
}

// streamWriter writes messages. A reader who takes none for as long as writeTimeout is cut off.
type streamWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *streamWriter) send(message []byte) error {
	_ = w.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := w.Write(message); err != nil {
		return err
	}
	return w.control.Flush()
}
