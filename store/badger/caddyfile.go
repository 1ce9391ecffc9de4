package badger

import (
	"math"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/dustin/go-humanize"
)

// subdirectives are those of the store, as errors list them.
const subdirectives = "path, durability, retention, max_size, min_free, encryption_key"

// UnmarshalCaddyfile sets the store up from Caddyfile tokens:
//
//	store badger {
//		path           <directory>
//		durability     fsync|os
//		retention      <duration>
//		max_size       <size>
//		min_free       <size>
//		encryption_key <key> [<previous key>]
//	}
//
// All of them are optional. Durations are as in `30d`, sizes as in `10GiB`.
func (b *Badger) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the module's name
	if d.NextArg() {
		return d.ArgErr()
	}
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		if seen[name] {
			return d.Errf("%s is already given in store badger: allowed are %s", name, subdirectives)
		}
		seen[name] = true
		if err := b.unmarshal(d, name); err != nil {
			return err
		}
		if d.NextArg() {
			return d.ArgErr()
		}
	}
	return nil
}

func (b *Badger) unmarshal(d *caddyfile.Dispenser, name string) error {
	switch name {
	case "path":
		return text(d, &b.Path)
	case "durability":
		if err := text(d, &b.Durability); err != nil {
			return err
		}
		if b.Durability != durabilityFsync && b.Durability != durabilityOS {
			return d.Errf("durability is %q: it is %s or %s", b.Durability, durabilityFsync, durabilityOS)
		}
		return nil
	case "retention":
		if !d.NextArg() {
			return d.ArgErr()
		}
		retention, err := caddy.ParseDuration(d.Val())
		if err != nil || retention < 0 {
			return d.Errf("retention is %q: it is a duration such as 30d, or 0 to keep events forever", d.Val())
		}
		b.Retention = new(caddy.Duration(retention))
		return nil
	case "max_size":
		return byteSize(d, &b.MaxSize)
	case "min_free":
		return byteSize(d, &b.MinFree)
	case "encryption_key":
		return keys(d, &b.EncryptionKey, &b.PreviousEncryptionKey)
	default:
		return d.Errf("unknown subdirective %q of store badger: allowed are %s", name, subdirectives)
	}
}

// keys reads a key and, where one was in force before it, that.
func keys(d *caddyfile.Dispenser, key, previous *string) error {
	if !d.Args(key) || *key == "" {
		return d.ArgErr()
	}
	if d.NextArg() {
		if *previous = d.Val(); *previous == "" {
			return d.ArgErr()
		}
	}
	return nil
}

func text(d *caddyfile.Dispenser, value *string) error {
	if !d.AllArgs(value) || *value == "" {
		return d.ArgErr()
	}
	return nil
}

func byteSize(d *caddyfile.Dispenser, value *int64) error {
	name := d.Val()
	if !d.NextArg() {
		return d.ArgErr()
	}
	size, err := humanize.ParseBytes(d.Val())
	if err != nil || size == 0 || size > math.MaxInt64 {
		return d.Errf("%s is %q: it is a size such as 10GiB", name, d.Val())
	}
	*value = int64(size)
	return nil
}

// Interface guard
var _ caddyfile.Unmarshaler = (*Badger)(nil)
