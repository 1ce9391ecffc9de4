package badger

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

// diskFree is the space that the user can still take on the volume of path, in bytes.
func diskFree(path string) (int64, error) {
	directory, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(directory, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(free), nil
}

// diskUsed is the length of a file, in bytes.
func diskUsed(info fs.FileInfo) int64 { return info.Size() }

// syncDirectory does nothing: names are as durable as this system makes them.
func syncDirectory(string) error { return nil }
