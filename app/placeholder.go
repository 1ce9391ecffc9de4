package app

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
)

// A configuration keeps the placeholders `{env.X}` and `{file.X}`; they are resolved when it is loaded, into memory
// only. Expressions, values and bodies never go through Caddy's replacer: it would take their braces for its own.

// placeholder matches the placeholders that have a value when a configuration is loaded.
var placeholder = regexp.MustCompile(`\{(?:env|file)\.[^{}]+\}`)

// resolve is s with its placeholders replaced. One that is unknown or has no value is an error.
func resolve(s string) (string, error) {
	resolved, err := caddy.NewReplacer().ReplaceOrErr(s, true, true)
	if err != nil {
		return "", err
	}
	if resolved == "" {
		return "", errors.New("the value is empty")
	}
	return resolved, nil
}

// resolveURL is a URL with its placeholders replaced and every other brace left as it is.
func resolveURL(url string) (string, error) {
	var fault error
	resolved := placeholder.ReplaceAllStringFunc(url, func(match string) string {
		value, err := resolve(match)
		if err != nil && fault == nil {
			fault = err
		}
		return value
	})
	return resolved, fault
}

// refusePlaceholder is the fault of a value or an expression that has a placeholder, which would be sent as it stands.
func refusePlaceholder(source string) error {
	if match := placeholder.FindString(source); match != "" {
		return fmt.Errorf("%s is not replaced in values and expressions: declare `secret NAME %s` in the global krosyn "+
			"block and write $secret.NAME", match, match)
	}
	return nil
}

// warnLiteral warns of a credential that stands in the configuration itself, which Caddy shows and keeps on disk.
func warnLiteral(logger *zap.Logger, where, configured string) {
	if configured != "" && !placeholder.MatchString(configured) && !strings.HasPrefix(configured, "sha256:") {
		logger.Warn("a credential stands in the configuration as plain text; a placeholder such as {env.NAME} keeps it out",
			zap.String("where", where))
	}
}

var secretName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func validSecretName(name string) bool { return secretName.MatchString(name) }
