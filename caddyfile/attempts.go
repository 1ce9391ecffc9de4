package caddyfile

import (
	"strconv"
	"strings"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/outbound"
)

// retryBlock has the subdirectives of retry:
//
//	retry <attempts> {
//		backoff <first> <longest>
//		on      <status or class…>|never
//	}
var retryBlock = newBlock("retry", []directive[*app.Retry]{
	{name: "backoff", usage: "FIRST LONGEST", parse: parseBackoff},
	{name: "on", usage: "STATUS…", parse: parseOn},
})

// breakerBlock has the subdirective of breaker:
//
//	breaker <failures> <cooldown> {
//		ratio <share> of <attempts> within <duration>
//	}
var breakerBlock = newBlock("breaker", []directive[*app.Breaker]{
	{name: "ratio", usage: "SHARE of ATTEMPTS within DURATION", parse: parseRatio},
})

func parseRetry(l *line, p *app.Perform) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	p.Retry = new(app.Retry)
	if err := l.number(&p.Retry.Attempts, l.words[0]); err != nil {
		return err
	}
	return nested(l, retryBlock, p.Retry)
}

func parseBackoff(l *line, r *app.Retry) error {
	if err := l.count(2, 2); err != nil {
		return err
	}
	r.Backoff = new(app.Backoff)
	if err := l.duration(&r.Backoff.First, l.words[0]); err != nil {
		return err
	}
	if err := l.duration(&r.Backoff.Longest, l.words[1]); err != nil {
		return err
	}
	if r.Backoff.First > r.Backoff.Longest {
		return l.errf("backoff: the first pause, %s, is longer than the longest, %s", l.words[0], l.words[1])
	}
	return nil
}

func parseOn(l *line, r *app.Retry) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	if _, err := outbound.ParseStatusSet(l.words); err != nil {
		return l.errf("on: %w", err)
	}
	r.On = l.words
	return nil
}

func parseBreaker(l *line, p *app.Perform) error {
	if err := l.count(2, 2); err != nil {
		return err
	}
	p.Breaker = new(app.Breaker)
	if err := l.number(&p.Breaker.Failures, l.words[0]); err != nil {
		return err
	}
	if err := l.duration(&p.Breaker.Cooldown, l.words[1]); err != nil {
		return err
	}
	return nested(l, breakerBlock, p.Breaker)
}

func parseRatio(l *line, b *app.Breaker) error {
	const example = "ratio 0.5 of 20 within 1m"
	if len(l.words) != 5 || l.words[1] != "of" || l.words[3] != "within" {
		return l.errf("ratio: expected a share of so many attempts within a time, as in %s", example)
	}
	b.Ratio = new(app.BreakerRatio)
	percent, isPercent := strings.CutSuffix(l.words[0], "%")
	share, err := strconv.ParseFloat(percent, 64)
	if isPercent {
		share /= 100
	}
	if err != nil || !(share > 0 && share <= 1) {
		return l.errf("ratio: %q is no share above 0 and up to 1, such as 0.5 or 50%%", l.words[0])
	}
	b.Ratio.Share = share
	if err := l.number(&b.Ratio.Of, l.words[2]); err != nil {
		return err
	}
	return l.duration(&b.Ratio.Within, l.words[4])
}
