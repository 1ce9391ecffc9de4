package verify

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func origins(t testing.TB, list ...string) *Endpoint {
	t.Helper()
	parsed, err := ParseOrigins(list)
	if err != nil {
		t.Fatal(err)
	}
	return &Endpoint{Origins: parsed}
}

func TestCheckOrigin(t *testing.T) {
	for _, test := range []struct {
		allowed, origin string
		want            bool
	}{
		{"https://shop.example.com", "https://shop.example.com", true},
		{"https://shop.example.com", "HTTPS://Shop.Example.COM", true},
		{"HTTPS://SHOP.example.com", "https://shop.example.com", true},
		{"https://shop.example.com", "https://shop.example.com:443", true},
		{"https://shop.example.com:443", "https://shop.example.com", true},
		{"http://shop.example.com:80", "http://shop.example.com", true},
		{"https://shop.example.com:0443", "https://shop.example.com", true},
		{"https://shop.example.com:8443", "https://shop.example.com:8443", true},
		{"https://shop.example.com:80", "https://shop.example.com", false},
		{"https://shop.example.com", "https://shop.example.com:80", false},
		{"https://shop.example.com", "https://shop.example.com:8443", false},
		{"https://shop.example.com:8443", "https://shop.example.com", false},
		{"https://shop.example.com", "http://shop.example.com", false},
		{"https://shop.example.com", "https://shop.example.com:65979", false}, // 443 + 65536
		{"https://shop.example.com", "https://shop.example.com:0", false},
		{"https://shop.example.com", "https://shop.example.com:", false},
		{"https://shop.example.com", "https://shop.example.com:443:443", false},
		{"https://shop.example.com", "https://shop.example.com:+443", false},

		{"https://shop.example.com", "https://shop.example.com.evil.org", false},
		{"https://shop.example.com", "https://evil.org/shop.example.com", false},
		{"https://shop.example.com", "https://evil.org/https://shop.example.com", false},
		{"https://shop.example.com", "https://shop.example.com@evil.org", false},
		{"https://shop.example.com", "https://evil.org@shop.example.com", false},
		{"https://shop.example.com", "https://shop.example.com:443@evil.org", false},
		{"https://shop.example.com", `https://shop.example.com\.evil.org`, false},
		{"https://shop.example.com", `https://evil.org\@shop.example.com`, false},
		{"https://shop.example.com", "https://evil.org#shop.example.com", false},
		{"https://shop.example.com", "https://evil.org?shop.example.com", false},
		{"https://shop.example.com", "https://shop.example.com%00.evil.org", false},
		{"https://shop.example.com", "https://shop%2eexample.com", false},
		{"https://shop.example.com", "https://shop.example.com\x00", false},
		{"https://shop.example.com", "https://shop.example.com.", false},
		{"https://shop.example.com", "https://shop.example.com/", false},
		{"https://shop.example.com", " https://shop.example.com", false},
		{"https://shop.example.com", "https://shop.example.com https://evil.org", false},
		{"https://shop.example.com", "https://evil.org, https://shop.example.com", false},
		{"https://shop.example.com", "https://shop-example.com", false},
		{"https://shop.example.com", "https://shopxexample.com", false},
		{"https://shop.example.com", "https://ﬁshop.example.com", false},
		{"https://shop.example.com", "https://ｓhop.example.com", false},
		{"https://shop.example.com", "//shop.example.com", false},
		{"https://shop.example.com", "shop.example.com", false},
		{"https://shop.example.com", "https:shop.example.com", false},
		{"https://shop.example.com", "https://", false},
		{"https://shop.example.com", "://shop.example.com", false},
		{"https://shop.example.com", "null", false},
		{"https://shop.example.com", "", false},

		{"https://*.example.org", "https://a.example.org", true},
		{"https://*.example.org", "https://a.b.c.example.org", true},
		{"https://*.example.org", "https://A.Example.org:443", true},
		{"https://*.example.org", "https://example.org", false},
		{"https://*.example.org", "https://.example.org", false},
		{"https://*.example.org", "https://a..example.org", false},
		{"https://*.example.org", "https://evilexample.org", false},
		{"https://*.example.org", "https://a.example.org.evil.org", false},
		{"https://*.example.org", "https://a.example.org.", false},
		{"https://*.example.org", "http://a.example.org", false},
		{"https://*.example.org", "https://a.example.org:8443", false},
		{"https://*.example.org", "https://evil.org/.example.org", false},
		{"https://*.example.org:8443", "https://a.example.org:8443", true},
		{"https://*.example.org", "https://*.example.org", false},

		{"https://bücher.example", "https://xn--bcher-kva.example", true},
		{"https://xn--bcher-kva.example", "https://XN--BCHER-KVA.example", true},
		{"https://BÜCHER.example:8443", "https://xn--bcher-kva.example:8443", true},
		{"https://*.bücher.example", "https://a.xn--bcher-kva.example", true},
		{"https://bücher.example", "https://bücher.example", false},
		{"http://127.0.0.1:3000", "http://127.0.0.1:3000", true},
		{"http://[::1]:3000", "http://[::1]:3000", true},
		{"http://[0:0:0:0:0:0:0:1]", "http://[::1]:80", true},
		{"http://[2001:DB8::1]", "http://[2001:db8:0::1]", true},
		{"http://[::1]", "http://::1", false},
		{"http://[::1]", "http://[::1%25eth0]", false},
		{"http://[::1]", "http://[::1]evil.org", false},
		{"http://[::1]", "http://[::1", false},
		{"http://[::1]", "http://[127.0.0.1]", false},
		{"http://localhost:5173", "http://localhost:5173", true},
		{"http://my_host:5173", "http://my_host:5173", true},
		{"chrome-extension://abcdefgh", "chrome-extension://abcdefgh", true},
	} {
		t.Run(test.allowed+" "+test.origin, func(t *testing.T) {
			rejection := origins(t, test.allowed).CheckOrigin(http.Header{"Origin": {test.origin}})
			if got := rejection == nil; got != test.want {
				t.Errorf("allowed: %v, want %v", got, test.want)
			}
			if rejection != nil && (rejection.Status != 403 || rejection.Message != "Origin not allowed") {
				t.Errorf("rejection is %+v", rejection)
			}
		})
	}
}

