package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/audit"
	"github.com/krosyn/gateway/bulk"
	"github.com/krosyn/gateway/event"
)

// bulkRequest is the request to retry many events. What is absent selects or bounds nothing.
type bulkRequest struct {
	Connector string `json:"connector,omitempty"`
	// Since and Until are written as for a list of events.
	Since     string     `json:"since,omitempty"`
	Until     string     `json:"until,omitempty"`
	ErrorCode event.Code `json:"error_code,omitempty"`
	Limit     *int       `json:"limit,omitempty"`
	Rate      *float64   `json:"rate,omitempty"`
	DryRun    bool       `json:"dry_run,omitempty"`
}

// maxKey is the longest Idempotency-Key.
const maxKey = 255

func retryEvents(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	var asked bulkRequest
	err := readBody(w, r, &asked, "connector", "since", "until", "error_code", "limit", "rate", "dry_run")
	if err != nil {
		return err
	}
	request, err := asked.read(r.Header.Values("Idempotency-Key"), time.Now())
	if err != nil {
		return err
	}
	if asked.Connector != "" {
		if _, ok := gateway.Connector(asked.Connector); !ok {
			return failed(app.ErrUnknownConnector)
		}
	}
	unhurried(w)
	if asked.DryRun {
		count, err := gateway.Jobs().Count(r.Context(), request.Selection)
		if err != nil {
			return jobFailed(err)
		}
		return write(w, http.StatusOK, struct {
			Count int `json:"count"`
		}{count})
	}
	job, made, err := gateway.Jobs().Create(r.Context(), request)
	if err != nil {
		return jobFailed(err)
	}
	if made {
		changed(r, gateway, audit.EventsRetry, "jobs/"+job.ID, nil, struct {
			bulkRequest
			Total int `json:"total"`
		}{asked, job.Total})
	}
	w.Header().Set("Location", "/krosyn/jobs/"+job.ID)
	return write(w, http.StatusAccepted, job)
}

func (asked *bulkRequest) read(keys []string, now time.Time) (request bulk.Request, err error) {
	request.Connector, request.Code = asked.Connector, asked.ErrorCode
	if request.Since, err = bound("since", asked.Since, now); err != nil {
		return request, err
	}
	if request.Until, err = bound("until", asked.Until, now); err != nil {
		return request, err
	}
	if asked.ErrorCode != "" && !slices.Contains(event.Codes, asked.ErrorCode) {
		return request, badRequest("error_code %q is none of %s", asked.ErrorCode, words(event.Codes))
	}
	if asked.Limit != nil {
		if request.Limit = *asked.Limit; request.Limit < 1 || request.Limit > bulk.MaxEvents {
			return request, badRequest("limit %d is not a number from 1 to %d", request.Limit, bulk.MaxEvents)
		}
	}
	if asked.Rate != nil {
		const slowest = 0.01
		if request.Rate = *asked.Rate; request.Rate < slowest || request.Rate > bulk.MaxRate {
			return request, badRequest("rate %v is not a number of events per second from %v to %d", request.Rate, slowest,
				bulk.MaxRate)
		}
	}
	if len(keys) == 0 {
		return request, nil
	}
	if request.Key = keys[0]; len(keys) > 1 || request.Key == "" || len(request.Key) > maxKey {
		return request, badRequest("Idempotency-Key is one header of 1 to %d characters", maxKey)
	}
	text, err := json.Marshal(asked)
	request.Asked = string(text)
	return request, err
}

func listJobs(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	list, err := gateway.Jobs().List(r.Context())
	if err != nil {
		return jobFailed(err)
	}
	return write(w, http.StatusOK, struct {
		Jobs []bulk.Job `json:"jobs"`
	}{list})
}

func showJob(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	job, err := gateway.Jobs().Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return jobFailed(err)
	}
	return write(w, http.StatusOK, job)
}

// cancelJob answers with the job as it is then, so that whoever cancels one that has just ended sees so.
func cancelJob(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	job, canceled, err := gateway.Jobs().Cancel(r.Context(), r.PathValue("id"))
	if err != nil {
		return jobFailed(err)
	}
	if canceled {
		changed(r, gateway, audit.JobCancel, "jobs/"+job.ID, nil, job)
	}
	return write(w, http.StatusOK, job)
}

// jobFailed answers an error of the jobs. The texts of these say what to do.
func jobFailed(err error) error {
	switch {
	case errors.Is(err, bulk.ErrNoState):
		return fail(http.StatusNotImplemented, err)
	case errors.Is(err, bulk.ErrKeyTaken), errors.Is(err, bulk.ErrTooMany):
		return fail(http.StatusConflict, err)
	}
	return failed(err)
}
