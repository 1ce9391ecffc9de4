// Package badger is the embedded store: it keeps events in a directory, with Badger, and needs nothing else. It is the
// Caddy module krosyn.stores.badger.
//
// It knows the contract of package store and Badger, and nothing of who writes events and who reads them.
package badger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store"
)

// database is an open store.
type database struct {
	path        string
	db          *badgerdb.DB
	counters    *counters
	schedule    *schedule
	health      *health
	journal     *journaled
	gate        *gate
	writer      *writer
	lifetime    lifetime
	backups     backups
	maintenance *maintenance
	close       func() error
}

// start makes the store of an open database.
func start(db *badgerdb.DB, config config, health *health, log *logger) (*database, error) {
	if err := replayJournal(db, config, health); err != nil {
		return nil, fmt.Errorf("replay the journal of %s: %w", config.path, err)
	}
	counters, err := loadCounters(db)
	if err != nil {
		return nil, fmt.Errorf("count the events of %s: %w", config.path, err)
	}
	schedule, err := loadSchedule(db)
	if err != nil {
		return nil, fmt.Errorf("read the queue of %s: %w", config.path, err)
	}
	known, err := loadKnown(db)
	if err != nil {
		return nil, fmt.Errorf("read the latest event of %s: %w", config.path, err)
	}
	journal, err := openJournal(config, health)
	if err != nil {
		return nil, explain(err)
	}
	gate := new(gate)
	d := &database{
		path: config.path, db: db, counters: counters, schedule: schedule, health: health, journal: journal, gate: gate,
		writer: newWriter(db, counters, health, log, journal, gate, known),
	}
	d.maintenance = &maintenance{
		d: d, sweeper: newSweeper(d), expiry: &expiry{d: d}, pace: newPace(counters, time.Now()),
		clock: newClock(known.latest, time.Now(), log.zap), log: log.zap, retention: config.retention,
	}
	d.maintenance.keepContents(true)
	health.background.Store(backgroundSpace(tableFiles(db)))
	ctx, cancel := context.WithCancel(context.Background())
	var background sync.WaitGroup
	background.Go(func() { health.watch(ctx, db) })
	background.Go(func() { d.maintenance.run(ctx) })
	background.Go(func() { d.watchResident(ctx) })
	d.close = sync.OnceValue(func() error {
		cancel()
		d.backups.close()
		background.Wait()
		d.maintenance.pace.end()
		d.lifetime.close()
		d.writer.stop()
		// The journal goes while Badger has the lock of the directory: after that it may be another process's.
		err := d.journal.close()
		if err == nil {
			err = d.dropJournal()
		}
		logs, _ := valueLogs(config.path)
		if err := errors.Join(err, db.Close()); err != nil {
			return fmt.Errorf("close the store in %s: %w", config.path, err)
		}
		d.maintenance.keepClosed(logs)
		return nil
	})
	return d, nil
}

// Ready implements store.Store.
func (d *database) Ready(context.Context) error {
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	defer d.lifetime.leave()
	return d.health.ready()
}

// Stats implements store.Store.
func (d *database) Stats(context.Context) (store.Stats, error) {
	if err := d.lifetime.enter(); err != nil {
		return store.Stats{}, err
	}
	defer d.lifetime.leave()
	size, err := directorySize(d.path)
	return store.Stats{Engine: "badger", Bytes: size, FreeBytes: d.health.free.Load()}, err
}

// Close implements store.Store.
func (d *database) Close() error { return d.close() }

// Interface guard
var _ store.Store = (*database)(nil)
