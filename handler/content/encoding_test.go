package content

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// flusher is what all compressors of the tests are.
type flusher interface {
	io.WriteCloser
	Flush() error
}

// compression is a way to compress, and what a sender calls it.
type compression struct {
	name, encoding string
	writer         func(io.Writer) flusher
}

var compressions = []compression{
	{"gzip", "gzip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	{"x-gzip", "x-gzip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	{"zlib", "deflate", func(w io.Writer) flusher { return zlib.NewWriter(w) }},
	{"bare deflate", "deflate", func(w io.Writer) flusher { return must(flate.NewWriter(w, flate.DefaultCompression)) }},
	{"brotli", "br", func(w io.Writer) flusher { return brotli.NewWriterLevel(w, 2) }},
	{"zstd", "zstd", func(w io.Writer) flusher { return must(zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))) }},
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (c compression) compress(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var compressed bytes.Buffer
	writer := c.writer(&compressed)
	if _, err := writer.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		tb.Fatal(err)
	}
	return compressed.Bytes()
}

// decodeAs decodes a JSON body with the given Content-Encoding.
func decodeAs(encoding string, body []byte, limit int64) (Content, *Refusal) {
	return Decode(http.Header{"Content-Encoding": {encoding}}, body, limit)
}

func TestDecompress(t *testing.T) {
	text := `{"list":["` + strings.Repeat("abcdefghij", 10_000) + `"]}`
	for _, c := range compressions {
		compressed := c.compress(t, []byte(text))
		for _, encoding := range []string{c.encoding, strings.ToUpper(c.encoding), " identity ,," + c.encoding + "\t, "} {
			got, refused := decodeAs(encoding, compressed, limit)
			if refused != nil || string(got.Payload.Raw()) != text || string(got.Body) != text {
				t.Errorf("%s as %q: %+v", c.name, encoding, refused)
			}
		}
		// Nothing has nothing to decompress.
		for _, nothing := range [][]byte{nil, c.compress(t, nil)} {
			got, refused := decodeAs(c.encoding, nothing, limit)
			if refused != nil || string(got.Payload.Raw()) != "null" {
				t.Errorf("%s, nothing in %d bytes: %+v", c.name, len(nothing), refused)
			}
		}
	}
}

func TestDecompressForm(t *testing.T) {
	header := http.Header{"Content-Type": {urlencodedType}, "Content-Encoding": {"gzip"}}
	got, refused := Decode(header, compressions[0].compress(t, []byte("b=1&a=2")), limit)
	if refused != nil || string(got.Payload.Raw()) != `{"b":"1","a":"2"}` || string(got.Body) != "b=1&a=2" || !got.Form {
		t.Errorf("%+v, %+v", got, refused)
	}
}

func TestStackedEncodings(t *testing.T) {
	for _, inner := range compressions {
		once := inner.compress(t, []byte(`[1]`))
		for _, outer := range compressions {
			twice := outer.compress(t, once)
			encoding := inner.encoding + ", " + outer.encoding
			if got, refused := decodeAs(encoding, twice, limit); refused != nil || string(got.Payload.Raw()) != `[1]` {
				t.Errorf("%s: %+v", encoding, refused)
			}
			thrice := inner.compress(t, twice)
			if _, refused := decodeAs(encoding+", "+inner.encoding, thrice, limit); refused == nil || refused.Status != 415 {
				t.Errorf("%s thrice: %+v, want 415", encoding, refused)
			}
		}
	}
}

func TestUnknownEncodings(t *testing.T) {
	for _, encoding := range []string{"compress", "gzip2", "gz ip", "gzip;q=1", "*", "aws-chunked", "br, exi", "\x00"} {
		if _, refused := decodeAs(encoding, []byte("1"), limit); refused == nil || refused.Status != 415 {
			t.Errorf("%q: %+v, want 415", encoding, refused)
		}
	}
	for _, encoding := range []string{"", "identity", "IDENTITY, identity, identity", ",, ,"} {
		if _, refused := decodeAs(encoding, []byte("1"), limit); refused != nil {
			t.Errorf("%q: %+v", encoding, refused)
		}
	}
}

// TestDamagedStreams refuses each beginning of a stream, each stream with more behind it and, where the format has a
// checksum, each changed byte: half of a body must never pass for the whole.
func TestDamagedStreams(t *testing.T) {
	text := []byte(`[1,2,3,4,5,6,7,8,9,"abc abc abc abc abc abc abc"]`)
	for _, c := range compressions {
		compressed := c.compress(t, text)
		for end := 1; end < len(compressed); end++ {
			if _, refused := decodeAs(c.encoding, compressed[:end], limit); refused == nil || refused.Status != 400 {
				t.Errorf("%s, %d of %d bytes: %+v, want 400", c.name, end, len(compressed), refused)
			}
		}
		for _, behind := range []string{"\x00", "x", "{}", strings.Repeat("x", 100_000)} {
			longer := append(bytes.Clone(compressed), behind...)
			if _, refused := decodeAs(c.encoding, longer, limit); refused == nil || refused.Status != 400 {
				t.Errorf("%s and %d bytes more: %+v, want 400", c.name, len(behind), refused)
			}
		}
		for i := range compressed {
			changed := bytes.Clone(compressed)
			changed[i] ^= 0x10
			got, refused := decodeAs(c.encoding, changed, limit)
			if refused == nil && c.name != "bare deflate" && c.name != "brotli" && string(got.Body) != string(text) {
				t.Errorf("%s, byte %d changed: %q", c.name, i, got.Body)
			}
		}
	}
}

func TestJoinedStreams(t *testing.T) {
	for _, c := range compressions {
		joined := append(c.compress(t, []byte("[1,")), c.compress(t, []byte("2]"))...)
		got, refused := decodeAs(c.encoding, joined, limit)
		// RFC 1952, section 2.2, and RFC 8878, section 3.1: members and frames may follow each other.
		if c.encoding == "deflate" || c.encoding == "br" {
			if refused == nil {
				t.Errorf("%s: %s, want a refusal", c.name, got.Body)
			}
		} else if refused != nil || string(got.Body) != "[1,2]" {
			t.Errorf("%s: %s, %+v", c.name, got.Body, refused)
		}
	}
}

// TestLimitIsOfTheDecompressed is exact to the byte, and knows no overflow.
func TestLimitIsOfTheDecompressed(t *testing.T) {
	const most = 100_000
	for _, c := range compressions {
		for size, status := range map[int]int{most - 1: 0, most: 0, most + 1: 413, 10 * most: 413} {
			body := c.compress(t, bytes.Repeat([]byte("1"), size))
			got, refused := decompress(http.Header{"Content-Encoding": {c.encoding}}, body, most)
			if status == 0 && (refused != nil || len(got) != size) ||
				status != 0 && (refused == nil || refused.Status != status) {
				t.Errorf("%s, %d bytes: %d, %+v, want status %d", c.name, size, len(got), refused, status)
			}
		}
		for _, huge := range []int64{1<<63 - 1, 1<<63 - 2} {
			if _, refused := decodeAs(c.encoding, c.compress(t, []byte("[]")), huge); refused != nil {
				t.Errorf("%s, limit %d: %+v", c.name, huge, refused)
			}
		}
		for _, none := range []int64{0, -1, -1 << 63} {
			if _, refused := decodeAs(c.encoding, c.compress(t, []byte("[]")), none); refused == nil || refused.Status != 413 {
				t.Errorf("%s, limit %d: %+v, want 413", c.name, none, refused)
			}
		}
	}
}
