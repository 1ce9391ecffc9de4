package badger

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	badgerdb "github.com/dgraph-io/badger/v4"
)

// emptyLog is how long a file of Badger's value log is that has nothing in it: the id of the key that encrypts it, 0 for
// none, and 12 random bytes.
const emptyLog = 8 + 12

// fence puts an empty file behind the newest one of the value log, where that was closed in order.
//
// Badger reads the newest file when it opens. It takes what is not as it was written for the end of what a crash has
// left, and cuts off all that comes after it: one changed bit would take every later value along. In any other file it
// costs the value that it is in.
//
// It gives the file, for unfence; "" is that there is none.
func fence(options badgerdb.Options) (empty string, err error) {
	// Another process that has the store open is just writing to the newest one.
	unlock, err := lockDirectory(options.Dir)
	if err != nil {
		return "", nil
	}
	defer unlock()
	c, err := readContents(options.Dir)
	if c == nil || err != nil {
		return "", err
	}
	logs, err := valueLogs(options.Dir)
	if err != nil || len(logs) == 0 {
		return "", err
	}
	newest := logs[len(logs)-1]
	info, err := os.Stat(newest)
	if err != nil {
		return "", err
	}
	// One that was not closed in order is not among those that were written down, or is longer.
	if info.Size() <= emptyLog || c.Values[filepath.Base(newest)] != info.Size() {
		return "", nil
	}
	number, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(newest), ".vlog"))
	if err != nil {
		return "", fmt.Errorf("%s is no file of the store: %w", newest, err)
	}
	header := make([]byte, emptyLog)
	if _, err := rand.Read(header[8:]); err != nil {
		return "", err
	}
	empty = filepath.Join(options.Dir, fmt.Sprintf("%06d.vlog", number+1))
	return empty, replaceFile(empty, header)
}

// unfence takes the file away of a database that did not open, unless it did for another process.
func unfence(options badgerdb.Options, empty string) {
	if empty == "" {
		return
	}
	unlock, err := lockDirectory(options.Dir)
	if err != nil {
		return
	}
	defer unlock()
	_ = os.Remove(empty)
}
