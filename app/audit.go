package app

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/audit"
)

// Changed notes a change that the admin API has made: in the audit, which the store keeps, and in the log. The change
// stands even if the store does not take its entry; then the log alone has it, as an error. Secrets are taken out.
func (a *App) Changed(ctx context.Context, e audit.Entry) {
	redactor := a.redactor()
	e.Subject, e.Reason, e.User = redactor.String(e.Subject), redactor.String(e.Reason), redactor.String(e.User)
	e.Before, e.After = redactor.JSON(e.Before), redactor.JSON(e.After)
	err := a.runtime.audit.Add(context.WithoutCancel(ctx), &e)
	fields := []zap.Field{
		zap.String("action", string(e.Action)), zap.String("subject", e.Subject), zap.String("remote", e.Remote),
		zap.String("reason", e.Reason), zap.ByteString("before", e.Before), zap.ByteString("after", e.After),
	}
	if err != nil && !errors.Is(err, audit.ErrNoState) {
		a.logger.Error("a change through the admin API is not in the audit", append(fields, zap.Error(err))...)
		return
	}
	a.logger.Info("a change through the admin API", fields...)
}

// Audit are the changes that were made through the admin API, newest first.
func (a *App) Audit() *audit.Log { return a.runtime.audit }
