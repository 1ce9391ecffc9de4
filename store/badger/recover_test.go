package badger

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/badger/journal"
	"github.com/krosyn/gateway/store/storetest"
)

func journaledConfig(t testing.TB) config {
	t.Helper()
	if !journal.Supported {
		t.Skip("there is no journal on this system")
	}
	c := testConfig(t)
	c.sync = true
	return c
}

// copyFiles copies the files of a directory whose names match a pattern, or do not.
func copyFiles(t testing.TB, from, to, pattern string, matches bool) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if match, err := filepath.Match(pattern, entry.Name()); err != nil || match != matches {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, entry.Name()), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const journalFiles = "*.journal"

// TestPowerLoss has the power fail after random changes, with the files of Badger as they were at some moment before:
// all that was acknowledged is there, as it was last.
func TestPowerLoss(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := &powerLoss{
				t: t, rand: rand.New(rand.NewPCG(seed, 0)),
				events: make(map[event.ID]*event.Event), claims: make(map[string]store.Entry),
			}
			p.run()
		})
	}
}

// powerLoss is a store, with what it has acknowledged.
type powerLoss struct {
	t      *testing.T
	rand   *rand.Rand
	d      *database
	events map[event.ID]*event.Event
	claims map[string]store.Entry
}

func (p *powerLoss) run() {
	c := journaledConfig(p.t)
	if p.rand.IntN(2) == 0 {
		c.encryptionKey = []byte("0123456789abcdef")
	}
	p.d = openTest(p.t, c)
	after := c
	after.path = p.t.TempDir()
	steps := 1 + p.rand.IntN(100)
	durable := p.rand.IntN(steps)
	for step := range steps {
		if step == durable {
			copyFiles(p.t, c.path, after.path, journalFiles, false)
		}
		var err error
		switch p.rand.IntN(4) {
		case 0, 1:
			err = p.put()
		case 2:
			err = p.claim()
		case 3:
			err = p.sweep()
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	copyFiles(p.t, c.path, after.path, journalFiles, true)
	p.check(openTest(p.t, after))
}

// put puts a new event, or one that is pending again.
func (p *powerLoss) put() error {
	e := storetest.NewEvent("orders", event.Statuses[p.rand.IntN(4)])
	e.Payload = []byte(`"` + strings.Repeat("x", p.rand.IntN(3000)) + `"`)
	for id, old := range p.events {
		if old.Status == event.Pending && p.rand.IntN(2) == 0 {
			e.ID = id
			break
		}
	}
	p.events[e.ID] = e
	return p.d.Put(p.t.Context(), e)
}

// claim makes an entry of State, or deletes it.
func (p *powerLoss) claim() (err error) {
	name := string(rune('a' + p.rand.IntN(4)))
	if old, there := p.claims[name]; there {
		delete(p.claims, name)
		return p.d.Delete(p.t.Context(), name, old.Revision)
	}
	p.claims[name], err = p.d.Create(p.t.Context(), name, []byte(name), 0)
	return err
}

// sweep deletes the oldest finished events.
func (p *powerLoss) sweep() error {
	_, err := sweepOne(p.t.Context(), p.d)
	for id := range p.events {
		if _, err := p.d.Get(p.t.Context(), id); errors.Is(err, store.ErrNotFound) {
			delete(p.events, id)
		}
	}
	return err
}

func (p *powerLoss) check(d *database) {
	for id, want := range p.events {
		got, err := d.Get(p.t.Context(), id)
		if err != nil || got.Status != want.Status || !bytes.Equal(got.Payload, want.Payload) {
			p.t.Errorf("the acknowledged %s event %s is %v, %v", want.Status, id, got, err)
		}
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		got, err := d.Load(p.t.Context(), name)
		if want, there := p.claims[name]; there && (err != nil || got.Revision != want.Revision) ||
			!there && !errors.Is(err, store.ErrNotFound) {
			p.t.Errorf("claim %s is %v, %v; want %t %v", name, got, err, there, want)
		}
	}
	counts, err := d.Count(p.t.Context(), "")
	total := int64(0)
	for _, count := range counts {
		total += count
	}
	if err != nil || total != int64(len(p.events)) {
		p.t.Errorf("the count is %v, %v, of %d events", counts, err, len(p.events))
	}
}

// crashed copies the directory of an open store, which is what a process that was killed leaves.
func crashed(t *testing.T, c config) config {
	t.Helper()
	d := openTest(t, c)
	for range 10 {
		e := storetest.NewEvent("orders", event.Completed)
		e.Payload = []byte(`"` + strings.Repeat("secret", 500) + `"`)
		if err := d.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	c.path = t.TempDir()
	copyFiles(t, d.path, c.path, "", false)
	return c
}

func wantCount(t *testing.T, d *database, want int64) {
	t.Helper()
	if counts, err := d.Count(t.Context(), ""); err != nil || counts[event.Completed] != want {
		t.Errorf("count is %v, %v, want %d", counts, err, want)
	}
}

// TestJournalAfterChange opens what a killed process has left with another durability: its journal is replayed, and gone.
func TestJournalAfterChange(t *testing.T) {
	c := crashed(t, journaledConfig(t))
	c.sync = false
	d := openTest(t, c)
	wantCount(t, d, 10)
	if left, err := filepath.Glob(filepath.Join(c.path, journalFiles)); err != nil || len(left) > 0 {
		t.Errorf("there are still %v, %v", left, err)
	}
}

func TestJournalEncrypted(t *testing.T) {
	c := journaledConfig(t)
	c.encryptionKey = []byte("0123456789abcdef")
	c = crashed(t, c)
	for _, name := range files(t, c.path, journalFiles) {
		if bytes.Contains(read(t, name), []byte("secretsecret")) {
			t.Errorf("%s has an event in clear", name)
		}
	}
	rotated := c
	rotated.encryptionKey, rotated.previousKey = []byte("fedcba9876543210"), c.encryptionKey
	wantCount(t, openTest(t, rotated), 10)
}

func TestJournalClosed(t *testing.T) {
	c := journaledConfig(t)
	fill(t, c)
	if left, err := filepath.Glob(filepath.Join(c.path, journalFiles)); err != nil || len(left) > 0 {
		t.Errorf("a store that was closed has still %v, %v", left, err)
	}
	wantCount(t, openTest(t, c), 100)
}

func TestJournalDamaged(t *testing.T) {
	c := crashed(t, journaledConfig(t))
	for _, name := range files(t, c.path, journalFiles) {
		content := read(t, name)
		if at := bytes.Index(content, []byte("secret")); at > 0 {
			content[at] ^= 1
			write(t, name, string(content))
		}
	}
	_, err := open(c, zap.NewNop())
	wantMessage(t, err, "the journal is damaged: restore a backup")
	wantMessage(t, err, c.path)
}

// TestJournalFails has the journal's sync fail: the change is not acknowledged, nor is any after it.
func TestJournalFails(t *testing.T) {
	c := journaledConfig(t)
	var broken atomic.Bool
	c.syncFile = func(file *os.File) error {
		if broken.Load() {
			return errors.New("input/output error")
		}
		return file.Sync()
	}
	d := openTest(t, c)
	kept := storetest.NewEvent("orders", event.Completed)
	if err := d.Put(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	lost := storetest.NewEvent("orders", event.Completed)
	err := d.Put(t.Context(), lost)
	wantUnavailable(t, err)
	wantMessage(t, err, "write to "+d.path+": journal: input/output error: see to the disk, then restart")
	if _, err := d.Get(t.Context(), lost.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was not acknowledged can be read: %v", err)
	}
	broken.Store(false)
	wantUnavailable(t, d.Put(t.Context(), lost))
	wantUnavailable(t, d.Ready(t.Context()))
	if _, err := d.Get(t.Context(), kept.ID); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	c.syncFile = nil
	if _, err := openTest(t, c).Get(t.Context(), kept.ID); err != nil {
		t.Error(err)
	}
}

// TestJournalRewrite gives the space of deleted events back with a journal, too, and keeps what is not deleted.
func TestJournalRewrite(t *testing.T) {
	c := journaledConfig(t)
	d := openTest(t, c)
	if err := d.rewriteValueLog(discardRatio); !errors.Is(err, badgerdb.ErrNoRewrite) {
		t.Fatalf("rewrite of nothing: %v", err)
	}
	pending := storetest.NewEvent("orders", event.Pending)
	pending.Payload = sized(50_000)
	batch := []*event.Event{pending}
	for range 600 {
		e := storetest.NewEvent("orders", event.Completed)
		e.Payload = sized(100_000)
		if batch = append(batch, e); len(batch) == 20 {
			if err := d.Put(t.Context(), batch...); err != nil {
				t.Fatal(err)
			}
			batch = nil
		}
	}
	before := len(files(t, c.path, "*.vlog"))
	m := d.maintenance
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, err := m.delete(t.Context(), time.Now(), newestID, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if err := m.reclaim(t.Context(), true, discardRatio); err != nil {
		t.Fatal(err)
	}
	if after := len(files(t, c.path, "*.vlog")); after >= before-1 {
		t.Errorf("there are %d files of values, and were %d", after, before)
	}
	if got, err := d.Get(t.Context(), pending.ID); err != nil || !bytes.Equal(got.Payload, pending.Payload) {
		t.Errorf("what was moved is %v", err)
	}
}

// TestRewriteNotSynced has what was moved not become durable: the file it was moved from is kept, and nothing is written
// any more.
func TestRewriteNotSynced(t *testing.T) {
	c := journaledConfig(t)
	d := openTest(t, c)
	for range 30 {
		var batch []*event.Event
		for range 20 {
			e := storetest.NewEvent("orders", event.Completed)
			e.Payload = sized(100_000)
			batch = append(batch, e)
		}
		putTest(t, d, batch...)
	}
	m := d.maintenance
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, err := m.delete(t.Context(), time.Now(), newestID, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if err := m.merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := len(files(t, c.path, "*.vlog"))
	obstacle := filepath.Join(c.path, "99999.mem") // a directory cannot be synced like a file
	if err := os.Mkdir(obstacle, 0o700); err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, d.rewriteValueLog(discardRatio))
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	if after := len(files(t, c.path, "*.vlog")); after < before {
		t.Errorf("of %d files of values %d are left", before, after)
	}
	wantUnavailable(t, d.Ready(t.Context()))
}

// TestOpenWhileClosing has another process wait for a store to be closed: it finds all of it, and none of its files are
// taken away afterwards.
func TestOpenWhileClosing(t *testing.T) {
	c := journaledConfig(t)
	count := int64(0)
	for range 10 {
		d := openTest(t, c)
		for range 20 {
			e := storetest.NewEvent("orders", event.Completed)
			e.Payload = sized(60_000)
			putTest(t, d, e)
			count++
		}
		closed := make(chan error, 1)
		go func() { closed <- d.Close() }()
		next, err := open(c, zap.NewNop())
		for deadline := time.Now().Add(time.Minute); err != nil; next, err = open(c, zap.NewNop()) {
			if time.Now().After(deadline) || !strings.Contains(err.Error(), "another process has it open") {
				t.Fatal(err)
			}
		}
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		wantCounts(t, next.(*database), fmt.Sprintf("map[completed:%d failed:0 pending:0 skipped:0]", count))
		if len(files(t, c.path, "*.journal")) == 0 {
			t.Error("the journal of the next one is gone")
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzChanges reads anything as a record: it never panics, and what it reads is what was written.
func FuzzChanges(f *testing.F) {
	j := &journaled{}
	j.begin()
	j.set(badgerdb.NewEntry([]byte("key"), []byte("value")).WithMeta(3))
	j.remove([]byte("gone"))
	f.Add(j.changes)
	f.Fuzz(func(t *testing.T, record []byte) {
		again := &journaled{}
		again.begin()
		err := readChanges(record, func(entry *badgerdb.Entry) error {
			again.set(entry)
			return nil
		}, func(key []byte) error {
			again.remove(key)
			return nil
		})
		if err != nil {
			return
		}
		if len(again.changes) > len(record) { // lengths may be written longer than they need be
			t.Errorf("%q is read as %q", record, again.changes)
		}
	})
}
