package command

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestCompletion has a shell be offered what a word may be, from the running gateway where only that can know.
func TestCompletion(t *testing.T) {
	server := httptest.NewServer(&fakeAPI{})
	address := strings.TrimPrefix(server.URL, "http://")
	complete := func(line string) string {
		var out bytes.Buffer
		root, krosyn := &cobra.Command{Use: "caddy"}, &cobra.Command{Use: "krosyn"}
		root.AddCommand(krosyn)
		build(krosyn)
		root.SetOut(&out)
		root.SetErr(new(bytes.Buffer))
		root.SetArgs(append([]string{"__complete", "krosyn"}, strings.Split(strings.ReplaceAll(line, "ADDRESS", address), " ")...))
		if err := root.Execute(); err != nil {
			t.Fatal(line, err)
		}
		offered, _, _ := strings.Cut(out.String(), ":") // a number that is for the shell follows
		return strings.ReplaceAll(strings.TrimSpace(offered), "\n", " ")
	}
	for line, want := range map[string]string{
		"events list --status ":                          "completed skipped failed pending",
		"events export --format ":                        "ndjson csv",
		"events tail --address ADDRESS --connector ":     "erp slack-orders",
		"connectors show --address ADDRESS ":             "erp slack-orders",
		"connectors show --address ADDRESS erp ":         "",
		"tokens list --address ADDRESS ":                 "erp slack-orders",
		"events retry --address ADDRESS --error-code ":   "perform_failed circuit_open",
		"audit list --address ADDRESS --action ":         "event.retry events.retry",
		"connectors test erp --address ADDRESS --event ": "0199f0c4-0000-7000-8000-000000000005\tslack-orders",
	} {
		if got := complete(line); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q offers %q, want %q", line, got, want)
		}
	}
	if got := complete("events retry --address ADDRESS "); !strings.HasPrefix(got, "0199f0c4-0000-7000-8000-000000000005\tslack-orders") {
		t.Errorf("events to retry: %q", got)
	}
	server.Close()
	if got := complete("connectors show --address ADDRESS "); got != "" {
		t.Errorf("without a gateway: %q", got)
	}
}
