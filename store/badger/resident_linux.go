package badger

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// valuesResident is from how much memory of mapped files on that of the values is given back, and tablesResident from
// how much on that of the tables, too: these are read again and again.
const (
	valuesResident = 96 << 20
	tablesResident = 160 << 20
)

// watchResident keeps the process small, by the count of those who look at it from outside. Badger maps its files into
// memory for as long as they are open, and every page that is written or read stays there until the system is short of
// memory: at 4,000 events a second that is 13 MB more each second.
func (d *database) watchResident(ctx context.Context) {
	const interval = time.Second
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// Where the system cannot tell or does not take it, memory is as it is without this.
		for _, files := range []struct {
			suffix string
			above  int64
		}{{".vlog", valuesResident}, {".sst", tablesResident}} {
			if resident, err := residentFiles(); err == nil && resident > files.above {
				_ = giveBack(d.path, files.suffix)
			}
		}
	}
}

// residentFiles is how much of the process's memory is that of files, in bytes: proc_pid_statm(5).
func residentFiles() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 3 {
		return 0, errors.New("/proc/self/statm is not as expected")
	}
	pages, err := strconv.ParseInt(fields[2], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// giveBack has the system take back the pages of a directory's files with that suffix. Whatever is needed again is read
// from the file. MADV_PAGEOUT changes nothing that can be read: should a file be closed at this moment, and something else
// be at its address, that is slower for once. MADV_DONTNEED would be faster and empty it.
func giveBack(directory, suffix string) error {
	mapped, err := mappedFiles(directory, suffix)
	for _, m := range mapped {
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, unix.MADV_PAGEOUT); errno != 0 {
			err = errors.Join(err, fmt.Errorf("give memory back: %w", errno))
		}
	}
	return err
}

// mapping is where a part of a file is in memory.
type mapping struct{ start, end uintptr }

// mappedFiles finds where the files of a directory with that suffix are: proc_pid_maps(5).
func mappedFiles(directory, suffix string) ([]mapping, error) {
	directory, err := filepath.Abs(directory)
	if err == nil {
		directory, err = filepath.EvalSymlinks(directory)
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var mapped []mapping
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if m, ok := parseMapping(lines.Bytes(), directory, suffix); ok {
			mapped = append(mapped, m)
		}
	}
	return mapped, lines.Err()
}

// parseMapping reads a line: addresses, permissions, offset, device, inode, path.
func parseMapping(line []byte, directory, suffix string) (m mapping, ok bool) {
	name, found := bytes.CutPrefix(line[max(0, bytes.IndexByte(line, '/')):], []byte(directory+"/"))
	if !found || bytes.IndexByte(name, '/') >= 0 || !bytes.HasSuffix(name, []byte(suffix)) {
		return mapping{}, false
	}
	addresses, _, _ := strings.Cut(string(line), " ")
	first, last, _ := strings.Cut(addresses, "-")
	start, err := strconv.ParseUint(first, 16, 64)
	if err != nil {
		return mapping{}, false
	}
	end, err := strconv.ParseUint(last, 16, 64)
	if err != nil || end <= start {
		return mapping{}, false
	}
	return mapping{uintptr(start), uintptr(end)}, true
}