func TestCheckOriginHeaders(t *testing.T) {
	const shop, evil = "https://shop.example.com", "https://evil.org"
	for name, test := range map[string]struct {
		header http.Header
		want   bool
	}{
		"neither":                 {headers(), false},
		"Referer":                 {headers("Referer: " + shop + "/cart?x=1#top"), true},
		"Referer of the host":     {headers("Referer: " + shop), true},
		"Referer with a query":    {headers("Referer: " + shop + "?x"), true},
		"other Referer":           {headers("Referer: " + evil + "/" + shop), false},
		"Referer with a user":     {headers("Referer: https://shop.example.com@evil.org/"), false},
		"user of the right host":  {headers("Referer: https://evil.org@shop.example.com/"), false},
		"@ in the path":           {headers("Referer: " + shop + "/@evil.org"), true},
		"backslash":               {headers(`Referer: https://shop.example.com\@evil.org/`), false},
		"backslash first":         {headers(`Referer: https://evil.org\@shop.example.com/`), false},
		"Referer is about:blank":  {headers("Referer: about:blank"), false},
		"two Referers":            {headers("Referer: "+shop, "Referer: "+shop), false},
		"Origin before Referer":   {headers("Origin: "+evil, "Referer: "+shop), false},
		"wrong Referer, Origin":   {headers("Origin: "+shop, "Referer: "+evil), true},
		"null before Referer":     {headers("Origin: null", "Referer: "+shop), false},
		"empty before Referer":    {headers("Origin: ", "Referer: "+shop), false},
		"two Origins":             {headers("Origin: "+shop, "Origin: "+evil), false},
		"the same Origin twice":   {headers("Origin: "+shop, "Origin: "+shop), false},
		"second allowed":          {headers("Origin: https://a.example.org"), true},
		"second allowed, Referer": {headers("Referer: https://a.example.org/x"), true},
	} {
		t.Run(name, func(t *testing.T) {
			rejection := origins(t, shop, "https://*.example.org").CheckOrigin(test.header)
			if got := rejection == nil; got != test.want {
				t.Errorf("allowed: %v, want %v", got, test.want)
			}
		})
	}
	if rejection := (&Endpoint{}).CheckOrigin(headers("Origin: " + evil)); rejection != nil {
		t.Errorf("without a list: %+v, want any origin to be allowed", rejection)
	}
}

