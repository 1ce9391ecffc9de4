package badger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	badgerdb "github.com/dgraph-io/badger/v4"
)

const (
	// contentsFile is the file that has the contents of a directory.
	contentsFile = "CONTENTS"

	// maxContents bounds what is read of it, in bytes: it has about 30 for 16 MiB of values.
	maxContents = 64 << 20

	// beginning is how much of a file tells it from another one that took its place, in bytes. It is in the header of
	// the manifest's first record, or the random beginning of the key registry.
	beginning = 16
)

// contents is what must be in a directory at least, written down from time to time. Badger takes a file that was cut
// short for one whose end was never written, as after a crash: a manifest without its end for a smaller database, whose
// further tables it deletes. What was written down was on the disk before that, so no crash takes it away.
type contents struct {
	// Manifest and Registry only grow, unless they are replaced as a whole.
	Manifest sealed `json:"manifest"`
	Registry sealed `json:"registry"`
	// Values are the lengths of the value log's files that are not written to any more.
	Values map[string]int64 `json:"values"`
}

// sealed is the part of a file that never changes.
type sealed struct {
	// Begins are its first bytes, in hex.
	Begins string `json:"begins"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// takeContents looks at the directory of a database that is open, or was closed in order. What it finds is on the disk
// when it returns, apart from what it knew before.
func takeContents(options badgerdb.Options, open bool, before *contents) (*contents, error) {
	c := &contents{Values: make(map[string]int64)}
	manifest, err := readSynced(filepath.Join(options.Dir, badgerdb.ManifestFilename))
	if err != nil {
		return nil, err
	}
	whole, err := wholeRecords(manifest)
	if err != nil {
		return nil, err
	}
	registry, err := readSynced(filepath.Join(options.Dir, badgerdb.KeyRegistryFileName))
	if err != nil {
		return nil, err
	}
	c.Manifest, c.Registry = seal(manifest[:whole]), seal(registry)
	logs, err := valueLogs(options.Dir)
	if err != nil {
		return nil, err
	}
	if open && len(logs) > 0 {
		logs = logs[:len(logs)-1]
	}
	for _, log := range logs {
		name := filepath.Base(log)
		if before == nil || before.Values[name] == 0 {
			if err := syncFile(log); err != nil {
				return nil, err
			}
		}
		// It may have been removed by now, or be about to be.
		if info, err := os.Stat(log); err == nil && info.Size() > 0 {
			c.Values[name] = info.Size()
		}
	}
	return c, nil
}

// valueLogs are the files of the value log of a directory, in their order.
func valueLogs(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	var logs []string
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) == ".vlog" {
			logs = append(logs, filepath.Join(path, entry.Name()))
		}
	}
	// Numbers have six digits, or more.
	slices.SortFunc(logs, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
	return logs, err
}

func readSynced(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err == nil {
		err = file.Sync()
	}
	return content, err
}

func seal(content []byte) sealed {
	digest := sha256.Sum256(content)
	return sealed{
		Begins: hex.EncodeToString(content[:min(beginning, len(content))]), Size: int64(len(content)),
		SHA256: hex.EncodeToString(digest[:]),
	}
}

// keepContents writes the contents of a database down, when they are not what was written before.
func keepContents(options badgerdb.Options, open bool, before *contents) (after *contents, err error) {
	after, err = takeContents(options, open, before)
	if err == nil && (before == nil || !after.equal(before)) {
		err = after.write(filepath.Join(options.Dir, contentsFile))
	}
	if err != nil {
		return before, fmt.Errorf("write down what is in %s: %w", options.Dir, err)
	}
	return after, nil
}

func (c *contents) equal(other *contents) bool {
	return c.Manifest == other.Manifest && c.Registry == other.Registry && maps.Equal(c.Values, other.Values)
}

func (c *contents) write(path string) error {
	text, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		return err
	}
	return replaceFile(path, text)
}

// replaceFile replaces a file as a whole: after a crash it is the old one or the new one.
func replaceFile(path string, content []byte) error {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// checkContents tells what a directory has lost of what was written down.
func checkContents(options badgerdb.Options) error {
	// While another process has it open, the files change; Badger says who has it.
	unlock, err := lockDirectory(options.Dir)
	if err != nil {
		return nil
	}
	defer unlock()
	if err := checkManifest(filepath.Join(options.Dir, badgerdb.ManifestFilename)); err != nil {
		return err
	}
	c, err := readContents(options.Dir)
	if c == nil || err != nil {
		return err
	}
	return c.check(options.Dir)
}

// readContents reads what was written down; nil is that nothing was.
func readContents(directory string) (*contents, error) {
	path := filepath.Join(directory, contentsFile)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	c := new(contents)
	if err := json.NewDecoder(io.LimitReader(file, maxContents)).Decode(c); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): without it the store opens, and is not checked for files that were cut short",
			path, err)
	}
	return c, nil
}

// check tells which file of a directory is less than it was.
func (c *contents) check(path string) error {
	for name, sealed := range map[string]sealed{
		badgerdb.ManifestFilename: c.Manifest, badgerdb.KeyRegistryFileName: c.Registry,
	} {
		content, err := os.ReadFile(filepath.Join(path, name))
		if err != nil {
			return fmt.Errorf("it has lost a file: %w", err)
		}
		if err := sealed.check(content); err != nil {
			return fmt.Errorf("%s is damaged: %w", filepath.Join(path, name), err)
		}
	}
	for name, size := range c.Values {
		// One that is done with is first emptied and then removed.
		info, err := os.Stat(filepath.Join(path, filepath.Base(name)))
		if err == nil && info.Size() > 0 && info.Size() < size {
			return fmt.Errorf("%s is damaged: it has %d bytes of %d", filepath.Join(path, name), info.Size(), size)
		}
	}
	return nil
}

func (s sealed) check(content []byte) error {
	now := seal(content)
	switch {
	case s.Size < 0 || int64(len(content)) < min(s.Size, beginning):
		return fmt.Errorf("it has %d bytes of %d", len(content), s.Size)
	case now.Begins != s.Begins:
		return nil // it was replaced as a whole
	case int64(len(content)) < s.Size:
		return fmt.Errorf("it has %d bytes of %d", len(content), s.Size)
	case seal(content[:s.Size]).SHA256 != s.SHA256:
		return fmt.Errorf("its first %d bytes have changed", s.Size)
	}
	return nil
}
