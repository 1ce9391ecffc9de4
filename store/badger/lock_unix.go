//go:build linux || darwin || freebsd

package badger

import (
	"os"
	"syscall"
)

// lockDirectory takes the lock that Badger holds on the directory of an open store, unless somebody has it.
func lockDirectory(path string) (unlock func(), err error) {
	directory, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = directory.Close() }
	if err := syscall.Flock(int(directory.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}
