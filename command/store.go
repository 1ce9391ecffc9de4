package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store/badger"
)

// storeCommand is `caddy krosyn store`.
func storeCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "store <command>",
		Short: "Backs up, restores and measures the store of events",
		Args:  cobra.NoArgs,
	}
	api.addFlags(cmd)
	cmd.AddCommand(backupCommand(api), restoreCommand(), statsCommand(api))
	return cmd
}

func backupCommand(api *adminAPI) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Backs up the store of a running gateway",
		Long: `
Writes the store of a running gateway, as it is at this moment, into a new file
that only this user can read; - is the standard output. The gateway goes on
meanwhile.

The backup has all events, pending ones with their jobs, the claims of
deliveries and the digests of tokens. It is not encrypted, even where the store
is: encrypt it on its way where it goes elsewhere.
`,
		Example: `  caddy krosyn store backup krosyn-2026-11-22.backup
  caddy krosyn store backup - | zstd | age -r KEY > krosyn.backup.zst.age`,
		Args:         cobra.ExactArgs(1),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" {
				_, err := api.backup(cmd.OutOrStdout())
				return err
			}
			made, err := api.backupFile(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s has %s in %d entries.\n", args[0],
				humanize.IBytes(uint64(made.Bytes)), made.Entries)
			return err
		},
	}
}

// backupFile makes a backup into a new file, which is removed when that fails.
func (a *adminAPI) backupFile(path string) (made badger.Backup, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return made, fmt.Errorf("%w: choose another name", err)
	}
	if err != nil {
		return made, err
	}
	made, err = a.backup(file)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return made, errors.Join(err, os.Remove(path))
	}
	return made, nil
}

// backup asks for a backup and looks at it as it comes: an error means that it is not whole.
func (a *adminAPI) backup(to io.Writer) (badger.Backup, error) {
	address, err := caddycmd.DetermineAdminAPIAddress(a.address, nil, "", "")
	if err != nil {
		return badger.Backup{}, err
	}
	resp, err := caddycmd.AdminAPIRequest(address, http.MethodGet, pathOf("store", "backup"), nil, nil)
	if err != nil {
		return badger.Backup{}, apiError(err)
	}
	defer resp.Body.Close()
	return badger.VerifyBackup(io.TeeReader(resp.Body, to))
}

func restoreCommand() *cobra.Command {
	var path, config, adapter string
	cmd := &cobra.Command{
		Use:   "restore FILE (--path DIR | --config FILE [--adapter NAME])",
		Short: "Makes a store of a backup, offline",
		Long: `
Makes a store of a backup in an empty directory, which is the one of --path, or
the one that a configuration names, with its encryption_key. FILE is - for the
standard input. No gateway may use the directory meanwhile.

Whatever is wrong with the backup, the directory is left empty then.
`,
		Example: `  caddy krosyn store restore krosyn-2026-11-22.backup --config /etc/caddy/Caddyfile
  age -d -i KEY krosyn.backup.zst.age | zstd -d | caddy krosyn store restore - --path /var/lib/krosyn`,
		Args:         cobra.ExactArgs(1),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := restoreTarget(path, config, adapter)
			if err != nil {
				return err
			}
			from := cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer file.Close()
				from = file
			}
			found, err := target.Restore(from, caddy.Log().Named("krosyn"))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s has %d entries of %s now.\n", target.Key(), found.Entries,
				humanize.IBytes(uint64(found.Bytes)))
			return err
		},
	}
	cmd.Flags().StringVar(&path, "path", "", "directory of the new store")
	cmd.Flags().StringVar(&config, "config", "", "configuration whose store it becomes")
	cmd.Flags().StringVar(&adapter, "adapter", "", "adapter of the configuration, by its name as a rule")
	cmd.MarkFlagsMutuallyExclusive("path", "config")
	cmd.MarkFlagsOneRequired("path", "config")
	return cmd
}

// restoreTarget is the store that a backup is restored into.
func restoreTarget(path, config, adapter string) (*badger.Badger, error) {
	target := &badger.Badger{Path: path}
	if config != "" {
		text, _, _, err := caddycmd.LoadConfig(config, adapter)
		if err != nil {
			return nil, err
		}
		if target, err = configuredStore(text); err != nil {
			return nil, fmt.Errorf("%s: %w", config, err)
		}
	}
	if err := target.Provision(caddy.Context{}); err != nil {
		return nil, err
	}
	return target, target.Validate()
}

