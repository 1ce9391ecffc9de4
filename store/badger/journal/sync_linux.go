package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Supported tells that what a program writes to a file's map is written by a sync of the file, too, by whatever
// descriptor: Durable needs that.
const Supported = true

// syncData syncs what a file has, and of what is known about it only what is needed to read that.
func syncData(file *os.File) error {
	for {
		err := unix.Fdatasync(int(file.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

// allocate gives a file its length and its space on the disk, so that no write to it can fail for the lack of it.
func allocate(file *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(file.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return fill(file, size)
		default:
			return os.NewSyscallError("fallocate", err)
		}
	}
}

func isNoSpace(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
