// Package caddyfile turns the Caddyfile's `krosyn` blocks into the JSON of the app and of the handler.
//
// Each block has one table of the directives it understands, and a table is all it takes to know them: errors about
// unknown, repeated and misplaced directives come from it. The package checks what a word alone tells (numbers,
// durations, names, choices), so that the error can name the line. It resolves no placeholder and compiles no
// expression: that is for the app when it loads the JSON, whoever wrote it.
package caddyfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// directive is a line that a block understands.
type directive[T any] struct {
	name string
	// usage is what follows the name, as errors show it.
	usage string
	// repeat tells that the line may occur again in its block.
	repeat bool
	parse  func(l *line, into T) error
}

// block is what may stand between a pair of braces.
type block[T any] struct {
	// name says where one is in it: "connector", "the global krosyn block".
	name       string
	directives []directive[T]
}

// places has the names of the blocks in which a directive is known.
var places = make(map[string][]string)

// newBlock makes a block and lets every other one know where its directives belong.
func newBlock[T any](name string, directives []directive[T]) *block[T] {
	for _, known := range directives {
		places[known.name] = append(places[known.name], name)
	}
	return &block[T]{name: name, directives: directives}
}

// Directives has the names of the directives of every block, in alphabetical order, by the block's name.
func Directives() map[string][]string {
	names := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(places)) {
		for _, block := range places[name] {
			names[block] = append(names[block], name)
		}
	}
	return names
}

// parse reads the block that opens at the end of d's line, if there is one. Of the directives in set, which occurred
// in an earlier block of which this is the continuation, none may be repeated that occurs but once.
func (b *block[T]) parse(d *caddyfile.Dispenser, into T, set ...string) error {
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		known := b.find(name)
		switch {
		case known == nil:
			return b.unknown(d, name)
		case !known.repeat && slices.Contains(set, name):
			return d.Errf("%s is repeated in %s; allowed: %s", name, b.name, b.allowed())
		}
		set = append(set, name)
		l := readLine(d, known.usage)
		if err := known.parse(l, into); err != nil {
			return err
		}
		if err := l.end(); err != nil {
			return err
		}
	}
	return nil
}

func (b *block[T]) find(name string) *directive[T] {
	for i := range b.directives {
		if b.directives[i].name == name {
			return &b.directives[i]
		}
	}
	return nil
}

func (b *block[T]) unknown(d *caddyfile.Dispenser, name string) error {
	belongs := ""
	if elsewhere := places[name]; len(elsewhere) > 0 {
		belongs = ", which belongs in " + strings.Join(elsewhere, " or ")
	}
	return d.Errf("unrecognized subdirective %q in %s%s; allowed: %s", name, b.name, belongs, b.allowed())
}

// allowed has the names of the block's directives, as errors list them.
func (b *block[T]) allowed() string {
	names := make([]string, len(b.directives))
	for i := range b.directives {
		names[i] = b.directives[i].name
	}
	return strings.Join(names, ", ")
}

// nested reads the block of a line whose directive takes one.
func nested[T any](l *line, b *block[T], into T) error {
	l.blockRead = true
	return b.parse(l.d, into)
}
