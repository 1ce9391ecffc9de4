package journal

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// A segment is a header at the beginning of its first block, then records. Numbers are big endian, checksums CRC-32C.
//
//	header   "KrynJrnl", version (1), encrypted (1), 6 zeros, sequence (8), oldest (8), previous (8), salt (16),
//	         check (8), checksum of all that (4)
//	record   the first 8 bytes of the salt, its number in the segment (8), the length of what follows (4), a checksum
//	         of those and of what follows (4), what was appended, zeros up to the end of its last block
//
// Each use of a file has another salt, so nothing that was in it before is taken for a record. No block is written
// twice in one use, so that a write which a loss of power cuts short damages no record of before.
const (
	magic         = "KrynJrnl"
	formatVersion = 2

	blockSize    = 4096
	headerSize   = len(magic) + 8 + 3*8 + saltSize + checkSize + 4
	saltSize     = 16
	checkSize    = 8
	recordHeader = 8 + 8 + 4 + 4

	// packedVersion is the format in which a record began where the one before ended, at the next multiple of
	// packedAlign. It is read, and not written any more.
	packedVersion = 1
	packedAlign   = 32

	// longestSegment bounds what is read back, in bytes.
	longestSegment = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is what is known of a segment.
type header struct {
	encrypted bool
	// sequence counts the segments of a journal, from 1.
	sequence uint64
	// packed tells that it has packedVersion.
	packed bool
	// oldest is the sequence of the first segment that was not durable elsewhere when this one was begun.
	oldest uint64
	// previous is how many records the segment before this has.
	previous uint64
	salt     [saltSize]byte
	// check tells the key of the records from another.
	check [checkSize]byte
}

func (h *header) encode() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	encrypted := byte(0)
	if h.encrypted {
		encrypted = 1
	}
	b = append(b, formatVersion, encrypted, 0, 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, h.sequence)
	b = binary.BigEndian.AppendUint64(b, h.oldest)
	b = binary.BigEndian.AppendUint64(b, h.previous)
	b = append(append(b, h.salt[:]...), h.check[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// parseHeader reads a header; nil is that the segment was never begun.
func parseHeader(b []byte) (*header, error) {
	if len(b) < headerSize || bytes.Count(b[:headerSize], []byte{0}) == headerSize {
		return nil, nil
	}
	b = b[:headerSize]
	fields := b[len(magic):]
	switch {
	case crc32.Checksum(b[:headerSize-4], castagnoli) != binary.BigEndian.Uint32(b[headerSize-4:]) ||
		string(b[:len(magic)]) != magic:
		return nil, errors.New("its header is not as it was written")
	case fields[0] != formatVersion && fields[0] != packedVersion:
		return nil, fmt.Errorf("it has version %d of the format, and this gateway knows %d", fields[0], formatVersion)
	}
	h := &header{
		encrypted: fields[1] != 0, packed: fields[0] == packedVersion,
		sequence: binary.BigEndian.Uint64(fields[8:]), oldest: binary.BigEndian.Uint64(fields[16:]),
		previous: binary.BigEndian.Uint64(fields[24:]),
		salt:     [saltSize]byte(fields[32:]), check: [checkSize]byte(fields[32+saltSize:]),
	}
	return h, nil
}

// align is what the places of records are multiples of.
func (h *header) align() int {
	if h.packed {
		return packedAlign
	}
	return blockSize
}

// segment is a file of a journal.
type segment struct {
	file *os.File
	path string
	size int64

	header
	seal cipher.AEAD
	// records is how many there are, and end where the last one ends.
	records uint64
	end     int64
}

func segmentPath(directory string, number int) string {
	return filepath.Join(directory, fmt.Sprintf("%06d%s", number, suffix))
}

const suffix = ".journal"

// lengthFor is the length of a segment that takes one record of so many bytes.
func lengthFor(bytes int) int64 {
	return blockSize + room(bytes)
}

// room is what a record takes in a segment.
func room(bytes int) int64 {
	return (recordHeader + int64(bytes) + sealOverhead + blockSize - 1) / blockSize * blockSize
}

func (s *segment) takes(bytes int) bool { return s.end+room(bytes) <= s.size }

// begin writes the header of a segment that is to be used.
func (s *segment) begin(h header, key []byte) (err error) {
	if s.seal = nil; key != nil {
		h.encrypted = true
		if s.seal, h.check, err = derive(key, h.salt); err != nil {
			return err
		}
	}
	s.header, s.records, s.end = h, 0, blockSize
	_, err = s.file.WriteAt(append(newBuffer(blockSize), s.header.encode()...)[:blockSize], 0)
	return err
}

// encode gives what the next record is on the disk, in a buffer that has room for it.
func (s *segment) encode(b, record []byte) []byte {
	b = append(b[:0], s.salt[:8]...)
	b = binary.BigEndian.AppendUint64(b, s.records)
	length := len(record)
	if s.seal != nil {
		length += s.seal.Overhead()
	}
	b = binary.BigEndian.AppendUint32(b, uint32(length))
	b = append(b, 0, 0, 0, 0)
	if s.seal != nil {
		b = s.seal.Seal(b, nonce(s.records), record, b[:recordHeader-4])
	} else {
		b = append(b, record...)
	}
	binary.BigEndian.PutUint32(b[recordHeader-4:], checksum(b))
	end := (len(b) + blockSize - 1) / blockSize * blockSize
	clear(b[len(b):end])
	return b[:end]
}

// checksum is that of a record, without its padding.
func checksum(record []byte) uint32 {
	return crc32.Update(crc32.Checksum(record[:recordHeader-4], castagnoli), castagnoli, record[recordHeader:])
}

func (s *segment) write(record []byte) error {
	if _, err := s.file.WriteAt(record, s.end); err != nil {
		return err
	}
	s.end += int64(len(record))
	s.records++
	return nil
}
