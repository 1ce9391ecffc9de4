//go:build linux || darwin || freebsd

package badger

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// diskFree is the space that an ordinary user can still take on the file system of path, in bytes.
func diskFree(path string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, err
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// diskUsed is the space that a file takes, in bytes: Badger's logs are sparse, so their length says little.
func diskUsed(info fs.FileInfo) int64 {
	const blockSize = 512 // POSIX leaves the unit of st_blocks open; all of these systems use this one
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int64(stat.Blocks) * blockSize
	}
	return info.Size()
}

// syncDirectory makes the names in a directory durable.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
