package content

import (
	"net/http"
	"strings"
	"testing"

	"github.com/krosyn/gateway/expression/value"
)

// kilobyte is an order of about 1 KB.
var kilobyte = []byte(`{"event_type":"order.created","order":{"id":"ORD-12345","total":129.5,"items":[` +
	strings.Repeat(`{"sku":"A-1","name":"Something to buy","quantity":2,"price":9.99},`, 13) +
	`{"sku":"Z-9","name":"The last one","quantity":1,"price":0.01}]}}`)

// BenchmarkNewDocument is what the others are measured against.
func BenchmarkNewDocument(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := value.NewDocument(kilobyte); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	form := []byte("payload=" + strings.Repeat("%20x", 250))
	rows := []struct {
		name, contentType, encoding string
		body                        []byte
	}{
		{"json", "application/json", "", kilobyte},
		{"json charset", "application/json;charset=UTF-8", "", kilobyte},
		{"form", urlencodedType, "", form},
		{"multipart", multipartType, "", []byte(parts("Content-Disposition: form-data; name=a\n\n" + string(form)))},
	}
	for _, c := range compressions {
		row := rows[0]
		row.name, row.encoding, row.body = c.name, c.encoding, c.compress(b, kilobyte)
		rows = append(rows, row)
	}
	for _, row := range rows {
		b.Run(row.name, func(b *testing.B) {
			header := http.Header{"Content-Type": {row.contentType}}
			if row.encoding != "" {
				header.Set("Content-Encoding", row.encoding)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, refused := Decode(header, row.body, limit); refused != nil {
					b.Fatal(refused.Message)
				}
			}
		})
	}
}

// TestJSONCostsNothing lets the usual request pay for the parsing of its JSON, and for no more.
func TestJSONCostsNothing(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8"} {
		header := http.Header{"Content-Type": {contentType}}
		allocations := testing.AllocsPerRun(100, func() {
			if declared, refused := mediaOf(header); declared.format != jsonText || refused != nil {
				t.Fatal(declared, refused)
			}
			if body, refused := decompress(header, kilobyte, limit); len(body) != len(kilobyte) || refused != nil {
				t.Fatal(len(body), refused)
			}
		})
		if allocations > 0 {
			t.Errorf("%s: %v allocations beside those of the document", contentType, allocations)
		}
	}
}
