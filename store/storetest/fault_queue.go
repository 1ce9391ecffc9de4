package storetest

import (
	"context"
	"time"

	"github.com/krosyn/gateway/store"
)

// Enqueue implements store.Queue, as the other methods here do what the store beneath must have.
func (f *Faulty) Enqueue(ctx context.Context, jobs ...store.Job) error {
	return f.do(func() error { return f.inner.(store.Queue).Enqueue(ctx, jobs...) })
}

// Lease implements store.Queue.
func (f *Faulty) Lease(
	ctx context.Context, n int, ttl time.Duration, limit func(connector string) int,
) ([]store.Leased, error) {
	return answer(f, func() ([]store.Leased, error) { return f.inner.(store.Queue).Lease(ctx, n, ttl, limit) })
}

// Extend implements store.Queue.
func (f *Faulty) Extend(ctx context.Context, lease store.Lease, ttl time.Duration) error {
	return f.do(func() error { return f.inner.(store.Queue).Extend(ctx, lease, ttl) })
}

// Ack implements store.Queue.
func (f *Faulty) Ack(ctx context.Context, lease store.Lease) error {
	return f.do(func() error { return f.inner.(store.Queue).Ack(ctx, lease) })
}

// Nack implements store.Queue.
func (f *Faulty) Nack(ctx context.Context, lease store.Lease, delay time.Duration) error {
	return f.do(func() error { return f.inner.(store.Queue).Nack(ctx, lease, delay) })
}

// Depth implements store.Queue.
func (f *Faulty) Depth(ctx context.Context) (store.Depth, error) {
	return answer(f, func() (store.Depth, error) { return f.inner.(store.Queue).Depth(ctx) })
}

// Interface guard
var _ store.Queue = (*Faulty)(nil)
