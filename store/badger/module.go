package badger

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/dustin/go-humanize"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/store"
)

func init() {
	caddy.RegisterModule(new(Badger))
}

// Badger keeps events in a directory of this machine. It is embedded: there is nothing else to install or to run, and
// only one process at a time can have the directory open.
//
// Finished events are deleted, oldest first, when they are older than `retention` or when the directory is larger than
// `max_size`. Pending events never are.
type Badger struct {
	// The directory. It is made, for the user that runs Caddy only, where it does not exist. Placeholders such as
	// `{env.STATE_DIRECTORY}` are replaced when the configuration is loaded. Default: `krosyn` in Caddy's
	// [data directory](/docs/conventions#data-directory).
	Path string `json:"path,omitempty"`

	// What an acknowledged event survives. `fsync`: a failure of the machine's power or kernel; events that arrive
	// together share one sync of the disk. `os`: the end of the process, however sudden; what the last second or so
	// brought may be lost when the machine itself fails. Default: `fsync`.
	Durability string `json:"durability,omitempty"`

	// How long finished events are kept, counted from when their request was accepted. Zero keeps them forever.
	// Default: 30 days.
	Retention *caddy.Duration `json:"retention,omitempty"`

	// How much disk space the files of the directory may take, in bytes, at least 512 MiB. They never take more: some
	// 130 MiB below it the oldest finished events are deleted, and when there is none left, or more comes than can be
	// deleted in the time, new work is refused with 503. Default: no bound.
	MaxSize int64 `json:"max_size,omitempty"`

	// The free disk space, in bytes and at least 16 MiB, under which new work is refused with 503; what was accepted
	// before is still recorded, down to half of it. Where more than that may be needed to delete events and to merge
	// files, which takes some tens of MiB, so much must be free instead: a full disk would end the process.
	// Default: 32 MiB.
	MinFree int64 `json:"min_free,omitempty"`

	// Encrypts what is written, with AES. 16, 24 or 32 bytes, as hex digits or base64; a placeholder such as
	// `{env.KROSYN_KEY}` keeps it out of the configuration. A directory that was made with a key, or without one, can
	// only be opened so. Default: no encryption.
	EncryptionKey string `json:"encryption_key,omitempty"`

	// The encryption key before that. A directory that was made with it is put under the new one when it is opened;
	// after that this can be left out. Default: none.
	PreviousEncryptionKey string `json:"previous_encryption_key,omitempty"`

	config config
}

const (
	defaultRetention = 30 * 24 * time.Hour
	defaultMinFree   = 32 << 20
	leastMinFree     = 16 << 20
	leastMaxSize     = 512 << 20

	durabilityFsync = "fsync"
	durabilityOS    = "os"
)

// CaddyModule implements caddy.Module.
func (*Badger) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "krosyn.stores.badger", New: func() caddy.Module { return new(Badger) }}
}

// Provision fills the defaults in and resolves placeholders. It opens nothing: `caddy validate` provisions too, and may
// run beside the server that has the store open.
func (b *Badger) Provision(caddy.Context) error {
	replacer := caddy.NewReplacer()
	b.config = config{
		path:    filepath.Join(caddy.AppDataDir(), "krosyn"),
		sync:    b.Durability != durabilityOS,
		maxSize: b.MaxSize, minFree: defaultMinFree, retention: defaultRetention,
	}
	if b.Path != "" {
		path, err := replacer.ReplaceOrErr(b.Path, true, true)
		if err != nil {
			return fmt.Errorf("path: %w", err)
		}
		b.config.path = path
	}
	canonical, err := canonicalPath(b.config.path)
	if err != nil {
		return fmt.Errorf("path: %w", err)
	}
	b.config.path = canonical
	if b.Retention != nil {
		b.config.retention = time.Duration(*b.Retention)
	}
	if b.MinFree != 0 {
		b.config.minFree = b.MinFree
	}
	if b.config.encryptionKey, err = resolveKey(replacer, "encryption_key", b.EncryptionKey); err != nil {
		return err
	}
	b.config.previousKey, err = resolveKey(replacer, "previous_encryption_key", b.PreviousEncryptionKey)
	return err
}

// resolveKey reads a configured key; nil is none.
func resolveKey(replacer *caddy.Replacer, name, configured string) ([]byte, error) {
	if configured == "" {
		return nil, nil
	}
	text, err := replacer.ReplaceOrErr(configured, true, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return key, nil
}

// Validate implements caddy.Validator.
func (b *Badger) Validate() error {
	switch {
	case b.Durability != "" && b.Durability != durabilityFsync && b.Durability != durabilityOS:
		return fmt.Errorf("durability is %q: it is %s or %s", b.Durability, durabilityFsync, durabilityOS)
	case b.config.retention < 0:
		return fmt.Errorf("retention is %s: it is a duration, or 0 to keep events forever", b.config.retention)
	case b.config.minFree < leastMinFree:
		return fmt.Errorf("min_free is %s: it is at least %s, because a full disk would end the process",
			humanSize(b.config.minFree), humanSize(leastMinFree))
	case b.config.maxSize != 0 && b.config.maxSize < leastMaxSize:
		return fmt.Errorf("max_size is %s: it is at least %s", humanSize(b.config.maxSize), humanSize(leastMaxSize))
	case b.config.previousKey != nil && b.config.encryptionKey == nil:
		return errors.New("there is a previous_encryption_key and no encryption_key that comes after it")
	}
	return nil
}

// Key implements store.Opener: the canonical absolute path.
func (b *Badger) Key() string { return b.config.path }

// Options implements store.Opener. A previous key is of no more account once the store is open.
func (b *Badger) Options() string {
	c := b.config
	options := fmt.Sprintf("fsync=%t retention=%s max_size=%d min_free=%d", c.sync, c.retention, c.maxSize, c.minFree)
	if c.encryptionKey != nil {
		options += " encryption_key=" + fingerprint(c.encryptionKey)
	}
	return options
}

// Open implements store.Opener.
func (b *Badger) Open(logger *zap.Logger) (store.Store, error) { return open(b.config, logger) }

// canonicalPath is the absolute path without symbolic links, as far as it exists.
func canonicalPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for existing := path; ; existing = filepath.Dir(existing) {
		resolved, err := filepath.EvalSymlinks(existing)
		if err == nil {
			return filepath.Join(resolved, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || existing == filepath.Dir(existing) {
			return "", err
		}
		rest = filepath.Join(filepath.Base(existing), rest)
	}
}

// parseKey reads a key of 16, 24 or 32 bytes. Its length in digits tells hex from base64.
func parseKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		key, err := decode(text)
		if err == nil && (len(key) == 16 || len(key) == 24 || len(key) == 32) {
			return key, nil
		}
	}
	// The text is a secret, so the error does not show it.
	return nil, errors.New("it is not 16, 24 or 32 bytes in hex or base64: make one with `openssl rand -hex 32`")
}

// fingerprintKey makes fingerprints of no use outside of this process.
var fingerprintKey = func() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return key
}()

// fingerprint tells whether two secrets are equal without telling what they are.
func fingerprint(secret []byte) string {
	mac := hmac.New(sha256.New, fingerprintKey)
	mac.Write(secret)
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

func humanSize(bytes int64) string {
	if bytes < 0 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return humanize.IBytes(uint64(bytes))
}

// Interface guards
var (
	_ caddy.Provisioner = (*Badger)(nil)
	_ caddy.Validator   = (*Badger)(nil)
	_ store.Opener      = (*Badger)(nil)
)
