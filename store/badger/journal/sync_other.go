//go:build !linux

package journal

import (
	"errors"
	"os"
	"syscall"
)

// Supported tells that what a program writes to a file's map is written by a sync of the file, too, by whatever
// descriptor: Durable needs that.
const Supported = false

func syncData(file *os.File) error { return file.Sync() }

func allocate(file *os.File, size int64) error { return fill(file, size) }

func isNoSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) }

func direct(*os.File) error { return nil }
