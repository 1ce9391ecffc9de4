package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/outbound"
)

// target is a URL that is compiled once and filled with data for each execution.
//
// Data can fill path segments and query values, where it is escaped, and nothing else: whatever a payload holds, the
// scheme, the host, the port, the number of path segments and the set of query keys stay as declared. The one
// exception is a host that is a reference as a whole, and that one may only take names that `egress allow` lists.
type target struct {
	// source is the URL as declared, the form in which it may be shown.
	source string
	pieces []piece
	guard  *outbound.Guard
	// dataHost tells that the host comes from data rather than from the configuration.
	dataHost bool
	hasQuery bool
}

// piece is a part of a URL: literal text, a secret, or data.
type piece struct {
	literal string
	program *expression.Program
	place   place
}

// place is where in a URL a piece of data stands, which decides how it is escaped.
type place int

const (
	placeNone    place = iota // literal text and secrets: as they are
	placeHost                 // the whole host
	placeSegment              // in a path segment
	placeQuery                // in a query value
)

// compileTarget compiles a URL and finds everything wrong with it that can be found before data arrives.
func compileTarget(source string, compiler *expression.Compiler, scope expression.Scope, env *Environment) (*target, error) {
	template, err := compiler.Template(source, scope)
	if err != nil {
		return nil, err
	}
	t := &target{source: source, guard: env.Guard}
	reader := urlReader{}
	for _, part := range template.Parts {
		switch {
		case part.Program == nil:
			err = reader.text(part.Literal)
			t.pieces = append(t.pieces, piece{literal: part.Literal})
		case part.Secret:
			var value string
			if value, err = part.Program.Text(&expression.Context{Secrets: env.Secrets}); err != nil {
				return nil, err
			}
			err = reader.secret(value)
			t.pieces = append(t.pieces, piece{program: part.Program})
		default:
			var where place
			where, err = reader.data(part.Source)
			t.pieces = append(t.pieces, piece{program: part.Program, place: where})
		}
		if err != nil {
			return nil, err
		}
	}
	if err := reader.finish(); err != nil {
		return nil, err
	}
	t.dataHost, t.hasQuery = reader.dataHost, reader.state >= stateQueryKey
	return t, nil
}

// build fills the URL with the data of one execution.
func (t *target) build(ctx *expression.Context) ([]byte, error) {
	var (
		out  = make([]byte, 0, len(t.source)+64)
		path = pathGuard{}
	)
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.program == nil {
			out = append(out, p.literal...)
			continue
		}
		text, err := p.program.Text(ctx)
		if err != nil {
			return nil, err
		}
		switch p.place {
		case placeNone:
			out = append(out, text...)
		case placeHost:
			if err := t.checkHost(text); err != nil {
				return nil, err
			}
			out = append(out, text...)
		case placeSegment:
			path.data(len(out))
			out = append(out, url.PathEscape(text)...)
		case placeQuery:
			out = append(out, url.QueryEscape(text)...)
		}
	}
	return out, path.check(out)
}

// appendQuery adds query parameters to a URL that build has made.
func (t *target) appendQuery(built []byte, query []assignment, ctx *expression.Context) ([]byte, error) {
	separator := byte('?')
	if t.hasQuery {
		separator = '&'
	}
	for i := range query {
		text, err := query[i].program.Text(ctx)
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", query[i].name, err)
		}
		built = append(built, separator)
		built = append(built, url.QueryEscape(query[i].name)...)
		built = append(built, '=')
		built = append(built, url.QueryEscape(text)...)
		separator = '&'
	}
	return built, nil
}

// checkHost judges a host that data has chosen.
func (t *target) checkHost(host string) error {
	if host == "" || strings.ContainsAny(host, "/?#@:\\%[] \t\r\n\x00") && net.ParseIP(host) == nil {
		return errors.New("the host that the data names is not a host name")
	}
	if !t.guard.AllowsHost(host) {
		return errors.New("the host that the data names is not one that `egress allow` lists")
	}
	return nil
}

// pathGuard refuses path segments that data has turned into `.` or `..`, which would climb in the target's paths.
// (A `/` in data is escaped, so it cannot make segments.)
type pathGuard struct {
	at  []int
	few [4]int
}

// data notes that data begins at this offset of the URL.
func (g *pathGuard) data(offset int) {
	if g.at == nil {
		g.at = g.few[:0]
	}
	g.at = append(g.at, offset)
}

func (g *pathGuard) check(built []byte) error {
	for _, offset := range g.at {
		start := bytes.LastIndexByte(built[:offset], '/') + 1
		end := len(built)
		if i := bytes.IndexAny(built[offset:], "/?"); i >= 0 {
			end = offset + i
		}
		if climbs(built[start:end]) {
			return fmt.Errorf("data makes a path segment %q, which would change the path", built[start:end])
		}
	}
	return nil
}

// climbs tells whether a path segment is one dot or two, however they are escaped.
func climbs(segment []byte) bool {
	dots := 0
	for len(segment) > 0 {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case len(segment) >= 3 && segment[0] == '%' && segment[1] == '2' && segment[2]|0x20 == 'e':
			segment = segment[3:]
		default:
			return false
		}
		dots++
	}
	return dots == 1 || dots == 2
}
