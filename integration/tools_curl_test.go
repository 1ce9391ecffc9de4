package integration

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
)

// curlTool sends a request. A body is declared as a form, as curl does it, or as JSON where a page leaves that out.
func curlTool(args []string) error {
	var (
		method, address, body string
		headers, flags        []string
	)
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if slices.Contains([]string{"-i", "-N", "-fsS"}, word) {
			flags = append(flags, word)
			continue
		}
		if !strings.HasPrefix(word, "-") {
			if address != "" {
				return errUnknown
			}
			address = word
			continue
		}
		if len(args) == 0 {
			return errUnknown
		}
		value := args[0]
		args = args[1:]
		switch word {
		case "-X":
			method = value
		case "-H":
			headers = append(headers, value)
		case "-d", "--data":
			body = value
		default:
			return errUnknown
		}
	}
	if name, isFile := strings.CutPrefix(body, "@"); isFile {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		body = strings.NewReplacer("\r", "", "\n", "").Replace(string(text))
	}
	if method == "" {
		method = http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if os.Getenv("KROSYN_TEST_JSON") != "" {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	for _, header := range headers {
		name, value, ok := strings.Cut(header, ": ")
		if !ok {
			return errUnknown
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if slices.Contains(flags, "-i") {
		fmt.Println(resp.Proto, resp.Status)
		if err := resp.Header.Write(os.Stdout); err != nil {
			return err
		}
		fmt.Println()
	}
	if resp.StatusCode >= 400 && slices.Contains(flags, "-fsS") {
		return errors.New(resp.Status)
	}
	_, err = io.Copy(os.Stdout, resp.Body)
	return err
}
