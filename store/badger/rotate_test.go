package badger

import (
	"bytes"
	"path/filepath"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store/storetest"
)

// TestRotateKey opens a store with a new key and the one before it, then with the new one alone.
func TestRotateKey(t *testing.T) {
	const first, second, third = "0123456789abcdef", "fedcba9876543210fedcba9876543210", "thethirdkeyof24byteslong"
	c := testConfig(t)
	open := func(key, previous string) config {
		c := c
		c.encryptionKey, c.previousKey = []byte(key), []byte(previous)
		return c
	}
	fill(t, open(first, ""))
	fill(t, open(first, third)) // a previous key that is not needed does no harm
	wantRefused(t, open(second, ""), "configure the one it was made with")
	wantRefused(t, open(second, third), "KEYREGISTRY", "configure the one it was made with")
	wantOpens(t, open(second, first), 2)
	wantOpens(t, open(second, first), 2)
	wantOpens(t, open(second, ""), 2)
	wantRefused(t, open(first, ""), "configure the one it was made with")
	fill(t, open(third, second))
	wantOpens(t, open(third, ""), 3)

	registry := filepath.Join(c.path, badgerdb.KeyRegistryFileName)
	content := read(t, registry)
	write(t, registry, string(content[:len(content)-1]))
	wantRefused(t, open(first, third), "KEYREGISTRY is damaged")
}

// TestRotateKeyOfOpenStore: whoever has it open keeps its registry.
func TestRotateKeyOfOpenStore(t *testing.T) {
	c := testConfig(t)
	c.encryptionKey = []byte("0123456789abcdef")
	openTest(t, c)
	registry := filepath.Join(c.path, badgerdb.KeyRegistryFileName)
	before := read(t, registry)
	other := c
	other.encryptionKey, other.previousKey = []byte("fedcba9876543210"), c.encryptionKey
	_, err := open(other, zap.NewNop())
	wantMessage(t, err, "another process has it open")
	if !bytes.Equal(before, read(t, registry)) {
		t.Error("the registry of an open store was written anew")
	}
}

// TestRotateKeyAfterCrash has what a crash leaves read with the key it was written with, the journal too.
func TestRotateKeyAfterCrash(t *testing.T) {
	c := testConfig(t)
	c.sync = true
	c.encryptionKey = []byte("0123456789abcdef")
	d := openTest(t, c)
	for range 100 {
		putTest(t, d, storetest.NewEvent("orders", event.Completed))
	}
	crashed := c
	crashed.path = t.TempDir()
	for _, name := range files(t, c.path, "*") {
		write(t, filepath.Join(crashed.path, filepath.Base(name)), string(read(t, name)))
	}
	crashed.encryptionKey, crashed.previousKey = []byte("fedcba9876543210"), c.encryptionKey
	wantOpens(t, crashed, 1)
	crashed.previousKey = nil
	wantOpens(t, crashed, 1)
}
