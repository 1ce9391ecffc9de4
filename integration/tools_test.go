package integration

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// tools stand in for the programs that pages call: the test's own binary, called by their names. They do what the pages
// need of them, and refuse everything else.
var tools = map[string]func(args []string) error{
	"caddy": caddyTool, "curl": curlTool, "go": goTool, "xcaddy": xcaddyTool, "git": gitTool, "jq": jqTool,
	"openssl": opensslTool, "uuidgen": uuidgenTool, "page-somebody": pageSomebodyTool,
	"docker": dockerTool, "kubectl": kubectlTool, "systemctl": systemctlTool,
}

// calledAs is the tool that the test's binary is called as, with its exit status; nil if it is called as itself. What
// stands behind a dot in its name does not count: caddy.new is a caddy.
func calledAs(name string) func(args []string) int {
	if os.Getenv("KROSYN_TEST_CADDY") == "" {
		return nil
	}
	name, _, _ = strings.Cut(filepath.Base(name), ".")
	tool := tools[name]
	if tool == nil {
		return nil
	}
	return func(args []string) int {
		err := tool(args)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s %q: %v\n", name, args, err)
			return 99
		}
		return 0
	}
}

var errUnknown = errors.New("the test's stand-in for this program does not know these arguments")

// caddyTool is the built binary, told where the gateway's admin endpoint is. A reload ends when the servers of before
// have ended, as gateway.reloaded has it.
func caddyTool(args []string) error {
	if len(args) == 0 {
		return errUnknown
	}
	admin, site := os.Getenv("KROSYN_TEST_ADMIN"), os.Getenv("KROSYN_TEST_SITE")
	words := append(slices.Clone(args), "", "")
	offline := slices.Contains([]string{"check", "expr", "version"}, words[1]) || words[2] == "restore"
	if args[0] == "reload" || args[0] == "krosyn" && !offline {
		args = append(slices.Clone(args), "--address", admin)
	}
	binary := os.Getenv("KROSYN_TEST_CADDY")
	if args[0] != "reload" {
		return syscall.Exec(binary, append([]string{"caddy"}, args...), os.Environ())
	}
	reload := exec.Command(binary, args...)
	reload.Stdout, reload.Stderr = os.Stdout, os.Stderr
	if err := reload.Run(); err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); listeners(admin) > 1 || listeners(site) > 1; {
		if time.Now().After(deadline) {
			return errors.New("the servers of before go on listening")
		}
		<-time.After(10 * time.Millisecond)
	}
	return nil
}

// jqTool prints a member of each document: .error.message.
func jqTool(args []string) error {
	if len(args) != 1 || !strings.HasPrefix(args[0], ".") {
		return errUnknown
	}
	for documents := json.NewDecoder(os.Stdin); ; {
		var at any
		if err := documents.Decode(&at); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		for name := range strings.SplitSeq(args[0][1:], ".") {
			object, _ := at.(map[string]any)
			at = object[name]
		}
		if err := json.NewEncoder(os.Stdout).Encode(at); err != nil {
			return err
		}
	}
}

// opensslTool makes random secrets, and signs.
func opensslTool(args []string) error {
	switch line := strings.Join(args, " "); {
	case line == "rand -hex 32":
		fmt.Printf("%x\n", random(32))
		return nil
	case strings.HasPrefix(line, "dgst -sha256 -hmac ") && len(args) == 5 && args[4] == "-r":
		message, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		signer := hmac.New(sha256.New, []byte(args[3]))
		signer.Write(message)
		fmt.Printf("%x *stdin\n", signer.Sum(nil))
		return nil
	}
	return errUnknown
}

func uuidgenTool(args []string) error {
	if len(args) > 0 {
		return errUnknown
	}
	b := random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	fmt.Printf("%x-%x-%x-%x-%x\n", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	return nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}

// pageSomebodyTool is the reader's own.
func pageSomebodyTool([]string) error {
	fmt.Println("somebody is paged")
	return nil
}
