package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/app"
)

// checkCommand is `caddy krosyn check`.
func checkCommand() *cobra.Command {
	var (
		config, adapter string
		lookups         []string
		asJSON          bool
	)
	cmd := &cobra.Command{
		Use:   "check [--config FILE] [--adapter NAME] [--lookup CONNECTOR=FILE]… [--json]",
		Short: "Runs every connector on its example, offline, and checks what it expects",
		Long: `
Loads a configuration as 'caddy validate' does, beside a running server too, and
takes the steps of each connector that has an 'example': trigger, process and
the building of the request. Nothing is sent and no store is opened. It prints
what would be sent, and compares it with the connector's 'expect' lines.

A lookup is not sent either: $lookup is null, or what --lookup has for that
connector. Secrets are [REDACTED], in what is expected too. Placeholders such as
{env.TOKEN} must have a value, any will do.
` + exitCodes + `An expectation that does not hold, and an example that fails without an 'expect
error', is exit code 1.
`,
		Example: `  caddy krosyn check --config Caddyfile
  CRM_TOKEN=x caddy krosyn check --config Caddyfile --lookup orders=customer.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answers, err := readLookups(lookups)
			if err != nil {
				return err
			}
			gateway, err := loadOffline(config, adapter)
			if err != nil {
				return err
			}
			result, err := checkAll(cmd.Context(), gateway, answers)
			if err != nil {
				return err
			}
			if asJSON {
				err = result.dump(cmd.OutOrStdout())
			} else {
				err = result.show(screenOf(cmd.OutOrStdout()))
			}
			if err == nil && !result.OK {
				return told("the check failed")
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", "", "configuration (default the Caddyfile in this directory)")
	cmd.Flags().StringVarP(&adapter, "adapter", "a", "", "adapter of the configuration, by its name as a rule")
	cmd.Flags().StringArrayVar(&lookups, "lookup", nil, "file with what the lookup of a connector would have answered")
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"ok": …, "connectors": [ … ]}`)
	return cmd
}

// readLookups reads the files of CONNECTOR=FILE.
func readLookups(words []string) (map[string]json.RawMessage, error) {
	answers := make(map[string]json.RawMessage)
	for _, word := range words {
		name, file, ok := strings.Cut(word, "=")
		if !ok || name == "" || file == "" || file == "-" {
			return nil, misuse("--lookup %q is not CONNECTOR=FILE", word)
		}
		text, err := readInput(nil, file)
		if err != nil {
			return nil, fmt.Errorf("--lookup: %w", err)
		}
		if !json.Valid(text) {
			return nil, fmt.Errorf("--lookup: %s is not JSON", file)
		}
		answers[name] = text
	}
	return answers, nil
}

// loadOffline provisions a configuration and starts nothing of it.
func loadOffline(path, adapter string) (*app.App, error) {
	if path == "" {
		if _, err := os.Stat("Caddyfile"); err != nil {
			return nil, misuse("there is no Caddyfile here: name the configuration with --config")
		}
		path = "Caddyfile"
	}
	// Caddy logs every step of loading. Those that are worth a warning are for people; an empty configuration with this
	// level is what makes Caddy leave the others out from the beginning.
	warnings := &caddy.CustomLog{BaseLog: caddy.BaseLog{Level: zap.WarnLevel.CapitalString()}}
	logging := &caddy.Logging{Logs: map[string]*caddy.CustomLog{caddy.DefaultLoggerName: warnings}}
	if _, err := caddy.ProvisionContext(&caddy.Config{Logging: logging}); err != nil {
		return nil, err
	}
	text, _, _, err := caddycmd.LoadConfig(path, adapter)
	if err != nil {
		return nil, err
	}
	var config *caddy.Config
	if err := caddy.StrictUnmarshalJSON(caddy.RemoveMetaFields(text), &config); err != nil {
		return nil, fmt.Errorf("decoding %s: %w", path, err)
	}
	// Where the configuration logs to is nothing that a check may write to.
	config.Logging = logging
	ctx, err := caddy.ProvisionContext(config)
	if err != nil {
		return nil, ownFault(err)
	}
	loaded, err := ctx.AppIfConfigured("krosyn")
	if err != nil {
		return nil, fmt.Errorf("%s has no krosyn in it", path)
	}
	return loaded.(*app.App), nil
}

// ownFault takes what is wrong with a connector out of the error of all modules that it stands in.
func ownFault(err error) error {
	const handler = "provision http.handlers.krosyn: "
	if _, own, ok := strings.Cut(err.Error(), handler); ok {
		return errors.New(own)
	}
	return err
}

// checked is what came of checking all connectors.
type checked struct {
	OK         bool         `json:"ok"`
	Connectors []*app.Check `json:"connectors"`
}

func checkAll(ctx context.Context, gateway *app.App, lookups map[string]json.RawMessage) (*checked, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	all := &checked{OK: true, Connectors: []*app.Check{}}
	for _, c := range gateway.Connectors() {
		check, err := c.Check(ctx, lookups[c.Name])
		if err != nil {
			return nil, err
		}
		delete(lookups, c.Name)
		all.OK = all.OK && check.OK
		all.Connectors = append(all.Connectors, check)
	}
	for name := range lookups {
		return nil, misuse("--lookup: there is no connector %q", name)
	}
	if len(all.Connectors) == 0 {
		return nil, errors.New("the configuration has no connector")
	}
	return all, nil
}

func (c *checked) dump(out io.Writer) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(c); err != nil {
		return err
	}
	return printJSON(out, text.Bytes())
}
