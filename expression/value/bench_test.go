package value

import "testing"

// order is a body of 1 KB as a shop sends it.
const order = `{"event_type":"order.created","event_id":"evt_01HZX5Q8M3T7","created_at":"2026-11-22T10:00:00.123Z",` +
	`"livemode":true,"api_version":"2026-04","order":{"id":12345678,"number":"ORD-12345","currency":"EUR",` +
	`"total":129.95,"subtotal":109.2,"tax":20.75,"paid":true,"note":null,"customer":{"id":987654,` +
	`"first_name":"Jane","last_name":"Doe","email":"jane.doe@example.com","phone":"+49 30 1234567",` +
	`"tags":["vip","newsletter"],"address":{"street":"Main Street 5","city":"Berlin","zip":"10115",` +
	`"country":"DE"}},"items":[{"sku":"A-100","name":"Coffee beans","quantity":2,"price":14.5,` +
	`"options":{"size":"1kg","roast":"dark"}},{"sku":"B-200","name":"Paper filters","quantity":1,` +
	`"price":3.95,"options":{}},{"sku":"C-300","name":"Grinder","quantity":1,"price":97,` +
	`"options":{"colour":"black"}}],"shipping":{"method":"express","cost":4.9,"carrier":"DHL",` +
	`"tracking":null}},"metadata":{"source":"web","campaign":"autumn","ip":"203.0.113.9",` +
	`"user_agent":"Mozilla/5.0 (X11; Linux x86_64)"}}`

func BenchmarkDecode(b *testing.B) {
	data := []byte(order)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	v, err := Decode([]byte(order))
	if err != nil {
		b.Fatal(err)
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = AppendJSON(dst[:0], v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	document, err := NewDocument([]byte(order))
	if err != nil {
		b.Fatal(err)
	}
	path := []Step{{Key: "order"}, {Key: "customer"}, {Key: "email"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := document.Find(path); !ok {
			b.Fatal("the e-mail address is missing")
		}
	}
}

func BenchmarkEqual(b *testing.B) {
	for name, pair := range map[string][2]any{
		"strings":          {"order.created", "order.created"},
		"integers":         {int64(123456), int64(123456)},
		"number-string":    {int64(123456), "123456"},
		"integer-float":    {int64(123456), 123456.0},
		"beyond-int64":     {Number("12345678901234567890"), "12345678901234567890"},
		"string-no-number": {int64(5), "order.created"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Equal(pair[0], pair[1])
			}
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	var x, y any = int64(123456), int64(654321)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Add(x, y); err != nil {
			b.Fatal(err)
		}
	}
}
