package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/expression"
)

// maxInput bounds the files that stand for a payload or a lookup's answer.
const maxInput = 16 << 20

// expressionCommand is `caddy krosyn expr`.
func expressionCommand() *cobra.Command {
	var (
		payload, processed, lookup string
		secrets                    []string
		isValue, asJSON            bool
	)
	cmd := &cobra.Command{
		Use:   "expr SOURCE [--payload FILE] [--processed FILE] [--lookup FILE] [--secret NAME]… [--value] [--json]",
		Short: "Evaluates an expression, offline",
		Long: `
Evaluates an expression as a connector would, without a running gateway, and
prints its result as JSON. SOURCE is an expression, as a trigger takes it; with
--value it is a value, as set and field take it.

What $payload, $processed and $lookup are is read from files; - is the standard
input. Secrets that are named have "[REDACTED]" for a value.

A faulty expression exits with 1 and shows the place of the fault.
`,
		Example: `  caddy krosyn expr 'uppercase($payload.name)' --payload order.json
  caddy krosyn expr --value 'Order $payload.id' --payload - < order.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			trial := app.Trial{Expression: args[0]}
			if isValue {
				trial = app.Trial{Value: args[0]}
			}
			for _, input := range []struct {
				name, path string
				to         *json.RawMessage
			}{{"payload", payload, &trial.Payload}, {"processed", processed, &trial.Processed}, {"lookup", lookup, &trial.Lookup}} {
				text, err := readInput(cmd.InOrStdin(), input.path)
				if err != nil {
					return fmt.Errorf("--%s: %w", input.name, err)
				}
				*input.to = text
			}
			verdict, err := trial.Evaluate(secrets)
			if err != nil {
				return explain(args[0], err)
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(verdict)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", verdict.Result)
			return err
		},
	}
	cmd.Flags().StringVar(&payload, "payload", "", "file with the JSON of $payload")
	cmd.Flags().StringVar(&processed, "processed", "", "file with the JSON object of $processed")
	cmd.Flags().StringVar(&lookup, "lookup", "", "file with the JSON of $lookup")
	cmd.Flags().StringArrayVar(&secrets, "secret", nil, "name of a secret that the expression may use")
	cmd.Flags().BoolVar(&isValue, "value", false, "SOURCE is a value, as set and field take it")
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"result": …, "type": …}`)
	return cmd
}

func readInput(stdin io.Reader, path string) (json.RawMessage, error) {
	if path == "" {
		return nil, nil
	}
	reader := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		reader = file
	}
	text, err := io.ReadAll(io.LimitReader(reader, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxInput {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxInput)
	}
	return text, nil
}

// explain shows the line of the source that has the fault, with a mark below its place.
func explain(source string, err error) error {
	e, ok := errors.AsType[*expression.Error](err)
	if !ok {
		return err
	}
	text := e.Error()
	lines := strings.Split(source, "\n")
	if at := e.Position.Line - 1; at >= 0 && at < len(lines) {
		column := min(max(e.Position.Column-1, 0), utf8.RuneCountInString(lines[at]))
		text += "\n  " + lines[at] + "\n  " + strings.Repeat(" ", column) + "^"
	}
	return errors.New(text)
}
