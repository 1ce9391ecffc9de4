package integration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// goTool builds, installs and runs cmd/caddy, which is built already, and finds what it is asked to test.
func goTool(args []string) error {
	module, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	line := strings.Join(args, " ")
	switch {
	case line == "build -o caddy ./cmd/caddy":
		return isMain("./cmd/caddy")
	case strings.HasPrefix(line, "run ./cmd/caddy "):
		if err := isMain("./cmd/caddy"); err != nil {
			return err
		}
		return caddyTool(args[2:])
	case len(args) == 2 && args[0] == "install":
		path, version, _ := strings.Cut(args[1], "@")
		own, folder, _ := strings.Cut(path, "/cmd/")
		if version != "latest" || !strings.HasPrefix(string(module), "module "+own+"\n") {
			return errUnknown
		}
		return isMain("cmd/" + folder)
	case line == "test ./...":
		return nil
	}
	return errUnknown
}

// isMain finds a program in a folder.
func isMain(folder string) error {
	source, err := os.ReadFile(filepath.Join(folder, "main.go"))
	if err == nil && !strings.Contains(string(source), "\npackage main\n") {
		err = fmt.Errorf("%s is no program", folder)
	}
	return err
}

// xcaddyTool makes the binary of --output, if it is this module that goes into it.
func xcaddyTool(args []string) error {
	module, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	output := "caddy"
	for i, word := range args {
		switch {
		case i == 0 && word == "build", word == "--with", word == "--output":
		case i == 1 && strings.HasPrefix(word, "v"):
			// An older Caddy would not do, a newer one is not what was tested.
			if !strings.Contains(string(module), "github.com/caddyserver/caddy/v2 "+word+"\n") {
				return errUnknown
			}
		case args[i-1] == "--with":
			path, _, _ := strings.Cut(word, "@")
			if !strings.HasPrefix(string(module), "module "+path+"\n") {
				return errUnknown
			}
		case args[i-1] == "--output":
			output = word
		default:
			return errUnknown
		}
	}
	if !slices.Contains(args, "--with") {
		return errUnknown
	}
	own, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Remove(output); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(own, output)
}

// gitTool tells the version of the source.
func gitTool(args []string) error {
	if strings.Join(args, " ") != "describe --tags --always" {
		return errUnknown
	}
	fmt.Println("v1.0.0")
	return nil
}
