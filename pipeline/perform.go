package pipeline

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/outbound"
)

// perform is a compiled Perform.
type perform struct {
	definition *Perform
	target     *target
	query      []assignment
	headers    []header
	// body is nil where the payload is sent as received.
	body *body
	// authorization is the value of this header where it is always the same, tokens are where it comes from otherwise.
	authorization string
	tokens        *outbound.Tokens
	sign          *signer
	success       *expression.Program
	breaker       *outbound.Breaker
	// hidden are the headers with which the request proves who sends it: events have their names only.
	hidden []string
	client *outbound.Client
	// own are the clients that belong to this connector alone.
	own []*outbound.Client
}

// Methods are the methods that a perform can have.
var Methods = []string{"POST", "PUT", "PATCH", "DELETE"}

// maxRedirects bounds what one attempt may follow.
const maxRedirects = 10

func (c *compiler) perform(connector string, definition *Perform) *perform {
	p := &perform{definition: definition, client: c.env.Client}
	if !slices.Contains(Methods, definition.Method) {
		c.fault("perform", fmt.Errorf("%q is no perform method; allowed: %s", definition.Method, Methods))
	}
	p.target = c.target("perform", definition.URL, expression.ScopePerform)
	p.query = c.parameters("perform: query", definition.Query, expression.ScopePerform)
	p.headers = c.headers("perform", definition.Headers, expression.ScopePerform)
	c.removed("perform", definition.Remove, definition.Headers)
	p.body = c.body(definition)
	if definition.Success != "" {
		program, err := c.language.Expression(definition.Success, expression.ScopeResponse)
		c.compiled("perform: success", program, err)
		p.success = program
	}
	if definition.Redirects < 0 || definition.Redirects > maxRedirects {
		c.fault("perform: follow_redirects",
			fmt.Errorf("%d: between 0 and %d are allowed", definition.Redirects, maxRedirects))
	}
	if definition.Route != (outbound.Route{}) {
		p.client = p.newClient(c.env, definition.Route)
	}
	c.authenticate(p)
	if definition.Breaker != nil {
		p.breaker = c.env.Breakers.Get(connector, p.shown(), *definition.Breaker)
	}
	return p
}

// authenticate compiles how the request proves who sends it.
func (c *compiler) authenticate(p *perform) {
	if basic := p.definition.BasicAuth; basic != nil {
		if strings.Contains(basic.User, ":") {
			c.fault("perform: basic_auth", errors.New("a user name cannot have a colon (RFC 7617)"))
		}
		p.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(basic.User+":"+basic.Password))
		c.hide(p, "basic_auth", "Authorization")
	}
	if settings := p.definition.OAuth2; settings != nil {
		if p.definition.BasicAuth != nil {
			c.fault("perform", errors.New("basic_auth and oauth2 exclude each other: both make Authorization"))
		}
		c.tokenURL(settings.URL)
		client := p.client
		if route := p.definition.Route; route.TLS != nil {
			// What the target's own certificates are says nothing about the authorization server.
			client = p.newClient(c.env, outbound.Route{Proxy: route.Proxy})
		}
		p.tokens = outbound.NewTokens(client, *settings)
		c.hide(p, "oauth2", "Authorization")
	}
	if p.definition.Sign != nil {
		signer, err := newSigner(p.definition.Sign)
		if err != nil {
			c.fault("perform: sign "+p.definition.Sign.Scheme, err)
			return
		}
		p.sign = signer
		c.hide(p, "sign", signer.headers...)
	}
}

// tokenURL checks the URL of a token endpoint, in which nothing is replaced: credentials go there, so no data has a say.
func (c *compiler) tokenURL(source string) {
	const where = "perform: oauth2: token_url"
	target, err := compileTarget(source, expression.NewCompiler(nil), expression.ScopePerform, c.env)
	c.fault(where, err)
	if err == nil && slices.ContainsFunc(target.pieces, func(p piece) bool { return p.program != nil }) {
		c.fault(where, errors.New("it cannot have references"))
	}
}

// hide notes headers that a directive makes.
func (c *compiler) hide(p *perform, directive string, names ...string) {
	for _, name := range names {
		where := "perform: " + directive
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			c.fault(where, fmt.Errorf("%q is not a header name", name))
		case slices.Contains(ownHeaders, name):
			c.fault(where, fmt.Errorf("%s is set by the gateway itself", name))
		case slices.ContainsFunc(p.definition.Headers, func(h Assignment) bool {
			return textproto.CanonicalMIMEHeaderKey(h.Name) == name
		}):
			c.fault(where, fmt.Errorf("header %s is set as well", name))
		}
		if !slices.Contains(p.hidden, name) {
			p.hidden = append(p.hidden, name)
		}
	}
}

// shown is the URL in the form in which it may be shown.
func (p *perform) shown() string {
	if p.definition.Shown != "" {
		return p.definition.Shown
	}
	return p.definition.URL
}

func (p *perform) newClient(env *Environment, route outbound.Route) *outbound.Client {
	client := env.Client.With(route)
	p.own = append(p.own, client)
	return client
}

func (p *perform) close(env *Environment) {
	if p.breaker != nil {
		env.Breakers.Release(p.breaker)
	}
	for _, client := range p.own {
		client.Close()
	}
}

// sending is what the recorded request has in place of what proves who sends it.
var sending = []string{event.Redacted}
