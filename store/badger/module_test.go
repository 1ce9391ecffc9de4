package badger

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// load provisions and validates a module as Caddy does, up to Start.
func load(t *testing.T, config string) (*Badger, error) {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	module, err := ctx.LoadModuleByID("krosyn.stores.badger", json.RawMessage(config))
	if err != nil {
		return nil, err
	}
	return module.(*Badger), nil
}

func TestModuleDefaults(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	b, err := load(t, `{}`)
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		path: filepath.Join(caddy.AppDataDir(), "krosyn"), sync: true, retention: 30 * 24 * time.Hour, minFree: 32 << 20,
	}
	if !reflect.DeepEqual(b.config, want) {
		t.Errorf("the defaults are %+v, not %+v", b.config, want)
	}
	if _, err := os.Stat(b.Key()); !os.IsNotExist(err) {
		t.Errorf("provisioning touched the directory: %v", err)
	}
}

func TestModuleOpens(t *testing.T) {
	t.Setenv("KROSYN_TEST_KEY", strings.Repeat("0f", 32))
	directory := t.TempDir()
	t.Setenv("KROSYN_TEST_PATH", directory)
	const configuration = `{"path": "{env.KROSYN_TEST_PATH}/events", "durability": "os", "retention": 0,
		"max_size": 1073741824, "min_free": 16777216, "encryption_key": "{env.KROSYN_TEST_KEY}"}`
	b, err := load(t, configuration)
	if err != nil {
		t.Fatal(err)
	}
	if b.EncryptionKey != "{env.KROSYN_TEST_KEY}" || b.Path != "{env.KROSYN_TEST_PATH}/events" {
		t.Errorf("the configuration has what its placeholders stand for: %+v", b)
	}
	s, err := b.Open(zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := storetest.NewEvent("orders", event.Completed)
	if err := s.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	// A configuration can be validated beside the open store.
	beside, err := load(t, configuration)
	if err != nil {
		t.Fatal(err)
	}
	if beside.Key() != b.Key() || beside.Options() != b.Options() {
		t.Errorf("the same configuration has the key %s, %s and the options %s, %s",
			b.Key(), beside.Key(), b.Options(), beside.Options())
	}
	_, err = beside.Open(zap.NewNop())
	wantMessage(t, err, "if Caddy is running use `caddy reload`")
}

func TestModuleRefuses(t *testing.T) {
	t.Setenv("KROSYN_TEST_EMPTY", "")
	t.Setenv("KROSYN_TEST_SECRET", "not-a-key-but-secret")
	for config, want := range map[string]string{
		`{"durability": "never"}`:                                         `durability is "never": it is fsync or os`,
		`{"retention": -1}`:                                               "retention is -1ns: it is a duration, or 0 to keep",
		`{"min_free": 1048576}`:                                           "min_free is 1.0 MiB: it is at least 16 MiB",
		`{"min_free": -1}`:                                                "min_free is -1 bytes",
		`{"max_size": 1048576}`:                                           "max_size is 1.0 MiB: it is at least 512 MiB",
		`{"max_size": -5}`:                                                "max_size is -5 bytes",
		`{"path": "{env.KROSYN_TEST_EMPTY}"}`:                             "path: ",
		`{"path": "{http.request.host}"}`:                                 "path: unrecognized placeholder",
		`{"encryption_key": "{env.KROSYN_TEST_EMPTY}"}`:                   "encryption_key: ",
		`{"encryption_key": "{env.KROSYN_TEST_SECRET}"}`:                  "make one with `openssl rand -hex 32`",
		`{"previous_encryption_key": "{env.KROSYN_TEST_SECRET}"}`:         "previous_encryption_key: it is not 16, 24 or 32 bytes",
		`{"previous_encryption_key": "000102030405060708090a0b0c0d0e0f"}`: "and no encryption_key that comes after it",
		`{"encryption_key": "0123456789abcdef", "colour": 1}`:             "colour",
	} {
		_, err := load(t, config)
		wantMessage(t, err, want)
		if err != nil && strings.Contains(err.Error(), "not-a-key-but-secret") {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// TestKey: the same directory has the same key, however it is written.
func TestKey(t *testing.T) {
	directory, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(directory)
	if err := os.Symlink(directory, filepath.Join(directory, "link")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"events/store", "./events/../events/store/", filepath.Join(directory, "events", "store"), "link/events/store",
		"link/link/events/store",
	} {
		b, err := load(t, `{"path": "`+path+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(directory, "events", "store"); b.Key() != want {
			t.Errorf("the key of %s is %s, not %s", path, b.Key(), want)
		}
	}
}

func TestOptionsDiffer(t *testing.T) {
	options := make(map[string]string)
	for _, config := range []string{
		`{}`, `{"durability": "os"}`, `{"retention": 0}`, `{"max_size": 1073741824}`, `{"min_free": 67108864}`,
		`{"encryption_key": "000102030405060708090a0b0c0d0e0f"}`, `{"encryption_key": "000102030405060708090a0b0c0d0e00"}`,
	} {
		b, err := load(t, config)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := options[b.Options()]; ok {
			t.Errorf("%s and %s have the same options", config, other)
		}
		options[b.Options()] = config
		if strings.Contains(b.Options(), "000102") {
			t.Errorf("the options show the key: %s", b.Options())
		}
	}
}

func TestParseKey(t *testing.T) {
	for text, want := range map[string]int{
		"000102030405060708090a0b0c0d0e0f":             16,
		"000102030405060708090A0B0C0D0E0F":             16,
		strings.Repeat("0f", 24):                       24,
		strings.Repeat("0f", 32):                       32,
		"AAECAwQFBgcICQoLDA0ODw==":                     16,
		"AAECAwQFBgcICQoLDA0ODw":                       16,
		"  AAECAwQFBgcICQoLDA0ODw\n":                   16,
		"__________________________________________8=": 32,
		"":                               0,
		"0123456789abcdef":               0,
		strings.Repeat("0f", 20):         0,
		"correct horse battery staple !": 0,
	} {
		key, err := parseKey(text)
		if len(key) != want || (err == nil) != (want > 0) {
			t.Errorf("%q is a key of %d bytes, %v, not %d", text, len(key), err, want)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("000102030405060708090a0b0c0d0e0f")
	f.Add("AAECAwQFBgcICQoLDA0ODw==")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parseKey(text)
		if n := len(key); err == nil && n != 16 && n != 24 && n != 32 {
			t.Errorf("%q is a key of %d bytes", text, n)
		}
	})
}

// Interface guard: what other rooms ask of the module.
var _ interface {
	caddy.Module
	store.Opener
} = (*Badger)(nil)
