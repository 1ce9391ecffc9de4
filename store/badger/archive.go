package badger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// The format of a backup. It begins with archiveMagic; then come frames of entries, each with its length and a checksum
// (4 bytes each), and at last 4 bytes of 0, the number of entries (8 bytes), and the SHA-256 of all before it. Where the
// backup failed there is instead 0xffffffff, and an error's text with its length (4 bytes).
//
// An entry is its meta byte, the lengths of key (2 bytes) and value (4 bytes), and those. Numbers are big endian. Keys
// are those of the store, in their order.
const (
	archiveMagic = "krosyn backup 1\n"

	// frameSize is the length from which a frame takes no further entry, in bytes; longestFrame bounds what is read.
	frameSize    = 1 << 20
	longestFrame = valueLogSize + 2*frameSize

	entryHeader = 1 + 2 + 4

	frameFailed  = 1<<32 - 1
	longestError = 4 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// archived is an entry of a backup.
type archived struct {
	meta       byte
	key, value []byte
}

// appendEntry adds an entry to a frame.
func appendEntry(frame []byte, e archived) []byte {
	frame = append(frame, e.meta)
	frame = binary.BigEndian.AppendUint16(frame, uint16(len(e.key)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(e.value)))
	frame = append(frame, e.key...)
	return append(frame, e.value...)
}

// archiveWriter writes a backup.
type archiveWriter struct {
	to     io.Writer
	digest hash.Hash
}

func newArchiveWriter(to io.Writer) (*archiveWriter, error) {
	w := &archiveWriter{to: to, digest: sha256.New()}
	return w, w.write([]byte(archiveMagic))
}

func (w *archiveWriter) write(content []byte) error {
	w.digest.Write(content)
	_, err := w.to.Write(content)
	return err
}

// frame writes a frame, which is not empty.
func (w *archiveWriter) frame(content []byte) error {
	header := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	header = binary.BigEndian.AppendUint32(header, crc32.Checksum(content, castagnoli))
	if err := w.write(header); err != nil {
		return err
	}
	return w.write(content)
}

// end writes the end of a backup of so many entries.
func (w *archiveWriter) end(entries int64) error {
	if err := w.write(binary.BigEndian.AppendUint64(make([]byte, 4), uint64(entries))); err != nil {
		return err
	}
	_, err := w.to.Write(w.digest.Sum(nil))
	return err
}

// fail writes why there is no end.
func (w *archiveWriter) fail(cause error) error {
	text := cause.Error()
	text = text[:min(len(text), longestError)]
	content := binary.BigEndian.AppendUint32(nil, frameFailed)
	content = binary.BigEndian.AppendUint32(content, uint32(len(text)))
	return w.write(append(content, text...))
}

// archiveReader reads a backup, of whatever bytes.
type archiveReader struct {
	from    io.Reader
	digest  hash.Hash
	entries int64
	bytes   int64
}

// readArchive hands the entries of a backup out, in order, and returns nil when it was whole. The entries' memory is
// used again.
func readArchive(from io.Reader, take func(archived) error) (Backup, error) {
	r := &archiveReader{from: from, digest: sha256.New()}
	err := r.read(take)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the backup is cut short: it ends after %d bytes, in the middle: make another, or look for a "+
			"whole copy", r.bytes)
	}
	return Backup{Entries: r.entries, Bytes: r.bytes}, err
}

// Backup is what a backup is found to have.
type Backup struct {
	Entries, Bytes int64
}

// VerifyBackup reads a backup to its end, and returns nil when it is whole.
func VerifyBackup(from io.Reader) (Backup, error) {
	return readArchive(from, func(archived) error { return nil })
}

func (r *archiveReader) read(take func(archived) error) error {
	magic := make([]byte, len(archiveMagic))
	if err := r.fill(magic); err != nil || string(magic) != archiveMagic {
		if r.bytes == 0 {
			return errors.New("the backup is empty")
		}
		return fmt.Errorf("it is no backup of the gateway, or of another version: it begins with %.20q", magic)
	}
	var frame []byte
	for {
		length, err := r.number()
		if err != nil {
			return err
		}
		switch {
		case length == 0:
			return r.end()
		case length == frameFailed:
			return r.failure()
		case length > longestFrame:
			return r.damaged("a frame of %d bytes", length)
		}
		checksum, err := r.number()
		if err != nil {
			return err
		}
		if cap(frame) < int(length) {
			frame = make([]byte, length)
		}
		frame = frame[:length]
		if err := r.fill(frame); err != nil {
			return err
		}
		if crc32.Checksum(frame, castagnoli) != checksum {
			return r.damaged("a frame with another checksum")
		}
		if err := r.split(frame, take); err != nil {
			return err
		}
	}
}

// split hands out the entries of a frame.
func (r *archiveReader) split(frame []byte, take func(archived) error) error {
	for len(frame) > 0 {
		if len(frame) < entryHeader {
			return r.damaged("half an entry")
		}
		key, value := uint64(binary.BigEndian.Uint16(frame[1:])), uint64(binary.BigEndian.Uint32(frame[3:]))
		size := entryHeader + key + value
		if size > uint64(len(frame)) {
			return r.damaged("an entry longer than its frame")
		}
		e := archived{meta: frame[0], key: frame[entryHeader : entryHeader+key], value: frame[entryHeader+key : size]}
		if err := checkKey(e.key); err != nil {
			return fmt.Errorf("entry %d of the backup, within its first %d bytes, has %w: it cannot be restored",
				r.entries+1, r.bytes, err)
		}
		if err := take(e); err != nil {
			return err
		}
		r.entries++
		frame = frame[size:]
	}
	return nil
}

// end reads the end.
func (r *archiveReader) end() error {
	var count [8]byte
	if err := r.fill(count[:]); err != nil {
		return err
	}
	want := r.digest.Sum(nil)
	got := make([]byte, len(want))
	if err := r.fill(got); err != nil {
		return err
	}
	if string(got) != string(want) || binary.BigEndian.Uint64(count[:]) != uint64(r.entries) {
		return r.damaged("another digest at its end")
	}
	if n, _ := io.ReadFull(r.from, got[:1]); n > 0 {
		return r.damaged("more after its end")
	}
	return nil
}

// failure reads why there is no end.
func (r *archiveReader) failure() error {
	length, err := r.number()
	if err != nil {
		return err
	}
	text := make([]byte, min(length, longestError))
	if err := r.fill(text); err != nil {
		return err
	}
	return fmt.Errorf("the backup was not finished: %s", text)
}

func (r *archiveReader) number() (uint32, error) {
	var number [4]byte
	err := r.fill(number[:])
	return binary.BigEndian.Uint32(number[:]), err
}

func (r *archiveReader) fill(content []byte) error {
	n, err := io.ReadFull(r.from, content)
	r.bytes += int64(n)
	r.digest.Write(content[:n])
	return err
}

func (r *archiveReader) damaged(format string, args ...any) error {
	return fmt.Errorf("the backup is damaged after %d bytes: it has %s: make another, or look for a whole copy",
		r.bytes, fmt.Sprintf(format, args...))
}
