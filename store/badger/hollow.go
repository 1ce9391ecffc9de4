package badger

import (
	"os"
	"path/filepath"
)

// removeHollow removes the files of Badger's logs that are empty, which it would fail to open. A crash leaves them in
// the moment between the making of one and its growing to its first size, and between the emptying of one that is done
// with and its removal. Nothing is lost with them.
func removeHollow(path string) error {
	var hollow []string
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		logs, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return err
		}
		for _, log := range logs {
			if info, err := os.Stat(log); err == nil && info.Size() == 0 {
				hollow = append(hollow, log)
			}
		}
	}
	if len(hollow) == 0 {
		return nil
	}
	// Another process that has the store open may be just making or removing them.
	unlock, err := lockDirectory(path)
	if err != nil {
		return nil // Badger, which cannot have it either, says who has it
	}
	defer unlock()
	for _, log := range hollow {
		if info, err := os.Stat(log); err != nil || info.Size() > 0 {
			continue
		}
		if err := os.Remove(log); err != nil {
			return err
		}
	}
	return nil
}
