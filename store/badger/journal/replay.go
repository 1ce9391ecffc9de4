package journal

import (
	"bytes"
	"cmp"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Replay hands the records that a directory's journal has to apply, in the order in which they were appended: all that
// Append ever acknowledged and that may not be durable elsewhere, and some before. A record that a crash has cut short is
// left out when it is the last one; anything else is an error that names the file. length is that of the records, in bytes.
//
// Each segment is read with the key it was written with, of those that are given; none is no encryption. The memory of a
// record belongs to apply.
func Replay(path string, keys [][]byte, apply func(record []byte) error) (length int64, err error) {
	segments, err := live(path)
	if err != nil {
		return 0, err
	}
	for i, s := range segments {
		content, err := read(s.path)
		if err != nil {
			return length, err
		}
		seal, err := s.open(keys)
		if err != nil {
			return length, fmt.Errorf("%s: %w", s.path, err)
		}
		count, err := scan(content, &s.header, seal, func(record []byte) error {
			length += int64(len(record))
			return apply(record)
		})
		if err == nil && i+1 < len(segments) && count != segments[i+1].previous {
			err = fmt.Errorf("it has %d records of %d: %w", count, segments[i+1].previous, errDamaged)
		}
		if err != nil {
			return length, fmt.Errorf("%s: %w", s.path, err)
		}
	}
	return length, nil
}

// Size is the length of the segments that Replay reads, in bytes; 0 is that there is nothing to be replayed.
func Size(path string) (int64, error) {
	segments, err := live(path)
	size := int64(0)
	for _, s := range segments {
		size += s.size
	}
	return size, err
}

// live finds the segments that may have what is not durable elsewhere, in their order.
func live(path string) ([]*segment, error) {
	paths, err := filepath.Glob(filepath.Join(escape(path), "*"+suffix))
	if err != nil {
		return nil, err
	}
	var segments []*segment
	oldest := uint64(1)
	for _, name := range paths {
		s, err := stat(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if s != nil {
			segments = append(segments, s)
			oldest = max(oldest, s.oldest)
		}
	}
	slices.SortFunc(segments, func(a, b *segment) int { return cmp.Compare(a.sequence, b.sequence) })
	segments = slices.DeleteFunc(segments, func(s *segment) bool { return s.sequence < oldest })
	for i, s := range segments {
		if s.sequence != oldest+uint64(i) {
			return nil, fmt.Errorf("the journal in %s lacks its segment %d before %s: %w", path, oldest+uint64(i), s.path,
				errDamaged)
		}
	}
	return segments, nil
}

// stat reads the header of a segment; nil is that it was never begun.
func stat(path string) (*segment, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	begin := make([]byte, headerSize)
	_, err = io.ReadFull(file, begin)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil // a crash came between the making of it and its growing to its length
	}
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(begin)
	if h == nil || err != nil {
		return nil, err
	}
	return &segment{path: path, size: info.Size(), header: *h}, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longestSegment))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return content, nil
}

// errDamaged tells what to do with a journal that has lost something.
var errDamaged = errors.New("the journal is damaged: restore a backup, or move its files (*" + suffix +
	") away to go on without what was accepted last")

// scan reads the records of a segment and says how many there are.
func scan(content []byte, h *header, seal cipher.AEAD, apply func([]byte) error) (count uint64, err error) {
	at := blockSize
	for {
		record, next := recordAt(content, h, at)
		if record == nil || binary.BigEndian.Uint64(record[8:]) != count {
			break
		}
		body := record[recordHeader:]
		if seal != nil {
			if body, err = seal.Open(nil, nonce(count), body, record[:recordHeader-4]); err != nil {
				return count, fmt.Errorf("record %d cannot be decrypted: %w", count, errDamaged)
			}
		}
		if err := apply(body); err != nil {
			return count, fmt.Errorf("record %d: %w", count, err)
		}
		count++
		at = next
	}
	if later := laterRecord(content, h, at, count); later > 0 {
		return count, fmt.Errorf("record %d, at %d, is not as it was written, and there is one after it, at %d: %w",
			count, at, later, errDamaged)
	}
	return count, nil
}

// recordAt gives the record at a place, with its header, and where the next one is; nil is that there is none.
func recordAt(content []byte, h *header, at int) (record []byte, next int) {
	if at+recordHeader > len(content) || !bytes.Equal(content[at:at+8], h.salt[:8]) {
		return nil, 0
	}
	length := int64(binary.BigEndian.Uint32(content[at+16:]))
	if length > int64(len(content)-at-recordHeader) {
		return nil, 0
	}
	record = content[at : at+recordHeader+int(length)]
	if checksum(record) != binary.BigEndian.Uint32(record[recordHeader-4:]) {
		return nil, 0
	}
	return record, at + (len(record)+h.align()-1)/h.align()*h.align()
}

// laterRecord looks for a whole record after a place where there is none; 0 is that there is none. Each was on the disk
// before the next was written, so where there is one the others were lost since.
func laterRecord(content []byte, h *header, at int, count uint64) int {
	for at += h.align(); at+recordHeader <= len(content); at += h.align() {
		if record, _ := recordAt(content, h, at); record != nil && binary.BigEndian.Uint64(record[8:]) > count {
			return at
		}
	}
	return 0
}

// escape makes a path a pattern that matches it alone.
func escape(path string) string {
	var escaped []byte
	for _, c := range []byte(path) {
		if c == '*' || c == '?' || c == '[' || c == '\\' && filepath.Separator != '\\' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, c)
	}
	return string(escaped)
}
