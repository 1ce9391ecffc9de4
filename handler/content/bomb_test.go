package content

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// bomb is a stream of so many megabytes of zeros, without its end. The second megabyte is written once and repeated.
func (c compression) bomb(tb testing.TB, megabytes int) []byte {
	tb.Helper()
	var stream bytes.Buffer
	writer := c.writer(&stream)
	var starts [2]int
	for i := range starts {
		starts[i] = stream.Len()
		_, err := writer.Write(make([]byte, 1<<20))
		if err := errors.Join(err, writer.Flush()); err != nil {
			tb.Fatal(err)
		}
	}
	again := bytes.Clone(stream.Bytes()[starts[1]:])
	stream.Write(bytes.Repeat(again, megabytes-2))
	return stream.Bytes()
}

// TestBombs refuses a gigabyte after having read, written and allocated no more than the limit asks for.
func TestBombs(t *testing.T) {
	for _, c := range compressions {
		t.Run(c.name, func(t *testing.T) {
			// That it is a bomb: of four megabytes all are there, and only then the end is missing.
			four := c.bomb(t, 4)
			if _, err := inflate(c.encoding, bytes.NewReader(four), 4<<20-1); !errors.Is(err, errTooLarge) {
				t.Fatalf("four megabytes over the limit: %v", err)
			}
			if _, err := inflate(c.encoding, bytes.NewReader(four), 4<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("four megabytes within the limit: %v", err)
			}

			const buffers = 64 << 10
			source := bytes.NewReader(c.bomb(t, 1<<10))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := inflate(c.encoding, source, limit)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, errTooLarge) {
				t.Errorf("a gigabyte: %v", err)
			}
			if read := source.Size() - int64(source.Len()); read > buffers {
				t.Errorf("read %d of %d bytes", read, source.Size())
			}
			// The largest window, and a buffer that has grown by doubling.
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 32<<20 {
				t.Errorf("allocated %d bytes", allocated)
			}
		})
	}
}

// TestStackedBombs has a bomb that is itself compressed: each layer is bounded.
func TestStackedBombs(t *testing.T) {
	for _, c := range compressions {
		stacked := compressions[0].compress(t, c.bomb(t, 1<<10))
		if len(stacked) > 32<<10 {
			t.Errorf("%s in gzip: %d bytes are no bomb", c.name, len(stacked))
		}
		_, refused := decodeAs(c.encoding+", gzip", stacked, 2*limit)
		if refused == nil || refused.Status != 413 {
			t.Errorf("%s in gzip: %+v, want 413", c.name, refused)
		}
	}
}

// TestWindows accepts what RFC 9659 and RFC 7932 let a sender use, and no more.
func TestWindows(t *testing.T) {
	zeros := bytes.Repeat([]byte(" "), 1<<20)
	zeros[0] = '1'
	for name, row := range map[string]struct {
		encoding string
		body     []byte
		status   int
	}{
		"zstd 8 MiB":  {"zstd", zstdWindow(t, 8<<20, zeros), 0},
		"zstd 16 MiB": {"zstd", zstdWindow(t, 16<<20, zeros), 415},
		// One segment of a gigabyte, and nothing of it: magic number, descriptor, content size (RFC 8878, 3.1.1).
		"zstd one segment":  {"zstd", []byte("\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x40"), 413},
		"zstd a dictionary": {"zstd", []byte("\x28\xb5\x2f\xfd\x21\x07\x01\x09\x00\x001"), 400},
		"zlib a dictionary": {"deflate", []byte("\x78\xbb\x00\x00\x00\x01\x00"), 400},
		"brotli 16 MiB":     {"br", brotliWindow(t, 24, zeros), 0},
		// A large window (not of RFC 7932) announces itself with 0x11.
		"brotli large": {"br", []byte("\x11\x1e\x03"), 400},
	} {
		_, refused := decodeAs(row.encoding, row.body, limit)
		if refused == nil && row.status != 0 || refused != nil && refused.Status != row.status {
			t.Errorf("%s: %+v, want status %d", name, refused, row.status)
		}
	}
}

func zstdWindow(tb testing.TB, window int, data []byte) []byte {
	return compression{writer: func(w io.Writer) flusher {
		return must(zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window)))
	}}.compress(tb, data)
}

func brotliWindow(tb testing.TB, bits int, data []byte) []byte {
	return compression{writer: func(w io.Writer) flusher {
		return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: 2, LGWin: bits})
	}}.compress(tb, data)
}

// TestPoolsForget has sound bodies come out right after damaged and endless ones, from many senders at once.
func TestPoolsForget(t *testing.T) {
	for _, c := range compressions {
		endless := c.bomb(t, 2)
		var senders sync.WaitGroup
		for sender := range 4 {
			text := `["` + strings.Repeat(string(rune('a'+sender)), 1000*(sender+1)) + `"]`
			sound := c.compress(t, []byte(text))
			senders.Go(func() {
				for i := range 10 {
					if _, refused := decodeAs(c.encoding, endless, 1<<16); refused == nil {
						t.Errorf("%s: a bomb is accepted", c.name)
					}
					if _, refused := decodeAs(c.encoding, sound[i%4:len(sound)-5], limit); refused == nil {
						t.Errorf("%s: a damaged body is accepted", c.name)
					}
					got, refused := decodeAs(c.encoding, sound, limit)
					if refused != nil || string(got.Body) != text {
						t.Errorf("%s: %d bytes, %+v", c.name, len(got.Body), refused)
					}
				}
			})
		}
		senders.Wait()
	}
	if len(slots) != 0 {
		t.Errorf("%d slots are still taken", len(slots))
	}
}

// TestManyStreams decompresses a body that is nothing but tiny members and frames, each of which asks for a window.
func TestManyStreams(t *testing.T) {
	for name, tiny := range map[string][]byte{
		"gzip": compressions[0].compress(t, []byte(" ")),
		// A frame with a window of 8 MiB, and one raw block of one byte.
		"zstd": []byte("\x28\xb5\x2f\xfd\x00\x68\x09\x00\x00 "),
	} {
		count := limit / len(tiny)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		body, refused := decompress(http.Header{"Content-Encoding": {name}}, bytes.Repeat(tiny, count), limit)
		runtime.ReadMemStats(&after)
		if refused != nil || len(body) != count {
			t.Errorf("%s: %d of %d bytes, %+v", name, len(body), count, refused)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 32<<20 {
			t.Errorf("%s: allocated %d bytes", name, allocated)
		}
	}
}
