// Command bench measures the gateway against Caddy's own reverse_proxy, in one run on one machine: the same Caddy
// process, target, body and number of connections, in rounds that take turns.
//
//	go run ./bench
//
// The ratio is what counts: load, gateway and target share the machine, so the numbers themselves are those of a
// machine under full load. It is taken within each round, which are short for that: a shared machine is faster at one
// moment than at another.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	var (
		rounds      = flag.Int("rounds", 20, "rounds; the median counts")
		duration    = flag.Duration("duration", time.Second, "how long each case is measured in a round")
		connections = flag.Int("connections", 32, "connections, each with one request at a time")
		serve       = flag.String("target", "", "be the target, listening at this address")
	)
	flag.Parse()
	var err error
	if *serve != "" {
		err = target(*serve)
	} else {
		err = run(*rounds, *duration, *connections)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// cases are what is compared; the first is what the others are measured by.
var cases = []struct{ name, path string }{
	{"reverse_proxy", "/proxy"},
	{"gateway: trigger, 3 fields", "/api/v1/connectors/mapped/trigger"},
	{"gateway: payload as received", "/api/v1/connectors/plain/trigger"},
	{"gateway: skipped by the trigger", "/api/v1/connectors/skipped/trigger"},
}

func run(rounds int, duration time.Duration, connections int) error {
	folder, err := os.MkdirTemp("", "krosyn-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	site, stop, err := startCaddy(folder)
	if err != nil {
		return err
	}
	defer stop()

	results := make([][]result, len(cases))
	for round := range rounds + 1 {
		for i, c := range cases {
			length := duration
			if round == 0 {
				length = duration / 2 // warms up, and is not counted
			}
			r, err := load(site, c.path, connections, length)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				results[i] = append(results[i], r)
			}
		}
	}
	report(results, connections)
	return nil
}

func report(results [][]result, connections int) {
	fmt.Printf("POST of %d bytes of JSON, %d connections, events fsynced; medians of %d rounds\n\n",
		len(body), connections, len(results[0]))
	fmt.Printf("%-34s %10s %8s %10s %10s\n", "case", "req/s", "ratio", "p50 ms", "p99 ms")
	for i, c := range cases {
		of := func(value func(result) float64) float64 {
			return median(len(results[i]), func(round int) float64 { return value(results[i][round]) })
		}
		ratio := median(len(results[i]), func(round int) float64 { return results[i][round].rate / results[0][round].rate })
		fmt.Printf("%-34s %10.0f %8.2f %10.2f %10.2f\n", c.name, of(func(r result) float64 { return r.rate }), ratio,
			of(func(r result) float64 { return r.p50.Seconds() * 1000 }),
			of(func(r result) float64 { return r.p99.Seconds() * 1000 }))
	}
}

// median is that of so many values.
func median(count int, value func(i int) float64) float64 {
	values := make([]float64, count)
	for i := range values {
		values[i] = value(i)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

const configuration = `
{
	admin off
	auto_https off
	krosyn {
		store badger {
			path {{folder}}/events
		}
	}
}
http://{{site}} {
	krosyn {
		connector mapped {
			bearer_token {env.BENCH_TOKEN}
			trigger {{q}}equals($payload.event_type, "order.created"){{q}}
			perform POST http://{{target}}/ {
				field text     "New order $payload.order.id from $payload.customer.first_name"
				field total    "= $payload.order.total * 1.2"
				field customer {{q}}concat($payload.customer.first_name, " ", $payload.customer.last_name){{q}}
			}
		}
		connector plain {
			bearer_token {env.BENCH_TOKEN}
			perform POST http://{{target}}/
		}
		connector skipped {
			bearer_token {env.BENCH_TOKEN}
			trigger {{q}}equals($payload.event_type, "order.canceled"){{q}}
			perform POST http://{{target}}/
		}
	}
	reverse_proxy /proxy {{target}}
}
`

// startCaddy builds and starts the gateway and its target, each a process of its own.
func startCaddy(folder string) (site string, stop func(), err error) {
	binary := filepath.Join(folder, "caddy")
	build := exec.Command("go", "build", "-o", binary, "./cmd/caddy")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", nil, fmt.Errorf("building cmd/caddy (run from the repository's root): %w", err)
	}
	site, err = freeAddress()
	if err != nil {
		return "", nil, err
	}
	targetAddress, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	config := filepath.Join(folder, "Caddyfile")
	text := strings.NewReplacer("{{folder}}", folder, "{{site}}", site, "{{target}}", targetAddress, "{{q}}", "`").Replace(configuration)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return "", nil, err
	}
	itself, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	var processes []*exec.Cmd
	stop = func() {
		for _, p := range processes {
			_ = p.Process.Signal(os.Interrupt)
			_ = p.Wait()
		}
	}
	for _, cmd := range []*exec.Cmd{
		exec.Command(itself, "-target", targetAddress),
		exec.Command(binary, "run", "--config", config),
	} {
		cmd.Env = append(os.Environ(), "BENCH_TOKEN="+token, "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
		if err := cmd.Start(); err != nil {
			stop()
			return "", nil, err
		}
		processes = append(processes, cmd)
	}
	if err := waitFor(targetAddress, site); err != nil {
		stop()
		return "", nil, err
	}
	return site, stop, nil
}
