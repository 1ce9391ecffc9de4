package integration

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestStart goes through docs/start.md as its reader does, at free ports: it runs the lines of the blocks `sh`, finds
// the lines of the block `text` behind them in what they print, and adds what `caddyfile` blocks have to the
// configuration. The requests of curl are sent without it.
func TestStart(t *testing.T) {
	page, err := os.ReadFile("../docs/start.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	for _, block := range regexp.MustCompile("(?s)```(sh|text|caddyfile)\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		text := r.addresses.Replace(block[2])
		switch block[1] {
		case "caddyfile":
			r.append(t, text)
		case "sh":
			r.printed = ""
			for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
				r.run(t, strings.TrimSpace(line))
			}
		case "text":
			for line := range strings.Lines(text) {
				r.find(t, strings.TrimSpace(line))
			}
		}
	}
}

// reader is somebody who tries the page.
type reader struct {
	g         *gateway
	addresses *strings.Replacer
	config    string
	// printed is what the lines of the last block have printed, id the first event's in it, token a token's.
	printed, id, token string
}

func newReader(t *testing.T) *reader {
	r := &reader{g: newGateway(t)}
	r.addresses = strings.NewReplacer("localhost:2019", r.g.admin, "localhost:8080", r.g.site,
		"localhost:8081", freeAddress(t), "localhost:8082", freeAddress(t), "localhost:8083", freeAddress(t))
	if err := os.Mkdir(filepath.Join(r.g.folder, "examples"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Caddyfile", "order.json"} {
		text, err := os.ReadFile("../examples/" + name)
		if err != nil {
			t.Fatal(err)
		}
		r.g.write("examples/"+name, r.addresses.Replace(string(text)))
	}
	r.config = filepath.Join(r.g.folder, "examples", "Caddyfile")
	config, err := os.ReadFile(r.config)
	if err != nil {
		t.Fatal(err)
	}
	// The harness runs a Caddyfile in the gateway's folder.
	r.g.run(strings.Replace(string(config), "file:order.json", "file:examples/order.json", 1))
	return r
}

func (r *reader) append(t *testing.T, site string) {
	t.Helper()
	config, err := os.ReadFile(r.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.config, []byte(string(config)+"\n"+site), 0o600); err != nil {
		t.Fatal(err)
	}
}

var (
	shellWord = regexp.MustCompile(`'[^']*'|[^ ]+`)
	eventID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	krsToken  = regexp.MustCompile(`krs_[A-Za-z0-9_-]+`)
)

// run executes a line.
func (r *reader) run(t *testing.T, line string) {
	t.Helper()
	line = strings.NewReplacer(" ID", " "+r.id, "TOKEN", r.token).Replace(line)
	var words []string
	for _, word := range shellWord.FindAllString(line, -1) {
		words = append(words, strings.Trim(word, "'"))
	}
	var printed string
	switch words[0] {
	case "curl":
		printed = r.curl(t, words[1:])
	case "./caddy":
		args := words[1:]
		if args[0] == "reload" || args[0] == "krosyn" && args[1] != "check" {
			args = append(args, "--address", r.g.admin)
		}
		out, err := r.g.command(args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		printed = string(out)
		if args[0] == "reload" {
			r.g.reloaded()
		}
	default:
		t.Fatalf("%q is nothing that this test can do", line)
	}
	if id := eventID.FindString(printed); id != "" {
		r.id = id
	}
	if token := krsToken.FindString(printed); token != "" {
		r.token = token
	}
	r.printed += printed
}

// curl sends the request of a command line, whose first word is the address.
func (r *reader) curl(t *testing.T, words []string) string {
	t.Helper()
	var (
		body    string
		headers []string
	)
	for i := 1; i+1 < len(words); i += 2 {
		switch value := words[i+1]; words[i] {
		case "-H":
			headers = append(headers, value)
		case "--data":
			body = value
			if name, isFile := strings.CutPrefix(value, "@"); isFile {
				text, err := os.ReadFile(filepath.Join(r.g.folder, name))
				if err != nil {
					t.Fatal(err)
				}
				body = string(text)
			}
		default:
			t.Fatalf("%s is nothing that this test can do", words[i])
		}
	}
	return fmt.Sprintln(send(t, http.MethodPost, "http://"+words[0], body, headers...).text)
}

// find expects a line in what was printed; … stands for anything, and blanks for any number of them.
func (r *reader) find(t *testing.T, line string) {
	t.Helper()
	pattern := regexp.MustCompile(` +`).ReplaceAllString(regexp.QuoteMeta(line), ` +`)
	if !regexp.MustCompile(strings.ReplaceAll(pattern, "…", ".*")).MatchString(r.printed) {
		t.Errorf("the page has\n\t%s\nwhat was printed is\n%s", line, r.printed)
	}
}
