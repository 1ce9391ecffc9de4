package integration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// The stand-ins for programs that install the gateway install nothing. They check that what they are told of is there,
// and fits together.

// dockerTool takes the folder to build from and the Dockerfile with its arguments, and runs an image that was built,
// with files of this machine in places that the Dockerfile tells of.
func dockerTool(args []string) error {
	if len(args) < 2 {
		return errUnknown
	}
	command, image := args[0], args[len(args)-1]
	var file, tag string
	for i := 1; i < len(args)-1; i++ {
		word := args[i]
		switch word {
		case "-d", "--read-only":
			continue
		}
		i++
		value := args[i]
		switch command + " " + word {
		case "build -f":
			file = value
		case "build -t":
			tag = value
		case "build --build-arg":
			name, value, _ := strings.Cut(value, "=")
			if value == "" {
				return fmt.Errorf("%s has no value", name)
			}
			if err := contains(file, "ARG "+name+"="); err != nil {
				return err
			}
		case "run --name", "run --stop-timeout":
		case "run --cap-drop", "run --security-opt":
			if value != "ALL" && value != "no-new-privileges" {
				return fmt.Errorf("%s %s: %w", word, value, errUnknown)
			}
		case "run -p":
			if !regexp.MustCompile(`^(80:80|443:443(/udp)?)$`).MatchString(value) {
				return fmt.Errorf("the image exposes no %s", value)
			}
		case "run -v":
			from, to, _ := strings.Cut(value, ":")
			if _, err := os.Stat(from); strings.Contains(from, "/") && err != nil {
				return err
			}
			to = strings.TrimPrefix(to, os.Getenv("KROSYN_TEST_FOLDER"))
			if err := contains("packaging/Dockerfile", ":"+to); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: %w", word, errUnknown)
		}
	}
	built := filepath.Join(os.Getenv("KROSYN_TEST_FOLDER"), "built-image")
	switch command {
	case "build":
		if _, err := os.Stat(filepath.Join(image, "go.mod")); err != nil {
			return fmt.Errorf("%s is not the folder of the source: %w", image, err)
		}
		return os.WriteFile(built, []byte(tag+"\n"), 0o600)
	case "run":
		return contains(built, image+"\n")
	}
	return errUnknown
}

// kubectlTool keeps what a Secret is made of, and applies a folder whose StatefulSet mounts it.
func kubectlTool(args []string) error {
	made := filepath.Join(os.Getenv("KROSYN_TEST_FOLDER"), "made-secret")
	line := strings.Join(args, " ")
	literal := regexp.MustCompile(`^create secret generic (\S+) --from-literal=([\w-]+)=[0-9a-f]{64}$`)
	if create := literal.FindStringSubmatch(line); create != nil {
		return os.WriteFile(made, []byte(create[1]+" "+create[2]), 0o600)
	}
	folder, found := strings.CutPrefix(line, "apply -k ")
	if !found {
		return errUnknown
	}
	list, err := os.ReadFile(filepath.Join(folder, "kustomization.yaml"))
	if err != nil {
		return err
	}
	for _, resource := range regexp.MustCompile(`(?m)^ +- ([\w.]+)$`).FindAllStringSubmatch(string(list), -1) {
		if _, err := os.Stat(filepath.Join(folder, resource[1])); err != nil {
			return err
		}
	}
	secret, err := os.ReadFile(made)
	if err != nil {
		return err
	}
	name, key, _ := strings.Cut(string(secret), " ")
	return errors.Join(contains(filepath.Join(folder, "statefulset.yaml"), "secretName: "+name+"\n"),
		contains(filepath.Join(folder, "Caddyfile"), "/run/secrets/krosyn/"+key+"}"))
}

// systemctlTool starts a unit whose files are all in their places.
func systemctlTool(args []string) error {
	folder := os.Getenv("KROSYN_TEST_FOLDER")
	unit, err := os.ReadFile(filepath.Join(folder, "etc/systemd/system/krosyn.service"))
	if err != nil {
		return err
	}
	switch strings.Join(args, " ") {
	case "daemon-reload":
		return nil
	case "enable --now krosyn":
		named := regexp.MustCompile(`(?m)^(?:ExecStart|LoadCredential)=.*`).FindAllString(string(unit), -1)
		paths := regexp.MustCompile(`/(?:usr/local/bin|etc)/[\w/]+`).FindAllString(strings.Join(named, "\n"), -1)
		if len(paths) < 3 {
			return fmt.Errorf("the unit names %q", paths)
		}
		for _, path := range paths {
			if _, err := os.Stat(filepath.Join(folder, path)); err != nil {
				return err
			}
		}
		return nil
	}
	return errUnknown
}

// contains finds a text in a file.
func contains(path, text string) error {
	content, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(content), text) {
		err = fmt.Errorf("%s has no %q", path, text)
	}
	return err
}
