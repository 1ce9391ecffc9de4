package admin

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const (
	// exportPage is how many events are read at a time. Between two pages nothing of the store is held.
	exportPage = 100
	// writeTimeout is how long a reader may take for one page, or one event of a stream.
	writeTimeout = 30 * time.Second
)

// exportFormats are the formats of an export with what writes them.
var exportFormats = map[string]struct {
	contentType string
	writer      func(io.Writer) eventWriter
}{
	"ndjson": {"application/x-ndjson", newNDJSON},
	"csv":    {"text/csv; charset=utf-8", newCSV},
}

// eventWriter writes events of an export.
type eventWriter interface {
	write(ctx context.Context, events store.EventLog, s *event.Summary) error
	flush() error
}

// exportEvents writes all events that a list would show, newest first.
func exportEvents(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	events, err := gateway.Store()
	if err != nil {
		return failed(err)
	}
	return export(w, r, events)
}

// export answers an export. When the store fails in the middle the connection is aborted, so that nobody takes a part
// for the whole.
func export(w http.ResponseWriter, r *http.Request, events store.EventLog) error {
	asked, err := parameters(r, append([]string{"format"}, listParameters...)...)
	if err != nil {
		return err
	}
	name := cmp.Or(asked["format"], "ndjson")
	format, ok := exportFormats[name]
	if !ok {
		return badRequest("format %q is none of ndjson, csv", name)
	}
	e := &exporter{events: events, response: http.NewResponseController(w)}
	if s := asked["limit"]; s != "" {
		if e.limit, err = strconv.Atoi(s); err != nil || e.limit < 1 {
			return badRequest("limit %q is not a number from 1 on", s)
		}
		delete(asked, "limit") // it is that of the whole export, not of a page
	}
	if e.query, err = queryOf(asked, time.Now()); err != nil {
		return err
	}
	e.query.Limit = exportPage
	unhurried(w)
	page, err := events.List(r.Context(), e.query)
	if err != nil {
		return failed(err)
	}
	w.Header().Set("Content-Type", format.contentType)
	w.Header().Set("Content-Disposition", `attachment; filename="krosyn-events.`+name+`"`)
	e.writer = format.writer(w)
	if err := e.run(r.Context(), page); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// exporter is an export under way. A limit of 0 is none.
type exporter struct {
	events   store.EventLog
	query    store.Query
	writer   eventWriter
	limit    int
	written  int
	response *http.ResponseController
}

func (e *exporter) run(ctx context.Context, page store.Page) (err error) {
	for {
		_ = e.response.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err := e.page(ctx, page.Events); err != nil {
			return err
		}
		if !page.More || e.full() {
			return nil
		}
		e.query.Before = page.Next
		if page, err = e.events.List(ctx, e.query); err != nil {
			return err
		}
	}
}

func (e *exporter) page(ctx context.Context, summaries []event.Summary) error {
	for i := range summaries {
		if e.full() {
			break
		}
		if err := e.writer.write(ctx, e.events, &summaries[i]); err != nil {
			return err
		}
		e.written++
	}
	if err := e.writer.flush(); err != nil {
		return err
	}
	if err := e.response.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

func (e *exporter) full() bool { return e.limit > 0 && e.written == e.limit }

// ndjson writes whole events, each in one line.
type ndjson struct{ encoder *json.Encoder }

func newNDJSON(w io.Writer) eventWriter {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return &ndjson{encoder}
}

func (n *ndjson) write(ctx context.Context, events store.EventLog, s *event.Summary) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e, err := events.Get(ctx, s.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // retention has removed it since the page was read
	}
	if err != nil {
		return err
	}
	return n.encoder.Encode(e)
}

func (*ndjson) flush() error { return nil }

// csvColumns are the columns of an export for tables.
var csvColumns = []string{
	"id", "connector", "endpoint", "status", "received_at", "duration_ms", "error_code", "error_message",
	"response_status", "retry_of",
}

// csvTime is how times are written everywhere else in the API.
const csvTime = "2006-01-02T15:04:05.000Z07:00"

// csvWriter writes a row for each event, below the names of the columns.
type csvWriter struct {
	*csv.Writer
	begun bool
}

func newCSV(w io.Writer) eventWriter { return &csvWriter{Writer: csv.NewWriter(w)} }

func (c *csvWriter) write(_ context.Context, _ store.EventLog, s *event.Summary) error {
	if err := c.begin(); err != nil {
		return err
	}
	row := []string{
		s.ID.String(), text(s.Connector), text(s.Endpoint), string(s.Status), s.ReceivedAt.Format(csvTime),
		strconv.FormatFloat(s.DurationMS, 'f', -1, 64), "", "", "", "",
	}
	if s.Error != nil {
		row[6], row[7] = string(s.Error.Code), text(s.Error.Message)
	}
	if s.ResponseStatus != 0 {
		row[8] = strconv.Itoa(s.ResponseStatus)
	}
	if s.RetryOf != nil {
		row[9] = s.RetryOf.String()
	}
	return c.Write(row)
}

func (c *csvWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.Write(csvColumns)
}

func (c *csvWriter) flush() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// text is a cell that a spreadsheet takes for text: one that begins as a formula does has an apostrophe before it
// (https://owasp.org/www-community/attacks/CSV_Injection). What stands in an error can come from a stranger's payload.
func text(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
