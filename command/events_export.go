package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

func exportCommand(api *adminAPI) *cobra.Command {
	var format, output string
	parameters := []string{"connector", "status", "since", "until", "search"}
	cmd := &cobra.Command{
		Use: "export [--format ndjson|csv] [--output FILE] [--connector NAME] [--status STATUS] [--since TIME] " +
			"[--until TIME] [--search TEXT] [--limit N]",
		Short: "Exports events, newest first",
		Long: `
Writes the events that the filters select: as NDJSON, whole events of which each
is a line, or as CSV, a table of their summaries. It goes to the standard
output or, with --output, into a new file that only this user can read; when the
export breaks off, the file is removed.
` + exitCodes,
		Example: `  caddy krosyn events export --since 7d --output week.ndjson
  caddy krosyn events export --format csv --status failed > failed.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := asked(cmd.Flags(), append([]string{"format", "limit"}, parameters...)...)
			if err != nil {
				return err
			}
			resp, err := api.open(http.MethodGet, withQuery(pathOf("events", "export"), query), nil, nil)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			progress := &exported{bar: progressBar{out: screenOf(cmd.ErrOrStderr())}, isCSV: format == "csv"}
			if output != "" {
				err = progress.toFile(output, resp.Body)
			} else {
				err = progress.toOutput(screenOf(cmd.OutOrStdout()), resp.Body)
			}
			progress.bar.clear()
			if err != nil {
				return err
			}
			cmd.PrintErrf("Exported %s, %s.\n", counted(progress.events, "event"), humanize.IBytes(uint64(progress.bytes)))
			return nil
		},
	}
	addFilters(cmd, api, parameters...)
	cmd.Flags().StringVar(&format, "format", "ndjson", "ndjson or csv")
	completes(cmd, "format", words([]string{"ndjson", "csv"}))
	cmd.Flags().String("limit", "", "export the newest so many")
	cmd.Flags().StringVar(&output, "output", "", "write a new file")
	return cmd
}

// exported is how far an export is.
type exported struct {
	bar    progressBar
	isCSV  bool
	bytes  int64
	events int
	// quoted tells that the text so far ends within a quoted cell of CSV.
	quoted bool
	shown  time.Time
}

// brokenOff has what it means that the gateway ended the connection in the middle.
func brokenOff(err error) error { return fmt.Errorf("the export broke off: %w", err) }

// toFile writes into a new file, which is removed when that fails.
func (e *exported) toFile(path string, from io.Reader) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: choose another name", err)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(file, io.TeeReader(from, e))
	if err != nil {
		err = brokenOff(err)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// toOutput writes to the standard output. On a terminal it takes out what is not safe there, and shows no progress
// between the events.
func (e *exported) toOutput(out *screen, from io.Reader) error {
	if !out.isTerminal() {
		if _, err := io.Copy(out, io.TeeReader(from, e)); err != nil {
			return brokenOff(err)
		}
		return nil
	}
	e.bar.out = &screen{Writer: io.Discard}
	lines := bufio.NewScanner(io.TeeReader(from, e))
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		if _, err := fmt.Fprintln(out, printable(lines.Text())); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return brokenOff(err)
	}
	return nil
}

// Write counts what passes.
func (e *exported) Write(p []byte) (int, error) {
	for _, b := range p {
		switch {
		case b == '"' && e.isCSV:
			e.quoted = !e.quoted
		case b == '\n' && !e.quoted:
			e.events++
		}
	}
	if e.bytes == 0 && e.isCSV {
		e.events-- // the line of the columns' names
	}
	e.bytes += int64(len(p))
	const often = 100 * time.Millisecond
	if now := time.Now(); now.Sub(e.shown) > often {
		e.shown = now
		e.bar.show(0, 0, fmt.Sprintf("%s, %s", counted(max(e.events, 0), "event"), humanize.IBytes(uint64(e.bytes))))
	}
	return len(p), nil
}
