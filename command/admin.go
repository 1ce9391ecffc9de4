package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// maxAnswer bounds what is read of an answer of the admin API, in bytes.
const maxAnswer = 64 << 20

// adminAPI is the admin API of a running gateway.
type adminAPI struct {
	address string
	// reason is why something is changed, for the audit.
	reason string
}

// addFlags gives a command the flag that says where the gateway is.
func (a *adminAPI) addFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&a.address, "address", "",
		"address of the running Caddy's admin endpoint (default localhost:2019)")
}

// addReason gives a command that changes something the flag that says why.
func (a *adminAPI) addReason(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.reason, "reason", "", "why, for the audit")
}

// refusal is an answer of the API that is an error. Its text is the API's own.
type refusal struct {
	status int
	text   string
	body   json.RawMessage
}

func (r *refusal) Error() string { return r.text }

// open sends a request, with a body of JSON unless that is nil, and gives the answer, whose body the caller closes.
func (a *adminAPI) open(method, path string, headers http.Header, body any) (*http.Response, error) {
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
	// Each request has a client of its own: a connection that was kept would never be used again.
	sent := http.Header{"Connection": {"close"}}
	maps.Copy(sent, headers)
	if a.reason != "" {
		sent.Set("X-Krosyn-Reason", a.reason)
	}
	resp, err := caddycmd.AdminAPIRequest(address, method, path, sent, reader)
	if err != nil {
		return nil, apiError(err)
	}
	return resp, nil
}

// ask sends a request, with a body of JSON unless that is nil, and gives the body of the answer. The error of an answer
// is the API's own text.
func (a *adminAPI) ask(method, path string, body any) (json.RawMessage, error) {
	resp, err := a.open(method, path, nil, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("the answer to %s %s is longer than %d bytes", method, path, maxAnswer)
	}
	return text, nil
}

// get asks for what is at a path and decodes it.
func (a *adminAPI) get(path string, into any) error {
	text, err := a.ask(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return decode(http.MethodGet, path, text, into)
}

func decode(method, path string, text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	}
	return nil
}

// apiError takes the answer out of Caddy's error, which has its status and its body at its end.
func apiError(err error) error {
	const before = "caddy responded with error: HTTP "
	status, body, ok := strings.Cut(strings.TrimPrefix(err.Error(), before), ": ")
	code, failed := strconv.Atoi(status)
	if !ok || failed != nil {
		return fmt.Errorf("%w; is Caddy running there? --address says where its admin endpoint is", err)
	}
	refused := &refusal{status: code, text: err.Error(), body: json.RawMessage(body)}
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(refused.body, &answer) == nil && answer.Error != "" {
		refused.text = answer.Error
	}
	return refused
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

// withQuery is a path with query parameters.
func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// printJSON prints an answer of the API as it is, but for what would not be safe on a terminal.
func printJSON(out io.Writer, text []byte) error {
	_, err := io.WriteString(out, strings.TrimRight(printableJSON(text), "\n")+"\n")
	return err
}
