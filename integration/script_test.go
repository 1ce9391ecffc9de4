package integration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// patience is how long a command may take to end, or to print what the page says.
const patience = 20 * time.Second

// silent is a script whose exit status tells nothing: without -f curl succeeds whatever the answer is.
var silent = regexp.MustCompile(`\bcurl ([^-]|-[^f])|` + redirection.String())

// redirection is the file that a script prints to.
var redirection = regexp.MustCompile(` (?:>|--output) ([\w.-]+)\s*$`)

// run executes a script and compares what it prints, to a file too.
func (r *reader) run(script, want string, c conduct) error {
	for deadline := time.Now().Add(patience); ; {
		printed, exit, err := r.execute(script, want, c)
		if err == nil && exit != c.exit {
			return fmt.Errorf("the exit status is %d, it should be %d; printed is\n%s", exit, c.exit, printed)
		}
		if file := redirection.FindStringSubmatch(script); file != nil && err == nil {
			var text []byte
			text, err = os.ReadFile(filepath.Join(r.g.folder, file[1]))
			printed += string(text)
		}
		if err == nil {
			err = r.names.compare(want, printed)
		}
		if err == nil {
			return nil
		}
		if !c.later || time.Now().After(deadline) {
			return fmt.Errorf("%w\nthe gateway's log:\n%s", err, r.g.log.String())
		}
	}
}

// execute gives what a script prints and its exit status. It ends when the script does, or, where that is endless, when
// it has printed what is wanted.
func (r *reader) execute(script, want string, c conduct) (printed string, exit int, err error) {
	output := &logBuffer{}
	cmd := r.shell(script)
	cmd.Stdout, cmd.Stderr = output, output
	group(cmd)
	if err := cmd.Start(); err != nil {
		return "", 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for deadline := time.Now().Add(patience); ; {
		look, cancel := context.WithTimeout(r.t.Context(), 20*time.Millisecond)
		select {
		case err := <-ended:
			cancel()
			if c.endless {
				return "", 0, fmt.Errorf("it has ended, %v; printed is\n%s", err, output.String())
			}
			failed, isExit := errors.AsType[*exec.ExitError](err)
			if isExit {
				return output.String(), failed.ExitCode(), nil
			}
			return output.String(), 0, err
		case <-look.Done():
			cancel()
		}
		if c.endless && maps.Clone(r.names).compare(want, output.String()) == nil {
			stopGroup(cmd)
			<-ended
			return output.String(), 0, nil
		}
		if time.Now().After(deadline) {
			stopGroup(cmd)
			<-ended
			return "", 0, fmt.Errorf("it goes on, and of\n%s\nit has printed\n%s", want, output.String())
		}
		if c.meanwhile != nil {
			c.meanwhile()
		}
	}
}

// runningGateway is a command that runs a gateway, behind variables for it.
var runningGateway = regexp.MustCompile(`(?m)^((?:\w+=\S* )*)(.* run .*)$`)

// serve starts the gateway with a command of the page.
func (r *reader) serve(script string) error {
	if !runningGateway.MatchString(script) {
		return errors.New("it runs no gateway")
	}
	// Without a shell around it the gateway can be told to stop.
	r.g.launch(r.shell(runningGateway.ReplaceAllString(script, "${1}exec ${2}")))
	return nil
}

// shell is a script for the shell, as the reader would type it.
func (r *reader) shell(script string) *exec.Cmd {
	sh, err := exec.LookPath("sh")
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(sh, "-e", "-c", script)
	cmd.Dir = r.g.folder
	cmd.Env = append(r.g.command().Env, "PATH="+r.bin, "KROSYN_TEST_CADDY="+binary, "KROSYN_TEST_ADMIN="+r.g.admin,
		"KROSYN_TEST_SITE="+r.g.site, "KROSYN_TEST_FOLDER="+r.g.folder)
	cmd.Env = append(cmd.Env, r.env...)
	return cmd
}
