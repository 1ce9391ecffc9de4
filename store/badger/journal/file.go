package journal

import (
	"errors"
	"os"
	"runtime"
	"unsafe"
)

// fill gives a file its length where the file system cannot be told to.
func fill(file *os.File, size int64) error {
	zeros := make([]byte, 1<<20)
	for at := int64(0); at < size; at += int64(len(zeros)) {
		if _, err := file.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}

// syncDirectory makes durable which files a directory has.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such thing
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// newBuffer makes an empty buffer for so many bytes that begins where a block of memory does, as direct asks for.
func newBuffer(size int64) []byte {
	memory := make([]byte, size+blockSize)
	begin := (blockSize - int64(uintptr(unsafe.Pointer(&memory[0]))%blockSize)) % blockSize
	return memory[begin : begin : begin+size]
}
