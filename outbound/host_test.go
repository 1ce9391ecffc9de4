package outbound

import (
	"net/url"
	"strings"
	"testing"
)

func TestHostsHaveOneSpelling(t *testing.T) {
	tests := []struct {
		host, want string
		operators  bool
		err        string
	}{
		{host: "hooks.slack.com", want: "hooks.slack.com"},
		{host: "HOOKS.Slack.COM.", want: "hooks.slack.com"},
		{host: "bücher.example", want: "xn--bcher-kva.example"},
		{host: "127.0.0.1.example.com", want: "127.0.0.1.example.com"},
		{host: "1e100.net", want: "1e100.net"},
		{host: "localhost", want: "localhost", operators: true},
		{host: "LocalHost.", want: "localhost", operators: true},
		{host: "app.localhost", want: "app.localhost", operators: true},
		{host: "my_service", want: "my_service", operators: true},
		{host: "db.internal", want: "db.internal", operators: true},
		{host: "printer.local", want: "printer.local", operators: true},
		{host: "nas.home.arpa", want: "nas.home.arpa", operators: true},
		{host: "home.arpa", want: "home.arpa"},
		{host: "internal.example.com", want: "internal.example.com"},
		{host: "notlocal", want: "notlocal", operators: true},
		{host: "xlocalhost.com", want: "xlocalhost.com"},
		{host: "10.0.0.1", want: "10.0.0.1", operators: true},
		{host: "::1", want: "::1", operators: true},
		{host: "0:0:0:0:0:0:0:1", want: "::1", operators: true},
		{host: "::ffff:7f00:1", want: "::ffff:127.0.0.1", operators: true},
		{host: "fd00:EC2::254", want: "fd00:ec2::254", operators: true},

		{host: "", err: "no host"},
		{host: ".", err: "no name"},
		{host: "a..b", err: "no name"},
		{host: "exa mple.com", err: "no name"},
		{host: "exa\x00mple.com", err: "no name"},
		{host: "example.com:80", err: "no name"},
		{host: strings.Repeat("a.", 126) + "aaa", err: "longer"},
		{host: "fe80::1%eth0", err: "zone"},
		{host: "2130706433", err: "ambiguous"},
		{host: "017700000001", err: "ambiguous"},
		{host: "0x7f000001", err: "ambiguous"},
		{host: "0X7F000001", err: "ambiguous"},
		{host: "127.1", err: "ambiguous"},
		{host: "127.0.1", err: "ambiguous"},
		{host: "0177.0.0.1", err: "ambiguous"},
		{host: "0x7f.0.0.1", err: "ambiguous"},
		{host: "127.0.0.0x1", err: "ambiguous"},
		{host: "127.0.0.1.", err: "ambiguous"},
		{host: "127.0.0.0x", err: "ambiguous"},
		{host: "256.256.256.256", err: "ambiguous"},
		{host: "１２７.0.0.1", err: "ambiguous"},
		{host: "①②⑦.0.0.1", err: "ambiguous"},
		{host: "127。0。0。1", err: "ambiguous"},
	}
	for _, test := range tests {
		t.Run(test.host, func(t *testing.T) {
			got, err := canonicalHost(test.host)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got %q, error %v, want %q", got, err, test.err)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("got %q, error %v, want %q", got, err, test.want)
			}
			if isOperatorsWord(got) != test.operators {
				t.Errorf("operator's word: %v", !test.operators)
			}
			if again, err := canonicalHost(got); err != nil || again != got {
				t.Errorf("its own spelling is %q, error %v", again, err)
			}
		})
	}
}

func TestURLsAreChecked(t *testing.T) {
	client := NewClient(mustGuard(t, nil, []string{"*.denied.example", "denied.example"}))
	defer client.Close()
	tests := []struct {
		name, url string
		data      bool
		class     Class
		want      string
	}{
		{name: "scheme", url: "ftp://example.com/", class: ClassInvalid, want: "neither http nor https"},
		{name: "no scheme", url: "example.com/x", class: ClassInvalid, want: "neither http nor https"},
		{name: "file", url: "file:///etc/passwd", class: ClassInvalid, want: "neither http nor https"},
		{name: "opaque", url: "http:example.com", class: ClassInvalid, want: "no host"},
		{name: "user", url: "https://user:top-secret@example.com/", class: ClassInvalid, want: "user name"},
		{name: "empty user", url: "https://@example.com/", class: ClassInvalid, want: "user name"},
		{name: "unreadable", url: "https://example.com/%zz?top-secret", class: ClassInvalid, want: "cannot be read"},
		{name: "control", url: "https://example.com/\x7ftop-secret", class: ClassInvalid, want: "cannot be read"},
		{name: "port", url: "https://example.com:0/", class: ClassInvalid, want: "port"},
		{name: "big port", url: "https://example.com:65536/", class: ClassInvalid, want: "port"},
		{name: "zone", url: "http://[fe80::1%25eth0]/", class: ClassInvalid, want: "zone"},
		{name: "decimal", url: "http://2130706433/", class: ClassInvalid, want: "ambiguous"},
		{name: "full width", url: "http://１２７.0.0.1/", class: ClassInvalid, want: "ambiguous"},
		{
			name: "denied", url: "https://denied.example/top-secret", class: ClassRefused,
			want: "`egress deny denied.example`",
		},
		{
			name: "denied domain", url: "https://a.DENIED.example", class: ClassRefused,
			want: "`egress deny *.denied.example`",
		},
		{
			name: "from data", url: "https://evil.example", data: true, class: ClassRefused,
			want: "`egress allow evil.example`",
		},
		{
			name: "address from data", url: "http://127.0.0.1", data: true, class: ClassRefused,
			want: "`egress allow 127.0.0.1`",
		},
		{
			name: "local from data", url: "http://localhost", data: true, class: ClassRefused,
			want: "`egress allow localhost`",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			call := &Call{Method: "POST", URL: test.url, OperatorHost: !test.data, Retry: Retry{Attempts: 3}}
			result := client.Do(t.Context(), call)
			checkFailure(t, result, test.class, test.want)
			if len(result.Attempts) != 1 {
				t.Errorf("%d attempts", len(result.Attempts))
			}
		})
	}
}

func FuzzCanonicalHost(f *testing.F) {
	for _, host := range []string{
		"example.com", "EXAMPLE.com.", "127.1", "0x7f.1", "::1", "fe80::1%1", "１２７.0.0.1", "bücher.example",
	} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		got, err := canonicalHost(host)
		if err != nil {
			return
		}
		if again, err := canonicalHost(got); err != nil || again != got {
			t.Errorf("%q is %q, and that is %q, %v", host, got, again, err)
		}
		hostport := got
		if strings.Contains(got, ":") {
			hostport = "[" + got + "]"
		}
		if u, err := url.Parse("http://" + hostport + ":80/x"); err != nil || u.Hostname() != got || u.Path != "/x" {
			t.Errorf("%q is %q, which a URL reads as %v, %v", host, got, u, err)
		}
	})
}
