package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/krosyn/gateway/outbound"
)

// route is how the target is reached, with the files of its certificates read.
func (t *translation) route(p *Perform) outbound.Route {
	var route outbound.Route
	if p.TLS != nil {
		config, err := t.tls(p.TLS)
		t.fault("perform: tls", err)
		route.TLS = config
	}
	if p.Proxy != "" {
		proxy, err := t.proxy(p)
		t.fault("perform: proxy", err)
		route.Proxy = proxy
	}
	return route
}

func (t *translation) tls(c *TLS) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if *c == (TLS{}) {
		return nil, errors.New("it says nothing: client_certificate and client_key, or ca, are missing")
	}
	if (c.ClientCertificate == "") != (c.ClientKey == "") {
		return nil, errors.New("client_certificate and client_key belong together")
	}
	if c.ClientCertificate != "" {
		certificate, err := readFile("client_certificate", c.ClientCertificate)
		if err != nil {
			return nil, err
		}
		key, err := readFile("client_key", c.ClientKey)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("client_certificate %s: %w", c.ClientCertificate, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if c.CA != "" {
		authorities, err := readFile("ca", c.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authorities) {
			return nil, fmt.Errorf("ca %s has no certificate (PEM)", c.CA)
		}
	}
	return config, nil
}

func readFile(directive, configured string) ([]byte, error) {
	path, err := resolve(configured)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", directive, err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", directive, err)
	}
	return content, nil
}

func (t *translation) proxy(p *Perform) (*url.URL, error) {
	resolved, err := resolveURL(p.Proxy)
	if err != nil {
		return nil, err
	}
	proxy, err := url.Parse(resolved)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case proxy.Scheme != "http" && proxy.Scheme != "https", proxy.Hostname() == "":
		return nil, errors.New("a proxy is such as http://proxy.internal:3128")
	case strings.Trim(proxy.Path, "/") != "" || proxy.RawQuery != "" || proxy.Fragment != "":
		return nil, errors.New("a proxy has neither path nor query")
	}
	if password, has := proxy.User.Password(); has {
		warnLiteral(t.logger, "perform: proxy", p.Proxy)
		p.credentials = append(p.credentials, password)
	}
	return proxy, nil
}
