package command

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/token"
)

// tokensCommand is `caddy krosyn tokens`.
func tokensCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "tokens <command>",
		Short: "Makes, lists and revokes the tokens of endpoints",
		Long: `
Makes, lists and revokes the tokens of endpoints in a running gateway. They hold
beside those of the configuration, at once and without a reload.
` + exitCodes,
	}
	api.addFlags(cmd)
	cmd.AddCommand(createTokenCommand(api), listTokensCommand(api), revokeTokenCommand(api))
	return cmd
}

func createTokenCommand(api *adminAPI) *cobra.Command {
	var (
		expires, replace, overlap string
		asJSON                    bool
	)
	cmd := &cobra.Command{
		Use:   "create CONNECTOR [ENDPOINT] [--expires 90d] [--replace ID [--overlap 24h]] [--json]",
		Short: "Makes a token and shows it, this once",
		Long: `
Makes a token for an endpoint, "default" unless it is named, and shows its two
forms, of which a caller needs one. They cannot be shown again: the gateway
keeps digests only.

With --replace another token ends in favour of the new one: at once, or after
the time that --overlap gives its users to change.
`,
		Example: `  caddy krosyn tokens create orders --expires 90d
  caddy krosyn tokens create orders partner --replace 0199f0c4-… --overlap 24h`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			endpoint := app.DefaultEndpoint
			if len(args) == 2 {
				endpoint = args[1]
			}
			// A flag that is given and empty, as by an unset variable, is for the API to refuse.
			request := map[string]string{}
			for flag, value := range map[string]struct{ field, text string }{
				"expires": {"expires_in", expires}, "replace": {"replace", replace}, "overlap": {"overlap", overlap},
			} {
				if cmd.Flags().Changed(flag) {
					request[value.field] = value.text
				}
			}
			text, err := api.ask(http.MethodPost, pathOf("connectors", args[0], "endpoints", endpoint, "tokens"), request)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := cmd.OutOrStdout().Write(text)
				return err
			}
			var made token.Made
			if err := json.Unmarshal(text, &made); err != nil {
				return fmt.Errorf("reading the new token: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), `Bearer token  %s
Secret token  %s
Id            %s
Expires       %s

Callers send one of them, "Authorization: Bearer …" or "X-Secret-Token: …".
Keep them now: they are not shown again.
`, made.BearerToken, made.SecretToken, made.ID, moment(made.ExpiresAt, "never"))
			return err
		},
	}
	cmd.Flags().StringVar(&expires, "expires", "", "how long it holds, such as 90d; for ever without it")
	cmd.Flags().StringVar(&replace, "replace", "", "id of the token that ends in favour of the new one")
	cmd.Flags().StringVar(&overlap, "overlap", "", "how long the replaced token still holds, such as 24h")
	api.addReason(cmd)
	addJSON(cmd, &asJSON)
	return cmd
}

// tokenList is what lists are printed as with --json.
type tokenList struct {
	Tokens []token.Token `json:"tokens"`
}

func listTokensCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [CONNECTOR [ENDPOINT]] [--json]",
		Short: "Lists the tokens of an endpoint, a connector or all of them",
		Long: `
Lists the tokens that were made for an endpoint, for all endpoints of a
connector, or for all connectors: never their values. Those that have ended are
listed for 30 days more. The tokens of the configuration are not among them.
`,
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := listTokens(api, args)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(list)
			}
			return printTokens(cmd.OutOrStdout(), list.Tokens)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"tokens": [ … ]}`)
	return cmd
}

// listTokens gathers the tokens of the endpoints that are meant by a connector and an endpoint, of which either may be
// left out.
func listTokens(api *adminAPI, args []string) (tokenList, error) {
	all := tokenList{Tokens: []token.Token{}}
	add := func(connector, endpoint string) error {
		var some tokenList
		err := api.get(pathOf("connectors", connector, "endpoints", endpoint, "tokens"), &some)
		all.Tokens = append(all.Tokens, some.Tokens...)
		return err
	}
	if len(args) == 2 {
		err := add(args[0], args[1])
		return all, err
	}
	connectors, err := listEndpoints(api, args)
	if err != nil {
		return all, err
	}
	for _, c := range connectors {
		for _, e := range c.Endpoints {
			if err := add(c.Name, e.Name); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// connectorEndpoints is what has to be known of a connector for its endpoints to be named.
type connectorEndpoints struct {
	Name      string `json:"name"`
	Endpoints []struct {
		Name string `json:"name"`
	} `json:"endpoints"`
}

// listEndpoints asks for the endpoints of the connector that is named, or of all.
func listEndpoints(api *adminAPI, named []string) ([]connectorEndpoints, error) {
	if len(named) == 1 {
		var one connectorEndpoints
		err := api.get(pathOf("connectors", named[0]), &one)
		return []connectorEndpoints{one}, err
	}
	var all struct {
		Connectors []connectorEndpoints `json:"connectors"`
	}
	err := api.get(pathOf("connectors"), &all)
	return all.Connectors, err
}

func printTokens(out io.Writer, list []token.Token) error {
	return printTable(screenOf(out), list, []column[token.Token]{
		{title: "CONNECTOR", least: 9, cell: func(t token.Token) string { return t.Connector }},
		{title: "ENDPOINT", least: 8, cell: func(t token.Token) string { return t.Endpoint }},
		{title: "ID", cell: func(t token.Token) string { return t.ID }},
		{title: "STATUS", cell: func(t token.Token) string { return string(t.Status) }},
		{title: "CREATED", least: 10, cell: func(t token.Token) string { return moment(&t.CreatedAt, "") }},
		{title: "EXPIRES", least: 10, cell: func(t token.Token) string { return moment(t.ExpiresAt, "never") }},
		{title: "LAST USED", least: 10, cell: func(t token.Token) string { return moment(t.LastUsedAt, "never") }},
	})
}

// moment writes an instant for people, to the second, or what stands for none.
func moment(at *event.Time, none string) string {
	if at == nil {
		return none
	}
	return at.UTC().Format(time.RFC3339)
}

func revokeTokenCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "revoke CONNECTOR ENDPOINT ID [--json]",
		Short: "Revokes a token, at once and for good",
		Long: `
Revokes a token that was made for an endpoint. Whoever presents it from now on
is turned away.
`,
		Example:           `  caddy krosyn tokens revoke orders default 0199f0c4-…`,
		Args:              cobra.ExactArgs(3),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := pathOf("connectors", args[0], "endpoints", args[1], "tokens", args[2])
			_, err := api.ask(http.MethodDelete, path, nil)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"id": args[2], "status": token.Revoked})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Token %s of %s/%s is revoked.\n", args[2], args[0], args[1])
			return err
		},
	}
	api.addReason(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"id": …, "status": "revoked"}`)
	return cmd
}