// configuredStore is the store that the JSON of a configuration names.
func configuredStore(text []byte) (*badger.Badger, error) {
	var config struct {
		Apps struct {
			Krosyn *struct {
				Store json.RawMessage `json:"store"`
			} `json:"krosyn"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	if config.Apps.Krosyn == nil {
		return nil, errors.New("it has no krosyn in it: name the directory with --path")
	}
	target := new(badger.Badger)
	if config.Apps.Krosyn.Store == nil {
		return target, nil
	}
	var store struct {
		Engine string `json:"engine"`
		*badger.Badger
	}
	store.Badger = target
	if err := json.Unmarshal(config.Apps.Krosyn.Store, &store); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if store.Engine != "badger" {
		return nil, fmt.Errorf("its store is %q, and a backup becomes a store badger", store.Engine)
	}
	return target, nil
}

func statsCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:          "stats [--json]",
		Short:        "Measures the store of a running gateway",
		Long:         "\nMeasures the store of a running gateway: its space, its events and its queue.\n",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := api.ask(http.MethodGet, pathOf("store"), nil)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := cmd.OutOrStdout().Write(text)
				return err
			}
			var stats storeStats
			if err := json.Unmarshal(text, &stats); err != nil {
				return fmt.Errorf("reading the answer to GET %s: %w", pathOf("store"), err)
			}
			return stats.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer of the admin API")
	return cmd
}

// storeStats is what the admin API says of the store.
type storeStats struct {
	Engine      string                 `json:"engine"`
	Bytes       int64                  `json:"bytes"`
	FreeBytes   int64                  `json:"free_bytes"`
	MaxBytes    *int64                 `json:"max_bytes"`
	Sizes       map[string]int64       `json:"sizes"`
	Events      map[event.Status]int64 `json:"events"`
	OldestEvent *struct {
		ID         string     `json:"id"`
		ReceivedAt event.Time `json:"received_at"`
	} `json:"oldest_event"`
	Entries int64 `json:"entries"`
	Queue   struct {
		Pending int64       `json:"pending"`
		Leased  int64       `json:"leased"`
		NextDue *event.Time `json:"next_due"`
	} `json:"queue"`
	Error string `json:"error"`
}

func (s *storeStats) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Engine\t%s\n", s.Engine)
	fmt.Fprintf(table, "Size\t%s", bytesOf(s.Bytes))
	if s.MaxBytes != nil {
		fmt.Fprintf(table, " of %s", bytesOf(*s.MaxBytes))
	}
	fmt.Fprintln(table)
	for _, kind := range slices.Sorted(maps.Keys(s.Sizes)) {
		fmt.Fprintf(table, "  %s\t%s\n", kind, bytesOf(s.Sizes[kind]))
	}
	fmt.Fprintf(table, "Free on the disk\t%s\n", bytesOf(s.FreeBytes))
	fmt.Fprintln(table, "Events")
	for _, status := range event.Statuses {
		fmt.Fprintf(table, "  %s\t%d\n", status, s.Events[status])
	}
	if s.OldestEvent != nil {
		fmt.Fprintf(table, "Oldest event\t%s (%s)\n", moment(&s.OldestEvent.ReceivedAt, ""), s.OldestEvent.ID)
	}
	fmt.Fprintf(table, "State entries\t%d\n", s.Entries)
	fmt.Fprintf(table, "Queue\t%d pending, %d leased\n", s.Queue.Pending, s.Queue.Leased)
	if s.Queue.NextDue != nil {
		fmt.Fprintf(table, "Next due\t%s\n", moment(s.Queue.NextDue, ""))
	}
	if s.Error != "" {
		fmt.Fprintf(table, "Refuses new work\t%s\n", s.Error)
	}
	return table.Flush()
}

func bytesOf(n int64) string {
	if n < 0 {
		return "unknown"
	}
	return humanize.IBytes(uint64(n))
}
