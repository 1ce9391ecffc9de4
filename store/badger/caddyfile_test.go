package badger

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func TestUnmarshalCaddyfile(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"nothing", "badger", `{}`},
		{"an empty block", "badger {\n}", `{}`},
		{
			"everything",
			`badger {
				path           /var/lib/krosyn
				durability     os
				retention      7d
				max_size       10GiB
				min_free       64MiB
				encryption_key {env.KROSYN_KEY}
			}`,
			`{"path":"/var/lib/krosyn","durability":"os","retention":604800000000000,"max_size":10737418240,` +
				`"min_free":67108864,"encryption_key":"{env.KROSYN_KEY}"}`,
		},
		{
			"a key after another", "badger {\n encryption_key {env.NEW} {env.OLD}\n}",
			`{"encryption_key":"{env.NEW}","previous_encryption_key":"{env.OLD}"}`,
		},
		{"forever", "badger {\n retention 0\n}", `{"retention":0}`},
		{"decimal sizes", "badger {\n max_size 2GB\n}", `{"max_size":2000000000}`},
		{"bytes", "badger {\n min_free 33554432\n}", `{"min_free":33554432}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b Badger
			if err := b.UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.input)); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(&b)
			if err != nil || string(got) != test.want {
				t.Errorf("the JSON is %s, %v\nand should be %s", got, err, test.want)
			}
		})
	}
}

func TestUnmarshalCaddyfileRefuses(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"an argument", "badger /var/lib/krosyn", "wrong argument count or unexpected line ending"},
		{
			"an unknown subdirective", "badger {\n\tdirectory /x\n}",
			`unknown subdirective "directory" of store badger: allowed are path, durability, retention, max_size, ` +
				`min_free, encryption_key`,
		},
		{
			"a repeated one", "badger {\n\tpath /x\n\tpath /y\n}",
			`path is already given in store badger: allowed are path, durability, retention, max_size, min_free, ` +
				`encryption_key, at Testfile:3`,
		},
		{"no value", "badger {\n\tpath\n}", "wrong argument count"},
		{"two values", "badger {\n\tpath /x /y\n}", "wrong argument count"},
		{"an empty path", "badger {\n\tpath \"\"\n}", "wrong argument count"},
		{"a durability", "badger {\n\tdurability maybe\n}", `durability is "maybe": it is fsync or os`},
		{"a retention", "badger {\n\tretention long\n}", `retention is "long": it is a duration such as 30d, or 0`},
		{"a negative retention", "badger {\n\tretention -3d\n}", `retention is "-3d"`},
		{"no retention", "badger {\n\tretention\n}", "wrong argument count"},
		{"two retentions", "badger {\n\tretention 3d 4d\n}", "wrong argument count"},
		{"a size", "badger {\n\tmax_size much\n}", `max_size is "much": it is a size such as 10GiB`},
		{"no size at all", "badger {\n\tmin_free 0\n}", `min_free is "0"`},
		{"an endless size", "badger {\n\tmin_free 16EiB\n}", `min_free is "16EiB"`},
		{"no key", "badger {\n\tencryption_key\n}", "wrong argument count"},
		{"an empty key", "badger {\n\tencryption_key \"\"\n}", "wrong argument count"},
		{"an empty previous key", "badger {\n\tencryption_key x \"\"\n}", "wrong argument count"},
		{"three keys", "badger {\n\tencryption_key x y z\n}", "wrong argument count"},
		{"a block too many", "badger {\n\tpath /x {\n\t\ty\n\t}\n}", `unknown subdirective "{"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := new(Badger).UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.input))
			wantMessage(t, err, test.want)
			if err != nil && !strings.Contains(err.Error(), "Testfile:") {
				t.Errorf("the error does not say where: %v", err)
			}
		})
	}
}

// TestUnmarshalCaddyfileNested reads the block inside another, as the global option has it.
func TestUnmarshalCaddyfileNested(t *testing.T) {
	d := caddyfile.NewTestDispenser("krosyn {\n store badger {\n  path /x\n }\n max_depth 5\n}")
	d.Next()
	var b Badger
	var others []string
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if d.Val() != "store" {
			others = append(others, d.Val())
			d.RemainingArgs()
			continue
		}
		if err := b.UnmarshalCaddyfile(d); err != nil {
			t.Fatal(err)
		}
	}
	if b.Path != "/x" || strings.Join(others, " ") != "max_depth" {
		t.Errorf("the path is %q, and after the store come %q", b.Path, others)
	}
}