func TestParseOriginsRefuses(t *testing.T) {
	for entry, want := range map[string]string{
		"":                                      "is empty",
		"*":                                     "leave the list out to allow any",
		"null":                                  "names no site",
		"shop.example.com":                      "has no scheme: write https://shop.example.com",
		"https://shop.example.com/":             "has a path or query: write https://shop.example.com",
		"https://shop.example.com/cart":         "has a path or query: write https://shop.example.com",
		"https://shop.example.com?x":            "has a path or query",
		"https://shop.example.com#x":            "has a path or query",
		"https://user@shop.example.com":         "has a user name",
		"https://":                              "has an invalid host",
		"https://*":                             "in front of a whole name only",
		"https://*.":                            "has an invalid host",
		"https://shop.*.example.com":            "in front of a whole name only",
		"https://shop*.example.com":             "in front of a whole name only",
		"https://*.*.example.com":               "in front of a whole name only",
		"https://*.10.0.0.1":                    "in front of an address",
		"https://*.[::1]":                       "in front of an address",
		"https://shop.example.com.":             "ends with a dot",
		"https://shop.example.com:":             "where a port should be",
		"https://shop.example.com:*":            "in front of a whole name only",
		"https://shop.example.com:https":        "has an invalid port",
		"https://shop.example.com:70000":        "has an invalid port",
		"https://shop..example.com":             "has an invalid host",
		"https://shop example.com":              "has an invalid host",
		"https://[::1":                          "without its closing bracket",
		"https://[shop]":                        "other than an IPv6 address",
		"ht tp://shop.example.com":              "has an invalid scheme",
		"://shop.example.com":                   "has an invalid scheme",
		"https://bü cher.example":               "has an invalid host",
		"https://{env.ORIGIN}":                  "has an invalid host",
		"https://" + strings.Repeat("a.", 200):  "has an invalid host",
		"https://a.example.com, https://b.test": "has a path or query",
	} {
		t.Run(entry, func(t *testing.T) {
			_, err := ParseOrigins([]string{"https://ok.example.com", entry})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v, want one with %q", err, want)
			}
		})
	}
	if _, err := ParseOrigins(nil); err == nil {
		t.Error("an empty list is accepted, and would refuse everybody")
	}
}

func TestCheckOriginDoesNotAllocate(t *testing.T) {
	e := origins(t, "https://shop.example.com", "https://*.example.org")
	header := headers("Origin: https://a.b.example.org")
	allocated := testing.AllocsPerRun(100, func() { e.CheckOrigin(header) })
	if allocated != 0 {
		t.Errorf("%v allocations, want none", allocated)
	}
}

// FuzzCheckOrigin holds the reader of headers against the one of net/url: what is allowed must be allowed by that
// reading too.
func FuzzCheckOrigin(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example.com", "https://a.example.org:443/x?y#z", "https://shop.example.com@evil.org/",
		`https://shop.example.com\@evil.org`, "https://[::1]:443", "HTTPS://SHOP.EXAMPLE.COM:0443", "null", "",
		"https://shop.example.com:443:443", "https://shop.example.com%2eevil.org",
	} {
		f.Add(seed)
	}
	e := origins(f, "https://shop.example.com", "https://*.example.org", "http://[::1]:3000")
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range []string{"Origin", "Referer"} {
			if e.CheckOrigin(http.Header{name: {value}}) != nil {
				continue
			}
			authority, _, _ := strings.Cut(value, "#")
			authority, _, _ = strings.Cut(authority, "?")
			slash := strings.IndexByte(authority[len("https://"):], '/')
			if slash >= 0 {
				authority = authority[:len("https://")+slash]
			}
			u, err := url.Parse(authority)
			if err != nil {
				t.Fatalf("%s %q is allowed and is no URL: %v", name, value, err)
			}
			host := strings.ToLower(u.Hostname())
			address, _ := netip.ParseAddr(host)
			known := host == "shop.example.com" || strings.HasSuffix(host, ".example.org") ||
				address == netip.IPv6Loopback()
			if !known || u.User != nil {
				t.Fatalf("%s %q is allowed and has the host %q", name, value, host)
			}
		}
	})
}

func BenchmarkCheckOrigin(b *testing.B) {
	e := origins(b, "https://shop.example.com", "https://*.example.org")
	header := headers("Origin: https://a.b.example.org")
	b.ReportAllocs()
	for b.Loop() {
		if e.CheckOrigin(header) != nil {
			b.Fatal("refused")
		}
	}
}
