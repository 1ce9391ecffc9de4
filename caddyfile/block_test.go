package caddyfile

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/handler"
)

// TestDirectivesHaveJSONTwins holds the tables against the configuration: what can be written in a Caddyfile has the
// same name in JSON, and what can be written in JSON has a directive, unless it is a word of the block's own line.
func TestDirectivesHaveJSONTwins(t *testing.T) {
	for _, test := range []struct {
		names  []string
		config any
		inLine []string
	}{
		{names(globalBlock), app.App{}, nil},
		{names(egressBlock), app.Egress{}, nil},
		{names(siteBlock), handler.Handler{}, nil},
		{names(connectorBlock), app.Connector{}, []string{"name"}},
		{names(endpointBlock), app.Endpoint{}, []string{"name"}},
		{names(processBlock), app.Process{}, nil},
		{names(lookupBlock), app.Lookup{}, []string{"url"}},
		{names(performBlock), app.Perform{}, []string{"method", "url"}},
		{names(retryBlock), app.Retry{}, []string{"attempts"}},
	} {
		config := reflect.TypeOf(test.config)
		t.Run(config.Name(), func(t *testing.T) {
			fields := jsonFields(config)
			for _, name := range test.names {
				direct := config == reflect.TypeFor[app.Connector]() && slices.Contains(names(endpointBlock), name)
				if !slices.Contains(fields, name) && !direct {
					t.Errorf("directive %s has no JSON twin", name)
				}
			}
			for _, field := range fields {
				if !slices.Contains(test.names, field) && !slices.Contains(test.inLine, field) {
					t.Errorf("JSON field %s has no directive", field)
				}
			}
		})
	}
}

func names[T any](b *block[T]) []string {
	var all []string
	for _, known := range b.directives {
		all = append(all, known.name)
	}
	return all
}

func jsonFields(config reflect.Type) []string {
	var all []string
	for field := range config.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			all = append(all, name)
		}
	}
	return all
}
