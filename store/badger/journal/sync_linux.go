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

// direct has what is written to a new file go to the disk as it is, where the file system can: it is not read again, so
// the kernel need not keep it, and a sync has less to do (a third less of a processor's time, ext4, 28 KB). All writes
// are of whole blocks then, from a buffer that newBuffer made.
func direct(file *os.File) error {
	flags, err := unix.FcntlInt(file.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	if _, err := unix.FcntlInt(file.Fd(), unix.F_SETFL, flags|unix.O_DIRECT); err != nil {
		return nil //nolint:nilerr // without it, it works as well
	}
	// Some agree, and refuse the writes.
	_, err = file.WriteAt(newBuffer(blockSize)[:blockSize], 0)
	if errors.Is(err, unix.EINVAL) {
		_, err = unix.FcntlInt(file.Fd(), unix.F_SETFL, flags)
	}
	return err
}
