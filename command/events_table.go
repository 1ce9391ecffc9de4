package command

import (
	"fmt"
	"strconv"
	"time"

	"github.com/krosyn/gateway/event"
)

// printEvents prints events as a table.
func printEvents(out *screen, events []event.Summary) error {
	type summary = event.Summary
	var (
		id       = column[summary]{title: "ID", cell: func(e summary) string { return e.ID.String() }}
		received = column[summary]{title: "RECEIVED", cell: func(e summary) string { return moment(&e.ReceivedAt, "") }}
		age      = column[summary]{title: "AGE", cell: func(e summary) string {
			return ago(out.now().Sub(e.ReceivedAt.Time))
		}}
		connector = column[summary]{title: "CONNECTOR", least: 9, cell: func(e summary) string { return e.Connector }}
		status    = column[summary]{
			title: "STATUS", cell: func(e summary) string { return string(e.Status) },
			colour: func(e summary) colour { return colourOf(e.Status) },
		}
		answer = column[summary]{title: "HTTP", cell: func(e summary) string { return number(e.ResponseStatus) }}
		length = column[summary]{title: "TOOK", right: true, cell: func(e summary) string {
			if e.Status == event.Pending {
				return ""
			}
			return took(e.DurationMS)
		}}
		reason = column[summary]{title: "ERROR", least: 12, cell: func(e summary) string { return errorOf(&e) }}
	)
	return printTable(out, events,
		[]column[summary]{id, received, connector, status, answer, length, reason},
		[]column[summary]{id, age, connector, status, answer, length, reason},
		[]column[summary]{id, age, connector, status, reason},
	)
}

// colourOf is how a status is shown.
func colourOf(s event.Status) colour {
	switch s {
	case event.Completed:
		return green
	case event.Failed:
		return red
	case event.Pending:
		return cyan
	}
	return faint
}

// errorOf is why an event failed, in short: that a request failed its status says already.
func errorOf(e *event.Summary) string {
	switch {
	case e.Error == nil:
		return ""
	case e.Error.Code == event.CodePerformFailed && e.Error.Detail != "":
		return e.Error.Detail
	}
	return e.Error.Error()
}

// number is a number of which 0 is none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// took is a time in milliseconds for people.
func took(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1fms", ms)
	case d < time.Second:
		return fmt.Sprintf("%.0fms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return ago(d)
}

// ago is how long ago something was, in its largest unit.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(max(d, 0).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}
