package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// maxAnswer bounds what is read of an answer of the admin API, in bytes.
const maxAnswer = 64 << 20

// adminAPI is the admin API of a running gateway.
type adminAPI struct {
	address string
}

// addFlags gives a command the flag that says where the gateway is.
func (a *adminAPI) addFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&a.address, "address", "",
		"address of the running Caddy's admin endpoint (default localhost:2019)")
}

// ask sends a request, with a body of JSON unless that is nil, and gives the body of the answer. The error of an answer
// is the API's own text.
func (a *adminAPI) ask(method, path string, body any) (json.RawMessage, error) {
	address, err := caddycmd.DetermineAdminAPIAddress(a.address, nil, "", "")
	if err != nil {
		return nil, err
	}
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	resp, err := caddycmd.AdminAPIRequest(address, method, path, nil, reader)
	if err != nil {
		return nil, apiError(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", address, err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("the answer of %s is longer than %d bytes", address, maxAnswer)
	}
	return text, nil
}

// get asks for what is at a path and decodes it.
func (a *adminAPI) get(path string, into any) error {
	text, err := a.ask(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading the answer to GET %s: %w", path, err)
	}
	return nil
}

// apiError takes the API's own text out of an error that has the answer's body at its end.
func apiError(err error) error {
	i := strings.IndexByte(err.Error(), '{')
	if i < 0 {
		return err
	}
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal([]byte(err.Error()[i:]), &answer) != nil || answer.Error == "" {
		return err
	}
	return errors.New(answer.Error)
}

// pathOf joins the segments of a path below /krosyn/, whatever characters they have.
func pathOf(segments ...string) string {
	var path strings.Builder
	path.WriteString("/krosyn")
	for _, segment := range segments {
		path.WriteByte('/')
		path.WriteString(url.PathEscape(segment))
	}
	return path.String()
}
