package integration

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reader is somebody who tries a page: runs what its blocks `console` and `sh` have, in a gateway's folder, and
// compares what is printed. All programs of the page are stand-ins, see tools_test.go.
type reader struct {
	t *testing.T
	g *gateway
	// bin is the folder of programs; env is what they learn from the environment.
	bin string
	env []string
	// places has what the page names, and where that is here: pairs.
	places []string
	// unsaid is what the page does not say of a command, by its first line. All of it must be of use.
	unsaid map[string]conduct
	// caddyfile takes the page's blocks of that language; without it they are passed over.
	caddyfile func(text string)
	names     names
}

// callers is the token of callers in the scenes, and bearer the header with it.
const (
	callers = "a-token-of-many-letters"
	bearer  = "Authorization: Bearer " + callers
)

// conduct is how a command behaves where the page does not show it.
type conduct struct {
	// exit is its exit status.
	exit int
	// prints is what it prints, written as on a page.
	prints string
	// endless commands are stopped when they have printed it.
	endless bool
	// serves is for a command that is the gateway.
	serves bool
	// later is for a question whose answer comes true in a moment: it is asked until then.
	later bool
	// before happens before the command, meanwhile again and again until it has printed what it should, after when it
	// has ended or serves.
	before, meanwhile, after func()
}

// newReader prepares somebody who is in a folder that looks like a clone of the repository, with a binary in it.
func newReader(t *testing.T, g *gateway, unsaid map[string]conduct) *reader {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("the commands of the documentation are written for a POSIX shell, which is not here: ", err)
	}
	r := &reader{t: t, g: g, bin: t.TempDir(), unsaid: unsaid, names: make(names)}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range tools {
		r.link(own, filepath.Join(r.bin, name))
	}
	// No program but these is within reach: one that the page calls, and nobody stands in for, is not found.
	for _, name := range []string{"sh", "cut", "install", "mkdir", "mv"} {
		real, err := exec.LookPath(name)
		if err != nil {
			t.Skip("a command of the documentation is not here: ", err)
		}
		r.link(real, filepath.Join(r.bin, name))
	}
	r.link(own, filepath.Join(g.folder, "caddy"))
	for _, name := range []string{"cmd", "packaging", "go.mod"} {
		real, err := filepath.Abs(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		r.link(real, filepath.Join(g.folder, name))
	}
	for _, name := range []string{"/etc/", "/var/lib/", "/usr/local/bin/"} {
		r.folder(name[1:])
		r.places = append(r.places, name, g.folder+name)
	}
	r.places = append(r.places, "localhost:2019", g.admin, "localhost:8080", g.site,
		"https://hooks.example.com", "http://"+g.site)
	r.env = []string{"API=http://" + g.admin + "/krosyn"}
	return r
}

func (r *reader) link(to, from string) {
	r.t.Helper()
	if err := os.Symlink(to, from); err != nil {
		r.t.Fatal(err)
	}
}

// folder makes a folder in that of the gateway.
func (r *reader) folder(name string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Join(r.g.folder, name), 0o700); err != nil {
		r.t.Fatal(err)
	}
}

// here puts what is here in the place of what a page names.
func (r *reader) here(text string) string {
	return strings.NewReplacer(r.places...).Replace(text)
}

// read tries a page from its beginning to its end.
func (r *reader) read(page string) {
	r.t.Helper()
	tried := make(map[string]bool)
	blocks := blocksOf(r.t, page)
	for i, b := range blocks {
		switch b.language {
		case "console":
			if !strings.HasPrefix(b.text, "$ ") {
				r.t.Errorf("%s: nothing is typed before this is printed:\n%s", page, b.text)
			}
			for _, c := range commandsOf(b.text) {
				r.try(c.script, c.printed, tried)
			}
		case "sh":
			printed := ""
			if i+1 < len(blocks) && blocks[i+1].language == "text" && blocks[i+1].follows {
				printed = blocks[i+1].text
			}
			r.try(b.text, printed, tried)
		case "crontab":
			// Five fields say when.
			r.try(strings.Join(strings.Fields(b.text)[5:], " "), "", tried)
		case "caddyfile":
			if r.caddyfile != nil {
				r.caddyfile(r.here(b.text))
			}
		}
	}
	if len(tried) == 0 {
		r.t.Errorf("%s has no command", page)
	}
	for command := range r.unsaid {
		if !tried[command] {
			r.t.Errorf("%s has no command %q", page, command)
		}
	}
}

// console is a command of a page and what it prints.
type console struct{ script, printed string }

func commandsOf(block string) (all []console) {
	continued := false
	for line := range strings.Lines(block) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case isCommand:
			all = append(all, console{script: command})
		case continued:
			all[len(all)-1].script += line
		case len(all) > 0:
			all[len(all)-1].printed += line
		}
		continued = (isCommand || continued) && strings.HasSuffix(line, "\\\n")
	}
	return all
}

// try runs a script of the page.
func (r *reader) try(script, printed string, tried map[string]bool) {
	r.t.Helper()
	first, _, _ := strings.Cut(script, "\n")
	first, _, _ = strings.Cut(first, " # ")
	first = strings.TrimSpace(first)
	tried[first] = true
	c := r.unsaid[first]
	if printed != "" && c.prints != "" {
		r.t.Fatalf("%s\nThe page shows what it prints, and the test says it too.", script)
	}
	if c.serves && printed+c.prints != "" {
		r.t.Fatalf("%s\nWhat a gateway prints is not compared.", script)
	}
	want := r.here(printed + c.prints)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(r.names)) {
		pairs = append(pairs, name, r.names[name])
	}
	line := strings.NewReplacer(pairs...).Replace(r.here(script))
	for _, id := range regexp.MustCompile(`…|`+eventID.String()).FindAllString(line, -1) {
		if !slices.Contains(slices.Collect(maps.Values(r.names)), id) {
			r.t.Fatalf("%s\nhas an id that was not printed before; known are %v", script, r.names)
		}
	}
	if c.before != nil {
		c.before()
	}
	var err error
	switch {
	case c.serves:
		err = r.serve(line)
	case want == "" && (c.endless || silent.MatchString(line)):
		err = errors.New("neither the page nor the test says what it prints, so nothing tells that it works")
	default:
		err = r.run(line, want, c)
	}
	if err != nil {
		r.t.Fatalf("%s\n%v", script, err)
	}
	if c.after != nil {
		c.after()
	}
}
